"""Messages on their way: one sender at a time, a lease that runs out, and who may still have the last word."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from storage import outbox
from storage.outbox import Claimed
from storage.store import Store, open_store
from storage.tables import OUTGOING
from tests.conftest import Clock

LEASE = timedelta(minutes=2)


@pytest.fixture
def here(register: Store) -> Store:
    return register


@pytest.fixture
def there(register: Store, clock: Clock) -> Iterator[Store]:
    """The same register, opened by a second process."""
    store = open_store(register.url, clock)
    yield store
    store.close()


def put(
    store: Store,
    key: str = "digest:W48",
    payload: str = "{}",
    place: str = "C0DCC",
    platform: str = "slack",
    **more: Any,
) -> bool:
    with store.write() as tx:
        return outbox.put(tx, key, platform, place, payload, store.clock(), **more)


def claim(store: Store, *, by_day: bool = True) -> Claimed | None:
    return outbox.claim(store, store.clock(), LEASE, by_day=by_day)


def taken(store: Store) -> Claimed:
    found = claim(store)
    assert found is not None
    return found


def state(store: Store) -> tuple[str, int, str, str]:
    with store.read() as tx:
        columns = (OUTGOING.c.state, OUTGOING.c.attempt, OUTGOING.c.posted_ts, OUTGOING.c.trouble)
        return tuple(tx.execute(select(*columns)).one())


def test_the_same_key_is_put_once_and_the_first_payload_stays(here: Store) -> None:
    assert put(here, payload="first") is True
    assert put(here, payload="second") is False
    assert taken(here).payload == "first"
    with here.read() as tx:
        assert tx.execute(select(func.count()).select_from(OUTGOING)).scalar() == 1


def test_nothing_is_claimed_where_nothing_waits(here: Store) -> None:
    assert claim(here) is None


def test_of_two_who_claim_one_wins(here: Store, there: Store) -> None:
    put(here)
    assert [claim(store) is not None for store in (here, there, here)] == [True, False, False]


def test_each_message_has_one_winner_among_many_claims(here: Store, there: Store) -> None:
    for n in range(20):
        put(here, f"m{n}", place=f"C{n}")
    won = [c.key for _ in range(15) for c in (claim(here), claim(there)) if c]
    assert sorted(won) == sorted(f"m{n}" for n in range(20))


def test_the_oldest_first(here: Store, clock: Clock) -> None:
    for key in ("b", "a", "c"):
        put(here, key)
        clock.later(seconds=1)
    assert [(taken(here).key, clock.later(seconds=1))[0] for _ in range(3)] == ["b", "a", "c"]


def test_what_was_sent_is_not_claimed_again(here: Store, clock: Clock) -> None:
    put(here)
    assert outbox.settle(here, taken(here), outbox.SENT, posted_ts="17.1")
    clock.later(days=1)
    assert claim(here) is None
    assert state(here) == ("sent", 1, "17.1", "")


def test_a_lease_that_ran_out_is_taken_over_and_the_first_sender_has_no_say_any_more(
    here: Store, there: Store, clock: Clock
) -> None:
    put(here)
    first = taken(here)
    assert outbox.note(here, first, "16.9")
    clock.later(seconds=119)
    assert claim(there) is None
    clock.later(seconds=1)
    second = taken(there)
    assert (second.attempt, second.noted_ts) == (first.attempt + 1, "16.9")  # where to look for a post of the first
    for refused in (
        outbox.settle(here, first, outbox.SENT, posted_ts="17.1"),
        outbox.settle(here, first, outbox.BLOCKED, trouble="no"),
        outbox.note(here, first, "18.0"),
        outbox.try_later(here, first, clock(), "rate limited"),
    ):
        assert refused is False
    assert state(here) == ("sending", 2, "", "")
    assert outbox.settle(there, second, outbox.SENT, posted_ts="17.2")
    assert state(here) == ("sent", 2, "17.2", "")


def test_a_settled_message_is_not_settled_otherwise(here: Store) -> None:
    put(here)
    message = taken(here)
    assert outbox.settle(here, message, outbox.SENT, posted_ts="17.1")
    assert not outbox.settle(here, message, outbox.BLOCKED, trouble="too late")
    assert not outbox.try_later(here, message, here.clock(), "too late")
    assert state(here) == ("sent", 1, "17.1", "")


def test_later_means_not_before(here: Store, clock: Clock) -> None:
    put(here)
    message = taken(here)
    outbox.note(here, message, "16.9")
    assert outbox.try_later(here, message, clock() + timedelta(seconds=30), "rate limited")
    clock.later(seconds=29)
    assert claim(here) is None
    clock.later(seconds=1)
    again = taken(here)
    assert (again.attempt, again.noted_ts) == (2, "")  # it was surely not posted: nothing to look for


def test_what_somebody_waits_for_goes_before_what_comes_by_schedule(here: Store, clock: Clock) -> None:
    with here.write() as tx:
        outbox.put(tx, "daily:1", outbox.PERSON, "1", "{}", clock(), due_at=clock())
        outbox.put(tx, "notice:9:1", outbox.PERSON, "1", "{}", clock())
        outbox.put(tx, "digest:W48", "slack", "C0DCC", "{}", clock(), due_at=clock())
        outbox.put(tx, "notice:8:2", "slack", "U0LIA", "{}", clock())
    with here.read() as tx:
        assert [n.key for n in outbox.notices(tx, clock(), 9)] == ["notice:9:1", "daily:1"]
    assert taken(here).key == "notice:8:2"


def test_what_could_not_be_delivered_is_named_for_two_weeks(here: Store, clock: Clock) -> None:
    put(here)
    outbox.settle(here, taken(here), outbox.BLOCKED, trouble="not_in_channel")
    with here.read() as tx:
        assert outbox.blocked(tx, clock.later(days=13)) != []
        assert outbox.blocked(tx, clock.later(days=2)) == []


def test_a_blocked_message_waits_for_a_person_and_then_goes_where_it_was_to_go(here: Store, clock: Clock) -> None:
    put(here)
    outbox.settle(here, taken(here), outbox.BLOCKED, trouble="not_in_channel")
    clock.later(days=1)
    assert claim(here) is None
    with here.write() as tx:
        assert outbox.blocked(tx, clock()) == [("digest:W48", "C0DCC", "not_in_channel")]
        assert outbox.requeue(tx, "digest:W48", clock()) is True
        assert outbox.requeue(tx, "digest:W48", clock()) is False
        assert outbox.blocked(tx, clock()) == []
    again = taken(here)
    assert (again.place, again.attempt) == ("C0DCC", 2)


@pytest.mark.parametrize(("platform", "looked_for"), [("slack", "1.1"), ("teams", "")])
def test_what_may_have_been_posted_is_looked_for_first_but_where_only_a_person_can_look(
    here: Store, platform: str, looked_for: str
) -> None:
    put(here, platform=platform)
    first = taken(here)
    assert outbox.note(here, first, "1.1") and outbox.settle(here, first, outbox.BLOCKED, trouble="Nobody knows.")
    with here.write() as tx:
        assert outbox.requeue(tx, "digest:W48", here.clock())
    assert claim(here) is None  # not within the second
    here.clock.later(seconds=2)  # type: ignore[attr-defined]
    assert taken(here).noted_ts == looked_for


def test_a_message_is_put_with_what_it_tells_or_not_at_all(here: Store) -> None:
    with pytest.raises(ZeroDivisionError), here.write() as tx:
        outbox.put(tx, "m", "slack", "C1", "{}", here.clock()) / 0
    assert claim(here) is None


# --- one a second in a place ----------------------------------------------------------------------------------------


def test_a_place_gets_one_message_a_second_whoever_sends_it(here: Store, there: Store, clock: Clock) -> None:
    for key in ("first", "second"):
        put(here, key)
    put(here, "elsewhere", place="C0CYBER")
    assert [getattr(claim(store), "key", "") for store in (here, there, here)] == ["first", "elsewhere", ""]
    assert outbox.free_at(there, clock()) == clock() + timedelta(seconds=1)
    clock.later(seconds=0.9)
    assert claim(there) is None
    clock.later(seconds=0.1)
    assert taken(there).key == "second"
    assert outbox.free_at(here, clock()) is None


def test_an_answer_in_teams_holds_the_next_one_up_for_a_third_of_a_second(here: Store, clock: Clock) -> None:
    for key in ("answer:1", "answer:2", "digest:W48", "digest:W49"):
        put(here, key, platform="teams")
    assert taken(here).key == "answer:1"
    for key, seconds in (("answer:2", 0.334), ("digest:W48", 0.334), ("digest:W49", 1)):
        assert outbox.free_at(here, clock()) == clock() + timedelta(seconds=seconds)
        clock.later(seconds=seconds - 0.001)
        assert claim(here) is None
        clock.later(seconds=0.001)
        assert taken(here).key == key


def test_eight_who_claim_at_the_same_moment_get_one_message_for_a_place(here: Store, clock: Clock) -> None:
    for n in range(8):
        put(here, f"m{n}")
    stores = [open_store(here.url, clock) for _ in range(8)]
    won: list[Claimed | None] = []
    gate = threading.Barrier(8)

    def at_once(store: Store) -> None:
        gate.wait(10)
        won.append(claim(store))

    threads = [threading.Thread(target=at_once, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    for store in stores:
        store.close()
    assert len([message for message in won if message]) == 1
    with here.read() as tx:
        assert tx.execute(select(func.count()).where(OUTGOING.c.state == outbox.SENDING)).scalar() == 1


def test_a_clock_that_was_put_back_silences_no_place(here: Store, clock: Clock) -> None:
    clock.set("2026-11-23 12:00")
    put(here, "ahead")
    taken(here)
    clock.set("2026-11-23 09:00")
    put(here, "now")
    assert taken(here).key == "now"


# --- threads and late ones ------------------------------------------------------------------------------------------


def test_a_part_waits_for_the_message_that_it_goes_under(here: Store, clock: Clock) -> None:
    put(here, "digest")
    put(here, "digest:1", follows="digest")
    first = taken(here)
    clock.later(seconds=5)
    assert claim(here) is None
    outbox.settle(here, first, outbox.SENT, posted_ts="17.1", at=clock())
    assert (part := taken(here)).key == "digest:1" and part.thread_ts == "17.1"


def test_what_follows_one_that_was_refused_stays_until_that_one_has_gone(here: Store, clock: Clock) -> None:
    put(here, "digest")
    put(here, "digest:1", follows="digest")
    outbox.settle(here, taken(here), outbox.BLOCKED, trouble="not_in_channel")
    clock.later(days=1)
    assert claim(here) is None


@pytest.mark.parametrize(("late", "by_day", "goes"), [(30, False, True), (31, False, False), (31, True, True)])
def test_a_scheduled_message_that_is_late_waits_for_the_day(
    here: Store, clock: Clock, late: int, by_day: bool, goes: bool
) -> None:
    put(here, "digest", due_at=clock())
    clock.later(minutes=late)
    put(here, "saved", place="C0CYBER")
    found = {message.key for _ in range(2) if (message := claim(here, by_day=by_day))}
    assert found == ({"digest", "saved"} if goes else {"saved"})


def test_when_it_was_sent_is_kept(here: Store, clock: Clock) -> None:
    put(here)
    message = taken(here)
    outbox.settle(here, message, outbox.SENT, posted_ts="17.1", at=clock.later(seconds=2))
    with here.read() as tx:
        assert tx.execute(select(OUTGOING.c.sent_at)).scalar() == clock()
