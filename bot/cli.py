"""The verbs: each imports only what it needs, ends with 0, 1 or 2, and shows no traceback for bad input."""

import argparse
import getpass
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.settings import Settings
    from storage.people import Enrolment, Person
    from storage.record import Actor
    from storage.store import Store


class Refused(Exception):
    """The verb did not do it: one plain sentence a fault."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class WrongUsage(Refused):
    """The command line itself lacks something: exit status 2."""


class _Parser(argparse.ArgumentParser):
    """Wrong usage in a sentence and a way on, with exit status 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. Try: {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; gives the exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if any("\udc80" <= letter <= "\udcff" for word in given for letter in word):
        print("What was typed is not UTF-8 text. Type it again, or set the terminal to UTF-8.", file=sys.stderr)
        return 1
    options = _parser().parse_args(given)
    try:
        return int(options.verb(options) or 0)
    except Refused as refused:
        for fault in refused.faults:
            print(fault, file=sys.stderr)
        return 2 if isinstance(refused, WrongUsage) else 1
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as fault:
        if _plain(fault):
            print(fault, file=sys.stderr)
            return 1
        raise


def _plain(fault: Exception) -> bool:
    """Whether a fault speaks in sentences for people."""
    from bot.settings import SettingsFault
    from storage.store import StoreFault

    doors = sys.modules.get("bot.doors")
    sentences: tuple[type[Exception], ...] = (SettingsFault, StoreFault)
    return isinstance(fault, (*sentences, *((doors.RunFault,) if doors else ())))


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _website(text: str) -> str:
    if not text.startswith("https://") or len(text) > 2048 or any(letter.isspace() for letter in text):
        raise argparse.ArgumentTypeError("a website is an https address, like https://www.force.police.uk/")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="lightkeeper", description="A force's register of inspection findings, kept in chat.")
    parser.add_argument("--env-file", default=".env", help="where settings are read from beside the environment")
    verbs = parser.add_subparsers(metavar="VERB", required=True, parser_class=_Parser)
    for name, help_, verb, arguments in VERBS:
        one = verbs.add_parser(name, help=help_, description=help_)
        for flags, more in arguments:
            one.add_argument(*flags, **more)
        one.set_defaults(verb=verb)
    return parser


# --- what verbs share -----------------------------------------------------------------------------------------------


def _settings(options: argparse.Namespace) -> "Settings":
    from bot import settings

    return settings.read(options.env_file or None)


def _clock(settings: "Settings") -> "Clock":
    from bot.clock import clock

    return clock(settings.lightkeeper_now)


def _open(options: argparse.Namespace) -> tuple["Settings", "Clock", "Store"]:
    """Settings, clock and the register, ready."""
    from bot import wiring

    settings = _settings(options)
    clock = _clock(settings)
    return settings, clock, wiring.ready_store(settings, clock)


def _actor(options: argparse.Namespace, store: "Store", role: str = "") -> "Actor":
    """`--as PERSON` with the rights of that person, else the operating-system account."""
    from storage import people
    from storage.record import Actor

    if options.as_:
        person = _person(store, options.as_, "")
        if role and role not in person.roles:
            raise Refused(f"{person.called} is not the {role}, and only the {role} may do that.")
        return Actor(person, "terminal", "")
    account = getpass.getuser()
    with store.write() as tx:
        number = people.keep(tx, [people.Handle("terminal", "", account)], account, store.clock())
    return Actor(people.Person(number, account, frozenset()), "terminal", "")


def _person(store: "Store", token: str, member_role: str) -> "Person":
    """Somebody in the register by address, chat user ID or name."""
    from storage import people, questions

    with store.read() as tx:
        who = people.handle(token)
        found = people.known_as(tx, who, member_role) if who else None
        numbers = [] if found or who else questions.persons_called(tx, token, "")
        if len(numbers) == 1:
            found = people.by_number(tx, numbers[0], member_role)
    if found is None:
        many = "More than one person is" if len(numbers) > 1 else "Nobody in the register is"
        raise Refused(f"{many} called {token}. Give an e-mail address, or enrol them first.")
    return found


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


# --- the verbs ------------------------------------------------------------------------------------------------------


def _demo(options: argparse.Namespace) -> int:
    from bot import demo

    if options.as_ and not options.teams:
        raise WrongUsage("--as says who you are in Teams: use it with --teams.")
    try:
        return demo.run(options.port, (options.as_ or _IN_TEAMS) if options.teams else "")
    except demo.NoClient as fault:
        raise Refused(str(fault)) from None


def _run(options: argparse.Namespace) -> int:
    from bot import logs, wiring
    from bot.settings import problems_to_run

    settings = _settings(options)
    faults = problems_to_run(settings)
    if faults:
        raise Refused(*faults)
    logs.set_up()
    wiring.run(settings, _clock(settings))
    return 0


def _teams_package(options: argparse.Namespace) -> int:
    from bot import teams_package

    return teams_package.write(_settings(options), options.output, options.website or "")


def _migrate(options: argparse.Namespace) -> int:
    from bot import wiring
    from storage import migrations

    settings = _settings(options)
    store = wiring.store_of(settings, _clock(settings), create=True)
    done = migrations.upgrade(store)
    print("The register is up to date." if done else "The register was up to date already.")
    return 0


def _ask(options: argparse.Namespace) -> int:
    from bot import wiring
    from handlers import commands
    from handlers.ask import Ask
    from handlers.text import draw

    settings, clock, store = _open(options)
    try:
        person = _person(store, options.as_, settings.role_of_members)
    except Refused as refused:
        if not options.json:
            raise
        _print_json({"ok": False, "text": str(refused)})
        return 1
    desk = settings.desk(store)._replace(calendar=wiring.calendar(settings))
    card = commands.answer(desk, Ask(options.words, person, clock()))
    said = draw.said(card)
    if options.json:
        _print_json({"ok": card.ok, "text": said})
    else:
        print(said, file=sys.stdout if card.ok else sys.stderr)
    return 0 if card.ok else 1


def _import(options: argparse.Namespace) -> int:
    from bot import doors, files

    settings, _, store = _open(options)

    def actor() -> "Actor":
        return _actor(options, store, "liaison")

    return files.take_in(options, store, actor, lambda addresses: doors.absent(settings, addresses))


def _export(options: argparse.Namespace) -> int:
    from bot import as_at, files

    settings, clock, store = _open(options)
    now = clock()
    past = as_at.past(options.as_at, now) if options.as_at else None
    return files.give_out(options, store, settings.limits, past or now, past)


def _digest(options: argparse.Namespace) -> int:
    from bot import digest

    settings, clock, store = _open(options)
    return digest.verb(options, settings, clock, store)


def _enrol(options: argparse.Namespace) -> int:
    from bot import enrolment
    from storage import people

    settings, _, store = _open(options)
    wanted = _enrolment(options)
    faults = enrolment.held_by_settings(store, settings, wanted)
    if faults:
        raise Refused(*faults)
    actor = _actor(options, store, "liaison")
    for one, changed in people.enrol(store, wanted, actor.person.id, "terminal", "enrolled"):
        print(enrolment.told(one, changed))
    return 0


def _enrolment(options: argparse.Namespace) -> "list[Enrolment]":
    """Whom and as what, from the command line or a list; every bad line is named."""
    from bot import enrolment

    try:
        if options.from_:
            return enrolment.listed(_text_of(Path(options.from_)))
        if options.person and options.role:
            return enrolment.one(options.person, options.role)
    except enrolment.ListFault as fault:
        raise Refused(*fault.faults) from None
    said = "lightkeeper enrol: say whom and as what, PERSON ROLE, or --from people.csv."
    raise WrongUsage(f"{said} Try: lightkeeper enrol --help")


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise Refused(f"There is no file {path}.") from None
    except (OSError, UnicodeDecodeError):
        raise Refused(f"The file {path} cannot be read as text.") from None


def _verify(options: argparse.Namespace) -> int:
    from storage import history

    _, _, store = _open(options)
    against = options.against.strip().lower()
    if against and (len(against) < history.HEAD_SHOWN or set(against) - set("0123456789abcdef")):
        raise Refused("A head is at least 16 of the figures 0 to 9 and letters a to f, as a digest prints it.")
    faults, head = history.verify(store, against)
    good = f"The chain holds: {head.seq:,} events, head {head.shown}, and the register is what they add up to."
    checks = [{"name": "chain", "ok": False, "sentence": fault.sentence} for fault in faults]
    return _tell(options, checks or [{"name": "chain", "ok": True, "sentence": good}])


def _backup(options: argparse.Namespace) -> int:
    from bot import backups

    settings, clock, store = _open(options)
    return backups.back_up(options, settings, clock, store)


def _restore(options: argparse.Namespace) -> int:
    from bot import backups, wiring

    settings = _settings(options)
    clock = _clock(settings)
    return backups.put_back(options, settings, clock, wiring.store_of(settings, clock, absent=True))


def _doctor(options: argparse.Namespace) -> int:
    from bot import health

    checks = health.checks(lambda: _settings(options), online=options.online)
    return _tell(options, [check._asdict() for check in checks])


def _health(options: argparse.Namespace) -> int:
    from bot import vitals

    checks = vitals.checks(lambda: _settings(options))
    return _tell(options, [check._asdict() for check in checks])


def _tell(options: argparse.Namespace, checks: list[dict[str, Any]]) -> int:
    """Print checks: as JSON, else the good ones on stdout and the bad ones on stderr; 1 when one is bad."""
    ok = all(check["ok"] for check in checks)
    if options.json:
        _print_json({"ok": ok, "checks": checks})
        return 0 if ok else 1
    for check in checks:
        print(check["sentence"], file=sys.stdout if check["ok"] else sys.stderr)
    return 0 if ok else 1


_IN_TEAMS = "owen.hale@trentshire.example"

Argument = tuple[tuple[str, ...], dict[str, Any]]
_JSON: Argument = (("--json",), {"action": "store_true", "help": "print one JSON object"})
_AS: Argument = (("--as",), {"dest": "as_", "default": "", "metavar": "PERSON", "help": "act as this person"})
_DATE: Argument = (("--as-at",), {"default": "", "metavar": "DATE", "help": "the end of that London day"})

VERBS: tuple[tuple[str, str, Callable[[argparse.Namespace], int], tuple[Argument, ...]], ...] = (
    (
        "demo",
        "Try it in a browser: a practice workspace with a sample register; nothing leaves this machine.",
        _demo,
        (
            (("--port",), {"type": _port, "default": 4180, "help": "the page's port (another when it is taken)"}),
            (("--teams",), {"action": "store_true", "help": "with Microsoft's local client for Teams beside it"}),
            (("--as",), {"dest": "as_", "default": "", "metavar": "ADDRESS", "help": f"in Teams; else {_IN_TEAMS}"}),
        ),
    ),
    ("run", "Serve Slack and Microsoft Teams, whichever is set up, until stopped.", _run, ()),
    (
        "teams-package",
        "Make the zip that puts the app into Microsoft Teams.",
        _teams_package,
        (
            (("-o", "--output"), {"default": "lightkeeper-teams.zip", "metavar": "ZIP", "help": "where it goes"}),
            (
                ("--website",),
                {"type": _website, "metavar": "URL", "help": "the force's page on who runs this"},
            ),
        ),
    ),
    ("migrate", "Make the register, or bring its tables up to this program.", _migrate, ()),
    (
        "ask",
        "Print what the bot would answer.",
        _ask,
        (
            (("words",), {"metavar": "WORDS", "help": "what one would type after the slash command"}),
            (("--as",), {"dest": "as_", "required": True, "metavar": "PERSON", "help": "who asks"}),
            _JSON,
        ),
    ),
    (
        "import",
        "Take a register in from a CSV or JSON file.",
        _import,
        (
            (("file",), {"metavar": "FILE"}),
            (("--dry-run",), {"action": "store_true", "help": "show what would change, and change nothing"}),
            (("--map",), {"default": "", "metavar": "FILE", "help": "a TOML file that says which column is which"}),
            (("--force",), {"action": "store_true", "help": "take the file's word where the register has moved on"}),
            _AS,
            _JSON,
        ),
    ),
    (
        "export",
        "Give the register out as CSV or JSON.",
        _export,
        (
            (("--format",), {"choices": ("csv", "json"), "default": "csv"}),
            _DATE,
            (("-o", "--output"), {"default": "", "metavar": "FILE", "help": "a file instead of the screen"}),
        ),
    ),
    (
        "digest",
        "Show the weekly digest, or send the one of this period.",
        _digest,
        (
            (("--preview",), {"action": "store_true", "help": "print it (the default)"}),
            (("--send",), {"action": "store_true", "help": "send this period's digest now, once"}),
            _DATE,
            _JSON,
        ),
    ),
    (
        "enrol",
        "Give a person a role, or take all of theirs away.",
        _enrol,
        (
            (("person",), {"nargs": "?", "default": "", "metavar": "PERSON"}),
            (("role",), {"nargs": "?", "default": "", "metavar": "ROLE", "help": "or none"}),
            (("--from",), {"dest": "from_", "default": "", "metavar": "CSV", "help": "person,role[,name] a line"}),
            _AS,
        ),
    ),
    (
        "verify",
        "Check that the history is whole and the register is what it adds up to.",
        _verify,
        ((("--against",), {"default": "", "metavar": "HEAD", "help": "an earlier chain head, from a digest"}), _JSON),
    ),
    (
        "backup",
        "Write a backup of the register, while it is used.",
        _backup,
        ((("file",), {"nargs": "?", "default": "", "metavar": "FILE", "help": "else one of the day in BACKUP_DIR"}),),
    ),
    (
        "restore",
        "Put a backup in the register's place; no bot may run.",
        _restore,
        (
            (("file",), {"metavar": "FILE"}),
            (("--force",), {"action": "store_true", "help": "also over a register that holds later events"}),
            _AS,
        ),
    ),
    (
        "health",
        "Say whether a bot runs on the register and all is in time.",
        _health,
        (_JSON,),
    ),
    (
        "doctor",
        "Say what is missing or wrong, and how to mend it.",
        _doctor,
        ((("--online",), {"action": "store_true", "help": "Slack must be asked too, and Microsoft"}), _JSON),
    ),
)
