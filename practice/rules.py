"""The few kinds of rule in which Slack's limits are written, and how a value is held to one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

PLAIN = ("plain_text",)
TEXTS = ("plain_text", "mrkdwn")
SWITCH_OF_TEXT = {"plain_text": "emoji", "mrkdwn": "verbatim"}
MISFIT = "failed to match all allowed schemas"
Fault: TypeAlias = tuple[str, str]


class Anything(NamedTuple):
    """Whatever is given: not looked into."""


class Flag(NamedTuple):
    """True or false."""


class Line(NamedTuple):
    """A bare string; `most` 0 is no limit."""

    most: int = 0
    least: int = 0
    like: str = ""


class Words(NamedTuple):
    """A text object."""

    most: int
    kinds: Collection[str] = TEXTS


class Number(NamedTuple):
    """A number between two bounds; `more_than` is a bound that does not itself count."""

    least: float | None = None
    most: float | None = None
    more_than: float | None = None


class OneOf(NamedTuple):
    """One of a few words."""

    words: Collection[str]


class Many(NamedTuple):
    """A list of things that follow one rule; `most` 0 is no limit."""

    of: Rule
    most: int = 0
    least: int = 1


class Shape(NamedTuple):
    """An object: its fields, those it must have, and those of which it must have one; the page that says so.

    An `open` one may have any other field.
    """

    page: str
    fields: Mapping[str, Rule]
    needs: Sequence[str] = ()
    needs_one: Sequence[str] = ()
    surfaces: Collection[str] = ("message", "modal", "home")
    open: bool = False


class Of(NamedTuple):
    """An object whose `type` names its shape in a table; `kinds` are those that may stand here."""

    table: Mapping[str, Shape]
    kinds: Collection[str] = ()


Rule: TypeAlias = Anything | Flag | Line | Words | Number | OneOf | Many | Shape | Of


def faults(rule: Rule, value: Any, where: str) -> Iterator[Fault]:
    """Each place at which a value goes against its rule, and how, in Slack's words."""
    match rule:
        case Flag():
            yield from _fault(isinstance(value, bool), where, "must be a boolean")
        case Line():
            yield from _line(rule, value, where)
        case Words():
            yield from _words(rule, value, where)
        case Number():
            yield from _number(rule, value, where)
        case OneOf(words):
            yield from _fault(value in words, where, f"must be one of: {', '.join(words)}")
        case Many():
            yield from _many(rule, value, where)
        case Shape():
            yield from shape_faults(rule, value, where)
        case Of():
            yield from _of(rule, value, where)


def _fault(fine: bool, where: str, what: str) -> Iterator[Fault]:
    if not fine:
        yield where, what


def _line(rule: Line, value: Any, where: str) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield where, "must be a string"
        return
    yield from _length(value, rule.least, rule.most, where)
    if rule.like and not re.fullmatch(rule.like, value):
        yield where, MISFIT


def _length(text: str, least: int, most: int, where: str) -> Iterator[Fault]:
    if len(text) < least:
        yield where, f"must be more than {least - 1} characters"
    if most and len(text) > most:
        yield where, f"must be less than {most + 1} characters"


def _words(rule: Words, value: Any, where: str) -> Iterator[Fault]:
    """An object with a text: mrkdwn has no `emoji`, plain_text no `verbatim`."""
    if not isinstance(value, dict) or value.get("type") not in rule.kinds:
        yield where, MISFIT
        return
    if "text" not in value:
        yield where, "missing required field: text"
        return
    allowed = ("type", "text", SWITCH_OF_TEXT[value["type"]])
    yield from ((where, f"invalid additional property: {key}") for key in value if key not in allowed)
    yield from _line(Line(rule.most, 1), value["text"], f"{where}/text")


def _number(rule: Number, value: Any, where: str) -> Iterator[Fault]:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        yield where, "must be a number"
        return
    if rule.least is not None and value < rule.least:
        yield where, f"must be more than {rule.least - 1}"
    if rule.more_than is not None and value <= rule.more_than:
        yield where, f"must be more than {rule.more_than}"
    if rule.most is not None and value > rule.most:
        yield where, f"must be less than {rule.most + 1}"


def _many(rule: Many, value: Any, where: str) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield where, "must be an array"
        return
    if len(value) < rule.least:
        yield where, f"no fewer than {rule.least} items allowed"
    if rule.most and len(value) > rule.most:
        yield where, f"no more than {rule.most} items allowed"
    for number, one in enumerate(value):
        yield from faults(rule.of, one, f"{where}/{number}")


def _of(rule: Of, value: Any, where: str) -> Iterator[Fault]:
    kind = value.get("type") if isinstance(value, dict) else None
    shape = rule.table.get(str(kind))
    if shape is None or (rule.kinds and kind not in rule.kinds):
        yield where, f"unsupported type: {kind}"
    else:
        yield from shape_faults(shape, value, where, ("type",))


def shape_faults(shape: Shape, value: Any, where: str, besides: Collection[str] = ()) -> Iterator[Fault]:
    """What is wrong with one object; `besides` are fields that it may have besides its own."""
    if not isinstance(value, dict):
        yield where, MISFIT
        return
    yield from ((where, f"missing required field: {key}") for key in shape.needs if key not in value)
    if shape.needs_one and not any(key in value for key in shape.needs_one):
        yield where, f"missing required field: {shape.needs_one[0]}"
    for key, part in value.items():
        if key in shape.fields:
            yield from faults(shape.fields[key], part, f"{where}/{key}")
        elif not shape.open and key not in besides:
            yield where, f"invalid additional property: {key}"
