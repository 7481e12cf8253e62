"""An import: what a file would change, every fault by line and field, and all of it in one transaction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from storage import people
from storage.fields import ITEM_FIELDS, REPORT_FIELDS, derived, differences, london_day
from storage.history import Event, Head, Pair, append, head, moment, seal
from storage.prepared import Prepared
from storage.record import Actor, arrivals
from storage.record.change import retie, rewrite
from storage.record.dates import extended
from storage.rows import (
    REPORT_COLUMNS,
    SAME_NAMED,
    TOO_HIGH,
    WORDS,
    FileRow,
    LineFault,
    of_item,
    shown,
    typed,
    word_fault,
)
from storage.rules import deadlines, lifecycle, references
from storage.store import Store
from storage.tables import HISTORY, ITEM, REPORT, REQUEST, TARGET_CHANGE


@dataclass
class Diff:
    """What a file would change; `errors` means that nothing is changed."""

    rows: int = 0
    new: list[str] = field(default_factory=list)
    changed: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    duplicates: list[list[str]] = field(default_factory=list)
    errors: list[LineFault] = field(default_factory=list)
    warnings: list[LineFault] = field(default_factory=list)
    applied: bool = False


class Register:
    """The register as an import meets it: rows by reference, reports by code, people by token."""

    def __init__(self, tx: Connection) -> None:
        self.head, self.book, self.persons = head(tx).seq, people.address_book(tx), people.whose(tx)
        self.reports = {r["code_key"]: dict(r) for r in tx.execute(select(REPORT)).mappings()}
        self.items = {i["reference_key"]: dict(i) for i in tx.execute(select(ITEM)).mappings()}
        self.by_id = {i["id"]: i for i in self.items.values()}
        self.report_by_id = {r["id"]: r for r in self.reports.values()}

    def since(self, tx: Connection) -> list[dict[str, Any]] | None:
        """The items that somebody changed since, as they are now; None where more has changed than those.

        Every change of an item or a report is an event of it.
        """
        if self.book != people.address_book(tx) or self.persons != people.whose(tx):
            return None
        touched = HISTORY.c.seq > self.head
        if tx.execute(select(HISTORY.c.seq).where(touched, HISTORY.c.report_id.is_not(None)).limit(1)).first():
            return None
        these = select(HISTORY.c.item_id).where(touched, HISTORY.c.item_id.is_not(None))
        return [dict(row) for row in tx.execute(select(ITEM).where(ITEM.c.id.in_(these))).mappings()]

    def renew(self, item: dict[str, Any]) -> None:
        """Meet an item as it is now."""
        self.items[item["reference_key"]] = self.by_id[item["id"]] = item

    def row(self, item: Mapping[str, Any]) -> dict[str, str]:
        parent = self.by_id.get(item["parent_id"] or 0)
        report = self.report_by_id[item["report_id"]]
        return of_item(item, report, parent["reference"] if parent else "", self.book)


def preview(store: Store, rows: Sequence[FileRow], faults: Iterable[LineFault] = (), *, force: bool = False) -> Diff:
    """What the rows would change; `faults` are those that reading the file found already."""
    with store.read() as tx:
        return _diff(Register(tx), rows, faults, london_day(store.clock()), force)


def apply(
    store: Store,
    actor: Actor,
    rows: Sequence[FileRow],
    *,
    source: str,
    force: bool = False,
    warnings: Iterable[LineFault] = (),
) -> Diff:
    """Take the rows in, all or none, in one transaction; the same file again changes nothing.

    What they would change is worked out before others have to wait; while they do, what somebody has changed since is
    looked at again.
    """
    today = london_day(store.clock())
    with store.read() as tx:
        register = Register(tx)
    file = _File(store, actor, rows, source, force, list(warnings))
    draft = _Draft(file, register, today)
    if draft.diff.errors:
        return draft.diff
    with store.write() as tx:
        now = moment(tx, store)
        if london_day(now) != today or not draft.holds(tx):
            draft = _Draft(file, Register(tx), london_day(now))
        if not draft.diff.errors:
            _Writing(tx, draft, now).take()
            draft.diff.applied = True
    return draft.diff


# --- what would change ----------------------------------------------------------------------------------------------


def _diff(register: Register, rows: Sequence[FileRow], found: Iterable[LineFault], today: date, force: bool) -> Diff:
    diff = Diff(rows=len(rows))
    for fault in found:
        (diff.warnings if fault.message.startswith(WARNING) else diff.errors).append(fault)
    diff.warnings = [f._replace(message=f.message.removeprefix(WARNING)) for f in diff.warnings]
    diff.errors += _row_faults(register, rows, force)
    diff.errors.sort()
    if not diff.errors:
        _compare(register, rows, diff)
        diff.warnings += _doubts(rows, today) + _report_changes(register, rows)
        diff.duplicates = _duplicates(register, rows)
    return diff


WARNING = "\x00"


def warning(line: int, column: str, message: str) -> LineFault:
    """A doubt that reading a file found; it stops nothing."""
    return LineFault(line, column, WARNING + message)


def _row_faults(register: Register, rows: Sequence[FileRow], force: bool) -> list[LineFault]:
    faults: list[LineFault] = []
    lines: dict[str, int] = {}
    for row in rows:
        faults += _identity_faults(row, lines)
        faults += _word_faults(row)
        faults += _people_faults(row)
        faults += [] if force else _version_faults(register, row)
    faults += _report_faults(rows)
    faults += _parent_faults(register, rows)
    return faults


def _identity_faults(row: FileRow, lines: dict[str, int]) -> list[LineFault]:
    reference, code = row.cells["reference"], row.cells["report_code"]
    faults = []
    if not references.is_reference(reference):
        rule = "A reference has at most 32 letters, digits, dots and hyphens, and a digit; --map can rewrite it."
        faults.append(LineFault(row.line, "reference", rule))
    if not references.is_code(code):
        rule = "A report's code has 1 to 32 letters, digits, dots and hyphens."
        faults.append(LineFault(row.line, "report_code", rule))
    first = lines.setdefault(references.key(reference), row.line)
    if first != row.line and reference:
        faults.append(LineFault(row.line, "reference", f"{reference[:32]} stands on line {first} already."))
    return faults


def _word_faults(row: FileRow) -> list[LineFault]:
    faults = []
    for column in WORDS:
        cell = row.cells.get(column, "")
        said = word_fault(column, cell) if cell or column != "marking" else ""
        faults += [LineFault(row.line, column, TOO_HIGH if column == "marking" else said)] if said else []
    return faults


def _people_faults(row: FileRow) -> list[LineFault]:
    faults = []
    for column, most in (("action_owner", 50), ("strategic_lead", 1)):
        tokens = tokens_of(row.cells[column])
        if len(tokens) > most:
            faults.append(LineFault(row.line, column, "One strategic lead an item."))
        if any(people.handle(t) is None for t in tokens):
            faults.append(LineFault(row.line, column, "Give people as e-mail addresses or chat user IDs, a; b."))
    return faults


def tokens_of(cell: str) -> list[str]:
    """The people of a cell: the owner, then delegates."""
    return [t.strip() for t in cell.split(";") if t.strip()]


def _version_faults(register: Register, row: FileRow) -> list[LineFault]:
    cell = row.cells.get("version", "")
    item = register.items.get(references.key(row.cells["reference"]))
    if not cell:
        return []
    if not cell.isdecimal() or len(cell) > 9:
        return [LineFault(row.line, "version", "A version is a number, as an export gives it.")]
    if item is None or int(cell) >= item["version"] or not _changes(register.row(item), row):
        return []
    said = f"The register has moved on to version {item['version']} since this file; --force takes the file's word."
    return [LineFault(row.line, "version", said)]


def _report_faults(rows: Sequence[FileRow]) -> list[LineFault]:
    first: dict[str, FileRow] = {}
    faults = []
    for row in rows:
        head = first.setdefault(references.key(row.cells["report_code"]), row)
        for column in REPORT_COLUMNS:
            if column in row.cells and row.cells[column] != head.cells[column]:
                said = f"Line {head.line} says otherwise of the same report."
                faults.append(LineFault(row.line, column, said))
    return faults


def _parent_faults(register: Register, rows: Sequence[FileRow]) -> list[LineFault]:
    parents = {k: references.key(p["reference"]) for k, p in _kept_parents(register).items()}
    parents |= {references.key(r.cells["reference"]): references.key(r.cells["parent_reference"]) for r in rows}
    faults = []
    for row in rows:
        parent = references.key(row.cells["parent_reference"])
        if parent and parent not in parents and parent not in register.items:
            said = f"No item {row.cells['parent_reference'][:32]} in the file or the register."
            faults.append(LineFault(row.line, "parent_reference", said))
        elif _circles(references.key(row.cells["reference"]), parents):
            faults.append(LineFault(row.line, "parent_reference", "The parents go round in a circle."))
    return faults


def _kept_parents(register: Register) -> dict[str, dict[str, Any]]:
    return {k: register.by_id[i["parent_id"]] for k, i in register.items.items() if i["parent_id"]}


def _circles(start: str, parents: Mapping[str, str]) -> bool:
    seen, at = {start}, parents.get(start, "")
    while at:
        if at in seen:
            return at == start
        seen.add(at)
        at = parents.get(at, "")
    return False


def _compare(register: Register, rows: Sequence[FileRow], diff: Diff) -> None:
    named = set()
    for row in rows:
        key = references.key(row.cells["reference"])
        named.add(key)
        item = register.items.get(key)
        changes = _changes(register.row(item), row) if item else {}
        if item is None:
            diff.new.append(row.cells["reference"])
        elif changes:
            diff.changed[item["reference"]] = changes
        else:
            diff.unchanged.append(item["reference"])
    left = [i for k, i in register.items.items() if k not in named]
    diff.missing = [i["reference"] for i in sorted(left, key=lambda i: i["sort_key"])]


def _changes(kept: Mapping[str, str], row: FileRow) -> dict[str, list[str]]:
    cells = normal(row.cells)
    for column in ("parent_reference", "report_code"):
        if references.key(cells[column]) == references.key(kept[column]):
            cells[column] = kept[column]
    return {c: [kept[c], cell] for c, cell in cells.items() if c not in {"version", "reference"} and cell != kept[c]}


def normal(cells: Mapping[str, str]) -> dict[str, str]:
    """Cells in the form in which an export gives them."""
    tidy = dict(cells)
    tidy["marking"] = cells.get("marking") or "OFFICIAL"
    for column in ("action_owner", "strategic_lead"):
        tidy[column] = "; ".join(_people_of(cells[column]))
    for column in ("off_track", "waiting_on"):
        if column in cells and not cells[column].strip():
            tidy[column] = ""
    return tidy


def _people_of(cell: str) -> dict[str, None]:
    """The people of a cell as the register knows them, each once."""
    handles = [people.handle(t) for t in tokens_of(cell)]
    return dict.fromkeys(h.external_id for h in handles if h)


def _doubts(rows: Sequence[FileRow], today: date) -> list[LineFault]:
    doubts = []
    for row in rows:
        target = typed("target_date", row.cells["target_date"])
        published = typed("published_on", row.cells["published_on"])
        if published and (published - today).days > 366:
            doubts.append(LineFault(row.line, "published_on", "The report is published over a year from now."))
        if target and published and target < published:
            doubts.append(LineFault(row.line, "target_date", "The target date is before the report was published."))
        if target and (target - today).days > deadlines.TEN_YEARS:
            doubts.append(LineFault(row.line, "target_date", "The target date is over ten years ahead."))
        if row.cells["status"] in lifecycle.OPEN - {"awaiting_allocation"} and not row.cells["action_owner"]:
            doubts.append(LineFault(row.line, "action_owner", "Nobody owns it, and it is not awaiting allocation."))
    return doubts


def _report_changes(register: Register, rows: Sequence[FileRow]) -> list[LineFault]:
    """What a file says of a report otherwise than the register; it is taken, and said."""
    first = {references.key(r.cells["report_code"]): r for r in reversed(rows)}
    changes = []
    for code, row in first.items():
        kept = register.reports.get(code)
        columns = [c for c in REPORT_COLUMNS if c in row.cells and c != "report_code"] if kept else []
        for column in columns:
            old, new = shown(kept[REPORT_COLUMNS[column]]), row.cells[column]  # type: ignore[index]
            if old != new:
                said = f"The report {row.cells['report_code']} changes: {old or 'empty'} to {new or 'empty'}."
                changes.append(LineFault(row.line, column, said))
    return changes


def _duplicates(register: Register, rows: Sequence[FileRow]) -> list[list[str]]:
    """Pairs that look like one finding entered twice: the same text, or the same title in one report."""
    groups: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    kept = {i["reference"]: register.row(i) for i in register.items.values()}
    cells = list({**kept, **{r.cells["reference"]: r.cells for r in rows}}.values())
    for row in cells:
        if len(row["text"]) > 20:
            groups["text", references.folded(row["text"])][row["reference"]] = None
        title = references.folded(row["title"]) + "\n" + references.key(row["report_code"])
        groups["title", title][row["reference"]] = None
    pairs = {tuple(sorted(list(group)[:2])) for group in groups.values() if len(group) > 1}
    return [list(pair) for pair in sorted(pairs)]


# --- what can be worked out before it is taken in ---------------------------------------------------------------------


class _File(NamedTuple):
    """A file that comes in: whose, what it is called, and what reading it found."""

    store: Store
    actor: Actor
    rows: Sequence[FileRow]
    source: str
    force: bool
    found: list[LineFault]

    def event(self, act: str, fields: Mapping[str, Pair], **ids: Any) -> Event:
        told = {**fields, "file": (None, self.source)}
        return Event(act, self.actor.person.id, self.actor.place, self.actor.request_key, fields=told, **ids)


class _Altered(NamedTuple):
    """An item as it is, as a row makes it, and the event that says so."""

    item: dict[str, Any]
    values: dict[str, Any]
    event: Event


_ACROSS_ROWS = ("reference", "report_id", "parent_id", "title", "text")  # what rows are compared with one another by


class _Draft:
    """What a file makes of the register as it was met.

    Each changed row is worked out at once, but for the late ones: they hang on somebody or something that the file
    brings.
    """

    def __init__(self, file: _File, register: Register, today: date) -> None:
        self.file, self.register, self.today = file, register, today
        self.diff = _diff(register, file.rows, file.found, today, file.force)
        fresh = set(self.diff.new)
        self.moved = [r for r in file.rows if r.cells["reference"] in fresh or self._kept(r) in self.diff.changed]
        self.new = [r for r in self.moved if not self._kept(r)]
        self.changed = [r for r in self.moved if self._kept(r)]
        self._rows = {references.key(r.cells["reference"]): r for r in file.rows}
        self.late: list[FileRow] = []
        self._worked_out: dict[str, _Altered | None] = {}
        for row in self.changed:
            self.altered(row) if self._hangs_on_nothing_new(row) else self.late.append(row)

    def holds(self, tx: Connection) -> bool:
        """Whether it is still what the file makes of the register, once the items changed since are looked at again."""
        items = self.register.since(tx)
        return items is not None and all(self._holds_with(item) for item in items)

    def _holds_with(self, item: dict[str, Any]) -> bool:
        key, before = item["reference_key"], self.register.by_id.get(item["id"])
        if before is None or any(item[f] != before[f] for f in _ACROSS_ROWS):
            return False
        self.register.renew(item)
        self._worked_out.pop(key, None)
        row = self._rows.get(key)
        return row is None or self._changes_still(item, row)

    def _changes_still(self, item: dict[str, Any], row: FileRow) -> bool:
        """Whether the row is still one that changes its item, or one that does not, and no fault."""
        changes, changed = _changes(self.register.row(item), row), self.diff.changed
        if bool(changes) != (item["reference"] in changed):
            return False
        if changes:
            changed[item["reference"]] = changes
        return self.file.force or not _version_faults(self.register, row)

    def _kept(self, row: FileRow) -> str:
        item = self.register.items.get(references.key(row.cells["reference"]))
        return item["reference"] if item else ""

    def strangers(self, row: FileRow) -> list[str]:
        """Those of its people whom nobody knows yet."""
        named = [*_people_of(row.cells["action_owner"]), *_people_of(row.cells["strategic_lead"])]
        return [token for token in named if token not in self.register.persons]

    def _hangs_on_nothing_new(self, row: FileRow) -> bool:
        parent = references.key(row.cells["parent_reference"])
        known = references.key(row.cells["report_code"]) in self.register.reports
        return known and (not parent or parent in self.register.items) and not self.strangers(row)

    def altered(self, row: FileRow) -> _Altered | None:
        """What the row makes of its item; None where only its report changes."""
        key = references.key(row.cells["reference"])
        if key not in self._worked_out:
            self._worked_out[key] = self._altered(self.register.items[key], row)
        return self._worked_out[key]

    def _altered(self, item: dict[str, Any], row: FileRow) -> _Altered | None:
        values = {**item, **self.values(row)}
        if item["owner_id"] != values["owner_id"]:
            values["post_id"] = None  # a file names persons: what it gives to another is no longer the post's
        self._settle_ends(item, values)
        self._settle_target(item, values)
        touched = tuple(f for f in ITEM_FIELDS if item[f] != values[f])
        fields = differences(touched, item, values)
        if not fields:
            return None
        values |= {**derived(values, item["created_at"]), "version": item["version"] + 1}
        event = self.file.event("import", fields, item_id=item["id"], version=values["version"])
        return _Altered(item, values, event._replace(seals=seal(self.file.store, event.fields)))

    def values(self, row: FileRow) -> dict[str, Any]:
        """The cells as the item table holds them."""
        cells = normal(row.cells)
        values = {c: typed(c, cells[c]) for c in SAME_NAMED if c in cells and c != "reference"}
        values["report_id"] = self.register.reports[references.key(cells["report_code"])]["id"]
        parent = self.register.items.get(references.key(cells["parent_reference"]))
        values["parent_id"] = parent["id"] if parent else None
        owners = [self.register.persons[t] for t in tokens_of(cells["action_owner"])]
        values["owner_id"] = owners[0] if owners else None
        values["delegates"] = ";".join(str(n) for n in owners[1:])
        leads = [self.register.persons[t] for t in tokens_of(cells["strategic_lead"])]
        values["lead_id"] = leads[0] if leads else None
        return values

    def _settle_ends(self, item: Mapping[str, Any], values: dict[str, Any]) -> None:
        if item["status"] != values["status"]:
            values["completed_on"] = self.today if values["status"] == lifecycle.COMPLETE else None
        if item["inspectorate_status"] != values["inspectorate_status"]:
            values["closed_on"] = self.today if values["inspectorate_status"] == "closed" else None

    def _settle_target(self, item: Mapping[str, Any], values: dict[str, Any]) -> None:
        before, after = item["target_date"], values["target_date"]
        if before is None and item["original_target_date"] is None:
            values["original_target_date"] = after
        if before is not None and after != before:
            values |= extended(item, after)


# --- taking it in ---------------------------------------------------------------------------------------------------


_END_REQUEST = Prepared(
    update(REQUEST)
    .where(REQUEST.c.item_id == bindparam("of_item"), REQUEST.c.decision == "pending")
    .values(decision="ended_by_import", decided_at=bindparam("at"))
)


class _Writing:
    """One import under way, inside its transaction."""

    def __init__(self, tx: Connection, draft: _Draft, now: datetime) -> None:
        self.tx, self.draft, self.now = tx, draft, now
        self.file, self.register, self.store = draft.file, draft.register, draft.file.store

    def take(self) -> None:
        self._take_reports(self.draft.moved)
        for level in self._levels(self.draft.new):
            self._add(level)
        self._alter(self.draft.changed)

    def _registers(self, which: str) -> arrivals.EventOf:
        """The event with which a row of this kind begins."""
        return lambda fields, row: self.file.event(arrivals.REGISTER, fields, version=1, **{which: row["id"]})

    # reports

    def _take_reports(self, rows: Sequence[FileRow]) -> None:
        for code, row in {references.key(r.cells["report_code"]): r for r in rows}.items():
            values = {f: typed(c, row.cells[c]) for c, f in REPORT_COLUMNS.items() if c in row.cells}
            kept = self.register.reports.get(code)
            self._alter_report(kept, values) if kept else self._add_report(code, values)

    def _add_report(self, code: str, values: dict[str, Any]) -> None:
        arrivals.insert_report(self.tx, self.store, values, self._registers("report_id"), self.now)
        self._remember_report(code)

    def _alter_report(self, kept: dict[str, Any], values: dict[str, Any]) -> None:
        values.pop("code", None)
        fields = differences(REPORT_FIELDS, kept, {**kept, **values})
        if not fields:
            return
        version = kept["version"] + 1
        event = self.file.event("import", fields, report_id=kept["id"], version=version)
        append(self.tx, self.store, [event], now=self.now)
        changed = {**values, "version": version}
        self.tx.execute(update(REPORT).where(REPORT.c.id == kept["id"]).values(**changed))
        self._remember_report(kept["code_key"])

    def _remember_report(self, code: str) -> None:
        row = dict(self.tx.execute(select(REPORT).where(REPORT.c.code_key == code)).mappings().one())
        self.register.reports[code] = self.register.report_by_id[row["id"]] = row

    # items

    def _levels(self, rows: Sequence[FileRow]) -> Iterable[list[FileRow]]:
        """Parents before children."""
        left = {references.key(r.cells["reference"]): r for r in rows}
        while left:
            ready = [r for r in left.values() if references.key(r.cells["parent_reference"]) not in left]
            yield ready
            for row in ready:
                del left[references.key(row.cells["reference"])]

    def _keep_people(self, rows: Sequence[FileRow]) -> None:
        for token in dict.fromkeys(token for row in rows for token in self.draft.strangers(row)):
            handle = people.handle(token)
            assert handle is not None  # _people_faults has seen every token
            self.register.persons[token] = people.keep(self.tx, [handle], "", self.now)

    def _add(self, rows: Sequence[FileRow]) -> None:
        self._keep_people(rows)
        new = [self._new_item(row) for row in rows]
        arrivals.insert_items(self.tx, self.store, new, self._registers("item_id"), self.now, by_import=True)
        for item in new:
            self.register.items[item["reference_key"]] = self.register.by_id[item["id"]] = item

    def _new_item(self, row: FileRow) -> dict[str, Any]:
        return arrivals.new_item({**self.draft.values(row), "reference": row.cells["reference"]}, self.now)

    def _alter(self, rows: Sequence[FileRow]) -> None:
        """All at once, as they come in the file: a row takes a tenth of the time that it takes by itself."""
        self._keep_people(self.draft.late)
        altered = [a for a in map(self.draft.altered, rows) if a]
        ends = append(self.tx, self.store, [a.event for a in altered], now=self.now) if altered else []
        for (_, values, _), end in zip(altered, ends, strict=True):
            values["updated_at"] = end.at
        rewrite(self.tx, [(item, values) for item, values, _ in altered])
        self._rewrite_rows([(item, values, end) for (item, values, _), end in zip(altered, ends, strict=True)])

    def _rewrite_rows(self, changed: list[tuple[dict[str, Any], dict[str, Any], Head]]) -> None:
        """What stands beside the items: the request that a new status ends, who is what to them, moves of dates."""
        ended = [{"of_item": item["id"], "at": self.now} for item, v, _ in changed if item["status"] != v["status"]]
        _END_REQUEST.write(self.tx, *ended)
        for item, values, end in changed:
            retie(self.tx, item, values, end.at)
        moved = [(i, values, end) for i, values, end in changed if i["target_date"] != values["target_date"]]
        targets = [self._target(values, item["target_date"], end.seq, "by import") for item, values, end in moved]
        if targets:
            self.tx.execute(insert(TARGET_CHANGE), targets)

    def _target(self, item: Mapping[str, Any], before: date | None, event: int, reason: str) -> dict[str, Any]:
        row = {"item_id": item["id"], "event": event, "at": self.now, "before": before, "reason": reason}
        row |= {"after": item["target_date"], "number": item["moves"], "person_id": self.file.actor.person.id}
        return {**row, "by_import": True}
