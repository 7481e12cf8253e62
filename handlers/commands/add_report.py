"""`add report CODE: title | source | published`: a report that arrives one by one; a person confirms its date."""

from datetime import date

from handlers import acting, recording
from handlers.acting import Values
from handlers.ask import Ask, Desk
from handlers.card import Button, Buttons, Card, Field, Option, Part
from handlers.recording import Entry
from handlers.wording import british
from storage import questions, record
from storage.record import NewReport, Saved
from storage.rules import references, section55

WORDS = ("add report",)
HELP = ("add report CODE: title | source | published", "a new report")
BODIES = (
    Option("derived", "As the source says"),
    Option("police", "Police"),
    Option("fire", "Fire"),
    Option("other", "Another body"),
)
OWED = (
    Option("derived", "As source and body say"),
    Option("required", "Comments are required"),
    Option("not_required", "Comments are not required"),
)


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    values = _typed(rest)
    return recording.answer(_entry(desk, ask, values), ask, values, rest)


def _typed(rest: str) -> dict[str, str]:
    code, _, words = rest.partition(":")
    title, source, published = ([part.strip() for part in words.split("|")] + ["", "", ""])[:3]
    return {"code": code.strip(), "title": " ".join(title.split()), "source": source, "published_on": published}


def _entry(desk: Desk, ask: Ask, values: Values) -> Entry:
    def carry(given: Values) -> Saved:
        return record.add_report(desk.store, ask.actor, _new(given, ask.today))

    return Entry(
        "add report",
        references.tidied(values["code"])[:32],
        "Add a report",
        "Added.",
        "add report",
        "add report CYBER27: Cyber crime in Trentshire | HMICFRS | 3 Apr 2027",
        _fields(ask, values),
        ("code", "title", "source", "published_on"),
        lambda: record.admit_report(desk.store, ask.actor, "add report", "add report"),
        carry,
        lambda given, saved: _told(desk, ask, saved.reference),
    )


def _new(values: Values, today: date) -> NewReport:
    def day(name: str) -> date | None:
        return acting.day_of(values, today, name) if values.get(name, "").strip() else None

    def chosen(name: str) -> str:
        return values.get(name, "").replace("derived", "")

    words = (values.get("code", ""), values.get("title", ""), values.get("source", ""))
    days = (day("published_on"), day("inspected_on"))
    return NewReport(*words, *days, chosen("inspected_body"), chosen("section_55"), day("chief_officer_comments_due"))


def _fields(ask: Ask, values: Values) -> tuple[Field, ...]:
    published = acting.as_iso(values["published_on"], ask.today)
    confirmed = "As it stands on the report itself, not on a web page about it: the clock runs from this day."
    due = "When the force means to hand them over, before the last day of section 55."
    return (
        Field("code", "Code", "line", values["code"], "Short: its references begin with it.", "CYBER27", most=32),
        Field("title", "Title", "line", values["title"], most=300),
        Field("source", "Source", "line", values["source"], "", "HMICFRS, Internal audit …", most=100),
        Field("published_on", "Published on", "day", published, confirmed, "Choose a date"),
        Field("inspected_on", "Inspected on", "day", "", "", "Choose a date", True),
        Field("inspected_body", "Inspected body", "choice", "derived", options=BODIES),
        Field("section_55", "Section 55", "choice", "derived", options=OWED),
        Field("chief_officer_comments_due", "Chief officer's comments due", "day", "", due, "Choose a date", True),
    )


def _told(desk: Desk, ask: Ask, code: str) -> tuple[str, tuple[Part, ...]]:
    """The date that was confirmed, said back, and what follows from it."""
    with desk.store.read() as tx:
        found = questions.report(tx, code, ask.reader(desk))
    assert found is not None and found.row.published_on  # it was added just now
    day = found.row.published_on
    sentence = f"{code} {found.row.title}, published on {british(day)}."
    if section55.owed(found.row.facts):
        last = section55.last_day(day)
        sentence += f" Section 55: the last day for comments is {last:%A} {british(last)}."
        sentence += " It had passed when the report was added." if last < ask.today else ""
    else:
        sentence += " No comments are owed under section 55."
    report = Button("Report", f"report {code}", f"{code} with its clock")
    return sentence, (Buttons((report, Button("Add an item", f"add {code}", f"Add an item to {code}"))),)
