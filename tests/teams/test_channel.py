"""Where others read: answers for one person alone, the digest and its rows, and nothing that is not theirs to see."""

import json

from storage import away, conversations, outbox, people
from tests.teams.office import CUSTODY, GOVERNANCE, Office, Shown, account, buttons, chat, member, text
from tests.teams.stand_ins import Order
from tests.wire.test_digest_rows import APPROVED, DANA, KIT, LEE, SIGNED

MONDAY = "2026-11-23 09:00"
SENSITIVE = "OFFICIAL-SENSITIVE"


def test_an_answer_in_a_channel_is_for_who_asked_alone(office: Office) -> None:
    owen = office.person("owen", CUSTODY)
    told = owen.says("mine")
    (sent,) = office.whispers()
    assert sent.body["recipient"] == {"id": "29:owen", "isTargeted": True}
    assert len(office.posts()) == 1 and told.place == CUSTODY
    item = owen.presses(told, "Details of CUST26-R2")
    saved = owen.sends(owen.presses(item, "Update CUST26-R2"), "Save: Update", note="Trained.")
    assert text(saved.card).startswith("Saved. Your update of CUST26-R2")
    assert text(owen.presses(saved, "Back").card).startswith("Your items 6 open")
    assert all(one.method != "PUT" for one in office.connector.posted)  # nothing that others see was drawn anew


def test_where_teams_has_no_private_answer_it_goes_to_their_own_chat(office: Office) -> None:
    office.person("owen").says("help")
    before = len(office.posts())
    office.connector.refuse(400, "BadRequest")
    told = {"id": f"{CUSTODY};messageid=1779999", "conversationType": "channel", "tenantId": office.tenant}
    office.person("owen", CUSTODY).writes("mine", conversation=told)
    said = {one.place: one for one in office.posts()[before:]}
    assert text(said[CUSTODY].card) == "I have answered you in our chat."
    assert text(said[chat("owen")].card).startswith("Your items 6 open")
    lines = [one.path for one in office.connector.posted if one.method == "POST" and CUSTODY in one.path]
    assert lines[-1] == f"/teams/v3/conversations/{CUSTODY};messageid=1779999/activities"


def test_without_a_chat_of_their_own_nothing_of_the_answer_is_told(office: Office) -> None:
    office.person("owen", CUSTODY).says("help")
    office.connector.refuse(400, "BadRequest")
    told = office.person("owen", CUSTODY).says("mine")
    assert text(told.card).startswith("I can answer you in our chat only.")
    public = [one.body for one in office.connector.posted if one.method == "POST" and one not in office.whispers()]
    assert len(public) == 1 and "CUST26" not in json.dumps(public)


def monday(office: Office) -> Shown:
    """On Friday Lia says where the digest comes, and checks Kit's evidence; on Monday at nine it comes."""
    office.clock.set("2026-11-20 16:40")
    lia = office.person("lia", GOVERNANCE)
    assert text(lia.says("digest here").card).startswith("Changed. The DCC's digest comes to this channel each Monday")
    assert text(lia.says(f"verify {KIT}: I read the audit of the risk tool.").card).startswith("Checked.")
    office.clock.set(MONDAY)
    office.tick()
    return digest(office)


def digest(office: Office) -> Shown:
    """The digest as people in the channel see it now."""
    return next(one for one in office.posts() if one.summary.startswith("Weekly digest"))


def row(card: Shown, reference: str) -> str:
    """What the row of an item says, up to the next."""
    said = text(card.card)
    return said[said.index(f"{reference} ") :][:200]


def test_the_digest_is_signed_off_row_by_row_and_each_stays(office: Office) -> None:
    before = monday(office)
    ruth = office.person("ruth", GOVERNANCE)
    question = ruth.presses(before, f"Sign off {KIT}")
    assert text(question.card).startswith(f"Sign off {KIT}?")
    told = ruth.presses(question, f"Sign off {KIT}?")
    assert text(told.card).startswith(f"Signed off. {KIT} is complete;")
    after = digest(office)
    assert SIGNED in row(after, KIT) and f"Sign off {KIT}" not in buttons(after.card)
    assert text(ruth.presses(told, "Back").card) == text(after.card)
    # the next one from the card as it was first seen: both stay
    ruth.presses(ruth.presses(before, f"Sign off {DANA}"), f"Sign off {DANA}?")
    ruth.presses(ruth.presses(before, f"Approve {LEE}"), f"Approve {LEE}?")
    last = digest(office)
    assert SIGNED in row(last, KIT) and SIGNED in row(last, DANA) and APPROVED in text(last.card)
    assert [office.item(one)["status"] for one in (KIT, DANA)] == ["complete", "complete"]
    decided = {f"Sign off {KIT}", f"Sign off {DANA}", f"Approve {LEE}"}
    left = [one for one in buttons(before.card) if one not in decided]
    assert buttons(last.card) == left


def test_what_was_sent_is_kept_as_it_was_sent(office: Office) -> None:
    before = monday(office)
    ruth = office.person("ruth", GOVERNANCE)
    ruth.presses(ruth.presses(before, f"Sign off {KIT}"), f"Sign off {KIT}?")
    with office.bot.store.read() as tx:
        found = outbox.posted(tx, "teams", GOVERNANCE, before.message)
    assert found and SIGNED in found.payload
    then = office.person("lia").says("digest 23 Nov 2026")
    assert SIGNED not in text(then.card) and KIT in text(then.card)


def test_an_officer_who_presses_sign_off_in_the_digest_is_refused_alone(office: Office) -> None:
    before = monday(office)
    owen = office.person("owen", GOVERNANCE)
    told = owen.presses(owen.presses(before, f"Sign off {KIT}"), f"Sign off {KIT}?")
    assert text(told.card).startswith("Not signed off.")
    assert office.item(KIT)["status"] == "pending_sign_off"
    assert text(digest(office).card) == text(before.card)
    assert text(owen.presses(told, "Back").card) == text(before.card)


def test_a_press_in_the_digest_counts_once_whoever_delivers_it_again(office: Office) -> None:
    before = monday(office)
    ruth = office.person("ruth", GOVERNANCE)
    question = ruth.presses(before, f"Sign off {KIT}")
    body = ruth.pressing(question, f"Sign off {KIT}?")
    for again in (body, body, {**body, "id": "another"}):
        assert text(ruth.answered(question, again).card).startswith(f"Signed off. {KIT} is complete;")
    assert office.acts(KIT).count("sign off") == 1


def test_of_an_item_that_is_sensitive_a_channel_is_told_nothing(office: Office) -> None:
    monday(office)
    titles = [one["title"] for one in office.whole()["items"] if one["marking"] == SENSITIVE]
    public = [p.body for p in office.connector.posted if "isTargeted" not in p.path and GOVERNANCE in p.path and p.body]
    assert titles and public
    assert not [title for title in titles if title in json.dumps(public, ensure_ascii=False)]
    mine = next(one for one in office.whole()["items"] if one["marking"] == SENSITIVE)
    told = office.person("lia", GOVERNANCE).says(mine["reference"])
    assert mine["title"] in text(told.card) and SENSITIVE in text(told.card)
    assert office.whispers()[-1].body["attachments"][0]["content"] == told.card


def test_a_reminder_is_pressed_in_the_own_chat_and_stays_with_what_was_done(office: Office) -> None:
    dana = office.person("dana")
    dana.says("help")
    office.clock.set("2026-11-23 09:40")
    office.tick()
    reminder = office.posts()[-1]
    assert reminder.place == chat("dana") and "STALK25-R3 Online stalking" in text(reminder.card)
    form = dana.presses(reminder, "No change to STALK25-R3")
    assert text(dana.presses(form, "Back, without saving").card) == text(reminder.card)
    told = dana.sends(form, "Save: No change", note="It waits for the new search tool.")
    assert text(told.card).startswith("Saved. ")
    assert "4 of your items need you." in text(told.card)  # the reminder is still there, below
    now = office.posts()[-1]
    assert now.message == reminder.message and text(now.card) == text(told.card)
    item = dana.presses(now, "Details of PEEL25-A3")
    assert text(dana.presses(item, "Back").card) == text(reminder.card)
    saved = dana.sends(dana.presses(now, "Update PEEL25-A3"), "Save: Update", note="Read each Monday now.")
    assert text(saved.card).startswith("Saved. Your update of PEEL25-A3") and "STALK25-R3" in text(saved.card)


def test_who_is_a_guest_now_is_reminded_of_nothing_until_they_are_a_member_again(office: Office) -> None:
    dana = office.person("dana")
    dana.says("help")
    office.connector.members["29:dana"] |= {"userPrincipalName": "dana.whitlock#EXT#@trentshire.example"}
    office.door.people.profiles.clear()
    assert text(dana.says("mine").card).startswith("Nothing shown.")
    before = [one for one in office.posts() if one.place == chat("dana")]
    office.clock.set("2026-11-23 09:40")
    office.tick()
    assert [one for one in office.posts() if one.place == chat("dana")] == before
    office.connector.members["29:dana"] |= {"userPrincipalName": "dana.whitlock@trentshire.example"}
    office.door.people.profiles.clear()
    assert "STALK25-R3" in text(dana.says("mine").card)
    office.clock.set("2026-11-24 09:40")
    office.tick()
    assert len([one for one in office.posts() if one.place == chat("dana")]) > len(before) + 1


def test_the_words_of_an_answer_are_kept_for_two_weeks_and_its_buttons_work_for_good(office: Office) -> None:
    owen = office.person("owen")
    listed = owen.says("mine")

    def kept() -> bool:
        with office.bot.store.read() as tx:
            found = outbox.posted(tx, "teams", chat("owen"), listed.message)
        return found is not None and "CUST26-R2" in found.payload

    office.clock.later(days=13)
    office.tick()
    assert kept()
    office.clock.later(days=2)
    office.tick()
    assert not kept()
    item = owen.presses(listed, "Details of CUST26-R2")
    assert text(item.card).startswith("CUST26-R2") and text(owen.presses(item, "Back").card).startswith("Your items")


def test_the_conversation_of_each_place_is_kept(office: Office) -> None:
    office.person("owen").says("help")
    office.person("owen", CUSTODY).says("help")
    with office.bot.store.read() as tx:
        own, here = conversations.known(tx, chat("owen")), conversations.known(tx, CUSTODY)
    assert own and own.kind == "personal" and own.person_id and own.service_url == office.connector.service_url
    assert here and here.kind == "channel" and here.person_id is None and here.bot_id == "28:lightkeeper"
    # where nothing is said of its kind, others may read there
    said = len(office.whispers())
    office.person("owen", CUSTODY).writes("mine", conversation={"id": CUSTODY, "tenantId": office.tenant})
    assert len(office.whispers()) == said + 1


# --- names ----------------------------------------------------------------------------------------------------------


def looks(office: Office) -> int:
    """What each tick does about names; gives how many pages were asked for."""
    (job,) = [job for job in office.bot.jobs if job.name == "people in Teams"]
    return int(job.work(office.clock()))


def pages(office: Office) -> list[str]:
    return [one.path.partition("?")[2] for one in office.connector.posted if "pagedMembers" in one.path]


def test_who_is_known_by_address_only_gets_a_name_from_a_channel(office: Office) -> None:
    office.connector.members["29:lee"] = member("lee", userRole="guest")
    office.connector.members.pop(account("lee"))
    owen = office.person("owen", CUSTODY)
    assert "marcus.frayne@trentshire.example" in text(owen.says("CUST26-R2").card)
    assert looks(office) == 1
    assert "ACC Marcus Frayne" in text(owen.says("CUST26-R2").card)
    assert "lee.marsh@trentshire.example" in text(office.person("lia").says("CYBER19-A1.4").card)
    assert looks(office) == 0, "each place once a day"
    office.clock.set("2026-11-21 09:00")
    assert looks(office) == 1


def test_names_are_read_page_by_page_and_teams_may_ask_to_wait(office: Office) -> None:
    ticking = [0.0]
    office.door.people.ticks = lambda: ticking[0]
    office.person("owen", CUSTODY).says("help")
    office.person("owen", GOVERNANCE).says("help")
    first, gone = [member("kit")], {"error": {"code": "BotNotInConversationRoster"}}
    office.connector.orders.append(Order(403, gone))  # a place that nobody told us we were taken out of
    office.connector.orders.append(Order(200, {"members": first, "continuationToken": "page-2"}))
    office.connector.refuse(429, headers={"Retry-After": "7"})
    assert looks(office) == 3 and "continuationToken=page-2" in pages(office)[-1]
    ticking[0] = 6.9
    assert looks(office) == 0
    ticking[0] = 7.1
    assert looks(office) == 1 and "continuationToken=page-2" in pages(office)[-1]
    assert "ACC Marcus Frayne" in text(office.person("lia").says("CUST26-R2").card)
    assert looks(office) == 0


# --- who has left ---------------------------------------------------------------------------------------------------


def away_for(office: Office, who: str) -> str:
    with office.bot.store.read() as tx:
        found = people.known_as(tx, people.Handle("teams", office.tenant, account(who)))
        assert found and found.id
        return away.why(tx, found.id)


def asked_for(office: Office, who: str) -> int:
    looked = [one.path for one in office.connector.posted if one.path.endswith(f"/{chat(who)}/members/{account(who)}")]
    return len(looked)


def test_whoever_is_gone_from_their_own_chat_is_found_the_same_day_and_back_once_seen(office: Office) -> None:
    for who in ("owen", "dana", "kit"):
        office.person(who).says("help")
    gone = [office.connector.members.pop(key) for key in ("29:dana", account("dana"))]
    office.connector.members[account("kit")] = member("kit", userPrincipalName="kit#EXT#@trentshire.example")
    looks(office)
    looks(office)
    assert [away_for(office, who) for who in ("owen", "dana", "kit")] == ["", "unknown", "guest"]
    assert [asked_for(office, who) for who in ("owen", "dana", "kit")] == [1, 1, 1], "each once a day"
    assert "Dana Whitlock (gone)" in text(office.person("lia").says("list owner:gone").card)
    office.connector.members |= dict.fromkeys(("29:dana", account("dana")), gone[0])
    office.clock.later(days=1)
    looks(office)
    assert away_for(office, "dana") == ""


def test_whoever_is_in_their_chat_is_here_even_where_their_id_is_not_looked_up(office: Office) -> None:
    office.person("owen").says("help")
    del office.connector.members[account("owen")]  # a service that knows members by its own ids only
    looks(office)
    assert asked_for(office, "owen") == 1 and away_for(office, "owen") == ""


def test_while_teams_does_not_say_nobody_is_thought_to_have_left(office: Office) -> None:
    ticking = [0.0]
    office.door.people.ticks = lambda: ticking[0]
    office.person("owen").says("help")
    office.connector.refuse(429, headers={"Retry-After": "7"})
    looks(office)
    office.connector.refuse(403, "ConversationBlockedByUser")
    looks(office)
    assert asked_for(office, "owen") == 1, "Teams asked to wait"
    ticking[0] = 7.1
    looks(office)
    assert asked_for(office, "owen") == 2 and away_for(office, "owen") == ""
