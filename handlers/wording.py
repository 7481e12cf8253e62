"""How things are called and how days are written: labels, British dates, plurals, the one fact of a row."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from handlers.card import Button, Line, Row, Span, bold
from storage.fields import LONDON
from storage.questions import Row as ItemRow
from storage.rules import deadlines, marking
from storage.rules.deadlines import Thresholds
from storage.rules.lifecycle import is_open

# of a fault of ours whose outcome nobody knows
FAILED = "Something went wrong on our side. Please look whether it was saved before you do it again."
STATUS = {
    "awaiting_allocation": "Awaiting allocation",
    "in_progress": "In progress",
    "pending_sign_off": "Pending sign-off",
    "complete": "Complete",
    "superseded": "Superseded",
    "no_action": "No action",
    "disputed": "Disputed",
}
KIND = {
    "cause_of_concern": "Cause of concern",
    "accelerated_cause_of_concern": "Accelerated cause of concern",
    "recommendation": "Recommendation",
    "area_for_improvement": "Area for improvement",
    "action": "Action",
}
KINDS = {
    "cause_of_concern": "causes of concern",
    "accelerated_cause_of_concern": "accelerated causes of concern",
    "recommendation": "recommendations",
    "area_for_improvement": "areas for improvement",
    "action": "actions",
}
INSPECTORATE = {
    "awaiting_review": "awaiting review",
    "being_progressed": "being progressed",
    "closed": "closed",
    "superseded": "superseded",
}
ROLE = {
    "officer": "an officer",
    "lead": "a strategic lead",
    "liaison": "the liaison",
    "dcc": "the DCC",
    "policing_body": "of the commissioner's office",
    "audit_committee": "of the audit panel",
}
AWAY = {"left": "they have left", "guest": "they are a guest now", "unknown": "nobody in chat is them"}
AWAY_ROW = {"left": "left", "guest": "guest", "unknown": "gone"}
AWAY_BESIDE = {"left": "who has left", "guest": "who is a guest now", "unknown": "unknown in chat"}
COLOUR = {"red": "Red", "amber": "Amber", "white": "White", "green": "Green", "blue": "Blue"}
MARKS = {"Red": "🔴", "Amber": "🟠", "White": "⚪", "Green": "🟢", "Blue": "🔵"}
NOT_SHOWN = f"Not shown: {marking.SENSITIVE}"
TITLE_MOST, NAME_MOST = 60, 24
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def typed(slash: str, words: str) -> str:
    """What somebody types to say these words: after the slash command, where the chat has one."""
    return f"{slash} {words}".strip()


def british(day: date) -> str:
    """3 Apr 2027."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def long_day(day: date) -> str:
    """23 November 2026."""
    return f"{day.day} {day:%B} {day.year}"


def moment(at: datetime) -> str:
    """23 Nov 2026, 09:14, in London."""
    local = at.astimezone(LONDON)
    return f"{british(local.date())}, {local:%H:%M}"


def count(number: int, one: str, many: str = "") -> str:
    """1 day, 2 days, 1,024 days."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def ordinal(number: int) -> str:
    """first … tenth, 11th."""
    return ORDINALS[number - 1] if number <= len(ORDINALS) else nth(number)


def nth(number: int) -> str:
    """1st, 2nd, 11th."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def slipped(item: Mapping[str, Any]) -> str:
    """third extension, 142 days in all; "" where the target date was never moved to a later one."""
    first, now, extensions = item["original_target_date"], item["target_date"], item["extensions"]
    if not extensions:
        return ""
    days = (now - first).days if first and now else 0
    in_all = f", {count(days, 'day')} in all" if days > 0 else ""
    return f"{ordinal(extensions)} extension{in_all}"


def moved(item: Mapping[str, Any]) -> str:
    """How often a target date was moved: never; once, 31 days in all; twice, 3 days earlier in all."""
    first, now, moves = item["original_target_date"], item["target_date"], item["moves"]
    if not moves:
        return "never"
    times = {1: "once", 2: "twice"}.get(moves, f"{moves} times")
    days = (now - first).days if first and now else 0
    return f"{times}, {count(abs(days), 'day')} {'in all' if days > 0 else 'earlier in all'}" if days else times


def size(number: int) -> str:
    """Bytes as people say them: 820 bytes, 14 KB, 2.3 MB."""
    if number < 1024:
        return count(number, "byte")
    return f"{round(number / 1024)} KB" if number < 1024 * 1024 else f"{number / 1048576:.1f} MB"


def days_away(days: int) -> str:
    """today, in 3 days, 3 days ago."""
    if days == 0:
        return "today"
    return f"in {count(days, 'day')}" if days > 0 else f"{count(-days, 'day')} ago"


def cut(text: str, most: int) -> str:
    """At most so many characters, cut at a word with "…"."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    head = line[: most - 1]
    return (head.rsplit(" ", 1)[0] if " " in head[most // 2 :] else head).rstrip(" ,.;:") + "…"


def name(called: str) -> str:
    """A name as a row shows it, never taken apart."""
    return cut(called, NAME_MOST) if "@" not in called else called


def joined(words: list[str], last: str = "and") -> str:
    """a, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def fact(row: ItemRow, today: date, limits: Thresholds) -> str:
    """The one fact that counts about an item: the first that fits."""
    if not is_open(row.status):
        ended = STATUS[row.status].lower()
        return f"{ended}, {british(row.completed_on)}" if row.completed_on else ended
    days = deadlines.overdue_days(row.facts, today)
    late = f"{count(days, 'day')} late" if days else ""
    if row.off_track:
        return f"off track, {late}" if late else "off track"
    if late:
        return late + _beside(row)
    return _not_late(row, today, limits)


def _beside(row: ItemRow) -> str:
    beside = f", waits on {waits_on(row)}" if row.waits else ""
    return beside + (", pending sign-off" if row.status == "pending_sign_off" else "")


def waits_on(row: ItemRow) -> str:
    return cut(row.waiting_on, 40) or "another body"


def _not_late(row: ItemRow, today: date, limits: Thresholds) -> str:
    if row.due == today:
        return "due today"
    if row.status != "in_progress":
        return STATUS[row.status].lower()
    if row.waits:
        return f"waits on {waits_on(row)}"
    if deadlines.stale(row.facts, today, limits):
        return f"no update for {deadlines.stale_days(row.facts, today)} days"
    return f"due {british(row.due)}" if row.due else "no date set"


def colour_of(row: ItemRow, today: date, limits: Thresholds) -> Span:
    return Span(COLOUR[deadlines.colour(row.facts, today, limits)], "colour")


def title_span(title: str, item_marking: str, most: int = TITLE_MOST) -> Span:
    """A title, cut; where a sensitive one may not stand, that it is not shown."""
    return Span(cut(title, most), marking=item_marking, instead=NOT_SHOWN)


def row_facts(row: ItemRow, today: date, limits: Thresholds, *, owner: bool) -> Line:
    """The second line of a row: mark and colour, the one fact, the owner unless the list is one person's."""
    told = Span(fact(row, today, limits), marking=row.marking, instead="")
    line: Line = (colour_of(row, today, limits), Span(" · "), told)
    return (*line, Span(f" · {owner_of(row)}")) if owner else line


def owner_of(row: ItemRow) -> str:
    """The owner's name, and whether they have left; an address says by itself that nobody in chat has it."""
    if not row.owner:
        return "no owner"
    away = AWAY_ROW[row.owner_away] if row.owner_away and "@" not in row.owner else ""
    return f"{name(row.owner)} ({away})" if away else name(row.owner)


def item_row(row: ItemRow, today: date, limits: Thresholds, button: Button | None, *, owner: bool = True) -> Row:
    """An item as every list shows it: one drawing function."""
    facts = row_facts(row, today, limits, owner=owner)
    return Row(row.reference, title_span(row.title, row.marking), facts, button)


def update_button(row: ItemRow, *, primary: bool = False) -> Button:
    return Button("Update", f"update {row.reference} v{row.version}", f"Update {row.reference}", primary)


def details_button(reference: str) -> Button:
    return Button("Details", f"show {reference}", f"Details of {reference}")


def answer_first(first: str, rest: str) -> Line:
    """A bold opening, then the sentence."""
    return (bold(f"{first} "), Span(rest))
