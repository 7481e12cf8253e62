"""Campaign C3 in every test run: five years of digests by a clock that is moved, and the variants that it must catch.

With another seed, and more of it: LIGHTKEEPER_SEED=7 LIGHTKEEPER_C3_ALL=1 pytest -s tests/campaigns/test_calendar.py
"""

import os
import threading
from collections.abc import Callable
from datetime import date

import pytest

from bot import wiring
from storage import digests
from storage.store import Store
from tests.campaigns.calendar import FAULTS, PLANS, TICKERS, Campaign
from tests.conftest import Clock
from tests.wire.office import DCC, settings

SEED = int(os.environ.get("LIGHTKEEPER_SEED", "20261123"))
FIVE_YEARS = (date(2023, 12, 25), date(2029, 1, 1))
# in every test run the DCC's digest only; LIGHTKEEPER_C3_ALL=1 has the board's on Fridays as well
OVER_FIVE_YEARS = PLANS if os.environ.get("LIGHTKEEPER_C3_ALL") else {"weekly": PLANS["weekly"]}
# both ends of years whose first and last day are Mondays
ENDS = [(date(2017, 12, 18), date(2018, 1, 14)), (date(2018, 12, 17), date(2019, 1, 13))]
TWO_MONTHS = (date(2026, 3, 20), date(2026, 5, 10))  # summer time begins, and three bank holidays


def campaign(register: Store, clock: Clock, years: tuple[date, date], plans: dict[str, str] = PLANS) -> Campaign:
    given = settings(database_url=register.url, dcc_channel=DCC, slack_api_url="http://127.0.0.1:9/api/")
    return Campaign(register, clock, given, SEED, *years, plans)


def test_each_week_has_its_digest_at_nine_and_one_only(register: Store, clock: Clock) -> None:
    run = campaign(register, clock, FIVE_YEARS, OVER_FIVE_YEARS)
    result = run.run()
    print(f"\n{result}")
    assert result.faults == dict.fromkeys(FAULTS, 0), run.troubles[:3]
    weeks = (FIVE_YEARS[1] - FIVE_YEARS[0]).days // 7
    for name in OVER_FIVE_YEARS:
        assert weeks * 0.75 <= result.counts[f"of {name}"] <= weeks + 1  # the others were slept through
    assert result.counts["asleep for weeks"] and result.counts["put back"] and result.counts["restarts"]


@pytest.mark.parametrize("years", ENDS)
def test_no_week_is_left_out_where_the_year_turns_on_a_monday(
    register: Store, clock: Clock, years: tuple[date, date]
) -> None:
    run = campaign(register, clock, years)
    result = run.run()
    print(f"\n{result}")
    assert result.faults == dict.fromkeys(FAULTS, 0), run.troubles[:3]
    for name in PLANS:
        assert result.counts[f"of {name}"] == ((years[1] - years[0]).days + 1) // 7


def _no_claim(patch: pytest.MonkeyPatch) -> None:
    """Each ticker claims every period for itself."""
    claim = digests.claim

    def mine(store: Store, plan: digests.Schedule, period: str, *due: object) -> bool:
        return claim(store, plan, f"{period}.{threading.get_ident()}", *due)  # type: ignore[arg-type]

    patch.setattr(digests, "claim", mine)
    patch.setattr(digests, "known", lambda tx, plan, period, *more: False)


def _by_greenwich(patch: pytest.MonkeyPatch) -> None:
    """Nine o'clock is nine o'clock in UTC, summer or not."""
    found = wiring.calendar(settings(timezone="UTC"))
    patch.setattr(wiring, "calendar", lambda given: found)


def _no_holidays(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(wiring, "_bundled", frozenset)


@pytest.mark.parametrize(
    ("broken", "caught_by"),
    [
        (_no_claim, {"unexpected", "missing"}),
        (_by_greenwich, {"not at nine", "at another time"}),
        (_no_holidays, {"on a day off", "at another time"}),
    ],
)
def test_the_campaign_catches_the_product_with_a_part_taken_out(
    register: Store,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    broken: Callable[[pytest.MonkeyPatch], None],
    caught_by: set[str],
) -> None:
    broken(monkeypatch)
    result = campaign(register, clock, TWO_MONTHS).run()
    print(f"\n{broken.__name__}: {result}")
    assert caught_by <= {name for name, number in result.faults.items() if number}
    assert result.counts["looks"] > TICKERS
