"""The page on a slow machine: what is typed before one is there is said once one is, by whom one chose, and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Locator, Page, Route, WebSocket, expect

from tests.practice.listening import until
from tests.practice.looking import Visit, only_you, say
from tests.practice.practising import Json, World


@contextmanager
def slow(
    page: Page, state: str = "**/practice/state*", end: Callable[[Route], None] = Route.continue_
) -> Iterator[None]:
    """Inside, what the page asks of a person does not come; then all of it does, or comes to another end."""
    kept: list[Route] = []
    inside = True
    page.route(state, lambda route: kept.append(route) if inside else end(route))
    yield
    inside = False
    for one in kept:
        end(one)


def of(person: str) -> str:
    return f"**/practice/state*person={person}"


def choose(page: Page, name: str) -> None:
    page.get_by_role("button", name="You are").click()
    page.get_by_role("menuitemradio", name=name).click()


def being(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=f"You are {name}")


def answers(world: World, person: str) -> list[Json]:
    return [m for m in world.messages(person, "C0CUSTODY") if m["ephemeral"]]


def test_what_is_sent_before_the_workspace_has_arrived_goes_when_it_has(visit: Visit, world: World) -> None:
    page = visit()
    with slow(page):
        page.reload()
        say(page, "/4action")
        expect(page.locator("#composer textarea")).to_have_value("")
        expect(page.locator("#composer-hints")).to_have_text("Waiting for the practice workspace …")
    expect(only_you(page)).to_contain_text("Your things")
    expect(page.locator("#composer-hints")).to_contain_text("Enter sends")
    assert len(answers(world, "U0OWEN")) == 1


def test_what_is_sent_after_choosing_a_person_is_said_by_that_person(visit: Visit, world: World) -> None:
    page = visit()
    with slow(page, of("U0SAM")):
        choose(page, "Sam Idris")
        say(page, "/4action")
        say(page, "/4action card")
        expect(being(page, "Supt Owen Hale")).to_be_visible()
    expect(only_you(page)).to_contain_text(["Your things", "LAMP-1 Trim the wick"])
    expect(being(page, "Sam Idris")).to_be_visible()
    assert (len(answers(world, "U0SAM")), answers(world, "U0OWEN")) == (2, [])


def test_who_types_while_somebody_arrives_keeps_the_field(visit: Visit) -> None:
    page = visit()
    field = page.locator("#composer textarea")
    with slow(page, of("U0SAM")):
        choose(page, "Sam Idris")
        field.click()
        page.keyboard.type("/4action c")
    expect(being(page, "Sam Idris")).to_be_visible()
    expect(field).to_be_focused()
    page.keyboard.type("ard")
    page.keyboard.press("Enter")
    expect(only_you(page)).to_contain_text("LAMP-1 Trim the wick")


def test_of_two_persons_chosen_in_a_row_the_last_one_stays(visit: Visit, world: World) -> None:
    page = visit()
    lines: list[WebSocket] = []
    page.on("websocket", lambda line: lines.append(line))
    with slow(page, of("U0ANA")):
        choose(page, "Sgt Ana Brook")
        choose(page, "Sam Idris")
        expect(being(page, "Sam Idris")).to_be_visible()
    say(page, "/4action")
    expect(only_you(page)).to_contain_text("Your things")
    expect(being(page, "Sam Idris")).to_be_visible()
    assert (len(answers(world, "U0SAM")), answers(world, "U0ANA")) == (1, [])
    assert [line.url.partition("person=")[2] for line in lines] == ["U0SAM"]


def test_when_the_workspace_goes_while_somebody_arrives_the_words_come_back(browser: Browser, world: World) -> None:
    page = browser.new_page()
    page.goto(world.url)
    expect(being(page, "Supt Owen Hale")).to_be_visible()
    with slow(page, of("U0SAM"), Route.abort):
        choose(page, "Sam Idris")
        say(page, "/4action")
    expect(page.locator(".ended-note")).to_contain_text("The practice workspace has stopped.")
    expect(page.locator("#messages")).to_contain_text("Not sent.")
    expect(page.locator("#composer textarea")).to_have_value("/4action")
    page.unroute(of("U0SAM"))
    expect(being(page, "Sam Idris")).to_be_visible()
    page.keyboard.press("Enter")
    until(lambda: len(answers(world, "U0SAM")) == 1)
    assert answers(world, "U0OWEN") == []
    page.close()
