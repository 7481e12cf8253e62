"""The doors of one running bot: Slack's and Teams', each put together when the settings open it."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.clock import Clock
from bot.delivery import Postman
from bot.notices import Notices
from bot.pulse import Pulse
from bot.settings import Settings
from handlers.ask import Desk
from handlers.door import Doorway
from handlers.slack import people as people_in_slack
from handlers.slack.door import Door
from handlers.slack.listen import listen
from handlers.slack.people import SlackPeople
from handlers.slack.rows import Rows
from handlers.slack.send import Sender
from storage import outbox
from storage.store import Store

if TYPE_CHECKING:
    from handlers.teams.door import Door as TeamsDoor
    from handlers.teams.leavers import Leavers
    from handlers.teams.listen import Listener
    from handlers.teams.names import Names
    from handlers.teams.sdk import Line, TeamsSettings

log = logging.getLogger(__name__)
AFTER_AN_ANSWER = 2.0  # seconds that the sending after an answer may wait for a place's turn; the tick sends the rest


class RunFault(Exception):
    """The bot cannot start or go on; one sentence for whoever runs it."""


@dataclass
class Mail:
    """What doors put into the outbox, and its sending soon after an answer instead of at the next tick."""

    store: Store
    clock: Clock
    news: Notices
    carrier: Postman
    tell: Callable[[str, str], None]  # whoever is told of what is wrong, by the alert's key

    def post(self, platform: str, door: Callable[[], Doorway]) -> Callable[[str, str, dict[str, Any]], None]:
        """Puts a message by its key; `door` is the one that it comes from, once it is there."""

        def post(key: str, place: str, drawn: dict[str, Any]) -> None:
            with self.store.aside() as tx:
                outbox.put(tx, key, platform, place, json.dumps(drawn, ensure_ascii=False), self.clock())
            self.soon(door())

        return post

    def soon(self, door: Doorway) -> None:
        """Send what waits, and not while somebody waits for an answer."""
        door.later(self._deliver)

    def _deliver(self) -> None:
        self.news.address(self.clock())
        self.carrier.deliver(self.clock(), AFTER_AN_ANSWER)


# --- Slack ------------------------------------------------------------------------------------------------------------


def slack_sender(settings: Settings) -> Sender:
    return Sender(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)


def slack(settings: Settings, desk: Desk, mail: Mail, pulse: Pulse) -> tuple[Door, object]:
    """Slack's door and its Bolt app, connected to nothing yet. Raises RunFault when Slack does not take the token."""
    from slack_bolt import App
    from slack_sdk import WebClient

    client = WebClient(settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url, timeout=5)
    team = _team(client)
    # over HTTP, handlers/slack/gate.py verifies before Bolt: Bolt's own check answers 500 and logs whole bodies
    # without a name Bolt reads the source of everything that called it
    app = App(
        name="lightkeeper",
        client=client,
        process_before_response=True,
        token_verification_enabled=False,
        request_verification_enabled=False,
        ssl_check_enabled=False,
    )
    who = SlackPeople(client, desk.store, team, settings.role_of_members)
    desk = desk._replace(in_chat=who.meant, slash=settings.slash_command, chat="slack")
    post = mail.post("slack", lambda: door)
    rows = Rows(slack_sender(settings))
    door = Door(desk, who, client, mail.clock, post, lambda: mail.soon(door), rows, pulse.heard)
    listen(app, door)
    return door, app


def _team(client: object) -> str:
    from slack_sdk.errors import SlackApiError, SlackClientError

    try:
        return str(client.auth_test()["team_id"])  # type: ignore[attr-defined]
    except SlackApiError as fault:
        error = fault.response.get("error", "")
        raise RunFault(f"Slack does not take SLACK_BOT_TOKEN ({error}). Copy it again from the app's page.") from None
    except (SlackClientError, OSError) as fault:
        raise RunFault(f"Slack cannot be reached ({type(fault).__name__}). Check the network.") from None


def absent(settings: Settings, addresses: list[str]) -> list[str]:
    """Which addresses nobody in chat has, as far as Slack says; none without a token."""
    from slack_sdk import WebClient

    token = settings.slack_bot_token.get_secret_value()
    if not token or not addresses:
        return []
    return people_in_slack.absent(WebClient(token, base_url=settings.slack_api_url, timeout=5), addresses)


# --- Teams: nothing of it is imported before the settings open it -----------------------------------------------------


class Teams(NamedTuple):
    """Teams' door, what listens at it, the line that all comes in and goes out by, and who looks around."""

    door: "TeamsDoor"
    listener: "Listener"
    line: "Line"
    names: "Names"
    leavers: "Leavers"

    def look_around(self) -> int:
        """Name who is known by address only, find who has left; gives how many pages of names were asked for."""
        pages = self.names.find()
        self.leavers.find()
        return pages


def teams_line(settings: Settings) -> "Line | None":
    """The line to Teams, not open yet; None where the settings do not open that door."""
    if not settings.teams_wanted:
        return None
    from handlers.teams.sdk import Line

    return Line(teams_settings(settings))


def teams_settings(settings: Settings) -> "TeamsSettings":
    """Those of the settings that the line needs."""
    from handlers.teams.sdk import TeamsSettings

    return TeamsSettings(
        settings.teams_app_id,
        settings.teams_app_secret.get_secret_value(),
        settings.teams_tenant_id,
        settings.teams_local,
        settings.teams_metadata_url,
    )


def teams(settings: Settings, desk: Desk, mail: Mail, pulse: Pulse, line: "Line") -> Teams:
    """Teams' door; `line` is opened by whoever starts the bot, with the listener as its core."""
    from handlers.teams.door import Door as TeamsDoor
    from handlers.teams.files import Store as Files
    from handlers.teams.leavers import Leavers
    from handlers.teams.listen import Listener
    from handlers.teams.names import Names
    from handlers.teams.people import TeamsPeople
    from handlers.teams.rows import Rows as TeamsRows
    from handlers.teams.send import Sender as TeamsSender

    sender = TeamsSender(line, desk.store)
    who = TeamsPeople(sender.member, desk.store, settings.teams_tenant_id, settings.role_of_members)
    desk = desk._replace(in_chat=who.meant, slash="", chat="teams")
    post = mail.post("teams", lambda: door)
    door = TeamsDoor(
        desk,
        who,
        sender,
        mail.clock,
        post,
        lambda: mail.soon(door),
        pulse.heard,
        lambda key, sentence: mail.tell(f"alert:{key}", sentence),
        forgiven=settings.slash_command,
        files=Files(settings.teams_local),
    )
    listener = Listener(door, TeamsRows(desk.store, sender))
    return Teams(door, listener, line, Names(who, sender.members), Leavers(who, sender.members))
