"""Campaign C1 in every test run: commands under kill -9, and the broken variants that it must catch.

Longer, and with another seed: LIGHTKEEPER_C1_COMMANDS=250000 LIGHTKEEPER_C1_KILLS=2500 LIGHTKEEPER_SEED=7
pytest -s tests/campaigns/test_kill9.py
"""

import os
from pathlib import Path

import pytest

from storage.store import Store
from tests.campaigns.kill9 import FAULTS, Campaign
from tests.campaigns.worker import BROKEN

SEED = int(os.environ.get("LIGHTKEEPER_SEED", "20261123"))
COMMANDS = int(os.environ.get("LIGHTKEEPER_C1_COMMANDS", "2400"))
KILLS = int(os.environ.get("LIGHTKEEPER_C1_KILLS", "36"))


def test_nothing_is_lost_twice_or_unauthorised_under_kill_9(register: Store, tmp_path: Path) -> None:
    result = Campaign(register, tmp_path, seed=SEED, commands=COMMANDS, kills=KILLS).run()
    print(f"\n{result}")
    counts = result.counts
    assert result.faults == dict.fromkeys(FAULTS, 0)
    assert counts["kills"] == KILLS
    assert counts["kills between BEGIN and acknowledgement"] >= KILLS / 3
    # the campaign really said what it promises to say
    assert counts["acknowledged"] >= COMMANDS
    assert counts["repeated"] >= COMMANDS * 0.08
    assert counts["refused expected"] + counts["unknown expected"] >= COMMANDS * 0.03
    assert counts["stale expected"] >= COMMANDS * 0.01
    assert counts["sent again"] >= KILLS
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
def test_the_campaign_catches_the_product_with_a_part_taken_out(register: Store, tmp_path: Path, broken: str) -> None:
    result = Campaign(register, tmp_path, seed=SEED, commands=250, kills=24, broken=broken).run()
    print(f"\nwhere {broken}: {result}")
    assert {name for name, number in result.faults.items() if number} & CAUGHT_BY[broken]


def test_every_broken_variant_is_tried() -> None:
    assert set(CAUGHT_BY) == set(BROKEN) - {""}
