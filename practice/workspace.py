"""Who and what there is in the pretended workspace: people, channels, and the messages kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from practice.clock import Clock, in_london, instant_of, stamp_of
from practice.shapes import Json, SlackError


@dataclass
class Person:
    """A member of the workspace as Slack would describe them, and the line the switcher shows."""

    id: str
    handle: str
    name: str
    email: str
    role: str = ""
    line: str = ""
    title: str = ""
    switcher: bool = False
    deleted: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_bot: bool = False

    @property
    def guest(self) -> bool:
        """Whether Slack would call them a guest."""
        return self.is_restricted or self.is_ultra_restricted


@dataclass
class Channel:
    """A conversation: public, private, or direct between one person and the app."""

    id: str
    name: str
    topic: str = ""
    purpose: str = ""
    private: bool = False
    archived: bool = False
    shared: bool = False
    members: list[str] = field(default_factory=list)
    direct_with: str | None = None
    read_until: str = "0"


@dataclass
class Kept:
    """A message as it stands: Slack's own shape, and what the page shows about it besides."""

    channel: str
    message: Json
    only_for: str | None = None
    typed: str | None = None
    redrawn: str | None = None

    @property
    def ts(self) -> str:
        """The stamp by which Slack knows the message."""
        return str(self.message["ts"])


def only_fields(cls: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a mapping that a dataclass knows."""
    return {key: value for key, value in given.items() if key in cls.__dataclass_fields__}  # type: ignore[attr-defined]


class Workspace:
    """Everything said and everybody there. It refuses as Slack refuses and never forgets by itself."""

    def __init__(self, given: Mapping[str, Any], clock: Clock) -> None:
        self.clock = clock
        self.team: Json = dict(given["team"])
        self.app: Json = dict(given["app"])
        self.scopes: list[str] = list(given.get("scopes", []))
        self.without_blocks: set[str] = set()  # types of block that this workspace does not know
        self.begins_in: str = str(given.get("begins_in", ""))
        self.holidays = {date.fromisoformat(day) for day in given.get("bank_holidays", [])}
        self.people = {p["id"]: Person(**only_fields(Person, p)) for p in given["people"]}
        self.people[self.app["user_id"]] = self._bot_person()
        self.channels = {c["id"]: self._channel(c) for c in given["channels"]}
        self._add_direct_messages()
        self.kept: list[Kept] = [self._seed(m, n) for n, m in enumerate(given.get("messages", []))]
        self._read = {(p, c.id): c.read_until for p in self.people for c in self.channels.values()}

    def _bot_person(self) -> Person:
        app = self.app
        return Person(app["user_id"], app["handle"], app["name"], "", title=app.get("about", ""), is_bot=True)

    def _channel(self, given: Mapping[str, Any]) -> Channel:
        channel = Channel(**only_fields(Channel, given))
        channel.members = list(channel.members)
        if "read_until" in given:
            channel.read_until = _stamp_at(given["read_until"])
        return channel

    def _add_direct_messages(self) -> None:
        for person in [p for p in self.people.values() if not p.is_bot]:
            ident = "D0" + person.id.removeprefix("U0")
            members = [person.id, self.app["user_id"]]
            self.channels[ident] = Channel(ident, "directmessage", members=members, direct_with=person.id)

    def _seed(self, given: Mapping[str, Any], number: int) -> Kept:
        ts = _stamp_at(given["at"], number)
        message = {"type": "message", "user": given["person"], "text": given["text"], "ts": ts}
        return Kept(given["channel"], message)

    # --- finding ---

    def person(self, ident: str, code: str = "user_not_found") -> Person:
        """The person with this id, or the refusal named."""
        found = self.people.get(ident)
        if found is None:
            raise SlackError(code)
        return found

    def channel(self, ident: str) -> Channel:
        """The channel with this id or name; a person's id leads to their direct messages."""
        found = self.channels.get(ident) or self.direct(ident) or self._named(ident.removeprefix("#"))
        if found is None:
            raise SlackError("channel_not_found")
        return found

    def direct(self, person: str) -> Channel | None:
        """The direct messages between the app and a person."""
        return next((c for c in self.channels.values() if c.direct_with == person), None)

    def _named(self, name: str) -> Channel | None:
        return next((c for c in self._named_channels() if c.name == name), None)

    def for_bot(self, ident: str) -> Channel:
        """A channel in which the app may read and write, or Slack's refusal."""
        channel = self.channel(ident)
        if self.app["user_id"] in channel.members:
            return channel
        raise SlackError("channel_not_found" if channel.private else "not_in_channel")

    def channels_of(self, person: str) -> list[Channel]:
        """What stands in this person's sidebar: their channels, then their direct messages."""
        return [c for c in self.channels.values() if person in c.members and self._in_sidebar(c, person)]

    def _in_sidebar(self, channel: Channel, person: str) -> bool:
        if channel.direct_with is None or not self.people[person].guest:
            return True
        return any(k.channel == channel.id for k in self.kept)

    def seen_in(self, channel: Channel, person: str) -> Iterator[Kept]:
        """The messages of a channel that this person may see, oldest first."""
        return (k for k in self.kept if k.channel == channel.id and k.only_for in (None, person))

    def find(self, channel: str, ts: str) -> Kept | None:
        """The message with this stamp, whoever may see it."""
        return next((k for k in self.kept if k.channel == channel and k.ts == ts), None)

    def readers(self, kept: Kept) -> list[str]:
        """Who sees a message."""
        return [kept.only_for] if kept.only_for else list(self.channels[kept.channel].members)

    # --- changing ---

    def keep(self, channel: str, message: Json, only_for: str | None = None, typed: str | None = None) -> Kept:
        """Stamps a message and keeps it."""
        kept = Kept(channel, {"type": "message", **message, "ts": self.clock.ts()}, only_for, typed)
        self.kept.append(kept)
        self._count_reply(kept)
        return kept

    def _count_reply(self, kept: Kept) -> None:
        """A reply is counted on the message that it answers, as Slack counts it."""
        root = self.find(kept.channel, str(kept.message.get("thread_ts")))
        if root is None or root is kept or kept.only_for is not None:
            return
        replies = [k.message for k in self.replies(root) if k is not root]
        users = list(dict.fromkeys(str(m["user"]) for m in replies))
        counted = {"reply_count": len(replies), "reply_users": users, "reply_users_count": len(users)}
        root.message.update({"thread_ts": root.ts, "latest_reply": replies[-1]["ts"], **counted})

    def replies(self, root: Kept) -> list[Kept]:
        """A message and what was said in reply to it, for everybody to see."""
        in_channel = (k for k in self.kept if k.channel == root.channel and k.only_for is None)
        return [k for k in in_channel if root.ts in (k.ts, k.message.get("thread_ts"))]

    def keep_from_bot(self, channel: str, content: Json, only_for: str | None = None, typed: str | None = None) -> Kept:
        """Keeps a message that the app wrote."""
        return self.keep(channel, {**self.bot_signature(), **content}, only_for, typed)

    def bot_signature(self) -> Json:
        """What Slack writes on every message of the app."""
        app = self.app
        return {"user": app["user_id"], "bot_id": app["bot_id"], "app_id": app["id"], "team": self.team["id"]}

    def redraw(self, kept: Kept, content: Json) -> None:
        """Puts other words in a message's place; blocks that are left out stay as they were."""
        kept.message.update(content)
        kept.redrawn = self.clock.now().isoformat(timespec="seconds")

    def drop(self, kept: Kept) -> None:
        """Takes a message away for good."""
        self.kept.remove(kept)

    # --- reading ---

    def mark_read(self, person: str, channel: str) -> None:
        """Notes that a person has seen all of a channel."""
        stamps = [k.ts for k in self.seen_in(self.channels[channel], person)]
        self._read[person, channel] = stamps[-1] if stamps else "0"

    def read_until(self, person: str, channel: str) -> str:
        """The stamp up to which a person has read a channel."""
        return self._read.get((person, channel), "0")

    def unread(self, person: str, channel: Channel) -> int:
        """How many messages of others a person has not seen in a channel."""
        until = float(self.read_until(person, channel.id))
        seen = self.seen_in(channel, person)
        return sum(1 for k in seen if float(k.ts) > until and k.message.get("user") != person)

    # --- words ---

    def escaped(self, text: str) -> str:
        """A person's typed words as Slack hands them on: escaped, with names, channels and links as references."""
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        text = _LINK.sub(r"<\g<0>>", text)
        text = _replaced(text, "@", self._spellings_of_people())
        return _replaced(text, "#", {c.name: f"<#{c.id}|{c.name}>" for c in self._named_channels()})

    def _named_channels(self) -> list[Channel]:
        return [c for c in self.channels.values() if c.direct_with is None]

    def _spellings_of_people(self) -> dict[str, str]:
        people = self.people.values()
        return {spelling: f"<@{p.id}|{p.handle}>" for p in people for spelling in (p.name, p.handle)}

    def as_seen(self, kept: Kept) -> Json:
        """A message as the page draws it."""
        writer = self.people.get(kept.message.get("user", ""))
        return {
            **{key: kept.message.get(key) for key in ("ts", "text", "blocks", "thread_ts", "reply_count", "files")},
            "channel": kept.channel,
            "at": instant_of(kept.ts).isoformat(timespec="seconds"),
            "writer": {"id": writer.id, "name": writer.name, "bot": writer.is_bot} if writer else None,
            "ephemeral": kept.only_for is not None,
            "typed": kept.typed,
            "redrawn": kept.redrawn,
        }


# An address ends before what ends a sentence or was escaped.
_LINK = re.compile(r"https?://[^\s<>|]+?(?=[.,;:!?)\]'\"]*(?:&[lg]t;|\s|$))")


def _replaced(text: str, sign: str, spellings: Mapping[str, str]) -> str:
    longest_first: Iterable[str] = sorted(spellings, key=len, reverse=True)
    pattern = sign + "(" + "|".join(re.escape(s) for s in longest_first) + r")(?![\w-])"
    return re.sub(pattern, lambda found: spellings[found.group(1)], text)


def _stamp_at(when: str, number: int = 0) -> str:
    instant = in_london(datetime.fromisoformat(when))
    return stamp_of(int(instant.timestamp()) * 1_000_000 + number)
