"""Lists: what each holds for whom, that its SQL agrees with the rules and the digest, and that it uses an index."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection

from storage import digests, figures, history, questions
from storage.fields import london_day
from storage.questions import NOBODY, Filters, Reader
from storage.rules import deadlines, lifecycle, references
from storage.store import Store, driver
from tests.conftest import LIMITS, Clock, Say, Town, peopled, person
from tests.storage import recount
from tests.storage.registers import SEEDS, Life, row, take

ENDED = tuple(sorted(lifecycle.ENDED))
ALL = (*sorted(lifecycle.STATUSES),)


def reader(store: Store, who: str, today: date | None = None) -> Reader:
    return Reader(person(store, who), today or london_day(store.clock()), LIMITS)


def listed(store: Store, who: str, filters: Filters, today: date | None = None) -> list[questions.Row]:
    """All pages, one after the other."""
    with store.read() as tx:
        rows: list[questions.Row] = []
        while True:
            page = questions.listed(tx, filters, reader(store, who, today), page=len(rows) // 10 + 1)
            rows += page.rows
            if len(rows) >= page.total:
                assert len(rows) == page.total == questions.counted(tx, filters, reader(store, who, today))
                return rows


def names(rows: list[questions.Row]) -> list[str]:
    return [r.reference for r in rows]


# --- a list and the digest agree --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_every_section_of_the_digest_is_a_list_of_the_dcc(register: Store, clock: Clock, seed: int) -> None:
    life = Life(register, clock, seed, items=45)
    life.pass_days(9)
    today = london_day(clock())
    with register.read() as tx:
        window = digests.window(tx, None, clock(), history.last_event_at(tx, clock()))
        told = figures.count(tx, window, LIMITS)
        every = recount.items(tx, window, LIMITS)
    sections: dict[str, tuple[Filters, list[str]]] = {
        "open": (Filters(), [i.reference for i in every if lifecycle.is_open(i.facts.status)]),
        "overdue": (Filters(overdue=True), told.overdue.references),
        "due soon": (
            Filters(due_by=today + timedelta(days=LIMITS.due_soon)),
            told.due_soon.references,
        ),
        "stale": (Filters(stale_days=LIMITS.stale), told.stale.references),
        "everything": (Filters(statuses=ALL), [i.reference for i in every]),
    }
    for status in ALL:
        of_status = [i.reference for i in every if i.facts.status == status]
        sections[status] = (Filters(statuses=(status,)), of_status)
    for colour in deadlines.COLOURS:
        sections[colour] = (Filters(colours=(colour,)), [i.reference for i in every if i.colour == colour])
    for name, (filters, wanted) in sections.items():
        assert sorted(names(listed(register, "ruth", filters))) == sorted(wanted), name
    assert told.overdue
    assert told.stale
    assert told.due_soon


@pytest.mark.parametrize("seed", SEEDS)
def test_the_colour_in_sql_is_the_colour_of_the_rules(register: Store, clock: Clock, seed: int) -> None:
    Life(register, clock, seed, items=45).pass_days(5)
    for days in (-40, 0, 20, 90):  # today may be any day
        today = london_day(clock()) + timedelta(days=days)
        by_rule = {
            r.reference: deadlines.colour(r.facts, today, LIMITS)
            for r in listed(register, "ruth", Filters(statuses=ALL), today)
        }
        for colour in deadlines.COLOURS:
            of_colour = names(listed(register, "ruth", Filters(colours=(colour,)), today))
            assert sorted(of_colour) == sorted(r for r, c in by_rule.items() if c == colour), (colour, today)
    assert len(by_rule) >= 45


def test_the_practice_register_by_colour(trentshire: Town) -> None:
    wanted = {"red": 11, "amber": 16, "white": 3, "green": 31, "blue": 15}
    found = {c: len(listed(trentshire.store, "ruth", Filters(colours=(c,)))) for c in deadlines.COLOURS}
    assert found == wanted


# --- what a list holds ------------------------------------------------------------------------------------------------


@pytest.fixture
def store(register: Store) -> Store:
    return peopled(register)


def test_open_items_unless_ended_ones_are_asked_for(store: Store) -> None:
    take(store, *(row(f"A-{n}", status=status) for n, status in enumerate(ALL)))
    opened = {f"A-{n}" for n, status in enumerate(ALL) if status in lifecycle.OPEN}
    assert set(names(listed(store, "ana", Filters()))) == opened
    assert len(listed(store, "ana", Filters(colours=("blue",)))) == 3
    assert len(listed(store, "ana", Filters(statuses=("complete", "in_progress")))) == 2
    assert listed(store, "ana", Filters(statuses=("complete",), overdue=True)) == []


def test_soonest_due_then_reference_in_natural_order(store: Store) -> None:
    day = {"target_date": "2026-12-01"}
    take(store, row("A-10", **day), row("A-9", **day), row("B-1", inspectorate_deadline="2026-11-30"), row("A-1"))
    assert names(listed(store, "ana", Filters())) == ["B-1", "A-9", "A-10", "A-1"]
    assert names(listed(store, "ana", Filters(order="reference"))) == ["A-1", "A-9", "A-10", "B-1"]


def test_one_key_twice_widens_and_another_narrows(store: Store) -> None:
    recommendation, action = {"kind": "recommendation"}, {"kind": "action"}
    other = {"report_code": "B26", "report_title": "Other"}
    take(
        store,
        row("A-1", **recommendation),
        row("A-2", **action),
        row("B-1", **action, **other),
        row("B-2", kind="cause_of_concern", **other),
    )
    assert names(listed(store, "ana", Filters(kinds=("action", "recommendation")))) == ["A-1", "A-2", "B-1"]
    assert names(listed(store, "ana", Filters(kinds=("action",), reports=("B26",)))) == ["B-1"]


def test_owners_and_nobody(store: Store) -> None:
    take(store, row("A-1"), row("A-2", action_owner="ana.brook@trentshire.example"), row("A-3", action_owner=""))
    owen, ana = person(store, "owen").id or 0, person(store, "ana").id or 0
    assert names(listed(store, "ruth", Filters(owners=(owen,)))) == ["A-1"]
    assert names(listed(store, "ruth", Filters(owners=(NOBODY,)))) == ["A-3"]
    assert names(listed(store, "ruth", Filters(owners=(ana, NOBODY)))) == ["A-2", "A-3"]


def test_due_before_and_due_by(store: Store) -> None:
    days = ["2026-10-01", "2026-10-02", "2026-10-16", "2026-10-17", ""]
    take(store, *(row(f"A-{n}", target_date=day) for n, day in enumerate(days)))
    assert names(listed(store, "ana", Filters(due_before=date(2026, 10, 16)))) == ["A-0", "A-1"]
    assert names(listed(store, "ana", Filters(due_by=date(2026, 10, 16)))) == ["A-1", "A-2"]
    assert names(listed(store, "ana", Filters(due_before=date.max))) == ["A-0", "A-1", "A-2", "A-3"]


def test_nought_days_of_silence_is_a_filter_too(store: Store) -> None:
    take(store, row("A-1", last_update_on="2026-10-02"), row("A-2", status="awaiting_allocation", action_owner=""))
    assert names(listed(store, "ana", Filters(stale_days=0))) == ["A-1"]
    assert listed(store, "ana", Filters(stale_days=99999)) == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("ladder",), ["A-1", "A-2"]),
        (("LADDER", "café"), ["A-2"]),
        (("cafe",), ["A-2"]),
        (("100%",), ["A-1"]),
        (("%",), ["A-1"]),
        (("_",), []),
        (("\\",), ["A-3"]),
        (("a-2",), ["A-2"]),
        (("'",), ["A-3"]),
    ],
)
def test_every_word_must_occur_and_punctuation_is_ordinary(
    store: Store, words: tuple[str, ...], found: list[str]
) -> None:
    take(
        store,
        row("A-1", title="A ladder", text="Use it 100% of the time."),
        row("A-2", title="Another Ladder", text="At the Café."),
        row("A-3", title="It's a path", text="C:\\lamps"),
    )
    assert names(listed(store, "ana", Filters(words=words))) == found


def test_a_page_too_far_gives_the_last_one(store: Store) -> None:
    take(store, *(row(f"A-{n}") for n in range(1, 24)))
    with store.read() as tx:
        pages = [questions.listed(tx, Filters(), reader(store, "ana"), page=n) for n in (0, 1, 3, 4, 999999)]
        none = questions.listed(tx, Filters(words=("nothing",)), reader(store, "ana"), page=7)
    assert [(p.first, len(p.rows), p.total) for p in pages] == [
        (1, 10, 23),
        (1, 10, 23),
        (21, 3, 23),
        (21, 3, 23),
        (21, 3, 23),
    ]
    assert (none.first, none.rows, none.total) == (1, [], 0)


# --- for whom ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_a_list_holds_what_its_reader_may_read_and_nothing_else(register: Store, clock: Clock, seed: int) -> None:
    """The condition in SQL against the rule, for every item and everybody; counts give nothing away either."""
    Life(register, clock, seed, items=40).pass_days(2)
    everything = listed(register, "ruth", Filters(statuses=ALL))
    for who in ("owen", "ana", "dana", "jo", "marcus", "lia", "tess", "paul"):
        with register.read() as tx:
            readable = {r.reference for r in everything if questions.found(tx, r.reference, reader(register, who))}
            hidden = questions.hidden(tx, reader(register, who))
        assert set(names(listed(register, who, Filters(statuses=ALL)))) == readable
        assert {r.reference for r in everything if r.id not in hidden} == readable
    assert any(r.marking != "OFFICIAL" for r in everything)


def test_what_is_sensitive_is_listed_for_its_owner_only(say: Say) -> None:
    assert "CUST26-A7" in say("mine", as_="owen")
    assert "CUST26-A7" not in say("list owner:owen.hale@trentshire.example", as_="ana")
    assert "6 of" not in say("list rag:amber report:CUST26", as_="tess")


def test_overdue_as_owen_and_the_dcc_see_it(say: Say) -> None:
    assert say("overdue", as_="ruth").splitlines()[1].startswith("1 to 10 of 11")
    assert say("overdue page:2", as_="ruth").splitlines()[1].startswith("11 to 11 of 11")
    assert "CUST26-C1" in say("overdue page:2", as_="ruth")


# --- an index for every hot list --------------------------------------------------------------------------------------


def plans(store: Store, ask: Callable[[Connection], object]) -> list[list[str]]:
    """How SQLite carries out the product's own statements, with the values that they were really given."""
    ran: list[str] = []
    with store.read() as tx:
        driver(tx).set_trace_callback(ran.append)
        ask(tx)
        driver(tx).set_trace_callback(None)
        told = [tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}") for sql in ran if sql.startswith("SELECT")]
        return [[row[-1] for row in steps] for steps in told]


def plans_of_list(store: Store, filters: Filters, who: str) -> list[list[str]]:
    """Of the count and of the page."""
    steps = plans(store, lambda tx: questions.listed(tx, filters, reader(store, who)))
    return steps[-2:]


HOT = {
    "what I owe": (Filters(owners=(1,)), "ix_item_owner"),
    "what I owe and is overdue": (Filters(owners=(1,), overdue=True), "ix_item_owner"),
    "everything open": (Filters(), "ix_item_"),
    "overdue": (Filters(overdue=True), "ix_item_list"),
    "due soon": (Filters(due_by=date(2026, 12, 1)), "ix_item_list"),
    "due before": (Filters(due_before=date(2026, 12, 1)), "ix_item_list"),
    "a status": (Filters(statuses=("pending_sign_off",)), "ix_item_status"),
    "a report": (Filters(reports=("LAMP26",)), "ix_item_"),
    "stale": (Filters(stale_days=28), "ix_item_"),
    "in order of reference": (Filters(order="reference"), "ix_item_"),
}


@pytest.mark.parametrize("what", HOT)
@pytest.mark.parametrize("who", ["ana", "ruth"])
def test_the_hot_lists_use_an_index_and_read_no_whole_table(store: Store, what: str, who: str) -> None:
    filters, index = HOT[what]
    take(store, row("A-1"))
    for steps in plans_of_list(store, filters, who):
        of_items = [s for s in steps if s.startswith(("SCAN item ", "SEARCH item "))]
        assert of_items, steps
        assert all(index in s for s in of_items), steps
        assert not [s for s in steps if s.startswith("SCAN") and "INDEX" not in s], steps


@pytest.mark.parametrize("what", ["what I owe", "everything open", "overdue", "a status"])
@pytest.mark.parametrize("who", ["ana", "ruth"])
def test_the_hot_lists_are_read_in_order_and_not_sorted_anew(store: Store, what: str, who: str) -> None:
    assert [s for s in plans_of_list(store, HOT[what][0], who)[1] if "ORDER BY" in s] == []


def test_one_item_is_looked_up_by_its_key(store: Store) -> None:
    take(store, row("A-1"))
    who = reader(store, "ana")
    steps = plans(store, lambda tx: questions.found(tx, "A-1", who))
    assert steps[0] == ["SEARCH item USING INDEX sqlite_autoindex_item_1 (reference_key=?)"]
    assert not [s for each in steps for s in each if s.startswith("SCAN")], steps


def test_a_card_reads_no_whole_table(store: Store) -> None:
    take(store, row("A-1"), row("A-1.1", parent_reference="A-1"))
    who = reader(store, "ana")
    steps = [s for each in plans(store, lambda tx: questions.whole(tx, "A-1", who)) for s in each]
    assert len(steps) > 8
    assert not [s for s in steps if s.startswith("SCAN")], steps


def test_a_reference_is_found_as_people_type_it(trentshire: Town) -> None:
    with trentshire.store.read() as tx:
        for typed in ("cust26-c1", "CUST26–C1.", "“cust26‑c1”"):
            found = questions.found(tx, typed, reader(trentshire.store, "ana"))
            assert found is not None
            assert found[0]["reference"] == "CUST26-C1"
        assert questions.found(tx, "CUST26-C9", reader(trentshire.store, "ana")) is None
    assert references.key("CUST26–C1.") == "CUST26-C1"
