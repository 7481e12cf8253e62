"""One small HTTP server for whatever speaks HTTP: Slack's requests when they are wanted, and a word on health."""

import errno
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

MOST_BODY_BYTES = 256 * 1024
MOST_HEADER_BYTES = 32 * 1024
THREADS = 16  # more than the door of a chat holds at once
END_WITHIN = 5


class Route(NamedTuple):
    """What answers at one address, and the one method that it answers to."""

    method: str
    app: "WSGIApplication"


class PortTaken(Exception):
    """The address cannot be listened on; one sentence for whoever runs the program."""


class Web:
    """Serves some routes at one address from `start` until `close`. Raises PortTaken when it cannot be bound."""

    def __init__(self, routes: Mapping[str, Route], host: str, port: int) -> None:
        from waitress import create_server

        options: dict[str, Any] = {
            "threads": THREADS,
            "ident": None,
            "max_request_body_size": MOST_BODY_BYTES + 1,  # waitress refuses from this length on
            "max_request_header_size": MOST_HEADER_BYTES,
            "channel_timeout": 30,
            "clear_untrusted_proxy_headers": True,
        }
        try:
            self._server = create_server(routed(routes), host=address_of(host, port), port=port, **options)
        except (OSError, ValueError) as fault:
            raise PortTaken(_why(fault, host, port)) from None
        self._server.channel_class = _channel()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.effective_port)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Let the requests under way be answered, at most some seconds, then close everything."""
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=END_WITHIN)
        self._ending.set()
        self._server.pull_trigger()
        self._thread.join(END_WITHIN)
        self._server.pull_trigger = lambda: None  # a request that did not end must not write to what is closed
        self._server.asyncore.close_all(self._server._map)

    def _run(self) -> None:
        """Wait and serve. Any request that ends wakes this thread, so that it must not close what `close` writes to."""
        while not self._ending.is_set():
            self._server.asyncore.loop(self._server.adj.asyncore_loop_timeout, map=self._server._map, count=1)


def address_of(host: str, port: int) -> str:
    """One address for a name: `localhost` has two, and one server listens on one."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return str(min(found, key=lambda one: one[0] != socket.AF_INET)[4][0])


def _why(fault: Exception, host: str, port: int) -> str:
    if isinstance(fault, OSError) and fault.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is taken by another program. Stop that one, or set HTTP_PORT to another."
    if isinstance(fault, OSError) and fault.errno == errno.EACCES:
        return f"This account may not listen on port {port}. Set HTTP_PORT to one above 1023."
    return f"Nothing can listen on {host}, port {port}. Set HTTP_HOST to an address of this machine."


def _channel() -> type[Any]:
    """waitress's channel; a coding that it does not know is the request's fault (400), not the server's (501)."""
    from waitress.channel import HTTPChannel
    from waitress.parser import HTTPRequestParser, ParsingError
    from waitress.utilities import BadRequest, ServerNotImplemented

    class Parser(HTTPRequestParser):  # type: ignore[misc]
        error: Any = None

        def parse_header(self, header_plus: bytes) -> None:
            try:
                super().parse_header(header_plus)
            except ValueError:  # a length of thousands of figures
                raise ParsingError("The length of the request is no number.") from None

        def received(self, data: bytes) -> int:
            taken = int(super().received(data))
            if isinstance(self.error, ServerNotImplemented):
                self.error = BadRequest("The request is coded in a way that is not taken here.")
            return taken

    class Channel(HTTPChannel):  # type: ignore[misc]
        parser_class = Parser

    return Channel


def routed(routes: Mapping[str, Route]) -> "WSGIApplication":
    """Another path is 404, another method 405."""

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        route = routes.get(environ.get("PATH_INFO", ""))
        if route is None:
            return answer(start_response, HTTPStatus.NOT_FOUND, "There is nothing here.\n")
        if environ["REQUEST_METHOD"] != route.method:
            allow = [("Allow", route.method)]
            return answer(start_response, HTTPStatus.METHOD_NOT_ALLOWED, f"Only {route.method} is answered.\n", allow)
        return route.app(environ, start_response)

    return app


def answer(
    start_response: "StartResponse",
    status: HTTPStatus,
    words: str,
    headers: Iterable[tuple[str, str]] = (),
    content_type: str = "text/plain; charset=utf-8",
) -> list[bytes]:
    body = words.encode()
    about = [("Content-Type", content_type), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    start_response(f"{status.value} {status.phrase}", [*about, *headers])
    return [body]


def healthz(told: Callable[[], tuple[bool, str]]) -> Route:
    """GET /healthz: 200 while all is well, else 503; either way one JSON object."""

    def app(_environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        ok, words = told()
        status = HTTPStatus.OK if ok else HTTPStatus.SERVICE_UNAVAILABLE
        return answer(start_response, status, words, content_type="application/json")

    return Route("GET", app)
