"""Posts and who holds them: what is owned by a post passes on with it."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from storage import people
from storage.store import new_id
from storage.tables import ITEM, PERSON, POST, POST_HOLDER

NAME_MOST = 80


class Post(NamedTuple):
    """A post by its number and name."""

    id: int
    name: str


class Tenure(NamedTuple):
    """Who held a post since which day; `until` is the first day of the next holder, None while it lasts.

    `away` says why nobody in chat answers for them ("" when somebody does).
    """

    person: int
    called: str
    since: date
    until: date | None
    away: str


class Standing(NamedTuple):
    """A post as the list of posts shows it: its holder, those before, newest first, and how many items are open."""

    name: str
    holder: Tenure
    earlier: list[Tenure]
    items: int


def key(name: str) -> str:
    """By which a post is found again, whatever the letter case and the blanks."""
    return " ".join(name.split()).casefold()


def named(tx: Connection, name: str) -> Post | None:
    """The post of that name."""
    row = tx.execute(select(POST.c.id, POST.c.name).where(POST.c.name_key == key(name))).first()
    return Post(row.id, row.name) if row else None


def names(tx: Connection) -> list[str]:
    """Every post, in alphabetical order."""
    return list(tx.execute(select(POST.c.name).order_by(POST.c.name_key)).scalars())


def held_by(tx: Connection, person: int) -> list[Post]:
    """The posts that a person holds now, in alphabetical order."""
    joined = select(POST.c.id, POST.c.name).join(POST_HOLDER, POST_HOLDER.c.post_id == POST.c.id)
    rows = tx.execute(joined.where(POST_HOLDER.c.person_id == person, _NOW).order_by(POST.c.name_key))
    return [Post(row.id, row.name) for row in rows]


def holder(tx: Connection, post: int) -> Tenure | None:
    """Who holds a post now."""
    return next((one for one in _tenures(tx, post) if one.until is None), None)


def listed(tx: Connection, unseen: frozenset[int]) -> list[Standing]:
    """Every post, in alphabetical order; the items `unseen` are counted nowhere."""
    rows = tx.execute(select(POST.c.id, POST.c.name).order_by(POST.c.name_key)).all()
    return [_standing(tx, Post(row.id, row.name), unseen) for row in rows]


def _standing(tx: Connection, post: Post, unseen: frozenset[int]) -> Standing:
    tenures = _tenures(tx, post.id)
    items = tx.execute(select(ITEM.c.id).where(ITEM.c.post_id == post.id, ITEM.c.open.is_(True))).scalars()
    earlier = [one for one in tenures[1:] if one.since != one.until]  # else put right on the day it was said
    return Standing(post.name, tenures[0], earlier, len(set(items) - unseen))


_NOW = POST_HOLDER.c.until.is_(None)


def _tenures(tx: Connection, post: int) -> list[Tenure]:
    """Who holds it, and who held it before, newest first."""
    rows = tx.execute(
        select(POST_HOLDER.c.person_id, POST_HOLDER.c.since, POST_HOLDER.c.until, PERSON.c.away)
        .join(PERSON, PERSON.c.id == POST_HOLDER.c.person_id)
        .where(POST_HOLDER.c.post_id == post)
        .order_by(POST_HOLDER.c.id.desc())
    )
    return [Tenure(r.person_id, people.called(tx, r.person_id), r.since, r.until, r.away or "") for r in rows]


def keep(tx: Connection, name: str) -> Post:
    """A new post of that name."""
    plain = " ".join(name.split())
    return Post(new_id(tx, insert(POST).values(name=plain, name_key=key(plain))), plain)


def put(tx: Connection, post: int, person: int, since: date) -> None:
    """The post has another holder from that day on."""
    tx.execute(update(POST_HOLDER).where(POST_HOLDER.c.post_id == post, _NOW).values(until=since))
    tx.execute(insert(POST_HOLDER).values(post_id=post, person_id=person, since=since))
