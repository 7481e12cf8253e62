"""A Card as Block Kit: plain dicts, and one table of Slack's limits that every message keeps.

Limits: https://docs.slack.dev/reference/block-kit/blocks and https://docs.slack.dev/reference/views
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from handlers.card import (
    Bullets,
    Button,
    Buttons,
    Card,
    Chart,
    Divider,
    Field,
    Form,
    Heading,
    Line,
    Lines,
    Note,
    Part,
    Quote,
    Row,
    Span,
    Text,
)
from handlers.carrier import Drawing
from handlers.text.draw import MOST as TWIN_MOST
from handlers.text.draw import twin, whole_twin, words_of
from handlers.wording import moment

LIMITS = {
    "blocks": 50,
    "view_blocks": 100,
    "header": 150,
    "section": 3000,
    "context": 10,
    "actions": 25,
    "button": 75,
    "value": 2000,
    "option": 75,
    "option_value": 150,
    "options": 100,
    "overflow": 5,
    "radio_buttons": 10,
    "block_id": 255,
    "action_id": 255,
    "accessibility_label": 75,
    "title": 24,
    "label": 2000,
    "hint": 2000,
    "placeholder": 150,
    "private_metadata": 3000,
    "text": 4000,
    "changed_text_bytes": 4000,
    "message": 13000,
    "quote": 3000,
    "chart_title": 50,
}
ROOMY = {"blocks": 48, "message": 12000}  # what a message that can go on in its thread is kept to
KEPT_AT_LEAST = 200
ROW_MOST, SPAN_MOST = 400, 600
CALLBACK = "form"
SENT_LATE = "Sent late"
EMOJI = {
    "Red": "red_circle",
    "Amber": "large_orange_circle",
    "White": "white_circle",
    "Green": "large_green_circle",
    "Blue": "large_blue_circle",
}
NBSP = "\u00a0"
COLOURED = {word: f":{emoji}:{NBSP}*{word}*" for word, emoji in EMOJI.items()}
MARKS = {"hourglass": "hourglass_flowing_sand", "warning": "warning"}
Block = dict[str, Any]
_USER = re.compile(r"[UW][A-Z0-9]{4,20}\Z")
LOOK_ALIKES = {"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"}
_LOOK_ALIKES = str.maketrans(LOOK_ALIKES)
# what has to be swapped, escaped or tidied in mrkdwn: most words have none of it, and pass as they are
_LIVELY = re.compile("[*_~`:&<>\t-\r\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]").search


def message(card: Card, origin: str = "") -> dict[str, Any]:
    """`text` and `blocks` of a message; `origin` is what was said to get it, so that it can be drawn anew."""
    if card.kept:  # a chart that Slack refuses would take the whole of an answer with it: the words say it too
        kept = dict(json.loads(card.kept))
        return without_charts(kept) if "card" not in kept else _in_words(card.kept)
    blocks = [block for part in card.parts for block in _part(part)][: LIMITS["blocks"]]
    _number(blocks, origin)
    _fit(blocks)
    return {"text": escaped(twin(card), TWIN_MOST), "blocks": blocks}


def _in_words(kept: str) -> dict[str, Any]:
    """A message that was kept for another chat: its words, as typed."""
    said = words_of(kept)[: ROOMY["message"] // 2]
    quotes = tuple(Quote(Span(said[n : n + LIMITS["quote"]])) for n in range(0, len(said), LIMITS["quote"]))
    return {"text": escaped(said, TWIN_MOST), "blocks": _rich(Text(quotes))}


def fits(card: Card) -> bool:
    """Whether a message says all of the card, its twin too, and has room for a line on its marking or lateness."""
    blocks = [block for part in card.parts for block in _part(part)]
    _number(blocks, "")
    over = len(blocks) > ROOMY["blocks"] or sum(map(len, _strings(blocks))) > ROOMY["message"]
    return not over and len(escaped(whole_twin(card), LIMITS["message"])) <= TWIN_MOST


def _fit(blocks: list[Block]) -> None:
    """However legal each block is, a message holds some 13,000 characters: the longest words as typed give way."""
    runs = [e for block in blocks if block["type"] == "rich_text" for e in _texts(block["elements"])]
    while runs:
        longest = max(runs, key=lambda run: len(run["text"]))
        length = len(longest["text"])
        if length < KEPT_AT_LEAST or (over := sum(map(len, _strings(blocks))) - LIMITS["message"]) <= 0:
            return
        longest["text"] = _cut(longest["text"], max(length - over, length // 2))


def _strings(thing: Any) -> Iterator[str]:
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, dict | list):
        for part in thing.values() if isinstance(thing, dict) else thing:
            yield from _strings(part)


def _texts(elements: list[Block]) -> Iterator[Block]:
    """The runs of text in rich text, however deep."""
    for element in elements:
        if element["type"] == "text":
            yield element
        yield from _texts(element.get("elements", []))


def said_late(payload: str, due: datetime) -> str:
    """A message as kept, with a line that it comes late; as it is where its words say so already."""
    body, line = json.loads(payload), f"{SENT_LATE}. It was due {moment(due)}"
    if line in payload:
        return payload
    line = f"{line}."
    body["text"] = f"{body['text']} {line}" if body.get("text") else line
    if body.get("blocks"):
        # where there is room for no block more, the words for notifications say it alone
        body["blocks"] = (body["blocks"] + [_context(line)])[: LIMITS["blocks"]]
    return json.dumps(body, ensure_ascii=False)


def _context(line: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": line, "verbatim": True}]}


def without_charts(drawn: dict[str, Any]) -> dict[str, Any]:
    """The same message for a workspace that refuses charts."""
    if "blocks" not in drawn:
        return drawn
    return {**drawn, "blocks": [b for b in drawn["blocks"] if b["type"] != "data_visualization"]}


def _number(blocks: list[Block], origin: str) -> None:
    """Ids that are unique in the message; a block with buttons carries what the message answers."""
    kept = origin if len(origin) <= LIMITS["block_id"] - 8 else ""
    for number, block in enumerate(blocks, 1):
        if "accessory" in block:
            block["block_id"] = f"{number}|{kept}"
            block["accessory"]["action_id"] = f"say:{number}.0"
        elif block["type"] == "actions":
            block["block_id"] = f"{number}|{kept}"
            for place, control in enumerate(block["elements"]):
                kind = "say" if control["type"] == "button" else "more"
                control["action_id"] = f"{kind}:{number}.{place}"


def origin_of(block_id: str) -> str:
    """What was said to get the message that a pressed block stands in; "" where it cannot be told."""
    return block_id.partition("|")[2]


def _part(part: Part) -> list[Block]:
    return _DRAWN[type(part)](part)


def _note_block(note: Note) -> Block:
    return {"type": "context", "elements": [_note(line) for line in note.lines[: LIMITS["context"]]]}


def _plain(text: str, limit: str) -> Block:
    return {"type": "plain_text", "text": _cut(" ".join(text.split()) or "–", LIMITS[limit]), "emoji": False}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


# --- mrkdwn: only in rows and small print ---------------------------------------------------------------------------


def escaped(text: str, most: int) -> str:
    """`& < >` escaped, then cut, never inside an entity."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if len(safe) <= most:
        return safe
    return unbroken(safe[: most - 1]) + "…"


def unbroken(head: str) -> str:
    """The head of an escaped text, without the beginning of an entity at its end."""
    start = head.rfind("&")
    return head[:start] if start >= 0 and ";" not in head[start:] else head


def quiet(text: str) -> str:
    """Words of people in mrkdwn: nothing in them becomes bold, code or an emoji."""
    if _tame(text):
        return text.strip()
    swapped = " ".join(text.split()).translate(_LOOK_ALIKES)
    return swapped.replace(":", "\u2236") if _has_emoji(swapped) else swapped


def _tame(text: str) -> bool:
    """Whether a text is the same in mrkdwn, but for blanks at its ends."""
    return _LIVELY(text) is None and "  " not in text


def _has_emoji(text: str) -> bool:
    """Whether `:word:` occurs."""
    pieces = text.split(":")
    return any(piece and " " not in piece for piece in pieces[1:-1])


def _row(row: Row) -> Block:
    block: Block = {"type": "section", "text": {"type": "mrkdwn", "text": _row_text(row), "verbatim": True}}
    if row.button:
        block["accessory"] = _button(row.button)
    return block


def _row_text(row: Row) -> str:
    """The two lines of a row; words with nothing lively in them, which most are, are looked at once and together."""
    reference, title, facts, _ = row
    told, words = "", f"{reference}|{title.text}"
    for text, style, _, _, _ in facts:
        if not style:
            told += text
            words += text
        else:
            told += COLOURED[text] if style == "colour" else ""
            words += "" if style == "colour" else "  "  # another style is drawn the long way
    if len(words) <= ROW_MOST and _tame(words):
        return f"*{reference}* {title.text.strip()}\n{told}"
    head = f"*{escaped(quiet(reference), 60)}* {escaped(quiet(title.text), ROW_MOST)}"
    return _cut(f"{head}\n{''.join([_mrkdwn(span) for span in facts])}", LIMITS["section"])


def _mrkdwn(span: Span) -> str:
    if span.style == "colour":
        return COLOURED[span.text]
    if span.style == "channel":
        return f"<#{span.text.lstrip('#')}>"
    text = span.text
    if not span.style and len(text) <= SPAN_MOST and _tame(text):
        return text
    lead, trail = " " * (len(text) - len(text.lstrip(" "))), " " * (len(text) - len(text.rstrip(" ")))
    # nothing in code comes alive but its own end, and what stands there is meant to be copied
    safe = " ".join(text.split()).replace("`", "ˋ") if span.style == "code" else quiet(text)
    words = escaped(safe, SPAN_MOST)
    if not words:
        return lead
    style = {"bold": "*", "code": "`"}.get(span.style, "")
    return f"{lead}{style}{words}{style}{trail}"


def _note(line: Line) -> Block:
    text = "".join(_mrkdwn(span) for span in line) or "–"
    return {"type": "mrkdwn", "text": _cut(text, LIMITS["section"]), "verbatim": True}


# --- rich text: shows words as typed --------------------------------------------------------------------------------


def _rich(text: Text) -> list[Block]:
    """One block, and a new one where two runs of lines would otherwise run together."""
    blocks: list[list[Block]] = [[]]
    for piece in text.pieces:
        element = _piece(piece)
        if blocks[-1] and blocks[-1][-1]["type"] == element["type"] != "rich_text_list":
            blocks.append([])
        blocks[-1].append(element)
    return [{"type": "rich_text", "elements": elements} for elements in blocks if elements]


def _piece(piece: Lines | Quote | Bullets) -> Block:
    if isinstance(piece, Quote):
        said = _cut(piece.said.text, LIMITS["quote"]) or "–"
        return {"type": "rich_text_quote", "elements": [{"type": "text", "text": said}]}
    if isinstance(piece, Lines):
        return {"type": "rich_text_section", "elements": _run(piece.lines)}
    entries = [{"type": "rich_text_section", "elements": _run(entry)} for entry in piece.entries]
    return {"type": "rich_text_list", "style": "bullet", "indent": 0, "elements": entries}


def _run(lines: tuple[Line, ...]) -> list[Block]:
    elements: list[Block] = []
    for number, line in enumerate(lines):
        elements += [{"type": "text", "text": "\n"}] if number else []
        elements += [element for span in line if span.text for element in _element(span)]
    return elements or [{"type": "text", "text": "–"}]


def _element(span: Span) -> list[Block]:
    if span.style == "colour":
        word = {"type": "text", "text": span.text, "style": {"bold": True}}
        return [{"type": "emoji", "name": EMOJI[span.text]}, {"type": "text", "text": NBSP}, word]
    if span.style == "channel":
        return [{"type": "channel", "channel_id": span.text.lstrip("#")}]
    if span.style == "mark":
        return [{"type": "emoji", "name": MARKS[span.text]}, {"type": "text", "text": NBSP}]
    if span.style == "link" and span.url.lower().startswith(("https://", "http://")):
        return [{"type": "link", "url": span.url[:3000], "text": span.text}]
    words: Block = {"type": "text", "text": _cut(span.text, LIMITS["section"])}
    return [{**words, "style": {span.style: True}}] if span.style in {"bold", "code"} else [words]


def _chart(chart: Chart) -> Block:
    """https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block"""
    series = [
        {"name": name, "data": [{"label": c, "value": v} for c, v in zip(chart.categories, values, strict=True)]}
        for name, values in chart.series
    ]
    drawn = {"type": "bar", "series": series, "axis_config": {"categories": list(chart.categories)}}
    return {"type": "data_visualization", "title": _cut(chart.title, LIMITS["chart_title"]), "chart": drawn}


# --- buttons --------------------------------------------------------------------------------------------------------


def _button(button: Button) -> Block:
    drawn: Block = {
        "type": "button",
        "text": _plain(button.label, "button"),
        "value": button.say[: LIMITS["value"]],
        "accessibility_label": _cut(button.heard, LIMITS["accessibility_label"]),
    }
    if button.primary:
        drawn["style"] = "primary"
    if button.confirm:
        ask = button.confirm
        words = {"title": ask.title, "text": ask.text, "confirm": ask.yes, "deny": "Cancel"}
        drawn["confirm"] = {k: {"type": "plain_text", "text": v, "emoji": False} for k, v in words.items()}
    return drawn


def _actions(buttons: Buttons) -> Block:
    elements = [_button(button) for button in buttons.shown[:5]]
    rest = (*buttons.shown[5:], *buttons.rest)
    if len(rest) == 1:  # a menu of one is a button
        elements.append(_button(rest[0]))
    elif rest:
        elements.append(_menu(rest))
    return {"type": "actions", "elements": elements}


def _menu(rest: tuple[Button, ...]) -> Block:
    """Behind the dots, as many as Slack lets stand there; else in a list."""
    options = [{"text": _plain(b.label, "option"), "value": b.say[: LIMITS["option_value"]]} for b in rest]
    if len(options) <= LIMITS["overflow"]:
        return {"type": "overflow", "options": options}
    shown = options[: LIMITS["options"]]
    return {"type": "static_select", "placeholder": _plain("Other acts", "placeholder"), "options": shown}


_DRAWN: dict[type[Any], Callable[[Any], list[Block]]] = {
    Heading: lambda part: [{"type": "header", "text": _plain(part.text.text, "header")}],
    Divider: lambda part: [{"type": "divider"}],
    Row: lambda part: [_row(part)],
    Buttons: lambda part: [_actions(part)] if part.shown or part.rest else [],
    Chart: lambda part: [_chart(part)],
    Note: lambda part: [_note_block(part)],
    Text: lambda part: _rich(part),
}


# --- forms ----------------------------------------------------------------------------------------------------------


def view(form: Form, nonce: str, kept: Mapping[str, str]) -> dict[str, Any]:
    """The form as a modal; `kept` comes back with the submission (where it was opened from).

    Block ids carry the nonce, so that a form drawn anew shows its own values and not those typed before.
    """
    told = {"say": form.say, "nonce": nonce, "was": dict(form.was), **kept}
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": _plain(form.title, "title"),
        "submit": _plain(form.submit, "title"),
        "close": _plain("Cancel", "title"),
        "private_metadata": _metadata(told),
        "blocks": [*_rich(form.intro), *(_input(field, nonce) for field in form.fields)],
    }


def _metadata(told: dict[str, Any]) -> str:
    """At most 3,000 characters: where the form was opened from is given up before what it says."""
    text = json.dumps(told, ensure_ascii=False)
    if len(text) <= LIMITS["private_metadata"]:
        return text
    return json.dumps({k: told[k] for k in ("say", "nonce", "was")}, ensure_ascii=False)


AMISS = "amiss"
# how each control is drawn with what stands in it: its own key, and the key of its state
_AS_TYPED = {
    "plain_text_input": ("initial_value", "value"),
    "datepicker": ("initial_date", "selected_date"),
    "radio_buttons": ("initial_option", "selected_option"),
    "static_select": ("initial_option", "selected_option"),
    "users_select": ("initial_user", "selected_user"),
}


def again(view: Mapping[str, Any], first: Line) -> dict[str, Any]:
    """A form that was sent, as it was filled in, under a line of what was wrong. Files have to be chosen again."""
    said = {**_rich(Text((Lines((first,)),)))[0], "block_id": AMISS}
    typed: dict[str, Mapping[str, Any]] = {
        block: next(iter(state.values()), {}) for block, state in view["state"]["values"].items()
    }
    blocks = [_as_typed(b, typed.get(b["block_id"], {})) for b in view["blocks"] if b["block_id"] != AMISS]
    kept = ("type", "callback_id", "title", "submit", "close", "private_metadata")
    return {**{key: view[key] for key in kept}, "blocks": [said, *blocks]}


def _as_typed(block: Block, state: Mapping[str, Any]) -> Block:
    control = block.get("element", {})
    if control.get("type") not in _AS_TYPED:
        return block
    initial, value = _AS_TYPED[control["type"]]
    bare = {key: part for key, part in control.items() if key != initial}
    return {**block, "element": {**bare, initial: state[value]} if state.get(value) else bare}


def notice(card: Card, title: str) -> dict[str, Any]:
    """An answer in place of a form that cannot be sent: to be read and closed."""
    blocks = [block for part in card.parts if not isinstance(part, Buttons) for block in _part(part)]
    for block in blocks:
        block.pop("accessory", None)
    shown = {"type": "modal", "title": _plain(title, "title"), "close": _plain("Close", "title")}
    return {**shown, "blocks": blocks[: LIMITS["view_blocks"]]}


def block_id(field: str, nonce: str) -> str:
    return f"{field}@{nonce}"


def field_of(block: str) -> str:
    return block.partition("@")[0]


def _input(field: Field, nonce: str) -> Block:
    block: Block = {
        "type": "input",
        "block_id": block_id(field.name, nonce),
        "label": _plain(field.label, "label"),
        "element": {**_control(field), "action_id": "v"},
        "optional": field.optional,
    }
    return {**block, "hint": _plain(field.hint, "hint")} if field.hint else block


def _control(field: Field) -> Block:
    if field.kind in _CONTROLS:
        return _CONTROLS[field.kind](field)
    control: Block = {"type": "datepicker"} if field.kind == "day" else {"type": "plain_text_input"}
    if field.placeholder:
        control["placeholder"] = _plain(field.placeholder, "placeholder")
    if field.kind == "day":
        return {**control, "initial_date": field.value} if field.value else control
    control |= {"multiline": field.kind == "words", "max_length": field.most}
    return {**control, "initial_value": field.value[: field.most]} if field.value else control


def _person(field: Field) -> Block:
    """https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#users_select"""
    control: Block = {"type": "users_select", "placeholder": _plain(field.placeholder or "Choose", "placeholder")}
    return {**control, "initial_user": field.value} if _USER.match(field.value) else control


def _files(field: Field) -> Block:
    """https://docs.slack.dev/reference/block-kit/block-elements/file-input-element"""
    return {"type": "file_input", "max_files": field.most}


def _choice(field: Field) -> Block:
    options = []
    for option in field.options:
        drawn: Block = {"text": _plain(option.label, "option"), "value": option.value}
        options.append({**drawn, "description": _plain(option.description, "option")} if option.description else drawn)
    chosen = next((o for o in options if o["value"] == field.value), options[0])
    if len(options) > LIMITS["radio_buttons"]:
        return {"type": "static_select", "options": options, "initial_option": chosen}
    return {"type": "radio_buttons", "options": options, "initial_option": chosen}


_CONTROLS: dict[str, Callable[[Field], Block]] = {"choice": _choice, "person": _person, "files": _files}


def payload(card: Card) -> str:
    """A message as the outbox keeps it."""
    return json.dumps(message(card), ensure_ascii=False)


def plain(sentence: str) -> str:
    """A message of one sentence of ours, as the outbox keeps it."""
    return json.dumps({"text": sentence})


DRAWING = Drawing(payload, fits, said_late, plain, slash=True)
