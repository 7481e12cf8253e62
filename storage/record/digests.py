"""Acts on digests: where the DCC's goes, which others there are, and that somebody has seen one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from storage import digests
from storage.history import Event, Head, append
from storage.record.at_once import Done, at_once
from storage.record.change import Actor
from storage.record.updates import raise_any
from storage.store import Store, insert_new
from storage.tables import DIGEST, DIGEST_SEEN

USUAL = ("mon", "09:00")


class NewDigest(NamedTuple):
    """A digest to be switched on: for a channel, or for a person as part of their message of the day."""

    kind: str
    platform: str = ""
    place: str = ""
    day: str = USUAL[0]
    time: str = USUAL[1]
    filter: str = ""
    person_id: int | None = None


def digest_here(store: Store, actor: Actor, platform: str, place: str, day: str, time: str) -> Done:
    """The DCC's digest goes to that channel from now on, whatever the settings say; a first one on `day` at `time`.

    The last one goes there too where it could not be delivered.
    """

    def work(tx: Connection, now: datetime) -> Done:
        kept = digests.weekly(tx)
        raise_any({"place": "The DCC's digest comes here already."} if kept and kept.place == place else {})
        to = {"platform": platform, "place": place}
        if kept:
            tx.execute(update(DIGEST).where(DIGEST.c.id == kept.id).values(**to))
            for key in digests.blocked_last(tx, kept.id):
                digests.send_again(tx, platform, place, key, now)
        else:
            row = {"name": digests.WEEKLY, "kind": digests.WEEKLY, "filter": "", "since": now}
            tx.execute(insert(DIGEST).values(**row, **to, day=day, time=time))
        pairs = {"digest": (None, digests.WEEKLY), "place": (kept.place if kept else None, place)}
        return _done(_told(tx, store, actor, digests.HERE, pairs))

    return at_once(store, actor, digests.HERE, work)


def add_digest(store: Store, actor: Actor, new: NewDigest) -> Done:
    """One digest more; FieldFaults where that very one is on already."""

    def work(tx: Connection, now: datetime) -> Done:
        raise_any({"digest": "That digest is on already."} if _on(tx, new) else {})
        name = digests.name_for(tx, new.kind)
        tx.execute(insert(DIGEST).values(name=name, since=now, **new._asdict()))
        pairs = {"digest": (None, name)} | {k: (None, v) for k, v in new._asdict().items() if v not in ("", None)}
        return _done(_told(tx, store, actor, "digest add", pairs))

    return at_once(store, actor, "digest add", work)


def _on(tx: Connection, new: NewDigest) -> bool:
    """Whether the same goes to the same already, at whatever time."""
    same = [DIGEST.c[name] == getattr(new, name) for name in ("kind", "place", "filter")]
    whose = DIGEST.c.person_id.is_(None) if new.person_id is None else DIGEST.c.person_id == new.person_id
    return tx.execute(select(DIGEST.c.id).where(*same, whose, DIGEST.c.until.is_(None))).first() is not None


def remove_digest(store: Store, actor: Actor, name: str) -> Done:
    """That digest comes no more; what of it was claimed and is not written yet is not sent."""

    def work(tx: Connection, now: datetime) -> Done:
        off = update(DIGEST).where(DIGEST.c.name == name, DIGEST.c.until.is_(None), DIGEST.c.kind.in_(digests.ADDED))
        if tx.execute(off.values(until=now)).rowcount != 1:
            raise_any({"digest": f"There is no digest {name[:40]} that could be removed; digest list has every one."})
        return _done(_told(tx, store, actor, "digest remove", {"digest": (name, None)}))

    return at_once(store, actor, "digest remove", work)


def seen(store: Store, actor: Actor, period: str) -> Done:
    """Somebody has seen the DCC's digest of that period, the latest where none is named; said once by each."""

    def work(tx: Connection, now: datetime) -> Done:
        kept = digests.weekly(tx)
        run = digests.sent_run(tx, kept.id, period) if kept else None
        if run is None:
            raise_any(
                {"period": f"There is no digest {period[:20]} that was sent." if period else "None was sent yet."}
            )
        assert run is not None
        row = {"run_id": run.id, "person_id": actor.person.id, "at": now}
        new = insert_new(tx, DIGEST_SEEN).values(**row).on_conflict_do_nothing(index_elements=["run_id", "person_id"])
        if tx.execute(new.returning(DIGEST_SEEN.c.id)).first() is None:
            raise_any({"period": "You have said so already."})
        pairs = {"digest": (None, digests.WEEKLY), "period": (None, run.period)}
        return _done(_told(tx, store, actor, "seen", pairs))

    return at_once(store, actor, "seen", work)


def _told(tx: Connection, store: Store, actor: Actor, act: str, pairs: Mapping[str, Any]) -> Head:
    return append(tx, store, [Event(act, actor.person.id, actor.place, actor.request_key, fields=dict(pairs))])[0]


def _done(end: Head) -> Done:
    return Done(0, 0, end.seq, end.at)
