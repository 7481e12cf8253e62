"""The process that campaign C1 kills: it reads commands as JSON lines, drives the product, and says what came of each.

A nursery imports the product once and forks a worker for each line of its own input (`Birth`), so that thirty deaths
cost no thirty starts. A worker reads `{"n", "key", "who", "words", "form", "now"}` lines and prints, after the commit,
`{"n", "saved", "line", "trouble"}`. While it is between BEGIN and that line, one byte of a shared file is 1.

The broken variants are the product with one part taken out, by name: see BROKEN.
"""

import json
import mmap
import os
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, event

from handlers.ask import Ask, Desk
from handlers.card import Card
from handlers.commands import answer
from handlers.text.draw import said
from storage import people, postgresql, sqlite
from storage.people import Handle
from storage.record import change
from storage.rules.deadlines import Thresholds
from storage.store import Store, StoreFault, open_store


class Birth(NamedTuple):
    """What a new worker is told: its pipes, the register, its status file, and what is broken in it ("": nothing)."""

    reads: str
    writes: str
    url: str
    status: str
    broken: str


class Worker:
    """One process that answers commands until its input ends, or it is killed."""

    def __init__(self, birth: Birth) -> None:
        self.now = datetime(2026, 11, 23, 9, tzinfo=UTC)
        self.early = birth.broken == "acknowledged before it is saved"
        BROKEN[birth.broken]()
        with Path(birth.status).open("r+b") as file:
            self.inside = mmap.mmap(file.fileno(), 1)
        self.store: Store = open_store(birth.url, lambda: self.now)
        event.listen(self.store.writer, "begin", self._began)  # after the product's own BEGIN IMMEDIATE
        self.desk = Desk(self.store, Thresholds(), "/4action", "Trentshire Police")

    def _began(self, _connection: Connection) -> None:
        self.inside[0] = 1

    def serve(self) -> None:
        for line in sys.stdin:
            command = json.loads(line)
            if self.early:
                self._tell({"n": command["n"], "saved": True, "line": "Saved.", "trouble": ""})
            told = self._told(command)
            if not self.early:
                self._tell({"n": command["n"], **told})
            self.inside[0] = 0

    def _told(self, command: Mapping[str, Any]) -> dict[str, Any]:
        self.now = datetime.fromisoformat(command["now"])
        try:
            card = self._answer(command)
        except StoreFault as fault:
            return {"saved": False, "line": str(fault), "trouble": "busy"}
        except Exception as fault:
            return {"saved": False, "line": type(fault).__name__, "trouble": "error"}
        return {"saved": card.saved, "line": said(card).split("\n", 1)[0], "trouble": ""}

    def _answer(self, command: Mapping[str, Any]) -> Card:
        with self.store.read() as tx:
            person = people.known_as(tx, Handle(people.EMAIL, "", command["who"]))
        assert person is not None
        more: dict[str, Any] = {"form": command["form"], "was": {"off_track": "?"}} if command["form"] else {}
        return answer(self.desk, Ask(command["words"], person, self.now, command["key"], **more))

    def _tell(self, told: Mapping[str, Any]) -> None:
        os.write(1, json.dumps(told).encode() + b"\n")  # at once, and whole: it is shorter than a pipe's buffer


# --- the product with one part taken out ------------------------------------------------------------------------------


def _nothing() -> None:
    pass


def _instead(name: str, other: Any) -> None:
    """Put something in the place of a part of the product, which has to be there."""
    assert name in vars(change), name
    vars(change)[name] = other


def _no_request_key() -> None:
    _instead("_first_answer", lambda tx, actor: None)
    _instead("keep_answer", lambda tx, actor, at, answer: None)


def _no_version_check() -> None:
    _instead("refuse_if_moved_on", lambda *told: None)


def _no_permission_check() -> None:
    _instead("_authorise", lambda found, act: "unknown" if found is None else None)


def _no_transaction() -> None:
    """Every statement is its own commit: what the driver does when nobody says BEGIN."""
    sqlite.BEGIN_WRITING = "SELECT 1"
    vars(postgresql)["TAKE_THE_PEN"] = "ROLLBACK"
    event.listen(Engine, "begin", _each_by_itself)


def _each_by_itself(connection: Connection) -> None:
    raw: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "postgresql":
        raw.autocommit = True


BROKEN: dict[str, Callable[[], None]] = {
    "": _nothing,
    "the request key is not looked up": _no_request_key,
    "the version is not checked": _no_version_check,
    "the permission is not checked": _no_permission_check,
    "there is no transaction": _no_transaction,
    "acknowledged before it is saved": _nothing,
}


# --- the nursery ------------------------------------------------------------------------------------------------------


def nursery() -> None:
    """Fork a worker for each line, and print its process id; the dead are forgotten."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        birth = Birth(**json.loads(line))
        child = os.fork()
        if child == 0:
            os.dup2(os.open(birth.reads, os.O_RDONLY), 0)
            os.dup2(os.open(birth.writes, os.O_WRONLY), 1)
            sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
            Worker(birth).serve()
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    nursery()
