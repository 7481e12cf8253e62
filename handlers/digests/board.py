"""A board's digest: the weekly one of what the board looks after, for readers who decide nothing in it."""

from dataclasses import replace
from datetime import datetime

from handlers import wording
from handlers.card import Buttons, Card, Heading, Line, Note, Part, Row, Span
from handlers.digests import weekly
from handlers.wording import details_button
from storage import boards
from storage.figures import Figures
from storage.questions import Filters
from storage.rules.deadlines import Thresholds

LISTS = ("overdue", "list", "due ")


def card(figures: Figures, limits: Thresholds, slash: str, filter: str, *, late: datetime | None = None) -> Card:
    """The digest of these figures, which are of the board alone; every list that it offers is narrowed likewise."""
    words, filters = boards.kept(filter)
    whole = weekly.card(figures, limits, slash, late=late)
    title = f"Weekly digest of {_called(words, filters)}"
    subject = wording.cut(whole.subject.replace("Weekly digest", title, 1), 100)
    return replace(whole, subject=subject, parts=tuple(_part(part, title, words) for part in whole.parts))


def _called(words: str, filters: Filters) -> str:
    """The names of the boards or objectives where nothing else narrows it, else the words that do."""
    for names, rest in ((filters.boards, filters._replace(boards=())), (filters.objectives, None)):
        alone = (rest or filters._replace(objectives=())) == Filters()
        if names and alone:
            return wording.cut(wording.joined([one.name for one in names]), 80)
    return wording.cut(words, 80)


def _part(part: Part, title: str, words: str) -> Part:
    if isinstance(part, Heading):
        return Heading(part.text._replace(text=part.text.text.replace("Weekly digest", title, 1)))
    if isinstance(part, Row):
        return part._replace(button=details_button(part.reference))
    if isinstance(part, Buttons):
        return Buttons(tuple(button._replace(say=_narrowed(button.say, words)) for button in part.shown))
    if isinstance(part, Note):
        return Note(tuple(_line(line, words) for line in part.lines))
    return part


def _line(line: Line, words: str) -> Line:
    return tuple(Span(_narrowed(s.text, words), s.style) if s.style == "code" else s for s in line)


def _narrowed(said: str, words: str) -> str:
    """What lists items lists those of the board; other words stay."""
    return f"{said} {words}" if said.startswith(LISTS) else said
