"""Who is gone from chat: found once, dated in the record, listed for the liaison, and back again."""

import pytest
from sqlalchemy import select

from storage import away, history, keeping, people, questions, record, roles
from storage.away import GUEST, LEFT, UNKNOWN
from storage.people import Enrolment, Handle
from storage.questions import GONE, NOBODY, Filters, Reader
from storage.store import Store
from storage.tables import PERSON
from tests.conftest import CAST, LIMITS, Clock, Town, actor, enrol, peopled, person
from tests.storage.registers import row, take

OWEN, ANA = (CAST[who][0] for who in ("owen", "ana"))


@pytest.fixture
def lamps(register: Store) -> Store:
    mine = row("L-1", action_owner=OWEN)
    take(peopled(register), mine, row("L-2", action_owner=ANA), row("L-3", action_owner="", status="disputed"))
    return register


def number(store: Store, who: str) -> int:
    found = person(store, who).id
    assert found is not None
    return found


def listed(store: Store, *owners: int, as_: str = "lia") -> list[str]:
    reader = Reader(person(store, as_), store.clock().date(), LIMITS)
    with store.read() as tx:
        return [one.reference for one in questions.listed(tx, Filters(owners=owners), reader).rows]


def test_gone_and_back_are_in_the_record_with_their_day(lamps: Store, clock: Clock) -> None:
    owen = number(lamps, "owen")
    clock.set("2026-11-02 09:00")
    assert away.note(lamps, owen, LEFT)
    clock.set("2026-11-03 09:00")
    assert not away.note(lamps, owen, LEFT)  # known already: found once
    assert away.note(lamps, owen, "")
    with lamps.read() as tx:
        told = [(m.act, m.at.day, m.fields["away"]) for m in history.minutes(tx) if m.act in {"away", "back"}]
        assert tx.execute(select(PERSON.c.away, PERSON.c.away_since).where(PERSON.c.id == owen)).one() == (None, None)
        assert not people.is_away(tx, owen)
    assert told == [("away", 2, (None, LEFT)), ("back", 3, (LEFT, None))]


@pytest.mark.parametrize("reason", [LEFT, GUEST, UNKNOWN])
def test_what_they_own_is_listed_as_gone_until_they_are_back(lamps: Store, reason: str) -> None:
    assert listed(lamps, GONE) == []
    away.note(lamps, number(lamps, "owen"), reason)
    assert listed(lamps, GONE) == ["L-1"]
    assert listed(lamps, GONE, NOBODY) == ["L-1", "L-3"]
    assert listed(lamps, GONE, number(lamps, "ana")) == ["L-1", "L-2"]
    away.note(lamps, number(lamps, "owen"), "")
    assert listed(lamps, GONE) == []


def test_whom_open_items_name_and_how_chat_knows_them(lamps: Store) -> None:
    """Not the liaison, whom no item names; not whom another chat knows; by user ID where there is one."""
    with lamps.write() as tx:
        both = [Handle("slack", "T1", "U0ANA"), Handle("email", "", ANA)]
        people.keep(tx, both, "Sgt Ana Brook", lamps.clock())
    with lamps.read() as tx:
        assert [(one.user, one.address) for one in away.tied(tx)] == [("", OWEN), ("U0ANA", ANA)]
    with lamps.write() as tx:
        people.keep(tx, [Handle("email", "", OWEN), Handle("teams", "T2", "29:owen")], "", lamps.clock())
    with lamps.read() as tx:
        assert [one.address for one in away.tied(tx)] == [ANA]


def test_what_waits_for_the_liaison_is_counted(lamps: Store) -> None:
    take(lamps, row("L-4", action_owner="", status="awaiting_allocation"))
    record.ask_sign_off(lamps, actor(lamps, "ana"), "L-2", None, "Mended.", ["https://evidence.example/lamp"])
    away.note(lamps, number(lamps, "owen"), LEFT)
    with lamps.read() as tx:
        told = keeping.waiting(tx, Reader(person(lamps, "lia"), lamps.clock().date(), LIMITS))
        own = keeping.waiting(tx, Reader(person(lamps, "ana"), lamps.clock().date(), LIMITS))
    assert told == (1, 1, 1)
    assert own.to_check == 0  # nobody checks what they asked for themselves


def test_one_of_two_who_turn_out_to_be_one_keeps_the_post(register: Store) -> None:
    """The register knew Jo by address as holder of a post; Slack names her by user ID."""
    jo = enrol(register, "jo")
    enrol(register, "lia")
    record.pass_on(register, actor(register, "lia"), "Head of Custody", jo, register.clock().date())
    people.enrol(register, [Enrolment("U0JOCOLE", "lead")], None, "settings", "settings")
    handles = [Handle("slack", "T1", "U0JOCOLE"), Handle("email", "", CAST["jo"][0])]
    with register.write() as tx:
        assert people.keep(tx, handles, "Insp Jo Cole", register.clock()) == jo


# --- roles ----------------------------------------------------------------------------------------------------------


def test_roles_say_since_when_why_and_by_whom(lamps: Store, clock: Clock) -> None:
    clock.set("2026-11-02 09:00")
    people.enrol(lamps, [Enrolment(ANA, "dcc")], number(lamps, "lia"), "terminal", "enrolled")
    with lamps.read() as tx:
        every = roles.held(tx)
    ana = next(one for one in every if one.called == "Sgt Ana Brook" and one.role == "dcc")
    assert (ana.since, ana.why, ana.by, ana.away) == (clock(), "enrolled", "Lia Penrose", "")
    assert roles.can_decide(every) == ["DCC Ruth Calder", "Sgt Ana Brook"]
    away.note(lamps, number(lamps, "ruth"), LEFT)
    with lamps.read() as tx:
        assert roles.can_decide(roles.held(tx)) == ["Sgt Ana Brook"]


def test_none_takes_every_role_away_and_the_record_says_which(trentshire: Town) -> None:
    store = trentshire.store
    people.enrol(store, [Enrolment(ANA, "lead")], None, "terminal", "enrolled")
    assert people.enrol(store, [Enrolment(ANA, "")], None, "terminal", "enrolled")[0][1]
    assert person(store, "ana").roles == frozenset()
    assert not people.enrol(store, [Enrolment(ANA, "")], None, "terminal", "enrolled")[0][1]
    with store.read() as tx:
        told = [m.fields["role"] for m in history.minutes(tx) if m.act == "unenrol"]
    assert told == [("lead", None), ("officer", None)]


def test_a_name_in_the_list_is_kept(register: Store) -> None:
    people.enrol(
        register, [Enrolment("new.one@force.example", "lead", "Ch Supt New One")], None, "terminal", "enrolled"
    )
    with register.read() as tx:
        known = people.known_as(tx, Handle("email", "", "new.one@force.example"))
    assert known is not None and (known.name, set(known.roles)) == ("Ch Supt New One", {"lead"})
