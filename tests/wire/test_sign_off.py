"""Ready for sign-off at the wire: the update kept, a bad link told at its field, and then it waits for the DCC."""

from tests.wire.office import Json, Office, button, fields, shown, until

WORDS = "All teams trained; nine in ten forms on time since 1 November."
LINK = "https://intranet.trentshire.example/force/forms-audit"


def ready(office: Office) -> Json:
    """The sign-off form, reached through the update form."""
    form = office.owen.presses_open(office.owen.says("CUST26-R2"), "Update CUST26-R2")
    told = office.owen.sends(form, note=WORDS, status="complete")
    assert not told["closed"] and told["errors"] is None
    return dict(told["view"])


def test_ready_for_sign_off_leads_to_the_next_form_with_the_update_kept(office: Office) -> None:
    form = ready(office)
    assert form["title"]["text"] == "Ask for sign-off" and form["submit"]["text"] == "Ask"
    assert shown(form).startswith("Saved. Your progress update is in the register. Now ask for sign-off:")
    assert fields(form)["done"]["initial_value"] == WORDS
    assert office.acts("CUST26-R2")[-1][1]["note"] == [None, WORDS]
    assert office.item("CUST26-R2")["status"] == "in_progress"


def test_a_bad_link_is_told_at_its_field_and_nothing_is_asked(office: Office) -> None:
    form = ready(office)
    for wrong in ("see the S drive", "ftp://files.example/x", "javascript:alert(1)", "https://", "https://a b<c>"):
        told = office.owen.sends(form, evidence=wrong)
        assert [k.partition("@")[0] for k in told["errors"]] == ["evidence"], wrong
        assert "That is not a link" in next(iter(told["errors"].values()))
    assert office.item("CUST26-R2")["status"] == "in_progress"


def test_asked_it_is_pending_sign_off_with_its_evidence(office: Office) -> None:
    form = ready(office)
    assert office.owen.sends(form, evidence=f"{LINK}\n{LINK}/2")["closed"]
    until(lambda: "Asked." in shown(office.owen.messages()[-1]), "the card drawn anew")
    told = office.owen.messages()[-1]
    assert told["redrawn"]
    assert "DCC Ruth Calder decides on CUST26-R2; it stays open until then" in shown(told)
    assert "pending sign-off" in shown(told) and WORDS in shown(told)
    assert office.item("CUST26-R2")["status"] == "pending_sign_off"
    assert office.acts("CUST26-R2")[-1][1]["evidence"] == [None, f"{LINK}\n{LINK}/2"]
    links = [e["url"] for b in told["blocks"] if b["type"] == "rich_text" for p in b["elements"]
             for e in p["elements"] if e["type"] == "link"]  # fmt: skip
    assert links == [LINK, f"{LINK}/2"]


def test_what_is_pending_cannot_be_asked_for_again_and_says_who_decides(office: Office) -> None:
    told = office.person("kit", "C0IMPROVE").says("complete STALK25-R2: again https://a.example/b")
    assert "has a request for sign-off by Kit Danvers that waits for a decision" in shown(told)
    assert office.acts("STALK25-R2")[-1][0] == "refused"


def test_the_button_of_the_card_opens_the_form(office: Office) -> None:
    card = office.owen.says("CUST26-R2")
    form = office.owen.presses_open(card, "Ask for sign-off of CUST26-R2")
    assert office.owen.sends(form, done=WORDS, evidence=LINK)["closed"]
    again = until(lambda: (m := office.owen.again(card))["redrawn"] and m, "the card drawn anew")
    assert "Ask for sign-off" not in [e["text"]["text"] for b in again["blocks"] for e in b.get("elements", [])
                                      if e.get("type") == "button"]  # fmt: skip
    assert office.item("CUST26-R2")["status"] == "pending_sign_off"


def test_a_request_that_came_too_late_keeps_its_words_and_can_be_sent_again(office: Office) -> None:
    form = ready(office)
    office.marcus.says("update CUST26-R2: The board asked for a date.")
    told = office.owen.sends(form, evidence=LINK)
    again = told["view"]
    assert shown(again).startswith("Not asked. ACC Marcus Frayne updated CUST26-R2 today at")
    assert (fields(again)["done"]["initial_value"], fields(again)["evidence"]["initial_value"]) == (WORDS, LINK)
    assert office.owen.sends(again)["closed"]
    assert office.item("CUST26-R2")["status"] == "pending_sign_off"


def test_the_same_request_again_is_asked_once(office: Office) -> None:
    assert office.owen.sends(ready(office), evidence=LINK)["closed"]
    sent, head = office.last_envelope(), office.whole()["chain_head"]
    assert office.deliver(sent) == {}
    assert office.whole()["chain_head"] == head


def test_typed_with_a_link_it_is_asked_at_once_and_slacks_own_link_marks_are_taken_off(office: Office) -> None:
    told = office.owen.says(f"complete CUST26-R2: {WORDS} {LINK}")
    assert shown(told).startswith("Asked. DCC Ruth Calder decides")
    sent = office.last_envelope()
    assert LINK in sent["payload"]["text"]
    sent["payload"] |= {
        "text": f"complete CUST26-A5: Done &amp; dusted <{LINK}|the audit>",
        "trigger_id": "1.2.another",
    }
    assert shown(office.deliver(sent)).startswith("Asked.")
    values = office.acts("CUST26-A5")[-1][1]
    assert (values["words"], values["evidence"]) == ([None, "Done & dusted"], [None, LINK])


def test_evidence_that_slack_shows_is_a_link_and_what_people_wrote_is_not(office: Office) -> None:
    office.owen.says(f"complete CUST26-R2: <!channel> *all done* {LINK}?a=1&b=2")
    card = office.ruth.says("CUST26-R2")
    assert "<!channel> *all done*" in shown(card)
    assert button(card, "History of CUST26-R2")
    link = [e for b in card["blocks"] if b["type"] == "rich_text" for p in b["elements"] for e in p["elements"]
            if e["type"] == "link"]  # fmt: skip
    assert [e["url"] for e in link] == [f"{LINK}?a=1&b=2"]
