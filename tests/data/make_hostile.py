"""Makes hostile.csv, a register that is valid under the contract and tries an importer in every cell.

`python tests/data/make_hostile.py` writes two files beside itself, always the same bytes:

* `hostile.csv`: the register. Its records end with a line feed; so do the line breaks inside quotes.
* `hostile_changes.csv`: every cell of it that the register keeps, or the CSV export writes, in another form
  (`in_file`, `in_register`, `in_export`). A cell that is not listed there comes out exactly as it stands.
"""

import csv
import io
from pathlib import Path

HERE = Path(__file__).parent

HEADER = (
    "reference report_code report_title published_on source kind number parent_reference title text "
    "deadline_wording inspectorate_deadline target_date action_owner strategic_lead status scope addressee "
    "marking inspectorate_ref inspectorate_status external_dependency board inspected_body section_55 "
    "comments_published_on forecast_date off_track waiting_on objective last_update_on "
    "chief_officer_comments_due"
)
COLUMNS = HEADER.split()

KINDS = [
    "cause_of_concern",
    "accelerated_cause_of_concern",
    "recommendation",
    "area_for_improvement",
    "action",
]
STATUSES = [
    "awaiting_allocation",
    "in_progress",
    "pending_sign_off",
    "complete",
    "superseded",
    "no_action",
    "disputed",
]
INSPECTORATE = ["", "awaiting_review", "being_progressed", "closed", "superseded"]

REPORTS: dict[str, dict[str, str]] = {
    "X1": {
        "report_title": "Natural order, children first",
        "published_on": "2026-02-03",
        "source": "HMICFRS",
        "inspected_body": "police",
        "section_55": "required",
        "comments_published_on": "2026-03-30",
    },
    "H2": {
        "report_title": 'Commas, "quotes" & <!channel>; *all* of it',
        "published_on": "2025-11-30",
        "source": "HMIC",
        "inspected_body": "police",
        "section_55": "required",
        "comments_published_on": "2026-01-23",
        "chief_officer_comments_due": "2026-01-05",
    },
    "F3": {
        "report_title": "=1+1 is the title of a fire report",
        "published_on": "2024-02-29",
        "source": "HMICFRS",
        "inspected_body": "fire",
        "section_55": "not_required",
    },
    "A4": {
        "report_title": "Audit \u2013 d\u00e9j\u00e0 vu \U0001f4da",
        "published_on": "1999-12-31",
        "source": 'Internal audit, "phase 2"; the board\'s own',
        "inspected_body": "other",
        "section_55": "not_required",
    },
    "G5": {
        "report_title": "Every kind in every status",
        "published_on": "2026-01-01",
        "source": "HMICFRS",
        "inspected_body": "police",
        "section_55": "not_required",
    },
    "L-6.2026": {
        "report_title": "Long things",
        "published_on": "2026-03-29",
        "source": "IOPC",
        "inspected_body": "other",
        "section_55": "not_required",
    },
}

Row = dict[str, str]
rows: list[tuple[Row, Row]] = []  # what the register keeps, and the cells that the file writes differently


def guard(value: str) -> str:
    """A cell as the export writes it: never a formula, and an apostrophe in front stays one."""
    return "'" + value if value.startswith(("=", "+", "-", "@", "\t", "\r", "'")) else value


def item(reference: str, report: str, title: str, text: str, *, raw: Row | None = None, **cells: str) -> None:
    """One row: the values the register is to keep, and in `raw` how the file writes some of them."""
    row = dict.fromkeys(COLUMNS, "")
    row |= {
        "kind": "recommendation",
        "status": "in_progress",
        "scope": "force",
        "marking": "OFFICIAL",
        "addressee": "Chief Constable",
        "target_date": "2027-01-29",
        "last_update_on": "2026-11-02",
        "board": "Board of Odd Cells",
    }
    row |= REPORTS[report] | {"report_code": report, "reference": reference, "title": title, "text": text}
    row |= cells
    if "action_owner" not in cells and row["status"] != "awaiting_allocation":
        row["action_owner"] = "pat.rowan@odd.example"
    rows.append((row, raw or {}))


def natural_order() -> None:
    """Children before their parents, ten after two, eight levels deep."""
    for n in (10, 9, 2, 1):
        item(
            f"X1-R2.{n}",
            "X1",
            f"Action {n} under the second",
            f"Step {n}.",
            kind="action",
            parent_reference="X1-R2",
        )
    for n in (10, 2, 1, 11):
        item(
            f"X1-R{n}",
            "X1",
            f"Recommendation {n}",
            f"Number {n} of several.",
            parent_reference="X1-C1",
            number=str(n),
        )
    item(
        "X1-R3",
        "X1",
        "Parent in other letters",
        "Its parent is written in small letters.",
        parent_reference="X1-C1",
        raw={"parent_reference": "x1-c1"},
    )
    item("X1-C1", "X1", "The cause above them all", "It stands below its children.", kind="cause_of_concern")
    for level in range(8, 1, -1):
        item(
            f"X1-D{level}",
            "X1",
            f"Level {level}",
            f"Level {level} of a deep nest.",
            kind="action",
            parent_reference=f"X1-D{level - 1}",
        )
    item("X1-D1", "X1", "Level 1", "The top of a deep nest.", kind="area_for_improvement")
    for reference in ("3.10", "3.2", "007", "2026-11-23", "Mixed.Case-7b", "r2d2", "A" * 31 + "1"):
        item(reference, "X1", f"Reference of its own kind {reference}", "A reference from elsewhere is kept.")


TRICKS: list[tuple[str, str]] = [
    ("Comma", "One, two,three,, four,"),
    ("Quotes", 'He said "now", she said ""later"".'),
    ("Only a quote", '"'),
    ("Only a comma", ","),
    ("Ends in a quote", 'The sign reads "closed"'),
    ("Line breaks", "First line\nsecond line\n\nfourth, after an empty one"),
    ("Line break and quote", 'A "quoted\nbreak", and\n"another"'),
    ("Looks like records", "end\nX1-R1,X1,not a record,2026-01-01\nX1-R2,X1"),
    ("Semicolons", "a;b;c;d;e;f;g;h;i;j;k;l;m;n;o;p;q;r;s;t;u;v;w;x;y;z"),
    ("Spaces kept", "  two before, two  within, a no-break\u00a0space and one after "),
    ("Backslash", "C:\\new\\table \\n \\\" \\u0041 \\"),
    ("Formats", "%s %(x)s {0} {title} ${title} {{DATE(2026-01-01T00:00:00Z,SHORT)}} $$ 100%"),
    ("SQL", "Robert'); DROP TABLE items;-- ' OR '1'='1"),
    ("Wild cards", "100% of_all [a-z]* ? \\% \\_"),
    ("Markup", "<script>alert(1)</script><b>bold</b><br/><!-- no -->"),
    ("Entities", "&amp; &lt;b&gt; &#64; &amp;amp; AT&T < > &"),
    ("Broadcasts", "<!channel> <!here> <!everyone> <!subteam^S123|@all> and @here, @channel"),
    ("Mentions", "<@U123> <@U0123ABCD|pat> <#C123|general> #general <at>Pat</at>"),
    ("Disguised link", "<https://evil.example|click> and <mailto:a@b.example|write>"),
    ("Markdown link", "[click](https://evil.example) ![x](https://evil.example/x.png)"),
    ("Bare links", "See https://a.example/?a=1&b=2#c, (https://b.example/x_(y)) and www.c.example."),
    ("Chat marks", "*bold* _slanted_ ~struck~ `code` ```block``` **two** __two__"),
    ("Quote and list marks", "> quoted\n>>> more\n- one\n* two\n1. three\n# head\n---"),
    ("Chat emoji", ":wave: :red_circle: ::: 12:30:45 :not an emoji:"),
    ("A command", "/4action sign off H2-T1 v7"),
    ("JSON", '{"a": [1, "b", null], "c": "\\u00e9"}'),
    ("Emoji", "\U0001f600 \U0001f44d\U0001f3fd \U0001f1ec\U0001f1e7 \u2764\ufe0f \u23f3"),
    ("Joined emoji",
     "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 "
     "\U0001f3f4\u200d\u2620\ufe0f"),
    ("Astral letters",
     "\U0001d518\U0001d52b\U0001d526\U0001d520\U0001d52c\U0001d521\U0001d522 "
     "\U00020bb7 "
     "\U00010348"),
    ("Combining marks", "cafe\u0301 (two signs) beside caf\u00e9 (one), A\u030a and \u00c5, \u1e9b\u0323"),
    ("Heaped marks", "Z\u0351\u036b\u0343\u036a\u0302\u036ba\u0334\u0335\u031ell\u0324\u0348go"),
    ("Right to left", "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 and back, 123"),
    ("Direction marks", "safe\u202egpj.exe\u202c \u2066isolated\u2069 \u200fmark"),
    ("Invisible", "zero\u200bwidth\u200bspace, soft\u00adhyphen, word\u2060joiner"),
    ("Dashes and quotes", "\u2010 \u2011 \u2012 \u2013 \u2014 \u2212 \u2018x\u2019 \u201cy\u201d \u2026"),
    ("Letters that fold oddly", "\u0130stanbul \u0131 stra\u00dfe STRASSE \ufb01n \u017fix \u212aelvin"),
    ("Welsh", "Llanfair, \u0175ythnos, t\u0177, \u00f4l"),
    ("Far scripts",
     "\u65e5\u672c\u8a9e "
     "\ud55c\uad6d\uc5b4 "
     "\u0e44\u0e17\u0e22 "
     "\u0939\u093f\u0928\u094d\u0926\u0940 "
     "\u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac"),
    ("Full-width equals", "\uff1d1+1 and \uff0b1"),
    ("Space before equals", " =1+1"),
    ("Words for nothing", "NULL"),
    ("None", "None"),
    ("Not a number", "NaN"),
    ("True", "TRUE"),
    ("A number", "1e5"),
    ("Zeros", "000123"),
    ("A date", "31/12/2026"),
]  # fmt: skip

GUARDED: list[tuple[str, str]] = [
    ("Equals", "=1+1"),
    ("Formula", '=HYPERLINK("https://evil.example","click, please")'),
    ("DDE", "=cmd|'/c calc'!A0"),
    ("Plus", "+44 20 7946 0000"),
    ("Minus", "-1 of 5, as a list begins\n- second"),
    ("At", "@SUM(1+1)"),
    ("Only a minus", "-"),
    ("Apostrophe", "'Twas brillig"),
    ("Apostrophe and equals", "'=1+1"),
    ("Two apostrophes", "''quoted''"),
    ("Only an apostrophe", "'"),
    ("Equals on a later line", "harmless\n=1+1\n@x"),
]


def tricks() -> None:
    """One odd text a row, the same oddity in the title where it fits on a line."""
    for n, (name, text) in enumerate(TRICKS, start=1):
        odd_title = "\n" not in text and text == text.strip() and len(text) <= 60
        item(f"H2-T{n}", "H2", text if odd_title else name, text, objective=f"Odd: {name}")
    for n, (name, text) in enumerate(GUARDED, start=1):
        item(f"F3-G{n}", "F3", name if "\n" in text else text, text, addressee="Chief Fire Officer")
    for n, (name, text) in enumerate(GUARDED[:7], start=1):
        item(
            f"F3-E{n}",
            "F3",
            f"{name}, from another program",
            text,
            raw={"text": text},
            addressee="Chief Fire Officer",
        )
    item(
        "F3-S1",
        "F3",
        "Every free cell begins like a formula",
        "The cells beside this text begin with signs.",
        number="+1",
        deadline_wording="=immediately",
        addressee="@all chief fire officers",
        inspectorate_ref="-77",
        board="'Board'",
        objective="=objective",
        external_dependency="yes",
        waiting_on="@ the county council",
        off_track="- no crew, no engine",
    )
    item(
        "F3-S2",
        "F3",
        "Every free cell holds marks, commas and quotes",
        "So do the cells beside this text.",
        number="1, 2",
        deadline_wording='"immediately", <!here>',
        addressee="*All*; <@U123>",
        inspectorate_ref='R/1,"2"',
        board='Board "A", :wave:',
        objective="Safer & fairer <b>",
        external_dependency="yes",
        waiting_on='the "other", <https://evil.example|side>',
        off_track="Late, and _later_ \U0001f6a8",
    )


def people() -> None:
    """Owners and delegates, letter case, chat user IDs, nobody."""
    a = "pat.rowan@odd.example"
    b = "sam.o'neil+tag@odd.example"
    item("A4-P1", "A4", "Owner and delegate", "The second is the delegate.", action_owner=f"{a}; {b}")
    item("A4-P2", "A4", "Owner and two delegates", "Three people.", action_owner=f"{b}; {a}; kim@odd.example")
    item("A4-P3", "A4", "A chat user ID", "No address here.", action_owner="U07ODD00001")
    item("A4-P4", "A4", "Both sorts", "A user ID, then an address.", action_owner=f"U07ODD00002; {a}")
    item(
        "A4-P5",
        "A4",
        "Address in mixed letters",
        "Letter case is forgiven.",
        action_owner=a,
        strategic_lead="lee.lead@odd.example",
        raw={"action_owner": "Pat.Rowan@ODD.example", "strategic_lead": "LEE.LEAD@odd.example"},
    )
    item(
        "A4-P6",
        "A4",
        "No space after the semicolon",
        "It is read all the same.",
        action_owner=f"{a}; {b}",
        raw={"action_owner": f"{a};{b}"},
    )
    item(
        "A4-P7",
        "A4",
        "Nobody, disputed",
        "An item may be disputed with no owner.",
        status="disputed",
        action_owner="",
    )
    item("A4-P8", "A4", "Nobody, ended", "An ended item may have no owner.", status="complete", action_owner="")


def dates() -> None:
    """Leap days, clock changes, far years, none at all, and the way a spreadsheet writes them."""
    item("A4-D1", "A4", "Leap day", "A date of every fourth year.", target_date="2028-02-29")
    item("A4-D2", "A4", "No date at all", "Neither target nor deadline.", target_date="", last_update_on="")
    item("A4-D3", "A4", "Before publication", "A warning, no more.", target_date="1998-01-02")
    item("A4-D4", "A4", "Over ten years ahead", "A warning, no more.", target_date="2040-01-02")
    item("A4-D5", "A4", "The last day there is", "A warning, no more.", target_date="9999-12-31")
    item(
        "A4-D6",
        "A4",
        "Deadline before target",
        "The earlier one counts.",
        inspectorate_deadline="2026-10-25",
        forecast_date="2027-03-28",
    )
    item(
        "A4-D7",
        "A4",
        "As a spreadsheet writes dates",
        "Day before month, in all three.",
        target_date="2027-06-05",
        inspectorate_deadline="2026-12-31",
        forecast_date="2027-02-01",
        raw={
            "target_date": "05/06/2027",
            "inspectorate_deadline": "31/12/2026",
            "forecast_date": "1/2/2027",
        },
    )
    item("A4-D8", "A4", "Marking left empty", "Empty means OFFICIAL.", raw={"marking": ""})
    item(
        "A4-D9",
        "A4",
        "Line ends of other systems",
        "one\ntwo\nthree\nfour",
        raw={"text": "one\r\ntwo\rthree\nfour"},
    )


def long_things() -> None:
    """Texts longer than any message, up to the limit."""
    words = "The force should keep on writing until the page, the post and the patience are full. "
    code = "L-6.2026"
    item("L6-R1", code, "4,500 characters", (words * 60)[:4499] + ".")
    item("L6-R2", code, "4,500 characters without a space", "x" * 4500)
    item("L6-R3", code, "4,500 astral characters", "\U0001f600" * 4500)
    item("L6-R4", code, "4,500 signs to escape", "<&>*_~`" * 642 + "&&&&&&")
    item("L6-R5", code, "900 lines", "\n".join(f"{n}." for n in range(1, 901)))
    item("L6-R6", code, "29,000 characters", (words * 400)[:28999] + ".")
    item("L6-R7", code, "30,000 characters, the most there may be", (words * 400)[:29999] + ".")
    item("L6-R8", code, ("A title of 255 characters, " * 10)[:254] + ".", "The title is long.")
    item("L6-R9", code, "A title \U0001f600 " + "\U0001f600" * 100, "The title is long in another way.")


def every_kind_in_every_status() -> None:
    """35 rows, and each of the other vocabularies goes round meanwhile."""
    n = 0
    for kind in KINDS:
        for status in STATUSES:
            n += 1
            is_open = status not in ("complete", "superseded", "no_action")
            waits = is_open and n % 4 == 0
            item(
                f"G5-K{n}",
                "G5",
                f"{kind.replace('_', ' ').capitalize()}, {status.replace('_', ' ')}",
                f"Row {n} of the grid.",
                kind=kind,
                status=status,
                scope="national" if n % 3 == 0 else "force",
                marking="OFFICIAL-SENSITIVE" if n % 5 == 0 else "OFFICIAL",
                inspectorate_status=INSPECTORATE[n % 5],
                external_dependency="yes" if waits else "",
                waiting_on="the region" if waits else "",
                off_track="No money, no people." if is_open and n % 6 == 0 else "",
                last_update_on="" if status == "awaiting_allocation" else "2026-10-26",
                forecast_date="2027-02-28" if n % 2 else "",
            )


def as_csv(header: list[str], lines: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return out.getvalue().encode("utf-8")


def make() -> dict[str, bytes]:
    """Both files by name; the same bytes every time."""
    rows.clear()
    natural_order()
    tricks()
    people()
    dates()
    long_things()
    every_kind_in_every_status()
    register: list[list[str]] = []
    changes: list[list[str]] = []
    for row, raw in rows:
        in_file = {column: raw.get(column, guard(row[column])) for column in COLUMNS}
        register.append([in_file[column] for column in COLUMNS])
        for column in COLUMNS:
            forms = [in_file[column], row[column], guard(row[column])]
            if len(set(forms)) > 1:
                changes.append([row["reference"], column, *forms])
    return {
        "hostile.csv": as_csv(COLUMNS, register),
        "hostile_changes.csv": as_csv(["reference", "field", "in_file", "in_register", "in_export"], changes),
    }


if __name__ == "__main__":
    for name, content in make().items():
        (HERE / name).write_bytes(content)
        print(name, len(content), "bytes")
