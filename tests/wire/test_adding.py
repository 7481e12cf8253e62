"""Lia, Owen and Tess at the wire: an action from a card, a finding and a report in forms, a correction, the steps."""

from tests.wire.office import Json, Office, button, fields, shown, until


def options(element: Json) -> list[str]:
    return [str(option["value"]) for option in element["options"]]


def told(office: Office, who: str, words: str) -> str:
    """What is new among somebody's messages, once it has these words."""
    person = office.person(who, "C0IMPROVE" if who == "tess" else "C0CUSTODY")
    return until(lambda: next((s for m in person.messages() if words in (s := shown(m))), ""), words)


def test_owen_adds_an_action_from_his_card_and_sees_it_there(office: Office) -> None:
    card = office.owen.says("CUST26-R2")
    form = office.owen.presses_open(card, "Add an action under CUST26-R2")
    assert (form["title"]["text"], form["submit"]["text"]) == ("Add an action", "Add")
    assert list(fields(form)) == ["title", "text", "target", "person"]
    wrong = office.owen.sends(form, title="Train every sergeant", target="2026-11-01")
    assert [k.partition("@")[0] for k in wrong["errors"]] == ["target"]
    assert office.owen.sends(form, title="Train every sergeant", target="2026-12-18")["closed"]
    again = until(lambda: (m := office.owen.again(card))["redrawn"] and m, "the card drawn anew")
    assert shown(again).startswith("Added. CUST26-R2.1 stands under CUST26-R2 and is yours.")
    assert "Actions: 0 of 1 complete. Open:" in shown(again)
    assert office.item("CUST26-R2.1")["action_owner"] == "owen.hale@trentshire.example"
    assert [act for act, _ in office.acts("CUST26-R2.1")] == ["register"]


def test_the_same_form_sent_again_adds_one_item(office: Office) -> None:
    form = office.owen.opens("add CUST26-R2")
    assert office.owen.sends(form, title="Train every sergeant")["closed"]
    sent, head = office.last_envelope(), office.whole()["chain_head"]
    assert office.deliver(sent) == {} and office.whole()["chain_head"] == head


def test_nothing_is_offered_under_an_action(office: Office) -> None:
    kit = office.person("kit", "C0IMPROVE")
    card = kit.says("CUST26-R1.2")
    assert "Add an action" not in str(card["blocks"])
    assert "nothing stands under an action" in shown(kit.says("add CUST26-R1.2"))


def test_lia_adds_a_report_and_a_finding_of_it_and_the_new_owner_hears(office: Office) -> None:
    form = office.lia.opens("add report")
    given = {"code": "CYB27", "title": "Cyber crime in Trentshire", "source": "HMICFRS", "published_on": "2026-11-03"}
    wrong = office.lia.sends(form, **given, inspected_on="2026-11-10")
    assert [k.partition("@")[0] for k in wrong["errors"]] == ["published_on"]
    assert office.lia.sends(form, **given, inspected_on="2026-10-01")["closed"]
    assert "the last day for comments is Monday 28 Dec 2026" in told(office, "lia", "Added. CYB27")
    finding = office.lia.opens("add CYB27")
    assert fields(finding)["report"]["initial_value"] == "CYB27"
    assert office.lia.sends(finding, kind="area_for_improvement", title="Lock the screens", person="U0OWEN")["closed"]
    assert "CYB27-A1 is in the register and is Supt Owen Hale's." in told(office, "lia", "Added. CYB27-A1")
    assert office.item("CYB27-A1")["status"] == "in_progress"


def test_lia_corrects_a_field_of_an_item_and_of_a_report(office: Office) -> None:
    card = office.lia.says("CUST26-R2")
    form = office.lia.presses_open(card, "Correct")
    assert fields(form)["field"]["type"] == "static_select" and "parent" in options(fields(form)["field"])
    wrong = office.lia.sends(form, field="scope", value="county", reason="As the letter says.")
    assert "force, national" in next(iter(wrong["errors"].values()))
    assert office.lia.sends(form, field="number", value="3a", reason="As the letter says.")["closed"]
    again = until(lambda: (m := office.lia.again(card))["redrawn"] and m, "the card drawn anew")
    assert "Changed. CUST26-R2, number: “3a”. It was “3” before." in shown(again)
    assert office.acts("CUST26-R2")[-1][1]["reason"] == [None, "As the letter says."]
    marking = office.lia.opens("edit CUST26-R2 marking")
    assert options(fields(marking)["value"]) == ["OFFICIAL", "OFFICIAL-SENSITIVE"]
    due = office.lia.opens("edit CUST26 comments due")
    assert fields(due)["value"]["initial_date"] == "2026-11-12"
    assert office.lia.sends(due, value="2026-11-30", reason="Agreed with Tess Arden.")["closed"]


def test_two_correct_at_once_and_the_second_is_told(office: Office) -> None:
    form = office.lia.opens("edit CUST26 title")
    office.lia.says("edit CUST26 source: HMICFRS (joint) | As printed")
    late = office.lia.sends(form, value="Custody in Trentshire", reason="As printed.")
    assert "Lia Penrose corrected CUST26 today" in shown(late["view"])
    assert "Custody in Trentshire" in shown(late["view"])


def test_tess_records_a_step_from_the_report(office: Office) -> None:
    card = office.tess.says("report CUST26")
    form = office.tess.presses_open(card, "Update the steps of CUST26")
    assert (form["title"]["text"], list(fields(form))) == ("Section 55", ["step", "date"])
    assert fields(form)["date"]["initial_date"] == "2026-11-20"
    wrong = office.tess.sends(form, step="comments_published_on", date="2026-11-21")
    assert "in the future" in next(iter(wrong["errors"].values()))
    assert office.tess.sends(form, step="comments_published_on", date="2026-11-20")["closed"]
    again = until(lambda: (m := office.tess.again(card))["redrawn"] and m, "the report drawn anew")
    assert shown(again).startswith("Recorded. Comments published: 20 Nov 2026. That is in time")
    assert "neither an action nor a reason" in shown(again)


def test_the_menu_of_a_report_opens_the_step_itself(office: Office) -> None:
    card = office.tess.says("report CUST26")
    form = office.tess.presses_open(card, "Comments published")
    assert list(fields(form)) == ["date"]
    assert office.lia.presses_open(office.lia.says("report CUST26"), "Update the steps of CUST26")
    assert "Update" not in str(office.owen.says("report CUST26")["blocks"])


def test_a_board_with_quotes_in_its_name_opens_its_list(office: Office) -> None:
    office.lia.says("edit CUST26-R2 board: The “Gold” Board | Moved")
    boards = office.lia.says("boards")
    assert button(boards, "Open items: The “Gold” Board")[2] == 'list board:"The ""Gold"" Board"'
    listed = office.lia.hears(boards, "Open items: The “Gold” Board")
    assert "CUST26-R2" in shown(listed) and "1 , soonest due first." in shown(listed)
