"""Notices: what a person is told directly, because they wait for it or it is theirs now."""

from collections.abc import Mapping
from typing import Any

from handlers import wording
from handlers.ask import Desk
from handlers.card import Button, Buttons, Card, Note, Part, Quote, Span, Text, say_lines
from handlers.wording import british, details_button, item_row, moment, update_button
from storage import history, people, questions
from storage.fields import london_day
from storage.people import Person
from storage.questions import News, Reader, Whole
from storage.refusals import ACTS

OPENINGS = {
    "sign off": "Signed off.",
    "send back": "Sent back.",
    "approve": "Approved.",
    "refuse": "Refused.",
    "withdraw": "Withdrawn.",
    "target": "A target date is set.",
    "supersede": "Superseded.",
    "dispute": "Disputed.",
    "accept": "No longer disputed.",
    "reopen": "Reopened.",
    "close": "Closed by the inspectorate.",
    "edit": "Corrected.",
    "assign": "A new owner.",
    "delegate": "A change of delegates.",
}

MANY = {"hand over": "You took over.", "post": "You hold a post now."}


def card(desk: Desk, person: Person, told: Mapping[str, Any]) -> Card | None:
    """The notice of one event to one person; None when they may not read the item (any more)."""
    if told["act"] in MANY:
        return _many(desk, person, told)
    now = desk.store.clock()
    with desk.store.read() as tx:
        news = questions.news(tx, told["event"], Reader(person, london_day(now), desk.limits))
    if news is None:
        return None
    item, mine = news.item, news.item.row.marking
    first = _opening(person, news)
    lead = wording.answer_first(first, f"{_did(news)}, {moment(news.at)}.{_beyond(news)}")
    words: tuple[Part, ...] = (Text((Quote(Span(news.words, marking=mine)),)),) if news.words else ()
    button = update_button(item.row) if "update" in item.may else details_button(item.row.reference)
    row = item_row(item.row, london_day(now), desk.limits, button, owner=item.row.owner_id != person.id)
    note = Note(((Span(f"You get this because {_why(person, item)}."),),))
    return Card(f"{first.rstrip('.')}: {item.row.reference}", (say_lines(lead), *words, row, note))


def _many(desk: Desk, person: Person, told: Mapping[str, Any]) -> Card:
    """One notice of many items at once, and of the posts that came with them."""
    with desk.store.read() as tx:
        event = history.minutes(tx, after=told["event"] - 1, upto=told["event"])[0]
        who = people.called(tx, event.actor_id)
        giver = people.called(tx, told["from"]) if told.get("from") else ""
    what = [wording.count(told["items"], "item")] if told["items"] else []
    what += [f"the post {name}" for name in told["posts"]]
    came = f" from {giver}" if giver else ""
    line = wording.answer_first(MANY[told["act"]], f"{who} gave you {wording.joined(what)}{came}, {moment(event.at)}.")
    buttons = Buttons((Button("Mine", "mine", "What you owe"), Button("Posts", "posts", "Every post")))
    return Card(f"{MANY[told['act']].rstrip('.')}: {wording.joined(what)}", (say_lines(line), buttons))


def _opening(person: Person, news: News) -> str:
    if news.act in {"assign", "register"} and news.item.row.owner_id == person.id:
        return "It is yours now."
    if news.act == "delegate" and person.called in news.item.delegates:
        return "You may update it now."
    return OPENINGS.get(news.act, "Changed.")


def _did(news: News) -> str:
    said = ACTS[news.act].did if news.act in ACTS else "changed {}"
    return f"{news.who} {said.format(news.item.row.reference)}"


def _beyond(news: News) -> str:
    """What follows from it, where the row alone does not say so."""
    if news.act == "sign off":
        return " Complete is the force's word; only the inspectorate closes it."
    if news.act == "send back":
        return " It is in progress again: mend it, then ask for sign-off again."
    target, last = news.item.item["target_date"], news.item.decided
    if news.act == "refuse":
        dated = target and last and last.kind == "extend"
        return f" The target date stays {british(target)}." if dated else " It stays as it is."
    if news.act in {"approve", "target"} and target and news.item.row.status != "no_action":
        return f" The target date is {british(target)}."
    return ""


def _why(person: Person, item: Whole) -> str:
    ties = ("you own it", item.standing.owner), ("you may update it", item.standing.delegate)
    return next((why for why, fits in ties if fits), "you asked for it, or had to do with it")
