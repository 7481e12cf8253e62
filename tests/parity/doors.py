"""Three doors, driven by the same few acts: say words, press a button, fill in a form and send it, read what came."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from bot import wiring
from bot.daily import Daily
from bot.scheduler import Digests, run_due
from handlers import commands, notices
from handlers.ask import Ask, Desk
from handlers.card import Card, Form, shown_in
from handlers.carrier import Drawing
from handlers.text.draw import said, whole_twin
from practice.clock import ClockGoesForwards
from storage import digests, outbox, people, reminders
from storage.people import Handle
from storage.store import open_store
from tests.conftest import CAST, Clock, Town, as_in_the_demo
from tests.databases import Database
from tests.parity import reading
from tests.parity.reading import Seen
from tests.teams.office import GOVERNANCE, Shown, account, chat
from tests.teams.office import Member as TeamsMember
from tests.teams.office import Office as TeamsOffice
from tests.teams.stand_ins import TENANT, Connector
from tests.wire.office import DCC, IMPROVE, settings, until
from tests.wire.office import Member as SlackMember
from tests.wire.office import Office as SlackOffice

TYPED = "Type it like this"  # what a terminal says in place of a form
ME, CHANNEL = "", "channel"  # where something is said: to the bot alone, or in the DCC's channel
SUBJECT = "Weekly digest"
Json = dict[str, Any]


class Door(Protocol):
    """A way to the register. Where there are no `forms`, a sentence stands in place of one."""

    name: str
    forms: bool

    @property
    def clock(self) -> Clock:
        """The door's own, that a test sets."""

    def says(self, who: str, words: str, where: str = ME) -> Seen:
        """What is answered to words."""

    def presses(self, who: str, seen: Seen, label: str, about: str) -> Seen:
        """What a press on a button comes to; its question is answered with yes."""

    def sends(self, who: str, seen: Seen, values: Mapping[str, str]) -> Seen:
        """What comes of a form with these fields filled in; `@ana` is Ana's account."""

    def at(self, when: str) -> None:
        """It is that moment in London, and what has to happen by schedule has happened."""

    def hears(self, who: str) -> Seen:
        """The last that somebody was told without asking."""

    def digest(self) -> Seen:
        """The digest as it stands in the DCC's channel."""


# --- the terminal ----------------------------------------------------------------------------------------------------


def _kept(card: Card) -> str:
    told = whole_twin(card).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return json.dumps({"text": told})


TEXT = Drawing(_kept, lambda card: True, lambda payload, due: payload, lambda words: json.dumps({"text": words}), True)


@dataclass(frozen=True)
class Printed:
    """What stands in a terminal: the ask, the card, and the words that it answers, where they may be said again.

    `form` is what a chat would show in its place.
    """

    ask: Ask
    card: Card
    origin: str
    form: Form | None = None


@dataclass
class Terminal:
    """The text door. It draws nothing anew: below the word that something is saved, the words are said again."""

    town: Town
    name: str = "text"
    forms: bool = False

    @property
    def clock(self) -> Clock:
        return self.town.clock

    @property
    def desk(self) -> Desk:
        return self.town.desk._replace(calendar=wiring.calendar(settings()))

    def _ask(self, who: str, words: str, **more: Any) -> Ask:
        """Whoever is a member of the force is an officer, as the chats have it."""
        ask = self.town.ask(words, who, **more)
        with self.town.store.read() as tx:
            return replace(ask, person=people.by_number(tx, ask.person.id or 0, settings().role_of_members))

    def says(self, who: str, words: str, where: str = ME) -> Seen:
        place = f"slack {DCC}" if where else "terminal"
        return self._answered(self._ask(who, words, place=place), words)

    def presses(self, who: str, seen: Seen, label: str, about: str) -> Seen:
        words = seen.button(label, about).say
        return self._answered(self._ask(who, words), words, seen.thing.origin)

    def sends(self, who: str, seen: Seen, values: Mapping[str, str]) -> Seen:
        """The form is what a chat would have shown; its fields go in as they are typed there."""
        before: Printed = seen.thing
        form = before.form
        assert form is not None, seen.text
        typed = {one.name: one.value for one in form.fields if one.kind != "files"} | dict(before.ask.form or {})
        more = {"form": typed | _meant(values, lambda name: CAST[name][0]), "was": form.was}
        return self._answered(self._ask(who, form.say, **more), "", before.origin, form)

    def _answered(self, ask: Ask, words: str, origin: str = "", sent: Form | None = None) -> Seen:
        card = shown = commands.answer(self.desk, ask)
        if commands.reads(words) and words:
            origin = words
        elif card.saved and not card.form and origin:
            again = commands.answer(self.desk, replace(ask, words=origin, form=None, was={}))
            shown = replace(again, parts=(*card.parts[:1], *again.parts))
        text = said(shown)
        form = card.form or (sent if card.faults else None)
        if TYPED in text:
            form = commands.answer(self.desk, replace(ask, forms=True)).form
        return reading.of_card(shown, text, Printed(ask, card, origin, form))

    def at(self, when: str) -> None:
        now, store = self.clock.set(when), self.town.store
        Daily(store, self.desk.calendar, self.desk.limits).tell(now)
        run_due(Digests(store, self.desk.calendar, self.desk.limits, "", {"slack": TEXT}, lambda *_: False), now)

    def hears(self, who: str) -> Seen:
        store, person = self.town.store, self._ask(who, "").person
        with store.read() as tx:
            waiting = [one for one in outbox.notices(tx, self.clock(), 500) if one.person == person.id]
        card = notices.card(self.desk, person, json.loads(waiting[-1].told))
        assert card is not None
        card = shown_in(card, cleared=True)
        return reading.of_card(card, said(card), Printed(self._ask(who, ""), card, ""))

    def digest(self) -> Seen:
        told = commands.answer(self.desk, self._ask("lia", "digest 23 Nov 2026"))
        text = said(told).partition("\n\n")[2]
        return reading.Seen(reading.plain(text), (), told)


def _meant(values: Mapping[str, str], account_of: Any) -> dict[str, str]:
    return {name: account_of(value[1:]) if value.startswith("@") else value for name, value in values.items()}


# --- Slack -----------------------------------------------------------------------------------------------------------


@dataclass
class Slack:
    """Slack's door: the slash command in a channel, answered privately; a form is a window over it."""

    office: SlackOffice
    clock: Clock
    name: str = "slack"
    forms: bool = True
    typed: dict[str, dict[str, str]] = field(default_factory=dict)  # a form -> what stands in its fields by now
    over: dict[str, str] = field(default_factory=dict)  # a form -> the channel that it was opened in

    def _member(self, who: str, channel: str = IMPROVE) -> SlackMember:
        return self.office.person(who, channel)

    def says(self, who: str, words: str, where: str = ME) -> Seen:
        member = self._member(who, DCC if where else IMPROVE)
        before = {m["ts"]: m for m in member.messages()}
        told = member._typed(words)
        return self._came(member, told, before)

    def presses(self, who: str, seen: Seen, label: str, about: str) -> Seen:
        message = seen.thing
        member = self._member(who, message["channel"])
        before = {m["ts"]: m for m in member.messages()}
        told = member.presses(message, _heard(message, label, seen.button(label, about).say))
        return self._came(member, told, before)

    def _came(self, member: SlackMember, told: Json, before: dict[str, Json]) -> Seen:
        if told.get("view"):
            self.over[told["view"]["id"]] = member.channel
            return reading.of_view(told["view"])
        message = told.get("message") or until(lambda: member._changed(before), "an answer")
        return reading.of_blocks(message)

    def sends(self, who: str, seen: Seen, values: Mapping[str, str]) -> Seen:
        view = seen.thing
        member = self._member(who, self.over[view["id"]])
        typed = self.typed.setdefault(view["id"], {})
        typed |= _meant(values, lambda name: f"U0{name.upper()}")
        before = {m["ts"]: m for m in member.messages()}
        told = member.sends(view, **typed)
        if told.get("errors"):
            return reading.of_view(view, tuple(told["errors"].values()))
        if told.get("view"):
            self.typed.pop(view["id"])  # another form in its place
        return self._came(member, told, before)

    def at(self, when: str) -> None:
        now = self.clock.set(when)
        with suppress(ClockGoesForwards):  # it runs on by itself
            self.office.slack.stand_in.workspace.clock.move(now)
        self.office.bot.tick()

    def hears(self, who: str) -> Seen:
        member = self._member(who, f"D0{who.upper()}")
        return reading.of_blocks(until(member.messages, f"a message to {who}")[-1])

    def digest(self) -> Seen:
        member = self._member("ruth", DCC)
        return reading.of_blocks(next(m for m in member.messages() if SUBJECT in m["text"]))


def _heard(message: Json, label: str, say: str) -> str:
    """What a screen reader says of the button of that label which says these words."""
    for block in message["blocks"]:
        for element in [block.get("accessory"), *block.get("elements", [])]:
            if not element:
                continue
            if element.get("value") == say and element["text"]["text"] == label:
                return str(element["accessibility_label"])
            if any(one["value"] == say for one in element.get("options", [])):
                return label
    raise AssertionError(f"no {label} says {say}")


# --- Teams -----------------------------------------------------------------------------------------------------------


@dataclass
class Teams:
    """Teams' door: plain words in the 1:1 chat; an answer takes the place of the card that was pressed."""

    office: TeamsOffice
    name: str = "teams"
    forms: bool = True
    unasked: dict[str, Seen] = field(default_factory=dict)

    @property
    def clock(self) -> Clock:
        return self.office.clock

    def _member(self, who: str, place: str = "") -> TeamsMember:
        return self.office.person(who, "" if place == chat(who) else place)

    def says(self, who: str, words: str, where: str = ME) -> Seen:
        shown = self._member(who, GOVERNANCE if where else "").says(words)
        return reading.of_adaptive(shown.card, shown)

    def presses(self, who: str, seen: Seen, label: str, about: str) -> Seen:
        wanted, shown = seen.button(label, about), seen.thing
        member = self._member(who, shown.place)
        now = member.presses(shown, _tooltip(shown.card, label, wanted.say))
        if wanted.asks:
            now = member.presses(now, wanted.asks[0])
        return self._answered(now)

    def _answered(self, now: Shown) -> Seen:
        """What stands in the place of a message that nobody asked for has that message below it: that was read."""
        told, below = reading.of_adaptive(now.card, now), self.unasked.get(now.message)
        if below is None or not told.text.endswith(below.text):
            return told
        left = Counter(told.buttons) - Counter(below.buttons)
        return told._replace(text=told.text.removesuffix(below.text).strip(), buttons=tuple(sorted(left.elements())))

    def sends(self, who: str, seen: Seen, values: Mapping[str, str]) -> Seen:
        shown = seen.thing
        (send,) = [act for act in reading._executes(shown.card) if act["verb"] == "form"]
        return self._answered(self._member(who, shown.place).sends(shown, send["tooltip"], **_meant(values, account)))

    def at(self, when: str) -> None:
        self.clock.set(when)
        self.office.tick()

    def hears(self, who: str) -> Seen:
        shown = [one for one in self.office.posts() if one.place == chat(who)][-1]
        self.unasked[shown.message] = told = reading.of_adaptive(shown.card, shown)
        return told

    def digest(self) -> Seen:
        shown = next(one for one in self.office.posts() if one.place == GOVERNANCE and one.summary.startswith(SUBJECT))
        return reading.of_adaptive(shown.card, shown)


def _tooltip(card: Json, label: str, say: str) -> str:
    return next(
        str(act["tooltip"]) for act in reading._executes(card) if act["title"] == label and act["data"]["say"] == say
    )


# --- all of them -----------------------------------------------------------------------------------------------------

FRIDAY = "2026-11-20 16:40"


def known(url: str) -> None:
    """The demo's register, in which everybody is known already by name, address, and account in both chats."""
    as_in_the_demo(url)
    store = open_store(url, Clock(FRIDAY))
    with store.write() as tx:
        for who in sorted(set(CAST) - {"sam", "paul"}):
            people.keep(tx, _handles(who), CAST[who][1], store.clock())
    store.close()


def _handles(who: str) -> list[Handle]:
    slack, teams = Handle("slack", "T0TRENT", f"U0{who.upper()}"), Handle("teams", TENANT, account(who))
    return [Handle(people.EMAIL, "", CAST[who][0]), slack, teams]


@contextmanager
def terminal(database: Database) -> Iterator[Terminal]:
    clock = Clock(FRIDAY)
    store = open_store(database.copy(known, database.folder / "text.db"), clock)
    reminders.begin(store)
    digests.timed(store, "mon", "09:00")
    yield Terminal(Town(store, clock))
    store.close()


@contextmanager
def doors(database: Database, connector: Connector) -> Iterator[list[Door]]:
    """Each with a copy of the demo's register of its own, all at the same moment."""
    with ExitStack() as stack:
        clock = Clock(FRIDAY)
        slack = SlackOffice(database.copy(known, database.folder / "slack.db"), time=clock, DCC_CHANNEL="")
        teams = TeamsOffice(database.copy(known, database.folder / "teams.db"), connector)
        text = stack.enter_context(terminal(database))
        three: list[Door] = [text, Slack(stack.enter_context(slack), clock), Teams(stack.enter_context(teams))]
        for door in three:
            door.at(FRIDAY)
        yield three
