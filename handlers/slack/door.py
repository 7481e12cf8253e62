"""Slack's door: who is who, the desk behind it, and how an answer goes back to where it was asked for."""

import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient

from handlers import commands, wording
from handlers.ask import Ask, Desk
from handlers.card import Card, bold, say_lines
from handlers.door import Doorway
from handlers.slack import draw, errors
from handlers.slack.files import NotHandedOver, SlackFiles
from handlers.slack.people import SlackPeople
from handlers.slack.rows import Rows
from handlers.text.draw import said as in_words
from storage.people import Handle
from storage.store import StoreFault

log = logging.getLogger(__name__)
_CODE = re.compile(r"[a-z]+(?:_[a-z]+)+")


class Where(NamedTuple):
    """Where an answer goes: the response_url (5 uses in 30 minutes), else privately to a user in a channel."""

    url: str
    user: str
    channel: str

    @property
    def direct(self) -> bool:
        """Direct messages with the bot: nobody else reads them, and an answer may stay."""
        return self.channel.startswith("D")


@dataclass
class Door(Doorway):
    """Slack's door: who is who, the register's desk, and what happens after an acknowledgement."""

    borne = (SlackClientError, StoreFault, OSError)

    desk: Desk
    people: SlackPeople
    client: WebClient
    clock: Callable[[], datetime]
    post: Callable[[str, str, dict[str, Any]], None]
    deliver: Callable[[], None]
    rows: Rows
    heard: Callable[[], None] = lambda: None
    after: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4, "after-ack"))
    patience: tuple[float, ...] = (0.1, 0.2, 0.4, 0.8)
    spoken: dict[Handle, date] = field(default_factory=dict)
    files: SlackFiles = field(init=False)

    def __post_init__(self) -> None:
        self.files = SlackFiles(self.client)

    def ask(self, words: str, user: str, team: str, key: str, place: str, **more: Any) -> Ask:
        who = self.people.known(user, team)
        if not who.outside:
            self.spoke(Handle("slack", self.people.team, user))
        return Ask(
            words,
            who.person,
            self.clock(),
            key,
            place,
            forms=True,
            carries=True,
            takes_files=True,
            outside=who.outside,
            tenant=self.people.team,
            **more,
        )


def place(channel: str) -> str:
    return f"slack {channel}"


def respond(door: Door, where: Where, drawn: dict[str, Any], *, replace: bool) -> None:
    """Answer where it was asked; when the response_url is used up or too old, in a new private message."""
    if where.url:
        kind = "in_channel" if where.direct else "ephemeral"
        sent = WebhookClient(where.url, timeout=5).send(response_type=kind, replace_original=replace, **drawn)
        if sent.status_code == 200 and "error" not in sent.body:
            return
        error = _refusal(sent.body)
        why = errors.decide("response_url", error, sent.status_code).sentence
        log.warning("a response_url was refused: %s", why.format(error=error or sent.status_code, place="there"))
    if where.channel:
        door.client.chat_postEphemeral(channel=where.channel, user=where.user, **drawn)


def _refusal(body: str) -> str:
    """The code in a refusal of a response_url, which comes as plain text or in JSON."""
    found = _CODE.search(body.removeprefix('{"ok":false,"error":"'))
    return found[0] if found else ""


def hand_over(door: Door, card: Card, where: Where, say: Callable[[Card], None]) -> None:
    """The file of an answer, to the person alone; that it is sent is said once it is there, where it was asked for."""
    file, plain = card.attachment, replace(card, attachment=None)
    assert file is not None
    try:
        there = door.files.hand_over(where.user, file, f"{in_words(card)}\n{card.subject}, {file.marking}")
    except NotHandedOver as why:
        line = wording.answer_first("Not sent.", str(why))
        say(Card(f"Not sent: {card.subject}", (say_lines(line), *card.parts), ok=False))
        return
    if there != where.channel:
        say(replace(plain, parts=(say_lines((bold("Sent to you in our direct messages:"),)), *card.parts)))


def add(door: Door, where: Where, card: Card) -> None:
    respond(door, where, draw.message(card), replace=False)


def redraw(door: Door, ask: Ask, saved: Card, origin: str, where: Where) -> None:
    """The card that the form came from, as it is now, under the word that it is saved; else a new answer."""
    card = saved
    origin = origin if origin and commands.reads(origin) else ""
    if origin:
        again = door.answer(replace(ask, words=origin, form=None, was={}, request_key="", now=door.clock()))
        first = saved.parts[:1] if not saved.form else ()
        card = replace(again, parts=(*first, *again.parts), subject=saved.subject)
    elif saved.form:
        return
    respond(door, where, draw.message(card, origin), replace=bool(origin))


def error_of(fault: Exception) -> str:
    return str(fault.response.get("error")) if isinstance(fault, SlackApiError) else type(fault).__name__
