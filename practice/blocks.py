"""What Slack checks about blocks, and the ids it gives to those that have none."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Iterator
from typing import Any

from practice.shapes import Json, SlackError

KNOWN = frozenset(
    (
        *("header", "section", "rich_text", "divider", "context", "actions", "input", "image", "markdown"),
        *(
            "table",
            "data_visualization",
            "data_table",
            "alert",
            "video",
            "file",
            "context_actions",
            "container",
        ),
    )
)
MOST = {"message": 50, "modal": 100, "home": 100}
LONGEST = {
    "header": 150,
    "section": 3000,
    "button": 75,
    "option": 75,
    "value": 2000,
    "id": 255,
    "label": 2000,
}
ELEMENTS = {"actions": 25, "context": 10}


def checked(blocks: Any, surface: str = "message") -> list[Json]:
    """A copy of the blocks with every id filled in, or Slack's refusal saying where the fault is."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise SlackError("invalid_blocks_format")
    faults = list(_faults(blocks, surface))
    if faults:
        messages = [f"[ERROR] {what} [json-pointer:{where}]" for where, what in faults]
        code = "invalid_blocks" if surface == "message" else "invalid_arguments"
        raise SlackError(code, response_metadata={"messages": messages})
    return with_ids(blocks)


def with_ids(blocks: list[Json]) -> list[Json]:
    """A copy in which each block and each element that can be pressed or filled in has an id."""
    result = copy.deepcopy(blocks)
    for block in result:
        block.setdefault("block_id", secrets.token_hex(3))
        for element in elements(block):
            if element.get("type") not in ("mrkdwn", "plain_text", "image"):
                element.setdefault("action_id", secrets.token_hex(3))
    return result


def elements(block: Json) -> Iterator[Json]:
    """The parts of a block that can be pressed or filled in."""
    if block.get("type") == "rich_text":
        return
    if block.get("type") in ("actions", "context", "context_actions"):
        yield from (part for part in block.get("elements", []) if isinstance(part, dict))
    for key in ("accessory", "element"):
        if isinstance(block.get(key), dict):
            yield block[key]


def find(blocks: list[Json], block_id: str, action_id: str) -> Json | None:
    """The element a person pressed or filled in."""
    chosen = [block for block in blocks if block.get("block_id") == block_id]
    return next((e for block in chosen for e in elements(block) if e.get("action_id") == action_id), None)


Fault = tuple[str, str]


def _faults(blocks: list[Json], surface: str) -> Iterator[Fault]:
    if len(blocks) > MOST[surface]:
        yield "/blocks", f"no more than {MOST[surface]} items allowed"
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    for ident in sorted({i for i in ids if ids.count(i) > 1}):
        yield "/blocks", f"`block_id` is duplicated: {ident}"
    for number, block in enumerate(blocks):
        yield from _block_faults(block, f"/blocks/{number}", surface)


def _block_faults(block: Json, where: str, surface: str) -> Iterator[Fault]:
    kind = block.get("type")
    if kind not in KNOWN:
        yield f"{where}/type", f"unsupported type: {kind}"
        return
    if len(str(block.get("block_id", ""))) > LONGEST["id"]:
        yield f"{where}/block_id", f"must be less than {LONGEST['id'] + 1} characters"
    yield from _text_faults(block, where)
    yield from _element_faults(block, where)


def _text_faults(block: Json, where: str) -> Iterator[Fault]:
    kind = str(block["type"])
    text = (block.get("text") or {}).get("text", "") if isinstance(block.get("text"), dict) else ""
    if kind in ("header", "section"):
        if not text and not block.get("fields"):
            yield f"{where}/text", "missing required field: text"
        if len(text) > LONGEST[kind]:
            yield f"{where}/text/text", f"must be less than {LONGEST[kind] + 1} characters"
    fields = block.get("fields", []) if kind == "section" else []
    if len(fields) > 10:
        yield f"{where}/fields", "no more than 10 items allowed"
    for number, one in enumerate(fields):
        if len(one.get("text", "")) > 2000:
            yield f"{where}/fields/{number}/text", "must be less than 2001 characters"
    if kind == "input" and len((block.get("label") or {}).get("text", "")) > LONGEST["label"]:
        yield f"{where}/label/text", "must be less than 2001 characters"


def _element_faults(block: Json, where: str) -> Iterator[Fault]:
    parts = list(elements(block))
    most = ELEMENTS.get(str(block["type"]))
    if most and not parts:
        yield f"{where}/elements", "no fewer than 1 items allowed"
    if most and len(parts) > most:
        yield f"{where}/elements", f"no more than {most} items allowed"
    ids = [part["action_id"] for part in parts if part.get("action_id")]
    if len(ids) != len(set(ids)):
        yield f"{where}/elements", "`action_id` is duplicated within one block"
    for number, part in enumerate(parts):
        yield from _part_faults(part, f"{where}/elements/{number}")


def _part_faults(part: Json, where: str) -> Iterator[Fault]:
    if part.get("type") == "button":
        if len((part.get("text") or {}).get("text", "")) > LONGEST["button"]:
            yield f"{where}/text/text", "must be less than 76 characters"
        if len(str(part.get("value", ""))) > LONGEST["value"]:
            yield f"{where}/value", "must be less than 2001 characters"
    if len(part.get("options", [])) > 100:
        yield f"{where}/options", "no more than 100 items allowed"
    for number, option in enumerate(part.get("options", [])):
        if len((option.get("text") or {}).get("text", "")) > LONGEST["option"]:
            yield f"{where}/options/{number}/text/text", "must be less than 76 characters"
        if len(str(option.get("value", ""))) > 150:
            yield f"{where}/options/{number}/value", "must be less than 151 characters"
