"""`mine` through Teams, from the gate to the card, beside an empty core and raw sqlite3; and Slack's beside it."""

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import registers
from bench.lists import SOON_DAYS, Raw
from bench.microsoft import ACCOUNT, APP, CHAT, TENANT, Json, Microsoft
from bench.office import Office, Shelf, opened
from bench.slack import command
from bench.timing import Line, compared, race, same
from bot import doors, wiring
from handlers.teams.gate import Gate

if TYPE_CHECKING:
    from handlers.teams.sdk import Line as TeamsLine

MOST, MOST_BESIDE = 2.0, 1.1
WORDS = "mine"
PUT = """
INSERT INTO outgoing_message (key, platform, place, payload, state, attempt, next_try_at, noted_ts, posted_ts, trouble,
created_at) VALUES (?, 'teams', ?, ?, 'waiting', 0, ?, '', '', '', ?) ON CONFLICT (key) DO NOTHING RETURNING id"""
KEPT = "SELECT key, payload FROM outgoing_message WHERE platform = 'teams' ORDER BY id DESC LIMIT 1"


@dataclass
class Door:
    """A bot with Teams beside Slack, its gate, and a line with nobody behind it."""

    office: Office
    microsoft: Microsoft
    idle: "TeamsLine"
    raw: Raw
    number: int = 0
    body: Json = field(default_factory=dict)
    sent: bytes = b""
    payload: str = ""  # as long as an answer is

    def __post_init__(self) -> None:
        assert self.office.bot.teams is not None
        self.gate = Gate(self.office.bot.teams.line)

    def next(self, make: Callable[[str, int], Json]) -> None:
        """Another activity, as it comes in."""
        self.number += 1
        self.body = make(WORDS, self.number)
        self.sent = json.dumps(self.body).encode()

    def asks(self) -> bytes:
        """What the gate answers to the activity."""
        told: list[str] = []
        environ = {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(self.sent))}
        environ |= {"HTTP_AUTHORIZATION": self.microsoft.bearer, "wsgi.input": io.BytesIO(self.sent)}  # type: ignore[dict-item]
        answer = b"".join(self.gate(environ, lambda status, *_: told.append(status)))  # type: ignore[arg-type]
        same("status", ["200 OK"], told)
        return answer

    def idles(self) -> None:
        """The SDK's own way of the activity, with its token check."""
        status, _ = self.idle.handle(self.body, {"authorization": self.microsoft.bearer})
        same("status of the empty core", 200, status)

    def presses(self) -> None:
        """The floor of a press: what one would ask of the database by hand, and the empty core."""
        self.idles()
        self.raw.answers(WORDS)

    def writes(self) -> None:
        """The floor of a message: the same, and the answer put where it is sent from."""
        self.presses()
        self.raw.connection.execute(PUT, (f"bench:{self.number}", CHAT, self.payload, *[NOW] * 2))

    def learn(self) -> None:
        """The answer to a message, as it was kept to be sent."""
        self.payload = self.raw.connection.execute(KEPT).fetchone()[1]


NOW = registers.NOW.strftime("%Y-%m-%d %H:%M:%S.%f")


def lines(register: Path, items: int, seconds: float) -> list[Line]:
    """A message and a press; then Slack's own list, with Teams set up beside it and without."""
    with door(register) as found:
        check(found)
        told = [
            _raced(f"Teams: `mine` written, {items:,} items", found, found.microsoft.message, found.writes, seconds),
            _raced(f"Teams: `mine` pressed, {items:,} items", found, found.microsoft.press, found.presses, seconds),
            _beside(f"Slack's `mine` with Teams set up, {items:,} items", found, register, seconds),
        ]
        found.raw.connection.execute("DELETE FROM outgoing_message WHERE platform = 'teams'")
    return told


def _raced(name: str, found: Door, make: Callable[[str, int], Json], floor: Callable[[], None], seconds: float) -> Line:
    return compared(name, race(floor, found.asks, seconds, before=lambda: found.next(make)), MOST)


def _beside(name: str, found: Door, register: Path, seconds: float) -> Line:
    body = command(WORDS)
    with opened(register) as alone:
        same(name, json.loads(alone.sends(body).body), json.loads(found.office.sends(body).body))
        return compared(name, race(lambda: alone.sends(body), lambda: found.office.sends(body), seconds), MOST_BESIDE)


@contextmanager
def door(register: Path) -> Iterator[Door]:
    """A bot as `run` makes it with both doors, its line open; what follows an answer is left undone."""
    with ExitStack() as stack:
        microsoft = stack.enter_context(Microsoft(registers.ASKER))
        told = {"teams_app_id": APP, "teams_tenant_id": TENANT, "teams_local": True}
        office = stack.enter_context(opened(register, **told, teams_metadata_url=microsoft.metadata_url))
        teams = office.bot.teams
        assert teams is not None
        teams.door.people.ticks = lambda: 0.0  # the minute of a warm cache does not pass
        teams.door.after.shutdown()
        teams.door.after = Shelf()
        stack.callback(wiring.open_line(teams).close)
        idle = doors.teams_line(office.bot.settings)
        assert idle is not None
        idle.start()
        stack.callback(idle.close)
        yield Door(office, microsoft, idle, Raw(register, ("teams", TENANT, ACCOUNT)))


def check(found: Door) -> None:
    """Raise Differs unless a press and a message say the very counts and rows that the floor finds."""
    found.next(found.microsoft.message)
    found.asks()
    found.learn()
    counts, rows = found.raw.answers(WORDS)
    found.next(found.microsoft.press)
    for card in (json.loads(found.payload)["card"], json.loads(found.asks())["value"]):
        said = [one["columns"][0]["items"][0]["inlines"] for one in card["body"] if one["type"] == "ColumnSet"]
        same(
            "mine in Teams, rows", [[row[1], f" {row[2]}"] for row in rows], [[run["text"] for run in r] for r in said]
        )
        everything, overdue, soon = counts
        expected = [everything, *([overdue] if overdue else []), soon, SOON_DAYS]
        same("mine in Teams, counts", expected, _figures(card["body"]))


def _figures(body: list[Any]) -> list[int]:
    """The numbers in the line under the heading."""
    line = next(block for block in body if block["type"] == "RichTextBlock")
    said = "".join(run["text"] for run in line["inlines"])
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", said)]
