"""Something is wrong: the named person hears of it once, `health` and the page say it, and the ping stays away."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from bot import wiring
from bot.alarms import Alarms, Heartbeat
from bot.metrics import Metrics
from bot.pulse import Pulse
from storage import digests, outbox, people, signs
from storage.people import Handle
from storage.rules.lateness import could_go_from, too_late
from storage.store import Store
from tests.bot.dcc_channel import posted, slack_at
from tests.bot.terminal import Terminal
from tests.conftest import Clock, london
from tests.wire.office import DCC, settings, until

CALENDAR = wiring.calendar(settings())
LEASE = timedelta(minutes=1)


class Watch(NamedTuple):
    """A register on Monday 23 November 2026, 09:00, and one bot's alarms; what it tells, and how it stands."""

    store: Store
    clock: Clock
    alarms: Alarms
    told: list[tuple[str, str]]
    stands: dict[str, str]
    ticks: list[float]
    pings: list[str]

    def look(self, **later: float) -> list[str]:
        """What is told newly, by key."""
        before = len(self.told)
        self.alarms.look(self.clock.later(**later))
        return [key for key, _ in self.told[before:]]


@pytest.fixture
def watch(register: Store, clock: Clock, tmp_path: Path) -> Watch:
    clock.set("2026-11-23 09:00")
    told: list[tuple[str, str]] = []
    stands, ticks, pings = {"socket": "connected", "stopped": "", "skewed": "", "teams": ""}, [0.0], list[str]()
    alarms = Alarms(
        register,
        CALENDAR,
        lambda key, sentence: told.append((key, sentence)),
        lambda: stands["socket"],
        lambda: stands["stopped"],
        skewed=lambda: stands["skewed"],
        teams=lambda: stands["teams"],
        well=lambda: pings.append("well"),
        ticks=lambda: ticks[0],
    )
    return Watch(register, clock, alarms, told, stands, ticks, pings)


def put(watch: Watch, key: str, **more: object) -> None:
    with watch.store.write() as tx:
        outbox.put(tx, key, "slack", DCC, "{}", watch.clock(), **more)  # type: ignore[arg-type]


def weekly(watch: Watch, since: str = "2026-11-01 09:00") -> digests.Schedule:
    now = watch.clock()
    watch.clock.set(since)
    found = digests.set_up(watch.store, "slack", DCC, "mon", "09:00")
    watch.clock.now = now
    return found


@pytest.mark.parametrize(
    ("due", "opens"),
    [
        ("2026-11-23 09:00", "2026-11-23 09:00"),
        ("2026-11-23 06:30", "2026-11-23 08:00"),
        ("2026-11-23 18:00", "2026-11-24 08:00"),
        ("2026-11-20 19:00", "2026-11-23 08:00"),  # Friday evening
        ("2026-12-25 09:00", "2026-12-29 08:00"),  # Christmas Day, and the substitute for Boxing Day
    ],
)
def test_closed_hours_do_not_count_as_late(due: str, opens: str) -> None:
    first = london(opens)
    assert could_go_from(CALENDAR, london(due)) == first
    assert not too_late(CALENDAR, london(due), first + timedelta(minutes=60))
    assert too_late(CALENDAR, london(due), first + timedelta(minutes=61))


def test_an_hour_is_counted_over_the_closed_hours_between() -> None:
    """Due on Friday at half past five: half an hour of Friday, and the rest of it on Monday."""
    due = london("2026-11-20 17:30")
    assert not too_late(CALENDAR, due, london("2026-11-23 08:00"))
    assert not too_late(CALENDAR, due, london("2026-11-23 08:30"))
    assert too_late(CALENDAR, due, london("2026-11-23 08:31"))
    assert too_late(CALENDAR, london("2026-11-19 17:59"), london("2026-11-23 08:00"))  # a whole Friday between


def test_a_digest_that_nobody_claimed_is_told_after_an_hour_and_once(watch: Watch) -> None:
    weekly(watch)
    assert watch.look() == []
    assert watch.look(minutes=60) == []
    assert watch.look(minutes=1) == ["alarm:digest:weekly:2026-W48"]
    assert watch.told[0][1] == "The digest weekly of 2026-W48 was due 23 Nov 2026, 09:00 and is not sent yet."
    assert watch.look(minutes=1) == []


def test_a_digest_that_was_claimed_and_not_sent_is_told_and_one_that_was_sent_is_not(watch: Watch) -> None:
    schedule = weekly(watch)
    digests.claim(watch.store, schedule, "2026-W48", watch.clock())
    with watch.store.read() as tx:
        run = digests.unwritten(tx)[0]
    digests.write_down(watch.store, run, schedule, "digest:weekly:2026-W48", "{}", {})
    assert "alarm:digest:weekly:2026-W48" in watch.look(minutes=61)
    message = outbox.claim(watch.store, watch.clock(), LEASE)
    assert message is not None and outbox.settle(watch.store, message, outbox.SENT, posted_ts="1.2", at=watch.clock())
    watch.look(minutes=1)
    assert watch.alarms.found == ()


def test_a_digest_of_before_it_was_switched_on_is_not_missed(watch: Watch) -> None:
    weekly(watch, since="2026-11-23 09:00")
    assert watch.look(hours=3) == []


def test_an_old_message_is_told_once_a_day(watch: Watch) -> None:
    put(watch, "letter:1")
    put(watch, "letter:2")
    assert watch.look(minutes=60) == []
    assert watch.look(minutes=1) == ["alarm:outbox:2026-11-23"]
    assert watch.told[0][1] == "2 messages wait to be sent for more than an hour, the oldest letter:1."
    assert watch.look(hours=2) == []
    assert watch.look(days=1) == ["alarm:outbox:2026-11-24"]


def test_one_that_may_not_go_yet_is_not_old(watch: Watch) -> None:
    """A part whose first message is refused, one that Slack asked to hold back, and a scheduled one at night."""
    put(watch, "first")
    put(watch, "part", follows="first")
    message = outbox.claim(watch.store, watch.clock(), LEASE)
    assert message is not None and outbox.settle(watch.store, message, outbox.BLOCKED, trouble="no")
    put(watch, "held")
    message = outbox.claim(watch.store, watch.clock() + timedelta(seconds=2), LEASE)
    assert message is not None and outbox.try_later(watch.store, message, watch.clock() + timedelta(hours=20), "wait")
    put(watch, "evening", due_at=london("2026-11-23 18:30"))
    assert watch.look(hours=11) == []
    assert watch.look(hours=12, minutes=1) == ["alarm:outbox:2026-11-24"]  # 08:01: the held one could go, and is old


def test_a_deaf_socket_is_told_after_a_minute_and_a_line_that_comes_back_is_not(watch: Watch) -> None:
    watch.stands["socket"] = "Nothing was heard from Slack for 30 seconds."
    assert watch.look() == []
    watch.ticks[0] = 59
    assert watch.look() == []
    watch.ticks[0] = 60
    assert watch.look() == ["alarm:socket:2026-11-23"]
    watch.stands["socket"] = "connected"
    assert (watch.look(), watch.alarms.found) == ([], ())


def test_a_token_that_is_gone_is_a_line_in_the_log_once_as_nothing_can_be_sent(
    watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    watch.stands["stopped"] = "Slack no longer takes the token (token_revoked)."
    for _ in range(3):
        assert watch.look() == []
    assert [r.getMessage() for r in caplog.records if r.name == "bot.alarms"] == [watch.stands["stopped"]]


def test_the_ping_stays_away_while_something_is_wrong(watch: Watch) -> None:
    watch.look()
    assert len(watch.pings) == 1
    put(watch, "letter:1")
    watch.look(minutes=61)
    assert len(watch.pings) == 1


def test_backups_that_are_missing_or_old_are_told(watch: Watch, tmp_path: Path) -> None:
    watch.alarms.backups = folder = tmp_path / "backups"
    folder.mkdir()
    assert watch.look() == []  # the first is on its way
    assert watch.look(minutes=11) == ["alarm:backup:2026-11-23"]
    file = folder / "register-2026-11-23.db"
    file.write_bytes(b"x")
    os.utime(file, (watch.clock().timestamp(),) * 2)
    assert (watch.look(), watch.alarms.found) == ([], ())
    assert watch.look(hours=27) == ["alarm:backup:2026-11-24"]


def test_each_bot_leaves_a_sign_of_life_and_the_long_gone_are_forgotten(watch: Watch) -> None:
    signs.beat(watch.store, signs.Beat("old", watch.clock(), watch.clock(), "{}"))
    watch.look(hours=24)
    with watch.store.read() as tx:
        assert {b.name for b in signs.beats(tx)} == {"old", watch.alarms.name}
    watch.look(minutes=1)
    with watch.store.read() as tx:
        (beat,) = signs.beats(tx)
    assert (beat.at, json.loads(beat.told)["socket"]) == (watch.clock(), "connected")
    watch.alarms.leave()
    with watch.store.read() as tx:
        assert signs.beats(tx) == []


def test_two_bots_tell_the_liaison_of_the_same_trouble_by_one_direct_message(register: Store, clock: Clock) -> None:
    clock.set("2026-11-23 09:00")
    with register.write() as tx:
        lia = [Handle("email", "", "lia.penrose@trentshire.example"), Handle("slack", "T0TRENT", "U0LIA")]
        people.grant(tx, people.keep(tx, lia, "Lia Penrose", clock()), "liaison", "in the tests", clock())
    with slack_at("2026-11-23 09:00") as slack:
        given = settings(slack_bot_token=slack.bot_token, slack_api_url=slack.api_url, lightkeeper_now=clock())
        digests.set_up(register, "slack", DCC, "mon", "10:00")
        clock.later(hours=2, minutes=1)
        for _ in range(2):
            carrier = wiring.postman(register, given, clock, lambda _s: None)
            pulse = Pulse(register)
            pulse.slack = lambda: "connected"
            alarms = wiring.alarms(register, given, clock, pulse, carrier)
            alarms.look(clock())
            carrier.deliver(clock())
            assert (pulse.told()[0], pulse.troubles()) == (False, ["digest"])
        assert [m["text"] for m in posted(slack, "D0LIA")] == [
            "Something is wrong with Lightkeeper. The digest weekly of 2026-W48 was due 23 Nov 2026, 10:00 and is not"
            " sent yet. lightkeeper health says more."
        ]


# --- the ping -------------------------------------------------------------------------------------------------------


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str], list[int]]]:
    """Somebody who counts pings, and answers with the first status of a list."""
    heard: list[str] = []
    statuses = [200]

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(statuses[0])
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/ping/s3cret", heard, statuses
    server.shutdown()
    server.server_close()


def test_it_pings_at_most_once_a_minute(listener: tuple[str, list[str], list[int]]) -> None:
    ticks = [0.0]
    heart = Heartbeat(listener[0], lambda: ticks[0])
    for second in (0, 30, 59.9):
        ticks[0] = second
        heart.ping()
    until(lambda: len(listener[1]) == 1, "the first ping")
    until(lambda: heart._thread is not None and not heart._thread.is_alive(), "its end")
    ticks[0] = 60
    heart.ping()
    until(lambda: len(listener[1]) == 2, "the second ping")


@pytest.mark.parametrize("broken", ["status", "nobody"])
def test_a_ping_that_fails_is_a_line_in_the_log_without_its_address(
    listener: tuple[str, list[str], list[int]], caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    listener[2][0] = 500
    heart = Heartbeat(listener[0] if broken == "status" else "http://127.0.0.1:1/s3cret")
    heart.ping()
    until(lambda: [r for r in caplog.records if "HEARTBEAT_URL" in r.getMessage()], "a line")
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize("url", ["http://monitor.example/x", "ftp://127.0.0.1/x", "monitor", "https://"])
def test_an_address_that_is_not_safe_is_refused_without_repeating_it(terminal: Terminal, url: str) -> None:
    terminal.set(HEARTBEAT_URL=url)
    said = terminal("health")
    assert (said.status, said.faults) == (1, ["HEARTBEAT_URL is not an https address (http only on this machine)."])


# --- health and metrics ---------------------------------------------------------------------------------------------


@pytest.fixture
def health(watch: Watch, terminal: Terminal) -> Callable[[], dict[str, tuple[bool, str]]]:
    def ask() -> dict[str, tuple[bool, str]]:
        terminal.register(watch.store.url, watch.clock().isoformat())
        said = terminal("health", "--json")
        assert said.json["ok"] == (said.status == 0)
        return {check["name"]: (check["ok"], check["sentence"]) for check in said.json["checks"]}

    return ask


Health = Callable[[], dict[str, tuple[bool, str]]]


def test_health_says_that_no_bot_runs(health: Health) -> None:
    assert health()["bot"] == (False, "No bot runs on this register. Start it: lightkeeper run")


def test_health_is_well_while_a_bot_gives_signs_of_life(watch: Watch, health: Health) -> None:
    watch.look()
    watch.clock.later(seconds=30)
    found = health()
    assert all(ok for ok, _ in found.values()), found
    assert found["bot"][1] in {f"The last sign of life of a bot was {n} seconds ago." for n in (30, 31, 32, 33)}
    assert set(found) == {"register", "bot", "socket", "token", "clock", "digest", "outbox"}


def test_where_no_slack_is_nothing_is_said_of_it(watch: Watch, health: Health) -> None:
    watch.stands.update(socket="", teams="calls over HTTP")
    watch.look()
    watch.ticks[0] = 3600
    assert watch.look(minutes=1) == []
    found = health()
    assert "clock" not in found and all(ok for ok, _ in found.values()), found
    assert found["socket"][1] == "Teams calls over HTTP."
    assert found["token"][1] == "No chat refuses the bot's token."
    watch.stands["socket"] = "connected"
    watch.look(minutes=1)
    assert health()["socket"][1] == "Slack is heard. Teams calls over HTTP."


def test_health_says_what_is_wrong(watch: Watch, health: Health) -> None:
    weekly(watch)
    put(watch, "letter:1")
    watch.stands.update(stopped="Slack no longer takes the token (token_revoked).", socket="The line was cut.")
    watch.stands.update(
        skewed="This machine's clock is 200 seconds from Slack's; nothing is sent until it is set right."
    )
    watch.look()
    watch.ticks[0] = 61
    watch.look(minutes=61)
    wrong = {name: sentence for name, (ok, sentence) in health().items() if not ok}
    assert wrong == {
        "socket": "The bot hears nothing from Slack. The line was cut.",
        "token": "Slack no longer takes the token (token_revoked).",
        "clock": "This machine's clock is 200 seconds from Slack's; nothing is sent until it is set right.",
        "digest": "The digest weekly of 2026-W48 was due 23 Nov 2026, 09:00 and is not sent yet.",
        "outbox": "1 message waits to be sent for more than an hour, the oldest letter:1.",
    }
    watch.clock.later(minutes=9)
    assert health()["bot"] == (False, "The last sign of life of a bot was 9 minutes ago. Start it: lightkeeper run")


def test_metrics_hold_counts_and_ages_and_no_name(watch: Watch) -> None:
    from prometheus_client import CollectorRegistry, generate_latest

    put(watch, "letter:1")
    watch.clock.later(seconds=90)
    pulse = Pulse(watch.store)
    pulse.heard()
    pulse.troubles = lambda: ["socket"]
    registry = CollectorRegistry()
    registry.register(Metrics(watch.store, pulse))
    lines = generate_latest(registry).decode().splitlines()
    assert {line for line in lines if not line.startswith("#") and "tick_age" not in line} == {
        "lightkeeper_answers_total 1.0",
        'lightkeeper_trouble{kind="socket"} 1.0',
        "lightkeeper_register_up 1.0",
        "lightkeeper_items 0.0",
        'lightkeeper_messages{state="waiting"} 1.0',
        'lightkeeper_messages{state="sending"} 0.0',
        'lightkeeper_messages{state="sent"} 0.0',
        'lightkeeper_messages{state="blocked"} 0.0',
        "lightkeeper_outbox_oldest_seconds 90.0",
    }
