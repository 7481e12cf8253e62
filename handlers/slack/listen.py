"""Slack to Ask and back: what is typed, pressed and sent in a form goes through the one parser of COMMANDS.

Bolt runs with `process_before_response=True`: what is answered leaves when the listener returns, after the commit.
"""

import json
import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from slack_bolt import Ack, App, BoltResponse
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient

from handlers import acting, commands, wording
from handlers.ask import Ask, Desk
from handlers.card import Button, Buttons, Card, Form, Line, Quote, Span, Text, bold, say_lines
from handlers.slack import draw, errors
from handlers.slack.files import Chosen, NotHandedOver, SlackFiles, chosen
from handlers.slack.people import UNSURE, SlackPeople
from handlers.text.draw import said as in_words
from storage.store import StoreFault

log = logging.getLogger(__name__)
_PRESSED = re.compile(r"^(say|more):")
_MENTION = re.compile(r"<([@#])([A-Z0-9]+)(?:\|[^<>]*)?>")
_CODE = re.compile(r"[a-z]+(?:_[a-z]+)+")
_LINK = re.compile(r"<((?:https?|mailto):[^<>|]+)(?:\|([^<>]*))?>")


class Where(NamedTuple):
    """Where an answer goes: the response_url (5 uses in 30 minutes), else privately to a user in a channel."""

    url: str
    user: str
    channel: str

    @property
    def direct(self) -> bool:
        """Direct messages with the bot: nobody else reads them, and an answer may stay."""
        return self.channel.startswith("D")


@dataclass
class Door:
    """Slack's door: who is who, the register's desk, and what happens after an acknowledgement."""

    desk: Desk
    people: SlackPeople
    client: WebClient
    clock: Callable[[], datetime]
    post: Callable[[str, str, dict[str, Any]], None]
    deliver: Callable[[], None]
    heard: Callable[[], None] = lambda: None
    after: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4, "after-ack"))
    patience: tuple[float, ...] = (0.1, 0.2, 0.4, 0.8)
    files: SlackFiles = field(init=False)

    def __post_init__(self) -> None:
        self.files = SlackFiles(self.client)

    def ask(self, words: str, user: str, team: str, key: str, place: str, **more: Any) -> Ask:
        who = self.people.known(user, team)
        return Ask(
            words,
            who.person,
            self.clock(),
            key,
            place,
            forms=True,
            carries=True,
            outside=who.outside,
            tenant=self.people.team,
            **more,
        )

    def answer(self, ask: Ask) -> Card:
        """The answer, or the truth about a register that does not answer."""
        try:
            return self.told(commands.answer(self.desk, ask))
        except StoreFault as fault:
            log.warning("the register did not answer: %s", fault)
            said = say_lines(wording.answer_first(fault.opening, str(fault)))
            return Card(fault.opening.rstrip("."), (said,), ok=False)

    def told(self, card: Card) -> Card:
        """What was saved may be news to somebody: the outbox holds it, and it goes out soon."""
        if card.saved:
            self.deliver()
        return card

    def later(self, work: Callable[[], None]) -> None:
        """Do something after the acknowledgement; a fault in it is logged and changes nothing that was saved."""

        def guarded() -> None:
            try:
                work()
            except (SlackClientError, StoreFault, OSError) as fault:
                log.warning("after the acknowledgement: %s", type(fault).__name__)

        self.after.submit(guarded)


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
        _form(door, ack, body)

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
    """The last edge: nothing was acknowledged, so the person is told; the log names the fault, never the words.

    Nobody waits for what an event is answered with: it is not taken, so that Slack sends it again.
    """
    log.error("unexpected %s in %s", type(error).__name__, body.get("type", "command"), exc_info=error)
    said = {"text": "Not saved: something went wrong on our side. Nothing changed; please try again."}
    if body.get("type") == "event_callback":
        return BoltResponse(status=503 if isinstance(error, StoreFault) else 400, body="")
    if body.get("type") == "view_submission":
        return BoltResponse(status=200, body=_kept_open(body["view"], said["text"]))
    return BoltResponse(status=200, body=said if "command" in body else "")


def _kept_open(view: Mapping[str, Any], sentence: str) -> dict[str, Any]:
    """Trouble of ours: the form stays as it was filled in, so that nothing typed is lost, and says why at a field."""
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    typed = [block for block in inputs if block["element"]["type"] == "plain_text_input"]
    return {"response_action": "errors", "errors": {block["block_id"]: sentence for block in (typed or inputs)[:1]}}


def words_of(text: str) -> str:
    """What was typed: mentions and links taken apart, then unescaped once."""
    text = _MENTION.sub(lambda m: m[1] + m[2], text)
    text = _LINK.sub(lambda m: m[1].removeprefix("mailto:"), text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


# --- a command ------------------------------------------------------------------------------------------------------


def _command(door: Door, ack: Ack, told: dict[str, Any]) -> None:
    """https://docs.slack.dev/interactivity/implementing-slash-commands"""
    words = words_of(told.get("text", ""))
    key = f"slack:{told['team_id']}:{told['trigger_id']}"
    ask = door.ask(words, told["user_id"], told["team_id"], key, _place(told["channel_id"]))
    card = door.answer(ask)
    if card.form:
        card = _open(door, card, told["trigger_id"], {"url": told["response_url"], "channel": told["channel_id"]})
    if card.attachment:
        where = Where(told["response_url"], told["user_id"], told["channel_id"])
        door.later(lambda: _hand_over(door, card, where, lambda sent: _add(door, where, sent)))
    if card.form or card.attachment:
        ack()
    else:
        ack({"response_type": "ephemeral", **draw.message(card, _origin(words))})


def _place(channel: str) -> str:
    return f"slack {channel}"


def _origin(words: str) -> str:
    """What was said to get an answer, for drawing it anew; "" for what changed something."""
    return (" ".join(words.split()) or "mine") if commands.reads(words) else ""


def _open(door: Door, card: Card, trigger: str, kept: Mapping[str, str]) -> Card:
    """Open the card's form; what came instead when Slack does not open it.

    A trigger lives for 3 seconds: https://docs.slack.dev/reference/methods/views.open
    """
    assert card.form is not None
    try:
        door.client.views_open(trigger_id=trigger, view=draw.view(card.form, secrets.token_hex(4), kept))
    except (SlackApiError, SlackClientError, OSError) as fault:
        error = _error_of(fault)
        log.warning("a form did not open: %s", error)
        why = errors.decide("views.open", error if isinstance(fault, SlackApiError) else "expired_trigger_id")
        first = why.sentence.format(error=error)
        said = f"{first} Press again, or type {card.form.say.split(' v')[0]}: your words."
        return Card("Not opened", (say_lines(wording.answer_first("Not opened.", said)),), ok=False)
    return card


def _error_of(fault: Exception) -> str:
    return str(fault.response.get("error")) if isinstance(fault, SlackApiError) else type(fault).__name__


# --- a direct message -----------------------------------------------------------------------------------------------


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
    card = door.answer(door.ask(words, event["user"], team, key, _place(channel)))
    if card.form:
        card = _form_as_button(card, words)

    def say(answer: Card) -> None:
        door.post(f"answer:{key}", channel, draw.message(answer, _origin(words)))

    if card.attachment:
        door.later(lambda: _hand_over(door, card, Where("", event["user"], channel), say))
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


# --- a press --------------------------------------------------------------------------------------------------------


def _press(door: Door, ack: Ack, body: dict[str, Any]) -> None:
    """https://docs.slack.dev/reference/interaction-payloads/block_actions-payload"""
    action = body["actions"][0]
    words = action.get("value") or (action.get("selected_option") or {}).get("value", "")
    origin, channel = draw.origin_of(action.get("block_id", "")), (body.get("channel") or {}).get("id", "")
    team = (body.get("user") or {}).get("team_id") or (body.get("team") or {}).get("id", "")
    ask = door.ask(words, body["user"]["id"], team, f"slack:{team}:{body['trigger_id']}", _place(channel))
    card = door.answer(ask)
    url = body.get("response_url", "")
    if card.form:
        kept = {"url": url, "channel": channel, "from": origin if _private(body) else ""}
        card = _open(door, card, body["trigger_id"], kept)
    ack()
    if card.form:
        return
    where = Where(url, body["user"]["id"], channel)
    if card.attachment:
        door.later(lambda: _hand_over(door, card, where, lambda sent: _add(door, where, sent)))
    elif card.saved:
        redrawn = origin if _private(body) else ""
        door.later(lambda: _redraw(door, ask, card, redrawn, where))
    else:
        replaces = _private(body) and _same_list(words, origin)
        drawn = draw.message(card, _origin(words))
        door.later(lambda: _respond(door, where, drawn, replace=replaces))


def _hand_over(door: Door, card: Card, where: Where, say: Callable[[Card], None]) -> None:
    """The file of an answer, to the person alone; that it is sent is said once it is there, where it was asked for."""
    file, plain = card.attachment, replace(card, attachment=None)
    assert file is not None
    try:
        there = door.files.hand_over(where.user, file, f"{in_words(card)}\n{card.subject}, {file.marking}")
    except NotHandedOver as why:
        line = wording.answer_first("Not sent.", str(why))
        say(Card(f"Not sent: {card.subject}", (say_lines(line), *card.parts), ok=False))
        return
    if there != where.channel:
        say(replace(plain, parts=(say_lines((bold("Sent to you in our direct messages:"),)), *card.parts)))


def _add(door: Door, where: Where, card: Card) -> None:
    _respond(door, where, draw.message(card), replace=False)


def _private(body: dict[str, Any]) -> bool:
    """Whether the message that was pressed is one person's alone: seen by them only, or in their direct messages."""
    direct = Where("", "", str((body.get("channel") or {}).get("id", ""))).direct
    return direct or bool((body.get("container") or {}).get("is_ephemeral"))


def _same_list(words: str, origin: str) -> bool:
    """Whether a press asks for another page, or another view, of the very answer that it stands in."""

    def base(said: str) -> str:
        return re.sub(r"\s*\bpage:\d+|: text( \d+)?\Z", "", said).removeprefix("show ").strip()

    return bool(origin) and base(words) == base(origin)


def _respond(door: Door, where: Where, drawn: dict[str, Any], *, replace: bool) -> None:
    """Answer where it was asked; when the response_url is used up or too old, in a new private message."""
    if where.url:
        kind = "in_channel" if where.direct else "ephemeral"
        sent = WebhookClient(where.url, timeout=5).send(response_type=kind, replace_original=replace, **drawn)
        if sent.status_code == 200 and "error" not in sent.body:
            return
        error = _refusal(sent.body)
        why = errors.decide("response_url", error, sent.status_code).sentence
        log.warning("a response_url was refused: %s", why.format(error=error or sent.status_code, place="there"))
    if where.channel:
        door.client.chat_postEphemeral(channel=where.channel, user=where.user, **drawn)


def _refusal(body: str) -> str:
    """The code in a refusal of a response_url, which comes as plain text or in JSON."""
    found = _CODE.search(body.removeprefix('{"ok":false,"error":"'))
    return found[0] if found else ""


# --- a form ---------------------------------------------------------------------------------------------------------


def _form(door: Door, ack: Ack, body: dict[str, Any]) -> None:
    """https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload"""
    view = body["view"]
    told = json.loads(view["private_metadata"])
    values = {draw.field_of(block): _value(state) for block, state in view["state"]["values"].items()}
    team = (body.get("user") or {}).get("team_id") or (body.get("team") or {}).get("id", "")
    key = f"slack:{team}:{view['id']}:{told['nonce']}"
    place, files = _place(told.get("channel", "")), chosen(view)
    more: dict[str, Any] = {"form": values, "was": told.get("was", {}), "coming": tuple(f.coming for f in files)}
    try:
        ask = door.ask(told["say"], body["user"]["id"], team, key, place, **more)
        card = door.told(commands.answer(door.desk, ask))
    except StoreFault as fault:
        log.warning("the register did not answer: %s", fault)
        ack(_kept_open(view, f"{fault.opening} {fault}"))
        return
    if ask.outside == UNSURE:
        ack(_kept_open(view, f"Not saved. {UNSURE}."))
        return
    where = Where(str(told.get("url", "")), body["user"]["id"], str(told.get("channel", "")))
    if files and card.ok and not card.form:
        mark = secrets.token_hex(8)
        ack(response_action="update", view=draw.notice(card, str(view["title"]["text"])) | {"external_id": mark})
        door.later(lambda: _with_files(door, ask, files, view, mark, where))
        return
    _acknowledge(ack, card, told, view)
    if card.saved:
        door.later(lambda: _redraw(door, ask, card, str(told.get("from", "")), where))


def _value(state: Mapping[str, Any]) -> str:
    control: Mapping[str, Any] = next(iter(state.values()), {})
    chosen = control.get("selected_option") or {}
    picked = control.get("selected_date") or control.get("selected_user") or chosen.get("value")
    return str(control.get("value") or picked or "")


def _acknowledge(ack: Ack, card: Card, told: Mapping[str, Any], view: Mapping[str, Any]) -> None:
    if card.faults:
        ack(
            response_action="errors",
            errors={draw.block_id(field, told["nonce"]): sentence for field, sentence in card.faults.items()},
        )
    elif card.form:
        ack(response_action="update", view=_other_form(card.form, told))
    elif not card.ok:
        ack(response_action="update", view=draw.notice(card, str(view["title"]["text"])))
    else:
        ack()


def _other_form(form: Form, told: Mapping[str, Any]) -> dict[str, Any]:
    """A form in place of the one that was sent, knowing where that one came from."""
    kept = {k: told[k] for k in ("url", "channel", "from") if k in told}
    return draw.view(form, secrets.token_hex(4), kept)


# --- a form with files ----------------------------------------------------------------------------------------------


def _with_files(door: Door, ask: Ask, files: list[Chosen], view: Mapping[str, Any], mark: str, where: Where) -> None:
    """After the acknowledgement: the files are fetched, the form is answered, and the person hears of it.

    Where the form stood, and the notice with this mark stands now; when they have closed it, by direct message.
    """
    told = json.loads(view["private_metadata"])
    try:
        card = commands.answer(door.desk, replace(ask, coming=(), files=door.files.fetch(files), now=door.clock()))
    except (NotHandedOver, StoreFault) as fault:
        card = Card("Not saved", faults={"files": str(fault)}, ok=False)
    if not _shown_in(door, view, mark, _in_place(card, view, told)):
        door.post(f"answer:{ask.request_key}", where.user, draw.message(_by_message(card, ask, view)))
    if card.saved:
        _redraw(door, ask, card, str(told.get("from", "")), where)
    door.told(card)


def _in_place(card: Card, view: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """What stands where the form stood: the form again with what was typed, or what became of it."""
    if card.faults:
        return draw.again(view, _amiss(card))
    if card.form:
        return _other_form(card.form, told)
    return draw.notice(card, str(view["title"]["text"]))


def _amiss(card: Card) -> Line:
    return wording.answer_first("Not saved.", f"{' '.join(card.faults.values())} Choose the files again.")


def _shown_in(door: Door, view: Mapping[str, Any], mark: str, drawn: dict[str, Any]) -> bool:
    """Whether it stands in the form's place now; not when the person has closed it.

    Slack may still have our acknowledgement before it, which would cover what comes too early: so the notice is waited
    for by its mark, a moment only, as one that was closed does not come back.
    """
    for wait in (0.0, *door.patience):
        time.sleep(wait)
        if _updated(door, external_id=mark, view=drawn):
            return True
    return _updated(door, view_id=view["id"], view=drawn)


def _updated(door: Door, **which: Any) -> bool:
    try:
        door.client.views_update(**which)
    except (SlackClientError, OSError) as fault:
        log.info("a form was not drawn anew: %s", _error_of(fault))
        return False
    return True


def _by_message(card: Card, ask: Ask, view: Mapping[str, Any]) -> Card:
    """The same for somebody who has closed the form: nothing typed is lost, and a button opens it again."""
    if not card.faults and not card.form:
        return card
    typed = [text for name, text in (ask.form or {}).items() if text and text != ask.was.get(name)]
    title = str(view["title"]["text"])
    again = Buttons((Button(title, card.form.say if card.form else ask.words, f"{title} again", True),))
    first = card.form.intro if card.form else say_lines(_amiss(card))
    return Card(card.subject, (first, *acting.kept("\n".join(typed)), again), ok=False)


def _redraw(door: Door, ask: Ask, saved: Card, origin: str, where: Where) -> None:
    """The card that the form came from, as it is now, under the word that it is saved; else a new answer."""
    card = saved
    origin = origin if origin and commands.reads(origin) else ""
    if origin:
        again = door.answer(replace(ask, words=origin, form=None, was={}, request_key="", now=door.clock()))
        first = saved.parts[:1] if not saved.form else ()
        card = replace(again, parts=(*first, *again.parts), subject=saved.subject)
    elif saved.form:
        return
    _respond(door, where, draw.message(card, origin), replace=bool(origin))
