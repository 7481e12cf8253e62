"""The sample register, filled once; an office for every test; and every message and form it sent held to the limits."""

from collections.abc import Iterator

import pytest

from tests.conftest import as_in_the_demo
from tests.databases import Database
from tests.wire.limits import faults_of_message, faults_of_view
from tests.wire.office import Office


@pytest.fixture
def register_url(database: Database) -> str:
    return database.copy(as_in_the_demo)


@pytest.fixture
def office(register_url: str) -> Iterator[Office]:
    with Office(register_url) as open_office:
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
