"""Whom somebody means: a mention, an address or a name, as one person who can answer for an item."""

from handlers import wording
from handlers.ask import Ask, Desk, Refused
from storage import away, people, questions
from storage.people import Handle
from storage.refusals import FieldFaults

EXAMPLE = "Name one person, like @user or owen.hale@force.example."


def meant(desk: Desk, ask: Ask, token: str) -> int:
    """The id of the one full member who is meant; FieldFaults for nobody, several, or somebody from outside."""
    words = _plain(token)
    who = people.handle(words, ask.tenant)
    if who is None:
        number = _by_name(desk, ask, words)
        who = _handle_of(desk, number)
        return _by_handle(desk, who) if who and desk.in_chat else _still_here(desk, number)
    return _by_handle(desk, who)


def known(desk: Desk, ask: Ask, token: str) -> int:
    """The id of the one person in the register who is meant, also when nobody in chat is them any more."""
    words = _plain(token)
    who = people.handle(words, ask.tenant)
    if who is None:
        return _by_name(desk, ask, words)
    found = desk.in_chat(who) if desk.in_chat else None  # the chat knows whose address a user ID goes with
    return found if isinstance(found, int) else _in_register(desk, who)


def token(desk: Desk, number: int) -> str:
    """How to name a person so that nobody else is meant: the chat's user ID, else the address."""
    who = _handle_of(desk, number)
    return who.external_id if who else ""


def _plain(token: str) -> str:
    words = token.strip().lstrip("@").rstrip(".,;")
    if not words:
        raise FieldFaults({"person": EXAMPLE})
    if words.startswith("<!"):  # how Slack writes a user group, @here and the like
        raise FieldFaults({"person": f"That is a group, and a group cannot answer for an item. {EXAMPLE}"})
    return words


def _handle_of(desk: Desk, number: int) -> Handle | None:
    with desk.store.read() as tx:
        user, person = people.user_in(tx, number, desk.chat), people.by_number(tx, number)
    return people.handle(user or person.address)


def _by_handle(desk: Desk, who: Handle) -> int:
    """In chat it is the chat that says who somebody is; elsewhere the register."""
    if not desk.in_chat:
        return _still_here(desk, _in_register(desk, who))
    found = desk.in_chat(who)
    if isinstance(found, Refused):
        raise FieldFaults({"person": found.sentence})
    return found


def _in_register(desk: Desk, who: Handle) -> int:
    with desk.store.read() as tx:
        person = people.known_as(tx, who)
    if person is None or person.id is None:
        raise FieldFaults({"person": f"The register knows nobody by {who.external_id}. {EXAMPLE}"})
    return person.id


def _still_here(desk: Desk, number: int) -> int:
    """Where the chat cannot be asked, what it said last counts."""
    with desk.store.read() as tx:
        reason, called = away.why(tx, number), people.called(tx, number)
    if reason:
        raise FieldFaults({"person": f"{called} cannot answer for an item: {wording.AWAY[reason]}. {EXAMPLE}"})
    return number


def _by_name(desk: Desk, ask: Ask, words: str) -> int:
    with desk.store.read() as tx:
        called = {number: people.called(tx, number) for number in questions.persons_called(tx, words, ask.tenant)}
    whole = [number for number, name in called.items() if _words(words) <= _words(name)]
    if len(whole) == 1 or len(called) == 1:
        return next(iter(whole or called))
    if called:
        names = [name for number, name in called.items() if number in (whole or called)]
        several = ", ".join(names[:4]) + (" and others" if len(names) > 4 else "")
        raise FieldFaults({"person": f"There are several: {several}. {EXAMPLE}"})
    raise FieldFaults({"person": f"The register knows nobody called {words[:40]}. {EXAMPLE}"})


def _words(name: str) -> set[str]:
    """Ana is a word of Sgt Ana Brook, and not of Dana Whitlock."""
    return set(name.casefold().split())
