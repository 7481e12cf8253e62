"""Slack to Ask and back: what is typed, pressed and sent in a form goes through the one parser of COMMANDS.

Bolt runs with `process_before_response=True`: what is answered leaves when the listener returns, after the commit.
"""

import logging
import re
from typing import Any

from slack_bolt import Ack, App, BoltResponse

from handlers.ask import Ask
from handlers.card import Button, Buttons, Card, Quote, Span, Text, bold, say_lines
from handlers.door import origin_words, same_list
from handlers.slack import draw
from handlers.slack.door import Door, Where, add, hand_over, place, redraw, respond
from handlers.slack.forms import kept_open, open_form, submitted
from handlers.slack.rows import pressed
from handlers.wording import FAILED
from storage.store import StoreFault

log = logging.getLogger(__name__)
_PRESSED = re.compile(r"^(say|more):")
_MENTION = re.compile(r"<([@#])([A-Z0-9]+)(?:\|[^<>]*)?>")
_LINK = re.compile(r"<((?:https?|mailto):[^<>|]+)(?:\|([^<>]*))?>")


def listen(app: App, door: Door) -> None:
    """Put our few listeners on the app: the command, a press, a form."""

    def command(ack: Ack, command: dict[str, Any]) -> None:
        door.heard()
        _command(door, ack, command)

    def press(ack: Ack, body: dict[str, Any]) -> None:
        door.heard()
        _press(door, ack, body)

    def form(ack: Ack, body: dict[str, Any]) -> None:
        door.heard()
        submitted(door, ack, body)

    def message(ack: Ack, body: dict[str, Any]) -> None:
        door.heard()
        _message(door, body)
        ack()

    app.command(door.desk.slash)(command)
    app.action(_PRESSED)(press)
    app.view(draw.CALLBACK)(form)
    app.event("message")(message)
    app.error(_failed)


def _failed(error: Exception, body: dict[str, Any]) -> BoltResponse:
    """The last edge: nothing was acknowledged, so the person is told; only the register knows whether it was saved.

    The log names the fault, never the words.

    Nobody waits for what an event is answered with: it is not taken, so that Slack sends it again.
    """
    log.error("unexpected %s in %s", type(error).__name__, body.get("type", "command"), exc_info=error)
    said = f"{error.opening} {error}" if isinstance(error, StoreFault) else FAILED
    if body.get("type") == "event_callback":
        return BoltResponse(status=503 if isinstance(error, StoreFault) else 400, body="")
    if body.get("type") == "view_submission":
        return BoltResponse(status=200, body=kept_open(body["view"], said))
    return BoltResponse(status=200, body={"text": said} if "command" in body else "")


def words_of(text: str) -> str:
    """What was typed: mentions and links taken apart, then unescaped once."""
    text = _MENTION.sub(lambda m: m[1] + m[2], text)
    text = _LINK.sub(lambda m: m[1].removeprefix("mailto:"), text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _command(door: Door, ack: Ack, told: dict[str, Any]) -> None:
    """https://docs.slack.dev/interactivity/implementing-slash-commands"""
    words = words_of(told.get("text", ""))
    key = f"slack:{told['team_id']}:{told['trigger_id']}"
    ask = door.ask(words, told["user_id"], told["team_id"], key, place(told["channel_id"]))
    card = door.answer(ask)
    if card.form:
        card = open_form(door, card, told["trigger_id"], {"url": told["response_url"], "channel": told["channel_id"]})
    if card.attachment:
        where = Where(told["response_url"], told["user_id"], told["channel_id"])
        door.later(lambda: hand_over(door, card, where, lambda sent: add(door, where, sent)))
    if card.form or card.attachment:
        ack()
    else:
        ack({"response_type": "ephemeral", **draw.message(card, origin_words(words))})


def _message(door: Door, body: dict[str, Any]) -> None:
    """Words sent to the bot directly are read as after the command: https://docs.slack.dev/reference/events/message.im

    A retry is never dropped: the message's own key makes its answer, and what it changes, happen once.
    """
    event = body["event"]
    if event.get("channel_type") != "im" or event.get("subtype") or event.get("bot_id") or not event.get("user"):
        return
    words = words_of(event.get("text", "")).strip().removeprefix(door.desk.slash).strip()
    team, channel = str(body.get("team_id", "")), event["channel"]
    key = f"slack:{team}:{channel}:{event['ts']}"
    card = door.answer(door.ask(words, event["user"], team, key, place(channel)))
    if card.form:
        card = _form_as_button(card, words)

    def say(answer: Card) -> None:
        door.post(f"answer:{key}", channel, draw.message(answer, origin_words(words)))

    if card.attachment:
        door.later(lambda: hand_over(door, card, Where("", event["user"], channel), say))
    else:
        say(card)


def _form_as_button(card: Card, said: str) -> Card:
    """A message carries no trigger, so a form waits behind a button that says the same words again."""
    assert card.form is not None
    form = card.form
    fits = len(said) <= draw.LIMITS["value"]
    button = Button(form.title, said if fits else form.say, card.subject, True)
    line = (bold(f"{form.title}. "), Span("Press to open the form."))
    copied = (
        say_lines((Span("Your words are too long for a button; copy them into the form:"),)),
        Text((Quote(Span(said)),)),
    )
    kept = () if fits else copied
    return Card(card.subject, (form.intro, say_lines(line), Buttons((button,)), *kept), ok=card.ok)


def _press(door: Door, ack: Ack, body: dict[str, Any]) -> None:
    """https://docs.slack.dev/reference/interaction-payloads/block_actions-payload"""
    action = body["actions"][0]
    words = action.get("value") or (action.get("selected_option") or {}).get("value", "")
    origin, channel = draw.origin_of(action.get("block_id", "")), (body.get("channel") or {}).get("id", "")
    team = (body.get("user") or {}).get("team_id") or (body.get("team") or {}).get("id", "")
    ask = door.ask(words, body["user"]["id"], team, f"slack:{team}:{body['trigger_id']}", place(channel))
    card = door.answer(ask)
    url = body.get("response_url", "")
    if card.form:
        kept = {"url": url, "channel": channel, "from": origin if _private(body) else ""}
        card = open_form(door, card, body["trigger_id"], kept)
    ack()
    if card.form:
        return
    where = Where(url, body["user"]["id"], channel)
    if card.attachment:
        door.later(lambda: hand_over(door, card, where, lambda sent: add(door, where, sent)))
    elif card.saved:
        redrawn = origin if _private(body) else ""
        door.later(lambda: _after(door, ask, card, redrawn, where, body))
    else:
        replaces = _private(body) and same_list(words, origin)
        drawn = draw.message(card, origin_words(words))
        door.later(lambda: respond(door, where, drawn, replace=replaces))


def _after(door: Door, ask: Ask, saved: Card, origin: str, where: Where, body: dict[str, Any]) -> None:
    """First who pressed is told; then the row that they pressed in is settled, for those who read the same message."""
    row = None if origin else pressed(body)
    try:
        redraw(door, ask, saved, origin, where)
    finally:
        if row and saved.settled:
            door.rows.settle(row, saved.settled)


def _private(body: dict[str, Any]) -> bool:
    """Whether the message that was pressed is one person's alone: seen by them only, or in their direct messages."""
    direct = Where("", "", str((body.get("channel") or {}).get("id", ""))).direct
    return direct or bool((body.get("container") or {}).get("is_ephemeral"))
