"""What Slack checks about blocks and views, and the ids it gives to those that have none."""

from __future__ import annotations

import copy
import json
import secrets
from collections.abc import Collection, Iterator
from typing import Any

from practice import limits
from practice.limits import A_MESSAGE_HAS, BLOCKS, MESSAGE_BLOCKS, VIEW_BLOCKS, VIEWS
from practice.rules import Fault, shape_faults
from practice.shapes import Json, SlackError


def checked(blocks: Any, surface: str = "message", without: Collection[str] = ()) -> list[Json]:
    """A copy of the blocks with every id filled in, or Slack's refusal saying where the fault is.

    `without` are types of block that this workspace does not know.
    """
    code = "invalid_blocks" if surface == "message" else "invalid_arguments"
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise refusal("invalid_blocks_format" if surface == "message" else code, [("/blocks", "must be an array")])
    root = "/blocks" if surface == "message" else "/view/blocks"
    faults = list(_faults(blocks, surface, root, without))
    if faults:
        raise refusal(code, faults)
    return with_ids(blocks)


def refusal(code: str, faults: Collection[Fault]) -> SlackError:
    """Slack's answer to a message or view that goes against its rules."""
    errors = [f"{what} [json-pointer:{where}]" for where, what in faults]
    messages = [f"[ERROR] {error}" for error in errors]
    return SlackError(code, errors=errors, response_metadata={"messages": messages})


def hold_to_length(blocks: list[Json]) -> None:
    """Refuses a message that is too long as a whole, however legal each of its blocks is."""
    if sum(len(text) for text in strings(blocks)) > limits.MESSAGE_STRINGS:
        raise SlackError("msg_blocks_too_long")


def strings(value: Any) -> Iterator[str]:
    """Every string in a value."""
    if isinstance(value, str):
        yield value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        yield from strings(part)


def check_view(given: Any, kind: str) -> None:
    """Refuses a view whose own parts go against the rules; its blocks are not looked at."""
    if not isinstance(given, dict) or given.get("type") != kind:
        raise refusal("invalid_arguments", [("/view/type", f"not a {kind} view")])
    present = {key: value for key, value in given.items() if value is not None}
    faults = list(shape_faults(VIEWS[kind], present, "/view"))
    blocks = given.get("blocks")
    asks = isinstance(blocks, list) and any(isinstance(b, dict) and b.get("type") == "input" for b in blocks)
    if kind == "modal" and asks and not given.get("submit"):
        faults.append(("/view", "submit is required when an input block is present"))
    if faults:
        raise refusal("invalid_arguments", faults)
    if len(json.dumps(given, ensure_ascii=False).encode()) > limits.VIEW_BYTES:
        raise SlackError("view_too_large")


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
    if block.get("type") in ("actions", "context", "context_actions"):
        yield from (part for part in block.get("elements", []) if isinstance(part, dict))
    for key in ("accessory", "element"):
        if isinstance(block.get(key), dict):
            yield block[key]


def find(blocks: list[Json], block_id: str, action_id: str) -> Json | None:
    """The element a person pressed or filled in."""
    for block in blocks:
        if block.get("block_id") == block_id:
            return next((e for e in elements(block) if e.get("action_id") == action_id), None)
    return None


# --- faults ---


def _faults(blocks: list[Json], surface: str, root: str, without: Collection[str]) -> Iterator[Fault]:
    most = MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS
    if len(blocks) > most:
        yield root, f"no more than {most} items allowed"
    ids = [block["block_id"] for block in blocks if isinstance(block.get("block_id"), str)]
    yield from ((root, f"`block_id` is duplicated: {ident}") for ident in _twice(ids))
    for kind, count in A_MESSAGE_HAS.items():
        if sum(block.get("type") == kind for block in blocks) > count:
            yield root, f"no more than {count} blocks of the type {kind} allowed"
    for number, block in enumerate(blocks):
        yield from _block_faults(block, f"{root}/{number}", surface, without)


def _twice(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _block_faults(block: Json, where: str, surface: str, without: Collection[str]) -> Iterator[Fault]:
    kind = str(block.get("type"))
    shape = BLOCKS.get(kind)
    if shape is None or kind in without or surface not in shape.surfaces:
        yield where, f"unsupported type: {kind}"
        return
    found = list(shape_faults(shape._replace(fields={**shape.fields, "block_id": limits.ID}), block, where, ("type",)))
    yield from found
    if not found:
        yield from _within(block, where)


def _within(block: Json, where: str) -> Iterator[Fault]:
    """What the rules cannot say one field at a time."""
    parts = list(elements(block))
    ids = [part["action_id"] for part in parts if part.get("action_id")]
    if len(ids) != len(set(ids)):
        yield f"{where}/elements", "`action_id` is duplicated within one block"
    for part in parts:
        yield from _element_faults(part, where)
    if block["type"] == "data_visualization":
        yield from _chart_faults(block["chart"], f"{where}/chart")
    if block["type"] == "data_table":
        yield from _table_faults(block["rows"], f"{where}/rows")


def _element_faults(part: Json, where: str) -> Iterator[Fault]:
    if part["type"] == "plain_text_input":
        most, least = part.get("max_length", 3000), part.get("min_length", 0)
        if len(part.get("initial_value", "")) > most:
            yield f"{where}/element/initial_value", f"must be less than {most + 1} characters"
        if least > most:
            yield f"{where}/element/min_length", f"must be less than {most + 1}"
    if "options" in part:
        start = part.get("initial_options", [part["initial_option"]] if "initial_option" in part else [])
        if any(one not in part["options"] for one in start):
            yield f"{where}/element", "initial option is none of the options"


def _chart_faults(chart: Json, where: str) -> Iterator[Fault]:
    series = chart.get("series", [])
    names = [one["name"] for one in series]
    if len(names) != len(set(names)):
        yield f"{where}/series", "names must be unique"
    for number, one in enumerate(series):
        if [point["label"] for point in one["data"]] != chart["axis_config"]["categories"]:
            yield f"{where}/series/{number}/data", "labels must match the categories"


def _table_faults(rows: list[list[Json]], where: str) -> Iterator[Fault]:
    if len({len(row) for row in rows}) > 1:
        yield where, "all rows must have the same number of values"
    if any(cell["type"] == "rich_text" for cell in rows[0]):
        yield f"{where}/0", "unsupported type: rich_text"
