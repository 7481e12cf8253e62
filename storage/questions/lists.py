"""Lists of items: filters in, one page of rows and how many there are out."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, bindparam, case, func, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from storage.people import Person
from storage.prepared import Prepared
from storage.questions.readers import MINE, PAGE, ROW, WAITS, Reader, Row
from storage.rules import marking, references
from storage.rules.deadlines import Thresholds
from storage.rules.permissions import READS_EVERYTHING
from storage.store import kept
from storage.tables import ITEM, PERSON, REPORT

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


class Page(NamedTuple):
    """Some rows of a list, which they are (from 1), and how many there are in all."""

    rows: list[Row]
    first: int
    total: int


_OPEN = ITEM.c.open == bindparam("yes")


def colour(of: str = "") -> ColumnElement[Any]:
    """`rules.deadlines.why` as SQL; a test holds the two against each other on generated registers.

    Its parameters are `yes`, `today`, `soon` and `stale_since`, the days with `of` behind, for two days in one query.
    """
    today: ColumnElement[Any] = bindparam(f"today{of}")
    amber = or_(
        and_(ITEM.c.due >= today, ITEM.c.due <= bindparam(f"soon{of}")),
        and_(ITEM.c.status != "awaiting_allocation", ITEM.c.quiet_since <= bindparam(f"stale_since{of}")),
        ITEM.c.due.is_(None),
        ITEM.c.extensions >= 2,
    )
    return case(
        (ITEM.c.open != bindparam("yes"), "blue"),
        (ITEM.c.off_track != "", "red"),
        (WAITS, "white"),
        (ITEM.c.due < today, "red"),
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
        "colours": colour().in_(bindparam("colours", expanding=True)),
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
        chosen.append(or_(ITEM.c.marking == marking.OFFICIAL, MINE))
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
    chosen = select(*ROW).select_from(ITEM.outerjoin(PERSON, PERSON.c.id == ITEM.c.owner_id))
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


def outside(tx: Connection, filters: Filters, limits: Thresholds) -> frozenset[int]:
    """The ids of all that the filters do not ask for, ended ones too, for somebody who reads everything."""
    reader = Reader(Person(None, "", READS_EVERYTHING), date(2000, 1, 1), limits)
    asked = filters._replace(everything=True)
    wanted = select(ITEM.c.id).where(*_conditions(_shape(asked, reader)))
    rest = select(ITEM.c.id).where(ITEM.c.id.not_in(wanted))
    return frozenset(tx.execute(rest, parameters(asked, reader)).scalars())


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


def those(tx: Connection, numbers: Sequence[int], reader: Reader) -> dict[int, Row]:
    """The open items of these ids that exist for the reader, by id."""
    seen = [] if reader.reads_everything else [or_(ITEM.c.marking == marking.OFFICIAL, MINE)]
    chosen = select(*ROW).select_from(ITEM.outerjoin(PERSON, PERSON.c.id == ITEM.c.owner_id))
    chosen = chosen.where(ITEM.c.id.in_(numbers), ITEM.c.open.is_(True), *seen)
    return {row.id: Row(*row) for row in tx.execute(chosen, {"me": reader.person.id or -1})}
