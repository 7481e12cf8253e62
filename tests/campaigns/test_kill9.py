"""Campaign C1 in every test run: commands under kill -9, and the broken variants that it must catch.

Longer, and with another seed: LIGHTKEEPER_C1_COMMANDS=250000 LIGHTKEEPER_C1_KILLS=2500 LIGHTKEEPER_SEED=7
pytest -s tests/campaigns/test_kill9.py
"""

import os
from pathlib import Path

import pytest

from storage.store import Store, open_store
from tests.campaigns.kill9 import FAULTS, Campaign
from tests.campaigns.worker import BROKEN
from tests.conftest import Clock, empty
from tests.databases import POSTGRESQL, SQLITE, Database

SEED = int(os.environ.get("LIGHTKEEPER_SEED", "20261123"))
# in every test run: commands and kills; a command takes PostgreSQL longer, and the more so a worker's first ones
ROUNDS = {SQLITE: (2400, 36), POSTGRESQL: (800, 16)}
BROKEN_ROUNDS = {SQLITE: (250, 24), POSTGRESQL: (120, 12)}


def rounds(kind: str) -> tuple[int, int]:
    commands, kills = ROUNDS[kind]
    wanted = (os.environ.get("LIGHTKEEPER_C1_COMMANDS", commands), os.environ.get("LIGHTKEEPER_C1_KILLS", kills))
    return int(wanted[0]), int(wanted[1])


def test_nothing_is_lost_twice_or_unauthorised_under_kill_9(
    register: Store, database: Database, tmp_path: Path
) -> None:
    commands, kills = rounds(database.kind)
    result = Campaign(register, tmp_path, seed=SEED, commands=commands, kills=kills).run()
    print(f"\non {database.kind}, {commands} commands: {result}")
    counts = result.counts
    assert result.faults == dict.fromkeys(FAULTS, 0)
    assert counts["kills"] == kills
    assert counts["kills between BEGIN and acknowledgement"] >= kills / 3
    # the campaign really said what it promises to say
    assert counts["acknowledged"] >= commands
    assert counts["repeated"] >= commands * 0.08
    assert counts["refused expected"] + counts["unknown expected"] >= commands * 0.03
    assert counts["stale expected"] >= commands * 0.01
    assert counts["sent again"] >= kills
    assert counts["locks held"] > 0


# what is taken out -> the counts of which one at least must then be above 0
CAUGHT_BY = {
    "the request key is not looked up": {"twice"},
    "the version is not checked": {"stale applied"},
    "the permission is not checked": {"unauthorised"},
    "there is no transaction": {"chain breaks", "other than folded", "lost", "twice"},
    "acknowledged before it is saved": {"lost"},
}


@pytest.mark.parametrize("broken", CAUGHT_BY)
def test_the_campaign_catches_the_product_with_a_part_taken_out(
    database: Database, clock: Clock, tmp_path: Path, broken: str
) -> None:
    """That there is no transaction is seen only where a kill falls between two of its statements: until one does."""
    tries = 9 if broken == "there is no transaction" else 1
    tried = (_faults(database, clock, tmp_path / str(n), SEED + n, broken) for n in range(tries))
    assert any(found & CAUGHT_BY[broken] for found in tried)


def _faults(database: Database, clock: Clock, folder: Path, seed: int, broken: str) -> set[str]:
    """What is wrong at the end of one run on a register of its own."""
    folder.mkdir()
    commands, kills = BROKEN_ROUNDS[database.kind]
    store = open_store(database.copy(empty), clock)
    try:
        result = Campaign(store, folder, seed=seed, commands=commands, kills=kills, broken=broken).run()
    finally:
        store.close()
    print(f"\nwhere {broken}: {result}")
    return {name for name, number in result.faults.items() if number}


def test_every_broken_variant_is_tried() -> None:
    assert set(CAUGHT_BY) == set(BROKEN) - {""}
