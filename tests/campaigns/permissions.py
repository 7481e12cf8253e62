"""Campaign C6: every cell of the hand-written table of who may do what, said at the front door.

A register of real people, and an item for each way an item can stand: status, marking, which request pends, by whom
it was asked. Each cell's words are said by a person of its standing, and taken back afterwards.
"""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select, text

from handlers.ask import Ask, Desk
from handlers.card import Card
from handlers.commands import answer
from handlers.text.draw import said
from storage import people, record
from storage.people import Enrolment, Handle, Person
from storage.record import Actor
from storage.rules.marking import SENSITIVE
from storage.store import Store
from storage.tables import HISTORY
from tests.conftest import CAST, LIMITS, PRACTICE, Clock, peopled
from tests.storage.registers import row, take

DATA = PRACTICE.parent / "tests" / "data"
OTHERS = {"una": "dcc", "vic": "dcc", "wes": "liaison", "nell": "liaison"}  # beside the cast of all tests
ADDRESS = {**{who: told[0] for who, told in CAST.items()}, **{who: f"{who}@trentshire.example" for who in OTHERS}}
# standing -> who is that to the items of the campaign
WHO = {
    "owner": "owen",
    "delegate": "dana",
    "lead": "marcus",
    "liaison": "lia",
    "dcc": "ruth",
    "owner+dcc": "una",
    "asker+dcc": "vic",
    "asker+liaison": "wes",
    "officer": "ana",
    "policing_body": "tess",
    "audit_committee": "paul",
    "guest": "sam",
}
# for whom a sensitive item does not exist, by the contract
STRANGERS = frozenset({"officer", "policing_body", "audit_committee", "guest"})
# act -> valid words after it and the reference
SAYS = {
    "assign": " jo.cole@trentshire.example",
    "delegate": " kit.danvers@trentshire.example",
    "update": ": It goes on.",
    "waiting on": ": The fire service",
    "complete": ": All is done. https://evidence.example/1",
    "withdraw": "",
    "verify": ": I looked at it all.",
    "sign off": "",
    "send back": ": The second page is missing.",
    "target": " 3 Apr 2027",
    "extend": " 3 Apr 2027: The supplier has left.",
    "approve": "",
    "refuse": ": It has waited long enough.",
    "no action": ": The power lies with another body.",
    "supersede": " by none: Registered twice.",
    "dispute": ": It was mended before they came.",
    "accept": ": They showed us.",
    "reopen": ": It broke again.",
    "close": " 1 Nov 2026 HMI-7: Their letter says so.",
    "edit": " title: Mend the other lamp | It was misread.",
    "add": ": Buy a lamp",
    "snooze": " in 5 days: The printer is away.",
}


class Cell(NamedTuple):
    """One line of the table; `request` is the kind of what pends, "" nothing; `dated` is yes, no, or "" for either."""

    act: str
    status: str
    standing: str
    marking: str
    request: str
    dated: str
    allowed: str

    @property
    def expected(self) -> str:
        if self.standing == "guest":
            return "shut out"
        if self.marking == SENSITIVE and self.standing in STRANGERS:
            return "does not exist"
        return "changed" if self.allowed == "yes" else "refused"

    @property
    def item(self) -> "Stands":
        owner = "una" if self.standing == "owner+dcc" else "owen"
        asker = WHO[self.standing] if self.standing.startswith("asker") else "nell"
        return Stands(self.status, self.marking, self.request, self.dated, owner, asker if self.request else "")


class Stands(NamedTuple):
    """How an item stands."""

    status: str
    marking: str
    request: str
    dated: str
    owner: str
    asker: str


def cells() -> list[Cell]:
    """Every standing at every status, as the contract's table of acts has it; then what hangs on a request or date."""
    return [Cell(**line) for name in ("permissions.csv", "requests.csv") for line in _lines(name)]


def _lines(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Rehearsed(Store):
    """The register inside one transaction: what is written is seen, and taken back."""

    tx: Connection = field(kw_only=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        yield self.tx

    write = aside = read


@contextmanager
def rehearsing(store: Store) -> Iterator[Rehearsed]:
    names = ("url", "database", "writer", "reader", "clock", "audit_key")
    with store.writer.connect() as tx, tx.begin() as all_of_it:
        yield Rehearsed(**{name: getattr(store, name) for name in names}, tx=tx)
        all_of_it.rollback()


class House:
    """The register of the campaign."""

    def __init__(self, store: Store, clock: Clock, wanted: set[Stands]) -> None:
        self.store, self.clock = peopled(store), clock
        with store.write() as tx:
            for who in OTHERS:
                people.keep(tx, [Handle(people.EMAIL, "", ADDRESS[who])], who.title(), clock())
        liaisons = {**OTHERS, "vic": "liaison"}  # who asks must be somebody who may ask; a DCC later
        people.enrol(store, [Enrolment(ADDRESS[w], role) for w, role in liaisons.items()], None, "terminal", "tests")
        self.references = {stands: f"X{n}" for n, stands in enumerate(sorted(wanted), 1)}
        take(store, *(self._row(stands, reference) for stands, reference in self.references.items()))
        for stands, reference in self.references.items():
            if stands.request:
                self._ask_for(stands, reference)
        people.enrol(
            store, [Enrolment(ADDRESS["vic"], ""), Enrolment(ADDRESS["vic"], "dcc")], None, "terminal", "tests"
        )

    def _row(self, stands: Stands, reference: str) -> Any:
        owned = stands.status != "awaiting_allocation"
        people_ = f"{ADDRESS[stands.owner]}; {ADDRESS['dana']}" if owned else ""
        return row(
            reference,
            status="in_progress" if stands.request == "sign_off" else stands.status,
            marking=stands.marking,
            action_owner=people_,
            strategic_lead=ADDRESS["marcus"],
            target_date="2026-12-31" if stands.dated == "yes" else "",
        )

    def _ask_for(self, stands: Stands, reference: str) -> None:
        by = self._actor(stands.asker)
        if stands.request == "sign_off":
            record.ask_sign_off(self.store, by, reference, None, "All done.", ["https://evidence.example/1"])
        elif stands.request == "extend":
            day = self.clock().date().replace(year=2027)
            record.ask_extension(self.store, by, reference, None, day, "The supplier has left.")
        else:
            record.ask_no_action(self.store, by, reference, None, "It is another body's to do.")

    def _actor(self, who: str) -> Actor:
        return Actor(self.person(self.store, who), "terminal", "")

    def person(self, store: Store, who: str) -> Person:
        with store.read() as tx:
            found = people.known_as(tx, Handle(people.EMAIL, "", ADDRESS[who]), "" if who == "sam" else "officer")
        assert found is not None
        return found

    def outcomes(self, told: list[Cell]) -> Iterator[tuple[Cell, str]]:
        """What comes of each cell's words; after each all is as before."""
        with rehearsing(self.store) as inside:
            persons = {who: self.person(inside, who) for who in set(WHO.values())}
            for cell in told:
                inside.tx.execute(text("SAVEPOINT cell"))
                yield cell, self._outcome(inside, persons[WHO[cell.standing]], cell)
                inside.tx.execute(text("ROLLBACK TO cell"))

    def _outcome(self, inside: Rehearsed, who: Person, cell: Cell) -> str:
        reference = self.references[cell.item]
        before = _changes(inside.tx)
        words = f"{cell.act} {reference}{SAYS[cell.act]}"
        card = answer(Desk(inside, LIMITS, "/4action", "Trentshire Police"), Ask(words, who, self.clock()))
        return _came_of(card, reference, _changes(inside.tx) - before)


def _changes(tx: Connection) -> int:
    """How many events are in the ledger that changed something."""
    return int(tx.execute(select(func.count()).select_from(HISTORY).where(HISTORY.c.act != "refused")).scalar_one())


def _came_of(card: Card, reference: str, changes: int) -> str:
    words = said(card)
    if card.saved and card.ok and changes == 1:
        return "changed"
    if card.saved or card.ok or changes:
        return f"neither done nor refused: {words[:200]}"
    if "The register is for members of" in words:
        return "shut out"
    return "does not exist" if f"There is no item {reference}." in words else "refused"
