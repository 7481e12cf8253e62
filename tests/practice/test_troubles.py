"""When Slack fails, is busy, or changes under the bot: each trouble by its switch."""

from __future__ import annotations

import http.client
import urllib.error
from collections.abc import Iterator
from typing import Any

import pytest

from practice.rates import Rates
from tests.practice.listening import events, listening, until
from tests.practice.practising import Json, World, practising

HEADERS = {"Authorization": "Bearer xoxb-practice"}


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    with practising() as made:
        yield made


@pytest.fixture
def world(shared: World) -> World:
    shared.do("faults/clear")
    return shared


def post(world: World, channel: str = "C0DCC", **more: Any) -> tuple[int, Any]:
    return world.ask("/api/chat.postMessage", {"channel": channel, "text": "x", **more}, HEADERS)


def count(world: World) -> int:
    return len(world.messages("U0RUTH", "C0DCC"))


# --- answers that are none ---


def test_an_answer_can_be_a_page_half_json_or_any_status(world: World) -> None:
    before = count(world)
    world.do("faults", fault="html", method="chat.postMessage", status=503)
    assert post(world)[0] == 503
    world.do("faults", fault="malformed", method="chat.postMessage")
    status, body = post(world)
    assert status == 200 and isinstance(body, str)
    world.do("faults", fault="server_error", method="chat.postMessage", status=502)
    assert post(world)[0] == 502
    assert count(world) == before


@pytest.mark.parametrize(("fault", "posted"), [("cut", 0), ("reply_lost", 1)])
def test_the_line_is_cut_before_or_after_the_message_is_there(world: World, fault: str, posted: int) -> None:
    before = count(world)
    world.do("faults", fault=fault, method="chat.postMessage")
    with pytest.raises((ConnectionError, http.client.HTTPException, OSError)):
        post(world)
    assert count(world) == before + posted


def test_any_code_for_any_method_and_a_fault_only_so_often(world: World) -> None:
    world.do("faults", fault="error:ekm_access_denied", times=2)
    assert world.api("users.info", user="U0OWEN")["error"] == "ekm_access_denied"
    assert world.api("auth.test")["error"] == "ekm_access_denied"
    assert world.api("auth.test")["ok"]
    assert world.do("faults", fault="cut", lines=2)["error"] == "bad_request"


def test_an_answer_address_fails_too(world: World) -> None:
    world.say("/4action echo once")
    sent = world.ask("/practice/envelopes")[1]["envelopes"][-1]
    address = sent["payload"]["response_url"].removeprefix(world.url)
    world.do("faults", fault="server_error", method="response_url")
    world.do("faults", fault="ratelimited", method="response_url")
    assert [world.ask(address, {"text": "x"})[0] for _ in range(3)] == [500, 429, 200]


def test_connections_are_refused_for_a_while() -> None:
    with practising(bot=False) as quiet:
        assert quiet.do("faults", fault="refused", seconds=0.5)["ok"]
        with pytest.raises(urllib.error.URLError):
            quiet.ask("/practice/state")

        def back() -> bool:
            try:
                return bool(quiet.ask("/practice/state")[0] == 200)
            except urllib.error.URLError:
                return False

        assert until(back)


def test_a_trigger_can_be_too_old_when_it_arrives(world: World) -> None:
    world.do("faults", fault="expired_trigger")
    world.say("/4action echo once")
    trigger = world.ask("/practice/envelopes")[1]["envelopes"][-1]["payload"]["trigger_id"]
    view = {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": [{"type": "divider"}]}
    assert world.api("views.open", trigger_id=trigger, view=view)["error"] == "expired_trigger_id"
    assert world.say("/4action form")["view"]


# --- rates ---


class Ticks:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_channel_takes_a_burst_and_then_one_message_a_second() -> None:
    ticks = Ticks()
    rates = Rates(on=True, ticks=ticks)
    assert [rates.wait("chat.postMessage", "C1") for _ in range(6)] == [0] * 5 + [1]
    assert rates.wait("chat.postMessage", "C2") == 0
    ticks.now += 1
    assert [rates.wait("chat.postMessage", "C1") for _ in range(2)] == [0, 1]
    ticks.now += 60
    assert [rates.wait("chat.postMessage", "C1") for _ in range(6)] == [0] * 5 + [1]


@pytest.mark.parametrize(
    ("method", "burst", "wait"),
    [("apps.connections.open", 5, 60), ("users.list", 20, 3), ("users.lookupByEmail", 50, 2), ("views.open", 100, 1)],
)
def test_each_method_has_its_tier_a_minute(method: str, burst: int, wait: int) -> None:
    ticks = Ticks()
    rates = Rates(on=True, ticks=ticks)
    assert [rates.wait(method, "") for _ in range(burst + 1)] == [0] * burst + [wait]
    ticks.now += wait
    assert rates.wait(method, "") == 0


def test_the_whole_workspace_has_a_limit_over_its_channels() -> None:
    rates = Rates(on=True, ticks=Ticks())
    assert [rates.wait("chat.postMessage", f"C{n}") for n in range(101)] == [0] * 100 + [1]


def test_rates_are_off_until_they_are_switched_on(world: World) -> None:
    assert {post(world)[0] for _ in range(12)} == {200}
    assert world.do("faults", rates=True)["ok"]
    statuses = [post(world)[0] for _ in range(12)]
    assert statuses[:5] == [200] * 5 and 429 in statuses
    assert post(world, channel="C0CUSTODY")[0] == 200
    world.do("faults/clear")
    assert post(world)[0] == 200


def test_a_busy_slack_says_how_long_to_wait(world: World) -> None:
    world.do("faults", rates=True)
    line = http.client.HTTPConnection("127.0.0.1", int(world.url.rsplit(":", 1)[1]))
    for _ in range(7):
        line.request("POST", "/api/chat.postMessage?channel=C0IMPROVE&text=x", headers=HEADERS)
        answer = line.getresponse()
        body = answer.read()
    assert (answer.status, answer.getheader("Retry-After")) == (429, "1")
    assert b'"ratelimited"' in body
    line.close()


# --- a workspace that changes ---


def test_a_channel_is_archived_renamed_and_left_by_the_bot() -> None:
    with practising(bot=False) as quiet:
        assert quiet.do("channel", id="C0CUSTODY", name="custody-suite")["channel"]["name"] == "custody-suite"
        assert post(quiet, "C0CUSTODY")[1]["ok"]
        assert post(quiet, "#custody-suite")[1]["channel"] == "C0CUSTODY"
        assert post(quiet, "#custody")[1]["error"] == "channel_not_found"
        quiet.do("channel", id="C0CUSTODY", bot_in=False)
        assert post(quiet, "C0CUSTODY")[1]["error"] == "not_in_channel"
        quiet.do("channel", id="C0CUSTODY", bot_in=True, is_archived=True)
        assert post(quiet, "C0CUSTODY")[1]["error"] == "is_archived"
        assert quiet.say("hello")["error"] == "is_archived"
        quiet.do("channel", id="C0DCC", bot_in=False)
        assert post(quiet, "C0DCC")[1]["error"] == "channel_not_found"
        quiet.do("channel", id="C0DCC", bot_in=True)
        assert post(quiet, "C0DCC")[1]["ok"]


def test_an_answer_does_not_arrive_in_an_archived_channel_or_for_somebody_who_is_gone() -> None:
    with practising() as own:
        own.say("/4action echo once")
        sent = own.ask("/practice/envelopes")[1]["envelopes"][-1]
        address = sent["payload"]["response_url"].removeprefix(own.url)
        own.do("channel", id="C0CUSTODY", is_archived=True)
        assert own.ask(address, {"text": "x"}) == (410, "channel_is_archived")
        own.do("channel", id="C0CUSTODY", is_archived=False)
        own.do("person", id="U0OWEN", deleted=True)
        assert own.ask(address, {"text": "x"}) == (400, "user_not_found")


# --- sockets ---


def test_an_eleventh_socket_is_told_that_there_are_too_many() -> None:
    with listening(sockets=10) as (world, _):
        told = told_on_a_new_socket(world)
        assert (told["type"], told["reason"]) == ("disconnect", "too_many_websockets")
        assert world.slack.stand_in.socket.connections == 10


def told_on_a_new_socket(world: World) -> Json:
    import json

    from websocket import create_connection

    address = world.api("apps.connections.open", token="xapp-practice")["url"]
    line = create_connection(address, timeout=10, suppress_origin=True)
    told: Json = json.loads(line.recv())
    line.close()
    return told


def test_a_socket_that_has_fallen_silent_stays_open_and_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("practice.socket_mode.ACK_WITHIN", 0.3)
    with listening() as (world, heard):
        assert world.do("sockets", how="silent")["ok"]
        said = world.say("hello?", channel="D0OWEN")
        assert (said["acked"], said["error"]) == (False, "no_response")
        assert heard == [] and world.slack.stand_in.socket.connections >= 1


def test_a_socket_is_closed_or_warned_of_it() -> None:
    with listening() as (world, _):
        socket = world.slack.stand_in.socket
        assert world.do("sockets", how="warn")["ok"]
        issued = socket.issued
        assert world.do("sockets", how="close")["ok"]
        until(lambda: socket.issued > issued and socket.connections >= 1)
        until(lambda: world.say("again", channel="D0OWEN")["acked"])
        assert events(world)
