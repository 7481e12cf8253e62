"""The figures under the names that scripts rely on, and the reason of a delay in the record's words."""

from datetime import date
from typing import Any

from storage.fields import london_day
from storage.figures.shapes import Figures, Moved
from storage.rules import lifecycle


def as_json(figures: Figures, period: str) -> dict[str, Any]:
    """The figures under the names that scripts rely on."""
    return {
        "period": period,
        "from": figures.start.isoformat(),
        "to": figures.end.isoformat(),
        "items": figures.items,
        "open": figures.open,
        "by_status": {s: figures.by_status.get(s, 0) for s in sorted(lifecycle.STATUSES)},
        "movement": figures.movement._asdict(),
        **_lists(figures),
        "section_55": [
            {"report_code": c.code, "last_day": str(c.last_day), "days_left": c.days_left} for c in figures.section_55
        ],
        "section_55_not_recorded": figures.not_recorded,
        "brought_in_ended": figures.brought_in_ended,
        "by_import": figures.by_import,
        "chain_head": figures.chain_head,
    }


def _lists(figures: Figures) -> dict[str, Any]:
    """Every entry of every list; days are counted once, however many items it is the day of."""
    today, overdue, stale, soon = london_day(figures.end), figures.overdue, figures.stale, figures.due_soon
    since = {day: (today - date.fromisoformat(day)).days for day in {*overdue.days, *stale.days}}
    return {
        "overdue": [
            {"reference": reference, "due": due, "days_late": since[due]}
            for reference, due in zip(overdue.references, overdue.days, strict=True)
        ],
        "due_soon": [
            {"reference": reference, "due": due} for reference, due in zip(soon.references, soon.days, strict=True)
        ],
        "dates_moved": [_moved(m) for m in figures.dates_moved],
        "awaiting_allocation": figures.awaiting_allocation.references,
        "pending": figures.pending.references,
        "stale": [
            {"reference": reference, "days": since[quiet]}
            for reference, quiet in zip(stale.references, stale.days, strict=True)
        ],
    }


def _moved(moved: Moved) -> dict[str, Any]:
    return {
        "reference": moved.item.reference,
        "from": str(moved.before),
        "to": str(moved.after) if moved.after else None,
        "days": (moved.after - moved.before).days if moved.after else None,
        "moves_this_week": moved.this_week,
        "moves_ever": moved.ever,
    }


def first_sentence(text: str) -> str:
    """Up to the first full stop, question or exclamation mark that ends a word, or the first line."""
    line = text.strip().split("\n", 1)[0]
    ends = [n + 1 for n, c in enumerate(line) if c in ".!?" and (n + 1 == len(line) or line[n + 1] == " ")]
    return line[: ends[0]] if ends else line
