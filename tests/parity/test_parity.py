"""What is said through text, through Slack and through Teams is the same, story by story and command by command."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from handlers import commands
from handlers.card import Buttons, Card, Note
from handlers.commands import COMMANDS, help, history, reports, roles
from handlers.teams import draw
from handlers.teams.parts import Drawing
from tests.databases import Database
from tests.parity.doors import CHANNEL, Door, doors, terminal
from tests.parity.stories import STORIES, Says, differences
from tests.teams.stand_ins import Connector

WHO = ("lia", "ruth")
ITEM = "CUST26-R2"
STEPS = sum(len(steps) for steps in STORIES.values())


@pytest.fixture
def three(database: Database, connector: Connector) -> Iterator[list[Door]]:
    with doors(database, connector) as three:
        yield three


def test_every_story_is_told_alike_through_three_doors(three: list[Door]) -> None:
    told = {name: list(differences(three, steps)) for name, steps in STORIES.items()}
    assert {name: unlike for name, unlike in told.items() if unlike} == {}
    assert len(told) == 15 and STEPS >= 80


def unlike(chats: list[Door], modules: tuple[ModuleType, ...]) -> dict[str, list[str]]:
    """The commands that one chat answers otherwise than the other, with what is unlike in it."""
    found = {m.HELP[0]: list(differences(chats, tuple(Says(w, said(m), CHANNEL) for w in WHO))) for m in modules}
    return {words: told for words, told in found.items() if told}


def said(module: ModuleType) -> str:
    """What somebody says to a command, by its own example."""
    return str(module.HELP[0]).replace("{reference}", ITEM)


def test_every_command_is_answered_alike_in_both_chats(three: list[Door]) -> None:
    assert len({module.HELP[0] for module in COMMANDS}) == len(COMMANDS) > 50
    assert unlike(three[1:], COMMANDS) == {}


# --- what would be missed --------------------------------------------------------------------------------------------


def no_notes(patch: pytest.MonkeyPatch) -> None:
    """Small print is left out."""
    add = Drawing.add
    patch.setattr(Drawing, "add", lambda self, part: None if isinstance(part, Note) else add(self, part))


def no_reports(patch: pytest.MonkeyPatch) -> None:
    """One command alone has nothing to show."""
    drawn = draw._drawn

    def without(card: Card, *more: Any) -> Any:
        return drawn(Card(card.subject) if card.subject.startswith("Report") else card, *more)

    patch.setattr(draw, "_drawn", without)


def no_buttons(patch: pytest.MonkeyPatch) -> None:
    """The last buttons of a card are left out."""
    drawn = draw._drawn

    def without(card: Card, *more: Any) -> Any:
        left = tuple(part for part in card.parts if not isinstance(part, Buttons))
        return drawn(Card(card.subject, left, card.private), *more)

    patch.setattr(draw, "_drawn", without)


def test_what_teams_leaves_out_of_an_answer_is_found(three: list[Door], monkeypatch: pytest.MonkeyPatch) -> None:
    for broken, missed in ((no_notes, history), (no_reports, reports), (no_buttons, roles)):
        assert unlike(three[1:], (missed,)) == {}
        with monkeypatch.context() as patch:
            broken(patch)
            assert set(unlike(three[1:], (missed,))) == {missed.HELP[0]}, broken.__doc__


# --- true of every chat ----------------------------------------------------------------------------------------------

ONE_CHAT = re.compile(
    r"\b(?:Teams|(?i:slack|block kit|adaptive|modal|ephemeral|workspace|tenant|invite|emoji|channel's members|"
    r"slash command|direct messages?|app home|1:1|microsoft))\b"
)


def test_the_commands_name_no_chat() -> None:
    found = [
        f"{path.name}: {line.strip()}"
        for path in sorted(Path(commands.__file__).parent.glob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if ONE_CHAT.search(line)
    ]
    assert found == []


def test_no_answer_says_what_is_true_of_one_chat_only(database: Database) -> None:
    with terminal(database) as door:
        asked = [(who, said(module)) for module in COMMANDS for who in WHO[:1]]
        asked += [("lia", f"help {topic}") for topic in help.TOPICS]
        for who, words in asked:
            seen = door.says(who, words, CHANNEL)
            read = "\n".join([seen.text, *(label for label, _, _ in seen.buttons)])
            assert not ONE_CHAT.search(read), (words, read)
