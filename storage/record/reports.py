"""A report by itself: a new one, corrections, and the steps of section 55 on it."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from storage import people, refusals
from storage.fields import REPORT_FIELDS, differences, london_day
from storage.history import Event, append, moment
from storage.record import arrivals
from storage.record.change import Actor, Saved, note_refusal, once, refuse_if_moved_on, refused_before
from storage.record.updates import raise_any, words_fault
from storage.refusals import FieldFaults, NotAllowed, day_shown
from storage.rows import levelled, one_line, word_fault
from storage.rules import permissions, references, section55
from storage.store import Store
from storage.tables import HISTORY, REPORT

LINE_MOST = 300
WORDS = ("title", "source", "inspected_body", "section_55")
DAYS = ("published_on", "inspected_on", "chief_officer_comments_due")
EDITED = (*WORDS, *DAYS)
Fields = Mapping[str, Any]
Decide = Callable[[dict[str, Any], date], tuple[Fields, Fields]]


class NewReport(NamedTuple):
    """What somebody gives of a new report; the publication date is one that a person confirms by giving it."""

    code: str
    title: str
    source: str
    published_on: date | None
    inspected_on: date | None = None
    inspected_body: str = ""
    section_55: str = ""
    chief_officer_comments_due: date | None = None


def event_of(actor: Actor, act: str, which: str) -> arrivals.EventOf:
    """The event with which an item or a report begins."""
    who = (actor.person.id, actor.place, actor.request_key)
    return lambda fields, row: Event(act, *who, fields=fields, version=1, **{which: row["id"]})


def load_report(tx: Connection, code: str) -> dict[str, Any] | None:
    """The report under lock; None when there is none of that code."""
    row = tx.execute(select(REPORT).where(REPORT.c.code_key == references.key(code)).with_for_update()).mappings()
    found = row.first()
    return dict(found) if found else None


def admit_report(store: Store, actor: Actor, what: str, act: str, code: str = "") -> None:
    """Raise the NotAllowed that recording `what` would meet now, and record it; "" where the report is yet to come."""
    with store.write() as tx:
        report = load_report(tx, code) if code else {"id": None, "code": ""}
        answer = refused_before(tx, actor) or _refusal(tx, store, actor, what, act, report, code)
    if answer:
        raise answer


def _refusal(
    tx: Connection, store: Store, actor: Actor, what: str, act: str, report: dict[str, Any] | None, code: str
) -> NotAllowed | None:
    if report is None:
        return refusals.no_report(references.tidied(code)[:40])
    if permissions.may_record(what, actor.person.roles):
        return None
    names = [name for role in sorted(permissions.MAY_RECORD[what]) for name in people.holders(tx, role)]
    answer = refusals.not_recorded_by_you(what, act, report["code"], names[:3])
    return note_refusal(tx, store, actor, act, answer, report=report["id"])


# --- a new one ------------------------------------------------------------------------------------------------------


def add_report(store: Store, actor: Actor, new: NewReport) -> Saved:
    """A report with its publication date, as a person confirms it. Raises NotAllowed or FieldFaults."""

    def attempt(tx: Connection) -> Saved | NotAllowed:
        none = {"id": None, "code": references.tidied(new.code)[:32]}
        refused = _refusal(tx, store, actor, "add report", "add report", none, "")
        return refused or _add(tx, store, actor, new)

    return once(store, actor, attempt)


def _add(tx: Connection, store: Store, actor: Actor, new: NewReport) -> Saved:
    now = moment(tx, store)
    values = {**new._asdict(), "code": references.tidied(new.code)}
    values |= {field: one_line(levelled(values[field])) for field in ("title", "source")}
    faults = _code_fault(tx, values["code"]) | _faults(values, london_day(now))
    faults |= {} if new.published_on else {"published_on": "Give the day on which it was published."}
    raise_any(faults)
    values |= dict.fromkeys(section55.STEPS)
    end = arrivals.insert_report(tx, store, values, event_of(actor, arrivals.REGISTER, "report_id"), now)
    return Saved(values["code"], 1, end.seq, end.at)


def _code_fault(tx: Connection, code: str) -> dict[str, str]:
    if not references.is_code(code):
        return {"code": "A report's code has 1 to 32 letters, digits, dots and hyphens, such as CYBER19."}
    found = load_report(tx, code)
    return {"code": f"{found['code']} is there already: {found['title']}."} if found else {}


def _faults(report: Mapping[str, Any], today: date) -> dict[str, str]:
    """What is wrong with a report as it would then stand."""
    faults: dict[str, str] = {}
    for field, asked in (("title", "Give its title."), ("source", "Say who published it, such as HMICFRS.")):
        if not report[field].strip():
            faults[field] = asked
        elif len(report[field]) > LINE_MOST:
            faults[field] = f"That is {len(report[field]):,} characters; {LINE_MOST} fit."
    for field in ("inspected_body", "section_55"):
        faults |= {field: wrong} if (wrong := word_fault(field, report[field])) else {}
    return faults | _day_faults(report, today)


def _day_faults(report: Mapping[str, Any], today: date) -> dict[str, str]:
    """A publication in the future or before the inspection is no fact; neither is a comment due before it."""
    published, inspected, due = (report[field] for field in DAYS)
    if inspected and inspected > today:
        return {"inspected_on": f"{day_shown(inspected)} is in the future. Give the day on which they came."}
    if published and published > today:
        return {"published_on": f"{day_shown(published)} is in the future. Add it when it has been published."}
    if published and inspected and published < inspected:
        said = f"{day_shown(published)} is before the inspection, {day_shown(inspected)}. Look at the report itself."
        return {"published_on": said}
    if published and due and due < published:
        return {"chief_officer_comments_due": f"{day_shown(due)} is before the report, {day_shown(published)}."}
    return {}


# --- corrections and steps ------------------------------------------------------------------------------------------


def edit_report(
    store: Store, actor: Actor, code: str, version: int | None, field: str, value: str | date | None, reason: str
) -> Saved:
    """One field of a report corrected, for a reason; the ledger keeps the old value."""

    def decide(report: dict[str, Any], today: date) -> tuple[Fields, Fields]:
        faults = words_fault("reason", reason, "Say why it is corrected.")
        if field not in EDITED:
            raise FieldFaults({"field": "That is not corrected here."})
        given = one_line(levelled(value)) if isinstance(value, str) else value or ("" if field in WORDS else None)
        wrong = _new_faults(report, field, given, today)
        if given == report[field]:
            wrong = {field: "That is what stands there already."}
        if field == "published_on" and not given:
            wrong = {field: "A report keeps a publication date. Give the right one."}
        raise_any(faults | ({"value": next(iter(wrong.values()))} if wrong else {}))
        return {field: given}, {"reason": reason.strip()}

    return _change(store, actor, "edit", "edit", code, version, decide)


def _new_faults(report: dict[str, Any], field: str, given: Any, today: date) -> dict[str, str]:
    """What a correction would make wrong; what an import let in as it is stays for another correction."""
    before = _faults(report, today)
    after = _faults({**report, field: given}, today)
    return {name: said for name, said in after.items() if name == field or name not in before}


def record_step(store: Store, actor: Actor, code: str, version: int | None, step: str, day: date | None) -> Saved:
    """A step of section 55, taken on that day; None takes a wrongly recorded one away. The ledger keeps what was."""

    def decide(report: dict[str, Any], today: date) -> tuple[Fields, Fields]:
        if day == report[step]:
            said = f"{day_shown(day)} is what stands there already." if day else "Nothing is recorded there."
            raise FieldFaults({"date": said})
        wrong = section55.step_fault(day, report["published_on"], today) if day else ""
        if day and wrong:
            raise FieldFaults({"date": _STEP_FAULTS[wrong](day, report["published_on"])})
        return {step: day}, {}

    return _change(store, actor, step, "comments", code, version, decide)


_STEP_FAULTS: dict[str, Callable[[date, Any], str]] = {
    "future": lambda day, published: f"{day_shown(day)} is in the future. Record it when it has happened.",
    "before": lambda day, published: f"{day_shown(day)} is before the report was published, {day_shown(published)}.",
}


def _change(store: Store, actor: Actor, what: str, act: str, code: str, version: int | None, decide: Decide) -> Saved:
    """Request key, authorisation, version check, change and history in one transaction."""

    def attempt(tx: Connection) -> Saved | NotAllowed:
        report = load_report(tx, code)
        refused = _refusal(tx, store, actor, what, act, report, code)
        if refused or report is None:
            return refused or refusals.no_report(code)
        its = HISTORY.c.report_id == report["id"]
        refuse_if_moved_on(tx, its, report["code"], report["version"], version, store)
        return _write(tx, store, actor, act, report, *decide(report, london_day(store.clock())))

    return once(store, actor, attempt)


def _write(
    tx: Connection, store: Store, actor: Actor, act: str, report: dict[str, Any], values: Fields, words: Fields
) -> Saved:
    version = report["version"] + 1
    fields = differences(REPORT_FIELDS, report, {**report, **values}) | {k: (None, v) for k, v in words.items()}
    event = Event(act, actor.person.id, actor.place, actor.request_key, None, report["id"], version, fields)
    end = append(tx, store, [event])[0]
    tx.execute(update(REPORT).where(REPORT.c.id == report["id"]).values(**values, version=version))
    return Saved(report["code"], version, end.seq, end.at)
