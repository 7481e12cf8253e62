"""Notices: what a person is told directly, because they wait for it or it is theirs now."""

from collections.abc import Callable, Mapping
from typing import Any

from handlers import wording
from handlers.ask import Desk
from handlers.card import Button, Buttons, Card, Note, Part, Quote, Span, Text, say_lines
from handlers.digests import daily
from handlers.wording import british, details_button, item_row, moment, update_button
from storage import history, people, questions
from storage.fields import london_day
from storage.people import Person
from storage.questions import News, Reader, Whole
from storage.refusals import ACTS
from storage.reminders import DAILY
from storage.rules.lifecycle import is_open

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
    """The notice of one event, or the message of the day, to one person; None when nothing is left to tell them."""
    if told["act"] == DAILY:
        return daily.card(desk, person, told)
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
    words: tuple[Part, ...] = (Text((Quote(Span(news.words, marking=mine)),)),) if _theirs(news) else ()
    button = update_button(item.row) if "update" in item.may else details_button(item.row.reference)
    row = item_row(item.row, london_day(now), desk.limits, button, owner=item.row.owner_id != person.id)
    note = Note(((Span(f"You get this because {_why(person, item)}."),),))
    return Card(f"{first.rstrip('.')}: {item.row.reference}", (say_lines(lead), *words, row, note))


def _theirs(news: News) -> bool:
    """Whether the words are those of who acted; with an approval the ledger keeps the reason that was asked with."""
    return bool(news.words) and news.act != "approve"


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
    follows, last = _FOLLOWS.get(news.act), news.item.decided
    said = follows(news.item) if follows else ""
    ended = last is not None and (last.decision, last.at) == ("ended", news.at)
    return f"{said} The request that waited for a decision has ended with it." if ended else said


def _sent_back(item: Whole) -> str:
    return " It is in progress again: mend it, then ask for sign-off again."


def _approved(item: Whole) -> str:
    if item.row.status == "no_action":
        return " It ends with no action, and the public letter will give the reason."
    return _target(item, "is")


def _refused(item: Whole) -> str:
    extension = item.decided is not None and item.decided.kind == "extend"
    return _target(item, "stays") if extension else " It stays open."


def _target(item: Whole, verb: str) -> str:
    target = item.item["target_date"]
    return f" The target date {verb} {british(target)}." if target else ""


def _superseded(item: Whole) -> str:
    by = item.superseded_by
    return f" {by} takes its place." if by else " It was registered in error."


def _closed(item: Whole) -> str:
    day, number = item.item["closed_on"], item.item["inspectorate_ref"]
    still = " The force has not completed it: it stays open here." if is_open(item.row.status) else ""
    return f" The day was {british(day)}, its number is {number}.{still}" if day else still


_FOLLOWS: Mapping[str, Callable[[Whole], str]] = {
    "sign off": lambda item: " Complete is the force's word; only the inspectorate closes it.",
    "send back": _sent_back,
    "approve": _approved,
    "refuse": _refused,
    "target": lambda item: _target(item, "is"),
    "supersede": _superseded,
    "dispute": lambda item: " It stays open.",
    "close": _closed,
}


def _why(person: Person, item: Whole) -> str:
    ties = ("you own it", item.standing.owner), ("you may update it", item.standing.delegate)
    return next((why for why, fits in ties if fits), "you asked for it, or had to do with it")
