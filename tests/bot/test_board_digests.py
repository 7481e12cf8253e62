"""A board's digest: its own items alone, what its channel may not read left out, once a week, and gone when removed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot import wiring
from bot.scheduler import Digests, run_due
from storage import digests, outbox
from storage.record.digests import NewDigest, add_digest, remove_digest
from storage.store import Store, open_store
from tests.bot.dcc_channel import outbox_rows
from tests.conftest import Clock, actor, empty, peopled
from tests.databases import Database, reading
from tests.storage.registers import row, take
from tests.wire.office import settings

KEY = "digest:board-1:2026-W48"
FILTER = json.dumps({"words": 'board:"Lamp Board"', "boards": [["Lamp Board", True]]})
DARK = {"marking": "OFFICIAL-SENSITIVE", "title": "Guard the dark lamp", "board": "Lamp Board"}


def with_two_boards(url: str) -> None:
    """Lamps of the Lamp Board (one late, one sensitive and late), and ropes that are another board's."""
    empty(url)
    store = peopled(open_store(url, Clock("2026-11-20 16:00")))
    lamps = {"board": "Lamp Board"}
    ropes = {"board": "Rope Board", "report_code": "ROPE26", "report_title": "Tie the ropes", "title": "Tie the rope"}
    take(
        store,
        row("LAMP26-R1", **lamps),
        row("LAMP26-R2", target_date="2026-11-10", **lamps),
        row("LAMP26-R3", target_date="2026-11-09", **DARK),
        row("LAMP26-R4", status="pending_sign_off", **lamps),
        row("ROPE26-R1", target_date="2026-11-01", **ropes),
        row("ROPE26-R2", **ropes),
    )
    store.close()


@pytest.fixture
def lamps(database: Database) -> Iterator[Store]:
    store = open_store(database.copy(with_two_boards), Clock("2026-11-20 16:40"))
    add_digest(store, actor(store, "lia"), NewDigest(digests.BOARD, "slack", "C0LAMP", "thu", "14:00", FILTER))
    yield store
    store.close()


def clock_of(store: Store) -> Clock:
    assert isinstance(store.clock, Clock)
    return store.clock


def work(store: Store, *, cleared: bool = False) -> Digests:
    return wiring.digest_work(store, settings())._replace(cleared=lambda chat, place: cleared)


def payload(store: Store, key: str = KEY) -> dict[str, Any]:
    with reading(store.url) as other:
        rows = other.execute("SELECT key, payload FROM outgoing_message").fetchall()
    return dict(json.loads(dict(rows)[key]))


def test_it_is_due_once_at_its_own_time_in_its_own_channel(lamps: Store) -> None:
    clock, due = clock_of(lamps), work(lamps)
    assert run_due(due, clock.set("2026-11-26 13:59")) == 0
    assert [run_due(due, clock.set("2026-11-26 14:00")) for _ in range(3)] == [1, 0, 0]
    assert list(outbox_rows(lamps.url)) == [KEY]
    with reading(lamps.url) as other:
        assert other.execute("SELECT place FROM outgoing_message").fetchone()[0] == "C0LAMP"


def test_what_is_another_boards_or_sensitive_does_not_exist_in_it(lamps: Store) -> None:
    run_due(work(lamps), clock_of(lamps).set("2026-11-26 14:00"))
    said = json.dumps(payload(lamps), ensure_ascii=False)
    assert "Weekly digest of Lamp Board, 26 November 2026" in said
    assert "3 open" in said and "LAMP26-R2" in said and "16 days late" in said
    for absent in ("ROPE", "LAMP26-R3", "dark lamp", "SENSITIVE", "Not shown"):
        assert absent not in said, absent
    with reading(lamps.url) as other:
        figures = json.loads(other.execute("SELECT figures FROM digest_run").fetchone()[0])
    assert (figures["items"], figures["open"]) == (3, 3)
    assert [one["reference"] for one in figures["overdue"]] == ["LAMP26-R2"]
    move = figures["movement"]
    assert move["opening"] + move["new"] + move["reopened"] - move["ended"] == move["closing"] == 3


def test_a_cleared_channel_reads_what_is_sensitive_too(lamps: Store) -> None:
    run_due(work(lamps, cleared=True), clock_of(lamps).set("2026-11-26 14:00"))
    said = json.dumps(payload(lamps), ensure_ascii=False)
    assert "4 open" in said and "LAMP26-R3" in said and "Guard the dark lamp" in said and "ROPE" not in said


def test_its_readers_decide_nothing_and_its_lists_are_the_boards(lamps: Store) -> None:
    run_due(work(lamps), clock_of(lamps).set("2026-11-26 14:00"))
    values = [
        element["value"]
        for block in payload(lamps)["blocks"]
        for element in [*block.get("elements", []), block.get("accessory", {})]
        if element.get("type") == "button"
    ]
    assert "show LAMP26-R4" in values and 'overdue board:"Lamp Board"' in values
    assert not [v for v in values if v.startswith(("sign off", "approve", "seen"))]
    assert all(v.endswith('board:"Lamp Board"') for v in values if not v.startswith("show "))


def test_removed_between_claim_and_writing_it_is_not_written_and_nothing_breaks(lamps: Store) -> None:
    clock, due = clock_of(lamps), work(lamps)
    digests.set_up(lamps, "slack", "C0DCC", "thu", "14:00")
    clock.set("2026-11-26 14:00")
    with lamps.read() as tx:
        board = next(d for d in digests.schedules(tx) if d.kind == digests.BOARD)
    assert digests.claim(lamps, board, "2026-W48", clock())
    remove_digest(lamps, actor(lamps, "lia"), board.name)
    assert run_due(due, clock()) == 1
    assert [key for key in outbox_rows(lamps.url) if key.count(":") == 2] == ["digest:weekly:2026-W48"]


def test_two_digests_of_one_day_are_two_messages(lamps: Store) -> None:
    clock = clock_of(lamps)
    digests.set_up(lamps, "slack", "C0DCC", "thu", "14:00")
    assert run_due(work(lamps), clock.set("2026-11-26 14:00")) == 2
    with lamps.read() as tx:
        assert outbox.blocked(tx, clock()) == []
    keys = [key for key in outbox_rows(lamps.url) if key.count(":") == 2]
    assert sorted(keys) == [KEY, "digest:weekly:2026-W48"]
    assert payload(lamps, "digest:weekly:2026-W48") != payload(lamps)


def test_what_goes_to_a_person_is_no_run(lamps: Store) -> None:
    with lamps.read() as tx:
        lead = next(iter(tx.exec_driver_sql("SELECT id FROM person WHERE name = 'ACC Marcus Frayne'")))[0]
    add_digest(lamps, actor(lamps, "lia"), NewDigest(digests.LEAD, day="thu", person_id=lead))
    assert run_due(work(lamps), clock_of(lamps).set("2026-11-26 14:00")) == 1
