"""Campaign C2 in every test run: digests under kill -9 and faults, and the broken variants that it must catch.

Longer, and with another seed: LIGHTKEEPER_C2_WEEKS=60 LIGHTKEEPER_C2_CHANNELS=25 LIGHTKEEPER_SEED=7
pytest -s tests/campaigns/test_digests_once.py
"""

import os
from pathlib import Path

import pytest

from storage.store import Store, open_store
from tests.campaigns.digests import FAULTS, Blow, Campaign, Plan
from tests.campaigns.ticking import BROKEN
from tests.conftest import Clock, empty
from tests.databases import Database

SEED = int(os.environ.get("LIGHTKEEPER_SEED", "20261123"))
CHANNELS = int(os.environ.get("LIGHTKEEPER_C2_CHANNELS", "9"))
WEEKS = int(os.environ.get("LIGHTKEEPER_C2_WEEKS", "11"))
TWO_BOTS = int(os.environ.get("LIGHTKEEPER_TWO_BOTS", "100"))
TRIES = 4
CLEAN = dict.fromkeys(FAULTS, 0)


def test_every_digest_stands_once_whatever_is_killed_and_fails(register: Store, tmp_path: Path) -> None:
    plan = Plan(CHANNELS, WEEKS, kills=3 * WEEKS, holds=WEEKS, faults=0.2)
    result = Campaign(register, tmp_path, SEED, plan).run()
    print(f"\n{result}")
    counts = result.counts
    assert result.faults == CLEAN
    assert counts["digests in their channels"] == CHANNELS * WEEKS
    # what was to happen did happen
    assert counts["kills"] >= WEEKS
    assert counts["while a post was on its way"] + counts["after a post, before it was written down"] >= WEEKS / 4
    assert counts["held past its lease"] > 0
    assert all(counts[f"faults: {kind}"] for kind in ("ratelimited", "server error", "reply lost", "slow"))


def test_two_bots_post_every_digest_of_every_week_once(register: Store, tmp_path: Path) -> None:
    plan = Plan(channels=20, weeks=TWO_BOTS // 20)
    result = Campaign(register, tmp_path, SEED, plan).run()
    print(f"\nTwo bots: {result}")
    assert result.faults == CLEAN
    assert result.counts["digests in their channels"] == result.counts["posts"] == TWO_BOTS


# what is taken out -> what is to happen meanwhile, and the counts of which one at least must then be above 0
CAUGHT_BY: dict[str, tuple[tuple[Blow, ...], set[str]]] = {
    "each process claims a period for itself": ((), {"unexpected"}),
    "a message on its way is anybody's": ((Blow("post", "pause"),), {"posted again without need"}),
    "who comes late is not held off": ((Blow("post", "hold"), Blow("mark", "hold")), {"twice"}),
    "nobody looks how long it took": ((Blow("noted", "hold"),), {"posted again without need"}),
    "an earlier post is not looked for": ((Blow("posted", "die"),), {"twice"}),
    "a second post is not taken back": ((Blow("post", "hold"),), {"twice"}),
}


@pytest.mark.parametrize("broken", CAUGHT_BY)
def test_the_campaign_catches_the_product_with_a_part_taken_out(
    database: Database, clock: Clock, tmp_path: Path, broken: str
) -> None:
    """With one of a few seeds: on a busy machine the bot that is to be held may find that the other has sent it all."""
    blows, caught_by = CAUGHT_BY[broken]
    plan = Plan(channels=3, weeks=2, kills=2 * len(blows), blows=blows, rounds=15)
    tried = (_faults(database, clock, tmp_path / str(n), SEED + n, plan, broken) for n in range(TRIES))
    assert any(found & caught_by for found in tried)


def _faults(database: Database, clock: Clock, folder: Path, seed: int, plan: Plan, broken: str) -> set[str]:
    """What is wrong at the end of one run on a register of its own."""
    folder.mkdir()
    store = open_store(database.copy(empty), clock)
    try:
        result = Campaign(store, folder, seed, plan, broken).run()
    finally:
        store.close()
    print(f"\nwhere {broken}: {result}")
    return {name for name, number in result.faults.items() if number}


def test_the_whole_product_stands_the_same(register: Store, tmp_path: Path) -> None:
    blows = tuple(blow for blows, _ in CAUGHT_BY.values() for blow in blows)
    plan = Plan(channels=2, weeks=6, kills=12, blows=blows)
    result = Campaign(register, tmp_path, SEED, plan).run()
    print(f"\nwhere nothing is taken out: {result}")
    assert result.faults == CLEAN
    # which of the blows come to pass within these weeks is a matter of the moment; one must
    assert sum(result.counts[blow] for blow in ("kills", "held past its lease", "held for a moment")) > 0


def test_every_broken_variant_is_tried() -> None:
    assert set(CAUGHT_BY) == set(BROKEN) - {""}
