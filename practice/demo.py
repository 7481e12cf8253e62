"""Runs the practice workspace with a bot until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import FrameType
from typing import Any

from practice.stand_in import StandIn


def demo(
    *,
    workspace: Mapping[str, Any],
    now: datetime,
    bot: Sequence[str],
    bot_env: Mapping[str, str],
    port: int,
    announce: Callable[[str], None],
) -> int:
    """Runs until Ctrl-C or SIGTERM and ends every process it started.

    `announce` is called with the page's address once the bot has connected and has answered. The status is 0
    if that ever happened, else 1.
    """
    build = {"now": now, "bot": bot, "bot_env": bot_env}
    return asyncio.run(_run(workspace, build, port, announce))


async def _run(
    workspace: Mapping[str, Any], build: Mapping[str, Any], port: int, announce: Callable[[str], None]
) -> int:
    ended = asyncio.Event()
    with _ending_on_signals(ended):
        stand_in = await _started(workspace, build, port)
        try:
            return await _until_ended(stand_in, ended, announce)
        finally:
            await stand_in.stop()


async def _started(workspace: Mapping[str, Any], build: Mapping[str, Any], port: int) -> StandIn:
    """At the preferred port, or at a free one when that is taken."""
    preferred = StandIn(workspace, port=port, **build)
    try:
        await preferred.start()
        return preferred
    except OSError:
        await preferred.stop()
    elsewhere = StandIn(workspace, port=0, **build)
    await elsewhere.start()
    return elsewhere


async def _until_ended(stand_in: StandIn, ended: asyncio.Event, announce: Callable[[str], None]) -> int:
    answered = asyncio.create_task(stand_in.socket.answered.wait())
    told = False
    while not answered.done() and not ended.is_set():
        await asyncio.wait({answered}, timeout=0.1)
        if stand_in.bot_gave_up and not told:
            told = True
            sys.stderr.write(f"The bot stopped while starting; see above. Its page: {stand_in.url}\n")
    if answered.done():
        announce(stand_in.url)
    else:
        answered.cancel()
    await ended.wait()
    return 0 if answered.done() and not answered.cancelled() else 1


@contextlib.contextmanager
def _ending_on_signals(ended: asyncio.Event) -> Iterator[None]:
    """While inside, Ctrl-C and SIGTERM set the event instead of cutting the work off."""
    loop = asyncio.get_running_loop()

    def end(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(ended.set)

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, end) for number in (getattr(signal, name) for name in names)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
