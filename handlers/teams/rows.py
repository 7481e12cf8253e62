"""A message that stands in Teams, as it was kept when it was posted: a row of it settled, and drawn anew for everybody.

The bot cannot read a message back: what was sent, and what became of its rows, is in the outbox.
"""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from threading import Lock
from typing import Any

from handlers.carrier import Trouble
from handlers.teams.actions import FORM
from handlers.teams.door import Sends, Where
from handlers.teams.people import TEAMS
from handlers.teams.words import block, literal, restored
from storage import outbox
from storage.store import Store

log = logging.getLogger(__name__)
Json = dict[str, Any]


@dataclass
class Rows:
    """Changes one row of a posted message, whoever else changes another of its rows."""

    store: Store
    sender: Sends
    one_at_a_time: Lock = field(default_factory=Lock)

    def kept(self, where: Where, message: str) -> Json | None:
        """The message as it reads now: its card, its summary, its words; None for one that the outbox did not send."""
        if not message:
            return None
        with self.store.read() as tx:
            found = outbox.posted(tx, TEAMS, where.place, message)
        payload: Json = json.loads(found.payload) if found else {}
        return payload if isinstance(payload.get("card"), dict) else None

    def settle(self, where: Where, message: str, words: str, said: str) -> Json | None:
        """Say in the row of the button with these words what became of it; the message as it reads from now on.

        One after the other, in one transaction each, so that no row is lost.
        """
        with self.store.write() as tx:
            found = outbox.posted(tx, TEAMS, where.place, message)
            now: Json = json.loads(found.payload) if found else {}
            anew = settled(now, words, said) if said and isinstance(now.get("card"), dict) else None
            if found and anew:
                outbox.redraw(tx, found.id, json.dumps(anew, ensure_ascii=False))
        return anew or now or None

    def show(self, where: Where, message: str, drawn: Callable[[], Json | None]) -> None:
        """Draw a message anew where it stands, as it reads at that moment. What Teams refuses is logged only."""
        with self.one_at_a_time:
            now = drawn()
            if now is None:
                return
            try:
                self.sender.edit(where.place, message, now)
            except Trouble as trouble:
                log.warning("a message was not drawn anew: %s", trouble.sentence)


def settled(payload: Json, words: str, said: str) -> Json | None:
    """A message with one row settled, all else as it was; None when it has no such row."""
    body = list(payload["card"].get("body", []))
    at = next((number for number, part in enumerate(body) if _is(part, words)), None)
    if at is None:
        return None
    row = body[at]
    head = row["columns"][0]["items"][0]
    apart = {key: row[key] for key in ("separator", "spacing") if key in row}
    body[at : at + 1] = [{**head, "spacing": "Medium", **apart}, block([{"type": "TextRun", "text": literal(said)}])]
    text = _twin(str(payload.get("text", "")), "".join(run["text"] for run in head["inlines"]), said)
    return {**payload, "card": {**payload["card"], "body": body}, "text": text}


def _is(part: Json, words: str) -> bool:
    """Whether it is the row with the button that says these words, with the button still in it."""
    columns = part.get("columns") or []
    acts = [act for column in columns[1:] for item in column.get("items", []) for act in item.get("actions", [])]
    return part.get("type") == "ColumnSet" and any((act.get("data") or {}).get("say") == words for act in acts)


def _twin(text: str, head: str, said: str) -> str:
    """The plain words with the row's line settled; as they were, where the line was cut off."""
    begins, lines = f"{escape(restored(head), quote=False)}:", text.split("\n")
    for number, line in enumerate(lines):
        if line.startswith(begins):
            lines[number] = f"{begins} {escape(said, quote=False)}"
            break
    return "\n".join(lines)


def first_said(payload: Json) -> str:
    """What was said to get a message, by its first button; "" for one that nobody asked for."""
    return next((str(act["data"].get("from", "")) for act in _acts(payload.get("card")) if "say" in act["data"]), "")


def is_form(payload: Json) -> bool:
    """Whether it is a form, which stands there once it has been sent as what became of it."""
    return any(act.get("verb") == FORM for act in _acts(payload.get("card")))


def is_answer(payload: Json | None) -> bool:
    """Whether somebody asked for it: a card that was drawn when nobody did has no nonce."""
    return payload is not None and any(act["data"].get("nonce") for act in _acts(payload.get("card")))


def _acts(thing: Any) -> Iterator[Json]:
    """Every button, however deep, in reading order."""
    if isinstance(thing, list):
        for one in thing:
            yield from _acts(one)
    elif isinstance(thing, dict):
        if isinstance(thing.get("data"), dict):
            yield thing
        for one in thing.values():
            if isinstance(one, list | dict):
                yield from _acts(one)
