"""Monday's digest at the wire: each report stands in its thread, and whoever presses Seen is told, nobody else."""

import json
from collections.abc import Iterator

import pytest

from tests.bot.dcc_channel import DIGEST, in_threads, key_of, posted
from tests.bot.test_digest_once import with_its_digest_set_up
from tests.databases import Database
from tests.wire.limits import faults_of_message
from tests.wire.office import DCC, Json, Office

MONDAY = "2026-11-23T09:00:00+00:00"


@pytest.fixture
def monday(database: Database) -> Iterator[Office]:
    with Office(database.copy(with_its_digest_set_up), now=MONDAY) as office:
        yield office


def digest(office: Office, who: str = "ruth") -> Json:
    return next(m for m in office.person(who, DCC).messages() if "Weekly digest" in m["text"])


def test_each_report_stands_in_the_thread_of_the_digest(monday: Office) -> None:
    (first,), (part,) = posted(monday.slack), in_threads(monday.slack)
    assert (key_of(first), key_of(part)) == (DIGEST, f"{DIGEST}:1")
    assert part["thread_ts"] == first["ts"]
    assert part["text"].startswith("By report, 23 Nov 2026: ")
    assert faults_of_message(part) == []


@pytest.mark.parametrize("who", ["ruth", "lia", "marcus"])
def test_whoever_presses_seen_is_told_and_the_digest_stays(monday: Office, who: str) -> None:
    member, before = monday.person(who, DCC), digest(monday, who)
    answer = member.hears(before, "Say that you have seen it")
    assert answer["ephemeral"] and "You have seen the digest, 23 Nov 2026" in answer["text"]
    assert digest(monday, who) == before
    acts = [event["body"]["act"] for event in monday.whole()["events"]]
    assert acts.count("seen") == 1


def test_somebody_else_who_presses_seen_is_refused_and_nothing_is_recorded(monday: Office) -> None:
    monday.slack.stand_in.workspace.channels[DCC].members.append("U0OWEN")
    owen, before = monday.person("owen", DCC), digest(monday)
    answer = owen.hears(before, "Say that you have seen it")
    assert answer["ephemeral"] and answer["text"].startswith("Not recorded")
    assert digest(monday) == before
    assert "seen" not in [event["body"]["act"] for event in monday.whole()["events"]]
    assert "Not recorded" not in json.dumps(monday.person("ruth", DCC).messages())
