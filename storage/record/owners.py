"""Whose an item is: its owner, and who may act for the owner."""

from datetime import datetime

from storage.record.change import Actor, Loaded, Plan, Saved, change
from storage.refusals import FieldFaults
from storage.rules import lifecycle
from storage.store import Store

DELEGATES_MOST = 10


def assign(
    store: Store, actor: Actor, reference: str, version: int | None, owner: int, post: int | None = None
) -> Saved:
    """One owner, by person id; as the holder of `post` where it is owned by a post. Work on it begins."""

    def decide(found: Loaded, now: datetime) -> Plan:
        item = found.item
        if (owner, post) == (item["owner_id"], item["post_id"]):
            raise FieldFaults({"person": "That is the owner already."})
        status = lifecycle.after("assign", item["status"])
        others = [n for n in item["delegates"].split(";") if n and int(n) != owner]
        values = {"owner_id": owner, "post_id": post, "delegates": ";".join(others), "status": status}
        return Plan(values, {}, (), found.concerned | {owner})

    return change(store, actor, "assign", reference, version, decide)


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
