"""Fifty rows as a card of Teams, drawn from a Card within the limits, beside bare dicts of the same content."""

import json
from typing import Any

from bench.blocks import FINDINGS, Finding
from bench.timing import Line, compared, race, same
from handlers.card import Button, Card, Heading, Note, Part, Row, Span, bold, code, say_lines
from handlers.teams import draw

MOST = 2.0
ROWS, PRESSED = 50, 30
ORIGIN, NONCE = "list sort:reference", "0123456789ab"
Block = dict[str, Any]


def lines(seconds: float) -> list[Line]:
    """The floor makes the very dicts that ours makes; of limits and of wild words it knows nothing.

    Fifty rows with what a press on each would say are more than one card takes, so that those are thirty.
    """
    plain = [*FINDINGS, *FINDINGS][:ROWS]
    return [
        _beside(f"Teams: card of {ROWS} rows, drawn from its Card", plain, seconds, pressed=False),
        _beside(f"Teams: list of {PRESSED} rows to press", FINDINGS[:PRESSED], seconds, pressed=True),
        _dicts_alone(plain, seconds),
    ]


def _dicts_alone(findings: list[Finding], seconds: float) -> Line:
    """Without the JSON: shown for comparison."""
    made = card(findings, pressed=False)
    drawn = race(lambda: bare(findings, pressed=False), lambda: draw.message(made, ORIGIN, NONCE), seconds)
    return compared(f"Teams: the {ROWS} rows, before they are JSON", drawn, None)


def _beside(name: str, findings: list[Finding], seconds: float, *, pressed: bool) -> Line:
    """Both as far as the JSON that the outbox keeps and a door sends."""
    made = card(findings, pressed=pressed)

    def floor() -> str:
        return json.dumps(bare(findings, pressed=pressed), ensure_ascii=False)

    def ours() -> str:
        return json.dumps(draw.message(made, ORIGIN, NONCE), ensure_ascii=False)

    same(name, json.loads(floor()), json.loads(ours()))
    return compared(name, race(floor, ours, seconds), MOST)


def card(findings: list[Finding], *, pressed: bool) -> Card:
    rows = [_row(finding, pressed=pressed) for finding in findings]
    count = (bold(f"{len(rows)} items"), Span(", in order of reference."))
    note = Note(((Span("You asked: "), code(ORIGIN), Span(".")),))
    parts: tuple[Part, ...] = (Heading(Span("Open items")), say_lines(count), *rows, note)
    return Card(f"Open items: {len(rows)}", parts)


def _row(finding: Finding, *, pressed: bool) -> Row:
    facts = (Span("Red", "colour"), Span(" · "), Span(f"{finding.days} days late"), Span(f" · {finding.owner}"))
    button = Button("Details", f"show {finding.reference}", f"Details of {finding.reference}")
    return Row(finding.reference, Span(finding.title), facts, button if pressed else None)


def bare(findings: list[Finding], *, pressed: bool) -> Block:
    """What one would write by hand for this one message, trusting every word in it."""
    how = [{"type": "TextRun", "text": " Press a row to open it."}] if pressed else []
    counted = {"type": "TextRun", "text": f"{len(findings)} items", "weight": "Bolder"}
    order = {"type": "TextRun", "text": ", in order of reference."}
    heading = {"type": "TextBlock", "text": "Open items", "size": "Large", "weight": "Bolder"}
    asked = [{"type": "TextRun", "text": text, "isSubtle": True} for text in ("You asked: ", ORIGIN, ".")]
    asked[1]["fontType"] = "Monospace"
    body: list[Block] = [
        {**heading, "style": "heading", "wrap": True},
        {"type": "RichTextBlock", "inlines": [counted, order, *how], "spacing": "Small"},
    ]
    for finding in findings:
        body += [_pressed(finding)] if pressed else _bare_row(finding, {"spacing": "Small"})
    body.append({"type": "RichTextBlock", "inlines": asked, "spacing": "Medium", "separator": True})
    return {
        "card": {
            "type": "AdaptiveCard",
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "version": "1.5",
            "body": body,
            "msteams": {"width": "full"},
        },
        "summary": f"Open items: {len(findings)}",
        "text": _text(findings),
    }


def _text(findings: list[Finding]) -> str:
    rows = [f"{f.reference} {f.title}: Red, {f.days} days late, {f.owner}" for f in findings]
    head = [f"Open items: {len(findings)}", "", "Open items", f"{len(findings)} items, in order of reference."]
    return "\n".join([*head, *rows, f"You asked: {ORIGIN}."])


def _bare_row(finding: Finding, spacing: Block) -> list[Block]:
    reference = {"type": "TextRun", "text": finding.reference, "weight": "Bolder"}
    facts = f" · {finding.days} days late · {finding.owner}"
    second = [
        {"type": "TextRun", "text": "🔴\u00a0Red", "weight": "Bolder"},
        {"type": "TextRun", "text": facts},
    ]
    first = [reference, {"type": "TextRun", "text": f" {finding.title}"}]
    return [
        {"type": "RichTextBlock", "inlines": first, **spacing},
        {"type": "RichTextBlock", "inlines": second, "spacing": "None"},
    ]


def _pressed(finding: Finding) -> Block:
    return {
        "type": "Container",
        "separator": True,
        "spacing": "Small",
        "selectAction": {
            "type": "Action.Execute",
            "title": "Details",
            "verb": "say",
            "data": {"say": f"show {finding.reference}", "nonce": NONCE, "from": ORIGIN},
            "tooltip": f"Details of {finding.reference}",
        },
        "items": _bare_row(finding, {}),
    }
