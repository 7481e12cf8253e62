"""Slack's Socket Mode: hands envelopes to the connected app and waits for their acknowledgement."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
import uuid
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from practice.limits import SOCKETS
from practice.shapes import Json
from practice.wire import Wire

ACK_WITHIN = 3.0
PING_EVERY = 5.0


class NotRunning(Exception):
    """No app is connected, so nothing can be delivered."""


class SocketMode:
    """Up to ten connections of one app; each envelope goes to one of them, in turn."""

    def __init__(self, app_id: str, changed: Callable[[], None], wire: Wire) -> None:
        self._app_id = app_id
        self._wire = wire
        self._changed = changed
        self._tickets: set[str] = set()
        self._sockets: list[web.WebSocketResponse] = []
        self._transports: dict[int, asyncio.Transport] = {}
        self._silent: set[int] = set()
        self._waiting: dict[str, tuple[web.WebSocketResponse, asyncio.Future[Json | None]]] = {}
        self._turn = 0
        self.answered = asyncio.Event()
        self.sent: list[Json] = []
        self.issued = 0
        self._refusals: list[str] = []

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._sockets)

    def ticket(self) -> str:
        """A word that opens one connection, once."""
        ticket = secrets.token_urlsafe(12)
        self._tickets.add(ticket)
        self.issued += 1
        return ticket

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """Serves one connection until it ends."""
        if request.match_info["ticket"] not in self._tickets:
            raise web.HTTPForbidden(text="no such ticket")
        self._tickets.discard(request.match_info["ticket"])
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        full = ["too_many_websockets"] if len(self._sockets) >= SOCKETS else []
        if refusals := self._refusals or full:
            await _disconnect(socket, refusals.pop())
            return socket
        if request.transport is not None:
            self._transports[id(socket)] = request.transport
        await self._serve(socket)
        return socket

    async def _serve(self, socket: web.WebSocketResponse) -> None:
        self._sockets.append(socket)
        pings = asyncio.create_task(self._ping(socket))
        try:
            await socket.send_json(self._hello())
            self._changed()
            async for frame in socket:
                if id(socket) not in self._silent:
                    await self._read(socket, frame.type, frame.data)
        finally:
            pings.cancel()
            self._forget(socket)

    def _forget(self, socket: web.WebSocketResponse) -> None:
        self._sockets.remove(socket)
        self._transports.pop(id(socket), None)
        self._silent.discard(id(socket))
        for sent_to, waiting in self._waiting.values():
            if sent_to is socket and not waiting.done():
                waiting.set_result(None)
        if not self._sockets:
            self.answered.clear()
        self._changed()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._sockets),
            "connection_info": {"app_id": self._app_id},
            "debug_info": {"host": "practice", "approximate_connection_time": 18060},
        }

    async def _ping(self, socket: web.WebSocketResponse) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):
            while not socket.closed and id(socket) not in self._silent:
                await socket.ping(f"Ping from practice {time.time()}".encode())
                await asyncio.sleep(PING_EVERY)

    async def _read(self, socket: web.WebSocketResponse, kind: WSMsgType, data: Any) -> None:
        if kind is WSMsgType.PING:
            await socket.pong(data)
        elif kind is WSMsgType.PONG:
            self.answered.set()
        elif kind is WSMsgType.TEXT:
            self._acknowledge(data)

    def _acknowledge(self, data: str) -> None:
        try:
            answer = json.loads(data)
            _, waiting = self._waiting[str(answer["envelope_id"])]
        except (ValueError, KeyError, TypeError):
            return
        self.answered.set()
        if not waiting.done():
            waiting.set_result(answer.get("payload") or {})

    async def deliver(self, kind: str, payload: Json, envelope_id: str | None = None) -> Json | None:
        """Sends one envelope; returns what the ack carried, or None when none came within three seconds.

        None comes sooner when the connection goes while it waits.
        """
        return await self._deliver(envelope_of(kind, payload, envelope_id))

    async def deliver_again(self, payload: Json, attempt: int, reason: str) -> Json | None:
        """Sends an event once more, in an envelope of its own that says so."""
        again = {"retry_attempt": attempt, "retry_reason": reason}
        return await self._deliver({**envelope_of("events_api", payload), **again})

    async def _deliver(self, envelope: Json) -> Json | None:
        socket = self._next_socket()
        self.sent.append(envelope)
        since = self._wire.sent(envelope)
        ack = await self._send_and_wait(socket, envelope)
        self._wire.acknowledged(since, ack)
        return ack

    async def _send_and_wait(self, socket: web.WebSocketResponse, envelope: Json) -> Json | None:
        ident = envelope["envelope_id"]
        waiting: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        self._waiting[ident] = (socket, waiting)
        try:
            if id(socket) not in self._silent:
                await socket.send_json(envelope)
            return await asyncio.wait_for(waiting, ACK_WITHIN)
        except (TimeoutError, ConnectionError):
            return None
        finally:
            self._waiting.pop(ident, None)

    def _next_socket(self) -> web.WebSocketResponse:
        if not self._sockets:
            raise NotRunning
        self._turn += 1
        return self._sockets[self._turn % len(self._sockets)]

    async def refresh(self) -> None:
        """Asks the app to connect anew, as Slack does every few hours, and closes what it had."""
        for socket in list(self._sockets):
            await _disconnect(socket, "refresh_requested")

    def fall_silent(self) -> None:
        """From now on nothing is said or heard on the connections there are; they stay open, as behind a dead proxy."""
        self._silent.update(id(socket) for socket in self._sockets)

    def cut(self) -> None:
        """Cuts every connection without a word, as a broken network does."""
        for transport in list(self._transports.values()):
            transport.abort()

    async def warn(self, reason: str = "warning") -> None:
        """Says on every connection that it will end, and leaves it open, as Slack does some seconds before."""
        for socket in list(self._sockets):
            await socket.send_json(_goodbye(reason))

    def refuse(self, times: int, reason: str = "too_many_websockets") -> None:
        """The next connections are told this instead of hello, and closed."""
        self._refusals = [reason] * times

    async def deliver_on_each(self, kind: str, payload: Json) -> list[Json | None]:
        """Sends the very same envelope by each connection, one after the other; gives each ack."""
        envelope = envelope_of(kind, payload)
        return [await self._send_and_wait(socket, envelope) for socket in list(self._sockets)]

    async def close(self) -> None:
        """Ends every connection politely."""
        self.answered.clear()
        for socket in list(self._sockets):
            await socket.close()


def envelope_of(kind: str, payload: Json, envelope_id: str | None = None) -> Json:
    """What Slack wraps a payload in; only an event says how often it was tried before."""
    envelope: Json = {
        "envelope_id": envelope_id or str(uuid.uuid4()),
        "type": kind,
        "payload": payload,
        "accepts_response_payload": kind != "events_api",
    }
    if kind == "events_api":
        envelope |= {"retry_attempt": 0, "retry_reason": ""}
    return envelope


def _goodbye(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "practice"}}


async def _disconnect(socket: web.WebSocketResponse, reason: str) -> None:
    await socket.send_json(_goodbye(reason))
    await socket.close()
