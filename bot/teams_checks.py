"""What `doctor` says of Microsoft Teams: the SDK, the endpoint as seen from this machine, conversations, the token."""

import importlib.util
import platform
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple

from bot.pulse import LATE_SECONDS
from bot.settings import Settings, problems_to_run
from handlers.wording import british, count, joined
from storage import conversations, digests, signs
from storage.fields import london_day
from storage.store import Store

MESSAGES = "/api/messages"
WITHIN_SECONDS = 5
HERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # where a server that listens everywhere is met on this machine
KINDS = {
    conversations.PERSONAL: ("chat with one person", "chats with one person"),
    conversations.GROUP: ("group chat", "group chats"),
    conversations.CHANNEL: ("channel", "channels"),
}
SAY_IT = "Add the app to that team, then say in the channel: @Lightkeeper digest here"


class Told(NamedTuple):
    """One check, as `doctor` lists it."""

    name: str
    ok: bool
    sentence: str


def of_the_line(settings: Settings, store: Store | None, *, online: bool) -> Iterator[Told]:
    """The SDK, the endpoint, and with `online` the token; `store` None while the register does not answer."""
    if any(name.startswith("TEAMS_") for name in problems_to_run(settings)):
        return  # what is missing was said already
    if importlib.util.find_spec("microsoft_teams") is None:
        yield Told("teams", False, "Microsoft's package is missing. Install it: pip install 'lightkeeper[teams]'")
        return
    yield _endpoint(settings, runs=store is not None and _runs_here(store))
    if settings.teams_local:
        yield Told("teams token", True, "Warning: TEAMS_LOCAL is set, so nothing reaches Microsoft Teams itself.")
    elif online:
        yield _token(settings)


def of_the_register(store: Store, *, wanted: bool) -> Iterator[Told]:
    """Conversations and digests; where Teams is not `wanted`, only what would go there all the same."""
    with store.read() as tx:
        kept = conversations.every(tx)
        there = [one for one in digests.schedules(tx) if one.platform == conversations.TEAMS]
        lost = [one for one in there if conversations.known(tx, one.place) is None]
    if wanted:
        yield from _conversations(kept)
        yield from (Told("teams digest", False, _lost(one)) for one in lost)
        return
    for one in there:
        said = f"The digest {one.name} goes to Microsoft Teams, and TEAMS_APP_ID is missing. Set it, or say in Slack:"
        yield Told("teams digest", False, f"{said} {_elsewhere(one)}")


# --- the endpoint ---------------------------------------------------------------------------------------------------


def _endpoint(settings: Settings, *, runs: bool) -> Told:
    """What a request gets that Microsoft did not sign: 401, and nothing else."""
    where = f"{settings.http_host}, port {settings.http_port}, path {MESSAGES}"
    try:
        status = _asked(settings)
    except ConnectionError:
        if not runs:
            return Told("teams endpoint", True, f"No bot runs here now; Teams' requests will be taken at {where}.")
        said = f"A bot runs on this machine, but nothing takes Teams' requests at {where}. Start it again."
        return Told("teams endpoint", False, said)
    except (OSError, HTTPException):
        said = f"What listens at {where} gives no answer within {count(WITHIN_SECONDS, 'second')}. Start the bot again."
        return Told("teams endpoint", False, said)
    if status == 401:
        return Told(
            "teams endpoint", True, f"Teams' requests are taken at {where}, and none without Microsoft's token."
        )
    return Told("teams endpoint", False, _wrong(status, where))


def _wrong(status: int, where: str) -> str:
    if status == 200:
        return f"A request without Microsoft's token was let in at {where}. Stop what listens there."
    said = f"What listens at {where} is not this bot's door to Teams: it answers {status}."
    return f"{said} Start the bot again, or set HTTP_PORT to another port."


def _asked(settings: Settings) -> int:
    """The status that a message gets which bears no token."""
    host = HERE.get(settings.http_host, settings.http_host)
    line = HTTPConnection(host, settings.http_port, timeout=WITHIN_SECONDS)
    try:
        line.request("POST", MESSAGES, '{"type": "message"}', {"Content-Type": "application/json"})
        return line.getresponse().status
    finally:
        line.close()


def _runs_here(store: Store) -> bool:
    """Whether a bot on this machine gave a sign of life lately."""
    with store.read() as tx:
        beats = signs.beats(tx)
    mine = [beat for beat in beats if beat.name.startswith(f"{platform.node()}-")]
    return any((store.clock() - beat.at).total_seconds() < LATE_SECONDS for beat in mine)


def _token(settings: Settings) -> Told:
    from handlers.teams import token

    secret = settings.teams_app_secret.get_secret_value()
    why = token.trouble(settings.teams_app_id, secret, settings.teams_tenant_id)
    return Told("teams token", not why, why or "Microsoft gives the bot a token.")


# --- what the register keeps ----------------------------------------------------------------------------------------


def _conversations(kept: list[conversations.Told]) -> Iterator[Told]:
    known = [one for one in kept if one.left_at is None]
    left = sorted(one.left_at for one in kept if one.left_at is not None)
    if known:
        kinds = [count(many, *KINDS[kind]) for kind in KINDS if (many := sum(one.kind == kind for one in known))]
        oldest = british(london_day(min(one.heard_at for one in known)))
        said = f"The bot is known in Teams in {joined(kinds)}; the longest silent was heard on {oldest}."
    else:
        said = "Nobody in Teams is known to the bot yet. Install the app, write hello to it, and add it to the team."
    yield Told("teams conversations", True, said)
    if left:
        said = f"Warning: the bot was taken out of {count(len(left), 'conversation')}, last on"
        more = "What waited for them is kept, and is not sent."
        yield Told("teams conversations", True, f"{said} {british(london_day(left[-1]))}. {more}")


def _lost(one: digests.Schedule) -> str:
    said = f"The digest {one.name} goes to a channel of Teams where the bot was not heard yet, or is no longer."
    return f"{said} {SAY_IT if one.kind == digests.WEEKLY else f'Add the app to that team, or say: {_elsewhere(one)}'}"


def _elsewhere(one: digests.Schedule) -> str:
    return "digest here" if one.kind == digests.WEEKLY else f"digest remove {one.name}"
