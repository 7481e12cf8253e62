"""Whom somebody means: a mention, an address or a name, as one person who can answer for an item."""

from handlers.ask import Ask, Desk, Refused
from storage import people, questions
from storage.people import Handle
from storage.refusals import FieldFaults

EXAMPLE = "Name one person, like @user or owen.hale@force.example."


def meant(desk: Desk, ask: Ask, token: str) -> int:
    """The id of the one full member who is meant; FieldFaults for nobody, several, or somebody from outside."""
    words = token.strip().lstrip("@").rstrip(".,;")
    if not words:
        raise FieldFaults({"person": EXAMPLE})
    who = people.handle(words, ask.tenant)
    return _by_handle(desk, who) if who else _by_name(desk, ask, words)


def _by_handle(desk: Desk, who: Handle) -> int:
    """In chat it is the chat that says who somebody is; elsewhere the register."""
    if desk.in_chat:
        found = desk.in_chat(who)
        if isinstance(found, Refused):
            raise FieldFaults({"person": found.sentence})
        return found
    with desk.store.read() as tx:
        person = people.known_as(tx, who)
    if person is None or person.id is None:
        raise FieldFaults({"person": f"The register knows nobody by {who.external_id}. {EXAMPLE}"})
    return person.id


def _by_name(desk: Desk, ask: Ask, words: str) -> int:
    with desk.store.read() as tx:
        numbers = questions.persons_called(tx, words, ask.tenant)
        names = [people.called(tx, number) for number in numbers]
    if len(numbers) == 1:
        return numbers[0]
    if numbers:
        several = ", ".join(names[:4]) + (" and others" if len(names) > 4 else "")
        raise FieldFaults({"person": f"There are several: {several}. {EXAMPLE}"})
    raise FieldFaults({"person": f"The register knows nobody called {words[:40]}. {EXAMPLE}"})
