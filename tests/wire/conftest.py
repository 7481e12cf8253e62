"""The sample register, filled once; an office for every test; and every message and form it sent held to the limits."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import demo
from tests.wire.limits import faults_of_message, faults_of_view
from tests.wire.office import STORY, Office


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's register as it stands on the Friday on which the practice begins."""
    path = tmp_path_factory.mktemp("sample") / "register.db"
    demo.fill(f"sqlite:///{path}", STORY)
    return path


@pytest.fixture
def register_path(sample_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sample_file, tmp_path / "register.db"))


@pytest.fixture
def office(register_path: Path) -> Iterator[Office]:
    with Office(register_path) as open_office:
        yield open_office
        open_office.bot.door.after.shutdown(wait=True)
        hold_to_the_limits(open_office)


def hold_to_the_limits(office: Office) -> int:
    """Every message and form that the bot sent is one that Slack takes; gives how many there were."""
    for message in office.sent.messages:
        assert faults_of_message(message) == [], message
    for view in office.sent.views:
        assert faults_of_view(view) == [], view
    answers = [str((call["answer"] or {}).get("error")) for call in office.see("calls")["calls"]]
    assert not {"invalid_blocks", "invalid_arguments"} & set(answers), answers
    return len(office.sent.messages) + len(office.sent.views)
