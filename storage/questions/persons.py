"""Whom words mean, and who decides."""

from sqlalchemy import Connection

from storage import people


def persons_called(tx: Connection, token: str, tenant: str) -> list[int]:
    """The ids of those meant by an address, a chat user ID or words of a name."""
    who = people.handle(token, tenant)
    if who:
        person = people.known_as(tx, who)
        return [person.id] if person and person.id else []
    return people.named(tx, token)


def deciders(tx: Connection) -> str:
    """Who signs off: the name of the first who holds the role."""
    return next(iter(people.holders(tx, "dcc")), "The DCC")
