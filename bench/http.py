"""HTTP mode: a signed `/4action mine` through waitress, the gate and Bolt, beside a no-op app on the same adapter."""

import hashlib
import hmac
import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench import registers
from bench.office import Office, opened
from bench.slack import command
from bench.timing import Line, compared, race, same, shown
from bot import wiring
from bot.web import THREADS

MOST = 2.0
SECRET = "bench-signing-secret"
AT_ONCE = 16


def lines(register: Path, seconds: float) -> list[Line]:
    """One connection for the ratio, then sixteen at once for the errors."""
    with opened(register, slack_signing_secret=SECRET, slack_app_token="") as office:
        body, headers = signed("mine")
        with _ours(office) as port, _floor(office) as idle:
            ours, floor = Caller(port, body, headers), Caller(idle, body, headers)
            same("status", floor()[0], ours()[0])
            rows = [b for b in json.loads(ours()[1])["blocks"] if b["type"] == "section"]
            same("rows over HTTP and in process", _rows_in_process(office), rows)
            times = race(floor, ours, seconds)
            errors, each = crowd(port, body, headers, round(max(50, seconds * 100)))
    name = f"HTTP mode, errors at {AT_ONCE} connections"
    return [
        compared("HTTP mode, `mine` beside a no-op app", times, MOST),
        Line(name, "0", f"{errors}, {shown(each)} each", str(errors), "0", errors == 0),
    ]


def _rows_in_process(office: Office) -> list[Any]:
    told = json.loads(office.sends(command("mine")).body)
    return [b for b in told["blocks"] if b["type"] == "section"]


def signed(words: str) -> tuple[bytes, dict[str, str]]:
    """A command as Slack signs it: https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    body, at = urlencode(command(words)).encode(), str(int(registers.NOW.timestamp()))
    proof = hmac.new(SECRET.encode(), b"v0:%s:%s" % (at.encode(), body), hashlib.sha256).hexdigest()
    signature = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={proof}"}
    return body, {"Content-Type": "application/x-www-form-urlencoded", **signature}


@contextmanager
def _ours(office: Office) -> Iterator[int]:
    web = wiring.serve(office.bot, office.app, 0)
    yield web.port
    web.close()


@contextmanager
def _floor(office: Office) -> Iterator[int]:
    """Bolt's adapter and an app that only acknowledges, on waitress with as many threads."""
    from slack_bolt.adapter.wsgi import SlackRequestHandler
    from waitress import create_server

    handler = SlackRequestHandler(office.idle, path=wiring.EVENTS)
    server = create_server(handler, host="127.0.0.1", port=0, threads=THREADS, ident=None)
    threading.Thread(target=server.run, daemon=True).start()
    yield int(server.effective_port)
    server.close()


class Caller:
    """One connection that is kept open; each call sends the request again."""

    def __init__(self, port: int, body: bytes, headers: dict[str, str]) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.body, self.headers = body, headers

    def __call__(self) -> tuple[int, bytes]:
        self.connection.request("POST", wiring.EVENTS, self.body, self.headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()


def crowd(port: int, body: bytes, headers: dict[str, str], each: int) -> tuple[int, float]:
    """Sixteen connections send at once; gives how many answers were not 200, and the time for each request."""
    errors: list[str] = []

    def calls() -> None:
        caller = Caller(port, body, headers)
        for _ in range(each):
            try:
                status, _ = caller()
                errors.extend([str(status)] if status != 200 else [])
            except (OSError, http.client.HTTPException) as fault:
                errors.append(type(fault).__name__)

    threads = [threading.Thread(target=calls) for _ in range(AT_ONCE)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(errors), (time.perf_counter() - start) / (AT_ONCE * each)
