"""One person takes over from another: items, delegate and lead ties and posts, in one transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.sql.elements import ColumnElement

from storage import posts
from storage.fields import london_day
from storage.posts import Post
from storage.record.at_once import Done, at_once, loaded
from storage.record.change import Actor, Plan, notice, write
from storage.record.posts import put, took_over
from storage.refusals import FieldFaults
from storage.store import Store
from storage.tables import ITEM, ITEM_PERSON

TIES = ("owner", "delegate", "lead")


class Load(NamedTuple):
    """What would be handed over: the references of the open items by tie, in their order, and the posts."""

    owns: list[str]
    delegate: list[str]
    leads: list[str]
    posts: list[str]

    @property
    def items(self) -> int:
        """How many items these are; one that is owned and led counts once."""
        return len({*self.owns, *self.delegate, *self.leads})


def load_of(tx: Connection, person: int) -> Load:
    """What a person has on them now, sensitive items included: for the liaison, who reads everything."""
    chosen = (
        select(ITEM.c.reference, ITEM_PERSON.c.tie)
        .join(ITEM_PERSON, ITEM_PERSON.c.item_id == ITEM.c.id)
        .where(ITEM.c.open.is_(True), *_tied(person))
        .order_by(ITEM.c.sort_key)
    )
    by_tie: dict[str, list[str]] = {tie: [] for tie in TIES}
    for row in tx.execute(chosen):
        by_tie[row.tie].append(row.reference)
    owns, delegate, leads = (by_tie[tie] for tie in TIES)
    return Load(owns, delegate, leads, [post.name for post in posts.held_by(tx, person)])


def _tied(person: int) -> tuple[ColumnElement[bool], ...]:
    of = ITEM_PERSON.c
    return (of.person_id == person, of.until.is_(None), of.tie.in_(TIES))


def hand_over(store: Store, actor: Actor, giver: int, taker: int, items: int, held: int) -> Done:
    """Every open item and post of the one becomes the other's; what has ended stays.

    `items` and `held` are how many of each the person saw; where there are others now, nothing happens and
    FieldFaults names `count`.
    """

    def work(tx: Connection, now: datetime) -> Done:
        tied = ITEM.c.id.in_(select(ITEM_PERSON.c.item_id).where(*_tied(giver)))
        found, offices = loaded(tx, actor, tied), posts.held_by(tx, giver)
        if giver == taker or (len(found), len(offices)) != (items, held) or not (found or offices):
            raise FieldFaults({"count": "That is not how it stands any more."})
        ends = [put(tx, store, actor, post, taker, london_day(now)) for post in offices]
        named = {post.id: post for post in offices}
        saved = [write(tx, store, actor, "hand over", one, _plan(one.item, giver, taker, named)) for one in found]
        event, at = (saved[-1].event, saved[-1].at) if saved else (ends[-1].seq, ends[-1].at)
        told = {"act": "hand over", "from": giver, "items": len(found), "posts": [post.name for post in offices]}
        notice(tx, actor, taker, event, at, told)
        return Done(len(found), len(offices), event, at)

    return at_once(store, actor, "hand over", work)


def _plan(item: Mapping[str, Any], giver: int, taker: int, offices: Mapping[int, Post]) -> Plan:
    """The one wherever the other was; nobody is owner and delegate at once, and nobody a delegate twice."""
    owner = taker if item["owner_id"] == giver else item["owner_id"]
    lead = taker if item["lead_id"] == giver else item["lead_id"]
    delegates = [taker if int(n) == giver else int(n) for n in item["delegates"].split(";") if n]
    left = [str(n) for n in dict.fromkeys(delegates) if n != owner]
    words = {"reason": took_over(offices[item["post_id"]].name)} if item["post_id"] in offices else {}
    return Plan({"owner_id": owner, "lead_id": lead, "delegates": ";".join(left)}, words)
