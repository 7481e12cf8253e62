"""Registers made up for tests: rows of a file, and a seeded life of updates, requests and imports."""

import contextlib
import os
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from storage import away, imports, people, posts, record
from storage.fields import london_day
from storage.imports import Diff
from storage.refusals import FieldFaults, NotAllowed
from storage.rows import COLUMNS, FileRow
from storage.rules import lifecycle, marking, permissions
from storage.store import Store
from storage.tables import ITEM, REQUEST
from tests.conftest import CAST, Clock, actor, peopled, person

# how many lives each rule is tried on; `run.py soak` lives more of them
SEEDS = range(int(os.environ.get("LIGHTKEEPER_LIVES", "2")))
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


# act -> the function of the record, and what a Life gives it beside the item
ACTS: dict[str, tuple[Callable[..., Any], Callable[["Life"], tuple[Any, ...]]]] = {
    "assign": (record.assign, lambda life: life.owner()),
    "delegate": (record.delegate, lambda life: life.one_more()),
    "update": (record.add_update, lambda life: life.update()),
    "waiting on": (record.wait_on, lambda life: life.whom()),
    "complete": (record.ask_sign_off, lambda life: life.proof()),
    "withdraw": (record.withdraw, lambda life: life.said()),
    "verify": (record.check_evidence, lambda life: life.said()),
    "sign off": (record.sign_off, lambda life: life.nothing()),
    "send back": (record.send_back, lambda life: life.said()),
    "target": (record.set_target, lambda life: life.first_date()),
    "extend": (record.ask_extension, lambda life: life.extension()),
    "approve": (record.approve, lambda life: life.nothing()),
    "refuse": (record.refuse, lambda life: life.said()),
    "no action": (record.ask_no_action, lambda life: life.said()),
    "supersede": (record.supersede, lambda life: life.successor()),
    "dispute": (record.dispute, lambda life: life.said()),
    "accept": (record.accept, lambda life: life.said()),
    "reopen": (record.reopen, lambda life: life.said()),
    "close": (record.close, lambda life: life.closure()),
    "edit": (record.edit, lambda life: life.correction()),
    "snooze": (record.snooze, lambda life: life.silence()),
}
OTHERS: dict[str, Callable[["Life"], None]] = {
    "import": lambda life: life._bring(),
    "grow": lambda life: life._grow(),
    "enrol": lambda life: life._enrol(),
    "add": lambda life: life._add(),
    "add report": lambda life: life._add_report(),
    "edit report": lambda life: life._edit_report(),
    "comments": lambda life: life._comments(),
    "post": lambda life: life._post(),
    "to a post": lambda life: life._to_a_post(),
    "hand over": lambda life: life._hand_over(),
    "away": lambda life: life._away(),
}
OFTEN = {"update": 8, "complete": 5, "extend": 4, "import": 3, "approve": 3, "verify": 2, "sign off": 2}
WEIGHTS = {name: OFTEN.get(name, 1) for name in (*ACTS, *OTHERS)}


class Life:
    """A register that lives: everything that happens hangs on the seed alone."""

    def __init__(self, store: Store, clock: Clock, seed: int, items: int = 30) -> None:
        self.store, self.clock, self.dice = peopled(store), clock, random.Random(seed)
        self.done: Counter[str] = Counter()  # act -> how often it was done, not refused
        self.numbers = {who: person(store, who).id or 0 for who in CAST}
        self.rows = {r.cells["reference"]: r for r in self._rows(items)}
        take(store, *self.rows.values())

    def pass_days(self, days: int) -> None:
        """Some things happen on each day, at any hour; on some days nothing."""
        for _ in range(days):
            self.clock.later(hours=self.dice.uniform(1, 10))
            for _ in range(self.dice.randrange(9)):
                self.act()
                self.clock.later(minutes=self.dice.randrange(50))
            self.clock.later(hours=self.dice.uniform(1, 10))

    def act(self) -> None:
        """One thing happens, or is refused."""
        self.try_to(self.dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0])

    def do_everything(self) -> None:
        """Live on until each thing that can happen has happened."""
        while missing := [name for name in WEIGHTS if not self.done[name]]:
            for name in missing:
                self.try_to(name)
                self.clock.later(minutes=self.dice.randrange(50))
            self.act()

    def try_to(self, name: str) -> None:
        with contextlib.suppress(NotAllowed, FieldFaults):
            OTHERS[name](self) if name in OTHERS else self._on_an_item(name)
            self.done[name] += 1

    def _on_an_item(self, act: str) -> None:
        """An act of the table, mostly by somebody who may, on an item as it must stand for it."""
        item = self._fitting(act)
        who = self._who_may(act, item) if self.dice.random() < 0.85 else self._someone()
        key = f"K{self.dice.randrange(10**9)}" if self.dice.random() < 0.5 else ""
        given = ACTS[act][1](self)
        ACTS[act][0](self.store, actor(self.store, who, key), item["reference"], None, *given)

    def _fitting(self, act: str) -> Mapping[str, Any]:
        """Any item at all where none stands so."""
        with self.store.read() as tx:
            items = [dict(row) for row in tx.execute(select(ITEM).order_by(ITEM.c.id)).mappings()]
            pending = select(REQUEST.c.item_id, REQUEST.c.kind).where(REQUEST.c.decision == "pending")
            asked = {row.item_id: row.kind for row in tx.execute(pending)}
        dated = [i for i in items if act not in {"target", "extend"} or (i["target_date"] is None) == (act == "target")]
        ready = [i for i in dated if lifecycle.may_start(act, i["status"])]
        if act in permissions.NEEDS:
            ready = [i for i in ready if asked.get(i["id"]) in permissions.NEEDS[act]]
        if act in permissions.ASKS:
            ready = [i for i in ready if i["id"] not in asked]
        return self.dice.choice(ready or items)

    def _who_may(self, act: str, item: Mapping[str, Any]) -> str:
        names = {number: who for who, number in self.numbers.items()}
        ties = {"owner": names.get(item["owner_id"], "lia"), "lead": names.get(item["lead_id"], "lia")}
        roles = {"liaison": "lia", "dcc": "ruth", "asker": "lia", "delegate": "lia", **ties}
        return roles[self.dice.choice(sorted(permissions.MAY_DO[act]))]

    # what happens beside the acts on an item

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

    def _enrol(self) -> None:
        """Roles that take nothing away, and one that comes and goes."""
        one, role = self.dice.choice((("kit", "audit_committee"), ("lee", "lead"), ("lee", ""), ("jo", "lead")))
        given = [people.Enrolment(CAST[one][0], role)]
        people.enrol(self.store, given, self.numbers["lia"], "terminal", f"posted {self.dice.randrange(99)}")

    def _post(self) -> None:
        by, name = actor(self.store, self._keeper()), self.dice.choice(("Head of Lamps", "Head of Keys"))
        record.pass_on(self.store, by, name, self.owner()[0], london_day(self.clock()))

    def _to_a_post(self) -> None:
        with self.store.read() as tx:
            post = posts.named(tx, self.dice.choice(("Head of Lamps", "Head of Keys")))
        if post is None:
            raise FieldFaults({"post": "There is none yet."})
        record.assign_to_post(self.store, actor(self.store, "lia"), self._item(), None, post.id)

    def _hand_over(self) -> None:
        """All of one person's, as it is counted just before; now and then it is miscounted, and refused."""
        giver, taker = (self.numbers[who] for who in self.dice.sample(OWNERS, 2))
        with self.store.read() as tx:
            load = record.load_of(tx, giver)
        seen = load.items + (self.dice.random() < 0.2)
        record.hand_over(self.store, actor(self.store, self._keeper()), giver, taker, seen, len(load.posts))

    def _keeper(self) -> str:
        return "lia" if self.dice.random() < 0.85 else self._someone()

    def _away(self) -> None:
        reason = self.dice.choice((away.LEFT, away.GUEST, away.UNKNOWN, "", ""))
        if not away.note(self.store, self.owner()[0], reason):
            raise FieldFaults({"person": "That was known already."})

    def _add(self) -> None:
        """An action under an item, by the liaison or its owner."""
        item = self._fitting("add")
        dated = self.day() if self.dice.random() < 0.5 else None
        new = record.New("action", self.words(), under=item["reference"], target_date=dated)
        record.add_item(self.store, self._as("lia"), new)

    def _add_report(self) -> None:
        today = london_day(self.clock())
        new = record.NewReport(f"NEW{self.dice.randrange(9999)}", "Another report", "HMICFRS", today)
        record.add_report(self.store, self._as("lia"), new)

    def _edit_report(self) -> None:
        record.edit_report(self.store, self._as("lia"), "LAMP26", None, "title", self.words(), "It was misread.")

    def _comments(self) -> None:
        steps = ("comments_requested_on", "comments_received_on", "copied_to_inspectorate_on")
        day = london_day(self.clock()) if self.dice.random() < 0.8 else None
        record.record_step(self.store, self._as("tess"), "KEYS25", None, self.dice.choice(steps), day)

    def _as(self, who: str) -> record.Actor:
        return actor(self.store, who, f"K{self.dice.randrange(10**9)}")

    # what is given with an act

    def words(self) -> str:
        return f"Step {self.dice.randrange(10**6)} is done. More to come."

    def said(self) -> tuple[str]:
        return (self.words(),)

    def nothing(self) -> tuple[()]:
        return ()

    def update(self) -> tuple[str, dict[str, Any]]:
        touched: dict[str, Any] = {}
        if self.dice.random() < 0.2:
            touched["off_track"] = self.dice.choice(["", "The supplier has left. We look for another."])
        if self.dice.random() < 0.3:
            touched["forecast_date"] = self.day()
        return self.words(), touched

    def proof(self) -> tuple[str, list[str], list[record.Attached]]:
        links = [f"https://evidence.example/{self.dice.randrange(99)}" for _ in range(self.dice.randrange(3))]
        names = [f"notes {n}.txt" for n in range(self.dice.randrange(3))]
        files = [record.Attached(name, "text/plain", self.dice.randbytes(40)) for name in names]
        return "All done.", links or ([] if files else ["https://evidence.example/1"]), files

    def day(self, least: int = 0) -> date:
        return london_day(self.clock()) + timedelta(days=self.dice.randrange(least, 90))

    def extension(self) -> tuple[date, str]:
        return self.day(), self.words()

    def silence(self) -> tuple[Any, ...]:
        return london_day(self.clock()) + timedelta(days=self.dice.randrange(1, 15)), "It waits for the printer."

    def first_date(self) -> tuple[date]:
        return (self.day(),)

    def owner(self) -> tuple[int]:
        return (self.numbers[self.dice.choice(OWNERS)],)

    def one_more(self) -> tuple[int | None]:
        return (self.owner()[0] if self.dice.random() < 0.8 else None,)

    def whom(self) -> tuple[str]:
        return (self.dice.choice(["", "The fire service", "The probation service"]),)

    def successor(self) -> tuple[str, str]:
        return self.dice.choice(["", self._item()]), self.words()

    def correction(self) -> tuple[str, str, str]:
        return "title", f"Mend lamp {self.dice.randrange(999)}", self.words()

    def closure(self) -> tuple[date, str, str]:
        return london_day(self.clock()), f"HMI-{self.dice.randrange(999)}", self.words()

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
