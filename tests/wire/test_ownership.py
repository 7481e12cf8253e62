"""Whose an item is, at the wire: leavers found the same day, a hand-over by two presses, and one notice of it."""

import re

from handlers.slack.people import SlackPeople
from storage import away, history
from storage.people import Handle, known_as
from tests.wire.office import IMPROVE, Json, Office, button, shown, until


def why(office: Office, user: str) -> str:
    with office.bot.store.read() as tx:
        person = known_as(tx, Handle("slack", office.bot.door.people.team, user))
        assert person is not None and person.id is not None
        return away.why(tx, person.id)


def sweep(office: Office) -> int:
    """As the ticker does until nobody is left to ask; gives how many were asked for."""
    asked = 0
    while more := office.bot.door.people.find_leavers():
        asked += more
    return asked


def test_everybody_whom_open_items_name_is_asked_for_once_a_day(office: Office) -> None:
    with office.bot.store.read() as tx:
        named = len(away.tied(tx))
    assert len(office.bot.door.people.asked) == named  # the first tick was enough for all
    before = len(office.calls("users.info"))
    assert sweep(office) == 0
    assert len(office.calls("users.info")) == before


def test_a_pace_is_kept_and_nobody_is_forgotten(office: Office) -> None:
    people: SlackPeople = office.bot.door.people
    everybody = dict(people.asked)
    people.asked.clear()
    assert people.find_leavers(2) == 2
    assert len(people.asked) == 2
    sweep(office)
    assert people.asked == everybody


def test_a_leaver_a_guest_and_one_unknown_are_found_and_listed_the_same_day(office: Office) -> None:
    office.do("person", id="U0KIT", deleted=True)
    office.do("person", id="U0JO", is_restricted=True)
    office.bot.door.people.asked.clear()  # another day
    office.bot.tick()
    assert (why(office, "U0KIT"), why(office, "U0JO"), why(office, "U0OWEN")) == ("left", "guest", "")
    told = shown(office.lia.says("mine"))
    [gone] = re.findall(r"For you as the liaison: .*?(\d+ whose owner has left)", told)
    listed = office.lia.hears(office.lia.says("mine"), gone)
    assert "Open items owned by somebody who has left" in shown(listed) and "Kit Danvers (left)" in shown(listed)
    assert "Insp Jo Cole (guest)" in shown(office.lia.says("list owner:gone page:2"))


def test_who_comes_back_is_back_and_both_days_are_in_the_record(office: Office) -> None:
    people = office.bot.door.people
    office.do("person", id="U0KIT", deleted=True)
    people.asked.clear()
    sweep(office)
    office.do("person", id="U0KIT", deleted=False)
    people.asked.clear()
    sweep(office)
    assert why(office, "U0KIT") == ""
    with office.bot.store.read() as tx:
        assert [m.act for m in history.minutes(tx) if m.act in {"away", "back"}] == ["away", "back"]


def test_what_slack_says_of_somebody_anyhow_counts_at_once(office: Office) -> None:
    """Jo presses after she became a guest: nothing is shown to her, and her items are known to be orphans."""
    office.do("person", id="U0JO", is_ultra_restricted=True)
    office.bot.door.people.profiles.clear()  # a minute later
    assert "you are a guest" in shown(office.person("jo", IMPROVE).says("mine"))
    assert why(office, "U0JO") == "guest"


def test_an_address_that_nobody_in_chat_has_is_unknown_until_somebody_has_it(register_url: str) -> None:
    def without_lee(workspace: Json) -> None:
        lee = next(p for p in workspace["people"] if p["id"] == "U0LEE")
        lee["email"] = "lee.marsh@another.example"

    with Office(register_url, change=without_lee) as office:
        assert "lee.marsh@trentshire.example" in shown(office.lia.says("list owner:gone"))
        assert "unknown in chat" in shown(office.lia.says("CYBER19-A1.4"))
        office.do("person", id="U0LEE", email="lee.marsh@trentshire.example")
        office.bot.door.people.asked.clear()
        sweep(office)
        assert why(office, "U0LEE") == ""
        assert "Det Supt Lee Marsh" in shown(office.lia.says("CYBER19-A1.4"))


def test_while_slack_does_not_answer_nobody_is_thought_to_have_left(office: Office) -> None:
    people = office.bot.door.people
    people.asked.clear()
    people.profiles.clear()
    office.fault("users.info", "error:internal_error", times=1)
    assert people.find_leavers() == 0
    office.fault("users.info", "ratelimited", times=1)
    assert people.find_leavers() == 0
    assert sweep(office) > 0
    with office.bot.store.read() as tx:
        assert not [m for m in history.minutes(tx) if m.act == "away"]


# --- the liaison's acts ---------------------------------------------------------------------------------------------


def test_a_hand_over_by_two_presses_and_one_notice(office: Office) -> None:
    preview = office.lia.says("hand over @owen.hale to @ana.brook")
    assert "would go from Supt Owen Hale to Sgt Ana Brook" in shown(preview)
    heard = next(e["accessibility_label"] for b in preview["blocks"] for e in b.get("elements", [])
                 if e.get("type") == "button")  # fmt: skip
    _, _, value = button(preview, heard)
    assert value == "hand over U0OWEN to U0ANA: all 6"
    told = office.lia.hears(preview, heard)
    assert shown(told).startswith("Handed over. 6 items went from Supt Owen Hale to Sgt Ana Brook")
    notice = until(lambda: _direct(office, "ana"), "Ana's notice")
    assert len(notice) == 1
    assert "Lia Penrose gave you 6 items from Supt Owen Hale" in shown(notice[0])
    assert _direct(office, "owen") == []
    assert "6 items" not in shown(office.owen.says("mine"))


def _direct(office: Office, who: str) -> list[Json]:
    member = office.person(who)
    return [m for m in member.messages(f"D0{who.upper()}") if "You took over" in shown(m) or "You hold" in shown(m)]


def test_guests_apps_leavers_and_groups_take_nothing_over(office: Office) -> None:
    office.do("person", id="U0KIT", deleted=True)
    office.bot.door.people.profiles.clear()  # a minute later
    for whom, said in (
        ("@sam.idris", "Sam Idris cannot answer for an item: a guest does not see the register."),
        ("@kit.danvers", "Kit Danvers cannot answer for an item: the account is closed."),
        ("@lightkeeper", "it is an app"),
        ("U0NOBODY", "Nobody in this workspace is U0NOBODY."),
    ):
        told = shown(office.lia.says(f"hand over @owen.hale to {whom}"))
        assert told.startswith("Not handed over.") and said in told, (whom, told)
    assert office.item("CUST26-C1")["action_owner"].startswith("owen.hale@")


def test_a_name_is_checked_with_slack_too(office: Office) -> None:
    office.do("person", id="U0KIT", deleted=True)
    office.bot.door.people.profiles.clear()
    told = shown(office.lia.says("assign IOPC26-R2 Kit Danvers"))
    assert told.startswith("Not assigned. Kit Danvers cannot answer for an item: the account is closed.")


def test_a_post_by_a_mention_and_its_notice(office: Office) -> None:
    assert shown(office.lia.says("post Head of Custody: @owen.hale")).startswith("Saved.")
    told = office.lia.says("assign CUST26-C1 Head of Custody")
    assert "Supt Owen Hale, as Head of Custody, owns CUST26-C1 now" in shown(told)
    assert shown(office.lia.says("post Head of Custody: @ana.brook")).startswith("Saved.")
    [notice] = until(lambda: _direct(office, "ana"), "Ana's notice")
    assert "Lia Penrose gave you 1 item and the post Head of Custody" in shown(notice)
    assert "Sgt Ana Brook, as Head of Custody" in shown(office.lia.says("CUST26-C1"))
    assert office.item("CUST26-C1")["action_owner"].startswith("ana.brook@")


def test_roles_and_posts_are_drawn(office: Office) -> None:
    assert "There are no posts yet" in shown(office.lia.says("posts"))
    assert "in the sample register" in shown(office.ruth.says("roles"))
    assert "Only DCC Ruth Calder can sign off" in shown(office.lia.says("roles"))
    assert office.acts("CUST26-C1")[0][0] == "register"
