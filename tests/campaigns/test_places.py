"""Campaign C6 over the wire: a seeded part of the table said in every kind of place, by every kind of user.

A place changes nothing of what somebody may do: what comes of words in a channel, in one that another organisation
reads, and in a direct message is what comes of them at the terminal. Whoever is no full member gets one sentence.
"""

import os
import random
from typing import Any

import pytest
from sqlalchemy import func, select, text

from handlers.ask import Ask, Desk
from handlers.commands import answer
from handlers.text.draw import said
from storage import people
from storage.people import Handle
from storage.tables import HISTORY
from tests.campaigns.permissions import SAYS, rehearsing
from tests.conftest import CAST, LIMITS, as_in_the_demo
from tests.databases import Database
from tests.wire.office import CUSTODY, IMPROVE, Office, shown, until
from tests.wire.test_direct_messages import answers, delivered, event

SEED = int(os.environ.get("LIGHTKEEPER_SEED", "20261123"))
SAYINGS = int(os.environ.get("LIGHTKEEPER_C6_SAYINGS", "40"))
OUTSIDE = "Nothing shown. The register is for members of Trentshire Police, and"
ITEMS = ("CUST26-R2", "CUST26-A7", "CUST26-A6", "CUST26-C1")  # the second is sensitive
MEMBERS = ("owen", "ana", "lia", "ruth", "tess")
OUTSIDERS = {"U0SAM": "is_restricted", "U0KIT": "deleted", "U0LEE": "is_stranger", "U0JO": "is_bot"}


def with_outsiders(workspace: dict[str, Any]) -> None:
    """A guest, a leaver, somebody of another organisation and a bot, in a channel that another organisation reads."""
    for person in workspace["people"]:
        if person["id"] in OUTSIDERS:
            person[OUTSIDERS[person["id"]]] = True
    for channel in workspace["channels"]:
        channel["members"] = sorted({*channel["members"], *OUTSIDERS})
        channel["shared"] = channel["id"] == IMPROVE


def one_is_shared(workspace: dict[str, Any]) -> None:
    for channel in workspace["channels"]:
        channel["members"] = sorted({*channel["members"], *(f"U0{who.upper()}" for who in MEMBERS)})
        channel["shared"] = channel["id"] == IMPROVE


def said_in(office: Office, place: str, who: str, words: str, number: int) -> str:
    """What is answered there, as one reads it."""
    if place != "a direct message":
        return shown(office.person(who, CUSTODY if place == "a channel" else IMPROVE).says(words))
    before = len(answers(office, f"D0{who.upper()}"))
    delivered(office, event(words, f"17951929{number:02}.000100", f"U0{who.upper()}"))
    there = until(lambda: answers(office, f"D0{who.upper()}")[before:], f"an answer to {words}")
    return shown(there[0])


def first_words(words: str) -> str:
    """As far as the moment of saving and the way on, which differ by place."""
    return " ".join(words.replace("*", "").replace("`", "").split())[:40]


def changes(office: Office) -> int:
    with office.bot.store.read() as tx:
        return int(tx.execute(select(func.count()).select_from(HISTORY).where(HISTORY.c.act != "refused")).scalar_one())


def at_the_terminal(office: Office, who: str, words: str) -> str:
    """What comes of the words there; it is taken back."""
    with rehearsing(office.bot.store) as inside:
        with inside.read() as tx:
            person = people.known_as(tx, Handle(people.EMAIL, "", CAST[who][0]), "officer")
            tx.execute(text("SAVEPOINT words"))
        assert person is not None
        return said(
            answer(Desk(inside, LIMITS, "/4action", "Trentshire Police"), Ask(words, person, office.bot.clock()))
        )


def sayings() -> list[tuple[str, str]]:
    words = {**SAYS, "assign": " dana.whitlock@trentshire.example", "delegate": " marcus.frayne@trentshire.example"}
    every = [(who, f"{act} {item}{words[act]}") for who in MEMBERS for act in words for item in ITEMS]
    return random.Random(SEED).sample(every, min(SAYINGS, len(every)))


@pytest.mark.parametrize("place", ["a channel", "a channel that another organisation reads", "a direct message"])
def test_a_place_changes_nothing_of_what_somebody_may_do(database: Database, place: str) -> None:
    with Office(database.copy(as_in_the_demo), change=one_is_shared) as office:
        for number, (who, words) in enumerate(sayings()):
            wanted, before = at_the_terminal(office, who, words), changes(office)
            told = said_in(office, place, who, words, number)
            assert first_words(told) == first_words(wanted), (who, words)
            done = changes(office) - before
            assert done == (0 if told.startswith("Not") else 1), (who, words, told)


@pytest.mark.parametrize("user", OUTSIDERS)
def test_whoever_is_no_full_member_gets_one_sentence_everywhere(database: Database, user: str) -> None:
    with Office(database.copy(as_in_the_demo), change=with_outsiders) as office:
        before = office.whole()["chain_head"]
        reading = [(user, words) for words in ("mine", "show CUST26-R2", "find custody", "pending", "reports")]
        for place in (CUSTODY, IMPROVE):
            for _, words in [*reading, *sayings()[:10]]:
                told = shown(office.person(user.removeprefix("U0").lower(), place).says(words))
                assert told.startswith(OUTSIDE), (place, words)
                assert "CUST26" not in told
        assert office.whole()["chain_head"] == before
