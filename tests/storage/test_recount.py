"""The figures that the database counts are those that are folded in Python: over lives, windows, readers, the past."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from storage import figures, history, questions
from storage.figures import SHOWN, Window
from storage.figures.sections import FEW
from storage.questions import Reader
from storage.store import Store
from tests.conftest import LIMITS, Clock, person
from tests.storage import recount
from tests.storage.registers import SEEDS, Life, row, take
from tests.storage.test_lists import plans


def windows(tx: Connection, since: datetime, now: datetime) -> list[Window]:
    """Of the whole life, and of a week, a day and nothing, up to now and up to instants since which much has come."""
    ends = [now, now - timedelta(days=2), now - timedelta(days=6), since - timedelta(days=1)]
    starts = [(end, end - timedelta(days=days)) for end in ends for days in (400, 7, 1, 0)]
    return [figures.window_of_days(tx, start, end) for end, start in starts]


def readers(store: Store, clock: Clock) -> list[frozenset[int]]:
    """What is hidden from somebody who reads everything, and from somebody who does not."""
    with store.read() as tx:
        every = [Reader(person(store, who), clock().date(), LIMITS) for who in ("ruth", "tess")]
        return [questions.hidden(tx, reader) for reader in every]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_database_counts_what_is_counted_by_hand(register: Store, clock: Clock, seed: int) -> None:
    """Over the whole of what can happen to an item, reports and imports too."""
    since = clock()
    life = Life(register, clock, seed, items=70)
    life.pass_days(9)
    nothing, something = readers(register, clock)
    assert something and not nothing
    with register.read() as tx:
        for window in windows(tx, since, clock()):
            for hidden in (nothing, something):
                told = figures.count(tx, window, LIMITS, hidden)
                assert told == recount.count(tx, window, LIMITS, hidden), window
                assert told.movement.opening + told.movement.new + told.movement.reopened == (
                    told.movement.ended + told.movement.closing
                )


def test_a_list_of_hundreds_is_whole_in_brief_and_brief_when_whole(register: Store, clock: Clock) -> None:
    """Also when all of its items have changed since."""
    life = Life(register, clock, 1, items=3)
    many = [row(f"B-{n}", target_date="2026-10-01") for n in range(1, FEW + 60)]
    take(register, *many)
    then = clock()
    clock.later(days=1)
    take(register, *[r._replace(cells={**r.cells, "title": "Mend it well", "target_date": ""}) for r in many[20:]])
    life.pass_days(1)
    with register.read() as tx:
        for end in (then, clock()):
            window = figures.window_of_days(tx, end - timedelta(days=7), end)
            told = figures.count(tx, window, LIMITS)
            assert told == recount.count(tx, window, LIMITS)
            late = figures.as_json(told, "x")["overdue"]
            assert [entry["reference"] for entry in late] == told.overdue.references
            assert len(late) == len(told.overdue)
            assert len(told.overdue[:SHOWN]) == min(SHOWN, len(late))
            assert {late.item.title for late in told.overdue[:20]} >= {"Mend the lamp"}
            assert len(told.overdue) > FEW or end != then


def test_nobody_takes_the_first_of_a_list_for_all(register: Store, clock: Clock) -> None:
    Life(register, clock, 1, items=20)
    with register.read() as tx:
        told = figures.count(tx, figures.window_of_days(tx, clock(), clock()), LIMITS)
    with pytest.raises(TypeError):
        iter(told.overdue)  # type: ignore[call-overload]
    with pytest.raises(IndexError):
        told.overdue[: SHOWN + 1]
    with pytest.raises(IndexError):
        told.overdue[:]


@pytest.mark.parametrize("hidden", [0, 40_000])
def test_any_number_of_items_can_be_hidden(register: Store, clock: Clock, hidden: int) -> None:
    """More than a statement takes parameters; as for a board's digest, which hides what is not the board's."""
    Life(register, clock, 2, items=30).pass_days(2)
    with register.read() as tx:
        last = history.head(tx).seq
        window = Window(clock() - timedelta(days=7), clock(), last // 2, last)
        numbers = frozenset(range(10, 10 + hidden))
        told = figures.count(tx, window, LIMITS, numbers)
        assert told == recount.count(tx, window, LIMITS, numbers)
        assert told.items == 9 if hidden else told.items >= 30


def test_a_digest_reads_no_whole_table_of_items_or_events(register: Store, clock: Clock) -> None:
    """Those off track by their own small index, a status in its own index, the ended ones without their rows."""
    Life(register, clock, 1, items=40).pass_days(3)
    window = Window(clock() - timedelta(days=7), clock(), 20, 10**9)
    with register.read() as tx:
        window = window._replace(end_event=history.head(tx).seq)
    told = [step for steps in plans(register, lambda tx: figures.count(tx, window, LIMITS)) for step in steps]
    assert not [step for step in told if step in ("SCAN item", "SCAN kept_text", "SCAN history", "SCAN k", "SCAN h")]
    assert "SEARCH item USING INDEX ix_item_off_track (open=?)" in told
    assert "SEARCH item USING COVERING INDEX ix_item_status (status=?)" in told
    assert told.count("SEARCH item USING INDEX ix_item_status (status=?)") == 3
    assert len([step for step in told if step.startswith("SEARCH item USING INDEX ix_item_list (open=? AND due")]) == 2
