"""Who may do what: every cell of the table that somebody made who had not seen the code, and who may read."""

import csv
from collections import Counter
from typing import NamedTuple

import pytest

from storage.rules import lifecycle, permissions, section55
from storage.rules.marking import OFFICIAL, SENSITIVE
from storage.rules.permissions import Standing
from tests.conftest import PRACTICE

TABLE = PRACTICE.parent / "tests" / "data" / "permissions.csv"
OFFICER = frozenset({"officer"})
STANDINGS = {
    "owner": Standing(OFFICER, owner=True),
    "delegate": Standing(OFFICER, delegate=True),
    "lead": Standing(frozenset({"lead"}), lead=True),
    "liaison": Standing(frozenset({"liaison"})),
    "dcc": Standing(frozenset({"dcc"})),
    "owner+dcc": Standing(frozenset({"dcc"}), owner=True),
    "asker+dcc": Standing(frozenset({"dcc"}), asker=True),
    "asker+liaison": Standing(frozenset({"liaison"}), asker=True),
    "officer": Standing(OFFICER),
    "policing_body": Standing(frozenset({"policing_body"})),
    "audit_committee": Standing(frozenset({"audit_committee"})),
    "guest": Standing(frozenset()),
}


class Cell(NamedTuple):
    act: str
    status: str
    standing: str
    marking: str
    request: str
    dated: str
    allowed: str


def cells() -> list[Cell]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [Cell(**row) for row in csv.DictReader(file)]


def test_every_cell_of_the_table() -> None:
    read = cells()
    wrong = [c for c in read if (why(c) is None) != (c.allowed == "yes")]
    print(f"{len(read):,} cells compared")
    assert wrong == []
    assert len(read) == 3564


def why(cell: Cell) -> str | None:
    dated = {"yes": True, "no": False}.get(cell.dated)
    standing = STANDINGS[cell.standing]
    return permissions.refusal(cell.act, cell.status, cell.marking, standing, request=cell.request, dated=dated)


def test_the_table_has_every_act_status_and_marking() -> None:
    read = cells()
    assert {c.act for c in read} == set(permissions.MAY_DO) == set(lifecycle.MAY_BECOME)
    assert {c.status for c in read} == lifecycle.STATUSES
    assert {c.standing for c in read} == set(STANDINGS)
    assert Counter(c.marking for c in read) == {OFFICIAL: len(read) / 2, SENSITIVE: len(read) / 2}


def test_whoever_may_not_read_is_told_nothing_else() -> None:
    """For them the item does not exist, whatever they try and however it stands."""
    strangers = ("officer", "policing_body", "audit_committee", "guest")
    sensitive = [c for c in cells() if c.marking == SENSITIVE and c.standing in strangers]
    assert {why(c) for c in sensitive} == {"unknown"}
    assert {why(c) for c in cells() if c.standing == "guest"} == {"unknown"}


@pytest.mark.parametrize(
    ("standing", "official", "sensitive"),
    [
        ("owner", True, True),
        ("delegate", True, True),
        ("lead", True, True),
        ("liaison", True, True),
        ("dcc", True, True),
        ("officer", True, False),
        ("policing_body", True, False),
        ("audit_committee", True, False),
        ("guest", False, False),
    ],
)
def test_who_may_read(standing: str, official: bool, sensitive: bool) -> None:
    assert permissions.may_read(OFFICIAL, STANDINGS[standing]) is official
    assert permissions.may_read(SENSITIVE, STANDINGS[standing]) is sensitive


def test_a_grant_opens_a_sensitive_item_to_read_and_not_to_change() -> None:
    granted = Standing(frozenset({"policing_body"}), granted=True)
    assert permissions.may_read(SENSITIVE, granted)
    assert permissions.refusal("update", "in_progress", SENSITIVE, granted) == "not_yours"


def test_a_lead_of_other_items_is_no_lead_of_this_one() -> None:
    elsewhere = Standing(frozenset({"lead"}))
    assert permissions.refusal("update", "in_progress", OFFICIAL, elsewhere) == "not_yours"
    assert not permissions.may_read(SENSITIVE, elsewhere)


def test_a_grant_without_a_role_opens_nothing() -> None:
    left = Standing(frozenset(), owner=True, granted=True)
    assert permissions.refusal("update", "in_progress", OFFICIAL, left) == "unknown"


@pytest.mark.parametrize(
    ("act", "standing", "reason"),
    [
        ("sign off", Standing(frozenset({"dcc"}), asker=True), "own_request"),
        ("sign off", Standing(frozenset({"dcc"}), owner=True), "own_item"),
        ("sign off", Standing(frozenset({"dcc", "liaison"}), delegate=True), "own_item"),
        ("approve", Standing(frozenset({"dcc"}), delegate=True), "own_item"),
        ("verify", Standing(frozenset({"liaison"}), asker=True), "own_request"),
        ("sign off", Standing(frozenset({"liaison"})), "not_yours"),
        ("update", Standing(frozenset({"dcc"})), "not_yours"),
        ("complete", Standing(OFFICER, owner=True), "not_now"),
    ],
)
def test_why_not(act: str, standing: Standing, reason: str) -> None:
    assert permissions.refusal(act, "pending_sign_off", OFFICIAL, standing) == reason


# --- what is recorded of a report -------------------------------------------------------------------------------------

RECORDED = {
    "add report": "liaison",
    "add": "liaison",
    "edit": "liaison",
    "comments_requested_on": "policing_body",
    "comments_received_on": "policing_body liaison",
    "comments_published_on": "policing_body",
    "copied_to_inspectorate_on": "policing_body",
    "copied_to_home_secretary_on": "policing_body",
}


@pytest.mark.parametrize("role", [*permissions.ROLES, ""])
@pytest.mark.parametrize("what", RECORDED)
def test_who_may_record_what_of_a_report(what: str, role: str) -> None:
    assert permissions.may_record(what, frozenset({role} - {""})) == (role in RECORDED[what].split())


def test_every_step_of_section_55_has_its_row() -> None:
    assert set(permissions.MAY_RECORD) == set(RECORDED)
    assert set(section55.STEPS) < set(permissions.MAY_RECORD)
