"""Whose an item is, in words: posts, hand over, roles, and what the liaison is told."""

import pytest

from handlers.card import Buttons
from handlers.commands import answer
from storage import away, people, record
from storage.people import Enrolment
from tests.conftest import CAST, Say, Town, actor, person

OWEN, ANA, DANA, KIT, RUTH, LIA = (CAST[who][0] for who in ("owen", "ana", "dana", "kit", "ruth", "lia"))
POST = "Head of Custody"


def buttons(town: Town, words: str, as_: str = "lia") -> list[tuple[str, str]]:
    """What the buttons of an answer are called, and what they say."""
    card = answer(town.desk, town.ask(words, as_))
    return [(b.label, b.say) for part in card.parts if isinstance(part, Buttons) for b in part.shown]


def gone(town: Town, who: str, reason: str = away.LEFT) -> None:
    number = person(town.store, who).id
    assert number is not None
    away.note(town.store, number, reason)


# --- posts ----------------------------------------------------------------------------------------------------------


def test_a_post_is_made_owns_an_item_and_passes_on(say: Say) -> None:
    assert say("posts", "lia").startswith("There are no posts yet. To make a post")
    assert say("posts", "owen") == "There are no posts yet. The liaison makes them."
    told = say(f"post {POST}: {OWEN} from 1 Oct 2026", "lia")
    assert told.startswith(f"Saved. Supt Owen Hale holds the post {POST} since 1 Oct 2026; no open item goes with it.")
    told = say(f"assign CUST26-C1 {POST.lower()}", "lia")
    assert told.startswith(f"Assigned. Supt Owen Hale, as {POST}, owns CUST26-C1 now, and hears of it.")
    assert f"Owner: Supt Owen Hale, as {POST}\n" in say("CUST26-C1", "lia")
    assert f"You hold the post {POST}." in say("who am I", "owen")
    told = say(f"post {POST}: {ANA}", "lia")
    assert "Sgt Ana Brook holds the post Head of Custody since 23 Nov 2026; 1 open item goes with it." in told
    assert f"Owner: Sgt Ana Brook, as {POST}\n" in say("CUST26-C1", "lia")
    listed = say("posts", "owen")
    assert f"- {POST}: Sgt Ana Brook, since 23 Nov 2026, 1 open item. Before: Supt Owen Hale, 1 Oct 2026 to" in listed
    assert "took over as Head of Custody" in say("history CUST26-C1", "lia")


def test_posts_count_only_what_a_reader_may_see(say: Say, trentshire: Town) -> None:
    say(f"post {POST}: {DANA}", "lia")
    say(f"assign CUST26-C1 {POST}", "lia")
    say(f"assign CUST26-A8 {POST}", "lia")  # sensitive
    assert "2 open items" in say("posts", "lia")
    assert "1 open item" in say("posts", "ana")
    assert "2 open items" in say("posts", "dana")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (f"post {POST}: {OWEN} from 1 Dec 2026", "1 Dec 2026 has not come yet. Say it on that day"),
        (f"post {POST}: {OWEN} from 31 Feb 2026", "Not saved."),
        (f"post {POST}: nobody@nowhere.example", "The register knows nobody by nobody@nowhere.example."),
        (f"post : {OWEN}", "Say which post, and who holds it: post NAME: @user"),
        (f"post {POST}", "Say which post, and who holds it: post NAME: @user"),
        ("post", "Say which post, and who holds it: post NAME: @user"),
    ],
)
def test_a_post_that_cannot_be_is_refused_in_a_sentence(say: Say, words: str, said: str) -> None:
    told = say(words, "lia")
    assert told.startswith("Not saved.") and said in told
    assert say("posts", "ana") == "There are no posts yet. The liaison makes them."


def test_an_item_is_not_given_to_a_post_whose_holder_has_left(say: Say, trentshire: Town) -> None:
    say(f"post {POST}: {KIT}", "lia")
    gone(trentshire, "kit")
    assert "Kit Danvers, who has left, since 23 Nov 2026" in say("posts", "ana")
    told = say(f"assign CUST26-C1 {POST}", "lia")
    assert told.startswith("Not assigned. Kit Danvers holds it, and nobody in chat answers for them any more.")


def test_in_the_form_it_is_a_person_or_a_post(say: Say, trentshire: Town) -> None:
    form = {"person": "", "post": POST}
    say(f"post {POST}: {DANA}", "lia")
    faulty = trentshire.ask("assign CUST26-C1", "lia", form={"person": OWEN, "post": POST})
    assert answer(trentshire.desk, faulty).faults == {"post": "Choose a person or a post, not both."}
    nowhere = trentshire.ask("assign CUST26-C1", "lia", form={"person": "", "post": "Head of Nothing"})
    assert answer(trentshire.desk, nowhere).faults["post"].startswith("There is no post Head of Nothing.")
    assert answer(trentshire.desk, trentshire.ask("assign CUST26-C1", "lia", form=form)).saved
    opened = answer(trentshire.desk, trentshire.ask("assign CUST26-C1", "lia", forms=True))
    assert opened.form is not None and [f.name for f in opened.form.fields] == ["person", "post"]


# --- hand over ------------------------------------------------------------------------------------------------------


def test_a_preview_its_button_and_what_became_of_it(say: Say, trentshire: Town) -> None:
    told = say("hand over Owen Hale to Sgt Ana Brook", "lia")
    assert "6 items would go from Supt Owen Hale to Sgt Ana Brook:" in told
    assert "Owns 6: CUST26-A3, CUST26-A5, CUST26-A7, CUST26-C1, CUST26-R2, PEEL25-A2" in told
    [(label, words)] = buttons(trentshire, "hand over Owen Hale to Ana Brook")
    assert (label, words) == ("Hand over 6 items", f"hand over {OWEN} to {ANA}: all 6")
    told = say(words, "lia", key="k1")
    assert told.startswith("Handed over. 6 items went from Supt Owen Hale to Sgt Ana Brook, 23 Nov 2026, 09:00. ")
    assert told.endswith("Sgt Ana Brook hears of it in one message.")
    assert say(words, "lia", key="k1") == told  # the same press again
    again = say(words, "lia", key="k2")
    assert again.startswith("Nothing to hand over. It was 6 items when that was counted. Supt Owen Hale has no open")
    assert "Lia Penrose handed it over at the terminal. owner: Supt Owen Hale to Sgt Ana Brook" in say(
        "history CUST26-C1", "ana"
    )


def test_another_number_meanwhile_shows_the_new_preview(say: Say, trentshire: Town) -> None:
    assert say(f"assign IOPC26-R2 {OWEN}", "lia").startswith("Assigned.")
    told = say(f"hand over {OWEN} to {ANA}: all 6", "lia")
    assert "Nothing handed over yet. It was 6 items when that was counted." in told
    assert "7 items would go from" in told
    assert "You own no open items" not in say("mine", "owen")


def test_posts_are_counted_and_go_too(say: Say, trentshire: Town) -> None:
    say(f"post {POST}: {OWEN}", "lia")
    told = say(f"hand over {OWEN} to {ANA}", "lia")
    assert "6 items and 1 post would go" in told and f"Holds 1: {POST}" in told
    assert say(f"hand over {OWEN} to {ANA}: all 6", "lia").startswith("Hand over\nNothing handed over yet.")
    done = say(f"hand over {OWEN} to {ANA}: all 6 and 1 post", "lia")
    assert done.startswith("Handed over. 6 items and 1 post went from")
    assert f"You hold the post {POST}." in say("who am I", "ana")


def test_a_leaver_hands_over_and_takes_nothing_over(say: Say, trentshire: Town) -> None:
    gone(trentshire, "kit")
    assert "would go from Kit Danvers to Supt Owen Hale" in say(f"hand over {KIT} to {OWEN}", "lia")
    told = say(f"hand over {OWEN} to {KIT}", "lia")
    assert told.startswith("Not handed over. Kit Danvers cannot answer for an item: they have left.")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (f"{OWEN} to {OWEN}", "That is one and the same person. Name two."),
        (f"{OWEN} to Owen Hale", "That is one and the same person. Name two."),
        (f"{OWEN}", "Say from whom to whom: hand over @a to @b."),
        ("", "Say from whom to whom: hand over @a to @b."),
        (f"{OWEN} to nobody@nowhere.example", "The register knows nobody by nobody@nowhere.example."),
        (f"nobody@nowhere.example to {OWEN}", "The register knows nobody by nobody@nowhere.example."),
        (f"{OWEN} to Xenia", "The register knows nobody called Xenia."),
        (f"{OWEN} to <!subteam^S0CUSTODY|@custody>", "That is a group, and a group cannot answer for an item."),
        (f"{OWEN} to {ANA}: all", "Say from whom to whom: hand over @a to @b."),
    ],
)
def test_a_hand_over_that_cannot_be_is_refused_in_a_sentence(say: Say, words: str, said: str) -> None:
    told = say(f"hand over {words}", "lia")
    assert told.startswith("Not handed over.") and said in told
    assert "You own no open items" not in say("mine", "owen")


def test_only_the_liaison_sees_the_preview(say: Say) -> None:
    for who in ("owen", "ruth", "marcus"):
        told = say(f"hand over {OWEN} to {ANA}", who)
        assert told == "Not handed over. Only the liaison can do that: ask Lia Penrose."


def test_a_first_name_is_a_word_and_not_letters_within_another(say: Say) -> None:
    assert "would go from Ch Insp Dana Whitlock to Sgt Ana Brook" in say("hand over Dana to Ana", "lia")


# --- who is gone ----------------------------------------------------------------------------------------------------


def test_the_liaison_is_told_whose_owner_has_left(say: Say, trentshire: Town) -> None:
    assert "For you as the liaison: 3 awaiting allocation.\n" in say("mine", "lia")
    gone(trentshire, "kit")
    assert "For you as the liaison: 3 awaiting allocation, 12 whose owner has left.\n" in say("mine", "lia")
    labels = [label for label, _ in buttons(trentshire, "mine")]
    assert "list status:awaiting_allocation" in labels and "list owner:gone" in labels
    assert "For you as the liaison" not in say("mine", "owen")
    listed = say("list owner:gone", "lia")
    assert listed.startswith("Open items owned by somebody who has left\n1 to 10 of 12")
    assert "IA25-3.2 Reason codes that say why overtime was needed: Red, 31 days late, Kit Danvers (left)" in listed
    assert "Owner: Kit Danvers, who has left\n" in say("IA25-3.2", "ana")


def test_a_liaison_without_items_of_their_own_is_told_too(say: Say, trentshire: Town) -> None:
    people.enrol(trentshire.store, [Enrolment(OWEN, "liaison")], None, "terminal", "enrolled")
    record.hand_over(trentshire.store, actor(trentshire.store, "lia"), _number(trentshire, "lia"),
                     _number(trentshire, "dana"), 1, 0)  # fmt: skip
    told = say("mine", "lia")
    assert told.startswith("You own no open items.") and "For you as the liaison: 3 awaiting allocation." in told


def _number(town: Town, who: str) -> int:
    found = person(town.store, who).id
    assert found is not None
    return found


@pytest.mark.parametrize(("reason", "said"), [("guest", "who is a guest now"), ("unknown", "unknown in chat")])
def test_a_guest_and_somebody_unknown_are_told_apart(say: Say, trentshire: Town, reason: str, said: str) -> None:
    gone(trentshire, "kit", reason)
    assert f"Owner: Kit Danvers, {said}\n" in say("IA25-3.2", "ana")


# --- roles ----------------------------------------------------------------------------------------------------------


def test_the_liaison_and_the_dcc_see_who_holds_what_and_why(say: Say, trentshire: Town) -> None:
    for who in ("lia", "ruth"):
        told = say("roles", who)
        assert "- DCC Ruth Calder, since 2 Oct 2026, in the tests\n" in told
        assert "Strategic leads: 1\n- ACC Marcus Frayne" in told
        assert "Only DCC Ruth Calder can sign off. Nobody signs off their own" in told
    people.enrol(trentshire.store, [Enrolment(DANA, "dcc")], _number(trentshire, "lia"), "terminal", "enrolled")
    told = say("roles", "lia")
    assert "- Ch Insp Dana Whitlock, since 23 Nov 2026, enrolled by Lia Penrose\n" in told
    assert "can sign off" not in told


def test_others_see_who_keeps_the_register_and_who_decides(say: Say) -> None:
    told = say("roles", "owen")
    assert told == "Roles\nLiaison: 1\n- Lia Penrose\nDCC, who signs off and approves: 1\n- DCC Ruth Calder"
