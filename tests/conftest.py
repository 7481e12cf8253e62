"""What every test may ask for: a clock it sets, an empty register, Trentshire's register, and people who speak."""

import gc
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bot import demo
from handlers.ask import Ask, Desk
from handlers.commands import answer
from handlers.intake.sheets import read_csv
from handlers.text.draw import said
from storage import imports, migrations, people
from storage.fields import LONDON
from storage.people import Enrolment, Handle, Person
from storage.record import Actor
from storage.rules.deadlines import Thresholds
from storage.store import Store, open_store
from tests.databases import KINDS, Database, Masters, compile_once, kinds_of, only

PRACTICE = Path(__file__).parent.parent / "practice"
BROUGHT_IN = "2026-10-02 09:00"
LIMITS = Thresholds()
SLASH, FORCE = "/4action", "Trentshire Police"
MEMORY, ROOM = Path("/dev/shm"), 3 * 2**30

# handle in a test -> (address, name, role); a member of the force who is not enrolled is an officer
CAST: dict[str, tuple[str, str, str]] = {
    "owen": ("owen.hale@trentshire.example", "Supt Owen Hale", "officer"),
    "ana": ("ana.brook@trentshire.example", "Sgt Ana Brook", "officer"),
    "marcus": ("marcus.frayne@trentshire.example", "ACC Marcus Frayne", "lead"),
    "lia": ("lia.penrose@trentshire.example", "Lia Penrose", "liaison"),
    "ruth": ("ruth.calder@trentshire.example", "DCC Ruth Calder", "dcc"),
    "tess": ("tess.arden@opcc.trentshire.example", "Tess Arden", "policing_body"),
    "paul": ("paul.mercer@panel.example", "Paul Mercer", "audit_committee"),
    "dana": ("dana.whitlock@trentshire.example", "Ch Insp Dana Whitlock", "officer"),
    "jo": ("jo.cole@trentshire.example", "Insp Jo Cole", "officer"),
    "lee": ("lee.marsh@trentshire.example", "Det Supt Lee Marsh", "officer"),
    "kit": ("kit.danvers@trentshire.example", "Kit Danvers", "officer"),
    "sam": ("sam.idris@visitor.example", "Sam Idris", ""),
}


def london(words: str) -> datetime:
    """An instant by the wall clock of London: "2026-11-23 09:00"."""
    return datetime.fromisoformat(words).replace(tzinfo=LONDON)


class Clock:
    """A clock that stands still until a test sets it or lets time pass."""

    def __init__(self, words: str) -> None:
        self.set(words)

    def __call__(self) -> datetime:
        return self.now

    def set(self, words: str) -> datetime:
        """London wall time."""
        self.now = london(words).astimezone(UTC)
        return self.now

    def later(self, **passed: float) -> datetime:
        """Let time pass: `later(days=1)`."""
        self.now += timedelta(**passed)
        return self.now


def enrol(store: Store, who: str) -> int:
    """One of the cast in the register, by name and role; their id."""
    return _enrol(store, who)[0]


def _enrol(store: Store, *cast: str) -> list[int]:
    with store.write() as tx:
        kept = [(Handle(people.EMAIL, "", CAST[who][0]), CAST[who][1]) for who in cast]
        numbers = [people.keep(tx, [handle], name, store.clock()) for handle, name in kept]
    roles = [Enrolment(CAST[who][0], CAST[who][2]) for who in cast if CAST[who][2]]
    people.enrol(store, roles, None, "terminal", "in the tests")
    return numbers


def peopled(store: Store) -> Store:
    """The register with all of the cast in it."""
    _enrol(store, *CAST)
    return store


def person(store: Store, who: str) -> Person:
    """One of the cast as the register knows them now."""
    with store.read() as tx:
        found = people.known_as(tx, Handle(people.EMAIL, "", CAST[who][0]))
    assert found is not None, f"{who} is not in this register"
    return found


def actor(store: Store, who: str, key: str = "") -> Actor:
    return Actor(person(store, who), "terminal", key)


class Town(NamedTuple):
    """A register, its clock, and what people say to it."""

    store: Store
    clock: Clock

    @property
    def desk(self) -> Desk:
        return Desk(self.store, LIMITS, SLASH, FORCE)

    def ask(self, words: str, as_: str, key: str = "", **more: Any) -> Ask:
        return Ask(words, person(self.store, as_), self.clock(), request_key=key, **more)


Say = Callable[..., str]


def empty(url: str) -> None:
    """A migrated register with nobody and nothing in it."""
    store = open_store(url, Clock(BROUGHT_IN), create=True)
    migrations.upgrade(store)
    store.close()


def as_brought_in(url: str) -> None:
    """The practice register as Lia brought it in on 2 October 2026."""
    empty(url)
    store = peopled(open_store(url, Clock(BROUGHT_IN)))
    sheet = read_csv((PRACTICE / "register.csv").read_bytes())
    diff = imports.apply(store, actor(store, "lia"), sheet.rows, source="register.csv", warnings=sheet.faults)
    assert diff.applied, diff.errors
    store.close()


def as_in_the_demo(url: str) -> None:
    """The demo's register as it stands on the Friday on which the practice begins."""
    demo.fill(url, json.loads((PRACTICE / "story.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def masters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Masters]:
    """The registers that tests begin with, made once."""
    made = Masters(tmp_path_factory.mktemp("masters"))
    yield made
    made.close()


@pytest.fixture
def database(request: pytest.FixtureRequest, masters: Masters, tmp_path: Path) -> Iterator[Database]:
    """Where a test keeps its registers: every test that asks for one, however indirectly, runs on both databases."""
    one = Database(request.param, masters, tmp_path)
    yield one
    one.close()


@pytest.fixture
def clock() -> Clock:
    return Clock(BROUGHT_IN)


@pytest.fixture
def register(database: Database, clock: Clock) -> Iterator[Store]:
    """A migrated register with nobody and nothing in it."""
    store = open_store(database.copy(empty), clock)
    yield store
    store.close()


@pytest.fixture
def trentshire(database: Database, clock: Clock) -> Iterator[Town]:
    """Trentshire's register and people, at 09:00 on Monday 23 November 2026."""
    clock.set("2026-11-23 09:00")
    store = open_store(database.copy(as_brought_in), clock)
    yield Town(store, clock)
    store.close()


@pytest.fixture
def say(trentshire: Town) -> Say:
    """What a person in Trentshire reads when they say something, as plain text."""

    def speak(words: str, as_: str = "owen", key: str = "", **more: Any) -> str:
        return said(answer(trentshire.desk, trentshire.ask(words, as_, key, **more)))

    return speak


# --- both databases, and as often on the one as on the other ---------------------------------------------------------


def pytest_configure() -> None:
    """What tests write goes to memory where there is plenty: none of it outlives them. Who sets TMPDIR has the say."""
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"], tempfile.tempdir = str(MEMORY), None
    compile_once()


def pytest_collection_finish() -> None:
    """What was imported stays: the garbage collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        metafunc.parametrize("database", kinds_of(metafunc.definition.nodeid), indirect=True)


def _counts(reporter: pytest.TerminalReporter) -> dict[str, int]:
    """How many tests passed on each database, those that are of one by their nature left out."""
    passed = [report.nodeid for report in reporter.stats.get("passed", []) if report.when == "call"]
    both = [node for node in passed if not only(node)]
    return {kind: sum(bool(re.search(rf"[\[-]{kind}[\]-]", node)) for node in both) for kind in KINDS}


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With CI=true it is a failure when the tests of the one database are not those of the other."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and _in_ci() and len(set(_counts(reporter).values())) != 1:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


# --- what was not run is said aloud; with CI=true it is a failure -----------------------------------------------------


def _in_ci() -> bool:
    return os.environ.get("CI") == "true"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and _in_ci() and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and CI=true allows no skipped test: {call.excinfo}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped and _in_ci():
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped, and CI=true allows no skipped test: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name every skipped test and why, whatever the options."""
    for report in terminalreporter.stats.get("skipped", []):
        why = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        terminalreporter.write_line(f"NOT RUN: {report.nodeid}: {why}", yellow=True)
    counts = _counts(terminalreporter)
    if any(counts.values()):
        told = ", ".join(f"{number} on {kind}" for kind, number in counts.items())
        same = "" if len(set(counts.values())) == 1 else ": NOT THE SAME"
        terminalreporter.write_line(f"Tests of the register: {told}{same}")
