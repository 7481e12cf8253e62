"""An act on the register as a whole: allowed, carried out and answered once, in one transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.sql.elements import ColumnElement

from storage import people, refusals
from storage.record.change import Actor, Loaded, at_of, first_answer, keep_answer, load, note_refusal, refused_before
from storage.refusals import NotAllowed
from storage.rules import permissions
from storage.store import Store
from storage.tables import ITEM


class Done(NamedTuple):
    """What was done to how many items and posts, and when; `repeated` when it was so before this request came again."""

    items: int
    posts: int
    event: int
    at: datetime
    repeated: bool = False


Work = Callable[[Connection, datetime], Done]


def at_once(store: Store, actor: Actor, act: str, work: Work) -> Done:
    """Request key, authorisation and `work` in one transaction. Raises NotAllowed, and what `work` raises."""
    with store.write() as tx:
        done = _before(tx, actor) or _attempt(tx, store, actor, act, work)
    if isinstance(done, NotAllowed):
        raise done
    return done


def _before(tx: Connection, actor: Actor) -> Done | NotAllowed | None:
    answer = first_answer(tx, actor)
    if answer is None:
        return None
    return refused_before(tx, actor) or Done(**answer, at=at_of(tx, answer["event"]), repeated=True)


def _attempt(tx: Connection, store: Store, actor: Actor, act: str, work: Work) -> Done | NotAllowed:
    if not permissions.may_keep(act, actor.person.roles):
        return _refused(tx, store, actor, act)
    done = work(tx, store.clock())
    keep_answer(tx, actor, done.at, {"items": done.items, "posts": done.posts, "event": done.event})
    return done


def _refused(tx: Connection, store: Store, actor: Actor, act: str) -> NotAllowed:
    answer = refusals.not_kept_by_you(act, people.holders(tx, min(permissions.OF_THE_REGISTER[act])))
    return note_refusal(tx, store, actor, act, answer)


def loaded(tx: Connection, actor: Actor, *which: ColumnElement[bool]) -> list[Loaded]:
    """The open items of which that is true, each under lock, in the order of their references."""
    chosen = select(ITEM.c.reference).where(ITEM.c.open.is_(True), *which).order_by(ITEM.c.reference_key)
    found = (load(tx, actor.person, reference) for reference in tx.execute(chosen).scalars().all())
    return [one for one in found if one]


def admit_at_once(store: Store, actor: Actor, act: str) -> None:
    """Raise the NotAllowed that `act` would meet now, and record it; for a preview."""
    if not permissions.may_keep(act, actor.person.roles):
        at_once(store, actor, act, _nothing)


def _nothing(tx: Connection, now: datetime) -> Done:
    raise AssertionError("somebody who may not got as far as this")
