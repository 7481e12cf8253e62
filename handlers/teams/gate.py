"""The gate before Microsoft's SDK: only a whole activity of our tenant, in a shape that Teams sends, gets through.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-activities
The SDK answers 500 to what it cannot read, which means to Teams: send it again. It looks at no tenant.
"""

import json
import logging
import re
import threading
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from handlers.gate import DEEPEST, Refusal, depth, plain, whole
from handlers.teams.sdk import Line, loopback

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)
TEAMS = "msteams"  # how the Bot Framework calls the channel
MOST_AT_ONCE = 12  # fewer than bot/web has threads: the others answer whatever else is asked
Path = tuple[str, ...]

# what every activity has, as a text with something in it
NEEDED: tuple[Path, ...] = (
    ("type",),
    ("id",),
    ("serviceUrl",),
    ("from", "id"),
    ("recipient", "id"),
    ("conversation", "id"),
)
# what is an object, a list of objects, or a text, where it is there at all
OBJECTS: tuple[Path, ...] = (
    ("channelData",),
    ("channelData", "tenant"),
    ("channelData", "team"),
    ("channelData", "channel"),
)
LISTS: tuple[Path, ...] = (("entities",), ("attachments",), ("membersAdded",), ("membersRemoved",))
TEXTS: tuple[Path, ...] = (
    *(("text",), ("name",), ("action",), ("replyToId",), ("channelId",), ("locale",), ("timestamp",), ("service_url",)),
    *(("from", "name"), ("from", "aadObjectId"), ("from", "role")),
    *(("conversation", "tenantId"), ("conversation", "conversationType"), ("conversation", "name")),
    *(("channelData", "tenant", "id"), ("channelData", "team", "id"), ("channelData", "channel", "id")),
)
TENANTS: tuple[Path, ...] = (("channelData", "tenant", "id"), ("conversation", "tenantId"))
# they stand in the addresses that are called
IDS: tuple[Path, ...] = (("id",), ("from", "id"), ("recipient", "id"), ("conversation", "id"))
_ID = re.compile(r"[^\s/?#\\%\x00-\x1f\x7f]{1,1024}")

MISSING = "Something that Teams always sends is missing in the request."
NONSENSE = "The request makes no sense."
TOO_MUCH = "Too much at once."


class Gate:
    """POST /api/messages: lets through to the line only what it has checked; no body is ever logged."""

    def __init__(self, line: Line) -> None:
        self.line, self.settings = line, line.settings
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not self._room.acquire(blocking=False):
            return plain(start_response, HTTPStatus.TOO_MANY_REQUESTS, TOO_MUCH, ("Retry-After", "1"))
        try:
            return self._told(environ, start_response)
        except Refusal as refusal:
            log.info("a request was refused: %s", refusal.why)
            later = [("Retry-After", "1")] if refusal.status == HTTPStatus.TOO_MANY_REQUESTS else []
            return plain(start_response, refusal.status, refusal.why, *later)
        finally:
            self._room.release()

    def _told(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        raw, bearer = whole(environ), environ.get("HTTP_AUTHORIZATION", "")
        if not self.line.kid(bearer):
            raise Refusal(HTTPStatus.UNAUTHORIZED, "The request bears no token of the Bot Framework's.")
        body = meant(raw, environ.get("CONTENT_TYPE", ""))
        self.check(body)
        status, told = self.line.handle(body, {"authorization": bearer})
        if status == HTTPStatus.OK:
            return answer(start_response, told)
        raise Refusal(HTTPStatus(status), WHY.get(status, NONSENSE))

    def check(self, body: Mapping[str, Any]) -> None:
        """Raises Refusal unless the activity comes from Teams, of our tenant, and says where to answer it.

        The same app may be open to other channels of Microsoft's, such as the test page of the Azure portal: there
        whoever writes says themselves who they are and of which tenant.
        """
        if body.get("channelId") != TEAMS:
            raise Refusal(HTTPStatus.FORBIDDEN, "The request does not come from Teams.")
        if not self._service(str(body["serviceUrl"])):
            raise Refusal(HTTPStatus.BAD_REQUEST, "The service that the request names is none that is called.")
        told = [at(body, path) for path in TENANTS]
        tenants = {str(tenant).lower() for tenant in told if tenant is not None}
        if tenants != {self.settings.tenant.lower()}:
            raise Refusal(HTTPStatus.FORBIDDEN, "The request comes from another tenant.")

    def _service(self, url: str) -> bool:
        """https, or this machine where all is local."""
        try:
            parts = urlsplit(url)
            host = parts.hostname
        except ValueError:
            return False
        if self.settings.local:
            return parts.scheme in {"http", "https"} and loopback(url)
        return parts.scheme == "https" and bool(host)


WHY: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "The token of the request is not good.",
    HTTPStatus.TOO_MANY_REQUESTS: TOO_MUCH,
    HTTPStatus.NOT_IMPLEMENTED: "Nothing here answers requests of this name.",
}


def meant(raw: bytes, content_type: str) -> dict[str, Any]:
    """The activity that a body says, read strictly; raises Refusal for what Teams would never send."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refusal(HTTPStatus.BAD_REQUEST, "The request is not JSON.")
    try:
        body = json.loads(raw.decode("utf-8"))
        if b"\\ud" in raw or b"\\uD" in raw:
            json.dumps(body, ensure_ascii=False).encode()  # half of a character cannot be kept
    except (ValueError, RecursionError):
        raise Refusal(HTTPStatus.BAD_REQUEST, "The request cannot be read.") from None
    if not isinstance(body, dict) or depth(body) > DEEPEST:
        raise Refusal(HTTPStatus.BAD_REQUEST, NONSENSE)
    if not all(_text(at(body, path)) for path in NEEDED):
        raise Refusal(HTTPStatus.BAD_REQUEST, MISSING)
    if not _plain_parts(body) or not _plain_value(body):
        raise Refusal(HTTPStatus.BAD_REQUEST, NONSENSE)
    return body


def at(told: Any, path: Path) -> Any:
    """What stands at the end of a path; None where a step of it is no object."""
    for step in path:
        told = told.get(step) if isinstance(told, dict) else None
    return told


def _text(thing: Any) -> bool:
    return isinstance(thing, str) and bool(thing)


def _plain_parts(body: Mapping[str, Any]) -> bool:
    """Whether each part is of the kind that it is with Teams, or is left out; and each id can stand in an address."""
    return (
        all(isinstance(at(body, path), dict | None) for path in OBJECTS)
        and all(_objects(at(body, path)) for path in LISTS)
        and all(isinstance(at(body, path), str | None) for path in TEXTS)
        and all(_ID.fullmatch(at(body, path)) for path in IDS)
        and all(isinstance(entity.get("mentioned"), dict | None) for entity in body.get("entities") or ())
    )


def _objects(things: Any) -> bool:
    return things is None or (isinstance(things, list) and all(isinstance(thing, dict) for thing in things))


def _plain_value(body: Mapping[str, Any]) -> bool:
    """Whether a press says what was pressed.

    https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model
    """
    if body["type"] != "invoke":
        return True
    if not _text(body.get("name")):
        return False
    if body["name"] != "adaptiveCard/action":
        return True
    action = at(body, ("value", "action"))
    return isinstance(action, dict) and _text(action.get("verb")) and isinstance(action.get("data"), dict | None)


def answer(start_response: "StartResponse", told: dict[str, Any] | None) -> list[bytes]:
    """200, with what a press is answered with."""
    body = json.dumps(told).encode() if told is not None else b""
    about = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    start_response("200 OK", about)
    return [body]
