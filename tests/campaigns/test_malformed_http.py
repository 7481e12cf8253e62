"""C8: two thousand malformed, forged, oversized and senseless requests: never a 5xx, and no listener runs."""

import json
import random
import socket
import string
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest

from bot import wiring
from tests.conftest import as_in_the_demo
from tests.databases import Database
from tests.http.post import OWEN, TEAM, Post, payload, post_office, signed

SEED, REQUESTS, WITHIN_SECONDS = 55, 2_000, 15
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ACTION = {
    "type": "block_actions",
    "user": {"id": OWEN, "team_id": TEAM},
    "team": {"id": TEAM},
    "trigger_id": "1.2.3",
    "actions": [{"action_id": "say:0", "block_id": "b", "type": "button", "value": "mine"}],
}
VIEW = {
    "type": "view_submission",
    "user": {"id": OWEN, "team_id": TEAM},
    "team": {"id": TEAM},
    "view": {
        "id": "V1",
        "type": "modal",
        "callback_id": "form",
        "private_metadata": "{}",
        "title": {"type": "plain_text", "text": "Update"},
        "state": {"values": {}},
    },
}
EVENT = {
    "type": "event_callback",
    "team_id": TEAM,
    "event_id": "Ev1",
    "event": {"type": "message", "channel_type": "im", "user": OWEN, "text": "mine", "channel": "D0OWEN", "ts": "1.2"},
}
REQUIRED: Mapping[str, tuple[Any, tuple[tuple[Any, ...], ...]]] = {
    "press": (
        ACTION,
        (("user", "id"), ("user",), ("trigger_id",), ("actions", 0, "action_id"), ("actions", 0), ("type",)),
    ),
    "form": (VIEW, (("view",), ("view", "id"), ("view", "private_metadata"), ("view", "state", "values"), ("user",))),
    "event": (EVENT, (("event",), ("event", "type"), ("event_id",), ("team_id",), ("type",))),
}
JUNK: tuple[Any, ...] = (None, 0, -1, 1e308, True, [], [[]], "", {"a": {"b": None}}, [1, "x"])


class Wire(NamedTuple):
    """One request as bytes, and whether the sender hangs up in the middle."""

    data: bytes
    hangs_up: bool = False


Maker = Callable[[random.Random, Post], Wire]


def wire(method: str, path: str, headers: Mapping[str, str], body: bytes, length: int | None = None) -> bytes:
    said = {"Host": "127.0.0.1", "Connection": "close", "Content-Length": str(len(body) if length is None else length)}
    lines = "".join(f"{k}: {v}\r\n" for k, v in {**said, **headers}.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode("utf-8", "surrogateescape") + body


def posted(body: bytes, headers: Mapping[str, str], **more: Any) -> Wire:
    return Wire(wire("POST", "/slack/events", {**FORM, **headers}, body, **more))


# --- the ways to be wrong -------------------------------------------------------------------------------------------


def forged(rng: random.Random, post: Post) -> Wire:
    body = post.command("update CUST26-R2: forged")
    good = signed(body, post.now)["X-Slack-Signature"]
    spot = rng.randrange(3, len(good))
    other = rng.choice([c for c in string.hexdigits.lower() if c != good[spot]])
    bad = rng.choice(
        [good[:spot] + other + good[spot + 1 :], good[:spot], good.upper(), "", "v0=", good + "0", good[3:], "é" * 64]
    )
    return posted(body, {**signed(body, post.now), "X-Slack-Signature": bad})


def mistimed(rng: random.Random, post: Post) -> Wire:
    body = post.command("update CUST26-R2: replayed too late")
    late = signed(body, post.now + rng.choice([-1, 1]) * rng.randint(302, 10**8))
    words = ["abc", "", "-1", "1.5", "1e9", "NaN", "9" * 50, "0x10", " ", "²", "１２３", "\u202e12"]
    odd = {**signed(body, post.now), "X-Slack-Request-Timestamp": rng.choice(words)}
    return posted(body, rng.choice([late, odd]))


def unsigned(rng: random.Random, post: Post) -> Wire:
    body = post.command("mine")
    headers = signed(body, post.now)
    headers.pop(rng.choice(sorted(headers)))
    return posted(body, rng.choice([headers, {}, {k.replace("-", "_"): v for k, v in signed(body, post.now).items()}]))


def altered(rng: random.Random, post: Post) -> Wire:
    body = bytearray(post.command("update CUST26-R2: altered on the way"))
    headers = signed(bytes(body), post.now)
    spot = rng.randrange(len(body))
    change: Callable[[], Any] = rng.choice(
        [
            lambda: body.__setitem__(spot, body[spot] ^ 1),
            lambda: body.__delitem__(slice(spot, None)),
            lambda: body.extend(b"&x=1"),
        ]
    )
    change()
    return posted(bytes(body), headers)


def wrong_length(rng: random.Random, post: Post) -> Wire:
    body = post.command("mine")
    headers = signed(body, post.now)
    short = posted(body, headers, length=rng.randrange(len(body)))
    long = Wire(posted(body, headers, length=len(body) + rng.randint(1, 5000)).data, hangs_up=True)
    odd = {**headers, "Content-Length": rng.choice(["-1", "abc", "1, 2", "+5", "0x10", "", "9" * 30, "9" * 5000])}
    return rng.choice([short, long, posted(body, odd)])


def elsewhere(rng: random.Random, post: Post) -> Wire:
    body = post.command("mine")
    path = rng.choice(["/", "/slack", "/slack/events/", "/slack/install", "/../slack/events", "/%00", "/é"])
    method = rng.choice(
        ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "post", "BREW", "P\x00ST"]
    )
    if rng.random() < 0.5:
        return Wire(wire("POST", path, {**FORM, **signed(body, post.now)}, body))
    return Wire(wire(method, "/slack/events", {**FORM, **signed(body, post.now)}, body))


def encoded(rng: random.Random, post: Post) -> Wire:
    text = post.command("mine").decode()
    body = rng.choice(
        [text.encode("utf-16"), text.encode("utf-32"), b"text=\xff\xfe\xc3", b"\xf8\x88\x80\x80", b"\x80" * 99]
    )
    kind = rng.choice(
        ["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "é/é", "", "text/xml"]
    )
    return posted(body, {**signed(body, post.now), "Content-Type": kind})


def transferred(rng: random.Random, post: Post) -> Wire:
    body = post.command("mine")
    coding = rng.choice(["gzip", "identity", "chunked, gzip", "xchunked", "chunked\x0b", "deflate"])
    broken = rng.choice(
        [b"zz\r\nabc\r\n", b"-1\r\n", b"5\r\nab", b"FFFFFFFFFFFFFFFFFF\r\n", b"3\r\nabcdef\r\n0\r\n\r\n", b""]
    )
    head = wire("POST", "/slack/events", {**signed(body, post.now), "Transfer-Encoding": coding}, b"")
    chunked = wire("POST", "/slack/events", {**signed(body, post.now), "Transfer-Encoding": "chunked"}, b"")
    return rng.choice([Wire(head + body), Wire(chunked + broken, hangs_up=True)])


def oversized(rng: random.Random, post: Post) -> Wire:
    declared = posted(b"x=1", signed(b"x=1", post.now), length=rng.randint(262_145, 10**12))
    if rng.random() < 0.8:
        return declared
    body = post.command("mine", token="x" * 300_000)
    return posted(body, signed(body, post.now))


def bombs(rng: random.Random, post: Post) -> Wire:
    deep = rng.choice([70, 500, 900, 990, 5_000, 40_000])
    text = rng.choice(
        [
            "[" * deep + "]" * deep,
            '{"a":' * deep + "1" + "}" * deep,
            '{"type":"block_actions","x":' + "[" * deep + "]" * deep + "}",
            "9" * deep * 5,
            '{"type":' + "9" * 5_000 + "}",
            "[" * deep,
            '"' + "\\ud800" * deep + '"',
            "NaN",
            "{" + ",".join(f'"{n}":{n}' for n in range(deep // 4)) + "}",
        ]
    )
    body, kind = rng.choice(
        [(payload(text)[:262_000], FORM["Content-Type"]), (text.encode()[:262_000], "application/json")]
    )
    return posted(body, {**signed(body, post.now), "Content-Type": kind})


def senseless(rng: random.Random, post: Post) -> Wire:
    whole, paths = REQUIRED[rng.choice(sorted(REQUIRED))]
    told = json.loads(json.dumps(whole))
    path = rng.choice(paths)
    at = told
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = rng.choice(JUNK)
    body = payload(told)
    return posted(body, signed(body, post.now))


def half_a_command(rng: random.Random, post: Post) -> Wire:
    fields = dict(pair.split("=", 1) for pair in post.command("mine").decode().split("&"))
    needed = ["command", "team_id", "user_id", "channel_id", "trigger_id", "response_url"]
    gone = rng.sample(needed, rng.randint(1, len(needed)))
    fields = {k: ("" if rng.random() < 0.5 else None) if k in gone else v for k, v in fields.items()}  # type: ignore[misc]
    many = {f"f{n}": "x" for n in range(rng.choice([0, 0, 500]))}
    body = urlencode({k: v for k, v in {**fields, **many}.items() if v is not None}).encode()
    return posted(
        rng.choice([body, b"", b"&&&===", b"%", b"\x00" * 50, b"ssl_check=1&token=x"]), {**signed(body, post.now)}
    )


def bad_heads(rng: random.Random, post: Post) -> Wire:
    body = post.command("mine")
    good = posted(body, signed(body, post.now)).data
    line = rng.choice(
        [b"no colon here\r\n", b" folded: x\r\n", b"a b: c\r\n", b"\x00: y\r\n", b"X: " + b"y" * 40_000 + b"\r\n"]
    )
    first, _, rest = good.partition(b"\r\n")
    bad = rng.choice([first + b"\r\n" + line + rest, b"\r\n\r\n" + line + rest, first[:-3] + b"9.9\r\n" + line + rest])
    return Wire(bad, hangs_up=True)


MAKERS: tuple[Maker, ...] = (
    *(forged, mistimed, unsigned, altered, wrong_length, elsewhere, encoded, transferred, oversized, bombs),
    *(senseless, half_a_command, bad_heads),
)


# --- the campaign ---------------------------------------------------------------------------------------------------


def status_of(post: Post, request: Wire) -> int:
    """The status that came back; 0 when the server hung up without a word."""
    found = b""
    with socket.create_connection(("127.0.0.1", post.port), 10) as line:
        try:
            line.sendall(request.data)
            if request.hangs_up:
                line.shutdown(socket.SHUT_WR)
            while b"\r\n" not in found and (more := line.recv(4096)):
                found += more
        except OSError:
            pass  # it has heard enough, and hung up
    words = found.split(b" ", 2)
    return int(words[1]) if len(words) > 1 else 0


def campaign(post: Post, requests: int, seed: int) -> tuple[Counter[int], int]:
    """Send them all; gives how often each status came, and how many listeners ran."""
    rng, came = random.Random(seed), Counter[int]()
    for n in range(requests):
        maker = MAKERS[n % len(MAKERS)]
        came[status_of(post, maker(rng, post))] += 1
    return came, post.heard()


@pytest.fixture
def filled(database: Database) -> str:
    return database.copy(as_in_the_demo)


def test_two_thousand_malformed_requests(filled: str) -> None:
    began = time.monotonic()
    with post_office(filled) as post:
        came, ran = campaign(post, REQUESTS, SEED)
        good = post.events(post.command("mine"))
    took = time.monotonic() - began
    print(f"C8: seed {SEED}, {REQUESTS} requests, {took:.1f} s, listeners run {ran}, {dict(sorted(came.items()))}")
    assert not [status for status in came if status >= 500 or status in {200, 204}]
    assert ran == 0
    assert {400, 401, 404, 405, 413} <= set(came)
    assert good.status == 200  # and it still serves
    assert took <= WITHIN_SECONDS


def test_the_campaign_notices_when_the_gate_is_taken_out(filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken variant: Bolt alone, as its adapter comes."""
    monkeypatch.setattr(wiring, "Gate", lambda inner, secret, clock: inner)
    with post_office(filled) as post:
        came, ran = campaign(post, 130, SEED)
    print(f"C8 without its gate: listeners run {ran}, {dict(sorted(came.items()))}")
    assert ran > 0
    assert [status for status in came if status >= 500]
