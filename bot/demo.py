"""The verb `demo`: a sample register with a past, a practice workspace, and the bot in a process of its own."""

import csv
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.clock import instant
from handlers.ask import Ask, Desk
from handlers.commands import answer
from storage import imports, migrations, people
from storage.people import Enrolment, Person, handle
from storage.record import Actor
from storage.rows import FileRow
from storage.rules.deadlines import Thresholds
from storage.store import Store, open_store

if TYPE_CHECKING:
    from practice.playground import Playground

KEPT_FROM_HERE = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "TEMP", "TMP", "PYTHONPATH", "VIRTUAL_ENV")


def run(port: int, teams_as: str = "") -> int:
    """Everything that the demo keeps lies in a folder of its own, which goes with it; no `.env` is read.

    With an address in `teams_as`, Microsoft's local client for Teams opens beside the practice workspace, for that
    person. Raises NoClient where it cannot be had.
    """
    with tempfile.TemporaryDirectory(prefix="lightkeeper-demo-") as folder, ExitStack() as open_things:
        data = Path(folder) / "register"
        workspace = json.loads(_file("workspace.json").read_text(encoding="utf-8"))
        story = json.loads(_file("story.json").read_text(encoding="utf-8"))
        url = f"sqlite:///{data / 'register.db'}"
        given, announce = environment(url, story), _announce
        if teams_as:
            client, more = _teams(open_things, workspace, teams_as)
            given, announce = {**given, **more}, partial(_announce_both, client)
        fill(url, story)
        return _practise(workspace, given, port, announce)


def _practise(
    workspace: Mapping[str, Any], given: Mapping[str, str], port: int, announce: Callable[[str], None]
) -> int:
    from practice.demo import demo

    return demo(
        workspace=workspace,
        now=instant(workspace["starts"]),
        bot=(sys.executable, "-m", "bot", "--env-file", "", "run"),
        bot_env=given,
        port=port,
        announce=announce,
    )


class NoClient(Exception):
    """Microsoft's client cannot be had here; one sentence."""


def _teams(open_things: ExitStack, workspace: Mapping[str, Any], person: str) -> tuple["Playground", dict[str, str]]:
    """Microsoft's client, open, and what the bot must know to be reached by it; its digest comes there."""
    from practice import playground
    from practice.signer import Signer

    at = playground.free_port()
    try:
        described = playground.configuration(workspace, person)
        signer = open_things.enter_context(Signer(f"http://127.0.0.1:{at}/api/messages", playground.APP))
        client = open_things.enter_context(playground.Playground(described, signer.url))
    except playground.Unavailable as fault:
        raise NoClient(str(fault)) from None
    known = {"TEAMS_APP_ID": playground.APP, "TEAMS_APP_SECRET": "practice", "TEAMS_TENANT_ID": playground.TENANT}
    local = {"TEAMS_LOCAL": "1", "TEAMS_METADATA_URL": signer.metadata_url, "HTTP_PORT": str(at)}
    return client, {**known, **local, "DCC_CHANNEL": playground.DCC}


def _announce_both(client: "Playground", url: str) -> None:
    """Installed first: the digest must know its channel before anybody opens it."""
    client.install_bot()
    _announce(url)
    print(
        f"Microsoft's local client for Teams, on the same register: {client.url}\n"
        "You are one person there; the others are in the practice workspace. Monday's digest comes to dcc-weekly.",
        flush=True,
    )


def _file(name: str) -> Path:
    import practice

    return Path(practice.__file__).parent / name


def _announce(url: str) -> None:
    print(f"\nThe practice workspace is open: {url}\nNothing leaves this machine. Ctrl-C ends it.", flush=True)


def environment(url: str, story: Mapping[str, Any]) -> dict[str, str]:
    """All that the bot's process knows, but for the address and the tokens."""
    kept = {name: os.environ[name] for name in KEPT_FROM_HERE if name in os.environ}
    return {**kept, **story["settings"], "DATABASE_URL": url, "PYTHONUNBUFFERED": "1"}


def fill(url: str, story: Mapping[str, Any]) -> None:
    """The sample register, as it came to be: brought in, added to by import, updated by its owners."""
    clock = _Set(instant(story["registered"]))
    store = open_store(url, clock, create=True)
    migrations.upgrade(store)
    rows = _rows()
    liaison = _seat(store, story)
    held, earlier = set(story["held_back"]), story["earlier"]
    first = [_as_it_was(row, earlier) for row in rows if row.cells["reference"] not in held]
    acts: list[tuple[str, Callable[[], Any]]] = [
        (story["registered"], lambda: imports.apply(store, liaison, first, source="register.csv")),
        (story["added"], lambda: imports.apply(store, liaison, rows, source="register.csv", force=True)),
    ]
    acts += [(act["at"], _told(store, act)) for act in story["acts"]]
    for at, act in sorted(acts, key=lambda pair: pair[0]):
        clock.now = instant(at)
        act()
    store.close()


class _Set:
    """A clock that stands where it is put."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def _rows() -> list[FileRow]:
    with _file("register.csv").open(encoding="utf-8-sig", newline="") as file:
        return [FileRow(number, row) for number, row in enumerate(csv.DictReader(file), 2)]


def _as_it_was(row: FileRow, earlier: Mapping[str, Mapping[str, str]]) -> FileRow:
    return FileRow(row.line, {**row.cells, **earlier.get(row.cells["reference"], {})})


def _seat(store: Store, story: Mapping[str, Any]) -> Actor:
    """Everybody's role; gives the liaison, who brings the register in."""
    people.enrol(store, [Enrolment(address, role) for address, role in story["roles"]], None, "settings", "sample")
    return Actor(_named(store, story["liaison"]), "terminal", "")


def _named(store: Store, address: str) -> Person:
    who = handle(address)
    assert who is not None  # the story's own addresses
    with store.read() as tx:
        person = people.known_as(tx, who, "officer")
    assert person is not None
    return person


def _told(store: Store, act: Mapping[str, Any]) -> Callable[[], Any]:
    """The story is told in the words that people say."""

    def tell() -> None:
        ask = Ask(act["say"], _named(store, act["by"]), store.clock(), place=f"slack {act['channel']}")
        card = answer(Desk(store, Thresholds(), "/4action", ""), ask)
        if not card.ok:
            raise ValueError(f"{act['say']}: {card.subject}")

    return tell
