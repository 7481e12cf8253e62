"""What stands beside the figures agrees with them, and with what stood there at the time."""

from datetime import timedelta

import pytest

from storage import beside, figures
from storage.beside import Beside
from storage.figures import Window
from storage.store import Store
from tests.conftest import LIMITS, Clock
from tests.storage.registers import SEEDS, Life
from tests.storage.test_recount import readers, windows


def seen_now(store: Store, window: Window, hidden: frozenset[int] = frozenset()) -> Beside:
    with store.read() as tx:
        counted = figures.count(tx, window, LIMITS, hidden)
        return beside.of_digest(tx, 1, "", counted, window, LIMITS, hidden)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_reports_add_up_to_the_figures(register: Store, clock: Clock, seed: int) -> None:
    since = clock()
    Life(register, clock, seed, items=25).pass_days(12)
    ended = 0
    for hidden in readers(register, clock):
        with register.read() as tx:
            for window in windows(tx, since, clock()):
                told = figures.count(tx, window, LIMITS, hidden)
                reports = beside.of_digest(tx, 1, "", told, window, LIMITS, hidden).reports
                assert sum(one.open for one in reports) == told.open, window
                assert sum(one.overdue for one in reports) == len(told.overdue), window
                assert sum(one.ended for one in reports) == told.movement.ended, window
                ended += told.movement.ended
    assert ended, "the seed ends nothing"


@pytest.mark.parametrize("seed", SEEDS)
def test_what_stood_beside_them_is_the_same_when_it_is_looked_at_later(
    register: Store, clock: Clock, seed: int
) -> None:
    life = Life(register, clock, seed, items=50)
    life.pass_days(6)
    with register.read() as tx:
        window = figures.window_of_days(tx, clock() - timedelta(days=7), clock())
    then = seen_now(register, window)
    clock.later(minutes=1)
    life.pass_days(6)
    later = seen_now(register, window)
    assert then.asked, "the seed asks for nothing"
    assert later == then
