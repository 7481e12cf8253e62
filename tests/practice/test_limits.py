"""What Slack refuses, limit by limit: at the limit it is taken, one over it is refused, and the place is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from practice import limits
from practice.blocks import check_view, checked, hold_to_length
from practice.rules import Shape
from practice.shapes import SlackError
from tests.practice.practising import Json, World, practising

Made = Callable[[int], Json]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def long(n: int) -> str:
    return "x" * n


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain("Press"), **more}


def options(n: int) -> list[Json]:
    return [{"text": plain(f"Option {i}"), "value": str(i)} for i in range(n)]


def option(**more: Any) -> Json:
    return {"text": plain("One"), "value": "1", **more}


def actions(element: Json) -> Json:
    return {"type": "actions", "elements": [element]}


def asked(element: Json, **more: Any) -> Json:
    return {"type": "input", "label": plain("Label"), "element": element, **more}


def section(text: str, **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def menu(**more: Any) -> Json:
    return actions({"type": "static_select", "options": options(1), **more})


def confirm(**more: str) -> Json:
    words = {key: plain(more.get(key, key)) for key in ("title", "text", "confirm", "deny")}
    return actions(button(confirm=words))


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def said(*parts: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(parts)}


def table(rows: int, columns: int) -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * columns] * rows}


def chart(series: int = 1, categories: int = 2, title: str = "Title", name: str = "Now", label: str = "") -> Json:
    labels = [label or f"L{n}" for n in range(categories)]
    data = [{"label": text, "value": 1} for text in labels]
    lines = [{"name": name if series == 1 else f"{name} {n}", "data": data} for n in range(series)]
    drawn = {"type": "bar", "series": lines, "axis_config": {"categories": labels}}
    return {"type": "data_visualization", "title": title, "chart": drawn}


def pie(n: int) -> Json:
    segments = [{"label": f"L{i}", "value": 1} for i in range(n)]
    return {"type": "data_visualization", "title": "Title", "chart": {"type": "pie", "segments": segments}}


def data_table(rows: int) -> Json:
    return {"type": "data_table", "caption": "Items", "rows": [[{"type": "raw_text", "text": "x"}]] * rows}


def typed(**more: Any) -> Json:
    return asked({"type": "plain_text_input", **more})


WORD: Json = said({"type": "text", "text": "word"})
A_BLOCK: list[tuple[str, Made, int]] = [
    ("block_id", lambda n: {"type": "divider", "block_id": long(n)}, 255),
    ("header text", lambda n: {"type": "header", "text": plain(long(n))}, 150),
    ("section text", lambda n: section(long(n)), 3000),
    ("section fields", lambda n: {"type": "section", "fields": [plain("x")] * n}, 10),
    ("a field's text", lambda n: {"type": "section", "fields": [plain(long(n))]}, 2000),
    ("context elements", lambda n: {"type": "context", "elements": [plain("x")] * n}, 10),
    ("context text", lambda n: {"type": "context", "elements": [plain(long(n))]}, 3000),
    ("actions elements", lambda n: {"type": "actions", "elements": [button()] * n}, 25),
    ("action_id", lambda n: actions(button(action_id=long(n))), 255),
    ("button text", lambda n: actions({"type": "button", "text": plain(long(n))}), 75),
    ("button value", lambda n: actions(button(value=long(n))), 2000),
    ("button url", lambda n: actions(button(url=long(n))), 3000),
    ("accessibility_label", lambda n: actions(button(accessibility_label=long(n))), 75),
    ("confirm title", lambda n: confirm(title=long(n)), 100),
    ("confirm text", lambda n: confirm(text=long(n)), 300),
    ("confirm yes", lambda n: confirm(confirm=long(n)), 30),
    ("confirm no", lambda n: confirm(deny=long(n)), 30),
    ("option text", lambda n: menu(options=[option(text=plain(long(n)))]), 75),
    ("option value", lambda n: menu(options=[option(value=long(n))]), 150),
    ("option description", lambda n: menu(options=[option(description=plain(long(n)))]), 75),
    ("menu options", lambda n: menu(options=options(n)), 100),
    ("placeholder", lambda n: menu(placeholder=plain(long(n))), 150),
    ("group label", lambda n: menu(option_groups=[{"label": plain(long(n)), "options": options(1)}]), 75),
    ("groups", lambda n: menu(option_groups=[{"label": plain("G"), "options": options(1)}] * n), 100),
    ("overflow options", lambda n: actions({"type": "overflow", "options": options(n)}), 5),
    ("radio options", lambda n: asked({"type": "radio_buttons", "options": options(n)}), 10),
    ("checkbox options", lambda n: asked({"type": "checkboxes", "options": options(n)}), 10),
    ("input label", lambda n: {**typed(), "label": plain(long(n))}, 2000),
    ("input hint", lambda n: {**typed(), "hint": plain(long(n))}, 2000),
    ("max_length", lambda n: typed(max_length=n), 3000),
    ("initial_value", lambda n: typed(initial_value=long(n)), 3000),
    ("initial_value within max_length", lambda n: typed(max_length=20, initial_value=long(n)), 20),
    ("max_files", lambda n: asked({"type": "file_input", "max_files": n}), 10),
    ("image alt_text", lambda n: {"type": "image", "image_url": "https://a.example", "alt_text": long(n)}, 2000),
    ("image title", lambda n: {"type": "image", "image_url": "u", "alt_text": "a", "title": plain(long(n))}, 2000),
    ("markdown text", lambda n: {"type": "markdown", "text": long(n)}, 12_000),
    ("list indent", lambda n: rich({"type": "rich_text_list", "style": "bullet", "indent": n, "elements": [WORD]}), 8),
    ("table rows", lambda n: table(n, 1), 100),
    ("table columns", lambda n: table(1, n), 20),
    ("data_table rows", data_table, 101),
    ("data_table page", lambda n: {**data_table(2), "page_size": n}, 100),
    ("chart title", lambda n: chart(title=long(n)), 50),
    ("chart series", lambda n: chart(series=n), 6),
    ("chart categories", lambda n: chart(categories=n), 20),
    ("chart label", lambda n: chart(categories=1, label=long(n)), 20),
    ("series name", lambda n: chart(name=long(n)), 20),
    ("pie segments", pie, 6),
]


def refused(blocks: Any, surface: str = "message") -> list[str]:
    """What the refusal says, without the severity."""
    with pytest.raises(SlackError) as error:
        checked(blocks, surface)
    messages = error.value.more["response_metadata"]["messages"]
    assert error.value.more["errors"] == [m.removeprefix("[ERROR] ") for m in messages]
    assert error.value.code == ("invalid_blocks" if surface == "message" else "invalid_arguments")
    return list(error.value.more["errors"])


@pytest.mark.parametrize(("made", "most"), [row[1:] for row in A_BLOCK], ids=[row[0] for row in A_BLOCK])
def test_at_the_limit_it_is_taken_and_one_over_it_is_refused(made: Made, most: int) -> None:
    assert len(checked([made(most)])) == 1
    faults = refused([made(most + 1)])
    assert any(str(n) in fault for n in (most, most + 1) for fault in faults), faults
    assert all("[json-pointer:/blocks/0" in fault for fault in faults)


LEAST: list[tuple[str, Json]] = [
    ("an empty header", {"type": "header", "text": plain("")}),
    ("an empty section", section("")),
    ("no context elements", {"type": "context", "elements": []}),
    ("no actions elements", {"type": "actions", "elements": []}),
    ("no options", {"type": "actions", "elements": [{"type": "overflow", "options": []}]}),
    ("no series", {**chart(), "chart": {"type": "line", "series": [], "axis_config": {"categories": ["a"]}}}),
    ("no table rows", {"type": "table", "rows": []}),
    ("one data_table row", data_table(1)),
    ("an empty action_id", actions(button(action_id=""))),
    ("no files", asked({"type": "file_input", "max_files": 0})),
]


@pytest.mark.parametrize("block", [row[1] for row in LEAST], ids=[row[0] for row in LEAST])
def test_less_than_the_least_is_refused(block: Json) -> None:
    assert any("more than" in fault or "no fewer than" in fault for fault in refused([block]))


WRONG: list[tuple[Json, str]] = [
    ({"type": "banner"}, "unsupported type: banner [json-pointer:/blocks/0]"),
    ({"type": "alert", "text": plain("x")}, "unsupported type: alert"),
    ({"type": "section"}, "missing required field: text [json-pointer:/blocks/0]"),
    ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "failed to match all allowed schemas"),
    ({"type": "header", "text": "x"}, "failed to match all allowed schemas"),
    ({"type": "divider", "text": plain("x")}, "invalid additional property: text"),
    (section("x", colour="red"), "invalid additional property: colour"),
    ({"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}}, "additional property: emoji"),
    ({"type": "header", "text": {**plain("x"), "verbatim": True}}, "additional property: verbatim"),
    ({"type": "actions", "elements": [button(action_id="a"), button(action_id="a")]}, "duplicated within one block"),
    (actions({"type": "plain_text_input"}), "unsupported type: plain_text_input"),
    (asked(button()), "unsupported type: button"),
    (actions(button(style="warning")), "must be one of: primary, danger"),
    (actions(button(value=7)), "must be a string"),
    (actions({"type": "button"}), "missing required field: text [json-pointer:/blocks/0/elements/0]"),
    (actions(button(confirm={"title": plain("Sure?")})), "missing required field: text"),
    (menu(options=[{"text": plain("One")}]), "missing required field: value"),
    (menu(initial_option=option(value="other")), "initial option is none of the options"),
    (typed(min_length=30, max_length=20), "must be less than 21"),
    (asked({"type": "datepicker", "initial_date": "20/11/2026"}), "failed to match all allowed schemas"),
    (rich(WORD["elements"][0]), "unsupported type: text"),
    (rich(said(said(WORD))), "unsupported type: rich_text_section"),
    (rich({"type": "rich_text_list", "style": "bullet", "elements": [{"type": "text", "text": "x"}]}), "type: text"),
    (rich({"type": "rich_text_list", "elements": [WORD]}), "missing required field: style"),
    (rich(said({"type": "text", "text": ""})), "must be more than 0 characters"),
    (rich(said({"type": "text", "text": "x", "style": {"blink": True}})), "additional property: blink"),
    (rich({"type": "rich_text_preformatted", "elements": [{"type": "user", "user_id": "U0"}]}), "type: user"),
    ({"type": "rich_text"}, "missing required field: elements"),
    ({"type": "table", "rows": [[{"type": "number", "text": "1"}]]}, "unsupported type: number"),
    ({**chart(), "chart": {"type": "radar"}}, "unsupported type: radar"),
    ({"type": "image", "alt_text": "a"}, "missing required field: image_url"),
]


@pytest.mark.parametrize(("block", "words"), WRONG, ids=[words for _, words in WRONG])
def test_what_has_no_place_there_is_refused(block: Json, words: str) -> None:
    faults = refused([block])
    assert any(words in fault for fault in faults), faults


def test_a_charts_labels_match_its_categories_and_names_are_its_own() -> None:
    drawn = chart()
    drawn["chart"]["axis_config"]["categories"] = ["L1", "L0"]
    assert "labels must match the categories" in refused([drawn])[0]
    twice = chart(series=2)
    twice["chart"]["series"][1]["name"] = twice["chart"]["series"][0]["name"]
    assert "names must be unique" in refused([twice])[0]
    nothing = pie(1)
    nothing["chart"]["segments"][0]["value"] = 0
    assert "must be more than 0" in refused([nothing])[0]


def test_the_rows_of_a_data_table_are_of_one_length_under_a_plain_head() -> None:
    cell = {"type": "raw_text", "text": "x"}
    uneven = {**data_table(2), "rows": [[cell], [cell, cell]]}
    assert "same number of values" in refused([uneven])[0]
    assert "unsupported type: rich_text" in refused([{**data_table(2), "rows": [[rich(WORD)], [cell]]}])[0]


def test_a_message_has_fifty_blocks_one_table_and_two_charts() -> None:
    divider = {"type": "divider"}
    assert checked([divider] * 50) and checked([table(1, 1)]) and checked([chart()] * 2)
    assert refused([divider] * 51) == ["no more than 50 items allowed [json-pointer:/blocks]"]
    assert "no more than 1 blocks of the type table" in refused([table(1, 1)] * 2)[0]
    assert "no more than 2 blocks of the type data_visualization" in refused([chart()] * 3)[0]
    assert "`block_id` is duplicated: a" in refused([{"type": "divider", "block_id": "a"}] * 2)[0]


def test_a_block_of_a_form_stays_in_forms_and_one_of_a_message_in_messages() -> None:
    assert checked([{"type": "alert", "text": plain("x")}], "modal")
    assert "unsupported type: table [json-pointer:/view/blocks/0]" in refused([table(1, 1)], "modal")
    assert checked([{"type": "divider"}] * 100, "modal")
    assert refused([{"type": "divider"}] * 101, "home") == [
        "no more than 100 items allowed [json-pointer:/view/blocks]"
    ]


def test_what_is_no_list_of_blocks_is_no_message() -> None:
    for given in ("[", {"type": "divider"}, ["x"], None):
        with pytest.raises(SlackError, match="invalid_blocks_format"):
            checked(given)


def test_a_whole_message_has_a_length_of_its_own() -> None:
    each = len("sectionmrkdwn")
    full = [section(long(2600 - each))] * 5
    hold_to_length(full)
    with pytest.raises(SlackError, match="msg_blocks_too_long"):
        hold_to_length([*full[:4], section(long(2601 - each))])


# --- views ---


def view(**more: Any) -> Json:
    return {"type": "modal", "title": plain("Title"), "blocks": [{"type": "divider"}], **more}


A_VIEW: list[tuple[str, Made, int]] = [
    ("title", lambda n: view(title=plain(long(n))), 24),
    ("submit", lambda n: view(submit=plain(long(n))), 24),
    ("close", lambda n: view(close=plain(long(n))), 24),
    ("private_metadata", lambda n: view(private_metadata=long(n)), 3000),
    ("callback_id", lambda n: view(callback_id=long(n)), 255),
    ("external_id", lambda n: view(external_id=long(n)), 255),
]


@pytest.mark.parametrize(("made", "most"), [row[1:] for row in A_VIEW], ids=[row[0] for row in A_VIEW])
def test_a_view_at_the_limit_is_taken_and_one_over_it_refused(made: Made, most: int) -> None:
    check_view(made(most), "modal")
    with pytest.raises(SlackError, match="invalid_arguments") as error:
        check_view(made(most + 1), "modal")
    assert f"must be less than {most + 1} characters" in error.value.more["errors"][0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (view(blocks=[typed()]), "submit is required when an input block is present"),
        ({"type": "modal", "blocks": []}, "missing required field: title"),
        (view(team_id="T0"), "invalid additional property: team_id"),
        (view(title={"type": "mrkdwn", "text": "x"}), "failed to match all allowed schemas"),
        ({"type": "home", "blocks": []}, "not a modal view"),
        ("view", "not a modal view"),
    ],
)
def test_a_view_that_is_none_is_refused(given: Any, words: str) -> None:
    with pytest.raises(SlackError, match="invalid_arguments") as error:
        check_view(given, "modal")
    assert words in error.value.more["errors"][0]


def test_a_view_has_a_size_of_its_own() -> None:
    with pytest.raises(SlackError, match="view_too_large"):
        check_view(view(blocks=[section(long(3000))] * 90), "modal")


# --- where it is refused ---


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with practising() as made:
        yield made


BAD = [{"type": "banner"}]
LONG = [section(long(2900))] * 5


def response_url(world: World) -> str:
    world.say("/4action echo once")
    sent = world.ask("/practice/envelopes")[1]["envelopes"][-1]
    return str(sent["payload"]["response_url"]).removeprefix(world.url)


def test_posts_and_answers_are_refused_each_in_its_own_way(world: World) -> None:
    posted = world.api("chat.postMessage", channel="C0DCC", text="x", blocks=BAD)
    assert posted["error"] == "invalid_blocks"
    assert posted["response_metadata"]["messages"] == ["[ERROR] unsupported type: banner [json-pointer:/blocks/0]"]
    assert world.api("chat.postMessage", channel="C0DCC", text="x", blocks=LONG)["error"] == "msg_blocks_too_long"
    address = response_url(world)
    assert world.ask(address, {"text": "x", "blocks": BAD}) == (400, "invalid_blocks")
    assert world.ask(address, {"text": "x", "blocks": LONG}) == (200, "ok")  # as has been seen with Slack
    assert world.ask(address, {"text": ""}) == (400, "no_text")
    assert world.ask(address, ["x"]) == (400, "invalid_payload")


def test_an_update_takes_fewer_words_than_a_post_and_counts_bytes(world: World) -> None:
    ts = world.api("chat.postMessage", channel="C0DCC", text=long(11_800))["ts"]
    assert world.api("chat.update", channel="C0DCC", ts=ts, text=long(4000))["ok"]
    assert world.api("chat.update", channel="C0DCC", ts=ts, text=long(4001))["error"] == "msg_too_long"
    assert world.api("chat.update", channel="C0DCC", ts=ts, text="é" * 2001)["error"] == "msg_too_long"


def test_a_workspace_can_be_without_a_type_of_block(world: World) -> None:
    assert world.do("faults", fault="refuses_block:data_visualization")["ok"]
    for _ in range(2):
        answer = world.api("chat.postMessage", channel="C0DCC", text="x", blocks=[chart()])
        assert answer["errors"] == ["unsupported type: data_visualization [json-pointer:/blocks/0]"]
    assert world.ask(response_url(world), {"text": "x", "blocks": [chart()]})[0] == 400
    world.do("faults/clear")
    assert world.api("chat.postMessage", channel="C0DCC", text="x", blocks=[chart()])["ok"]


def test_three_forms_lie_on_each_other_and_no_fourth(world: World) -> None:
    stack = world.slack.stand_in.views
    for _ in range(3):
        stack.push("U0LIA", view()) if stack.open_for("U0LIA") else stack.open("U0LIA", view(external_id="first"))
    with pytest.raises(SlackError, match="push_limit_reached"):
        stack.push("U0LIA", view())
    with pytest.raises(SlackError, match="duplicate_external_id"):
        stack.open("U0ANA", view(external_id="first"))


def test_what_slack_does_not_offer_is_unknown_and_what_makes_no_sense_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.api("chat.scheduleMessage", channel="C0DCC", text="x", post_at=1)["error"] == "unknown_method"
    metadata = {"event_type": "kept"}
    assert world.api("chat.postMessage", channel="C0DCC", text="x", metadata=metadata)["error"] == (
        "invalid_metadata_format"
    )
    assert world.ask("/api/auth.test", ["x"])[1]["error"] == "json_not_object"
    workspace = world.slack.stand_in.workspace
    monkeypatch.setattr(workspace, "scopes", [scope for scope in workspace.scopes if scope != "im:write"])
    assert world.api("conversations.open", users="U0LIA") == {
        "ok": False,
        "error": "missing_scope",
        "needed": "im:write",
        "provided": ",".join(workspace.scopes),
    }


# --- the table itself ---


def test_every_shape_names_the_page_that_it_comes_from() -> None:
    tables: tuple[Mapping[str, Shape], ...] = (
        *(limits.BLOCKS, limits.ELEMENTS, limits.RICH, limits.INLINE),
        *(limits.CHARTS, limits.CELLS, limits.VIEWS),
    )
    for shapes in tables:
        for kind, shape in shapes.items():
            assert shape.page.startswith(("block-kit/", "views/")), kind
            assert set(shape.needs) <= set(shape.fields) or shape.open, kind
