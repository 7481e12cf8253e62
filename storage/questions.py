"""Every reading of the register: prebuilt Core statements in, plain NamedTuples out."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, bindparam, case, func, literal, literal_column, or_, select
from sqlalchemy.sql.elements import ColumnElement

from storage import people
from storage.people import EMAIL, Person
from storage.prepared import Prepared
from storage.record import standing
from storage.rules import marking, permissions, references, section55
from storage.rules.deadlines import Facts, Thresholds
from storage.rules.permissions import READS_EVERYTHING, Standing
from storage.store import kept
from storage.tables import (
    EVIDENCE,
    IDENTITY,
    ITEM,
    ITEM_PERSON,
    PERSON,
    POST,
    REPORT,
    REQUEST,
    TARGET_CHANGE,
    UPDATE,
)

PAGE = 10
ORDERS = ("due", "reference", "updated")
NOBODY, GONE = 0, -2
_WITH_LISTS = frozenset({"statuses", "colours", "kinds", "reports", "scopes", "owners_named", "leads_named"})


class Named(NamedTuple):
    """A board or an objective as it is asked for: its `whole` name, or some letters of it."""

    name: str
    whole: bool = False


class Filters(NamedTuple):
    """What narrows a list: values of one field widen it, different fields narrow it; empty: not asked for.

    `owners` holds person ids, `NOBODY` for no owner, `GONE` for any who is away from chat. `due_before` is exclusive,
    `due_by` includes its day and today's start. `stale_days` and `overdue` are about open items only; `everything`
    asks for ended ones too.
    """

    statuses: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    owners: tuple[int, ...] = ()
    leads: tuple[int, ...] = ()
    boards: tuple[Named, ...] = ()
    objectives: tuple[Named, ...] = ()
    scopes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    due_before: date | None = None
    due_by: date | None = None
    stale_days: int | None = None
    overdue: bool = False
    mine: bool = False
    everything: bool = False
    order: str = "due"


class Reader(NamedTuple):
    """For whom a reading is, on which London day, with which thresholds."""

    person: Person
    today: date
    limits: Thresholds

    @property
    def reads_everything(self) -> bool:
        return bool(self.person.roles & READS_EVERYTHING)


class Row(NamedTuple):
    """An item as a list shows it."""

    id: int
    reference: str
    title: str
    kind: str
    status: str
    marking: str
    due: date | None
    off_track: str
    waits: bool
    waiting_on: str
    quiet_since: date
    extensions: int
    completed_on: date | None
    version: int
    owner_id: int | None
    owner: str
    owner_away: str | None

    @property
    def facts(self) -> Facts:
        return Facts(self.status, self.due, self.off_track, self.waits, self.quiet_since, self.extensions)


class Page(NamedTuple):
    """Some rows of a list, which they are (from 1), and how many there are in all."""

    rows: list[Row]
    first: int
    total: int


_ADDRESS = (
    select(IDENTITY.c.external_id)
    .where(IDENTITY.c.person_id == PERSON.c.id, IDENTITY.c.platform == EMAIL)
    .order_by(IDENTITY.c.id)
    .limit(1)
    .correlate(PERSON)
    .scalar_subquery()
)
_WAITS: ColumnElement[bool] = or_(ITEM.c.external_dependency == literal_column("'yes'"), ITEM.c.waiting_on != "")
_OWNER = func.coalesce(case((PERSON.c.name != "", PERSON.c.name), else_=_ADDRESS), "")
_ROW = (
    ITEM.c.id,
    ITEM.c.reference,
    ITEM.c.title,
    ITEM.c.kind,
    ITEM.c.status,
    ITEM.c.marking,
    ITEM.c.due,
    ITEM.c.off_track,
    _WAITS.label("waits"),
    ITEM.c.waiting_on,
    ITEM.c.quiet_since,
    ITEM.c.extensions,
    ITEM.c.completed_on,
    ITEM.c.version,
    ITEM.c.owner_id,
    _OWNER.label("owner"),
    PERSON.c.away.label("owner_away"),
)
_MINE = (
    select(ITEM_PERSON.c.id)
    .where(
        ITEM_PERSON.c.item_id == ITEM.c.id,
        ITEM_PERSON.c.person_id == bindparam("me"),
        ITEM_PERSON.c.until.is_(None),
    )
    .correlate(ITEM)
    .exists()
)
_OPEN = ITEM.c.open == bindparam("yes")


def _colour() -> ColumnElement[Any]:
    """`rules.deadlines.why` as SQL; a test holds the two against each other on generated registers."""
    amber = or_(
        and_(ITEM.c.due >= bindparam("today"), ITEM.c.due <= bindparam("soon")),
        and_(ITEM.c.status != "awaiting_allocation", ITEM.c.quiet_since <= bindparam("stale_since")),
        ITEM.c.due.is_(None),
        ITEM.c.extensions >= 2,
    )
    return case(
        (ITEM.c.open != bindparam("yes"), "blue"),
        (ITEM.c.off_track != "", "red"),
        (_WAITS, "white"),
        (ITEM.c.due < bindparam("today"), "red"),
        (amber, "amber"),
        else_="green",
    )


class _Shape(NamedTuple):
    """Which conditions a list has; statements are built once for each shape."""

    parts: frozenset[str]
    words: int
    boards: int
    objectives: int
    order: str
    reads_everything: bool


def _shape(filters: Filters, reader: Reader) -> _Shape:
    counted = {"words", "boards", "objectives", "order"}
    parts = {name for name in Filters._fields if getattr(filters, name) and name not in counted}
    if filters.stale_days is not None:
        parts.add("stale_days")
    for tie in ("owners", "leads"):
        chosen = getattr(filters, tie)
        parts |= {f"{tie}_none"} if NOBODY in chosen else set()
        parts |= {f"{tie}_gone"} if GONE in chosen else set()
        parts |= {f"{tie}_one"} if _only(chosen) is not None else {f"{tie}_named"} if _persons(chosen) else set()
    if not filters.statuses and "blue" not in filters.colours and not filters.everything:
        parts.add("open_only")
    many = (len(filters.words), len(filters.boards), len(filters.objectives))
    return _Shape(frozenset(parts), *many, filters.order, reader.reads_everything)


def _only(chosen: tuple[int, ...]) -> int | None:
    """The one person of a list of one."""
    return next(iter(_persons(chosen)), None) if len(chosen) == 1 else None


def _persons(chosen: tuple[int, ...]) -> list[int]:
    return [number for number in chosen if number not in (NOBODY, GONE)]


def _conditions(shape: _Shape) -> list[ColumnElement[bool]]:
    parts = shape.parts
    chosen: list[ColumnElement[bool]] = [_OPEN] if parts & {"open_only", "overdue", "stale_days"} else []
    simple: dict[str, ColumnElement[bool]] = {
        "statuses": ITEM.c.status.in_(bindparam("statuses", expanding=True)),
        "colours": _colour().in_(bindparam("colours", expanding=True)),
        "kinds": ITEM.c.kind.in_(bindparam("kinds", expanding=True)),
        "reports": ITEM.c.report_id.in_(
            select(REPORT.c.id).where(REPORT.c.code_key.in_(bindparam("reports", expanding=True)))
        ),
        "due_before": and_(ITEM.c.due_order < bindparam("due_before"), ITEM.c.due.is_not(None)),
        "due_by": and_(ITEM.c.due_order >= bindparam("today"), ITEM.c.due_order <= bindparam("due_by")),
        "stale_days": and_(ITEM.c.quiet_since <= bindparam("quiet_by"), ITEM.c.status != "awaiting_allocation"),
        "mine": ITEM.c.owner_id == bindparam("me"),
        "overdue": ITEM.c.due_order < bindparam("today"),
        "scopes": ITEM.c.scope.in_(bindparam("scopes", expanding=True)),
    }
    chosen += [condition for part, condition in simple.items() if part in parts]
    chosen += _tie_conditions(parts, "owners", ITEM.c.owner_id) + _tie_conditions(parts, "leads", ITEM.c.lead_id)
    chosen += _any_like(_BOARD, "board", shape.boards) + _any_like(_OBJECTIVES, "goal", shape.objectives)
    chosen += [ITEM.c.folded.like(bindparam(f"word{n}"), escape="\\") for n in range(shape.words)]
    if not shape.reads_everything:
        chosen.append(or_(ITEM.c.marking == marking.OFFICIAL, _MINE))
    return chosen


def _tie_conditions(parts: frozenset[str], tie: str, column: Any) -> list[ColumnElement[bool]]:
    either: list[ColumnElement[bool]] = []
    if f"{tie}_one" in parts:
        either.append(column == bindparam(f"{tie}_one"))
    if f"{tie}_named" in parts:
        either.append(column.in_(bindparam(tie, expanding=True)))
    if f"{tie}_none" in parts:
        either.append(column.is_(None))
    if f"{tie}_gone" in parts:
        either.append(column.in_(select(PERSON.c.id).where(PERSON.c.away.is_not(None))))
    return [or_(*either)] if either else []


def _plainly(column: Any) -> ColumnElement[str]:
    """Small letters, and plain quotes and blanks, as `handlers.ask.plain` makes them of what is typed."""
    told = func.lower(column)
    for fancy, simple in (("“", '"'), ("”", '"'), ("„", '"'), ("‘", "'"), ("’", "'"), ("\u00a0", " ")):
        told = func.replace(told, fancy, simple)
    return told


_BOARD = _plainly(ITEM.c.board)
_OBJECTIVES = literal(";") + func.replace(_plainly(ITEM.c.objective), "; ", ";") + literal(";")


def _any_like(column: Any, name: str, many: int) -> list[ColumnElement[bool]]:
    either = [column.like(bindparam(f"{name}{n}"), escape="\\") for n in range(many)]
    return [or_(*either)] if either else []


_ORDERS: dict[str, tuple[Any, ...]] = {
    "due": (ITEM.c.due_order, ITEM.c.sort_key, ITEM.c.id),
    "reference": (ITEM.c.sort_key, ITEM.c.id),
    "updated": (ITEM.c.quiet_since.desc(), ITEM.c.sort_key, ITEM.c.id),
    # what is found: the very reference first, then what is open, soonest due
    "found": (
        case((ITEM.c.reference_key == bindparam("exact"), 0), else_=1),
        ITEM.c.open.desc(),
        ITEM.c.due_order,
        ITEM.c.sort_key,
        ITEM.c.id,
    ),
}


@lru_cache(maxsize=512)
def list_statement(shape: _Shape) -> Select[Any]:
    """The page of a list of this shape; parameters `first` (from 0) and `many`."""
    chosen = select(*_ROW).select_from(ITEM.outerjoin(PERSON, PERSON.c.id == ITEM.c.owner_id))
    chosen = chosen.where(*_conditions(shape)).order_by(*_ORDERS[shape.order])
    return chosen.limit(bindparam("many")).offset(bindparam("first"))


@lru_cache(maxsize=512)
def count_statement(shape: _Shape) -> Select[Any]:
    return select(func.count()).select_from(ITEM).where(*_conditions(shape))


def parameters(filters: Filters, reader: Reader) -> dict[str, Any]:
    """The values for a list's statements."""
    today, limits = reader.today, reader.limits
    quiet = filters.stale_days if filters.stale_days is not None else limits.stale
    values: dict[str, Any] = {
        "today": today,
        "soon": today + timedelta(days=limits.due_soon),
        "stale_since": today - timedelta(days=limits.stale),
        "quiet_by": today - timedelta(days=min(quiet, 36500)),
        "me": reader.person.id or -1,
        "yes": True,
        "due_before": filters.due_before,
        "due_by": filters.due_by,
    }
    values |= {name: list(getattr(filters, name)) for name in ("statuses", "colours", "kinds", "reports", "scopes")}
    values |= {tie: _persons(getattr(filters, tie)) for tie in ("owners", "leads")}
    values |= {f"{tie}_one": _only(getattr(filters, tie)) for tie in ("owners", "leads")}
    values["exact"] = references.key(" ".join(filters.words))
    values |= {f"word{n}": f"%{_escaped(references.folded(word))}%" for n, word in enumerate(filters.words)}
    values |= {f"board{n}": _pattern(board, "", "") for n, board in enumerate(filters.boards)}
    values |= {f"goal{n}": _pattern(goal, "%;", ";%") for n, goal in enumerate(filters.objectives)}
    return values


def _pattern(named: Named, before: str, after: str) -> str:
    """Of a whole name, between what stands around it where several stand together; else of its letters anywhere."""
    name = _escaped(named.name.lower())
    return f"{before}{name}{after}" if named.whole else f"%{name}%"


def _escaped(word: str) -> str:
    for special in "\\%_":
        word = word.replace(special, f"\\{special}")
    return word


def is_whole(tx: Connection, column: str, name: str) -> bool:
    """Whether a board (`board`) or an objective (`objective`) has exactly that name, but for its letter case."""
    told, around = {"board": (_BOARD, ("", "")), "objective": (_OBJECTIVES, ("%;", ";%"))}[column]
    wanted = select(ITEM.c.id).where(told.like(_pattern(Named(name, True), *around), escape="\\")).limit(1)
    return kept(tx, ("whole", column, name), lambda: tx.execute(wanted).first() is not None)


def listed(tx: Connection, filters: Filters, reader: Reader, *, page: int = 1, size: int = PAGE) -> Page:
    """One page of what the filters ask for, as this reader may see it; a page too far gives the last one."""
    shape, values = _shape(filters, reader), parameters(filters, reader)
    total = _counted(tx, filters, reader, shape, values)
    page = max(1, min(page, -(-total // size)))
    first = (page - 1) * size
    rows = _rows(tx, list_statement(shape), shape, {**values, "first": first, "many": size})
    return Page([Row(*row) for row in rows], first + 1, total)


def counted(tx: Connection, filters: Filters, reader: Reader) -> int:
    return _counted(tx, filters, reader, _shape(filters, reader), parameters(filters, reader))


def _counted(tx: Connection, filters: Filters, reader: Reader, shape: _Shape, values: dict[str, Any]) -> int:
    """Counting goes through all that a list holds, so a count is kept until something changes."""
    asked = ("count", filters, reader.person.id, shape.reads_everything, reader.today, reader.limits)
    return kept(tx, asked, lambda: int(_rows(tx, count_statement(shape), shape, values)[0][0]))


def _rows(tx: Connection, statement: Select[Any], shape: _Shape, values: dict[str, Any]) -> Sequence[Any]:
    return tx.execute(statement, values).all() if shape.parts & _WITH_LISTS else _prepared(statement).rows(tx, values)


@lru_cache(maxsize=512)
def _prepared(statement: Select[Any]) -> Prepared:
    return Prepared(statement)


# --- one item -------------------------------------------------------------------------------------------------------


class Said(NamedTuple):
    """A progress update as it is shown."""

    at: datetime
    who: str
    words: str


class Proof(NamedTuple):
    """One piece of evidence: a link, or a file by name and size in bytes; `id` fetches the file.

    `number` counts from 1 in the order in which an item's evidence was given, and stays.
    """

    id: int
    link: str
    name: str
    size: int
    number: int


class File(NamedTuple):
    """A file that is kept as evidence, with its bytes."""

    name: str
    media_type: str
    sha256: str
    content: bytes | None

    @property
    def intact(self) -> bool:
        """Whether the bytes are those that were given."""
        return self.content is not None and hashlib.sha256(self.content).hexdigest() == self.sha256


class Asked(NamedTuple):
    """A pending request as a card shows it."""

    kind: str
    asker: str
    asked_at: datetime
    words: str
    evidence: list[Proof]
    proposed: date | None = None
    checked_by: str = ""
    checked_at: datetime | None = None
    check_note: str = ""


class Decided(NamedTuple):
    """The last request that was decided: what was asked, what became of it, by whom, and in which words."""

    kind: str
    decision: str
    who: str
    at: datetime
    asked: str
    words: str


class Whole(NamedTuple):
    """One item with everything that its card shows."""

    row: Row
    item: dict[str, Any]
    report: dict[str, Any]
    lead: str
    delegates: list[str]
    past_targets: list[date]
    children: list[Row]
    ended: list[Row]
    last: Said | None
    evidence: list[Proof]
    request: Asked | None
    decided: Decided | None
    parent: str
    superseded_by: str
    post: str
    standing: Standing
    may: frozenset[str]


_ITEM_BY_KEY = Prepared(select(ITEM).where(ITEM.c.reference_key == bindparam("key")))
_REPORT = Prepared(select(REPORT).where(REPORT.c.id == bindparam("report")))
_ONE_ROW = Prepared(
    select(*_ROW)
    .select_from(ITEM.outerjoin(PERSON, PERSON.c.id == ITEM.c.owner_id))
    .where(ITEM.c.id == bindparam("item"))
)
_CHILDREN = Prepared(
    select(*_ROW, ITEM.c.open.label("is_open"))
    .select_from(ITEM.outerjoin(PERSON, PERSON.c.id == ITEM.c.owner_id))
    .where(ITEM.c.parent_id == bindparam("item"))
    .order_by(ITEM.c.due_order, ITEM.c.sort_key)
)
_LAST_SAID = Prepared(
    select(UPDATE.c.at, UPDATE.c.person_id, UPDATE.c.words)
    .where(UPDATE.c.item_id == bindparam("item"))
    .order_by(UPDATE.c.id.desc())
    .limit(1)
)
_PROOFS = Prepared(
    select(EVIDENCE.c.id, EVIDENCE.c.link, EVIDENCE.c.name, EVIDENCE.c.size, EVIDENCE.c.request_id)
    .where(EVIDENCE.c.item_id == bindparam("item"))
    .order_by(EVIDENCE.c.id)
)
_FILE = Prepared(
    select(EVIDENCE.c.name, EVIDENCE.c.media_type, EVIDENCE.c.sha256, EVIDENCE.c.content).where(
        EVIDENCE.c.id == bindparam("evidence")
    )
)
_DECIDED = Prepared(
    select(REQUEST)
    .where(REQUEST.c.item_id == bindparam("item"), REQUEST.c.decision != "pending")
    .order_by(REQUEST.c.id.desc())
    .limit(1)
)
_NAMED = Prepared(select(ITEM.c.id, ITEM.c.reference, ITEM.c.marking).where(ITEM.c.id == bindparam("item")))
_POST_NAME = Prepared(select(POST.c.name).where(POST.c.id == bindparam("post")))
_PENDING = Prepared(select(REQUEST).where(REQUEST.c.item_id == bindparam("item"), REQUEST.c.decision == "pending"))
_TARGETS = Prepared(
    select(TARGET_CHANGE.c.before)
    .where(TARGET_CHANGE.c.item_id == bindparam("item"), TARGET_CHANGE.c.before.is_not(None))
    .order_by(TARGET_CHANGE.c.id)
)


def found(tx: Connection, reference: str, reader: Reader) -> tuple[dict[str, Any], Standing, Any] | None:
    """The item, what the reader is to it, and its pending request; None when it does not exist for them."""
    item = _ITEM_BY_KEY.item(tx, {"key": references.key(reference)})
    if item is None:
        return None
    request = _PENDING.first(tx, {"item": item["id"]})
    asker = request is not None and request.asker_id == reader.person.id
    ties = standing(tx, reader.person, item, asker=asker)
    return (item, ties, request) if permissions.may_read(item["marking"], ties) else None


def whole(tx: Connection, reference: str, reader: Reader) -> Whole | None:
    """Everything that the card of one item shows; None when it does not exist for this reader."""
    seen = found(tx, reference, reader)
    if seen is None:
        return None
    item, ties, request = seen
    who = {"item": item["id"]}
    kin = [(Row(*row[:-1]), row.is_open) for row in _CHILDREN.named(tx, who)]
    kin = [(row, is_open) for row, is_open in kin if _readable(tx, row, reader)]
    given = _PROOFS.named(tx, who)
    proofs = [_proof(row, number) for number, row in enumerate(given, 1)]
    report = _REPORT.item(tx, {"report": item["report_id"]})
    assert report is not None  # an item is of one report
    return Whole(
        Row(*_ONE_ROW.rows(tx, who)[0]),
        item,
        report,
        people.called(tx, item["lead_id"]) if item["lead_id"] else "",
        [people.called(tx, int(n)) for n in item["delegates"].split(";") if n],
        _TARGETS.column(tx, who),
        [row for row, is_open in kin if is_open],
        [row for row, is_open in kin if not is_open],
        last_said(tx, item["id"]),
        proofs,
        _asked(tx, request, [proofs[n] for n, row in enumerate(given) if request and row.request_id == request.id]),
        _decided(tx, _DECIDED.first(tx, who)),
        _reference(tx, item["parent_id"], reader),
        _reference(tx, item["superseded_by_id"], reader),
        _POST_NAME.column(tx, {"post": item["post_id"]})[0] if item["post_id"] else "",
        ties,
        _may(item["status"], item["marking"], ties, request.kind if request else "", item["target_date"] is not None),
    )


def _readable(tx: Connection, row: Any, reader: Reader) -> bool:
    if row.marking == marking.OFFICIAL or reader.reads_everything:
        return True
    return permissions.may_read(row.marking, standing(tx, reader.person, {"id": row.id}))


def last_said(tx: Connection, item: int) -> Said | None:
    row = _LAST_SAID.first(tx, {"item": item})
    return Said(row.at, people.called(tx, row.person_id), row.words) if row else None


def _reference(tx: Connection, item: int | None, reader: Reader) -> str:
    """The reference of another item, by id; "" for none that this reader may see."""
    row = _NAMED.first(tx, {"item": item}) if item else None
    return str(row.reference) if row and _readable(tx, row, reader) else ""


def _proof(row: Any, number: int) -> Proof:
    return Proof(row.id, row.link, row.name, row.size or 0, number)


def file(tx: Connection, proof: Proof) -> File:
    """A file that a reader has been shown as evidence, with its bytes."""
    row = _FILE.named(tx, {"evidence": proof.id})[0]
    return File(row.name, row.media_type, row.sha256, row.content)


def _asked(tx: Connection, request: Any, proofs: list[Proof]) -> Asked | None:
    if request is None:
        return None
    checked = people.called(tx, request.checked_by_id) if request.checked_by_id else ""
    who = (request.kind, people.called(tx, request.asker_id), request.asked_at, request.words)
    return Asked(*who, proofs, request.proposed_date, checked, request.checked_at, request.check_note)


def _decided(tx: Connection, row: Any) -> Decided | None:
    if row is None:
        return None
    who = people.called(tx, row.decided_by_id) if row.decided_by_id else ""
    return Decided(row.kind, row.decision, who, row.decided_at, row.words, row.decision_words)


@lru_cache(maxsize=1024)
def _may(status: str, item_marking: str, ties: Standing, request: str, dated: bool) -> frozenset[str]:
    """The acts that this person may do on the item as it stands; `request` is the kind of the pending one."""
    facts, there = (status, item_marking, ties), {"request": request, "dated": dated}
    return frozenset(a for a in permissions.MAY_DO if permissions.refusal(a, *facts, **there) is None)  # type: ignore[arg-type]


# --- history of one item --------------------------------------------------------------------------------------------


class Told(NamedTuple):
    """One event of an item as its history shows it: who, when, what, and the values with names for ids."""

    at: datetime
    who: str
    act: str
    place: str
    fields: dict[str, tuple[Any, Any] | None]


def told(tx: Connection, item: int) -> list[Told]:
    """The history of one item, oldest first."""
    from storage.history import minutes

    return [
        Told(m.at, people.called(tx, m.actor_id), m.act, m.body["place"], _named(tx, m.fields))
        for m in minutes(tx, item_id=item)
    ]


class News(NamedTuple):
    """One event as somebody is told of it: who did what to which item, when, and the words that went with it."""

    who: str
    act: str
    at: datetime
    item: Whole
    words: str


def news(tx: Connection, event: int, reader: Reader) -> News | None:
    """What happened in one event, for a reader; None when the item does not exist for them."""
    from storage.history import minutes

    minute = minutes(tx, after=event - 1, upto=event)[0]
    name = _NAMED.first(tx, {"item": minute.item_id})
    item = whole(tx, name.reference, reader)
    said = next((pair[1] for f in ("reason", "note") if (pair := minute.fields.get(f))), "")
    return News(people.called(tx, minute.actor_id), minute.act, minute.at, item, str(said or "")) if item else None


def _named(tx: Connection, fields: Mapping[str, Any]) -> dict[str, tuple[Any, Any] | None]:
    shown = dict(fields)
    for field, name in _NAMES.items():
        pair = shown.get(field)
        if pair:
            before, after = pair
            shown[field] = (before and name(tx, before), after and name(tx, after))
    return shown


def _delegates(tx: Connection, numbers: str) -> str:
    return ", ".join(people.called(tx, int(number)) for number in numbers.split(";"))


def _item_called(tx: Connection, number: int) -> str:
    """Its reference; a history is read by some for whom a sensitive item does not exist."""
    row = _NAMED.first(tx, {"item": number})
    return str(row.reference) if row and row.marking == marking.OFFICIAL else "another item"


_NAMES: dict[str, Any] = {
    "owner_id": people.called,
    "lead_id": people.called,
    "delegates": _delegates,
    "post_id": lambda tx, post: _POST_NAME.column(tx, {"post": post})[0],
    "parent_id": _item_called,
}


def registered(tx: Connection) -> int:
    """How many items the register holds, whatever their status or marking."""
    return int(tx.execute(select(func.count()).select_from(ITEM)).scalar_one())


def hidden(tx: Connection, reader: Reader) -> frozenset[int]:
    """The ids of the items that do not exist for this reader."""
    if reader.reads_everything:
        return frozenset()
    unseen = select(ITEM.c.id).where(ITEM.c.marking != marking.OFFICIAL, ~_MINE)
    return frozenset(tx.execute(unseen, {"me": reader.person.id or -1}).scalars())


def persons_called(tx: Connection, token: str, tenant: str) -> list[int]:
    """The ids of those meant by an address, a chat user ID or words of a name."""
    who = people.handle(token, tenant)
    if who:
        person = people.known_as(tx, who)
        return [person.id] if person and person.id else []
    return people.named(tx, token)


def report_known(tx: Connection, code: str) -> bool:
    return tx.execute(select(REPORT.c.id).where(REPORT.c.code_key == references.key(code))).first() is not None


def deciders(tx: Connection) -> str:
    """Who signs off: the name of the first who holds the role."""
    return next(iter(people.holders(tx, "dcc")), "The DCC")


# --- requests and reports -------------------------------------------------------------------------------------------


class Waiting(NamedTuple):
    """An item that waits for a decision; `yours`: this reader may make it. No `asked_at`: it was brought in so."""

    row: Row
    kind: str
    asker: str
    asked_at: datetime | None
    checked: bool
    proposed: date | None
    yours: bool


DECIDING = {"sign_off": "sign off", "extend": "approve", "no_action": "approve"}
_REQUESTED = ("kind", "asker_id", "asked_at", "checked_at", "proposed_date")
_WAITING = (
    select(*_ROW, *(REQUEST.c[name] for name in _REQUESTED))
    .select_from(
        ITEM.outerjoin(PERSON, PERSON.c.id == ITEM.c.owner_id).outerjoin(
            REQUEST, and_(REQUEST.c.item_id == ITEM.c.id, REQUEST.c.decision == "pending")
        )
    )
    .where(or_(ITEM.c.status == "pending_sign_off", REQUEST.c.id.is_not(None)))
    .order_by(REQUEST.c.asked_at.is_(None), REQUEST.c.asked_at, ITEM.c.sort_key)
)


def waiting(tx: Connection, reader: Reader) -> list[Waiting]:
    """Every open request that the reader may see: theirs to decide first, then the oldest."""
    found = [_waiting(tx, row, reader) for row in tx.execute(_WAITING)]
    return sorted((one for one in found if one), key=lambda one: not one.yours)


def _waiting(tx: Connection, row: Any, reader: Reader) -> Waiting | None:
    kind, asker, asked_at, checked_at, proposed = row[-len(_REQUESTED) :]
    shown = Row(*row[: -len(_REQUESTED)])
    ties = standing(tx, reader.person, {"id": shown.id}, asker=asker is not None and asker == reader.person.id)
    if not permissions.may_read(shown.marking, ties):
        return None
    facts = (shown.status, shown.marking, ties)
    may = asker is not None and permissions.refusal(DECIDING[kind], *facts, request=kind) is None
    who = people.called(tx, asker) if asker else ""
    return Waiting(shown, kind or "sign_off", who, asked_at, checked_at is not None, proposed, may)


class ReportRow(NamedTuple):
    """A report as a list shows it, its items counted as the reader may see them."""

    code: str
    title: str
    source: str
    published_on: date | None
    items: int
    open: int
    facts: section55.ReportFacts


def reports(tx: Connection, reader: Reader) -> list[ReportRow]:
    """Every report, newest first, those without a date last."""
    unseen = hidden(tx, reader)
    tallies: dict[int, list[bool]] = {}
    for row in tx.execute(select(ITEM.c.id, ITEM.c.report_id, ITEM.c.open)):
        if row.id not in unseen:
            tallies.setdefault(row.report_id, []).append(row.open)
    rows = [dict(r) for r in tx.execute(select(REPORT)).mappings()]
    rows.sort(key=lambda r: (-(r["published_on"] or date.min).toordinal(), r["sort_key"]))
    return [_report_row(r, tallies.get(r["id"], [])) for r in rows]


def _report_row(row: Mapping[str, Any], items: list[bool]) -> ReportRow:
    facts = facts_of_report(row)
    return ReportRow(row["code"], row["title"], row["source"], row["published_on"], len(items), sum(items), facts)


def facts_of_report(report: Mapping[str, Any]) -> section55.ReportFacts:
    """What decides how a report's section 55 clock stands."""
    return section55.ReportFacts(
        report["source"],
        section55.inspected_body(report["inspected_body"], report["source"]),
        report["section_55"],
        report["published_on"],
        report["registered_on"],
        report["comments_published_on"],
        any(report[step] for step in section55.STEPS),
    )


class WholeReport(NamedTuple):
    """One report with everything that its card shows; `gaps` are recommendations without an action or a reason."""

    row: ReportRow
    report: dict[str, Any]
    overdue: int
    gaps: list[str]


_COUNTED = tuple(ITEM.c[name] for name in ("id", "reference", "kind", "status", "open", "due_order"))


def report(tx: Connection, code: str, reader: Reader) -> WholeReport | None:
    """One report; None when there is none of that code."""
    row = tx.execute(select(REPORT).where(REPORT.c.code_key == references.key(code))).mappings().first()
    if row is None:
        return None
    unseen = hidden(tx, reader)
    items = select(*_COUNTED).where(ITEM.c.report_id == row["id"]).order_by(ITEM.c.sort_key)
    seen = [dict(item) for item in tx.execute(items).mappings() if item["id"] not in unseen]
    late = sum(item["open"] and item["due_order"] < reader.today for item in seen)
    acted_on = _acted_on(tx, row["id"])
    gaps = section55.gaps([_finding(item, acted_on) for item in seen])
    return WholeReport(_report_row(dict(row), [item["open"] for item in seen]), dict(row), late, gaps)


def _acted_on(tx: Connection, report_id: int) -> frozenset[int]:
    """The items of a report under which an action stands that was not superseded."""
    finding = ITEM.alias()
    stands = (ITEM.c.kind == "action", ITEM.c.status != "superseded", finding.c.report_id == report_id)
    found = select(ITEM.c.parent_id).join(finding, finding.c.id == ITEM.c.parent_id).where(*stands)
    return frozenset(tx.execute(found).scalars())


def _finding(item: Mapping[str, Any], acted_on: frozenset[int]) -> section55.Finding:
    return section55.Finding(item["reference"], item["kind"], item["status"], item["id"] in acted_on)


# --- boards and objectives ------------------------------------------------------------------------------------------


class Group(NamedTuple):
    """What stands under one board or serves one objective, as the reader may see it; `name` "": under none."""

    name: str
    items: int
    open: int
    overdue: int


def groups(tx: Connection, column: str, reader: Reader) -> list[Group]:
    """The boards (`board`) or objectives (`objective`) by name, those under none last."""
    unseen = hidden(tx, reader)
    tallies: dict[str, list[tuple[bool, bool]]] = {}
    spelt: dict[str, str] = {}  # letter case does not make another board
    for row in tx.execute(select(ITEM.c.id, ITEM.c.open, ITEM.c.due_order, ITEM.c[column].label("names"))):
        if row.id not in unseen:
            late = row.open and row.due_order < reader.today
            for name in _names(row.names, several=column == "objective"):
                tallies.setdefault(spelt.setdefault(name.lower(), name), []).append((row.open, late))
    found = [Group(name, len(t), sum(o for o, _ in t), sum(late for _, late in t)) for name, t in tallies.items()]
    return sorted(found, key=lambda group: (not group.name, references.folded(group.name)))


def _names(kept: str, *, several: bool) -> list[str]:
    """An item stands under one board and serves any number of objectives, kept as "a; b"."""
    each = [" ".join(name.split()) for name in (kept.split(";") if several else [kept])]
    return list(dict.fromkeys(name for name in each if name)) or [""]
