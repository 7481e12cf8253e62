"""An office on a practice day: the stand-in, the bot connected to it in this process, and people who type and press."""

import base64
import copy
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import practice
from bot import wiring
from bot.clock import clock, instant
from bot.settings import Settings
from practice.stand_in import StandInThread
from storage import register
from storage.rules.deadlines import Thresholds

Json = dict[str, Any]
T = TypeVar("T")
PRACTICE = Path(practice.__file__).parent
STORY: Json = json.loads((PRACTICE / "story.json").read_text(encoding="utf-8"))
WORKSPACE: Json = json.loads((PRACTICE / "workspace.json").read_text(encoding="utf-8"))
FRIDAY = WORKSPACE["starts"]
CUSTODY, IMPROVE, CYBER, DCC = "C0CUSTODY", "C0IMPROVE", "C0CYBER", "C0DCC"
WITHIN = 6.0
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def settings(**values: Any) -> Settings:
    """Settings as the test gives them; no `.env` is read."""
    return Settings(_env_file=None, **values)  # type: ignore[call-arg]


def until(what: Callable[[], T], why: str) -> T:
    """What the other thread brings about, within the deadline."""
    end = time.monotonic() + WITHIN
    while not (found := what()):
        assert time.monotonic() < end, f"it never came to pass: {why}"
        time.sleep(0.005)
    return found


@dataclass
class Sent:
    """Everything that the bot put on the wire: what Slack is to show, as it left the bot."""

    messages: list[Json] = field(default_factory=list)
    views: list[Json] = field(default_factory=list)

    def note(self, payload: Mapping[str, Any] | None) -> None:
        """Keep what one ack, call or answer shows."""
        if payload and isinstance(payload.get("view"), dict):
            self.views.append(copy.deepcopy(payload["view"]))
        if payload and ("blocks" in payload or "text" in payload):
            self.messages.append(copy.deepcopy(dict(payload)))


class Office:
    """`with Office(url_of_a_register) as office:`; whoever asks for `owen` gets Owen at his desk in #custody."""

    def __init__(
        self,
        url: str,
        *,
        now: str = FRIDAY,
        change: Callable[[Json], object] | None = None,
        time: Callable[[], datetime] | None = None,  # a clock that the test moves; else it runs on from `now`
        **more: str,
    ):
        given = copy.deepcopy(WORKSPACE)
        if change:
            change(given)
        self.url, self.now, self.more, self.sent = url, instant(now), more, Sent()
        self.time = time or clock(self.now)
        self.slack = StandInThread(given, now=self.now)

    def __enter__(self) -> "Office":
        self.slack.__enter__()
        self._tap()
        values = {name.lower(): value for name, value in {**STORY["settings"], **self.more}.items()}
        values |= {"slack_bot_token": self.slack.bot_token, "slack_app_token": self.slack.app_token}
        values |= {"slack_api_url": self.slack.api_url, "database_url": self.url}
        given = settings(**values, lightkeeper_now=self.now)
        self.bot, app = wiring.build(given, self.time, pause=lambda _seconds: None)
        self._line = wiring.connect(self.bot, app)
        self.bot.tick()  # as the ticker does at once: whoever is known by address only gets a name
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bot.door.after.shutdown(wait=True)
        self._line.close()
        self.slack.__exit__(kind, error, trace)
        self.bot.store.close()

    def _tap(self) -> None:
        """Listen on the line: acks, Web API calls and answers to a response_url, as they leave the bot."""
        stand_in, sent = self.slack.stand_in, self.sent
        deliver, respond, note = stand_in.socket.deliver, stand_in.acts.respond, stand_in.web_api.calls.note

        async def delivered(kind: str, payload: Json, envelope_id: str | None = None) -> Json | None:
            ack = await deliver(kind, payload, envelope_id)
            sent.note(ack)
            return ack

        def responded(secret: str, answer: Json) -> None:
            sent.note(answer)
            respond(secret, answer)

        def noted(method: str, payload: Json, at: str) -> Json:
            sent.note(payload)
            return note(method, payload, at)

        for thing, name, tap in (
            (stand_in.socket, "deliver", delivered),
            (stand_in.acts, "respond", responded),
            (stand_in.web_api.calls, "note", noted),
        ):
            setattr(thing, name, tap)

    # --- the people -------------------------------------------------------------------------------------------------

    def person(self, who: str, channel: str = CUSTODY) -> "Member":
        return Member(self, f"U0{who.upper()}", channel)

    @property
    def owen(self) -> "Member":
        return self.person("owen")

    @property
    def ana(self) -> "Member":
        return self.person("ana")

    @property
    def lia(self) -> "Member":
        return self.person("lia")

    @property
    def ruth(self) -> "Member":
        return self.person("ruth")

    @property
    def marcus(self) -> "Member":
        return self.person("marcus", CYBER)

    @property
    def tess(self) -> "Member":
        return self.person("tess", IMPROVE)

    @property
    def sam(self) -> "Member":
        return self.person("sam")

    # --- the wire ---------------------------------------------------------------------------------------------------

    def do(self, act: str, **asked: Any) -> Json:
        """One act of the stand-in's control interface."""
        return self._ask(f"/practice/{act}", asked)

    def see(self, what: str) -> Json:
        return self._ask(f"/practice/{what}", None)

    def _ask(self, path: str, asked: Json | None) -> Json:
        body = None if asked is None else json.dumps(asked).encode()
        request = urllib.request.Request(self.slack.url + path, data=body, headers={"Content-Type": "application/json"})
        try:
            with _OPENER.open(request, timeout=10) as response:
                return dict(json.loads(response.read()))
        except urllib.error.HTTPError as refused:
            return dict(json.loads(refused.read()))

    def last_envelope(self, kind: str = "") -> Json:
        """The envelope that the bot was sent last, of that kind if given, as it was."""
        sent = self.see("envelopes")["envelopes"]
        return copy.deepcopy(dict([e for e in sent if not kind or e["type"] == kind][-1]))

    def deliver(self, envelope: Json) -> Json:
        """Send an envelope, forged or again; gives the ack."""
        told = self.do("envelope", type=envelope["type"], payload=envelope["payload"])
        assert told["acked"], told
        return dict(told["ack"])

    def fault(self, method: str, fault: str, **more: Any) -> None:
        assert self.do("faults", method=method, fault=fault, **more)["ok"]

    def calls(self, method: str) -> list[Json]:
        return [call for call in self.see("calls")["calls"] if call["method"] == method]

    # --- the register -----------------------------------------------------------------------------------------------

    def whole(self) -> Json:
        return register.whole(self.bot.store, Thresholds(), self.bot.clock())

    def item(self, reference: str) -> Json:
        return next(i for i in self.whole()["items"] if i["reference"] == reference)

    def acts(self, reference: str) -> list[tuple[str, Json]]:
        """What the record says was done with an item: the act and its values, oldest first."""
        events = self.whole()["events"]
        number = next(
            e["body"]["item"] for e in events if (e["values"].get("reference") or [None, None])[1] == reference
        )
        return [(e["body"]["act"], e["values"]) for e in events if e["body"].get("item") == number]


@dataclass
class Member:
    """Somebody at a desk in one channel."""

    office: Office
    id: str
    channel: str

    def says(self, words: str) -> Json:
        """Type `/4action words`; gives the private answer."""
        told = self._typed(words)
        assert told["message"] is not None, told
        return dict(told["message"])

    def opens(self, words: str) -> Json:
        """Type `/4action words`; gives the form that opened."""
        told = self._typed(words)
        assert told["view"] is not None and told["message"] is None, told
        return dict(told["view"])

    def _typed(self, words: str) -> Json:
        told = self.office.do("say", person=self.id, channel=self.channel, text=f"/4action {words}")
        assert told["ok"] and told["acked"], told
        return told

    def presses(self, message: Json, heard: str, **more: Any) -> Json:
        """Press the button that a screen reader calls `heard`; gives what the press came to."""
        block, element, value = button(message, heard)
        where = {"channel": message["channel"], "ts": message["ts"], "block_id": block["block_id"]}
        picked = {"value": value} if element["type"] in {"overflow", "static_select"} else {}
        asked = {"person": self.id, **where, "action_id": element["action_id"], **picked, **more}
        told = self.office.do("press", **asked)
        assert told["ok"] and told["acked"], told
        return told

    def presses_open(self, message: Json, heard: str, **more: Any) -> Json:
        """Press a button that opens a form; gives the form."""
        told = self.presses(message, heard, **more)
        assert told["view"] is not None, told
        return dict(told["view"])

    def hears(self, message: Json, heard: str, **more: Any) -> Json:
        """Press a button that is answered; gives the new private answer, or this person's own message drawn anew."""
        before = {m["ts"]: m for m in self.messages()}
        self.presses(message, heard, **more)
        return until(lambda: self._changed(before), f"an answer to {heard}")

    def _changed(self, before: Mapping[str, Json]) -> Json:
        return next((m for m in self.messages() if m != before.get(m["ts"]) and self._theirs(m, before)), {})

    def _theirs(self, message: Json, before: Mapping[str, Json]) -> bool:
        """A message that others read may change in one of its rows; that is no answer."""
        return message["ts"] not in before or message["ephemeral"] or self.channel.startswith("D")

    def attaches(self, name: str, content: bytes = b"%PDF-1.7 \xff evidence") -> str:
        """Put a file into the chat, to be chosen in a form; gives its id."""
        told = self.office.do("file", person=self.id, name=name, base64=base64.b64encode(content).decode())
        return str(told["file"]["id"])

    def sends(self, view: Json, **values: Any) -> Json:
        """Fill in fields by name and press the form's button; gives what came of it."""
        state = {}
        for block in view["blocks"]:
            name = str(block.get("block_id", "")).partition("@")[0]
            if name in values:
                state[block["block_id"]] = {block["element"]["action_id"]: _state(block["element"], values.pop(name))}
        assert not values, f"the form has no field {values}"
        return self.office.do("submit", person=self.id, view_id=view["id"], values=state)

    def messages(self, channel: str = "") -> list[Json]:
        """What this person sees in a channel."""
        seen = self.office.see(f"state?person={self.id}")["channels"]
        return [m for c in seen if c["id"] == (channel or self.channel) for m in c["messages"]]

    def forms(self) -> list[Json]:
        return list(self.office.see(f"state?person={self.id}")["views"])

    def again(self, message: Json) -> Json:
        """A message as it stands now."""
        return next(m for m in self.messages() if m["ts"] == message["ts"])


def button(message: Json, heard: str) -> tuple[Json, Json, str]:
    """The block, the control and the value of a button, by what a screen reader says or an option's label."""
    for block in message["blocks"]:
        for element in [block.get("accessory"), *block.get("elements", [])]:
            if not element:
                continue
            if element.get("accessibility_label") == heard:
                return block, element, str(element["value"])
            for option in element.get("options", []):
                if option["text"]["text"] == heard:
                    return block, element, str(option["value"])
    raise AssertionError(f"no button is heard as {heard!r}")


def _state(element: Json, value: Any) -> Json:
    if element["type"] == "file_input":
        return {"type": "file_input", "files": list(value)}
    if element["type"] == "datepicker":
        return {"type": "datepicker", "selected_date": value or None}
    if element["type"] in {"radio_buttons", "static_select"}:
        chosen = next(o for o in element["options"] if o["value"] == value)
        return {"type": element["type"], "selected_option": chosen}
    if element["type"] == "users_select":
        return {"type": "users_select", "selected_user": value or None}
    return {"type": element["type"], "value": value or None}


def written(thing: Any) -> str:
    """Every word that a message or form shows, a piece a line: blocks, text, labels, options."""
    if isinstance(thing, str):
        return thing
    if isinstance(thing, list):
        return "\n".join(w for w in map(written, thing) if w)
    if isinstance(thing, dict):
        kept = (
            "text",
            "view",
            "blocks",
            "elements",
            "accessory",
            "element",
            "label",
            "hint",
            "title",
            "submit",
            "options",
        )
        more = ("initial_value", "description", "placeholder", "fields", "accessibility_label", "url")
        return "\n".join(w for key in (*kept, *more) if (w := written(thing.get(key))))
    return ""


def shown(message: Json) -> str:
    """The words of the blocks alone, run together."""
    return " ".join(written(message["blocks"]).split())


def fields(view: Json) -> dict[str, Json]:
    """The fields of a form by name."""
    return {b["block_id"].partition("@")[0]: b["element"] for b in view["blocks"] if b["type"] == "input"}
