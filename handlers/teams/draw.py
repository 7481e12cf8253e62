"""A Card as an Adaptive Card 1.5: plain dicts, the same words in the same order as through the other doors.

https://adaptivecards.io/explorer and https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards
"""

import json
from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any

from handlers import carrier
from handlers.card import Button, Buttons, Card, Part, Span, bold, say_lines
from handlers.teams import actions, inputs
from handlers.teams.actions import ASK, FORM, SAY, Press, execute, whole
from handlers.teams.limits import LIMITS, Block, note, size, within
from handlers.teams.parts import Drawing, a_list
from handlers.teams.words import cut, heading, label, literal, paragraphs, restored
from handlers.text.draw import whole_twin, words_of
from handlers.wording import moment

__all__ = [
    "ASK",
    "FORM",
    "LIMITS",
    "SAY",
    "adaptive",
    "fits",
    "form",
    "literal",
    "message",
    "plain",
    "question",
    "restored",
    "said_late",
]
SENT_LATE = "Sent late"
form = inputs.form


def adaptive(card: Card, origin: str = "", nonce: str = "", back: str | None = None) -> Block:
    """The card; `origin` is what was said to get it, so that it can be drawn anew.

    `back` is what a button "Back" says, for a card that takes the place of another ("" says `mine`).
    """
    press = Press(nonce, origin if len(origin) <= LIMITS["from"] else "")
    drawn, weight = (_kept(card), 0) if card.kept else _drawn(card, press)
    if back is not None:
        led = _lead_back(drawn, execute("Back", "Back", SAY, press.data(back)))
        weight = weight and weight + led
    return within(drawn, LIMITS["drawn"], weight)


def _lead_back(drawn: Block, back: Block) -> int:
    """Put a way back among the buttons in sight, unless there is one; what it weighs."""
    acts: list[Block] = drawn.setdefault("actions", [])
    if any(one["title"] == back["title"] for one in acts):
        return 0
    shown = [one for one in acts if "mode" not in one]
    for one in shown[LIMITS["buttons"] - 1 :]:
        one["mode"] = "secondary"
    drawn["actions"] = [*shown, back, *(one for one in acts if one not in shown)]
    return size(back) + 30


def message(card: Card, origin: str = "", nonce: str = "") -> dict[str, Any]:
    """What the outbox keeps: the card, the words of its notification, and `text`, all of it for where none is drawn."""
    if card.kept:
        kept: dict[str, Any] = json.loads(card.kept)
        if "card" in kept:
            return kept
    return {"card": adaptive(card, origin, nonce), "summary": summary(card.subject), "text": _escaped(whole_twin(card))}


def fits(card: Card) -> bool:
    """Whether one card says all of it, and has room for a line on its marking or lateness."""
    return size(_drawn(card, Press("0" * 12, ""))[0]) <= LIMITS["roomy"]


def said_late(payload: str, due: datetime) -> str:
    """A message as kept, with a line that it comes late; as it is where its words say so already."""
    body, line = json.loads(payload), f"{SENT_LATE}. It was due {moment(due)}"
    if line in payload:
        return payload
    line = f"{line}."
    body["summary"] = f"{body['summary']} {line}"
    body["text"] = f"{body.get('text', '')}\n{line}".strip()
    body["card"]["body"].append(note(line))
    if size(body["card"]) > LIMITS["card"]:  # the notification says it alone
        body["card"]["body"].pop()
    return json.dumps(body, ensure_ascii=False)


def plain(words: str) -> str:
    """The payload of one plain sentence."""
    return json.dumps(message(Card(words, (say_lines((Span(words),)),))), ensure_ascii=False)


def question(told: Mapping[str, Any], nonce: str) -> Block:
    """What the press of a button with a question is answered by: the question, its yes, and the way back."""
    asked, press = told["ask"], Press(nonce, str(told.get("from", "")))
    yes = execute(str(asked["yes"]), str(asked["title"]), SAY, press.data(str(told["say"])))
    body = [*heading(str(asked["title"]), first=True), *paragraphs(str(asked["text"]))]
    back = execute("Back", "Back", SAY, press.data(press.origin))
    return within(whole(body, [{**yes, "style": "positive"}, back]), LIMITS["drawn"])


def summary(subject: str) -> str:
    """The words of a notification, in which nothing is markup."""
    return label(subject.replace("<", "‹").replace(">", "›"), "summary")


def _escaped(text: str) -> str:
    """As every kept message has its words: `& < >` escaped, as the other doors unescape them."""
    return escape(cut(text, LIMITS["text"]), quote=False)


def _kept(card: Card) -> Block:
    """A message as it was kept when it was sent; of one for another door its words, as typed."""
    kept = json.loads(card.kept)
    if "card" in kept:
        return dict(kept["card"])
    return whole(paragraphs(words_of(card.kept), 150), [])


def _drawn(card: Card, press: Press) -> tuple[Block, int]:
    """The card however long, and what it weighs at most, 0 where that is not known."""
    parts = card.parts or _without_parts(card)
    last = next((n for n in range(len(parts) - 1, -1, -1) if isinstance(parts[n], Buttons)), None)
    drawing = Drawing(press, private=card.private, pressed=a_list(card))
    acts: list[Block] = []
    for number, part in enumerate(parts):
        if number == last:
            assert isinstance(part, Buttons)
            acts = actions.actions(part, press)
        else:
            drawing.add(part)
    if not drawing.body:
        drawing.add(say_lines((Span(card.subject or "–"),)))
    return whole(drawing.body, acts), drawing.weight and drawing.weight + (size(acts) if acts else 0)


def _without_parts(card: Card) -> tuple[Part, ...]:
    """What a card without parts says: what is wrong, or the way to its form, or its subject."""
    if card.faults:
        return (say_lines((bold("Not saved."),), *((Span(told),) for told in card.faults.values())),)
    if card.form:
        opens = Button(card.form.title, card.form.say, card.subject, True)
        return (card.form.intro, Buttons((opens,)))
    return ()


def payload(card: Card) -> str:
    """A message as the outbox keeps it."""
    return json.dumps(message(card), ensure_ascii=False)


DRAWING = carrier.Drawing(payload, fits, said_late, plain, slash=False)
