"""Due, overdue, soon, stale and the colour of an item: tables first, then the order of the colours on any item."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.rules import deadlines, lifecycle
from storage.rules.deadlines import Facts, Thresholds

TODAY = date(2026, 11, 23)
LIMITS = Thresholds()


def days(number: int) -> date:
    return TODAY + timedelta(days=number)


def facts(status: str = "in_progress", due: int | None = 60, **more: object) -> Facts:
    plain = {"off_track": "", "waits": False, "quiet_since": days(-3), "extensions": 0, **more}
    return Facts(status, None if due is None else days(due), **plain)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("target", "deadline", "due"),
    [(None, None, None), (3, None, 3), (None, 4, 4), (3, 4, 3), (4, 3, 3), (5, 5, 5)],
)
def test_due_is_the_earlier_of_the_two_dates(target: int | None, deadline: int | None, due: int | None) -> None:
    both = [None if n is None else days(n) for n in (target, deadline)]
    assert deadlines.due(*both) == (None if due is None else days(due))


@pytest.mark.parametrize(("due", "late"), [(1, 0), (0, 0), (-1, 1), (-54, 54), (None, 0)])
def test_due_today_is_not_late(due: int | None, late: int) -> None:
    for status in lifecycle.OPEN:
        assert deadlines.overdue_days(facts(status, due), TODAY) == late
    for status in lifecycle.ENDED:
        assert deadlines.overdue_days(facts(status, due), TODAY) == 0


@pytest.mark.parametrize(("due", "soon"), [(-1, False), (0, True), (14, True), (15, False), (None, False)])
def test_due_soon_is_from_today_to_the_fourteenth_day(due: int | None, soon: bool) -> None:
    assert deadlines.due_soon(facts(due=due), TODAY, LIMITS) is soon
    assert not deadlines.due_soon(facts("complete", due), TODAY, LIMITS)


@pytest.mark.parametrize(("quiet", "stale"), [(0, False), (27, False), (28, True), (56, True)])
def test_stale_after_28_days_of_silence(quiet: int, stale: bool) -> None:
    silent = facts(quiet_since=days(-quiet))
    assert deadlines.stale(silent, TODAY, LIMITS) is stale
    assert deadlines.stale_days(silent, TODAY) == quiet
    for status in (*lifecycle.ENDED, "awaiting_allocation"):
        assert deadlines.stale_days(facts(status, quiet_since=days(-quiet)), TODAY) is None


@pytest.mark.parametrize(
    ("item", "colour", "reason"),
    [
        (facts(), "green", "on_track"),
        (facts("complete", -9, off_track="gone wrong", waits=True), "blue", "ended"),
        (facts("superseded"), "blue", "ended"),
        (facts("no_action"), "blue", "ended"),
        (facts(off_track="The supplier has left.", waits=True), "red", "off_track"),
        (facts(due=-5, waits=True), "white", "waits"),
        (facts(due=5, waits=True), "white", "waits"),
        (facts(due=-1), "red", "overdue"),
        (facts("pending_sign_off", -1), "red", "overdue"),
        (facts("disputed", -1), "red", "overdue"),
        (facts("awaiting_allocation", -1), "red", "overdue"),
        (facts(due=14), "amber", "due_soon"),
        (facts(due=15), "green", "on_track"),
        (facts(quiet_since=days(-28)), "amber", "stale"),
        (facts("awaiting_allocation", quiet_since=days(-400)), "green", "on_track"),
        (facts(due=None), "amber", "no_date"),
        (facts("awaiting_allocation", None), "amber", "no_date"),
        (facts(extensions=1), "green", "on_track"),
        (facts(extensions=2), "amber", "extended"),
    ],
)
def test_the_first_colour_that_fits(item: Facts, colour: str, reason: str) -> None:
    assert deadlines.why(item, TODAY, LIMITS) == (colour, reason)
    assert deadlines.colour(item, TODAY, LIMITS) == colour


ANY = st.builds(
    Facts,
    st.sampled_from(sorted(lifecycle.STATUSES)),
    st.none() | st.integers(-40, 40).map(days),
    st.sampled_from(["", "It will not be done in time."]),
    st.booleans(),
    st.integers(-60, 0).map(days),
    st.integers(0, 4),
)


@given(ANY, st.builds(Thresholds, st.integers(1, 30), st.integers(1, 60)))
def test_the_colour_is_what_the_legend_says(item: Facts, limits: Thresholds) -> None:
    """The legend as a person would apply it, line by line from the top."""
    ended = item.status in {"complete", "no_action", "superseded"}
    legend = [
        ("blue", ended),
        ("red", item.off_track != ""),
        ("white", item.waits),
        ("red", item.due is not None and item.due < TODAY),
        ("amber", item.due is not None and item.due <= days(limits.due_soon)),
        ("amber", item.status != "awaiting_allocation" and item.quiet_since <= days(-limits.stale)),
        ("amber", item.due is None),
        ("amber", item.extensions >= 2),
        ("green", True),
    ]
    assert deadlines.colour(item, TODAY, limits) == next(colour for colour, fits in legend if fits)


@given(ANY)
def test_late_soon_and_later_never_overlap(item: Facts) -> None:
    late = deadlines.overdue_days(item, TODAY) > 0
    assert not (late and deadlines.due_soon(item, TODAY, LIMITS))
    assert late == (item.status in lifecycle.OPEN and item.due is not None and item.due < TODAY)
