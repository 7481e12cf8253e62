"""Persons, how platforms know them, and the roles they hold."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, insert, select, union_all, update

from storage.prepared import Prepared
from storage.rules.permissions import ROLE_ALIASES, ROLES
from storage.store import Store, new_id
from storage.tables import CONVERSATION, IDENTITY, ITEM_PERSON, PERSON, POST_HOLDER, ROLE

EMAIL = "email"
_ADDRESS = re.compile(r"[^@\s;,<>]+@[^@\s;,<>]+\.[^@\s;,<>]+\Z")
_USER_ID = re.compile(r"[UW][A-Z0-9]{3,20}\Z")
_OBJECT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)  # of an account in Entra


class Person(NamedTuple):
    """Somebody who asks: who they are and which roles they hold now; `id` None: not kept yet."""

    id: int | None
    name: str
    roles: frozenset[str]
    address: str = ""

    @property
    def called(self) -> str:
        return self.name or self.address or "somebody"


class Handle(NamedTuple):
    """How one platform names one person; an e-mail address has platform `email` and no tenant."""

    platform: str
    tenant: str
    external_id: str


def handle(token: str, tenant: str = "") -> Handle | None:
    """An e-mail address (letter case forgiven) or a chat user ID; None when it is neither."""
    text = token.strip()
    if _ADDRESS.match(text):
        return Handle(EMAIL, "", text.lower())
    if _USER_ID.match(text):
        return Handle("slack", tenant, text)
    if _OBJECT_ID.match(text):
        return Handle("teams", tenant, text.lower())
    return None


def role_named(word: str) -> str | None:
    """The role of that name or alias, None when there is none."""
    name = word.strip().lower().replace(" ", "_").replace("-", "_")
    name = ROLE_ALIASES.get(name, name)
    return name if name in ROLES else None


_AS = IDENTITY.alias()
_MAIL = (
    select(IDENTITY.c.external_id)
    .where(IDENTITY.c.person_id == PERSON.c.id, IDENTITY.c.platform == EMAIL)
    .order_by(IDENTITY.c.id)
    .limit(1)
    .correlate(PERSON)
    .scalar_subquery()
)
_BY_HANDLE = (
    select(PERSON.c.id, PERSON.c.name)
    .join(IDENTITY, IDENTITY.c.person_id == PERSON.c.id)
    .where(
        IDENTITY.c.platform == bindparam("platform"),
        IDENTITY.c.external_id == bindparam("external_id"),
        (IDENTITY.c.tenant == bindparam("tenant")) | (IDENTITY.c.tenant == ""),
    )
    .order_by(IDENTITY.c.tenant.desc())
    .limit(1)
)
_IN_ANY_TENANT = (
    select(PERSON.c.id, PERSON.c.name)
    .join(IDENTITY, IDENTITY.c.person_id == PERSON.c.id)
    .where(IDENTITY.c.platform == bindparam("platform"), IDENTITY.c.external_id == bindparam("external_id"))
    .order_by(IDENTITY.c.id)
    .limit(1)
)
_ROLES = select(ROLE.c.role).where(ROLE.c.person_id == bindparam("person"), ROLE.c.until.is_(None))
_ADDRESSES = (
    select(IDENTITY.c.external_id)
    .where(IDENTITY.c.person_id == bindparam("person"), IDENTITY.c.platform == EMAIL)
    .order_by(IDENTITY.c.id)
    .limit(1)
)
_CALLED = Prepared(select(PERSON.c.name, _MAIL.label("address")).where(PERSON.c.id == bindparam("person")))
# who somebody is, as what, and where to write to them: a row for each role
_WHO = Prepared(
    select(
        PERSON.c.id,
        PERSON.c.name,
        _MAIL.label("address"),
        ROLE.c.role,
    )
    .select_from(
        PERSON.join(_AS, _AS.c.person_id == PERSON.c.id).outerjoin(
            ROLE, and_(ROLE.c.person_id == PERSON.c.id, ROLE.c.until.is_(None))
        )
    )
    .where(
        _AS.c.platform == bindparam("platform"),
        _AS.c.external_id == bindparam("external_id"),
        (_AS.c.tenant == bindparam("tenant")) | (_AS.c.tenant == ""),
    )
    .order_by(_AS.c.tenant.desc())
)
_HAS_PART = union_all(
    select(ITEM_PERSON.c.id).where(ITEM_PERSON.c.person_id == bindparam("person")),
    select(POST_HOLDER.c.id).where(POST_HOLDER.c.person_id == bindparam("person")),
).limit(1)
_BY_NAME = select(PERSON.c.id).where(PERSON.c.name != "", PERSON.c.name.ilike(bindparam("name")))


def known_as(tx: Connection, who: Handle, member_role: str = "") -> Person | None:
    """The person behind an identity with the roles held now; `member_role` when they hold none."""
    rows = _WHO.rows(tx, who._asdict())
    if not rows:
        row = _found(tx, who)
        return None if row is None else _person(tx, row.id, row.name, member_role)
    number, name, address, _ = rows[0]
    roles = frozenset(row[3] for row in rows if row[0] == number and row[3])
    return Person(number, name, roles or frozenset({member_role} - {""}), address or "")


def _found(tx: Connection, who: Handle) -> Any:
    """The row of whom a handle names; a chat user ID without a tenant, as files give it, is that user of any tenant."""
    row = tx.execute(_BY_HANDLE, who._asdict()).first()
    if row is None and not who.tenant and who.platform != EMAIL:
        row = tx.execute(_IN_ANY_TENANT, {"platform": who.platform, "external_id": who.external_id}).first()
    return row


def _person(tx: Connection, number: int, name: str, member_role: str) -> Person:
    roles = frozenset(tx.execute(_ROLES, {"person": number}).scalars())
    if not roles and member_role:
        roles = frozenset({member_role})
    address = tx.execute(_ADDRESSES, {"person": number}).scalar() or ""
    return Person(number, name, roles, address)


def keep(tx: Connection, handles: Iterable[Handle], name: str, now: datetime) -> int:
    """The person of the first handle that is known, else a new one; all handles become theirs; gives the id.

    Two who turn out to be one become one, where only one of them has a part in an item, or in a post.
    """
    wanted = list(handles)
    found = [_found(tx, h) for h in wanted]
    number = _one_of(tx, [row.id for row in found if row])
    if number is None:
        number = new_id(tx, insert(PERSON).values(name=name, active=True, created_at=now))
    elif name:
        tx.execute(update(PERSON).where(PERSON.c.id == number, PERSON.c.name != name).values(name=name))
    for one, row in zip(wanted, found, strict=True):
        if row is None:
            tx.execute(insert(IDENTITY).values(person_id=number, **one._asdict()))
    return int(number)


def heard(store: Store, who: Handle, today: date) -> None:
    """Keep that somebody spoke in that chat on that day; written once a day."""
    mine = [IDENTITY.c[name] == value for name, value in who._asdict().items()]
    with store.read() as tx:
        if tx.execute(select(IDENTITY.c.heard_on).where(*mine)).scalar() == today:
            return
    with store.aside() as tx:
        tx.execute(update(IDENTITY).where(*mine).values(heard_on=today))


def _one_of(tx: Connection, numbers: list[int]) -> int | None:
    """The person that these are: the first with a part in an item, else the first; the others become that one."""
    every = list(dict.fromkeys(numbers))
    with_items = [n for n in every if tx.execute(_HAS_PART, {"person": n}).first()]
    if not every:
        return None
    kept = (with_items or every)[0]
    for other in every:
        if other != kept and other not in with_items:
            _become(tx, other, kept)
    return kept


def _become(tx: Connection, other: int, kept: int) -> None:
    """Identities and roles of one go to the other; what the first has done stays under their number in the record."""
    tx.execute(update(IDENTITY).where(IDENTITY.c.person_id == other).values(person_id=kept))
    held = set(tx.execute(_ROLES, {"person": kept}).scalars())
    tx.execute(update(CONVERSATION).where(CONVERSATION.c.person_id == other).values(person_id=kept))
    for role in set(tx.execute(_ROLES, {"person": other}).scalars()) - held:
        mine = update(ROLE).where(ROLE.c.person_id == other, ROLE.c.role == role, ROLE.c.until.is_(None))
        tx.execute(mine.values(person_id=kept))


def grant(tx: Connection, person: int, role: str, why: str, now: datetime) -> bool:
    """Give a role from now on; False when it is held already."""
    if role in set(tx.execute(_ROLES, {"person": person}).scalars()):
        return False
    tx.execute(insert(ROLE).values(person_id=person, role=role, since=now, why=why))
    return True


def named(tx: Connection, words: str) -> list[int]:
    """The ids of those whose name contains the words; letter case forgiven."""
    if not words.strip("%_ "):
        return []
    pattern = "%" + words.replace("%", "").replace("_", " ") + "%"
    return list(tx.execute(_BY_NAME, {"name": pattern}).scalars())


def is_away(tx: Connection, person: int) -> bool:
    """Whether nobody in chat answers for a person: what concerns them is told to the liaison."""
    return tx.execute(select(PERSON.c.away).where(PERSON.c.id == person)).scalar() is not None


def holders(tx: Connection, role: str) -> list[str]:
    """The names of those who hold a role now, in the order in which they got it."""
    rows = tx.execute(
        select(PERSON.c.id, PERSON.c.name)
        .join(ROLE, ROLE.c.person_id == PERSON.c.id)
        .where(ROLE.c.role == role, ROLE.c.until.is_(None))
        .order_by(ROLE.c.since, ROLE.c.id)
    )
    return [_person(tx, row.id, row.name, "").called for row in rows]


def called(tx: Connection, person: int | None) -> str:
    """The name of a person as it is shown, the address where nobody in chat has it."""
    if person is None:
        return "no owner"
    found = _CALLED.first(tx, {"person": person})
    return Person(person, found.name, frozenset(), found.address or "").called if found else "somebody"


def address_book(tx: Connection) -> dict[int, str]:
    """For every person the token that an export gives and an import takes: address, else chat user ID."""
    rows = tx.execute(select(IDENTITY.c.person_id, IDENTITY.c.platform, IDENTITY.c.external_id).order_by(IDENTITY.c.id))
    book: dict[int, tuple[bool, str]] = {}
    for row in rows:
        mail = row.platform == EMAIL
        if row.person_id not in book or (mail and not book[row.person_id][0]):
            book[row.person_id] = (mail, row.external_id)
    return {number: token for number, (_, token) in book.items()}


def whose(tx: Connection) -> dict[str, int]:
    """The person behind every address and chat user ID that a file can name, as `keep` finds them."""
    known = select(IDENTITY.c.external_id, IDENTITY.c.person_id)
    known = known.where(IDENTITY.c.platform.in_((EMAIL, "slack", "teams")))
    numbers: dict[str, int] = {}
    for token, number in tx.execute(known.order_by(IDENTITY.c.tenant != "", IDENTITY.c.id)):
        numbers.setdefault(token, number)
    return numbers


def unnamed(tx: Connection) -> list[tuple[int, str]]:
    """Persons known by address only: their id and address."""
    rows = tx.execute(
        select(PERSON.c.id, IDENTITY.c.external_id)
        .join(IDENTITY, IDENTITY.c.person_id == PERSON.c.id)
        .where(PERSON.c.name == "", IDENTITY.c.platform == EMAIL)
        .order_by(PERSON.c.id)
    )
    return [(row.id, row.external_id) for row in rows]


class Enrolment(NamedTuple):
    """A role for one person, by address or chat user ID; `role` "" takes every role away. `name` where it is given."""

    token: str
    role: str
    name: str = ""


def enrol(
    store: Store, wanted: Iterable[Enrolment], actor: int | None, place: str, why: str
) -> list[tuple[Enrolment, bool]]:
    """Give and take roles, all or none, in the record. Tells of each whether it made a difference.

    Every token and role must be good: see `handle` and `role_named`.
    """
    from storage.history import append, moment

    done, events = [], []
    with store.write() as tx:
        now = moment(tx, store)
        for one in wanted:
            who = handle(one.token)
            assert who is not None  # the caller has looked
            number = keep(tx, [who], one.name, now)
            made = _taken(tx, number, now) if not one.role else _given(tx, number, one.role, why, now)
            done.append((one, bool(made)))
            events += [_told(act, number, role, why, actor, place) for act, role in made]
        if events:
            append(tx, store, events, now=now)
    return done


def _given(tx: Connection, person: int, role: str, why: str, now: datetime) -> list[tuple[str, str]]:
    return [("enrol", role)] if grant(tx, person, role, why, now) else []


def _taken(tx: Connection, person: int, now: datetime) -> list[tuple[str, str]]:
    held = sorted(tx.execute(_ROLES, {"person": person}).scalars())
    tx.execute(update(ROLE).where(ROLE.c.person_id == person, ROLE.c.until.is_(None)).values(until=now))
    return [("unenrol", role) for role in held]


def _told(act: str, person: int, role: str, why: str, actor: int | None, place: str) -> Any:
    from storage.history import Event, Pair

    pair: Pair = (None, role) if act == "enrol" else (role, None)
    fields: dict[str, Pair] = {"person": (None, person), "role": pair}
    return Event(act, actor, place, "", fields=fields | ({"why": (None, why)} if act == "enrol" else {}))


def user_in(tx: Connection, person: int, platform: str) -> str:
    """How a chat names a person, by id; "" while it does not know them."""
    mine = (IDENTITY.c.person_id == person, IDENTITY.c.platform == platform)
    newest = select(IDENTITY.c.external_id).where(*mine).order_by(IDENTITY.c.tenant.desc(), IDENTITY.c.id)
    return str(tx.execute(newest.limit(1)).scalar() or "")


def by_number(tx: Connection, number: int, member_role: str = "") -> Person:
    """A person by id, with the roles held now; `member_role` when they hold none."""
    name = tx.execute(select(PERSON.c.name).where(PERSON.c.id == number)).scalar_one()
    return _person(tx, number, name, member_role)
