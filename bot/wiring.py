"""The only place where parts are put together: store, people, door, ticker and postman of one running bot."""

import logging
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from bot import doors
from bot.alarms import CALLS, Alarms, Heartbeat
from bot.clock import Clock
from bot.daily import Daily
from bot.delivery import Postman, amiss, undelivered
from bot.doors import Mail, RunFault, Teams
from bot.forgetting import Forgetting
from bot.metrics import metrics
from bot.nightly import Nightly
from bot.notices import Notices
from bot.pulse import Pulse
from bot.scheduler import Digests, run_due, ticker
from bot.settings import SLACK, Settings, chat_of, tokens
from bot.socket import USUAL, Connection, Timing
from bot.web import PortTaken, Route, Web, healthz
from handlers.carrier import Chat, Drawing
from handlers.door import Doorway
from handlers.slack import draw, socket
from handlers.slack.door import Door
from handlers.slack.gate import Gate
from handlers.slack.people import SlackPeople
from handlers.slack.send import Sender
from storage import digests, outbox, people, reach, reminders, running
from storage.people import Enrolment, handle
from storage.rules.working_days import Calendar
from storage.store import Store, StoreFault, check_schema, open_store

if TYPE_CHECKING:
    from handlers.teams.sdk import Line

log = logging.getLogger(__name__)
EVENTS, MESSAGES = "/slack/events", "/api/messages"
ASKED_A_TICK = 40


def store_of(settings: Settings, clock: Clock, *, create: bool = False, absent: bool = False) -> Store:
    """The register that the settings name; see open_store."""
    key = settings.audit_key.get_secret_value().encode()
    return open_store(settings.database_url, clock, create=create, absent=absent, audit_key=key)


def ready_store(settings: Settings, clock: Clock) -> Store:
    """The register, of this program's age, with the roles that the settings give."""
    store = store_of(settings, clock)
    check_schema(store)
    seat(store, settings)
    return store


def seat(store: Store, settings: Settings) -> None:
    """LIAISON_USERS and DCC_USERS hold their role from the first start on."""
    wanted = [("liaison", t) for t in tokens(settings.liaison_users)]
    wanted += [("dcc", t) for t in tokens(settings.dcc_users)]
    with store.read() as tx:
        missing = [(r, t) for r, t in wanted if not _holds(tx, r, t)]
    if missing:
        people.enrol(store, [Enrolment(token, role) for role, token in missing], None, "settings", "settings")


def _holds(tx: object, role: str, token: str) -> bool:
    who = handle(token)
    person = people.known_as(tx, who) if who else None  # type: ignore[arg-type]
    return person is not None and role in person.roles


def calendar(settings: Settings) -> Calendar:
    """The wall clock, and the bank holidays of England and Wales or those of BANK_HOLIDAYS_FILE."""
    own = settings.bank_holidays_file
    days = _days_in(own) if own else _bundled()
    return Calendar(ZoneInfo(settings.timezone), days, settings.digest_holidays == "next")


def _days_in(path: Path) -> frozenset[date]:
    try:
        lines = path.read_text(encoding="utf-8").split()
        return frozenset(date.fromisoformat(line) for line in lines)
    except (OSError, ValueError):
        raise RunFault("BANK_HOLIDAYS_FILE cannot be read. It holds one date a line, like 2026-12-25.") from None


@cache
def _bundled() -> frozenset[date]:
    """Read once, however many parts ask for the calendar."""
    from govuk_bank_holidays.bank_holidays import BankHolidays

    table = BankHolidays(use_cached_holidays=True)
    return frozenset(h["date"] for h in table.get_holidays(division=BankHolidays.ENGLAND_AND_WALES))


def digest_work(store: Store, settings: Settings, line: "Line | None" = None) -> Digests:
    """What writing digests needs; without a line nobody knows who reads in a channel of Teams."""

    allowed = frozenset(tokens(settings.sensitive_channels))
    senders = {chat.name: chat.sender for chat in chats(store, settings, line)}

    def cleared(platform: str, place: str) -> bool:
        """On the allow list, and nobody of another organisation reads there."""
        return place in allowed and platform in senders and not senders[platform].shared(place)

    return Digests(store, calendar(settings), settings.limits, settings.slash_command, drawings(settings), cleared)


def drawings(settings: Settings) -> dict[str, Drawing]:
    """How each chat draws that the settings open."""
    drawn = {"slack": draw.DRAWING} if settings.slack_wanted else {}
    if settings.teams_wanted:
        from handlers.teams import draw as teams

        drawn["teams"] = teams.DRAWING
    return drawn


def chats(store: Store, settings: Settings, line: "Line | None" = None) -> list[Chat]:
    """The chats that messages go out to: Slack, and Teams where there is a line to it."""
    drawn = drawings(settings)
    found = [Chat("slack", drawn["slack"], doors.slack_sender(settings))] if settings.slack_wanted else []
    if line:
        from handlers.teams.send import Sender

        found.append(Chat("teams", drawn["teams"], Sender(line, store)))
    return found


def set_up_digest(store: Store, settings: Settings) -> None:
    """The weekly digest as the settings have it: to DCC_CHANNEL, until somebody says `digest here`."""
    timed = (settings.digest_day, settings.digest_time)
    if settings.dcc_channel:
        digests.set_up(store, chat_of(settings.dcc_channel), settings.dcc_channel, *timed)
    else:
        digests.timed(store, *timed)


def postman(
    store: Store,
    settings: Settings,
    clock: Clock,
    pause: Callable[[float], object] = time.sleep,
    line: "Line | None" = None,
) -> Postman:
    """Delivers as the bot; the liaison, or ALERT_USER, hears of what cannot be delivered."""
    tell = teller(store, settings, clock)

    def alert(key: str, sentence: str) -> None:
        if key.startswith("alert:"):
            log.error("nobody could be told: %s", sentence)
        else:
            tell(f"alert:{key}", undelivered(sentence))

    watch, to = settings.lightkeeper_now is None, chats(store, settings, line)
    return Postman(store, to, alert, watch_skew=watch, pause=pause, calendar=calendar(settings))


def teller(store: Store, settings: Settings, clock: Clock) -> Callable[[str, str], None]:
    """Tells the liaison, or ALERT_USER, in a message with that key; in the log where nobody can be told."""

    def tell(key: str, sentence: str) -> None:
        place = alert_place(store, settings)
        if place is None:
            log.error("nobody could be told: %s", sentence)
            return
        with store.aside() as tx:
            outbox.put(tx, key, *place, drawings(settings)[place.platform].plain(sentence), clock())

    return tell


def alarms(store: Store, settings: Settings, clock: Clock, pulse: Pulse, carrier: Postman) -> Alarms:
    """Looks for what is wrong; the liaison, or ALERT_USER, hears of it, once."""

    tell = teller(store, settings, clock)
    well = Heartbeat(settings.heartbeat_url.get_secret_value()).ping
    found = Alarms(
        store,
        calendar(settings),
        lambda key, sentence: tell(key, amiss(sentence)),
        lambda: pulse.slack(),
        lambda: carrier.stopped,
        teams=lambda: pulse.teams(),
        skewed=lambda: carrier.skewed,
        backups=settings.backup_dir,
        well=well,
    )
    pulse.troubles = lambda: sorted({trouble.name for trouble in found.found})
    return found


def alert_place(store: Store, settings: Settings) -> reach.Place | None:
    """Where trouble is told: to ALERT_USER, else to the first liaison whom an open chat knows."""
    wanted, doors = handle(settings.alert_user) if settings.alert_user else None, drawings(settings)
    with store.read() as tx:
        return reach.of_handle(tx, wanted, doors) if wanted else reach.first_holder(tx, "liaison", doors)


class Job(NamedTuple):
    """One thing that each tick does; what goes `by_the_clock` waits while our clock and Slack's differ."""

    name: str
    work: Callable[[datetime], Any]
    by_the_clock: bool = True


@dataclass
class Bot:
    """One running bot; `tick` is what the ticker calls, and what tests call instead of waiting."""

    settings: Settings
    clock: Clock
    store: Store
    digests: Digests
    notices: Notices
    postman: Postman
    slack: Door | None
    teams: Teams | None
    pulse: Pulse
    alarms: Alarms
    jobs: tuple[Job, ...]
    stopped: threading.Event = field(default_factory=threading.Event)
    ended: str = ""

    @property
    def door(self) -> Door:
        """Slack's door, where the settings open it."""
        assert self.slack is not None
        return self.slack

    @property
    def doors(self) -> tuple[Doorway, ...]:
        """Those that the settings open."""
        return tuple(door for door in (self.slack, self.teams and self.teams.door) if door)

    def tick(self) -> None:
        """Do every job once, each whatever became of the one before; each asks for the time when its turn comes.

        A job that fails as nobody foresaw leaves the tick without its mark, and so `/healthz` tells of it.
        """
        done = [self._do(job) for job in self.jobs if not self.stopped.is_set()]
        if all(done) and not self.stopped.is_set():
            self.pulse.ticked()

    def _do(self, job: Job) -> bool:
        """False where it failed as nobody foresaw."""
        try:
            if self.postman.clock_agrees() or not job.by_the_clock:
                job.work(self.clock())
        except StoreFault as fault:
            log.warning("%s: %s", job.name, fault)
        except Exception:
            log.exception("%s: a fault of Lightkeeper's", job.name)
            return False
        return True

    def end(self, sentence: str) -> None:
        """There is no way on; `run` says the sentence and ends."""
        self.ended = sentence
        self.stopped.set()


def build(settings: Settings, clock: Clock, pause: Callable[[float], object] = time.sleep) -> tuple[Bot, object]:
    """The bot and Slack's Bolt app, connected to nothing yet. Raises RunFault when Slack does not take the token."""
    store = ready_store(settings, clock)
    pulse = Pulse(store)
    if not settings.slack_wanted:
        pulse.slack = lambda: ""
    line = doors.teams_line(settings)
    carrier = postman(store, settings, clock, pause, line)
    desk = settings.desk(store)._replace(calendar=calendar(settings))
    news = Notices(desk, drawings(settings), carrier.alert, settings.role_of_members)
    mail = Mail(store, clock, news, carrier, teller(store, settings, clock))
    slack, app = doors.slack(settings, desk, mail, pulse) if settings.slack_wanted else (None, None)
    teams = doors.teams(settings, desk, mail, pulse, line) if line else None
    set_up_digest(store, settings)
    reminders.begin(store)
    work = digest_work(store, settings, line)._replace(apart=True)
    watch = alarms(store, settings, clock, pulse, carrier)
    nightly = Nightly(store, settings, desk.calendar, watch.tell)
    jobs = (
        Job("reminders", Daily(store, desk.calendar, settings.limits).tell),
        Job("digests", partial(run_due, work)),
        Job("notices", news.address),
        Job("messages", carrier.deliver),
        *([Job("people", lambda _now: _look_around(slack.people), by_the_clock=False)] if slack else []),
        *([Job("people in Teams", lambda _now: teams.look_around(), by_the_clock=False)] if teams else []),
        Job("old answers", Forgetting(store).look),
        Job("backup", nightly.look, by_the_clock=False),
        Job("alarms", watch.look, by_the_clock=False),
    )
    return Bot(settings, clock, store, work, news, carrier, slack, teams, pulse, watch, jobs), app


def _look_around(who: SlackPeople) -> None:
    """Name who is known by address only, find who has left."""
    who.find_leavers(ASKED_A_TICK - who.name_owners())


def run(settings: Settings, clock: Clock) -> None:
    """Serve until SIGTERM or Ctrl-C; raises RunFault when there is no way in, or no way back."""
    with ExitStack() as open_things:  # closed in the opposite order
        register = store_of(settings, clock)
        open_things.callback(register.close)
        sign = open_things.enter_context(running.running(register))
        bot, app = build(settings, clock)
        bot.jobs += (Job("sign of running", lambda _now: _keep_sign(bot, sign), by_the_clock=False),)
        _stop_on_signals(bot.stopped)
        open_things.callback(bot.store.close)
        open_things.callback(_leave, bot.alarms)
        if bot.teams:  # closed after the doors: what they post then is on its way by this line
            open_things.callback(open_line(bot.teams).close)
        for door in bot.doors:
            open_things.callback(door.after.shutdown, wait=True)
        if settings.port_wanted:
            open_things.callback(serve(bot, app).close)
        if bot.slack and not settings.http_mode:
            open_things.callback(connect(bot, app).close)
        beat = ticker(bot.tick)
        beat.start()
        open_things.callback(beat.shutdown, wait=True)
        _say_where(settings)
        bot.stopped.wait()
    if bot.ended:
        raise RunFault(bot.ended)


def _leave(watch: Alarms) -> None:
    with suppress(StoreFault):
        watch.leave()


def _keep_sign(bot: Bot, sign: running.Sign) -> None:
    """Others go by it that a bot runs: without it, this one ends."""
    try:
        running.keep(sign)
    except running.Taken as fault:
        bot.end(str(fault))


def _say_where(settings: Settings) -> None:
    if settings.slack_wanted:
        where = "Slack" if settings.slack_api_url == SLACK else settings.slack_api_url
        log.info("connected to %s as %s", where, settings.slash_command)
    if settings.teams_wanted:
        log.info("Teams calls at %s, port %d, path %s", settings.http_host, settings.http_port, MESSAGES)


def open_line(teams: Teams) -> "Line":
    """Begin to listen to Teams, and to send to it. Raises RunFault where its package is not there."""
    try:
        teams.line.start(teams.listener.activity)
    except ImportError:
        raise RunFault("Microsoft's package is missing. Install it: pip install 'lightkeeper[teams]'") from None
    return teams.line


def connect(bot: Bot, app: object, timing: Timing = USUAL, jitter: Callable[[], float] = random.random) -> Connection:
    """Open Socket Mode: an outgoing line, watched and kept. Raises RunFault when it does not open."""
    sender = Sender(bot.settings.slack_app_token.get_secret_value(), bot.settings.slack_api_url)
    answer = partial(socket.answer, app)  # type: ignore[arg-type]
    line = Connection(partial(socket.open_line, sender), answer, bot.end, jitter=jitter, timing=timing)
    bot.pulse.slack = lambda: line.state
    try:
        line.connect()
    except socket.LineFault as fault:
        raise RunFault(f"The socket to Slack did not open. {fault} Check SLACK_APP_TOKEN.") from None
    return line


def serve(bot: Bot, app: object, port: int | None = None) -> Web:
    """Open our one port: health, metrics, and requests of who calls us over HTTP. Raises RunFault when it is taken."""
    routes = {"/healthz": healthz(bot.pulse.told), "/metrics": metrics(bot.store, bot.pulse)}
    if bot.settings.http_mode:
        from slack_bolt.adapter.wsgi import SlackRequestHandler

        secret = bot.settings.slack_signing_secret.get_secret_value()
        gate = Gate(SlackRequestHandler(app, path=EVENTS), secret, bot.clock)  # type: ignore[arg-type]
        routes[EVENTS] = Route("POST", gate)
        bot.pulse.slack = lambda: CALLS
    if bot.teams:
        from handlers.teams.gate import Gate as TeamsGate

        routes[MESSAGES] = Route("POST", TeamsGate(bot.teams.line))
        bot.pulse.teams = lambda: CALLS
    host, wanted = bot.settings.http_host, bot.settings.http_port if port is None else port
    try:
        web = Web(routes, host, wanted)
    except PortTaken as fault:
        raise RunFault(str(fault)) from None
    web.start()
    log.info("listening on %s, port %d", host, web.port)
    return web


def _stop_on_signals(stopped: threading.Event) -> None:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
