"""Acting on one row of the digest leaves the others where they are: the row says what was decided, all else stays."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from handlers.carrier import Trouble
from handlers.slack import draw
from handlers.slack.rows import Pressed, pressed, settled
from handlers.slack.send import Sender
from tests.bot.dcc_channel import key_of, outbox_rows
from tests.conftest import Clock
from tests.wire.conftest import hold_to_the_limits
from tests.wire.office import DCC, Json, Member, Office, button, shown, until

FRIDAY, MONDAY = "2026-11-20 16:40", "2026-11-23 09:00"
KIT, DANA, LEE = "STALK25-R2", "PEEL25-A6", "CYBER19-A1.4"  # two that wait for sign-off, and an extension
DIGEST = "digest:weekly:2026-W48"
SIGNED, APPROVED = "Signed off by DCC Ruth Calder, 23 Nov 2026.", "Approved by DCC Ruth Calder, 23 Nov 2026."


@pytest.fixture
def monday(register_url: str) -> Iterator[Office]:
    """On Friday Lia checks the evidence of Kit's request; on Monday at nine the digest comes, with two to sign off."""
    clock = Clock(FRIDAY)
    with Office(register_url, time=clock) as office:
        assert shown(office.lia.says(f"verify {KIT}: I read the audit of the risk tool.")).startswith("Checked.")
        clock.set(MONDAY)
        office.slack.stand_in.workspace.clock.move(clock())
        office.bot.tick()
        yield office
        office.bot.door.after.shutdown(wait=True)
        hold_to_the_limits(office)


def ruth_of(office: Office) -> Member:
    return office.person("ruth", DCC)


def digest(office: Office) -> Json:
    """The digest as people in the channel see it now."""
    return next(m for m in ruth_of(office).messages() if "Weekly digest" in m["text"])


def kept(office: Office) -> Json:
    """The digest as Slack keeps it, with its key and its thread."""
    found = [k.message for k in list(office.slack.stand_in.workspace.kept) if k.message.get("metadata")]
    return dict(json.loads(json.dumps(next(m for m in found if key_of(m) == DIGEST))))


def row(message: Json, reference: str) -> Json:
    """The row of an item, in two lines."""
    found = [b for b in message["blocks"] if b["type"] == "section" and b["text"]["text"].startswith(f"*{reference}* ")]
    assert len(found) == 1, found
    return dict(found[0])


def others(message: Json, *references: str) -> list[Json]:
    """All blocks but the rows of those items, in their order; for each of those, its block_id."""
    acted_on = [row(message, one) for one in references]
    return [{"block_id": b["block_id"]} if b in acted_on else b for b in message["blocks"]]


def lines_but(message: Json, *references: str) -> list[str]:
    """The plain text without the rows of those items."""
    return [x for x in message["text"].split("\n") if not x.startswith(tuple(f"{r} " for r in references))]


def anew(office: Office, reference: str, said: str) -> Json:
    """The digest once the row says so."""

    def now() -> Json:
        message = digest(office)
        return message if said in row(message, reference)["text"]["text"] else {}

    return until(now, said)


def quiet(office: Office) -> None:
    """Whatever follows the acknowledgements has come to its end."""
    office.bot.door.after.shutdown(wait=True)


def test_one_row_is_signed_off_and_all_else_stays_as_it_was(monday: Office) -> None:
    before, raw = digest(monday), kept(monday)
    answer = ruth_of(monday).hears(before, f"Sign off {KIT}")
    assert answer["ephemeral"] and shown(answer).startswith(f"Signed off. {KIT} is complete;")
    after = anew(monday, KIT, SIGNED)
    now = row(after, KIT)
    assert now["text"]["text"] == f"*{KIT}* One risk tool for stalking, used by all teams\n{SIGNED}"
    assert "accessory" not in now and now["text"]["verbatim"]
    assert others(after, KIT) == others(before, KIT)
    assert f"{KIT} One risk tool for stalking, used by all teams: {SIGNED}" in after["text"].split("\n")
    assert lines_but(after, KIT) == lines_but(before, KIT)
    assert {**kept(monday), "text": "", "blocks": []} == {**raw, "text": "", "blocks": []}  # its key, and its thread


def test_the_other_rows_still_work(monday: Office) -> None:
    ruth, before = ruth_of(monday), digest(monday)
    ruth.hears(before, f"Sign off {KIT}")
    ruth.hears(anew(monday, KIT, SIGNED), f"Sign off {DANA}")
    ruth.hears(anew(monday, DANA, SIGNED), f"Approve {LEE}")
    after = anew(monday, LEE, APPROVED)
    assert others(after, KIT, DANA, LEE) == others(before, KIT, DANA, LEE)
    assert SIGNED in row(after, KIT)["text"]["text"] and SIGNED in row(after, DANA)["text"]["text"]
    assert [monday.item(one)["status"] for one in (KIT, DANA)] == ["complete", "complete"]
    assert str(monday.item(LEE)["target_date"]) == "2026-12-18"


def test_what_was_kept_to_be_sent_stays_as_it_was_sent(monday: Office, register_url: str) -> None:
    before = outbox_rows(register_url)[DIGEST]
    ruth_of(monday).hears(digest(monday), f"Sign off {KIT}")
    anew(monday, KIT, SIGNED)
    assert outbox_rows(register_url)[DIGEST] == before
    assert Sender(monday.slack.bot_token, monday.slack.api_url).find(DCC, DIGEST, "0") == digest(monday)["ts"]


@pytest.mark.parametrize("who", ["lia", "marcus"])
def test_a_refusal_leaves_the_digest_untouched(monday: Office, who: str) -> None:
    before, member = digest(monday), monday.person(who, DCC)
    for heard in (f"Sign off {KIT}", f"Approve {LEE}"):
        assert shown(member.hears(before, heard)).startswith("Not ")
    quiet(monday)
    assert digest(monday) == before and monday.calls("chat.update") == []


def test_a_press_on_a_row_that_was_decided_elsewhere_is_refused_and_changes_nothing(monday: Office) -> None:
    before, ruth = digest(monday), ruth_of(monday)
    assert shown(ruth.says(f"sign off {KIT}")).startswith("Signed off.")
    assert shown(ruth.hears(before, f"Sign off {KIT}")).startswith("Nothing changed.")
    quiet(monday)
    assert digest(monday) == before


def test_two_rows_at_once_do_not_undo_each_other(monday: Office) -> None:
    """Both are signed off before either row was drawn anew, and Slack takes its time over the first of them."""
    before, ruth = digest(monday), ruth_of(monday)
    monday.fault("chat.update", "slow", seconds=0.5)
    presses = [threading.Thread(target=ruth.presses, args=(before, f"Sign off {one}")) for one in (KIT, DANA)]
    for one in presses:
        one.start()
    for one in presses:
        one.join()
    quiet(monday)
    after = digest(monday)
    assert all(SIGNED in row(after, one)["text"]["text"] for one in (KIT, DANA)), shown(after)
    assert others(after, KIT, DANA) == others(before, KIT, DANA)


def test_a_press_from_a_screen_that_is_behind_keeps_what_was_changed_since(monday: Office) -> None:
    """Slack sends the message as the presser saw it: what it holds now counts, not what was sent with the press."""
    before, ruth = digest(monday), ruth_of(monday)
    ruth.hears(before, f"Sign off {KIT}")
    behind = anew(monday, KIT, SIGNED)
    ruth.presses(behind, f"Sign off {DANA}")
    sent = monday.last_envelope("interactive")
    assert SIGNED in json.dumps(sent["payload"]["message"])
    anew(monday, DANA, SIGNED)
    sent["payload"] |= {"message": {**sent["payload"]["message"], "blocks": before["blocks"]}, "trigger_id": "1.2.more"}
    sent["payload"]["actions"] = [_action(before, f"Approve {LEE}")]
    monday.deliver(sent)
    after = anew(monday, LEE, APPROVED)
    assert all(SIGNED in row(after, one)["text"]["text"] for one in (KIT, DANA))


def _action(message: Json, heard: str) -> Json:
    block, element, value = button(message, heard)
    return {"type": "button", "block_id": block["block_id"], "action_id": element["action_id"], "value": value}


def test_a_digest_that_was_deleted_meanwhile_is_not_missed(monday: Office) -> None:
    before, ruth = digest(monday), ruth_of(monday)
    ruth.hears(before, f"Sign off {KIT}")
    sent = monday.last_envelope("interactive")
    anew(monday, KIT, SIGNED)
    Sender(monday.slack.bot_token, monday.slack.api_url).delete(DCC, before["ts"])
    known = len(ruth.messages())
    sent["payload"] |= {"trigger_id": "1.2.another", "actions": [_action(before, f"Sign off {DANA}")]}
    monday.deliver(sent)
    answer = until(lambda: ruth.messages()[known:], "a private answer")[0]
    assert shown(answer).startswith(f"Signed off. {DANA} is complete;")
    quiet(monday)
    assert len(monday.calls("chat.update")) == 1 and monday.item(DANA)["status"] == "complete"


@pytest.mark.parametrize("method", ["conversations.history", "chat.update"])
@pytest.mark.parametrize("fault", ["server_error", "ratelimited", "error:message_not_found", "error:missing_scope"])
def test_what_slack_refuses_costs_the_row_and_nothing_else(
    monday: Office, method: str, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    before, ruth = digest(monday), ruth_of(monday)
    monday.fault(method, fault, times=9)  # the notice to the owner asks for the history too
    answer = ruth.hears(before, f"Sign off {KIT}")
    assert shown(answer).startswith("Signed off.")
    quiet(monday)
    assert digest(monday) == before and monday.item(KIT)["status"] == "complete"
    said = [r.getMessage() for r in caplog.records if r.getMessage().startswith("a row was not drawn anew")]
    assert len(said) == 1 and KIT not in said[0]


def test_a_row_that_went_on_in_the_thread_is_drawn_anew_there(monday: Office) -> None:
    """A digest that one message does not hold goes on in its thread; so may its rows."""
    first, raw = digest(monday), kept(monday)
    sender = Sender(monday.slack.bot_token, monday.slack.api_url)
    body = json.dumps({"text": raw["text"], "blocks": raw["blocks"]})
    ts = sender.post(DCC, body, f"{DIGEST}:9", first["ts"])
    sender.post(DCC, json.dumps({"text": "More of it."}), f"{DIGEST}:10", first["ts"])
    there = sender.present(DCC, ts, first["ts"])
    ruth_of(monday).presses({**there, "channel": DCC}, f"Sign off {KIT}")
    quiet(monday)
    after = sender.present(DCC, ts, first["ts"])
    assert SIGNED in row(after, KIT)["text"]["text"] and after["thread_ts"] == first["ts"]
    assert others(after, KIT) == others(there, KIT) and digest(monday)["blocks"] == first["blocks"]


def test_in_direct_messages_a_row_is_drawn_anew_too(monday: Office) -> None:
    raw, sender = kept(monday), Sender(monday.slack.bot_token, monday.slack.api_url)
    ts = sender.post("D0RUTH", json.dumps({"text": raw["text"], "blocks": raw["blocks"]}), "daily:1:2026-11-23")
    there = sender.present("D0RUTH", ts)
    monday.person("ruth", "D0RUTH").presses({**there, "channel": "D0RUTH"}, f"Sign off {KIT}")
    quiet(monday)
    after = sender.present("D0RUTH", ts)
    assert SIGNED in row(after, KIT)["text"]["text"] and others(after, KIT) == others(there, KIT)


# --- the row alone --------------------------------------------------------------------------------------------------


def message(title: str = "*Bold* & <b>: a_b", text: str = "") -> Json:
    drawn = f"*PEEL25-A4* {draw.escaped(draw.quiet(title), 400)}\nSgt Ana Brook · evidence checked"
    accessory = {"type": "button", "value": "sign off PEEL25-A4 v3"}
    block: Json = {"type": "section", "block_id": "9|", "text": {"type": "mrkdwn", "text": drawn}}
    head = draw.escaped(f"Digest\n\nPEEL25-A4 {title}: Sgt Ana Brook, evidence checked\nPEEL25-A41 {title}: x", 3900)
    return {"text": text or head, "blocks": [{"type": "divider"}, {**block, "accessory": accessory}]}


def where(**more: Any) -> Pressed:
    return Pressed("C0DCC", "1.2", "", "9|", "sign off PEEL25-A4 v3")._replace(**more)


def test_signs_in_a_title_are_found_in_the_plain_text_though_the_row_writes_them_otherwise() -> None:
    after = settled(message(), where(), "Signed off by A & B: *C*.")
    assert after is not None
    assert after["text"].split("\n")[2:] == [
        "PEEL25-A4 *Bold* &amp; &lt;b&gt;: a_b: Signed off by A &amp; B: *C*.",
        "PEEL25-A41 *Bold* &amp; &lt;b&gt;: a_b: x",
    ]
    assert after["blocks"][1]["text"]["text"].endswith("\nSigned off by A &amp; B: ∗C∗.")
    assert after["blocks"][0] == {"type": "divider"}


def press(**container: Any) -> Json:
    action = {"block_id": "9|", "value": "sign off PEEL25-A4 v3"}
    told = {"type": "message", "message_ts": "1.2", "channel_id": "C0DCC", "is_ephemeral": False, **container}
    return {"container": told, "message": {"ts": "1.2", "thread_ts": "1.2"}, "actions": [action]}


def test_a_press_in_a_private_answer_or_in_a_form_is_in_no_row_that_others_read() -> None:
    assert pressed(press()) == where()
    assert pressed({**press(), "message": {"thread_ts": "1.1"}}) == where(thread="1.1")
    assert pressed(press(is_ephemeral=True)) is None and pressed(press(type="view")) is None


@pytest.mark.parametrize("other", [{"block_id": "8|"}, {"words": "sign off PEEL25-A4 v4"}])
def test_a_row_that_is_not_the_pressed_one_stays(other: Json) -> None:
    assert settled(message(), where(**other), "Signed off.") is None
    assert settled({}, where(), "Signed off.") is None


def test_a_plain_text_without_the_row_stays_and_a_long_one_fits_into_what_slack_takes_for_a_change() -> None:
    cut = settled(message(text="Weekly digest. PEEL25-A4 …"), where(), "Signed off.")
    assert cut is not None and cut["text"] == "Weekly digest. PEEL25-A4 …"
    for begin in range(7):
        words = "x" * begin + "é&amp;" * 800
        long = settled(message(text=words), where(), "Signed off.")
        assert long is not None and 3980 < len(long["text"].encode()) <= 4000
        kept = long["text"].removesuffix("…")
        assert words.startswith(kept) and kept.endswith(("é", "&amp;"))


def test_who_is_not_there_any_more_is_said_by_slack_in_a_sentence(monday: Office) -> None:
    sender = Sender(monday.slack.bot_token, monday.slack.api_url)
    assert sender.present(DCC, "1.000001") == {}
    with pytest.raises(Trouble, match="not there any more"):
        sender.change(DCC, "1.000001", {"text": "x"})
