"""Words as people type them: odd ones are answered in a sentence, and what was typed is not lost."""

from datetime import date

import pytest

from handlers import commands
from handlers.card import Card, Note, code
from handlers.slack import draw
from storage import imports
from storage.rules import section55
from tests.conftest import Say, Town, actor
from tests.storage.registers import row, take

ODD = (
    "find \udcff",
    "\ud800",
    "find \x00",
    "find \u0301",
    "find " + "a " * 1500,
    "list " + "board:x " * 1200,
    "list " + "x" * 60_000,
    "list owner:@",
    "list owner:%",
    "page:999999",
    "list page:999999",
    "list stale:36501d",
    "list due:99999999d",
    "list due<9999-12-31",
    "find %_\\",
    "update CUST26-C1: \u200b\x00",
    "update",
    "complete",
    "history",
    "report",
    "report \x00",
    "show \udcff",
    "a\u0301" * 10_000,
)


@pytest.mark.parametrize("words", ODD, ids=range(len(ODD)))
def test_odd_words_get_a_sentence(words: str, trentshire: Town) -> None:
    card = commands.answer(trentshire.desk, trentshire.ask(words, "owen"))
    drawn = draw.message(card, words[:100])
    assert drawn["text"].encode()
    assert "Traceback" not in drawn["text"] and ".db" not in drawn["text"]


def test_mine_narrows_and_an_owner_widens_only_owners(say: Say) -> None:
    assert "Your items: None" not in say("mine owner:ana.brook@trentshire.example", as_="owen")
    assert say("mine owner:ana.brook@trentshire.example", as_="owen").startswith("None.")
    assert say("list owner:ana.brook@trentshire.example mine", as_="owen").startswith("None.")


def test_the_same_filter_twice_widens_in_either_order(say: Say) -> None:
    for one, other in (("due:14d", "due:30d"), ("stale:28d", "stale:60d"), ("due<2026-12-01", "due<2026-12-20")):
        there, back = say(f"list {one} {other}", as_="ruth"), say(f"list {other} {one}", as_="ruth")
        assert there.splitlines()[1:3] == back.splitlines()[1:3]


def test_a_phrase_is_one(trentshire: Town, say: Say) -> None:
    take(
        trentshire.store,
        row("LAMP26-R1", title="Custody time", text=""),
        row("LAMP26-R2", title="Time in custody", text=""),
    )
    assert "LAMP26-R1" in say('list "custody time"', as_="ruth")
    assert "LAMP26-R2" not in say('list "custody time"', as_="ruth")
    assert "LAMP26-R2" in say("list custody time", as_="ruth")


def test_letter_case_of_a_board_does_not_count_beyond_a_to_z(trentshire: Town, say: Say) -> None:
    take(trentshire.store, row("LAMP26-R1", board="Équipe Ämter Board"))
    assert "LAMP26-R1" in say('list board:"équipe ÄMTER"', as_="ruth")


def test_stray_punctuation_of_a_filter_is_forgiven(say: Say) -> None:
    assert say("list rag:red,", as_="ruth").startswith("Red items")
    assert say("due 14d.", as_="ruth") == say("due 14d", as_="ruth")


def test_words_of_an_act_on_a_mistyped_reference_come_back(say: Say) -> None:
    assert "My long careful words." in say("update CUST26-C99: My long careful words.", as_="owen")
    assert "All done." in say("complete CUST26-C1: All done. " + "x" * 3200 + " https://a.example", as_="owen")


def test_a_link_keeps_the_bracket_that_it_opened(trentshire: Town, say: Say) -> None:
    say("complete CUST26-R2: done (see https://a.example/b_(c)).", as_="owen")
    assert "https://a.example/b_(c)" in say("CUST26-R2", as_="owen").splitlines()[-2]


def test_what_changed_something_is_never_said_again_to_draw_a_card(trentshire: Town) -> None:
    assert commands.reads("CUST26-C1") and commands.reads("") and commands.reads("overdue page:2")
    assert not commands.reads("update CUST26-C1: Rota out for comment.")
    assert not commands.reads("“complete” CUST26-C1".replace("“", "").replace("”", ""))


def test_a_report_of_the_far_future_ends_nothing(trentshire: Town, say: Say) -> None:
    far = row("FAR26-R1", report_code="FAR26", source="HMICFRS", published_on="9999-12-31")
    found = imports.apply(trentshire.store, actor(trentshire.store, "lia"), [far], source="far.csv")
    assert [w.field for w in found.warnings] == ["published_on"]
    assert "FAR26" in say("report FAR26", as_="ruth")
    assert "Weekly digest" in say("digest", as_="ruth")
    assert section55.days_left(date.max, date(2026, 11, 23)) > 0


def test_an_import_says_what_it_changes_of_a_report(trentshire: Town) -> None:
    take(trentshire.store, row("LAMP26-R1"))
    other = row("LAMP26-R2", report_title="Another title", published_on="2020-01-01")
    found = imports.preview(trentshire.store, [other])
    said = {warning.field: warning.message for warning in found.warnings}
    assert "LAMP26 changes: Keep the lights on to Another title." in said["report_title"]
    assert "LAMP26 changes: 2026-09-01 to 2020-01-01." in said["published_on"]


def test_a_sensitive_item_says_no_more_than_its_colour_in_a_notification(trentshire: Town) -> None:
    card = commands.answer(trentshire.desk, trentshire.ask("CUST26-A7", "owen"))
    assert card.subject == "CUST26-A7: Amber"


def test_a_repeat_is_the_same_request_of_the_same_person(trentshire: Town) -> None:
    def told(words: str, who: str) -> str:
        return commands.answer(trentshire.desk, trentshire.ask(words, who, "one-key")).subject

    assert told("update CUST26-R2: one", "owen") == "Saved: CUST26-R2"
    assert told("update CUST26-R2: one", "owen") == "Saved: CUST26-R2"
    assert told("update PROT26-R2: two", "ana") == "Saved: PROT26-R2"


def test_the_question_on_the_first_line_of_the_readme_is_understood(say: Say) -> None:
    assert say("What do I owe?", as_="owen") == say("mine", as_="owen")


def test_help_offers_what_this_person_may_do(say: Say) -> None:
    assert "update " in say("help", as_="owen") and "update " in say("help", as_="marcus")
    assert "update " not in say("help", as_="tess") and "history " in say("help", as_="tess")


def test_words_in_code_can_be_copied() -> None:
    note = draw.message(Card("x", (Note(((code("list status:pending_sign_off *"),),)),)))["blocks"][0]
    assert note["elements"][0]["text"] == "`list status:pending_sign_off *`"
