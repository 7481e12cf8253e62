"""Whoever can be reached in both chats is told in the one in which they spoke last."""

from collections.abc import Iterator

import pytest

from bot.clock import instant
from practice.stand_in import StandInThread
from storage import reach
from storage.people import EMAIL, Handle
from storage.reach import Place
from tests.conftest import CAST, as_in_the_demo
from tests.databases import Database
from tests.teams.office import Office, chat, text
from tests.teams.stand_ins import Connector
from tests.wire.office import FRIDAY, WORKSPACE

IN_TEAMS, IN_SLACK = Place("teams", chat("owen")), Place("slack", "U0OWEN")


@pytest.fixture
def both(database: Database, connector: Connector) -> Iterator[Office]:
    """An office with Slack and Teams; what follows an answer of either is done when the test says so."""
    with StandInThread(WORKSPACE, now=instant(FRIDAY)) as slack:
        tokens = {"slack_bot_token": slack.bot_token, "slack_app_token": slack.app_token}
        with Office(database.copy(as_in_the_demo), connector, **tokens, slack_api_url=slack.api_url) as office:
            assert office.bot.slack is not None
            office.bot.slack.after = office.afterwards  # type: ignore[assignment]
            yield office


def in_slack(office: Office) -> int:
    """Owen says something in Slack; gives how much is left to do once he has been answered."""
    told = office.bot.door.ask("mine", "U0OWEN", "T0TRENT", "", "slack D0OWEN")
    assert not told.outside
    left = len(office.afterwards.waiting)
    office.settle()
    return left


def told_in(office: Office) -> Place | None:
    with office.bot.store.read() as tx:
        return reach.of_handle(tx, Handle(EMAIL, "", CAST["owen"][0]), ("slack", "teams"))


def test_a_person_is_told_where_they_spoke_last(both: Office) -> None:
    assert in_slack(both) == 1
    assert told_in(both) == IN_SLACK
    both.clock.set("2026-11-22 10:00")
    both.person("owen").says("mine")
    assert told_in(both) == IN_TEAMS
    both.clock.set("2026-11-23 09:00")
    both.tick()
    (reminder,) = [one for one in both.posts()[1:] if one.place == chat("owen")]
    assert "CUST26" in text(reminder.card)
    both.clock.set("2026-11-23 11:00")
    assert in_slack(both) == 1
    assert told_in(both) == IN_SLACK


def test_that_they_spoke_is_written_once_a_day_after_the_answer(both: Office) -> None:
    assert [in_slack(both) for _ in range(3)] == [1, 0, 0]
    both.clock.later(days=1)
    assert [in_slack(both) for _ in range(2)] == [1, 0]


def test_who_is_kept_out_is_not_kept_as_heard(both: Office) -> None:
    told = both.bot.door.ask("mine", "U0SAM", "T0TRENT", "", "slack D0SAM")
    assert told.outside and not both.afterwards.waiting
