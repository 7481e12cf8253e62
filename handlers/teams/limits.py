"""One table of Teams' limits, and how a card that is too long gives way: the longest words first, with a truthful line.

https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format and
https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages
"""

import json
from collections.abc import Iterator
from typing import Any

Block = dict[str, Any]

LIMITS = {
    "card": 24_000,  # bytes of JSON; pages name 28 KB and more, and count in other ways
    "drawn": 23_600,  # what a card is drawn within, so that a line on its lateness still fits
    "roomy": 22_000,  # what a message that can go on in its thread is kept to
    "buttons": 6,
    "label": 60,
    "tooltip": 200,
    "say": 2000,
    "from": 300,
    "heading": 150,
    "summary": 200,
    "text": 12_000,
    "url": 2000,
    "choice": 200,
    "choices": 100,
    "expanded": 6,
    "placeholder": 150,
    "chart_title": 100,
}
KEPT_AT_LEAST = 200
WAY_ON = "Ask for one item at a time, or the liaison for the whole."
CUT_SHORT = f"This is too long for one card: the longest words are cut short. {WAY_ON}"
LEFT_OUT = f"This is too long for one card: the rest is left out. {WAY_ON}"
_JSON = json.JSONEncoder(ensure_ascii=False).encode
NOT_ALL_TYPED = "Too long for a card: only the beginning of these words stands here. Shorten them before you send."


def size(card: Any) -> int:
    """Bytes of its JSON, with the blanks that a sender may write."""
    return len(_JSON(card).encode("utf-8", "replace"))


def within(card: Block, most: int, weight: int = 0) -> Block:
    """The card, within so many bytes: words give way before lines, lines before buttons, and the card says so.

    `weight`, where it is known, is not less than what the card weighs.
    """
    if 0 < weight <= most:
        return card
    over = size(card) - most
    if over <= 0:
        return card
    over = _shorten(card, over + _add(card, CUT_SHORT))
    if over > 0:
        over = _shorten_inputs(card, over)
    if over > 0:
        _drop(card, most)
    return card


def note(words: str) -> Block:
    """Small print of ours under a card."""
    run = {"type": "TextRun", "text": words, "isSubtle": True}
    return {"type": "RichTextBlock", "inlines": [run], "spacing": "Small"}


def _add(card: Block, words: str) -> int:
    """Put the line under the card; what it weighs."""
    line = note(words)
    card["body"].append(line)
    return size(line) + 2


def _shorten(card: Block, over: int) -> int:
    """Cut the longest run of words again and again; how many bytes are too many still."""
    runs = [run for run in texts(card["body"]) if len(run["text"]) > KEPT_AT_LEAST]
    while over > 0 and runs:
        longest = max(runs, key=_weight)
        over -= _cut(longest, "text", over)
        if len(longest["text"]) <= KEPT_AT_LEAST:
            runs.remove(longest)
    return over


def _cut(holder: Block, key: str, over: int) -> int:
    """Take at most half of it away, and no more than is needed; how many bytes that saves."""
    words, weight = holder[key], _bytes(holder[key])
    share = weight / len(words)
    keep = max(int(len(words) - over / share) - 4, len(words) // 2, KEPT_AT_LEAST - 1)
    holder[key] = words[:keep].rstrip("{") + "…"
    return weight - _bytes(holder[key])


def _weight(run: Block) -> int:
    return _bytes(run["text"])


def _bytes(words: str) -> int:
    return len(json.dumps(words, ensure_ascii=False).encode("utf-8", "replace"))


def _shorten_inputs(card: Block, over: int) -> int:
    """The same for words in the fields of a form; a field that does not hold all of them says so above it."""
    body: list[Block] = card["body"]
    fields = [part for part in body if part["type"] == "Input.Text" and len(part.get("value", "")) > KEPT_AT_LEAST]
    while over > 0 and fields:
        longest = max(fields, key=lambda part: _bytes(part["value"]))
        if not longest["value"].endswith("…"):
            said = attention(NOT_ALL_TYPED)
            body.insert(next(n for n, part in enumerate(body) if part is longest), said)
            over += size(said) + 2
        over -= _cut(longest, "value", over)
        if len(longest["value"]) <= KEPT_AT_LEAST:
            fields.remove(longest)
    return over


def attention(words: str) -> Block:
    """A line in bold and red, above the field that it is about."""
    run = {"type": "TextRun", "text": words, "weight": "Bolder", "color": "Attention"}
    return {"type": "RichTextBlock", "inlines": [run], "spacing": "Medium"}


def _drop(card: Block, most: int) -> None:
    """Leave lines out from the end; then buttons, from the end too, but the last one."""
    body: list[Block] = card["body"]
    body[-1] = note(LEFT_OUT)
    over = size(card) - most
    while len(body) > 1 and over > 0:
        over -= size(body.pop(-2)) + 2
    acts: list[Block] = card.get("actions", [])
    while len(acts) > 1 and over > 0:
        over -= size(acts.pop(-2)) + 2


def texts(parts: list[Block]) -> Iterator[Block]:
    """The runs of words in a card, however deep."""
    for part in parts:
        if part["type"] == "RichTextBlock":
            yield from part["inlines"]
        else:
            yield from texts(part.get("items", []) + part.get("columns", []))
