"""Reports one by one: a date that a person confirms, the steps of section 55, and what a letter would lack."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from storage import questions, record, verify
from storage.questions import Reader
from storage.record import New, NewReport
from storage.refusals import FieldFaults, NotAllowed
from storage.rules import section55
from storage.rules.section55 import Finding
from storage.store import Store
from storage.tables import HISTORY, REPORT
from tests.conftest import LIMITS, Clock, actor, peopled, person
from tests.storage.registers import row, take

CYBER = NewReport("CYB27", "Cyber crime in Trentshire", "HMICFRS", date(2026, 11, 3))
STEP = "comments_published_on"


@pytest.fixture
def town(register: Store, clock: Clock) -> Store:
    """A register with one report of the inspectorate, added by Lia on 23 November 2026."""
    clock.set("2026-11-23 09:00")
    record.add_report(peopled(register), actor(register, "lia"), CYBER)
    return register


def report(store: Store, code: str = "CYB27") -> dict[str, Any]:
    with store.read() as tx:
        return dict(tx.execute(select(REPORT).where(REPORT.c.code == code)).mappings().one())


def test_a_report_is_added_with_its_date_and_the_chain_holds(town: Store) -> None:
    found = report(town)
    assert (found["published_on"], found["registered_on"], found["version"]) == (
        date(2026, 11, 3),
        date(2026, 11, 23),
        1,
    )
    assert verify.verify(town)[0] == []


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"code": "cyb27"}, "code", "CYB27 is there already: Cyber crime in Trentshire."),
        ({"code": "CYB 28"}, "code", "1 to 32 letters"),
        ({"title": " "}, "title", "Give its title"),
        ({"title": "x" * 301}, "title", "300 fit"),
        ({"source": ""}, "source", "who published it"),
        ({"published_on": None}, "published_on", "Give the day"),
        ({"published_on": date(2026, 11, 24)}, "published_on", "24 Nov 2026 is in the future"),
        ({"inspected_on": date(2026, 11, 4)}, "published_on", "before the inspection, 4 Nov 2026"),
        ({"inspected_on": date(2026, 11, 24)}, "inspected_on", "in the future"),
        ({"inspected_body": "navy"}, "inspected_body", "police, fire, other"),
        ({"section_55": "maybe"}, "section_55", "required, not_required"),
        ({"chief_officer_comments_due": date(2026, 11, 2)}, "chief_officer_comments_due", "before the report"),
    ],
)
def test_what_is_wrong_with_a_report_is_said_and_nothing_is_added(
    town: Store, given: dict[str, Any], field: str, said: str
) -> None:
    with pytest.raises(FieldFaults) as caught:
        record.add_report(town, actor(town, "lia"), CYBER._replace(**{"code": "CYB28", **given}))
    assert said in caught.value.faults[field]
    with town.read() as tx:
        assert tx.execute(select(REPORT.c.code)).scalars().all() == ["CYB27"]


@pytest.mark.parametrize("who", ["owen", "ruth", "tess", "marcus"])
def test_only_the_liaison_adds_and_corrects_a_report(town: Store, who: str) -> None:
    with pytest.raises(NotAllowed, match="Only the liaison adds a report"):
        record.add_report(town, actor(town, who), CYBER._replace(code="CYB28"))
    with pytest.raises(NotAllowed, match="Only the liaison corrects a report"):
        record.edit_report(town, actor(town, who), "CYB27", None, "title", "Other", "why")
    with town.read() as tx:
        refused = tx.execute(select(HISTORY.c.report_id).where(HISTORY.c.act == "refused")).scalars().all()
    assert refused == [None, report(town)["id"]]


def test_a_report_is_corrected_for_a_reason_at_the_version_seen(town: Store) -> None:
    by = actor(town, "lia")
    record.edit_report(town, by, "cyb27", 1, "published_on", date(2026, 11, 2), "The letter says the 2nd.")
    assert (report(town)["published_on"], report(town)["version"]) == (date(2026, 11, 2), 2)
    with pytest.raises(NotAllowed, match="Lia Penrose corrected CYB27 today at 09:00"):
        record.edit_report(town, by, "CYB27", 1, "title", "Other", "why")
    for field, value, said in (
        ("published_on", None, "keeps a publication date"),
        ("published_on", date(2027, 1, 1), "in the future"),
        ("inspected_on", date(2026, 11, 3), "before the inspection"),
        ("title", "Cyber crime in Trentshire", "stands there already"),
        ("code", "X", "not corrected here"),
    ):
        with pytest.raises(FieldFaults, match=said):
            record.edit_report(town, by, "CYB27", None, field, value, "why")
    assert verify.verify(town)[0] == []


def test_what_an_import_left_empty_hinders_no_other_correction(town: Store) -> None:
    take(town, row("OLD-R1", report_code="OLD", source="", published_on=""))
    record.edit_report(town, actor(town, "lia"), "OLD", None, "title", "Older", "As printed.")
    assert report(town, "OLD")["title"] == "Older"


def test_a_refused_form_that_is_asked_for_again_is_refused_again_and_recorded_once(town: Store) -> None:
    for _ in range(2):
        with pytest.raises(NotAllowed, match="Only the liaison adds a report"):
            record.admit_report(town, actor(town, "owen", "K1"), "add report", "add report")
        with pytest.raises(NotAllowed, match="Only the liaison adds findings"):
            record.admit_finding(town, actor(town, "owen", "K2"))
    with town.read() as tx:
        assert len(tx.execute(select(HISTORY.c.seq).where(HISTORY.c.act == "refused")).all()) == 2


# --- the steps --------------------------------------------------------------------------------------------------------


def step(store: Store, who: str, day: date | None, which: str = STEP, key: str = "") -> record.Saved:
    return record.record_step(store, actor(store, who, key), "CYB27", None, which, day)


def test_a_step_is_recorded_corrected_and_taken_back_and_the_chain_holds(town: Store) -> None:
    for version, day in enumerate((date(2026, 11, 20), date(2026, 11, 19), None), start=2):
        assert step(town, "tess", day).version == version
        assert report(town)[STEP] == day
    with town.read() as tx:
        acts = tx.execute(select(HISTORY.c.act, HISTORY.c.report_id).where(HISTORY.c.act == "comments")).all()
    assert acts == [("comments", report(town)["id"])] * 3
    assert verify.verify(town)[0] == []


def test_the_liaison_records_only_what_the_chief_officer_sent(town: Store) -> None:
    step(town, "lia", date(2026, 11, 20), "comments_received_on")
    with pytest.raises(NotAllowed, match="Only the commissioner's office records that the comments were published"):
        step(town, "lia", date(2026, 11, 20))
    with pytest.raises(NotAllowed, match="Only the liaison or the commissioner's office records"):
        step(town, "owen", date(2026, 11, 20), "comments_received_on")


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 11, 24), "in the future"),
        (date(2026, 11, 2), "before the report was published, 3 Nov 2026"),
        (None, "Nothing is recorded there"),
    ],
)
def test_a_day_on_which_it_cannot_have_been_is_refused(town: Store, day: date | None, said: str) -> None:
    with pytest.raises(FieldFaults, match=said):
        step(town, "tess", day)
    assert report(town)["version"] == 1


def test_a_repeat_of_a_step_changes_nothing(town: Store) -> None:
    first, again = (step(town, "tess", date(2026, 11, 20), key="K") for _ in range(2))
    assert (again.event, again.repeated, report(town)["version"]) == (first.event, True, 2)


# --- what a letter would lack -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("finding", "lacks"),
    [
        (Finding("R1", "recommendation", "in_progress", False), True),
        (Finding("R1", "recommendation", "in_progress", True), False),
        (Finding("R1", "recommendation", "no_action", False), False),
        (Finding("R1", "recommendation", "superseded", False), False),
        (Finding("A1", "area_for_improvement", "in_progress", False), False),
        (Finding("C1", "cause_of_concern", "in_progress", False), False),
    ],
)
def test_a_recommendation_without_an_action_or_a_reason_is_a_gap(finding: Finding, lacks: bool) -> None:
    assert section55.gaps([finding]) == (["R1"] if lacks else [])


def test_a_superseded_action_fills_no_gap_and_a_sensitive_recommendation_is_named_to_who_may_read_it(
    town: Store,
) -> None:
    lia = actor(town, "lia")
    for marking in ("OFFICIAL", "OFFICIAL-SENSITIVE"):
        record.add_item(town, lia, New("recommendation", "Do it", report="CYB27", marking=marking))
    assert gaps(town, "lia") == ["CYB27-R1", "CYB27-R2"]
    assert gaps(town, "tess") == ["CYB27-R1"]
    action = record.add_item(town, lia, New("action", "Done so", under="CYB27-R1")).reference
    assert gaps(town, "lia") == ["CYB27-R2"]
    record.supersede(town, lia, action, None, "", "Entered twice.")
    assert gaps(town, "tess") == ["CYB27-R1"]


def gaps(store: Store, who: str) -> list[str]:
    with store.read() as tx:
        found = questions.report(tx, "CYB27", Reader(person(store, who), date(2026, 11, 23), LIMITS))
    assert found is not None
    return found.gaps
