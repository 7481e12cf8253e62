"""A message of fifty blocks: built from a Card and drawn within LIMITS, beside bare dicts of the same content."""

from typing import Any, NamedTuple

from bench.timing import Line, compared, race, same
from handlers.card import Button, Card, Heading, Note, Part, Row, Span, bold, code, say_lines
from handlers.slack import draw

MOST = 2.0
ROWS = 47
ORIGIN = "list sort:reference"
Block = dict[str, Any]


class Finding(NamedTuple):
    """What a row is drawn from."""

    reference: str
    title: str
    days: int
    owner: str


FINDINGS = [
    Finding(f"LAMP26-R{n}", f"Look at each lamp of suite {n} daily", n % 30 + 1, f"Supt Owen Hale {n}")
    for n in range(ROWS)
]


def lines(seconds: float) -> list[Line]:
    """The floor makes the very blocks and text that ours makes; of limits and of wild words it knows nothing."""
    made = card(FINDINGS)
    ours, floor = draw.message(made, ORIGIN), bare(FINDINGS)
    same("blocks", floor["blocks"], ours["blocks"])
    same("text", floor["text"], ours["text"])
    same("number of blocks", draw.LIMITS["blocks"], len(ours["blocks"]))
    drawn = race(lambda: bare(FINDINGS), lambda: draw.message(made, ORIGIN), seconds)
    both = race(lambda: bare(FINDINGS), lambda: draw.message(card(FINDINGS), ORIGIN), seconds)
    return [
        compared("message of 50 blocks, drawn from its Card", drawn, MOST),
        compared("the same, and the Card built first", both, None),
    ]


def card(findings: list[Finding]) -> Card:
    rows = [_row(finding) for finding in findings]
    count = (bold(f"{len(rows)} items"), Span(", in order of reference."))
    note = Note(((Span("You asked: "), code(ORIGIN), Span(".")),))
    parts: tuple[Part, ...] = (Heading(Span("Open items")), say_lines(count), *rows, note)
    return Card(f"Open items: {len(rows)}", parts)


def _row(finding: Finding) -> Row:
    facts = (Span("Red", "colour"), Span(" · "), Span(f"{finding.days} days late"), Span(f" · {finding.owner}"))
    button = Button("Details", f"show {finding.reference}", f"Details of {finding.reference}")
    return Row(finding.reference, Span(finding.title), facts, button)


def bare(findings: list[Finding]) -> Block:
    """What one would write by hand for this one message, trusting every word in it."""
    rows = [_bare_row(number, finding) for number, finding in enumerate(findings, 3)]
    bold_count = {"type": "text", "text": f"{len(findings)} items", "style": {"bold": True}}
    rest = {"type": "text", "text": ", in order of reference."}
    count = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [bold_count, rest]}]}
    heading = {"type": "header", "text": {"type": "plain_text", "text": "Open items", "emoji": False}}
    asked = {"type": "mrkdwn", "text": f"You asked: `{ORIGIN}`.", "verbatim": True}
    twin = [f"{f.reference} {f.title}: Red, {f.days} days late, {f.owner}" for f in findings]
    head = [f"Open items: {len(findings)}", "", "Open items", f"{len(findings)} items, in order of reference."]
    text = "\n".join([*head, *twin, f"You asked: {ORIGIN}."])
    text = text if len(text) <= 3900 else text[:3898].rstrip() + " …"
    return {"text": text, "blocks": [heading, count, *rows, {"type": "context", "elements": [asked]}]}


def _bare_row(number: int, finding: Finding) -> Block:
    red = f":red_circle:\u00a0*Red* · {finding.days} days late · {finding.owner}"
    return {
        "type": "section",
        "text": {"type": "mrkdwn", "text": f"*{finding.reference}* {finding.title}\n{red}", "verbatim": True},
        "accessory": {
            "type": "button",
            "text": {"type": "plain_text", "text": "Details", "emoji": False},
            "value": f"show {finding.reference}",
            "accessibility_label": f"Details of {finding.reference}",
            "action_id": f"say:{number}.0",
        },
        "block_id": f"{number}|{ORIGIN}",
    }
