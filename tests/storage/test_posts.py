"""Posts: who holds one since when, and how what is owned by it passes on."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from storage import history, posts, record
from storage.posts import Standing
from storage.refusals import FieldFaults, NotAllowed
from storage.store import Store
from storage.tables import ITEM, OUTGOING
from tests.conftest import Clock, actor, peopled, person
from tests.storage.registers import row, take

HEAD_OF = "Head of Economic and Cyber Crime"
TODAY = date(2026, 10, 2)


@pytest.fixture
def lamp(register: Store) -> Store:
    """Two open items and one that has ended, of nobody's post yet; Ana is a delegate of the first."""
    owners = "owen.hale@trentshire.example; ana.brook@trentshire.example"
    ended = row("LAMP-3", status="complete")
    take(peopled(register), row("LAMP-1", action_owner=owners), row("LAMP-2"), ended)
    return register


def number(store: Store, who: str) -> int:
    found = person(store, who).id
    assert found is not None
    return found


def pass_on(store: Store, to: str, since: date = TODAY, as_: str = "lia", **more: Any) -> record.Done:
    by = actor(store, as_, more.get("key", ""))
    return record.pass_on(store, by, more.get("name", HEAD_OF), number(store, to), since)


def give(store: Store, *references: str) -> None:
    with store.read() as tx:
        post = posts.named(tx, HEAD_OF)
    assert post is not None
    for reference in references:
        record.assign_to_post(store, actor(store, "lia"), reference, None, post.id)


def item(store: Store, reference: str) -> dict[str, Any]:
    with store.read() as tx:
        return dict(tx.execute(select(ITEM).where(ITEM.c.reference == reference)).mappings().one())


def listed(store: Store) -> list[Standing]:
    with store.read() as tx:
        return posts.listed(tx, frozenset())


def notices(store: Store) -> list[tuple[str, str]]:
    """To whom, and what, oldest first."""
    with store.read() as tx:
        return [(r.place, r.payload) for r in tx.execute(select(OUTGOING).order_by(OUTGOING.c.id))]


def test_an_item_of_a_post_is_owned_by_whoever_holds_it(lamp: Store) -> None:
    pass_on(lamp, "dana")
    give(lamp, "LAMP-1")
    held = item(lamp, "LAMP-1")
    assert (held["owner_id"], held["post_id"]) == (number(lamp, "dana"), 1)
    assert [(one.name, one.holder.called, one.items) for one in listed(lamp)] == [(HEAD_OF, "Ch Insp Dana Whitlock", 1)]


def test_a_new_holder_gets_every_open_item_of_the_post_one_event_each(lamp: Store, clock: Clock) -> None:
    pass_on(lamp, "dana")
    give(lamp, "LAMP-1", "LAMP-2")
    clock.set("2026-11-23 09:00")
    done = pass_on(lamp, "ana", date(2026, 11, 20))
    assert (done.items, done.posts) == (2, 1)
    first = item(lamp, "LAMP-1")
    assert (first["owner_id"], first["delegates"]) == (number(lamp, "ana"), "")  # no owner is a delegate too
    with lamp.read() as tx:
        told = [m for m in history.minutes(tx) if m.fields.get("reason") == (None, f"took over as {HEAD_OF}")]
        assert [m.act for m in told] == ["assign", "assign"]
        last = [m.fields for m in history.minutes(tx) if m.act == "post"][-1]
    assert last["name"] == (None, HEAD_OF)
    assert last["holder"] == (number(lamp, "dana"), number(lamp, "ana"))
    assert last["since"] == ("2026-10-02", "2026-11-20")
    one = listed(lamp)[0]
    assert (one.holder.called, one.holder.since) == ("Sgt Ana Brook", date(2026, 11, 20))
    assert [(t.called, t.since, t.until) for t in one.earlier] == [
        ("Ch Insp Dana Whitlock", TODAY, date(2026, 11, 20)),
    ]


def test_the_new_holder_hears_of_it_once(lamp: Store) -> None:
    pass_on(lamp, "dana")
    give(lamp, "LAMP-1", "LAMP-2")
    before = len(notices(lamp))
    pass_on(lamp, "jo")
    told = notices(lamp)[before:]
    assert [place for place, _ in told] == [str(number(lamp, "jo"))]
    assert '"items": 2' in told[0][1]


def test_what_has_ended_stays_and_begins_again_with_the_present_holder(lamp: Store) -> None:
    pass_on(lamp, "dana")
    give(lamp, "LAMP-2")
    record.supersede(lamp, actor(lamp, "lia"), "LAMP-2", None, "", "Registered twice.")
    pass_on(lamp, "jo")
    assert item(lamp, "LAMP-2")["owner_id"] == number(lamp, "dana")
    record.reopen(lamp, actor(lamp, "lia"), "LAMP-2", None, "It was not.")
    assert item(lamp, "LAMP-2")["owner_id"] == number(lamp, "jo")


def test_a_person_instead_of_the_post_takes_it_out_of_the_post(lamp: Store) -> None:
    pass_on(lamp, "dana")
    give(lamp, "LAMP-1")
    record.assign(lamp, actor(lamp, "lia"), "LAMP-1", None, number(lamp, "owen"))
    assert item(lamp, "LAMP-1")["post_id"] is None
    assert pass_on(lamp, "jo").items == 0


def test_an_import_that_names_another_owner_takes_it_out_of_the_post(lamp: Store) -> None:
    pass_on(lamp, "dana")
    give(lamp, "LAMP-2")
    take(lamp, row("LAMP-2", action_owner="jo.cole@trentshire.example"))
    assert (item(lamp, "LAMP-2")["owner_id"], item(lamp, "LAMP-2")["post_id"]) == (number(lamp, "jo"), None)


def test_a_day_that_has_not_come_is_refused(lamp: Store) -> None:
    with pytest.raises(FieldFaults, match="1 Dec 2026 has not come yet"):
        pass_on(lamp, "dana", date(2026, 12, 1))
    assert listed(lamp) == []


def test_a_day_before_the_present_holder_is_refused(lamp: Store) -> None:
    pass_on(lamp, "dana", date(2026, 9, 1))
    with pytest.raises(FieldFaults, match="Whitlock has held it since 1 Sep 2026"):
        pass_on(lamp, "jo", date(2026, 8, 31))
    with pytest.raises(FieldFaults, match="holds it already, since 1 Sep 2026"):
        pass_on(lamp, "dana")


@pytest.mark.parametrize(("name", "said"), [("  ", "Name the post"), ("12", "Name the post"), ("x" * 81, "at most 80")])
def test_a_post_has_a_name(lamp: Store, name: str, said: str) -> None:
    with pytest.raises(FieldFaults, match=said):
        pass_on(lamp, "dana", name=name)


def test_put_right_on_the_same_day_the_wrong_name_is_no_earlier_holder(lamp: Store) -> None:
    pass_on(lamp, "dana")
    pass_on(lamp, "jo", name=f"  {HEAD_OF.upper()} ")
    assert [(one.holder.called, one.earlier) for one in listed(lamp)] == [("Insp Jo Cole", [])]


def test_only_the_liaison_makes_posts_and_a_refusal_is_in_the_record(lamp: Store) -> None:
    with pytest.raises(NotAllowed, match="Only the liaison can do that: ask Lia Penrose"):
        pass_on(lamp, "owen", as_="owen")
    with lamp.read() as tx:
        last = history.minutes(tx)[-1]
    assert (last.act, last.fields["tried"], listed(lamp)) == ("refused", (None, "post"), [])


def test_a_request_that_comes_again_gets_its_first_answer(lamp: Store) -> None:
    first = pass_on(lamp, "dana", key="k1")
    again = pass_on(lamp, "dana", key="k1")
    assert again == first._replace(repeated=True)
