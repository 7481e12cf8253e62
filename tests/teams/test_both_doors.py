"""Slack and Teams at once on one register: nothing is lost or doubled, and two editors meet as in one chat."""

import os
from collections.abc import Callable, Iterator

import pytest

from handlers.ask import Ask
from storage.record import Actor, change
from tests.databases import Database
from tests.parity.doors import known
from tests.teams.both import WORKERS, Both, Crowd, both_doors
from tests.teams.stand_ins import Connector
from tests.wire.office import fields, written

SEED = int(os.environ.get("LIGHTKEEPER_SEED", "20261120"))
TURNS = int(os.environ.get("LIGHTKEEPER_TURNS", "24"))
ALL_WELL = {"over a newer version", "lost", "not told", "twice", "versions", "told otherwise", "history", "errors"}


@pytest.fixture
def both(database: Database, connector: Connector) -> Iterator[Both]:
    with both_doors(database.copy(known), connector) as open_doors:
        yield open_doors


def test_nothing_is_lost_or_doubled_where_both_chats_change_the_same(both: Both) -> None:
    crowd = Crowd(both, SEED, TURNS)
    crowd.run()
    assert crowd.faults() == {name: [] for name in ALL_WELL}
    told, came = crowd.told, crowd.by_chat()
    assert len(told) == WORKERS * TURNS < crowd.delivered
    saved = sum(one.saved for one in told)
    print(f"\n{len(told)} requests, delivered {crowd.delivered} times, {saved} saved; {came}")
    assert saved == sum(came.values()) < len(told)  # they really met
    assert len(came) == 4 and min(came.values()) >= WORKERS * TURNS / 40  # two people, each by both chats


def _no_version_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change, "refuse_if_moved_on", lambda *told: None)


def _no_request_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ask, "actor", property(lambda ask: Actor(ask.person, ask.place, "")))


@pytest.mark.parametrize(
    ("broken", "caught_by"), [(_no_version_check, "over a newer version"), (_no_request_key, "told otherwise")]
)
def test_a_guard_that_is_taken_out_is_missed(
    both: Both, monkeypatch: pytest.MonkeyPatch, broken: Callable[[pytest.MonkeyPatch], None], caught_by: str
) -> None:
    broken(monkeypatch)
    crowd = Crowd(both, SEED, TURNS // 4)
    crowd.run()
    assert crowd.faults()[caught_by]


# --- one person, two chats --------------------------------------------------------------------------------------------

WORDS = "All teams <b>trained</b> & *checked*."
BOARD = "The board asked for a date."


def test_somebody_has_one_list_in_both_chats(both: Both) -> None:
    before = both.teams("owen", "mine", "t1")
    assert both.slack("owen", "mine", "s1")[:2] == before[:2] and "6 open" in before.text
    assert both.slack("owen", "waiting on CUST26-R2: the supplier", "s2").text.startswith("Saved.")
    assert both.teams("owen", f"update CUST26-C1: {WORDS}", "t2").text.startswith("Saved.")
    after = both.teams("owen", "mine", "t3")
    assert both.slack("owen", "mine", "s3")[:2] == after[:2] != before[:2]
    assert "waits on the supplier" in after.text
    told = both.office.whole()["events"][-2:]
    assert [one["body"]["act"] for one in told] == ["waiting on", "update"]
    assert len({one["body"]["actor"] for one in told}) == 1
    assert [one["body"]["place"].split()[0] for one in told] == ["slack", "teams"]


def test_a_form_in_teams_and_an_edit_in_slack_meet_as_two_editors(both: Both) -> None:
    form = both.teams("owen", "update CUST26-R2", "t1")
    assert both.slack("marcus", f"update CUST26-R2: {BOARD}", "s1").text.startswith("Saved.")
    late = both.sent("owen", form, note=WORDS)
    assert late.form and "ACC Marcus Frayne updated CUST26-R2 today" in late.text
    assert f"ACC Marcus Frayne wrote “{BOARD}”" in late.text
    assert both.fields(late)["note"] == WORDS
    assert both.notes("CUST26-R2")[-1] == BOARD
    assert both.sent("owen", late).text.startswith("Saved. Your update of CUST26-R2")
    assert both.notes("CUST26-R2")[-2:] == [BOARD, WORDS]


def test_a_form_in_slack_and_an_edit_in_teams_meet_as_two_editors(both: Both) -> None:
    owen = both.office.person("owen")
    form = owen.opens("update CUST26-R2")
    assert both.teams("marcus", f"update CUST26-R2: {BOARD}", "t1").text.startswith("Saved.")
    late = owen.sends(form, note=WORDS)["view"]
    assert "ACC Marcus Frayne updated CUST26-R2 today" in written(late)
    assert fields(late)["note"]["initial_value"] == WORDS
    assert owen.sends(late)["closed"]
    assert both.notes("CUST26-R2")[-2:] == [BOARD, WORDS]


def test_a_card_of_one_chat_that_the_other_has_overtaken_says_so(both: Both) -> None:
    card = both.teams("owen", "CUST26-R2", "t1")
    assert both.slack("marcus", f"update CUST26-R2: {BOARD}", "s1").text.startswith("Saved.")
    told = both.teams("owen", card.button("Update").say, "t2")
    assert told.text.startswith("Nothing changed. ACC Marcus Frayne updated CUST26-R2 today at")
