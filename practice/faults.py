"""Faults to order, so that tests see what the bot does when Slack fails, and the list of calls it made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from practice.shapes import Json

KINDS = ("reply_lost", "ratelimited", "server_error", "slow")


@dataclass
class Fault:
    """One way in which one Web API method fails, a number of times."""

    method: str
    fault: str
    times: int = 1
    seconds: float = 1.0
    retry_after: int = 1


class Faults:
    """The faults that are still to come, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, asked: Json) -> None:
        """Notes a fault to come; refuses one it does not know."""
        fault = Fault(**asked)
        if fault.fault not in KINDS and not fault.fault.startswith("error:"):
            raise ValueError(f"no such fault: {fault.fault}")
        self._waiting.append(fault)

    def next_for(self, method: str) -> Fault | None:
        """The fault this call meets, if any; it is then used up by one."""
        found = next((f for f in self._waiting if f.method in (method, "*") and f.times > 0), None)
        if found is not None:
            found.times -= 1
        return found


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
