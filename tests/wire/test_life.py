"""The life of an item at the wire: pressed, filled in, drawn anew where it stood, and told to whoever waits for it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from storage import people
from storage.people import Enrolment
from tests.bot.test_digest_once import with_its_digest_set_up
from tests.conftest import CAST
from tests.databases import Database
from tests.wire.conftest import hold_to_the_limits
from tests.wire.office import CUSTODY, DCC, Json, Member, Office, button, fields, shown, until

LINK = "https://intranet.trentshire.example/force/forms-audit"
MINE, SENSITIVE, CHECKED, UNCHECKED, EXTENDED = "CUST26-R2", "CUST26-A7", "PEEL25-A6", "STALK25-R2", "CYBER19-A1.4"
MENUS = {"overflow", "static_select"}
MONDAY = "2026-11-23T09:00:05"


@dataclass
class Tapping(Member):
    """Somebody whose taps are counted: a press, a look behind the menu, a question, a choice, and sending a form."""

    taps: list[str] = field(default_factory=list)

    def presses(self, message: Json, heard: str, **more: object) -> Json:
        _, element, _ = button(message, heard)
        self.taps += ["Other acts"] if element["type"] in MENUS else []
        self.taps += [heard] + (["Yes"] if element.get("confirm") else [])
        return super().presses(message, heard, **more)

    def sends(self, view: Json, **values: object) -> Json:
        typed = {name for name, element in fields(view).items() if element["type"] == "plain_text_input"}
        self.taps += [name for name in values if name not in typed] + ["send"]
        return super().sends(view, **values)


def tapping(office: Office, who: str) -> Tapping:
    return Tapping(office, f"U0{who.upper()}", CUSTODY)


def anew(who: Member, message: Json, first: str) -> Json:
    """A card drawn anew in its place, when it begins so; what it said before is gone from there."""
    again = until(lambda: (m := who.again(message))["redrawn"] and m, f"a card that says {first}")
    assert shown(again).startswith(first), shown(again)
    return dict(again)


def direct(office: Office, who: str) -> list[Json]:
    return [m for m in office.person(who, f"D0{who.upper()}").messages() if m["writer"]["bot"]]


def notices(office: Office, who: str) -> list[str]:
    """What somebody was told directly without having asked, oldest first."""
    return [said for said in map(shown, direct(office, who)) if "You get this because" in said]


def told(office: Office, who: str, many: int = 1) -> str:
    """The last of so many notices that somebody got, once all are there."""
    until(lambda: len(notices(office, who)) >= many, f"{many} notices to {who}")
    assert len(notices(office, who)) == many, notices(office, who)
    return notices(office, who)[-1]


def settled(office: Office) -> None:
    """What follows the acknowledgements has come to its end, and whatever waits has been delivered."""
    for one in [office.bot.door.after.submit(lambda: None) for _ in range(4)]:
        one.result(10)
    office.bot.tick()


def buttons(message: Json) -> list[str]:
    """The labels of the buttons in sight."""
    elements = [e for b in message["blocks"] for e in [b.get("accessory"), *b.get("elements", [])] if e]
    return [e["text"]["text"] for e in elements if e["type"] == "button"]


def menu(message: Json) -> list[str]:
    """The labels behind the menu of other acts."""
    elements = [e for b in message["blocks"] for e in [b.get("accessory"), *b.get("elements", [])] if e]
    return [o["text"]["text"] for e in elements if e["type"] in MENUS for o in e["options"]]


def also_dcc(office: Office, who: str) -> None:
    people.enrol(office.bot.store, [Enrolment(CAST[who][0], "dcc")], None, "terminal", "in the tests")


STORY = ["complete", "verify", "send back", "update", "complete", "sign off", "close"]

# --- the story ------------------------------------------------------------------------------------------------------


def test_the_whole_story_by_pressing_and_filling_in(office: Office) -> None:
    owen, lia, ruth = tapping(office, "owen"), tapping(office, "lia"), tapping(office, "ruth")
    # asked without evidence: told at its field, in the form
    card = owen.says(MINE)
    form = owen.presses_open(card, f"Ask for sign-off of {MINE}")
    refused = owen.sends(form, done="All teams trained.")
    assert [(k.partition("@")[0], v[:11]) for k, v in refused["errors"].items()] == [("evidence", "Give a link")]
    owen.taps.clear()
    # asked again
    form = owen.presses_open(card, f"Ask for sign-off of {MINE}")
    assert owen.sends(form, done="All teams trained.", evidence=LINK)["closed"]
    card = anew(owen, card, f"Asked. DCC Ruth Calder decides on {MINE};")
    assert len(owen.taps) <= 3, owen.taps
    # the liaison checks the evidence
    looked = lia.says(MINE)
    assert lia.sends(lia.presses_open(looked, f"Check the evidence of {MINE}"), note="Two of three teams.")["closed"]
    anew(lia, looked, "Checked. DCC Ruth Calder sees your note")
    # the DCC sends it back, and Owen hears the words
    request = ruth.says(f"pending {MINE}")
    assert "“Two of three teams.”" in shown(request)
    assert ruth.sends(ruth.presses_open(request, f"Send back {MINE}"), reason="Show the third team.")["closed"]
    after = anew(ruth, request, f"Sent back. {MINE} is in progress again; Supt Owen Hale hears of it.")
    assert "Send back" not in buttons(after) and "Sent back by DCC Ruth Calder, 20 Nov 2026," in shown(after)
    heard = told(office, "owen")
    assert heard.startswith(f"Sent back. DCC Ruth Calder sent {MINE} back, 20 Nov 2026, 16:4")
    assert "It is in progress again: mend it, then ask for sign-off again. Show the third team." in heard
    # Owen mends it from that message
    owen.taps.clear()
    there = Tapping(office, "U0OWEN", "D0OWEN", owen.taps)
    form = there.presses_open(direct(office, "owen")[0], f"Update {MINE}")
    assert there.sends(form, note="The third team is trained too.")["closed"]
    assert len(owen.taps) <= 3, owen.taps
    owen.taps.clear()
    card = owen.says(MINE)
    form = owen.presses_open(card, f"Ask for sign-off of {MINE}")
    assert owen.sends(form, done="The third team is trained too.", evidence=f"{LINK}/3")["closed"]
    anew(owen, card, "Asked.")
    assert len(owen.taps) <= 3, owen.taps
    # signed off from the request, which asks once more
    request = ruth.says(f"pending {MINE}")
    assert "Asked by Supt Owen Hale." in button(request, f"Sign off {MINE}")[1]["confirm"]["text"]["text"]
    ruth.presses(request, f"Sign off {MINE}")
    after = anew(ruth, request, f"Signed off. {MINE} is complete; Supt Owen Hale hears of it.")
    assert "Signed off by DCC Ruth Calder, 20 Nov 2026," in shown(after) and "Sign off" not in buttons(after)
    assert told(office, "owen", 2).startswith(f"Signed off. DCC Ruth Calder signed {MINE} off, 20 Nov 2026,")
    # the inspectorate closes it
    looked = lia.says(MINE)
    form = lia.presses_open(looked, f"Record the inspectorate's closure of {MINE}")
    assert lia.sends(form, date="2026-11-19", number="CU-26-121", reason="Its letter.")["closed"]
    after = anew(lia, looked, f"Recorded. The inspectorate closed {MINE} on 19 Nov 2026.")
    assert "Force: complete, 20 Nov 2026, by DCC Ruth Calder" in " ".join(shown(after).split())
    assert told(office, "owen", 3).startswith("Closed by the inspectorate. Lia Penrose recorded the inspectorate's")
    # who acted was told nothing of their own
    assert direct(office, "ruth") == direct(office, "lia") == []
    assert [act for act, _ in office.acts(MINE)][-7:] == STORY


def test_every_answer_of_the_owner_takes_three_taps_at_most(office: Office) -> None:
    owen = tapping(office, "owen")
    for heard, values, first in (
        (f"Update {MINE}", {"note": "Nearly there."}, "Saved."),
        (f"Ask for an extension of {MINE}", {"date": "2026-12-18", "reason": "The trainer is ill."}, "Asked."),
        (f"Withdraw the request for {MINE}", {}, "Withdrawn."),
        ("Ask for no action", {"reason": "The form is abolished."}, "Asked."),
        (f"Withdraw the request for {MINE}", {}, "Withdrawn."),
        ("Waiting on", {"whom": "the county council"}, "Saved."),
        ("Delegate", {"person": "U0JO"}, "Saved."),
        (f"Ask for sign-off of {MINE}", {"done": "All trained.", "evidence": LINK}, "Asked."),
    ):
        card = owen.says(MINE)
        owen.taps.clear()
        if values:
            assert owen.sends(owen.presses_open(card, heard), **values)["closed"], heard
        else:
            owen.presses(card, heard)
        anew(owen, card, first)
        assert len(owen.taps) <= (4 if heard == "Delegate" else 3), owen.taps  # to delegate answers nothing
    assert told(office, "jo").startswith(f"You may update it now. Supt Owen Hale delegated {MINE}, 20 Nov 2026,")


def test_an_extension_approved_and_one_refused(office: Office) -> None:
    """The DCC sees how often it slipped and who leads; the owner hears both, with the date."""
    owen, ruth = office.owen, office.ruth
    for day, choice in (("2026-12-18", "Approve"), ("2027-03-01", "Refuse")):
        form = owen.presses_open(owen.says(MINE), f"Ask for an extension of {MINE}")
        assert owen.sends(form, date=day, reason="The trainer is ill.")["closed"]
        request = ruth.says(f"pending {MINE}")
        assert ("Strategic lead: ACC Marcus Frayne" in " ".join(shown(request).split())) == (choice == "Refuse")
        if choice == "Approve":
            ruth.presses(request, f"Approve the request for {MINE}")
            anew(ruth, request, f"Approved. {MINE} has the target date 18 Dec 2026; Supt Owen Hale hears of it.")
        else:
            form = ruth.presses_open(request, f"Refuse the request for {MINE}")
            assert ruth.sends(form, reason="It was promised.")["closed"]
            anew(ruth, request, f"Refused. Nothing changes on {MINE}; Supt Owen Hale hears of it.")
    heard = told(office, "owen", 2)
    first = shown(direct(office, "owen")[0])
    assert first.startswith(f"Approved. DCC Ruth Calder approved the request on {MINE}, 20 Nov 2026,")
    assert "The target date is 18 Dec 2026." in first
    assert heard.startswith(f"Refused. DCC Ruth Calder refused the request on {MINE}, 20 Nov 2026,")
    assert "The target date stays 18 Dec 2026. It was promised." in heard
    assert direct(office, "ruth") == []


# --- assign and delegate --------------------------------------------------------------------------------------------


def test_an_owner_is_chosen_from_the_people_of_the_workspace(office: Office) -> None:
    card = office.lia.says("CUST26-A8")
    form = office.lia.presses_open(card, "Assign CUST26-A8")
    assert fields(form)["person"]["type"] == "users_select"
    assert office.lia.sends(form, person="U0ANA")["closed"]
    anew(office.lia, card, "Assigned. Sgt Ana Brook owns CUST26-A8 now, and hears of it.")
    heard = told(office, "ana")
    assert heard.startswith("It is yours now. Lia Penrose assigned CUST26-A8, 20 Nov 2026, 16:4")
    assert "You get this because you own it." in heard
    assert direct(office, "lia") == []
    there = office.person("ana", "D0ANA")
    assert there.sends(there.presses_open(direct(office, "ana")[0], "Update CUST26-A8"), note="On it.")["closed"]


@pytest.mark.parametrize("act", ["assign", "delegate"])
@pytest.mark.parametrize(
    ("who", "change", "why"),
    [
        ("U0SAM", {}, "Sam Idris cannot answer for an item: a guest does not see the register. Choose a full member."),
        ("U0LIGHT", {}, "Lightkeeper cannot answer for an item: it is an app. Choose a full member."),
        ("U0JO", {"deleted": True}, "Insp Jo Cole cannot answer for an item: the account is closed."),
        ("U0JO", {"is_stranger": True}, "Insp Jo Cole cannot answer for an item: the account belongs to another"),
    ],
)
def test_a_guest_an_app_a_leaver_and_a_stranger_are_told_at_the_field(
    office: Office, act: str, who: str, change: Json, why: str
) -> None:
    office.do("person", id=who, **change)
    office.bot.door.people.profiles.clear()  # a minute later
    form = office.lia.opens(f"{act} {MINE}")
    assert fields(form)["person"]["type"] == "users_select"
    answer = office.lia.sends(form, person=who)
    assert not answer["closed"] and next(iter(answer["errors"].values())).startswith(why)
    assert office.acts(MINE)[-1][0] != act


@pytest.mark.parametrize(
    "token", ["<!subteam^S012|@custody>", "<!here>", "@ana.brook @jo.cole", "#custody", "everyone"]
)
def test_a_group_owns_nothing(office: Office, token: str) -> None:
    answer = office.lia.says(f"assign {MINE} {token}")
    assert shown(answer).startswith("Not assigned.") and "Name one person, like @user" in shown(answer)
    assert "Your words, so that they are not lost:" in shown(answer)
    assert office.acts(MINE)[-1][0] != "assign"


def test_the_rare_acts_are_behind_the_menu(office: Office) -> None:
    card = office.lia.says(MINE)
    assert len(buttons(card)) <= 5
    assert {"Delegate", "Waiting on", "Dispute", "Supersede", "Inspectorate's closure"} <= set(menu(card))
    form = office.lia.presses_open(card, "Dispute")
    assert office.lia.sends(form, reason="It is not ours.")["closed"]
    anew(office.lia, card, f"Disputed. {MINE} stays open as disputed; Supt Owen Hale hears of it.")
    assert told(office, "owen").startswith(f"Disputed. Lia Penrose disputed {MINE}, 20 Nov 2026,")
    assert not {"Dispute", "Supersede", "Assign"} & {*menu(office.ana.says(MINE)), *buttons(office.ana.says(MINE))}


# --- two at once ----------------------------------------------------------------------------------------------------


def test_two_dccs_press_within_a_second_and_the_second_is_told_who_decided(office: Office) -> None:
    also_dcc(office, "lee")
    lee = office.person("lee", "C0IMPROVE")
    hers, his = office.ruth.says(f"pending {CHECKED}"), lee.says(f"pending {CHECKED}")
    office.ruth.presses(hers, f"Sign off {CHECKED}")
    answer = lee.hears(his, f"Sign off {CHECKED}")
    assert shown(answer).startswith(f"Nothing changed. DCC Ruth Calder signed {CHECKED} off today at 16:4")
    assert "This is how it stands now:" in shown(answer)
    settled(office)
    assert [act for act, _ in office.acts(CHECKED)].count("sign off") == 1
    assert told(office, "dana").startswith(f"Signed off. DCC Ruth Calder signed {CHECKED} off,")


def test_a_form_whose_request_was_decided_a_second_ago_gives_the_words_back(office: Office) -> None:
    also_dcc(office, "lee")
    lee = office.person("lee", "C0IMPROVE")
    form = lee.presses_open(lee.says(f"pending {CHECKED}"), f"Send back {CHECKED}")
    office.ruth.hears(office.ruth.says(f"pending {CHECKED}"), f"Sign off {CHECKED}")
    answer = lee.sends(form, reason="The audit is too small.")
    assert shown(answer["view"]).startswith(f"Nothing changed. DCC Ruth Calder signed {CHECKED} off today at 16:4")
    assert "Your words, so that they are not lost: The audit is too small." in shown(answer["view"])
    assert office.item(CHECKED)["status"] == "complete"


def test_the_same_press_delivered_again_decides_once(office: Office) -> None:
    office.ruth.hears(office.ruth.says(f"pending {CHECKED}"), f"Sign off {CHECKED}")
    sent = office.last_envelope()
    office.deliver(sent)
    settled(office)
    assert [act for act, _ in office.acts(CHECKED)].count("sign off") == 1
    told(office, "dana")


# --- the digest -----------------------------------------------------------------------------------------------------


@pytest.fixture
def monday(database: Database) -> Iterator[Office]:
    """The office on Monday at nine, when the digest has arrived in the DCC's channel."""
    with Office(database.copy(with_its_digest_set_up), now=MONDAY) as open_office:
        yield open_office
        open_office.bot.door.after.shutdown(wait=True)
        hold_to_the_limits(open_office)


def digest(office: Office, who: str = "ruth") -> Json:
    return next(m for m in office.person(who, DCC).messages() if "Weekly digest" in m["text"])


def test_only_what_was_checked_can_be_signed_off_in_the_digest_and_it_asks_once_more(monday: Office) -> None:
    shown_there = digest(monday)
    ask = button(shown_there, f"Sign off {CHECKED}")[1]["confirm"]
    assert ask["title"]["text"] == f"Sign off {CHECKED}?"
    assert ask["text"]["text"].startswith("Asked by ")
    assert buttons(shown_there).count("Sign off") == 1
    assert button(shown_there, f"Sign-off request {UNCHECKED}")[1]["text"]["text"] == "Details"


def test_signed_off_in_the_digest_it_is_said_privately_and_once(monday: Office) -> None:
    ruth, before = monday.person("ruth", DCC), digest(monday)
    answer = ruth.hears(before, f"Sign off {CHECKED}")
    assert answer["ephemeral"] and shown(answer).startswith(f"Signed off. {CHECKED} is complete;")
    sent = monday.last_envelope("interactive")
    assert told(monday, "dana").startswith(f"Signed off. DCC Ruth Calder signed {CHECKED} off, 23 Nov 2026, 09:0")
    sent["payload"]["trigger_id"] = "1.2.another"  # from a screen that still shows the button
    known = len(ruth.messages())
    monday.deliver(sent)
    again = until(lambda: ruth.messages()[known:], "an answer to the second press")[0]
    assert shown(again).startswith(f"Nothing changed. DCC Ruth Calder signed {CHECKED} off today at 09:0")
    assert [act for act, _ in monday.acts(CHECKED)].count("sign off") == 1


@pytest.mark.parametrize("who", ["lia", "marcus"])
def test_somebody_else_in_the_channel_is_refused_privately(monday: Office, who: str) -> None:
    member, before = monday.person(who, DCC), digest(monday, who)
    answer = member.hears(before, f"Sign off {CHECKED}")
    assert answer["ephemeral"]
    assert shown(answer).startswith(f"Not signed off. Only the DCC decides on {CHECKED}: DCC Ruth Calder.")
    assert digest(monday, who) == before
    assert answer["ts"] not in [m["ts"] for m in monday.person("ruth", DCC).messages()]
    assert monday.item(CHECKED)["status"] == "pending_sign_off"


# --- who hears ------------------------------------------------------------------------------------------------------


def test_of_a_sensitive_item_only_those_hear_who_may_read_it(office: Office) -> None:
    """Owen owned it until it was given to Ana: the news that it is hers is none of his any more."""
    title = office.item(SENSITIVE)["title"]
    office.lia.says(f"assign {SENSITIVE} @ana.brook")
    settled(office)
    heard = told(office, "ana")
    assert heard.startswith(f"It is yours now. Lia Penrose assigned {SENSITIVE},") and title in heard
    office.lia.says(f"dispute {SENSITIVE}: Not ours.")
    settled(office)
    assert told(office, "ana", 2).startswith(f"Disputed. Lia Penrose disputed {SENSITIVE},")
    assert direct(office, "owen") == direct(office, "lia") == []
    assert all(title not in m["text"].splitlines()[0] for m in direct(office, "ana"))  # a lock screen shows it


def test_a_notice_waits_for_somebody_who_is_not_in_chat_yet(register_url: str) -> None:
    def without_dana(workspace: Json) -> None:
        workspace["people"] = [p for p in workspace["people"] if p["id"] != "U0DANA"]
        for channel in workspace["channels"]:
            channel["members"] = [m for m in channel["members"] if m != "U0DANA"]
            channel["messages"] = [m for m in channel.get("messages", []) if m.get("user") != "U0DANA"]

    with Office(register_url, change=without_dana) as office:
        office.ruth.says(f"sign off {CHECKED}")
        settled(office)
        assert all(k.channel != "D0DANA" for k in office.slack.stand_in.workspace.kept)
    with Office(register_url, now="2026-11-20T18:00:00") as office:
        assert notices(office, "dana") == []  # found only now, and looked for again in a while
    with Office(register_url, now="2026-11-20T18:15:00") as office:
        assert told(office, "dana").startswith(f"Signed off. DCC Ruth Calder signed {CHECKED} off, 20 Nov 2026, 16:4")


def test_a_form_in_a_direct_message_waits_behind_its_button(office: Office) -> None:
    """A message carries no trigger: the words wait in the button, and the form opens with them."""
    sent = {"type": "message", "channel": "D0OWEN", "channel_type": "im", "user": "U0OWEN", "ts": "1795192900.000100"}
    payload = {"type": "event_callback", "team_id": "T0TRENT", "api_app_id": "A0LIGHT", "event_id": "Ev1"}
    words = f"complete {MINE}: All teams are trained."
    office.deliver({"type": "events_api", "payload": {**payload, "event": {**sent, "text": words}}})
    until(lambda: direct(office, "owen"), "an answer")
    there = Tapping(office, "U0OWEN", "D0OWEN")
    form = there.presses_open(direct(office, "owen")[0], f"Ask for sign-off: {MINE}")
    assert fields(form)["done"]["initial_value"] == "All teams are trained."
    assert there.sends(form, evidence=LINK)["closed"]
    assert office.item(MINE)["status"] == "pending_sign_off"
