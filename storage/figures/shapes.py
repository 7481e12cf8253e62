"""What a digest tells, as plain values."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, NamedTuple, TypeVar

from storage.rules.deadlines import Facts

SHOWN = 50  # of each list so many are read whole: a message holds 50 blocks
T = TypeVar("T")


class Counted(NamedTuple):
    """One item as it stood."""

    id: int
    reference: str
    title: str
    kind: str
    marking: str
    facts: Facts
    colour: str
    owner: str
    waiting_on: str
    version: int


class Briefs(NamedTuple):
    """A list of thousands of items, column by column: a column costs a tenth of as many rows.

    Which items they are, in ISO the day that the list is about, and each item's rank before days count.
    """

    ids: list[int]
    references: list[str]
    days: list[str]
    ranks: list[int]


@dataclass(frozen=True)
class Listed(Generic[T]):
    """A list of any length: every entry `in_brief`, the first `SHOWN` whole.

    It has the length of all and gives slices of the whole ones; asked for one beyond them it says so, and it cannot be
    walked through, so that nobody takes the first for all.
    """

    first: tuple[T, ...]
    in_brief: Briefs

    __iter__ = None

    def __len__(self) -> int:
        return len(self.in_brief.ids)

    def __getitem__(self, chosen: slice) -> tuple[T, ...]:
        if chosen.stop is None or chosen.stop > SHOWN:
            raise IndexError(f"only the first {SHOWN} are whole")
        return self.first[chosen]

    @property
    def references(self) -> list[str]:
        return self.in_brief.references

    @property
    def days(self) -> list[str]:
        """Of each entry the day that the list is about, in ISO."""
        return self.in_brief.days


class Late(NamedTuple):
    """An overdue item: by how many days, and why, in the words of the record."""

    item: Counted
    days: int
    reason: str


class Moved(NamedTuple):
    """An item whose date was moved in the window: from, to, how often now and ever, and the last reason."""

    item: Counted
    before: date
    after: date | None
    this_week: int
    ever: int
    reason: str
    by_import: bool


class Clock(NamedTuple):
    """A report's section 55 clock."""

    code: str
    title: str
    last_day: date
    days_left: int


class Waiting(NamedTuple):
    """An item that waits for sign-off: who asked when (nobody: it was brought in so), whether evidence was checked."""

    item: Counted
    asker: str
    asked_at: datetime | None
    checked: bool
    has_evidence: bool


class Movement(NamedTuple):
    """opening + new + reopened - ended = closing."""

    opening: int
    new: int
    reopened: int
    ended: int
    closing: int


class Figures(NamedTuple):
    """All that a digest tells, in the order of the rules of the figures; `items` is how many are registered."""

    start: datetime
    end: datetime
    last_event: int
    chain_head: str
    items: int
    open: int
    by_status: dict[str, int]
    colours: dict[str, int]
    colours_before: dict[str, int]
    movement: Movement
    overdue: Listed[Late]
    due_soon: Listed[Counted]
    dates_moved: list[Moved]
    off_track: Listed[Counted]
    awaiting_allocation: Listed[Counted]
    pending: Listed[Waiting]
    stale: Listed[tuple[Counted, int]]
    disputed: Listed[Counted]
    section_55: list[Clock]
    not_recorded: list[str]
    brought_in_ended: list[str]
    by_import: list[str]
    importers: list[str]


class Window(NamedTuple):
    """The events of a period: after `start` (the event numbered `start_event`), up to `end` (`end_event`)."""

    start: datetime
    end: datetime
    start_event: int
    end_event: int
