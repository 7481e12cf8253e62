"""Brings what happens to the app, by socket or over HTTP, and lets it meet the faults that were ordered on the way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from practice.faults import Faults
from practice.http_mode import HttpMode
from practice.shapes import Json
from practice.socket_mode import ACK_WITHIN, SocketMode


class Courier:
    """Delivers each payload once, unless a fault says otherwise; returns what the ack carried, or None."""

    def __init__(self, socket: SocketMode, http: HttpMode | None, faults: Callable[[], Faults]) -> None:
        self._socket = socket
        self._http = http
        self._faults = faults
        self._overtaken: list[asyncio.Event] = []

    async def deliver(self, kind: str, payload: Json, envelope_id: str | None = None) -> Json | None:
        """Delivers something for the first time. Raises NotRunning when there is nobody to take it."""
        fault = self._faults().next_delivery(kind)
        if fault == "envelope_lost":
            return None
        if fault == "out_of_order":
            await self._let_another_pass()
        ack = await self._carried(kind, payload, envelope_id, twice=fault == "duplicate")
        for waiting in self._overtaken:
            waiting.set()
        return None if fault == "ack_lost" else ack

    async def deliver_again(self, payload: Json, attempt: int, reason: str) -> Json | None:
        """Delivers an event once more, and says so."""
        fault = self._faults().next_delivery("events_api")
        if fault == "envelope_lost":
            return None
        way = self._http or self._socket
        ack = await way.deliver_again(payload, attempt, reason)
        return None if fault == "ack_lost" else ack

    def trouble(self) -> str:
        """Why the last event was not acknowledged, as Slack names it when it tries again."""
        return (self._http.trouble if self._http else "") or "timeout"

    @property
    def may_retry(self) -> bool:
        """Whether the app has not asked to be spared another try."""
        return self._http is None or not self._http.wants_no_retry

    async def _carried(self, kind: str, payload: Json, envelope_id: str | None, twice: bool) -> Json | None:
        way = self._http or self._socket
        if not twice:
            return await way.deliver(kind, payload, envelope_id)
        acks = await asyncio.gather(way.deliver(kind, payload), way.deliver(kind, payload))
        return next((ack for ack in acks if ack is not None), None)

    async def _let_another_pass(self) -> None:
        """Waits until the next one has been delivered, or until it is too late to wait."""
        passed = asyncio.Event()
        self._overtaken.append(passed)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ACK_WITHIN):
                await passed.wait()
        self._overtaken.remove(passed)
