"""What narrows a board's digest: its filter as it is kept, and the items and reports that do not exist in it."""

import json
from typing import Any

from sqlalchemy import Connection, select

from storage.figures import Figures
from storage.questions import Filters, Named, outside
from storage.rules import marking
from storage.rules.deadlines import Thresholds
from storage.tables import ITEM, REPORT

# what stays as it is from one week to the next: nothing that time alone changes
LASTING = ("kinds", "reports", "owners", "leads", "boards", "objectives", "scopes")


def narrowed(words: str, filters: Filters) -> str:
    """A filter as it is kept: the words as they were said, and what they meant then."""
    asked = {name: value for name, value in filters._asdict().items() if value and name in LASTING}
    return json.dumps({"words": words, **asked}, ensure_ascii=False)


def passing(filters: Filters) -> list[str]:
    """Which of the filters would let other items through each day; none of them may narrow a digest."""
    plain = Filters()
    return [f for f in Filters._fields if f not in LASTING and getattr(filters, f) != getattr(plain, f)]


def kept(filter: str) -> tuple[str, Filters]:
    """The words of a kept filter, and the filters themselves."""
    if not filter:
        return "", Filters()
    told = json.loads(filter)
    words = told.pop("words")
    read: dict[str, Any] = {
        name: tuple(Named(*v) if isinstance(v, list) else v for v in values) for name, values in told.items()
    }
    return words, Filters()._replace(**read)


def hidden(tx: Connection, filter: str, limits: Thresholds, *, cleared: bool) -> frozenset[int]:
    """What a board's channel is told nothing of: items outside the filter, and sensitive ones where not cleared."""
    beyond = outside(tx, kept(filter)[1], limits)
    if cleared:
        return beyond
    sensitive = select(ITEM.c.id).where(ITEM.c.marking != marking.OFFICIAL)
    return beyond | frozenset(tx.execute(sensitive).scalars())


def narrow(tx: Connection, figures: Figures, unseen: frozenset[int]) -> Figures:
    """The figures with the section 55 clocks of those reports only that have an item which is not hidden."""
    rows = tx.execute(select(ITEM.c.id, REPORT.c.code).join(REPORT, REPORT.c.id == ITEM.c.report_id))
    shown = {code for number, code in rows if number not in unseen}
    clocks = [clock for clock in figures.section_55 if clock.code in shown]
    return figures._replace(section_55=clocks, not_recorded=[code for code in figures.not_recorded if code in shown])
