"""What the tests of the practice workspace share: a stand-in with a bot in it, and short words to use it."""

from __future__ import annotations

import contextlib
import copy
import json
import logging
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import practice
from practice.stand_in import StandInThread
from tests.practice import fake_bot

Json = dict[str, Any]
FOLDER = Path(practice.__file__).parent
FRIDAY = datetime(2026, 11, 20, 16, 40, tzinfo=ZoneInfo("Europe/London"))


def workspace() -> Json:
    """The workspace that is shipped, fresh."""
    loaded: Json = json.loads((FOLDER / "workspace.json").read_text(encoding="utf-8"))
    return loaded


class World:
    """One stand-in, spoken to as the page and as an app speak to it."""

    def __init__(self, slack: StandInThread) -> None:
        self.slack = slack
        self.url = slack.url

    def ask(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
        """Status and parsed answer of one request."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers=dict(headers or {}))
        if data is not None:
            request.add_header("Content-Type", "application/json")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=10) as response:
                return response.status, _parsed(response.read())
        except urllib.error.HTTPError as refused:
            return refused.code, _parsed(refused.read())

    def do(self, act: str, **asked: Any) -> Json:
        """One act of the control interface."""
        answer: Json = self.ask(f"/practice/{act}", asked)[1]
        return answer

    def state(self, person: str) -> Json:
        """What a person sees."""
        answer: Json = self.ask(f"/practice/state?person={person}")[1]
        return answer

    def messages(self, person: str, channel: str) -> list[Json]:
        """The messages a person sees in a channel."""
        found = [c for c in self.state(person)["channels"] if c["id"] == channel]
        return list(found[0]["messages"]) if found else []

    def say(self, text: str, person: str = "U0OWEN", channel: str = "C0CUSTODY") -> Json:
        """Something typed and sent."""
        return self.do("say", person=person, channel=channel, text=text)

    def press(self, message: Json, label: str, person: str = "U0OWEN", **more: Any) -> Json:
        """The first button of that label in a message, pressed."""
        block, element = find_button(message, label)
        place = {"channel": message["channel"], "ts": message["ts"]}
        return self.do(
            "press",
            person=person,
            **place,
            block_id=block["block_id"],
            action_id=element["action_id"],
            **more,
        )

    def api(self, method: str, token: str = "xoxb-practice", **arguments: Any) -> Json:
        """One Web API call."""
        answer: Json = self.ask(f"/api/{method}", arguments, {"Authorization": f"Bearer {token}"})[1]
        return answer


def find_button(message: Json, label: str) -> tuple[Json, Json]:
    """A block and the button in it that bears the label; “…” finds the overflow menu."""
    for block in message["blocks"]:
        for element in [block.get("accessory"), *block.get("elements", [])]:
            if element and label == _label(element):
                return block, element
    raise AssertionError(f"no button {label}")


def _label(element: Json) -> str:
    return "…" if element.get("type") == "overflow" else str((element.get("text") or {}).get("text", ""))


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode()


@contextlib.contextmanager
def practising(*, bot: bool = True, change: Callable[[Json], object] | None = None) -> Iterator[World]:
    """A stand-in on Friday afternoon, with the small bot connected unless it is not wanted."""
    given = copy.deepcopy(workspace())
    if change is not None:
        change(given)
    logging.getLogger("slack_bolt").setLevel(logging.ERROR)
    with StandInThread(given, now=FRIDAY) as slack:
        handler = fake_bot.connect(slack.api_url, slack.bot_token, slack.app_token) if bot else None
        try:
            yield World(slack)
        finally:
            if handler is not None:
                # Bolt takes seconds to let go; nothing here needs to wait for it.
                threading.Thread(target=handler.close, daemon=True).start()
