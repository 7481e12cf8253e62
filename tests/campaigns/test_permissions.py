"""Campaign C6 in every test run: the whole table said at the front door, and who finds what of sensitive items.

On SQLite every cell, on PostgreSQL a seeded third of them: the rules are the same, their answers come more slowly.
Every cell on both, and with another seed: LIGHTKEEPER_C6_CELLS=9999 LIGHTKEEPER_SEED=7
pytest -s tests/campaigns/test_permissions.py
"""

import inspect
import os
import random
import time
from collections import Counter

import pytest

from handlers.ask import Ask, Desk
from handlers.commands import answer
from handlers.text.draw import said
from storage import questions, record
from storage.rules import permissions
from storage.store import Store
from tests.campaigns.permissions import SAYS, STRANGERS, WHO, Cell, House, cells
from tests.conftest import LIMITS, Clock, actor, peopled
from tests.databases import SQLITE, Database
from tests.storage.registers import ACTS, row, take

SEED = int(os.environ.get("LIGHTKEEPER_SEED", "20261123"))
CELLS = int(os.environ.get("LIGHTKEEPER_C6_CELLS", "1150"))
TODAY = "2026-11-23 09:00"


def wrong(store: Store, clock: Clock, told: list[Cell]) -> list[tuple[Cell, str]]:
    """The cells of which something else comes than the table says."""
    clock.set(TODAY)
    house = House(store, clock, {cell.item for cell in told})
    return [(cell, outcome) for cell, outcome in house.outcomes(told) if outcome != cell.expected]


def test_what_comes_of_every_cell_at_the_front_door(register: Store, clock: Clock, database: Database) -> None:
    told, began = cells(), time.perf_counter()
    if database.kind != SQLITE:
        told = random.Random(SEED).sample(told, min(CELLS, len(told)))
    found = wrong(register, clock, told)
    counts = Counter(cell.expected for cell in told)
    print(f"\nC6: {len(told):,} cells, {dict(counts)}; {len(found)} otherwise; {time.perf_counter() - began:.1f} s")
    assert found == []
    assert min(counts.values()) > 50


# what is taken out of the rules -> cells that must then come out otherwise
BROKEN = {
    "the guard of one's own item": ("NOT_ON_OWN_ITEM", frozenset()),
    "the guard of one's own request": ("NOT_ON_OWN_REQUEST", frozenset()),
    "who may read": ("may_read", lambda item_marking, standing: True),
}


@pytest.mark.parametrize("missing", BROKEN)
def test_the_campaign_catches_the_rules_with_a_part_taken_out(
    register: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    own = {"owner+dcc", "asker+dcc", "asker+liaison", "officer"}
    told = [c for c in cells() if c.act in permissions.NOT_ON_OWN_REQUEST and c.standing in own]
    monkeypatch.setattr(permissions, *BROKEN[missing])
    assert wrong(register, clock, random.Random(SEED).sample(told, len(told))) != []


# --- every act is in the table --------------------------------------------------------------------------------------

# what the record offers beside the acts on an item
OF_REPORTS_AND_REGISTER = {"add_report", "edit_report", "record_step", "hand_over", "pass_on"}
NO_CHANGE = {"admit", "admit_at_once", "admit_finding", "admit_report", "check_sign_off", "load_of", "standing"}


def test_every_act_of_the_record_is_in_the_table() -> None:
    """An act that is in no table, or in no cell, fails here: who may do it must be written down first."""
    acts = {function.__name__ for function, _ in ACTS.values()} | {"add_item", "assign_to_post"}
    offered = {name for name in record.__all__ if inspect.isfunction(getattr(record, name))}
    assert offered == acts | OF_REPORTS_AND_REGISTER | NO_CHANGE
    assert {cell.act for cell in cells()} == set(permissions.MAY_DO) == set(SAYS) == {*ACTS, "add"}


def test_every_act_has_cells_that_are_allowed_and_cells_that_are_not() -> None:
    for act in permissions.MAY_DO:
        assert {cell.allowed for cell in cells() if cell.act == act} == {"yes", "no"}


# --- reading --------------------------------------------------------------------------------------------------------

SECRET = "quince"
READING = (
    "mine",
    "overdue",
    "due 90d",
    "find quince",
    "list quince",
    "list report:SECRET1 status:in_progress",
    "list owner:none",
    "show S-1",
    "S-1",
    "history S-1",
    "report SECRET1",
    "reports",
    "pending",
    "digest",
    "boards",
    "objectives",
    "download S-1",
)
MAY_READ = {"owen", "dana", "marcus", "lia", "ruth"}


def tells_of_it(store: Store, clock: Clock) -> set[tuple[str, str]]:
    """(who, words) for every reading word in whose answer a word of the sensitive item stands."""
    clock.set(TODAY)
    cells_ = {"marking": "OFFICIAL-SENSITIVE", "title": f"Mend the {SECRET} lamp", "text": f"The {SECRET} must go."}
    cells_ |= {"action_owner": "owen.hale@trentshire.example; dana.whitlock@trentshire.example"}
    cells_ |= {"strategic_lead": "marcus.frayne@trentshire.example", "off_track": f"No {SECRET} is left."}
    cells_ |= {"report_code": "SECRET1", "report_title": "Lamps", "target_date": "2026-11-01", "waiting_on": SECRET}
    take(peopled(store), row("S-1", **cells_), row("S-2", report_code="SECRET1", report_title="Lamps"))
    done = (f"The {SECRET} is mended.", [f"https://evidence.example/{SECRET}"])
    record.ask_sign_off(store, actor(store, "owen"), "S-1", None, *done)
    found = set()
    for who in sorted(set(WHO.values()) - {"una", "vic", "wes"}):
        for words in READING:
            ask = Ask(words, actor(store, who).person, clock())
            told = said(answer(Desk(store, LIMITS, "/4action", "Trentshire Police"), ask))
            told = told.replace(words, "")  # what was asked for is no secret
            if SECRET in told.lower().replace(f"word {SECRET}", "").replace(f"“{SECRET}”", "") or "S-1 " in told:
                found.add((who, words))
    return found


def test_a_sensitive_item_is_told_to_those_who_may_read_it_and_in_no_way_to_others(
    register: Store, clock: Clock
) -> None:
    found = tells_of_it(register, clock)
    assert {who for who, _ in found} <= MAY_READ
    for who in MAY_READ:
        assert {"show S-1", "find quince", "history S-1"} <= {words for one, words in found if one == who}


def test_the_reading_campaign_catches_the_rule_taken_out(
    register: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permissions, "may_read", lambda item_marking, standing: True)
    monkeypatch.setattr(questions, "may_read", lambda item_marking, standing: True, raising=False)
    strangers = {WHO[standing] for standing in STRANGERS}
    assert {who for who, _ in tells_of_it(register, clock)} & strangers
