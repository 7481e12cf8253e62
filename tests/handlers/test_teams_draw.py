"""What people in Trentshire are shown in Teams: the answers of the register, as cards and as forms."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from handlers import commands
from handlers.card import Button, Buttons, Card, Chart, Confirm, Field, Form, Heading, Quote, Row, Span, Text, say_lines
from handlers.digests import weekly
from handlers.slack import draw as slack
from handlers.teams import draw
from handlers.teams.actions import Press
from handlers.teams.parts import Drawing
from handlers.text.draw import said, words_of
from storage import digests, figures
from tests.conftest import LIMITS, SLASH, Clock, Town
from tests.teams.limits import faults_of_card, faults_of_message

Json = dict[str, Any]
NONCE = "0123456789ab"
DATE = "{{DATE(2026-11-23T09:00:00Z,SHORT)}}"


def answer(town: Town, words: str, who: str, **more: Any) -> Card:
    return commands.answer(town.desk, town.ask(words, who, forms=True, **more))


def shown(town: Town, words: str, who: str, **more: Any) -> Json:
    """The card or form that somebody gets for their words, with nothing wrong in it."""
    card = answer(town, words, who)
    drawn = draw.form(card.form, NONCE, {}, origin="mine", **more) if card.form else draw.adaptive(card, words, NONCE)
    assert faults_of_card(drawn) == []
    return drawn


def of_type(thing: Any, kind: str) -> list[Json]:
    return [part for part in _all(thing) if part.get("type") == kind]


def _all(thing: Any) -> Iterator[Json]:
    if isinstance(thing, dict):
        yield thing
        yield from (found for part in thing.values() for found in _all(part))
    elif isinstance(thing, list):
        yield from (found for part in thing for found in _all(part))


def lines(card: Json) -> list[str]:
    """Each line of a card as it is read."""
    blocks = [part for part in _all(card["body"]) if part.get("type") in {"RichTextBlock", "TextBlock"}]
    return [part.get("text") or "".join(run["text"] for run in part["inlines"]) for part in blocks]


def titles(actions: list[Json], *, more: bool = False) -> list[str]:
    return [action["title"] for action in actions if (action.get("mode") == "secondary") is more]


# --- answers --------------------------------------------------------------------------------------------------------


def test_a_row_of_a_list_opens_when_ruth_presses_it(trentshire: Town) -> None:
    card = shown(trentshire, "list", "ruth")
    assert lines(card)[:2] == ["Open items", "1 to 10 of 61, soonest due first. Press a row to open it."]
    rows = of_type(card, "Container")
    assert len(rows) == 10 and not of_type(card, "ActionSet")
    assert lines({"body": rows[0]}) == [
        "IA26-R3 Dispose of property whose case is over",
        "🔴\u00a0Red · 54 days late · Insp Jo Cole",
    ]
    pressed = rows[0]["selectAction"]
    assert (pressed["verb"], pressed["tooltip"]) == ("say", "Details of IA26-R3")
    assert pressed["data"] == {"say": "show IA26-R3", "nonce": NONCE, "from": "list"}
    assert titles(card["actions"]) == ["More"]


def test_in_owens_own_list_each_row_has_its_button_and_the_rest_of_it_opens_the_item(trentshire: Town) -> None:
    row = of_type(shown(trentshire, "mine", "owen"), "ColumnSet")[0]
    words, button = row["columns"]
    assert button["items"][0]["actions"][0]["data"]["say"] == "update CUST26-R2 v1"
    assert words["selectAction"]["data"]["say"] == "show CUST26-R2"


def test_a_card_shows_what_the_item_says_as_it_was_typed_and_keeps_rare_acts_behind_the_dots(trentshire: Town) -> None:
    card = shown(trentshire, "CUST26-C1", "lia")
    (heading,) = of_type(card, "TextBlock")
    assert (heading["text"], heading["style"], heading["size"]) == ("CUST26-C1", "heading", "Large")
    assert lines(card)[1:3] == ["Cell checks at night", "🔴\u00a0Red · in progress · due 20 Nov 2026, 3 days late"]
    (quote,) = [part for part in of_type(card, "Container") if part.get("style") == "emphasis"]
    assert lines({"body": quote})[0].startswith("Between midnight and six, checks on people in cells were late")
    assert titles(card["actions"])[:2] == ["Assign", "Update"] and "Dispute" in titles(card["actions"], more=True)
    assert card["actions"][0]["style"] == "positive" and len(titles(card["actions"])) <= 6
    assert all(run.get("isSubtle") for run in card["body"][-1]["inlines"])


def test_everything_that_the_text_says_the_card_says_too(trentshire: Town) -> None:
    """Word for word, for each of these answers; the marks of colours and clocks are drawn beside their words."""
    for words, who in (("list", "ruth"), ("CUST26-C1", "lia"), ("report CUST26", "lia"), ("help", "owen")):
        card = answer(trentshire, words, who)
        read = " ".join(" ".join(lines(draw.adaptive(card, words, NONCE))).split())
        for line in said(card).splitlines():
            first = " ".join(line.removeprefix("- ").partition(": ")[0].partition(",")[0].split())
            assert first in read, line


def test_a_card_in_place_of_another_has_a_way_back_among_what_is_in_sight(trentshire: Town) -> None:
    card = answer(trentshire, "CUST26-C1", "lia")
    drawn = draw.adaptive(card, "CUST26-C1", NONCE, back="mine")
    back = next(action for action in drawn["actions"] if action["title"] == "Back")
    assert back["data"]["say"] == "mine" and "mode" not in back and faults_of_card(drawn) == []
    page = draw.adaptive(answer(trentshire, "list page:2", "lia"), "list page:2", NONCE, back="mine")
    assert titles(page["actions"]).count("Back") == 1


def test_what_is_hard_to_take_back_asks_first_and_says_it_only_then() -> None:
    asks = Confirm("Sign off PEEL25-R1?", f"Asked by {DATE}. It is complete then.", "Sign off")
    button = Button("Sign off", "sign off PEEL25-R1 v12", "Sign off PEEL25-R1", True, asks)
    drawn = draw.adaptive(Card("Pending", (say_lines((Span("One."),)), Buttons((button,)))), "pending", NONCE)
    (pressed,) = drawn["actions"]
    assert pressed["verb"] == "ask"
    question = draw.question(pressed["data"], "ba9876543210")
    assert faults_of_card(question) == [] and lines(question)[0] == "Sign off PEEL25-R1?"
    yes, back = question["actions"]
    assert (yes["verb"], yes["title"], yes["data"]["say"]) == ("say", "Sign off", "sign off PEEL25-R1 v12")
    assert yes["data"]["nonce"] == "ba9876543210" and back["data"]["say"] == "pending"


# --- words of people ------------------------------------------------------------------------------------------------


def test_what_a_person_wrote_is_read_as_written_and_nothing_in_it_works() -> None:
    wild = f"**bold** <at>Chief</at> [x](javascript:alert(1)) {DATE} {{{{{{"
    evil, good = Span("minutes", "link", "javascript:alert(1)"), Span("minutes", "link", "https://a.example/{{x}}")
    parts = (
        Heading(Span(wild)),
        Row("R-1", Span(wild), (Span("Red", "colour"), Span(f" · {wild}")), Button("Details", "show R-1", wild)),
        Text((Quote(Span(f"first\n{wild}")),)),
        say_lines((evil, Span(" "), good)),
        Buttons((Button(wild, f"find {wild}", wild),)),
    )
    drawn = draw.message(Card(wild, parts), "", NONCE)
    assert faults_of_message(drawn) == [] and not of_type(drawn, "TextBlock")
    read = lines(drawn["card"])
    assert [line.replace("\u200b", "") for line in read[-3:-1]] == ["first", wild]
    assert [action["url"] for action in of_type(drawn, "Action.OpenUrl")] == ["https://a.example/%7B%7Bx%7D%7D"]
    assert drawn["card"]["actions"][0]["data"]["say"] == f"find {wild}", "what is said is not shown, and stays whole"


def test_what_was_broken_to_be_shown_comes_back_whole() -> None:
    for words in (DATE, "{{{{", "{ {", "a{\u200bb", "plain"):
        assert draw.restored(draw.literal(words)) == words


# --- forms ----------------------------------------------------------------------------------------------------------


def field(form: Json, name: str) -> Json:
    return next(part for part in form["body"] if part.get("id") == name)


def test_lias_update_is_a_form_in_place_that_says_what_it_is_about_and_leads_back(trentshire: Town) -> None:
    form = shown(trentshire, "update CUST26-R1", "lia")
    assert lines(form)[:2] == ["Update", "CUST26-R1 Rouse people at risk and write down what was seen"]
    note, status, forecast = field(form, "note"), field(form, "status"), field(form, "forecast")
    assert note["isMultiline"] and note["isRequired"] and note["errorMessage"] == "Progress update is missing."
    assert status["style"] == "compact" or status["style"] == "expanded"
    assert [choice["value"] for choice in status["choices"]] == ["in_progress", "complete"]
    assert forecast["type"] == "Input.Date" and "isRequired" not in forecast
    save, back = form["actions"]
    assert (save["verb"], save["title"]) == ("form", "Save")
    assert save["data"]["say"] == "update CUST26-R1 v1" and "forecast" in save["data"]["was"]
    assert back["data"]["say"] == "mine" and back["associatedInputs"] == "none", "an empty field keeps nobody in"


def test_what_is_wrong_stands_above_its_field_and_what_was_typed_stays(trentshire: Town) -> None:
    faults = {"forecast": "3 Nov 2026 has passed.", "evidence": "No such field here."}
    typed = {"note": f"Rota is out. {DATE}", "forecast": "2026-11-03"}
    form = shown(trentshire, "update CUST26-R1", "lia", faults=faults, typed=typed)
    place = form["body"].index(field(form, "forecast"))
    (told,) = form["body"][place - 1]["inlines"]
    assert (told["text"], told["color"], told["weight"]) == ("3 Nov 2026 has passed.", "Attention", "Bolder")
    assert draw.restored(field(form, "note")["value"]) == typed["note"]
    assert field(form, "forecast")["value"] == "2026-11-03"
    assert "No such field here." in lines(form), "what belongs to no field is said as well"


def test_a_person_is_chosen_among_those_of_the_tenant_and_who_it_is_now_is_a_choice() -> None:
    entra = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
    fields = (
        Field("person", "Owner", "person", entra),
        Field("lead", "Lead", "person", "kit.danvers@trentshire.example", optional=True),
        Field("files", "Files", "files", optional=True),
    )
    form = draw.form(Form("Assign", "assign R-1 v1", "Assign", Text(()), fields), NONCE, {"kept": "1"})
    assert faults_of_card(form) == []
    owner = field(form, "person")
    assert owner["choices.data"] == {"type": "Data.Query", "dataset": "graph.microsoft.com/users"}
    assert (owner["value"], owner["choices"][0]["value"]) == (entra, entra)
    assert field(form, "lead")["choices"][0]["title"] == "kit.danvers@trentshire.example"
    assert "Files cannot be added in Teams: give a link to each instead." in lines(form)
    assert form["actions"][0]["data"]["kept"] == "1"


def test_a_form_that_is_too_long_says_at_its_field_that_not_all_of_the_words_stand_there() -> None:
    long = "🚨" * 3000
    fields = tuple(Field(name, name.title(), "words", long) for name in ("one", "two"))
    form = draw.form(Form("Update", "update R-1 v1", "Save", Text(()), fields), NONCE, {})
    assert faults_of_card(form) == []
    cut = [part for part in form["body"] if part["type"] == "Input.Text" and part["value"] != long]
    assert cut and sum("only the beginning of these words" in line for line in lines(form)) == len(cut)


def test_no_form_has_a_field_that_would_take_the_place_of_what_it_says(trentshire: Town) -> None:
    seen = 0
    for module in commands.ACTS:
        for reference in ("CUST26-R1", "CUST26"):
            card = answer(trentshire, f"{module.WORDS[0]} {reference}", "lia")
            if card.form:
                seen += 1
                assert faults_of_card(draw.form(card.form, NONCE, {}, origin="mine")) == []
    assert seen > 10


# --- messages -------------------------------------------------------------------------------------------------------


def digest(town: Town) -> Card:
    with town.store.read() as tx:
        counted = figures.count(tx, digests.window(tx, None, town.clock(), 10**9), LIMITS)
    return weekly.card(counted, LIMITS, SLASH)


def test_the_digest_is_one_card_with_headings_rows_and_buttons_and_keeps_its_words_beside(trentshire: Town) -> None:
    card = digest(trentshire)
    kept = draw.message(card, "", NONCE)
    assert draw.fits(card) and faults_of_message(kept) == []
    heads = of_type(kept["card"], "TextBlock")
    assert [heads[0]["size"], heads[1]["size"], heads[1]["separator"]] == ["Large", "Medium", True]
    assert kept["summary"].startswith("Weekly digest, 23 Nov 2026: 61 open, 11 overdue")
    assert "CUST26-C1 Cell checks at night" in kept["text"]
    assert "🔴\u00a0Red 11\u00a0  🟠\u00a0Amber 16" in "\n".join(lines(kept["card"])), "blanks keep colours apart"
    assert of_type(kept["card"], "ColumnSet") and "Press a row to open it." not in " ".join(lines(kept["card"]))


def test_colours_are_bars_in_those_colours_as_of_now_and_the_week_before_stands_in_the_words() -> None:
    colours = Chart("Open items by colour", ("Red", "White", "Green"), (("A week ago", (1, 2, 9)), ("Now", (3, 4, 5))))
    drawn = draw.adaptive(Card("Digest", (colours,)), "", NONCE)
    assert faults_of_card(drawn) == []
    title, bars = drawn["body"]
    assert title["inlines"][0]["text"] == bars["title"] == "Open items by colour"  # Teams itself shows no title
    assert bars["type"] == "Chart.VerticalBar" and bars["showBarValues"]
    assert [(bar["x"], bar["y"], bar["color"]) for bar in bars["data"]] == [
        ("Red", 3, "attention"),
        ("White", 4, "neutral"),
        ("Green", 5, "good"),
    ]
    told = bars["fallback"]["inlines"][0]["text"]
    assert told == "Open items by colour. A week ago: Red 1, White 2, Green 9. Now: Red 3, White 4, Green 5."
    assert bars["yMax"] == 8, "the axis has whole items at its steps"


def test_the_course_of_some_weeks_is_drawn_as_lines() -> None:
    weeks = Chart("Open and overdue", ("9 Nov", "16 Nov"), (("Open", (59, 61)), ("Overdue", (10, 11))))
    drawn = draw.adaptive(Card("Digest", (weeks,)), "", NONCE)
    assert faults_of_card(drawn) == []
    lines_ = drawn["body"][1]
    assert lines_["type"] == "Chart.Line" and [one["legend"] for one in lines_["data"]] == ["Open", "Overdue"]
    assert lines_["yMax"] == 64
    assert lines_["data"][1]["values"] == [{"x": "9 Nov", "y": 10}, {"x": "16 Nov", "y": 11}]
    told = lines_["fallback"]["inlines"][0]["text"]
    assert told == "Open and overdue. Open: 9 Nov 59, 16 Nov 61. Overdue: 9 Nov 10, 16 Nov 11."


def test_a_digest_that_was_kept_is_shown_as_it_was_whichever_chat_it_was_for(trentshire: Town) -> None:
    card = digest(trentshire)
    ours = json.dumps(draw.message(card, "", NONCE))
    assert draw.adaptive(Card("The digest", kept=ours)) == json.loads(ours)["card"]
    assert draw.message(Card("The digest", kept=ours)) == json.loads(ours)
    wild = Card("Digest", (say_lines((Span(f"R&D <at>all</at> {DATE}"),)),))
    theirs = json.dumps(slack.message(wild))
    drawn = draw.adaptive(Card("The digest", kept=theirs), "digest", NONCE)
    assert faults_of_card(drawn) == []
    assert draw.restored(lines(drawn)[-1]) == f"R&D <at>all</at> {DATE}"
    in_slack = slack.message(Card("The digest", kept=json.dumps(draw.message(wild))))
    assert "R&D <at>all</at>" in in_slack["blocks"][0]["elements"][0]["elements"][0]["text"]
    assert words_of(ours).splitlines() == said(Card("", kept=ours)).splitlines()


def test_a_message_that_comes_late_says_so_once_and_still_fits(trentshire: Town) -> None:
    due = Clock("2026-11-23 09:00")()
    late = json.loads(draw.said_late(json.dumps(draw.message(digest(trentshire), "", NONCE)), due))
    assert lines(late["card"])[-1] == "Sent late. It was due 23 Nov 2026, 09:00."
    assert late["summary"].endswith("Sent late. It was due 23 Nov 2026, 09:00.") and faults_of_message(late) == []
    again = draw.said_late(json.dumps(late, ensure_ascii=False), due)
    assert json.loads(again) == late


def test_one_sentence_is_a_message_of_its_own() -> None:
    told = json.loads(draw.plain("I have answered you in our chat."))
    assert lines(told["card"]) == ["I have answered you in our chat."] == [told["summary"]]
    assert faults_of_message(told) == []


@pytest.mark.parametrize(
    "card",
    [
        Card(""),
        Card("Only this"),
        Card("Not saved", faults={"note": "Say what has changed."}),
        Card("Update", form=Form("Update", "update R-1 v1", "Save", say_lines((Span("R-1"),)), ())),
        Card("Blank", (say_lines(()), Buttons(()), Text((Quote(Span("")),)))),
    ],
    ids=["nothing", "subject", "faults", "form", "blanks"],
)
def test_no_card_is_ever_empty(card: Card) -> None:
    assert faults_of_card(draw.adaptive(card, "", NONCE)) == []


def test_a_row_weighs_no_more_than_it_was_weighed_as(trentshire: Town) -> None:
    for words, who in (("list", "ruth"), ("mine", "owen"), ("help", "owen"), ("reports", "lia"), ("CUST26-C1", "lia")):
        card = answer(trentshire, words, who)
        drawn, weight = draw._drawn(card, Press(NONCE, words))
        assert len(json.dumps(drawn, ensure_ascii=False).encode()) <= weight or weight == 0  # 0: weighed whole, later
        assert (weight == 0) == (words == "mine")  # its rows have buttons beside them
    assert Drawing(Press("", ""), private=True, pressed=True).weight > 0
