"""What a digest shows of sensitive items hangs on its channel: on the allow list, and read by this force alone."""

import json
from datetime import timedelta
from typing import Any

import pytest

from bot import wiring
from bot.scheduler import run_due
from practice.stand_in import StandInThread
from storage import outbox
from storage.record.digests import digest_here
from storage.store import Store, open_store
from tests.bot.dcc_channel import DIGEST, fault, outbox_rows, slack_at
from tests.conftest import Clock, actor, empty, peopled
from tests.databases import Database, reading
from tests.storage.registers import row, take
from tests.wire.office import DCC, settings

TITLE, REASON = "Mend the dark lamp", "The oil is stolen"


def with_a_dark_lamp(url: str) -> None:
    """An overdue item that is OFFICIAL-SENSITIVE, off track for a reason, on the Friday before the digest."""
    empty(url)
    store = peopled(open_store(url, Clock("2026-11-20 16:00")))
    dark = {"marking": "OFFICIAL-SENSITIVE", "title": TITLE, "text": f"{TITLE}.", "off_track": f"{REASON}."}
    take(store, row("LAMP26-R1"), row("LAMP26-R2", target_date="2026-11-10", **dark))
    store.close()


def digest_in(store: Store, slack: StandInThread, cleared: str, now: str = "2026-11-23 09:00") -> str:
    """What was written for Monday's digest, all of it."""
    tokens = {"slack_bot_token": slack.bot_token, "slack_api_url": slack.api_url}
    given = settings(**tokens, dcc_channel=DCC, sensitive_channels=cleared)
    wiring.set_up_digest(store, given)
    clock = store.clock
    assert isinstance(clock, Clock)
    assert run_due(wiring.digest_work(store, given), clock.set(now)) == 1
    assert sorted(outbox_rows(store.url)) == [DIGEST, f"{DIGEST}:1"]  # and in its thread each report
    with reading(store.url) as other:
        payloads = other.execute("SELECT payload FROM outgoing_message ORDER BY id").fetchall()
    return json.dumps([json.loads(row[0]) for row in payloads], ensure_ascii=False)


@pytest.fixture
def dark(database: Database) -> Any:
    store = open_store(database.copy(with_a_dark_lamp), Clock("2026-11-20 16:40"))
    yield store
    store.close()


def change(slack: StandInThread, **values: bool) -> None:
    for name, value in values.items():
        setattr(slack.stand_in.workspace.channels[DCC], name, value)


def test_a_cleared_channel_of_this_force_alone_shows_them(dark: Store) -> None:
    with slack_at("2026-11-20 16:40") as slack:
        said = digest_in(dark, slack, DCC)
    assert TITLE in said and REASON in said and "Not shown" not in said


@pytest.mark.parametrize("cleared", ["", "C0CUSTODY"])
def test_a_channel_that_is_not_on_the_list_shows_reference_owner_and_days_only(dark: Store, cleared: str) -> None:
    with slack_at("2026-11-20 16:40") as slack:
        said = digest_in(dark, slack, cleared)
    closed(said)


def closed(said: str) -> None:
    assert TITLE not in said and REASON not in said
    assert "Not shown: OFFICIAL-SENSITIVE" in said and "LAMP26-R2" in said and "13 days late" in said
    assert "Supt Owen Hale" in said or "owen.hale@trentshire.example" in said


def test_what_was_marked_after_the_digest_was_due_is_hidden_in_one_that_comes_late(dark: Store) -> None:
    since = {"marking": "OFFICIAL-SENSITIVE", "title": "The plain lamp", "target_date": "2026-11-09"}
    take(dark, row("LAMP26-R3", **since | {"marking": "OFFICIAL"}))
    assert isinstance(dark.clock, Clock)
    with slack_at("2026-11-20 16:40") as slack:
        wiring.set_up_digest(dark, settings(dcc_channel=DCC))
        dark.clock.set("2026-11-23 10:00")
        take(dark, row("LAMP26-R3", **since))
        said = digest_in(dark, slack, "", "2026-11-23 10:30")
    assert "14 days late" in said and "The plain lamp" not in said
    closed(said)


def test_a_channel_on_the_list_that_another_organisation_reads_shows_none(dark: Store) -> None:
    with slack_at("2026-11-20 16:40") as slack:
        change(slack, shared=True)
        said = digest_in(dark, slack, DCC)
    closed(said)


def test_one_that_could_not_be_delivered_where_all_of_it_may_be_read_is_written_anew_for_elsewhere(dark: Store) -> None:
    with slack_at("2026-11-20 16:40") as slack:
        assert TITLE in digest_in(dark, slack, DCC)
        message = outbox.claim(dark, dark.clock(), timedelta(minutes=2))
        assert message and outbox.settle(dark, message, outbox.BLOCKED, trouble="The channel is archived.")
        digest_here(dark, actor(dark, "ruth"), "slack", "C0NEW", "mon", "09:00")
        assert outbox_rows(dark.url) == {}
        tokens = {"slack_bot_token": slack.bot_token, "slack_api_url": slack.api_url}
        given = settings(**tokens, dcc_channel=DCC, sensitive_channels=DCC)
        assert run_due(wiring.digest_work(dark, given), dark.clock()) == 1
    first = outbox.claim(dark, dark.clock(), timedelta(minutes=2))
    assert first and (first.key, first.place) == (DIGEST, "C0NEW")
    closed(first.payload)


@pytest.mark.parametrize(
    "kind", ["server_error", "ratelimited", "reply_lost", "error:missing_scope", "error:channel_not_found"]
)
def test_while_slack_does_not_say_who_reads_there_none_is_shown(dark: Store, kind: str) -> None:
    with slack_at("2026-11-20 16:40") as slack:
        fault(slack, "conversations.info", kind)
        said = digest_in(dark, slack, DCC)
    closed(said)
