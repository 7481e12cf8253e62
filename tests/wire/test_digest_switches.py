"""Digests switched on, moved, seen and off at the wire, and what then comes to whom."""

from datetime import date

from tests.wire.office import CYBER, DCC, IMPROVE, Json, Office, button, shown, until
from tests.wire.test_weeks import Weeks, on, weeks

__all__ = ["weeks"]
MONDAY, TUESDAY, THURSDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 26)
BOARD = 'digest add #cyber-board board:"Cyber Board" thu 14:00'


def channels(message: Json) -> list[str]:
    """The channels that a message names so that the chat shows their names."""
    runs = [part for block in message["blocks"] for part in block.get("elements", []) if block["type"] == "rich_text"]
    return [e["channel_id"] for run in runs for e in run["elements"] if e["type"] == "channel"]


def test_the_liaison_adds_one_for_a_board_and_removes_it_from_the_list(office: Office) -> None:
    said = office.lia.says(BOARD)
    assert shown(said).startswith("Added.") and channels(said) == [CYBER]
    listed = office.lia.says("digest list")
    assert f"<#{CYBER}>" in str(listed["blocks"])
    assert "confirm" in button(listed, "Remove board-1")[1]  # it asks once more
    office.lia.presses(listed, "Remove board-1")
    again = until(lambda: (m := office.lia.again(listed))["redrawn"] and m, "the list drawn anew")
    assert shown(again).startswith("Removed. board-1 comes no more") and "Remove board-1" not in str(again["blocks"])


def test_the_board_gets_its_own_on_its_day_and_the_lead_theirs_in_the_message_of_the_day(weeks: Weeks) -> None:
    office = weeks.office
    office.lia.says(BOARD)
    assert "ACC Marcus Frayne gets" in shown(office.lia.says("digest add @ACC Marcus Frayne tue"))
    office.lia.says("digest add morning")
    monday, tuesday, thursday = weeks.day(MONDAY), weeks.day(TUESDAY), weeks.until(date(2026, 11, 25), THURSDAY)
    assert "For you as the liaison:" in on(monday, "lia", MONDAY)
    assert "For you as the liaison:" in on(tuesday, "lia", TUESDAY)
    assert "portfolio" not in on(monday, "marcus", MONDAY).lower()
    assert "portfolio" in on(tuesday, "marcus", TUESDAY).lower()
    boards = [one for one in monday + tuesday + thursday if one.key.startswith("digest:board-1:")]
    assert [(one.key, one.place) for one in boards] == [("digest:board-1:2026-W48", CYBER)]
    assert boards[0].words.startswith("Weekly digest of Cyber Board") and f"{boards[0].at:%H:%M}" == "17:59"


def test_the_dccs_digest_moves_to_where_that_is_said_also_over_a_new_start(weeks: Weeks) -> None:
    office = weeks.office
    assert shown(office.person("lia", IMPROVE).says("digest here")).startswith(
        "Changed. The DCC's digest comes to this"
    )
    sent = [one for one in weeks.day(MONDAY) if one.key == "digest:weekly:2026-W48"]
    assert [one.place for one in sent] == [IMPROVE]
    with Office(office.url, time=weeks.clock) as again:
        assert "comes here already" in shown(again.person("lia", IMPROVE).says("digest here"))


def test_seen_is_pressed_under_the_digest_and_told_by_the_next(weeks: Weeks) -> None:
    office, ruth = weeks.office, weeks.office.person("ruth", DCC)
    weeks.day(MONDAY)
    digest = next(m for m in ruth.messages() if "Seen" in str(m["blocks"]))
    before = str(digest["blocks"])
    ruth.presses(digest, "Say that you have seen it")
    until(lambda: "Recorded. You have seen the digest" in shown(ruth.messages()[-1]), "that it is recorded")
    assert str(ruth.again(digest)["blocks"]) == before
    ruth.presses(digest, "Say that you have seen it")
    until(lambda: "You have said so already." in shown(ruth.messages()[-1]), "that it was said already")
    following = [one for one in weeks.until(TUESDAY, date(2026, 11, 30)) if one.key == "digest:weekly:2026-W49"]
    assert "DCC Ruth Calder" in following[0].words and "23 Nov 2026" in following[0].words
    assert [e["body"]["act"] for e in office.whole()["events"]].count("seen") == 1
