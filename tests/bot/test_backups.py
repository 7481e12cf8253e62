"""Backups at the terminal and by night, and what may not be done while a bot runs."""

import gc
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from bot import files, wiring
from bot.nightly import Nightly
from bot.settings import read
from storage import backup, digests, outbox, running
from storage.store import Store, open_store
from tests.bot.conftest import Station
from tests.bot.terminal import Said
from tests.conftest import london
from tests.storage.registers import row

NIGHT = "2026-11-24 03:00"


@pytest.fixture
def store(station: Station) -> Iterator[Store]:
    """Trentshire's register, as another program has it open."""
    opened = open_store(station.url, lambda: london("2026-11-23 09:00"))
    yield opened
    opened.close()


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def restore(station: Station, *arguments: str) -> Said:
    gc.collect()  # what the verbs before have open; elsewhere it ends with their process
    return station("restore", *arguments)


def test_a_backup_says_its_head_and_a_restore_what_to_look_after(station: Station, store: Store) -> None:
    verified = station("verify").out
    told = station("backup", "monday.backup")
    assert (told.status, told.err) == (0, "")
    head = verified.partition("head ")[2][:16]
    assert told.out.startswith("The backup monday.backup is whole: ") and f"head {head}." in told.out
    assert station("enrol", "kit.danvers@trentshire.example", "dcc").status == 0
    later = station("verify").out.partition("head ")[2][:16]
    refused = restore(station, "monday.backup")
    assert refused.status == 1 and "add --force" in refused.err
    done = restore(station, "monday.backup", "--force", "--as", "lia.penrose@trentshire.example")
    assert done.status == 0 and f"head {head}. Event " in done.out
    assert f"head {later}, is kept: " in done.out
    assert station("verify").status == 0
    against = station("verify", "--against", later)
    assert against.status == 1 and "restored a backup" in against.err


def test_a_restore_names_the_digests_that_were_due_since_and_what_is_held(station: Station, store: Store) -> None:
    digests.set_up(store, "slack", "C0DCC", "mon", "10:00")
    with store.aside() as tx:
        outbox.put(tx, "letter:1", "slack", "C0DCC", "{}", store.clock())
    assert station("backup", "monday.backup").status == 0
    store.close()
    station.terminal.register(station.url, "2026-11-30T09:00:00")
    done = restore(station, "monday.backup").out
    assert "The digest weekly of 2026-W48 was due since the backup, and is not sent again." in done
    assert (
        "1 message unsent in the backup may have been posted since, and will not be now:\n  letter:1 to C0DCC" in done
    )


def test_a_digest_that_the_restored_register_does_not_know_is_sent_by_hand(station: Station, store: Store) -> None:
    digests.set_up(store, "slack", "C0DCC", "mon", "10:00")
    assert station("backup", "monday.backup").status == 0
    store.close()
    station.terminal.register(station.url, "2026-12-01T09:00:00")
    assert restore(station, "monday.backup").status == 0
    station.terminal.set(DCC_CHANNEL="C0DCC", DIGEST_TIME="10:00", SLACK_BOT_TOKEN="xoxb-none")
    station.terminal.set(SLACK_API_URL="http://127.0.0.1:9/api/")
    assert "is kept and not sent yet" in station("digest", "--send").err
    assert outbox.state_of(store, "digest:weekly:2026-W49").attempt == 1


def test_while_a_bot_runs_nothing_is_restored(station: Station, store: Store) -> None:
    assert station("backup", "monday.backup").status == 0
    with running.running(store):
        told = restore(station, "monday.backup", "--force")
    assert (told.status, told.err) == (
        1,
        "A bot is running on this register. Stop it, on every machine, then restore.\n",
    )


def test_a_large_file_waits_for_no_bot_and_a_smaller_one_does_not(
    station: Station, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_WHILE_IT_RUNS", 3)
    _csv(station.terminal.folder / "three.csv", 3)
    _csv(station.terminal.folder / "four.csv", 4)
    with running.running(store):
        assert station("import", "three.csv").status == 0
        told = station("import", "four.csv")
        assert told.status == 1
        assert told.err.startswith("four.csv holds 4 rows, and a bot is running: ") and "Stop the bot" in told.err
        assert station("import", "four.csv", "--dry-run").status == 0
    assert station("import", "four.csv").status == 0


def _csv(path: Path, rows: int) -> None:
    cells = [row(f"LAMP26-R{n}").cells for n in range(rows)]
    lines = [",".join(cells[0]), *(",".join(one.values()) for one in cells)]
    path.write_text("\n".join(lines), encoding="utf-8")


def test_without_a_file_or_a_folder_a_backup_says_what_it_needs(station: Station) -> None:
    told = station("backup")
    assert told.status == 2 and "set BACKUP_DIR" in told.err
    station.terminal.set(BACKUP_DIR="nowhere")
    told = station("backup")
    assert told.status == 1 and "no such folder" in told.err


def test_a_disk_that_is_full_is_said_and_leaves_nothing_behind(station: Station) -> None:
    folder = station.terminal.folder / "small"
    folder.mkdir()
    verb = f'ulimit -f 40; exec "{sys.executable}" -m bot --env-file "" backup small/b'
    done = subprocess.run(["bash", "-c", verb], capture_output=True, text=True, cwd=station.terminal.folder)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "backup" in done.stderr
    assert listed(folder) == []


# --- every night ----------------------------------------------------------------------------------------------------


class Watch(NamedTuple):
    """A bot's look at the nights, and what the named person was told."""

    nightly: Nightly
    told: dict[str, str]

    def night(self, now: datetime) -> bool:
        """Look, wait for the process that it began, and look again; whether there was one."""
        self.nightly.look(now)
        child = self.nightly.child
        if child is None:
            return False
        child.process.wait()
        self.nightly.look(now)
        return True


def watch(station: Station, store: Store, folder: Path) -> Watch:
    station.terminal.set(BACKUP_DIR=str(folder))
    settings, told = read(None), dict[str, str]()

    def tell(key: str, sentence: str) -> None:
        told.setdefault(key, sentence)

    return Watch(Nightly(store, settings, wiring.calendar(settings), tell), told)


def test_each_night_has_one_backup_of_however_many_bots(station: Station, store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "safe"
    folder.mkdir()
    bots = [watch(station, store, folder) for _ in range(3)]
    assert [bot.night(london("2026-11-23 12:00")) for bot in bots] == [True, False, False]
    assert [bot.night(london("2026-11-24 02:59")) for bot in bots] == [False, False, False]
    assert [bot.night(london(NIGHT)) for bot in bots] == [True, False, False]
    assert [name[:22] for name in listed(folder)] == ["lightkeeper-2026-11-23", "lightkeeper-2026-11-24"]
    for name in listed(folder):
        backup.way_of(store).look(folder / name)
    assert not any(bot.told for bot in bots)


def test_a_night_that_failed_is_told_once_a_day_and_tried_again_in_an_hour(
    station: Station, store: Store, tmp_path: Path
) -> None:
    bot = watch(station, store, tmp_path / "gone")
    at = london(NIGHT)
    assert bot.night(at) and not bot.night(at + timedelta(minutes=59))
    bot.nightly.look(at + timedelta(hours=1))
    assert bot.nightly.child is not None
    bot.nightly.child.process.kill()
    bot.nightly.child.process.wait()
    bot.nightly.look(at + timedelta(hours=1))
    assert list(bot.told) == ["alarm:backup failed:2026-11-24"]
    (said,) = bot.told.values()
    assert said.startswith("The backup of 24 Nov 2026 failed. BACKUP_DIR is ") and "no such folder" in said


def test_the_oldest_make_room_and_other_files_stay(station: Station, tmp_path: Path) -> None:
    folder = tmp_path / "safe"
    folder.mkdir()
    first = london("2026-09-01 03:00")
    for day in range(83):
        (folder / f"lightkeeper-{first + timedelta(days=day):%Y-%m-%d}-{'0' * 16}.db").touch()
    (folder / "notes.txt").touch()
    station.terminal.set(BACKUP_DIR=str(folder))
    assert station("backup").status == 0
    assert len(listed(folder)) == 14 + 8 + 1
    assert "notes.txt" in listed(folder) and listed(folder)[-2].startswith("lightkeeper-2026-11-23-")
