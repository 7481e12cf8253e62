"""What may stand under what, and the reference that a new item gets."""

import re
from collections.abc import Callable, Iterable

from storage.rules.lifecycle import CAUSES

ACTION = "action"
_FINDINGS = frozenset({"recommendation", "area_for_improvement"})
# report > cause of concern > recommendation or area for improvement > action of the force
MAY_STAND_UNDER: dict[str, frozenset[str]] = {
    **dict.fromkeys(CAUSES, frozenset()),
    **dict.fromkeys(_FINDINGS, CAUSES),
    ACTION: CAUSES | _FINDINGS,
}
LETTERS = {
    **dict.fromkeys(CAUSES, "C"),
    "recommendation": "R",
    "area_for_improvement": "A",
}


def may_stand_under(kind: str, parent: str) -> bool:
    """Whether an item of this kind may stand under one of that kind; parent "": under its report alone.

    An action answers a finding, so it stands under one.
    """
    return parent in MAY_STAND_UNDER[kind] if parent else kind != ACTION


def below(kind: str) -> list[str]:
    """The kinds that may stand under this one."""
    return sorted(child for child, parents in MAY_STAND_UNDER.items() if kind in parents)


def stem(kind: str, code: str, parent: str) -> str:
    """What the reference of a new item begins with: `CYBER19-A` and a number, an action under it `CYBER19-A1.`"""
    return f"{parent}." if kind == ACTION else f"{code}-{LETTERS[kind]}"


def next_reference(begins: str, used: Iterable[str]) -> str:
    """The first number after all that were ever used; `used` are references that begin so, in any letter case.

    What was superseded or registered in error keeps its own.
    """
    number = re.compile(re.escape(begins.upper()) + r"0*([0-9]+)(?![0-9A-Z])")
    numbers = [int(found[1]) for reference in used if (found := number.match(reference.upper()))]
    return f"{begins}{max(numbers, default=0) + 1}"


def line(start: int, above: Callable[[int], int | None]) -> list[int]:
    """An item and, one after the other, those that `above` leads to, by id; a circle is gone through once."""
    found: list[int] = []
    at: int | None = start
    while at and at not in found:
        found.append(at)
        at = above(at)
    return found
