"""An update sent in the form, from Bolt to commit and ack, beside a raw sqlite3 transaction of the same statements."""

import json
import secrets
import shutil
import sqlite3
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from bench import registers
from bench.office import Office, opened
from bench.raw import connected
from bench.slack import ASKER_ID, TEAM, update_form
from bench.timing import Differs, Line, compared, race, same

MOST = 3.0
WORDS = "The supplier has been chosen. The first ten lamps come on Monday."
OWN = """SELECT reference, version, id FROM item
WHERE owner_id = (SELECT person_id FROM identity WHERE external_id = ?) AND status = 'in_progress'
ORDER BY id LIMIT 1"""
COUNTED = """SELECT (SELECT count(*) FROM progress_update), (SELECT count(*) FROM history),
(SELECT count(*) FROM kept_text), (SELECT count(*) FROM request_key), (SELECT sum(version) FROM item),
(SELECT seq FROM head), (SELECT count(*) FROM item WHERE last_update_on = ?)"""


class Own(NamedTuple):
    """An item that the asker owns, as it stands."""

    reference: str
    version: int
    id: int


def lines(register: Path, seconds: float) -> list[Line]:
    """Both write into their own copy of the register; at the end the copies hold as many rows of every kind."""
    ours_path, floor_path = (Path(shutil.copy(register, register.with_suffix(end))) for end in (".ours", ".floor"))
    with opened(floor_path) as office:
        office.sends(_body(own(floor_path), 0))
    with opened(ours_path) as office:
        submit, floor = Submissions(office), Floor(office, floor_path)
        submit()
        check(ours_path, floor_path)
        times = race(floor, submit, seconds)
        while floor.done > submit.done - 1:
            submit()
        while floor.done < submit.done - 1:
            floor()
        check(ours_path, floor_path)
        floor.connection.close()
    return [compared("update by form, to commit and ack", times, MOST)]


def own(path: Path) -> Own:
    connection = sqlite3.connect(path)
    found = connection.execute(OWN, (registers.ASKER,)).fetchone()
    connection.close()
    return Own(*found)


def _body(item: Own, number: int) -> dict[str, Any]:
    return update_form(item.reference, item.version, number, WORDS)


def check(ours: Path, floor: Path) -> None:
    """Raise Differs unless both registers hold as many updates, events, kept texts, keys and versions."""
    today = registers.TODAY.isoformat()
    found = []
    for path in (floor, ours):
        connection = sqlite3.connect(path)
        found.append(connection.execute(COUNTED, (today,)).fetchone())
        connection.close()
    same("rows after the updates", *found)


class Submissions:
    """Each call sends the next update of one item and looks at the answer."""

    def __init__(self, office: Office) -> None:
        self.office, self.done, item = office, 0, own(office.path)
        self.reference, self.first = item.reference, item.version

    def __call__(self) -> None:
        version = self.first + self.done  # also tells this form from every other
        body = update_form(self.reference, version, version, WORDS)
        answer = self.office.sends(body)
        self.office.after.work.clear()
        self.done += 1
        if answer.status != 200 or answer.body:
            raise Differs(f"update {self.done} was not saved: {answer.status} {answer.body[:200]}")


class Floor:
    """Each call is Bolt's no-op and one transaction by hand that leaves the same rows."""

    def __init__(self, office: Office, path: Path) -> None:
        self.office, self.connection, self.done, item = office, connected(path), 0, own(path)
        self.item, self.numbers = item, count(1)
        self.body = json.dumps({"filler": "x" * 400})
        self.me = self.connection.execute(
            "SELECT person_id FROM identity WHERE platform = 'slack' AND tenant = ? AND external_id = ?",
            (TEAM, ASKER_ID),
        ).fetchone()[0]

    def __call__(self) -> None:
        number = next(self.numbers)
        self.office.idles(update_form(self.item.reference, self.item.version + self.done, number, WORDS))
        self._write(number, self.item.version + self.done)
        self.done += 1

    def _write(self, number: int, version: int) -> None:
        ask, key, me, item = self.connection.execute, f"slack:{TEAM}:V{number}:{number:08x}", self.me, self.item.id
        at = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
        ask("BEGIN IMMEDIATE")
        ask("SELECT answer FROM request_key WHERE key = ?", (key,)).fetchone()
        found = ask("SELECT * FROM item WHERE reference_key = ?", (self.item.reference,)).fetchone()
        ask("SELECT id FROM request WHERE item_id = ? AND decision = 'pending'", (item,)).fetchone()
        ties = "SELECT tie FROM item_person WHERE item_id = ? AND person_id = ? AND until IS NULL"
        ask(ties, (item, me)).fetchall()
        assert found is not None
        seq, previous, _ = ask("SELECT seq, hash, at FROM head").fetchone()
        seq += 1
        history = (
            "INSERT INTO history (seq, at, act, actor_id, item_id, body, hash) VALUES (?, ?, 'update', ?, ?, ?, ?)"
        )
        ask(history, (seq, at, me, item, self.body, previous))
        ask("INSERT INTO kept_text VALUES (?, 'note', ?, ?)", (seq, secrets.token_bytes(16), f'[null,"{WORDS}"]'))
        ask("UPDATE head SET seq = ?, hash = ?, at = ?", (seq, previous, at))
        if not self.done:  # the day changes with the first update alone
            today = registers.TODAY.isoformat()
            ask("UPDATE item SET last_update_on = ?, quiet_since = ? WHERE id = ?", (today, today, item))
        change = "UPDATE item SET updated_at = ?, version = ? WHERE id = ? AND version = ?"
        assert ask(change, (at, version + 1, item, version)).rowcount == 1
        row = "INSERT INTO progress_update (item_id, person_id, event, at, words) VALUES (?, ?, ?, ?, ?)"
        ask(row, (item, me, seq, at, WORDS))
        ask("INSERT INTO request_key VALUES (?, ?, ?)", (key, at, '{"reference": "", "version": 0, "event": 0}'))
        ask("COMMIT")
