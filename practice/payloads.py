"""The payloads Slack sends an app for what people do, in exactly Slack's shapes."""

from __future__ import annotations

import copy

from practice.shapes import Json
from practice.workspace import Channel, Kept, Person, Workspace

VERIFICATION = "practice-verification-token"


class Payloads:
    """Writes payloads for one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def slash_command(self, person: Person, channel: Channel, command: str, text: str, lent: Json) -> Json:
        """A typed command; `lent` carries its response_url and trigger_id. Slack sends strings only."""
        team = self._workspace.team
        return {
            "token": VERIFICATION,
            "team_id": team["id"],
            "team_domain": team["domain"],
            "channel_id": channel.id,
            "channel_name": wire_name(channel),
            "user_id": person.id,
            "user_name": person.handle,
            "command": command,
            "text": text,
            "api_app_id": self._workspace.app["id"],
            "is_enterprise_install": "false",
            **lent,
        }

    def _interaction(self, kind: str, person: Person) -> Json:
        team = self._workspace.team
        user = {"id": person.id, "username": person.handle, "name": person.handle, "team_id": team["id"]}
        return {
            "type": kind,
            "team": {"id": team["id"], "domain": team["domain"]},
            "user": user,
            "api_app_id": self._workspace.app["id"],
            "token": VERIFICATION,
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def press_on_message(self, person: Person, kept: Kept, action: Json, lent: Json) -> Json:
        """A press on a message. Of a private message Slack sends neither words nor blocks back."""
        channel = self._workspace.channels[kept.channel]
        private = kept.only_for is not None
        container = {
            "type": "message",
            "message_ts": kept.ts,
            "channel_id": channel.id,
            "is_ephemeral": private,
        }
        return {
            **self._interaction("block_actions", person),
            "container": container,
            "channel": {"id": channel.id, "name": wire_name(channel)},
            **({} if private else {"message": kept.message}),
            "state": {"values": {}},
            "actions": [action],
            **lent,
        }

    def press_on_view(self, person: Person, view: Json, action: Json, lent: Json) -> Json:
        """A press in a form: the form comes with it, and there is no channel and no response_url."""
        return {
            **self._interaction("block_actions", person),
            "container": {"type": "view", "view_id": view["id"]},
            "view": view,
            "actions": [action],
            **lent,
        }

    def submission(self, person: Person, view: Json, lent: Json) -> Json:
        """A form that was sent."""
        return {
            **self._interaction("view_submission", person),
            "view": copy.deepcopy(view),
            "response_urls": [],
            **lent,
        }

    def closing(self, person: Person, view: Json, cleared: bool) -> Json:
        """A form that was closed without being sent."""
        return {**self._interaction("view_closed", person), "view": view, "is_cleared": cleared}


def wire_name(channel: Channel) -> str:
    """How Slack names a channel to an app: private and direct ones have no name of their own."""
    if channel.direct_with:
        return "directmessage"
    return "privategroup" if channel.private else channel.name


def action_on(element: Json, block_id: str, value: str | None, action_ts: str) -> Json:
    """What Slack says of the one thing that was pressed or chosen."""
    action = {
        "type": element["type"],
        "block_id": block_id,
        "action_id": element["action_id"],
        "action_ts": action_ts,
    }
    if element["type"] == "button":
        kept = ("text", "value", "style", "url", "accessibility_label")
        return {**action, **{key: element[key] for key in kept if key in element}}
    if element["type"] == "datepicker":
        return {**action, "selected_date": value}
    if element["type"] == "users_select":
        return {**action, "selected_user": value}
    chosen = [option for option in options_of(element) if option.get("value") == value]
    if element["type"] == "checkboxes":
        return {**action, "selected_options": chosen}
    return {**action, "selected_option": chosen[0] if chosen else None}


def options_of(element: Json) -> list[Json]:
    """The options of a menu, grouped or not."""
    groups = element.get("option_groups", [])
    return [*element.get("options", []), *(option for group in groups for option in group.get("options", []))]
