"""Floor and ours by turns, the best of five rounds, and the line of the table that says how they stand."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

ROUNDS = 5


class Differs(Exception):
    """Floor and ours did not come to the same, so that their times say nothing."""


class Times(NamedTuple):
    """Seconds a call, each from its best round."""

    floor: float
    ours: float

    @property
    def ratio(self) -> float:
        return self.ours / self.floor


@dataclass(frozen=True)
class Line:
    """One line of the table; `target` None: shown for comparison, held to nothing."""

    name: str
    floor: str
    ours: str
    figure: str
    target: str = ""
    held: bool | None = None

    @property
    def verdict(self) -> str:
        return {True: "held", False: "MISSED", None: "–"}[self.held]


def same(what: str, floor: Any, ours: Any) -> None:
    """Raise Differs unless both came to the same."""
    if floor != ours:
        raise Differs(f"{what}: the floor has {str(floor)[:300]}, ours {str(ours)[:300]}")


def race(
    floor: Callable[[], object],
    ours: Callable[[], object],
    seconds: float,
    before: Callable[[], object] = lambda: None,
) -> Times:
    """Both by turns for about `seconds` in all: of five rounds the best, and of a round the middle call.

    `before` comes before every call and is not timed.
    """
    slower = max(_median(floor, before, 3), _median(ours, before, 3), 1e-6)
    many = max(3, round(seconds / ROUNDS / 2 / slower))
    best = Times(float("inf"), float("inf"))
    for _ in range(ROUNDS):
        best = Times(min(best.floor, _median(floor, before, many)), min(best.ours, _median(ours, before, many)))
    return best


def _median(work: Callable[[], object], before: Callable[[], object], many: int) -> float:
    """Seconds of the middle one of so many calls."""
    taken = []
    for _ in range(many):
        before()
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def compared(name: str, times: Times, most: float | None) -> Line:
    """A line that holds ours to at most `most` times the floor."""
    held = None if most is None else times.ratio <= most
    target = f"≤ {most:g}×" if most is not None else ""
    return Line(name, shown(times.floor), shown(times.ours), f"{times.ratio:.2f}×", target, held)


def shown(seconds: float) -> str:
    """236 µs, 1.85 ms, 1.2 s: three figures."""
    if seconds >= 0.9995:
        return f"{seconds:.3g} s"
    return f"{seconds * 1e3:.3g} ms" if seconds >= 999.5e-6 else f"{seconds * 1e6:.3g} µs"


def table(lines: list[Line]) -> str:
    """The lines as a Markdown table with columns in line."""
    heads = ("benchmark", "floor", "ours", "ratio", "target", "")
    rows = [heads, *((n.name, n.floor, n.ours, n.figure, n.target, n.verdict) for n in lines)]
    widths = [max(len(row[c]) for row in rows) for c in range(len(heads))]
    drawn = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([drawn[0], rule, *drawn[1:]])
