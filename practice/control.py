"""The page's own interface, which tests use too: what a person sees, and what they do."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aiohttp import web

from practice.clock import ClockGoesForwards, target
from practice.shapes import Json, SlackError
from practice.socket_mode import NotRunning
from practice.workspace import Channel, Person

if TYPE_CHECKING:
    from practice.stand_in import StandIn

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    """Serves /practice/…; each answer is JSON, each refusal says why."""

    def __init__(self, stand_in: StandIn) -> None:
        self._all = stand_in

    def routes(self) -> list[web.RouteDef]:
        """Every address of the page's interface."""
        get: dict[str, Handler] = {"state": self.state, "events": self.events}
        get |= {"calls": self.calls, "envelopes": self.envelopes, "files": self.files}
        post: dict[str, Callable[[Json], Awaitable[Json]]] = {
            "say": self.say,
            "press": self.press,
            "submit": self.submit,
            "close": self.close,
            "dismiss": self.dismiss,
            "read": self.read,
            "clock": self.clock,
            "bot/start": self.start_bot,
            "envelope": self.envelope,
            "person": self.person,
            "channel": self.channel,
            "file": self.file,
            "faults": self.faults,
            "faults/clear": self.clear_faults,
            "events/retry": self.retry_events,
            "events/own": self.own_events,
            "http/verify": self.verify,
            "sockets": self.sockets,
            "calls/clear": self.clear_calls,
        }
        read = [web.get(f"/practice/{name}", handler) for name, handler in get.items()]
        read.append(web.get("/practice/file/{id}", self.shared_file))
        return read + [web.post(f"/practice/{name}", _as_json(handler)) for name, handler in post.items()]

    # --- seeing ---

    async def state(self, request: web.Request) -> web.Response:
        """Everything one person may see."""
        try:
            person = self._all.workspace.person(request.query.get("person") or self._somebody())
        except SlackError as refused:
            return web.json_response(refused.answer(), status=404)
        return web.json_response(self._state(person))

    def _somebody(self) -> str:
        return next((p.id for p in self._all.workspace.people.values() if p.switcher), "")

    def _state(self, person: Person) -> Json:
        workspace = self._all.workspace
        return {
            "me": self._seen_person(person),
            "team": workspace.team,
            "app": workspace.app,
            "begins_in": workspace.begins_in,
            "people": [self._seen_person(p) for p in workspace.people.values()],
            "channels": [self._seen_channel(c, person) for c in workspace.channels_of(person.id)],
            "views": self._all.views.open_for(person.id),
            "home": self._all.views.homes.get(person.id),
            "clock": self._all.moves.as_seen(),
            "bot": self._all.bot_status(),
        }

    def _seen_person(self, person: Person) -> Json:
        shown = ("id", "handle", "name", "role", "line", "title", "switcher", "deleted")
        return {**{key: getattr(person, key) for key in shown}, "bot": person.is_bot, "guest": person.guest}

    def _seen_channel(self, channel: Channel, person: Person) -> Json:
        workspace = self._all.workspace
        bot = workspace.app["user_id"]
        return {
            **{key: getattr(channel, key) for key in ("id", "name", "topic", "purpose", "private", "archived")},
            "direct": channel.direct_with is not None,
            "member": True,
            "people": sum(1 for m in channel.members if m != bot),
            "bot": bot in channel.members,
            "unread": workspace.unread(person.id, channel),
            "read_until": workspace.read_until(person.id, channel.id),
            "messages": [workspace.as_seen(k) for k in workspace.seen_in(channel, person.id)],
        }

    async def events(self, request: web.Request) -> web.StreamResponse:
        """What changes, as it changes, over a WebSocket."""
        person = self._all.workspace.people.get(request.query.get("person", ""))
        if person is None:
            raise web.HTTPNotFound(text="no such person")
        return await self._all.pages.connect(request, person.id)

    # --- doing ---

    async def say(self, asked: Json) -> Json:
        """A message or a command."""
        return await self._all.acts.say(asked["person"], asked["channel"], asked["text"], asked.get("thread_ts"))

    async def press(self, asked: Json) -> Json:
        """A button or an option."""
        return await self._all.acts.press(asked)

    async def submit(self, asked: Json) -> Json:
        """A form."""
        return await self._all.acts.submit(asked["person"], asked["view_id"], asked.get("values") or {})

    async def close(self, asked: Json) -> Json:
        """A form that is not wanted any more."""
        return self._all.acts.close(asked["person"], asked["view_id"])

    async def dismiss(self, asked: Json) -> Json:
        """A private answer that is not wanted any more."""
        return self._all.acts.dismiss(asked["person"], asked["ts"])

    async def read(self, asked: Json) -> Json:
        """A channel seen to its end."""
        self._all.workspace.person(asked["person"])
        self._all.workspace.mark_read(asked["person"], self._all.workspace.channel(asked["channel"]).id)
        return {"ok": True}

    async def clock(self, asked: Json) -> Json:
        """The clock moved; answers when it is known what came."""
        workspace = self._all.workspace
        if "to" in asked:
            to = datetime.fromisoformat(asked["to"])
        else:
            to = target(asked["move"], workspace.clock.now(), workspace.holidays)
        arrived = await self._all.moves.move(to)
        return {"ok": True, "arrived": arrived, "clock": self._all.moves.as_seen()}

    async def start_bot(self, _: Json) -> Json:
        """The bot started again after it stopped."""
        return {"ok": self._all.start_bot(), "bot": self._all.bot_status()}

    # --- for tests ---

    async def envelope(self, asked: Json) -> Json:
        """Any envelope at all, forged or replayed; answers with the bare ack."""
        try:
            ack = await self._all.courier.deliver(asked["type"], asked["payload"], asked.get("envelope_id"))
        except NotRunning:
            return {"ok": False, "acked": False, "ack": None, "error": "not_running"}
        return {"ok": True, "acked": ack is not None, "ack": ack, "error": None}

    async def person(self, asked: Json) -> Json:
        """A person changed as an administrator would."""
        person = self._all.workspace.person(asked["id"])
        known = {field.name for field in fields(Person)} - {"id"}
        for key, value in asked.items():
            if key in known:
                setattr(person, key, value)
        self._all.pages.tell({"kind": "person", "id": person.id})
        return {"ok": True, "person": self._seen_person(person)}

    async def channel(self, asked: Json) -> Json:
        """A channel archived, renamed, or with the bot put in or out, as an administrator would."""
        channel, bot = self._all.workspace.channel(asked["id"]), self._all.workspace.app["user_id"]
        channel.archived = bool(asked.get("is_archived", channel.archived))
        channel.name = str(asked.get("name", channel.name))
        if "bot_in" in asked:
            channel.members = [m for m in channel.members if m != bot] + ([bot] if asked["bot_in"] else [])
        self._all.pages.tell({"kind": "channel", "id": channel.id})
        return {"ok": True, "channel": {"id": channel.id, "name": channel.name, "is_archived": channel.archived}}

    async def file(self, asked: Json) -> Json:
        """A file of a person's, to be chosen in a form; its content comes in base64, or as text."""
        person = self._all.workspace.person(asked["person"])
        content = base64.b64decode(asked["base64"]) if "base64" in asked else str(asked.get("text", "")).encode()
        return {"ok": True, "file": self._all.files.put(person.id, asked["name"], content)}

    async def shared_file(self, request: web.Request) -> web.Response:
        """A file's content, for whoever sees a message that it was shared in."""
        try:
            person = self._all.workspace.person(request.query.get("person", ""))
            held = self._all.files.held(request.match_info["id"])
        except SlackError as refused:
            return web.json_response(refused.answer(), status=404)
        if not self._sees_file(person, held.id):
            return web.json_response({"ok": False, "error": "file_not_found"}, status=404)
        return web.Response(body=held.content, headers=as_a_download(held.name))

    def _sees_file(self, person: Person, ident: str) -> bool:
        workspace = self._all.workspace
        seen = (k for c in workspace.channels_of(person.id) for k in workspace.seen_in(c, person.id))
        return any(file["id"] == ident for kept in seen for file in kept.message.get("files") or [])

    async def files(self, _: web.Request) -> web.Response:
        """The files there are."""
        return web.json_response({"ok": True, "files": self._all.files.every()})

    async def faults(self, asked: Json) -> Json:
        """A fault to come, or a switch that stays: rates, and types of block that the workspace does not know."""
        if "rates" in asked:
            self._all.web_api.rates.on = bool(asked["rates"])
            return {"ok": True}
        fault, _, kind = str(asked["fault"]).partition(":")
        if fault == "refuses_block":
            self._all.workspace.without_blocks.add(kind)
        elif fault == "expired_trigger":
            self._all.acts.triggers.expire_next += int(asked.get("times", 1))
        elif fault == "refused":
            await self._all.refuse_connections(float(asked.get("seconds", 1.0)))
        else:
            self._all.web_api.faults.add(asked)
        return {"ok": True}

    async def clear_faults(self, _: Json) -> Json:
        """Everything as it should be again."""
        self._all.web_api.faults.clear()
        self._all.web_api.rates.on = False
        self._all.workspace.without_blocks.clear()
        self._all.acts.triggers.expire_next = 0
        return {"ok": True}

    async def retry_events(self, asked: Json) -> Json:
        """Events that were not acknowledged sent again now instead of in a minute or five."""
        waiting = self._all.acts.events.retry_now(bool(asked.get("new_event_id")))
        return {"ok": True, "waiting": waiting}

    async def own_events(self, asked: Json) -> Json:
        """Whether the app also hears of what it says itself in direct messages."""
        self._all.acts.events.own_messages = bool(asked["on"])
        return {"ok": True}

    async def verify(self, _: Json) -> Json:
        """Slack's question to an address over HTTP, asked anew."""
        try:
            return {"ok": self._all.http is not None and await self._all.http.verify()}
        except NotRunning:
            return {"ok": False, "error": "not_running"}

    async def sockets(self, asked: Json) -> Json:
        """The app's connections ended politely, closed, cut or left open in silence; or a warning that they will be."""
        socket = self._all.socket
        ways: dict[str, Callable[[], Any]] = {
            "refresh": socket.refresh,
            "close": socket.close,
            "cut": socket.cut,
            "silent": socket.fall_silent,
            "warn": socket.warn,
            "refuse": lambda: socket.refuse(int(asked.get("times", 1))),
        }
        if asked["how"] not in ways:
            raise ValueError(f"no such way: {asked['how']}")
        done = ways[asked["how"]]()
        if done is not None:
            await done
        return {"ok": True}

    async def calls(self, _: web.Request) -> web.Response:
        """The Web API calls the app has made."""
        return web.json_response({"ok": True, "calls": self._all.web_api.calls.made})

    async def envelopes(self, _: web.Request) -> web.Response:
        """The envelopes the app was sent."""
        return web.json_response({"ok": True, "envelopes": self._all.socket.sent})

    async def clear_calls(self, _: Json) -> Json:
        """The lists of calls and envelopes emptied."""
        self._all.web_api.calls.made.clear()
        self._all.socket.sent.clear()
        return {"ok": True}


def as_a_download(name: str) -> dict[str, str]:
    """Headers that make a browser keep a file under its name, and never open it."""
    kept = f"attachment; filename*=UTF-8''{quote(name)}"
    return {"Content-Disposition": kept, "Content-Type": "application/octet-stream"}


def _as_json(act: Callable[[Json], Awaitable[Json]]) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        try:
            asked: Any = await request.json() if request.can_read_body else {}
            return web.json_response(await act(asked))
        except SlackError as refused:
            return web.json_response(refused.answer(), status=400)
        except (KeyError, TypeError, ValueError, json.JSONDecodeError) as wrong:
            code = "goes_forwards_only" if isinstance(wrong, ClockGoesForwards) else "bad_request"
            return web.json_response({"ok": False, "error": code, "detail": str(wrong)}, status=400)

    return handle
