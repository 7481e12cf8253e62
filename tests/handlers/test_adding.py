"""Adding, correcting and the steps of section 55, as people type them; boards, objectives and what stands below."""

import pytest

from handlers.card import Buttons, Card, Row
from handlers.commands import answer
from handlers.text.draw import said
from storage import verify
from tests.conftest import Say, Town
from tests.storage.registers import row, take


def form(town: Town, words: str, who: str) -> Card:
    """The form that words open."""
    card = answer(town.desk, town.ask(words, who, forms=True))
    assert card.form is not None, said(card)
    return card


def names(card: Card) -> list[str]:
    assert card.form is not None
    return [field.name for field in card.form.fields]


def sent(town: Town, card: Card, who: str, **values: str) -> Card:
    """The form filled in and sent."""
    assert card.form is not None
    whole = {field.name: field.value for field in card.form.fields} | values
    return answer(town.desk, town.ask(card.form.say, who, form=whole, forms=True))


# --- add --------------------------------------------------------------------------------------------------------------


def test_owen_adds_an_action_below_his_own_item(say: Say) -> None:
    told = say("add CUST26-R2: Train every sergeant", as_="owen")
    assert told.startswith("Added. CUST26-R2.1 stands under CUST26-R2 and is yours.")
    assert "CUST26-R2.1 Train every sergeant: Amber, no date set, Supt Owen Hale" in told
    assert "Actions: 0 of 1 complete. Open:" in say("CUST26-R2", as_="owen")
    assert "Under: CUST26-R2" in say("CUST26-R2.1", as_="owen")


def test_from_a_card_only_what_an_action_needs_is_asked(trentshire: Town) -> None:
    opened = form(trentshire, "add CUST26-R2 v1", "owen")
    assert names(opened) == ["title", "text", "target", "person"]
    done = sent(trentshire, opened, "owen", title="Train every sergeant", target="2026-12-20")
    assert done.saved
    assert "Its target date is 20 Dec 2026. 20 Dec 2026 is a Sunday." in said(done)


def test_faults_stand_at_their_fields_and_nothing_is_added(trentshire: Town, say: Say) -> None:
    opened = form(trentshire, "add CUST26-R2", "owen")
    wrong = sent(trentshire, opened, "owen", title="", target="2026-11-01", person="nobody.x@force.example")
    assert set(wrong.faults) == {"person"}  # whom it means is asked before the record
    wrong = sent(trentshire, opened, "owen", title="", target="2026-11-01")
    assert set(wrong.faults) == {"title", "target"}
    assert "Actions" not in say("CUST26-R2", as_="owen")


def test_lia_adds_a_finding_by_its_report_and_kind(say: Say) -> None:
    assert "Added. CUST26-R4 is in the register; it waits" in say("add CUST26 recommendation: Ring back", as_="lia")
    assert "Added. CUST26-C2 " in say("add cust26 accelerated cause: Doors left open", as_="lia")
    assert "Added. CUST26-A10 " in say("add CUST26 AFI: Cleaner cells", as_="lia")
    assert "Added. CUST26-R5 stands under CUST26-C1" in say("add CUST26-C1 recommendation: Count them", as_="lia")


def test_add_alone_opens_the_whole_form_for_the_liaison(trentshire: Town, say: Say) -> None:
    opened = form(trentshire, "add", "lia")
    assert names(opened)[:4] == ["report", "kind", "title", "text"]
    done = sent(trentshire, opened, "lia", under="CUST26-C1", kind="recommendation", title="Count them")
    assert "Added. CUST26-R4 stands under CUST26-C1" in said(done)
    assert "Report, Kind and Title are missing" in say("add", as_="lia")
    refused = "Not added. Only the liaison adds findings; an owner adds actions below their own item: add REF: title."
    assert say("add", as_="owen") == f"{refused} Ask Lia Penrose."


@pytest.mark.parametrize(
    ("who", "words", "told"),
    [
        ("ana", "add CUST26-R2: x", "Not added. CUST26-R2 is Supt Owen Hale's."),
        ("ana", "add CUST26-A7: x", "Nothing shown. There is no item CUST26-A7."),
        ("lia", "add IA25-3.1: x", "Not added. IA25-3.1 is complete."),
        ("lia", "add CUST26-R1.1: x", "Not added. CUST26-R1.1 is an action, and nothing stands under an action."),
        ("lia", "add CUST26 action: x", "Not added. An action stands under a finding."),
        ("lia", "add CUST26 recomendation: x", "Not added. “recomendation” is no kind."),
        ("lia", "add NOPE recommendation: x", "Nothing shown. There is no item NOPE."),
        ("owen", "add CUST26-C1 recommendation: x", "Not added. An owner adds actions;"),
        ("lia", f"add CUST26-R2: {'x' * 301}", "Not added. That is 301 characters; 300 fit in a title."),
        ("lia", "add CUST26-R2", "Not added. Title is missing. Type it like this: add CUST26-R2: title of the action"),
    ],
)
def test_what_cannot_be_added_is_said_in_a_sentence(say: Say, who: str, words: str, told: str) -> None:
    assert say(words, as_=who).startswith(told)


# --- add report -------------------------------------------------------------------------------------------------------


def test_lia_adds_a_report_and_hears_its_date_and_last_day(say: Say) -> None:
    told = say("add report CYB27: Cyber crime in Trentshire | HMICFRS | 3 Nov 2026", as_="lia")
    assert told == (
        "Added. CYB27 Cyber crime in Trentshire, published on 3 Nov 2026. "
        "Section 55: the last day for comments is Monday 28 Dec 2026."
    )
    assert "No comments are owed" in say("add report IA27: Payroll | Internal audit | 3 Nov 2026", as_="lia")
    assert "35 days left" in say("report CYB27", as_="tess")


def test_a_report_that_was_not_yet_published_or_is_there_is_refused(trentshire: Town, say: Say) -> None:
    assert "3 Dec 2026 is in the future" in say("add report CYB27: Cyber | HMICFRS | 3 Dec 2026", as_="lia")
    assert "CUST26 is there already" in say("add report cust26: Cyber | HMICFRS | 3 Nov 2026", as_="lia")
    opened = form(trentshire, "add report", "lia")
    given = {"code": "CYB27", "title": "Cyber", "source": "HMICFRS", "published_on": "2026-11-03"}
    wrong = sent(trentshire, opened, "lia", **given, inspected_on="2026-11-10")
    assert wrong.faults == {
        "published_on": "3 Nov 2026 is before the inspection, 10 Nov 2026. Look at the report itself."
    }
    assert "Source and Published on are missing" in say("add report CYB27: Cyber", as_="lia")


# --- edit -------------------------------------------------------------------------------------------------------------


def test_a_correction_says_what_it_is_and_what_it_was(trentshire: Town, say: Say) -> None:
    told = say("edit CUST26-R2 title: Forms on time | As the report has it", as_="lia")
    assert told.startswith("Changed. CUST26-R2, title: “Forms on time”. It was “Use of force forms finished")
    assert "kind: Area for improvement. It was Recommendation before." in say("edit CUST26-R2 kind: afi | x", as_="lia")
    assert "3 Apr 2027. It was none before." in say("edit CUST26-R2 deadline: 3 Apr 2027 | x", as_="lia")
    assert "ACC Marcus Frayne" in say("edit PEEL25-A1 strategic lead: Marcus Frayne | x", as_="lia")
    assert "“As the report has it”" in say("history CUST26-R2", as_="lia")
    assert verify.verify(trentshire.store)[0] == []


def test_another_parent_is_named_in_the_history(say: Say) -> None:
    assert "stands under: none. It was CUST26-C1 before." in say("edit CUST26-R1 parent: none | As printed", as_="lia")
    assert "stands under: CUST26-C1, taken away" in say("history CUST26-R1", as_="lia")


def test_a_marking_that_is_lowered_is_said(say: Say) -> None:
    assert "lowered" not in say("edit CUST26-R2 marking: official sensitive | x", as_="lia")
    assert "Its marking is lowered" in say("edit CUST26-R2 marking: OFFICIAL | x", as_="lia")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("status: complete | x", "Not changed. The status is what its acts make of it"),
        ("target date: 3 Apr 2027 | x", "Not changed. target CUST26-R2 DATE sets the first target date"),
        ("owner: @ana | x", "Not changed. assign CUST26-R2 @user gives it another owner."),
        ("colour: red | x", "Not changed. There is no field “colour”. What can be corrected: title, text, marking"),
        ("title: Forms", "Not changed. Reason is missing."),
        ("title: | x", "Not changed. Title is missing."),
        ("title: none | x", "Not changed. Give it a title"),
        ("deadline: 31 Feb 2027 | x", "Not changed. “31 Feb 2027” is not a day in the calendar"),
        ("parent: CUST26-R1.1 | x", "Not changed. A recommendation cannot stand under an action"),
        ("lead: nobody at all | x", "Not changed. The register knows nobody called nobody at all."),
    ],
)
def test_a_wrong_correction_is_said_in_a_sentence(say: Say, words: str, told: str) -> None:
    assert say(f"edit CUST26-R2 {words}", as_="lia").startswith(told)


def test_the_form_of_a_field_begins_with_what_stands_there(trentshire: Town, say: Say) -> None:
    opened = form(trentshire, "edit CUST26-R2 board", "lia")
    assert opened.form is not None
    assert (names(opened), opened.form.fields[0].value) == (["value", "reason"], "Custody Improvement Board")
    assert sent(trentshire, opened, "lia", value="Gold Board", reason="Moved.").saved
    assert "Gold Board" in say("CUST26-R2", as_="lia")
    assert names(form(trentshire, "edit CUST26-R2", "lia")) == ["field", "value", "reason"]


def test_a_text_that_no_form_could_hold_is_not_cut_by_one(trentshire: Town) -> None:
    take(trentshire.store, row("LAMP26-R1", text="long " * 1000))
    opened = form(trentshire, "edit LAMP26-R1 text", "lia")
    assert opened.form is not None and opened.form.fields[0].value == ""
    assert sent(trentshire, opened, "lia", reason="x").faults["value"].startswith("Say the new value")


def test_a_report_is_corrected_by_its_code(say: Say) -> None:
    told = say("edit CUST26 published on: 3 Oct 2026 | The letter says so", as_="lia")
    assert told.startswith("Changed. CUST26, published on: 3 Oct 2026. It was 2 Oct 2026 before.")
    assert "The last day under section 55 is 27 Nov 2026." in told
    assert "Not required. It was Required before." in say("edit CUST26 section 55: not required | x", as_="lia")
    assert "before the inspection" in say("edit CUST26 inspected on: 5 Oct 2026 | x", as_="lia")
    assert say("edit CUST26 title: x | y", as_="owen").startswith("Not changed. Only the liaison corrects a report.")


# --- section 55 -------------------------------------------------------------------------------------------------------


def test_tess_records_the_steps_and_is_told_how_the_clock_stands(say: Say) -> None:
    told = say("comments CUST26 invited 5 Oct 2026", as_="tess")
    assert told == (
        "Recorded. Comments requested: 5 Oct 2026. 3 days left to publish the comments. Last day: Thursday 26 Nov 2026."
    )
    assert "Received: 20 Nov 2026." in say("comments CUST26 received on 20 Nov 2026", as_="lia")
    assert "22 Nov 2026 is a Sunday." in say("comments CUST26 home secretary 22 Nov 2026", as_="tess")
    shown = say("report CUST26", as_="tess")
    assert "- Comments requested: 5 Oct 2026" in shown and "- Comments published: not yet" in shown


def test_publication_is_recorded_with_its_gaps_and_said_to_be_late(trentshire: Town, say: Say) -> None:
    assert "Without an action or a reason yet: CUST26-R2 and CUST26-R3" in say("report CUST26", as_="tess")
    trentshire.clock.set("2026-12-08 09:00")
    told = say("comments CUST26 published today", as_="tess")
    assert told == (
        "Recorded. Comments published: 8 Dec 2026. That is 12 days late: the last day was 26 Nov 2026. "
        "Mind: CUST26-R2 and CUST26-R3 have neither an action nor a reason why there is none."
    )
    back = say("comments CUST26 published none", as_="tess")
    assert "Comments published: not yet. It was 8 Dec 2026 before; the record keeps both. 12 days late." in back


@pytest.mark.parametrize(
    ("who", "words", "told"),
    [
        ("tess", "comments CUST26 published tomorrow", "Not recorded. 24 Nov 2026 is in the future."),
        ("tess", "comments CUST26 published 1 Oct 2026", "Not recorded. 1 Oct 2026 is before the report was published"),
        ("tess", "comments CUST26 published 31 Feb", "Not recorded. “31 Feb” is not a day in the calendar"),
        ("tess", "comments CUST26 sent 3 Nov 2026", "Not recorded. Name a step: requested, received, published,"),
        ("tess", "comments CUST26", "Not recorded. Step and Date are missing."),
        ("tess", "comments NONE26 published today", "Nothing shown. There is no report NONE26."),
        ("tess", "comments", "Nothing shown. Say which report, by its code."),
        ("lia", "comments CUST26 published today", "Not recorded. Only the commissioner's office records that"),
        ("owen", "comments CUST26 received today", "Not recorded. Only the liaison or the commissioner's office"),
    ],
)
def test_what_cannot_be_recorded_is_said_in_a_sentence(say: Say, who: str, words: str, told: str) -> None:
    assert say(words, as_=who).startswith(told)


def labels(town: Town, who: str) -> list[str]:
    card = answer(town.desk, town.ask("report CUST26", who))
    return [b.label for part in card.parts if isinstance(part, Buttons) for b in (*part.shown, *part.rest)]


def test_the_report_offers_what_its_reader_may_record(trentshire: Town) -> None:
    assert labels(trentshire, "owen") == ["Details", "Reports"]
    assert labels(trentshire, "tess")[:2] == ["Update", "Details"] and "Comments published" in labels(
        trentshire, "tess"
    )
    assert labels(trentshire, "lia") == ["Update", "Details", "Reports", "Add an item", "Correct"]


def test_the_form_of_the_steps_begins_with_today(trentshire: Town) -> None:
    opened = form(trentshire, "comments CUST26", "tess")
    assert names(opened) == ["step", "date"]
    done = sent(trentshire, opened, "tess")
    assert "Recorded. Comments requested: 23 Nov 2026." in said(done)
    assert names(form(trentshire, "comments CUST26", "lia")) == ["date"]  # the one step that is hers


def test_the_forces_own_earlier_date_is_shown_also_when_it_has_passed(say: Say) -> None:
    assert "Chief officer's comments due: 12 Nov 2026, 11 days late" in say("report CUST26", as_="lia")
    say("edit CUST26 comments due: 30 Nov 2026 | Agreed with Tess", as_="lia")
    assert "Chief officer's comments due: 30 Nov 2026, in 7 days" in say("report CUST26", as_="lia")


# --- below an item ----------------------------------------------------------------------------------------------------


def test_only_what_is_complete_counts_as_complete(trentshire: Town, say: Say) -> None:
    above = row("LAMP26-R1")
    kinds = {"kind": "action", "parent_reference": "LAMP26-R1"}
    ends = ("complete", "complete", "superseded", "in_progress", "no_action")
    take(trentshire.store, above, *(row(f"LAMP26-R1.{n}", status=s, **kinds) for n, s in enumerate(ends, 1)))
    assert "Actions: 2 of 5 complete, 1 no action, 1 superseded. Open:" in say("LAMP26-R1", as_="lia")


def test_sign_off_over_open_actions_is_asked_and_said(trentshire: Town, say: Say) -> None:
    told = say("complete CUST26-R1: All done. https://evidence.example/a", as_="kit")
    assert told.startswith("Asked. ") and "2 items under it are still open." in told
    intro = form(trentshire, "complete PROT26-C1", "kit").form
    assert intro is not None and "under it still open: PROT26-" in str(intro.intro)


# --- boards and objectives --------------------------------------------------------------------------------------------


def behind(town: Town, words: str) -> dict[str, str]:
    """The lists behind the rows of an overview: name -> words."""
    card = answer(town.desk, town.ask(words, "lia"))
    return {p.reference: p.button.say for p in card.parts if isinstance(p, Row) and p.button}


ODD = ("The “Gold” Board", 'The "Silver" Board', "Children’s Board", "100% Board", "Board_1")


def test_a_list_behind_a_board_holds_what_its_row_counts_whatever_its_name(trentshire: Town, say: Say) -> None:
    take(trentshire.store, *(row(f"LAMP26-R{n}", board=board) for n, board in enumerate((*ODD, "Board"), 1)))
    lists = behind(trentshire, "boards")
    for number, board in enumerate((*ODD, "Board"), 1):
        assert f"{board}: 1 open of 1" in say("boards page:2", as_="lia") + say("boards", as_="lia")
        pages = {**lists, **behind(trentshire, "boards page:2")}
        shown = say(pages[board], as_="lia")
        assert shown.splitlines()[1].startswith("1,"), shown
        assert f"LAMP26-R{number} " in shown


def test_some_letters_of_a_board_still_find_every_board_that_has_them(trentshire: Town, say: Say) -> None:
    take(trentshire.store, row("LAMP26-R1", board="North Lamp Board"), row("LAMP26-R2", board="South Lamp Board"))
    shown = say("list board:lamp", as_="lia")
    assert "LAMP26-R1" in shown and "LAMP26-R2" in shown


def test_an_item_serves_any_number_of_objectives(trentshire: Town, say: Say) -> None:
    take(
        trentshire.store,
        row("LAMP26-R1", objective="Bright streets; Lamps"),
        row("LAMP26-R2", objective="Lamps and wires"),
        row("LAMP26-R3", objective="Lamps;Bright streets"),
    )
    shown = say("objectives", as_="lia") + say("objectives page:2", as_="lia")
    assert "Bright streets: 2 open of 2" in shown and "Lamps: 2 open of 2" in shown
    only = say('list objective:"Lamps"', as_="lia")
    assert "LAMP26-R1" in only and "LAMP26-R3" in only and "LAMP26-R2" not in only
    assert "LAMP26-R2" in say("list objective:wires", as_="lia")


def test_a_sensitive_item_counts_for_no_one_who_may_not_read_it(trentshire: Town, say: Say) -> None:
    take(trentshire.store, row("LAMP26-R1", board="Quiet Board", marking="OFFICIAL-SENSITIVE", action_owner=""))
    assert "Quiet Board" in say("boards", as_="lia") + say("boards page:2", as_="lia")
    assert "Quiet Board" not in say("boards", as_="ana") + say("boards page:2", as_="ana")
