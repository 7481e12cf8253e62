"""Every kind of card that people get in Teams is one that Microsoft's own types accept."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from handlers import commands
from handlers.card import Card
from handlers.digests import weekly
from handlers.teams import draw
from storage import digests, figures
from tests.conftest import CAST, LIMITS, SLASH, Town
from tests.handlers import test_teams_limits as made_up
from tests.teams import oracle
from tests.teams.limits import faults_of_card

Json = dict[str, Any]
NONCE = "0123456789ab"
SAID = (
    *("mine", "list", "list page:2", "find custody", "overdue", "due 14d", "CUST26-C1", "show CUST26-C1: text"),
    *("history CUST26-C1", "report CUST26", "reports", "pending", "pending CUST26-C1", "boards", "objectives", "roles"),
    *("posts", "digest", "digests", "reminders", "help", "help filters", "who am I", "overdeu", "list colour:red"),
)
MADE_UP = 40


def drawn(card: Card, said: str) -> Json:
    if card.form:
        return draw.form(card.form, NONCE, {}, {"note": "Say what has changed."}, {}, said)
    return draw.adaptive(card, said, NONCE, back="mine")


def answers(town: Town) -> dict[str, Json]:
    """What everybody gets for all that can be said, forms of every act among it."""
    acts = [f"{module.WORDS[0]} {about}" for module in commands.ACTS for about in ("CUST26-R1", "CUST26")]
    said = [(words, who) for words in SAID for who in ("owen", "lia", "ruth")] + [(words, "lia") for words in acts]
    asks = {f"{who}: {words}": town.ask(words, who, forms=True) for words, who in said}
    return {name: drawn(commands.answer(town.desk, ask), ask.words) for name, ask in asks.items()}


def messages(town: Town) -> dict[str, Json]:
    with town.store.read() as tx:
        counted = figures.count(tx, digests.window(tx, None, town.clock(), 10**9), LIMITS)
    digest = json.dumps(draw.message(weekly.card(counted, LIMITS, SLASH), "", NONCE))
    late = json.loads(draw.said_late(digest, town.clock()))
    told = {"title": "Sign off?", "text": "Asked by Lia Penrose.", "yes": "Sign off"}
    return {
        "digest": late["card"],
        "plain": json.loads(draw.plain("One sentence."))["card"],
        "question": draw.question({"say": "sign off CUST26-R1 v1", "ask": told}, NONCE),
    }


def of_chance() -> dict[str, Json]:
    dice = random.Random(made_up.SEED)
    cards = {f"made up {n}": draw.adaptive(made_up.card(dice), "", NONCE) for n in range(MADE_UP)}
    return cards | {f"made-up form {n}": made_up.form(dice) for n in range(MADE_UP)}


def test_microsofts_types_accept_every_card_and_refuse_what_is_none(trentshire: Town, tmp_path: Path) -> None:
    cards = answers(trentshire) | messages(trentshire) | of_chance()
    assert len(cards) > 150 and set(CAST) >= {"owen", "lia", "ruth"}
    wrong = {name: faults_of_card(card) for name, card in cards.items()}
    assert {name: found for name, found in wrong.items() if found} == {}
    plain = cards["plain"]
    broken = {
        "a wrong property": {**plain, "bodies": []},
        "a wrong type": {**plain, "body": [{"type": "TextBlok", "text": "x"}]},
        "a wrong value": {**plain, "body": [{**plain["body"][0], "spacing": "Huge"}]},
        "a wrong action": {**plain, "actions": [{"type": "Action.Execute", "verbs": "say"}]},
    }
    assert set(oracle.faults(cards | broken, tmp_path)) == set(broken)


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"version": "1.6"}, "not a card of 1.5"),
        ({"body": []}, "an empty body"),
        ({"body": [{"type": "RichTextBlock", "inlines": []}]}, "empty"),
        ({"body": [{"type": "TextBlock", "text": "[x](https://a.example)"}]}, "words that may be live"),
        ({"body": [{"type": "TextRun", "text": "{{DATE(x)}}"}]}, "live in text"),
        ({"body": [{"type": "Action.OpenUrl", "url": "javascript:alert(1)"}]}, "leads elsewhere"),
        ({"body": [{"type": "Input.Date", "id": "a", "label": "A"}] * 2}, "the id a comes 2 times"),
        ({"actions": [{"type": "Action.Execute", "title": "A", "verb": "go", "data": {"say": ""}}]}, "does not say"),
    ],
)
def test_what_the_types_do_not_know_our_own_rules_do(wrong: Json, fault: str) -> None:
    plain: Json = json.loads(draw.plain("One sentence."))["card"]
    assert faults_of_card(plain) == []
    assert any(fault in told for told in faults_of_card({**plain, **wrong}))
