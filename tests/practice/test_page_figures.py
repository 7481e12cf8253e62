"""Charts as bars with values and words, tables as tables, threads in the panel, plain words in direct messages."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.practice.looking import Visit, say
from tests.practice.practising import Json, World


def weeks() -> Json:
    names = ["Red", "Amber", "White", "Green"]
    series = [
        {"name": name, "data": [{"label": label, "value": value} for label, value in zip(names, values, strict=True)]}
        for name, values in (("A week ago", (16, 39, 9, 150)), ("Now", (18, 41, 9, 148)))
    ]
    chart = {"type": "bar", "series": series, "axis_config": {"categories": names}}
    return {"type": "data_visualization", "title": "Open things by colour", "chart": chart}


def test_a_chart_is_drawn_as_bars_and_read_as_words(visit: Visit, world: World) -> None:
    page = visit()
    world.api("chat.postMessage", channel="C0CUSTODY", text="chart", blocks=[weeks()])
    chart = page.get_by_role("figure", name="Open things by colour")
    expect(chart.locator("dt")).to_have_text(["Red", "Amber", "White", "Green"])
    expect(chart.locator("dd").first).to_have_text("A week ago: 16. Now: 18. ")
    widths = [bar.evaluate("n => n.getBoundingClientRect().width") for bar in chart.locator(".bar").all()]
    assert widths[6] == max(widths) and round(widths[0] / widths[6], 2) == round(16 / 150, 2)
    expect(chart.locator(".mark")).to_have_count(4)


def test_a_table_is_a_table(visit: Visit, world: World) -> None:
    page = visit()
    rows = [[{"type": "raw_text", "text": words} for words in row] for row in (("Lamp", "State"), ("1", "lit"))]
    world.api("chat.postMessage", channel="C0CUSTODY", text="table", blocks=[{"type": "table", "rows": rows}])
    table = page.get_by_role("table")
    expect(table.get_by_role("columnheader")).to_have_text(["Lamp", "State"])
    expect(table.get_by_role("cell")).to_have_text(["1", "lit"])


def test_a_thread_opens_in_the_panel_and_takes_replies(visit: Visit) -> None:
    page = visit()
    page.get_by_role("article").first.hover()
    page.get_by_role("button", name="Reply in a thread").first.click()
    thread = page.get_by_role("region", name="Thread")
    thread.get_by_role("textbox", name="Reply").fill("Mine is done.")
    page.keyboard.press("Enter")
    expect(thread.get_by_role("article")).to_have_count(2)
    expect(page.locator("#messages").get_by_role("article")).to_have_count(1)
    expect(page.locator("#messages").get_by_role("button", name="1 reply")).to_be_visible()
    page.get_by_role("textbox", name="Reply").fill("/4action")
    page.keyboard.press("Enter")
    expect(thread).to_contain_text("Commands work in the conversation, not in a thread.")


def test_direct_messages_take_plain_words_and_offer_three(visit: Visit) -> None:
    page = visit(channel="D0OWEN")
    main = page.get_by_role("main", name="Lightkeeper")
    expect(main).to_contain_text("Nothing said yet. Write here what you would write after /4action, for example:")
    expect(main.locator(".tries button")).to_have_text(["mine", "overdue", "help"])
    expect(main).to_contain_text("Only you and Lightkeeper see this conversation.")
    say(page, "mine")
    expect(main.get_by_role("article").first).to_contain_text("mine")
