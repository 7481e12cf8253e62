"""A register of any size, made up from a seed and taken in through the product's own import; the ledger verifies."""

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from storage import imports, migrations, people, record
from storage.people import Handle, Person
from storage.record import Actor
from storage.rows import COLUMNS, FileRow
from storage.store import Store, open_store

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
SEED = 20261123
ITEMS_A_PERSON, ITEMS_A_REPORT = 20, 25
ASKER = "person0@trentshire.example"
STATUSES = ("in_progress",) * 10 + ("pending_sign_off", "awaiting_allocation") + ("complete",) * 7 + ("no_action",)
KINDS = ("recommendation", "area_for_improvement", "action", "cause_of_concern")
WORDS = "The chief constable should make sure that each lamp in custody is looked at daily, and say who looks. "


def clock() -> datetime:
    """A clock that stands still, so that floor and ours have the same day."""
    return NOW


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def make(path: Path, items: int) -> None:
    """A register with so many items: a third to a half ended, one in eight of the open ones overdue."""
    store = open_store(url(path), clock, create=True)
    migrations.upgrade(store)
    diff = imports.apply(store, liaison(store), rows(items), source="bench.csv")
    assert diff.applied, diff.errors[:3]
    _settle(store)
    store.close()


def live(path: Path, items: int) -> None:
    """Half a week later: a file with changes to one item in fifty comes in, and somebody says how some go on.

    Of those in the file some end, some reopen, some get another date or go off track.
    """
    store = open_store(url(path), lambda: NOW + timedelta(days=4))
    who = liaison(store)
    diff = imports.apply(store, who, [moved_on(r) for r in rows(items)[::50]], source="week.csv")
    assert diff.applied, diff.errors[:3]
    for row in rows(items)[7 :: items // 60 or 1]:
        if row.cells["status"] == "in_progress":
            record.add_update(store, who, row.cells["reference"], None, "The lamps are ordered. They come soon.", {})
        if row.cells["status"] == "in_progress" and row.line % 3 == 0:
            record.ask_sign_off(store, who, row.cells["reference"], None, "All lamps burn.", ["https://lamps.example"])
    _settle(store)
    store.close()


def moved_on(row: FileRow) -> FileRow:
    """The row as it comes half a week later: ended, reopened, with another date, off track, waiting or renamed."""
    number, open_now = row.line // 50 % 5, row.cells["status"] not in ("complete", "no_action")
    changed = (
        {"status": "complete" if open_now else "in_progress"},
        {"target_date": "2027-03-01"},
        {"off_track": "The lamps cannot be had."},
        {"waiting_on": "The Home Office"},
        {"title": "Mend the lamp at last"},
    )[number]
    owner = row.cells["action_owner"] or ASKER
    return row._replace(cells={**row.cells, "action_owner": owner, **changed})


def _settle(store: Store) -> None:
    """Statistics and log as they are after a night: so that no round meets another plan or a long log."""
    with store.writer.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def liaison(store: Store) -> Actor:
    """Somebody who may do all that happens to these registers."""
    with store.write() as tx:
        number = people.keep(tx, [Handle("terminal", "", "bench")], "Bench", NOW)
    return Actor(Person(number, "Bench", frozenset({"liaison"})), "terminal", "")


def rows(items: int) -> list[FileRow]:
    """The rows of a file; all hangs on the seed and the number."""
    dice = random.Random(SEED)
    return [_row(number, items, dice) for number in range(items)]


def _row(number: int, items: int, dice: random.Random) -> FileRow:
    status = dice.choice(STATUSES)
    owners = max(1, items // ITEMS_A_PERSON)
    report = number // ITEMS_A_REPORT
    cells = dict.fromkeys((c for c in COLUMNS if c != "version"), "")
    cells |= {
        "reference": f"R{report}-{number % ITEMS_A_REPORT + 1}",
        "report_code": f"R{report}",
        "report_title": f"The report on lamps, number {report}",
        "published_on": "2026-01-15",
        "source": "HMICFRS",
        "kind": dice.choice(KINDS),
        "title": f"Mend lamp {number} of the custody suite and say who did",
        "text": WORDS * dice.randrange(1, 5),
        "status": status,
        "scope": "force",
        "marking": "OFFICIAL-SENSITIVE" if dice.random() < 0.05 else "OFFICIAL",
        "target_date": (TODAY + timedelta(days=dice.randrange(-50, 350))).isoformat(),
        "last_update_on": (TODAY - timedelta(days=dice.randrange(1, 60))).isoformat(),
        "action_owner": "" if status == "awaiting_allocation" else f"person{dice.randrange(owners)}@trentshire.example",
    }
    return FileRow(number + 2, cells)
