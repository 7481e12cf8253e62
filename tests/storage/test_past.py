"""The past worked back from the present: items, lists and figures as they stood, after whatever happened since."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from storage import digests, figures, history
from storage import register as registers
from storage.fields import ITEM_FIELDS, LONDON, REPORT_FIELDS, london_day, plain
from storage.figures import Figures
from storage.store import Store
from storage.tables import ITEM, REPORT
from tests.conftest import LIMITS, Clock
from tests.storage.registers import SEEDS, Life


def rows(tx: Connection, table: Any, fields: tuple[str, ...]) -> dict[int, dict[str, Any]]:
    return {r["id"]: {f: r[f] for f in fields} for r in tx.execute(select(table)).mappings()}


def facts(past: Mapping[int, Mapping[str, Any]], fields: tuple[str, ...]) -> dict[int, dict[str, Any]]:
    return {number: {f: row[f] for f in fields} for number, row in past.items()}


def counted(store: Store, at: datetime) -> Figures:
    """What a digest that is due at this instant tells, the window beginning a week before it."""
    with store.read() as tx:
        window = digests.window(tx, None, at, history.last_event_at(tx, at))
        return figures.count(tx, window, LIMITS)


def timeless(told: Figures) -> Figures:
    """Without version and marking: a digest's buttons are to be pressed now; what was marked since is hidden since."""

    def old(entry: Any) -> Any:
        if isinstance(entry, figures.Counted):
            return entry._replace(version=0, marking="")
        if isinstance(entry, figures.Late | figures.Moved | figures.Waiting):
            return entry._replace(item=old(entry.item))
        return (old(entry[0]), entry[1])

    names = ("overdue", "due_soon", "off_track", "awaiting_allocation", "pending", "stale", "disputed")
    lists = {name: getattr(told, name) for name in names}
    again: dict[str, Any] = {name: replace(of, first=tuple(map(old, of.first))) for name, of in lists.items()}
    return told._replace(**again, dates_moved=list(map(old, told.dates_moved)))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_fold_of_the_past_is_the_present(register: Store, clock: Clock, seed: int) -> None:
    Life(register, clock, seed, items=20).pass_days(10)
    with register.read() as tx:
        told = history.minutes(tx)
        for table, fields, owner in ((ITEM, ITEM_FIELDS, "item_id"), (REPORT, REPORT_FIELDS, "report_id")):
            folded, gaps = history.folded(told, owner)
            now = rows(tx, table, (*fields, "version"))
            plainly = {n: {f: plain(v) for f, v in row.items()} for n, row in now.items()}
            assert {n: {f: row.get(f) for f in (*fields, "version")} for n, row in folded.items()} == plainly
            assert not any(gaps.values())
    assert history.verify(register)[0] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_items_and_reports_as_they_stood_on_every_earlier_day(register: Store, clock: Clock, seed: int) -> None:
    life = Life(register, clock, seed, items=15)
    stood = []
    for _ in range(6):
        with register.read() as tx:
            at = history.head(tx).seq
            stood.append((at, rows(tx, ITEM, ITEM_FIELDS), rows(tx, REPORT, REPORT_FIELDS)))
        life.pass_days(3)
    with register.read() as tx:
        everything = [dict(r) for r in tx.execute(select(ITEM)).mappings()]
        reports = [dict(r) for r in tx.execute(select(REPORT)).mappings()]
        for at, items_then, reports_then in stood:
            later = history.minutes(tx, after=at)
            items = history.worked_back({r["id"]: r for r in everything}, later, ITEM_FIELDS, "item_id")
            assert facts(items, ITEM_FIELDS) == items_then
            back = history.worked_back({r["id"]: r for r in reports}, later, REPORT_FIELDS, "report_id")
            assert facts(back, REPORT_FIELDS) == reports_then
    assert len(stood[0][1]) <= len(stood[-1][1]) <= len(everything)


@pytest.mark.parametrize("seed", SEEDS)
def test_figures_of_a_past_instant_are_those_counted_then(register: Store, clock: Clock, seed: int) -> None:
    life = Life(register, clock, seed, items=20)
    then = []
    for _ in range(4):
        life.pass_days(4)
        then.append((clock(), counted(register, clock())))
        clock.later(seconds=1)
    for at, told in then:
        assert timeless(counted(register, at)) == timeless(told)
        assert figures.as_json(counted(register, at), "x") == figures.as_json(told, "x")
    assert then[0][1] != then[-1][1]


@pytest.mark.parametrize("seed", SEEDS)
def test_opening_and_what_happened_make_closing(register: Store, clock: Clock, seed: int) -> None:
    """Windows that meet: each begins where the one before ended, whatever happened in them, and nothing is lost."""
    life = Life(register, clock, seed, items=20)
    first = start = clock()
    told = []
    for _ in range(4):
        life.pass_days(life.dice.choice((1, 7, 9)))
        with register.read() as tx:
            told.append(figures.count(tx, figures.window_of_days(tx, start, clock()), LIMITS))
            whole = figures.count(tx, figures.window_of_days(tx, first, clock()), LIMITS).movement
        start = clock()
    for one in told:
        moved = one.movement
        assert moved.opening + moved.new + moved.reopened - moved.ended == moved.closing == one.open
        assert sum(one.by_status.values()) == one.items == sum(one.colours.values())
    assert [one.movement.closing for one in told[:-1]] == [one.movement.opening for one in told[1:]]
    assert whole.opening == told[0].movement.opening
    assert whole.closing == told[-1].movement.closing
    for part in ("new", "reopened", "ended"):
        assert getattr(whole, part) == sum(getattr(one.movement, part) for one in told)
    assert whole.ended + whole.reopened + whole.new > 0


def test_an_event_at_the_very_end_of_a_window_belongs_to_it_and_not_to_the_next(register: Store, clock: Clock) -> None:
    start = clock()
    clock.later(days=7)
    Life(register, clock, seed=3, items=10)  # registered at the very instant at which the window ends
    end = clock()
    with register.read() as tx:
        before = figures.count(tx, figures.window_of_days(tx, start, end), LIMITS).movement
        after = figures.count(tx, figures.window_of_days(tx, end, end + timedelta(days=7)), LIMITS).movement
    assert before.opening == 0
    assert before.new == before.closing == after.opening > 0
    assert after.new == 0


# --- the register given out as it stood -------------------------------------------------------------------------------


def ends_of_days(life: Life, days: int) -> list[datetime]:
    """Live on; gives the last instant of each of these days, at which the clock stood."""
    ends = []
    for _ in range(days):
        life.pass_days(1)
        day = datetime.combine(london_day(life.clock()) + timedelta(days=1), datetime.min.time(), LONDON)
        ends.append((day - timedelta(microseconds=1)).astimezone(UTC))
        life.clock.now = max(life.clock(), ends[-1])
    return ends


@pytest.mark.parametrize("seed", SEEDS)
def test_an_export_as_at_a_day_is_the_one_taken_on_that_day(register: Store, clock: Clock, seed: int) -> None:
    """Cell for cell, the JSON with its events and the head of the chain."""
    life = Life(register, clock, seed, items=12)
    then = []
    for _ in range(4):
        end = ends_of_days(life, 3)[-1]
        then.append((end, registers.rows(register), registers.whole(register, LIMITS, end)))
        clock.later(microseconds=1)
    for end, cells, everything in then:
        assert registers.rows(register, end) == cells
        assert registers.whole(register, LIMITS, end, end) == everything
    assert then[0][1] != then[-1][1]
    assert len(then[0][2]["events"]) < len(then[-1][2]["events"])


def test_before_anything_was_registered_there_is_nothing(register: Store, clock: Clock) -> None:
    before = clock() - timedelta(days=1)
    Life(register, clock, 3, items=5)
    told = registers.whole(register, LIMITS, before, before)
    assert (told["items"], told["reports"], told["events"]) == ([], [], [])
    assert told["chain_head"] == history.GENESIS
    assert registers.rows(register, before) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_every_past_days_figures_are_those_counted_on_that_day(register: Store, clock: Clock, seed: int) -> None:
    """Over a window of a day, of a week and of all: movement, pending lists, moved dates; after whatever came since."""
    life = Life(register, clock, seed, items=12)
    first = clock()

    def windows(end: datetime) -> list[Figures]:
        starts = (first - timedelta(days=1), end - timedelta(days=7), end - timedelta(days=1))
        with register.read() as tx:
            return [figures.count(tx, figures.window_of_days(tx, start, end), LIMITS) for start in starts]

    then = []
    for _ in range(8):
        end = ends_of_days(life, 2)[-1]
        then.append((end, windows(end)))
        clock.later(microseconds=1)
    for end, told in then:
        for now, live in zip(windows(end), told, strict=True):
            assert timeless(now) == timeless(live)
            assert figures.as_json(now, "x") == figures.as_json(live, "x")
            moved = now.movement
            assert moved.opening + moved.new + moved.reopened - moved.ended == moved.closing == now.open
    whole = then[-1][1][0]
    assert whole.movement.reopened + whole.movement.ended > 0
    assert whole.dates_moved
