"""A section of the one message that a person gets by schedule on a day."""

from typing import NamedTuple

from handlers.card import Line, Part


class Section(NamedTuple):
    """One thing that a message tells: in a few words for the notification, in a sentence, and drawn."""

    title: str
    short: str
    lead: Line
    parts: tuple[Part, ...]
