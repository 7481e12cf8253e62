"""Who is told what today: found by the rules, put into the outbox and recorded in one transaction a person."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, or_, select, update

from storage import outbox, people
from storage.history import Event, append
from storage.questions.reports import facts_of_report
from storage.rules import reminders, section55
from storage.rules.deadlines import Thresholds
from storage.rules.lifecycle import AWAITING_ALLOCATION, IN_PROGRESS
from storage.rules.reminders import Dated
from storage.rules.working_days import WEEKDAYS, Calendar
from storage.store import Store, insert_new
from storage.tables import DIGEST, IDENTITY, ITEM, OUTGOING, PERSON, REMINDER, REPORT, ROLE, SNOOZE

USUAL_TIME = "09:00"
DAILY = "daily"  # the act under which a person's one message of the day is kept
AT_ONCE = 400
CHIEF, COMMISSIONER = "chief", "report"  # the two clocks of a report: the force's own date, and section 55


class Entry(NamedTuple):
    """One thing to tell: of what (`item:12`, `report:3`, `chief:3`, `digest:4`), which step, about which day."""

    about: str
    step: str
    day: date


Entries = dict[int, list[Entry]]  # by person


def key_of(person: int, today: date) -> str:
    """The one message that a person gets by schedule on a day."""
    return f"daily:{person}:{today}"


def begin(store: Store) -> None:
    """Switch reminders on, once: what was due to be told before is not told late."""
    with store.aside() as tx:
        row = {"name": DAILY, "kind": DAILY, "platform": outbox.PERSON, "place": "", "day": "", "time": USUAL_TIME}
        new = insert_new(tx, DIGEST).values(**row, filter="", since=store.clock())
        tx.execute(new.on_conflict_do_nothing(index_elements=["name"]))


def since(tx: Connection) -> datetime:
    """Since when persons are told by schedule."""
    found: datetime = tx.execute(select(DIGEST.c.since).where(DIGEST.c.name == DAILY)).scalar_one()
    return found


class Hearer(NamedTuple):
    """Somebody who can be told in chat, at which wall-clock time of theirs."""

    person: int
    time: str


def hearers(tx: Connection, today: date) -> list[Hearer]:
    """Everybody whom chat knows, who has not left and has not paused."""
    known = select(IDENTITY.c.person_id).where(IDENTITY.c.platform.in_(("slack", "teams")))
    paused = PERSON.c.paused_until > today
    rows = tx.execute(
        select(PERSON.c.id, PERSON.c.remind_at)
        .where(PERSON.c.id.in_(known), PERSON.c.active.is_(True), PERSON.c.away.is_(None))
        .where(or_(PERSON.c.paused_until.is_(None), ~paused))
    )
    return [Hearer(r.id, r.remind_at or USUAL_TIME) for r in rows]


def not_told(tx: Connection, persons: Iterable[int], today: date) -> list[int]:
    """Those of these persons who have not had their message of the day."""
    every, had = list(persons), set[str]()
    for start in range(0, len(every), AT_ONCE):
        keys = [key_of(person, today) for person in every[start : start + AT_ONCE]]
        had |= set(tx.execute(select(OUTGOING.c.key).where(OUTGOING.c.key.in_(keys))).scalars())
    return [person for person in every if key_of(person, today) not in had]


def due(tx: Connection, today: date, limits: Thresholds, calendar: Calendar, persons: Collection[int]) -> Entries:
    """Everything that is due to be told to these persons today and was not told yet, by person."""
    found: Entries = defaultdict(list)
    roles = _holders(tx)
    _clocks(tx, found, roles, today, calendar)
    few = len(persons) <= AT_ONCE and not set(persons) & set(roles.get("liaison", []))
    _items(tx, found, roles, Today(today, calendar.eve(today), limits, tuple(persons) if few else ()))
    _digests(tx, found, today, calendar)
    return {person: found[person] for person in persons if found.get(person)}


def _holders(tx: Connection) -> dict[str, list[int]]:
    held: dict[str, list[int]] = defaultdict(list)
    rows = select(ROLE.c.person_id, ROLE.c.role).where(ROLE.c.until.is_(None)).order_by(ROLE.c.since, ROLE.c.id)
    for row in tx.execute(rows):
        if row.person_id not in held[row.role]:
            held[row.role].append(row.person_id)
    return held


class Known:
    """What was told already, of many things at once."""

    def __init__(self, tx: Connection, abouts: Iterable[str]) -> None:
        self.told: dict[tuple[str, date], dict[int, dict[str, date]]] = {}
        every = sorted(set(abouts))
        for start in range(0, len(every), AT_ONCE):
            some = REMINDER.c.about.in_(every[start : start + AT_ONCE])
            for row in tx.execute(select(REMINDER).where(some)):
                self.told.setdefault((row.about, row.day), {}).setdefault(row.person_id, {})[row.step] = row.told_on

    def by(self, about: str, day: date, person: int) -> dict[str, date]:
        """What this person was told of it, about that day."""
        return self.told.get((about, day), {}).get(person, {})

    def by_anybody(self, about: str, day: date) -> set[str]:
        return {step for steps in self.told.get((about, day), {}).values() for step in steps}


# --- items ----------------------------------------------------------------------------------------------------------

_FACTS = ("id", "status", "due", "last_update_on", "quiet_since", "owner_id", "lead_id", "version")


class Today(NamedTuple):
    """The day on which somebody is told, the last one before the next such day, and what counts as quiet.

    `few` are those who are to be told; empty for many, or for those to whom everything may come.
    """

    day: date
    eve: date
    limits: Thresholds
    few: tuple[int, ...] = ()


def _items(tx: Connection, found: Entries, roles: Mapping[str, list[int]], today: Today) -> None:
    rows = _candidates(tx, today)
    known = Known(tx, (f"item:{row.id}" for row in rows))
    silent = _silences(tx, today.day)
    for row in rows:
        _of_owner(row, known, silent.get(row.id), found, today)
        if row.owner_id is None:
            _of_nobody(row, known, found, roles, today)
        _of_those_above(row, known, found, roles, today.day)


def _candidates(tx: Connection, today: Today) -> list[Any]:
    """Open items that somebody works on or should, due within the longest reminder or quiet for long."""
    soon = ITEM.c.due_order <= today.eve + timedelta(days=reminders.BEFORE[0])
    quiet = ITEM.c.quiet_since <= today.day - timedelta(days=today.limits.stale)
    mine = (ITEM.c.open.is_(True), ITEM.c.status.in_((IN_PROGRESS, AWAITING_ALLOCATION)), or_(soon, quiet))
    whose = (or_(ITEM.c.owner_id.in_(today.few), ITEM.c.lead_id.in_(today.few)),) if today.few else ()
    chosen = select(*(ITEM.c[n] for n in _FACTS)).where(*mine, *whose)
    return list(tx.execute(chosen.order_by(ITEM.c.due_order, ITEM.c.id)))


def _silences(tx: Connection, today: date) -> dict[int, date]:
    rows = tx.execute(select(SNOOZE.c.item_id, SNOOZE.c.until).where(SNOOZE.c.until > today).order_by(SNOOZE.c.until))
    return {row.item_id: row.until for row in rows}


def _of_owner(row: Any, known: Known, silent: date | None, found: Entries, today: Today) -> None:
    """What the owner is told of one item: what is due, and the question after a silence; told once, drawn once."""
    if row.owner_id is None:
        return
    about, facts = f"item:{row.id}", _dated(row, silent)
    told = known.by(about, row.due, row.owner_id) if row.due else {}
    asked = known.by(about, row.quiet_since, row.owner_id)
    steps = (
        (reminders.of_owner(facts, told, today.day, today.eve), row.due),
        (reminders.question(facts, asked, today.day, today.limits.stale), row.quiet_since),
    )
    found[row.owner_id] += [Entry(about, step, day) for step, day in steps if step]


def _of_nobody(row: Any, known: Known, found: Entries, roles: Mapping[str, list[int]], today: Today) -> None:
    """What is in work and nobody's is for the liaison to hear of; there is nobody to ask why it is quiet."""
    about = f"item:{row.id}"
    for person in roles.get("liaison", []):
        told = known.by(about, row.due, person) if row.due else {}
        step = reminders.of_owner(_dated(row), told, today.day, today.eve)
        if step:
            found[person].append(Entry(about, step, row.due))


def _dated(row: Any, silent: date | None = None) -> Dated:
    return Dated(row.status, row.due, row.last_update_on, row.quiet_since, row.lead_id is not None, silent)


def _of_those_above(row: Any, known: Known, found: Entries, roles: Mapping[str, list[int]], today: date) -> None:
    """Each of those above the owner hears of each rung once; the DCC's rung is told by the digest."""
    about = f"item:{row.id}"
    above = {"liaison": roles.get("liaison", []), "lead": [row.lead_id], "dcc": []}
    for rung in reminders.rungs(_dated(row), (), today):
        step = reminders.step_of(rung)
        told = [person for person in above[rung] if step not in known.by(about, row.due, person)]
        for person in told:
            found[person].append(Entry(about, step, row.due))


# --- section 55 -----------------------------------------------------------------------------------------------------


def _clocks(tx: Connection, found: Entries, roles: Mapping[str, list[int]], today: date, calendar: Calendar) -> None:
    reports = [
        dict(row) for row in tx.execute(select(REPORT).where(REPORT.c.comments_published_on.is_(None))).mappings()
    ]
    clocks = [clock for report in reports for clock in _of_report(report, roles, today)]
    known = Known(tx, (about for about, _, _ in clocks))
    for about, last_day, persons in clocks:
        for person in persons:
            told = known.by(about, last_day, person)
            step = reminders.of_clock(last_day, told, today, calendar.eve(today))
            if step:
                found[person].append(Entry(about, step, last_day))


def _of_report(
    report: Mapping[str, Any], roles: Mapping[str, list[int]], today: date
) -> list[tuple[str, date, list[int]]]:
    """The clocks of a report that run: the commissioner's, and before it the force's own date for its comments."""
    facts = facts_of_report(report)
    if not section55.running(facts):
        return []
    liaisons, office = roles.get("liaison", []), roles.get("policing_body", [])
    both = list(dict.fromkeys([*liaisons, *office]))
    clocks = [(f"{COMMISSIONER}:{report['id']}", section55.last_day(report["published_on"]), both)]
    own = report["chief_officer_comments_due"]
    # once the last day has passed, that is what counts
    if own and report["comments_received_on"] is None and today <= clocks[0][1]:
        clocks.append((f"{CHIEF}:{report['id']}", own, liaisons))
    return clocks


# --- digests for one person -----------------------------------------------------------------------------------------


def _digests(tx: Connection, found: Entries, today: date, calendar: Calendar) -> None:
    """A lead's portfolio in its week, the liaison's list each working day; nothing from before it was switched on."""
    mine = (DIGEST.c.person_id.is_not(None), DIGEST.c.until.is_(None))
    rows = tx.execute(select(DIGEST.c.id, DIGEST.c.kind, DIGEST.c.day, DIGEST.c.person_id, DIGEST.c.since).where(*mine))
    wanted = [(row, _last_day_of(row, today, calendar)) for row in rows]
    known = Known(tx, (f"digest:{row.id}" for row, _ in wanted))
    for row, day in wanted:
        about = f"digest:{row.id}"
        if day > calendar.today(row.since) and not known.by(about, day, row.person_id):
            found[row.person_id].append(Entry(about, row.kind, day))


def _last_day_of(row: Any, today: date, calendar: Calendar) -> date:
    """The day for which it was due last: each day for the morning's list, else that weekday, moved off a holiday."""
    if row.kind == "morning":
        return today
    nominal = today - timedelta(days=(today.weekday() - WEEKDAYS.index(row.day)) % 7)
    due_on = calendar.first_from(nominal)
    return due_on if due_on <= today else calendar.first_from(nominal - timedelta(days=7))


# --- writing --------------------------------------------------------------------------------------------------------


def put(store: Store, person: int, entries: list[Entry], today: date, now: datetime) -> bool:
    """One message to one person, what it tells recorded with it; False when they had theirs today."""
    with store.write() if _escalates(entries) else store.aside() as tx:
        told = {
            "act": DAILY,
            "day": today.isoformat(),
            "entries": [[e.about, e.step, e.day.isoformat()] for e in entries],
        }
        key = key_of(person, today)
        if not outbox.put(tx, key, outbox.PERSON, str(person), json.dumps(told), now, due_at=now):
            return False
        _record_rungs(tx, store, _not_reached(tx, entries))
        _keep(tx, entries, person, today, now)
    return True


def _escalates(entries: Iterable[Entry]) -> bool:
    return any(reminders.rung_of(entry.step) for entry in entries)


def _keep(tx: Connection, entries: Iterable[Entry], person: int, today: date, now: datetime) -> None:
    columns = ["about", "step", "day", "person_id"]
    told = {"person_id": person, "told_on": today, "at": now}
    rows = [{**entry._asdict(), **told} for entry in entries]
    if rows:
        tx.execute(insert_new(tx, REMINDER).on_conflict_do_nothing(index_elements=columns), rows)


def _record_rungs(tx: Connection, store: Store, new: Iterable[Entry]) -> None:
    """A rung that nobody was told of becomes part of the item's history, however many persons hear of it."""
    events = [_rung(entry) for entry in new]
    if events:
        append(tx, store, events)


def _rung(entry: Entry) -> Event:
    item = int(entry.about.partition(":")[2])
    fields = {"rung": (None, reminders.rung_of(entry.step)), "due_then": (None, entry.day.isoformat())}
    return Event("escalate", None, "schedule", "", item, fields=fields)


def _not_reached(tx: Connection, entries: Iterable[Entry]) -> list[Entry]:
    """Those of the entries that are rungs which nobody was told of."""
    rungs = [entry for entry in entries if reminders.rung_of(entry.step)]
    known = Known(tx, (entry.about for entry in rungs))
    return [entry for entry in rungs if entry.step not in known.by_anybody(entry.about, entry.day)]


def escalate_to_dcc(store: Store, today: date, now: datetime) -> int:
    """Record what has come as far as the DCC's digest; gives how many. Safe to call from many processes.

    Some at a time, so that who writes meanwhile does not wait for thousands.
    """
    with store.read() as tx:
        wanted = _for_dcc(tx, today)
        roles = _holders(tx)
    person = next(iter([*roles.get("dcc", []), *roles.get("liaison", [])]), None)
    if person is None:
        return 0
    parts = (wanted[start : start + AT_ONCE] for start in range(0, len(wanted), AT_ONCE))
    return sum(_escalated(store, part, person, today, now) for part in parts)


def _escalated(store: Store, entries: list[Entry], person: int, today: date, now: datetime) -> int:
    with store.write() as tx:
        left = _not_reached(tx, entries)
        _record_rungs(tx, store, left)
        _keep(tx, left, person, today, now)
    return len(left)


def _for_dcc(tx: Connection, today: date) -> list[Entry]:
    long_ago = today - timedelta(days=reminders.RUNGS["dcc"])
    late = (ITEM.c.open.is_(True), ITEM.c.due_order <= long_ago, ITEM.c.status.in_((IN_PROGRESS, AWAITING_ALLOCATION)))
    rows = tx.execute(select(ITEM.c.id, ITEM.c.due).where(*late).order_by(ITEM.c.id))
    return _not_reached(tx, [Entry(f"item:{row.id}", reminders.step_of("dcc"), row.due) for row in rows])


class Standing(NamedTuple):
    """What may have changed of an item since somebody was told of it."""

    last_update_on: date | None
    lead_id: int | None


def standing(tx: Connection, items: Iterable[int]) -> dict[int, Standing]:
    """How these items stand now, by id."""
    found = select(ITEM.c.id, ITEM.c.last_update_on, ITEM.c.lead_id).where(ITEM.c.id.in_(set(items)))
    return {row.id: Standing(row.last_update_on, row.lead_id) for row in tx.execute(found)}


# --- what each person chooses ---------------------------------------------------------------------------------------


class Choice(NamedTuple):
    """When somebody hears of what needs them: at which time, and from which day on where they paused."""

    time: str
    paused_until: date | None


def choice(tx: Connection, person: int | None, today: date) -> Choice:
    row = tx.execute(select(PERSON.c.remind_at, PERSON.c.paused_until).where(PERSON.c.id == person)).first()
    if row is None:
        return Choice(USUAL_TIME, None)
    return Choice(row.remind_at or USUAL_TIME, row.paused_until if (row.paused_until or today) > today else None)


def choose(store: Store, person: int, **values: Any) -> None:
    """Keep what somebody chooses: `remind_at`, a time like 14:00, or `paused_until`, a day or None."""
    with store.aside() as tx:
        tx.execute(update(PERSON).where(PERSON.c.id == person).values(**values))


class Paused(NamedTuple):
    """Somebody who hears nothing by schedule until a day."""

    who: str
    until: date


def paused(tx: Connection, today: date) -> list[Paused]:
    """Who has paused; soonest back first."""
    chosen = select(PERSON.c.id, PERSON.c.paused_until).where(PERSON.c.paused_until > today)
    rows = tx.execute(chosen.order_by(PERSON.c.paused_until, PERSON.c.id))
    return [Paused(people.called(tx, row.id), row.paused_until) for row in rows]


class Snoozed(NamedTuple):
    """An item whose owner asked for silence: until when, and why."""

    reference: str
    marking: str
    who: str
    until: date
    reason: str


def snoozed(tx: Connection, today: date, item: int | None = None) -> list[Snoozed]:
    """What is snoozed now, soonest to end first; of one item where one is given."""
    columns = (ITEM.c.reference, ITEM.c.marking, SNOOZE.c.person_id, SNOOZE.c.until, SNOOZE.c.reason)
    rows = tx.execute(
        select(*columns)
        .join(ITEM, ITEM.c.id == SNOOZE.c.item_id)
        .where(SNOOZE.c.until > today, ITEM.c.open.is_(True), *([ITEM.c.id == item] if item else []))
        .order_by(SNOOZE.c.until, ITEM.c.sort_key)
    )
    return [Snoozed(r.reference, r.marking, people.called(tx, r.person_id), r.until, r.reason) for r in rows]
