"""What the events alone say of every row of the record: the fold that the register is held against."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from storage.fields import Plain, london_day, ties
from storage.history import Minute, fold
from storage.rules import deadlines, permissions


class _Erased:
    """Stands for words that were erased: the register holds nothing in their place."""

    def __repr__(self) -> str:
        return "what was erased"


ERASED: Any = _Erased()
Row = dict[str, Any]
# act -> what becomes of the pending request; `approve` and `sign off` need no words of their own
DECIDED = {
    "sign off": "signed_off",
    "send back": "sent_back",
    "withdraw": "withdrawn",
    "approve": "approved",
    "refuse": "refused",
    "supersede": "ended",
    "dispute": "ended",
}
WITHOUT_WORDS = frozenset({"sign off", "approve"})


class Requested(NamedTuple):
    """An event by the request that it came of: `of` is its item and its report."""

    seq: int
    at: datetime
    act: str
    version: int | None
    of: tuple[int | None, int | None]


@dataclass(slots=True)
class Folded:
    """An item or a report as its events leave it: its fields, which of them were erased, since when, changed when."""

    values: dict[str, Plain] = field(default_factory=dict)
    gaps: set[str] = field(default_factory=set)
    since: datetime | None = None
    changed: datetime | None = None

    def take(self, minute: Minute) -> None:
        fold(self.values, self.gaps, minute)
        self.since, self.changed = self.since or minute.at, minute.at

    @property
    def ties(self) -> set[tuple[int, str]]:
        """Who is what to it, as its fields say."""
        held = self.values.get
        return ties({"owner_id": held("owner_id"), "lead_id": held("lead_id"), "delegates": held("delegates") or ""})


class Account:
    """The rows that the events add up to; each table is keyed by what binds a row to its event."""

    def __init__(self, events: Iterable[Minute]) -> None:
        self.items: dict[int, Folded] = {}
        self.reports: dict[int, Folded] = {}
        self.updates: dict[int, Row] = {}
        self.requests: dict[int, Row] = {}
        self.links: dict[tuple[int, int], Row] = {}
        self.files: dict[tuple[int, int], Row] = {}
        self.targets: dict[int, Row] = {}
        self.snoozes: dict[int, Row] = {}
        self.held: dict[tuple[int, int, str], list[Row]] = defaultdict(list)
        self.roles: list[Row] = []
        self.posts: dict[int, str] = {}
        self.tenures: dict[int, list[Row]] = defaultdict(list)
        self.erased: dict[str, set[int]] = defaultdict(set)
        self.away: dict[int, tuple[Any, datetime | None]] = {}
        self.people: set[int] = set()
        self.keys: dict[str, list[Requested]] = defaultdict(list)
        self._pending: dict[int, Row] = {}
        for minute in events:
            self._take(minute)

    def _take(self, minute: Minute) -> None:
        if minute.actor_id is not None:
            self.people.add(minute.actor_id)
        if minute.body["request"]:
            of = (minute.item_id, minute.report_id)
            told = Requested(minute.seq, minute.at, minute.act, minute.body["version"], of)
            self.keys[minute.body["request"]].append(told)
        if minute.item_id is not None and minute.body["version"] is not None:
            self._item(minute)
        elif minute.report_id is not None and minute.body["version"] is not None:
            self.reports.setdefault(minute.report_id, Folded()).take(minute)
        elif minute.act in _OF_PEOPLE:
            _OF_PEOPLE[minute.act](self, minute)

    def _item(self, minute: Minute) -> None:
        number = minute.item_id
        assert number is not None  # `_take` has looked
        item = self.items.setdefault(number, Folded())
        moved = minute.fields.keys() & {"owner_id", "lead_id", "delegates"}
        before = item.ties if moved else set()
        item.take(minute)
        if moved:
            self._retie(number, before, item.ties, minute.at)
        if "target_date" in minute.fields:
            self.targets[minute.seq] = _target(item, minute)
        act = _ACTS.get(minute.act)
        if act:
            act(self, minute)

    def _retie(self, item: int, before: set[tuple[int, str]], after: set[tuple[int, str]], at: datetime) -> None:
        for person, tie in before - after:
            self.held[item, person, tie][-1]["until"] = at
        for person, tie in after - before:
            self.held[item, person, tie].append({"since": at, "until": None})
            self.people.add(person)

    def _role(self, minute: Minute) -> None:
        person, role = told(minute, "person"), told(minute, "role")
        self.people.add(person)
        row = {"person_id": person, "role": role, "since": minute.at, "until": None, "why": told(minute, "why")}
        self.roles.append(row)

    def _role_ends(self, minute: Minute) -> None:
        person, role = told(minute, "person"), (minute.fields["role"] or ("", ""))[0]
        last = next(r for r in reversed(self.roles) if (r["person_id"], r["role"]) == (person, role))
        last["until"] = minute.at

    def _away(self, minute: Minute) -> None:
        """Gone from chat, and why; or back, with nothing."""
        person, reason = told(minute, "person"), told(minute, "away")
        self.people.add(person)
        self.away[person] = (reason, minute.at if reason else None)

    def _post(self, minute: Minute) -> None:
        """It has another holder; the one before held it until that day."""
        post, holder, since = told(minute, "post"), told(minute, "holder"), _day(told(minute, "since"))
        self.posts[post] = told(minute, "name")
        tenures = self.tenures[post]
        if tenures:
            tenures[-1]["until"] = since
        tenures.append({"person_id": holder, "since": since, "until": None})
        self.people.add(holder)

    # --- what goes with an act ----------------------------------------------------------------------------------------

    def _update(self, minute: Minute) -> None:
        said = {"item_id": minute.item_id, "person_id": minute.actor_id, "at": minute.at}
        self.updates[minute.seq] = {**said, "words": told(minute, "note")}

    def _snoozed(self, minute: Minute) -> None:
        said: Row = {"item_id": minute.item_id, "person_id": minute.actor_id, "at": minute.at}
        said |= {"until": _day(told(minute, "until")), "due": _due(self.items[minute.item_id or 0])}
        self.snoozes[minute.seq] = {**said, "reason": told(minute, "reason")}

    def _asked(self, minute: Minute) -> None:
        row: Row = {"item_id": minute.item_id, "kind": permissions.ASKS[minute.act], "asker_id": minute.actor_id}
        row |= {
            "asked_at": minute.at,
            "words": told(minute, "words"),
            "proposed_date": _day(told(minute, "proposed_date")),
        }
        row |= {"checked_by_id": None, "checked_at": None, "check_note": "", "decision": "pending"}
        row |= {"decided_by_id": None, "decided_at": None, "decision_words": ""}
        self.requests[minute.seq] = self._pending[minute.item_id or 0] = row
        self._evidence(minute)

    def _evidence(self, minute: Minute) -> None:
        of = {"item_id": minute.item_id, "person_id": minute.actor_id, "at": minute.at, "request": minute.seq}
        for kind, rows, read in (("evidence", self.links, _link), ("files", self.files, _file)):
            said = told(minute, kind)
            if said is ERASED:
                self.erased[kind].add(minute.seq)
            else:
                lines = said.split("\n") if said else []
                rows.update({(minute.seq, n): {**of, **read(line)} for n, line in enumerate(lines)})

    def _checked(self, minute: Minute) -> None:
        checked = {"checked_by_id": minute.actor_id, "checked_at": minute.at, "check_note": told(minute, "note")}
        self._pending.get(minute.item_id or 0, {}).update(checked)

    def _decided(self, minute: Minute) -> None:
        words = "" if minute.act in WITHOUT_WORDS else told(minute, "reason")
        self._settle(minute, DECIDED[minute.act], minute.actor_id, words)

    def _imported(self, minute: Minute) -> None:
        if "status" in minute.fields:
            self._settle(minute, "ended_by_import", None, "")

    def _settle(self, minute: Minute, decision: str, by: int | None, words: Any) -> None:
        row = self._pending.pop(minute.item_id or 0, {})
        row |= {"decision": decision, "decided_by_id": by, "decided_at": minute.at, "decision_words": words}


_ACTS: dict[str, Callable[[Account, Minute], None]] = {
    "update": Account._update,
    "snooze": Account._snoozed,
    **dict.fromkeys(permissions.ASKS, Account._asked),
    "verify": Account._checked,
    **dict.fromkeys(DECIDED, Account._decided),
    "import": Account._imported,
}
_OF_PEOPLE: dict[str, Callable[[Account, Minute], None]] = {
    "enrol": Account._role,
    "unenrol": Account._role_ends,
    "post": Account._post,
    **dict.fromkeys(("away", "back"), Account._away),
}


def told(minute: Minute, name: str) -> Any:
    """What an event says in a field of its own words; "" where it says nothing."""
    if name not in minute.fields:
        return ""
    pair = minute.fields[name]
    return ERASED if pair is None else pair[1]


def _target(item: Folded, minute: Minute) -> Row:
    """A change of a target date, numbered from 1; the first date is no move."""
    imported = "file" in minute.fields
    counts = imported or "moves" in minute.fields
    before, after = map(_day, minute.fields["target_date"] or (ERASED, ERASED))
    row: Row = {"item_id": minute.item_id, "at": minute.at, "person_id": minute.actor_id, "by_import": imported}
    row |= {"number": (item.values.get("moves") or 0) if counts else 0, "before": before, "after": after}
    return row | {"reason": ("by import" if minute.act == "import" else "") if imported else told(minute, "reason")}


def _due(item: Folded) -> date | None:
    """The day by which it was due then."""
    return deadlines.due(_day(item.values.get("target_date")), _day(item.values.get("inspectorate_deadline")))


def _day(value: Any) -> Any:
    """A day as the tables hold it; ISO text in an event."""
    return value if value is ERASED else date.fromisoformat(value) if value else None


def _link(line: str) -> Row:
    return {"link": line, "name": "", "media_type": "", "size": None, "sha256": ""}


def _file(line: str) -> Row:
    """`sha256 size media_type name`, as the act tells it."""
    sha256, size, media_type, name = line.split(" ", 3)
    return {"link": "", "name": name, "media_type": media_type, "size": int(size), "sha256": sha256}


def registered_on(report: Folded) -> Any:
    """The London day on which a report came into the register."""
    return london_day(report.since) if report.since else None
