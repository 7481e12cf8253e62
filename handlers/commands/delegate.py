"""`delegate REF @user`: who may update an item for its owner; `none` takes all of them away."""

from functools import partial

from handlers import acting, persons, wording
from handlers.acting import Act, Given, Values
from handlers.card import Field, Line, Span
from storage import record
from storage.record import Saved

WORDS = ("delegate",)
HELP = ("delegate {reference} @user", "who may update it for you")
NOBODY = ("none", "nobody")


def _carry(given: Given, values: Values) -> Saved:
    token = values.get("person", "").strip()
    person = None if token.lower() in NOBODY else persons.meant(given.desk, given.ask, token)
    return record.delegate(given.desk.store, given.ask.actor, *given.seen, person)


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    hint = "They may update it and ask for sign-off."
    return (Field("person", "Delegate", "person", values.get("person", ""), hint),)


def _intro(given: Given) -> tuple[Line, ...]:
    names = given.item.delegates
    return ((Span(f"Delegates now: {wording.joined(names)}."),),) if names else ()


def _told(given: Given, values: Values) -> str:
    names, reference = given.item.delegates, given.item.row.reference
    if not names:
        return f"Nobody but its owner updates {reference} now."
    return f"{wording.joined(names)} may update {reference} for {given.item.row.owner}."


ACT = Act(
    "delegate",
    "Delegate",
    "Saved.",
    _carry,
    _told,
    example=" @user",
    needs=("person",),
    bare=True,
    typed=lambda said: {"person": said.words},
    fields=_fields,
    intro=_intro,
)
answer = partial(acting.answer, ACT)
