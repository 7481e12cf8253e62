"""Files that go out come back in unchanged: the hostile register, the practice register, and registers that lived."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest

from handlers.intake.sheets import Sheet, read_csv, read_register
from handlers.papers.sheet import FORMULA_SIGNS, to_csv, to_json
from storage import history, imports, migrations, record
from storage.imports import Diff
from storage.register import rows, whole
from storage.rules.references import natural
from storage.store import Store, open_store
from tests.conftest import LIMITS, PRACTICE, Clock, Town, actor, london, peopled
from tests.databases import Database
from tests.storage.registers import SEEDS, Life

DATA = PRACTICE.parent / "tests" / "data"
Cells = dict[str, dict[str, str]]


def cells(path: Path) -> Cells:
    """Reference -> column -> cell, as the file holds them, no apostrophe taken off."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["reference"]: row for row in csv.DictReader(file)}


def changed(key: str) -> dict[tuple[str, str], str]:
    """(reference, column) -> the form that a cell has elsewhere than in the file."""
    with (DATA / "hostile_changes.csv").open(encoding="utf-8", newline="") as file:
        return {(row["reference"], row["field"]): row[key] for row in csv.DictReader(file)}


def expected(key: str) -> Cells:
    forms = changed(key)
    file = cells(DATA / "hostile.csv")
    return {r: {c: forms.get((r, c), cell) for c, cell in row.items()} for r, row in file.items()}


def bring(store: Store, sheet: Sheet) -> Diff:
    return imports.apply(store, actor(store, "lia"), sheet.rows, source="hostile.csv", warnings=sheet.faults)


@pytest.fixture
def hostile(register: Store, clock: Clock) -> Store:
    clock.now = london("2026-11-23 09:00")
    diff = bring(peopled(register), read_csv((DATA / "hostile.csv").read_bytes()))
    assert diff.errors == []
    assert len(diff.new) == diff.rows == len(cells(DATA / "hostile.csv"))
    return register


def exported(store: Store) -> Cells:
    return {row["reference"]: row for row in rows(store)}


def test_the_hostile_register_is_kept_character_for_character(hostile: Store) -> None:
    kept, wanted = exported(hostile), expected("in_register")
    assert set(kept) == set(wanted)
    wrong = [(r, c, kept[r][c], w) for r, row in wanted.items() for c, w in row.items() if kept[r][c] != w]
    assert wrong == []
    assert len(changed("in_register")) >= 60
    assert history.verify(hostile)[0] == []


def test_the_hostile_register_goes_out_without_a_formula(hostile: Store) -> None:
    out = to_csv(rows(hostile))
    assert out.startswith(b"\xef\xbb\xbf")
    read = {r["reference"]: r for r in csv.DictReader(io.StringIO(out.decode("utf-8-sig"), newline=""))}
    wanted = expected("in_export")
    wrong = [(r, c, read[r][c], w) for r, row in wanted.items() for c, w in row.items() if read[r][c] != w]
    assert wrong == []
    assert not [c for row in read.values() for c in row.values() if c.startswith(FORMULA_SIGNS)]


def test_the_hostile_register_in_natural_order(hostile: Store) -> None:
    order = [row["reference"] for row in rows(hostile)]
    of_x1 = [r for r in order if r.upper().startswith("X1")]
    numbers = [int(r.rsplit("R", 1)[1]) for r in of_x1 if r.upper().startswith("X1-R") and r[4:].isdecimal()]
    assert len(numbers) > 2
    assert numbers == sorted(numbers)


def comes_back(store: Store, name: str, data: bytes, items: int) -> None:
    """The export changes nothing where it comes from, and makes the same register elsewhere."""
    before = history.verify(store)[1]
    sheet = read_register(name, data)
    assert sheet.notes == []
    diff = bring(store, sheet)
    assert (diff.errors, diff.new, diff.changed, diff.missing) == ([], [], {}, [])
    assert len(diff.unchanged) == items
    assert history.verify(store) == ([], before)


def as_json(store: Store) -> bytes:
    return to_json(whole(store, LIMITS, store.clock()))


def test_the_hostile_export_comes_back_unchanged(hostile: Store) -> None:
    items = len(cells(DATA / "hostile.csv"))
    comes_back(hostile, "export.csv", to_csv(rows(hostile)), items)
    comes_back(hostile, "export.json", as_json(hostile), items)


def test_the_practice_register_goes_out_as_it_came_in(trentshire: Town) -> None:
    kept, file = exported(trentshire.store), cells(PRACTICE / "register.csv")
    assert [(r, c) for r, row in file.items() for c, cell in row.items() if kept[r][c] != cell] == []
    assert list(kept) == sorted(kept, key=natural)
    comes_back(trentshire.store, "export.csv", to_csv(kept.values()), 76)
    comes_back(trentshire.store, "export.json", as_json(trentshire.store), 76)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_register_that_lived_comes_back_and_makes_the_same_one_elsewhere(
    register: Store, database: Database, clock: Clock, seed: int
) -> None:
    life = Life(register, clock, seed, items=20)
    life.pass_days(10)
    every = list(rows(register))
    out = to_csv(every)
    comes_back(register, "export.csv", out, len(every))
    comes_back(register, "export.json", as_json(register), len(every))
    elsewhere = _elsewhere(database, clock)
    assert bring(elsewhere, read_csv(out)).errors == []
    versionless = [{**row, "version": ""} for row in rows(register)]
    assert [{**row, "version": ""} for row in rows(elsewhere)] == versionless
    elsewhere.close()


def _elsewhere(database: Database, clock: Clock) -> Store:
    clock.later(days=1)
    elsewhere = open_store(database.place("elsewhere"), clock, create=True)
    migrations.upgrade(elsewhere)
    return peopled(elsewhere)


def test_an_export_of_last_week_is_a_conflict_and_changes_nothing(trentshire: Town) -> None:
    old = to_csv(rows(trentshire.store))
    trentshire.clock.now += timedelta(days=7)
    record.add_update(trentshire.store, actor(trentshire.store, "lia"), "CUST26-C1", None, "The board met.", {})
    before = history.verify(trentshire.store)[1]
    diff = bring(trentshire.store, read_csv(old))
    line = 2 + [row["reference"] for row in rows(trentshire.store)].index("CUST26-C1")
    assert [(e.line, e.field) for e in diff.errors] == [(line, "version")]
    assert not diff.applied
    assert history.verify(trentshire.store) == ([], before)
