"""The wire: what goes between the chat and the bot, kept for whoever wants to see how the two speak."""

from __future__ import annotations

import json
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from practice.clock import Clock
from practice.shapes import Json

KEPT = 400
HIDDEN = "hidden"
SECRET_KEYS = ("token", "secret", "authorization", "password")
LENT_ADDRESS = re.compile(r"(\w+://[\w.:]+/(?:commands|actions|socket|upload/v1)/)[\w-]+")
ANSWER_PATHS = ("/commands/", "/actions/")
LONGEST_LINE = 90


class Wire:
    """Keeps the last few hundred things that went either way, without tokens, and tells the pages of each."""

    def __init__(self, clock: Clock, tell: Callable[[Json], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._kept: deque[tuple[Json, Any]] = deque(maxlen=KEPT)
        self._count = 0

    def _note(self, way: str, name: str, line: str, whole: Any, **more: Any) -> None:
        self._count += 1
        entry = {
            "id": self._count,
            "at": self._clock.now().isoformat(timespec="milliseconds"),
            "way": way,
            "name": name,
            "line": _short(line),
            "ms": None,
            "ok": True,
            "code": None,
            **more,
        }
        self._kept.append((entry, without_secrets(whole)))
        self._tell({"kind": "wire", "entry": entry})

    # --- what is noted ---

    def sent(self, envelope: Json) -> float:
        """Notes an envelope on its way to the bot; gives the moment from which its answer is timed."""
        payload = envelope["payload"]
        name = str(_event(payload).get("type") or payload.get("type") or envelope["type"])
        self._note("to", name, _line_of_payload(payload), envelope)
        return time.monotonic()

    def acknowledged(self, since: float, ack: Json | None) -> None:
        """Notes the bot's acknowledgement, or that none came."""
        timed = {"ms": round((time.monotonic() - since) * 1000)}
        if ack is None:
            self._note("from", "ack", "none came", None, **timed, ok=False, code="no ack")
        else:
            self._note("from", "ack", _line_of_ack(ack), ack, **timed)

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Notes each call of the bot's with what it was answered."""
        if not request.path.startswith(("/api/", *ANSWER_PATHS)):
            return await handler(request)
        since = time.monotonic()
        response = await handler(request)
        # The body is looked at afterwards, when it is kept: read before, it would seem empty to the handler.
        ms = round((time.monotonic() - since) * 1000)
        self._note_call(request.path, await _asked(request), response, ms)
        return response

    def _note_call(self, path: str, asked: Any, response: web.StreamResponse, ms: int) -> None:
        answered = _answered(response)
        parsed = answered if isinstance(answered, dict) else {}
        ok = response.status < 400 and parsed.get("ok") is not False
        code = None if ok else str(parsed.get("error") or response.status)
        name = path.removeprefix("/api/") if path.startswith("/api/") else "response_url"
        whole = {"asked": asked, "answered": answered}
        self._note("from", name, _line_of_call(asked), whole, ms=ms, ok=ok, code=code)

    # --- what is seen ---

    def routes(self) -> list[web.RouteDef]:
        """The page's way to the wire."""
        return [
            web.get("/practice/wire", self._all),
            web.get("/practice/wire/{id}", self._one),
            web.post("/practice/wire/clear", self._clear),
        ]

    async def _all(self, _: web.Request) -> web.Response:
        return web.json_response({"ok": True, "entries": [entry for entry, _ in self._kept]})

    async def _one(self, request: web.Request) -> web.Response:
        wanted = request.match_info["id"]
        for entry, whole in self._kept:
            if str(entry["id"]) == wanted:
                return web.json_response({"ok": True, "whole": whole})
        return web.json_response({"ok": False, "error": "not_kept"}, status=404)

    async def _clear(self, _: web.Request) -> web.Response:
        self._kept.clear()
        return web.json_response({"ok": True})


# --- secrets ---


def without_secrets(value: Any, key: str = "") -> Any:
    """The same, with every token, secret and lent address replaced by a word."""
    if isinstance(value, dict):
        return {k: without_secrets(v, str(k)) for k, v in value.items()}
    if isinstance(value, list):
        return [without_secrets(v, key) for v in value]
    if not isinstance(value, str) or not value:
        return value
    if any(word in key.lower() for word in SECRET_KEYS) or value.startswith(("xoxb-", "xapp-", "xoxp-")):
        return HIDDEN
    return LENT_ADDRESS.sub(rf"\1{HIDDEN}", value)


# --- lines ---


def _short(line: str) -> str:
    words = " ".join(line.split())
    return words if len(words) <= LONGEST_LINE else words[: LONGEST_LINE - 1] + "…"


def _event(payload: Json) -> Json:
    event = payload.get("event")
    return event if isinstance(event, dict) else {}


def _line_of_payload(payload: Json) -> str:
    if "command" in payload:
        return f"{payload['command']} {payload.get('text', '')}"
    if payload.get("actions"):
        action = payload["actions"][0]
        chosen = action.get("value") or (action.get("selected_option") or {}).get("value") or ""
        return f"{action.get('action_id', '')} · {chosen}" if chosen else str(action.get("action_id", ""))
    if "view" in payload:
        return str(payload["view"].get("id", ""))
    return str(_event(payload).get("text", ""))


def _line_of_ack(ack: Json) -> str:
    if ack.get("response_action"):
        fields = ", ".join(ack.get("errors") or {})
        return f"response_action: {ack['response_action']}" + (f" · {fields}" if fields else "")
    if not ack.get("text") and not ack.get("blocks"):
        return "empty"
    kind = "message" if ack.get("response_type") == "in_channel" else "private message"
    return ", ".join([f"1 {kind}", *_blocks(ack)])


def _line_of_call(asked: Any) -> str:
    if not isinstance(asked, dict):
        return ""
    view = asked.get("view")
    if isinstance(view, dict):
        return ", ".join([str((view.get("title") or {}).get("text") or view.get("type", "")), *_blocks(view)])
    places = [str(asked[key]) for key in ("channel", "user", "users", "email") if asked.get(key)]
    return ", ".join([*places, *_blocks(asked)])


def _blocks(message: Json) -> list[str]:
    blocks = message.get("blocks")
    count = len(blocks) if isinstance(blocks, list) else 0
    return [f"{count} {'block' if count == 1 else 'blocks'}"] if count else []


# --- bodies ---


async def _asked(request: web.Request) -> Any:
    """What was asked, as far as it can be read twice: files on their way are left alone."""
    if request.content_type == "application/json":
        return _parsed(await request.text())
    if request.content_type == "application/x-www-form-urlencoded":
        fields = {**request.query, **(await request.post())}
        return {key: _parsed(value) if str(value)[:1] in "[{" else value for key, value in fields.items()}
    return dict(request.query)


def _answered(response: web.StreamResponse) -> Any:
    body = response.body if isinstance(response, web.Response) else None
    return _parsed(body.decode(errors="replace")) if isinstance(body, bytes) else None


def _parsed(text: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        return text
