"""Talking with the bot in Teams: what is written and pressed, and what stands in its place afterwards."""

from datetime import timedelta

import pytest

from handlers.teams.draw import plain
from storage import conversations, outbox
from tests.teams.office import CUSTODY, GOVERNANCE, Office, account, buttons, chat, every, fields, member, text
from tests.teams.stand_ins import BOT

WORDS = "All teams trained <b>now</b> & *checked* {{DATE(2026-11-20)}}."


def test_what_somebody_owns_is_answered_in_their_own_chat_however_it_is_typed(office: Office) -> None:
    told = office.person("owen").says("mine")
    assert told.place == chat("owen")
    assert text(told.card).startswith("Your items 6 open : 2 overdue")
    assert told.summary == "You have 6 open items: 2 overdue, 2 due in the next 14 days"
    for typed in ("/4action mine", "/mine", "  mine&nbsp;", "4action mine", "MINE", "/4action"):
        assert text(office.person("owen").says(typed).card).startswith("Your items 6 open"), typed


def test_a_filter_lists_a_wrong_one_is_named_and_help_tells_what_can_be_said(office: Office) -> None:
    owen = office.person("owen")
    listed = owen.says("list report:CUST26 rag:red")
    assert text(listed.card).startswith("Red items of CUST26")
    told = owen.says("list rag:purple")
    assert text(told.card).startswith("Nothing listed. rag:purple is not known. Use one of: red, amber")
    right = owen.presses(told, "list rag:red")
    assert text(right.card).startswith("Red items") and "Back" in buttons(right.card)
    told = owen.says("help")
    assert "CUST26-R2 one item" in text(told.card) and "/4action" not in text(told.card)


def test_a_list_opens_an_item_and_back_is_the_list(office: Office) -> None:
    """All of it in the place of the one message, and Teams is asked once who that is."""
    owen = office.person("owen")
    listed = owen.says("mine")
    item = owen.presses(listed, "Details of CUST26-R2")
    assert text(item.card).startswith("CUST26-R2 Use of force forms")
    history = owen.presses(item, "History of CUST26-R2")
    again = owen.presses(history, "Back")
    assert text(again.card) == text(listed.card) and "Back" not in buttons(again.card)
    assert len(office.posts()) == 1
    asked = [one.path for one in office.connector.posted if one.method == "GET"]
    assert asked == [f"/teams/v3/conversations/{chat('owen')}/members/29:owen"]


def test_an_update_with_nothing_said_comes_back_at_its_field_with_what_was_typed(office: Office) -> None:
    owen = office.person("owen")
    listed = owen.says("mine")
    form = owen.presses(listed, "Update CUST26-R2")
    wrong = owen.sends(form, "Save: Update", forecast="2026-12-11", note=" ")
    assert "Say in a sentence or two what has changed." in text(wrong.card)
    assert fields(wrong.card)["forecast"]["value"] == "2026-12-11"
    assert office.acts("CUST26-R2")[-1] == "update" and office.item("CUST26-R2")["version"] == 2
    saved = owen.sends(wrong, "Save: Update", note=WORDS)
    assert text(saved.card).startswith("Saved. Your update of CUST26-R2 is in the register, 20 Nov 2026, 16:40.")
    assert "Your items 6 open" in text(saved.card)
    assert office.item("CUST26-R2")["version"] == 3
    note = [e["values"]["note"][1] for e in office.whole()["events"] if "note" in e["values"]][-1]
    assert note == WORDS
    (stays,) = office.posts()  # the message itself stays so
    assert text(stays.card) == text(saved.card)


def test_what_is_typed_may_open_a_form_that_is_then_sent(office: Office) -> None:
    owen = office.person("owen")
    form = owen.says("update CUST26-R2")
    assert set(fields(form.card)) == {"status", "note", "forecast", "off_track"}
    saved = owen.sends(form, "Save: Update", note="Trained.")
    assert text(saved.card).startswith("Saved. Your update of CUST26-R2")
    assert text(office.posts()[-1].card).startswith("Saved. Your update of CUST26-R2")
    assert not fields(saved.card)  # the form is done with
    again = owen.sends(owen.presses(saved, "Update CUST26-R2"), "Save: Update", note="And tested.")
    assert text(again.card).count("Saved.") == 1
    left = owen.presses(owen.says("update CUST26-R2"), "Back, without saving")
    assert text(left.card).startswith("Your items 6 open")


def test_ready_for_sign_off_leads_to_the_next_form_with_the_update_kept(office: Office) -> None:
    owen = office.person("owen")
    form = owen.presses(owen.says("CUST26-R2"), "Update CUST26-R2")
    asks = owen.sends(form, "Save: Update", note=WORDS, status="complete")
    assert text(asks.card).startswith("Ask for sign-off Saved. Your progress update is in the register.")
    assert fields(asks.card)["done"]["value"].replace("\u200b", "") == WORDS
    assert "one a line; files cannot be added here." in text(asks.card)
    assert set(fields(asks.card)) == {"done", "evidence"}
    wrong = owen.sends(asks, "Ask: Ask for sign-off", evidence="see the S drive")
    assert "That is not a link" in text(wrong.card)
    asked = owen.sends(wrong, "Ask: Ask for sign-off", evidence="https://intranet.trentshire.example/audit")
    assert text(asked.card).startswith("Asked. ruth.calder@trentshire.example decides on CUST26-R2")
    assert office.item("CUST26-R2")["status"] == "pending_sign_off"


def test_an_extension_is_asked_for(office: Office) -> None:
    owen = office.person("owen")
    form = owen.presses(owen.says("CUST26-R2"), "Ask for an extension of CUST26-R2")
    wrong = owen.sends(form, "Ask: Ask for extension", date="2026-11-03", reason="Two teams are away.")
    assert "3 Nov 2026 has passed" in text(wrong.card)
    asked = owen.sends(wrong, "Ask: Ask for extension", date="2026-12-18")
    assert text(asked.card).startswith("Asked.") and office.acts("CUST26-R2")[-1] == "extend"


def test_a_form_that_came_too_late_says_what_happened_and_keeps_the_words(office: Office) -> None:
    owen = office.person("owen")
    form = owen.presses(owen.says("CUST26-R2"), "Update CUST26-R2")
    office.person("marcus").says("update CUST26-R2: The board asked for a date.")
    late = owen.sends(form, "Save: Update", note=WORDS)
    assert "ACC Marcus Frayne updated CUST26-R2 today" in text(late.card)
    assert fields(late.card)["note"]["value"].replace("\u200b", "") == WORDS
    assert text(owen.sends(late, "Save: Update").card).startswith("Saved. Your update")


def test_a_button_of_months_ago_says_how_it_stands_now(office: Office) -> None:
    owen = office.person("owen")
    card = owen.says("CUST26-R2")
    office.clock.set("2027-05-20 10:00")
    office.person("marcus").says("update CUST26-R2: The board asked for a date.")
    told = owen.presses(card, "Update CUST26-R2")
    assert text(told.card).startswith("Nothing changed. ACC Marcus Frayne updated CUST26-R2 today at")
    assert "Update CUST26-R2" in buttons(told.card)


def test_what_somebody_may_not_do_is_refused_in_place(office: Office) -> None:
    office.person("owen").says("complete CUST26-R2: Done https://intranet.trentshire.example/audit")
    ana = office.person("ana")
    ruth, hers = office.person("ruth"), ana.says("CUST26-R2")
    question = ruth.presses(ruth.says("CUST26-R2"), "Sign off CUST26-R2")
    assert text(question.card).startswith("Sign off CUST26-R2? Asked by Supt Owen Hale.")
    told = ana.presses(hers._replace(card=question.card), "Sign off CUST26-R2?")
    assert text(told.card).startswith("Not signed off.") and "Back" in buttons(told.card)
    assert office.item("CUST26-R2")["status"] == "pending_sign_off"


def test_a_button_that_nobody_knows_is_answered_in_a_sentence(office: Office) -> None:
    owen = office.person("owen")
    body = owen.pressing(owen.says("mine"), "Help")
    for action in ({"verb": "dance", "data": {}}, {"verb": "ask", "data": {"ask": "what?"}}, {}, "x", {"data": [1]}):
        told = office.hears({**body, "value": {"action": action}})
        assert told and told["type"] == "application/vnd.microsoft.activity.message"
        assert told["value"].startswith("I do not know that button.")
    assert office.hears({**body, "value": None}) is not None


def test_a_press_counts_once_under_whichever_id_it_comes(office: Office) -> None:
    owen = office.person("owen")
    form = owen.says("update CUST26-R2")
    values = {name: field.get("value", "") for name, field in fields(form.card).items()} | {"note": "Once."}
    body = owen.pressing(form, "Save: Update", **values)
    first = owen.answered(form, body)
    for repeat in (body, {**body, "id": "another"}):
        assert text(owen.answered(form, repeat).card).startswith("Saved. Your update of CUST26-R2")
    assert text(first.card).startswith("Saved.") and office.item("CUST26-R2")["version"] == 3


def test_a_message_counts_and_is_answered_once(office: Office) -> None:
    owen = office.person("owen")
    body = office.body("owen", owen.place, text="update CUST26-R2: Trained.")
    for _ in range(2):
        assert office.hears(body) is None
    assert len(office.posts()) == 1 and office.item("CUST26-R2")["version"] == 3
    here = office.body("owen", CUSTODY, text="mine")
    for _ in range(2):
        office.hears(here)
    assert len(office.whispers()) == 1


# --- people ---------------------------------------------------------------------------------------------------------


def test_somebody_mentioned_is_meant_and_in_a_text_stays_a_name(office: Office) -> None:
    jo = {"type": "mention", "text": "<at>Jo</at>", "mentioned": {"id": "29:jo", "name": "Insp Jo Cole"}}
    lia = office.person("lia")
    told = lia.says("assign CUST26-R2 <at>Jo</at>", mentions=[jo])
    assert text(told.card).startswith("Assigned. Insp Jo Cole owns CUST26-R2"), text(told.card)
    office.person("jo").says("update CUST26-R2: I have asked &lt;b&gt; and <at>Jo</at> agrees.", mentions=[jo])
    note = [e["values"]["note"][1] for e in office.whole()["events"] if "note" in e["values"]][-1]
    assert note == "I have asked <b> and Insp Jo Cole agrees."


def test_whom_a_form_names_is_meant_by_their_account(office: Office) -> None:
    office.person("jo").says("mine")
    lia = office.person("lia")
    form = lia.says("assign CUST26-R2")
    saved = lia.sends(form, "Assign: Assign", person=account("jo").upper())
    assert "Insp Jo Cole owns CUST26-R2" in text(saved.card)
    guest = member("sam", userPrincipalName="sam_visitor#EXT#@trentshire.example")
    office.connector.members |= {account("sam"): guest}
    again = lia.says("assign CUST26-R2")
    refused = lia.sends(again, "Assign: Assign", person=account("sam"))
    assert "Sam Idris cannot answer for an item: a guest does not see the register." in text(refused.card)
    nobody = lia.sends(refused, "Assign: Assign", person=account("nobody at all"))
    assert "Teams does not show me who that is." in text(nobody.card)


def test_a_form_that_comes_back_shows_who_was_chosen_by_name(office: Office) -> None:
    office.person("jo").says("mine")
    lia = office.person("lia")
    form = lia.says("add CUST26")
    (save,) = [one for one in form.card["actions"] if one["verb"] == "form"]
    for who, shown in ((account("jo").upper(), "Insp Jo Cole"), (account("nobody at all"), "As it is now")):
        wrong = lia.sends(form, save["tooltip"], person=who)
        owner = fields(wrong.card)["person"]
        assert (owner["value"], owner["choices"]) == (who, [{"title": shown, "value": who}])


KEPT_OUT = (
    ("kit", {"userPrincipalName": "kit_out#EXT#@trentshire.example"}, "you are a guest"),
    ("lee", {"userRole": "guest"}, "you are a guest"),
    ("jo", {"userRole": "anonymous"}, "you are not signed in"),
    ("dana", {"tenantId": "11111111-0000-4000-8000-000000000000"}, "your account belongs to another organisation"),
    ("ana", {"aadObjectId": account("ruth")}, "Teams did not say who you are"),
)


def test_guests_strangers_and_the_anonymous_see_nothing(office: Office) -> None:
    for who, changes, why in KEPT_OUT:
        office.connector.members[f"29:{who}"] = member(who, **changes)
        told = office.person(who).says("list")
        assert text(told.card).startswith(f"Nothing shown. The register is for members of Trentshire Police, and {why}")
        assert not buttons(told.card)


def test_who_has_no_account_and_whom_teams_does_not_know_see_nothing(office: Office) -> None:
    nameless = {"id": "29:owen", "name": "Supt Owen Hale"}
    told = office.person("owen").says("list", **{"from": nameless})
    assert "you are not signed in" in text(told.card)
    office.connector.members.clear()
    told = office.person("ruth").says("list")
    assert "Teams did not say who you are; please try again in a moment" in text(told.card)


def test_another_tenant_and_bots_are_not_answered(office: Office) -> None:
    owen = office.person("owen")
    card = owen.says("mine")
    other = {"tenant": {"id": "11111111-0000-4000-8000-000000000000"}}
    there = {"id": chat("owen"), "conversationType": "personal", "tenantId": other["tenant"]["id"]}
    for more in ({"channelData": other}, {"channelData": other, "conversation": there}, {"conversation": there}):
        owen.writes("list", **more)
        told = office.hears({**owen.pressing(card, "Help"), **more})
        assert told and told["value"].startswith("The register is for members of Trentshire Police")
    owen.writes("list", **{"from": {"id": "28:another", "name": "Bot"}})
    owen.writes("list", **{"from": {"id": "29:owen", "role": "bot", "aadObjectId": account("owen")}})
    assert len(office.posts()) == 1


# --- coming and going -----------------------------------------------------------------------------------------------


def test_the_bot_says_hello_in_three_lines_once(office: Office) -> None:
    added = office.body("owen", chat("owen"), "installationUpdate", action="add")
    joined = office.body("owen", chat("owen"), "conversationUpdate", membersAdded=[{"id": BOT}])
    assert office.hears(added) is None and office.hears(joined) is None
    (hello,) = office.posts()
    assert text(hello.card).startswith("Hello. I keep the register of inspection findings of Trentshire Police.")
    assert len(every(hello.card["body"], "RichTextBlock")) == 3
    mine = office.person("owen").presses(hello, "What you own")
    assert text(mine.card).startswith("Your items 6 open")
    others = office.body("owen", CUSTODY, "conversationUpdate", membersAdded=[{"id": "29:ana"}])
    newer = [office.body("owen", CUSTODY, "installationUpdate", action=f"{one}-upgrade") for one in ("remove", "add")]
    borne = [office.body("owen", CUSTODY, kind) for kind in ("messageReaction", "typing", "event")]
    for activity in (others, *newer, *borne, office.body("owen", CUSTODY, text=" ")):
        assert office.hears(activity) is None
    assert len(office.posts()) == 1


def test_taken_out_nothing_is_sent_there_until_it_is_back(office: Office) -> None:
    owen = office.person("owen")
    owen.says("mine")
    office.hears(office.body("owen", chat("owen"), "installationUpdate", action="remove"))
    office.person("lia").says("assign CUST26-R2 dana.whitlock@trentshire.example")
    office.tick()
    assert [one.place for one in office.posts()] == [chat("owen"), chat("lia")]
    assert office.person("owen").says("help").place == chat("owen")


def test_what_waits_where_the_app_was_removed_is_told_once_and_goes_when_it_is_back(office: Office) -> None:
    office.person("lia").says("help")
    office.person("owen", CUSTODY).says("help")
    with office.bot.store.aside() as tx:
        for key, days in (("fresh", 1), ("old", 15)):
            put_on = office.clock() - timedelta(days=days)
            outbox.put(tx, key, "teams", CUSTODY, plain(f"The {key} one."), put_on)
    before, where = len(office.posts()), {"tenant": {"id": office.tenant}, "team": {"id": CUSTODY}}
    office.hears(office.body("owen", CUSTODY, "installationUpdate", action="remove", channelData=where))
    office.hears(office.body("owen", CUSTODY, "conversationUpdate", membersRemoved=[{"id": BOT}], channelData=where))
    office.tick()
    (told,) = office.posts()[before:]
    assert told.place == chat("lia") and f"({CUSTODY}), and 2 messages wait for it" in text(told.card)
    office.hears(office.body("owen", CUSTODY, "installationUpdate", action="add", channelData=where))
    office.tick()
    there = [text(one.card) for one in office.posts()[before + 1 :] if one.place == CUSTODY]
    assert "The fresh one." in there and "The old one." not in there
    assert outbox.state_of(office.bot.store, "old").state == outbox.BLOCKED


@pytest.mark.parametrize(("event", "left"), [("teamDeleted", True), ("channelDeleted", False), ("teamRenamed", False)])
def test_with_its_team_a_channel_is_gone(office: Office, event: str, left: bool) -> None:
    office.person("owen", CUSTODY).says("help")
    where = {"tenant": {"id": office.tenant}, "team": {"id": CUSTODY}, "eventType": event}
    office.hears(office.body("owen", GOVERNANCE, "conversationUpdate", channelData=where))
    with office.bot.store.read() as tx:
        assert (conversations.known(tx, CUSTODY) is None) is left
