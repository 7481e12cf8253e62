"""Files between Slack and the register: those given in a form are fetched, one that is asked for goes to a person.

https://docs.slack.dev/messaging/working-with-files
"""

import logging
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from handlers import wording
from handlers.ask import Coming
from handlers.card import Attachment
from handlers.carrier import UNKNOWN
from handlers.slack import draw, errors
from storage.record import Attached
from storage.rules import evidence

log = logging.getLogger(__name__)
SILENT_SECONDS, WHOLE_SECONDS = 10.0, 120.0
PIECE = 64 * 1024
SIGN_IN = frozenset({301, 302, 303, 307, 308, 401, 403})
# how the client calls each method -> its name with Slack
METHODS = {
    "conversations_open": "conversations.open",
    "files_completeUploadExternal": "files.completeUploadExternal",
    "files_getUploadURLExternal": "files.getUploadURLExternal",
}
_PAGES = (b"<!doctype html", b"<html")


class NotHandedOver(Exception):
    """A file did not come, or did not go: one sentence for the person."""


class Chosen(NamedTuple):
    """A file that somebody chose in a form, as Slack tells of it; nothing of this is believed but where it is."""

    name: str
    size: int
    url: str

    @property
    def coming(self) -> Coming:
        return Coming(self.name, self.size)


def chosen(view: Mapping[str, Any]) -> list[Chosen]:
    """https://docs.slack.dev/reference/block-kit/block-elements/file-input-element"""
    controls = [control for state in view["state"]["values"].values() for control in state.values()]
    return [_told(file) for control in controls for file in control.get("files") or []]


def _told(file: Mapping[str, Any]) -> Chosen:
    address = file.get("url_private_download") or file.get("url_private") or ""
    size = file.get("size")
    return Chosen(evidence.named(str(file.get("name") or "")), size if isinstance(size, int) else 0, str(address))


class _NoRedirects(HTTPRedirectHandler):
    """The token goes where it was meant to go and nowhere else; a redirect is Slack's way of asking to sign in."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass
class SlackFiles:
    """Fetches and sends as the bot; nothing is asked of a host that is not the one of the Web API, or its files'."""

    client: WebClient
    silent: float = SILENT_SECONDS
    whole: float = WHOLE_SECONDS
    ticks: Callable[[], float] = time.monotonic

    def fetch(self, files: list[Chosen]) -> tuple[Attached, ...]:
        """All of them, whole, within two minutes; raises NotHandedOver at the first that does not come."""
        until = self.ticks() + self.whole
        return tuple(Attached.of(file.name, self._fetched(file, until)) for file in files)

    def _fetched(self, file: Chosen, until: float) -> bytes:
        shown = wording.cut(file.name, 60)
        if not self.ours(file.url):
            raise NotHandedOver(f"{shown} is not kept by Slack itself, so it was not fetched. Give a link to it.")
        request = Request(file.url, headers={"Authorization": f"Bearer {self.client.token}"})
        try:
            with self._opener().open(request, timeout=self.silent) as answer:
                return b"".join(self._pieces(answer, shown, until))
        except HTTPError as refused:
            refused.close()
            raise NotHandedOver(_why_not(shown, refused.code)) from None
        except (OSError, HTTPException) as fault:
            log.warning("a file did not come: %s", type(fault).__name__)
            late = isinstance(fault, TimeoutError) or isinstance(getattr(fault, "reason", None), TimeoutError)
            raise NotHandedOver(_late(shown) if late else _broken(shown)) from None

    def _pieces(self, answer: HTTPResponse, shown: str, until: float) -> Iterator[bytes]:
        """What comes, piece by piece; never more than may be kept, whatever the server sends or says."""
        kind, came = answer.headers.get_content_type() if answer.headers["Content-Type"] else "", 0
        if kind == "text/html":
            raise NotHandedOver(_why_not(shown, 302))
        while piece := answer.read1(PIECE):
            if not came and not kind and piece.lstrip()[:14].lower().startswith(_PAGES):
                raise NotHandedOver(_why_not(shown, 302))
            came += len(piece)
            if came > evidence.MOST_BYTES:
                raise NotHandedOver(evidence.of_file(shown, came))
            if self.ticks() > until:
                raise NotHandedOver(_late(shown))
            yield piece
        if answer.length:
            raise NotHandedOver(_broken(shown))

    def ours(self, url: str) -> bool:
        """Whether an address is Slack's: the host that the Web API's address names, or `files.` before it."""
        api = urlsplit(self.client.base_url)
        host = (api.hostname or "").removeprefix("www.")
        try:
            asked = urlsplit(url)
            same = (asked.scheme, asked.port) == (api.scheme, api.port)
        except ValueError:
            return False
        return same and asked.hostname in {api.hostname, host, f"files.{host}"} and "@" not in asked.netloc

    def _opener(self) -> OpenerDirector:
        proxy = self.client.proxy
        through = ProxyHandler({"http": proxy, "https": proxy} if proxy else {})
        secure = HTTPSHandler(context=self.client.ssl or ssl.create_default_context())
        return build_opener(through, secure, _NoRedirects)

    # --- to a person ------------------------------------------------------------------------------------------------

    def hand_over(self, user: str, file: Attachment, comment: str) -> str:
        """Into somebody's direct messages with the bot; gives that channel. Raises NotHandedOver when it is not sure.

        https://docs.slack.dev/reference/methods/files.getUploadURLExternal
        """
        title = f"{file.marking}: {file.name}"
        channel = self._call("conversations_open", users=user)["channel"]["id"]
        way = self._call("files_getUploadURLExternal", filename=file.name, length=len(file.content))
        self._put(way["upload_url"], file.content)
        lines = "\n".join(draw.escaped(draw.quiet(line), 1000) for line in comment.splitlines())
        told = {"files": [{"id": way["file_id"], "title": title}], "initial_comment": lines}
        self._call("files_completeUploadExternal", channel_id=channel, **told)
        return str(channel)

    def _call(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        name = METHODS[method]
        try:
            return dict(getattr(self.client, method)(**arguments).data)
        except SlackApiError as fault:
            error = str(fault.response.get("error", ""))
            decision = errors.decide(name, error, fault.response.status_code)
            said = decision.sentence.format(error=error, place="your direct messages")
        except (SlackClientError, OSError, HTTPException) as fault:
            decision, said = errors.decide(name, ""), f"Slack did not answer ({type(fault).__name__})."
        look = " Look in our direct messages first: it may have come." if decision.kind == UNKNOWN else ""
        raise NotHandedOver(said + look) from None

    def _put(self, url: str, content: bytes) -> None:
        """The bytes to the address that Slack gave for them; it asks for no token, and gets none."""
        if not self.ours(url):
            raise NotHandedOver("Slack named another host for the file, so it was not sent there.")
        request = Request(url, content, {"Content-Type": "application/octet-stream"}, method="POST")
        try:
            with self._opener().open(request, timeout=self.silent) as answer:
                answer.read(PIECE)
        except (OSError, HTTPException) as fault:
            log.warning("a file did not go: %s", type(fault).__name__)
            raise NotHandedOver("Slack did not take the file. Please try again in a moment.") from None


def _why_not(shown: str, status: int) -> str:
    if status in SIGN_IN:
        return (
            f"Slack did not hand over {shown}, but asked to sign in: the app lacks the scope files:read. "
            "Give a link instead, and tell whoever looks after Lightkeeper."
        )
    return f"Slack did not hand over {shown} (status {status}). Try again in a moment, or give a link to it."


def _late(shown: str) -> str:
    return f"Slack did not hand over {shown} in time. Try again in a moment, or give a link to it."


def _broken(shown: str) -> str:
    return f"Slack did not hand over {shown} whole. Try again in a moment, or give a link to it."
