"""Faults to order, so that tests see what the bot does when Slack fails, and the list of calls it made."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, fields
from typing import Any

from aiohttp import web

from practice.shapes import Json

APPLIED = ("reply_lost",)  # the call takes effect, then the line is cut
EARLY = ("ratelimited", "server_error", "slow", "malformed", "html", "cut")
ON_THE_WAY = ("duplicate", "out_of_order", "ack_lost", "envelope_lost")
HTML = "<!DOCTYPE html><html><head><title>Slack</title></head><body><h1>Server Error</h1></body></html>"


@dataclass
class Fault:
    """One way in which one Web API method, answer address or delivery fails, a number of times."""

    fault: str
    method: str = "*"
    times: int = 1
    seconds: float = 1.0
    retry_after: int = 1
    status: int = 500


class Faults:
    """The faults that are still to come, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, asked: Json) -> None:
        """Notes a fault to come; refuses one it does not know."""
        known = {field.name for field in fields(Fault)}
        if not set(asked) <= known:
            raise ValueError(f"a fault has no {', '.join(sorted(set(asked) - known))}")
        fault = Fault(**asked)
        if fault.fault not in (*APPLIED, *EARLY, *ON_THE_WAY) and not fault.fault.startswith("error:"):
            raise ValueError(f"no such fault: {fault.fault}")
        self._waiting.append(fault)

    def clear(self) -> None:
        """Forgets those that have not been met."""
        self._waiting.clear()

    def next_for(self, method: str) -> Fault | None:
        """The fault this call meets, if any; it is then used up by one."""
        return self._use(lambda f: f.fault not in ON_THE_WAY and f.method in (method, "*"))

    def next_delivery(self, kind: str) -> str:
        """The fault an envelope of this kind meets on its way to the app, or nothing."""
        found = self._use(lambda f: f.fault in ON_THE_WAY and f.method in (kind, "*"))
        return found.fault if found else ""

    def _use(self, meets: Any) -> Fault | None:
        found = next((f for f in self._waiting if f.times > 0 and meets(f)), None)
        if found is not None:
            found.times -= 1
        return found


async def fails_early(fault: Fault | None, request: web.Request) -> web.Response | None:
    """The answer in place of the real one, when a fault comes before anything has been done."""
    if fault is None or fault.fault in APPLIED:
        return None
    if fault.fault == "slow":
        await asyncio.sleep(fault.seconds)
        return None
    if fault.fault == "cut" and request.transport is not None:
        request.transport.abort()
    return _failing(fault)


def _failing(fault: Fault) -> web.Response:
    if fault.fault == "ratelimited":
        wait = {"Retry-After": str(fault.retry_after)}
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=wait)
    if fault.fault == "server_error":
        return web.Response(status=fault.status, text="Internal Server Error")
    if fault.fault == "html":
        return web.Response(status=fault.status, text=HTML, content_type="text/html")
    if fault.fault == "malformed":
        return web.Response(text='{"ok": true, "channel": "C0', content_type="application/json")
    return web.json_response({"ok": False, "error": fault.fault.removeprefix("error:")})


def cut_after(fault: Fault | None, request: web.Request) -> None:
    """Cuts the line when the reply is to be lost after all was done."""
    if fault is not None and fault.fault in APPLIED and request.transport is not None:
        request.transport.abort()


class Calls:
    """Every Web API call the app made, without tokens."""

    def __init__(self) -> None:
        self.made: list[Json] = []

    def note(self, method: str, payload: dict[str, Any], at: str) -> Json:
        """Writes a call down; the answer is added when there is one."""
        clean = {key: value for key, value in payload.items() if key != "token"}
        call: Json = {"method": method, "payload": clean, "at": at}
        self.made.append(call)
        return call
