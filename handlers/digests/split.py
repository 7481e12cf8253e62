"""A message that is longer than a platform takes goes on in others: split between its parts, nothing lost."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from handlers.card import Bullets, Card, Heading, Lines, Part, Quote, Text, bold, say_lines

Fits = Callable[[Card], bool]
Piece = Lines | Quote | Bullets


class Atom(NamedTuple):
    """What is never split: a part, or one line or entry of a text; `of` is the part that it stood in."""

    of: int
    part: Part


def split(card: Card, fits: Fits, *, foot: int = 0) -> tuple[Card, ...]:
    """The card in as many cards as it takes, in its order; its last `foot` parts stay in the first.

    One line that is too long by itself is left to whoever draws it.
    """
    if fits(card):
        return (card,)
    upto = len(card.parts) - foot
    atoms, tail = list(_atoms(card.parts[:upto])), card.parts[upto:]
    cards: list[Card] = []
    while atoms:
        many = _fitting(card, atoms, tail, fits, len(cards))
        cards.append(_made(card, atoms[:many], tail, len(cards)))
        atoms, tail = atoms[many:], ()
    return tuple(cards)


def _atoms(parts: Sequence[Part]) -> Iterator[Atom]:
    for number, part in enumerate(parts):
        if isinstance(part, Text):
            for piece in part.pieces:
                yield from (Atom(number, Text((one,))) for one in _ones(piece))
        else:
            yield Atom(number, part)


def _ones(piece: Piece) -> Iterator[Piece]:
    if isinstance(piece, Lines):
        yield from (Lines((line,)) for line in piece.lines)
    elif isinstance(piece, Bullets):
        yield from (Bullets((entry,)) for entry in piece.entries)
    else:
        yield piece


def _fitting(card: Card, atoms: list[Atom], tail: tuple[Part, ...], fits: Fits, number: int) -> int:
    """How many of the atoms fit into the next card, at least one; no heading stands at its end alone."""

    def fit(many: int) -> bool:
        return fits(_made(card, atoms[:many], tail, number))

    low = 1
    while low < len(atoms) and fit(min(2 * low, len(atoms))):  # what is far too long is never drawn whole
        low = min(2 * low, len(atoms))
    high = min(2 * low, len(atoms)) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fit(middle) else (low, middle - 1)
    while 1 < low < len(atoms) and isinstance(atoms[low - 1].part, Heading):
        low -= 1
    return low


def _made(card: Card, atoms: Sequence[Atom], tail: tuple[Part, ...], number: int) -> Card:
    if number == 0:
        return replace(card, parts=(*_joined(atoms), *tail))
    again = say_lines((bold("Continued."),))
    return replace(card, subject=f"{card.subject}, continued", parts=(again, *_joined(atoms)))


def _joined(atoms: Sequence[Atom]) -> tuple[Part, ...]:
    """What stood in one text stands in one again."""
    parts: list[Part] = []
    for before, atom in pairwise((Atom(-1, Text(())), *atoms)):
        last = parts[-1] if parts and before.of == atom.of else None
        if isinstance(last, Text) and isinstance(atom.part, Text):
            parts[-1] = Text(_with(last.pieces, atom.part.pieces[0]))
        else:
            parts.append(atom.part)
    return tuple(parts)


def _with(pieces: tuple[Piece, ...], piece: Piece) -> tuple[Piece, ...]:
    *others, last = pieces
    if isinstance(last, Lines) and isinstance(piece, Lines):
        return (*others, Lines(last.lines + piece.lines))
    if isinstance(last, Bullets) and isinstance(piece, Bullets):
        return (*others, Bullets(last.entries + piece.entries))
    return (*pieces, piece)
