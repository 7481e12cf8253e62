"""Who holds which role, since when and why."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from storage import people
from storage.tables import HISTORY, PERSON, ROLE


class Held(NamedTuple):
    """A role that somebody holds now; `by` is who enrolled them, `away` why nobody in chat is them ("" when one is)."""

    role: str
    person: int
    called: str
    since: datetime
    why: str
    by: str
    away: str


def held(tx: Connection) -> list[Held]:
    """Every role that is held now, each in the order in which people got it."""
    rows = tx.execute(
        select(ROLE.c.role, ROLE.c.person_id, ROLE.c.since, ROLE.c.why, PERSON.c.away)
        .join(PERSON, PERSON.c.id == ROLE.c.person_id)
        .where(ROLE.c.until.is_(None))
        .order_by(ROLE.c.since, ROLE.c.id)
    ).all()
    by = {since: _by(tx, since) for since in {row.since for row in rows}}
    return [
        Held(r.role, r.person_id, people.called(tx, r.person_id), r.since, r.why, by[r.since], r.away or "")
        for r in rows
    ]


def _by(tx: Connection, since: datetime) -> str:
    """Who gave the roles of that instant; "" for the settings."""
    found = select(HISTORY.c.actor_id).where(HISTORY.c.act == "enrol", HISTORY.c.at == since)
    actor = tx.execute(found.limit(1)).scalar()
    return people.called(tx, actor) if actor else ""


def can_decide(every: list[Held]) -> list[str]:
    """The names of those who can sign off: of the DCC's role, and still here."""
    return [one.called for one in every if one.role == "dcc" and not one.away]
