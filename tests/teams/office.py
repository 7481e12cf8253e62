"""An office with Teams: the register as in the demo, the listener fed with what Teams sends, and people in chats."""

import copy
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bot import wiring
from bot.clock import instant
from storage import register
from storage.rules.deadlines import Thresholds
from tests.conftest import CAST, Clock
from tests.teams.stand_ins import APP, BOT, TENANT, Connector, Posted
from tests.wire.office import FRIDAY, STORY, settings

Json = dict[str, Any]
CUSTODY, GOVERNANCE = "19:custody@thread.tacv2", "19:governance@thread.tacv2"
CARD = "application/vnd.microsoft.card.adaptive"


def account(who: str) -> str:
    """The id in Entra of one of the cast."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, who))


def member(who: str, **changes: Any) -> Json:
    """What Teams says of one of the cast; a part that is changed to None is left out."""
    address, name, _ = CAST[who]
    told = {"id": f"29:{who}", "name": name, "aadObjectId": account(who), "email": address}
    told |= {"userPrincipalName": address, "userRole": "user", "tenantId": TENANT, **changes}
    return {key: value for key, value in told.items() if value is not None}


class Shown(NamedTuple):
    """A card that somebody sees: in which message of which place, and the words of its notification."""

    place: str
    message: str
    card: Json
    summary: str = ""


class Afterwards:
    """What a door does after an answer, done when the test says so: in order, and whatever that brings with it."""

    def __init__(self) -> None:
        self.waiting: deque[Callable[[], object]] = deque()

    def submit(self, work: Callable[[], object]) -> None:
        self.waiting.append(work)

    def do(self) -> None:
        while self.waiting:
            self.waiting.popleft()()

    def shutdown(self, wait: bool = True) -> None: ...


class Office:
    """`with Office(url_of_a_register) as office:`; whoever asks for `owen` gets Owen in his own chat with the bot."""

    def __init__(self, url: str, connector: Connector, now: str = FRIDAY, **more: str) -> None:
        self.url, self.connector, self.more, self.clock = url, connector, more, Clock("2026-11-20 09:00")
        self.clock.now = instant(now)
        self.count = iter(range(1, 10**6))
        self.afterwards, self.tenant = Afterwards(), TENANT

    def __enter__(self) -> "Office":
        self.connector.clear()
        self.connector.members.clear()
        for who in CAST:
            told = member(who)
            self.connector.members |= {told["id"]: told, told["aadObjectId"]: told}
        values: Json = {name.lower(): value for name, value in {**STORY["settings"], **self.more}.items()}
        values |= {
            "dcc_channel": "",
            "teams_app_id": APP,
            "teams_tenant_id": TENANT,
            "teams_local": True,
            "database_url": self.url,
        }
        given = settings(**values, lightkeeper_now=self.clock())
        self.bot, _ = wiring.build(given, self.clock, pause=lambda _seconds: None)
        assert self.bot.teams is not None
        self.door, self.listener = self.bot.teams.door, self.bot.teams.listener
        self.door.after = self.afterwards  # type: ignore[assignment]
        self.line = wiring.open_line(self.bot.teams)
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()
        self.bot.store.close()

    def settle(self) -> None:
        """Whatever follows an answer has come to its end, and the outbox has sent what it holds."""
        self.afterwards.do()
        self.clock.later(seconds=2)

    def tick(self) -> None:
        """What the ticker does."""
        self.bot.tick()
        self.settle()

    def person(self, who: str, place: str = "") -> "Member":
        return Member(self, who, place)

    # --- the wire ---------------------------------------------------------------------------------------------------

    def hears(self, body: Mapping[str, Any]) -> Json | None:
        """What the bot answers to an activity, once all that follows has been done."""
        told = self.listener.activity(copy.deepcopy(dict(body)))
        self.settle()
        return told

    def body(self, who: str, place: str, kind: str = "message", **more: Any) -> Json:
        """An activity of one of the cast, as Teams sends it."""
        direct = place == chat(who)
        about = {"id": place, "conversationType": "personal" if direct else "channel", "tenantId": TENANT}
        return {
            "type": kind,
            "id": f"{next(self.count)}",
            "channelId": "msteams",
            "serviceUrl": self.connector.service_url,
            "from": {"id": f"29:{who}", "name": CAST[who][1], "aadObjectId": account(who)},
            "recipient": {"id": BOT, "name": "Lightkeeper"},
            "conversation": about,
            "channelData": {"tenant": {"id": TENANT}},
            **more,
        }

    def posts(self) -> list[Shown]:
        """Everything that was posted, as it stands now: an edit takes the place of the card before."""
        standing: dict[tuple[str, str], Shown] = {}
        for number, one in enumerate(self.connector.posted, 1):
            shown = _shown(one, f"{1_780_000_000_000 + number}")
            if shown:
                standing[shown.place, shown.message] = shown
        return list(standing.values())

    def whispers(self) -> list[Posted]:
        """What was posted for one member of a place alone."""
        return [one for one in self.connector.posted if one.method == "POST" and "isTargetedActivity=true" in one.path]

    # --- the register -----------------------------------------------------------------------------------------------

    def whole(self) -> Json:
        return register.whole(self.bot.store, Thresholds(), self.clock())

    def item(self, reference: str) -> Json:
        return next(i for i in self.whole()["items"] if i["reference"] == reference)

    def acts(self, reference: str) -> list[str]:
        """What the record says was done with an item, oldest first."""
        events = self.whole()["events"]
        number = next(
            e["body"]["item"] for e in events if (e["values"].get("reference") or [None, None])[1] == reference
        )
        return [e["body"]["act"] for e in events if e["body"].get("item") == number]


def chat(who: str) -> str:
    """Somebody's own chat with the bot."""
    return f"a:chat-of-{who}"


class Member:
    """Somebody in a chat: their own with the bot, or a place where others read."""

    def __init__(self, office: Office, who: str, place: str = "") -> None:
        self.office, self.who, self.place = office, who, place or chat(who)

    def says(self, words: str, **more: Any) -> Shown:
        """Write to the bot; gives the answer that was posted for it."""
        before = len(self.office.posts())
        self.writes(words, **more)
        mine = [one for one in self.office.posts()[before:] if one.place == self.place]
        assert mine, "nothing was answered"
        return mine[-1]  # what else there was to tell them goes first

    def writes(self, words: str, **more: Any) -> None:
        direct = self.place == chat(self.who)
        mention = {"type": "mention", "text": "<at>Lightkeeper</at>", "mentioned": {"id": BOT, "name": "Lightkeeper"}}
        told: Json = {"text": words} if direct else {"text": f"<at>Lightkeeper</at> {words}", "entities": [mention]}
        told["entities"] = [*told.get("entities", []), *more.pop("mentions", [])]
        assert self.office.hears(self.office.body(self.who, self.place, **{**told, **more})) is None

    def presses(self, shown: Shown, heard: str, **more: Any) -> Shown:
        """Press the button that a screen reader calls `heard`; gives the card in its place."""
        return self.answered(shown, self.pressing(shown, heard, **more))

    def pressing(self, shown: Shown, heard: str, **values: Any) -> Json:
        """The activity of a press."""
        act = button(shown.card, heard)
        action = {"type": act["type"], "verb": act["verb"], "data": {**act["data"], **values}}
        more = {"name": "adaptiveCard/action", "replyToId": shown.message}
        return self.office.body(self.who, self.place, "invoke", value={"action": action, "trigger": "manual"}, **more)

    def answered(self, shown: Shown, body: Json) -> Shown:
        """What an invoke is answered by, in the place of the card."""
        told = self.office.hears(body)
        assert told and told["statusCode"] == 200 and told["type"] == CARD, told
        return shown._replace(card=told["value"])

    def sends(self, shown: Shown, heard: str, **values: Any) -> Shown:
        """Fill in fields by name and press the form's button; the others go as they stand."""
        there = {field["id"]: field.get("value", "") for field in fields(shown.card).values()}
        assert set(values) <= set(there), (values, there)
        return self.presses(shown, heard, **{**there, **values})


def _shown(one: Posted, number: str) -> Shown | None:
    """The card of a post or an edit, and where it stands."""
    path, _, _ = one.path.partition("?")
    place, _, rest = path.partition("/v3/conversations/")[2].partition("/activities")
    if (
        one.method not in ("POST", "PUT")
        or not place
        or isinstance(one.body, bytes)
        or not (one.body or {}).get("attachments")
    ):
        return None
    message = rest.strip("/") if one.method == "PUT" else number
    (attached,) = one.body["attachments"]
    if attached["contentType"] != CARD:
        return None
    return Shown(place.partition(";messageid=")[0], message, attached["content"], one.body.get("summary", ""))


def every(thing: Any, kind: str) -> list[Json]:
    """Every element whose type begins so, in reading order."""
    if isinstance(thing, list):
        return [found for one in thing for found in every(one, kind)]
    if not isinstance(thing, dict):
        return []
    mine = [thing] if str(thing.get("type", "")).startswith(kind) else []
    inner = [found for key, one in thing.items() if key != "data" for found in every(one, kind)]
    return mine + inner


def text(card: Json) -> str:
    """The words that a card shows, run together."""
    said = [one["text"] for one in (*every(card.get("body"), "Text"),)]
    return " ".join(" ".join(said).split())


def fields(card: Json) -> dict[str, Json]:
    """The fields of a form by name."""
    return {one["id"]: one for one in every(card.get("body"), "Input.")}


def buttons(card: Json) -> list[str]:
    """Every button, by what a screen reader says."""
    return [one["tooltip"] for one in every(card, "Action.Execute")]


def button(card: Json, heard: str) -> Json:
    found = [one for one in every(card, "Action.Execute") if one["tooltip"] == heard]
    assert len(found) == 1, (heard, buttons(card))
    return found[0]
