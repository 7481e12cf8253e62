"""Register files: what is read, what is refused by line and field, and that all comes back unchanged."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.intake.sheets import (
    FREE_COLUMNS,
    MOST_CSV,
    MapFault,
    Mapping_,
    Sheet,
    read_csv,
    read_json,
    read_map,
    read_register,
)
from handlers.papers.sheet import guarded, to_csv, to_json, unguarded
from storage import imports
from storage.imports import WARNING
from storage.people import Person
from storage.record import Actor
from storage.rows import COLUMNS, MOST_CHARACTERS, OPTIONAL, REQUIRED, FileRow, LineFault
from storage.store import Store, open_store
from tests.conftest import empty
from tests.databases import Database

DATA = Path(__file__).parent.parent / "data"
BROKEN = DATA / "broken"

ROW = {
    "reference": "CYBER19-A1",
    "report_code": "CYBER19",
    "report_title": "Keep the lights on",
    "published_on": "2026-02-03",
    "source": "HMICFRS",
    "kind": "recommendation",
    "title": "Mend the lamp",
    "text": "The force should mend the lamp.",
    "target_date": "2027-01-29",
    "status": "in_progress",
    "action_owner": "alice@force.example",
    "scope": "force",
    "marking": "OFFICIAL",
}


def csv_of(*rows: dict[str, str], columns: tuple[str, ...] = REQUIRED, delimiter: str = ",") -> str:
    """A file as a person's program writes it: nothing guarded, columns as given."""

    def quoted(cell: str) -> str:
        return f'"{cell.replace(chr(34), chr(34) * 2)}"' if set(cell) & {delimiter, '"', "\r", "\n"} else cell

    lines = [columns, *([{**ROW, **row}.get(c, "") for c in columns] for row in rows)]
    return "".join(delimiter.join(map(quoted, cells)) + "\n" for cells in lines)


def read(*rows: dict[str, str], columns: tuple[str, ...] = REQUIRED, mapping: Mapping_ | None = None) -> Sheet:
    return read_csv(csv_of(*rows, columns=columns).encode(), mapping)


def named(sheet: Sheet) -> list[tuple[int, str]]:
    """Errors by line and field."""
    return [(f.line, f.field) for f in sheet.faults if not f.message.startswith(WARNING)]


def doubts(sheet: Sheet) -> list[LineFault]:
    return [f._replace(message=f.message.removeprefix(WARNING)) for f in sheet.faults if f.message.startswith(WARNING)]


def cell(sheet: Sheet, column: str) -> str:
    (row,) = sheet.rows
    return row.cells[column]


@pytest.fixture
def empty_register(database: Database) -> Iterator[Store]:
    def noon() -> datetime:
        return datetime(2026, 11, 23, 12, tzinfo=UTC)

    store = open_store(database.copy(empty), noon)
    yield store
    store.close()


# --- the form of the file ---------------------------------------------------------------------------------


def test_the_plain_form_is_read_without_a_word() -> None:
    sheet = read({})
    assert sheet == Sheet([FileRow(2, {c: ROW.get(c, "") for c in REQUIRED})], [], [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_every_form_gives_the_same_rows(encoding: str, delimiter: str, ends: str) -> None:
    row = {"title": "déjà; vu, 📚", "text": "one\ntwo\tthree"}
    text = csv_of(row, {"reference": "R2"}, delimiter=delimiter).replace("\n", ends)
    mark = "\ufeff" if encoding.endswith("e") else ""
    sheet = read_csv((mark + text).encode(encoding))
    assert sheet.rows == read(row, {"reference": "R2"}).rows
    assert [r.line for r in sheet.rows] == [2, 4]
    assert sheet.faults == []
    assert len(sheet.notes) == ("16" in encoding) + (delimiter != ",")


def test_the_notes_say_what_is_not_plain() -> None:
    notes = read_csv(csv_of({}, delimiter=";").encode("utf-16")).notes
    assert notes == [
        "The file is UTF-16, not UTF-8; read.",
        "The cells are separated by semicolons, not commas; read.",
    ]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (csv_of({"title": "café"}).encode("latin-1"), 2),
        (csv_of({"text": "a\nb\r\nc\rd"}, {"title": "café"}).encode("cp1252"), 6),
        (csv_of({}).encode("utf-16-le"), 1),
        (csv_of({}).encode("utf-16")[:-1], 2),
        (csv_of({}).encode("utf-32"), 1),
        (b"\x89PNG\r\n\x1a\n", 1),
        (b"", 0),
        (b"\xef\xbb\xbf", 0),
        (b" \n\n", 0),
        (csv_of().encode(), 0),
    ],
)
def test_other_bytes_are_refused_with_the_line(data: bytes, line: int) -> None:
    sheet = read_csv(data)
    assert sheet.rows == [] and named(sheet) == [(line, "")]


@pytest.mark.parametrize("data", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0rest"])
def test_a_workbook_is_refused_in_a_sentence_whatever_its_name(data: bytes) -> None:
    for name, content in (("register.csv", data), ("register.XLSX", b"")):
        (fault,) = read_register(name, content, None).faults
        assert fault == LineFault(0, "", "A workbook is not read here; save its sheet as CSV UTF-8.")


def test_lines_are_counted_where_rows_begin_and_blank_ones_are_passed_over() -> None:
    first, *rest = csv_of({"text": "a\n\nb"}, {"reference": "R2"}, {"reference": "R3"}).splitlines(keepends=True)
    text = "\n" + first + "\n" + "".join(rest[:3]) + "  \n" + "," * 22 + "\n" + "".join(rest[3:])
    assert [(r.line, r.cells["reference"]) for r in read_csv(text.encode()).rows] == [
        (4, "CYBER19-A1"),
        (9, "R2"),
        (10, "R3"),
    ]


def test_an_unclosed_quote_is_named_by_the_line_where_its_row_begins() -> None:
    text = csv_of({"text": "a\nb"}, {"text": "QUOTE"}, {"reference": "R3"}).replace("QUOTE", '"open')
    sheet = read_csv(text.encode())
    assert named(sheet) == [(4, "")] and [r.line for r in sheet.rows] == [2]
    assert "never closed" in sheet.faults[0].message


def test_a_quote_inside_a_quoted_cell_is_named() -> None:
    text = csv_of({}, {"text": "QUOTE"}).replace("QUOTE", '"He said "no" to it"')
    assert named(read_csv(text.encode())) == [(3, "")]


def test_a_heading_with_an_unclosed_quote_is_named() -> None:
    assert named(read_csv(b'"reference,report_code\nA1,B\n')) == [(1, "")]


def test_too_many_and_too_few_cells_are_named_by_line() -> None:
    first, second, third = csv_of({}, {"reference": "R2"}).splitlines()
    text = "\n".join([first, second + ",", third, third[:-1], "R9"])
    sheet = read_csv(text.encode())
    assert named(sheet) == [(2, ""), (4, ""), (5, "")]
    assert [r.line for r in sheet.rows] == [3]


def test_long_cells_are_named_and_the_parser_is_left_as_it_was() -> None:
    before = csv.field_size_limit()
    most = "x" * MOST_CHARACTERS
    assert read({"text": most}).faults == []
    assert named(read({"text": most + "x"}, {"title": "y" * 200_000})) == [(2, "text"), (3, "title")]
    assert csv.field_size_limit() == before


HEAD = ",".join(REQUIRED)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ("," * 3_000_000, 1),
        ("x," * 2_000, 1),
        (f"{HEAD}\nA1" + "," * 3_000_000, 2),
        (f'{HEAD}\nA1,"' + "x\n" * 1_500_000, 2),
        (f"{HEAD}\n" + "a\n" * 200_000, 100_002),
        ("\n" * 3_000_000, 0),
        (f"{HEAD}" + "\n" * 3_000_000, 2_000_001),
        (" " * (MOST_CSV + 1), 0),
    ],
    ids=range(8),
)
def test_what_would_only_fill_the_memory_is_refused_by_line(data: str, line: int) -> None:
    sheet = read_csv(data.encode())
    assert sheet.rows == [] and (sheet.faults[0].line, sheet.faults[0].field) == (line, "")


def test_the_limit_counts_characters_after_line_ends_are_levelled() -> None:
    assert read({"text": "x\r\n" * (MOST_CHARACTERS // 2)}).faults == []


# --- headings ---------------------------------------------------------------------------------------------


def test_headings_are_forgiven_their_letters_spaces_and_underscores() -> None:
    first, rest = csv_of({}).split("\n", maxsplit=1)
    for typed in (
        first.upper(),
        first.replace("_", " "),
        first.replace("_", ""),
        first.title().replace(",", " ,"),
    ):
        assert read_csv(f"{typed}\n{rest}".encode()) == read({})


def test_headings_missing_unknown_and_there_twice_are_all_named_at_once() -> None:
    columns = (*(c for c in REQUIRED if c not in {"status", "kind"}), "colour", "", "title")
    sheet = read({}, columns=columns)
    assert named(sheet) == [(1, "colour"), (1, ""), (1, "title"), (1, "kind"), (1, "status")]
    assert sheet.rows == []


def test_optional_columns_are_keys_only_where_the_file_has_them() -> None:
    assert list(read({}, columns=(*REQUIRED, "off_track")).rows[0].cells) == [*REQUIRED, "off_track"]


# --- cells ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", "=+-@\t")
def test_the_apostrophe_of_an_export_is_taken_off_once(sign: str) -> None:
    assert cell(read({"text": f"'{sign}1"}), "text") == f"{sign}1"
    assert cell(read({"text": f"''{sign}1"}), "text") == f"'{sign}1"
    assert cell(read({"text": f"{sign}1"}), "text") == f"{sign}1"


def test_other_apostrophes_stay() -> None:
    assert cell(read({"text": "'Twas"}), "text") == "'Twas"
    assert cell(read({"text": "''"}), "text") == "'"


def test_text_is_kept_character_for_character_and_line_ends_are_levelled() -> None:
    text = "  two before,\ta tab, no-break\u00a0space, \u200b\u202e\ufeff, e\u0301, \U0001f600\n\nand one after "
    sheet = read({"text": text.replace("\n", "\r\n"), "title": "a\rb"})
    assert (cell(sheet, "text"), cell(sheet, "title"), sheet.faults) == (text, "a\nb", [])


@pytest.mark.parametrize(
    ("written", "kept", "said"),
    [
        ("a\vb\fc\x85d\u2028e\u2029f", "a\nb\nc\nd\ne\nf", ["read as line breaks"]),
        ("a\x00b\x07c\x7fd\x9fe", "abcde", ["left out"]),
        ("a\x1bb\vc", "ab\nc", ["read as line breaks", "left out"]),
    ],
)
def test_control_characters_become_line_breaks_or_go_and_it_is_said(written: str, kept: str, said: list[str]) -> None:
    sheet = read({"text": written})
    assert cell(sheet, "text") == kept and named(sheet) == []
    assert all(part in doubt.message for part, doubt in zip(said, doubts(sheet), strict=True))


def test_short_columns_are_stripped_and_kept_to_one_line() -> None:
    sheet = read({"reference": " A1\u00a0", "report_title": "Keep\nthe lights on", "title": " kept "})
    assert [cell(sheet, c) for c in ("reference", "report_title", "title")] == [
        "A1",
        "Keep the lights on",
        " kept ",
    ]
    assert [(d.line, d.field) for d in doubts(sheet)] == [(2, "report_title")]


@pytest.mark.parametrize(
    ("column", "typed", "word"),
    [
        ("status", "In progress", "in_progress"),
        ("status", " PENDING SIGN-OFF ", "pending_sign_off"),
        ("kind", "Area for Improvement", "area_for_improvement"),
        ("marking", "Official - Sensitive", "OFFICIAL-SENSITIVE"),
        ("marking", "", ""),
        ("external_dependency", "YES", "yes"),
        ("inspectorate_status", "Being progressed", "being_progressed"),
        ("scope", "Force", "force"),
        ("status", "done", "done"),
    ],
)
def test_vocabularies_are_forgiven_their_letters_and_blanks(column: str, typed: str, word: str) -> None:
    assert cell(read({column: typed}), column) == word


@pytest.mark.parametrize("typed", ["2027-04-03", "3/4/2027", "03/04/2027", "3/4/27", " 3/04/27 "])
def test_dates_become_iso_and_day_month_year_is_said(typed: str) -> None:
    sheet = read({"target_date": typed})
    assert cell(sheet, "target_date") == "2027-04-03"
    said = [LineFault(2, "target_date", f"{typed.strip()} was read as 3 Apr 2027, day before month.")]
    assert doubts(sheet) == ([] if "-" in typed else said) and named(sheet) == []


NO_DATES = [
    *("46349", "46349.5", "31/02/2027", "2027-02-29", "12/31/2026", "3-Apr-2027", "3 Apr 2027", "20270403"),
    *("2027-4-3", "3.4.2027", "03-04-05", "soon", "3/4", "2027-04-03T00:00:00", "٢٠٢٧-٠٤-٠٣", "0000-01-01"),
    *("#####", "'2027-04-03"),
]


@pytest.mark.parametrize("typed", NO_DATES)
def test_doubtful_dates_are_refused_by_line_and_field(typed: str) -> None:
    sheet = read({}, {"target_date": typed})
    assert named(sheet) == [(3, "target_date")]
    assert typed not in sheet.faults[0].message.replace("3/4/2027", "")


SECRETS = [
    "SECRET",
    "Top Secret",
    "top_secret",
    "OFFICIAL SECRET",
    "CONFIDENTIAL",
    "'=SECRET",
    "ＳＥＣＲＥＴ",
    "x",
]


@pytest.mark.parametrize("marking", SECRETS)
def test_a_row_marked_too_high_is_refused_and_nothing_of_it_is_repeated(marking: str) -> None:
    kept = {
        "reference": "KINGFISHER-1",
        "title": "kingfisher",
        "target_date": "kingfisher",
        "kind": "kingfisher",
    }
    sheet = read({}, {**kept, "report_title": "king\vfisher", "published_on": "3/4/2026", "marking": marking})
    assert named(sheet) == [(3, "marking")] and len(sheet.faults) == 1
    assert [row.line for row in sheet.rows] == [2]
    assert "fisher" not in repr(sheet) and "read as" not in repr(sheet)


# --- the map ----------------------------------------------------------------------------------------------

MAP = """
header_row = 3
fill_down = ["report_code", "report_title"]
[columns]
reference = "Ref No"
title = "Finding"
action_owner = "Lead officer"
[values.status]
"Ongoing" = "in_progress"
[values.marking]
"OS" = "OFFICIAL-SENSITIVE"
[people]
"Alice Smith" = "alice@force.example"
"Bob" = "bob@force.example"
[dates]
formats = ["%d.%m.%Y", "%d %b %y"]
[defaults]
scope = "force"
kind = "recommendation"
"""


def mapped(*rows: dict[str, str], text: str = MAP, drop: frozenset[str] = frozenset()) -> Sheet:
    """Somebody else's sheet, read with the map: two lines of talk, their headings, a column of their own."""
    renamed = {"reference": "Ref No", "title": "Finding", "action_owner": "Lead officer"}
    columns = tuple(c for c in REQUIRED if c not in drop)
    first, rest = csv_of(*rows, columns=(*columns, "RAG")).split("\n", maxsplit=1)
    head = ",".join(renamed.get(c, c) for c in first.split(","))
    return read_csv(f"Register of Alice\nprinted today\n{head}\n{rest}".encode(), read_map(text))


def test_a_map_makes_another_sheet_ours() -> None:
    own = {"status": "Ongoing", "action_owner": "Alice Smith; Bob; u@x.example", "marking": "OS"}
    sheet = mapped(
        {**own, "target_date": "3.4.2027", "published_on": "3 Feb 26"},
        {"reference": "R2", "report_code": "", "report_title": " ", "target_date": "3/4/2027"},
        drop=frozenset({"scope", "kind"}),
    )
    first, second = sheet.rows
    assert named(sheet) == [] and (first.line, second.line) == (4, 5)
    assert first.cells["action_owner"] == "alice@force.example; bob@force.example; u@x.example"
    assert (first.cells["status"], first.cells["marking"]) == ("in_progress", "OFFICIAL-SENSITIVE")
    assert (first.cells["target_date"], first.cells["published_on"]) == ("2027-04-03", "2026-02-03")
    assert (first.cells["scope"], first.cells["kind"]) == ("force", "recommendation")
    assert (second.cells["report_code"], second.cells["report_title"]) == ("CYBER19", "Keep the lights on")
    assert [(d.line, d.field) for d in doubts(sheet)] == [(3, "RAG"), (5, "target_date")]


def test_a_default_fills_empty_cells_too() -> None:
    assert mapped({"scope": ""}).rows[0].cells["scope"] == "force"


def test_a_heading_that_the_map_names_and_the_file_lacks_is_named() -> None:
    sheet = mapped({}, text=MAP.replace('"Finding"', '"Befund"'))
    assert named(sheet) == [(3, "title")] and "“Befund”" in sheet.faults[-1].message


def test_no_map_makes_a_secret_lower() -> None:
    lower = MAP.replace('"OS" = "OFFICIAL-SENSITIVE"', '"SECRET" = "OFFICIAL"')
    assert named(mapped({"marking": "SECRET"}, text=lower)) == [(4, "marking")]


def test_formats_that_disagree_are_refused() -> None:
    both = Mapping_(formats=("%d/%m/%Y", "%m/%d/%Y"))
    assert named(read({"target_date": "3/4/2027"}, mapping=both)) == [(2, "target_date")]
    american = Mapping_(formats=("%m/%d/%Y",))
    assert cell(read({"target_date": "3/4/2027"}, mapping=american), "target_date") == "2027-03-04"
    assert named(read({"target_date": "31/4/2027"}, mapping=american)) == [(2, "target_date")]


def test_two_figure_years_of_a_format_are_of_this_century() -> None:
    assert cell(read({"target_date": "3.4.99"}, mapping=Mapping_(formats=("%d.%m.%y",))), "target_date") == "2099-04-03"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colums = 1", "unknown key “colums”"),
        ("header_row = 0", "counts from 1"),
        ("header_row = true", "write header_row as header_row = 3"),
        ('header_row = "3"', "write header_row"),
        ("sheet = 1", "write sheet"),
        ('fill_down = "title"', "write fill_down"),
        ("fill_down = [1]", "write fill_down"),
        ('fill_down = ["colour"]', "“colour”, which is no column"),
        ('[columns]\ncolour = "RAG"', "“colour”"),
        ("[columns]\ntitle = 1", "write columns"),
        ('[columns]\ntitle = "A b"\ntext = "a_B"', "same heading twice"),
        ('[values.colour]\na = "b"', "“colour”"),
        ("[values]\nstatus = 1", "write values"),
        ("[values.status]\na = 1", "write values"),
        ("[people]\na = 1", "write people"),
        ("[dates]\nformat = []", "one key, formats"),
        ('[dates]\nformats = "%d"', "write dates"),
        ('[dates]\nformats = ["%d %b"]', "“%d %b” does not hold day, month and year"),
        ('[dates]\nformats = ["%d.%m.%Y %q"]', "does not hold"),
        ('[defaults]\ncolour = "x"', "“colour”"),
        ("[", "no TOML"),
        ("a = 1\na = 2", "no TOML"),
    ],
)
def test_what_is_wrong_in_a_map_is_said_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(MapFault) as refused:
        read_map(text)
    assert said in str(refused.value) and str(refused.value).endswith(".")


def test_an_empty_map_changes_nothing() -> None:
    assert read_map("") == Mapping_()


# --- JSON -------------------------------------------------------------------------------------------------

FULL = {c: ROW.get(c, "") for c in COLUMNS} | {"version": "3"}


def test_the_items_of_an_export_are_rows_and_its_extra_keys_are_passed_over() -> None:
    item = {**FULL, "version": 3, "rag": "red", "overdue_days": 1, "stale_days": None, "forecast_date": None}
    export = {
        "as_at": "2026-11-23",
        "items": [item, {**item, "reference": "R2"}],
        "events": [{}],
        "reports": [],
    }
    sheet = read_register("register.json", to_json(export), None)
    assert sheet == Sheet([FileRow(1, FULL), FileRow(2, {**FULL, "reference": "R2"})], [], [])
    assert read_register("register", to_json(export), None) == sheet


@pytest.mark.parametrize(
    ("data", "line", "field"),
    [
        (b"{", 1, ""),
        (b'{"items":\n [}', 2, ""),
        (b"[" * 100_000, 0, ""),
        (b'{"items": [' + b"9" * 5000 + b"]}", 0, ""),
        (b"[]", 0, ""),
        (b'{"items": {}}', 0, ""),
        (b'{"items": []}', 0, ""),
        (b'{"items": [1]}', 1, ""),
        (b"\xff", 1, ""),
        (to_json({"items": [FULL, {**FULL, "title": ["a"]}]}), 2, "title"),
        (to_json({"items": [FULL, {**FULL, "title": True}]}), 2, "title"),
        (to_json({"items": [FULL, {c: FULL[c] for c in COLUMNS if c != "off_track"}]}), 2, "off_track"),
        (to_json({"items": [{c: FULL[c] for c in COLUMNS if c != "kind"}]}), 1, "kind"),
        (to_json({"items": [{**FULL, "target_date": "46349"}]}), 1, "target_date"),
        (to_json({"items": [{**FULL, "marking": "SECRET"}]}), 1, "marking"),
    ],
)
def test_broken_json_is_named(data: bytes, line: int, field: str) -> None:
    assert named(read_json(data)) == [(line, field)]


def test_an_apostrophe_in_json_is_nothing_but_itself() -> None:
    assert cell(read_json(to_json({"items": [{**FULL, "text": "'=1"}]})), "text") == "'=1"


def test_half_a_surrogate_pair_crashes_nothing() -> None:
    half = {**FULL, "text": "a\ud800b"}
    sheet = read_json(to_json({"items": [half]}))
    assert cell(sheet, "text") == "ab" and "left out" in doubts(sheet)[0].message
    assert cell(read_csv(to_csv([half])), "text") == "a?b"


def test_a_map_on_json_is_said_to_be_unused() -> None:
    assert read_register("a.json", to_json({"items": [FULL]}), Mapping_()).notes == ["A map is not used on JSON."]


# --- out and in again -------------------------------------------------------------------------------------

KEPT = st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"), include_characters="\n\t")
CELL = st.text(KEPT, max_size=30) | st.builds(
    str.__add__,
    st.sampled_from(["=", "+", "-", "@", "\t", "'", "''", "'=", "\n", '"', ";", ","]),
    st.text(KEPT),
)
ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(sorted(FREE_COLUMNS), CELL)), min_size=1, max_size=4)


@settings(deadline=None)
@given(ROWS)
def test_what_goes_out_as_csv_comes_back_unchanged(rows: list[dict[str, str]]) -> None:
    full = [{**FULL, **row} for row in rows]
    sheet = read_csv(to_csv(full))
    assert [dict(row.cells) for row in sheet.rows] == full
    assert (sheet.faults, sheet.notes) == ([], [])


@settings(deadline=None)
@given(ROWS)
def test_what_goes_out_as_json_comes_back_unchanged(rows: list[dict[str, str]]) -> None:
    full = [{**FULL, **row} for row in rows]
    sheet = read_json(to_json({"items": full}))
    assert [dict(row.cells) for row in sheet.rows] == full and sheet.faults == []


@settings(deadline=None)
@given(ROWS)
def test_no_cell_of_the_csv_is_a_formula(rows: list[dict[str, str]]) -> None:
    text = to_csv([{**FULL, **row} for row in rows]).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text, newline="")):
        assert not [c for c in row if c.startswith(("=", "+", "-", "@", "\t", "\r"))]


@given(st.text())
def test_the_guard_comes_off_as_it_went_on(text: str) -> None:
    assert unguarded(guarded(text)) == text


def test_the_csv_begins_with_a_byte_order_mark_and_all_headings() -> None:
    assert to_csv([]) == b"\xef\xbb\xbf" + ",".join(REQUIRED + OPTIONAL).encode() + b"\r\n"


def test_the_json_is_plain_to_people() -> None:
    assert to_json({"title": "déjà", "n": [1, None]}) == '{\n "title": "déjà",\n "n": [\n  1,\n  null\n ]\n}\n'.encode()


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace")))
def test_no_bytes_lead_to_a_traceback(data: bytes) -> None:
    whole = csv_of({}).encode() + data
    for name, content in (("x.csv", data), ("x.csv", whole), ("x.json", data), ("x.csv", b'{"items"' + data)):
        sheet = read_register(name, content, None)
        assert sheet.rows or sheet.faults


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=20)))
def test_no_cells_lead_to_a_traceback(cells: dict[str, str]) -> None:
    data = csv_of(cells, columns=COLUMNS).encode("utf-8", "replace")
    assert read_csv(data) and read_json(to_json({"items": [{**FULL, **cells}]}))


# --- whole files ------------------------------------------------------------------------------------------


def expected() -> dict[str, list[tuple[str, str]]]:
    """What is to be named in each broken file: line (empty: any) and field (empty: any)."""
    names: dict[str, list[tuple[str, str]]] = {}
    for row in csv.DictReader((BROKEN / "EXPECTED.csv").read_text("utf-8").splitlines()):
        names.setdefault(row["file"], []).append((row["line"], row["field"]))
    return names


@pytest.mark.parametrize("name", sorted(expected()))
def test_each_broken_file_is_refused_and_its_faults_are_named(name: str, empty_register: Store) -> None:
    sheet = read_register(name, (BROKEN / name).read_bytes(), None)
    errors = imports.preview(empty_register, sheet.rows, sheet.faults).errors
    for line, field in expected()[name]:
        assert [e for e in errors if line in {"", str(e.line)} and field in {"", e.field}], (line, field)
    assert "kingfisher" not in repr(errors).lower()


def test_every_broken_file_is_expected() -> None:
    assert {path.name for path in BROKEN.glob("*.csv")} - {"EXPECTED.csv"} == set(expected())


def changes(form: str) -> dict[tuple[str, str], str]:
    with (DATA / "hostile_changes.csv").open(encoding="utf-8", newline="") as file:
        return {(row["reference"], row["field"]): row[form] for row in csv.DictReader(file)}


def test_the_hostile_register_is_read_as_the_register_is_to_keep_it(empty_register: Store) -> None:
    data = (DATA / "hostile.csv").read_bytes()
    sheet = read_csv(data)
    kept = changes("in_register")
    spelled = {"parent_reference", "action_owner", "strategic_lead", "marking"}  # the register's to settle
    written = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    for row, raw in zip(sheet.rows, written, strict=True):
        for column in set(raw) - spelled:
            assert row.cells[column] == kept.get((raw["reference"], column), raw[column])
    diff = imports.preview(empty_register, sheet.rows, sheet.faults)
    assert (diff.errors, len(diff.new)) == ([], len(written))


def test_the_hostile_register_goes_out_as_expected_and_comes_back() -> None:
    sheet = read_csv((DATA / "hostile.csv").read_bytes())
    out = to_csv(row.cells for row in sheet.rows)
    forms = changes("in_export")
    for row in csv.DictReader(io.StringIO(out.decode("utf-8-sig"), newline="")):
        for column in FREE_COLUMNS | {"number", "report_title", "target_date"}:
            if (row["reference"], column) in forms:
                assert row[column] == forms[row["reference"], column]
    assert [{**row.cells, "version": ""} for row in sheet.rows] == [dict(r.cells) for r in read_csv(out).rows]


def test_what_the_register_keeps_comes_back_unchanged_as_csv_and_as_json(empty_register: Store) -> None:
    hostile = read_csv((DATA / "hostile.csv").read_bytes())
    liaison = Actor(Person(None, "Lia", frozenset({"liaison"})), "terminal", "key-1")
    done = imports.apply(empty_register, liaison, hostile.rows, source="hostile.csv", warnings=hostile.faults)
    assert (done.applied, done.errors) == (True, [])
    with empty_register.read() as tx:
        register = imports.Register(tx)
        kept = [register.row(item) for item in register.items.values()]
    for sheet in (read_csv(to_csv(kept)), read_json(to_json({"items": kept}))):
        again = imports.preview(empty_register, sheet.rows, sheet.faults)
        assert (again.errors, again.new, again.changed, again.missing) == ([], [], {}, [])
        assert len(again.unchanged) == len(kept) == len(hostile.rows)
