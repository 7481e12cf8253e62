"""Only Slack can drive the bot over HTTP: the forged, old, broken and too long is refused, and nothing logged of it."""

import contextlib
import json
import logging
import socket

import pytest
from slack_sdk.signature import SignatureVerifier

from handlers.gate import depth
from storage import register
from storage.rules.deadlines import Thresholds
from tests.http.post import OWEN, SECRET, TEAM, Post, payload, signed

CANARY = "canary-of-a-body"


def whole(post: Post) -> object:
    return register.whole(post.bot.store, Thresholds(), post.bot.clock())["events"]


def test_our_tests_sign_as_slacks_own_library_does() -> None:
    body = b"text=Gr%C3%BC%C3%9Fe"
    theirs = SignatureVerifier(SECRET).generate_signature(timestamp="1764000000", body=body)
    assert signed(body, 1764000000)["X-Slack-Signature"] == theirs


def test_a_signed_command_is_answered(post: Post) -> None:
    told = post.events(post.command("CUST26-R2"))
    assert told.status == 200
    assert told.json["response_type"] == "ephemeral"
    assert "CUST26-R2" in told.json["text"]


def test_the_word_payload_in_a_text_is_only_a_word(post: Post) -> None:
    """Bolt takes a form that holds the word anywhere for an interaction, and drops what was typed."""
    told = post.events(post.command("find payload"))
    assert told.status == 200
    assert "payload" in told.json["text"]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0="},
        {"X-Slack-Signature": "v1=" + "0" * 64},
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": "v0=" + "Z" * 64},
        {"X-Slack-Signature": "v0=" + "é" * 64},
        {"X-Slack-Request-Timestamp": ""},
        {"X-Slack-Request-Timestamp": "abc"},
        {"X-Slack-Request-Timestamp": "-1"},
        {"X-Slack-Request-Timestamp": "1e9"},
        {"X-Slack-Request-Timestamp": "9" * 40},
        {"X-Slack-Request-Timestamp": "١٢٣".encode().decode("latin-1")},
    ],
)
def test_a_malformed_or_false_signature_is_401(post: Post, headers: dict[str, str]) -> None:
    before = whole(post)
    assert post.events(post.command("update CUST26-R2: forged"), headers).status == 401
    assert post.heard() == 0
    assert whole(post) == before


def test_no_signature_at_all_is_401(post: Post) -> None:
    assert post.raw("POST", "/slack/events", post.command("mine")).status == 401


@pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-299, 200), (299, 200), (302, 401)])
def test_five_minutes_by_our_clock_and_no_more(post: Post, seconds: int, status: int) -> None:
    body = post.command("mine")
    assert post.events(body, signed(body, post.now + seconds)).status == status


def test_another_secret_is_401(post: Post) -> None:
    body = post.command("mine")
    assert post.events(body, signed(body, post.now, "another")).status == 401


def test_a_body_that_is_not_utf8_is_401_however_well_signed(post: Post) -> None:
    assert post.events(b"command=%2F4action&text=" + b"\xff\xfe").status == 401


def test_other_paths_and_methods(post: Post) -> None:
    body = post.command("mine")
    assert post.raw("POST", "/", body, signed(body, post.now)).status == 404
    assert post.raw("GET", "/slack/install").status == 404
    told = post.raw("GET", "/slack/events")
    assert (told.status, told.headers["Allow"]) == (405, "POST")
    assert post.raw("POST", "/healthz", b"{}").status == 405


def test_a_long_body_is_413_declared_and_streamed(post: Post) -> None:
    long = post.command("x" * 300_000)
    assert post.events(long).status == 413
    fits = post.command("find x", token="x" * 250_000)
    assert post.events(fits).status == 200
    told = _chunked(post, [b"x" * 65536] * 5)
    assert b" 413 " in told.split(b"\r\n")[0]
    assert post.heard() == 1


def test_a_chunked_body_that_fits_is_read_whole(post: Post) -> None:
    body = post.command("CUST26-R2")
    told = _chunked(post, [body[:100], body[100:]], signed(body, post.now))
    assert told.startswith(b"HTTP/1.1 200")
    assert b"CUST26-R2" in told


def _chunked(post: Post, parts: list[bytes], headers: dict[str, str] | None = None) -> bytes:
    said = "".join(f"{k}: {v}\r\n" for k, v in (headers or {}).items())
    head = f"POST /slack/events HTTP/1.1\r\nHost: x\r\n{said}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", post.port), 10) as line:
        with contextlib.suppress(ConnectionError):  # it may have heard enough before the end
            line.sendall(head.encode())
            for part in parts:
                line.sendall(b"%x\r\n%s\r\n" % (len(part), part))
            line.sendall(b"0\r\n\r\n")
        return _read(line)


def _read(line: socket.socket) -> bytes:
    """What the server says before it hangs up; a hang-up in the middle of our words is no fault of its."""
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while more := line.recv(65536):
            found += more
    return found


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("[" * 50_000, 400),
        ('{"type":' + '{"a":' * 80 + "1" + "}" * 81, 400),
        ("null", 400),
        ("9" * 5000, 400),
        ({"type": "block_actions"}, 400),
        ({"type": "block_actions", "user": OWEN, "team": TEAM, "trigger_id": "1", "actions": []}, 400),
        ({"type": "view_submission", "user": {"id": OWEN}, "team": {"id": TEAM}, "view": "V1"}, 400),
        ({"type": "shortcut", "user": {"id": OWEN}}, 404),
        ({"type": ["block_actions"]}, 404),
        ({}, 404),
    ],
)
def test_what_is_signed_and_makes_no_sense_is_400_or_404(post: Post, told: object, status: int) -> None:
    assert post.events(payload(told)).status == status
    assert post.heard() == 0


def test_an_unknown_command_is_404(post: Post) -> None:
    assert post.events(post.command("mine", command="/other")).status == 404


def test_slacks_question_whether_the_address_is_ours_is_answered(post: Post) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a", "token": "x"}).encode()
    told = post.events(body, {"Content-Type": "application/json"})
    assert (told.status, told.json) == (200, {"challenge": "3eZbrw1a"})


def test_a_replayed_request_changes_state_once(post: Post) -> None:
    body = post.command("update CUST26-R2: the rota is out for comment")
    sign = signed(body, post.now)
    before = len(whole(post))  # type: ignore[arg-type]
    first = post.events(body, sign)
    again = [
        post.events(body, {**sign, "X-Slack-Retry-Num": str(n), "X-Slack-Retry-Reason": "http_timeout"}) for n in (1, 2)
    ]
    assert first.json["text"].startswith("Saved")
    assert [a.json["text"] for a in again] == [first.json["text"]] * 2
    assert len(whole(post)) == before + 1  # type: ignore[arg-type]


def test_a_retry_may_be_the_only_copy_and_is_answered(post: Post) -> None:
    body = post.command("update CUST26-R2: only the retry arrived")
    told = post.events(body, {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"})
    assert told.json["text"].startswith("Saved")


def test_no_body_is_ever_in_the_log(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    body = post.command(f"find {CANARY}")
    post.events(body, {"X-Slack-Signature": "v0=" + "0" * 64})
    post.events(body, {"X-Slack-Request-Timestamp": "abc"})
    post.events(payload({"type": "nothing", "text": CANARY}))
    post.events(payload({"type": "block_actions", "user": CANARY}))
    post.events(body[:-20])
    assert post.events(body).status == 200
    assert "refused" in caplog.text
    assert CANARY not in "\n".join(
        r.getMessage() for r in caplog.records if r.name.split(".")[0] in {"bot", "handlers", "waitress"}
    )
    assert SECRET not in caplog.text


def test_depth_is_counted_without_recursion() -> None:
    deep: object = "end"
    for _ in range(5000):
        deep = [deep]
    assert depth(deep) == 5000
    assert depth({"a": {"b": 1}}) == 2
    assert depth("x") == 0
