"""A change of an item: who may, at which version, once a request; and what is left when it is refused."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from storage import history, people, questions, record
from storage.questions import Reader
from storage.record import Actor
from storage.refusals import FieldFaults, NotAllowed
from storage.store import Store
from storage.tables import EVIDENCE, HEAD, HISTORY, ITEM, ITEM_PERSON, KEPT_TEXT, REQUEST, REQUEST_KEY, UPDATE
from tests.conftest import LIMITS, Clock, Say, Town, actor, peopled, person
from tests.storage.registers import row, take

LINK = "https://evidence.example/rota"
COUNTED = (ITEM, HISTORY, KEPT_TEXT, UPDATE, REQUEST, EVIDENCE, REQUEST_KEY)


@pytest.fixture
def lamp(register: Store) -> Store:
    """One item of Owen's, with Jo as delegate and Marcus as lead; and a sensitive one of Owen's."""
    mine = {"action_owner": "owen.hale@trentshire.example; jo.cole@trentshire.example"}
    mine["strategic_lead"] = "marcus.frayne@trentshire.example"
    take(peopled(register), row("LAMP-1", **mine), row("SAFE-1", **{**mine, "marking": "OFFICIAL-SENSITIVE"}))
    return register


def item(store: Store, reference: str = "LAMP-1") -> dict[str, Any]:
    with store.read() as tx:
        return dict(tx.execute(select(ITEM).where(ITEM.c.reference == reference)).mappings().one())


def counts(store: Store) -> list[int]:
    """Rows of every table that a change writes, and the head."""
    with store.read() as tx:
        rows = [tx.execute(select(func.count()).select_from(t)).scalar_one() for t in COUNTED]
        return [*rows, tx.execute(select(HEAD.c.seq)).scalar_one()]


def acts(store: Store) -> list[str]:
    with store.read() as tx:
        return list(tx.execute(select(HISTORY.c.act).order_by(HISTORY.c.seq)).scalars())


def update(store: Store, who: str, words: str = "The lamp is mended.", **more: Any) -> record.Saved:
    reference, version = more.pop("reference", "LAMP-1"), more.pop("version", None)
    return record.add_update(store, actor(store, who, more.pop("key", "")), reference, version, words, more)


def complete(store: Store, who: str, words: str = "Mended.", links: list[str] | None = None, **more: Any) -> Any:
    links = [LINK] if links is None else links
    by = actor(store, who, more.get("key", ""))
    return record.ask_sign_off(store, by, "LAMP-1", more.get("version"), words, links)


def refused(store: Store, who: str, **more: Any) -> NotAllowed:
    with pytest.raises(NotAllowed) as caught:
        update(store, who, **more)
    return caught.value


# --- updates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["owen", "jo", "marcus", "lia"])
def test_owner_delegate_lead_and_liaison_update(lamp: Store, clock: Clock, who: str) -> None:
    clock.set("2026-11-23 09:14")
    saved = update(lamp, who, "  The lamp is mended.\nTwice. ")
    now = item(lamp)
    assert (saved.reference, saved.version, saved.at, saved.repeated) == ("LAMP-1", 2, clock(), False)
    assert (now["version"], now["last_update_on"], now["quiet_since"]) == (2, date(2026, 11, 23), date(2026, 11, 23))
    assert now["updated_at"] == clock()
    with lamp.read() as tx:
        said = questions.last_said(tx, now["id"])
    assert said == questions.Said(clock(), person(lamp, who).name, "The lamp is mended.\nTwice.")
    assert history.verify(lamp)[0] == []


@pytest.mark.parametrize("who", ["ana", "ruth", "tess", "paul"])
def test_nobody_else_updates_and_the_attempt_is_on_record_once(lamp: Store, who: str) -> None:
    before = counts(lamp)
    first = refused(lamp, who, key="R1")
    again = refused(lamp, who, key="R1")
    assert first.kind == "not_yours"
    assert str(first) == str(again)
    assert first.sentence == (
        "LAMP-1 is Supt Owen Hale's. Only its owner, a delegate, its lead or the liaison can do that: "
        "ask Supt Owen Hale or Lia Penrose."
    )
    after = counts(lamp)
    # one event, its one value, its key, and nothing else; the item is as it was
    assert [b - a for a, b in zip(before, after, strict=True)] == [0, 1, 1, 0, 0, 0, 1, 1]
    assert item(lamp)["version"] == 1
    assert acts(lamp)[-1] == "refused"


def test_only_what_was_touched_is_written(lamp: Store) -> None:
    update(lamp, "owen", forecast_date=date(2026, 12, 1), off_track="The ladder is too short.")
    update(lamp, "jo", "A longer ladder is ordered.")
    now = item(lamp)
    assert (now["forecast_date"], now["off_track"]) == (date(2026, 12, 1), "The ladder is too short.")
    update(lamp, "owen", "It came.", off_track="")
    now = item(lamp)
    assert (now["forecast_date"], now["off_track"]) == (date(2026, 12, 1), "")
    with lamp.read() as tx:
        told = [m.fields for m in history.minutes(tx, item_id=now["id"])]
    day = "2026-10-02"
    assert told[1:] == [
        {
            "forecast_date": (None, "2026-12-01"),
            "off_track": (None, "The ladder is too short."),
            "last_update_on": (None, day),
            "note": (None, "The lamp is mended."),
        },
        {"note": (None, "A longer ladder is ordered.")},
        {"off_track": ("The ladder is too short.", None), "note": (None, "It came.")},
    ]


@pytest.mark.parametrize(
    ("words", "touched", "fields"),
    [
        ("", {}, {"note"}),
        (" \n ", {}, {"note"}),
        ("x" * 3001, {}, {"note"}),
        ("Done.", {"forecast_date": date(2026, 10, 1)}, {"forecast"}),
        ("Done.", {"off_track": "x" * 301}, {"off_track"}),
        ("", {"forecast_date": date(2025, 1, 1), "off_track": "x" * 301}, {"note", "forecast", "off_track"}),
    ],
)
def test_a_faulty_field_is_named_and_leaves_no_trace(
    lamp: Store, words: str, touched: dict[str, Any], fields: set[str]
) -> None:
    before, whole = counts(lamp), item(lamp)
    with pytest.raises(FieldFaults) as caught:
        update(lamp, "owen", words, key="R1", **touched)
    assert set(caught.value.faults) == fields
    assert (counts(lamp), item(lamp)) == (before, whole)
    assert not update(lamp, "owen", key="R1").repeated  # the key was not used up


def test_what_just_fits_is_saved(lamp: Store) -> None:
    update(lamp, "owen", "x" * 3000, forecast_date=date(2026, 10, 2), off_track="y" * 300)
    assert item(lamp)["off_track"] == "y" * 300


# --- versions ---------------------------------------------------------------------------------------------------------


def test_the_second_of_two_who_saw_the_same_version_is_told_who_was_first(lamp: Store, clock: Clock) -> None:
    clock.set("2026-11-23 09:14")
    update(lamp, "jo", version=1)
    clock.later(minutes=6)
    before = counts(lamp)
    late = refused(lamp, "owen", version=1, key="R1")
    assert late.kind == "moved_on"
    assert late.sentence == "Insp Jo Cole updated LAMP-1 today at 09:14, after that button was drawn."
    assert counts(lamp) == before  # out of date is no matter for the record
    assert update(lamp, "owen", version=2, key="R1").version == 3


def test_who_was_first_on_an_earlier_day(lamp: Store, clock: Clock) -> None:
    update(lamp, "jo")
    clock.set("2026-10-03 00:10")
    assert "updated LAMP-1 on 2 Oct 2026 at 09:00" in refused(lamp, "owen", version=1).sentence


def test_a_version_that_never_was_changes_nothing(lamp: Store) -> None:
    assert refused(lamp, "owen", version=9).kind == "moved_on"
    assert item(lamp)["version"] == 1


def test_whoever_may_not_is_refused_before_any_word_of_versions(lamp: Store) -> None:
    assert refused(lamp, "ana", version=9).kind == "not_yours"


# --- repeats ----------------------------------------------------------------------------------------------------------


def test_a_repeat_gets_the_first_answer_and_changes_nothing(lamp: Store, clock: Clock) -> None:
    first = update(lamp, "owen", key="R1", version=1)
    clock.later(hours=1)
    update(lamp, "jo", "Something else.")
    before = counts(lamp)
    again = update(lamp, "owen", "Other words.", key="R1", version=1)
    assert again == first._replace(repeated=True)
    assert counts(lamp) == before


def test_a_refusal_is_repeated_even_when_it_would_be_allowed_by_now(lamp: Store) -> None:
    first = refused(lamp, "ana", key="R1")
    take(lamp, row("LAMP-1", action_owner="ana.brook@trentshire.example"))
    assert str(refused(lamp, "ana", key="R1")) == str(first)
    assert update(lamp, "ana", key="R2").version == 3


def test_without_a_key_nothing_is_taken_for_a_repeat(lamp: Store) -> None:
    assert [update(lamp, "owen").version, update(lamp, "owen").version] == [2, 3]


# --- asking for sign-off ----------------------------------------------------------------------------------------------


def test_asking_for_sign_off(lamp: Store, clock: Clock) -> None:
    clock.set("2026-11-23 10:00")
    saved = complete(lamp, "jo", " The rota is up. ", [LINK, "https://evidence.example/photo"], version=1)
    assert (saved.version, item(lamp)["status"]) == (2, "pending_sign_off")
    with lamp.read() as tx:
        whole = questions.whole(tx, "lamp-1", Reader(person(lamp, "ruth"), date(2026, 11, 23), LIMITS))
    assert whole is not None
    links = [LINK, "https://evidence.example/photo"]
    assert whole.request is not None
    assert whole.request[:4] == ("sign_off", "Insp Jo Cole", clock(), "The rota is up.")
    assert [proof.link for proof in whole.request.evidence] == links
    assert whole.may == {"sign off", "send back"}
    assert history.verify(lamp)[0] == []


@pytest.mark.parametrize(
    ("words", "links", "fields"),
    [
        ("", [LINK], {"done"}),
        ("Done.", [], {"evidence"}),
        ("Done.", ["rota.xlsx"], {"evidence"}),
        ("Done.", ["javascript://alert(1)"], {"evidence"}),
        ("Done.", ["https://"], {"evidence"}),
        ("Done.", ["https://x.example/<b>"], {"evidence"}),
        ("Done.", [LINK, "https://x.example/" + "y" * 2000], {"evidence"}),
        ("x" * 3001, [], {"done", "evidence"}),
    ],
)
def test_sign_off_is_not_asked_for_without_words_and_evidence(
    lamp: Store, words: str, links: list[str], fields: set[str]
) -> None:
    before = counts(lamp)
    with pytest.raises(FieldFaults) as caught:
        complete(lamp, "owen", words, links)
    assert set(caught.value.faults) == fields
    assert counts(lamp) == before
    assert item(lamp)["status"] == "in_progress"


def test_nobody_asks_twice(lamp: Store) -> None:
    complete(lamp, "owen")
    with pytest.raises(NotAllowed) as caught:
        complete(lamp, "jo")
    assert caught.value.kind == "asked_already"
    assert caught.value.sentence == (
        "LAMP-1 has a request for sign-off by Supt Owen Hale that waits for a decision. "
        "It was made on 2 Oct 2026. DCC Ruth Calder decides on it first, or whoever asked or the liaison withdraws it."
    )


def test_one_pending_request_an_item(lamp: Store) -> None:
    """A request of another kind waits: no second one beside it."""
    record.ask_no_action(lamp, actor(lamp, "jo"), "LAMP-1", None, "The lamp post is to be taken away.")
    with pytest.raises(NotAllowed) as caught:
        complete(lamp, "owen")
    assert caught.value.kind == "asked_already"
    assert "a request for no action by Insp Jo Cole" in caught.value.sentence
    assert item(lamp)["status"] == "in_progress"


@pytest.mark.parametrize("status", ["awaiting_allocation", "disputed", "complete", "no_action", "superseded"])
def test_only_what_is_in_progress_is_asked_for(lamp: Store, status: str) -> None:
    take(lamp, row("LAMP-1", status=status))
    with pytest.raises(NotAllowed) as caught:
        complete(lamp, "lia")
    assert caught.value.kind == "not_now"


# --- what does not exist for somebody ---------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ana", "tess", "paul", "sam"])
def test_a_sensitive_item_is_as_unknown_as_one_that_is_not_there(lamp: Store, who: str) -> None:
    before = counts(lamp)
    secret = refused(lamp, who, reference="SAFE-1", key="R1")
    absent = refused(lamp, who, reference="SAFE-9", key="R2")
    assert secret.kind == absent.kind == "unknown"
    assert str(secret).replace("SAFE-1", "SAFE-9") == str(absent)
    assert counts(lamp) == before


@pytest.mark.parametrize("who", ["owen", "jo", "marcus", "lia"])
def test_a_sensitive_item_is_updated_by_those_who_work_on_it(lamp: Store, who: str) -> None:
    assert update(lamp, who, reference="safe–1").version == 2


def test_a_grant_lets_read_and_a_grant_that_ended_does_not(lamp: Store) -> None:
    tess, safe = person(lamp, "tess"), item(lamp, "SAFE-1")["id"]
    reader = Reader(tess, date(2026, 10, 2), LIMITS)
    with lamp.write() as tx:
        assert questions.found(tx, "SAFE-1", reader) is None
        tie = {"item_id": safe, "person_id": tess.id, "tie": "grant", "since": lamp.clock()}
        tx.execute(ITEM_PERSON.insert().values(**tie))
        assert questions.found(tx, "SAFE-1", reader) is not None
        tx.execute(ITEM_PERSON.update().where(ITEM_PERSON.c.tie == "grant").values(until=lamp.clock()))
        assert questions.found(tx, "SAFE-1", reader) is None


def test_a_person_the_register_does_not_keep_is_nobodys_owner(lamp: Store) -> None:
    """A member of the force who has not been met before: no id, the role of members."""
    stranger = Actor(people.Person(None, "New Here", frozenset({"officer"})), "terminal", "")
    with pytest.raises(NotAllowed) as caught:
        record.add_update(lamp, stranger, "LAMP-1", None, "Hello.", {})
    assert caught.value.kind == "not_yours"


# --- a form that is not worth opening ---------------------------------------------------------------------------------


def test_refuse_raises_what_the_act_would_meet_and_is_silent_when_it_would_pass(lamp: Store) -> None:
    before = counts(lamp)
    record.admit(lamp, actor(lamp, "owen"), "update", "LAMP-1", 1)
    assert counts(lamp) == before
    for who, version, kind in (("ana", 1, "not_yours"), ("owen", 3, "moved_on")):
        with pytest.raises(NotAllowed) as caught:
            record.admit(lamp, actor(lamp, who), "update", "LAMP-1", version)
        assert caught.value.kind == kind
    assert acts(lamp)[-1] == "refused"


# --- as people meet it ------------------------------------------------------------------------------------------------


def test_owen_updates_in_words(say: Say, trentshire: Town) -> None:
    told = say("update cust26-a3: The board met. It agreed.", as_="lia")
    assert told.startswith("Saved. Your update of CUST26-A3 is in the register, 23 Nov 2026, 09:00.")
    assert "“The board met. It agreed.”" in say("history CUST26-A3", as_="ana")
    assert history.verify(trentshire.store)[0] == []


def test_ana_is_told_whose_it_is_and_keeps_her_words(say: Say) -> None:
    told = say("update CUST26-C1: I did it", as_="ana")
    assert told.startswith("Not saved. CUST26-C1 is ")
    assert "I did it" in told


def test_sensitive_words_never_reach_a_stranger(say: Say) -> None:
    for words in (
        "CUST26-A7",
        "history CUST26-A7",
        "update CUST26-A7: hello",
        "complete CUST26-A7: x https://a.example",
    ):
        told = say(words, as_="tess")
        assert told.startswith(
            "Nothing shown. There is no item CUST26-A7. Check the reference, or look for it with a word of its title."
        )
        assert told.replace("CUST26-A7", "CUST26-A99") == say(words.replace("CUST26-A7", "CUST26-A99"), as_="tess")
    assert "CUST26-A7" in say("CUST26-A7", as_="owen")
    assert "CUST26-A7" not in say("list report:CUST26 sort:reference", as_="ana")


def test_an_item_brought_in_as_pending_can_be_asked_for_again(register: Store) -> None:
    peopled(register)
    take(register, row("LAMP26-R1", status="pending_sign_off"))
    saved = record.ask_sign_off(register, actor(register, "owen"), "LAMP26-R1", 1, "Mended.", ["https://lamp.example"])
    assert saved.version == 2
    with pytest.raises(NotAllowed, match="a request for sign-off by Supt Owen Hale that waits for a decision"):
        record.ask_sign_off(register, actor(register, "owen"), "LAMP26-R1", 2, "Mended.", ["https://lamp.example"])
