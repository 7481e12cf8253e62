"""The line to Slack is watched and comes back: refreshed, closed, cut, silent, refused; and it says when it cannot."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bot import wiring
from bot.clock import clock, instant
from bot.socket import Connection, Timing, wait_before
from handlers.slack.socket import REASONS, LineFault
from practice.stand_in import StandInThread
from storage import register
from storage.rules.deadlines import Thresholds
from tests.http.cable import Cable
from tests.http.post import settings, until
from tests.http.test_run import environment
from tests.process import running
from tests.wire.office import FRIDAY, WORKSPACE, Json

QUICK = Timing(ping=0.1, silence=0.6, first=0.05, most=0.2, steady=0.3, drain=0.8, give_up=1.5)


class Desk:
    """A bot on a line to the stand-in, and what Owen may type."""

    def __init__(self, slack: StandInThread, bot: wiring.Bot, line: Connection) -> None:
        self.slack, self.bot, self.line, self.sockets = slack, bot, line, slack.stand_in.socket

    def says(self, words: str) -> Json:
        return self.slack.wait_for(self.slack.stand_in.acts.say("U0OWEN", "C0CUSTODY", f"/4action {words}", None))

    def answered(self) -> bool:
        return bool(self.sockets.connections) and bool(self.says("mine")["acked"])

    def events(self) -> list[Json]:
        return list(register.whole(self.bot.store, Thresholds(), self.bot.clock())["events"])

    def fault(self, method: str, fault: str, times: int) -> None:
        self.slack.stand_in.web_api.faults.add({"method": method, "fault": fault, "times": times})


@contextmanager
def connected(url: str, timing: Timing = QUICK, through: Cable | None = None) -> Iterator[Desk]:
    with StandInThread(WORKSPACE, now=instant(FRIDAY)) as slack:
        wanted = settings(slack, url, slack_app_token=slack.app_token)
        bot, app = wiring.build(wanted, clock(instant(FRIDAY)), pause=lambda _seconds: None)
        line = wiring.connect(bot, app, timing, jitter=lambda: 0.0)
        try:
            yield Desk(slack, bot, line)
        finally:
            line.close()
            bot.door.after.shutdown(wait=True)
            bot.store.close()


@contextmanager
def on_a_cable(url: str, timing: Timing = QUICK) -> Iterator[tuple[Desk, Cable]]:
    """The bot's socket, and only that, goes through a cable."""
    with connected(url, timing) as desk, Cable(int(desk.slack.url.rpartition(":")[2])) as cable:
        desk.slack.stand_in.web_api.url = f"http://127.0.0.1:{cable.port}"
        desk.slack.wait_for(desk.sockets.refresh())  # it comes again by the cable
        until(lambda: cable.opened == 1 and desk.answered(), "the cable")
        yield desk, cable


@pytest.fixture
def desk(register_url: str) -> Iterator[Desk]:
    with connected(register_url) as made:
        yield made


def test_a_polite_refresh_is_followed_at_once(desk: Desk) -> None:
    assert desk.answered()
    for _ in range(3):
        desk.slack.wait_for(desk.sockets.refresh())
        until(desk.answered, "an answer after a refresh")
    assert desk.sockets.issued == 4
    assert not desk.bot.ended


def test_a_warned_line_is_heard_until_it_ends(desk: Desk) -> None:
    """Slack warns some seconds before it closes: the new line opens first, and what comes by the old is answered."""
    desk.slack.wait_for(desk.sockets.warn())
    until(lambda: desk.sockets.connections == 2, "a second line")
    payload = _command(desk, "mine", "1.2.3")
    acks = desk.slack.wait_for(desk.sockets.deliver_on_each("slash_commands", payload))
    assert len(acks) == 2
    assert all(ack and ack["text"] for ack in acks)
    until(lambda: desk.sockets.connections == 1, "the old line's end")
    assert desk.answered()


def test_the_same_envelope_by_two_sockets_changes_state_once(desk: Desk) -> None:
    desk.slack.wait_for(desk.sockets.warn())
    until(lambda: desk.sockets.connections == 2, "a second line")
    before = len(desk.events())
    payload = _command(desk, "update CUST26-R2: said once, carried twice", "7.8.9")
    first, second = desk.slack.wait_for(desk.sockets.deliver_on_each("slash_commands", payload))
    assert first and second
    assert first["text"].startswith("Saved")
    assert second["text"] == first["text"]
    assert len(desk.events()) == before + 1


def _command(desk: Desk, words: str, trigger: str) -> Json:
    acts = desk.slack.stand_in.acts
    person, channel = acts._workspace.person("U0OWEN"), acts._workspace.channel("C0CUSTODY")
    lent = {"trigger_id": trigger, "response_url": "http://127.0.0.1:9/none"}
    return acts._payloads.slash_command(person, channel, "/4action", words, lent)


@pytest.mark.parametrize("how", ["reset", "closed"])
def test_a_line_that_ends_without_a_word_comes_back(desk: Desk, how: str) -> None:
    until(desk.answered, "an answer")
    if how == "reset":
        desk.slack.wait_for(_soon(desk.sockets.cut))
    else:
        desk.slack.wait_for(desk.sockets.close())
    until(lambda: desk.sockets.issued == 2 and desk.answered(), "a new line")


async def _soon(act: Any) -> None:
    act()


def test_an_end_of_stream_without_goodbye_is_noticed_at_once_and_costs_nothing(register_url: str) -> None:
    """The built-in client is deaf for about a minute after this, and runs a core at full speed."""
    with on_a_cable(register_url) as (desk, cable):
        began, worked = time.monotonic(), time.process_time()
        cable.hang_up()
        until(lambda: cable.opened == 2 and desk.answered(), "a new line")
        deaf = time.monotonic() - began
        until(lambda: time.monotonic() - began > 1.0, "a second to measure")
        core = (time.process_time() - worked) / (time.monotonic() - began)
    print(f"end of stream: deaf for {deaf:.2f} s, {core:.0%} of a core over the second after it")
    assert deaf < 1.0
    assert core < 0.7  # the stand-in and this test run in the same process


def test_a_cut_cable_is_noticed_by_its_silence(register_url: str) -> None:
    with on_a_cable(register_url) as (desk, cable):
        began = time.monotonic()
        cable.fall_silent()
        until(lambda: cable.opened == 2 and desk.line.state == "connected", "a new line")
        deaf = time.monotonic() - began
    print(f"cut cable: deaf for {deaf:.2f} s with a limit of {QUICK.silence} s")
    assert QUICK.silence * 0.8 < deaf < QUICK.silence + 1.5


def test_a_quiet_line_that_answers_pings_is_left_alone(desk: Desk) -> None:
    """Slack pings only every five seconds here, and the limit is 0.6: our own pings bring the signs of life."""
    began = time.monotonic()
    until(lambda: time.monotonic() - began > 3 * QUICK.silence, "three times the limit")
    assert desk.sockets.issued == 1


def test_too_many_websockets_waits_and_tries_again(desk: Desk) -> None:
    until(desk.answered, "an answer")
    desk.sockets.refuse(2)
    desk.slack.wait_for(desk.sockets.refresh())
    until(lambda: desk.line.state == REASONS["too_many_websockets"], "the reason")
    until(lambda: desk.sockets.issued == 4 and desk.answered(), "a line once there is room")


def test_a_fault_of_slacks_is_waited_out(desk: Desk) -> None:
    until(desk.answered, "an answer")
    desk.fault("apps.connections.open", "server_error", 2)
    desk.slack.wait_for(desk.sockets.refresh())
    until(lambda: desk.line.state != "connected", "the trouble")
    until(desk.answered, "a new line")
    assert not desk.bot.ended


def test_when_there_is_no_way_back_it_ends_with_a_sentence(register_url: str) -> None:
    began = time.monotonic()  # the last good line counts from its opening
    with connected(register_url) as desk:
        desk.fault("apps.connections.open", "error:internal_error", 10_000)
        desk.slack.wait_for(desk.sockets.refresh())
        until(desk.bot.stopped.is_set, "the end")
        assert QUICK.give_up <= time.monotonic() - began < QUICK.give_up + 20
        assert desk.bot.ended == (
            "There is no way back to Slack. Slack answered with a fault of its own (internal_error)."
        )


def test_a_revoked_app_token_ends_the_process_with_one_sentence(register_url: str) -> None:
    with StandInThread(WORKSPACE, now=instant(FRIDAY)) as slack:
        with running(environment(slack, register_url, SLACK_APP_TOKEN=slack.app_token)) as process:
            until(lambda: "connected to" in process.log, "the socket", within=20)
            slack.stand_in.web_api.faults.add(
                {"method": "apps.connections.open", "fault": "error:token_revoked", "times": 9}
            )
            slack.wait_for(slack.stand_in.socket.refresh())
            assert process.process.wait(20) == 1
            process.end()
        assert process.said[-1] == (
            "There is no way back to Slack. Slack no longer takes the token (token_revoked). "
            "Reinstall the app and copy its token again.\n"
        )
        assert "Traceback" not in process.log, process.log


def test_a_line_that_does_not_open_at_the_start_is_a_sentence(register_url: str) -> None:
    with StandInThread(WORKSPACE, now=instant(FRIDAY)) as slack:
        slack.stand_in.socket.refuse(1)
        with running(environment(slack, register_url, SLACK_APP_TOKEN=slack.app_token)) as process:
            assert process.process.wait(20) == 1
            process.end()
        assert process.said[-1].startswith("The socket to Slack did not open. Slack says that ten sockets")


def test_the_waits_grow_to_a_limit_and_half_of_each_is_chance() -> None:
    timing = Timing(first=1, most=30)
    assert [wait_before(tries, timing, 1.0) for tries in range(8)] == [0, 1, 2, 4, 8, 16, 30, 30]
    assert [wait_before(tries, timing, 0.0) for tries in range(4)] == [0, 0.5, 1, 2]
    assert wait_before(10**6, timing, 1.0) == 30


def test_a_line_that_keeps_dying_young_is_not_opened_in_a_frenzy_and_ends_in_time() -> None:
    """Lines that open and die at once, again and again: the waits grow all the same, and it ends."""
    opened: list[float] = []
    ended: list[str] = []

    class Stillborn:
        def next(self, wait: float) -> None:
            raise LineFault("The line to Slack was cut.")

        def close(self) -> None:
            pass

    def open_line() -> Any:
        opened.append(time.monotonic())
        return Stillborn()

    timing = Timing(first=0.1, most=0.4, steady=5, give_up=1.0)
    line = Connection(
        open_line,
        lambda envelope: (_ for _ in ()).throw(AssertionError),
        ended.append,
        jitter=lambda: 1.0,
        timing=timing,
    )
    line.connect()
    until(lambda: ended, "the end")
    line.close()
    assert 4 <= len(opened) <= 7
    assert ended == ["There is no way back to Slack. The line to Slack was cut."]


def test_our_pid_is_not_running_wild() -> None:
    """Nothing of the above left a thread that spins."""
    worked, began = time.process_time(), time.monotonic()
    until(lambda: time.monotonic() - began > 0.5, "half a second")
    assert (time.process_time() - worked) / 0.5 < 0.5, os.getpid()
