"""Campaign C7 in every test run: edits behind the program's back are all found, and honest registers never blamed.

Longer, and with another seed: LIGHTKEEPER_C7_EDITS=50000 LIGHTKEEPER_C7_CLEAN=2000 LIGHTKEEPER_SEED=7
pytest -s tests/campaigns/test_tampering.py
"""

import os
import time

import pytest
from sqlalchemy import Table

from storage import history, verify
from storage.store import open_store
from storage.tables import (
    EVIDENCE,
    HEAD,
    HISTORY,
    ITEM,
    ITEM_PERSON,
    KEPT_TEXT,
    PERSON,
    POST,
    POST_HOLDER,
    REPORT,
    REQUEST,
    REQUEST_KEY,
    ROLE,
    SNOOZE,
    TARGET_CHANGE,
    UPDATE,
)
from tests.campaigns.tampering import Campaign, owned
from tests.conftest import BROUGHT_IN, Clock, empty
from tests.databases import Database
from tests.storage.registers import Life

SEED = int(os.environ.get("LIGHTKEEPER_SEED", "20261123"))
EDITS = int(os.environ.get("LIGHTKEEPER_C7_EDITS", "1000"))
CLEAN = int(os.environ.get("LIGHTKEEPER_C7_CLEAN", "100"))
LOOKS = 20  # at one register as it lives


def lively(url: str) -> None:
    """A small register to which everything that can happen has happened."""
    empty(url)
    clock = Clock(BROUGHT_IN)
    store = open_store(url, clock)
    life = Life(store, clock, SEED, items=6)
    life.pass_days(5)
    life.do_everything()
    store.close()


def test_every_edit_is_found(database: Database) -> None:
    store = open_store(database.copy(lively), Clock("2027-06-01 09:00"))
    began = time.perf_counter()
    with owned(store) as inside:
        assert verify.verify(inside)[0] == []
        campaign = Campaign(inside, SEED)
        unseen = campaign.run(EDITS)
        assert verify.verify(inside)[0] == []
    counts = ", ".join(f"{name} {number:,}" for name, number in campaign.counts.most_common())
    print(f"\nC7, seed {SEED}: {counts}; not found {len(unseen)}; {time.perf_counter() - began:.1f} s")
    assert unseen == []
    assert {"value", "gone", "twice", "swapped", "moved", "cut"} <= campaign.counts.keys()
    store.close()


def test_no_honest_register_is_blamed(database: Database) -> None:
    looked, began = 0, time.perf_counter()
    while looked < CLEAN:
        clock = Clock(BROUGHT_IN)
        store = open_store(database.copy(empty), clock)
        life = Life(store, clock, SEED + looked, items=6)
        for _ in range(LOOKS):
            assert history.verify(store)[0] == []
            life.pass_days(1)
            looked += 1
        store.close()
    print(f"\nC7, seed {SEED}: {looked} registers looked at, none blamed; {time.perf_counter() - began:.1f} s")


# what is taken out of the product's checks -> in which tables an edit then goes unseen
BLIND: dict[str, tuple[Table, ...]] = {
    "The chain": (HISTORY,),
    "The head of the chain": (HEAD,),
    "What is kept for the events": (KEPT_TEXT,),
    "The history of items": (ITEM,),
    "The history of reports": (REPORT,),
    "What items are listed by": (ITEM,),
    "Who works on items": (ITEM_PERSON,),
    "The progress updates": (UPDATE,),
    "The requests": (REQUEST,),
    "The evidence": (EVIDENCE,),
    "The files": (EVIDENCE,),
    "The target dates": (TARGET_CHANGE,),
    "The snoozes": (SNOOZE,),
    "The roles": (ROLE,),
    "The posts": (POST, POST_HOLDER),
    "Who is away": (PERSON,),
    "The persons": (PERSON,),
    "The kept answers": (REQUEST_KEY,),
}


@pytest.mark.parametrize("missing", BLIND)
def test_without_one_of_its_checks_it_is_blind(database: Database, missing: str) -> None:
    store = open_store(database.copy(lively), Clock("2027-06-01 09:00"))
    checks = {name: check for name, check in verify.CHECKS.items() if name != missing}
    with owned(store) as inside:
        assert Campaign(inside, SEED, BLIND[missing]).run(40, checks) != []
        assert Campaign(inside, SEED, BLIND[missing]).run(40) == []
    store.close()


def test_every_check_is_tried() -> None:
    assert set(BLIND) == set(verify.CHECKS)
