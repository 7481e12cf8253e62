"""Slack over HTTP: the same acts as signed requests to one address, and tries again with the headers that say so."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
from aiohttp.test_utils import unused_port
from slack_sdk.signature import Clock, SignatureVerifier

from practice.stand_in import StandInThread
from tests.practice.listening import until
from tests.practice.practising import FRIDAY, Json, World, workspace

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


class Practice(Clock):
    def now(self) -> float:
        return FRIDAY.timestamp()


class Receiver:
    """An app's address: keeps what came, answers what the test put ready."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str], str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.came.append(({key.lower(): value for key, value in self.headers.items()}, body))
                status, headers, text = outer.answer_to(body)
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/slack/events"

    def answer_to(self, body: bytes) -> tuple[int, dict[str, str], str]:
        if b"url_verification" in body:
            return 200, {"Content-Type": "text/plain"}, str(json.loads(body)["challenge"])
        return self.answers.pop(0) if self.answers else (200, {}, "")

    def answers_json(self, told: Json) -> None:
        self.answers.append((200, {"Content-Type": "application/json"}, json.dumps(told)))


@contextlib.contextmanager
def over_http() -> Iterator[tuple[World, Receiver]]:
    app = Receiver()
    threading.Thread(target=app.server.serve_forever, daemon=True).start()
    try:
        with StandInThread(workspace(), now=FRIDAY, http=app.url, signing_secret=SECRET) as slack:
            yield World(slack), app
    finally:
        app.server.shutdown()
        app.server.server_close()


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[World, Receiver]]:
    with over_http() as made:
        yield made


@pytest.fixture
def world(both: tuple[World, Receiver]) -> World:
    both[1].came.clear()
    both[1].answers.clear()
    both[0].do("faults/clear")
    return both[0]


@pytest.fixture
def app(both: tuple[World, Receiver]) -> Receiver:
    return both[1]


def genuine(headers: dict[str, str], body: bytes) -> bool:
    return SignatureVerifier(SECRET, Practice()).is_valid_request(body, headers)


def test_a_command_is_a_signed_form_and_the_answer_is_its_ack(world: World, app: Receiver) -> None:
    app.answers_json({"text": "You have nothing open."})
    said = world.say("/4action mine & more")
    assert (said["acked"], said["message"]["text"], said["message"]["ephemeral"]) == (
        True,
        "You have nothing open.",
        True,
    )
    headers, body = app.came[-1]
    assert genuine(headers, body)
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert headers["user-agent"].startswith("Slackbot 1.0")
    fields = dict(parse_qsl(body.decode()))
    assert (fields["command"], fields["text"], fields["user_id"]) == ("/4action", "mine &amp; more", "U0OWEN")
    assert fields["response_url"].startswith(world.url)
    assert "x-slack-retry-num" not in headers
    assert world.state("U0OWEN")["bot"]["status"] == "connected"


def test_plain_words_are_an_answer_too(world: World, app: Receiver) -> None:
    app.answers.append((200, {"Content-Type": "text/plain"}, "Nothing open."))
    assert world.say("/4action")["message"]["text"] == "Nothing open."
    assert world.say("/4action")["message"] is None


def test_a_press_is_json_in_a_form(world: World, app: Receiver) -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": "Press"}, "value": "mine", "action_id": "a"}
    posted = world.api(
        "chat.postMessage", channel="C0DCC", text="x", blocks=[{"type": "actions", "elements": [button]}]
    )
    pressed = world.press({**posted["message"], "channel": "C0DCC"}, "Press", person="U0RUTH")
    assert pressed["acked"]
    headers, body = app.came[-1]
    payload = json.loads(dict(parse_qsl(body.decode()))["payload"])
    assert genuine(headers, body)
    assert (payload["type"], payload["actions"][0]["value"]) == ("block_actions", "mine")


def test_a_refusal_or_silence_is_no_answer(world: World, app: Receiver) -> None:
    app.answers.append((500, {}, "oh"))
    assert world.say("/4action")["error"] == "no_response"


def test_an_event_is_json_and_comes_again_with_its_number_and_reason(world: World, app: Receiver) -> None:
    app.answers += [(503, {}, "busy"), (200, {}, "")]
    assert not world.say("mine", channel="D0OWEN")["acked"]
    until(lambda: len(app.came) == 2)
    (first, body), (again, same) = app.came
    assert genuine(first, body) and genuine(again, same)
    assert body == same and json.loads(body)["event"]["text"] == "mine"
    assert first["content-type"] == "application/json" and "x-slack-retry-num" not in first
    assert (again["x-slack-retry-num"], again["x-slack-retry-reason"]) == ("1", "http_error")


def test_an_app_can_ask_to_be_spared_another_try(world: World, app: Receiver) -> None:
    app.answers.append((500, {"X-Slack-No-Retry": "1"}, ""))
    world.say("mine", channel="D0OWEN")
    assert world.do("events/retry")["waiting"] == 0
    assert len(app.came) == 1


def test_faults_on_the_way_are_the_same(world: World, app: Receiver) -> None:
    world.do("faults", fault="duplicate")
    assert world.say("/4action twice")["acked"]
    assert len(app.came) == 2 and app.came[0][1] == app.came[1][1]
    world.do("faults", fault="ack_lost")
    assert world.say("/4action")["error"] == "no_response"


def test_slacks_question_is_answered_with_its_own_word(world: World, app: Receiver) -> None:
    assert world.do("http/verify") == {"ok": True}
    assert genuine(*app.came[-1])


def test_an_address_at_which_nobody_listens_is_a_bot_that_does_not_run() -> None:
    address = f"http://127.0.0.1:{unused_port()}/slack/events"
    with StandInThread(workspace(), now=FRIDAY, http=address) as slack:
        world = World(slack)
        assert world.say("/4action")["error"] == "not_running"
        assert world.do("http/verify")["error"] == "not_running"
        assert world.state("U0OWEN")["bot"]["status"] == "stopped"
