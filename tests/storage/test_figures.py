"""The figures: those of the practice register as counted by hand, and each section on a register made for it."""

import json
from datetime import date
from typing import Any

import pytest

from storage import digests, figures, history, questions, record
from storage.figures import SHOWN, Counted, Figures, Listed, Movement
from storage.questions import Reader
from storage.store import Store
from tests.conftest import LIMITS, PRACTICE, Clock, Town, actor, london, peopled, person
from tests.storage import recount
from tests.storage.registers import row, take

BY_HAND = json.loads((PRACTICE.parent / "tests" / "data" / "register_figures.json").read_text(encoding="utf-8"))
LINK = "https://evidence.example/1"


def counted(store: Store, hidden: frozenset[int] = frozenset()) -> Figures:
    with store.read() as tx:
        now = store.clock()
        window = digests.window(tx, None, now, history.last_event_at(tx, now))
        return figures.count(tx, window, LIMITS, hidden)


def recounted_items(store: Store) -> list[Counted]:
    with store.read() as tx:
        return recount.items(tx, digests.window(tx, None, store.clock(), history.head(tx).seq), LIMITS)


def references(items: Any) -> list[str]:
    return items.references if isinstance(items, Listed) else [item.reference for item in items]


@pytest.fixture
def store(register: Store) -> Store:
    return peopled(register)


# --- the practice register, counted by hand ---------------------------------------------------------------------------


@pytest.fixture
def monday(trentshire: Town) -> Figures:
    assert trentshire.clock() == london(BY_HAND["as_at"].replace("T", " "))
    return counted(trentshire.store)


def test_totals_by_status_and_by_colour(monday: Figures) -> None:
    assert monday.items == BY_HAND["items"] == 76
    assert monday.open == BY_HAND["open"]
    assert monday.by_status == BY_HAND["by_status"]
    assert monday.colours == BY_HAND["rag"]


def test_what_the_figures_are_held_to_knows_each_item_as_it_was_counted_by_hand(trentshire: Town) -> None:
    every = recounted_items(trentshire.store)
    assert {item.reference: item.colour for item in every} == BY_HAND["colours"]
    assert references(every) == list(BY_HAND["colours"])  # natural order: 3.2 before 3.10


def test_overdue_in_the_order_of_the_rules(monday: Figures) -> None:
    assert [late.item.reference for late in monday.overdue[:SHOWN]] == references(monday.overdue) == BY_HAND["overdue"]
    assert {late.item.reference: late.days for late in monday.overdue[:SHOWN]} == BY_HAND["days_late"]


def test_due_soon_stale_and_the_rest(monday: Figures) -> None:
    assert references(monday.due_soon) == BY_HAND["due_soon"]
    assert [item.reference for item, _ in monday.stale[:SHOWN]] == references(monday.stale) == BY_HAND["stale"]
    assert {item.reference: days for item, days in monday.stale[:SHOWN]} == BY_HAND["stale_days"]
    assert sorted(references(monday.off_track)) == BY_HAND["off_track"]
    assert sorted(references(monday.awaiting_allocation)) == BY_HAND["awaiting_allocation"]
    assert sorted(references(monday.pending)) == BY_HAND["pending"]
    assert sorted(references(monday.disputed)) == BY_HAND["disputed"]


def test_who_waits_on_another_body_and_what_has_no_date(trentshire: Town) -> None:
    opened = [item for item in recounted_items(trentshire.store) if item.colour != "blue"]
    assert sorted(i.reference for i in opened if i.facts.waits) == BY_HAND["waiting_on_another_body"]
    no_date = [item.reference for item in opened if item.facts.due is None]
    assert sorted(no_date) == sorted(BY_HAND["no_date"])


def test_section_55_soonest_first(monday: Figures) -> None:
    told = [{"report_code": c.code, "last_day": str(c.last_day), "days_left": c.days_left} for c in monday.section_55]
    assert told == BY_HAND["section_55"]


def test_the_json_for_scripts_says_the_same(monday: Figures) -> None:
    told = figures.as_json(monday, "2026-W48")
    assert [late["reference"] for late in told["overdue"]] == BY_HAND["overdue"]
    assert told["by_status"] == BY_HAND["by_status"]
    assert told["movement"] == {"opening": 61, "new": 0, "reopened": 0, "ended": 0, "closing": 61}
    assert list(told) == [
        *("period", "from", "to", "items", "open", "by_status", "movement", "overdue", "due_soon", "dates_moved"),
        *("awaiting_allocation", "pending", "stale", "section_55", "section_55_not_recorded", "brought_in_ended"),
        *("by_import", "chain_head"),
    ]
    assert json.loads(json.dumps(told)) == told


def test_the_chain_head_is_the_one_of_the_last_event_counted(trentshire: Town) -> None:
    told = counted(trentshire.store)
    assert told.chain_head == history.verify(trentshire.store)[1].shown
    trentshire.clock.later(minutes=1)
    record.add_update(trentshire.store, actor(trentshire.store, "lia"), "CUST26-C1", None, "On it.", {})
    assert history.verify(trentshire.store, told.chain_head)[0] == []
    assert counted(trentshire.store).chain_head != told.chain_head


def test_what_somebody_may_not_read_is_not_counted_for_them(trentshire: Town) -> None:
    with trentshire.store.read() as tx:
        hidden = questions.hidden(tx, Reader(person(trentshire.store, "tess"), date(2026, 11, 23), LIMITS))
    told = counted(trentshire.store, hidden)
    assert told.items == 74
    assert sum(told.colours_before.values()) == sum(told.by_status.values()) == 74
    assert "CUST26-A8" not in references(told.awaiting_allocation)


# --- movement ---------------------------------------------------------------------------------------------------------


def test_what_is_brought_in_ended_is_no_movement_and_listed_apart(store: Store, clock: Clock) -> None:
    take(store, row("A-1"))
    clock.later(days=8)
    take(store, row("B-2", status="complete"), row("B-10", status="no_action"), row("B-1"))
    told = counted(store)
    assert told.movement == Movement(1, 1, 0, 0, 2)
    assert told.brought_in_ended == ["B-2", "B-10"]
    assert told.by_import == ["B-1", "B-2", "B-10"]
    assert told.importers == ["Lia Penrose"]


def test_moves_are_counted_and_not_items(store: Store, clock: Clock) -> None:
    take(store, row("A-1"), row("A-2"))
    clock.later(days=8)
    for status in ("complete", "in_progress", "complete", "superseded", "in_progress", "no_action"):
        take(store, row("A-1", status=status))
        clock.later(hours=1)
    told = counted(store)
    # ended three times, reopened twice; complete to superseded is no movement
    assert told.movement == Movement(2, 0, 2, 3, 1)


def test_a_request_and_its_refusal_are_no_movement(store: Store, clock: Clock) -> None:
    take(store, row("A-1"))
    clock.later(days=8)
    record.ask_sign_off(store, actor(store, "owen"), "A-1", None, "Done.", [LINK])
    take(store, row("A-1", status="in_progress", inspectorate_status="closed"))
    assert counted(store).movement == Movement(1, 0, 0, 0, 1)


# --- dates moved ------------------------------------------------------------------------------------------------------


def test_dates_moved_this_week_and_ever(store: Store, clock: Clock) -> None:
    take(store, row("A-1", target_date="2026-11-01"), row("A-2"), row("A-3", target_date="2026-12-01"))
    take(store, row("A-1", target_date="2026-11-08"))
    clock.later(days=8)
    take(store, row("A-1", target_date="2026-11-20"), row("A-2", target_date="2026-12-24"))
    take(store, row("A-1", target_date="2026-11-15"), row("A-3", target_date=""))
    told = figures.as_json(counted(store), "x")["dates_moved"]
    assert told == [
        {
            "reference": "A-1",
            "from": "2026-11-08",
            "to": "2026-11-15",
            "days": 7,
            "moves_this_week": 2,
            "moves_ever": 3,
        },
        {
            "reference": "A-3",
            "from": "2026-12-01",
            "to": None,
            "days": None,
            "moves_this_week": 1,
            "moves_ever": 1,
        },
    ]
    assert all(moved.by_import for moved in counted(store).dates_moved)


# --- reasons ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "off_track", "reason"),
    [
        ("", "", "No reason given"),
        ("The lamp is old. It fell.", "", "The lamp is old."),
        ("Version 2.5 is awaited! Soon.", "", "Version 2.5 is awaited!"),
        ("No stop here\nA second line.", "", "No stop here"),
        ("The lamp is old.", "No money.", "No money."),
    ],
)
def test_why_it_is_late(store: Store, words: str, off_track: str, reason: str) -> None:
    take(store, row("A-1", target_date="2026-09-30"))
    if words:
        record.add_update(store, actor(store, "owen"), "A-1", None, words, {"off_track": off_track})
    assert [late.reason for late in counted(store).overdue[:SHOWN]] == [reason]


def test_a_reason_given_later_is_not_that_of_the_past(store: Store, clock: Clock) -> None:
    take(store, row("A-1", target_date="2026-09-30"))
    then = clock()
    clock.later(hours=1)
    record.add_update(store, actor(store, "owen"), "A-1", None, "A lorry hit it.", {})
    with store.read() as tx:
        past = figures.count(tx, digests.window(tx, None, then, history.last_event_at(tx, then)), LIMITS)
    assert [late.reason for late in past.overdue[:SHOWN]] == ["No reason given"]
    assert [late.reason for late in counted(store).overdue[:SHOWN]] == ["A lorry hit it."]


# --- who waits for the DCC --------------------------------------------------------------------------------------------


def test_pending_the_oldest_request_first_then_what_was_brought_in_so(store: Store, clock: Clock) -> None:
    take(store, row("A-1", status="pending_sign_off"), row("A-2"), row("A-3"))
    record.ask_sign_off(store, actor(store, "owen"), "A-3", None, "Done.", [LINK])
    first = clock()
    clock.later(hours=1)
    record.ask_sign_off(store, actor(store, "lia"), "A-2", None, "Done.", [LINK])
    told = [(w.item.reference, w.asker, w.asked_at, w.has_evidence) for w in counted(store).pending[:SHOWN]]
    assert told == [
        ("A-3", "Supt Owen Hale", first, True),
        ("A-2", "Lia Penrose", clock(), True),
        ("A-1", "", None, False),
    ]


def test_a_request_that_an_import_ended_is_not_told_of_what_is_brought_in_pending_later(
    store: Store, clock: Clock
) -> None:
    take(store, row("A-1"))
    record.ask_sign_off(store, actor(store, "owen"), "A-1", None, "Done.", [LINK])
    asked = clock()
    clock.later(hours=1)
    take(store, row("A-1", status="in_progress"))
    clock.later(hours=1)
    take(store, row("A-1", status="pending_sign_off"))
    assert [(w.item.reference, w.asker, w.has_evidence) for w in counted(store).pending[:SHOWN]] == [("A-1", "", False)]
    with store.read() as tx:
        past = figures.count(tx, digests.window(tx, None, asked, history.last_event_at(tx, asked)), LIMITS)
    assert [(w.asker, w.has_evidence) for w in past.pending[:SHOWN]] == [("Supt Owen Hale", True)]


# --- section 55 -------------------------------------------------------------------------------------------------------


def test_section_55_of_reports_in_the_register(store: Store, clock: Clock) -> None:
    clock.set("2026-11-23 09:00")
    police = {"source": "HMICFRS"}
    afi = {"kind": "area_for_improvement", **police}
    take(
        store,
        row("A-1", report_code="LATE26", published_on="2026-09-17", last_update_on="", **police),
        row("B-1", report_code="NEW26", published_on="2026-11-20", **afi),
        row("C-1", report_code="DONE26", published_on="2026-10-20", comments_published_on="2026-11-20", **police),
        row("D-1", report_code="FIRE26", published_on="2026-10-20", inspected_body="fire", **police),
        row("E-1", report_code="NAT26", published_on="2026-10-20", section_55="not_required", **police),
        row("F-1", report_code="OLD10", published_on="2010-01-01", **police),
        row("G-1", report_code="OLD2", published_on="2009-01-01", **police),
    )
    told = counted(store)
    assert [(c.code, c.last_day, c.days_left) for c in told.section_55] == [("NEW26", date(2027, 1, 14), 52)]
    assert told.not_recorded == ["LATE26", "OLD2", "OLD10"]


def test_a_clock_that_ran_out_in_the_register_goes_below_nought(store: Store, clock: Clock) -> None:
    take(store, row("A-1", report_code="LATE26", published_on="2026-09-17", source="HMICFRS"))
    clock.set("2026-11-23 09:00")
    assert [(c.code, c.days_left) for c in counted(store).section_55] == [("LATE26", -12)]
    take(
        store,
        row(
            "A-1", report_code="LATE26", published_on="2026-09-17", source="HMICFRS", comments_published_on="2026-11-22"
        ),
    )
    assert counted(store).section_55 == []
