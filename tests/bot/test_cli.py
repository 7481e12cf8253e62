"""The verbs at a terminal: 0, 1 or 2, a plain sentence a fault, JSON alone on stdout, and never a traceback."""

import csv
import json
import os
import re
import stat
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest

from bot.cli import VERBS
from tests.bot.conftest import Station
from tests.bot.dcc_channel import DIGEST, fault, key_of, posted, slack_at
from tests.bot.terminal import Terminal, head
from tests.conftest import PRACTICE
from tests.databases import Database, raw

BROKEN = Path(__file__).parent.parent / "data" / "broken"
REGISTER = str(PRACTICE / "register.csv")
NAMES = [verb[0] for verb in VERBS]
CANARIES = {"SLACK_BOT_TOKEN": "wrong-canary-4711", "SLACK_APP_TOKEN": "xoxp-canary-4712"}

# --- usage ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", NAMES)
def test_every_verb_has_help(terminal: Terminal, verb: str) -> None:
    said = terminal(verb, "--help")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith(f"usage: lightkeeper {verb}")
    assert list(terminal.folder.iterdir()) == []


def test_help_lists_every_verb(terminal: Terminal) -> None:
    said = terminal("--help")
    assert said.status == 0
    assert [name for name in NAMES if not re.search(rf"^    {name} ", said.out, re.MULTILINE)] == []


WRONG = [
    (),
    ("frobnicate",),
    ("import",),
    ("ask", "mine"),
    ("ask", "--as", "owen.hale@trentshire.example"),
    ("export", "--format", "pdf"),
    ("demo", "--port", "many"),
    ("migrate", "now"),
    ("verify", "--against"),
    ("digest", "--as-at"),
    ("doctor", "--loudly"),
    ("enrol",),
    ("enrol", "lia.penrose@trentshire.example"),
]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_wrong_usage_ends_with_2_and_a_way_on(station: Station, arguments: tuple[str, ...]) -> None:
    said = station(*arguments)
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("lightkeeper") and "--help" in said.err and len(said.faults) == 1


# --- no register, wrong settings ------------------------------------------------------------------------------------

NEEDS_A_REGISTER = [
    ("ask", "mine", "--as", "owen.hale@trentshire.example"),
    ("import", REGISTER),
    ("export",),
    ("digest",),
    ("enrol", "owen.hale@trentshire.example", "officer"),
    ("verify",),
]


@pytest.mark.parametrize("arguments", NEEDS_A_REGISTER, ids=lambda a: a[0])
def test_a_register_that_is_not_there_is_never_made_empty(
    terminal: Terminal, database: Database, arguments: tuple[str, ...]
) -> None:
    terminal.set(DATABASE_URL=database.nowhere())
    said = terminal(*arguments)
    assert (said.status, said.out) == (1, "")
    assert said.err == {
        "sqlite": "There is no register at data/register.db. Make it with: lightkeeper migrate\n",
        "postgresql": "There is no database nowhere at this machine. Make it there with: createdb nowhere\n",
    }[database.kind].replace("this machine", database.host)
    assert list(terminal.folder.iterdir()) == []


def test_an_empty_database_is_no_register_yet(terminal: Terminal, database: Database) -> None:
    terminal.register(database.place())
    said = terminal("verify")
    older = "The register's tables are older than this program. Run: lightkeeper migrate\n"
    assert said.status == 1
    assert said.err == older or "There is no register at" in said.err
    assert terminal("migrate").out == "The register is up to date.\n"
    assert terminal("migrate").out == "The register was up to date already.\n"
    assert terminal("verify").status == 0


def test_migrate_makes_a_register_for_its_owner_alone_and_once(terminal: Terminal) -> None:
    assert terminal("migrate").out == "The register is up to date.\n"
    assert terminal("migrate").out == "The register was up to date already.\n"
    path = terminal.folder / "data" / "register.db"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("bytes_", [b"not a database at all, but some text " * 99, b""], ids=["text", "empty"])
def test_a_file_that_is_no_register_is_said(terminal: Terminal, bytes_: bytes) -> None:
    path = terminal.folder / "register.db"
    path.write_bytes(bytes_)
    terminal.register(f"sqlite:///{path}")
    said = terminal("ask", "mine", "--as", "owen.hale@trentshire.example")
    assert said.status == 1 and len(said.faults) == 1 and said.err.rstrip().endswith((".", "migrate"))
    assert path.read_bytes() == bytes_ or not bytes_


FAULTY = {
    **CANARIES,
    "SLACK_API_URL": "http://localhost.canary.example/api/",
    "DIGEST_DAY": "canaryday",
    "DIGEST_TIME": "25:canary",
    "DIGEST_HOLIDAYS": "canary",
    "TIMEZONE": "Canary/Islands",
    "DUE_SOON_DAYS": "canary",
    "STALE_DAYS": "0",
    "SLASH_COMMAND": "canary",
    "LIAISON_USERS": "canary of the mine",
    "DCC_CHANNEL": "#canary",
    "MEMBER_ROLE": "canary",
    "LIGHTKEEPER_NOW": "canary",
    "HTTP_PORT": "canary",
}


@pytest.mark.parametrize("verb", [("run",), ("doctor",), ("ask", "mine", "--as", "x@y.example"), ("migrate",)])
@pytest.mark.parametrize("where", ["file", "environment"])
def test_every_wrong_setting_is_named_at_once_and_no_value_repeated(
    terminal: Terminal, verb: tuple[str, ...], where: str
) -> None:
    if where == "file":
        terminal.file(".env", "".join(f'{name}="{value}"\n' for name, value in FAULTY.items()))
    else:
        terminal.set(**FAULTY)
    said = terminal(*verb)
    assert (said.status, said.out) == (1, "")
    assert sorted(line.split()[0] for line in said.faults) == sorted(FAULTY)
    assert "anary" not in said.err
    assert all(line.endswith(".") for line in said.faults)


def test_the_environment_goes_before_the_file_and_another_file_can_be_named(terminal: Terminal) -> None:
    terminal.file(".env", "DIGEST_DAY=canaryday\n")
    terminal.set(DIGEST_DAY="fri")
    assert "DIGEST_DAY" not in terminal("verify").err
    terminal.file("other.env", "STALE_DAYS=none\n")
    assert terminal("--env-file", "other.env", "verify").err.startswith("STALE_DAYS is not right")


def test_an_env_file_that_is_no_text_is_said(terminal: Terminal) -> None:
    (terminal.folder / ".env").write_bytes(b"SLACK_BOT_TOKEN=\xff\xfe\x00canary")
    said = terminal("run")
    assert (said.status, said.faults) == (1, [".env cannot be read as text. Save it as UTF-8 and make it readable."])


def test_run_says_what_is_missing(terminal: Terminal) -> None:
    said = terminal("run")
    assert said.status == 1
    assert [line.split()[0] for line in said.faults] == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]


def test_run_refuses_a_clock_of_tests_at_slacks_own_address(station: Station) -> None:
    station.terminal.set(SLACK_BOT_TOKEN="xoxb-1", SLACK_APP_TOKEN="xapp-1")
    said = station("run")
    assert (said.status, len(said.faults)) == (1, 1)
    assert said.err.startswith("LIGHTKEEPER_NOW is for tests and the practice workspace only")


@pytest.mark.parametrize(("method", "named"), [("auth.test", "SLACK_BOT_TOKEN"), ("apps.connections.open", "socket")])
def test_run_ends_with_a_sentence_when_slack_does_not_let_it_in(station: Station, method: str, named: str) -> None:
    with slack_at("2026-11-23T09:00:00") as slack:
        fault(slack, method, "error:invalid_auth")
        settings = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token}
        station.terminal.set(SLACK_API_URL=slack.api_url, **settings)
        done = _process(station, "run")
    assert done.returncode == 1 and named in done.stderr and "Traceback" not in done.stderr
    assert slack.bot_token not in done.stderr and slack.app_token not in done.stderr


def test_run_ends_with_a_sentence_when_there_is_no_slack_there(station: Station) -> None:
    station.terminal.set(SLACK_API_URL="http://127.0.0.1:9/api/", SLACK_BOT_TOKEN="xoxb-1", SLACK_APP_TOKEN="xapp-1")
    done = _process(station, "run")
    assert done.returncode == 1 and "Slack cannot be reached" in done.stderr and "Traceback" not in done.stderr


def _process(station: Station, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A verb as a process of its own."""
    command = [sys.executable, "-m", "bot", *arguments]
    where = {"PYTHONPATH": str(PRACTICE.parent), **os.environ}
    return subprocess.run(
        command, cwd=station.terminal.folder, env=where, capture_output=True, text=True, check=False, timeout=30
    )


# --- import ---------------------------------------------------------------------------------------------------------

SHAPE = ["rows", "new", "changed", "unchanged", "missing", "duplicates", "errors", "warnings", "applied"]
with (BROKEN / "EXPECTED.csv").open() as _file:
    EXPECTED = {
        name: [(row["line"], row["field"]) for row in rows]
        for name, rows in groupby(csv.DictReader(_file), lambda row: row["file"])
    }


@pytest.mark.parametrize("name", EXPECTED)
def test_a_broken_file_ends_with_1_and_every_fault_by_file_line_and_field(station: Station, name: str) -> None:
    before = head(station.url)
    said = station("import", str(BROKEN / name))
    assert (said.status, said.out) == (1, "")
    found = [_place(line, name) for line in said.faults if line.startswith(name)]
    for line, field in EXPECTED[name]:
        assert any((not line or where == line) and (not field or column == field) for where, column in found), found
    assert f"Nothing was taken in: {len(found)} to mend in {name}." in said.err
    told = station("import", str(BROKEN / name), "--json")
    assert told.status == 1 and list(told.json) == SHAPE and not told.json["applied"]
    assert all(list(error) == ["line", "field", "message"] for error in told.json["errors"])
    assert len(told.json["errors"]) == len(found)
    assert head(station.url) == before


def _place(line: str, name: str) -> tuple[str, str]:
    found = re.match(rf"{re.escape(name)}(?:, line (\d+))?(?:, (\w+))?: ", line)
    assert found, line
    return found[1] or "", found[2] or ""


def test_a_dry_run_shows_and_changes_nothing_and_then_it_is_taken_in_once(
    terminal: Terminal, database: Database
) -> None:
    url = database.place()
    terminal.register(url)
    terminal("migrate")
    empty = head(url)
    dry = terminal("import", REGISTER, "--dry-run", "--json").json
    assert list(dry) == SHAPE
    assert (dry["rows"], len(dry["new"]), dry["applied"], head(url)) == (76, 76, False, empty)
    assert "Would take in: 76 new, 0 changed, 0 as they were." in terminal("import", REGISTER, "--dry-run").out
    taken = terminal("import", REGISTER, "--json").json
    assert taken == {**dry, "applied": True}
    first = head(url)
    again = terminal("import", REGISTER, "--json").json
    assert (again["new"], again["changed"], len(again["unchanged"]), again["applied"]) == ([], {}, 76, True)
    assert head(url) == first
    assert terminal("import", REGISTER).out == "Taken in: 0 new, 0 changed, 76 as they were.\n"


def test_a_change_is_told_with_old_and_new_and_a_missing_row_is_named(station: Station) -> None:
    rows = list(csv.DictReader(Path(REGISTER).read_text(encoding="utf-8-sig").splitlines(keepends=True)))
    kept = [row for row in rows if row["reference"] != "IA25-4.1"]
    next(row for row in kept if row["reference"] == "CUST26-R2")["target_date"] = "2026-12-31"
    _write(station.terminal.folder / "new.csv", kept)
    told = station("import", "new.csv", "--json", "--as", "lia.penrose@trentshire.example")
    assert told.status == 0
    assert told.json["changed"] == {"CUST26-R2": {"target_date": ["2026-11-11", "2026-12-31"]}}
    assert (told.json["missing"], told.json["rows"]) == (["IA25-4.1"], 75)
    history = station("ask", "history CUST26-R2", "--as", "lia.penrose@trentshire.example").out
    assert "Lia Penrose changed it by import at the terminal." in history


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("import", "nowhere.csv"), "There is no file nowhere.csv."),
        (("import", "."), "The file . cannot be read."),
        (("import", REGISTER, "--map", "nowhere.toml"), "There is no file nowhere.toml."),
        (("import", REGISTER, "--as", "owen.hale@trentshire.example"), "Supt Owen Hale is not the liaison, and only"),
        (("import", REGISTER, "--as", "nobody@trentshire.example"), "Nobody in the register is called nobody@"),
    ],
)
def test_what_cannot_be_imported_is_said(station: Station, arguments: tuple[str, ...], said: str) -> None:
    told = station(*arguments)
    assert (told.status, told.out) == (1, "")
    assert told.err.startswith(said) and len(told.faults) == 1


def test_a_map_that_is_wrong_is_said(station: Station) -> None:
    station.terminal.file("map.toml", "[columns\nreference = 1")
    told = station("import", REGISTER, "--map", "map.toml")
    assert told.status == 1 and told.err.startswith("map.toml: ") and len(told.faults) == 1


# --- export ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "json"])
def test_what_goes_out_comes_back_in_unchanged_and_fills_an_empty_register(
    station: Station, database: Database, form: str
) -> None:
    name = f"out.{form}"
    said = station("export", "--format", form, "-o", name)
    assert (said.status, said.out, said.err) == (0, "", f"The register is in {name}.\n")
    out = station.terminal.folder / name
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    back = station("import", name, "--json").json
    assert (back["new"], back["changed"], len(back["unchanged"])) == ([], {}, 76)
    assert back["errors"] == []
    station.terminal.register(database.place("other"))
    station("migrate")
    filled = station("import", name, "--json", "--force").json
    assert (len(filled["new"]), filled["errors"]) == (76, [])
    station("export", "-o", "again.csv")
    station.terminal.register(station.url)
    station("export", "-o", "first.csv")
    first, again = (
        list(csv.DictReader((station.terminal.folder / n).read_text(encoding="utf-8-sig").splitlines(keepends=True)))
        for n in ("first.csv", "again.csv")
    )
    assert [{k: v for k, v in row.items() if k != "version"} for row in first] == [
        {k: v for k, v in row.items() if k != "version"} for row in again
    ]


def test_the_export_on_the_screen_is_the_file_alone(station: Station) -> None:
    station("export", "--format", "json", "-o", "out.json")
    said = station("export", "--format", "json")
    assert (said.status, said.err) == (0, "")
    told = said.json
    assert list(told)[:5] == ["as_at", "items", "reports", "events", "chain_head"]
    written = json.loads((station.terminal.folder / "out.json").read_text())
    assert (written["items"], written["chain_head"]) == (told["items"], told["chain_head"])
    assert (len(told["items"]), len(told["chain_head"])) == (76, 64)
    wanted = {"rag", "overdue_days", "stale_days", "original_target_date", "extensions", "version", "updated_at"}
    assert wanted | {"completed_on", "closed_on"} <= set(told["items"][0])
    assert station("export").out.startswith("\ufeffreference,report_code,")


def test_an_export_that_cannot_be_written_says_so_and_leaves_nothing(station: Station) -> None:
    said = station("export", "-o", "no/such/folder/out.csv")
    assert said.status == 1 and said.err == "no/such/folder/out.csv cannot be written: no such file or directory.\n"


# --- ask ------------------------------------------------------------------------------------------------------------


def test_ask_prints_what_the_bot_would_answer(station: Station) -> None:
    said = station("ask", "mine", "--as", "owen.hale@trentshire.example")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("Your items\n6 open: 3 overdue, 1 due in the next 14 days.\nCUST26-R2 Use of force")
    told = station("ask", "mine", "--as", "OWEN.HALE@trentshire.example", "--json")
    assert told.json == {"ok": True, "text": said.out.rstrip("\n")}
    by_name = station("ask", "mine", "--as", "Supt Owen Hale")
    assert by_name.out == said.out


def test_ask_that_is_refused_ends_with_1(station: Station) -> None:
    said = station("ask", "update CUST26-R2: mine now", "--as", "ana.brook@trentshire.example")
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith("Not saved. CUST26-R2 is Supt Owen Hale's.")
    told = station("ask", "list colour:red", "--as", "ana.brook@trentshire.example", "--json")
    assert (told.status, list(told.json), told.json["ok"], told.err) == (1, ["ok", "text"], False, "")
    assert told.json["text"].startswith("Nothing listed. There is no filter called colour.")


def test_ask_saves_and_the_history_says_at_the_terminal(station: Station) -> None:
    assert station("ask", "update CUST26-R2: Said here.", "--as", "owen.hale@trentshire.example").out.startswith(
        "Saved."
    )
    history = station("ask", "history CUST26-R2", "--as", "owen.hale@trentshire.example").out
    assert "23 Nov 2026, 09:00 Supt Owen Hale updated it at the terminal." in history


def test_ask_counts_working_days_by_the_bank_holidays(station: Station) -> None:
    station.terminal.set(LIGHTKEEPER_NOW="2026-12-23T10:00")
    words = "snooze CUST26-R2 in 3 working days: the printer is shut over Christmas"
    said = station("ask", words, "--as", "owen.hale@trentshire.example")
    assert "before 30 Dec 2026" in said.out


def test_ask_as_nobody_is_refused(station: Station) -> None:
    said = station("ask", "mine", "--as", "nobody@trentshire.example")
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith("Nobody in the register is called nobody@trentshire.example.")


# --- digest ---------------------------------------------------------------------------------------------------------

NAMED = [
    "period",
    "from",
    "to",
    "items",
    "open",
    "by_status",
    "movement",
    "overdue",
    "due_soon",
    "dates_moved",
    "awaiting_allocation",
    "pending",
    "stale",
    "section_55",
    "section_55_not_recorded",
    "brought_in_ended",
    "by_import",
    "chain_head",
]


def test_the_digests_names_are_the_contracts_and_its_figures_the_texts(station: Station) -> None:
    told = station("digest", "--json").json
    text = station("digest").out
    assert station("digest", "--preview").out == text
    assert list(told) == NAMED
    assert list(told["movement"]) == ["opening", "new", "reopened", "ended", "closing"]
    shapes = {
        "overdue": ["reference", "due", "days_late"],
        "due_soon": ["reference", "due"],
        "stale": ["reference", "days"],
        "section_55": ["report_code", "last_day", "days_left"],
        "dates_moved": ["reference", "from", "to", "days", "moves_this_week", "moves_ever"],
    }
    for name, shape in shapes.items():
        assert all(list(entry) == shape for entry in told[name]), name
    move = told["movement"]
    assert move["opening"] + move["new"] + move["reopened"] - move["ended"] == move["closing"] == told["open"]
    assert f"{told['open']} open" in text
    assert f"{move['opening']} + {move['new']} new + {move['reopened']} reopened − {move['ended']} ended" in text
    assert f"Overdue: {len(told['overdue'])}" in text and told["overdue"][0]["reference"] in text
    assert f"{told['overdue'][0]['days_late']} days late" in text
    assert f"Pending sign-off: {len(told['pending'])}" in text
    assert f"Due in the next 14 days: {len(told['due_soon'])}" in text
    assert f"Awaiting allocation: {len(told['awaiting_allocation'])}" in text
    assert f"Stale: {len(told['stale'])}" in text
    assert f"Section 55: {len(told['section_55'])} report" in text
    assert f"from all {told['items']} registered items" in text
    assert sum(told["by_status"].values()) == told["items"]
    assert f"Chain head {told['chain_head'][:16]}" in text
    days = [entry["days"] for entry in told["stale"]]
    assert days == sorted(days, reverse=True)


def test_a_digest_as_at_a_day_is_of_the_end_of_that_london_day(station: Station) -> None:
    then = station("digest", "--as-at", "2026-10-31", "--json").json
    now = station("digest", "--json").json
    assert then["to"][:10] == "2026-10-31" and then["to"] > "2026-10-31T23:59"
    assert len(then["overdue"]) < len(now["overdue"])
    assert station("digest", "--as-at", "31 Oct 2026", "--json").json == then
    said = station("digest", "--as-at", "10/31/2026")
    assert (said.status, said.out) == (1, "") and len(said.faults) == 1


@pytest.mark.parametrize(("setting", "value"), [("DCC_CHANNEL", "C0DCC"), ("SLACK_BOT_TOKEN", "xoxb-1")])
def test_a_digest_that_has_nowhere_to_go_says_what_is_missing(station: Station, setting: str, value: str) -> None:
    station.terminal.set(**{setting: value})
    missing = {"DCC_CHANNEL": "SLACK_BOT_TOKEN", "SLACK_BOT_TOKEN": "DCC_CHANNEL"}[setting]
    said = station("digest", "--send")
    assert (said.status, said.out) == (1, "") and said.err.startswith(f"{missing} is missing")


def test_a_digest_is_sent_once_however_often_it_is_asked_for(station: Station) -> None:
    with slack_at("2026-11-23T09:00:00") as slack:
        station.terminal.set(SLACK_API_URL=slack.api_url, SLACK_BOT_TOKEN=slack.bot_token, DCC_CHANNEL="C0DCC")
        for _ in range(3):
            said = station("digest", "--send")
            assert (said.status, said.err) == (0, "")
            assert re.fullmatch(r"The digest 2026-W4\d is in the channel\.\n", said.out)
        assert len(posted(slack)) == 1
        assert key_of(posted(slack)[0]).startswith(DIGEST[:-2])


def test_a_digest_that_was_refused_is_kept_and_goes_when_asked_for_again(station: Station) -> None:
    with slack_at("2026-11-23T09:00:00") as slack:
        station.terminal.set(SLACK_API_URL=slack.api_url, SLACK_BOT_TOKEN=slack.bot_token, DCC_CHANNEL="C0DCC")
        fault(slack, "chat.postMessage", "error:is_archived")
        said = station("digest", "--send")
        assert (said.status, said.out) == (1, "")
        assert "The digest is kept and not sent yet. The channel C0DCC is archived." in said.err
        assert station("digest", "--send").status == 0
        assert len(posted(slack)) == 1


# --- enrol, verify, doctor ------------------------------------------------------------------------------------------


def test_enrol_gives_a_role_once(station: Station) -> None:
    assert station("enrol", "new.one@trentshire.example", "lead").out == (
        "new.one@trentshire.example holds the role lead now.\n"
    )
    assert station("enrol", "new.one@trentshire.example", "lead").out == (
        "new.one@trentshire.example held the role lead already.\n"
    )
    assert "policing_body now" in station("enrol", "new.one@trentshire.example", "policing body").out
    told = station("ask", "who am I", "--as", "new.one@trentshire.example").out
    assert "You are a strategic lead and of the commissioner's office here" in told


@pytest.mark.parametrize(
    ("person", "role", "said"),
    [
        ("new.one@trentshire.example", "king", "king is not a role. The roles are officer, lead, liaison, dcc,"),
        ("Owen", "lead", "Owen is neither an e-mail address nor a chat user ID."),
    ],
)
def test_a_bad_role_or_person_is_named(station: Station, person: str, role: str, said: str) -> None:
    before = head(station.url)
    told = station("enrol", person, role)
    assert (told.status, told.out) == (1, "") and told.err.startswith(said)
    assert head(station.url) == before


def test_a_list_of_roles_with_bad_lines_names_them_all_and_enrols_nobody(station: Station) -> None:
    lines = "person,role\nnew.one@trentshire.example,lead\nOwen,lead\n\nnew.two@trentshire.example,king\nU0NEW,\n"
    station.terminal.file("people.csv", lines)
    before = head(station.url)
    said = station("enrol", "--from", "people.csv")
    assert (said.status, said.out) == (1, "")
    assert [line.partition(":")[0] for line in said.faults] == ["Line 3", "Line 5", "Line 6"]
    assert head(station.url) == before
    station.terminal.file("people.csv", "\ufeffperson,role\nnew.one@trentshire.example, lead\nU0NEWONE,opcc\n")
    said = station("enrol", "--from", "people.csv")
    assert said.status == 0 and len(said.out.splitlines()) == 2
    assert station("enrol", "--from", "nowhere.csv").err == "There is no file nowhere.csv.\n"


def test_a_list_may_be_given_again_and_names_may_stand_in_it(station: Station) -> None:
    lines = "Role;Person;Name\nlead;new.one@trentshire.example;Ch Supt New One\n;;\nopcc;U0NEWONE;\n"
    station.terminal.file("people.csv", lines)
    said = station("enrol", "--from", "people.csv")
    assert said.status == 0 and [line.split()[1] for line in said.out.splitlines()] == ["holds", "holds"]
    assert "Ch Supt New One" in station("ask", "who am I", "--as", "new.one@trentshire.example").out
    before = head(station.url)
    said = station("enrol", "--from", "people.csv")
    assert said.status == 0 and [line.split()[-1] for line in said.out.splitlines()] == ["already.", "already."]
    assert head(station.url) == before


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "new.one@trentshire.example,lead\n",
        "person,role,role\n",
        "person,rank\n",
        'person,role\n"a@b.example,lead\n',
    ],
)
def test_a_list_without_its_heading_enrols_nobody(station: Station, lines: str) -> None:
    station.terminal.file("people.csv", lines)
    before = head(station.url)
    said = station("enrol", "--from", "people.csv")
    assert (said.status, said.out) == (1, "") and len(said.faults) == 1
    assert said.err.startswith(("Line 1: the heading is not that of a list of people.", "The list cannot be read:"))
    assert head(station.url) == before


def test_none_takes_roles_away(station: Station) -> None:
    who = "new.one@trentshire.example"
    for role in ("lead", "opcc"):
        station("enrol", who, role)
    assert station("enrol", who, "none").out == f"{who} holds no role any more.\n"
    assert station("enrol", who, "none").out == f"{who} held no role.\n"
    assert "You are an officer here" in station("ask", "who am I", "--as", who).out
    assert station("verify").status == 0


def test_a_role_that_the_settings_give_is_not_taken_away_at_the_terminal(station: Station) -> None:
    station.terminal.set(DCC_USERS="ruth.calder@trentshire.example")
    said = station("enrol", "ruth.calder@trentshire.example", "none")
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith(
        "ruth.calder@trentshire.example stands in DCC_USERS, which gives the role at every start."
    )


def test_doctor_warns_while_fewer_than_two_can_sign_off(station: Station) -> None:
    warning = "Warning: Only DCC Ruth Calder can sign off, and nobody signs off their own: lightkeeper enrol PERSON dcc"
    assert warning in station("doctor").out
    station("enrol", "ana.brook@trentshire.example", "dcc")
    assert "can sign off" not in station("doctor").out


def test_only_the_liaison_enrols_as_a_person(station: Station) -> None:
    who = ("new.one@trentshire.example", "lead", "--as")
    assert station("enrol", *who, "owen.hale@trentshire.example").err.startswith("Supt Owen Hale is not the liaison")
    assert station("enrol", *who, "lia.penrose@trentshire.example").status == 0


def test_verify_says_that_the_chain_holds_and_knows_an_earlier_head(station: Station) -> None:
    said = station("verify")
    assert (said.status, said.err) == (0, "")
    found = re.fullmatch(r"The chain holds: [\d,]+ events, head ([0-9a-f]{16}), and the register .*\n", said.out)
    assert found
    station("enrol", "new.one@trentshire.example", "lead")
    assert station("verify", "--against", found[1]).status == 0
    whole = station("export", "--format", "json").json["chain_head"]
    told = station("verify", "--against", whole.upper(), "--json")
    assert (told.status, list(told.json)) == (0, ["ok", "checks"])
    assert [list(check) for check in told.json["checks"]] == [["name", "ok", "sentence"]]


@pytest.mark.parametrize("wrong", ["0123456789abcdef", "f" * 64])
def test_verify_against_a_head_that_never_was_ends_with_1(station: Station, wrong: str) -> None:
    said = station("verify", "--against", wrong)
    assert (said.status, said.out) == (1, "") and said.err
    told = station("verify", "--against", wrong, "--json")
    assert (told.status, told.json["ok"]) == (1, False)


@pytest.mark.parametrize("malformed", ["abc", "0123456789abcdeg", "0123456789abcde"])
def test_verify_against_what_is_no_head_says_what_one_is(station: Station, malformed: str) -> None:
    said = station("verify", "--against", malformed)
    assert (said.status, said.out) == (1, "") and said.err.startswith("A head is at least 16 of the figures")


def test_verify_finds_a_row_that_was_changed_behind_its_back(station: Station) -> None:
    with raw(station.url) as other:
        other.execute("UPDATE item SET title = 'Nothing to see' WHERE reference = 'CUST26-R2'")
    said = station("verify")
    assert (said.status, said.out) == (1, "") and "CUST26-R2" in said.err
    assert "Nothing to see" not in said.err


def test_doctor_with_everything_right(station: Station) -> None:
    with slack_at("2026-11-23T09:00:00") as slack:
        tokens = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token}
        station.terminal.set(SLACK_API_URL=slack.api_url, DCC_CHANNEL="C0DCC", **tokens)
        said = station("doctor", "--online")
        assert (said.status, said.err) == (0, "")
        assert "The register holds 76 items" in said.out and "Slack knows the bot as" in said.out
        told = station("doctor", "--online", "--json").json
        assert told["ok"] and {c["name"] for c in told["checks"]} >= {"settings", "database", "schedule", "bot token"}
        assert all(c["ok"] for c in told["checks"])


def test_doctor_with_everything_wrong_names_each_and_what_to_do(terminal: Terminal, database: Database) -> None:
    terminal.set(SLACK_API_URL="http://127.0.0.1:9/api/", LIGHTKEEPER_NOW="2026-11-23T09:00:00")
    said = terminal("doctor", "--online")
    assert (said.status, said.out) == (1, "")
    named = ("SLACK_BOT_TOKEN is missing", "SLACK_APP_TOKEN is missing", "There is no register")
    assert [n for n in named if n not in said.err] == []
    assert len([line for line in said.faults if "SLACK_BOT_TOKEN" in line]) == 2  # missing, and Slack was asked
    terminal.register(database.place())
    terminal("migrate")
    said = terminal("doctor", "--online")
    assert "Nobody is liaison." in said.err and "Nobody is dcc." in said.err and "DCC_CHANNEL is missing" in said.err


def test_doctor_finds_the_bot_outside_its_channel_and_what_could_not_be_delivered(station: Station) -> None:
    with slack_at("2026-11-23T09:00:00") as slack:
        tokens = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token}
        station.terminal.set(SLACK_API_URL=slack.api_url, DCC_CHANNEL="C0NOWHERE", **tokens)
        assert station("digest", "--send").status == 1
        said = station("doctor")
        assert said.status == 1
        assert "The digest cannot reach its channel. The channel C0NOWHERE is not there" in said.err
        assert "digest:weekly:2026-W4" in said.err and "could not be delivered" in said.err
        fault(slack, "apps.connections.open", "error:not_allowed_token_type")
        assert "SLACK_APP_TOKEN" in station("doctor").err


# --- as a process ---------------------------------------------------------------------------------------------------


def test_a_process_keeps_json_alone_on_stdout_and_secrets_out_of_both(station: Station) -> None:
    station.terminal.set(SLACK_BOT_TOKEN="xoxb-canary-1", SLACK_APP_TOKEN="xapp-canary-2", AUDIT_KEY="")
    for arguments in (
        ("ask", "mine", "--as", "owen.hale@trentshire.example", "--json"),
        ("digest", "--json"),
        ("import", str(BROKEN / "many_faults.csv"), "--json"),
        ("verify", "--json"),
    ):
        done = _process(station, *arguments)
        assert json.loads(done.stdout), arguments
        assert "Traceback" not in done.stderr and "canary" not in done.stdout + done.stderr
        assert done.returncode == (1 if arguments[0] == "import" else 0)


def test_a_reader_that_goes_away_is_no_fault_of_ours(station: Station) -> None:
    env = {"PYTHONPATH": str(PRACTICE.parent), **os.environ}
    command = f"{sys.executable} -m bot export --format json | head -c 10"
    done = subprocess.run(
        ["bash", "-c", command], cwd=station.terminal.folder, env=env, capture_output=True, text=True, check=False
    )
    assert (len(done.stdout), done.stderr) == (10, "")
