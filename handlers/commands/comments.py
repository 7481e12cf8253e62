"""`comments CODE STEP DATE`: a step of section 55 is taken; the day it was, or none where it was recorded wrongly."""

from datetime import date

from handlers import acting, recording
from handlers.acting import Values
from handlers.ask import Ask, Desk, told
from handlers.card import Button, Buttons, Card, Field, Line, Option, Part, Span, bold
from handlers.commands import report
from handlers.commands.report import STEPS, WORDS_OF
from handlers.recording import Entry
from handlers.wording import british, count
from storage import questions, record
from storage.questions import WholeReport
from storage.record import Saved
from storage.refusals import FieldFaults
from storage.rules import permissions, section55

WORDS = ("comments",)
HELP = ("comments CUST26 published 3 Apr", "a step of section 55 is taken")
NAMES = {
    **{word: step for step, word in WORDS_OF.items()},
    "comments requested": "comments_requested_on",
    "comments invited": "comments_requested_on",
    "invited": "comments_requested_on",
    "comments received": "comments_received_on",
    "comments published": "comments_published_on",
    "copied to the inspectorate": "copied_to_inspectorate_on",
    "copied to inspectorate": "copied_to_inspectorate_on",
    "copied to the home secretary": "copied_to_home_secretary_on",
    "copied to home secretary": "copied_to_home_secretary_on",
}
NONE = "none"


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    code, version, words = _taken_apart(rest)
    with desk.store.read() as tx:
        whole = questions.report(tx, code, ask.reader(desk))
    if whole is None:
        return recording.no_report(desk, code[:40])
    step, day = _step_of(words)
    if words and not step and ask.form is None:
        return acting.not_done("comments", whole.row.code, f"Name a step: {', '.join(WORDS_OF.values())}.", words)
    entry = _entry(desk, ask, whole, version, step, day)
    return recording.answer(entry, ask, {"step": step, "date": day}, words)


def _taken_apart(rest: str) -> tuple[str, int | None, str]:
    """The code, the version seen, and what follows; a colon after the code or the step is forgiven."""
    said = told(rest.replace(":", " "))
    return said.reference, said.version, " ".join(said.words.split())


def _step_of(words: str) -> tuple[str, str]:
    """The step that the words begin with, and the rest: its day."""
    low = words.lower()
    for name in sorted(NAMES, key=len, reverse=True):
        if low == name or low.startswith(f"{name} "):
            return NAMES[name], words[len(name) :].strip().removeprefix("on ").strip()
    return "", words


def _entry(desk: Desk, ask: Ask, whole: WholeReport, version: int | None, step: str, day: str) -> Entry:
    """The form asks for what this person may record; with today as the day, as most steps are recorded when taken."""
    code = whole.row.code
    mine = [s for s in STEPS if permissions.may_record(s, ask.person.roles)] or list(STEPS)
    fixed = step or (mine[0] if len(mine) == 1 else "")

    def carry(values: Values) -> Saved:
        which = fixed or values.get("step", "")
        if which not in STEPS:
            raise FieldFaults({"step": "Choose a step."})
        when = _day(values, ask.today)
        return record.record_step(desk.store, ask.actor, code, version, which, when)

    def answered(values: Values, saved: Saved) -> tuple[str, tuple[Part, ...]]:
        return _told(desk, ask, whole, fixed or values["step"], code)

    return Entry(
        "comments",
        code,
        "Section 55",
        "Recorded.",
        f"comments {code} {WORDS_OF[fixed]}" if fixed else f"comments {code}",
        f"comments {code} {WORDS_OF[step] if step else 'published'} {british(ask.today)}",
        _fields(ask, whole, mine, fixed, day),
        ("step", "date"),
        lambda: record.admit_report(desk.store, ask.actor, fixed or mine[0], "comments", code),
        carry,
        answered,
        "Record",
        ((bold(f"{code} "), Span(whole.row.title)), *_clock(ask, whole)),
    )


def _clock(ask: Ask, whole: WholeReport) -> tuple[Line, ...]:
    found = report.clock(whole.row.facts, ask.today)
    return ((bold(found.first), Span(found.rest)),) if found else ()


def _fields(ask: Ask, whole: WholeReport, mine: list[str], fixed: str, day: str) -> tuple[Field, ...]:
    when = acting.as_iso(day, ask.today) or ask.today.isoformat()
    hint = "The day on which it happened. To take back what was recorded wrongly, type: "
    hint += f"comments {whole.row.code} {WORDS_OF[fixed] if fixed else 'STEP'} none"
    label = STEPS[fixed] if fixed else "Date"
    date_ = Field("date", label, "day", when, hint, "Choose a date")
    if fixed:
        return (date_,)
    first = next((s for s in mine if not whole.report[s]), mine[0])
    options = tuple(Option(s, STEPS[s], _recorded(whole.report[s])) for s in mine)
    return (Field("step", "Step", "choice", first, options=options), date_)


def _recorded(day: date | None) -> str:
    return f"recorded: {british(day)}" if day else "not yet"


def _day(values: Values, today: date) -> date | None:
    if values.get("date", "").strip().lower() == NONE:
        return None
    return acting.day_of(values, today)


def _told(desk: Desk, ask: Ask, before: WholeReport, step: str, code: str) -> tuple[str, tuple[Part, ...]]:
    """What is recorded now, what stood there, and for a publication whether it was in time and what it lacks."""
    with desk.store.read() as tx:
        now = questions.report(tx, code, ask.reader(desk))
    assert now is not None  # it was recorded just now
    day, was = now.report[step], before.report[step]
    sentence = f"{STEPS[step]}: {british(day) if day else 'not yet'}."
    sentence += f" It was {british(was)} before; the record keeps both." if was else ""
    sentence += acting.remark(day) if day else ""
    if step == "comments_published_on" and day:
        sentence += _in_time(now, day) + _gaps(now)
    elif not section55.owed(now.row.facts):
        sentence += f" No comments are owed on {code}."
    else:
        sentence += f" {_clock_in_words(ask, now)}".rstrip()
    return sentence, (Buttons((Button("Report", f"report {code}", f"{code} with its steps"),)),)


def _clock_in_words(ask: Ask, now: WholeReport) -> str:
    found = report.clock(now.row.facts, ask.today)
    return f"{found.first}{found.rest}" if found else ""


def _in_time(now: WholeReport, day: date) -> str:
    published = now.row.published_on
    if published is None or not section55.owed(now.row.facts):
        return f" No comments were owed on {now.row.code}."
    late = section55.days_late(published, day)
    last = british(section55.last_day(published))
    if late:
        return f" That is {count(late, 'day')} late: the last day was {last}."
    return f" That is in time; the last day: {last}."


def _gaps(now: WholeReport) -> str:
    """Publication is a fact, and recorded; what the comments could not say is listed."""
    if not now.gaps:
        return ""
    have = "has" if len(now.gaps) == 1 else "have"
    return f" Mind: {report.gaps_shown(now.gaps)} {have} neither an action nor a reason why there is none."
