"""The gate before Bolt in HTTP mode: only what Slack signed, in time, whole and in a shape of Slack's, gets through.

The rules are Slack's: https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
import io
import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from handlers.gate import DEEPEST, Refusal, depth, plain, whole

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)
OLDEST_SECONDS = 5 * 60
MOST_FIELDS = 100
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")

# what of a request has to be there, as a text with something in it, before a listener can do anything with it
Path = tuple[str | int, ...]
SHAPES: Mapping[str, tuple[Path, ...]] = {
    "command": (("command",), ("team_id",), ("user_id",), ("channel_id",), ("trigger_id",), ("response_url",)),
    "block_actions": (("user", "id"), ("team", "id"), ("trigger_id",), ("actions", 0, "action_id")),
    "view_submission": (
        ("user", "id"),
        ("team", "id"),
        ("view", "id"),
        ("view", "callback_id"),
        ("view", "private_metadata"),
        ("view", "title", "text"),
    ),
    "event_callback": (("team_id",), ("event_id",), ("event", "type")),
    "url_verification": (("challenge",),),
}


class Gate:
    """A WSGI layer that lets through to `inner` only what it has checked; no body is ever logged."""

    def __init__(self, inner: "WSGIApplication", secret: str, clock: Callable[[], datetime]) -> None:
        self.inner, self.secret, self.clock = inner, secret.encode(), clock

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        try:
            body = whole(environ)
            self.check_signature(environ, body)
            told = meant(body, environ.get("CONTENT_TYPE", ""))
        except Refusal as refusal:
            log.info("a request was refused: %s", refusal.why)
            return plain(start_response, refusal.status, refusal.why)
        return self._through(environ, start_response, told)

    def check_signature(self, environ: "WSGIEnvironment", body: bytes) -> None:
        """Raises Refusal unless Slack signed this very body at most five minutes ago, by our clock."""
        timestamp = environ.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", "")
        signature = environ.get("HTTP_X_SLACK_SIGNATURE", "")
        if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
            raise Refusal(HTTPStatus.UNAUTHORIZED, "The request is not signed as Slack signs.")
        if abs(self.clock().timestamp() - int(timestamp)) > OLDEST_SECONDS:
            raise Refusal(HTTPStatus.UNAUTHORIZED, "The request is older than five minutes, or a clock is wrong.")
        wanted = hmac.new(self.secret, b"v0:%s:%s" % (timestamp.encode(), body), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(f"v0={wanted}", signature):
            raise Refusal(HTTPStatus.UNAUTHORIZED, "The signature is not Slack's.")

    def _through(
        self, environ: "WSGIEnvironment", start_response: "StartResponse", told: dict[str, Any]
    ) -> Iterable[bytes]:
        """Hand Bolt what was understood, as JSON: Bolt takes a form with the word payload in its text for another."""
        body = json.dumps(told).encode()
        plainly = {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json"}
        try:
            return self.inner({**environ, **plainly}, start_response)
        except Exception as fault:  # noqa: BLE001 - the edge to Bolt: what it cannot read is the request's fault
            log.error("Bolt could not read a request of the type %s: %s", kind_of(told), type(fault).__name__)
            return plain(start_response, HTTPStatus.BAD_REQUEST, "The request makes no sense.")


def meant(body: bytes, content_type: str) -> dict[str, Any]:
    """What a signed body says, read strictly; raises Refusal for what Slack would never send."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal(HTTPStatus.UNAUTHORIZED, "The request is not UTF-8.") from None
    told = _parsed(text, content_type.partition(";")[0].strip().lower())
    if not isinstance(told, dict) or depth(told) > DEEPEST:
        raise Refusal(HTTPStatus.BAD_REQUEST, "The request makes no sense.")
    kind = kind_of(told)
    if kind not in SHAPES:
        raise Refusal(HTTPStatus.NOT_FOUND, "Nothing here answers requests of this type.")
    if not all(_text_at(told, path) for path in SHAPES[kind]) or not _plain_parts(told):
        raise Refusal(HTTPStatus.BAD_REQUEST, "Something that Slack always sends is missing in the request.")
    return told


def _parsed(text: str, content_type: str) -> Any:
    try:
        if content_type == "application/json":
            return json.loads(text)
        form = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"))
        return json.loads(form["payload"]) if "payload" in form else form
    except (ValueError, RecursionError):
        raise Refusal(HTTPStatus.BAD_REQUEST, "The request cannot be read.") from None


def kind_of(told: Mapping[str, Any]) -> str:
    """The type of an interaction or event as Slack names it, `command` for a command, "" for neither."""
    kind = told.get("type", "command" if "command" in told else "")
    return kind if isinstance(kind, str) else ""


def _text_at(told: Any, path: Path) -> bool:
    """Whether there is a text with something in it at the end of the path."""
    for step in path:
        fits = isinstance(told, dict) if isinstance(step, str) else isinstance(told, list) and len(told) > step
        if not fits:
            return False
        told = told.get(step) if isinstance(step, str) else told[step]
    return isinstance(told, str) and bool(told)


_OBJECTS = ("event", "user", "team", "view", "channel", "container", "message", "state", "enterprise")


def _plain_parts(told: Mapping[str, Any]) -> bool:
    """Whether every part that is an object with Slack is one here, or is left out."""
    if kind_of(told) in {"command", "url_verification"}:
        return all(isinstance(value, str) for value in told.values())
    if not all(isinstance(told.get(name), dict | None) for name in _OBJECTS):
        return False
    return all(_objects(told.get(name, [])) for name in ("actions", "authorizations")) and _states(
        (told.get("view") or {}).get("state", {})
    )


def _objects(things: Any) -> bool:
    return isinstance(things, list) and all(isinstance(thing, dict) for thing in things)


def _states(state: Any) -> bool:
    """The values of a form: block -> control -> what stands in it."""
    blocks = state.get("values", {}) if isinstance(state, dict) else None
    return isinstance(blocks, dict) and all(isinstance(b, dict) and _objects([*b.values()]) for b in blocks.values())
