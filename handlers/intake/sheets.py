"""A register file as rows: CSV and the export's JSON, read strictly, every fault by line and field."""

import csv
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple

from handlers.papers.sheet import unguarded
from storage.imports import warning
from storage.rows import (
    BREAKS,
    COLUMNS,
    DATE_COLUMNS,
    DROPPED,
    KNOWN,
    MOST_CHARACTERS,
    PEOPLE_COLUMNS,
    REQUIRED,
    TOO_HIGH,
    FileRow,
    LineFault,
    folded_word,
    one_line,
)

MEGABYTE = 1024 * 1024
MOST_CSV, MOST_JSON = 32 * MEGABYTE, 128 * MEGABYTE
MOST_HEADINGS, MOST_ROWS, MOST_LINES = 1_000, 100_000, 2_000_000
LONGEST = 2_000_000  # characters of one line, and of one cell; more would only fill the memory
FREE_COLUMNS = frozenset(
    {
        "title",
        "text",
        "deadline_wording",
        "off_track",
        "objective",
        "waiting_on",
        "board",
        "addressee",
    }
)


class Mapping_(NamedTuple):
    """How somebody else's sheet becomes ours, as `--map` gives it; columns are always ours.

    `columns`: our column -> their heading. `values`: column -> their word -> ours. `people`: name -> address.
    `formats`: strptime's. `defaults`: what stands in a cell that is empty or in a column that is not there.
    `fill_down`: columns in which an empty cell means what stands above it.
    """

    sheet: str = ""
    header_row: int = 1
    fill_down: tuple[str, ...] = ()
    columns: Mapping[str, str] = {}
    values: Mapping[str, Mapping[str, str]] = {}
    people: Mapping[str, str] = {}
    formats: tuple[str, ...] = ()
    defaults: Mapping[str, str] = {}


class Sheet(NamedTuple):
    """What a file holds: rows of canonical cells, errors and doubts; `notes` say what is odd in its form."""

    rows: list[FileRow]
    faults: list[LineFault]
    notes: list[str]


class MapFault(ValueError):
    """The map cannot be used; the message is one sentence for a person."""


class _Unreadable(Exception):
    """Nothing of the file can be read, from this line on (0: as a whole)."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line = line

    def sheet(self) -> Sheet:
        return Sheet([], [LineFault(self.line, "", str(self))], [])


class _Record(NamedTuple):
    """Cells as they stand in the file, and the line on which the first of them begins."""

    line: int
    cells: list[str]


def read_register(name: str, data: bytes, mapping: Mapping_ | None = None) -> Sheet:
    """The rows of a file of any form that we read, chosen by its name and its first bytes."""
    if name.lower().endswith(_WORKBOOKS) or data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return _Unreadable(0, "A workbook is not read here; save its sheet as CSV UTF-8.").sheet()
    begins = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not name.lower().endswith(".json") and not begins.startswith(b"{"):
        return read_csv(data, mapping)
    sheet = read_json(data)
    return sheet if mapping is None else sheet._replace(notes=[*sheet.notes, "A map is not used on JSON."])


_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")


def read_csv(data: bytes, mapping: Mapping_ | None = None) -> Sheet:
    """The rows of a CSV file; `faults` hold errors, and doubts made by `storage.imports.warning`.

    The cells are canonical: line ends levelled, dates ISO, vocabularies in their own spelling, the export's
    apostrophe taken off. Only columns of the file (or of the map's defaults) are keys. A row that cannot be
    told apart into its columns, or that is marked too high, is a fault and no row. Nothing is raised.
    """
    mapping = mapping or Mapping_()
    try:
        text, notes = _decoded(data, MOST_CSV)
        with _long_cells():
            delimiter = _delimiter(text, mapping)
            records, faults = _records(text, delimiter)
        head, body = _split(records, faults, mapping)
    except _Unreadable as fault:
        return fault.sheet()
    if delimiter != ",":
        notes.append(f"The cells are separated by {_NAMED[delimiter]}, not commas; read.")
    columns, wrong = _headings(head, mapping)
    whole = set(REQUIRED) <= {*columns, *mapping.defaults}
    rows, more = _rows(columns, body, mapping) if whole else ([], [])
    none = [] if body or faults else [LineFault(0, "", "There are no rows under the heading.")]
    return Sheet(rows, faults + wrong + more + none, notes)


def read_json(data: bytes) -> Sheet:
    """The rows of the JSON that the export writes: its `items`, the first of which counts as line 1.

    Other keys, of the whole and of an item, are passed over. A column that one item has and another lacks is
    a fault, since lacking is no value.
    """
    try:
        items = _items(data)
    except _Unreadable as fault:
        return fault.sheet()
    present = set(REQUIRED).union(*(item for item in items if isinstance(item, dict)))
    columns = [column for column in COLUMNS if column in present]
    rows, faults = [], []
    for line, item in enumerate(items, start=1):
        row = _Row(line, Mapping_())
        cells = _item_cells(item, columns, row)
        rows += row.read(cells) if cells is not None else []
        faults += row.faults
    return Sheet(rows, faults, [])


# --- the bytes ----------------------------------------------------------------------------------------------


_NOT_TEXT = "This is neither UTF-8 nor UTF-16 with a byte-order mark; save the file as CSV UTF-8."
_LINE_END = re.compile("\r\n|\r|\n")
_LINE = re.compile("[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def _decoded(data: bytes, most: int) -> tuple[str, list[str]]:
    """The text, and what there is to say of its form."""
    if len(data) > most:
        raise _Unreadable(0, f"The file is larger than {most // MEGABYTE} MB; split it.")
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as fault:
        good = data[: fault.start].decode("utf-16" if wide else "utf-8-sig", errors="ignore")
        raise _Unreadable(1 + len(_LINE_END.findall(good)), _NOT_TEXT) from None
    if "\x00" in _LINE_END.split(text[:10_000], maxsplit=1)[0]:
        raise _Unreadable(1, _NOT_TEXT)
    if not text.strip():
        raise _Unreadable(0, "The file is empty.")
    return text, ["The file is UTF-16, not UTF-8; read."] if wide else []


# --- records ------------------------------------------------------------------------------------------------


_NAMED = {",": "commas", ";": "semicolons", "\t": "tabs"}


def _delimiter(text: str, mapping: Mapping_) -> str:
    """The sign that makes the most known headings of the heading; a comma where none does better."""
    names = _names(mapping)

    def found(delimiter: str) -> tuple[int, int]:
        try:
            cells = next((r.cells for r in _parsed(text, delimiter) if r.line >= mapping.header_row), [])
        except _Unreadable:
            cells = []
        return sum(_folded(cell) in names for cell in cells), len(cells)

    return max(_NAMED, key=found)


def _parsed(text: str, delimiter: str) -> Iterator[_Record]:
    """The records that are not blank; raises _Unreadable with the line on which a broken one begins."""
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _Record(line, cells)
            line = reader.line_num + 1
    except csv.Error as fault:
        raise _Unreadable(line, _broken(str(fault))) from None


def _lines(text: str) -> Iterator[str]:
    """The lines with their ends; _Unreadable at one that no register has."""
    for number, line in enumerate(_LINE.finditer(text), start=1):
        if number > MOST_LINES or line.end() - line.start() > LONGEST:
            raise _Unreadable(number, "The file is too long to be a register from this line on.")
        yield line[0]


def _broken(fault: str) -> str:
    what = "A quote stands inside a quoted cell"
    if "end of data" in fault:
        what = "A quote is opened and never closed"
    elif "limit" in fault:
        what = "A cell is far too long, or its quote is never closed,"
    return f"{what} in the row that begins here; the rows after it were not read."


@contextmanager
def _long_cells() -> Iterator[None]:
    """Cells much longer than the parser's own limit are let through, so that ours can name line and field."""
    before = csv.field_size_limit(LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _records(text: str, delimiter: str) -> tuple[list[_Record], list[LineFault]]:
    """All records up to the first broken one, and that one as a fault."""
    records: list[_Record] = []
    try:
        for record in islice(_parsed(text, delimiter), MOST_ROWS + 2):
            records.append(record)
    except _Unreadable as fault:
        return records, [LineFault(fault.line, "", str(fault))]
    return records, []


def _split(
    records: Sequence[_Record], faults: Sequence[LineFault], mapping: Mapping_
) -> tuple[_Record, Sequence[_Record]]:
    """The heading and what stands under it."""
    below = [record for record in records if record.line >= mapping.header_row]
    if not below and faults:
        raise _Unreadable(faults[0].line, faults[0].message)
    if not below:
        raise _Unreadable(0, f"There is no heading on line {mapping.header_row} or below.")
    if len(records) > MOST_ROWS + 1:
        raise _Unreadable(records[-1].line, f"There are more than {MOST_ROWS:,} rows; split the file.")
    if len(below[0].cells) > MOST_HEADINGS:
        raise _Unreadable(below[0].line, f"There are more than {MOST_HEADINGS:,} headings.")
    return below[0], below[1:]


# --- headings -----------------------------------------------------------------------------------------------


def _folded(heading: str) -> str:
    """Letter case, spaces and underscores forgiven."""
    return re.sub(r"[\s_]", "", heading.casefold())


def _names(mapping: Mapping_) -> dict[str, str]:
    """Folded heading -> our column."""
    ours = {_folded(column): column for column in COLUMNS if column not in mapping.columns}
    return ours | {_folded(theirs): column for column, theirs in mapping.columns.items()}


def _headings(head: _Record, mapping: Mapping_) -> tuple[list[str], list[LineFault]]:
    """Our column of each cell (empty: none), and what is unknown, there twice or missing."""
    names = _names(mapping)
    columns: list[str] = []
    faults: list[LineFault] = []
    for place, heading in enumerate(head.cells, start=1):
        column = names.get(_folded(heading), "")
        if not column:
            faults.append(_unknown(head.line, place, heading, mapping))
        elif column in columns:
            faults.append(LineFault(head.line, column, "This heading is there twice."))
        columns.append("" if column in columns else column)
    lacking = [c for c in _wanted(mapping) if c not in columns and c not in mapping.defaults]
    return columns, faults + [LineFault(head.line, c, _missing(c, mapping)) for c in lacking]


def _wanted(mapping: Mapping_) -> list[str]:
    return [c for c in COLUMNS if c in REQUIRED or c in mapping.columns]


def _missing(column: str, mapping: Mapping_) -> str:
    theirs = mapping.columns.get(column)
    return f"The heading “{theirs}” that the map names is missing." if theirs else "This heading is missing."


def _unknown(line: int, place: int, heading: str, mapping: Mapping_) -> LineFault:
    """An error; a doubt where a map chooses among the headings of somebody else's sheet."""
    shown = "".join(c if c.isprintable() else " " for c in heading).strip()[:60]
    if mapping.columns:
        return warning(line, shown, "The map does not name this heading; the column is left out.")
    if not shown:
        return LineFault(line, "", f"Column {place} has no heading.")
    return LineFault(line, shown, "This heading is unknown.")


# --- rows ---------------------------------------------------------------------------------------------------


_Read = tuple[list[FileRow], list[LineFault]]


def _rows(columns: Sequence[str], body: Sequence[_Record], mapping: Mapping_) -> _Read:
    rows: list[FileRow] = []
    faults: list[LineFault] = []
    above: dict[str, str] = {}
    for record in body:
        if len(record.cells) != len(columns):
            faults.append(LineFault(record.line, "", _miscounted(len(record.cells), len(columns))))
            continue
        row = _Row(record.line, mapping)
        cells = {c: unguarded(cell) for c, cell in zip(columns, record.cells, strict=True) if c}
        rows += row.read(_completed(cells, above, mapping))
        faults += row.faults
    return rows, faults


def _miscounted(cells: int, headings: int) -> str:
    return f"This row has {cells} cells under {headings} headings; a comma in a text needs quotes around it."


def _completed(cells: dict[str, str], above: dict[str, str], mapping: Mapping_) -> dict[str, str]:
    """With what the map fills in; `above` is kept for the rows to come."""
    for column in mapping.fill_down:
        if cells.get(column, "").strip():
            above[column] = cells[column]
        elif column in above:
            cells[column] = above[column]
    for column, value in mapping.defaults.items():
        if not cells.get(column, "").strip():
            cells[column] = value
    return cells


class _Row:
    """One row being read: its cells become canonical one by one, and what is wrong with them is gathered."""

    def __init__(self, line: int, mapping: Mapping_) -> None:
        self.line, self.mapping = line, mapping
        self.faults: list[LineFault] = []

    def read(self, cells: Mapping[str, str]) -> list[FileRow]:
        """The row; none where its marking is too high, and then nothing of it is ever repeated."""
        if _too_high(cells.get("marking", ""), self.mapping):
            self.faults = [LineFault(self.line, "marking", TOO_HIGH)]
            return []
        return [FileRow(self.line, {c: self.cell(c, cell) for c, cell in cells.items()})]

    def wrong(self, column: str, message: str) -> None:
        self.faults.append(LineFault(self.line, column, message))

    def said(self, column: str, message: str) -> None:
        self.faults.append(warning(self.line, column, message))

    def cell(self, column: str, cell: str) -> str:
        """The cell in its canonical form; as it is where it cannot have one, which is then a fault."""
        text = self.levelled(column, cell) if not cell.isprintable() else cell
        if column not in FREE_COLUMNS:
            text = self.one_line(column, text.strip())
        text = self.mapping.values.get(column, {}).get(text.strip(), text)
        if len(text) > MOST_CHARACTERS:
            self.wrong(column, f"A cell holds at most {MOST_CHARACTERS:,} characters, not {len(text):,}.")
        elif column in PEOPLE_COLUMNS and self.mapping.people:
            return _people(text, self.mapping.people)
        elif column in DATE_COLUMNS and text:
            return self.dated(column, text)
        return KNOWN[column].get(folded_word(text), text) if column in KNOWN else text

    def levelled(self, column: str, cell: str) -> str:
        """Line ends levelled; other control characters turned into line breaks or dropped, and said."""
        text = cell.replace("\r\n", "\n").replace("\r", "\n")
        broken = BREAKS.sub("\n", text)
        kept = DROPPED.sub("", broken)
        if broken != text:
            self.said(column, "Control characters that break a line or page were read as line breaks.")
        if kept != broken:
            self.said(column, "Control characters were left out.")
        return kept

    def one_line(self, column: str, text: str) -> str:
        if "\n" not in text:
            return text
        self.said(column, "This column holds one line; its line breaks were read as spaces.")
        return one_line(text)

    def dated(self, column: str, cell: str) -> str:
        """ISO; a day/month/year is read so and said; anything else is a fault."""
        try:
            day, british = _day(cell, self.mapping.formats)
        except ValueError as fault:
            self.wrong(column, str(fault))
            return cell
        if british:
            self.said(column, f"{cell} was read as {_shown(day)}, day before month.")
        return day.isoformat()


def _too_high(cell: str, mapping: Mapping_) -> bool:
    """Whatever is not known to be low enough; no map makes a secret one lower."""
    meant = mapping.values.get("marking", {}).get(cell.strip(), cell)
    return bool(meant.strip()) and (folded_word(meant) not in KNOWN["marking"] or "secret" in cell.casefold())


def _people(cell: str, known: Mapping[str, str]) -> str:
    return "; ".join(known.get(part.strip(), part.strip()) for part in cell.split(";") if part.strip())


# --- dates --------------------------------------------------------------------------------------------------


_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SLASHED = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}|[0-9]{2})")
_SERIAL = re.compile(r"[0-9]+([.,][0-9]+)?")
_EXAMPLES = "give it as 2027-04-03 or 3/4/2027, day before month"
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"


def _day(cell: str, formats: Sequence[str]) -> tuple[date, bool]:
    """The one day that the cell can mean, and whether it was read as day/month/year without being told so.

    ValueError with a sentence that does not repeat the cell.
    """
    if _ISO.fullmatch(cell):
        return _real(cell[:4], cell[5:7], cell[8:]), False
    if days := _by_formats(cell, formats):
        return days.pop(), False
    if _SERIAL.fullmatch(cell):
        raise ValueError(f"A serial number is no date; {_EXAMPLES}.")
    found = _SLASHED.fullmatch(cell)
    if found and not any("/" in form for form in formats):
        return _real(found[3], found[2], found[1]), True
    raise ValueError(f"This is no date for certain; {_EXAMPLES}.")


def _real(year: str, month: str, day: str) -> date:
    """Two-figure years are 20xx."""
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        raise ValueError(f"There is no such day; {_EXAMPLES}.") from None


def _by_formats(cell: str, formats: Sequence[str]) -> set[date]:
    """The day by the map's formats; ValueError where they disagree."""
    days = set()
    for form in formats:
        try:
            day = datetime.strptime(cell, form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
        days.add(day.replace(year=day.year + 100) if "%y" in form and day.year < 2000 else day)
    if len(days) > 1:
        raise ValueError(f"The map's formats read this date in more than one way; {_EXAMPLES}.")
    return days


def _shown(day: date) -> str:
    return f"{day.day} {_MONTHS.split()[day.month - 1]} {day.year}"


# --- JSON ---------------------------------------------------------------------------------------------------


def _items(data: bytes) -> list[Any]:
    text, _ = _decoded(data, MOST_JSON)
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as fault:
        raise _Unreadable(fault.lineno, "The file is no JSON from this line on.") from None
    except (ValueError, RecursionError):
        raise _Unreadable(0, "The JSON is nested too deep, or has too long a number.") from None
    items = whole.get("items") if isinstance(whole, dict) else None
    if not isinstance(items, list):
        raise _Unreadable(0, "The JSON is no export; it has no list of items.")
    if not items:
        raise _Unreadable(0, "The export has no items.")
    return items


def _item_cells(item: Any, columns: Sequence[str], row: _Row) -> dict[str, str] | None:
    """The item's columns as text; None, and faults in `row`, where there is no telling."""
    if not isinstance(item, dict):
        row.wrong("", "This item is no object with columns.")
        return None
    for column in columns:
        if column not in item:
            row.wrong(column, "This item lacks the column.")
        elif not isinstance(item[column], str | int | None) or isinstance(item[column], bool):
            row.wrong(column, "The column of this item is no text.")
    return None if row.faults else {c: "" if item[c] is None else str(item[c]) for c in columns}


# --- the map ------------------------------------------------------------------------------------------------


def read_map(text: str) -> Mapping_:
    """The map of a TOML file; MapFault with one sentence for the first thing that is wrong in it."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        raise MapFault(f"The map is no TOML: {fault}.") from None
    for key, value in table.items():
        _check(key, value)
    formats = tuple(table.pop("dates", {}).get("formats", ()))
    fill_down = tuple(table.pop("fill_down", ()))
    return Mapping_(**table, fill_down=fill_down, formats=formats)


def _check(key: str, value: Any) -> None:
    rule = _RULES.get(key)
    if rule is None:
        raise MapFault(f"The map has an unknown key “{key}”; it may have {', '.join(_RULES)}.")
    kind, form = rule
    if type(value).__name__ != kind:
        raise MapFault(f"In the map, write {key} as {form}.")
    if key == "header_row" and value < 1:
        raise MapFault("In the map, header_row counts from 1.")
    if key == "dates":
        _check_dates(value)
    elif key == "values":
        _check_values(value)
    elif kind in {"list", "dict"}:
        _check_texts(key, value, form)


_RULES: dict[str, tuple[str, str]] = {
    "sheet": ("str", 'sheet = "its name"'),
    "header_row": ("int", "header_row = 3"),
    "fill_down": ("list", 'fill_down = ["report_code"]'),
    "columns": ("dict", 'a table [columns] of ours = "theirs"'),
    "values": ("dict", 'tables [values.COLUMN] of "theirs" = "ours"'),
    "people": ("dict", 'a table [people] of "name" = "address"'),
    "dates": ("dict", 'a table [dates] with formats = ["%d.%m.%Y"]'),
    "defaults": ("dict", 'a table [defaults] of column = "value"'),
}


def _check_texts(key: str, value: Any, form: str) -> None:
    """Every value a text, and every column one of ours."""
    names = value if key == "fill_down" else value.values()
    if not all(isinstance(name, str) for name in names):
        raise MapFault(f"In the map, write {key} as {form}.")
    if key != "people":
        _check_columns(key, value)
    if key == "columns" and len({_folded(name) for name in names}) < len(names):
        raise MapFault("The map's columns name the same heading twice.")


def _check_columns(key: str, names: Any) -> None:
    for name in names:
        if name not in COLUMNS:
            raise MapFault(f"In the map, {key} names “{name}”, which is no column of ours.")


def _check_values(value: Mapping[str, Any]) -> None:
    _check_columns("values", value)
    for words in value.values():
        if not isinstance(words, dict) or not all(isinstance(word, str) for word in words.values()):
            raise MapFault(f"In the map, write values as {_RULES['values'][1]}.")


def _check_dates(value: Mapping[str, Any]) -> None:
    """A format has to give back the day that it writes."""
    if set(value) - {"formats"}:
        raise MapFault("In the map, [dates] has one key, formats.")
    formats, day = value.get("formats", []), datetime(2027, 4, 13)  # noqa: DTZ001 - a day has no time zone
    if not isinstance(formats, list) or not all(isinstance(form, str) for form in formats):
        raise MapFault(f"In the map, write dates as {_RULES['dates'][1]}.")
    for form in formats:
        try:
            whole = datetime.strptime(day.strftime(form), form) == day  # noqa: DTZ007
        except (ValueError, re.error):
            whole = False
        if not whole:
            raise MapFault(f"In the map, the date format “{form}” does not hold day, month and year.")
