"""A cable between the bot and Slack that can be cut: a TCP proxy that passes, falls silent, or hangs up."""

import contextlib
import socket
import threading
from types import TracebackType


class Cable:
    """`with Cable(port) as cable:`; whoever connects to `cable.port` speaks to `port`."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._silent: set[int] = set()
        self.opened = 0

    def __enter__(self) -> "Cable":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for pair in self._pairs:
            for end in pair:
                end.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                self._pairs.append((near, far))
                self.opened += 1
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                if one.fileno() in self._silent:
                    continue  # the words are swallowed, and nobody is told
                other.sendall(data)
            if one.fileno() not in self._silent:
                other.shutdown(socket.SHUT_WR)

    def fall_silent(self) -> None:
        """Nothing passes any more on what is open now, and neither end notices; new connections work."""
        for pair in self._pairs:
            self._silent |= {end.fileno() for end in pair}

    def hang_up(self) -> None:
        """The bot's end gets an end of stream, without WebSocket's goodbye."""
        for near, _ in self._pairs:
            with contextlib.suppress(OSError):
                near.shutdown(socket.SHUT_WR)
