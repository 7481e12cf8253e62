"""A line to a database server that is lost at the worst moment: as a commit is sent, or as its answer comes back."""

import contextlib
import socket

from tests.http.cable import Cable

BEFORE, AFTER = "before it arrives", "before its answer does"


class Lossy(Cable):
    """`line.lose(AFTER)`: the next commit is carried out, and whoever sent it never hears so."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.when = ""
        self._losing = False

    def lose(self, when: str) -> None:
        self.when = when

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                if self._losing or (self.when == BEFORE and b"COMMIT" in data):
                    break
                self._losing = self.when == AFTER and b"COMMIT" in data
                other.sendall(data)
        self.when, self._losing = ("", False) if self._losing or self.when == BEFORE else (self.when, self._losing)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
