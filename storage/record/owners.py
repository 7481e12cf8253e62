"""Whose an item is: its owner, and who may act for the owner."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from storage import posts
from storage.record.change import Actor, Loaded, Plan, Saved, change
from storage.refusals import FieldFaults
from storage.rules import lifecycle
from storage.store import Store

DELEGATES_MOST = 10


def assign(store: Store, actor: Actor, reference: str, version: int | None, owner: int) -> Saved:
    """One owner, by person id. Work on it begins."""
    return _assign(store, actor, reference, version, lambda tx: (owner, None))


def assign_to_post(store: Store, actor: Actor, reference: str, version: int | None, post: int) -> Saved:
    """Owned by a post: by whoever holds it, now and later. Work on it begins."""
    return _assign(store, actor, reference, version, lambda tx: (_holder(tx, post), post))


def _holder(tx: Connection, post: int) -> int:
    held = posts.holder(tx, post)
    if held is None or held.away:
        who = f"{held.called} holds it, and nobody in chat answers for them any more" if held else "Nobody holds it"
        raise FieldFaults({"person": f"{who}. Pass the post on first."})
    return held.person


def _assign(
    store: Store,
    actor: Actor,
    reference: str,
    version: int | None,
    whose: Callable[[Connection], tuple[int, int | None]],
) -> Saved:
    def decide(found: Loaded, now: datetime) -> Plan:
        item = found.item
        owner, post = whose(found.tx)
        if (owner, post) == (item["owner_id"], item["post_id"]):
            raise FieldFaults({"person": "That is the owner already."})
        status = lifecycle.after("assign", item["status"])
        values = {"owner_id": owner, "post_id": post, "delegates": without(item["delegates"], owner), "status": status}
        return Plan(values, {}, (), found.concerned | {owner})

    return change(store, actor, "assign", reference, version, decide)


def without(delegates: str, owner: int) -> str:
    """Nobody is owner and delegate at once."""
    return ";".join(n for n in delegates.split(";") if n and int(n) != owner)


def delegate(store: Store, actor: Actor, reference: str, version: int | None, person: int | None) -> Saved:
    """One more who may update for the owner, by person id; None: nobody any more."""

    def decide(found: Loaded, now: datetime) -> Plan:
        held = [int(n) for n in found.item["delegates"].split(";") if n]
        if person is None:
            return Plan({"delegates": ""}, {}, (), frozenset(held))
        if person == found.item["owner_id"] or person in held:
            raise FieldFaults({"person": "That person may update it already."})
        if len(held) >= DELEGATES_MOST:
            raise FieldFaults({"person": f"{DELEGATES_MOST} delegates are the most. Take them away first."})
        return Plan({"delegates": ";".join(map(str, [*held, person]))}, {}, (), frozenset({person}))

    return change(store, actor, "delegate", reference, version, decide)
