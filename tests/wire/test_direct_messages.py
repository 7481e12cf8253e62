"""Words sent to the bot directly: answered once in the same place, however often Slack delivers them."""

import json

import pytest

from bot import wiring
from tests.wire.office import Json, Office, shown, until

OWENS = "D0OWEN"
WORDS = "Two teams trained; the third starts on Monday."


def event(words: str, ts: str = "1795192900.000100", user: str = "U0OWEN", **more: str) -> Json:
    """What Slack sends for a message: https://docs.slack.dev/reference/events/message.im"""
    said = {"type": "message", "channel": f"D0{user[2:]}", "channel_type": "im", "user": user, "text": words, "ts": ts}
    payload = {"type": "event_callback", "team_id": "T0TRENT", "api_app_id": "A0LIGHT", "event_id": f"Ev{ts}"}
    return {"type": "events_api", "payload": {**payload, "event": {**said, **more}}}


def answers(office: Office, channel: str = OWENS) -> list[Json]:
    """What the bot posted in a conversation."""
    return [k.message for k in list(office.slack.stand_in.workspace.kept)
            if k.channel == channel and k.message.get("bot_id")]  # fmt: skip


def delivered(office: Office, envelope: Json) -> None:
    """Deliver, and let what follows the acknowledgement come to its end."""
    office.deliver(envelope)
    idle = [office.bot.door.after.submit(lambda: None) for _ in range(4)]
    for one in idle:
        one.result(10)
    office.bot.tick()


def test_words_sent_directly_are_answered_there(office: Office) -> None:
    delivered(office, event("mine"))
    until(lambda: answers(office), "an answer")
    assert [m["text"].splitlines()[0][:24] for m in answers(office)] == ["You have 6 open items: 2"]
    assert len(answers(office)) == 1


@pytest.mark.parametrize("words", ["mine", f"update CUST26-R2: {WORDS}", "/4action update CUST26-R2: " + WORDS])
def test_a_message_that_slack_delivers_again_is_answered_and_saved_once(office: Office, words: str) -> None:
    for retry in range(4):
        again = event(words)
        again["payload"]["event_id"] = f"EvRetry{retry}"  # Slack may name the same message by another id
        delivered(office, again)
    assert len(answers(office)) == 1
    notes = [v["note"][1] for a, v in office.acts("CUST26-R2") if a == "update" and "note" in v]
    assert notes.count(WORDS) == (1 if "update" in words else 0)


def test_a_form_waits_behind_a_button_and_the_typed_words_with_it(office: Office) -> None:
    delivered(office, event("update CUST26-R2"))
    until(lambda: answers(office), "an answer")
    message = office.person("owen", OWENS).messages()[-1]
    form = office.person("owen", OWENS).presses_open(message, "Update: CUST26-R2")
    assert office.person("owen", OWENS).sends(form, note=WORDS)["closed"]
    assert office.acts("CUST26-R2")[-1][1]["note"] == [None, WORDS]


def test_a_guest_gets_one_sentence(office: Office) -> None:
    delivered(office, event("list", user="U0SAM"))
    until(lambda: answers(office, "D0SAM"), "an answer")
    assert shown(answers(office, "D0SAM")[0]).startswith("Nothing shown. The register is for members")


@pytest.mark.parametrize(
    "more",
    [
        {"channel_type": "channel", "channel": "C0CUSTODY"},
        {"channel_type": "group", "channel": "C0DCC"},
        {"subtype": "message_changed"},
        {"subtype": "bot_message"},
        {"bot_id": "B0LIGHT"},
        {"user": ""},
    ],
)
def test_what_is_said_elsewhere_or_by_a_bot_is_none_of_ours(office: Office, more: dict[str, str]) -> None:
    before = len(office.slack.stand_in.workspace.kept)
    delivered(office, event(f"update CUST26-R2: {WORDS}", **more))
    assert len(office.slack.stand_in.workspace.kept) == before
    assert WORDS not in json.dumps(office.acts("CUST26-R2"))


def test_another_organisations_message_shows_nothing(office: Office) -> None:
    forged = event("CUST26-R2")
    forged["payload"]["team_id"] = "T0OTHER"
    delivered(office, forged)
    for message in answers(office):
        assert "your account belongs to another organisation" in shown(message)
        assert "Use of force" not in shown(message)
    assert wiring.alert_place(office.bot.store, office.bot.settings) == ("slack", "U0LIA")
