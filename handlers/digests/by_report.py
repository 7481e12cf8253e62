"""The detail per report that follows a digest in its thread: what is open, overdue and has ended, and its clock."""

from handlers import wording
from handlers.card import Bullets, Card, Heading, Line, Part, Span, Text, bold, say_lines
from handlers.wording import british, count
from storage.beside import Beside, OfReport
from storage.fields import london_day
from storage.figures import Clock, Figures


def card(figures: Figures, beside: Beside) -> Card | None:
    """Every report of which something is open, ended or waits for comments; None where there is no such report."""
    clocks = {clock.code: clock for clock in figures.section_55}
    told = [_report(one, clocks.get(one.code)) for one in beside.reports]
    known = {one.code for one in beside.reports}
    told += [_clock_alone(clock) for clock in figures.section_55 if clock.code not in known]
    if not told:
        return None
    day = british(london_day(figures.end))
    since = say_lines((Span(f"Open and overdue now, ended since {british(london_day(figures.start))}:"),))
    parts: tuple[Part, ...] = (Heading(Span(f"By report, {day}")), since, Text((Bullets(tuple(told)),)))
    return Card(f"By report, {day}: {count(len(told), 'report')}", parts, private=False)


def _report(one: OfReport, clock: Clock | None) -> tuple[Line, ...]:
    words = [f"{one.open} open", f"{one.overdue} overdue", f"{one.ended} ended"]
    ends = f" · {_days(clock)}" if clock else ""
    return (_head(one.code, one.title), (Span(f"{', '.join(words)}{ends}."),))


def _clock_alone(clock: Clock) -> tuple[Line, ...]:
    return (_head(clock.code, clock.title), (Span(f"nothing open · {_days(clock)}."),))


def _head(code: str, title: str) -> Line:
    return (bold(code), Span(f" {wording.cut(title, wording.TITLE_MOST)}"))


def _days(clock: Clock) -> str:
    days = count(abs(clock.days_left), "day")
    left = f"{days} late" if clock.days_left < 0 else f"{days} left"
    return f"section 55: {left}, last day {british(clock.last_day)}"
