"""One bot as `run` makes it, with Bolt's dispatch in this process and nobody connected."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slack_bolt import Ack, App, BoltRequest, BoltResponse
from slack_sdk import WebClient

from bench import registers
from bench.slack import Slack
from bot import wiring
from bot.clock import clock
from bot.settings import Settings

TOKEN = "xoxb-bench"


@dataclass
class Office:
    """A bot, its Bolt app, and a Bolt app that does nothing."""

    bot: wiring.Bot
    app: App
    idle: App
    path: Path
    after: "Shelf"

    def sends(self, body: dict[str, Any]) -> BoltResponse:
        """What the bot answers to a payload, as the socket hands it over."""
        return self.app.dispatch(BoltRequest(mode="socket_mode", body=body))

    def idles(self, body: dict[str, Any]) -> BoltResponse:
        return self.idle.dispatch(BoltRequest(mode="socket_mode", body=body))


class Shelf(ThreadPoolExecutor):
    """Keeps what would be done after the acknowledgement, so that it does not run into the next call's time."""

    def __init__(self) -> None:
        super().__init__(1)
        self.work: list[Callable[..., object]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        self.work.append(fn)
        return Future()


@contextmanager
def opened(path: Path, **more: Any) -> Iterator[Office]:
    """A bot on the register at `path`, wired as in production; what Slack says of the asker is asked for once."""
    with Slack(registers.ASKER) as slack:
        values: dict[str, Any] = {"slack_bot_token": TOKEN, "slack_app_token": "xapp-bench", "slack_api_url": slack.url}
        values |= {"database_url": registers.url(path), "lightkeeper_now": registers.NOW}
        settings = Settings(_env_file=None, **{**values, **more})  # type: ignore[call-arg]
        bot, app = wiring.build(settings, clock(settings.lightkeeper_now))
        assert isinstance(app, App)
        bot.door.people.ticks = lambda: 0.0  # the minute of a warm cache does not pass
        bot.door.after.shutdown()
        bot.door.after = shelf = Shelf()
        yield Office(bot, app, _idle(slack.url), path, shelf)
        bot.store.close()


def _idle(api: str) -> App:
    """Bolt as we set it up, with listeners that acknowledge and do nothing."""
    app = App(
        client=WebClient(TOKEN, base_url=api),
        process_before_response=True,
        token_verification_enabled=False,
        request_verification_enabled=False,
        ssl_check_enabled=False,
    )

    def nothing(ack: Ack) -> None:
        ack()

    app.command("/4action")(nothing)
    app.view("form")(nothing)
    return app
