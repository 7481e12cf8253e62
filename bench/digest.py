"""A digest over the whole register, counted and drawn, beside raw sqlite3 that finds the same figures."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench import registers
from bench.figures import LIMITS, Found, by_hand
from bench.raw import connected
from bench.timing import Line, Times, compared, race, same, shown
from handlers.digests import weekly
from handlers.slack import draw
from storage import figures
from storage.figures import Figures, Window
from storage.store import Store, open_store

MOST, MOST_SECONDS = 1.5, 1.0
PERIOD = "2026-W49"
END = registers.NOW + timedelta(days=8)
START = END - timedelta(days=7)


def lines(paths: dict[int, Path], seconds: float) -> list[Line]:
    """At each size beside its floor; the largest is held to a second too. A week passes in each register first."""
    told, largest = [], max(paths)
    for size, path in paths.items():
        registers.live(path, size)
        times = _raced(path, seconds)
        told.append(compared(f"digest over {size:,} items", times, MOST if size == largest else None))
        if size == largest:
            held = times.ours <= MOST_SECONDS
            took = shown(times.ours)
            told.append(Line(f"digest over {size:,} items, in all", "", took, took, f"≤ {MOST_SECONDS:g} s", held))
    return told


def _raced(path: Path, seconds: float) -> Times:
    store, raw = open_store(registers.url(path), lambda: END), connected(path)
    window, known = _window(store), counted(store)
    counted_by_us = Found(
        figures.as_json(known, PERIOD), known.colours, known.colours_before, known.off_track.references
    )
    for field, ours, theirs in zip(Found._fields, counted_by_us, by_hand(raw, window, PERIOD), strict=True):
        same(field, theirs, ours)
    times = race(lambda: (by_hand(raw, window, PERIOD), drawn(known)), lambda: whole(store), seconds)
    raw.close()
    store.close()
    return times


def _window(store: Store) -> Window:
    with store.read() as tx:
        return figures.window_of_days(tx, START, END)


def counted(store: Store) -> Figures:
    with store.read() as tx:
        return figures.count(tx, figures.window_of_days(tx, START, END), LIMITS)


def drawn(known: Figures) -> str:
    """The message as it is kept in the outbox."""
    return json.dumps(draw.message(weekly.card(known, LIMITS, "/4action")))


def whole(store: Store) -> tuple[dict[str, Any], str]:
    """All that a digest costs: the figures, as scripts get them too, the Card and its blocks."""
    known = counted(store)
    return figures.as_json(known, PERIOD), drawn(known)
