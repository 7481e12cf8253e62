"""The lists of a digest: which items each holds, said for the database and for those that were worked back alike."""

from bisect import bisect
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Select, bindparam, case, func, literal, literal_column, select

from storage import people
from storage.figures import stood
from storage.figures.instant import Instant, whole
from storage.figures.shapes import SHOWN, Briefs, Counted, Late, Listed, Moved, Waiting
from storage.figures.spoken import first_sentence
from storage.rules import deadlines, lifecycle, references
from storage.rules.deadlines import Facts, Thresholds
from storage.tables import EVIDENCE, HISTORY, ITEM, REQUEST, TARGET_CHANGE, UPDATE

STARS = {"accelerated_cause_of_concern": 0, "cause_of_concern": 1}
FEW = 200  # so many are put where they belong one by one; more are sorted in
OPEN: ColumnElement[bool] = ITEM.c.open == bindparam("yes")
_NO_RANK = literal(0)
_RANK = case(STARS, value=ITEM.c.kind, else_=len(STARS))
Entry = tuple[int, str, str, int]  # one entry of Briefs


class Section(NamedTuple):
    """One list: whether facts belong to it, the same for the database, the day that orders it, a rank before days."""

    fits: Callable[[Facts, date, Thresholds], bool]
    where: tuple[ColumnElement[bool], ...]
    day: ColumnElement[Any] = ITEM.c.due_order
    ranked: bool = False


def _of_status(status: str) -> Section:
    return Section(lambda facts, today, limits: facts.status == status, (ITEM.c.status == status,))


SECTIONS = {
    "overdue": Section(
        lambda facts, today, limits: deadlines.overdue_days(facts, today) > 0,
        (OPEN, ITEM.c.due_order < bindparam("today")),
        ranked=True,
    ),
    "due_soon": Section(
        deadlines.due_soon,
        (OPEN, ITEM.c.due_order >= bindparam("today"), ITEM.c.due_order <= bindparam("soon")),
    ),
    "off_track": Section(
        lambda facts, today, limits: lifecycle.is_open(facts.status) and bool(facts.off_track),
        (OPEN, ITEM.c.off_track != literal_column("''")),
    ),
    "stale": Section(
        deadlines.stale,
        (OPEN, ITEM.c.quiet_since <= bindparam("stale_since"), ITEM.c.status != lifecycle.AWAITING_ALLOCATION),
        day=ITEM.c.quiet_since,
    ),
    "awaiting_allocation": _of_status(lifecycle.AWAITING_ALLOCATION),
    "pending": _of_status(lifecycle.PENDING_SIGN_OFF),
    "disputed": _of_status(lifecycle.DISPUTED),
}


def briefs(at: Instant, name: str) -> Briefs:
    """Every entry of a list, in its order."""
    section = SECTIONS[name]
    found = Briefs(*stood.columns_of(at.tx, _entries(at, section), at.values))
    return _merged(found, list(_worked_back(at, section)))


def _entries(at: Instant, section: Section) -> Select[Any]:
    """The days are those that the order is of; without any they are the last that there is."""
    order = ((_RANK,) if section.ranked else ()) + (section.day, ITEM.c.sort_key, ITEM.c.id)
    columns = (ITEM.c.id, ITEM.c.reference, section.day.label("day"), (_RANK if section.ranked else _NO_RANK))
    return select(*columns).where(*section.where, *at.steady).order_by(*order)


def _worked_back(at: Instant, section: Section) -> Iterable[Entry]:
    for number, row in at.changed.items():
        facts = at.facts(row)
        if section.fits(facts, at.today, at.limits):
            day = facts.quiet_since if section.day is ITEM.c.quiet_since else facts.due or deadlines.FAR
            yield number, row["reference"], str(day), STARS.get(row["kind"], len(STARS)) if section.ranked else 0


def _merged(found: Briefs, more: list[Entry]) -> Briefs:
    """With those that were worked back where they belong."""
    if len(more) > FEW:
        entries = [*zip(*found, strict=True), *more]
        return columns_in(sorted(entries, key=_place))
    for entry in more:
        at = bisect(range(len(found.ids)), _place(entry), key=lambda n: _place(_entry(found, n)))
        for column, value in zip(found, entry, strict=True):
            cast(list[Any], column).insert(at, value)
    return found


def columns_in(entries: list[Entry]) -> Briefs:
    """These entries column by column, in their order."""
    ids, told, days, ranks = zip(*entries, strict=True) if entries else ((), (), (), ())
    return Briefs(list(ids), list(told), list(days), list(ranks))


def _entry(found: Briefs, n: int) -> Entry:
    return found.ids[n], found.references[n], found.days[n], found.ranks[n]


def _place(entry: Entry) -> tuple[int, str, str, int]:
    number, reference, day, rank = entry
    return (rank, day, references.natural(reference), number)


# --- the first of each, whole -----------------------------------------------------------------------------------------


def items(at: Instant, name: str) -> Listed[Counted]:
    every = briefs(at, name)
    return Listed(tuple(_first(at, every)), every)


def _first(at: Instant, every: Briefs) -> list[Counted]:
    numbers = every.ids[:SHOWN]
    found = whole(at, numbers)
    return [found[number] for number in numbers]


def stale(at: Instant) -> Listed[tuple[Counted, int]]:
    every = briefs(at, "stale")
    first = [(item, (at.today - item.facts.quiet_since).days) for item in _first(at, every)]
    return Listed(tuple(first), every)


def overdue(at: Instant) -> Listed[Late]:
    every = briefs(at, "overdue")
    first = _first(at, every)
    said = _last_words(at, [item.id for item in first])
    late = [Late(i, deadlines.overdue_days(i.facts, at.today), _reason(i, said.get(i.id, ""))) for i in first]
    return Listed(tuple(late), every)


def _last_words(at: Instant, numbers: list[int]) -> dict[int, str]:
    told = (UPDATE.c.item_id.in_(numbers), UPDATE.c.event <= at.window.end_event)
    rows = at.tx.execute(select(UPDATE.c.item_id, UPDATE.c.words).where(*told).order_by(UPDATE.c.id))
    return {row.item_id: row.words for row in rows}


def _reason(item: Counted, said: str) -> str:
    return item.facts.off_track or first_sentence(said) or "No reason given"


# --- who waits for the DCC --------------------------------------------------------------------------------------------


def pending(at: Instant) -> Listed[Waiting]:
    """The oldest request first; those brought in without a request after them."""
    asked = _asked(at)
    every = _longest_asked(briefs(at, "pending"), asked)
    first = _first(at, every)
    checks = _last_checks(at, [item.id for item in first])
    return Listed(tuple(_waiting(at, item, asked.get(item.id), checks.get(item.id, 0)) for item in first), every)


def _longest_asked(every: Briefs, asked: dict[int, Any]) -> Briefs:
    entries = [_entry(every, n) for n in range(len(every.ids))]
    waits = [entry for entry in entries if entry[0] in asked]
    waits.sort(key=lambda entry: asked[entry[0]].asked_at)
    return columns_in(waits + [entry for entry in entries if entry[0] not in asked])


def _asked(at: Instant) -> dict[int, Any]:
    """By item the last request for sign-off that was made by then and not decided yet."""
    undecided = REQUEST.c.decided_at.is_(None) | (REQUEST.c.decided_at > at.window.end)
    those = (REQUEST.c.kind == "sign_off", REQUEST.c.event <= at.window.end_event, undecided)
    columns = (REQUEST.c.id, REQUEST.c.item_id, REQUEST.c.asker_id, REQUEST.c.asked_at, REQUEST.c.event)
    return {row.item_id: row for row in at.tx.execute(select(*columns).where(*those).order_by(REQUEST.c.id))}


def _waiting(at: Instant, item: Counted, asked: Any, checked: int) -> Waiting:
    if asked is None:
        return Waiting(item, "", None, False, False)
    shown = (EVIDENCE.c.request_id == asked.id, EVIDENCE.c.item_id == item.id, EVIDENCE.c.event <= at.window.end_event)
    has_evidence = at.tx.execute(select(EVIDENCE.c.id).where(*shown).limit(1)).first() is not None
    return Waiting(item, people.called(at.tx, asked.asker_id), asked.asked_at, checked > asked.event, has_evidence)


def _last_checks(at: Instant, numbers: list[int]) -> dict[int, int]:
    """By item the last event in which evidence was checked; a request itself keeps only the newest check."""
    checks = (HISTORY.c.item_id.in_(numbers), HISTORY.c.act == "verify", HISTORY.c.seq <= at.window.end_event)
    rows = at.tx.execute(select(HISTORY.c.item_id, func.max(HISTORY.c.seq)).where(*checks).group_by(HISTORY.c.item_id))
    return {row[0]: row[1] for row in rows}


# --- dates that were moved --------------------------------------------------------------------------------------------


def dates_moved(at: Instant) -> list[Moved]:
    """Every item whose date was moved in the window, in natural order."""
    moves: dict[int, list[Any]] = {}
    for row in at.tx.execute(_moves(at).order_by(TARGET_CHANGE.c.id)):
        moves.setdefault(row.item_id, []).append(row)
    ever = _moves_ever(at) if moves else {}
    found = sorted(whole(at, moves).values(), key=lambda item: (references.natural(item.reference), item.id))
    return [_moved(item, moves[item.id], ever[item.id]) for item in found]


def _moves(at: Instant, *columns: Any) -> Select[Any]:
    inside = (TARGET_CHANGE.c.event > at.window.start_event, *at.seen(TARGET_CHANGE.c.item_id))
    return select(*(columns or (TARGET_CHANGE,))).where(*inside, *_moved_by_then(at))


def _moved_by_then(at: Instant) -> tuple[ColumnElement[bool], ...]:
    return (TARGET_CHANGE.c.before.is_not(None), TARGET_CHANGE.c.event <= at.window.end_event)


def _moves_ever(at: Instant) -> dict[int, int]:
    of_those = TARGET_CHANGE.c.item_id.in_(_moves(at, TARGET_CHANGE.c.item_id))
    counted = select(TARGET_CHANGE.c.item_id, func.count()).where(of_those, *_moved_by_then(at))
    return {row[0]: row[1] for row in at.tx.execute(counted.group_by(TARGET_CHANGE.c.item_id))}


def _moved(item: Counted, moves: list[Any], ever: int) -> Moved:
    first, last = moves[0], moves[-1]
    words = "" if last.by_import else last.reason
    return Moved(item, first.before, last.after, len(moves), ever, words, last.by_import)
