"""What every chat's gate does alike: a whole body of a length and a depth that are taken, and a sentence where not."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

MOST_BYTES, DEEPEST = 256 * 1024, 64


class Refusal(Exception):
    """A request that does not get through, with the HTTP status that says why."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


def whole(environ: "WSGIEnvironment") -> bytes:
    """The body; raises Refusal when it is longer than is taken, or shorter than was said."""
    said = environ.get("CONTENT_LENGTH") or "0"
    if not said.isascii() or not said.isdecimal():
        raise Refusal(HTTPStatus.BAD_REQUEST, "The length of the request is no number.")
    if len(said) > 9 or int(said) > MOST_BYTES:
        raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is longer than 256 KB.")
    body: bytes = environ["wsgi.input"].read(int(said))
    if len(body) < int(said):
        raise Refusal(HTTPStatus.BAD_REQUEST, "The request ended early.")
    return body


def depth(thing: Any) -> int:
    """How deep the lists and objects of a JSON value are nested; counted without recursion."""
    deepest, level = 0, [thing]
    while level:
        deepest += 1
        inside = [part.values() if isinstance(part, dict) else part for part in level if isinstance(part, dict | list)]
        level = [each for parts in inside for each in parts]
    return deepest - 1


def plain(start_response: "StartResponse", status: HTTPStatus, words: str, *headers: tuple[str, str]) -> list[bytes]:
    """Answer with a sentence."""
    body = f"{words}\n".encode()
    about = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response(f"{status.value} {status.phrase}", [*about, *headers])
    return [body]
