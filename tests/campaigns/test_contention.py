"""Campaign C4 in every test run: eight workers on twenty items, and the broken variants that it must catch.

More of it, and with another seed: LIGHTKEEPER_C4_EDITS=50000 LIGHTKEEPER_SEED=7
pytest -s tests/campaigns/test_contention.py
"""

import os
from collections.abc import Callable

import pytest
from sqlalchemy import bindparam, select

from storage import postgresql, sqlite
from storage.prepared import Prepared
from storage.record import change
from storage.store import Store
from storage.tables import ITEM
from tests.campaigns.contention import FAULTS, Campaign
from tests.conftest import Clock

SEED = int(os.environ.get("LIGHTKEEPER_SEED", "20261123"))
EDITS = int(os.environ.get("LIGHTKEEPER_C4_EDITS", "2000"))
OUTCOMES = ("done", "moved_on", "busy")


def test_nothing_is_lost_where_many_change_the_same(register: Store, clock: Clock) -> None:
    result = Campaign(register, clock, SEED, EDITS).run()
    print(f"\n{result}")
    counts = result.counts
    assert result.faults == dict.fromkeys(FAULTS, 0)
    assert counts["attempts"] == EDITS == sum(counts[outcome] for outcome in OUTCOMES)
    assert counts["done"] >= EDITS / 4
    assert counts["moved_on"] > 0  # they really met


def _no_version_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change, "refuse_if_moved_on", lambda *told: None)


def _no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody takes the pen, and no item is under lock while somebody decides on it."""
    monkeypatch.setattr(sqlite, "BEGIN_WRITING", "SELECT 1")
    monkeypatch.setattr(postgresql, "TAKE_THE_PEN", "SELECT 1")
    monkeypatch.setattr(change, "_ITEM", Prepared(select(ITEM).where(ITEM.c.reference_key == bindparam("key"))))


@pytest.mark.parametrize(
    ("broken", "caught_by"),
    [
        (_no_version_check, {"over a newer version"}),
        (_no_lock, {"versions", "values", "other than folded", "lost"}),
    ],
)
def test_the_campaign_catches_the_product_with_a_part_taken_out(
    register: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch, broken: Callable[..., None], caught_by: set[str]
) -> None:
    campaign = Campaign(register, clock, SEED, 1200)
    broken(monkeypatch)
    result = campaign.run()
    print(f"\n{result}")
    assert {name for name, number in result.faults.items() if number} & caught_by
