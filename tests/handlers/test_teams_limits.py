"""Made-up Cards and forms of hostile words, far longer than any: no limit of Teams is broken and nothing comes alive.

The register's own items go through every view in campaign C5. LIGHTKEEPER_CARDS sets how many are made up here.
"""

import json
import os
import random
from typing import Any

import pytest

from handlers.card import (
    Bullets,
    Button,
    Buttons,
    Card,
    Chart,
    Confirm,
    Divider,
    Field,
    Form,
    Heading,
    Line,
    Lines,
    Note,
    Option,
    Part,
    Quote,
    Row,
    Span,
    Text,
    say_lines,
)
from handlers.teams import draw, inputs, limits, parts, words
from tests.campaigns.test_rendering import PIECES
from tests.conftest import london
from tests.teams.limits import WHOLE_CARD, faults_of_card, faults_of_message

SEED = 20261124
MANY = int(os.environ.get("LIGHTKEEPER_CARDS", "300"))
NONCE = "0123456789ab"
STYLES = ("", "", "", "bold", "code", "link", "channel", "mark", "colour")
URLS = (
    "javascript:alert(1)",
    "https://a.example/{{DATE(x)}}",
    " JaVaScRiPt:1",
    "https://",
    "http://[",
    "data:x",
    "//b",
)
ENTRA = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"


def _wild() -> str:
    dice = random.Random(SEED)
    return "".join(dice.choice(PIECES) + dice.choice((" ", "", "\n")) for _ in range(9000))


WILD = _wild()


def said(dice: random.Random, most: int = 0) -> str:
    """Words of somebody who means no good; now and then 30,000 characters of them."""
    most = most or dice.choice((0, 20, 60, 60, 400, 3000, 30_000 if not dice.randrange(15) else 90))
    start = dice.randrange(len(WILD) // 2)
    return WILD[start : start + most]


def span(dice: random.Random) -> Span:
    style = dice.choice(STYLES)
    text = {"mark": "warning", "colour": "Amber"}.get(style) or said(dice)
    return Span(text, style, dice.choice(URLS))


def line(dice: random.Random) -> Line:
    return tuple(span(dice) for _ in range(dice.randrange(4)))


def button(dice: random.Random) -> Button:
    confirm = Confirm(said(dice, 90), said(dice, 300), said(dice, 30)) if not dice.randrange(4) else None
    label = dice.choice(("Details", "Update", "Back", said(dice)))
    return Button(label, said(dice), said(dice), confirm=confirm)


def part(dice: random.Random) -> Part:
    several = [line(dice) for _ in range(dice.randrange(4))]
    return dice.choice(
        (
            lambda: Heading(Span(said(dice))),
            lambda: Divider(),
            lambda: Row(said(dice, 30), Span(said(dice)), line(dice), button(dice) if dice.randrange(3) else None),
            lambda: Row("R-1", Span("Cell checks"), (Span("Red", "colour"), Span(" · late")), button(dice)),
            lambda: Buttons(tuple(button(dice) for _ in range(dice.randrange(9))), (button(dice),) * dice.randrange(9)),
            lambda: Note(tuple(several)),
            lambda: Chart(
                said(dice), ("Red", said(dice)), tuple((said(dice), (1, 2)) for _ in range(1 + len(several)))
            ),
            lambda: Text((Quote(span(dice)), Lines(tuple(several)), Bullets((tuple(several) or ((),),)))),
        )
    )()


def card(dice: random.Random) -> Card:
    every = tuple(part(dice) for _ in range(dice.choice((0, 1, 3, 8, 8, 30))))
    return Card(said(dice), every, private=bool(dice.randrange(2)))


def field(dice: random.Random, name: str) -> Field:
    kind = dice.choice(("choice", "words", "line", "day", "person", "files"))
    options = tuple(Option(str(n), said(dice), said(dice, 40)) for n in range(1 + dice.randrange(9)))
    value = dice.choice(("", said(dice), ENTRA, "2026-11-23", "1"))
    told = (said(dice), said(dice), bool(dice.randrange(2)), dice.choice((40, 300, 3000)), options)
    return Field(name, said(dice), kind, value, *told)


def form(dice: random.Random) -> dict[str, Any]:
    fields = tuple(field(dice, f"f{n}") for n in range(1 + dice.randrange(6)))
    about = Text((Lines((line(dice), line(dice))),))
    made = Form(said(dice, 40), "update R-1 v1", "Save", about, fields, {"f0": said(dice, 90)})
    faults = {"f0": said(dice, 90), "gone": said(dice, 90)} if dice.randrange(2) else {}
    return draw.form(made, NONCE, {}, faults, {"f1": said(dice, 2000)}, said(dice))


def campaign(many: int) -> tuple[int, list[str]]:
    """How many cards and forms there were with words that gave way, and what is wrong in any."""
    dice, wrong, cut = random.Random(SEED), [], 0
    for number in range(many):
        made = card(dice)
        message = draw.message(made, said(dice, 40), NONCE)
        back = draw.adaptive(made, "", NONCE, back="mine")
        found = faults_of_message(message) + faults_of_card(back) + faults_of_card(form(dice))
        late = json.loads(draw.said_late(json.dumps(message), london("2026-11-23 09:00")))
        found += faults_of_message(late)
        for asked in [one for one in message["card"].get("actions", []) if one["verb"] == draw.ASK]:
            found += faults_of_card(draw.question(asked["data"], NONCE))
        wrong += [f"{number}: {fault}" for fault in found]
        cut += limits.CUT_SHORT in json.dumps(message["card"]) or limits.LEFT_OUT in json.dumps(message["card"])
    return cut, wrong


def test_made_up_cards_break_no_limit_and_leave_nothing_live() -> None:
    cut, wrong = campaign(MANY)
    print(f"\nseed {SEED}: {MANY} cards and forms, {cut} with words that gave way; {len(wrong)} faults")
    assert wrong == []
    assert cut > MANY / 50


def literal_not(text: str) -> str:
    return text


@pytest.mark.parametrize(
    ("place", "name", "broken", "fault"),
    [
        (words, "literal", literal_not, "live in text"),
        (words, "is_tame", lambda text: True, "words that may be live"),
        (words, "web", lambda url: url, "leads elsewhere than to the web"),
        (draw, "within", lambda made, most, weight=0: made, "bytes"),
        (inputs, "is_tame", lambda text: True, "markdown beside a round button"),
        (parts, "is_quiet", lambda text: True, "live in"),
    ],
    ids=["braces", "headings", "links", "size", "choices", "rows"],
)
def test_the_campaign_finds_the_product_without_a_guard(
    place: Any, name: str, broken: Any, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, name, broken)
    assert any(fault in told for told in campaign(60)[1])


def test_the_longest_words_give_way_first_and_the_card_says_so_with_a_way_on() -> None:
    short, long = "Cell checks at night.", "🚨" * 30_000
    made = Card("Whole text", (say_lines((Span(short),)), Text((Quote(Span(long)),)), Note(((Span("OFFICIAL"),),))))
    drawn = draw.adaptive(made, "", NONCE)
    told = json.dumps(drawn, ensure_ascii=False)
    assert short in told and "OFFICIAL" in told and limits.CUT_SHORT in told and "🚨…" in told
    assert WHOLE_CARD - 2000 < len(told.encode()) < WHOLE_CARD
    assert not draw.fits(made)


def test_more_rows_than_a_card_holds_are_left_out_from_the_end_and_the_card_says_so() -> None:
    opens = [Button("Details", f"show R-{n}", f"Details of R-{n}") for n in range(200)]
    rows = [Row(f"R-{n}", Span("Cell checks"), (), one) for n, one in enumerate(opens)]
    made = Card("Open items", (Heading(Span("Open items")), *rows, Buttons((opens[0],))))
    drawn = draw.adaptive(made, "", NONCE)
    assert faults_of_card(drawn) == []
    told = json.dumps(drawn)
    assert limits.LEFT_OUT in told and '"show R-30"' in told and '"show R-199"' not in told
    assert drawn["actions"], "the way on stays"


def test_a_card_that_nearly_fills_a_message_fits_and_one_word_more_goes_on_in_the_next() -> None:
    def of(length: int) -> Card:
        return Card("Digest", (Text((Quote(Span("x" * length)),)),))

    most = next(n for n in range(limits.LIMITS["roomy"], 0, -10) if draw.fits(of(n)))
    assert most > 20_000 and draw.fits(of(most)) and not draw.fits(of(most + 10))
    assert "x" * most in json.dumps(draw.adaptive(of(most), "", NONCE))
