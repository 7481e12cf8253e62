"""`boards`: what stands under each board."""

from functools import partial

from handlers import overviews
from handlers.overviews import Overview

WORDS = ("boards",)
HELP = ("boards", "what each board has")
NONE = "No item stands under a board yet; the liaison says which: edit REF board: name | reason."
answer = partial(overviews.answer, Overview("board", "boards", "Boards", NONE, "under no board"))
