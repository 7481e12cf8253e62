"""A register row as files hold it: the columns of the contract, each as text, and the way to and from the tables."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from storage.rules import lifecycle, marking

MOST_CHARACTERS = 30_000  # of one cell

REQUIRED = (
    "reference",
    "report_code",
    "report_title",
    "published_on",
    "source",
    "kind",
    "number",
    "parent_reference",
    "title",
    "text",
    "deadline_wording",
    "inspectorate_deadline",
    "target_date",
    "action_owner",
    "strategic_lead",
    "status",
    "scope",
    "addressee",
    "marking",
    "inspectorate_ref",
    "inspectorate_status",
    "external_dependency",
    "board",
)
OPTIONAL = (
    "inspected_body",
    "section_55",
    "comments_published_on",
    "forecast_date",
    "off_track",
    "waiting_on",
    "objective",
    "last_update_on",
    "chief_officer_comments_due",
    "version",
)
COLUMNS = REQUIRED + OPTIONAL
DATE_COLUMNS = frozenset(
    {
        "published_on",
        "inspectorate_deadline",
        "target_date",
        "comments_published_on",
        "forecast_date",
        "last_update_on",
        "chief_officer_comments_due",
    }
)
REPORT_COLUMNS = {
    "report_code": "code",
    "report_title": "title",
    "source": "source",
    "published_on": "published_on",
    "inspected_body": "inspected_body",
    "section_55": "section_55",
    "comments_published_on": "comments_published_on",
    "chief_officer_comments_due": "chief_officer_comments_due",
}
PEOPLE_COLUMNS = frozenset({"action_owner", "strategic_lead"})
SAME_NAMED = tuple(
    c
    for c in COLUMNS
    if c not in REPORT_COLUMNS and c not in PEOPLE_COLUMNS and c not in {"parent_reference", "version"}
)
WORDS: dict[str, tuple[str, ...]] = {
    "kind": tuple(sorted(lifecycle.KINDS)),
    "status": tuple(sorted(lifecycle.STATUSES)),
    "scope": ("", "force", "national"),
    "marking": marking.MARKINGS,
    "inspectorate_status": tuple(sorted(lifecycle.INSPECTORATE_STATUSES)),
    "external_dependency": ("", "yes"),
    "inspected_body": ("", "police", "fire", "other"),
    "section_55": ("", "required", "not_required"),
}


class FileRow(NamedTuple):
    """One row of a file: the line where it begins (header 1) and its cells as text; a column not there is absent."""

    line: int
    cells: Mapping[str, str]


class LineFault(NamedTuple):
    """What is wrong at a line, in which field, in one sentence; line 0: the file as a whole."""

    line: int
    field: str
    message: str


BREAKS = re.compile("[\v\f\x85\u2028\u2029]")
DROPPED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


def levelled(text: str) -> str:
    """Line ends levelled, control characters that break a line or page turned into line breaks, others dropped."""
    return DROPPED.sub("", BREAKS.sub("\n", text.replace("\r\n", "\n").replace("\r", "\n")))


def one_line(text: str) -> str:
    return " ".join(part.strip() for part in text.split("\n") if part.strip())


def folded_word(text: str) -> str:
    """Letter case forgiven, and blanks, underscores and hyphens taken for each other."""
    return re.sub(r"[\s_-]+", "_", text.casefold().strip())


KNOWN = {column: {folded_word(word): word for word in words} for column, words in WORDS.items()}


TOO_HIGH = "Only OFFICIAL and OFFICIAL-SENSITIVE may be kept here; take the row out."  # said of a row of a file


def word_fault(column: str, cell: str) -> str:
    """What is wrong with a cell whose column takes certain words only; "" when nothing is, or it takes any."""
    if column not in WORDS or cell in WORDS[column]:
        return ""
    if column == "marking":
        return "Only OFFICIAL and OFFICIAL-SENSITIVE may be kept here."
    return f"Give one of: {', '.join(w for w in WORDS[column] if w)}."


def shown(value: Any) -> str:
    """A stored value as a cell."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def typed(column: str, cell: str) -> Any:
    """A checked cell as the tables hold it."""
    if column in DATE_COLUMNS:
        return date.fromisoformat(cell) if cell else None
    return cell


def of_item(item: Mapping[str, Any], report: Mapping[str, Any], parent: str, book: Mapping[int, str]) -> dict[str, str]:
    """An item as a row of the contract."""
    row = {column: shown(report[field]) for column, field in REPORT_COLUMNS.items()}
    row |= {column: shown(item[column]) for column in SAME_NAMED}
    row["parent_reference"] = parent
    row["action_owner"] = "; ".join(_tokens(item, book))
    row["strategic_lead"] = book.get(item["lead_id"] or 0, "")
    row["version"] = str(item["version"])
    return {column: row[column] for column in COLUMNS}


def _tokens(item: Mapping[str, Any], book: Mapping[int, str]) -> list[str]:
    delegates = [int(n) for n in item["delegates"].split(";") if n]
    return [book[n] for n in [item["owner_id"], *delegates] if n in book]
