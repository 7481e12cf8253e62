"""The digest of a large register, counted in a process of its own: nobody who asks meanwhile waits for it."""

import logging
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from typing import TYPE_CHECKING, Any

from storage import questions
from storage.digests import Run, Schedule
from storage.store import Store, open_store

if TYPE_CHECKING:
    from bot.scheduler import Digests, Written

log = logging.getLogger(__name__)
LARGE = 20_000  # items: below, counting is done before such a process has begun


def wanted(store: Store) -> bool:
    """Whether the register is so large that others would notice."""
    with store.read() as tx:
        return questions.registered(tx) > LARGE


def written(work: "Digests", schedule: Schedule, run: Run, late: datetime | None, *, cleared: bool) -> "Written | None":
    """What `scheduler.written` gives; None where no such process can be had, and this one has to do it."""
    told = (work.store.url, work.calendar, work.limits, work.slash, dict(work.drawings))
    try:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _behind) as pool:
            return pool.submit(_written, told, schedule, run, late, cleared).result()
    except (OSError, BrokenProcessPool) as fault:
        log.warning("a digest is counted in the bot's own process: %s", type(fault).__name__)
        return None


def _behind() -> None:
    """Whoever asks goes first, where the system knows such a thing."""
    if hasattr(os, "nice"):
        os.nice(10)


def _written(told: tuple[Any, ...], schedule: Schedule, run: Run, late: datetime | None, cleared: bool) -> "Written":
    """In that process: the same register, to be read only."""
    from bot import scheduler

    url, calendar, limits, slash, drawings = told
    store = open_store(url, lambda: run.due)
    try:
        work = scheduler.Digests(store, calendar, limits, slash, drawings, lambda _chat, _place: cleared)
        return scheduler.written(work, schedule, run, late, cleared=cleared)
    finally:
        store.close()
