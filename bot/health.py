"""`doctor`: settings, tokens, channel, database and schedule; each a sentence, with the mend where one is wrong."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from bot import scheduler, teams_checks, wiring
from bot.clock import clock
from bot.doors import RunFault
from bot.settings import Settings, SettingsFault, chat_of, problems_to_run
from handlers.carrier import STOP, Trouble
from handlers.slack.scopes import SCOPES, compared
from handlers.slack.send import Sender
from handlers.wording import moment
from storage import digests, history, outbox, people, questions, roles
from storage.store import Store, StoreFault


class Check(NamedTuple):
    name: str
    ok: bool
    sentence: str


def checks(read: Callable[[], Settings], *, online: bool) -> list[Check]:
    """Everything that can be checked; what depends on something broken is left out."""
    try:
        settings = read()
    except SettingsFault as fault:
        return [Check("settings", False, sentence) for sentence in fault.faults]
    return list(_all(settings, online))


def _all(settings: Settings, online: bool) -> Iterator[Check]:
    faults = problems_to_run(settings)
    yield from (Check("settings", False, fault) for fault in faults)
    if not faults:
        yield Check("settings", True, "The settings are complete.")
    if settings.http_mode:
        where = f"{settings.http_host}, port {settings.http_port}"
        yield Check("http", True, f"Slack's requests are taken at {where}, path {wiring.EVENTS}.")
    store: Store | None = None
    try:
        store = wiring.ready_store(settings, clock(settings.lightkeeper_now))
    except StoreFault as fault:
        yield Check("database", False, str(fault))
    else:
        yield from _register(store)
        yield from _schedule(store, settings)
    if settings.slack_bot_token.get_secret_value() or (online and settings.slack_wanted):
        yield from _slack(settings)
    yield from (Check(*told) for told in _teams(settings, store, online))


def _teams(settings: Settings, store: Store | None, online: bool) -> Iterator[teams_checks.Told]:
    if settings.teams_wanted:
        yield from teams_checks.of_the_line(settings, store, online=online)
    if store:
        yield from teams_checks.of_the_register(store, wanted=settings.teams_wanted)


def _register(store: Store) -> Iterator[Check]:
    with store.read() as tx:
        items, head = questions.registered(tx), history.head(tx)
        seats = {role: people.holders(tx, role) for role in ("liaison", "dcc")}
        stuck, able = outbox.blocked(tx, store.clock()), roles.can_decide(roles.held(tx))
    yield Check("database", True, f"The register holds {items:,} items and {head.seq:,} events, head {head.shown}.")
    for role, names in seats.items():
        setting = f"{role.upper()}_USERS"
        if not names:
            yield Check(
                "roles", False, f"Nobody is {role}. Name somebody in {setting}, or: lightkeeper enrol PERSON {role}"
            )
    if len(able) < 2 and seats["dcc"]:
        who = f"Only {able[0]}" if able else "Nobody who is still here"
        said = f"{who} can sign off, and nobody signs off their own: lightkeeper enrol PERSON dcc"
        yield Check("sign-off", True, f"Warning: {said}")
    for key, _, trouble in stuck:
        yield Check("outbox", False, f"{key} could not be delivered. {trouble} Then: lightkeeper digest --send")


def _schedule(store: Store, settings: Settings) -> Iterator[Check]:
    now = store.clock()
    with store.read() as tx:
        kept = digests.weekly(tx)
    if kept is None and not settings.dcc_channel:
        said = "DCC_CHANNEL is missing, so no digest is sent. Copy the channel's ID from its details in Slack."
        if not settings.slack_wanted:
            said = "No digest is sent, as nobody has said where to. Say in the DCC's channel: @Lightkeeper digest here"
        yield Check("schedule", False, said)
        return
    if kept is None:
        yield Check("schedule", True, "The digest is set up at the first start of: lightkeeper run")
        return
    try:
        coming = scheduler.upcoming(kept, wiring.calendar(settings), now)
    except RunFault as fault:
        yield Check("schedule", False, str(fault))
        return
    yield Check("schedule", True, f"The next digest is due {moment(coming.due) if coming else 'never'}.")


def _slack(settings: Settings) -> Iterator[Check]:
    sender = Sender(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
    try:
        told = sender.whoami()
    except Trouble as trouble:
        yield Check("bot token", False, _refused("SLACK_BOT_TOKEN", trouble))
        return
    yield Check("bot token", True, f"Slack knows the bot as {told['user']} in {told['team']}.")
    yield from _scopes(sender)
    if settings.slack_app_token.get_secret_value():
        yield _app_token(settings)
    if chat_of(settings.dcc_channel) == "slack":
        yield _channel(sender, settings.dcc_channel)


def _refused(name: str, trouble: Trouble) -> str:
    if trouble.kind == STOP:
        return f"Slack does not take {name}. {trouble.sentence}"
    return f"Slack could not be asked about {name}. {trouble.sentence}"


def _scopes(sender: Sender) -> Iterator[Check]:
    """Whether the token may do what manifest.yml asks for, no less and no more."""
    faults = compared(sender.scopes) if sender.scopes else ["Slack did not say which scopes the bot token holds."]
    yield from (Check("scopes", False, fault) for fault in faults)
    if not faults:
        yield Check("scopes", True, f"The bot token holds the {len(SCOPES)} scopes of manifest.yml, and no other.")


def _app_token(settings: Settings) -> Check:
    try:
        Sender(settings.slack_app_token.get_secret_value(), settings.slack_api_url).open_socket()
    except Trouble as trouble:
        said = _refused("SLACK_APP_TOKEN", trouble)
        return Check("app token", False, f"{said} It needs the scope connections:write.")
    return Check("app token", True, "The app token opens a socket.")


def _channel(sender: Sender, place: str) -> Check:
    try:
        sender.mark(place)
    except Trouble as trouble:
        return Check("channel", False, f"The digest cannot reach its channel. {trouble.sentence}")
    return Check("channel", True, f"The bot is in the digest's channel {place}.")
