"""An owner answers at the wire: the list, the form, what is wrong at its field, saved, and the card drawn anew."""

import json
from datetime import date

from tests.wire.office import CUSTODY, IMPROVE, Json, Office, button, fields, shown, until, written

WORDS = "Two teams trained; the third starts on Monday."


def test_the_command_alone_answers_mine_by_the_address_in_the_profile(office: Office) -> None:
    told = office.owen.says("")
    assert told["ephemeral"]
    assert told["text"].startswith("You have 6 open items: 2 overdue, 2 due in the next 14 days")
    references = [b["text"]["text"].split("*")[1] for b in told["blocks"] if b["type"] == "section"]
    assert references == ["CUST26-R2", "CUST26-A3", "CUST26-C1", "CUST26-A7", "CUST26-A5", "PEEL25-A2"]
    for reference in references:
        assert button(told, f"Update {reference}")[1]["text"]["text"] == "Update"
    assert told["ts"] not in [m["ts"] for m in office.ana.messages(CUSTODY)]


def test_an_address_that_the_register_does_not_know_owns_nothing(register_url: str) -> None:
    def another_address(workspace: Json) -> None:
        owen = next(p for p in workspace["people"] if p["id"] == "U0OWEN")
        owen["email"] = "somebody.else@trentshire.example"

    with Office(register_url, change=another_address) as office:
        assert office.owen.says("")["text"].startswith("You own no open items")


def test_update_opens_the_form_by_its_trigger(office: Office) -> None:
    form = office.owen.presses_open(office.owen.says(""), "Update CUST26-R2")
    assert form["title"]["text"] == "Update" and form["submit"]["text"] == "Save"
    assert [b["label"]["text"] for b in form["blocks"] if b["type"] == "input"] == [
        "Status",
        "Progress update",
        "Forecast date",
        "Off track",
    ]
    assert "CUST26-R2 Use of force forms finished before going" in shown(form)
    offered = [o["text"]["text"] for o in fields(form)["status"]["options"]]
    assert offered == ["In progress", "Ready for sign-off"]
    assert office.owen.forms() == [form]


def test_a_forecast_in_the_past_is_told_at_its_field_and_nothing_is_saved(office: Office) -> None:
    form = office.owen.opens("update CUST26-R2")
    before = office.whole()
    told = office.owen.sends(form, note=WORDS, forecast="2026-11-03")
    assert [(k.partition("@")[0], v) for k, v in told["errors"].items()] == [
        ("forecast", "3 Nov 2026 has passed. Choose today, 20 Nov 2026, or later.")
    ]
    assert not told["closed"]
    assert [f["id"] for f in office.owen.forms()] == [form["id"]]
    after = office.whole()
    assert (after["items"], after["chain_head"]) == (before["items"], before["chain_head"])


def test_an_empty_update_is_refused_by_slack_and_blanks_by_us(office: Office) -> None:
    form = office.owen.opens("update CUST26-R2")
    assert list(office.owen.sends(form)["errors"].values()) == ["Please complete this required field."]
    told = office.owen.sends(form, note=" \n ")
    assert list(told["errors"].values()) == ["Say in a sentence or two what has changed."]


def test_a_right_update_is_saved_and_the_card_is_drawn_anew_where_it_stood(office: Office) -> None:
    card = office.owen.says("CUST26-R2")
    form = office.owen.presses_open(card, "Update CUST26-R2")
    told = office.owen.sends(form, note=WORDS, forecast="2026-12-04", off_track="The trainer is ill")
    assert told["closed"] and told["errors"] is None
    again = until(lambda: (m := office.owen.again(card))["redrawn"] and m, "the card drawn anew")
    said = shown(again)
    assert said.startswith("Saved. Your update of CUST26-R2 is in the register, 20 Nov 2026, 16:4")
    assert "Forecast date: \n4 Dec 2026" in written(again["blocks"])
    assert WORDS in said and "off track: The trainer is ill" in said
    assert again["text"].startswith("Saved: CUST26-R2")
    assert len([m for m in office.owen.messages() if m["writer"]["id"] == "U0LIGHT"]) == 1
    item = office.item("CUST26-R2")
    assert (item["forecast_date"], item["off_track"], item["rag"]) == ("2026-12-04", "The trainer is ill", "red")
    assert item["last_update_on"] == "2026-11-20"
    assert office.acts("CUST26-R2")[-1][0] == "update"


def test_a_list_that_the_form_came_from_is_drawn_anew_too(office: Office) -> None:
    listed = office.owen.says("")
    form = office.owen.presses_open(listed, "Update CUST26-A5")
    assert office.owen.sends(form, note=WORDS)["closed"]
    again = until(lambda: (m := office.owen.again(listed))["redrawn"] and m, "the list drawn anew")
    assert shown(again).startswith("Saved. Your update of CUST26-A5") and "Your items" in shown(again)
    assert button(again, "Update CUST26-A5")[1]["value"] == "update CUST26-A5 v" + str(
        office.item("CUST26-A5")["version"]
    )


def test_a_form_that_was_typed_for_is_answered_in_a_new_private_message(office: Office) -> None:
    form = office.owen.opens("update CUST26-A5")
    assert office.owen.sends(form, note=WORDS)["closed"]
    told = until(lambda: office.owen.messages() and office.owen.messages()[-1]["ephemeral"], "an answer")
    assert told
    assert shown(office.owen.messages()[-1]).startswith("Saved. Your update of CUST26-A5")


def test_words_after_a_colon_are_saved_at_once_with_their_line_breaks(office: Office) -> None:
    told = office.owen.says("UPDATE cust26–a5: Rota agreed.\nNurse from 1 December & “on call”.")
    assert shown(told).startswith("Saved.")
    act, values = office.acts("CUST26-A5")[-1]
    assert (act, values["note"]) == ("update", [None, "Rota agreed.\nNurse from 1 December & “on call”."])


def test_the_same_submission_again_changes_nothing_and_gets_the_first_answer(office: Office) -> None:
    card = office.owen.says("CUST26-R2")
    form = office.owen.presses_open(card, "Update CUST26-R2")
    office.owen.sends(form, note=WORDS, forecast="2026-12-04")
    until(lambda: office.owen.again(card)["redrawn"], "the card drawn anew")
    sent = office.last_envelope()
    assert sent["payload"]["type"] == "view_submission"
    before = office.whole()
    assert office.deliver(sent) == {}  # the form closes, as it did at first
    after = office.whole()
    assert (after["items"], after["chain_head"]) == (before["items"], before["chain_head"])
    changed = json.loads(json.dumps(sent).replace(WORDS, "Quite other words"))
    assert office.deliver(changed) == {}
    assert office.whole()["chain_head"] == before["chain_head"]


def test_the_same_typed_update_delivered_twice_is_saved_once(office: Office) -> None:
    office.owen.says(f"update CUST26-A5: {WORDS}")
    head = office.whole()["chain_head"]
    ack = office.deliver(office.last_envelope())
    assert shown(ack).startswith("Saved.")
    assert office.whole()["chain_head"] == head


def test_two_editors_at_once_lose_nothing(office: Office) -> None:
    owens, marcus = office.owen.opens("update CUST26-R2"), office.marcus
    his = marcus.opens("update CUST26-R2")
    assert marcus.sends(his, note="The board asked for a date.", off_track="No trainer")["closed"]
    told = office.owen.sends(owens, note=WORDS, forecast="2026-12-04")
    assert told["errors"] is None and not told["closed"]
    again = told["view"]
    assert shown(again).startswith("Not saved. ACC Marcus Frayne updated CUST26-R2 today at 16:4")
    assert "while this form was open. Your words are still here; press Save to send them now." in shown(again)
    assert "ACC Marcus Frayne wrote: “The board asked for a date.”" in shown(again)
    values = fields(again)
    assert values["note"]["initial_value"] == WORDS
    assert values["forecast"]["initial_date"] == "2026-12-04"
    assert values["off_track"]["initial_value"] == "No trainer"  # his, as it is now: Owen never touched it
    assert office.owen.sends(again)["closed"]
    item = office.item("CUST26-R2")
    assert (item["forecast_date"], item["off_track"]) == ("2026-12-04", "No trainer")
    last = office.acts("CUST26-R2")[-2:]
    assert [values["note"][1] for _, values in last] == ["The board asked for a date.", WORDS]
    assert "off_track" not in last[1][1] and "forecast_date" not in last[0][1]
    assert last[1][1]["forecast_date"] == [None, "2026-12-04"]


def test_emptying_off_track_puts_it_back_on_track(office: Office) -> None:
    office.owen.sends(office.owen.opens("update CUST26-A5"), note="Stuck.", off_track="No nurse")
    form = office.owen.opens("update CUST26-A5")
    assert fields(form)["off_track"]["initial_value"] == "No nurse"
    assert office.owen.sends(form, note="Nurse found.", off_track="")["closed"]
    assert office.item("CUST26-A5")["off_track"] == ""
    assert office.acts("CUST26-A5")[-1][1]["off_track"] == ["No nurse", None]


def test_a_button_drawn_before_a_change_gets_nothing_changed_and_the_present_row(office: Office) -> None:
    listed = office.owen.says("")
    office.marcus.says("update CUST26-R2: The board asked for a date.")
    told = office.owen.hears(listed, "Update CUST26-R2")
    assert shown(told).startswith("Nothing changed. ACC Marcus Frayne updated CUST26-R2 today at 16:4")
    assert "This is how it stands now:" in shown(told)
    form = office.owen.presses_open(told, "Update CUST26-R2")  # the row's own button is of today
    assert office.owen.sends(form, note=WORDS)["closed"]


def test_a_lead_updates_what_is_in_the_portfolio_and_only_that(office: Office) -> None:
    assert office.marcus.sends(office.marcus.opens("update CUST26-R2"), note=WORDS)["closed"]
    refused = office.marcus.says("update PEEL25-A4")
    assert shown(refused).startswith("Not saved. PEEL25-A4 is Insp Jo Cole's.")


def test_the_forecast_may_be_today(office: Office) -> None:
    form = office.owen.opens("update CUST26-R2")
    assert office.owen.sends(form, note=WORDS, forecast="2026-11-20")["closed"]
    assert date.fromisoformat(office.item("CUST26-R2")["forecast_date"]) == date(2026, 11, 20)


def test_a_press_in_a_channel_message_is_answered_privately(office: Office) -> None:
    told = office.person("ana", IMPROVE).says("CUST26-A6")
    form = office.person("ana", IMPROVE).presses_open(told, "Update CUST26-A6")
    assert office.person("ana", IMPROVE).sends(form, note=WORDS)["closed"]
    assert not [m for m in office.person("owen", IMPROVE).messages() if m["writer"]["bot"]]


def test_a_forecast_that_has_passed_and_is_left_alone_stands_in_nobodys_way(register_url: str) -> None:
    with Office(register_url) as office:
        assert office.owen.sends(office.owen.opens("update CUST26-R2"), note=WORDS, forecast="2026-11-25")["closed"]
    with Office(register_url, now="2026-12-01T10:00:00") as office:
        form = office.owen.opens("update CUST26-R2")
        assert fields(form)["forecast"]["initial_date"] == "2026-11-25"
        assert office.owen.sends(form, note="Still at it.")["closed"]
        assert "forecast_date" not in office.acts("CUST26-R2")[-1][1]
        assert office.owen.sends(office.owen.opens("update CUST26-R2"), note="None.", forecast="")["closed"]
        assert office.item("CUST26-R2")["forecast_date"] == ""
