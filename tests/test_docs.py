"""The pages that are drawn from the code say what the code says; LIGHTKEEPER_PICTURES=1 draws them anew."""

import os
from pathlib import Path

import pytest

from handlers.commands import COMMANDS
from storage.rules import lifecycle, permissions
from tests.drawn import BEGIN, DRAWN, END, WORDED

HERE = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(("page", "part"), [(page, part) for page, parts in DRAWN.items() for part in parts])
def test_what_is_drawn_from_the_code_is_what_the_page_shows(page: str, part: str) -> None:
    path, drawn = HERE / page, DRAWN[page][part]()
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN.format(part))
    assert begin, f"{page} has no place for {part}"
    shown, end, after = rest.partition(END)
    assert end
    if os.environ.get("LIGHTKEEPER_PICTURES"):
        path.write_text(f"{before}{begin}\n{drawn}\n{end}{after}", encoding="utf-8")
        return
    assert shown.strip() == drawn, "draw it anew: LIGHTKEEPER_PICTURES=1 pytest tests/test_docs.py"


def test_every_act_of_the_tables_is_in_words_and_can_be_said() -> None:
    said = {word for module in COMMANDS for word in module.WORDS}
    assert set(permissions.MAY_DO) == set(lifecycle.MAY_BECOME)
    assert set(permissions.MAY_DO) <= WORDED
    assert set(permissions.MAY_DO) <= said
