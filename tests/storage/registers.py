"""Registers made up for tests: rows of a file, and a seeded life of updates, requests and imports."""

import contextlib
import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from storage import imports, record
from storage.fields import london_day
from storage.imports import Diff
from storage.refusals import FieldFaults, NotAllowed
from storage.rows import COLUMNS, FileRow
from storage.rules import lifecycle, marking
from storage.store import Store
from tests.conftest import CAST, Clock, actor, peopled

OWNERS = ("owen", "ana", "dana", "jo")
KINDS = sorted(lifecycle.KINDS)
STATUSES = ("in_progress",) * 6 + ("pending_sign_off", "awaiting_allocation", "disputed", *sorted(lifecycle.ENDED))
PLAIN = {
    "report_code": "LAMP26",
    "report_title": "Keep the lights on",
    "published_on": "2026-09-01",
    "source": "Internal audit",
    "kind": "recommendation",
    "title": "Mend the lamp",
    "text": "The force should mend the lamp.",
    "action_owner": "owen.hale@trentshire.example",
    "status": "in_progress",
    "scope": "force",
    "marking": "OFFICIAL",
}


def row(reference: str, line: int = 2, /, **cells: str) -> FileRow:
    """A row with all columns but `version`; what is not given is plain."""
    whole = {column: PLAIN.get(column, "") for column in COLUMNS if column != "version"}
    return FileRow(line, {**whole, "reference": reference, **cells})


def take(store: Store, *rows: FileRow, who: str = "lia", force: bool = False) -> Diff:
    """Import the rows, lines numbered in order, and expect nothing to be wrong with them."""
    numbered = [r._replace(line=n) for n, r in enumerate(rows, start=2)]
    diff = imports.apply(store, actor(store, who), numbered, source="test.csv", force=force)
    assert diff.errors == []
    return diff


class Life:
    """A register that lives: everything that happens hangs on the seed alone."""

    def __init__(self, store: Store, clock: Clock, seed: int, items: int = 30) -> None:
        self.store, self.clock, self.dice = peopled(store), clock, random.Random(seed)
        self.rows = {r.cells["reference"]: r for r in self._rows(items)}
        take(store, *self.rows.values())

    def pass_days(self, days: int) -> None:
        """Some things happen on each day, at any hour; on some days nothing."""
        for _ in range(days):
            self.clock.later(hours=self.dice.uniform(1, 10))
            for _ in range(self.dice.randrange(5)):
                self.act()
                self.clock.later(minutes=self.dice.randrange(90))
            self.clock.later(hours=self.dice.uniform(1, 10))

    def act(self) -> None:
        """One thing happens, or is refused."""
        act = self.dice.choices((self._update, self._ask, self._bring, self._grow), (6, 2, 3, 1))[0]
        with contextlib.suppress(NotAllowed, FieldFaults):
            act()

    # what happens

    def _update(self) -> None:
        touched: dict[str, Any] = {}
        if self.dice.random() < 0.2:
            touched["off_track"] = self.dice.choice(["", "The supplier has left. We look for another."])
        if self.dice.random() < 0.3:
            touched["forecast_date"] = london_day(self.clock()) + timedelta(days=self.dice.randrange(90))
        words = f"Step {self.dice.randrange(10**6)} is done. More to come."
        record.add_update(self.store, actor(self.store, self._someone()), self._item(), None, words, touched)

    def _ask(self) -> None:
        done = ("All done.", ["https://evidence.example/1"])
        record.ask_sign_off(self.store, actor(self.store, self._someone()), self._item(), None, *done)

    def _bring(self) -> None:
        """Some rows of the file have changed, and it is brought in again."""
        chosen = self.dice.sample(sorted(self.rows), min(3, len(self.rows)))
        changed = [self.changed(self.rows[reference]) for reference in chosen]
        self.rows |= {r.cells["reference"]: r for r in changed}
        take(self.store, *changed)

    def _grow(self) -> None:
        new = self._row(len(self.rows) + 1)
        self.rows[new.cells["reference"]] = new
        take(self.store, new)

    # by the dice

    def _someone(self) -> str:
        return self.dice.choice((*OWNERS, "lia", "lia", "marcus", "tess", "ruth"))

    def _item(self) -> str:
        return self.dice.choice(sorted(self.rows))

    def _rows(self, many: int) -> Sequence[FileRow]:
        return [self._row(n) for n in range(1, many + 1)]

    def _row(self, number: int) -> FileRow:
        report = self.dice.choice(("LAMP26", "KEYS25"))
        parent = f"X{self.dice.randrange(1, number)}" if number > 1 and self.dice.random() < 0.3 else ""
        return row(
            f"X{number}",
            report_code=report,
            report_title=f"The report on {report}",
            parent_reference=parent,
            kind=self.dice.choice(KINDS),
            title=f"Mend lamp {number}",
            text=f"The force should mend lamp {number}, and say so.",
            inspectorate_deadline=self._day(0.7),
            **self._movable(),
        )

    def _movable(self) -> dict[str, str]:
        status = self.dice.choice(STATUSES)
        owned = status != "awaiting_allocation" and self.dice.random() < 0.95
        owners = self.dice.sample(OWNERS, self.dice.choice((1, 1, 1, 2)))
        return {
            "status": status,
            "target_date": self._day(0.25),
            "last_update_on": self._past_day(0.4),
            "off_track": self.dice.choice(["", "", "", "", "The lamp is broken."]),
            "external_dependency": self.dice.choice(["", "", "", "yes"]),
            "waiting_on": self.dice.choice(["", "", "", "The fire service"]),
            "marking": self.dice.choice([marking.OFFICIAL] * 5 + [marking.SENSITIVE]),
            "strategic_lead": self.dice.choice(["", CAST["marcus"][0]]),
            "action_owner": "; ".join(CAST[o][0] for o in owners) if owned else "",
        }

    def changed(self, before: FileRow) -> FileRow:
        """One or two cells are other than before."""
        other = self._movable()
        columns = self.dice.sample(sorted(other), 2)
        return before._replace(cells={**before.cells, **{c: other[c] for c in columns}})

    def _day(self, empty: float) -> str:
        return "" if self.dice.random() < empty else self._from_today(self.dice.randrange(-30, 60))

    def _past_day(self, empty: float) -> str:
        return "" if self.dice.random() < empty else self._from_today(-self.dice.randrange(60))

    def _from_today(self, days: int) -> str:
        today: date = london_day(self.clock())
        return (today + timedelta(days=days)).isoformat()
