"""A small bot to practise with: private cards, a form with errors, a weekly post, bad manners on request."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

Json = dict[str, Any]


def plain(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text, "emoji": False}


def button(label: str, value: str, number: int, **more: Any) -> Json:
    """A button that says `value` when pressed."""
    spoken = f"{label}: {value}"
    return {
        "type": "button",
        "text": plain(label),
        "action_id": f"say:{number}",
        "value": value,
        "accessibility_label": spoken,
        **more,
    }


def row(reference: str, title: str, mark: str, fact: str, number: int) -> Json:
    """Two lines and one button."""
    text = {"type": "mrkdwn", "text": f"*{reference}* {title}\n:{mark}: {fact}", "verbatim": True}
    accessory = button("Update", f"update {reference}", number)
    return {"type": "section", "text": text, "accessory": accessory}


def mine() -> Json:
    """A list of three invented rows."""
    return {
        "text": "You have 3 open things: none late\n\nYour things",
        "blocks": [
            {"type": "header", "text": plain("Your things")},
            {"type": "section", "text": {"type": "mrkdwn", "text": "*3 open*: none late, 1 due today."}},
            row("LAMP-1", "Trim the wick", "large_orange_circle", "*Amber* · due today", 1),
            row("LAMP-2", "Polish the &lt;big&gt; lens", "white_circle", "*White* · waits on the boat", 2),
            row("LAMP-3", "Paint the gallery", "large_green_circle", "*Green* · due 29 Jan 2027", 3),
            {"type": "actions", "elements": [button("Help", "help", 4)]},
            {
                "type": "context",
                "elements": [{"type": "mrkdwn", "text": "Only you can see this. `/4action card`"}],
            },
        ],
    }


def said(*parts: tuple[str, bool]) -> Json:
    """One rich_text section of plain and bold parts."""
    texts = [{"type": "text", "text": text, **({"style": {"bold": True}} if bold else {})} for text, bold in parts]
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": texts}]}


def card(note: str = "Wick ordered.", forecast: str | None = None) -> Json:
    """One invented card, as it stands."""
    more = [("\nForecast date: ", True), (forecast, False)] if forecast else []
    actions = [
        button("Update", "update LAMP-1", 5, style="primary"),
        button("Sign off", "sign off", 6, confirm=SURE),
    ]
    options = [{"text": plain(label), "value": label.lower()} for label in ("Delegate", "History")]
    return {
        "text": f"LAMP-1 Trim the wick\n{note}",
        "blocks": [
            {"type": "header", "text": plain("LAMP-1 Trim the wick")},
            said(
                ("Target date: ", True),
                ("20 Nov 2026", False),
                *more,
                ("\nOwner: ", True),
                ("Supt Owen Hale", False),
            ),
            {"type": "divider"},
            said(("Last update: ", True), (note, False)),
            {
                "type": "actions",
                "elements": [*actions, {"type": "overflow", "action_id": "more:7", "options": options}],
            },
            {"type": "context", "elements": [{"type": "mrkdwn", "text": f"As at {time.time():.0f}"}]},
        ],
    }


SURE = {
    "title": plain("Sign off LAMP-1?"),
    "text": plain("It leaves the open list."),
    "confirm": plain("Sign off"),
    "deny": plain("Cancel"),
}


def field(block_id: str, label: str, element: Json, optional: bool = False, hint: str = "") -> Json:
    """One input block."""
    block = {"type": "input", "block_id": block_id, "label": plain(label), "optional": optional}
    return {**block, "element": {**element, "action_id": "v"}, **({"hint": plain(hint)} if hint else {})}


def form(metadata: str) -> Json:
    """The update form."""
    options = [{"text": plain(text), "value": text.lower()} for text in ("In progress", "Ready for sign-off")]
    options[1]["description"] = plain("You will be asked what was done")
    radios = {"type": "radio_buttons", "options": options, "initial_option": options[0]}
    note = {"type": "plain_text_input", "multiline": True, "max_length": 300}
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain("Update"),
        "submit": plain("Save"),
        "close": plain("Cancel"),
        "private_metadata": metadata,
        "notify_on_close": True,
        "blocks": [
            said(("LAMP-1", True), (" Trim the wick", False)),
            field("status", "Status", radios),
            field("note", "Progress update", note, hint="No names, please."),
            field("forecast", "Forecast date", {"type": "datepicker"}, True, "The due date stays 20 Nov 2026."),
            field("who", "Checked by", {"type": "users_select"}, True),
        ],
    }


def from_folder(name: str) -> Json | None:
    """A card kept as a file in the folder that CARDS names, for looking at other bots' words."""
    folder = os.environ.get("CARDS")
    path = Path(folder or ".") / f"{name}.json"
    return json.loads(path.read_text()) if folder and path.exists() else None


def answer(text: str) -> Json:
    """The answer to a command."""
    if text == "slow":
        time.sleep(3.6)
    if text == "crash":
        os._exit(3)
    if text == "card":
        return card()
    if text == "aloud":
        return {"text": f"Said aloud: {text}", "response_type": "in_channel"}
    if text.startswith("echo"):
        return {"text": text}
    return from_folder(text) or mine()


def on_command(ack: Ack, command: Json, client: WebClient) -> None:
    """Answers a command inside the ack."""
    if command["text"] == "form":
        client.views_open(trigger_id=command["trigger_id"], view=form(""))
        ack()
        return
    ack(answer(command["text"]))


def on_press(ack: Ack, body: Json, action: Json, client: WebClient) -> None:
    """A press: the form for an update; otherwise the card is drawn again where it stands."""
    value = action.get("value") or (action.get("selected_option") or {}).get("value") or ""
    if value.startswith("update"):
        opened = from_folder("4a-update-form")
        view = {**opened, "private_metadata": body["response_url"]} if opened else form(body["response_url"])
        client.views_open(trigger_id=body["trigger_id"], view=view)
    elif value.startswith("help"):
        WebhookClient(body["response_url"]).send(text="Help: *type* `/4action`", response_type="ephemeral")
    else:
        shown = card(note=f"{value} was chosen.")
        WebhookClient(body["response_url"]).send(**shown, replace_original=True)
    ack()


def on_submit(ack: Ack, view: Json, body: Json) -> None:
    """A submission: a date that has passed is refused; else the pressed card is redrawn."""
    values = view["state"]["values"]
    forecast = values["forecast"]["v"]["selected_date"]
    today = os.environ["LIGHTKEEPER_NOW"][:10] if "LIGHTKEEPER_NOW" in os.environ else "2026-11-20"
    note = values["note"]["v"]["value"]
    if note == "slow":
        time.sleep(3.6)
    if forecast and forecast < today:
        ack(
            response_action="errors",
            errors={"forecast": f"{forecast} has passed. Choose today, {today}, or later."},
        )
        return
    if view["private_metadata"]:
        shown = card(note, forecast)
        WebhookClient(view["private_metadata"]).send(**shown, replace_original=True)
    ack()


def post_weekly(client: WebClient) -> None:
    """On a Monday at nine the weekly post goes to the private channel."""
    now = datetime.fromisoformat(os.environ.get("LIGHTKEEPER_NOW", "2026-11-20T16:40:00+00:00"))
    if now.weekday() == 0 and now.hour == 9:
        shown = from_folder("6a-digest") or {"text": "Weekly post: all lamps lit", "blocks": mine()["blocks"]}
        client.chat_postMessage(channel="C0DCC", **shown)


def build(token: str, base_url: str) -> App:
    """The app, wired."""
    client = WebClient(token=token, base_url=base_url)
    app = App(client=client, process_before_response=True, request_verification_enabled=False)
    app.command("/4action")(on_command)
    app.action(re.compile("^(say|more):"))(on_press)
    app.view("form")(on_submit)
    app.view_closed("form")(lambda ack: ack())
    return app


def connect(api_url: str, bot_token: str, app_token: str) -> SocketModeHandler:
    """Connects the bot in this process, for tests."""
    app = build(bot_token, api_url)
    handler = SocketModeHandler(app, app_token)
    handler.connect()  # type: ignore[no-untyped-call]
    return handler


def main() -> None:
    """Runs the bot as a process of its own."""
    if os.environ.get("SHOWS_ENVIRONMENT"):
        print("environment: " + ",".join(sorted(os.environ)), file=sys.stderr, flush=True)
    time.sleep(float(os.environ.get("STARTS_SLOWLY", "0")))
    if os.environ.get("DIES_AT_START"):
        sys.exit(4)
    handler = connect(os.environ["SLACK_API_URL"], os.environ["SLACK_BOT_TOKEN"], os.environ["SLACK_APP_TOKEN"])
    post_weekly(handler.app.client)
    threading.Event().wait()


if __name__ == "__main__":
    main()
