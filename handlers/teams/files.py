"""Files that are asked for: offered in the person's own chat, and put into their OneDrive once they have accepted.

https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bots-filesv4
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

from handlers import wording
from handlers.card import Attachment, Card, Span, bold, say_lines
from handlers.teams import draw

CONSENT = "fileConsent/invoke"
OFFER = "application/vnd.microsoft.teams.card.file.consent"
THERE = "application/vnd.microsoft.teams.card.file.info"
STORES = (".sharepoint.com", ".sharepoint.us")  # where Microsoft keeps people's files
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SECONDS = 60.0
ONLY_THERE = "A file comes in our chat only. Write the same words to me there."
Json = Mapping[str, Any]


class NotHandedOver(Exception):
    """A file did not go: one sentence for the person."""


def offer(file: Attachment, card: Card, words: str) -> dict[str, Any]:
    """The message that asks whether the file may be put into the person's OneDrive; `words` ask for it again then."""
    asked = {"say": words}
    content = {
        "description": f"{card.subject}, {file.marking}",
        "sizeInBytes": len(file.content),
        "acceptContext": asked,
        "declineContext": asked,
    }
    return {"attachments": [{"contentType": OFFER, "name": file.name, "content": content}], "summary": card.subject}


def offered(card: Card, *, direct: bool) -> Card:
    """What is said beside the offer; elsewhere than in their own chat, that it comes there only."""
    plain = replace(card, attachment=None)
    if not direct:
        line = wording.answer_first("Not sent.", ONLY_THERE)
        return replace(plain, subject=f"Not sent: {card.subject}", parts=(say_lines(line), *card.parts), ok=False)
    first = (bold("Allow it below. "), Span("Teams puts the file into your OneDrive, where you alone see it:"))
    return replace(plain, parts=(say_lines(first), *card.parts))


def put_there(upload: Json, file: Attachment) -> dict[str, Any]:
    """The message that shows the file where it has been put."""
    kind = str(upload.get("fileType") or file.name.rpartition(".")[2])
    content = {"uniqueId": str(upload.get("uniqueId") or ""), "fileType": kind}
    url, name = str(upload.get("contentUrl") or ""), str(upload.get("name") or file.name)
    return {"attachments": [{"contentType": THERE, "contentUrl": url, "name": name, "content": content}]}


def failed(card: Card, sentence: str) -> dict[str, Any]:
    """The message that says why it was not put there."""
    line = wording.answer_first("Not sent.", sentence)
    return draw.message(Card(f"Not sent: {card.subject}", (say_lines(line), *card.parts), ok=False))


@dataclass
class Store:
    """Microsoft's store of files; with `local`, one on this machine."""

    local: bool = False

    def put(self, url: str, file: Attachment) -> None:
        """Put the whole file where Teams said. Raises NotHandedOver.

        https://learn.microsoft.com/graph/api/driveitem-createuploadsession
        """
        if not self._safe(url):
            raise NotHandedOver("Teams named a place for the file that is not Microsoft's store of files.")
        length = len(file.content)
        request = Request(url, data=file.content, method="PUT")
        request.add_header("Content-Type", file.media_type)
        request.add_header("Content-Range", f"bytes 0-{length - 1}/{length}")
        try:
            with _opener().open(request, timeout=SECONDS) as told:
                told.read(1)
        except HTTPError as fault:
            raise NotHandedOver(f"OneDrive did not take the file ({fault.code}). Ask for it again.") from None
        except (OSError, HTTPException, ValueError) as fault:
            raise NotHandedOver(f"OneDrive did not answer ({type(fault).__name__}). Ask for it again.") from None

    def _safe(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").lower()
        except ValueError:
            return False
        if self.local and host in LOOPBACK:
            return True
        return parts.scheme == "https" and host.endswith(STORES) and parts.port in (None, 443)


class _Stay(HTTPRedirectHandler):
    """Nothing is followed elsewhere."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _opener() -> OpenerDirector:
    return build_opener(ProxyHandler(), HTTPSHandler(context=ssl.create_default_context()), _Stay())
