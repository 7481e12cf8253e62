"""`assign REF @user`, or `assign REF NAME OF POST`: the liaison gives an item its owner, who hears of it."""

from functools import partial

from handlers import acting, persons
from handlers.acting import Act, Given, Values
from handlers.card import Field
from storage import posts, record
from storage.record import Saved
from storage.refusals import FieldFaults

WORDS = ("assign",)
HELP = ("assign {reference} @user", "give it an owner")


def _carry(given: Given, values: Values) -> Saved:
    token, post = values.get("person", "").strip(), values.get("post", "").strip()
    if token and post:
        raise FieldFaults({"post": "Choose a person or a post, not both."})
    to = _post(given, post or token)
    if to is not None:
        return record.assign_to_post(given.desk.store, given.ask.actor, *given.seen, to)
    if post:
        raise FieldFaults({"post": f"There is no post {post[:60]}. The word posts shows them all."})
    owner = persons.meant(given.desk, given.ask, token)
    return record.assign(given.desk.store, given.ask.actor, *given.seen, owner)


def _post(given: Given, name: str) -> int | None:
    with given.desk.store.read() as tx:
        found = posts.named(tx, name)
    return found.id if found else None


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    with given.desk.store.read() as tx:
        names = posts.names(tx)
    hint = "Who answers for it from now on."
    person = Field("person", "Owner", "person", values.get("person", ""), hint, optional=bool(names))
    named = f"Whoever holds it owns the item, e.g. {names[0]}." if names else ""
    post = Field("post", "Or a post", "line", "", named, optional=True, most=posts.NAME_MOST)
    return (person, post) if names else (person,)


def _told(given: Given, values: Values) -> str:
    row, post = given.item.row, given.item.post
    hears = "" if row.owner_id == given.ask.person.id else ", and hears of it"
    return f"{row.owner}{f', as {post},' if post else ''} owns {row.reference} now{hears}."


ACT = Act(
    "assign",
    "Assign",
    "Assigned.",
    _carry,
    _told,
    submit="Assign",
    example=" @user",
    needs=("person",),
    bare=True,
    typed=lambda said: {"person": said.words},
    fields=_fields,
)
answer = partial(acting.answer, ACT)
