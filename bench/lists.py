"""`/4action overdue` and `/4action mine`: role check, counts, ten rows, Card, blocks and ack, beside raw sqlite3."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from bench import registers
from bench.office import Office, opened
from bench.raw import connected
from bench.slack import ASKER_ID, TEAM, command
from bench.timing import Line, Times, compared, race, same

MOST, MOST_GROWTH = 2.0, 1.5
SOON_DAYS = 14
WORDS = ("overdue", "mine")

# what one would write by hand for the two answers: who asks and as what, how many, and the first ten
WHO = """
SELECT person.id, person.name, role.role FROM identity JOIN person ON person.id = identity.person_id
LEFT JOIN role ON role.person_id = person.id AND role.until IS NULL
WHERE identity.platform = ? AND identity.tenant = ? AND identity.external_id = ?"""
MAY_SEE = """(marking = 'OFFICIAL' OR EXISTS (SELECT 1 FROM item_person WHERE item_person.item_id = item.id
AND item_person.person_id = :me AND item_person.until IS NULL))"""
OVERDUE = f"open = 1 AND due_order < :today AND {MAY_SEE}"
MINE = f"open = 1 AND owner_id = :me AND {MAY_SEE}"
SOON = f"{MINE} AND due_order BETWEEN :today AND :soon"
COUNT = "SELECT count(*) FROM item WHERE "
ROWS = """
SELECT item.id, reference, title, kind, status, marking, due, off_track,
external_dependency = 'yes' OR waiting_on != '', waiting_on, quiet_since, extensions, completed_on, version, owner_id,
coalesce(nullif(person.name, ''),
(SELECT external_id FROM identity WHERE person_id = person.id AND platform = 'email' ORDER BY id LIMIT 1), '')
FROM item LEFT JOIN person ON person.id = owner_id WHERE {} ORDER BY due_order, sort_key, item.id LIMIT 10"""
ASKED: dict[str, tuple[list[str], str]] = {
    "overdue": ([COUNT + OVERDUE], ROWS.format(OVERDUE)),
    "mine": ([COUNT + MINE, COUNT + f"{MINE} AND due_order < :today", COUNT + SOON], ROWS.format(MINE)),
}


class Raw:
    """The same file with the same settings, through sqlite3 alone."""

    def __init__(self, path: Path, asker: tuple[str, str, str] = ("slack", TEAM, ASKER_ID)) -> None:
        self.connection, self.asker = connected(path), asker

    def change(self) -> None:
        """Commit something, so that whoever keeps what was read has to read again."""
        key = f"bench {self.connection.total_changes}"
        self.connection.execute(
            "INSERT OR REPLACE INTO request_key VALUES (?, '2026-11-23 09:00:00.000000', '')", (key,)
        )

    def answers(self, words: str) -> tuple[list[int], list[Any]]:
        """The counts and the ten rows that the words ask for."""
        ask = self.connection.execute
        counts, rows = ASKED[words]
        ask("BEGIN")
        person = ask(WHO, self.asker).fetchall()[0]
        soon = (registers.TODAY + timedelta(days=SOON_DAYS)).isoformat()
        values = {"me": person[0], "today": registers.TODAY.isoformat(), "soon": soon}
        found = [ask(count, values).fetchone()[0] for count in counts], ask(rows, values).fetchall()
        ask("COMMIT")
        return found


class Measured(NamedTuple):
    """How one list stands at one size: as it is asked again and again, and as the first after a change."""

    again: Times
    first: Times


def lines(paths: dict[int, Path], seconds: float) -> list[Line]:
    """For each list: each size beside its floor, then how it grows from the least to the most items."""
    told: list[Line] = []
    found = {size: _measured(path, seconds) for size, path in paths.items()}
    least, most = min(paths), max(paths)
    for words in WORDS:
        for size in paths:
            told.append(compared(f"`{words}`, {size:,} items", found[size][words].again, MOST))
            told.append(compared(f"`{words}`, {size:,} items, after a change", found[size][words].first, MOST))
        told.append(_growth(words, found[least][words].again, found[most][words].again, least, most))
    return told


def _growth(words: str, few: Times, many: Times, least: int, most: int) -> Line:
    grown = many.ours / few.ours
    name = f"`{words}`, growth from {least:,} to {most:,}"
    floor = f"{many.floor / few.floor:.2f}×"
    return Line(name, floor, f"{grown:.2f}×", f"{grown:.2f}×", f"≤ {MOST_GROWTH:g}×", grown <= MOST_GROWTH)


def _measured(path: Path, seconds: float) -> dict[str, Measured]:
    with opened(path) as office:
        raw = Raw(path)
        return {words: _one(office, raw, words, seconds) for words in WORDS}


def _one(office: Office, raw: Raw, words: str, seconds: float) -> Measured:
    body = command(words)

    def floor() -> None:
        office.idles(body)
        raw.answers(words)

    def ours() -> None:
        office.sends(body)

    check(office, raw, words)
    return Measured(race(floor, ours, seconds), race(floor, ours, seconds, before=raw.change))


def check(office: Office, raw: Raw, words: str) -> None:
    """Raise Differs unless ours says the very counts and rows that the floor found."""
    blocks = json.loads(office.sends(command(words)).body)["blocks"]
    counts, rows = raw.answers(words)
    drawn = [block for block in blocks if block["type"] == "section"]
    same(f"{words}, rows", [row[1] for row in rows], [b["accessory"]["value"].split()[1] for b in drawn])
    titles = [row[2][:24] for row in rows]
    same(f"{words}, titles", titles, [t for t, b in zip(titles, drawn, strict=True) if t in b["text"]["text"]])
    same(f"{words}, counts", _expected(words, counts), _figures(blocks))


def _figures(blocks: list[Any]) -> list[int]:
    """The numbers in the line under the heading."""
    line = next(block for block in blocks if block["type"] == "rich_text")["elements"][0]["elements"]
    said = "".join(run["text"] for run in line)
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", said)]


def _expected(words: str, counts: list[int]) -> list[int]:
    """1 to 10 of 27; or 20 open: 3 overdue, 2 due in the next 14 days."""
    if words == "overdue":
        return [1, 10, *counts] if counts[0] > 10 else counts
    everything, overdue, soon = counts
    return [everything, *([overdue] if overdue else []), soon, SOON_DAYS]
