"""Slack's forms: opened while their trigger lives, answered in their place; files are fetched after the ack."""

import json
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slack_bolt import Ack
from slack_sdk.errors import SlackApiError, SlackClientError

from handlers import acting, commands, wording
from handlers.ask import Ask
from handlers.card import Button, Buttons, Card, Form, Line, say_lines
from handlers.slack import draw, errors
from handlers.slack.door import Door, Where, error_of, place, redraw
from handlers.slack.files import Chosen, NotHandedOver, chosen
from handlers.slack.people import UNSURE
from storage.store import StoreFault

log = logging.getLogger(__name__)


def open_form(door: Door, card: Card, trigger: str, kept: Mapping[str, str]) -> Card:
    """Open the card's form; what came instead when Slack does not open it.

    A trigger lives for 3 seconds: https://docs.slack.dev/reference/methods/views.open
    """
    assert card.form is not None
    try:
        door.client.views_open(trigger_id=trigger, view=draw.view(card.form, secrets.token_hex(4), kept))
    except (SlackApiError, SlackClientError, OSError) as fault:
        error = error_of(fault)
        log.warning("a form did not open: %s", error)
        why = errors.decide("views.open", error if isinstance(fault, SlackApiError) else "expired_trigger_id")
        first = why.sentence.format(error=error)
        said = f"{first} Press again, or type {card.form.say.split(' v')[0]}: your words."
        return Card("Not opened", (say_lines(wording.answer_first("Not opened.", said)),), ok=False)
    return card


def submitted(door: Door, ack: Ack, body: dict[str, Any]) -> None:
    """https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload"""
    view = body["view"]
    told = json.loads(view["private_metadata"])
    values = {draw.field_of(block): _value(state) for block, state in view["state"]["values"].items()}
    team = (body.get("user") or {}).get("team_id") or (body.get("team") or {}).get("id", "")
    key = f"slack:{team}:{view['id']}:{told['nonce']}"
    where_from, files = place(told.get("channel", "")), chosen(view)
    more: dict[str, Any] = {"form": values, "was": told.get("was", {}), "coming": tuple(f.coming for f in files)}
    try:
        ask = door.ask(told["say"], body["user"]["id"], team, key, where_from, **more)
        card = door.told(commands.answer(door.desk, ask))
    except StoreFault as fault:
        log.warning("the register did not answer: %s", fault)
        ack(kept_open(view, f"{fault.opening} {fault}"))
        return
    if ask.outside == UNSURE:
        ack(kept_open(view, f"Not saved. {UNSURE}."))
        return
    where = Where(str(told.get("url", "")), body["user"]["id"], str(told.get("channel", "")))
    if files and card.ok and not card.form:
        mark = secrets.token_hex(8)
        ack(response_action="update", view=draw.notice(card, str(view["title"]["text"])) | {"external_id": mark})
        door.later(lambda: _with_files(door, ask, files, view, mark, where))
        return
    _acknowledge(ack, card, told, view)
    if card.saved:
        door.later(lambda: redraw(door, ask, card, str(told.get("from", "")), where))


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


# --- with files -----------------------------------------------------------------------------------------------------


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
        redraw(door, ask, card, str(told.get("from", "")), where)
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
        log.info("a form was not drawn anew: %s", error_of(fault))
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


def kept_open(view: Mapping[str, Any], sentence: str) -> dict[str, Any]:
    """Trouble of ours: the form stays as it was filled in, so that nothing typed is lost, and says why at a field."""
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    typed = [block for block in inputs if block["element"]["type"] == "plain_text_input"]
    return {"response_action": "errors", "errors": {block["block_id"]: sentence for block in (typed or inputs)[:1]}}
