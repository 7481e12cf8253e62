"""The bot as a process of its own: started, watched, started again, ended."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

TRIES = 3
END_WITHIN = 5.0


class BotProcess:
    """Keeps one bot process alive. A bot that dies three times while starting is left alone."""

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        now: Callable[[], datetime],
        changed: Callable[[], None],
    ) -> None:
        self._argv = list(argv)
        self._env = dict(env)
        self._now = now
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._ending = False
        self.gave_up = False
        self.connected_once = False

    @property
    def running(self) -> bool:
        """Whether the process is there, or about to be."""
        return self._watch is not None and not self._watch.done()

    def start(self) -> None:
        """Starts the process with the practice time of that moment, unless it is running."""
        if not self.running:
            self._ending = self.gave_up = False
            self._watch = asyncio.create_task(self._keep_alive())

    async def _keep_alive(self) -> None:
        for _ in range(TRIES):
            self.connected_once = False
            could_run = await self._run_once()
            if self._ending or self.connected_once or not could_run:
                break
        self.gave_up = not self._ending and not self.connected_once
        asyncio.get_running_loop().call_soon(self._changed)

    async def _run_once(self) -> bool:
        """Runs the process to its end; says whether it could be started at all."""
        env = {**self._env, "LIGHTKEEPER_NOW": self._now().isoformat(timespec="seconds")}
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._argv,
                env=env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=2,
                stderr=2,
                start_new_session=True,
            )
        except OSError:
            return False
        self._changed()
        await self._process.wait()
        self._process = None
        return True

    async def stop(self) -> None:
        """Ends the process: asks first, insists after five seconds. Does nothing when there is none."""
        self._ending = True
        asked: asyncio.subprocess.Process | None = None
        insist_at = time.monotonic() + END_WITHIN
        while self._watch is not None and not self._watch.done():
            if self._process is not None and time.monotonic() > insist_at:
                _signal(self._process.kill)
            elif self._process is not None and self._process is not asked:
                asked = self._process
                _signal(asked.terminate)
            await asyncio.wait({self._watch}, timeout=0.1)


def _signal(send: Callable[[], None]) -> None:
    with contextlib.suppress(ProcessLookupError):
        send()
