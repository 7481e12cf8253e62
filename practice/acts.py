"""What a person does in the page, and what the app's answer makes of it."""

from __future__ import annotations

import asyncio
import re
import uuid
from typing import Any

from practice.blocks import checked, find
from practice.courier import Courier
from practice.events import Events
from practice.files import Files
from practice.interactivity import ResponseUrls, Triggers
from practice.limits import MESSAGE_TEXT
from practice.pages import Pages
from practice.payloads import Payloads, action_on
from practice.shapes import Json, SlackError
from practice.socket_mode import NotRunning
from practice.views import Views, missing_or_too_long
from practice.workspace import Channel, Kept, Person, Workspace


class Acts:
    """Turns a person's acts into payloads, waits for the ack, and keeps what it says."""

    def __init__(self, workspace: Workspace, views: Views, courier: Courier, pages: Pages, files: Files) -> None:
        self._workspace = workspace
        self._views = views
        self._courier = courier
        self._pages = pages
        self._files = files
        self.events = Events(workspace, courier)
        self._payloads = Payloads(workspace)
        self._in_flight: set[asyncio.Task[None]] = set()
        self.triggers = Triggers()
        self.response_urls = ResponseUrls(workspace.clock)
        self.url = ""

    # --- telling the pages ---

    def tell_message(self, kind: str, kept: Kept) -> None:
        """Tells everyone who may see a message that it is there, or has changed."""
        event = {"kind": kind, "channel": kept.channel, "message": self._workspace.as_seen(kept)}
        self._pages.tell(event, self._workspace.readers(kept))

    def tell_views(self, person: str) -> None:
        """Tells a person's pages which forms stand open."""
        self._pages.tell({"kind": "view", "views": self._views.open_for(person)}, [person])

    def take_away(self, kept: Kept) -> None:
        """Removes a message from the workspace and from the pages."""
        self._workspace.drop(kept)
        self._pages.tell({"kind": "gone", "channel": kept.channel, "ts": kept.ts}, self._workspace.readers(kept))

    # --- speaking ---

    async def say(self, person: str, channel: str, text: str, thread_ts: str | None = None) -> Json:
        """A message, or a command when it begins with a slash."""
        who, place = self._present(person, channel)
        if text.startswith("/"):
            return await self._command(who, place, text)
        if place.archived:
            raise SlackError("is_archived")
        kept = self._workspace.keep(place.id, self._spoken(who, text, thread_ts))
        self._workspace.mark_read(who.id, place.id)
        self.tell_message("message", kept)
        acked, error = await self.events.said(kept)
        return _outcome(acked=acked, error=error, message=self._workspace.as_seen(kept))

    def _spoken(self, who: Person, text: str, thread_ts: str | None) -> Json:
        content: Json = {
            "user": who.id,
            "client_msg_id": str(uuid.uuid4()),
            "text": self._workspace.escaped(text),
            "team": self._workspace.team["id"],
        }
        return {**content, "thread_ts": thread_ts} if thread_ts else content

    def _present(self, person: str, channel: str) -> tuple[Person, Channel]:
        who, place = self._workspace.person(person), self._workspace.channel(channel)
        if who.id not in place.members:
            raise SlackError("channel_not_found")
        return who, place

    async def _command(self, who: Person, place: Channel, typed: str) -> Json:
        command, text = _split(typed)
        if command not in self._workspace.app["commands"]:
            return _outcome(ok=False, error="unknown_command")
        trigger = self.triggers.issue(who.id)
        address = self.response_urls.issue(who.id, place.id, typed=typed)
        lent = {"response_url": f"{self.url}/commands/{address.secret}", "trigger_id": trigger.id}
        text = self._workspace.escaped(text)
        payload = self._payloads.slash_command(who, place, command, text, lent)
        ack, error = await self._deliver("slash_commands", payload)
        if ack is None:
            return _outcome(ok=False, error=error)
        return self._answered(ack, who, place, typed, trigger.view_id)

    def _answered(self, ack: Json, who: Person, place: Channel, typed: str, view_id: str | None) -> Json:
        kept = None
        try:
            if ack.get("text") or ack.get("blocks"):
                kept = self._keep_answer(ack, who.id, place.id, typed)
        except SlackError as refused:
            return _outcome(ok=False, acked=True, error=refused.code, **refused.more)
        seen = self._workspace.as_seen(kept) if kept else None
        return _outcome(acked=True, message=seen, view=self._opened(view_id))

    def _keep_answer(self, answer: Json, person: str, channel: str, typed: str | None) -> Kept:
        content = self._content(answer)
        everyone = answer.get("response_type") == "in_channel"
        if everyone and typed:
            said = {"user": person, "text": self._workspace.escaped(typed)}
            self.tell_message("message", self._workspace.keep(channel, said))
        private = (None, None) if everyone else (person, typed)
        kept = self._workspace.keep_from_bot(channel, content, *private)
        self.tell_message("message", kept)
        return kept

    def _opened(self, view_id: str | None) -> Json | None:
        try:
            return self._views.find(view_id)[1] if view_id else None
        except SlackError:
            return None

    async def _deliver(self, kind: str, payload: Json) -> tuple[Json | None, str | None]:
        try:
            ack = await self._courier.deliver(kind, payload)
        except NotRunning:
            return None, "not_running"
        return (ack, None) if ack is not None else (None, "no_response")

    # --- pressing ---

    async def press(self, asked: Json) -> Json:
        """A button pressed or an option chosen, on a message or in a form."""
        who = self._workspace.person(str(asked["person"]))
        if asked.get("view_id"):
            return await self._press_in_view(who, asked)
        _, place = self._present(who.id, str(asked["channel"]))
        kept = self._workspace.find(place.id, str(asked["ts"]))
        if kept is None or kept.only_for not in (None, who.id):
            raise SlackError("message_not_found")
        action = self._action(kept.message.get("blocks", []), asked)
        trigger = self.triggers.issue(who.id)
        address = self.response_urls.issue(who.id, place.id, typed=kept.typed, original=kept.ts)
        lent = {"response_url": f"{self.url}/actions/{address.secret}", "trigger_id": trigger.id}
        payload = self._payloads.press_on_message(who, kept, action, lent)
        ack, error = await self._deliver("interactive", payload)
        return _pressed(ack, self._opened(trigger.view_id), error)

    async def _press_in_view(self, who: Person, asked: Json) -> Json:
        view = self._own_view(who.id, str(asked["view_id"]))
        _merge(view["state"]["values"], self._with_files(asked.get("values") or {}))
        action = self._action(view["blocks"], asked)
        trigger = self.triggers.issue(who.id, from_view=view["id"])
        payload = self._payloads.press_on_view(who, view, action, {"trigger_id": trigger.id})
        ack, error = await self._deliver("interactive", payload)
        return _pressed(ack, self._opened(trigger.view_id), error)

    def _action(self, blocks: list[Json], asked: Json) -> Json:
        element = find(blocks, str(asked["block_id"]), str(asked["action_id"]))
        if element is None:
            raise SlackError("action_not_found")
        action = action_on(element, str(asked["block_id"]), asked.get("value"), self._workspace.clock.ts())
        return {**action, **(asked.get("forged") or {})}

    def _own_view(self, person: str, view_id: str) -> Json:
        owner, view = self._views.find(view_id)
        if owner != person:
            raise SlackError("not_found")
        return view

    # --- forms ---

    async def submit(self, person: str, view_id: str, values: Json) -> Json:
        """A form sent with these values laid over what stands in it."""
        who, view = self._workspace.person(person), self._own_view(person, view_id)
        _merge(view["state"]["values"], self._with_files(values))
        faults = missing_or_too_long(view)
        if faults:
            return _form_outcome(errors=faults)
        trigger = self.triggers.issue(who.id, from_view=view_id)
        payload = self._payloads.submission(who, view, {"trigger_id": trigger.id})
        ack, error = await self._deliver("interactive", payload)
        if ack is None:
            return _form_outcome(ok=False, error=error)
        return self._submitted(who.id, view_id, ack)

    def _submitted(self, person: str, view_id: str, ack: Json) -> Json:
        action = ack.get("response_action")
        if action == "errors":
            return _form_outcome(acked=True, errors=ack.get("errors") or {})
        try:
            shown = self._respond(person, view_id, action, ack.get("view"))
        except SlackError as refused:
            return _form_outcome(ok=False, acked=True, error=refused.code, **refused.more)
        self.tell_views(person)
        return _form_outcome(acked=True, view=shown, closed=action in (None, "clear"))

    def _respond(self, person: str, view_id: str, action: str | None, given: Any) -> Json | None:
        if action == "update":
            return self._views.update(view_id, given)
        if action == "push":
            return self._views.push(person, given)
        if action == "clear":
            self._views.clear(person)
            return None
        if action is not None:
            raise SlackError("invalid_response_action")
        self._views.close(person, view_id)
        left = self._views.open_for(person)
        return left[-1] if left else None

    def _with_files(self, values: Json) -> Json:
        """Where the id of a file stands in a form's values, the file as Slack describes it."""

        def told(state: Json) -> Json:
            if "files" not in state:
                return state
            ids = [one["id"] if isinstance(one, dict) else str(one) for one in state["files"]]
            return {**state, "files": [self._files.described(self._files.held(ident)) for ident in ids]}

        return {block: {action: told(state) for action, state in parts.items()} for block, parts in values.items()}

    def close(self, person: str, view_id: str) -> Json:
        """A form closed without being sent; the app hears of it if it asked to."""
        who, view = self._workspace.person(person), self._own_view(person, view_id)
        cleared = bool(view["clear_on_close"])
        gone = self._views.clear(person) if cleared else [view]
        self._views.close(person, view_id)
        self.tell_views(person)
        for one in [v for v in gone if v["notify_on_close"]]:
            self._in_background(self._payloads.closing(who, one, cleared))
        return {"ok": True}

    def _in_background(self, payload: Json) -> None:
        async def send() -> None:
            await self._deliver("interactive", payload)

        task = asyncio.get_running_loop().create_task(send())
        self._in_flight.add(task)
        task.add_done_callback(self._in_flight.discard)

    def dismiss(self, person: str, ts: str) -> Json:
        """Takes a private answer off the person's page."""
        for kept in [k for k in self._workspace.kept if k.ts == ts and k.only_for == person]:
            self.take_away(kept)
        return {"ok": True}

    # --- answers that come later ---

    def respond(self, secret: str, answer: Json) -> None:
        """An answer sent to a response_url: a new message, or another in place of the pressed one."""
        address = self.response_urls.use(secret)
        if not isinstance(answer, dict):
            raise SlackError("invalid_payload")
        if self._workspace.channels[address.channel].archived:
            raise SlackError("channel_is_archived")
        if self._workspace.people[address.person].deleted:
            raise SlackError("user_not_found")
        original = self._workspace.find(address.channel, address.original) if address.original else None
        if answer.get("delete_original") and original:
            self.take_away(original)
        elif answer.get("replace_original") and original:
            self._workspace.redraw(original, {"blocks": [], **self._content(answer)})
            self.tell_message("changed", original)
        else:
            # A command's own address has no original to replace: it can only add.
            typed = None if address.original else address.typed
            self._keep_answer(answer, address.person, address.channel, typed)

    def _content(self, answer: Json) -> Json:
        content: Json = {"text": str(answer.get("text") or "")}
        if answer.get("blocks"):
            content["blocks"] = checked(answer["blocks"], without=self._workspace.without_blocks)
        if not content["text"] and "blocks" not in content:
            raise SlackError("no_text")
        if len(content["text"]) > MESSAGE_TEXT:
            raise SlackError("msg_too_long")
        return {**content, "thread_ts": str(answer["thread_ts"])} if answer.get("thread_ts") else content


def _split(typed: str) -> tuple[str, str]:
    found = re.match(r"(\S+)\s*(.*)", typed.strip(), re.DOTALL)
    return (found.group(1), found.group(2)) if found else ("", "")


def _merge(values: Json, given: Json) -> None:
    for block_id, actions in given.items():
        for action_id, state in actions.items():
            values.setdefault(block_id, {}).setdefault(action_id, {}).update(state)


def _outcome(ok: bool = True, acked: bool = False, **more: Any) -> Json:
    return {"ok": ok, "acked": acked, "message": None, "view": None, "error": None, **more}


def _pressed(ack: Json | None, view: Json | None, error: str | None) -> Json:
    return _outcome(ok=ack is not None, acked=ack is not None, view=view, error=error)


def _form_outcome(ok: bool = True, acked: bool = False, **more: Any) -> Json:
    return {"ok": ok, "acked": acked, "errors": None, "view": None, "closed": False, "error": None, **more}
