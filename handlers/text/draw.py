"""A Card as plain text: what the terminal prints, and the twin that every message carries."""

import json

from handlers.card import (
    Bullets,
    Buttons,
    Card,
    Chart,
    Divider,
    Heading,
    Line,
    Lines,
    Note,
    Part,
    Quote,
    Row,
    Span,
    Text,
)

MOST = 3900


def twin(card: Card) -> str:
    """The subject, an empty line, then all that the card says, a row a line; at most 3,900 characters."""
    text = whole_twin(card)
    return text if len(text) <= MOST else text[: MOST - 2].rstrip() + " …"


def whole_twin(card: Card) -> str:
    """The same, however long."""
    body = "\n".join(line for part in card.parts for line in _part(part))
    return f"{one_line(card.subject)}\n\n{body}" if body else one_line(card.subject)


def said(card: Card) -> str:
    """What a person in a terminal reads: the parts alone, unless there are none."""
    if card.faults:
        return "\n".join(["Not saved.", *card.faults.values()])
    if card.kept:
        return words_of(card.kept)
    return "\n".join(line for part in card.parts for line in _part(part)) or card.subject


def words_of(payload: str) -> str:
    """The words that a kept message has for where nothing is drawn."""
    told = str(json.loads(payload)["text"])
    return told.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _part(part: Part) -> list[str]:
    if isinstance(part, Heading):
        return [one_line(part.text.text)]
    if isinstance(part, Row):
        return [f"{f'{part.reference} {one_line(part.title.text)}'.rstrip()}: {facts(part.facts)}"]
    if isinstance(part, Note):
        return [plain(line) for line in part.lines]
    if isinstance(part, Text):
        return [line for piece in part.pieces for line in _piece(piece)]
    if isinstance(part, Chart):
        return [part.title, *(_series(part.categories, name, values) for name, values in part.series)]
    assert isinstance(part, Buttons | Divider)
    return []


def _series(categories: tuple[str, ...], name: str, values: tuple[int, ...]) -> str:
    told = ", ".join(f"{category} {value}" for category, value in zip(categories, values, strict=True))
    return f"{name}: {told}"


def _piece(piece: Lines | Quote | Bullets) -> list[str]:
    if isinstance(piece, Quote):
        return [piece.said.text] if piece.said.text else []
    if isinstance(piece, Lines):
        return [plain(line) for line in piece.lines]
    return [f"- {_run_on([facts(line) for line in entry])}" for entry in piece.entries]


def _run_on(lines: list[str]) -> str:
    """The lines of an entry as one: a colon between them, save after a full stop."""
    text = lines[0]
    for line in lines[1:]:
        text += f" {line}" if text.endswith((".", "”")) else f": {line}"
    return text


def plain(line: Line) -> str:
    """A line without any marks, commas for middle dots."""
    return facts(line).strip()


def facts(line: Line) -> str:
    return "".join([span.text if span.style in _WORDS else _span(span) for span in line]).replace(" · ", ", ").strip()


_WORDS = ("", "bold", "colour", "code")


def _span(span: Span) -> str:
    if span.style == "mark":
        return ""
    if span.style == "link" and span.url and span.text != span.url:
        return f"{span.text} ({span.url})"
    return span.text


def one_line(text: str) -> str:
    return " ".join(text.split())
