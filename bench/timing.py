"""Floor and ours taken in turn, best of five, and the line of the table that says how they stand."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

ROUNDS = 5


class Differs(Exception):
    """Floor and ours did not come to the same, so that their times say nothing."""


class Times(NamedTuple):
    """Seconds a call, the best of the rounds."""

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


def race(floor: Callable[[], object], ours: Callable[[], object], seconds: float, rounds: int = ROUNDS) -> Times:
    """Both by turns, each `rounds` times for about `seconds` in all; a first call of each is not counted."""
    many = max(1, round(seconds / rounds / max(_once(floor, 1), _once(ours, 1), 1e-6)))
    best = Times(float("inf"), float("inf"))
    for _ in range(rounds):
        best = Times(min(best.floor, _once(floor, many)), min(best.ours, _once(ours, many)))
    return best


def _once(work: Callable[[], object], many: int) -> float:
    """Seconds a call over so many calls."""
    start = time.perf_counter()
    for _ in range(many):
        work()
    return (time.perf_counter() - start) / many


def compared(name: str, times: Times, most: float | None) -> Line:
    """A line that holds ours to at most `most` times the floor."""
    held = None if most is None else times.ratio <= most
    target = f"≤ {most:g}×" if most is not None else ""
    return Line(name, shown(times.floor), shown(times.ours), f"{times.ratio:.2f}×", target, held)


def shown(seconds: float) -> str:
    """236 µs, 1.85 ms, 0.42 s: three figures."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size * (0.9995 if size < 1 else 1):
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs" if seconds < 999e-6 else f"{seconds / 1e-3:.3g} ms"


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
