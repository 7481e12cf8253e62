"""Items that arrive one by one: whose they are, what they inherit, and a reference that nothing ever had before."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from storage import record, verify
from storage.record import New, Saved
from storage.refusals import FieldFaults, NotAllowed
from storage.rules import nesting
from storage.store import Store
from storage.tables import HISTORY, ITEM, OUTGOING, TARGET_CHANGE
from tests.conftest import Clock, actor, peopled, person
from tests.storage.registers import row, take

OWEN = "owen.hale@trentshire.example"


@pytest.fixture
def lamps(register: Store) -> Store:
    """A cause of concern with a recommendation under it, both Owen's, and a sensitive area for improvement."""
    take(
        peopled(register),
        row("LAMP26-C1", kind="cause_of_concern", board="Lamp Board", scope="national"),
        row("LAMP26-R1", parent_reference="LAMP26-C1", board="Lamp Board"),
        row("LAMP26-A7", kind="area_for_improvement", marking="OFFICIAL-SENSITIVE"),
        row("LAMP26-R9", status="complete"),
    )
    return register


def item(store: Store, reference: str) -> dict[str, Any]:
    with store.read() as tx:
        return dict(tx.execute(select(ITEM).where(ITEM.c.reference == reference)).mappings().one())


def add(store: Store, who: str, under: str = "", kind: str = "action", title: str = "Buy bulbs", **more: Any) -> Saved:
    return record.add_item(store, actor(store, who, more.pop("key", "")), New(kind, title, under=under, **more))


def faults(store: Store, who: str, *what: Any, **more: Any) -> dict[str, str]:
    with pytest.raises(FieldFaults) as caught:
        add(store, who, *what, **more)
    return caught.value.faults


def test_an_owner_adds_an_action_below_their_own_item_and_it_is_theirs(lamps: Store, clock: Clock) -> None:
    clock.set("2026-11-23 09:00")
    saved = add(lamps, "owen", "lamp26-r1", text="Twelve of them.", target_date=date(2026, 12, 18))
    found, above = item(lamps, saved.reference), item(lamps, "LAMP26-R1")
    assert (saved.reference, saved.version, saved.at) == ("LAMP26-R1.1", 1, clock())
    assert (found["owner_id"], found["status"]) == (person(lamps, "owen").id, "in_progress")
    assert (found["parent_id"], found["report_id"], found["board"]) == (above["id"], above["report_id"], "Lamp Board")
    assert found["target_date"] == found["original_target_date"] == found["due"] == date(2026, 12, 18)
    with lamps.read() as tx:
        assert tx.execute(select(TARGET_CHANGE.c.number, TARGET_CHANGE.c.by_import)).all() == [(0, False)]
        assert tx.execute(select(OUTGOING.c.id)).all() == []  # whoever acts is told by the answer
    assert verify.verify(lamps)[0] == []


def test_what_the_liaison_adds_waits_to_be_allocated_unless_an_owner_is_named(lamps: Store) -> None:
    assert item(lamps, add(lamps, "lia", "LAMP26-R1").reference)["status"] == "awaiting_allocation"
    named = add(lamps, "lia", "LAMP26-R1", owner=person(lamps, "ana").id)
    assert (item(lamps, named.reference)["status"], named.reference) == ("in_progress", "LAMP26-R1.2")
    with lamps.read() as tx:
        told = tx.execute(select(OUTGOING.c.place)).scalars().all()
    assert told == [str(person(lamps, "ana").id)]


def test_a_child_inherits_marking_and_board_unless_told_otherwise(lamps: Store) -> None:
    quiet = add(lamps, "lia", "LAMP26-A7")
    assert item(lamps, quiet.reference)["marking"] == "OFFICIAL-SENSITIVE"
    loud = add(lamps, "lia", "LAMP26-A7", marking="OFFICIAL", board="Other Board")
    assert (item(lamps, loud.reference)["marking"], item(lamps, loud.reference)["board"]) == ("OFFICIAL", "Other Board")


@pytest.mark.parametrize(
    ("kind", "reference"),
    [
        ("cause_of_concern", "LAMP26-C2"),
        ("accelerated_cause_of_concern", "LAMP26-C2"),
        ("recommendation", "LAMP26-R10"),
        ("area_for_improvement", "LAMP26-A8"),
    ],
)
def test_a_finding_is_called_by_its_report_its_kind_and_the_next_number(
    lamps: Store, kind: str, reference: str
) -> None:
    assert add(lamps, "lia", "", kind, report="lamp26").reference == reference


def test_no_reference_is_used_twice_not_even_that_of_something_superseded(lamps: Store) -> None:
    first = add(lamps, "owen", "LAMP26-R1").reference
    record.supersede(lamps, actor(lamps, "lia"), first, None, "", "Entered twice.")
    assert add(lamps, "owen", "LAMP26-R1").reference == "LAMP26-R1.2"


def test_many_who_add_at_once_get_a_reference_each(lamps: Store) -> None:
    with ThreadPoolExecutor(6) as people:
        given = list(people.map(lambda n: add(lamps, "owen", "LAMP26-R1", title=f"Bulb {n}").reference, range(12)))
    assert sorted(given) == sorted(f"LAMP26-R1.{n}" for n in range(1, 13))
    assert verify.verify(lamps)[0] == []


@pytest.mark.parametrize(
    ("begins", "used", "given"),
    [
        ("CYBER19-A", [], "CYBER19-A1"),
        ("CYBER19-A", ["CYBER19-A1.9", "CYBER19-A2", "cyber19-a10"], "CYBER19-A11"),
        ("CYBER19-A1.", ["CYBER19-A1.2.1", "CYBER19-A1.X"], "CYBER19-A1.3"),
        ("CYBER19-A", ["CYBER19-A007", "CYBER19-A9B", "CYBER19-AB99"], "CYBER19-A8"),
    ],
)
def test_the_next_reference(begins: str, used: list[str], given: str) -> None:
    assert nesting.next_reference(begins, used) == given


def test_the_same_request_again_adds_nothing(lamps: Store) -> None:
    first, again = (add(lamps, "owen", "LAMP26-R1", key="K1") for _ in range(2))
    assert (again.reference, again.repeated) == (first.reference, True)
    assert add(lamps, "owen", "LAMP26-R1", key="K2").reference == "LAMP26-R1.2"


@pytest.mark.parametrize("who", ["ana", "ruth", "marcus", "tess"])
def test_nobody_else_adds_and_the_attempt_is_on_record(lamps: Store, who: str) -> None:
    with pytest.raises(NotAllowed) as caught:
        add(lamps, who, "LAMP26-R1")
    assert caught.value.opening == "Not added." and "its owner or the liaison" in caught.value.sentence
    with pytest.raises(NotAllowed, match="Only the liaison adds findings"):
        add(lamps, who, "", "recommendation", report="LAMP26")
    with lamps.read() as tx:
        assert tx.execute(select(HISTORY.c.act).order_by(HISTORY.c.seq.desc()).limit(2)).scalars().all() == [
            "refused",
            "refused",
        ]


def test_for_who_may_not_read_the_item_above_there_is_none(lamps: Store) -> None:
    with pytest.raises(NotAllowed) as caught:
        add(lamps, "ana", "LAMP26-A7")
    assert caught.value.kind == "unknown"


def test_nothing_is_added_below_what_has_ended(lamps: Store) -> None:
    with pytest.raises(NotAllowed, match="LAMP26-R9 is complete"):
        add(lamps, "lia", "LAMP26-R9")


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"title": " \n "}, "title", "Give it a title"),
        ({"title": "x" * 301}, "title", "300 fit"),
        ({"text": "x" * 30_001}, "text", "30,000 fit"),
        ({"kind": "task"}, "kind", "Give one of: accelerated_cause_of_concern, action"),
        ({"kind": "cause_of_concern"}, "kind", "cannot stand under a recommendation, which LAMP26-R1 is"),
        ({"under": "", "report": "LAMP26"}, "kind", "An action stands under a finding"),
        ({"under": "", "kind": "recommendation"}, "report", "Say of which report"),
        ({"report": "NONE26"}, "report", "There is no report NONE26."),
        ({"marking": "SECRET"}, "marking", "Only OFFICIAL and OFFICIAL-SENSITIVE"),
        ({"target_date": date(2026, 10, 1)}, "target", "1 Oct 2026 has passed"),
        ({"target_date": date(2037, 1, 1)}, "target", "ten years"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_added(
    lamps: Store, given: dict[str, Any], field: str, said: str
) -> None:
    whole = {"under": "LAMP26-R1", **given}
    assert said in faults(lamps, "lia", whole.pop("under"), **whole)[field]
    with lamps.read() as tx:
        assert len(tx.execute(select(ITEM.c.id)).all()) == 4


def test_an_owner_adds_actions_only_and_nothing_stands_under_an_action(lamps: Store) -> None:
    assert "the liaison's to add" in faults(lamps, "owen", "LAMP26-C1", "recommendation")["kind"]
    assert add(lamps, "lia", "LAMP26-C1", "recommendation").reference == "LAMP26-R10"
    under = add(lamps, "owen", "LAMP26-R1").reference
    assert "an action is the last step" in faults(lamps, "owen", under)["kind"]


# --- corrections ------------------------------------------------------------------------------------------------------


def edit(
    store: Store, field: str, value: Any, reference: str = "LAMP26-R1", who: str = "lia", why: str = "typo"
) -> Any:
    return record.edit(store, actor(store, who), reference, None, field, value, why)


@pytest.mark.parametrize(
    ("field", "value", "column", "kept"),
    [
        ("title", " Mend  the lamps ", "title", "Mend the lamps"),
        ("text", "One.\r\nTwo.", "text", "One.\nTwo."),
        ("marking", "OFFICIAL-SENSITIVE", "marking", "OFFICIAL-SENSITIVE"),
        ("kind", "area_for_improvement", "kind", "area_for_improvement"),
        ("number", "3.1", "number", "3.1"),
        ("objective", "Trust ;; Safe streets; Trust", "objective", "Trust; Safe streets"),
        ("scope", "national", "scope", "national"),
        ("inspectorate_deadline", date(2027, 4, 3), "due", date(2027, 4, 3)),
        ("parent", None, "parent_id", None),
        ("external_dependency", "yes", "external_dependency", "yes"),
        ("board", "", "board", ""),
    ],
)
def test_each_field_is_corrected_and_the_ledger_keeps_both(
    lamps: Store, field: str, value: Any, column: str, kept: Any
) -> None:
    saved = edit(lamps, field, value)
    found = item(lamps, "LAMP26-R1")
    assert (found[column], found["version"], saved.version) == (kept, 2, 2)
    assert verify.verify(lamps)[0] == []


def test_a_lead_is_corrected_and_hears_of_it(lamps: Store) -> None:
    edit(lamps, "lead", person(lamps, "marcus").id)
    assert item(lamps, "LAMP26-R1")["lead_id"] == person(lamps, "marcus").id
    with lamps.read() as tx:
        told = set(tx.execute(select(OUTGOING.c.place)).scalars())
    assert told == {str(person(lamps, who).id) for who in ("marcus", "owen")}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("status", "complete", "not corrected here"),
        ("target_date", date(2027, 1, 1), "not corrected here"),
        ("owner_id", 1, "not corrected here"),
        ("title", "", "Give it a title"),
        ("title", "Mend the lamp", "stands there already"),
        ("kind", "cause_of_concern", "cannot stand under"),
        ("kind", "action", "An action cannot stand under an action"),
        ("marking", "TOP SECRET", "Only OFFICIAL and OFFICIAL-SENSITIVE"),
        ("scope", "county", "Give one of: force, national."),
        ("parent", "NONE-1", "There is no item NONE-1"),
        ("parent", "LAMP26-R1", "round in a circle"),
        ("parent", "LAMP26-A7", "cannot stand under an area for improvement"),
    ],
)
def test_a_wrong_correction_changes_nothing(lamps: Store, field: str, value: Any, said: str) -> None:
    add(lamps, "owen", "LAMP26-R1")
    with pytest.raises(FieldFaults, match=said):
        edit(lamps, field, value)
    assert item(lamps, "LAMP26-R1")["version"] == 1


def test_parents_never_go_round_in_a_circle(lamps: Store) -> None:
    """Kinds forbid most circles; these two are causes that an import let stand one under the other."""
    take(
        lamps,
        row("OLD-C1", kind="cause_of_concern"),
        row("OLD-C2", kind="cause_of_concern", parent_reference="OLD-C1"),
    )
    with pytest.raises(FieldFaults, match="round in a circle: OLD-C2"):
        edit(lamps, "parent", "OLD-C2", "OLD-C1")


def test_a_correction_needs_a_reason_and_the_liaison(lamps: Store) -> None:
    with pytest.raises(FieldFaults, match="Say why"):
        edit(lamps, "number", "3", why=" ")
    with pytest.raises(NotAllowed, match="Only the liaison can do that"):
        edit(lamps, "number", "3", who="owen")
