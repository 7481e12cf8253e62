"""The parts of a Card as elements of an Adaptive Card, in reading order."""

from collections.abc import Callable, Sequence

from handlers.card import (
    Bullets,
    Button,
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
    Text,
)
from handlers.teams import actions, charts
from handlers.teams.actions import Press
from handlers.teams.limits import Block, note, size
from handlers.teams.words import COLOURED, block, heading, is_quiet, literal, paragraphs, runs

# at most so many bytes of JSON around the words of a card, of a row, and of what a press on it says
SHELL_WEIGHT, ROW_WEIGHT, PRESS_WEIGHT = 250, 310, 220
ROW_MOST = 300
PRESS = "Press a row to open it."


def a_list(card: Card) -> bool:
    """Whether its rows are a list of one kind, in which pressing a row opens it: lower than ten large buttons."""
    buttons = [part.button for part in card.parts if isinstance(part, Row)]
    apart = sum(isinstance(part, Heading) for part in card.parts) > 1 or any(isinstance(p, Divider) for p in card.parts)
    if not card.private or not buttons or apart:
        return False
    return all(one is not None and one.label == "Details" and not one.confirm for one in buttons)


class Drawing:
    """A card's body as it grows; `weight` is at least what its JSON will weigh, 0 where it is cheaper weighed whole."""

    def __init__(self, press: Press, *, private: bool, pressed: bool) -> None:
        self.press, self.private, self.pressed = press, private, pressed
        self.body: list[Block] = []
        self.weight, self.press_weight = SHELL_WEIGHT, PRESS_WEIGHT + size(press)
        self.headed = self.apart = self.told = self.noted = False

    def add(self, part: Part) -> None:
        """Draw one part after the others."""
        start = len(self.body)
        if isinstance(part, Row):
            self._row(part)
        elif isinstance(part, Divider):
            self.apart = True
            return
        else:
            self._other(part)
            self._weigh(lambda: size(self.body[start:]))
        if self.apart and len(self.body) > start:
            self.body[start] |= {"separator": True, "spacing": "Medium"}
            self.apart = False

        self.noted = isinstance(part, Note)

    def _weigh(self, weight: Callable[[], int]) -> None:
        self.weight = self.weight and self.weight + weight()

    def _other(self, part: Part) -> None:
        if isinstance(part, Text):
            self._text(part)
        elif isinstance(part, Heading):
            self.body += heading(part.text.text, first=not self.headed)
            self.headed = True
        elif isinstance(part, Note):
            self._note(part)
        elif isinstance(part, Buttons):
            acts = actions.actions(part, self.press)
            self.body += [{"type": "ActionSet", "actions": acts}] if acts else []
        elif isinstance(part, Chart):
            self.body += charts.drawn(part)

    def _text(self, text: Text) -> None:
        for piece in text.pieces:
            if isinstance(piece, Quote):
                said = paragraphs(piece.said.text)
                self.body.append({"type": "Container", "style": "emphasis", "items": said})
            elif isinstance(piece, Lines):
                self._lines(piece.lines)
            else:
                self._bullets(piece)

    def _lines(self, several: Sequence[Line]) -> None:
        for number, line in enumerate(several):
            if inlines := runs(line):
                self.body.append(block(inlines, "None" if number else "Small"))

    def _bullets(self, bullets: Bullets) -> None:
        for entry in bullets.entries:
            self._lines(entry)

    def _note(self, small: Note) -> None:
        spacing: Block = {"spacing": "None"} if self.noted else {"spacing": "Medium", "separator": True}
        for line in small.lines:
            if inlines := runs(line):
                drawn = [{**run, "isSubtle": True} for run in inlines]
                self.body.append({"type": "RichTextBlock", "inlines": drawn, **spacing})
                spacing = {"spacing": "None"}

    def _row(self, row: Row) -> None:
        reference, title, facts, _ = row
        words, second = f"{reference}{title.text}", _second(facts)
        if second is None or len(words) > ROW_MOST or not is_quiet(words):
            self._placed(row, _wild_row(row), 0)
            return
        first: list[Block] = [{"type": "TextRun", "text": reference, "weight": "Bolder"}]
        if title.text:
            first.append({"type": "TextRun", "text": f" {title.text}"})
        said: list[Block] = [{"type": "RichTextBlock", "inlines": first}]
        weight = ROW_WEIGHT + len(words.encode())
        if second:
            said.append({"type": "RichTextBlock", "inlines": second, "spacing": "None"})
            weight += len(second[-1]["text"].encode())
        self._placed(row, said, weight)

    def _placed(self, row: Row, said: list[Block], weight: int) -> None:
        """A row's lines with its button: beside them, or in a list the row itself; `weight` 0 is not known."""
        button = row.button
        if button is None:
            said[0]["spacing"] = "Small"
            self.body += said
            self._weigh(lambda: weight or size(said))
            return
        if not self.pressed:
            drawn = _beside(said, row, button, self.press, opens=self.private)
            self.weight = 0
        else:
            self._say_how()
            opens = actions.button(button, self.press)
            drawn = {"type": "Container", "separator": True, "spacing": "Small", "selectAction": opens, "items": said}
            told = f"{button.say}{button.heard}"
            weight = weight and is_quiet(told) and weight + self.press_weight + len(told.encode())
        self.body.append(drawn)
        self._weigh(lambda: weight or size(drawn))

    def _say_how(self) -> None:
        """Before the first row of a list, that rows can be pressed."""
        if self.told:
            return
        self.told = True
        self._weigh(lambda: size(note(PRESS)))
        before: Block = self.body[-1] if self.body else {"type": ""}
        if before["type"] == "RichTextBlock":
            before["inlines"].append({"type": "TextRun", "text": f" {PRESS}"})
        else:
            self.body.append(note(PRESS))


def _second(facts: Line) -> list[Block] | None:
    """The second line of a row, where it is a colour and plain words, as nearly always; None for any other."""
    told: list[Block] = []
    words = ""
    for text, style, _, _, _ in facts:
        if not style:
            words += text
        elif style == "colour" and not told and not words:
            told.append(COLOURED[text])
        else:
            return None
    if len(words) > ROW_MOST or not is_quiet(words):
        return None
    if words:
        told.append({"type": "TextRun", "text": words})
    return told


def _wild_row(row: Row) -> list[Block]:
    """The lines of a row with words in which something has to be broken, which are many, or of other styles."""
    first: list[Block] = [{"type": "TextRun", "text": literal(row.reference), "weight": "Bolder"}]
    if row.title.text:
        first.append({"type": "TextRun", "text": f" {literal(' '.join(row.title.text.split()))}"})
    said: list[Block] = [{"type": "RichTextBlock", "inlines": first}]
    if second := runs(row.facts):
        said.append({"type": "RichTextBlock", "inlines": second, "spacing": "None"})
    return said


def _beside(said: list[Block], row: Row, button: Button, press: Press, *, opens: bool) -> Block:
    """A row with its button at its side; in an answer that one person reads, the rest of the row opens the item."""
    words: Block = {"type": "Column", "width": "stretch", "items": said}
    if opens and button.say.startswith(f"update {row.reference} v"):
        details = Button("Details", f"show {row.reference}", f"Details of {row.reference}")
        words["selectAction"] = actions.button(details, press)
    acts: Block = {"type": "ActionSet", "actions": [actions.button(button, press)]}
    side: Block = {"type": "Column", "width": "auto", "items": [acts], "verticalContentAlignment": "Center"}
    return {"type": "ColumnSet", "spacing": "Medium", "columns": [words, side]}
