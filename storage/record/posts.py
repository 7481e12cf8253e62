"""Who holds a post: when it passes on, every open item of the post gets its new owner."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from storage import posts
from storage.fields import london_day
from storage.history import Event, Head, Pair, append
from storage.posts import Post, Tenure
from storage.record.at_once import Done, at_once, loaded
from storage.record.change import Actor, Loaded, Plan, notice, write
from storage.record.owners import without
from storage.record.updates import raise_any
from storage.refusals import day_shown
from storage.rules import lifecycle
from storage.store import Store
from storage.tables import ITEM


def pass_on(store: Store, actor: Actor, name: str, holder: int, since: date) -> Done:
    """The post, made if it is new, is held by that person from that day on; with it go its open items, one event each.

    A day that has not come is refused: a post passes on when somebody says so.
    """

    def work(tx: Connection, now: datetime) -> Done:
        post, held = _as_it_is(tx, name)
        raise_any(_name_faults(name) | _faults(held, holder, since, london_day(now)))
        post = post or posts.keep(tx, name)
        end = put(tx, store, actor, post, holder, since)
        items = loaded(tx, actor, ITEM.c.post_id == post.id)
        for item in items:
            end_of_item = write(tx, store, actor, "assign", item, _plan(item, post, holder))
            end = end._replace(seq=end_of_item.event, at=end_of_item.at)
        notice(tx, actor, holder, end.seq, end.at, {"act": "post", "posts": [post.name], "items": len(items)})
        return Done(len(items), 1, end.seq, end.at)

    return at_once(store, actor, "post", work)


def _as_it_is(tx: Connection, name: str) -> tuple[Post | None, Tenure | None]:
    post = posts.named(tx, name)
    return post, posts.holder(tx, post.id) if post else None


def _name_faults(name: str) -> dict[str, str]:
    plain = " ".join(name.split())
    if not any(letter.isalpha() for letter in plain):
        return {"name": "Name the post, like Head of Economic and Cyber Crime."}
    if len(plain) > posts.NAME_MOST:
        return {"name": f"Name the post in at most {posts.NAME_MOST} characters."}
    return {}


def _faults(held: Tenure | None, holder: int, since: date, today: date) -> dict[str, str]:
    if held and held.person == holder:
        return {"person": f"{held.called} holds it already, since {day_shown(held.since)}."}
    if since > today:
        return {"date": f"{day_shown(since)} has not come yet. Say it on that day: a post passes on when you say so."}
    if held and since < held.since:
        return {"date": f"{held.called} has held it since {day_shown(held.since)}. Choose that day or a later one."}
    return {}


def put(tx: Connection, store: Store, actor: Actor, post: Post, holder: int, since: date) -> Head:
    """The post has another holder, and the record an event of it; its items are the caller's to pass on."""
    held = posts.holder(tx, post.id)
    posts.put(tx, post.id, holder, since)
    fields: dict[str, Pair] = {
        "post": (None, post.id),
        "name": (None, post.name),
        "holder": (held.person if held else None, holder),
        "since": (held.since.isoformat() if held else None, since.isoformat()),
    }
    return append(tx, store, [Event("post", actor.person.id, actor.place, actor.request_key, fields=fields)])[0]


def _plan(found: Loaded, post: Post, holder: int) -> Plan:
    """One owner, who is no delegate any more."""
    item = found.item
    values = {"owner_id": holder, "delegates": without(item["delegates"], holder)}
    values["status"] = lifecycle.after("assign", item["status"])
    return Plan(values, {"reason": took_over(post.name)})


def to_its_holder(found: Loaded) -> dict[str, Any]:
    """An item of a post that begins again is whose the post is now; nothing, where no post owns it."""
    item = found.item
    held = posts.holder(found.tx, item["post_id"]) if item["post_id"] else None
    if held is None:
        return {}
    return {"owner_id": held.person, "delegates": without(item["delegates"], held.person)}


def took_over(name: str) -> str:
    """Why an item of a post has another owner, in the record's words."""
    return f"took over as {name}"
