"""The forms that stand open before people, as Slack keeps them: a stack each, with hash and typed state."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from typing import Any

from practice.blocks import check_view, checked, elements
from practice.clock import Clock
from practice.limits import FILE_INPUT_BYTES, VIEWS_STACKED
from practice.shapes import Json, SlackError


class Views:
    """Every open form and every Home, by person."""

    def __init__(self, clock: Clock, team_id: str, app: Json, without: Collection[str] = ()) -> None:
        self._clock = clock
        self._without = without
        self._owner = {
            "team_id": team_id,
            "app_id": app["id"],
            "bot_id": app["bot_id"],
            "app_installed_team_id": team_id,
        }
        self._stacks: dict[str, list[Json]] = {}
        self.homes: dict[str, Json] = {}

    def open_for(self, person: str) -> list[Json]:
        """A person's stack, the one in sight last."""
        return self._stacks.get(person, [])

    def find(self, view_id: str | None, external_id: str | None = None) -> tuple[str, Json]:
        """The person before whom a form stands, and the form."""
        for person, stack in self._stacks.items():
            for view in stack:
                if view["id"] == view_id or (external_id and view["external_id"] == external_id):
                    return person, view
        raise SlackError("not_found")

    def open(self, person: str, given: Any) -> Json:
        """Puts a form before a person in the place of whatever stood there."""
        view = self._new(given)
        self._stacks[person] = [view]
        return view

    def push(self, person: str, given: Any) -> Json:
        """Lays a form on top of those that stand open."""
        stack = self.open_for(person)
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= VIEWS_STACKED:
            raise SlackError("push_limit_reached")
        view = self._new(given)
        view.update(previous_view_id=stack[-1]["id"], root_view_id=stack[0]["id"])
        stack.append(view)
        return view

    def update(self, view_id: str | None, given: Any, hash: str | None = None, external_id: str | None = None) -> Json:
        """Redraws a form where it stands, unless it has changed since `hash`."""
        _, view = self.find(view_id, external_id)
        if hash and hash != view["hash"]:
            raise SlackError("hash_conflict")
        fresh = self._made(given, "modal")
        for fixed in ("id", "root_view_id", "previous_view_id"):
            fresh[fixed] = view[fixed]
        view.clear()
        view.update(fresh)
        return view

    def publish(self, person: str, given: Any, hash: str | None = None) -> Json:
        """Puts a Home before a person, unless it has changed since `hash`."""
        before = self.homes.get(person)
        if hash and before and hash != before["hash"]:
            raise SlackError("hash_conflict")
        fresh = self._made(given, "home")
        if before:
            fresh.update(id=before["id"], root_view_id=before["id"])
        self.homes[person] = fresh
        return fresh

    def close(self, person: str, view_id: str) -> None:
        """Takes one form away; the one below comes into sight."""
        self._stacks[person] = [v for v in self.open_for(person) if v["id"] != view_id]

    def clear(self, person: str) -> list[Json]:
        """Takes all of a person's forms away and returns them."""
        return self._stacks.pop(person, [])

    def _new(self, given: Any) -> Json:
        view = self._made(given, "modal")
        taken = {v["external_id"] for stack in self._stacks.values() for v in stack}
        if view["external_id"] and view["external_id"] in taken:
            raise SlackError("duplicate_external_id")
        return view

    def _made(self, given: Any, kind: str) -> Json:
        check_view(given, kind)
        blocks = checked(given.get("blocks"), kind, self._without)
        ident = "V0" + secrets.token_hex(4).upper()
        settable: Json = {key: given.get(key) for key in ("title", "submit", "close")}
        settable.update({key: given.get(key, "") for key in ("callback_id", "private_metadata", "external_id")})
        switches = {key: bool(given.get(key)) for key in ("clear_on_close", "notify_on_close", "submit_disabled")}
        return {
            "id": ident,
            "type": kind,
            **self._owner,
            **settable,
            **switches,
            "blocks": blocks,
            "state": {"values": initial_state(blocks)},
            "hash": f"{self._clock.ts()[:10]}.{secrets.token_hex(4)}",
            "root_view_id": ident,
            "previous_view_id": None,
        }


def initial_state(blocks: list[Json]) -> Json:
    """The state of a form before anybody has touched it, in Slack's shape."""
    values: Json = {}
    for block in blocks:
        for element in elements(block):
            start = STARTS.get(str(element.get("type")))
            if start is not None:
                values.setdefault(block["block_id"], {})[element["action_id"]] = start(element)
    return values


def _text(element: Json) -> Json:
    return {"type": element["type"], "value": element.get("initial_value")}


def _one(element: Json) -> Json:
    return {"type": element["type"], "selected_option": element.get("initial_option")}


def _many(element: Json) -> Json:
    return {"type": element["type"], "selected_options": element.get("initial_options", [])}


STARTS: dict[str, Callable[[Json], Json]] = {
    "plain_text_input": _text,
    "url_text_input": _text,
    "email_text_input": _text,
    "number_input": _text,
    "radio_buttons": _one,
    "static_select": _one,
    "checkboxes": _many,
    "multi_static_select": _many,
    "datepicker": lambda e: {"type": "datepicker", "selected_date": e.get("initial_date")},
    "timepicker": lambda e: {"type": "timepicker", "selected_time": e.get("initial_time")},
    "users_select": lambda e: {"type": "users_select", "selected_user": e.get("initial_user")},
    "file_input": lambda e: {"type": "file_input", "files": []},
}


def missing_or_too_long(view: Json) -> dict[str, str]:
    """What Slack itself refuses before the app is asked: a sentence for each field that cannot be sent."""
    faults = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            state = view["state"]["values"].get(block["block_id"], {}).get(element["action_id"], {})
            sentence = _fault_of(element, state, bool(block.get("optional")))
            if sentence:
                faults[block["block_id"]] = sentence
    return faults


def _fault_of(element: Json, state: Json, optional: bool) -> str | None:
    value = next((part for key, part in state.items() if key != "type"), None)
    if not value:
        return None if optional else "Please complete this required field."
    if isinstance(value, list):
        return _fault_of_files(element, value)
    if not isinstance(value, str):
        return None
    if len(value) > element.get("max_length", 3000):
        return f"Please use at most {element.get('max_length', 3000)} characters; these are {len(value)}."
    if len(value) < element.get("min_length", 0):
        return f"Please use at least {element['min_length']} characters."
    if element["type"] == "url_text_input" and not value.startswith(("http://", "https://")):
        return "Please enter a whole link, with https:// in front."
    return None


def _fault_of_files(element: Json, chosen: list[Json]) -> str | None:
    if element["type"] != "file_input":
        return None
    if len(chosen) > element.get("max_files", 10):
        return f"Please choose at most {element.get('max_files', 10)} files."
    kinds = [kind.lower() for kind in element.get("filetypes", [])]
    wrong = [one["name"] for one in chosen if kinds and one["name"].rpartition(".")[2].lower() not in kinds]
    if wrong:
        return f"{wrong[0]} is not one of these: {', '.join(kinds)}."
    heavy = [one["name"] for one in chosen if one["size"] > FILE_INPUT_BYTES]
    return f"{heavy[0]} is larger than 10 MB." if heavy else None
