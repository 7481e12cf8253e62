"""The figures of a digest in raw sqlite3, written by hand for a register in which nothing has come since."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from sqlite3 import Connection
from typing import Any, NamedTuple

from storage.fields import london_day, restored
from storage.figures import Window
from storage.rules import deadlines, lifecycle, section55
from storage.rules.deadlines import Facts, Thresholds

LIMITS = Thresholds()
Ask = Callable[[str], list[Any]]

# what one would write by hand for a digest: each figure by itself, the lists in their order
COLOUR = """CASE WHEN off_track != '' THEN 'red' WHEN external_dependency = 'yes' OR waiting_on != '' THEN 'white'
WHEN due < :{0} THEN 'red' WHEN due <= :{0}_soon OR (status != 'awaiting_allocation' AND quiet_since <= :{0}_stale)
OR due IS NULL OR extensions >= 2 THEN 'amber' ELSE 'green' END"""
TOUCHED = "id IN (SELECT item_id FROM history WHERE seq > :first AND item_id IS NOT NULL)"
OPENED = f"""SELECT status, {COLOUR.format("day")}, {COLOUR.format("before")}, {TOUCHED}, count(*)
FROM item WHERE open = 1 GROUP BY 1, 2, 3, 4"""
ENDED = f"""SELECT status, 'blue', 'blue', {TOUCHED}, count(*)
FROM item WHERE status IN ('complete', 'no_action', 'superseded') GROUP BY 1, 4"""
STAR = "CASE kind WHEN 'accelerated_cause_of_concern' THEN 0 WHEN 'cause_of_concern' THEN 1 ELSE 2 END"
OVERDUE = f"""SELECT reference, due FROM item WHERE open = 1 AND due_order < :day
ORDER BY {STAR}, due_order, sort_key, id"""
SOON = """SELECT reference, due FROM item WHERE open = 1 AND due_order BETWEEN :day AND :day_soon
ORDER BY due_order, sort_key, id"""
STALE = """SELECT reference, quiet_since FROM item WHERE open = 1 AND quiet_since <= :day_stale
AND status != 'awaiting_allocation' ORDER BY quiet_since, sort_key, id"""
OF_STATUS = "SELECT reference, id FROM item WHERE status = '{}' ORDER BY due_order, sort_key, id"
ASKED = """SELECT item_id, asked_at FROM request WHERE kind = 'sign_off' AND event <= :last
AND decided_at IS NULL ORDER BY id"""
OFF_TRACK = """SELECT reference FROM item WHERE open = 1 AND off_track != '' ORDER BY due_order, sort_key, id"""
MOVES = """SELECT act, pair, count(*) FROM history JOIN kept_text ON event = seq AND field = 'status'
WHERE seq > :first AND seq <= :last AND item_id IS NOT NULL GROUP BY 1, 2"""
ENDED_IN = """SELECT reference FROM item WHERE id IN (SELECT item_id FROM history JOIN kept_text ON event = seq AND
field = 'status' WHERE seq > :first AND seq <= :last AND act = 'register' AND item_id IS NOT NULL AND
pair IN ('[null,"complete"]', '[null,"no_action"]', '[null,"superseded"]')) ORDER BY sort_key"""
IMPORTED = """SELECT reference FROM item WHERE id IN (SELECT item_id FROM history JOIN kept_text ON event = seq AND
field = 'file' WHERE seq > :first AND seq <= :last AND item_id IS NOT NULL) ORDER BY sort_key"""
DATES = """SELECT reference, t.before, t.after, (SELECT count(*) FROM target_change e WHERE e.item_id = t.item_id
AND e.before IS NOT NULL) FROM target_change t JOIN item ON item.id = t.item_id
WHERE t.event > :first AND t.before IS NOT NULL ORDER BY sort_key, t.id"""
REPORTS = """SELECT code, published_on, registered_on, coalesce(comments_requested_on, comments_received_on,
copied_to_inspectorate_on, copied_to_home_secretary_on) FROM report WHERE published_on IS NOT NULL
AND comments_published_on IS NULL AND source = 'HMICFRS' AND inspected_body IN ('', 'police')
AND section_55 != 'not_required' ORDER BY sort_key"""
HEAD = "SELECT substr(hash, 1, 16) FROM history WHERE seq = :last"
ROWS = f"""SELECT id, status, target_date, inspectorate_deadline, off_track, external_dependency, waiting_on,
last_update_on, extensions, date(created_at) FROM item WHERE {TOUCHED}"""
PAIRS = """SELECT item_id, field, pair FROM history JOIN kept_text ON event = seq WHERE seq > :first
AND item_id IS NOT NULL ORDER BY seq"""
BORN = "SELECT item_id FROM history WHERE seq > :first AND act = 'register' AND item_id IS NOT NULL"
FIELDS = (
    *("status", "target_date", "inspectorate_deadline", "off_track", "external_dependency", "waiting_on"),
    *("last_update_on", "extensions"),
)


class Found(NamedTuple):
    """The figures as scripts get them, the colours at both ends of the window, and what is off track."""

    told: dict[str, Any]
    colours: dict[str, int]
    colours_before: dict[str, int]
    off_track: list[str]


def by_hand(raw: Connection, window: Window, period: str) -> Found:
    """Every figure of a digest, read in one transaction."""
    day, before = london_day(window.end), london_day(window.start)
    values = {"first": window.start_event, "last": window.end_event, **_days("day", day), **_days("before", before)}

    def ask(statement: str) -> list[Any]:
        return raw.execute(statement, values).fetchall()

    ask("BEGIN")
    tallied, then = ask(OPENED) + ask(ENDED), _then(ask)
    now, earlier = Counter[str](), Counter(deadlines.colour(facts, before, LIMITS) for facts in then)
    status, opening = Counter[str](), sum(lifecycle.is_open(facts.status) for facts in then)
    for stands, colour, was, touched, many in tallied:
        status[stands] += many
        now[colour] += many
        earlier[was] += 0 if touched else many
        opening += many if lifecycle.is_open(stands) and not touched else 0
    told = {
        "period": period,
        "from": window.start.isoformat(),
        "to": window.end.isoformat(),
        "items": status.total(),
        "open": sum(many for stands, many in status.items() if lifecycle.is_open(stands)),
        "by_status": {stands: status[stands] for stands in sorted(lifecycle.STATUSES)},
        "movement": _movement(ask, opening, status),
        **_lists(ask, day),
        **_clocks(ask, day),
        "brought_in_ended": [row[0] for row in ask(ENDED_IN)],
        "by_import": [row[0] for row in ask(IMPORTED)],
        "chain_head": ask(HEAD)[0][0],
    }
    found = Found(told, _in_order(now), _in_order(earlier), [row[0] for row in ask(OFF_TRACK)])
    ask("COMMIT")
    return found


def _in_order(colours: Counter[str]) -> dict[str, int]:
    return {colour: colours[colour] for colour in deadlines.COLOURS}


def _days(name: str, day: date) -> dict[str, str]:
    soon, stale = day + timedelta(days=LIMITS.due_soon), day - timedelta(days=LIMITS.stale)
    return {name: str(day), f"{name}_soon": str(soon), f"{name}_stale": str(stale)}


def _then(ask: Ask) -> list[Facts]:
    """What decided the colours of what has changed in the window, before it changed."""
    rows = {row[0]: dict(zip((*FIELDS, "created"), row[1:], strict=True)) for row in ask(ROWS)}
    known = set()
    for number, field, pair in ask(PAIRS):
        if field in FIELDS and (number, field) not in known:
            known.add((number, field))
            rows[number][field] = json.loads(pair)[0]
    born = {row[0] for row in ask(BORN)}
    return [_facts(row) for number, row in rows.items() if number not in born]


def _facts(row: dict[str, Any]) -> Facts:
    cells = {field: restored(field, row[field]) for field in FIELDS}
    due = deadlines.due(cells["target_date"], cells["inspectorate_deadline"])
    waits = cells["external_dependency"] == "yes" or bool(cells["waiting_on"])
    quiet = cells["last_update_on"] or date.fromisoformat(row["created"])
    return Facts(cells["status"], due, cells["off_track"], waits, quiet, cells["extensions"])


def _movement(ask: Ask, opening: int, status: Counter[str]) -> dict[str, int]:
    moved = Counter[str]()
    for act, pair, many in ask(MOVES):
        before, after = json.loads(pair)
        was, becomes = lifecycle.is_open(before or ""), lifecycle.is_open(after)
        moved["new"] += many * (act == "register" and becomes)
        moved["reopened"] += many * (act != "register" and becomes and not was)
        moved["ended"] += many * (act != "register" and was and not becomes)
    closing = sum(many for stands, many in status.items() if lifecycle.is_open(stands))
    return {"opening": opening, **{n: moved[n] for n in ("new", "reopened", "ended")}, "closing": closing}


def _lists(ask: Ask, day: date) -> dict[str, Any]:
    late, soon, stale = ask(OVERDUE), ask(SOON), ask(STALE)
    days = {told: (day - date.fromisoformat(told)).days for told in {row[1] for row in late + stale}}
    asked = dict(ask(ASKED))
    pending = sorted(ask(OF_STATUS.format("pending_sign_off")), key=lambda row: asked.get(row[1], "~"))
    return {
        "overdue": [{"reference": ref, "due": due, "days_late": days[due]} for ref, due in late],
        "due_soon": [{"reference": ref, "due": due} for ref, due in soon],
        "dates_moved": _moved(ask(DATES)),
        "awaiting_allocation": [row[0] for row in ask(OF_STATUS.format("awaiting_allocation"))],
        "pending": [row[0] for row in pending],
        "stale": [{"reference": ref, "days": days[quiet]} for ref, quiet in stale],
    }


def _moved(rows: list[Any]) -> list[dict[str, Any]]:
    moves: dict[str, list[Any]] = {}
    for row in rows:
        moves.setdefault(row[0], []).append(row)
    return [_move(reference, told) for reference, told in moves.items()]


def _move(reference: str, told: list[Any]) -> dict[str, Any]:
    first, last = told[0][1], told[-1][2]
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days if last else None
    often = {"moves_this_week": len(told), "moves_ever": told[0][3]}
    return {"reference": reference, "from": first, "to": last, "days": days, **often}


def _clocks(ask: Ask, day: date) -> dict[str, Any]:
    running, silent = [], []
    for code, published, registered, step in ask(REPORTS):
        last = date.fromisoformat(published) + timedelta(days=section55.PERIOD_DAYS - 1)
        if step is None and str(last) < registered:
            silent.append(code)
        else:
            running.append({"report_code": code, "last_day": str(last), "days_left": (last - day).days})
    return {"section_55": sorted(running, key=lambda c: c["days_left"]), "section_55_not_recorded": silent}
