"""Campaign C4: eight workers with connections of their own change the same few items at once; nothing is lost.

Each worker reads an item, and changes it as of the version that it has seen. What comes of it is one of three: done,
refused because the item has moved on, or nothing because the register was busy. Afterwards every change that was done
is looked for in the ledger, and every item is held against its history.
"""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import select

from storage import history, record
from storage.fields import ITEM_FIELDS, london_day, plain
from storage.record import Actor, Saved
from storage.refusals import NotAllowed
from storage.store import Store, StoreFault, open_store
from storage.tables import ITEM, UPDATE
from tests.conftest import CAST, Clock, actor, peopled
from tests.storage.registers import row, take

WORKERS, ITEMS = 8, 20
WHO = ("owen", "dana", "marcus", "lia")
FAULTS = ("lost", "twice", "over a newer version", "versions", "values", "other than folded", "said", "errors")


class Done(NamedTuple):
    """A change that was acknowledged: its mark in the record, the version that was seen, and what came of it."""

    mark: str
    seen: int
    saved: Saved


@dataclass
class Result:
    """What came of a run; of `faults` none may be above 0."""

    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    faults: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FAULTS, 0))
    seconds: float = 0.0

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {number:,}" for name, number in sorted(self.counts.items()))
        faults = ", ".join(f"{name} {number}" for name, number in self.faults.items())
        return f"C4, seed {self.seed}: {counts}; {faults}; {self.seconds:.1f} s"


class Campaign:
    """One run; what each worker wants hangs on the seed, what comes of it on how they meet."""

    def __init__(self, store: Store, clock: Clock, seed: int, edits: int) -> None:
        self.store, self.clock, self.seed, self.edits = store, clock, seed, edits
        self.result, self.done = Result(seed), list[Done]()
        self.ready, self.lock = threading.Barrier(WORKERS), threading.Lock()
        people = {"action_owner": f"{CAST['owen'][0]}; {CAST['dana'][0]}", "strategic_lead": CAST["marcus"][0]}
        take(peopled(store), *(row(f"X{n}", **people) for n in range(1, ITEMS + 1)))
        self.actors = [actor(store, who) for who in WHO]

    def run(self) -> Result:
        began = time.perf_counter()
        workers = [threading.Thread(target=self._work, args=(number,)) for number in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.result.seconds = time.perf_counter() - began
        self._look()
        return self.result

    def _work(self, number: int) -> None:
        dice, store = random.Random(self.seed * 100 + number), open_store(self.store.url, self.clock)
        self.ready.wait()
        for turn in range(self.edits // WORKERS):
            outcome = self._once(store, dice, f"mark-{number}-{turn}")
            with self.lock:
                self.result.counts.update(("attempts", outcome))
        store.close()

    def _once(self, store: Store, dice: random.Random, mark: str) -> str:
        reference, who = f"X{dice.randrange(1, ITEMS + 1)}", dice.choice(self.actors)
        try:
            with store.read() as tx:
                seen = tx.execute(select(ITEM.c.version).where(ITEM.c.reference == reference)).scalar_one()
            saved = self._act(store, dice, who, reference, seen, mark)
        except NotAllowed as refusal:
            return refusal.kind
        except StoreFault:
            return "busy"
        except Exception:  # whatever else happens to a worker is what the campaign looks for
            return "error"
        with self.lock:
            self.done.append(Done(mark, seen, saved))
        return "done"

    def _act(self, store: Store, dice: random.Random, who: Actor, reference: str, seen: int, mark: str) -> Saved:
        if dice.random() < 0.3:
            return record.wait_on(store, who, reference, seen, mark)
        touched: dict[str, Any] = {"off_track": mark} if dice.random() < 0.5 else {}
        if dice.random() < 0.5:
            touched["forecast_date"] = london_day(self.clock()) + timedelta(days=dice.randrange(300))
        return record.add_update(store, who, reference, seen, mark, touched)

    # --- what must hold ---------------------------------------------------------------------------------------------

    def _look(self) -> None:
        counts, faults = self.result.counts, self.result.faults
        faults["errors"] = counts["error"] + len(history.verify(self.store)[0])
        with self.store.read() as tx:
            told = [m for m in history.minutes(tx) if m.act in {"update", "waiting on"}]
            said = Counter(tx.execute(select(UPDATE.c.words)).scalars())
            items = {i["id"]: dict(i) for i in tx.execute(select(ITEM)).mappings()}
            folded, _ = history.folded(history.every(tx), "item_id")
        by_mark = Counter(_mark(m) for m in told)
        for one in self.done:
            faults["lost"] += by_mark[one.mark] == 0
            faults["twice"] += by_mark[one.mark] > 1 or said[one.mark] > 1
            faults["over a newer version"] += one.saved.version != one.seen + 1
        faults["said"] = sum(m.act == "update" and said[_mark(m)] != 1 for m in told)
        faults["other than folded"] = sum(
            plain(item[f]) != folded[n].get(f) for n, item in items.items() for f in (*ITEM_FIELDS, "version")
        )
        self._look_at_the_line(told, {n: item["version"] for n, item in items.items()})

    def _look_at_the_line(self, told: list[history.Minute], versions: dict[int, int]) -> None:
        """Each event of an item begins where the one before ended: in its version, and in every value."""
        values: dict[tuple[int, str], Any] = {}
        at = dict.fromkeys(versions, 1)
        for minute in told:
            number = minute.item_id or 0
            at[number] += 1
            self.result.faults["versions"] += minute.body["version"] != at[number]
            for name in ("off_track", "waiting_on", "forecast_date"):
                before, after = minute.fields.get(name) or (None, None)
                if name in minute.fields:
                    self.result.faults["values"] += before != values.get((number, name))
                    values[number, name] = after
        self.result.faults["versions"] += sum(at[n] != version for n, version in versions.items())


def _mark(minute: history.Minute) -> str:
    pair = minute.fields.get("note") or minute.fields.get("waiting_on") or ("", "")
    return str(pair[1])
