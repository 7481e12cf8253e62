"""The one counting: every figure of a digest, counted by the database; what has changed since is worked back apart."""

from storage.figures.counting import count, window_of_days
from storage.figures.shapes import (
    SHOWN,
    Briefs,
    Clock,
    Counted,
    Figures,
    Late,
    Listed,
    Moved,
    Movement,
    Waiting,
    Window,
)
from storage.figures.spoken import as_json, first_sentence

__all__ = [
    "SHOWN",
    "Briefs",
    "Clock",
    "Counted",
    "Figures",
    "Late",
    "Listed",
    "Moved",
    "Movement",
    "Waiting",
    "Window",
    "as_json",
    "count",
    "first_sentence",
    "window_of_days",
]
