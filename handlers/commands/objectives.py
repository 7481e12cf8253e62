"""`objectives`: what serves each objective of the Police and Crime Plan."""

from functools import partial

from handlers import overviews
from handlers.overviews import Overview

WORDS = ("objectives",)
HELP = ("objectives", "what serves each objective")
NONE = "No item names an objective yet; the liaison says which: edit REF objective: one; another | reason."
answer = partial(overviews.answer, Overview("objective", "objectives", "Objectives", NONE, "for no objective"))
