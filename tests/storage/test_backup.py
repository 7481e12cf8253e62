"""A restore drill on a register that has lived: what comes back is what was backed up, whole, or nothing happens."""

import hashlib
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, select

from storage import backup, copies, digests, dumps, history, migrations, outbox, restoring
from storage.faults import StoreFault
from storage.history import Head
from storage.restoring import By, Restored
from storage.running import BotRuns, running
from storage.store import Store, check_schema, open_store, sqlite_path
from storage.tables import METADATA
from tests.conftest import Clock, empty, london
from tests.databases import Database, raw, somebody_writes
from tests.storage.registers import Life

LIA = By("lia.penrose@trentshire.example", "")
# what a restore itself writes down, beside its event
ITS_OWN = frozenset({"head", "history", "kept_text"})
HELD = frozenset({"state", "trouble", "lease_until"})
DIGEST = "digest:weekly:2026-W40"
Rows = dict[str, list[str]]


@pytest.fixture
def lived(register: Store, clock: Clock) -> Life:
    """A register in which something has happened."""
    life = Life(register, clock, seed=6, items=6)
    life.pass_days(2)
    return life


def row_hashes(store: Store) -> Rows:
    """Every row of every table, by its table; of a message all but whether it is held."""
    found = MetaData()
    with store.read() as tx:
        found.reflect(tx)
        columns = {name: [c for c in table.columns if c.name not in HELD] for name, table in found.tables.items()}
        return {name: sorted(map(_hash, tx.execute(select(*those)))) for name, those in columns.items()}


def _hash(row: Any) -> str:
    return hashlib.sha256(repr(tuple(row)).encode()).hexdigest()


def head(store: Store) -> Head:
    with store.read() as tx:
        return history.head(tx)


def restore(store: Store, file: Path, *, force: bool = False, by: By = LIA) -> Restored:
    return restoring.restore(store, file, by, force=force)


def file_in(folder: Path, store: Store, name: str = "backup") -> Path:
    """A name for a backup, in a folder of its own."""
    (folder / "safe").mkdir(exist_ok=True)
    return folder / "safe" / f"{name}{backup.way_of(store).suffix}"


# --- the drill --------------------------------------------------------------------------------------------------------


def test_what_is_restored_is_row_for_row_what_was_backed_up(lived: Life, tmp_path: Path) -> None:
    lived.do_everything()
    store, file = lived.store, file_in(tmp_path, lived.store)
    then, rows = head(store), row_hashes(store)
    assert backup.make(store, file) == then
    for _ in range(20):
        lived.act()
    given_up = head(store)
    done = restore(store, file, force=True)
    now = row_hashes(store)
    assert {t: r for t, r in now.items() if t not in ITS_OWN} == {t: r for t, r in rows.items() if t not in ITS_OWN}
    for table in ("history", "kept_text"):
        assert set(rows[table]) <= set(now[table])
    assert now.keys() == rows.keys() == {*METADATA.tables, "alembic_version"}
    assert (done.backup, done.given_up, done.head.seq) == (then, given_up, then.seq + 1)
    assert history.verify(store) == ([], done.head)


def test_life_goes_on_after_a_restore_and_the_history_still_holds(lived: Life, tmp_path: Path) -> None:
    file = file_in(tmp_path, lived.store)
    backup.make(lived.store, file)
    restore(lived.store, file)
    for _ in range(20):
        lived.act()
    assert history.verify(lived.store)[0] == []


def test_the_register_tells_which_head_was_given_up(lived: Life, tmp_path: Path) -> None:
    store, file = lived.store, file_in(tmp_path, lived.store)
    backup.make(store, file)
    lived.act()
    given_up = head(store)
    done = restore(store, file, force=True)
    with store.read() as tx:
        (minute,) = history.minutes(tx, after=done.backup.seq)
    assert minute.act == "restore"
    assert minute.fields["head"] == (given_up.hash, done.backup.hash)
    assert minute.fields["events"] == (given_up.seq, done.backup.seq)
    (fault,), _ = history.verify(store, given_up.shown)
    assert f"event {done.head.seq} restored a backup" in fault.sentence
    assert history.verify(store, done.backup.shown)[0] == []


def test_the_register_that_was_there_is_kept_and_can_be_restored_itself(lived: Life, tmp_path: Path) -> None:
    store, file = lived.store, file_in(tmp_path, lived.store)
    backup.make(store, file)
    lived.act()
    given_up = head(store)
    aside = restore(store, file, force=True).aside
    assert aside is not None and aside.stat().st_mode & 0o777 == 0o600
    assert restore(store, aside, force=True).backup == given_up


def test_writes_go_on_while_a_backup_is_taken_and_are_not_in_it(lived: Life, tmp_path: Path) -> None:
    """SQLite: somebody acts after every few pages. PostgreSQL: somebody holds the pen, and does not come to an end."""
    store, file = lived.store, file_in(tmp_path, lived.store)
    then, acts = head(store), list[int]()
    way = backup.way_of(store)

    def act() -> None:
        lived.try_to("update")
        acts.append(head(store).seq)

    if isinstance(way, copies.Copies):
        file.touch()
        assert copies.Copies(store, 4, act).write(file) == then
        assert len(acts) > 5 and acts[-2] > acts[0] > then.seq
    else:
        with somebody_writes(store.url):
            assert backup.make(store, file) == then
    assert way.look(file) == then


# --- nothing is posted again ------------------------------------------------------------------------------------------


def test_what_was_unsent_is_held_and_what_was_due_is_not_caught_up(
    register: Store, clock: Clock, tmp_path: Path
) -> None:
    store, file = register, file_in(tmp_path, register)
    dcc = digests.set_up(store, "slack", "C0DCC", "mon", "09:00")
    for period, hour in (("2026-W40", 9), ("2026-W41", 10)):
        assert digests.claim(store, dcc, period, london(f"2026-10-02 {hour:02d}:00"))
    with store.read() as tx:
        first = digests.unwritten(tx)[0]
    assert digests.write_down(store, first, dcc, DIGEST, "{}", {})
    with store.aside() as tx:
        for key in ("letter:1", "letter:2"):
            outbox.put(tx, key, "slack", "C0DCC", "{}", clock())
        outbox.put(tx, "daily:1:2026-10-02", outbox.PERSON, "1", "{}", clock())
    sent = outbox.claim(store, clock(), timedelta(minutes=1))
    assert sent is not None and outbox.settle(store, sent, outbox.SENT, posted_ts="1.0")
    assert outbox.claim(store, clock.later(seconds=2), timedelta(minutes=1)) is not None  # and it is killed
    backup.make(store, file)
    clock.set("2026-10-20 12:00")
    done = restore(store, file, by=By("", "root"))
    keys = {DIGEST, "letter:1", "letter:2", "daily:1:2026-10-02"} - {sent.key}
    assert {key for key, _ in done.held} == keys
    assert outbox.claim(store, clock.later(days=30), timedelta(minutes=1)) is None
    for key in keys:
        assert outbox.state_of(store, key).state == outbox.BLOCKED
        assert "unsent in the backup" in outbox.state_of(store, key).trouble
    with store.read() as tx:
        assert [s.since for s in digests.schedules(tx)] == [london("2026-10-20 12:00")]
        assert digests.unwritten(tx) == []
        assert done.runs == {(dcc.id, "2026-W40")}


# --- or nothing happens -----------------------------------------------------------------------------------------------


def test_a_newer_register_is_not_given_up_unasked(lived: Life, tmp_path: Path) -> None:
    store, file = lived.store, file_in(tmp_path, lived.store)
    backup.make(store, file)
    lived.try_to("update")
    rows, seq = row_hashes(store), head(store).seq
    with pytest.raises(StoreFault, match=f"holds {seq} events, and the backup .*add --force"):
        restore(store, file)
    assert row_hashes(store) == rows


def test_another_registers_backup_is_not_put_in_this_ones_place_unasked(
    lived: Life, database: Database, tmp_path: Path
) -> None:
    file = file_in(tmp_path, lived.store)
    backup.make(lived.store, file)
    url = database.copy(empty, tmp_path / "other.db")
    other = open_store(url, lived.clock)
    Life(other, lived.clock, seed=7, items=2)
    rows = row_hashes(other)
    with pytest.raises(StoreFault, match="another register"):
        restore(other, file)
    assert row_hashes(other) == rows
    assert restore(other, file, force=True).given_up is not None
    other.close()


def test_nothing_is_restored_while_a_bot_runs(lived: Life, tmp_path: Path) -> None:
    file = file_in(tmp_path, lived.store)
    backup.make(lived.store, file)
    rows = row_hashes(lived.store)
    with running(lived.store), pytest.raises(BotRuns, match="Stop it, on every machine"):
        restore(lived.store, file)
    assert row_hashes(lived.store) == rows


def test_a_backup_that_was_cut_short_or_changed_anywhere_is_refused(lived: Life, tmp_path: Path) -> None:
    store, file = lived.store, file_in(tmp_path, lived.store)
    backup.make(store, file)
    whole, rows, broken = file.read_bytes(), row_hashes(store), file_in(tmp_path, store, "broken")
    for number in range(25):
        at = lived.dice.randrange(len(whole))
        flipped = whole[:at] + bytes([whole[at] ^ 1 << lived.dice.randrange(8)]) + whole[at + 1 :]
        broken.write_bytes(flipped if number % 4 else whole[:at])
        with pytest.raises(StoreFault, match=r"is not|cannot be read"):
            restore(store, broken)
    assert row_hashes(store) == rows


def test_a_backup_whose_history_was_rewritten_is_refused(lived: Life, tmp_path: Path) -> None:
    """Whoever writes a seal of their own is found out by the chain."""
    store, file = lived.store, file_in(tmp_path, lived.store)
    with raw(store.url) as inside:
        inside.execute("UPDATE history SET act = 'target' WHERE seq = 20")
    with pytest.raises(StoreFault, match=r"No backup was kept.*Event 20 "):
        backup.make(store, file)
    assert not list(file.parent.iterdir())
    _sealed_copy(store, file)
    rows = row_hashes(store)
    with pytest.raises(StoreFault, match=r"is not whole, and nothing was changed. Event 20 "):
        restore(store, file)
    assert row_hashes(store) == rows


def _sealed_copy(store: Store, file: Path) -> None:
    """As a backup is made, with nothing looked at."""
    way = backup.way_of(store)
    if isinstance(way, dumps.Dumps):
        way._dump(file)
        dumps._seal(file)
    else:
        store.close()
        copies._in_one_file(sqlite_path(store.url))
        file.write_bytes(sqlite_path(store.url).read_bytes())
        copies._seal(file)


def test_a_backup_of_an_older_release_is_brought_up(database: Database, clock: Clock, tmp_path: Path) -> None:
    old = open_store(database.place("old"), clock, create=True)
    migrations.upgrade(old, "0002")
    file = file_in(tmp_path, old)
    _sealed_copy(old, file)
    store = open_store(database.copy(empty), clock)
    assert restore(store, file, by=By("", "root")).head.seq == 1
    check_schema(store)
    assert history.verify(store)[0] == []
    old.close()
    store.close()


def test_a_register_that_is_ruined_or_gone_is_restored_and_what_was_there_is_kept(
    lived: Life, database: Database, tmp_path: Path
) -> None:
    store, file = lived.store, file_in(tmp_path, lived.store)
    then = backup.make(store, file)
    store.close()
    if store.url.startswith("sqlite"):
        database.ruin(store.url)
    else:
        with raw(store.url) as inside:
            inside.execute("DROP TABLE head")
    back = open_store(store.url, lived.clock, absent=True)
    done = restore(back, file)
    assert (done.given_up, done.backup) == (None, then)
    assert done.aside is not None and "unreadable" in done.aside.name
    assert history.verify(back)[0] == []
    back.close()


def test_an_empty_place_is_restored_into(lived: Life, database: Database, tmp_path: Path) -> None:
    file = file_in(tmp_path, lived.store)
    then = backup.make(lived.store, file)
    store = open_store(database.place("new"), lived.clock, absent=True)
    assert restore(store, file)[:3] == (then, None, None)
    assert history.verify(store)[0] == []
    store.close()


def test_a_backup_overwrites_nothing_and_what_cannot_be_written_is_said(lived: Life, tmp_path: Path) -> None:
    store, file = lived.store, file_in(tmp_path, lived.store)
    backup.make(store, file)
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    with pytest.raises(StoreFault, match=r"There is a file .* already"):
        backup.make(store, file)
    assert file.read_bytes() == before
    with pytest.raises(StoreFault, match=r"cannot be written into .*: not a directory"):
        backup.make(store, file / "below")
    assert list(file.parent.iterdir()) == [file]


def test_somebody_who_was_no_liaison_in_the_backup_restores_nothing(lived: Life, tmp_path: Path) -> None:
    file = file_in(tmp_path, lived.store)
    backup.make(lived.store, file)
    with pytest.raises(StoreFault, match=r"owen.hale@trentshire.example is no liaison"):
        restore(lived.store, file, by=By("owen.hale@trentshire.example", ""))


# --- killed in the middle ---------------------------------------------------------------------------------------------

# does `what` to the register; ends itself with SIGKILL when it enters the n-th function of ours
DIES = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from storage import backup, restoring
from storage.store import open_store
url, what, file, n = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
OURS = ("backup.py", "copies.py", "dumps.py", "restoring.py")
QUIET = {"rows", "_value", "_event", "<lambda>", "<genexpr>", "<dictcomp>", "<listcomp>"}
entered = 0
def look(frame, event, _argument):
    global entered
    code = frame.f_code
    if event == "call" and code.co_filename.endswith(OURS) and code.co_name not in QUIET:
        entered += 1
        if entered == n:
            os.kill(os.getpid(), signal.SIGKILL)
store = open_store(url, lambda: datetime(2027, 1, 4, 9, tzinfo=UTC), absent=True)
sys.setprofile(look)
if what == "backup":
    backup.make(store, file)
else:
    restoring.restore(store, file, restoring.By("", "root"), force=True)
sys.setprofile(None)
print(entered)
"""


def dying(store: Store, what: str, file: Path, at: int) -> int:
    """Do it in a process of its own that is killed at that point; how many points there are where it was not."""
    store.close()
    command = [sys.executable, "-c", DIES, store.url, what, str(file), str(at)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return int(done.stdout or 0)


def test_a_restore_that_is_killed_leaves_the_old_register_or_the_new_one_whole(lived: Life, tmp_path: Path) -> None:
    store, file = lived.store, file_in(tmp_path, lived.store)
    backup.make(store, file)
    lived.try_to("update")
    points = dying(store, "restore", file, 0)
    ends = {"old": 0, "new": 0}
    for at in [*lived.dice.sample(range(1, points - 8), 2), *lived.dice.sample(range(points - 8, points + 1), 3)]:
        lived.try_to("update")
        old = row_hashes(store)
        assert dying(store, "restore", file, at) == 0
        faults, end = history.verify(store)
        assert faults == []
        with store.read() as tx:
            last = history.minutes(tx, after=end.seq - 1)[0].act
        ends["old" if row_hashes(store) == old else "new"] += 1
        assert row_hashes(store) == old or last == "restore"
    assert ends["old"] >= 2
    assert restore(store, file, force=True).head.seq == backup.way_of(store).look(file).seq + 1


def test_a_backup_that_is_killed_leaves_no_file_of_its_name_or_a_whole_one(lived: Life, tmp_path: Path) -> None:
    store, first = lived.store, file_in(tmp_path, lived.store, "first")
    rows, points = row_hashes(store), dying(lived.store, "backup", first, 0)
    for at in lived.dice.sample(range(1, points + 1), 2):
        file = file_in(tmp_path, store, f"killed-{at}")
        assert dying(store, "backup", file, at) == 0
        assert not file.exists() or backup.way_of(store).look(file) == head(store)
    assert row_hashes(store) == rows


# --- those of each night ----------------------------------------------------------------------------------------------


def test_fourteen_days_and_eight_weeks_before_them_are_kept() -> None:
    today = date(2026, 11, 23)
    every_night = {today - timedelta(days=n) for n in range(365)}
    stay = sorted(backup.to_keep(every_night), reverse=True)
    assert stay[:14] == [today - timedelta(days=n) for n in range(14)]
    # the day before them is a Monday, and so are the others
    assert stay[14:] == [date(2026, 11, 9) - timedelta(weeks=n) for n in range(8)]


def test_rotation_one_night_after_the_other_keeps_the_same_as_all_at_once() -> None:
    first, kept = date(2026, 1, 1), set[date]()
    for n in range(200):
        kept = backup.to_keep({*kept, first + timedelta(days=n)})
    assert len(kept) >= 21
    assert min(kept) <= first + timedelta(days=200 - 14 - 8 * 7)


def test_a_backup_of_the_day_is_named_by_it_and_by_its_head_and_taken_once(lived: Life, tmp_path: Path) -> None:
    store, day = lived.store, date(2026, 11, 23)
    path, end = backup.into(store, tmp_path, day)
    assert path.name == f"lightkeeper-2026-11-23-{end.shown}{backup.way_of(store).suffix}"
    written = path.stat().st_mtime_ns
    assert backup.into(store, tmp_path, day) == (path, end)
    assert path.stat().st_mtime_ns == written
    assert [one.path for one in backup.kept(tmp_path)] == [path]
    with pytest.raises(StoreFault, match="no such folder"):
        backup.into(store, tmp_path / "gone", day)


def test_the_turn_of_a_night_is_one_bots_until_its_time_has_run_out(register: Store, clock: Clock) -> None:
    lease = timedelta(hours=3)
    assert backup.take_turn(register, clock(), clock() + lease)
    assert not backup.take_turn(register, clock.later(hours=2), clock() + lease)
    assert backup.take_turn(register, clock.later(hours=1), clock() + lease)
    backup.next_turn(register, clock() + timedelta(hours=20))
    assert not backup.take_turn(register, clock.later(hours=19), clock() + lease)
    assert backup.take_turn(register, clock.later(hours=1), clock() + lease)
