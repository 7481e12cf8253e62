"""Forms in Teams when something is in the way: a register that is held, a restart, two who decide at once."""

import threading

import pytest

from handlers import commands
from handlers.teams.door import Remembered
from handlers.wording import FAILED
from storage import outbox
from tests.databases import somebody_writes
from tests.teams.office import CUSTODY, GOVERNANCE, Office, buttons, fields, text
from tests.teams.test_channel import digest, monday
from tests.wire.test_digest_rows import DANA, KIT, SIGNED

BUSY = "Not saved. The register is busy with other writers. Nothing was saved; try again in a moment."


def test_while_the_register_is_held_the_form_stays_and_counts_once_when_sent_again(office: Office) -> None:
    owen = office.person("owen")
    form = owen.presses(owen.says("CUST26-R2"), "Update CUST26-R2")
    with somebody_writes(office.url):
        told = owen.sends(form, "Save: Update", note="Trained.")
    assert BUSY in text(told.card) and fields(told.card)["note"]["value"] == "Trained."
    assert text(owen.sends(told, "Save: Update").card).startswith("Saved. Your update of CUST26-R2")
    assert text(owen.sends(told, "Save: Update").card).startswith("Saved. Your update of CUST26-R2")
    assert office.item("CUST26-R2")["version"] == 3


def test_a_form_that_still_stands_there_is_not_taken_for_the_same_once_its_words_are_others(office: Office) -> None:
    """Owen saw no answer in time, wrote it in other words and sent it again: he is not told that those are saved."""
    owen = office.person("owen")
    form = owen.presses(owen.says("CUST26-R2"), "Update CUST26-R2")
    owen.sends(form, "Save: Update", note="Trained.")
    told = owen.sends(form, "Save: Update", note="Trained, and all have read it.")
    assert fields(told.card)["note"]["value"] == "Trained, and all have read it." and "Not saved" in text(told.card)
    assert text(owen.sends(told, "Save: Update").card).startswith("Saved. Your update of CUST26-R2")
    assert office.item("CUST26-R2")["version"] == 4


def test_who_writes_hears_of_a_fault_of_ours_and_nobody_else_does(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "answer", lambda desk, ask: {}[ask.words])
    for place in ("", CUSTODY):
        owen = office.person("owen", place)
        with pytest.raises(KeyError):
            owen.writes("mine")
        office.settle()
        (said,) = office.posts()[-1:]
        assert text(said.card) == FAILED and said.place == owen.place
    assert len(office.whispers()) == 1 and len(office.posts()) == 2


def test_a_form_of_before_a_restart_comes_back_with_what_was_typed(office: Office) -> None:
    owen = office.person("owen")
    form = owen.presses(owen.says("CUST26-R2"), "Update CUST26-R2")
    office.listener.forms = Remembered()
    told = owen.sends(form, "Save: Update", note=" ", off_track="The trainer is ill.")
    assert "Say in a sentence or two what has changed." in text(told.card)
    assert fields(told.card)["off_track"]["value"] == "The trainer is ill."
    office.listener.forms = Remembered()
    with somebody_writes(office.url):
        lost = owen.sends(told, "Save: Update", note="Trained.")
    assert text(lost.card).startswith(BUSY) and "Trained." in text(lost.card)
    again = owen.presses(lost, "Open the form again")
    assert set(fields(again.card)) == set(fields(form.card))


def test_every_form_of_an_item_can_be_opened_by_its_own_words(office: Office) -> None:
    """After a restart nothing but the words on its button is left of a form."""
    lia, seen = office.person("lia"), 0
    for words in ("add", "add report", "edit CUST26-R2", "assign CUST26-R2", "close CUST26-R2", "target CUST26-R2"):
        form = lia.says(words)
        if not fields(form.card):
            continue
        seen += 1
        (save,) = [one for one in form.card["actions"] if one["verb"] == "form"]
        again = lia.says(save["data"]["say"])
        assert set(fields(again.card)) == set(fields(form.card)), words
    assert seen >= 4


def test_two_who_decide_at_once_leave_both_rows_settled(office: Office) -> None:
    before = monday(office)
    ruth = office.person("ruth", GOVERNANCE)
    pressed = [ruth.pressing(ruth.presses(before, f"Sign off {one}"), f"Sign off {one}?") for one in (KIT, DANA)]
    both = [threading.Thread(target=office.listener.activity, args=(one,)) for one in pressed]
    for one in both:
        one.start()
    for one in both:
        one.join()
    last = [threading.Thread(target=work) for work in list(office.afterwards.waiting)]
    office.afterwards.waiting.clear()
    for one in last:
        one.start()
    for one in last:
        one.join()
    office.settle()
    assert text(digest(office).card).count(SIGNED) == 2


def test_two_rows_of_a_notice_stay_settled_in_whichever_order_they_are_drawn(office: Office) -> None:
    before = monday(office)
    ruth = office.person("ruth")
    ruth.says("help")
    with office.bot.store.aside() as tx:
        found = outbox.posted(tx, "teams", GOVERNANCE, before.message)
        assert found
        outbox.put(tx, "a copy for Ruth", "teams", ruth.place, found.payload, office.clock())
    office.tick()
    notice = office.posts()[-1]
    for one in [ruth.pressing(ruth.presses(notice, f"Sign off {one}"), f"Sign off {one}?") for one in (KIT, DANA)]:
        office.listener.activity(one)
    office.afterwards.waiting.reverse()
    office.settle()
    (now,) = [one for one in office.posts() if (one.place, one.message) == (notice.place, notice.message)]
    assert text(now.card).count(SIGNED) == 2


def test_a_question_before_a_digest_is_removed_can_be_left(office: Office) -> None:
    lia = office.person("lia")
    lia.says("digest add morning")
    listed = lia.says("digest list")
    (remove,) = [one for one in buttons(listed.card) if one.startswith("Remove")]
    question = lia.presses(listed, remove)
    assert text(lia.presses(question, "Back").card) == text(listed.card)


def test_while_the_register_is_held_whoever_writes_hears_of_it(office: Office) -> None:
    owen = office.person("owen")
    card = owen.says("CUST26-R2")
    with somebody_writes(office.url):
        assert text(owen.says("update CUST26-R2: Trained.").card).startswith(BUSY)
        kit = office.person("kit", CUSTODY)  # a first visit has to be written down
        assert text(kit.presses(card, "Update CUST26-R2").card).startswith(BUSY)
    assert office.item("CUST26-R2")["version"] == 2
    assert text(owen.says("update CUST26-R2: Trained.").card).startswith("Saved.")
