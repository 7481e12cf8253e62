"""A Card: what an answer says, on no platform yet; marking and privacy are properties of it, enforced here once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from storage.rules import marking


class Span(NamedTuple):
    """Some words in one style: plain, `bold`, `code`, `colour` (a mark and its word), `mark` (a clock's
    hourglass or warning, never alone), `channel` (a channel of the chat by its id) or `link` (with `url`).

    Words of a sensitive item carry its marking; where they may not stand, `instead` does.
    """

    text: str
    style: str = ""
    url: str = ""
    marking: str = marking.OFFICIAL
    instead: str = ""


Line = tuple[Span, ...]


class Lines(NamedTuple):
    """Lines that stand together."""

    lines: tuple[Line, ...]


class Quote(NamedTuple):
    """Somebody's own words, shown as typed."""

    said: Span


class Bullets(NamedTuple):
    """A list; an entry may run over several lines."""

    entries: tuple[tuple[Line, ...], ...]


class Heading(NamedTuple):
    text: Span


class Text(NamedTuple):
    """Lines, quotes and bullets that stand in one block."""

    pieces: tuple[Lines | Quote | Bullets, ...]


class Divider(NamedTuple):
    pass


class Confirm(NamedTuple):
    """The question before an act that is hard to take back."""

    title: str
    text: str
    yes: str


class Button(NamedTuple):
    """A sentence said for you: `say` is words with the version in them; `heard` is what a screen reader says."""

    label: str
    say: str
    heard: str
    primary: bool = False
    confirm: Confirm | None = None


class Row(NamedTuple):
    """An item in two lines with one button: the same in every answer."""

    reference: str
    title: Span
    facts: Line
    button: Button | None = None


class Buttons(NamedTuple):
    """At most five buttons in a line; `rest` goes behind the overflow."""

    shown: tuple[Button, ...]
    rest: tuple[Button, ...] = ()


class Note(NamedTuple):
    """Small print."""

    lines: tuple[Line, ...]


class Chart(NamedTuple):
    """Bars: for each series a figure for each category. What it shows is said in words elsewhere too."""

    title: str
    categories: tuple[str, ...]
    series: tuple[tuple[str, tuple[int, ...]], ...]


Part = Heading | Text | Divider | Row | Buttons | Note | Chart


class Option(NamedTuple):
    value: str
    label: str
    description: str = ""


class Field(NamedTuple):
    """One field of a form; `kind` is `choice`, `words`, `line`, `day` (value: ISO), `person` (value: a chat user ID)
    or `files`."""

    name: str
    label: str
    kind: str
    value: str = ""
    hint: str = ""
    placeholder: str = ""
    optional: bool = False
    most: int = 3000
    options: tuple[Option, ...] = ()


class Form(NamedTuple):
    """Fields to fill in; `say` is what pressing `submit` says, `was` the values as the form was drawn."""

    title: str
    say: str
    submit: str
    intro: Text
    fields: tuple[Field, ...]
    was: Mapping[str, str] = {}


class Attachment(NamedTuple):
    """A file that goes with an answer, to the person alone: the door hands it over."""

    name: str
    media_type: str
    content: bytes
    marking: str


@dataclass(frozen=True)
class Card:
    """An answer. `subject` is the line of a notification; `form` opens where there are forms, `parts` stand elsewhere.

    `faults` names fields of the form that was sent and what is wrong with each: nothing was saved. `saved` says that
    the answer tells of a committed change, and the card that it came from may be drawn anew. `attachment` is a file
    that was asked for; the parts then describe it, and the door says what became of it. `settled` is what a row that
    others read says from now on, in place of its second line and of the button that was pressed in it.
    `kept` is a message as it was kept when it was sent: it is shown as it is, in place of the parts.
    """

    subject: str
    parts: tuple[Part, ...] = ()
    private: bool = True
    form: Form | None = None
    faults: Mapping[str, str] = field(default_factory=dict)
    saved: bool = False
    ok: bool = True
    attachment: Attachment | None = None
    settled: str = ""
    kept: str = ""

    @property
    def marking(self) -> str:
        """The highest marking of what it shows, and of the file that goes with it."""
        carried = [self.attachment.marking] if self.attachment else []
        return marking.highest([span.marking for span in spans(self)] + carried)


def spans(card: Card) -> Iterator[Span]:
    """Every span of a card, in reading order."""
    for part in card.parts:
        yield from _spans(part)
    if card.form:
        yield from _spans(card.form.intro)


def _spans(part: Part) -> Iterator[Span]:
    if isinstance(part, Heading):
        yield part.text
    elif isinstance(part, Row):
        yield part.title
        yield from part.facts
    elif isinstance(part, Note):
        for line in part.lines:
            yield from line
    elif isinstance(part, Text):
        for piece in part.pieces:
            yield from _piece_spans(piece)


def _piece_spans(piece: Lines | Quote | Bullets) -> Iterator[Span]:
    if isinstance(piece, Quote):
        yield piece.said
    elif isinstance(piece, Lines):
        for line in piece.lines:
            yield from line
    else:
        for entry in piece.entries:
            for line in entry:
                yield from line


def shown_in(card: Card, *, cleared: bool) -> Card:
    """The card as it may stand in a place: this is the one place where markings are enforced.

    In a place that is not cleared, words of a sensitive item give way to what stands instead of them. A card that
    shows sensitive words says so in its small print.
    """
    if card.marking == marking.OFFICIAL:
        return card
    if not cleared:
        return replace(card, parts=tuple(_redacted(part) for part in card.parts), form=None, attachment=None)
    said = any(marking.SENSITIVE in span.text for span in spans(card))
    return card if said else replace(card, parts=(*card.parts, Note(((Span(marking.SENSITIVE),),))))


def _redacted(part: Part) -> Part:
    if isinstance(part, Heading):
        return Heading(_hidden(part.text))
    if isinstance(part, Row):
        return part._replace(title=_hidden(part.title), facts=_hidden_line(part.facts))
    if isinstance(part, Note):
        return Note(tuple(_hidden_line(line) for line in part.lines))
    if isinstance(part, Text):
        return Text(tuple(_redacted_piece(piece) for piece in part.pieces))
    return part


def _redacted_piece(piece: Lines | Quote | Bullets) -> Lines | Quote | Bullets:
    if isinstance(piece, Quote):
        return Quote(_hidden(piece.said))
    if isinstance(piece, Lines):
        return Lines(tuple(_hidden_line(line) for line in piece.lines))
    return Bullets(tuple(tuple(_hidden_line(line) for line in entry) for entry in piece.entries))


def _hidden_line(line: Line) -> Line:
    return tuple(_hidden(span) for span in line)


def _hidden(span: Span) -> Span:
    if span.marking == marking.OFFICIAL:
        return span
    return Span(span.instead, span.style if span.style != "link" else "")


def bold(text: str) -> Span:
    return Span(text, "bold")


def code(text: str) -> Span:
    return Span(text, "code")


def say_lines(*lines: Line) -> Text:
    """A block of lines."""
    return Text((Lines(tuple(lines)),))
