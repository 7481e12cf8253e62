"""Whether a bot runs on a register: a sign that its process holds, and that goes with it however it ends."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from storage.faults import StoreFault
from storage.store import Store

TAKEN = "The register is being restored, or a large file is being taken in. Start the bot when that has ended."
PATIENCE_SECONDS = 3.0  # who only looks holds the sign for a moment
ASKING_SECONDS, A_MOMENT = 0.5, 0.05  # a server hears a moment later that a process was killed
MOST_BOTS = 64  # on Windows, where a lock is never shared and each bot locks a byte of its own


class BotRuns(StoreFault):
    """What somebody wants of the register cannot be done while a bot runs on it."""


class Taken(StoreFault):
    """Somebody wants the register without bots, now."""


class Sign(Protocol):
    """Held by many bots at once (`shared`), or by one program that wants the register without bots."""

    def take(self, *, shared: bool) -> bool:
        """Take it at once; False when others hold it otherwise."""

    def held(self) -> bool:
        """Whether it is still held: a connection to a server may be lost."""

    def drop(self) -> None:
        """Give it back; nothing where it is not held."""


@contextmanager
def running(store: Store) -> Iterator[Sign]:
    """The sign of a running bot, for as long as the block lasts. Raises Taken while somebody wants no bot."""
    sign = store.database.sign()
    try:
        _take_shared(sign)
        yield sign
    finally:
        sign.drop()


def keep(sign: Sign) -> None:
    """Take the sign again where it was lost with its connection."""
    if not sign.held():
        sign.drop()
        _take_shared(sign)


def _take_shared(sign: Sign) -> None:
    if not _taken(sign, PATIENCE_SECONDS, shared=True):
        raise Taken(TAKEN)


def _taken(sign: Sign, patience: float, *, shared: bool) -> bool:
    """Take it as soon as it is free; False when it is not within so many seconds."""
    until = time.monotonic() + patience
    while not sign.take(shared=shared):
        if time.monotonic() > until:
            return False
        time.sleep(A_MOMENT)
    return True


@contextmanager
def without_bots(store: Store, sentence: str) -> Iterator[None]:
    """No bot runs, and none begins, for as long as the block lasts. Raises BotRuns with the sentence when one does."""
    sign = store.database.sign()
    try:
        if not _taken(sign, ASKING_SECONDS, shared=False):
            raise BotRuns(sentence)
        yield
    finally:
        sign.drop()


def bot_runs(store: Store) -> bool:
    """Whether a bot runs on the register now, on this machine or, with PostgreSQL, on any."""
    sign = store.database.sign()
    try:
        return not _taken(sign, ASKING_SECONDS, shared=False)
    finally:
        sign.drop()


class FileSign:
    """A lock of the operating system on a file beside the register; it goes with the process that holds it."""

    def __init__(self, register: Path) -> None:
        path = register.resolve()
        self.path = path.with_name(path.name + ".running")
        self._file: IO[bytes] | None = None

    def take(self, *, shared: bool) -> bool:
        file = self._opened()
        if not _lock(file, shared=shared):
            file.close()
            return False
        self._file = file
        return True

    def _opened(self) -> IO[bytes]:
        try:
            return os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0)
        except OSError as fault:
            why = (fault.strerror or "the system refused").lower()
            raise StoreFault(f"The file {self.path}, which shows that the bot runs, cannot be opened: {why}.") from None

    def held(self) -> bool:
        return self._file is not None

    def drop(self) -> None:
        if self._file:
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes], *, shared: bool) -> bool:
        """A bot locks one byte of many, who wants no bot all of them."""
        spans = [(n, 1) for n in range(MOST_BOTS)] if shared else [(0, MOST_BOTS)]
        return any(_lock_span(file, *span) for span in spans)

    def _lock_span(file: IO[bytes], start: int, length: int) -> bool:
        try:
            file.seek(start)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, length)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(file: IO[bytes], *, shared: bool) -> bool:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
