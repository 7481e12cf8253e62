"""The open web pages, by the person each one shows, and how they are told what has changed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable

from aiohttp import web

from practice.shapes import Json


class Pages:
    """Tells pages what their person may know, and nothing else."""

    def __init__(self) -> None:
        self._open: list[tuple[str, web.WebSocketResponse]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def connect(self, request: web.Request, person: str) -> web.WebSocketResponse:
        """Serves one page until it goes."""
        socket = web.WebSocketResponse(heartbeat=20)
        await socket.prepare(request)
        entry = (person, socket)
        self._open.append(entry)
        try:
            async for _ in socket:
                pass
        finally:
            self._open.remove(entry)
        return socket

    def tell(self, event: Json, people: Iterable[str] | None = None) -> None:
        """Sends an event to the pages of these people, or to every page."""
        chosen = None if people is None else set(people)
        for person, socket in self._open:
            if chosen is None or person in chosen:
                task = asyncio.get_running_loop().create_task(self._send(socket, event))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _send(self, socket: web.WebSocketResponse, event: Json) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):
            await socket.send_json(event)

    async def close(self) -> None:
        """Ends every page's connection, so that each can say that the demo has ended."""
        for _, socket in list(self._open):
            await socket.close(code=1001)
