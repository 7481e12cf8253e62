"""Who is kept out, and what they get to see of it: one sentence, nothing of the register, and a line in the record."""

import copy
import json

import pytest

from storage import imports, people, register
from storage.people import Handle
from storage.record import Actor
from storage.rows import FileRow
from tests.wire.office import CUSTODY, Json, Office, button, shown, written

WORDS = "I should not be able to say this."
SENSITIVE = "CUST26-A7"
OUTSIDE = "Nothing shown. The register is for members of Trentshire Police, and"


# --- a button's value is a claim, never a right ---------------------------------------------------------------------


def test_another_officer_is_told_whose_item_it_is_and_who_can(office: Office) -> None:
    told = office.ana.says("update CUST26-R2")
    assert shown(told).startswith(
        "Not saved. CUST26-R2 is Supt Owen Hale's. Only its owner, a delegate, its lead or the liaison can do that: "
        "ask Supt Owen Hale or Lia Penrose."
    )
    assert office.ana.forms() == []
    assert [(a, v["tried"]) for a, v in office.acts("CUST26-R2")[-1:]] == [("refused", [None, "update"])]


def test_a_forged_value_opens_nothing_and_is_recorded(office: Office) -> None:
    card = office.ana.says("CUST26-A6")  # her own
    version = office.item("CUST26-R2")["version"]
    told = office.ana.hears(card, "Update CUST26-A6", forged={"value": f"update CUST26-R2 v{version}"})
    assert shown(told).startswith("Not saved. CUST26-R2 is Supt Owen Hale's.")
    assert office.acts("CUST26-R2")[-1][0] == "refused"


def test_owens_button_pressed_by_ana_is_refused(office: Office) -> None:
    """The very envelope of Owen's press, with another name under it."""
    office.owen.presses_open(office.owen.says(""), "Update CUST26-R2")
    forged = office.last_envelope()
    forged["payload"]["user"] |= {"id": "U0ANA", "username": "ana.brook"}
    forged["payload"]["trigger_id"] = "9.9.forged"
    office.deliver(forged)
    assert office.acts("CUST26-R2")[-1][0] == "refused"
    assert office.ana.forms() == []


@pytest.mark.parametrize("who", ["U0ANA", "U0TESS", "U0JO", "U0RUTH"])
def test_owens_form_sent_by_somebody_else_saves_nothing(office: Office, who: str) -> None:
    form = office.owen.opens("update CUST26-R2")
    office.owen.sends(form, note=" ")
    forged = office.last_envelope()
    forged["payload"]["user"]["id"] = who
    _fill(forged, WORDS)
    before = office.item("CUST26-R2")
    ack = office.deliver(forged)
    assert "Not saved. CUST26-R2 is Supt Owen Hale's." in shown(ack["view"])
    assert office.item("CUST26-R2") == before
    assert [a for a, _ in office.acts("CUST26-R2")][-1] == "refused"


def test_a_form_whose_say_was_forged_is_judged_by_the_register(office: Office) -> None:
    form = office.person("ana").opens("update CUST26-A6")
    office.ana.sends(form, note=" ")
    forged = office.last_envelope()
    told = json.loads(forged["payload"]["view"]["private_metadata"])
    for say, answer in (
        ("update CUST26-R2 v99", "CUST26-R2 is Supt Owen Hale's"),
        (f"update {SENSITIVE}", f"There is no item {SENSITIVE}."),
        ("complete CUST26-R2", "CUST26-R2 is Supt Owen Hale's"),
    ):
        again = copy.deepcopy(forged)
        again["payload"]["view"]["private_metadata"] = json.dumps({**told, "say": say, "nonce": say})
        _fill(again, WORDS)
        assert answer in shown(office.deliver(again)["view"]), say
    assert WORDS not in json.dumps([v for r in ("CUST26-R2", SENSITIVE) for _, v in office.acts(r)], ensure_ascii=False)


def _fill(envelope: Json, words: str) -> None:
    values = envelope["payload"]["view"]["state"]["values"]
    next(v for k, v in values.items() if k.startswith("note@"))["v"]["value"] = words


def test_an_owner_who_lost_the_item_meanwhile_is_refused_with_the_words_shown(office: Office) -> None:
    form = office.owen.opens("update CUST26-R2")
    cells = [dict(row) for row in register.rows(office.bot.store)]
    for row in cells:
        row.pop("version", None)
        if row["reference"] == "CUST26-R2":
            row["action_owner"] = "jo.cole@trentshire.example"
    rows = [FileRow(n, row) for n, row in enumerate(cells, 2)]
    with office.bot.store.read() as tx:
        lia = people.known_as(tx, Handle("email", "", "lia.penrose@trentshire.example"))
    assert lia is not None
    diff = imports.apply(office.bot.store, Actor(lia, "terminal", ""), rows, source="moved.csv", force=True)
    assert diff.applied and list(diff.changed) == ["CUST26-R2"]
    told = office.owen.sends(form, note="My last words on it.", forecast="2026-12-04")
    said = shown(told["view"])
    assert said.startswith("Not saved. CUST26-R2 is Insp Jo Cole's.")
    assert "Your words, so that they are not lost: My last words on it." in said
    assert "submit" not in told["view"] or told["view"]["submit"] is None
    assert office.item("CUST26-R2")["forecast_date"] == ""
    assert office.acts("CUST26-R2")[-1][0] == "refused"


# --- those who are not let in at all --------------------------------------------------------------------------------

OUTSIDERS: list[tuple[str, Json, str]] = [
    ("a guest", {"is_restricted": True}, "you are a guest."),
    ("a guest of one channel", {"is_ultra_restricted": True}, "you are a guest."),
    ("somebody who has left", {"deleted": True}, "your account is closed."),
    ("a bot", {"is_bot": True}, "an app is not a member."),
    ("a stranger", {"is_stranger": True}, "your account belongs to another organisation."),
]
ASKS = ["", "list", "CUST26-R2", "update CUST26-R2", "update CUST26-R2: words", "history CUST26-R2", "digest", "help"]


@pytest.mark.parametrize(("change", "why"), [o[1:] for o in OUTSIDERS], ids=[o[0] for o in OUTSIDERS])
def test_outsiders_see_one_sentence_and_nothing_of_the_register(office: Office, change: Json, why: str) -> None:
    """Owen himself, once he is no full member any more."""
    office.do("person", id="U0OWEN", **change)
    office.owen.says("")  # that he is gone from chat is noted, once; what he asks for leaves no trace
    head = office.whole()["chain_head"]
    for words in ASKS:
        told = office.owen.says(words)
        assert shown(told) == f"{OUTSIDE} {why} Lia Penrose, liaison, can tell you more."
        assert not _holds_the_register(office, told, words)
    assert office.whole()["chain_head"] == head
    assert office.owen.forms() == []


def test_sam_the_guest_gets_the_same(office: Office) -> None:
    assert shown(office.sam.says("CUST26-R2")).startswith(f"{OUTSIDE} you are a guest.")


def test_somebody_who_leaves_with_a_form_open_saves_nothing(office: Office) -> None:
    form = office.owen.opens("update CUST26-R2")
    office.do("person", id="U0OWEN", deleted=True)
    office.bot.door.people.profiles.clear()  # a minute later
    told = office.owen.sends(form, note=WORDS)
    assert "your account is closed" in shown(told["view"])
    assert not _holds_the_register(office, told["view"])
    assert WORDS not in json.dumps(office.acts("CUST26-R2"))


def test_what_slack_said_of_somebody_is_believed_for_a_minute_at_most(office: Office) -> None:
    passed = [0.0]
    office.bot.door.people.ticks = lambda: passed[0]
    before = len(office.calls("users.info"))
    office.owen.says("CUST26-R2")
    office.owen.says("CUST26-R2")
    assert len(office.calls("users.info")) == before + 1
    office.do("person", id="U0OWEN", deleted=True)
    passed[0] = 59.9
    assert "Use of force" in shown(office.owen.says("CUST26-R2"))
    passed[0] = 60.1
    assert shown(office.owen.says("CUST26-R2")).startswith(OUTSIDE)


@pytest.mark.parametrize("kind", ["command", "press", "form"])
def test_another_organisations_team_is_refused_whoever_it_names(office: Office, kind: str) -> None:
    if kind == "command":
        office.owen.says("update CUST26-A5: words")
    elif kind == "press":
        office.owen.hears(office.owen.says(""), "Help")
    else:
        office.owen.sends(office.owen.opens("update CUST26-R2"), note="Mine.")
    forged = office.last_envelope()
    payload, head = forged["payload"], office.whole()["chain_head"]
    if kind == "command":
        payload |= {"team_id": "T0OTHER", "trigger_id": "7.7.other"}
    else:
        payload["user"]["team_id"] = "T0OTHER"
        payload["team"] = {"id": "T0OTHER", "domain": "other"}
        payload["trigger_id"] = "7.7.other"
    ack = office.deliver(forged)
    office.bot.door.after.shutdown(wait=True)
    said = written(ack) if kind != "press" else written(office.sent.messages[-1])
    assert "your account belongs to another organisation" in said
    assert not any(ref in json.dumps(ack) for ref in ("CUST26", "PEEL25"))
    assert office.whole()["chain_head"] == head


def test_a_member_without_a_role_is_shut_out_where_members_hold_none(register_url: str) -> None:
    with Office(register_url, MEMBER_ROLE="none") as office:
        assert shown(office.ana.says("")).startswith(f"{OUTSIDE} you hold no role in it.")
        assert shown(office.ruth.says("list")).startswith("Open items")


def test_an_officer_by_address_of_another_does_not_become_them(office: Office) -> None:
    """Two accounts with one address: the address names the person, and Slack vouches for addresses."""
    office.do("person", id="U0JO", email="owen.hale@trentshire.example")
    office.owen.says("")
    assert "Insp Jo Cole" in shown(office.person("jo", "C0CYBER").says("who am I"))


def _holds_the_register(office: Office, message: Json, typed: str = "") -> bool:
    """Whether any reference, title or code is in a message or form, save in the very words that were typed."""
    said = json.dumps([message.get("text"), message["blocks"]], ensure_ascii=False)
    said = said.replace(f"|{typed}", "") if typed else said
    words = [i[k] for i in office.whole()["items"] for k in ("reference", "title", "report_code")]
    return any(word in said for word in words)


# --- what is sensitive does not exist -------------------------------------------------------------------------------


def test_a_sensitive_item_is_an_unknown_reference_to_ana_in_every_answer(office: Office) -> None:
    title = office.item(SENSITIVE)["title"]
    same = office.ana.says("CUST26-A99")
    for words in ("", "show ", "update ", "history ", "complete "):
        told = office.ana.says(f"{words}{SENSITIVE}")
        assert shown(told).replace(SENSITIVE, "CUST26-A99") == shown(same), words
    told = office.ana.says(f"update {SENSITIVE}: {WORDS}")
    same = office.ana.says(f"update CUST26-A99: {WORDS}")
    assert WORDS in shown(told)
    assert shown(told).replace(SENSITIVE, "CUST26-A99") == shown(same)
    told = office.ana.says(f"complete {SENSITIVE}: {WORDS} https://a.example/b")
    same = office.ana.says(f"complete CUST26-A99: {WORDS} https://a.example/b")
    assert shown(told).replace(SENSITIVE, "CUST26-A99") == shown(same)
    for words in ("list report:CUST26", "list ligature", "overdue", "due 14d", "list owner:@Supt Owen Hale", "digest"):
        told = office.ana.says(words)
        assert title not in written(told["blocks"]) + told["text"], words
        assert "Ligature" not in shown(told).replace("word ligature", "")


def test_a_refused_reading_of_it_leaves_no_line_on_it(office: Office) -> None:
    before = office.whole()["chain_head"]
    office.ana.says("who am I")
    office.ana.says(f"update {SENSITIVE}: {WORDS}")
    assert WORDS not in json.dumps(office.whole()["events"])
    assert [a for a, _ in office.acts(SENSITIVE)] == [a for a, _ in office.acts(SENSITIVE) if a != "refused"]
    assert office.whole()["chain_head"] == before


def test_counts_leave_it_out_for_ana_and_not_for_lia(office: Office) -> None:
    def total(who: str) -> int:
        told = office.person(who).says("list report:CUST26 sort:reference")
        return int(shown(told).split("1 to 10 of ")[1].split(",")[0])

    assert total("lia") - total("ana") == 2
    assert total("owen") - total("ana") == 1  # his own


def test_owen_lia_and_ruth_read_it_and_the_notification_holds_no_title(office: Office) -> None:
    title = office.item(SENSITIVE)["title"]
    for who in ("owen", "lia", "ruth"):
        card = office.person(who).says(SENSITIVE)
        assert title in shown(card) and "OFFICIAL-SENSITIVE" in shown(card)
        assert title not in card["text"].splitlines()[0]


def test_ana_sees_no_card_of_another_persons_answer(office: Office) -> None:
    told = office.owen.says("CUST26-R2")
    ana = office.do("press", person="U0ANA", channel=CUSTODY, ts=told["ts"],
                    block_id=button(told, "Update CUST26-R2")[0]["block_id"],
                    action_id=button(told, "Update CUST26-R2")[1]["action_id"])  # fmt: skip
    assert ana["error"] == "message_not_found"
