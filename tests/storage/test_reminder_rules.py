"""Who is due to be told what: tables written by hand, then what holds whoever looked on whichever days."""

from collections.abc import Callable, Collection, Iterable
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.rules import lifecycle, reminders
from storage.rules.lifecycle import AWAITING_ALLOCATION, IN_PROGRESS
from storage.rules.reminders import Dated

DUE = date(2026, 11, 23)  # a Monday
LONG_AGO = date(2026, 1, 5)
Story = list[tuple[int, str]]


def days(number: int | None) -> date | None:
    """The day that many days after the due date."""
    return None if number is None else DUE + timedelta(days=number)


def on(number: int) -> date:
    return DUE + timedelta(days=number)


def item(updated: int | None = None, *, due: date | None = DUE, **more: object) -> Dated:
    plain = {"status": IN_PROGRESS, "due": due, "last_update_on": days(updated), "quiet_since": LONG_AGO}
    return Dated(**{**plain, **more})  # type: ignore[arg-type]


def told(steps: dict[str, int]) -> dict[str, date]:
    return {step: on(number) for step, number in steps.items()}


# --- the owner: tables ----------------------------------------------------------------------------------------------


def owner_hears(looks: Iterable[int], updates: Collection[int] = (), silent: dict[int, int] | None = None) -> Story:
    """What an owner is told by and by, as the register keeps it; an update of a day comes before that day's look."""
    heard: dict[str, date] = {}
    story: Story = []
    for number in sorted(looks):
        updated = max((n for n in updates if n <= number), default=None)
        quiet = max((until for start, until in (silent or {}).items() if start <= number), default=None)
        step = reminders.of_owner(item(updated, silent_until=days(quiet)), heard, on(number))
        if step:
            heard[step] = on(number)
            story.append((number, step))
    return story


def test_an_item_that_nobody_touches_is_told_at_30_14_7_days_on_the_day_and_then_weekly() -> None:
    assert owner_hears(range(-40, 23)) == [
        (-30, "due:30"),  # 24 Oct 2026
        (-14, "due:14"),
        (-7, "due:7"),
        (0, "due:0"),
        (7, "late:1"),
        (14, "late:2"),
        (21, "late:3"),  # 14 Dec 2026
    ]


def test_what_falls_on_a_weekend_is_told_on_the_monday() -> None:
    working = [n for n in range(-40, 1) if on(n).weekday() < 5]
    assert owner_hears(working) == [(-28, "due:30"), (-14, "due:14"), (-7, "due:7"), (0, "due:0")]


@pytest.mark.parametrize(
    ("today", "step"),
    [
        (-31, None),
        (-30, "due:30"),
        (-15, "due:30"),
        (-14, "due:14"),
        (-8, "due:14"),
        (-7, "due:7"),
        (-1, "due:7"),
        (0, "due:0"),
        (1, "due:0"),
        (40, "due:0"),
    ],
)
def test_the_first_look_tells_the_last_step_that_was_reached(today: int, step: str | None) -> None:
    assert reminders.of_owner(item(), {}, on(today)) == step


@pytest.mark.parametrize(
    ("updated", "heard", "today", "step"),
    [
        (-31, {}, -30, "due:30"),  # the day before the step settles nothing
        (-30, {}, -30, None),
        (-29, {}, -15, None),
        (-29, {}, -14, "due:14"),
        (-8, {}, -7, "due:7"),
        (-7, {}, -1, None),
        (-7, {}, 0, "due:0"),
        (0, {}, 0, None),
        (0, {}, 6, None),
        (0, {}, 7, "late:1"),
        (3, {}, 9, None),
        (3, {}, 10, "late:1"),
        (3, {"due:0": 0}, 9, None),
        (3, {"due:0": 0}, 10, "late:1"),
        (None, {"due:0": 0}, 6, None),
        (None, {"due:0": 5}, 11, None),  # it was told late, so the week begins late
        (None, {"due:0": 5}, 12, "late:1"),
        (None, {"due:0": 0, "late:1": 13}, 19, None),
        (None, {"due:0": 0, "late:1": 13}, 20, "late:2"),
        (None, {"due:7": -7}, 30, "due:0"),
        (None, {"due:0": 0, "late:1": 7}, 50, "late:7"),  # one after a long absence, not six
    ],
)
def test_updates_and_what_was_told(updated: int | None, heard: dict[str, int], today: int, step: str | None) -> None:
    assert reminders.of_owner(item(updated), told(heard), on(today)) == step


@pytest.mark.parametrize("rung", ["liaison", "lead", "dcc"])
def test_an_owner_who_is_above_as_well_is_reminded_each_week_all_the_same(rung: str) -> None:
    heard = told({"due:0": 0, "late:1": 7, "late:2": 14, f"escalated:{rung}": 21, "quiet:2": 21})
    assert reminders.of_owner(item(), heard, on(21)) == "late:3"


@pytest.mark.parametrize("status", sorted(lifecycle.STATUSES - {IN_PROGRESS}))
@pytest.mark.parametrize("today", [-30, 0, 40])
def test_what_is_not_in_work_asks_nothing_of_an_owner(status: str, today: int) -> None:
    assert reminders.of_owner(item(status=status), {}, on(today)) is None
    assert reminders.question(item(status=status), {}, on(today), 28) is None


def test_without_a_due_date_there_is_no_reminder_and_no_rung() -> None:
    assert reminders.of_owner(item(due=None), {}, on(0)) is None
    assert reminders.rungs(item(due=None), (), on(90)) == []


@pytest.mark.parametrize(("until", "step"), [(-1, "due:0"), (0, "due:0"), (1, None), (14, None)])
def test_a_snooze_ends_on_its_day(until: int, step: str | None) -> None:
    assert reminders.of_owner(item(silent_until=on(until)), {}, on(0)) == step


def test_what_a_snooze_passed_over_is_told_after_it_once() -> None:
    assert owner_hears(range(-20, 22), silent={-8: 5}) == [
        (-20, "due:30"),
        (-14, "due:14"),
        (5, "due:0"),
        (12, "late:1"),
        (19, "late:2"),
    ]


# --- the ladder, the question, the clock, the snooze: tables ---------------------------------------------------------


@pytest.mark.parametrize(
    ("late", "has_lead", "heard", "expected"),
    [
        (0, True, [], []),
        (6, True, [], []),
        (7, True, [], ["liaison"]),
        (7, True, ["escalated:liaison"], []),
        (13, True, ["escalated:liaison"], []),
        (14, True, ["escalated:liaison"], ["lead"]),
        (14, False, ["escalated:liaison"], []),
        (14, True, [], ["liaison", "lead"]),
        (20, True, ["escalated:liaison", "escalated:lead"], []),
        (21, True, ["escalated:liaison", "escalated:lead"], ["dcc"]),
        (21, False, [], ["liaison", "dcc"]),
        (90, True, [], ["liaison", "lead", "dcc"]),
        (90, True, ["due:0", "late:1", "quiet:1"], ["liaison", "lead", "dcc"]),
        (90, True, ["escalated:liaison", "escalated:lead", "escalated:dcc"], []),
        (90, True, ["escalated:liaison", "escalated:dcc"], ["lead"]),  # who came to lead it later hears of it too
    ],
)
def test_the_ladder(late: int, has_lead: bool, heard: list[str], expected: list[str]) -> None:
    assert reminders.rungs(item(has_lead=has_lead), heard, on(late)) == expected


@pytest.mark.parametrize("status", sorted(lifecycle.STATUSES))
def test_only_what_somebody_should_work_on_escalates(status: str) -> None:
    escalates = status in (IN_PROGRESS, AWAITING_ALLOCATION)
    assert reminders.rungs(item(status=status), (), on(7)) == (["liaison"] if escalates else [])


def test_neither_a_snooze_nor_an_update_stops_the_ladder() -> None:
    assert reminders.rungs(item(6, silent_until=on(20)), (), on(7)) == ["liaison"]


@pytest.mark.parametrize(
    ("quiet", "heard", "step"),
    [
        (0, {}, None),
        (27, {}, None),
        (28, {}, "quiet:1"),
        (55, {}, "quiet:1"),
        (56, {}, "quiet:2"),
        (29, {"quiet:1": 28}, None),
        (55, {"quiet:1": 28}, None),
        (56, {"quiet:1": 28}, "quiet:2"),
        (56, {"quiet:1": 55}, None),  # asked yesterday
        (82, {"quiet:1": 55}, None),
        (83, {"quiet:1": 55}, "quiet:2"),
        (28, {"due:0": 20, "escalated:liaison": 27}, "quiet:1"),  # other words are no question
    ],
)
def test_the_gentle_question(quiet: int, heard: dict[str, int], step: str | None) -> None:
    assert reminders.question(item(quiet_since=DUE), told(heard), on(quiet), 28) == step


def test_the_question_keeps_to_the_setting_to_the_snooze_and_to_what_was_asked_under_another_setting() -> None:
    quiet = item(quiet_since=DUE, due=None)
    assert reminders.question(quiet, {}, on(13), 14) is None
    assert reminders.question(quiet, {}, on(14), 14) == "quiet:1"
    assert reminders.question(quiet, told({"quiet:1": 14}), on(80), 56) is None
    assert reminders.question(quiet._replace(silent_until=on(15)), {}, on(14), 14) is None
    assert reminders.question(quiet._replace(silent_until=on(14)), {}, on(14), 14) == "quiet:1"


@pytest.mark.parametrize(
    ("left", "heard", "step"),
    [
        (55, [], None),
        (29, [], None),
        (28, [], "clock:28"),
        (27, ["clock:28"], None),
        (15, [], "clock:28"),
        (14, ["clock:28"], "clock:14"),
        (8, [], "clock:14"),
        (7, [], "clock:7"),
        (4, [], "clock:7"),
        (3, [], "clock:3"),
        (2, ["clock:3"], None),
        (1, ["clock:3"], "clock:1"),
        (0, ["clock:3"], "clock:1"),
        (0, ["clock:1"], None),
        (-1, ["clock:1"], "clock:late:2026-11-24"),
        (-1, ["clock:late:2026-11-24"], None),
        (-2, ["clock:late:2026-11-24"], "clock:late:2026-11-25"),
        (-68, [], "clock:late:2027-01-30"),
    ],
)
def test_the_clock_of_section_55(left: int, heard: list[str], step: str | None) -> None:
    assert reminders.of_clock(DUE, heard, on(-left)) == step


def test_what_falls_on_days_off_is_told_before_them() -> None:
    """Published on 2 November 2022, the last day is Tuesday 27 December 2022, and nobody works from Christmas Eve."""
    last, friday, tuesday = date(2022, 12, 27), date(2022, 12, 23), date(2022, 12, 27)
    assert reminders.of_clock(last, ("clock:7",), friday) is None
    assert reminders.of_clock(last, ("clock:7",), friday, tuesday) == "clock:1"
    item = Dated(IN_PROGRESS, date(2026, 11, 28), None, date(2026, 11, 2))  # due on a Saturday
    told = {"due:7": date(2026, 11, 23)}
    assert reminders.of_owner(item, told, date(2026, 11, 27)) is None
    assert reminders.of_owner(item, told, date(2026, 11, 27), date(2026, 11, 29)) == "due:0"


@pytest.mark.parametrize(
    ("until", "times", "why"),
    [
        (-1, 0, "past"),
        (0, 0, "past"),
        (1, 0, ""),
        (14, 0, ""),
        (15, 0, "far"),
        (14, 1, ""),
        (14, 2, "often"),
        (1, 3, "often"),
        (0, 2, "past"),
        (15, 2, "far"),
    ],
)
def test_a_snooze_is_capped(until: int, times: int, why: str) -> None:
    assert reminders.may_snooze(DUE, on(until), times) == why


# --- whoever looked, and whenever -----------------------------------------------------------------------------------

SOME_DAYS = st.sets(st.integers(-60, 120), max_size=60)
FEW_DAYS = st.sets(st.integers(-60, 120), max_size=6)
SNOOZED = st.dictionaries(st.integers(-60, 60), st.integers(-50, 74), max_size=2)


def last_reached(today: int) -> int | None:
    """How many days before the due date the last step before today was; counted up from the due date."""
    return next((n for n in (0, 7, 14, 30) if today >= -n), None)


@given(SOME_DAYS, FEW_DAYS, SNOOZED)
def test_nothing_is_told_twice_and_never_a_lesser_step_after_a_greater(
    looks: set[int], updates: set[int], silent: dict[int, int]
) -> None:
    steps = [step for _, step in owner_hears(looks, updates, silent)]
    order = ["due:30", "due:14", "due:7", "due:0", *(f"late:{n}" for n in range(1, 30))]
    places = [order.index(step) for step in steps]
    assert places == sorted(set(places))


@given(SOME_DAYS, FEW_DAYS)
def test_looking_again_on_the_same_day_tells_nothing(looks: set[int], updates: set[int]) -> None:
    twice = [n for n in sorted(looks) for _ in range(2)]
    assert owner_hears(twice, updates) == owner_hears(looks, updates)


@given(st.integers(-60, 29), st.integers(0, 120))
def test_after_any_number_of_days_of_nobody_looking_the_most_urgent_step_is_told(seen: int, absent: int) -> None:
    """Looked at each day until somebody went; on the day of the return comes the one step that stands now."""
    before, back = range(-60, seen + 1), seen + absent + 7
    step = last_reached(back)
    story = owner_hears([*before, back])
    if seen >= 0:
        assert story[-1] == (back, f"late:{back // 7}")
    elif step is None or step == last_reached(seen):
        assert all(number <= seen for number, _ in story)
    else:
        assert [told for told in story if told[0] > seen] == [(back, f"due:{step}")]


@given(SOME_DAYS, st.integers(-60, 120))
def test_an_update_settles_the_step_and_a_week_of_being_late(looks: set[int], updated: int) -> None:
    """After an update the next word is of a step that is reached later, or a week later."""
    for number, step in owner_hears(looks, {updated}):
        kind, count = step.split(":")
        if number >= updated:
            assert -int(count) > updated if kind == "due" else number >= updated + 7


@given(SOME_DAYS, FEW_DAYS, SNOOZED)
def test_never_two_weekly_reminders_within_seven_days(
    looks: set[int], updates: set[int], silent: dict[int, int]
) -> None:
    overdue = [number for number, step in owner_hears(looks, updates, silent) if step.startswith(("due:0", "late"))]
    assert all(later - earlier >= 7 for earlier, later in pairwise(overdue))


@given(FEW_DAYS, SNOOZED)
def test_looked_at_each_day_no_one_waits_over_a_week_for_a_word_on_what_is_late(
    updates: set[int], silent: dict[int, int]
) -> None:
    """Between two words on an overdue item, the bot's, the owner's or the end of a snooze, are seven days at most."""
    heard = [number for number, _ in owner_hears(range(-60, 121), updates, silent)]
    hushed = {n for n in range(121) if any(start <= n < until for start, until in silent.items())}
    words = {0, *(n for n in [*heard, *updates] if n >= 0)}
    for number in set(range(121)) - hushed:
        assert any(word in words for word in range(number - 7, number + 1))


@given(SOME_DAYS, FEW_DAYS, SNOOZED)
def test_silence_is_kept(looks: set[int], updates: set[int], silent: dict[int, int]) -> None:
    for number, _ in owner_hears(looks, updates, silent):
        assert all(until <= number for start, until in silent.items() if start <= number)


@given(st.integers(1, 90), st.one_of(st.none(), st.integers(0, 90)))
def test_a_new_due_date_begins_anew(ahead: int, ago: int | None) -> None:
    """Moved `ahead` of the day of the move, last updated `ago` before that: each step of the new date comes again."""
    updated = None if ago is None else -ahead - ago
    start = next((n for n in (7, 14, 30) if ahead <= n), None)
    settled = updated is not None and start is not None and updated >= -start
    first = [] if start is None or settled else [(-ahead, f"due:{start}")]
    coming = [(-n, f"due:{n}") for n in (30, 14, 7, 0) if n < ahead]
    # what is reached already comes on the day of the move, unless an update settled it
    expected = [*first, *coming, (7, "late:1"), (14, "late:2")]
    assert owner_hears(range(-ahead, 15), () if updated is None else {updated}) == expected


@given(st.sets(st.integers(0, 60)), st.booleans())
def test_rungs_come_lowest_first_and_once(looks: set[int], has_lead: bool) -> None:
    came: list[tuple[int, str]] = []
    for number in sorted(looks):
        heard = {reminders.step_of(rung) for _, rung in came}
        came += [(number, rung) for rung in reminders.rungs(item(has_lead=has_lead), heard, on(number))]
    ladder = [("liaison", 7), ("lead", 14), ("dcc", 21)] if has_lead else [("liaison", 7), ("dcc", 21)]
    firsts = [(min((n for n in looks if n >= start), default=None), rung) for rung, start in ladder]
    assert came == [(number, rung) for number, rung in firsts if number is not None]


def by_and_by(looks: Iterable[int], ask: Callable[[dict[str, date], date], str | None]) -> Story:
    heard: dict[str, date] = {}
    story: Story = []
    for number in sorted(looks):
        if step := ask(heard, on(number)):
            assert step not in heard
            heard[step] = on(number)
            story.append((number, step))
    return story


@given(st.sets(st.integers(0, 200), max_size=60), st.integers(1, 60))
def test_the_question_comes_once_in_each_stretch_of_silence(looks: set[int], stale: int) -> None:
    quiet = item(quiet_since=DUE)
    asked = [0, *(n for n, _ in by_and_by(looks, lambda heard, day: reminders.question(quiet, heard, day, stale)))]
    assert all(later - earlier >= stale for earlier, later in pairwise(asked))
    waited = [n for n in looks if n - max(a for a in asked if a <= n) >= stale]
    assert not waited, "who looked and found it due was told"


@given(st.sets(st.integers(-60, 60), max_size=40))
def test_a_clock_tells_each_step_once_and_each_late_day(looks: set[int]) -> None:
    story = by_and_by(looks, lambda heard, day: reminders.of_clock(DUE, heard, day))
    assert [n for n, _ in story if n > 0] == sorted(n for n in looks if n > 0)
    # each stretch between two steps is told on the first look in it
    stretches = [range(-28, -14), range(-14, -7), range(-7, -3), range(-3, -1), range(-1, 1)]
    firsts = [min(set(stretch) & looks, default=None) for stretch in stretches]
    assert [n for n, _ in story if n <= 0] == [n for n in firsts if n is not None]
