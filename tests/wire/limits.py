"""Slack's limits from its documentation, written down apart from the program's own table, and slack_sdk's opinion.

https://docs.slack.dev/reference/block-kit/blocks and https://docs.slack.dev/reference/views
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

Json = dict[str, Any]
NOT_IN_SLACK_SDK = {"data_visualization"}
TYPES = {"header", "section", "divider", "context", "actions", "rich_text", "input"} | NOT_IN_SLACK_SDK
WHOLE_MESSAGE = 13_000
_OURS = "C0CYBER|C0DCC|C0IMPROVE|C0CUSTODY"  # the office's channels: we name them live, which rings nobody
_LIVE = re.compile(rf"<[!@][^>]*>|<#(?!(?:{_OURS})>)[^>]*>|<(?:https?|mailto):")
_BARE = re.compile(r"&(?!amp;|lt;|gt;)")


def faults_of_message(message: Json) -> list[str]:
    """What Slack, or slack_sdk's models, would not take in a message; what in it is live that must not be."""
    text, blocks = message.get("text", ""), message.get("blocks") or []
    faults = [] if 0 < len(text) <= 4000 else [f"text has {len(text)} characters"]
    faults += _live("text", text)
    faults += [f"{len(blocks)} blocks"] if len(blocks) > 50 else []
    size = len(json.dumps(blocks, ensure_ascii=False))
    words = sum(len(s) for s in _strings(blocks))
    faults += [f"{words} characters of words, {size} of JSON"] if words > WHOLE_MESSAGE else []
    return faults + _blocks(blocks, "message") + _models(blocks)


def faults_of_view(view: Json) -> list[str]:
    faults = [f"a view of type {view.get('type')}"] if view.get("type") != "modal" else []
    for part in ("title", "submit", "close"):
        told = view.get(part)
        if told is not None and not 0 < len(told["text"]) <= 24:
            faults.append(f"{part} has {len(told['text'])} characters")
    blocks = view.get("blocks") or []
    faults += [] if view.get("title") else ["no title"]
    faults += [] if 0 < len(blocks) <= 100 else [f"{len(blocks)} blocks"]
    faults += ["private_metadata is too long"] if len(view.get("private_metadata", "")) > 3000 else []
    faults += ["callback_id is too long"] if len(view.get("callback_id", "")) > 255 else []
    if any(b["type"] == "input" for b in blocks) and not view.get("submit"):
        faults.append("inputs without a submit button")
    try:
        View(**view).validate_json()
    except Exception as fault:
        faults.append(f"slack_sdk: {fault}")
    return faults + _blocks(blocks, "modal") + _models(blocks)


def _models(blocks: list[Json]) -> list[str]:
    faults = []
    blocks = [block for block in blocks if block["type"] not in NOT_IN_SLACK_SDK]
    parsed = Block.parse_all(blocks)
    if len(parsed) != len(blocks):
        faults.append("slack_sdk does not know a block")
    for block in parsed:
        try:
            block.validate_json()
        except Exception as fault:
            faults.append(f"slack_sdk: {fault}")
    return faults


def _strings(thing: Any) -> Iterator[str]:
    if isinstance(thing, str):
        yield thing
    for part in thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list) else ():
        yield from _strings(part)


def _blocks(blocks: list[Json], surface: str) -> list[str]:
    faults = []
    ids = [b["block_id"] for b in blocks if "block_id" in b]
    faults += ["two blocks have the same block_id"] if len(ids) != len(set(ids)) else []
    controls = [e for b in blocks for e in _controls(b)]
    actions = [e["action_id"] for e in controls if "action_id" in e]
    if surface == "message":
        faults += ["two controls have the same action_id"] if len(actions) != len(set(actions)) else []
    faults += ["an id is too long"] if any(not 0 < len(i) <= 255 for i in ids + actions) else []
    for block in blocks:
        faults += [f"{block['type']}: {fault}" for fault in _block(block, surface)]
    return faults


def _controls(block: Json) -> list[Json]:
    found = [block.get("accessory"), block.get("element")]
    found += block.get("elements", []) if block["type"] == "actions" else []
    return [control for control in found if control]


def _block(block: Json, surface: str) -> Iterator[str]:
    kind = block["type"]
    if kind not in TYPES or (kind == "input") > (surface == "modal"):
        yield "does not belong here"
    elif kind == "header":
        yield from _text(block["text"], 150, "plain_text")
    elif kind == "section":
        yield from _text(block["text"], 3000)
    elif kind == "context":
        yield from () if 0 < len(block["elements"]) <= 10 else (f"{len(block['elements'])} elements",)
        for element in block["elements"]:
            yield from _text(element, 3000)
    elif kind == "actions":
        yield from () if 0 < len(block["elements"]) <= 25 else (f"{len(block['elements'])} elements",)
    elif kind == "rich_text":
        yield from _rich(block["elements"])
    elif kind == "data_visualization":
        yield from _chart(block)
    elif kind == "input":
        yield from _text(block["label"], 2000, "plain_text")
        yield from _text(block["hint"], 2000, "plain_text") if "hint" in block else ()
    for control in _controls(block):
        yield from _control(control)


def _chart(block: Json) -> Iterator[str]:
    """https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block"""
    chart = block["chart"]
    yield from () if 0 < len(block["title"]) <= 50 else ("a title that is too long",)
    yield from () if 0 < len(chart["series"]) <= 6 else (f"{len(chart['series'])} series",)
    for series in chart["series"]:
        labels = [point["label"] for point in series["data"]]
        yield from () if labels == chart["axis_config"]["categories"] else ("labels that are not the categories",)


def _text(told: Json, most: int, kind: str = "") -> Iterator[str]:
    if kind and told["type"] != kind:
        yield f"{told['type']} where {kind} belongs"
    if not 0 < len(told["text"]) <= most:
        yield f"{len(told['text'])} characters, {most} fit"
    if told["type"] == "mrkdwn":
        yield from _live("mrkdwn", told["text"])
        yield from () if told.get("verbatim") else ("mrkdwn that is not verbatim",)


def _live(where: str, text: str) -> list[str]:
    """Nothing that people wrote may ring, link or lead anywhere in mrkdwn or in `text`; no entity is cut in two."""
    faults = [f"live in {where}: {found}" for found in _LIVE.findall(text)]
    return faults + ([f"a bare or cut & in {where}"] if _BARE.search(text) else [])


def _rich(elements: list[Json]) -> Iterator[str]:
    if not elements:
        yield "empty"
    for element in elements:
        if element["type"] == "rich_text_list":
            yield from _rich(element["elements"])
        elif element["type"] in {"rich_text_section", "rich_text_quote"}:
            yield from () if element["elements"] else ("empty part",)
            for piece in element["elements"]:
                yield from _piece(piece)
        else:
            yield f"unknown part {element['type']}"


def _piece(piece: Json) -> Iterator[str]:
    ours = piece["type"] == "channel" and piece["channel_id"] in _OURS.split("|")
    if piece["type"] not in {"text", "emoji", "link"} and not ours:
        yield f"a live element: {piece['type']}"
    if piece["type"] == "text" and not 0 < len(piece["text"]) <= 3000:
        yield f"a run of {len(piece['text'])} characters"
    if piece["type"] == "link" and not piece["url"].lower().startswith(("http://", "https://")):
        yield "a link that leads elsewhere than to the web"
    if set(piece.get("style", {})) - {"bold", "code"}:
        yield "a style nobody asked for"


OPTIONS = {"overflow": 5, "radio_buttons": 10, "static_select": 100}


def _control(control: Json) -> Iterator[str]:
    kind = control["type"]
    if kind == "button":
        yield from _text(control["text"], 75, "plain_text")
        yield from () if len(control.get("value", "")) <= 2000 else ("value too long",)
        label = control.get("accessibility_label", "")
        yield from () if 0 < len(label) <= 75 else ("no accessibility_label, or one too long",)
        yield from () if control.get("style") in {None, "primary", "danger"} else ("an unknown style",)
    elif kind in OPTIONS:
        most = OPTIONS[kind]
        yield from () if 0 < len(control["options"]) <= most else (f"{len(control['options'])} options",)
        for option in control["options"]:
            yield from _text(option["text"], 75)
            yield from () if len(option["value"]) <= 150 else ("an option's value is too long",)
            yield from _text(option["description"], 75) if "description" in option else ()
    elif kind == "plain_text_input":
        most = control.get("max_length", 3000)
        yield from () if most <= 3000 else ("max_length above 3000",)
        yield from () if len(control.get("initial_value", "")) <= most else ("initial_value above max_length",)
    elif kind == "file_input":
        yield from () if 0 < control["max_files"] <= 10 else ("more than 10 files",)
    elif kind not in {"datepicker", "users_select"}:
        yield f"unknown control {kind}"
    if "placeholder" in control:
        yield from _text(control["placeholder"], 150, "plain_text")
