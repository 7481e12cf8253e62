"""Microsoft's own local client in a test: people who type, press and fill in, and what stands in a conversation now."""

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any

import websocket

from practice import playground
from practice.playground import BOT, DCC, GROUP, PERSONAL, TEAM, TENANT
from tests.conftest import CAST

Json = dict[str, Any]
WITHIN = 6.0
CARD = "application/vnd.microsoft.card.adaptive"
MENTION = "<at>Lightkeeper</at>"
KINDS = {PERSONAL: "personal", GROUP: "groupChat", TEAM: "channel", DCC: "channel"}
__all__ = ["DCC", "GROUP", "PERSONAL", "TEAM", "Client", "Shown"]


def user(who: str) -> str:
    """One of the cast as the client knows them."""
    return f"29:{CAST[who][0].split('@')[0]}"


@dataclass(frozen=True)
class Shown:
    """A card as somebody sees it: in the message where it stands, or in answer to their press in its place.

    `place` is the conversation with its thread; `words` is what was answered where no card was.
    """

    place: str
    message: str
    card: Json = field(default_factory=dict)
    words: str = ""

    @property
    def text(self) -> str:
        """All that it says, a line for each block."""
        return self.words or "\n".join(lines_of(self.card))

    @property
    def labels(self) -> list[str]:
        return [str(action.get("title", "")) for action in actions_in(self.card)]

    def action(self, label: str, about: str = "") -> Json:
        """The first button of that label; of several, the one that says something `about` an item."""
        fitting = [a for a in actions_in(self.card) if a.get("title") == label and about in a["data"].get("say", "")]
        assert fitting, f"there is no {label} {about} among {self.labels}"
        return fitting[0]

    def inputs(self) -> dict[str, str]:
        """Every field by its id, with what stands in it."""
        return {one["id"]: str(one.get("value", "")) for one in _dicts(self.card) if _type(one).startswith("Input.")}


class Client:
    """The client while it is open; the page is one of its ways in, its HTTP interface another, and this one takes it.

    What is typed comes from the person whose client it is; anybody may press, and speak in a channel.
    """

    def __init__(self, url: str, owner: str = "owen") -> None:
        self.url, self.owner = url, owner
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
        self._changed = threading.Condition()
        self._shown: dict[str, Shown] = {}  # in the order in which they came
        self._edited: list[str] = []

    def __enter__(self) -> "Client":
        address = self.url.replace("http", "ws", 1) + "/_ws_conversation/v1/conversations/stream"
        self._stream = websocket.create_connection(address, timeout=WITHIN, http_no_proxy=["127.0.0.1"])
        self._stream.settimeout(None)
        self._reader = threading.Thread(target=self._read, name="stream", daemon=True)
        self._reader.start()
        return self

    def __exit__(self, _1: type[BaseException] | None, _2: BaseException | None, _3: TracebackType | None) -> None:
        assert self._stream.sock is not None
        self._stream.sock.shutdown(socket.SHUT_RDWR)  # who reads would wait for ever
        self._reader.join(WITHIN)

    # --- what stands there ------------------------------------------------------------------------------------------

    def _read(self) -> None:
        while True:
            try:
                frame = self._stream.recv()
            except (OSError, websocket.WebSocketException):
                return
            if frame:
                self._note(json.loads(frame))

    def _note(self, told: Json) -> None:
        """https://learn.microsoft.com/en-us/microsoft-365/agents-sdk/test-with-toolkit-project"""
        if told.get("action") not in ("createMessage", "updateMessage"):
            return
        message = told["message"]
        cards = [a["content"] for a in message.get("attachments") or [] if a.get("contentType") == CARD]
        card, words = (cards or [{}])[0], str(message.get("text") or "")
        shown = Shown(told["actionConversationId"], message["messageId"], card, words)
        with self._changed:
            before = self._shown.get(shown.message)
            if before is not None:
                self._edited.append(shown.message)
            self._shown[shown.message] = replace(shown, place=before.place) if before else shown
            self._changed.notify_all()

    def messages(self, place: str = PERSONAL) -> list[Shown]:
        """What stands in a conversation and its threads now, as all who read there see it."""
        with self._changed:
            return [one for one in self._shown.values() if one.place.split(";")[0] == place]

    def arrives(self, place: str, words: str, after: int = 0, within: float = WITHIN) -> Shown:
        """The message in a conversation that says these words, once it is there; `after` so many others."""
        found: list[Shown] = []

        def there() -> bool:
            found[:] = [one for one in self.messages(place)[after:] if words in one.text]
            return bool(found)

        with self._changed:
            came = self._changed.wait_for(there, within)
        stands = "\n---\n".join(one.text for one in self.messages(place))
        assert came, f"{words!r} never came to {place}, where there stands:\n{stands}"
        return found[0]

    # --- what people do ---------------------------------------------------------------------------------------------

    def say(self, words: str, place: str = PERSONAL, as_: str = "", until: str = "") -> Shown:
        """What is answered to words in the 1:1 chat, or to a mention elsewhere; it has the words `until` in it."""
        before = len(self.messages(place))
        if as_ in ("", self.owner):
            self._typed(words, place)
        else:
            self._custom(words, place, as_)
        return self.arrives(place, until, before)

    def _typed(self, words: str, place: str) -> None:
        told: Json = {"type": "text", "text": words, "textFormat": "plain", "from": {"id": user(self.owner)}}
        if place != PERSONAL:
            mentioned = {"mentioned": {"id": BOT, "name": "Lightkeeper"}, "text": MENTION}
            told |= {"text": f"{MENTION} {words}", "mentions": [mentioned]}
        self._post(f"/_conversation/v1/conversations/{place}/messages", told)

    def _custom(self, words: str, place: str, who: str) -> None:
        """An activity as Teams sends it for somebody else: the client's page has one person only."""
        address, name, _ = CAST[who]
        known = {one["email"]: one["aadObjectId"] for one in self._users()}
        mention = {"type": "mention", "mentioned": {"id": BOT, "name": "Lightkeeper"}, "text": MENTION}
        self._post(
            "/_internal/v1/customActivities",
            {
                "type": "message",
                "id": f"{who}-{len(self._shown)}-{words}",
                "channelId": "msteams",
                "serviceUrl": f"{self.url}/_connector",
                "from": {"id": user(who), "name": name, "aadObjectId": known[address]},
                "recipient": {"id": BOT, "name": "Lightkeeper"},
                "conversation": {"id": place, "conversationType": KINDS[place], "isGroup": True, "tenantId": TENANT},
                "channelData": {"tenant": {"id": TENANT}},
                "entities": [mention],
                "text": f"{MENTION} {words}",
                "textFormat": "plain",
            },
        )

    def _users(self) -> list[Json]:
        with self._open(f"{self.url}/_internal/v1/config", timeout=WITHIN) as answer:
            config = json.load(answer)["config"]
        return [config["currentUser"], *config["users"]]

    def press(
        self, shown: Shown, label: str, about: str = "", as_: str = "", fields: Mapping[str, str] | None = None
    ) -> Shown:
        """The card that the presser sees in its place; `fields` are what they filled in before."""
        action = shown.action(label, about)
        filled = {} if action.get("associatedInputs") == "none" else {**shown.inputs(), **(fields or {})}
        pressed = {**action, "data": {**action["data"], **filled}}
        channel = KINDS[shown.place.split(";")[0]] == "channel"
        thread = shown.place if not channel or ";" in shown.place else f"{shown.place};messageid={shown.message}"
        told = {
            "name": "adaptiveCard/action",
            "value": {"action": pressed},
            "from": {"id": user(as_ or self.owner)},
            "conversation": {"id": thread},
            "replyToId": shown.message,
        }
        answer = self._post("/_conversation/v1/invoke", told)
        if answer["type"] == CARD:
            return replace(shown, card=answer["value"], words="")
        return replace(shown, card={}, words=str(answer["value"]))

    def submit(self, form: Shown, as_: str = "", label: str = "Save", **fields: str) -> Shown:
        """A form, filled in and sent; a field is meant by its id."""
        strange = set(fields) - set(form.inputs())
        assert not strange, f"the form has no {strange}, but {sorted(form.inputs())}"
        return self.press(form, label, as_=as_, fields=fields)

    def edited(self, shown: Shown, words: str) -> Shown:
        """The same message, once it says these words to everybody."""

        def says() -> bool:
            return words in self._shown[shown.message].text

        with self._changed:
            assert self._changed.wait_for(says, WITHIN), self._shown[shown.message].text
            return self._shown[shown.message]

    def _post(self, path: str, told: Json) -> Json:
        request = urllib.request.Request(
            self.url + path, json.dumps(told).encode(), {"Content-Type": "application/json"}
        )
        try:
            with self._open(request, timeout=WITHIN) as answer:
                body = answer.read()
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{path}: {refused.code} {refused.read().decode()}") from None
        return dict(json.loads(body)) if body else {}


# --- cards ------------------------------------------------------------------------------------------------------------


def _type(block: Mapping[str, Any]) -> str:
    return str(block.get("type", ""))


def _dicts(thing: Any) -> Iterator[Json]:
    """Every block of a card in the order in which it is drawn; what stands in for another is not."""
    if isinstance(thing, dict):
        yield thing
        for name, value in thing.items():
            if name not in ("fallback", "data", "msteams"):
                yield from _dicts(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from _dicts(value)


def actions_in(card: Json) -> list[Json]:
    return [one for one in _dicts(card) if _type(one) == "Action.Execute"]


def lines_of(card: Json) -> Iterator[str]:
    for one in _dicts(card):
        if _type(one) == "RichTextBlock":
            yield "".join(part if isinstance(part, str) else str(part["text"]) for part in one["inlines"])
        elif _type(one) == "TextBlock":
            yield str(one["text"])
        elif _type(one).startswith("Input."):
            yield str(one.get("label", ""))


def found() -> str:
    """Why there is no client on this machine; "" where there is one, installed."""
    try:
        playground.node()
        playground.installed()
    except playground.Unavailable as fault:
        return str(fault)
    return ""
