"""Teams' limits and what may be live in a card, written down apart from the program's own table.

https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format and
https://adaptivecards.io/explorer
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
WHOLE_CARD = 24_000
IN_SIGHT = 6
VERBS = {"say", "ask", "form"}
# of these something may be empty only by a mistake, and one empty element hides a whole card on a phone
HOLDS = {
    "Container": "items",
    "Column": "items",
    "ColumnSet": "columns",
    "ActionSet": "actions",
    "RichTextBlock": "inlines",
    "Chart.VerticalBar": "data",
    "Chart.Line": "data",
}
INPUTS = {"Input.Text", "Input.Date", "Input.ChoiceSet"}
TYPES = {"AdaptiveCard", "TextBlock", "TextRun", "Action.Execute", "Action.OpenUrl", "Data.Query", *HOLDS, *INPUTS}
# a TextBlock reads markdown, HTML, mentions and addresses: only words that hold none of their marks stand there
_OURS = re.compile(r"[^\W_]([^\W_]|[ ,:;?’“”…–—'+-]|\.(?=\d))*\Z")
_WEB = re.compile(r"https?://[^\s/{}]+", re.IGNORECASE)


def faults_of_message(message: Json) -> list[str]:
    """What is wrong with a message as it is kept: its card, and the words of its notification."""
    words = message.get("summary", "")
    faults = [] if 0 < len(words) <= 400 and not re.search(r"[<>\n]|\{\{", words) else [f"summary: {words[:80]}"]
    return faults + faults_of_card(message["card"])


def faults_of_card(card: Json) -> list[str]:
    """What Teams would not take in a card, what would come alive in it, and what would hide it on a phone."""
    faults = [] if (card.get("type"), card.get("version")) == ("AdaptiveCard", "1.5") else ["not a card of 1.5"]
    faults += [] if card.get("msteams") == {"width": "full"} else ["not as wide as it may be"]
    weight = len(json.dumps(card, ensure_ascii=False).encode())
    faults += [f"{weight} bytes"] if weight >= WHOLE_CARD else []
    faults += ["an empty body"] if not card.get("body") else []
    faults += ["empty actions"] if card.get("actions") == [] else []
    every = list(_elements(card))
    ids = Counter(part["id"] for part in every if "id" in part)
    faults += [f"the id {name} comes {many} times" for name, many in ids.items() if many > 1]
    for part in every:
        faults += [f"{part['type']}: {fault}" for fault in _faults(part)]
    return faults + list(_buttons(card.get("actions", [])))


def _elements(thing: Any) -> Iterator[Json]:
    """Every typed object of a card; what an action tells its door is not shown."""
    if isinstance(thing, dict):
        if "type" in thing:
            yield thing
        for key, part in thing.items():
            if not (key == "data" and thing.get("type") == "Action.Execute"):
                yield from _elements(part)
    elif isinstance(thing, list):
        for part in thing:
            yield from _elements(part)


def _faults(part: Json) -> Iterator[str]:
    kind = part["type"]
    if kind not in TYPES:
        yield "a type that nobody asked for"
    if kind in HOLDS and not part.get(HOLDS[kind]):
        yield "empty"
    for key, words in part.items():
        if isinstance(words, str) and "{{" in words:
            yield f"live in {key}: {words[words.index('{{') :][:40]}"
        if key == "url" and not _WEB.match(words):
            yield f"leads elsewhere than to the web: {words[:40]}"
        if key == "title" and not words:
            yield "a title without words"
    if kind == "TextBlock":
        yield from () if _OURS.match(part["text"]) else (f"words that may be live: {part['text'][:60]}",)
    elif kind == "TextRun":
        yield from () if part["text"] else ("no words",)
    elif kind == "ActionSet":
        yield from _buttons(part["actions"])
    elif kind == "Action.Execute":
        yield from _execute(part)
    elif kind in INPUTS:
        yield from _input(part)
    elif kind.startswith("Chart."):
        yield from () if part.get("fallback") and part.get("title") else ("no title, or no words in its place",)


def _buttons(actions: list[Json]) -> Iterator[str]:
    shown = [one for one in actions if one.get("mode") != "secondary"]
    if len(shown) > IN_SIGHT:
        yield f"{len(shown)} buttons in sight"
    if sum(one.get("style") == "positive" for one in shown) > 1:
        yield "two buttons that stand out"


def _execute(action: Json) -> Iterator[str]:
    data = action["data"]
    if action.get("verb") not in VERBS or not isinstance(data.get("say"), str) or "nonce" not in data:
        yield f"does not say what it says: {action}"
    if not 0 < len(action.get("title", "")) <= 60 or not 0 < len(action.get("tooltip", "")) <= 200:
        yield f"words that are too long or missing: {action}"
    if len(data["say"]) > 2000:
        yield "says too much"
    if action["verb"] == "ask" and not all(data["ask"][part] for part in ("title", "text", "yes")):
        yield "asks nothing"


def _input(field: Json) -> Iterator[str]:
    if not field.get("id") or not field.get("label"):
        yield "no id, or no label"
    if field.get("id") in {"say", "nonce", "was", "from", "ask"}:
        yield f"takes the place of {field['id']}"
    if field.get("isRequired") and not field.get("errorMessage"):
        yield "is needed, and does not say so"
    if "maxLength" in field and len(field.get("value", "").encode("utf-16-le")) // 2 > field["maxLength"]:
        yield "holds more than it takes"
    if field["type"] == "Input.ChoiceSet":
        values = [choice["value"] for choice in field["choices"]]
        if not values and "choices.data" not in field:
            yield "no choices"
        if len(values) != len(set(values)) or ("value" in field and field["value"] not in values):
            yield "a value that is no choice, or is two"
        if any(not choice["title"] or "{{" in choice["title"] for choice in field["choices"]):
            yield "a choice without words, or one that is live"
        if field.get("style") == "expanded" and not all(_OURS.match(choice["title"]) for choice in field["choices"]):
            yield "markdown beside a round button"
