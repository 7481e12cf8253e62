"""The day's work over HTTP: typed, pressed, filled in and written directly, as over the socket."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot import wiring
from bot.clock import clock, instant
from practice.stand_in import StandInThread
from storage import register
from storage.rules.deadlines import Thresholds
from tests.databases import somebody_writes
from tests.http.post import OWEN, TEAM, Post, settings
from tests.wire.office import FRIDAY, WORKSPACE, Json, button


class Day:
    """The stand-in calls the bot over HTTP."""

    def __init__(self, slack: StandInThread, bot: wiring.Bot) -> None:
        self.slack, self.bot, self.acts = slack, bot, slack.stand_in.acts

    def says(self, words: str) -> Json:
        return self.slack.wait_for(self.acts.say(OWEN, "C0CUSTODY", words, None))

    def presses(self, message: Json, heard: str) -> Json:
        block, element, _ = button(message, heard)
        where = {"person": OWEN, "channel": message["channel"], "ts": message["ts"], "block_id": block["block_id"]}
        return self.slack.wait_for(self.acts.press({**where, "action_id": element["action_id"]}))

    def sends(self, view: Json, **values: str) -> Json:
        state = {
            b["block_id"]: {b["element"]["action_id"]: {"type": b["element"]["type"], "value": values[name]}}
            for b in view["blocks"]
            if (name := str(b.get("block_id", "")).partition("@")[0]) in values
        }
        return self.slack.wait_for(self.acts.submit(OWEN, view["id"], state))

    def events(self) -> list[Json]:
        return list(register.whole(self.bot.store, Thresholds(), self.bot.clock())["events"])


@pytest.fixture
def day(register_url: str) -> Iterator[Day]:
    with StandInThread(WORKSPACE, now=instant(FRIDAY), http="http://127.0.0.1:0/") as slack:
        wanted = settings(slack, register_url, slack_signing_secret=slack.stand_in.signing_secret)
        bot, app = wiring.build(wanted, clock(instant(FRIDAY)), pause=lambda _seconds: None)
        web = wiring.serve(bot, app, port=0)
        assert slack.stand_in.http is not None
        slack.stand_in.http.address = f"http://127.0.0.1:{web.port}{wiring.EVENTS}"
        yield Day(slack, bot)
        web.close()
        bot.door.after.shutdown(wait=True)
        bot.store.close()


def test_slack_finds_our_address(day: Day) -> None:
    assert day.slack.stand_in.http is not None
    assert day.slack.wait_for(day.slack.stand_in.http.verify())


def test_a_command_a_press_and_a_form(day: Day) -> None:
    card = day.says("/4action CUST26-R2")["message"]
    form = day.presses(card, "Update CUST26-R2")["view"]
    before = len(day.events())
    saved = day.sends(form, note="Two teams trained.")
    assert (saved["acked"], saved["closed"]) == (True, True)
    (event,) = day.events()[before:]
    assert event["values"]["note"] == [None, "Two teams trained."]


# --- an event ---------------------------------------------------------------------------------------------------------


def direct(words: str, ts: str) -> bytes:
    """What Slack sends when Owen writes to the bot directly."""
    event = {"type": "message", "channel_type": "im", "channel": "D0OWEN", "user": OWEN, "text": words, "ts": ts}
    return json.dumps({"type": "event_callback", "team_id": TEAM, "event_id": f"Ev{ts}", "event": event}).encode()


@contextmanager
def locked(post: Post) -> Iterator[None]:
    """Another program holds the register's write lock."""
    with somebody_writes(post.bot.settings.database_url):
        yield


def test_an_event_that_could_not_be_taken_is_left_to_slack_and_its_retry_is_answered_once(post: Post) -> None:
    typed = {"Content-Type": "application/json"}
    retry = {**typed, "X-Slack-Retry-Reason": "http_error"}
    body = direct("update CUST26-R2: written directly", "1795192800.000100")
    before = whole(post)
    with locked(post):
        assert post.events(body, typed).status == 503
    assert whole(post) == before
    assert [post.events(body, {**retry, "X-Slack-Retry-Num": str(n)}).status for n in (1, 2)] == [200, 200]
    assert whole(post) == before + 1


@pytest.mark.parametrize(
    "change", [{"channel": None}, {"ts": {}}, {"text": 5}, {"user": {"id": OWEN}}, {"text": ["mine"]}, {"user": ["a"]}]
)
def test_a_signed_event_whose_inside_makes_no_sense_is_no_fault_of_the_servers(post: Post, change: Json) -> None:
    told = json.loads(direct("mine", "1795192800.000200"))
    told["event"] |= change
    answered = post.events(json.dumps(told).encode(), {"Content-Type": "application/json"})
    assert answered.status < 500


def whole(post: Post) -> int:
    """How many events the record holds."""
    return len(register.whole(post.bot.store, Thresholds(), post.bot.clock())["events"])
