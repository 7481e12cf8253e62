"""Hand over: everything that one person has on them becomes another's, in one transaction or not at all."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from storage import history, posts, record
from storage.fields import london_day
from storage.refusals import FieldFaults, NotAllowed
from storage.store import Store
from storage.tables import HEAD, ITEM, OUTGOING
from tests.conftest import CAST, actor, peopled, person
from tests.storage.registers import row, take

OWEN, ANA, JO = (CAST[who][0] for who in ("owen", "ana", "jo"))


@pytest.fixture
def lamps(register: Store) -> Store:
    """Owen owns four (a sensitive one, one led by him, one with Ana as delegate, one ended) and is Jo's delegate."""
    take(
        peopled(register),
        row("L-10", action_owner=f"{OWEN}; {ANA}"),
        row("L-2", action_owner=OWEN, strategic_lead=OWEN),
        row("L-3", action_owner=OWEN, marking="OFFICIAL-SENSITIVE"),
        row("L-4", action_owner=OWEN, status="complete"),
        row("L-5", action_owner=f"{JO}; {OWEN}"),
        row("L-6", action_owner=f"{ANA}; {OWEN}"),
        row("L-7", action_owner=JO),
    )
    return register


def number(store: Store, who: str) -> int:
    found = person(store, who).id
    assert found is not None
    return found


def load(store: Store, who: str) -> record.Load:
    with store.read() as tx:
        return record.load_of(tx, number(store, who))


def hand_over(store: Store, items: int, held: int = 0, as_: str = "lia", key: str = "") -> record.Done:
    return record.hand_over(store, actor(store, as_, key), number(store, "owen"), number(store, "ana"), items, held)


def ties(store: Store, reference: str) -> tuple[Any, ...]:
    """Owner, delegates and lead, by id."""
    with store.read() as tx:
        columns = (ITEM.c.owner_id, ITEM.c.delegates, ITEM.c.lead_id)
        return tuple(tx.execute(select(*columns).where(ITEM.c.reference == reference)).one())


def test_the_load_counts_an_item_once_and_leaves_out_what_has_ended(lamps: Store) -> None:
    told = load(lamps, "owen")
    assert (told.owns, told.delegate, told.leads, told.posts) == (["L-2", "L-3", "L-10"], ["L-5", "L-6"], ["L-2"], [])
    assert told.items == 5


def test_all_of_it_goes_and_nobody_is_owner_and_delegate_at_once(lamps: Store) -> None:
    owen, ana, jo = (number(lamps, who) for who in ("owen", "ana", "jo"))
    done = hand_over(lamps, 5)
    assert (done.items, done.posts, done.repeated) == (5, 0, False)
    assert ties(lamps, "L-10") == (ana, "", None)
    assert ties(lamps, "L-2") == (ana, "", ana)
    assert ties(lamps, "L-3") == (ana, "", None)
    assert ties(lamps, "L-4") == (owen, "", None)  # what has ended stays
    assert ties(lamps, "L-5") == (jo, str(ana), None)
    assert ties(lamps, "L-6") == (ana, "", None)  # it was hers, and Owen acted for her
    assert load(lamps, "owen").items == 0


def test_one_event_an_item_in_the_order_of_references_and_one_notice(lamps: Store) -> None:
    hand_over(lamps, 5)
    with lamps.read() as tx:
        names = {row.id: row.reference for row in tx.execute(select(ITEM.c.id, ITEM.c.reference))}
        told = [names[m.item_id or 0] for m in history.minutes(tx) if m.act == "hand over"]
        notices = tx.execute(select(OUTGOING.c.place, OUTGOING.c.payload)).all()
    assert told == sorted(told) and set(told) == {"L-10", "L-2", "L-3", "L-5", "L-6"}
    assert [place for place, _ in notices] == [str(number(lamps, "ana"))]
    assert '"items": 5' in notices[0].payload


def test_posts_go_too_and_their_items_stay_the_posts(lamps: Store) -> None:
    today = london_day(lamps.clock())
    record.pass_on(lamps, actor(lamps, "lia"), "Head of Custody", number(lamps, "owen"), today)
    with lamps.read() as tx:
        post = posts.held_by(tx, number(lamps, "owen"))[0]
    record.assign_to_post(lamps, actor(lamps, "lia"), "L-7", None, post.id)
    done = hand_over(lamps, 6, 1)
    assert (done.items, done.posts) == (6, 1)
    with lamps.read() as tx:
        assert [one.name for one in posts.held_by(tx, number(lamps, "ana"))] == ["Head of Custody"]
        assert tx.execute(select(ITEM.c.post_id).where(ITEM.c.reference == "L-7")).scalar_one() == post.id
    assert ties(lamps, "L-7")[0] == number(lamps, "ana")


@pytest.mark.parametrize(("items", "held"), [(4, 0), (6, 0), (5, 1), (0, 0)])
def test_where_it_is_another_number_meanwhile_nothing_happens(lamps: Store, items: int, held: int) -> None:
    with lamps.read() as tx:
        before = tx.execute(select(HEAD.c.seq)).scalar_one()
    with pytest.raises(FieldFaults):
        hand_over(lamps, items, held)
    with lamps.read() as tx:
        assert tx.execute(select(HEAD.c.seq)).scalar_one() == before
        assert tx.execute(select(func.count()).select_from(OUTGOING)).scalar_one() == 0


def test_a_repeat_gets_its_first_answer_and_does_nothing_again(lamps: Store) -> None:
    first = hand_over(lamps, 5, key="k1")
    assert hand_over(lamps, 5, key="k1") == first._replace(repeated=True)
    with pytest.raises(FieldFaults):
        hand_over(lamps, 5, key="k2")


@pytest.mark.parametrize("who", ["owen", "ana", "ruth", "marcus", "tess"])
def test_only_the_liaison_hands_over(lamps: Store, who: str) -> None:
    for _ in range(2):  # the repeat too, and once in the record
        with pytest.raises(NotAllowed, match="Only the liaison can do that: ask Lia Penrose"):
            hand_over(lamps, 5, as_=who, key=f"k-{who}")
    assert load(lamps, "owen").items == 5
    with lamps.read() as tx:
        tried = [m for m in history.minutes(tx) if m.fields.get("tried") == (None, "hand over")]
    assert len(tried) == 1


def test_in_one_transaction_or_not_at_all(lamps: Store) -> None:
    """The lights go out while the fourth item is written: the three before it are not there either."""
    salts = iter(range(5))  # each changed field is sealed with salt of its own; the first three items have five

    def until_the_lights_go_out(many: int) -> bytes:
        next(salts)
        return bytes(many)

    with pytest.raises(StopIteration):
        hand_over(replace(lamps, entropy=until_the_lights_go_out), 5)
    assert not list(salts)
    assert load(lamps, "owen").items == 5
    with lamps.read() as tx:
        assert not [m for m in history.minutes(tx) if m.act == "hand over"]
    assert hand_over(lamps, 5).items == 5
