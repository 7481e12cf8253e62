"""Keeps one line to Slack open: watches for silence, connects again with growing waits, and says when it cannot."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from handlers.slack.socket import Answer, Line, LineFault, reason_in

log = logging.getLogger(__name__)
WORKERS = 10
LOOKS_EVERY = 1.0  # seconds between two looks at the clock while nothing comes


class Timing(NamedTuple):
    """Seconds. Slack pings every ten or so, and answers our pings."""

    ping: float = 10  # we ask for a sign of life so often
    silence: float = 30  # no frame for so long: the line is dead, whatever the system says
    first: float = 1  # before the second try; doubled each time
    most: float = 30  # the longest wait
    steady: float = 30  # a line that lasted so long was a good one
    drain: float = 30  # a line that Slack is about to close is heard so long
    give_up: float = 300  # no good line for so long: end, and let the service manager start anew


USUAL = Timing()


class Connection:
    """One line to Slack at a time, opened by `open_line`; what comes goes to `answer`, in a few threads.

    `gave_up` gets one sentence when there is no way back. `jitter` gives 0 to 1, so that many do not come at once.
    """

    def __init__(
        self,
        open_line: Callable[[], Line],
        answer: Callable[[Mapping[str, Any]], Answer],
        gave_up: Callable[[str], None],
        *,
        jitter: Callable[[], float],
        timing: Timing = USUAL,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open, self._answer, self._gave_up = open_line, answer, gave_up
        self._jitter, self._timing, self._ticks = jitter, timing, ticks
        self._stopped = threading.Event()
        self._pool = ThreadPoolExecutor(WORKERS, "envelope")
        self._thread = threading.Thread(target=self._run, name="socket", daemon=True)
        self._line: Line | None = None
        self._tries, self._trouble_since = 0, ticks()
        self.state = "not connected yet"

    def connect(self) -> None:
        """Open the first line and begin to listen; raises LineFault when it does not open."""
        self._line = self._open()
        self.state = "connected"
        self._thread.start()

    def close(self) -> None:
        """Let what is being answered be answered, then close the line."""
        self._stopped.set()
        self._pool.shutdown(wait=True)
        if self._line:
            self._line.close()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(5)

    # --- listening --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._line and not self._stopped.is_set():
                why = self._listen(self._line)
                if not self._stopped.is_set():
                    self._line = self._again(self._line, why)
        finally:
            if not self._stopped.is_set():
                self._gave_up(f"There is no way back to Slack. {self.state}")

    def _listen(self, line: Line) -> LineFault:
        """Hand on what comes until the line ends; why it ended."""
        opened = heard = pinged = self._ticks()
        while not self._stopped.is_set():
            try:
                told = line.next(min(LOOKS_EVERY, self._timing.ping, self._timing.silence / 3))
                now = self._ticks()
                heard = now if told is not None else heard
                if now - heard > self._timing.silence:
                    return LineFault(f"Nothing was heard from Slack for {now - heard:.0f} seconds.")
                if now - pinged >= self._timing.ping:
                    line.ping()
                    pinged = now
            except LineFault as fault:
                return fault
            if now - opened >= self._timing.steady:
                self._tries, self._trouble_since = 0, now
            if told and told.get("type") == "disconnect":
                return Asked(reason_in(told))
            self._take(line, told)
        return LineFault("The program is ending.")

    def _take(self, line: Line, told: Mapping[str, Any] | None) -> None:
        """Have an envelope answered in a thread of its own; once the program is ending, leave it to Slack to resend."""
        if told and "envelope_id" in told:
            with contextlib.suppress(RuntimeError):
                self._pool.submit(self._reply, line, told)

    def _reply(self, line: Line, envelope: Mapping[str, Any]) -> None:
        """Answer on the line that the envelope came by, else on the one that took its place."""
        reply = self._answer(envelope)
        if not reply.acked:
            return
        ident = str(envelope["envelope_id"])
        try:
            line.answer(ident, reply.payload)
        except LineFault:
            self._reply_elsewhere(line, ident, reply)

    def _reply_elsewhere(self, line: Line, ident: str, reply: Answer) -> None:
        other = self._line
        try:
            if other is None or other is line:
                raise LineFault("no other line is open yet")
            other.answer(ident, reply.payload)
        except LineFault as fault:
            log.warning("an answer did not reach Slack; it is kept for a repeat: %s", fault)

    # --- the way back -----------------------------------------------------------------------------------------------

    def _again(self, line: Line, why: LineFault) -> Line | None:
        """A new line; None when there is no way back. A line that Slack only asked to leave is heard to its end."""
        log.warning("%s Connecting again.", why.sentence)
        self.state = why.sentence
        polite = isinstance(why, Asked)
        if not polite:
            line.close()
        fresh = self._opened()
        if polite:
            threading.Thread(target=self._drain, args=(line,), name="old socket", daemon=True).start()
        return fresh

    def _opened(self) -> Line | None:
        while not self._stopped.wait(wait_before(self._tries, self._timing, self._jitter())):
            if self._ticks() - self._trouble_since > self._timing.give_up:
                return None
            self._tries += 1
            try:
                line = self._open()
            except LineFault as fault:
                log.warning("%s", fault.sentence)
                self.state = fault.sentence
                if fault.final:
                    return None
            else:
                log.info("connected to Slack again")
                self.state = "connected"
                return line
        return None

    def _drain(self, line: Line) -> None:
        """What still comes by a line that Slack is about to close is answered too."""
        until = self._ticks() + self._timing.drain
        try:
            while self._ticks() < until and not self._stopped.is_set():
                self._take(line, line.next(LOOKS_EVERY))
        except LineFault:
            pass
        line.close()


def wait_before(tries: int, timing: Timing, chance: float) -> float:
    """Seconds: none before the first try after a good line, then longer and longer, half of it by chance (0 to 1)."""
    if not tries:
        return 0
    longest = min(timing.most, timing.first * 2.0 ** min(tries - 1, 30))
    return longest * (0.5 + chance / 2)


class Asked(LineFault):
    """Slack asked for a new line, and still speaks by this one for a little while."""
