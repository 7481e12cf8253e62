"""Teams' door: who is who, the desk behind it, and how an answer goes back to the one who asked, and to nobody else."""

import json
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from threading import Lock
from typing import Any, NamedTuple, Protocol

from handlers.ask import Ask, Desk
from handlers.carrier import Trouble
from handlers.door import Doorway
from handlers.teams import draw
from handlers.teams.files import Store
from handlers.teams.people import TEAMS, TeamsPeople, place_of
from storage import conversations
from storage.conversations import CHANNEL, GROUP, PERSONAL
from storage.people import Handle
from storage.store import StoreFault

log = logging.getLogger(__name__)
Json = Mapping[str, Any]
KINDS = {"personal": PERSONAL, "groupChat": GROUP, "channel": CHANNEL}
ELSEWHERE = "I have answered you in our chat."
NO_CHAT = "I can answer you in our chat only. Open me among your apps, write to me there, and ask again."
REMEMBERED = 2000


class Sends(Protocol):
    """What the door needs of whoever posts as the bot. Each raises Trouble."""

    def post(self, place: str, payload: str, key: str, thread: str = "") -> str:
        """Post for all who read there; gives the message's id."""

    def post_to(self, place: str, member: str, payload: str, thread: str = "") -> str:
        """Post for one member of the place alone; gives the message's id."""

    def edit(self, place: str, ts: str, drawn: dict[str, Any]) -> None:
        """Another card in the place of one that stands there."""


class Where(NamedTuple):
    """Where something was said: the conversation, its kind, the thread in it, and by whom, as Teams calls them."""

    place: str
    kind: str
    thread: str
    user: str

    @property
    def direct(self) -> bool:
        """Somebody's own chat with the bot: nobody else reads it."""
        return self.kind == PERSONAL


@dataclass
class Door(Doorway):
    """Teams' door; `post` puts a message into the outbox by its key, `sender` is for what does not go by it."""

    borne = (Trouble, StoreFault, OSError)

    desk: Desk
    people: TeamsPeople
    sender: Sends
    clock: Callable[[], datetime]
    post: Callable[[str, str, dict[str, Any]], None]
    deliver: Callable[[], None]
    heard: Callable[[], None] = lambda: None
    alert: Callable[[str, str], None] = lambda key, sentence: None  # tells somebody of what waits
    forgiven: str = "/4action"  # a slash command that somebody types who knows another chat
    after: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4, "after-answer"))
    files: Store = field(default_factory=Store)
    spoken: dict[Handle, date] = field(default_factory=dict)
    whispered: "Remembered" = field(default_factory=lambda: Remembered())

    def ask(self, words: str, activity: Json, key: str, **more: Any) -> Ask:
        who = self.people.known(activity)
        if not who.outside:
            self.spoke(Handle(TEAMS, self.people.tenant, str(activity["from"]["aadObjectId"]).lower()))
        return Ask(
            words,
            who.person,
            self.clock(),
            key,
            place(place_of(activity)),
            forms=True,
            carries=True,
            outside=who.outside,
            tenant=self.people.tenant,
            **more,
        )


class Remembered:
    """The last few things by their name, in this process."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self.most, self.things, self.one_at_a_time = most, OrderedDict[str, Any](), Lock()

    def keep(self, name: str, thing: Any) -> None:
        with self.one_at_a_time:
            self._keep(name, thing)

    def _keep(self, name: str, thing: Any) -> None:
        self.things[name] = thing
        while len(self.things) > self.most:
            self.things.popitem(last=False)

    def get(self, name: str) -> Any:
        return self.things.get(name)

    def first(self, name: str) -> bool:
        """Whether this is the first time that the name is heard."""
        with self.one_at_a_time:
            new = name not in self.things
            self._keep(name, True)
        return new


def place(conversation: str) -> str:
    return f"{TEAMS} {conversation}"


def where_of(activity: Json) -> Where:
    """https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-basics"""
    told = activity.get("conversation") or {}
    many = str(told.get("id") or "").startswith("19:")  # where nothing is said of its kind, others may read there
    kind = KINDS.get(str(told.get("conversationType") or ""), CHANNEL if many else PERSONAL)
    thread = str(told.get("id") or "").partition(";messageid=")[2]
    return Where(place_of(activity), kind, thread, str((activity.get("from") or {}).get("id") or ""))


def say(door: Door, where: Where, ask: Ask, drawn: dict[str, Any], origin: str) -> None:
    """Answer what somebody wrote: in their chat by the outbox, elsewhere for them alone, in a moment."""
    if where.direct:
        try:
            door.post(f"answer:{ask.request_key}", where.place, drawn)
        except StoreFault:
            straight(door, where, drawn)
    elif door.whispered.first(ask.request_key):
        door.later(lambda: _privately(door, where, ask, drawn, origin))


def straight(door: Door, where: Where, drawn: dict[str, Any]) -> None:
    """Answer past an outbox that takes nothing now: the one who asked hears at least that."""
    payload = json.dumps(drawn, ensure_ascii=False)
    if where.direct:
        door.later(lambda: door.sender.post(where.place, payload, ""))
    else:
        door.later(lambda: door.sender.post_to(where.place, where.user, payload, where.thread))


def _privately(door: Door, where: Where, ask: Ask, drawn: dict[str, Any], origin: str) -> None:
    """By a message that only they see; where Teams has none, in their own chat, and never in the place.

    https://learn.microsoft.com/microsoftteams/platform/agents-in-teams/targeted-messages
    """
    payload = json.dumps(drawn, ensure_ascii=False)
    try:
        message = door.sender.post_to(where.place, where.user, payload, where.thread)
        door.whispered.keep(f"{where.place} {message}", origin)
    except Trouble as trouble:
        log.info("an answer goes to the person's own chat: %s", trouble.sentence)
        line = ELSEWHERE if _in_own_chat(door, ask, drawn) else NO_CHAT
        door.sender.post(where.place, draw.plain(line), f"line:{ask.request_key}", where.thread)


def _in_own_chat(door: Door, ask: Ask, drawn: dict[str, Any]) -> bool:
    """Whether they have a chat with the bot for it to go to."""
    if ask.person.id is None:
        return False
    with door.desk.store.read() as tx:
        chat = conversations.of_person(tx, ask.person.id)
    if chat is None:
        return False
    door.post(f"answer:{ask.request_key}", chat.place, drawn)
    return True
