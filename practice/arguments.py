"""How an app's arguments are read, and the few rules that many methods share."""

from __future__ import annotations

import base64
import json
from typing import Any

from aiohttp import web

from practice.shapes import Json, SlackError

JSON_ARGUMENTS = ("blocks", "attachments", "metadata", "view", "files")


async def read(request: web.Request) -> Json:
    """Query, form or JSON body: Slack takes all three; nested parts may be JSON in a string."""
    arguments: Json = dict(request.query)
    if request.content_type == "application/json":
        arguments.update(_json_body(await request.text()))
    else:
        arguments.update(await request.post())
    for key in JSON_ARGUMENTS:
        if isinstance(arguments.get(key), str):
            arguments[key] = _parsed(arguments[key])
    return arguments


def _json_body(text: str) -> Json:
    if not text:
        return {}
    try:
        body = json.loads(text)
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(body, dict):
        raise SlackError("json_not_object")
    return body


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def token_of(request: web.Request, arguments: Json) -> str:
    """The token a call came with, in its header or among its arguments."""
    header = request.headers.get("Authorization", "")
    return header.removeprefix("Bearer ").strip() or str(arguments.get("token", ""))


def needed(arguments: Json, key: str) -> str:
    """An argument that must be there, or the refusal that names it."""
    if not arguments.get(key):
        fault = f"[ERROR] missing required field: {key}"
        raise SlackError("invalid_arguments", response_metadata={"messages": [fault]})
    return str(arguments[key])


def metadata_of(given: Any) -> Json:
    """A message's metadata: an event_type and a flat event_payload."""
    fits = isinstance(given, dict) and isinstance(given.get("event_type"), str)
    if not fits or not isinstance(given.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    return dict(given)


def is_true(value: Any) -> bool:
    """Whether a switch is on, however it was written."""
    return value is True or str(value).lower() in ("true", "1")


def without(message: Json, key: str) -> Json:
    """The same message less one of its parts."""
    return {k: v for k, v in message.items() if k != key}


def in_history(message: Json, arguments: Json) -> bool:
    """Whether a message belongs into a channel's history between these stamps: replies in threads do not."""
    if message.get("thread_ts") not in (None, message["ts"]):
        return False
    oldest = float(arguments.get("oldest") or 0)
    latest = float(arguments.get("latest") or "inf")
    ts = float(message["ts"])
    return oldest <= ts <= latest if is_true(arguments.get("inclusive")) else oldest < ts < latest


def page_of(items: list[Any], arguments: Json) -> tuple[list[Any], str]:
    """One page of a list and the cursor of the next, empty at the end."""
    try:
        start = int(base64.b64decode(arguments.get("cursor") or b"MA=="))
    except ValueError:
        raise SlackError("invalid_cursor") from None
    limit = max(1, min(int(arguments.get("limit") or 100), 999))
    more = base64.b64encode(str(start + limit).encode()).decode() if len(items) > start + limit else ""
    return items[start : start + limit], more
