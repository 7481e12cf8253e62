"""Words in a card of Teams: those of people stand only where they are literal, and `{{` is broken there too.

A TextBlock reads markdown, HTML and mentions; a TextRun shows what was typed, but for `{{DATE(..)}}` and its like:
https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features
"""

import re
from urllib.parse import urlsplit

from handlers.card import Line, Span
from handlers.teams.limits import LIMITS, Block
from handlers.wording import MARKS

NBSP, BETWEEN = "\u00a0", "\u200b"
LINES = 30
# the mark and its word in one run, so that no line ends between them
COLOURED: dict[str, Block] = {
    word: {"type": "TextRun", "text": f"{mark}{NBSP}{word}", "weight": "Bolder"} for word, mark in MARKS.items()
}
CLOCKS = {"hourglass": f"⏳{NBSP}", "warning": f"⚠️{NBSP}"}
_LIVE = re.compile(r"\{(?=\{)")
_BROKEN = f"{{{BETWEEN}"
_MENDED = re.compile(rf"\{{{BETWEEN}(?=\{{)")
# letters, digits and a few marks that mean nothing in markdown, HTML, mentions or links
_TAME = re.compile(r"[^\W_](?:[^\W_]|[ ,:;?’“”…–—'+-])*\Z")
_REFERENCE = re.compile(r"(?=\S*\d)[A-Z0-9][A-Z0-9.-]*\Z")


def literal(text: str) -> str:
    """Words as they are shown, with nothing in them that Teams would work out."""
    return _LIVE.sub(_BROKEN, text) if "{{" in text else text


def restored(text: str) -> str:
    """What was typed, of words that came back from a field in which they stood broken."""
    return _MENDED.sub("{", text) if BETWEEN in text else text


def is_quiet(text: str) -> bool:
    """Whether words are as long in JSON as in UTF-8, on one line, and nothing in them has to be broken."""
    return text.isprintable() and '"' not in text and "\\" not in text and "{{" not in text


def is_tame(text: str) -> bool:
    """Whether nothing in words could mean anything, wherever they stand."""
    return bool(_TAME.match(text))


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def label(text: str, limit: str) -> str:
    """Words in one line, as on a button."""
    if is_quiet(text) and "  " not in text and 0 < len(text) <= LIMITS[limit]:
        return text
    return cut(literal(" ".join(text.split())) or "–", LIMITS[limit])


def runs(line: Line) -> list[Block]:
    """The inlines of a line: what is plain together, what has a style by itself."""
    found: list[Block] = []
    plain = ""
    for span in line:
        if not span.style:
            plain += span.text
            continue
        if plain:
            found.append(_plain(plain))
            plain = ""
        found += _styled(span)
    if plain:
        found.append(_plain(plain))
    return found


def _plain(text: str) -> Block:
    """A run without a style; where we set words apart by blanks, they stay apart."""
    return {"type": "TextRun", "text": literal(text.replace("  ", f"{NBSP} ") if "  " in text else text)}


def _styled(span: Span) -> list[Block]:
    text, style = span.text, span.style
    if style == "colour":
        return [COLOURED[text]]
    if style == "mark":
        return [{"type": "TextRun", "text": CLOCKS[text]}]
    if style == "channel":
        return [{"type": "TextRun", "text": place(text)}]
    if not text:
        return []
    run: Block = {"type": "TextRun", "text": literal(text)}
    if style == "bold":
        run["weight"] = "Bolder"
    elif style == "code":
        run["fontType"] = "Monospace"
    elif style == "link" and (url := web(span.url)):
        run["selectAction"] = {"type": "Action.OpenUrl", "url": url}
    return [run]


def place(channel: str) -> str:
    """A channel by its id, as far as words can name it."""
    found = channel.lstrip("#")
    return "a channel in Teams" if found.startswith("19:") else f"the channel {literal(found)}"


def web(url: str) -> str:
    """An address in the web, safe to press; "" for any other."""
    try:
        parts = urlsplit(url.strip())
        known = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return ""
    if not known or len(url) > LIMITS["url"] or any(c.isspace() or not c.isprintable() for c in url.strip()):
        return ""
    return url.strip().replace("{", "%7B").replace("}", "%7D")


def block(inlines: list[Block], spacing: str = "None") -> Block:
    return {"type": "RichTextBlock", "inlines": inlines, "spacing": spacing}


def paragraphs(text: str, most: int = LINES) -> list[Block]:
    """Somebody's own words, a block a line, so that their line breaks stay; the last one holds the rest."""
    lines = text.replace("\r\n", "\n").split("\n", most - 1)
    said = [line for line in lines if line.strip()] or ["–"]
    return [block([{"type": "TextRun", "text": literal(line)}]) for line in said]


def heading(text: str, *, first: bool) -> list[Block]:
    """A heading that a screen reader knows; what people wrote in it stands below, or in a run of its own."""
    words = " ".join(text.split()) or "–"
    ours, _, theirs = words.partition(" ")
    if theirs and _REFERENCE.match(ours):
        title: Block = {"type": "TextRun", "text": literal(theirs), "weight": "Bolder"}
        return [_heading(ours, first=first), block([title])]
    return [_heading(cut(words, LIMITS["heading"]), first=first)]


def _heading(words: str, *, first: bool) -> Block:
    size = "Large" if first else "Medium"
    apart: Block = {} if first else {"separator": True, "spacing": "Medium"}
    if is_tame(words) or _REFERENCE.match(words):
        told: Block = {"type": "TextBlock", "text": words, "size": size, "weight": "Bolder"}
        return {**told, "style": "heading", "wrap": True, **apart}
    run = {"type": "TextRun", "text": literal(words), "size": size, "weight": "Bolder"}
    return {"type": "RichTextBlock", "inlines": [run], **apart}
