"""What every chat's gate does alike: a request's whole body is read, of a length that is taken."""

from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

MOST_BYTES = 256 * 1024


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
