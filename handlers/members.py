"""Whom a chat names, as a person of the register: by the identity it gives, else by e-mail address, then kept."""

from typing import NamedTuple

from storage import people
from storage.people import EMAIL, Handle, Person
from storage.store import Store

NOBODY = Person(None, "", frozenset())


class Known(NamedTuple):
    """Who somebody in a chat is here; `outside` says why they are kept out ("" when they are not)."""

    person: Person
    outside: str


class Profile(NamedTuple):
    """What a chat says of a full member: how it names them, their e-mail address in lower case, their name."""

    who: Handle
    address: str
    name: str


def person(store: Store, of: Profile, member_role: str) -> Person:
    """The person behind a profile, in the register from now on; nothing is written where nothing is new."""
    with store.read() as tx:
        found = people.known_as(tx, of.who, member_role)
        own = found is not None and found.address == of.address  # an address is one person's alone
        mail = people.known_as(tx, Handle(EMAIL, "", of.address)) if of.address and not own else found
    settled = found and found.name == of.name and (not of.address or (mail and mail.id == found.id))
    return found if found and settled else kept(store, of, member_role)


def kept(store: Store, of: Profile, member_role: str) -> Person:
    """A first visit, or a name that has changed: kept, so that the record can name the person."""
    handles = [of.who, Handle(EMAIL, "", of.address)] if of.address else [of.who]
    with store.write() as tx:
        people.keep(tx, handles, of.name, store.clock())
        found = people.known_as(tx, of.who, member_role)
    assert found is not None  # it was kept a line above
    return found
