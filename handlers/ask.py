"""An Ask: what somebody said, from any door; and the Desk, what every answer needs."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from storage.fields import LONDON, london_day
from storage.people import Handle, Person
from storage.questions import Reader
from storage.record import Actor, Attached
from storage.rules.deadlines import Thresholds
from storage.rules.working_days import Calendar
from storage.store import Store


class Refused(NamedTuple):
    """Why the chat gives nobody for a name: one sentence."""

    sentence: str


class Desk(NamedTuple):
    """The register and the words that the settings give.

    `in_chat` asks the `chat` who somebody is: the id of a full member, or why there is none. `calendar` knows the days
    off once the settings have been read; `digest_at` is on which weekday and at which time the DCC's digest comes.
    """

    store: Store
    limits: Thresholds
    slash: str
    force: str
    in_chat: Callable[[Handle], int | Refused] | None = None
    calendar: Calendar = Calendar(LONDON, frozenset())
    digest_at: tuple[str, str] = ("mon", "09:00")
    chat: str = "slack"


class Coming(NamedTuple):
    """A file of a form that is not here yet: its name, and its size in bytes as far as the chat says."""

    name: str
    size: int


@dataclass(frozen=True)
class Ask:
    """Words, and who said them when and where; `form` holds the fields when a form was sent, `was` as it was drawn.

    `files` came with it; of those that are `coming` only name and size are known yet. `outside` says why a person is
    not let in at all ("" when they are). `forms` is whether this door opens forms, `carries` whether it hands files
    over, `takes_files` whether a form can be given some. `request_key` names this very request, so that a repeat is
    known; "" where none can come.
    """

    words: str
    person: Person
    now: datetime
    request_key: str = ""
    place: str = "terminal"
    forms: bool = False
    form: Mapping[str, str] | None = None
    was: Mapping[str, str] = field(default_factory=dict)
    outside: str = ""
    tenant: str = ""
    files: tuple[Attached, ...] = ()
    coming: tuple[Coming, ...] = ()
    carries: bool = False
    takes_files: bool = False

    @property
    def today(self) -> date:
        return london_day(self.now)

    @property
    def actor(self) -> Actor:
        # a repeat is the same request of the same person
        key = f"{self.request_key}:{self.person.id}" if self.request_key else ""
        return Actor(self.person, self.place, key)

    def reader(self, desk: Desk) -> Reader:
        return Reader(self.person, self.today, desk.limits)


_QUOTES = dict.fromkeys("“”„", '"') | dict.fromkeys("‘’", "'")
_BLANKS = dict.fromkeys("\u00a0\u202f\u2009", " ") | dict.fromkeys("\u200b\ufeff", "")
_FORGIVEN = str.maketrans(_QUOTES | _BLANKS)


def plain(text: str) -> str:
    """Smart quotes and no-break spaces forgiven."""
    return text.translate(_FORGIVEN)


def sound(text: str) -> str:
    """Text that any file and database takes: no lone halves of a character, no NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


def tidied(words: str) -> str:
    """Words as they were meant, as far as the first colon; what follows it may be kept, and stays as typed."""
    head, colon, kept = words.strip().partition(":")
    return (plain(head) + colon + kept).strip()


class Told(NamedTuple):
    """An act typed or pressed: on which item, seen at which version, with which words after the colon.

    `colon` is False when words followed without one.
    """

    reference: str
    version: int | None
    words: str
    colon: bool


_ACT = re.compile(r"(\S+)(?:\s+v(\d{1,9}))?(?:\s+|$)(.*)\Z", re.DOTALL)


def told(rest: str) -> Told:
    """Take `REF v7: words` apart; the reference keeps no trailing colon, the words keep their line breaks."""
    rest = rest.strip()
    head, colon, words = rest.partition(":")
    found = _ACT.match(head.strip())
    if found is None:
        return Told("", None, words.strip(), bool(colon))
    reference, version, extra = found.groups()
    if extra:  # words without a colon before them
        return Told(reference, int(version) if version else None, rest[found.start(3) :].strip(), False)
    return Told(reference, int(version) if version else None, words.strip(), bool(colon))
