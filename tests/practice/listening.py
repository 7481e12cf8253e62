"""A small bot that reads what is said to it directly, and words to wait for what it does."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from slack_bolt import Ack
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from tests.practice import fake_bot
from tests.practice.practising import Json, World, practising

T = TypeVar("T")
Change = Callable[[Json], object]


def until(what: Callable[[], T], seconds: float = 10) -> T:
    """What another thread brings about, within the deadline."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.01)
    return found


@contextlib.contextmanager
def listening(change: Change | None = None, sockets: int = 1) -> Iterator[tuple[World, list[Json]]]:
    """A stand-in with a bot that answers what is said to it directly; and what the bot has heard."""
    heard: list[Json] = []

    def on_message(ack: Ack, body: Json, client: WebClient) -> None:
        heard.append(body)
        if "bot_id" not in body["event"]:
            text = f"You said: {body['event']['text']}"
            client.chat_postMessage(channel=body["event"]["channel"], text=text)
        ack()

    with practising(bot=False, change=change) as world:
        app = fake_bot.build(world.slack.bot_token, world.slack.api_url)
        app.event("message")(on_message)
        handlers = [SocketModeHandler(app, world.slack.app_token) for _ in range(sockets)]
        try:
            for handler in handlers:
                handler.connect()  # type: ignore[no-untyped-call]
            until(lambda: world.slack.stand_in.socket.connections == sockets)
            yield world, heard
        finally:
            for handler in handlers:
                threading.Thread(target=handler.close, daemon=True).start()


def events(world: World) -> list[Json]:
    """The events that were sent, oldest first."""
    return [e for e in sent(world) if e["type"] == "events_api"]


def sent(world: World) -> list[Any]:
    """Every envelope that was sent, oldest first."""
    return list(world.ask("/practice/envelopes")[1]["envelopes"])
