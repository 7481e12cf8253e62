"""What a person says to the bot directly reaches it as Slack tells of it, again when it must, and is answered."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.practice.listening import events, listening, until
from tests.practice.practising import Json, World, practising

DIRECT = "D0OWEN"


@pytest.fixture(scope="module")
def talk() -> Iterator[tuple[World, list[Json]]]:
    with listening() as made:
        yield made


@pytest.fixture
def world(talk: tuple[World, list[Json]]) -> World:
    talk[0].do("faults/clear")
    talk[0].do("calls/clear")
    talk[1].clear()
    return talk[0]


@pytest.fixture
def heard(talk: tuple[World, list[Json]]) -> list[Json]:
    return talk[1]


def texts(world: World) -> list[str]:
    return [m["text"] for m in world.messages("U0OWEN", DIRECT)]


def test_what_is_said_directly_is_answered_in_the_same_place(world: World) -> None:
    said = world.say("mine", channel=DIRECT)
    assert (said["ok"], said["acked"], said["error"]) == (True, True, None)
    assert texts(world)[-2:] == ["mine", "You said: mine"]
    answer = world.messages("U0OWEN", DIRECT)[-1]
    assert answer["writer"]["bot"] and not answer["ephemeral"]


def test_the_event_has_slacks_shape(world: World) -> None:
    ts = world.say("mine", channel=DIRECT)["message"]["ts"]
    envelope = events(world)[-1]
    assert (envelope["accepts_response_payload"], envelope["retry_attempt"], envelope["retry_reason"]) == (False, 0, "")
    body = envelope["payload"]
    assert (body["type"], body["team_id"], body["api_app_id"]) == ("event_callback", "T0TRENT", "A0LIGHT")
    assert body["event_id"].startswith("Ev0") and body["event_time"] == int(float(ts))
    assert body["authorizations"][0] == {
        "enterprise_id": None,
        "team_id": "T0TRENT",
        "user_id": "U0LIGHT",
        "is_bot": True,
        "is_enterprise_install": False,
    }
    event = body["event"]
    assert len(event.pop("client_msg_id")) == 36
    assert event.pop("blocks")[0]["elements"][0]["elements"] == [{"type": "text", "text": "mine"}]
    assert event == {
        "type": "message",
        "channel_type": "im",
        "user": "U0OWEN",
        "text": "mine",
        "ts": ts,
        "event_ts": ts,
        "channel": DIRECT,
        "team": "T0TRENT",
    }


def test_words_come_escaped_with_references_as_in_a_message(world: World) -> None:
    world.say("a <b> & @Sgt Ana Brook, see https://a.example/x?y=1&z=2. #cyber-board", channel=DIRECT)
    event = events(world)[-1]["payload"]["event"]
    assert event["text"] == (
        "a &lt;b&gt; &amp; <@U0ANA>, see <https://a.example/x?y=1&amp;z=2>. <#C0CYBER|cyber-board>"
    )
    assert event["blocks"][0]["elements"][0]["elements"] == [
        {"type": "text", "text": "a <b> & "},
        {"type": "user", "user_id": "U0ANA"},
        {"type": "text", "text": ", see "},
        {"type": "link", "url": "https://a.example/x?y=1&z=2"},
        {"type": "text", "text": ". "},
        {"type": "channel", "channel_id": "C0CYBER"},
    ]


def test_what_is_said_in_a_channel_is_no_event(world: World) -> None:
    world.say("hello", channel="C0CUSTODY")
    assert events(world) == []


def test_an_event_whose_ack_was_lost_comes_again_at_once_and_says_so(world: World, heard: list[Json]) -> None:
    world.do("faults", fault="ack_lost", method="events_api")
    said = world.say("twice", channel=DIRECT)
    assert (said["ok"], said["acked"], said["error"]) == (True, False, "no_response")
    until(lambda: len(heard) == 2)
    first, again = events(world)
    assert first["envelope_id"] != again["envelope_id"]
    assert first["payload"] == again["payload"]
    assert (again["retry_attempt"], again["retry_reason"]) == (1, "timeout")


def test_the_later_tries_come_when_they_are_asked_for_and_end_with_the_third(world: World) -> None:
    world.do("faults", fault="envelope_lost", method="events_api", times=3)
    world.say("late", channel=DIRECT)
    assert events(world) == []
    asked = [until(lambda: world.do("events/retry", new_event_id=True)["waiting"]) for _ in range(2)]
    assert asked == [1, 1]
    until(lambda: events(world))
    assert [e["retry_attempt"] for e in events(world)] == [3]
    until(lambda: texts(world)[-1] == "You said: late")
    until(lambda: world.do("events/retry")["waiting"] == 0)


def test_without_a_bot_the_words_stay_and_wait_for_it() -> None:
    with practising(bot=False) as quiet:
        said = quiet.say("anybody?", channel=DIRECT)
        assert (said["ok"], said["acked"], said["error"]) == (True, False, "not_running")
        assert [m["text"] for m in quiet.messages("U0OWEN", DIRECT)] == ["anybody?"]
        assert quiet.do("events/retry")["waiting"] == 1


def test_without_the_permission_nothing_is_told() -> None:
    def forbid(given: Json) -> None:
        given["scopes"].remove("im:history")

    with practising(bot=False, change=forbid) as quiet:
        assert quiet.say("hello", channel=DIRECT)["acked"]
        assert quiet.do("events/retry")["waiting"] == 0
        answer = quiet.api("conversations.history", channel=DIRECT)
        assert (answer["error"], answer["needed"]) == ("missing_scope", "im:history")
        assert quiet.api("conversations.history", channel="C0DCC")["ok"]


def test_the_bot_hears_itself_where_that_is_switched_on(world: World) -> None:
    world.do("events/own", on=True)
    ts = world.api("chat.postMessage", channel="U0OWEN", text="by myself")["ts"]
    world.do("events/own", on=False)
    event = until(lambda: events(world))[-1]["payload"]["event"]
    assert (event["ts"], event["bot_id"], event["channel_type"]) == (ts, "B0LIGHT", "im")


def test_the_same_event_by_two_sockets() -> None:
    with listening(sockets=2) as (world, heard):
        world.do("faults", fault="duplicate")
        world.say("once", channel=DIRECT)
        assert len(events(world)) == 2
        assert events(world)[0]["payload"] == events(world)[1]["payload"]
        assert until(lambda: len(heard) == 2)


def test_one_event_overtakes_another(talk: tuple[World, list[Json]], world: World, heard: list[Json]) -> None:
    world.do("faults", fault="out_of_order")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(world.say, "first", channel=DIRECT)
        until(lambda: "first" in texts(world))
        assert world.say("second", channel=DIRECT)["acked"]
        assert first.result(10)["acked"]
    assert [body["event"]["text"] for body in heard] == ["second", "first"]


def test_replies_are_counted_on_the_message_they_answer(world: World) -> None:
    root = world.say("question", channel=DIRECT)["message"]["ts"]
    for text in ("one", "two"):
        assert world.api("chat.postMessage", channel=DIRECT, text=text, thread_ts=root)["message"]["thread_ts"] == root
    world.do("say", person="U0OWEN", channel=DIRECT, text="three", thread_ts=root)
    assert events(world)[-1]["payload"]["event"]["thread_ts"] == root
    thread = world.api("conversations.replies", channel=DIRECT, ts=root)["messages"]
    assert [m["text"] for m in thread[:4]] == ["question", "one", "two", "three"]
    assert (thread[0]["reply_count"], thread[0]["reply_users"]) == (3, ["U0LIGHT", "U0OWEN"])
    assert thread[0]["latest_reply"] == thread[3]["ts"]
    history = world.api("conversations.history", channel=DIRECT)["messages"]
    assert "two" not in [m["text"] for m in history]
    assert next(m for m in world.messages("U0OWEN", DIRECT) if m["ts"] == root)["reply_count"] == 3
    assert world.api("conversations.replies", channel=DIRECT, ts="1.000000")["error"] == "thread_not_found"


def test_a_private_message_has_no_replies(world: World) -> None:
    ts = world.say("/4action echo x")["message"]["ts"]
    answer = world.api("chat.postMessage", channel="C0CUSTODY", text="x", thread_ts=ts)
    assert answer["error"] == "cannot_reply_to_message"
