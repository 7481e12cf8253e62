"""The ledger: what it holds, that it is only added to, and that whoever changes the file is found out."""

import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import IntegrityError

from storage import history, record
from storage.history import GENESIS, Event
from storage.store import Store, open_store
from storage.tables import HISTORY, ITEM, KEPT_TEXT
from tests.conftest import BROUGHT_IN, Clock, actor, empty, peopled
from tests.databases import SQLITE, Database, in_its_words, raw
from tests.storage.registers import Life, row, take

LINK = "https://evidence.example/1"


def with_a_fortnight_behind_it(url: str) -> None:
    """A small register that has lived."""
    empty(url)
    clock = Clock(BROUGHT_IN)
    store = open_store(url, clock)
    Life(store, clock, seed=7, items=12).pass_days(14)
    store.close()


@pytest.fixture
def lived(database: Database) -> Iterator[Store]:
    store = open_store(database.copy(with_a_fortnight_behind_it), Clock("2026-11-23 09:00"))
    yield store
    store.close()


def sentences(store: Store, against: str = "") -> list[str]:
    return [fault.sentence for fault in history.verify(store, against)[0]]


def tamper(store: Store, *statements: str) -> None:
    """What somebody does who owns the file: triggers dropped, keys unchecked, statements run."""
    kind = make_url(store.url).get_backend_name()
    with raw(store.url) as owner:
        for statement in filter(None, (in_its_words(kind, one) for one in statements)):
            assert owner.execute(statement).rowcount != 0, statement


# --- what is written --------------------------------------------------------------------------------------------------


def test_a_register_that_lived_verifies(lived: Store) -> None:
    faults, end = history.verify(lived)
    assert faults == []
    with lived.read() as tx:
        assert end == history.head(tx)
        assert end.seq == len(history.minutes(tx)) > 40
    assert sentences(lived, end.hash) == []
    assert sentences(lived, end.shown) == []
    assert sentences(lived, end.shown.upper()) == []


def test_the_first_event_follows_the_genesis_and_each_the_one_before(lived: Store) -> None:
    """The chain as the format says it, worked out here once more."""
    from hashlib import sha256

    with lived.read() as tx:
        rows = tx.execute(select(HISTORY).order_by(HISTORY.c.seq)).all()
    last = GENESIS
    for r in rows:
        body = r.body.encode()
        last = sha256(bytes.fromhex(last) + len(body).to_bytes(8, "big") + body).hexdigest()
        assert r.hash == last
        assert r.body == json.dumps(json.loads(r.body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_a_body_holds_ids_and_seals_and_no_words(register: Store) -> None:
    take(peopled(register), row("A-1", title="A title nobody should find here", text="Nor this text."))
    record.add_update(register, actor(register, "owen"), "A-1", None, "Nor these words.", {"off_track": "Nor this."})
    with register.read() as tx:
        bodies = " ".join(tx.execute(select(HISTORY.c.body)).scalars())
    assert "owner_id" in bodies
    for words in ("A title nobody", "Nor th", "Owen", "trentshire.example"):
        assert words not in bodies


def test_the_same_value_is_sealed_differently_each_time(register: Store) -> None:
    take(peopled(register), row("A-1"), row("A-2"))
    with register.read() as tx:
        first, second = (m.body["fields"]["title"] for m in history.minutes(tx) if m.item_id)
    assert first != second


def test_time_never_runs_back_in_the_ledger(register: Store, clock: Clock) -> None:
    take(peopled(register), row("A-1"))
    record.add_update(register, actor(register, "owen"), "A-1", None, "First.", {})
    first = clock()
    clock.later(hours=-5)
    saved = record.add_update(register, actor(register, "owen"), "A-1", None, "The clock was put back.", {})
    assert saved.at == first
    clock.later(hours=6)
    assert record.add_update(register, actor(register, "owen"), "A-1", None, "And on.", {}).at == clock()
    with register.read() as tx:
        assert history.last_event_at(tx, first) == saved.event
        assert history.last_event_at(tx, first - timedelta(seconds=1)) == 0
    assert sentences(register) == []


def test_an_append_outside_a_commit_is_no_event(register: Store) -> None:
    class Away(Exception):
        pass

    with register.read() as tx:
        before = history.head(tx)
    with contextlib.suppress(Away), register.write() as tx:
        history.append(tx, register, [Event("update", None, "terminal", "", fields={"note": (None, "x")})])
        raise Away
    with register.read() as tx:
        assert history.head(tx) == before
    assert sentences(register) == []


# --- nobody changes it through the register ---------------------------------------------------------------------------


# what somebody tries through the register: on SQLite, on PostgreSQL
TRIED = {
    "an event says otherwise": ("UPDATE history SET act = 'x' WHERE seq = 3",) * 2,
    "an event moves": ("UPDATE history SET seq = 99999 WHERE seq = 3",) * 2,
    "the last one goes": ("DELETE FROM history WHERE seq = (SELECT max(seq) FROM history)",) * 2,
    "all go": ("DELETE FROM history",) * 2,
    "one is put in again": (
        "INSERT OR REPLACE INTO history SELECT * FROM history WHERE seq = 3",
        "INSERT INTO history SELECT * FROM history WHERE seq = 3 ON CONFLICT (seq) DO UPDATE SET act = 'x'",
    ),
    "all are put in again": ("REPLACE INTO history SELECT * FROM history", "TRUNCATE history CASCADE"),
    "one takes another's place": (
        "UPDATE OR REPLACE history SET seq = 3 WHERE seq = 4",
        "MERGE INTO history h USING history o ON h.seq = o.seq AND h.seq = 3 WHEN MATCHED THEN DELETE",
    ),
    "a value goes": ("DELETE FROM kept_text WHERE event = 3",) * 2,
    "a value is put in again": (
        "INSERT OR REPLACE INTO kept_text SELECT * FROM kept_text WHERE event = 3",
        "TRUNCATE kept_text",
    ),
}


@pytest.mark.parametrize("what", TRIED)
def test_the_history_is_only_added_to(lived: Store, database: Database, what: str) -> None:
    statement = TRIED[what][database.kind != SQLITE]
    with pytest.raises(IntegrityError, match="only added to"), lived.write() as tx:
        tx.execute(text(statement))
    assert sentences(lived) == []


# --- whoever owns the file is found out -------------------------------------------------------------------------------

LAST = "(SELECT max(seq) FROM history)"
ANY_ITEM = "(SELECT min(item_id) FROM history WHERE item_id IS NOT NULL)"


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        ([f"UPDATE item SET status = 'no_action' WHERE id = {ANY_ITEM}"], "its status is not what its history says"),
        ([f"UPDATE item SET title = 'Other' WHERE id = {ANY_ITEM}"], "its title is not what"),
        ([f"UPDATE item SET target_date = '2031-01-01' WHERE id = {ANY_ITEM}"], "its target_date is not what"),
        ([f"UPDATE item SET owner_id = 1, version = version + 1 WHERE id = {ANY_ITEM}"], "its version is not what"),
        ([f"UPDATE item SET open = NOT open WHERE id = {ANY_ITEM}"], "its open does not follow"),
        ([f"UPDATE item SET due_order = '9999-12-31', due = NULL WHERE id = {ANY_ITEM}"], "its due"),
        ([f"UPDATE item SET due_order = '2001-01-01' WHERE id = {ANY_ITEM}"], "its due_order does not follow"),
        ([f"UPDATE item SET quiet_since = '2031-01-01' WHERE id = {ANY_ITEM}"], "its quiet_since does not follow"),
        ([f"UPDATE item SET reference_key = 'X-999' WHERE id = {ANY_ITEM}"], "its reference_key does not follow"),
        (["UPDATE report SET comments_published_on = '2026-09-30'"], "its comments_published_on is not what"),
        (["UPDATE item_person SET person_id = 3 WHERE id = 1"], "who works on it, or did so, is not as its"),
        (["UPDATE item_person SET until = since WHERE id = 1"], "who works on it, or did so, is not as its"),
        (["UPDATE item SET due = 'soon'"], "What items are listed by cannot be read to the end"),
        (["PRAGMA foreign_keys = OFF", f"DELETE FROM item WHERE id = {ANY_ITEM}"], "no longer in the register"),
        (["DELETE FROM progress_update WHERE id = 1"], "The progress update of event"),
        (["UPDATE progress_update SET words = 'Nothing was done.' WHERE id = 1"], "The progress update of event"),
        (["UPDATE progress_update SET at = '2026-10-01 00:00:00.000000' WHERE id = 1"], "was changed: its at"),
        (["UPDATE kept_text SET pair = '[null,\"Other\"]' WHERE field = 'title'"], "The title kept for event"),
        (["UPDATE kept_text SET salt = zeroblob(16) WHERE field = 'note'"], "The note kept for event"),
        (["UPDATE kept_text SET pair = '', salt = x'' WHERE field = 'note'"], "The note kept for event"),
        (["DELETE FROM kept_text WHERE field = 'status'"], "The status kept for event"),
        (["UPDATE history SET act = 'seen' WHERE seq = 5"], "Event 5 stands in the table otherwise"),
        (["UPDATE history SET actor_id = 2 WHERE seq = 5"], "Event 5 stands in the table otherwise"),
        (["UPDATE history SET at = '2026-10-01 00:00:00.000000' WHERE seq = 5"], "Event 5 stands in the table"),
        (["UPDATE history SET body = replace(body, 'terminal', 'slack') WHERE seq = 5"], "Event 5 was changed"),
        (["UPDATE history SET body = 'gone' WHERE seq = 5"], "Event 5 cannot be read"),
        (["PRAGMA foreign_keys = OFF", "DELETE FROM history WHERE seq = 5"], "Event 5 is missing"),
        ([f"DELETE FROM history WHERE seq = {LAST}"], "events are missing or added"),
        (["UPDATE head SET seq = seq + 1"], "events are missing or added"),
    ],
)
def test_an_edit_behind_the_registers_back_is_found(lived: Store, statements: list[str], said: str) -> None:
    tamper(lived, *statements)
    found = sentences(lived)
    assert any(said in sentence for sentence in found), found


def test_an_inserted_item_is_found(lived: Store) -> None:
    columns = ITEM.columns.keys()
    own = {"id": "9999", "reference": "'GHOST-1'", "reference_key": "'GHOST-1'", "parent_id": "NULL"}
    values = ", ".join(own.get(c, f'"{c}"') for c in columns)
    tamper(lived, f"INSERT INTO item ({', '.join(columns)}) SELECT {values} FROM item LIMIT 1")
    assert "Item GHOST-1 is in the register, and no event says how it came there." in sentences(lived)
    assert all("GHOST-1" in sentence for sentence in sentences(lived))


def test_an_inserted_update_is_found(lived: Store) -> None:
    """Words that nobody said, told as if they belonged to an event that says nothing of the kind."""
    tamper(
        lived,
        "INSERT INTO progress_update (item_id, person_id, event, at, words) "
        "SELECT item_id, person_id, 1, at, 'All is well.' FROM progress_update LIMIT 1",
    )
    assert sentences(lived) == ["The progress update of event 1 was never said."]


def test_two_events_that_changed_places_are_found(lived: Store) -> None:
    swap = [("seq = 5", "-1"), ("seq = 6", "5"), ("seq = -1", "6")]
    tamper(lived, "PRAGMA foreign_keys = OFF", *(f"UPDATE history SET seq = {to} WHERE {which}" for which, to in swap))
    found = sentences(lived)
    assert "Event 5 was changed, or what stands before it was." in found
    assert "Event 6 stands in the table otherwise than in its own words." in found


def cut_the_end(store: Store, mend: bool) -> None:
    """The last event taken out as if it had never been, its item put back; with `mend` the head says so too."""
    with store.read() as tx:
        last = history.head(tx).seq
        told = history.minutes(tx, after=last - 1)[0]
    back = [f"DELETE FROM history WHERE seq = {last}", f"DELETE FROM kept_text WHERE event = {last}"]
    back += [f"DELETE FROM progress_update WHERE event = {last}"]
    back += [f"UPDATE item SET version = version - 1, off_track = '' WHERE id = {told.item_id}"]
    if mend:
        back.append(f"UPDATE head SET seq = {last - 1}, hash = (SELECT hash FROM history WHERE seq = {last - 1})")
    tamper(store, "PRAGMA foreign_keys = OFF", *back)


@pytest.mark.parametrize("mend", [False, True])
def test_a_last_event_that_was_taken_out_is_found_by_an_earlier_head(register: Store, mend: bool) -> None:
    take(peopled(register), row("A-1", last_update_on="2026-10-02"))
    record.add_update(register, actor(register, "owen"), "A-1", None, "It cannot be done.", {"off_track": "No money."})
    printed = history.verify(register)[1]
    cut_the_end(register, mend)
    without = sentences(register)
    assert bool(without) is not mend  # mended, the file alone tells nothing: the printed head does
    assert sentences(register, printed.shown)[-1:] == [
        f"The head {printed.shown} does not stand in the chain: events were removed or rewritten."
    ]


# --- with a key kept elsewhere ----------------------------------------------------------------------------------------


def keyed(url: str, clock: Callable[[], datetime], key: bytes) -> Store:
    return open_store(url, clock, audit_key=key)


def test_a_chain_written_under_a_key_is_checked_with_that_key_only(
    register: Store, clock: Clock, tmp_path: Path
) -> None:
    take(peopled(register), row("A-1"))
    with_key = keyed(register.url, clock, b"outside")
    record.add_update(with_key, actor(with_key, "owen"), "A-1", None, "Under the key.", {})
    assert sentences(with_key) == []
    other = keyed(register.url, clock, b"another")
    last = history.verify(other)[1].seq
    said = [f"Event {last} was written under another AUDIT_KEY; give that one to check it."]
    assert sentences(other) == sentences(register) == said
    with_key.close()
    other.close()


def test_without_the_key_a_chain_cannot_be_forged(register: Store, clock: Clock) -> None:
    """Whoever owns the file and not the key rewrites the last event and hashes it as best they can."""
    take(peopled(register), row("A-1"))
    with_key = keyed(register.url, clock, b"outside")
    record.add_update(with_key, actor(with_key, "owen"), "A-1", None, "Under the key.", {})
    with with_key.read() as tx:
        last = tx.execute(select(HISTORY).order_by(HISTORY.c.seq.desc()).limit(1)).one()
        previous = tx.execute(select(HISTORY.c.hash).where(HISTORY.c.seq == last.seq - 1)).scalar_one()
    body = last.body.replace('"terminal"', '"slack"')
    forged = history.chained(previous, body, b"")
    quoted = body.replace("'", "''")
    tamper(
        with_key,
        f"UPDATE history SET body = '{quoted}', hash = '{forged}' WHERE seq = {last.seq}",
        f"UPDATE head SET hash = '{forged}'",
    )
    assert sentences(with_key) == [f"Event {last.seq} was changed, or what stands before it was."]
    with_key.close()


# --- values that were erased ------------------------------------------------------------------------------------------


def test_only_a_gap_that_an_erasure_names_is_accepted(register: Store) -> None:
    take(peopled(register), row("A-1"))
    saved = record.add_update(register, actor(register, "owen"), "A-1", None, "Words to be erased.", {})
    with register.write() as tx:
        tx.execute(KEPT_TEXT.update().where(KEPT_TEXT.c.field == "note").values(pair="", salt=b""))
        tx.execute(text("UPDATE progress_update SET words = ''"))
    assert sentences(register) == [f"The note kept for event {saved.event} was changed."]


def test_an_instant_is_written_in_utc() -> None:
    assert history.stamp(datetime(2026, 10, 2, 8, 0, 0, 5, tzinfo=UTC)) == "2026-10-02T08:00:00.000005Z"
