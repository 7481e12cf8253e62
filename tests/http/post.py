"""A bot that Slack calls over HTTP: the real server on a free port, the stand-in as its Web API, signed requests in."""

import contextlib
import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from bot import wiring
from bot.clock import clock, instant
from bot.settings import Settings
from practice.stand_in import StandInThread
from tests.wire.office import FRIDAY, STORY, WORKSPACE, Json

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TEAM, OWEN = "T0TRENT", "U0OWEN"


def signed(body: bytes, at: float, secret: str = SECRET) -> dict[str, str]:
    """Slack's two headers: https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    stamp = str(int(at))
    mac = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={mac}"}


class Answered(NamedTuple):
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> Json:
        return dict(json.loads(self.body))


class Post:
    """Requests to one bot, by its own clock."""

    def __init__(self, port: int, bot: wiring.Bot | None = None) -> None:
        self.port, self._bot, self.triggers = port, bot, 0

    @property
    def bot(self) -> wiring.Bot:
        assert self._bot is not None, "this bot runs in a process of its own"
        return self._bot

    @property
    def now(self) -> float:
        """By the bot's clock; that of a process began some seconds ago."""
        return (self._bot.clock() if self._bot else instant(FRIDAY)).timestamp()

    def raw(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answered:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            line.connect()
            with contextlib.suppress(ConnectionError):  # it may have heard enough before the end, and answered
                line.request(method, path, body=body or None, headers=dict(headers or {}))
            response = line.getresponse()
            return Answered(response.status, response.read(), dict(response.getheaders()))
        finally:
            line.close()

    def events(self, body: bytes, headers: Mapping[str, str] | None = None) -> Answered:
        """A correctly signed form, unless `headers` say otherwise."""
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.raw("POST", "/slack/events", body, {**form, **signed(body, self.now), **(headers or {})})

    def command(self, words: str, trigger: str = "", **more: str) -> bytes:
        """What Slack sends when Owen types `/4action words`."""
        self.triggers += 1
        return urlencode(
            {
                "token": "gone out of use",
                "team_id": TEAM,
                "channel_id": "C0CUSTODY",
                "user_id": OWEN,
                "command": "/4action",
                "text": words,
                "response_url": "http://127.0.0.1:9/commands/none",
                "trigger_id": trigger or f"{self.triggers}.1.abc",
                "api_app_id": "A0LIGHT",
                "is_enterprise_install": "false",
                **more,
            }
        ).encode()

    def heard(self) -> int:
        """How many listeners ran, as the program itself counts."""
        return int(self.raw("GET", "/healthz").json["answered"])


def payload(told: Any) -> bytes:
    return urlencode({"payload": told if isinstance(told, str) else json.dumps(told)}).encode()


def settings(slack: StandInThread, url: str, **more: Any) -> Settings:
    values = {name.lower(): value for name, value in STORY["settings"].items()}
    tokens = {"slack_bot_token": slack.bot_token, "slack_signing_secret": SECRET}
    address = {"slack_api_url": slack.api_url, "database_url": url, "lightkeeper_now": instant(FRIDAY)}
    return Settings(_env_file=None, **{**tokens, **address, **values, **more})  # type: ignore[call-arg]


@contextlib.contextmanager
def post_office(url: str, **more: Any) -> Iterator[Post]:
    """The product as `run` puts it together in HTTP mode, in this process."""
    with StandInThread(WORKSPACE, now=instant(FRIDAY)) as slack:
        bot, app = wiring.build(settings(slack, url, **more), clock(instant(FRIDAY)))
        web = wiring.serve(bot, app, port=0)
        try:
            yield Post(web.port, bot)
        finally:
            web.close()
            bot.door.after.shutdown(wait=True)
            bot.store.close()


def until(what: Callable[[], Any], why: str, within: float = 10.0) -> Any:
    """What another thread or process brings about, within the deadline."""
    end = time.monotonic() + within
    while not (found := what()):
        assert time.monotonic() < end, f"it never came to pass: {why}"
        time.sleep(0.01)
    return found
