"""What Slack tells an app of by itself, in Slack's own shape, and tells again while it is not acknowledged.

https://docs.slack.dev/apis/events-api and https://docs.slack.dev/reference/events/message.im
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from typing import Any

from practice.courier import Courier
from practice.limits import RETRY_AFTER
from practice.payloads import VERIFICATION
from practice.shapes import Json
from practice.socket_mode import NotRunning
from practice.workspace import Kept, Workspace

_REFERENCE = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")


class Events:
    """Tells the app of messages in its direct messages, and keeps what it has not acknowledged for another try."""

    def __init__(self, workspace: Workspace, courier: Courier) -> None:
        self._workspace = workspace
        self._courier = courier
        self._untold: dict[asyncio.Task[None], asyncio.Event] = {}
        self._new_ids = False
        self.own_messages = False  # whether the app also hears what it says itself, as it does from Slack

    async def said(self, kept: Kept) -> tuple[bool, str | None]:
        """Tells the app of a message if it asked to hear of it; says whether it acknowledged, or why it did not."""
        if not self._subscribed(kept):
            return True, None
        payload = self._callback(self._message(kept))
        acked, error = await self._tried(payload, 0, "")
        if not acked and self._courier.may_retry:
            self._again_later(payload, error)
        return acked, error

    def heard_itself(self, kept: Kept) -> None:
        """Tells the app of what it wrote itself, where the switch for it is on."""
        if self.own_messages and self._subscribed(kept):
            self._again_later(self._callback(self._message(kept)), None)

    def _subscribed(self, kept: Kept) -> bool:
        direct = self._workspace.channels[kept.channel].direct_with is not None
        return direct and kept.only_for is None and "im:history" in self._workspace.scopes

    # --- trying again ---

    async def _tried(self, payload: Json, attempt: int, reason: str) -> tuple[bool, str | None]:
        try:
            if attempt:
                ack = await self._courier.deliver_again(payload, attempt, reason)
            else:
                ack = await self._courier.deliver("events_api", payload)
        except NotRunning:
            return False, "not_running"
        return (True, None) if ack is not None else (False, "no_response")

    def _again_later(self, payload: Json, error: str | None) -> None:
        now = asyncio.Event()
        task = asyncio.get_running_loop().create_task(self._retry(payload, error, now))
        self._untold[task] = now
        task.add_done_callback(lambda done: self._untold.pop(done, None))

    async def _retry(self, payload: Json, error: str | None, now: asyncio.Event) -> None:
        if error is None:
            acked, error = await self._tried(payload, 0, "")
            if acked:
                return
        for attempt, wait in enumerate(RETRY_AFTER, 1):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await now.wait()
            now.clear()
            told = {**payload, "event_id": _event_id()} if self._new_ids else payload
            acked, error = await self._tried(told, attempt, self._courier.trouble())
            if acked or not self._courier.may_retry:
                return

    def retry_now(self, new_event_id: bool = False) -> int:
        """Tries everything again that waits for its next try; says how much that is."""
        self._new_ids = new_event_id
        for now in self._untold.values():
            now.set()
        return len(self._untold)

    async def close(self) -> None:
        """Gives up what was not acknowledged."""
        tasks = list(self._untold)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- Slack's shape ---

    def _callback(self, event: Json) -> Json:
        team, app = self._workspace.team["id"], self._workspace.app
        seen_by = {"enterprise_id": None, "team_id": team, "user_id": app["user_id"]}
        return {
            "token": VERIFICATION,
            "team_id": team,
            "context_team_id": team,
            "context_enterprise_id": None,
            "api_app_id": app["id"],
            "event": event,
            "type": "event_callback",
            "event_id": _event_id(),
            "event_time": int(float(event["event_ts"])),
            "authorizations": [{**seen_by, "is_bot": True, "is_enterprise_install": False}],
            "is_ext_shared_channel": False,
            "event_context": f"4-{secrets.token_hex(20)}",
        }

    def _message(self, kept: Kept) -> Json:
        message = dict(kept.message)
        if "bot_id" not in message:
            message["blocks"] = [_as_typed(message["text"])]
            message["text"] = _without_names(message["text"])
        place = {"channel": kept.channel, "event_ts": kept.ts, "channel_type": "im"}
        return {**message, "team": self._workspace.team["id"], **place}


def _event_id() -> str:
    return "Ev0" + secrets.token_hex(5).upper()


def _without_names(text: str) -> str:
    """A command is told of a person by id and name, an event by id alone."""
    return re.sub(r"<@([A-Z0-9]+)\|[^<>]*>", r"<@\1>", text)


def _as_typed(text: str) -> Json:
    """The rich_text block that Slack's composer makes of what a person types."""
    parts: list[Json] = []
    end = 0
    for found in _REFERENCE.finditer(text):
        parts += [*_run(text[end : found.start()]), _referred(found[1], found[2])]
        end = found.end()
    parts += _run(text[end:])
    section = {"type": "rich_text_section", "elements": parts}
    return {"type": "rich_text", "block_id": secrets.token_hex(3), "elements": [section]}


def _run(text: str) -> list[Json]:
    return [{"type": "text", "text": _unescaped(text)}] if text else []


def _referred(target: str, label: Any) -> Json:
    if target.startswith("@"):
        return {"type": "user", "user_id": target[1:]}
    if target.startswith("#"):
        return {"type": "channel", "channel_id": target[1:]}
    named = {"text": _unescaped(label)} if label else {}
    return {"type": "link", "url": _unescaped(target), **named}


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
