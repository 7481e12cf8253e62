"""The shell of a card and its buttons: `Action.Execute` with a verb, the words that it says, and the card's nonce.

https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model
"""

from typing import NamedTuple

from handlers.card import Button, Buttons
from handlers.teams.limits import LIMITS, Block
from handlers.teams.words import label

SAY, ASK, FORM = "say", "ask", "form"


class Press(NamedTuple):
    """What every button of a card tells beside its words: the card's nonce, and what was said to get it."""

    nonce: str
    origin: str

    def data(self, say: str) -> Block:
        told: Block = {"say": say[: LIMITS["say"]], "nonce": self.nonce}
        if self.origin:
            told["from"] = self.origin
        return told


def whole(body: list[Block], actions: list[Block]) -> Block:
    """A card around its body and buttons."""
    card: Block = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "body": body,
    }
    if actions:
        card["actions"] = actions
    card["msteams"] = {"width": "full"}
    return card


def actions(buttons: Buttons, press: Press) -> list[Block]:
    """At most six in sight, the rest behind the dots."""
    every = (*buttons.shown, *buttons.rest)
    shown = min(len(buttons.shown), LIMITS["buttons"])
    shown = len(every) if len(every) == shown + 1 <= LIMITS["buttons"] else shown  # a menu of one is a button
    drawn = [button(one, press) for one in every]
    for action in drawn[shown:]:
        action["mode"] = "secondary"
    return drawn


def button(one: Button, press: Press) -> Block:
    if one.confirm is None:
        drawn = execute(one.label, one.heard, SAY, press.data(one.say))
    else:
        title, text, yes = one.confirm
        told = {**press.data(one.say), "ask": {"title": title, "text": text, "yes": yes}}
        drawn = execute(one.label, one.heard, ASK, told)
    if one.primary:
        drawn["style"] = "positive"
    return drawn


def execute(title: str, heard: str, verb: str, data: Block) -> Block:
    """A button; `heard` is what a screen reader says."""
    drawn: Block = {"type": "Action.Execute", "title": label(title, "label"), "verb": verb, "data": data}
    drawn["tooltip"] = label(heard, "tooltip")
    return drawn
