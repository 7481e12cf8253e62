"""Reports, their section 55 clocks, and how their items stand."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from storage.questions.readers import Reader, hidden
from storage.rules import references, section55
from storage.tables import ITEM, REPORT


def report_known(tx: Connection, code: str) -> bool:
    return tx.execute(select(REPORT.c.id).where(REPORT.c.code_key == references.key(code))).first() is not None


class ReportRow(NamedTuple):
    """A report as a list shows it, its items counted as the reader may see them."""

    code: str
    title: str
    source: str
    published_on: date | None
    items: int
    open: int
    facts: section55.ReportFacts


def reports_of(tx: Connection, numbers: Collection[int]) -> list[dict[str, Any]]:
    """The reports of these ids, whole."""
    return [dict(row) for row in tx.execute(select(REPORT).where(REPORT.c.id.in_(numbers))).mappings()]


def reports(tx: Connection, reader: Reader) -> list[ReportRow]:
    """Every report, newest first, those without a date last."""
    unseen = hidden(tx, reader)
    tallies: dict[int, list[bool]] = {}
    for row in tx.execute(select(ITEM.c.id, ITEM.c.report_id, ITEM.c.open)):
        if row.id not in unseen:
            tallies.setdefault(row.report_id, []).append(row.open)
    rows = [dict(r) for r in tx.execute(select(REPORT)).mappings()]
    rows.sort(key=lambda r: (-(r["published_on"] or date.min).toordinal(), r["sort_key"]))
    return [_report_row(r, tallies.get(r["id"], [])) for r in rows]


def _report_row(row: Mapping[str, Any], items: list[bool]) -> ReportRow:
    facts = facts_of_report(row)
    return ReportRow(row["code"], row["title"], row["source"], row["published_on"], len(items), sum(items), facts)


def facts_of_report(report: Mapping[str, Any]) -> section55.ReportFacts:
    """What decides how a report's section 55 clock stands."""
    return section55.ReportFacts(
        report["source"],
        section55.inspected_body(report["inspected_body"], report["source"]),
        report["section_55"],
        report["published_on"],
        report["registered_on"],
        report["comments_published_on"],
        any(report[step] for step in section55.STEPS),
    )


class WholeReport(NamedTuple):
    """One report with everything that its card shows; `gaps` are recommendations without an action or a reason."""

    row: ReportRow
    report: dict[str, Any]
    overdue: int
    gaps: list[str]


_COUNTED = tuple(ITEM.c[name] for name in ("id", "reference", "kind", "status", "open", "due_order"))


def report(tx: Connection, code: str, reader: Reader) -> WholeReport | None:
    """One report; None when there is none of that code."""
    row = tx.execute(select(REPORT).where(REPORT.c.code_key == references.key(code))).mappings().first()
    if row is None:
        return None
    unseen = hidden(tx, reader)
    items = select(*_COUNTED).where(ITEM.c.report_id == row["id"]).order_by(ITEM.c.sort_key)
    seen = [dict(item) for item in tx.execute(items).mappings() if item["id"] not in unseen]
    late = sum(item["open"] and item["due_order"] < reader.today for item in seen)
    acted_on = _acted_on(tx, row["id"])
    gaps = section55.gaps([_finding(item, acted_on) for item in seen])
    return WholeReport(_report_row(dict(row), [item["open"] for item in seen]), dict(row), late, gaps)


def _acted_on(tx: Connection, report_id: int) -> frozenset[int]:
    """The items of a report under which an action stands that was not superseded."""
    finding = ITEM.alias()
    stands = (ITEM.c.kind == "action", ITEM.c.status != "superseded", finding.c.report_id == report_id)
    found = select(ITEM.c.parent_id).join(finding, finding.c.id == ITEM.c.parent_id).where(*stands)
    return frozenset(tx.execute(found).scalars())


def _finding(item: Mapping[str, Any], acted_on: frozenset[int]) -> section55.Finding:
    return section55.Finding(item["reference"], item["kind"], item["status"], item["id"] in acted_on)
