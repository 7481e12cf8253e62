"""Lists, cards and hostile words at the wire: filters as typed, pages in place, nothing live."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.intake.sheets import read_csv
from storage import imports, people
from storage.people import Handle
from storage.record import Actor
from storage.rows import FileRow
from storage.store import Store
from tests.wire.conftest import hold_to_the_limits
from tests.wire.limits import faults_of_message, faults_of_view
from tests.wire.office import Json, Office, fields, shown, until, written

DATA = Path(__file__).parent.parent / "data"


def references(message: Json) -> list[str]:
    """The references of the rows, in order."""
    texts = [b["text"]["text"] for b in message["blocks"] if b["type"] == "section"]
    return [text.split("*")[1] for text in texts]


# --- filters --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["list due<2026-12-01", "LIST due&lt;2026-12-01", "due<2026-12-01", "list due<1/12/26"]
)
def test_due_before_works_as_slack_escapes_it(office: Office, typed: str) -> None:
    office.lia.says("list due<2026-12-01")
    wanted = office.last_envelope()
    assert "due&lt;2026-12-01" in wanted["payload"]["text"]
    first = office.deliver(wanted)
    escaped = typed if "&lt;" in typed else typed.replace("<", "&lt;")
    wanted["payload"] |= {"text": escaped, "trigger_id": f"1.1.{typed}"}
    told = office.deliver(wanted)
    assert shown(told).startswith("Open items due before 1 Dec 2026")
    assert references(told) == references(first)
    listed = [i for i in office.whole()["items"] if i["reference"] in references(told)]
    due = [min(d for d in (i["target_date"], i["inspectorate_deadline"]) if d) for i in listed]
    assert len(due) == 10 and max(due) < "2026-12-01"


def test_a_name_typed_with_an_at_is_the_person(office: Office) -> None:
    told = office.lia.says("list owner:@Supt Owen Hale")
    assert "owner:&lt;@U0OWEN" not in office.last_envelope()["payload"]["text"]
    assert "owner:<@U0OWEN|owen.hale>" in office.last_envelope()["payload"]["text"]
    wanted = office.lia.says("list owner:owen.hale@trentshire.example")
    assert references(told) == references(wanted)
    assert len(references(told)) == 6


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("list colour:red", "Nothing listed. There is no filter called colour. For the colour of an item use rag:red."),
        ("list rag:purple", "Nothing listed. rag:purple is not known."),
        ("list report:NONE99", "Nothing listed. There is no report with the code NONE99."),
        ("list owner:@nobody", "Nothing listed. Nobody called @nobody is in the register."),
        ("list stale:soon", "Nothing listed. stale:soon needs days"),
    ],
)
def test_a_wrong_filter_is_named_and_nothing_is_listed(office: Office, typed: str, said: str) -> None:
    told = shown(office.ana.says(typed)).replace("`", "").replace(" .", ".")
    assert told.startswith(said)
    assert references({"blocks": office.ana.messages()[-1]["blocks"]}) == []


def test_an_unknown_word_offers_the_nearest_which_can_be_pressed(office: Office) -> None:
    told = office.ana.says("overdeu")
    assert shown(told).startswith("I do not know the word overdeu . Did you mean")
    assert shown(office.ana.hears(told, "overdue")).startswith("Overdue items")


# --- pages ----------------------------------------------------------------------------------------------------------


def test_more_and_back_replace_the_list_in_place(office: Office) -> None:
    first = office.lia.says("list sort:reference")
    every = references(first)
    told = first
    before = len(office.lia.messages())
    while any(_heard(told, "More")):
        rows = len(every) + 1
        told = office.lia.hears(told, f"More: rows {rows} to {min(rows + 9, total_of(first))} of {total_of(first)}")
        assert told["ts"] == first["ts"]
        every += references(told)
    assert len(office.lia.messages()) == before
    assert len(every) == len(set(every)) == total_of(first)
    assert every.index("IA25-3.2") < every.index("IA25-3.10")
    back = office.lia.hears(told, next(_heard(told, "Back")))
    assert back["ts"] == first["ts"]
    assert references(back) == every[-len(references(told)) - 10 : -len(references(told))]


def total_of(message: Json) -> int:
    return int(re.findall(r"1 to 10 of (\d+)", shown(message))[0])


def _heard(message: Json, label: str) -> Iterator[str]:
    for block in message["blocks"]:
        for element in [block.get("accessory"), *block.get("elements", [])]:
            if element and element["type"] == "button" and element["text"]["text"] == label:
                yield element["accessibility_label"]


def test_details_of_a_row_comes_as_an_answer_of_its_own(office: Office) -> None:
    listed = office.lia.says("overdue")
    card = office.lia.hears(listed, f"Details of {references(listed)[0]}")
    assert card["ts"] != listed["ts"] and card["ephemeral"]
    assert shown(card).startswith(references(listed)[0])
    assert not office.lia.again(listed)["redrawn"]


# --- words of people ------------------------------------------------------------------------------------------------

HOSTILE = (
    "<!channel> <!here> <@U0RUTH> <#C0DCC> <https://evil.example|click> *bold* _it_ ~no~ `code` :fire: "
    "&lt;!everyone&gt; https://evil.example/path"
)


def test_what_people_write_is_never_live(office: Office) -> None:
    office.owen.says(f"update CUST26-R2: {HOSTILE}")
    form = office.owen.opens("update CUST26-A5")
    assert office.owen.sends(form, note=HOSTILE, off_track=HOSTILE[:300])["closed"]
    for words in ("CUST26-R2", "CUST26-A5", "history CUST26-R2", "list owner:owen.hale@trentshire.example", "overdue",
                  "digest", "list rag:red sort:updated"):  # fmt: skip
        told = office.lia.says(words)
        assert faults_of_message({"text": told["text"], "blocks": told["blocks"]}) == []
        for block in told["blocks"]:
            if block["type"] in {"section", "context"}:
                assert not re.search(r"\*bold\*|_it_|~no~|`code`|:fire:", json.dumps(block, ensure_ascii=False))
    assert f"“{HOSTILE}”" not in written(office.lia.says("overdue")["blocks"])
    assert HOSTILE in written(office.lia.says("CUST26-R2")["blocks"])  # the card shows the true words


def test_a_command_full_of_live_words_is_not_made_live_by_the_answer(office: Office) -> None:
    for words in (HOSTILE, f"list {HOSTILE}", f"show {HOSTILE}", "x" * 3000, "list " + "y " * 900, "<", "&amp;", ":"):
        office.owen._typed(words)


@pytest.fixture
def hostile(office: Office) -> Office:
    """The register of tests/data/hostile.csv beside the sample: valid, and an importer's worst day."""
    take_in(office, read_csv((DATA / "hostile.csv").read_bytes()).rows)
    return office


def take_in(office: Office, rows: list[FileRow]) -> None:
    store: Store = office.bot.store
    with store.read() as tx:
        lia = people.known_as(tx, Handle("email", "", "lia.penrose@trentshire.example"))
    assert lia is not None
    diff = imports.apply(store, Actor(lia, "terminal", ""), rows, source="hostile.csv")
    assert diff.applied, diff.errors[:3]


def test_every_hostile_item_in_every_view_is_taken_by_slack(hostile: Office) -> None:
    items = [i for i in hostile.whole()["items"] if not i["reference"].startswith(SAMPLE)]
    assert len(items) > 20
    for item in items:
        reference = item["reference"]
        card = hostile.lia.says(reference)
        assert shown(card).startswith(reference), reference
        hostile.lia.says(f"history {reference}")
        if item["status"] == "in_progress":
            form = hostile.lia.opens(f"update {reference}")
            assert reference in shown(form)
            told = hostile.lia.sends(form, note=HOSTILE)
            assert told["closed"], told
        for label in _menu(card):
            hostile.lia.presses(card, label)
    for words in ("list sort:reference", "overdue", "list rag:blue", "due 365d", "digest"):
        hostile.lia.says(words)
    until(lambda: len(hostile.sent.messages) > 2 * len(items), "all answers")


SAMPLE = ("CYBER19", "CUST26", "PROT26", "PEEL25", "IA2", "FIRE25", "STALK25", "IOPC26", "SOC23", "ROAD24")


def _menu(card: Json) -> list[str]:
    return [h for label in ("Whole text",) for h in _heard(card, label)]


# --- long texts -----------------------------------------------------------------------------------------------------


def test_a_text_of_30_000_characters_has_a_card_and_its_whole_text_replaces_it(office: Office) -> None:
    text = " ".join(f"word{n}" for n in range(4000))[:30_000]
    rows = read_csv((DATA / "hostile.csv").read_bytes()).rows
    row = next(r for r in rows if not r.cells["parent_reference"] and r.cells["status"] == "in_progress")
    take_in(office, [FileRow(2, {**row.cells, "text": text, "reference": "LONG-1"})])
    card = office.lia.says("LONG-1")
    assert "word3 word4" in shown(card) and "…" in shown(card)
    assert len(shown(card)) < 3000
    assert text[:500] not in shown(card)
    told = office.lia.hears(card, "Whole text")
    assert told["ts"] == card["ts"] and told["redrawn"]
    read, pages = [_quoted(told)], 1
    while any(_heard(told, "More")):
        pages += 1
        told = office.lia.hears(told, f"More: page {pages}")
        assert told["ts"] == card["ts"]
        read.append(_quoted(told))
    assert "".join(read) == text and pages == 4
    back = office.lia.hears(told, f"Back to page {pages - 1}")
    assert _quoted(back) == read[-2]


def _quoted(message: Json) -> str:
    """The words that stand in quotes, as they are."""
    parts = [p for b in message["blocks"] if b["type"] == "rich_text" for p in b["elements"]]
    return "".join(e["text"] for p in parts if p["type"] == "rich_text_quote" for e in p["elements"])


def test_twelve_of_the_longest_updates_still_make_a_history_that_slack_takes(office: Office) -> None:
    for number in range(12):
        form = office.owen.opens("update CUST26-A5")
        long = f"{number} {'& long words ' * 250}"[:3000]
        told = office.owen.sends(form, note=long, off_track=long[:300], forecast=f"2026-12-{number + 1:02d}")
        assert told["closed"], told
    history = office.owen.says("history CUST26-A5")
    assert shown(history).startswith("History of CUST26-A5")
    assert "11 & long words" in shown(history)  # the latest is there, whatever had to be shortened
    office.owen.says("CUST26-A5")
    office.owen.says(f"complete CUST26-A5: {'& done ' * 420} " + " ".join(f"https://a.example/{n}" for n in range(60)))
    office.ruth.says("CUST26-A5")


# --- the check itself -----------------------------------------------------------------------------------------------


def test_the_check_of_limits_finds_what_it_is_for(office: Office) -> None:
    good = office.owen.says("")
    base = {"text": "x", "blocks": good["blocks"]}
    assert faults_of_message(base) == []

    def broken(change: str) -> list[str]:
        message = json.loads(json.dumps(base))
        section = next(b for b in message["blocks"] if b["type"] == "section")
        if change == "long":
            section["text"]["text"] = "x" * 3001
        elif change == "live":
            section["text"]["text"] = "<!channel>"
        elif change == "cut":
            section["text"]["text"] = "A &am…"
        elif change == "same":
            message["blocks"][-1]["block_id"] = section["block_id"]
        elif change == "unheard":
            del section["accessory"]["accessibility_label"]
        elif change == "many":
            message["blocks"] = [{"type": "divider"}] * 51
        elif change == "empty":
            message["text"] = ""
        elif change == "model":
            section["accessory"]["style"] = "loud"
        elif change == "ring":
            message["blocks"].append({"type": "rich_text", "elements": [
                {"type": "rich_text_section", "elements": [{"type": "user", "user_id": "U0RUTH"}]}]})  # fmt: skip
        return faults_of_message(message)

    for change in ("long", "live", "cut", "same", "unheard", "many", "empty", "model", "ring"):
        assert broken(change), change
    form = office.owen.opens("update CUST26-R2")
    view = {k: form[k] for k in ("type", "callback_id", "private_metadata", "title", "submit", "close", "blocks")}
    assert faults_of_view(view) == []
    assert faults_of_view({**view, "title": {"type": "plain_text", "text": "x" * 25}})
    assert faults_of_view({**view, "private_metadata": "x" * 3001})
    fields(form)["note"]["max_length"] = 3001
    assert faults_of_view(view)
    assert hold_to_the_limits(office) >= 2
    office.sent.messages.append({"text": "<!channel>"})
    with pytest.raises(AssertionError):
        hold_to_the_limits(office)
    office.sent.messages.pop()
