"""People: how tokens name them, which roles they hold, and what a stranger meets."""

import pytest
from sqlalchemy import select

from storage import history, people
from storage.people import Handle
from storage.store import Store
from storage.tables import ITEM
from tests.conftest import Say, Town, enrol, person
from tests.storage.registers import row, take


@pytest.mark.parametrize(
    ("token", "meant"),
    [
        ("Owen.Hale@Trentshire.Example", Handle("email", "", "owen.hale@trentshire.example")),
        (" ana@force.example ", Handle("email", "", "ana@force.example")),
        ("U0OWEN", Handle("slack", "T1", "U0OWEN")),
        ("W012AB", Handle("slack", "T1", "W012AB")),
        ("Owen Hale", None),
        ("u0owen", None),
        ("owen@", None),
        ("owen@force", None),
        ("", None),
    ],
)
def test_a_token_names_a_person_or_nobody(token: str, meant: Handle | None) -> None:
    assert people.handle(token, "T1") == meant


@pytest.mark.parametrize(
    ("word", "role"),
    [("DCC", "dcc"), ("opcc", "policing_body"), ("Policing body", "policing_body"), ("panel", "audit_committee")],
)
def test_a_role_goes_by_its_name_or_alias(word: str, role: str) -> None:
    assert people.role_named(word) == role


def test_no_such_role() -> None:
    assert people.role_named("chief constable") is None


def test_a_role_is_given_once_and_a_member_without_one_is_an_officer(register: Store) -> None:
    owen = enrol(register, "owen")
    sam = enrol(register, "sam")
    with register.write() as tx:
        assert people.grant(tx, owen, "lead", "posted", register.clock())
        assert not people.grant(tx, owen, "lead", "posted", register.clock())
    assert person(register, "owen").roles == {"officer", "lead"}
    assert person(register, "sam").roles == frozenset()
    with register.read() as tx:
        member = people.known_as(tx, Handle("email", "", "sam.idris@visitor.example"), "officer")
    assert member is not None
    assert member.id == sam
    assert member.roles == {"officer"}


def test_an_address_and_a_chat_user_become_one_person(register: Store) -> None:
    with register.write() as tx:
        first = people.keep(tx, [Handle("email", "", "ana@force.example")], "", register.clock())
        both = [Handle("slack", "T1", "U0ANA"), Handle("email", "", "ana@force.example")]
        assert people.keep(tx, both, "Sgt Ana Brook", register.clock()) == first
        known = people.known_as(tx, Handle("slack", "T1", "U0ANA"))
        assert people.known_as(tx, Handle("slack", "T2", "U0ANA")) is None
    assert known is not None
    assert (known.id, known.called, known.address) == (first, "Sgt Ana Brook", "ana@force.example")


def test_a_user_id_in_a_file_is_the_user_whom_slack_knows(register: Store) -> None:
    """Files name no workspace: the item is Owen's, and no second Owen is made."""
    owen = enrol(register, "owen")
    by_address = Handle("email", "", "owen.hale@trentshire.example")
    with register.write() as tx:
        assert people.keep(tx, [Handle("slack", "T1", "U0OWEN"), by_address], "", register.clock()) == owen
    take(register, row("A-1", action_owner="U0OWEN"), who="owen")
    with register.read() as tx:
        assert tx.execute(select(ITEM.c.owner_id)).scalar() == owen
        known = people.known_as(tx, Handle("slack", "", "U0OWEN"))
        assert known is not None
        assert known.id == owen
        assert people.known_as(tx, Handle("slack", "T2", "U0OWEN")) is None


def test_a_user_id_that_a_file_brought_first_is_whom_slack_names_later(register: Store) -> None:
    enrol(register, "lia")
    take(register, row("A-1", action_owner="U0OWEN"))
    both = [Handle("slack", "T1", "U0OWEN"), Handle("email", "", "owen.hale@trentshire.example")]
    with register.write() as tx:
        owen = people.keep(tx, both, "Supt Owen Hale", register.clock())
        assert tx.execute(select(ITEM.c.owner_id)).scalar() == owen


def test_whoever_holds_no_role_is_shown_nothing(say: Say) -> None:
    for words in ("mine", "CUST26-C1", "overdue", "digest", "who am i", "update CUST26-C1: hello"):
        assert say(words, as_="sam") == (
            "Nothing shown. The register is for members of Trentshire Police, and you hold no role in it. "
            "Lia Penrose, liaison, can tell you more."
        )


def test_everybody_is_told_who_they_are(say: Say, trentshire: Town) -> None:
    assert say("who am I", as_="ruth").startswith(
        "DCC Ruth Calder (ruth.calder@trentshire.example). You are the DCC here and own no open items."
    )
    assert "You are an officer here and own " in say("who am I", as_="owen")


def test_one_known_by_user_id_and_by_address_is_one_person(register: Store) -> None:
    """The settings name Jo by user ID; the register by address: the same Jo owns the item and holds the role."""
    jo = [Handle("slack", "T1", "U0JOCOLE"), Handle("email", "", "jo.cole@trentshire.example")]
    people.enrol(register, [people.Enrolment("U0JOCOLE", "liaison")], None, "settings", "settings")
    enrol(register, "lia")
    take(register, row("LAMP26-R1", action_owner=jo[1].external_id))
    with register.write() as tx:
        number = people.keep(tx, jo, "Insp Jo Cole", register.clock())
        assert people.keep(tx, jo, "Insp Jo Cole", register.clock()) == number
        both = [people.known_as(tx, who) for who in jo]
        assert tx.execute(select(ITEM.c.owner_id)).scalar_one() == number
    assert both[0] == both[1]
    assert both[0] is not None and (both[0].id, both[0].roles) == (number, frozenset({"liaison"}))
    assert history.verify(register)[0] == []
