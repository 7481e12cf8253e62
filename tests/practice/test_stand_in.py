"""The pretended Slack answers as Slack does: to people, to apps, and to those who should not be there."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from practice.blocks import checked
from practice.clock import Clock, ClockGoesForwards, target
from practice.interactivity import Triggers
from practice.shapes import SlackError
from tests.practice.practising import FRIDAY, Json, World, practising


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with practising() as made:
        yield made


@pytest.fixture
def quiet() -> Iterator[World]:
    with practising(bot=False) as made:
        yield made


# --- commands ---


def test_a_command_is_answered_only_to_the_person_who_typed_it(world: World) -> None:
    said = world.say("/4action")
    assert (said["ok"], said["acked"], said["error"]) == (True, True, None)
    message = said["message"]
    assert message["ephemeral"]
    assert message["typed"] == "/4action"
    assert all(block["block_id"] for block in message["blocks"])
    assert message["ts"] in [m["ts"] for m in world.messages("U0OWEN", "C0CUSTODY")]
    assert message["ts"] not in [m["ts"] for m in world.messages("U0ANA", "C0CUSTODY")]


def test_an_answer_in_the_channel_is_seen_by_all_with_what_was_typed(world: World) -> None:
    message = world.say("/4action aloud")["message"]
    assert not message["ephemeral"]
    seen = world.messages("U0ANA", "C0CUSTODY")
    assert [m["text"] for m in seen[-2:]] == ["/4action aloud", "Said aloud: aloud"]


def test_typed_words_reach_the_bot_escaped_with_names_and_channels_as_references(world: World) -> None:
    said = world.say("/4action echo <b> & @Sgt Ana Brook, #cyber-board @nobody")
    assert said["message"]["text"] == ("echo &lt;b&gt; &amp; <@U0ANA|ana.brook>, <#C0CYBER|cyber-board> @nobody")


def test_a_command_works_in_the_direct_message_too(world: World) -> None:
    assert world.say("/4action", channel="D0OWEN")["ok"]


def test_an_unknown_command_is_refused_by_the_chat_itself(world: World) -> None:
    assert world.say("/fouraction")["error"] == "unknown_command"


def test_nobody_speaks_in_a_channel_they_are_not_in(world: World) -> None:
    assert world.say("hello", channel="C0DCC")["error"] == "channel_not_found"


def test_silence_for_three_seconds_is_no_response(world: World) -> None:
    said = world.say("/4action slow")
    assert (said["ok"], said["acked"], said["error"]) == (False, False, "no_response")


def test_without_a_bot_a_command_is_not_running(quiet: World) -> None:
    assert quiet.say("/4action")["error"] == "not_running"
    assert quiet.state("U0OWEN")["bot"] == {"status": "stopped", "managed": False, "gave_up": False}


# --- presses and forms ---


def test_a_form_keeps_what_was_typed_through_an_error_and_redraws_the_card_when_saved(world: World) -> None:
    card = world.say("/4action card")["message"]
    view = world.press(card, "Update")["view"]
    assert view["state"]["values"]["status"]["v"]["selected_option"]["value"] == "in progress"

    submit: dict[str, Any] = {"person": "U0OWEN", "view_id": view["id"]}
    missing = world.do("submit", **submit, values={})
    assert missing["errors"] == {"note": "Please complete this required field."}
    assert not missing["acked"]

    typed = {"note": {"v": {"value": "New wick"}}, "forecast": {"v": {"selected_date": "2026-11-12"}}}
    wrong = world.do("submit", **submit, values=typed)
    assert list(wrong["errors"]) == ["forecast"]
    assert wrong["acked"]
    assert world.state("U0OWEN")["views"][0]["state"]["values"]["note"]["v"]["value"] == "New wick"

    saved = world.do("submit", **submit, values={"forecast": {"v": {"selected_date": "2026-11-30"}}})
    assert (saved["acked"], saved["closed"], saved["errors"]) == (True, True, None)
    after = next(m for m in world.messages("U0OWEN", "C0CUSTODY") if m["ts"] == card["ts"])
    assert after["redrawn"]
    assert "2026-11-30" in str(after["blocks"])
    assert after["typed"] == "/4action card"
    assert world.state("U0OWEN")["views"] == []


def test_a_press_on_a_private_message_carries_no_message_and_one_on_a_post_does(world: World) -> None:
    world.do("calls/clear")
    private = world.say("/4action card")["message"]
    world.press(private, "Sign off")
    payload = world.ask("/practice/envelopes")[1]["envelopes"][-1]["payload"]
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload
    assert payload["actions"][0]["value"] == "sign off"
    assert payload["channel"] == {"id": "C0CUSTODY", "name": "custody"}

    posted = world.api("chat.postMessage", channel="C0DCC", text="card", blocks=private["blocks"])
    world.press({**posted["message"], "channel": "C0DCC"}, "Sign off", person="U0RUTH")
    payload = world.ask("/practice/envelopes")[1]["envelopes"][-1]["payload"]
    assert payload["message"]["ts"] == posted["ts"]
    assert payload["channel"]["name"] == "privategroup"


def test_an_option_is_chosen_and_a_value_can_be_forged(world: World) -> None:
    card = world.say("/4action card")["message"]
    assert world.press(card, "…", value="history")["acked"]
    world.press(card_of(world, card), "Sign off", forged={"value": "sign off everything"})
    assert "sign off everything was chosen." in str(card_of(world, card)["blocks"])


def card_of(world: World, message: Json) -> Json:
    return next(m for m in world.messages("U0OWEN", "C0CUSTODY") if m["ts"] == message["ts"])


def test_only_its_own_person_presses_a_private_message(world: World) -> None:
    card = world.say("/4action card")["message"]
    assert world.press(card, "Update", person="U0ANA")["error"] == "message_not_found"


def test_closing_a_form_tells_the_bot_that_asked_to_hear_of_it(world: World) -> None:
    view = world.say("/4action form")["view"]
    assert world.do("close", person="U0OWEN", view_id=view["id"]) == {"ok": True}
    kinds = [e["payload"].get("type") for e in world.ask("/practice/envelopes")[1]["envelopes"]]
    assert kinds[-1] == "view_closed"


def test_a_private_answer_can_be_dismissed(world: World) -> None:
    message = world.say("/4action card")["message"]
    world.do("dismiss", person="U0OWEN", ts=message["ts"])
    assert message["ts"] not in [m["ts"] for m in world.messages("U0OWEN", "C0CUSTODY")]


def test_any_envelope_can_be_sent_and_replayed(world: World) -> None:
    world.do("calls/clear")
    world.say("/4action card")
    sent = world.ask("/practice/envelopes")[1]["envelopes"][-1]
    again = world.do("envelope", type=sent["type"], payload=sent["payload"])
    assert again["acked"]
    assert again["ack"]["blocks"][0]["type"] == "header"


# --- answer addresses and triggers ---


def test_a_response_url_adds_five_answers_and_never_replaces_the_commands_own(world: World) -> None:
    world.do("calls/clear")
    first = world.say("/4action echo once")["message"]
    address = world.ask("/practice/envelopes")[1]["envelopes"][-1]["payload"]["response_url"].removeprefix(world.url)
    for _ in range(5):
        assert world.ask(address, {"text": "later", "replace_original": True}) == (200, "ok")
    assert world.ask(address, {"text": "later"}) == (404, {"ok": False, "error": "used_url"})
    seen = world.messages("U0OWEN", "C0CUSTODY")
    assert card_of(world, first)["text"] == "echo once"
    assert [m["text"] for m in seen[-5:]] == ["later"] * 5


def test_a_response_url_expires_by_the_practice_clock() -> None:
    with practising() as world:
        world.say("/4action echo once")
        address = world.ask("/practice/envelopes")[1]["envelopes"][-1]["payload"]["response_url"]
        assert world.do("clock", move="hour")["ok"]
        assert world.ask(address.removeprefix(world.url), {"text": "late"})[1]["error"] == "expired_url"


def test_a_trigger_opens_one_form_within_three_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    triggers = Triggers()
    trigger = triggers.issue("U0OWEN")
    assert triggers.exchange(trigger.id).person == "U0OWEN"
    with pytest.raises(SlackError, match="exchanged_trigger_id"):
        triggers.exchange(trigger.id)
    late = triggers.issue("U0OWEN")
    monkeypatch.setattr("practice.interactivity.time.monotonic", lambda: late.issued + 3.1)
    with pytest.raises(SlackError, match="expired_trigger_id"):
        triggers.exchange(late.id)


# --- the Web API ---


REFUSALS = [
    ("no.such.method", {}, "unknown_method"),
    ("chat.postMessage", {"channel": "C0NONE", "text": "x"}, "channel_not_found"),
    ("chat.postMessage", {"channel": "C0OUT", "text": "x"}, "not_in_channel"),
    ("chat.postMessage", {"channel": "C0HID", "text": "x"}, "channel_not_found"),
    ("chat.postMessage", {"channel": "C0OLD", "text": "x"}, "is_archived"),
    ("chat.postMessage", {"channel": "C0CUSTODY"}, "no_text"),
    ("chat.postMessage", {"channel": "C0CUSTODY", "text": "x" * 40_001}, "msg_too_long"),
    ("chat.postMessage", {"channel": "C0CUSTODY", "blocks": [{"type": "banner"}]}, "invalid_blocks"),
    ("chat.postEphemeral", {"channel": "C0DCC", "user": "U0OWEN", "text": "x"}, "user_not_in_channel"),
    ("chat.update", {"channel": "C0CUSTODY", "ts": "1.000000", "text": "x"}, "message_not_found"),
    ("conversations.history", {"channel": "C0HID"}, "channel_not_found"),
    ("conversations.history", {"channel": "C0OUT"}, "not_in_channel"),
    ("conversations.history", {"channel": "U0OWEN"}, "channel_not_found"),
    ("chat.delete", {"channel": "U0OWEN", "ts": "1.000000"}, "channel_not_found"),
    ("users.info", {"user": "U0NONE"}, "user_not_found"),
    ("users.lookupByEmail", {"email": "nobody@trentshire.example"}, "users_not_found"),
    ("views.open", {"trigger_id": "1.2.3", "view": {"type": "modal"}}, "invalid_trigger_id"),
    ("views.update", {"view_id": "V0NONE", "view": {"type": "modal"}}, "not_found"),
]


def with_odd_channels(given: Json) -> None:
    given["channels"] += [
        {"id": "C0OUT", "name": "out", "members": ["U0OWEN"]},
        {"id": "C0HID", "name": "hidden", "private": True, "members": ["U0OWEN"]},
        {"id": "C0OLD", "name": "old", "archived": True, "members": ["U0OWEN", "U0LIGHT"]},
    ]


@pytest.fixture(scope="module")
def odd() -> Iterator[World]:
    with practising(bot=False, change=with_odd_channels) as made:
        yield made


@pytest.mark.parametrize(("method", "arguments", "code"), REFUSALS)
def test_the_web_api_refuses_in_slacks_words(odd: World, method: str, arguments: Json, code: str) -> None:
    assert odd.api(method, **arguments)["error"] == code


def test_tokens_are_told_apart(odd: World) -> None:
    assert odd.api("auth.test")["user_id"] == "U0LIGHT"
    assert odd.api("auth.test", token="xoxb-other")["error"] == "invalid_auth"
    assert odd.api("auth.test", token="xapp-practice")["error"] == "not_allowed_token_type"
    assert odd.api("apps.connections.open")["error"] == "not_allowed_token_type"
    assert odd.api("apps.connections.open", token="xapp-practice")["url"].startswith("ws://127.0.0.1:")
    assert odd.ask("/api/auth.test", {})[1]["error"] == "not_authed"


def test_messages_keep_their_metadata_and_history_comes_newest_first_in_pages(odd: World) -> None:
    metadata = {"event_type": "kept", "event_payload": {"key": "k1"}}
    sent = [odd.api("chat.postMessage", channel="C0DCC", text=str(n), metadata=metadata)["ts"] for n in range(4)]
    assert sent == sorted(set(sent))
    page = odd.api("conversations.history", channel="C0DCC", limit=3, include_all_metadata=True)
    assert [m["text"] for m in page["messages"]] == ["3", "2", "1"]
    assert page["messages"][0]["metadata"] == metadata
    rest = odd.api("conversations.history", channel="C0DCC", cursor=page["response_metadata"]["next_cursor"])
    assert rest["messages"][0]["text"] == "0"
    assert "metadata" not in rest["messages"][0]
    since = odd.api("conversations.history", channel="C0DCC", oldest=sent[2])
    assert [m["text"] for m in since["messages"]] == ["3"]


def test_a_persons_id_as_channel_is_their_direct_message(odd: World) -> None:
    assert odd.api("chat.postMessage", channel="U0LIA", text="hello")["channel"] == "D0LIA"
    assert odd.messages("U0LIA", "D0LIA")[-1]["text"] == "hello"
    assert odd.api("conversations.open", users="U0LIA")["channel"]["id"] == "D0LIA"


def test_only_its_own_messages_are_changed_and_blocks_left_out_stay(odd: World) -> None:
    block = {"type": "divider"}
    ts = odd.api("chat.postMessage", channel="C0CUSTODY", text="a", blocks=[block])["ts"]
    changed = odd.api("chat.update", channel="C0CUSTODY", ts=ts, text="b")["message"]
    assert (changed["text"], changed["blocks"][0]["type"]) == ("b", "divider")
    theirs = odd.say("mine")["message"]["ts"]
    assert odd.api("chat.update", channel="C0CUSTODY", ts=theirs, text="b")["error"] == "cant_update_message"
    assert odd.api("chat.delete", channel="C0CUSTODY", ts=ts)["ok"]
    assert odd.api("chat.delete", channel="C0CUSTODY", ts=ts)["error"] == "message_not_found"


def test_a_view_is_only_updated_while_its_hash_holds(world: World) -> None:
    view = world.say("/4action form")["view"]
    fresh = {key: view[key] for key in ("type", "title", "submit", "close", "blocks", "callback_id")}
    assert world.api("views.update", view_id=view["id"], hash="1.none", view=fresh)["error"] == "hash_conflict"
    assert world.api("views.update", view_id=view["id"], hash=view["hash"], view=fresh)["ok"]


LABEL = {"type": "plain_text", "text": "Press"}


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([{"type": "divider"}] * 51, "no more than 50 items allowed"),
        ([{"type": "divider", "block_id": "a"}] * 2, "`block_id` is duplicated"),
        ([{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}], "less than 3001 characters"),
        ([{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}], "less than 151 characters"),
        (
            [{"type": "actions", "elements": [{"type": "button", "text": LABEL, "action_id": "a"}] * 2}],
            "duplicated within one",
        ),
    ],
)
def test_blocks_beyond_the_limits_are_refused_with_the_place(blocks: list[Json], words: str) -> None:
    with pytest.raises(SlackError) as refused:
        checked(blocks)
    assert words in refused.value.more["response_metadata"]["messages"][0]


# --- faults ---


def test_a_lost_reply_leaves_the_message_there(quiet: World) -> None:
    quiet.do("faults", method="chat.postMessage", fault="reply_lost")
    with pytest.raises((ConnectionError, http.client.HTTPException, OSError)):
        quiet.api("chat.postMessage", channel="C0DCC", text="sent once")
    assert quiet.messages("U0RUTH", "C0DCC")[-1]["text"] == "sent once"
    assert quiet.api("chat.postMessage", channel="C0DCC", text="again")["ok"]


def test_slack_can_be_busy_broken_slow_or_in_the_wrong(quiet: World) -> None:
    for fault in ("ratelimited", "server_error", "error:token_revoked"):
        quiet.do("faults", method="auth.test", fault=fault, retry_after=7)
    quiet.do("faults", method="auth.test", fault="slow", seconds=0.2)
    headers = {"Authorization": "Bearer xoxb-practice"}
    assert quiet.ask("/api/auth.test", {}, headers)[0] == 429
    assert quiet.ask("/api/auth.test", {}, headers)[0] == 500
    assert quiet.api("auth.test")["error"] == "token_revoked"
    before = time.monotonic()
    assert quiet.api("auth.test")["ok"]
    assert time.monotonic() - before >= 0.2
    assert quiet.do("faults", method="auth.test", fault="gremlins")["error"] == "bad_request"


def test_calls_are_listed_without_tokens(quiet: World) -> None:
    quiet.api("chat.postMessage", channel="C0DCC", text="x")
    call = quiet.ask("/practice/calls")[1]["calls"][-1]
    assert (call["method"], call["payload"]) == ("chat.postMessage", {"channel": "C0DCC", "text": "x"})
    assert call["answer"]["ok"]
    assert "xoxb" not in str(call)


# --- who may come ---


@pytest.mark.parametrize(
    "headers",
    [{"Host": "rebound.example"}, {"Host": "127.0.0.1:1"}, {"Origin": "https://elsewhere.example"}],
)
@pytest.mark.parametrize("path", ["/", "/practice/state", "/api/auth.test"])
def test_whoever_comes_under_another_name_is_refused(quiet: World, path: str, headers: dict[str, str]) -> None:
    assert quiet.ask(path, None, headers)[0] == 403


def test_the_page_promises_that_nothing_comes_from_elsewhere(quiet: World) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(quiet.url.rsplit(":", 1)[1]))
    connection.request("GET", "/")
    policy = connection.getresponse().getheader("Content-Security-Policy") or ""
    assert policy.startswith("default-src 'self'")
    assert "unsafe" not in policy
    connection.close()


def test_a_guest_sees_one_channel_and_no_direct_message_until_one_arrives(quiet: World) -> None:
    assert [c["id"] for c in quiet.state("U0SAM")["channels"]] == ["C0CUSTODY"]
    quiet.api("chat.postMessage", channel="U0SAM", text="hello")
    assert [c["id"] for c in quiet.state("U0SAM")["channels"]] == ["C0CUSTODY", "D0SAM"]


def test_a_person_can_be_changed_as_an_administrator_would(quiet: World) -> None:
    assert quiet.do("person", id="U0OWEN", deleted=True)["ok"]
    assert quiet.api("users.info", user="U0OWEN")["user"]["deleted"] is True
    assert quiet.api("users.lookupByEmail", email="owen.hale@trentshire.example")["error"] == "users_not_found"


def test_what_others_said_counts_as_new_until_it_is_read(quiet: World) -> None:
    def unread() -> int:
        return next(int(c["unread"]) for c in quiet.state("U0OWEN")["channels"] if c["id"] == "C0IMPROVE")

    assert unread() == 3
    quiet.do("read", person="U0OWEN", channel="C0IMPROVE")
    assert unread() == 0
    quiet.say("news", person="U0LIA", channel="C0IMPROVE")
    assert unread() == 1


# --- the clock ---


def london(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Europe/London"))  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("move", "now", "then"),
    [
        ("hour", london(2026, 11, 20, 16, 40), london(2026, 11, 20, 17, 40)),
        ("hour", london(2027, 3, 28, 0, 30), london(2027, 3, 28, 2, 30)),
        ("working_day", london(2026, 11, 20, 16, 40), london(2026, 11, 23, 8)),
        ("working_day", london(2026, 11, 23, 7), london(2026, 11, 24, 8)),
        ("working_day", london(2026, 12, 24, 12), london(2026, 12, 29, 8)),
        ("monday", london(2026, 11, 20, 16, 40), london(2026, 11, 23, 9)),
        ("monday", london(2026, 11, 23, 8), london(2026, 11, 23, 9)),
        ("monday", london(2026, 11, 23, 9), london(2026, 11, 30, 9)),
    ],
)
def test_the_named_moves_lead_where_they_say(move: str, now: datetime, then: datetime) -> None:
    holidays = {datetime(2026, 12, 25, tzinfo=ZoneInfo("UTC")).date(), london(2026, 12, 28).date()}
    assert target(move, now, holidays) == then


def test_stamps_rise_and_are_never_alike() -> None:
    clock = Clock(FRIDAY)
    stamps = [clock.ts() for _ in range(500)]
    assert stamps == sorted(set(stamps))
    with pytest.raises(ClockGoesForwards):
        clock.move(FRIDAY)


def test_the_clock_moves_forwards_only_and_stamps_follow_it(quiet: World) -> None:
    assert quiet.do("clock", to="2026-11-20T08:00:00+00:00")["error"] == "goes_forwards_only"
    assert quiet.do("clock", move="monday")["arrived"] == []
    assert quiet.do("clock", move="sideways")["error"] == "bad_request"
    ts = quiet.api("chat.postMessage", channel="C0DCC", text="x")["ts"]
    assert float(ts) >= london(2026, 11, 23, 9).timestamp()
    assert quiet.state("U0OWEN")["clock"]["now"].startswith("2026-11-23T09:00")


# --- connections ---


def connections(world: World) -> int:
    return world.slack.stand_in.socket.connections


def until(condition: Any, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.05)


def test_a_polite_refresh_is_followed_by_a_new_connection() -> None:
    with practising() as world:
        before = world.slack.stand_in.socket.issued
        assert world.do("sockets", how="refresh")["ok"]
        until(lambda: world.slack.stand_in.socket.issued > before and connections(world) >= 1)
        assert world.say("/4action")["ok"]


def test_a_cut_leaves_no_connection_behind() -> None:
    with practising() as world:
        assert connections(world) == 1
        assert world.do("sockets", how="cut")["ok"]
        until(lambda: connections(world) == 0)
        assert world.say("/4action")["error"] in ("not_running", "no_response")
        assert world.do("sockets", how="gently")["error"] == "bad_request"
