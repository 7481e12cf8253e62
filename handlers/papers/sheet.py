"""The register as a sheet for other programs: CSV in which no cell is a formula, and JSON."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

from storage.rows import COLUMNS

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_GUARDED = (*FORMULA_SIGNS, "'")


def guarded(cell: str) -> str:
    """The cell as CSV holds it: an apostrophe before what would be calculated, and before an apostrophe."""
    return "'" + cell if cell.startswith(_GUARDED) else cell


def unguarded(cell: str) -> str:
    """What `guarded` was given; the apostrophe is taken off once, and only where `guarded` puts one."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_GUARDED) else cell


def to_csv(rows: Iterable[Mapping[str, str]]) -> bytes:
    """The rows under all headings, in UTF-8 with a byte-order mark, so that Excel shows names right.

    A column that a row lacks is an empty cell; half of a surrogate pair comes out as a question mark.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([guarded(row.get(column, "")) for column in COLUMNS] for row in rows)
    return out.getvalue().encode("utf-8-sig", errors="replace")


def to_json(payload: Any) -> bytes:
    """The payload as UTF-8 for people and programs; half of a surrogate pair stays an escape."""
    text = json.dumps(payload, ensure_ascii=False, indent=1, allow_nan=False)
    return (text + "\n").encode("utf-8", errors="backslashreplace")
