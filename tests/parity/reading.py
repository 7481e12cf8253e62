"""What somebody reads at a door as plain text, and what is a platform's own in it: how it is laid out and marked."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from handlers.card import Button as OfCard
from handlers.card import Buttons, Card, Row
from handlers.slack.draw import EMOJI, LOOK_ALIKES, MARKS
from handlers.teams.inputs import NO_FILES
from handlers.teams.parts import PRESS
from handlers.teams.words import BETWEEN, CLOCKS, NBSP
from handlers.wording import MARKS as COLOURS
from tests.conftest import SLASH

Json = Mapping[str, Any]


class Button(NamedTuple):
    """A button: what stands on it, what it says, and the question before that."""

    label: str
    say: str
    asks: tuple[str, ...] = ()


class Seen(NamedTuple):
    """What somebody sees: words, buttons in the order of their words, what is wrong in a form, and the thing itself.

    `form` is whether it is a form that waits to be sent.
    """

    text: str
    buttons: tuple[Button, ...]
    thing: Any
    form: bool = False
    faults: tuple[str, ...] = ()

    def button(self, label: str, about: str = "") -> Button:
        """The first button of that label; of several, the one that says something `about` an item."""
        found = [one for one in self.buttons if one.label == label and about in one.say]
        assert found, f"there is no {label} {about} among {[one.label for one in self.buttons]} of {self.text[:300]}"
        return found[0]


# --- what is not compared, as it is a platform's ---------------------------------------------------------------------

_SHAPES = [*COLOURS.values(), *(mark.strip(NBSP) for mark in CLOCKS.values()), "\ufe0f"]
_NAMES = "|".join([*EMOJI.values(), *MARKS.values()])
# how rows and lists are laid out: a line end here is a comma, a colon, a dot or a dash there
_LAYOUT = re.compile(r"[·,:]|(?<!\S)[-–](?!\S)|\s")
_FILE = re.compile(r"Allow it below\. Teams puts the file[^:]*:|Sent to you in our direct messages:")
_TYPE = (f"Type {SLASH} and then:", "Write to me:")
_FILES = re.compile(r"; (or a file below|files cannot be added here)\.")
_CHAIN = re.compile(r"(Chain head:? )[0-9a-f]+")  # a copy of the register has one of its own
_CHANNEL = re.compile(r"#C0[A-Z]+|a channel in Teams|the channel C0[A-Z]+")


def plain(text: str) -> str:
    """The words, without what only lays them out, and without how a platform writes its own things."""
    text = text.replace(*_TYPE).replace(f"{SLASH} ", "").replace(PRESS, "").replace(NO_FILES, "")
    text = _CHANNEL.sub("#channel", _FILES.sub(".", _FILE.sub("", text.replace(BETWEEN, ""))))
    text = _CHAIN.sub(r"\1", text)
    for shape in _SHAPES:
        text = text.replace(shape, " ")
    return " ".join(_LAYOUT.sub(" ", text).split())


def _ordered(buttons: Iterator[Button]) -> tuple[Button, ...]:
    """Without the way back that a card has which takes the place of another."""
    return tuple(sorted(one for one in buttons if one.label != "Back"))


# --- the terminal ----------------------------------------------------------------------------------------------------


def of_card(card: Card, text: str, thing: Any) -> Seen:
    return Seen(plain(text), _ordered(_of_parts(card)), thing, card.form is not None, tuple(card.faults.values()))


def _of_parts(card: Card) -> Iterator[Button]:
    for part in card.parts:
        if isinstance(part, Row) and part.button:
            yield _one(part.button)
        elif isinstance(part, Buttons):
            yield from map(_one, (*part.shown, *part.rest))


def _one(button: OfCard) -> Button:
    return Button(button.label, button.say, tuple(button.confirm or ()))


# --- Slack -----------------------------------------------------------------------------------------------------------


def of_blocks(message: Json) -> Seen:
    blocks = message["blocks"]
    return Seen(plain("\n".join(map(_block, blocks))), _ordered(_of_blocks(blocks)), message)


def of_view(view: Json, faults: tuple[str, ...] = ()) -> Seen:
    lines = [view["title"]["text"], *map(_block, view["blocks"]), (view.get("submit") or {}).get("text", "")]
    return Seen(plain("\n".join(lines)), (), view, "submit" in view, faults)


def _block(block: Json) -> str:
    kind = block["type"]
    if kind == "rich_text":
        return "\n".join(map(_rich, block["elements"]))
    if kind == "context":
        return "\n".join(_mrkdwn(one["text"]) for one in block["elements"])
    if kind == "section":
        return _mrkdwn(block["text"]["text"])
    if kind == "header":
        return str(block["text"]["text"])
    if kind == "data_visualization":
        return _figures(block)
    return _input(block) if kind == "input" else ""


def _rich(element: Json) -> str:
    if element["type"] == "rich_text_list":
        return "\n".join(map(_rich, element["elements"]))
    return "".join(map(_run, element["elements"]))


def _run(run: Json) -> str:
    if run["type"] == "emoji":
        return ""
    if run["type"] == "channel":
        return f"#{run['channel_id']}"
    return _link(run["text"], run["url"]) if run["type"] == "link" else str(run["text"])


def _link(text: str, url: str) -> str:
    return text if text == url else f"{text} ({url})"


def _mrkdwn(text: str) -> str:
    text = re.sub(r"<#(C0[A-Z]+)>", r"#\1", re.sub(rf":(?:{_NAMES}):", "", text))
    text = re.sub("[*`]", "", text).replace("\u2236", ":")
    return html.unescape(text.translate({ord(like): mark for mark, like in LOOK_ALIKES.items()}))


def _figures(block: Json) -> str:
    chart = block["chart"]
    told = [(one["name"], *(f"{bar['label']} {bar['value']}" for bar in one["data"])) for one in chart["series"]]
    return "\n".join([block["title"], *(", ".join(one) for one in told)])


def _input(block: Json) -> str:
    element = block["element"]
    if element["type"] == "file_input":
        return ""
    told = [block["label"]["text"]]
    for option in element.get("options", []):
        told += [option["text"]["text"], (option.get("description") or {}).get("text", "")]
    return "\n".join([*told, (block.get("hint") or {}).get("text", "")])


def _of_blocks(blocks: list[Json]) -> Iterator[Button]:
    for block in blocks:
        for element in (block.get("accessory"), *(block["elements"] if block["type"] == "actions" else ())):
            if element:
                yield from _of_element(element)


def _of_element(element: Json) -> Iterator[Button]:
    if element["type"] == "button":
        asks = element.get("confirm") or {}
        question = tuple(asks[key]["text"] for key in ("title", "text", "confirm")) if asks else ()
        yield Button(element["text"]["text"], element["value"], question)
    else:
        for option in element["options"]:
            yield Button(option["text"]["text"], option["value"])


# --- Teams -----------------------------------------------------------------------------------------------------------


def of_adaptive(card: Json, thing: Any) -> Seen:
    """A form shows what is wrong above each field: that is told apart."""
    acts = list(_executes(card))
    sends = [act for act in acts if act["verb"] == "form"]
    faults = tuple(line for line in map(_fault, card["body"]) if line) if sends else ()
    shown = [part for part in card["body"] if not (sends and _fault(part))]
    text = "\n".join([*map(_element, shown), *(act["title"] for act in sends)])
    buttons = () if sends else _ordered(map(_execute, acts))
    return Seen(plain(text), buttons, thing, bool(sends), faults)


def _fault(part: Json) -> str:
    return "".join(run["text"] for run in part.get("inlines", []) if run.get("color") == "Attention")


def _element(part: Json) -> str:
    kind = part["type"]
    if kind == "TextBlock":
        return str(part["text"])
    if kind == "RichTextBlock":
        return "".join(map(_text_run, part["inlines"]))
    if kind.startswith("Chart."):
        return _bars(part)
    if kind.startswith("Input."):
        return "\n".join(
            [part["label"], *(one["title"] for one in part.get("choices", []) if "choices.data" not in part)]
        )
    return "\n".join(map(_element, [*part.get("items", []), *part.get("columns", [])]))


def _text_run(run: Json) -> str:
    url = (run.get("selectAction") or {}).get("url", "")
    return _link(run["text"], url) if url else str(run["text"])


def _bars(part: Json) -> str:
    """What a chart says in words, all of it; its title stands above it."""
    words = "".join(run["text"] for run in part["fallback"]["inlines"])
    return words.removeprefix(f"{part['title']}. ").removesuffix(".").replace(". ", "\n")


def _executes(part: Any) -> Iterator[Json]:
    """Every button; a row that opens its item beside a button of its own is that platform's."""
    if isinstance(part, list):
        for one in part:
            yield from _executes(one)
    elif isinstance(part, Mapping):
        if part.get("type") == "Action.Execute":
            yield part
        left = {"data"} | ({"selectAction"} if part.get("type") == "Column" else set())
        yield from (found for key, one in part.items() if key not in left for found in _executes(one))


def _execute(act: Json) -> Button:
    asks = act["data"].get("ask") or {}
    return Button(
        act["title"], act["data"]["say"], tuple(asks[key] for key in ("title", "text", "yes")) if asks else ()
    )
