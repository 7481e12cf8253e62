"""When something fails between bot, Slack and register: the truth is told, words are kept, nothing is half done."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from handlers import commands
from handlers.wording import FAILED
from tests.databases import somebody_writes
from tests.wire.office import Json, Office, fields, shown, until

WORDS = "Two teams trained; the third starts on Monday."


@contextmanager
def locked(office: Office) -> Iterator[None]:
    """Another program holds the register's write lock."""
    with somebody_writes(office.url):
        yield


def test_of_a_fault_of_ours_nobody_is_told_that_nothing_was_saved(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have come after the commit."""
    form = office.owen.opens("update CUST26-R2")
    monkeypatch.setattr(commands, "answer", lambda desk, ask: {}[ask.words])
    assert office.owen.says("mine")["text"] == FAILED
    told = office.owen.sends(form, note=WORDS)
    assert list(told["errors"].values()) == [FAILED] and not told["closed"]


# --- the register does not answer -----------------------------------------------------------------------------------


def test_a_locked_register_says_not_saved_and_the_words_stay_in_the_form(office: Office) -> None:
    form = office.owen.opens("update CUST26-R2")
    before = office.whole()
    with locked(office):
        told = office.owen.sends(form, note=WORDS, forecast="2026-12-04")
    assert told["acked"] and not told["closed"] and told["view"] is None
    assert [(k.partition("@")[0], v) for k, v in told["errors"].items()] == [
        ("note", "Not saved. The register is busy with other writers. Nothing was saved; try again in a moment.")
    ]
    assert [f["id"] for f in office.owen.forms()] == [form["id"]]  # it stands there as it was typed
    after = office.whole()
    assert (after["items"], after["chain_head"]) == (before["items"], before["chain_head"])
    assert office.owen.sends(form)["closed"]
    assert office.acts("CUST26-R2")[-1][1]["note"] == [None, WORDS]


def test_a_locked_register_keeps_the_sign_off_forms_words_too(office: Office) -> None:
    form = office.owen.opens("complete CUST26-R2")
    with locked(office):
        told = office.owen.sends(form, done=WORDS, evidence="https://a.example/b")
    assert [k.partition("@")[0] for k in told["errors"]] == ["done"]
    assert office.owen.sends(form)["closed"]
    assert office.item("CUST26-R2")["status"] == "pending_sign_off"


def test_a_locked_register_still_reads_and_refuses_a_typed_update_in_a_sentence(office: Office) -> None:
    office.owen.says("")
    with locked(office):
        assert "Use of force" in shown(office.owen.says("CUST26-R2"))
        told = office.owen.says(f"update CUST26-R2: {WORDS}")
    assert shown(told).startswith("Not saved. The register is busy with other writers. Nothing was saved;")
    assert office.acts("CUST26-R2")[-1][1].get("note") != [None, WORDS]
    with locked(office):
        sent = office.last_envelope()
    assert shown(office.deliver(sent)).startswith("Saved.")  # a failed try uses no request key up


def test_a_first_visit_while_the_register_is_locked_gets_an_answer(office: Office) -> None:
    office.do("person", id="U0JO", name="Insp Jo Cole-Marsh")  # a name that has to be written down
    with locked(office):
        told = office.person("jo", "C0CYBER").says("CUST26-R2")
    assert "Not saved" in told["text"]
    assert "Use of force" in shown(office.person("jo", "C0CYBER").says("CUST26-R2"))


def test_a_form_that_meets_a_fault_of_ours_keeps_its_words(office: Office) -> None:
    """Something unforeseen: a form whose hidden part cannot be read."""
    form = office.owen.opens("update CUST26-R2")
    office.owen.sends(form, note=" ")
    broken = office.last_envelope()
    broken["payload"]["view"]["private_metadata"] = "not ours"
    before = office.whole()["chain_head"]
    ack = office.deliver(broken)
    assert ack["response_action"] == "errors"
    assert list(ack["errors"].values()) == [FAILED]
    assert office.whole()["chain_head"] == before


# --- forms that do not open -----------------------------------------------------------------------------------------


def test_an_expired_trigger_gets_a_way_on(office: Office) -> None:
    office.fault("views.open", "error:expired_trigger_id")
    told = office.owen.says("update CUST26-R2")
    assert shown(told).startswith(
        "Not opened. Slack did not open the form in time. Press again, or type update CUST26-R2"
    )
    assert office.owen.forms() == []


def test_an_old_trigger_in_a_press_gets_a_way_on_too(office: Office) -> None:
    listed = office.owen.says("")
    office.owen.presses_open(listed, "Update CUST26-R2")
    pressed = office.last_envelope()
    seen = len(office.owen.messages())
    office.deliver(pressed)  # the trigger has been used up
    told = until(lambda: office.owen.messages()[seen:], "a sentence about the form")[0]
    assert shown(told).startswith("Not opened. Slack did not open the form in time.")


@pytest.mark.parametrize("fault", ["server_error", "reply_lost", "ratelimited"])
def test_a_form_that_slack_does_not_open_is_said(office: Office, fault: str) -> None:
    office.fault("views.open", fault)
    assert shown(office.owen.says("update CUST26-R2")).startswith("Not opened.")


# --- answers that do not arrive -------------------------------------------------------------------------------------


def test_a_response_url_that_is_used_up_falls_back_to_a_new_private_message(office: Office) -> None:
    card = office.owen.says("CUST26-R2")
    office.owen.presses(card, "History of CUST26-R2")
    address = str(office.last_envelope()["payload"]["response_url"]).rpartition("/")[2]
    until(lambda: len(office.owen.messages()) == 2 + seeded(office), "the history")
    form = office.owen.presses_open(card, "Update CUST26-R2")
    used = office.last_envelope()["payload"]["response_url"]
    assert not used.endswith(address)
    for number in range(5):
        office.slack.stand_in.acts.respond(used.rpartition("/")[2], {"text": f"used {number}"})
    assert office.owen.sends(form, note=WORDS)["closed"]
    told = until(lambda: (m := office.owen.messages()[-1])["text"].startswith("Saved") and m, "a new answer")
    assert told["ts"] != card["ts"] and told["ephemeral"]
    assert len(office.calls("chat.postEphemeral")) == 1


def seeded(office: Office) -> int:
    return sum(not m["writer"]["bot"] for m in office.owen.messages())


def test_an_answer_after_half_an_hour_still_arrives(office: Office) -> None:
    form = office.owen.presses_open(office.owen.says("CUST26-R2"), "Update CUST26-R2")
    assert office.do("clock", move="hour")["ok"]
    assert office.owen.sends(form, note=WORDS)["closed"]
    told = until(lambda: (m := office.owen.messages()[-1])["text"].startswith("Saved") and m, "a new answer")
    assert told["ephemeral"] and len(office.calls("chat.postEphemeral")) == 1


def test_where_no_answer_can_be_given_the_save_stands(office: Office) -> None:
    form = office.owen.presses_open(office.owen.says("CUST26-R2"), "Update CUST26-R2")
    used = office.last_envelope()["payload"]["response_url"].rpartition("/")[2]
    for number in range(5):
        office.slack.stand_in.acts.respond(used, {"text": f"used {number}"})
    office.fault("chat.postEphemeral", "error:user_not_in_channel")
    assert office.owen.sends(form, note=WORDS)["closed"]
    until(lambda: office.calls("chat.postEphemeral"), "the try")
    assert office.acts("CUST26-R2")[-1][1]["note"] == [None, WORDS]
    assert "Use of force" in shown(office.owen.says("CUST26-R2"))  # and the bot goes on


# --- Slack does not say who somebody is -----------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["server_error", "reply_lost", "ratelimited", "error:user_not_found", "error:fatal"])
def test_when_slack_does_not_say_who_somebody_is_nothing_is_shown(office: Office, fault: str) -> None:
    office.fault("users.info", fault, times=3 if fault != "reply_lost" else 6)  # its client tries again
    before = office.whole()["chain_head"]
    for words in ("", f"update CUST26-R2: {WORDS}", "list"):
        told = office.owen.says(words)
        assert shown(told).startswith("Nothing shown."), words
        assert "Slack did not say who you are; please try again in a moment" in shown(told)
    assert office.whole()["chain_head"] == before
    assert "Your items" in shown(office.owen.says(""))


def test_a_form_sent_while_slack_does_not_say_who_is_kept(office: Office) -> None:
    form = office.owen.opens("update CUST26-R2")
    office.bot.door.people.profiles.clear()
    office.fault("users.info", "server_error")
    told = office.owen.sends(form, note=WORDS)
    assert WORDS not in json.dumps(office.acts("CUST26-R2"), ensure_ascii=False)
    assert told["errors"] is not None and "Slack did not say who you are" in next(iter(told["errors"].values()))
    assert office.owen.sends(form)["closed"]


# --- payloads that nobody drew --------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["", "x" * 2000, "update", "show", "page:0", "\x00", "complete  v1", "history : :"])
def test_any_value_of_a_button_is_answered(office: Office, value: str) -> None:
    card = office.owen.says("CUST26-R2")
    told = office.owen.hears(card, "History of CUST26-R2", forged={"value": value})
    assert told["text"]


def test_a_press_without_a_value_a_block_or_a_channel_is_acknowledged(office: Office) -> None:
    office.owen.hears(office.owen.says("CUST26-R2"), "History of CUST26-R2")
    pressed = office.last_envelope()

    def again(number: int, without: str) -> Json:
        changed: Json = json.loads(json.dumps(pressed))
        changed["payload"]["trigger_id"] = f"3.3.{number}"
        changed["payload"].pop(without, None)
        changed["payload"]["actions"][0].pop(without, None)
        return office.deliver(changed)

    assert [again(n, w) for n, w in enumerate(("value", "block_id", "channel", "response_url", "container"))] == [
        {}
    ] * 5


def test_a_form_with_fields_nobody_drew_saves_only_what_it_may(office: Office) -> None:
    form = office.owen.opens("update CUST26-R2")
    assert set(fields(form)) == {"status", "note", "forecast", "off_track"}
    office.owen.sends(form, note=" ")
    forged = office.last_envelope()
    values = forged["payload"]["view"]["state"]["values"]
    nonce = next(iter(values)).partition("@")[2]
    values[f"note@{nonce}"]["v"]["value"] = WORDS
    values[f"title@{nonce}"] = {"v": {"type": "plain_text_input", "value": "Nothing to see"}}
    values[f"target_date@{nonce}"] = {"v": {"type": "datepicker", "selected_date": "2030-01-01"}}
    values[f"status@{nonce}"]["v"]["selected_option"] = {"value": "complete ", "text": {"text": "x"}}
    before = office.item("CUST26-R2")
    office.deliver(forged)
    after = office.item("CUST26-R2")
    assert [k for k in after if after[k] != before[k]] == ["last_update_on", "rag", "version", "updated_at"] or {
        k for k in after if after[k] != before[k]
    } <= {"last_update_on", "version", "updated_at", "stale_days", "rag"}
    assert after["status"] == "in_progress"


@pytest.mark.parametrize("day", ["not a day", "2026-13-45", "0001-01-01", "99999-01-01"])
def test_a_forecast_that_is_no_day_is_refused_and_nothing_saved(office: Office, day: str) -> None:
    form = office.owen.opens("update CUST26-R2")
    office.owen.sends(form, note=" ")
    forged = office.last_envelope()
    values = forged["payload"]["view"]["state"]["values"]
    for block, state in values.items():
        if block.startswith("note@"):
            state["v"]["value"] = WORDS
        if block.startswith("forecast@"):
            state["v"]["selected_date"] = day
    before = office.whole()["chain_head"]
    ack = office.deliver(forged)
    assert ack["response_action"] == "errors"
    assert office.whole()["chain_head"] == before
