"""The life of an item in words: each act done, lacking something, refused, too late, and twice."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from handlers import notices
from handlers.commands import answer
from handlers.text.draw import said
from storage import history, outbox, people, register
from storage.people import Enrolment
from storage.store import open_store
from tests.conftest import CAST, LIMITS, Clock, Town, empty, peopled, person
from tests.databases import Database
from tests.storage.registers import row, take

LINK = "https://intranet.trentshire.example/lamp"
ASKED = f"complete LAMP26-R1: All lamps are mended. {LINK}"
TABLED = ("owen", ASKED)
MOVED = ("owen", "extend LAMP26-R1 1 Feb 2027: The wick is late.")
NOTHING_TO_DO = ("owen", "no action LAMP26-R1: The lamp was taken away.")
SO = "So it was agreed."


def with_lamps(url: str) -> None:
    """An item of each status, brought in on Friday 20 November 2026; Jo may update the first for Owen."""
    empty(url)
    store = peopled(open_store(url, Clock("2026-11-20 09:00")))
    marcus, owen, jo, ruth = (CAST[who][0] for who in ("marcus", "owen", "jo", "ruth"))
    take(
        store,
        row("LAMP26-R1", target_date="2026-11-30", strategic_lead=marcus, action_owner=f"{owen}; {jo}"),
        row("LAMP26-R2", inspectorate_deadline="2027-03-31"),
        row("LAMP26-R2.1", kind="action", parent_reference="LAMP26-R2"),
        row("LAMP26-R3", status="awaiting_allocation", action_owner=""),
        row("LAMP26-R4", marking="OFFICIAL-SENSITIVE", title="The dark lamp", text="Say nothing of it."),
        row("LAMP26-R5", status="pending_sign_off"),
        row("LAMP26-R6", status="complete"),
        row("LAMP26-R7", status="disputed"),
        row("LAMP26-R8", status="no_action"),
        row("LAMP26-R9", status="superseded"),
        row("LAMP26-R10", action_owner=ruth, target_date="2026-12-18"),
    )
    store.close()


class Lamps(NamedTuple):
    """A small register on Monday 23 November 2026, and what people say to it."""

    town: Town

    def say(self, who: str, words: str, key: str = "") -> str:
        return said(answer(self.town.desk, self.town.ask(words, who, key)))

    def items(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = register.whole(self.town.store, LIMITS, self.town.clock())["items"]
        return items

    def item(self, reference: str = "LAMP26-R1") -> dict[str, Any]:
        return next(i for i in self.items() if i["reference"] == reference)

    def minutes(self, reference: str = "LAMP26-R1") -> list[str]:
        """The entries of an item's history as Lia reads them, oldest first."""
        lines = self.say("lia", f"history {reference} all").split("\n- ")[1:]
        return [line.partition("\n")[0] for line in lines]

    def told(self) -> list[tuple[str, str]]:
        """Who is to hear of what: the act and the person, oldest first."""
        with self.town.store.read() as tx:
            waiting = outbox.notices(tx, self.town.clock(), 100)
            return [(json.loads(n.told)["act"], people.called(tx, n.person)) for n in waiting]

    def read(self) -> list[str]:
        """What those who hear of something read, oldest first."""
        with self.town.store.read() as tx:
            waiting = outbox.notices(tx, self.town.clock(), 100)
            persons = [people.by_number(tx, notice.person, "officer") for notice in waiting]
        cards = [notices.card(self.town.desk, p, json.loads(n.told)) for n, p in zip(waiting, persons, strict=True)]
        return [said(card) for card in cards if card]

    def sound(self) -> bool:
        """Nothing is wrong with the chain."""
        return history.verify(self.town.store)[0] == []

    def begin(self, *acts: tuple[str, str]) -> "Lamps":
        for who, words in acts:
            told = self.say(who, words)
            assert not told.startswith(("Not", "I do not know")), told
        return self

    def second_dcc(self) -> "Lamps":
        people.enrol(self.town.store, [Enrolment(CAST["lee"][0], "dcc")], None, "terminal", "in the tests")
        return self


@pytest.fixture
def lamps(database: Database) -> Iterator[Lamps]:
    clock = Clock("2026-11-23 09:00")
    store = open_store(database.copy(with_lamps), clock)
    yield Lamps(Town(store, clock))
    store.close()


# --- done -----------------------------------------------------------------------------------------------------------


class Act(NamedTuple):
    """An act as it is typed by somebody who may: what is answered, what it leads to, and what the minutes say."""

    who: str
    words: str
    answer: str
    status: str
    minutes: str
    tells: tuple[str, ...] = ()
    before: tuple[tuple[str, str], ...] = ()

    @property
    def reference(self) -> str:
        return next(word.rstrip(":") for word in self.words.split() if word.startswith("LAMP26"))


OWEN, LIA, RUTH = (CAST[who][1] for who in ("owen", "lia", "ruth"))
PENDING = "status: pending sign-off to"
DONE = {
    "assign": Act(
        "lia",
        f"assign LAMP26-R3 {CAST['ana'][0]}",
        "Assigned. Sgt Ana Brook owns LAMP26-R3 now, and hears of it.",
        "in_progress",
        "assigned it at the terminal. status: awaiting allocation to in progress; owner: Sgt Ana Brook.",
        ("Sgt Ana Brook",),
    ),
    "delegate": Act(
        "owen",
        f"delegate LAMP26-R2 {CAST['ana'][0]}",
        "Saved. Sgt Ana Brook may update LAMP26-R2 for Supt Owen Hale.",
        "in_progress",
        "delegated it at the terminal. delegates: Sgt Ana Brook.",
        ("Sgt Ana Brook",),
    ),
    "update": Act(
        "jo",
        "update LAMP26-R1: Two of three are lit.",
        "Saved. Your update of LAMP26-R1 is in the register, 23 Nov 2026, 09:00.",
        "in_progress",
        "updated it at the terminal. “Two of three are lit.”",
    ),
    "waiting on": Act(
        "marcus",
        "waiting on LAMP26-R1: the county council",
        "Saved. LAMP26-R1 waits on the county council.",
        "in_progress",
        "said on whom it waits at the terminal. waits on: the county council.",
    ),
    "complete": Act(
        "owen",
        ASKED,
        "Asked. DCC Ruth Calder decides on LAMP26-R1; it stays open until then, and its due date stays.",
        "pending_sign_off",
        f"asked for sign-off at the terminal. status: in progress to pending sign-off. “All lamps are mended.” "
        f"Evidence: {LINK}",
    ),
    "withdraw": Act(
        "owen",
        "withdraw LAMP26-R1",
        "Withdrawn. Nothing about LAMP26-R1 waits for a decision now.",
        "in_progress",
        f"withdrew the request at the terminal. {PENDING} in progress.",
        before=(TABLED,),
    ),
    "verify": Act(
        "lia",
        "verify LAMP26-R1: Saw all three.",
        "Checked. DCC Ruth Calder sees your note beside the evidence of LAMP26-R1.",
        "pending_sign_off",
        "checked the evidence at the terminal. “Saw all three.”",
        before=(TABLED,),
    ),
    "sign off": Act(
        "ruth",
        "sign off LAMP26-R1",
        "Signed off. LAMP26-R1 is complete; Supt Owen Hale hears of it. Only the inspectorate closes it.",
        "complete",
        f"signed it off at the terminal. {PENDING} complete.",
        (OWEN,),
        (TABLED,),
    ),
    "send back": Act(
        "ruth",
        "send back LAMP26-R1: Where is the third?",
        "Sent back. LAMP26-R1 is in progress again; Supt Owen Hale hears of it.",
        "in_progress",
        f"sent it back at the terminal. {PENDING} in progress. “Where is the third?”",
        (OWEN,),
        (TABLED,),
    ),
    "target": Act(
        "owen",
        "target LAMP26-R2 5 Jan 2027",
        "Saved. The target date of LAMP26-R2 is 5 Jan 2027.",
        "in_progress",
        "set the target date at the terminal. target date: 5 Jan 2027.",
    ),
    "extend": Act(
        *MOVED,
        "Asked. DCC Ruth Calder decides on 1 Feb 2027; the target date of LAMP26-R1 stays 30 Nov 2026 until then.",
        "in_progress",
        "asked for an extension at the terminal. new target date asked for: 1 Feb 2027. “The wick is late.”",
    ),
    "approve": Act(
        "ruth",
        "approve LAMP26-R1",
        "Approved. LAMP26-R1 has the target date 1 Feb 2027; Supt Owen Hale hears of it.",
        "in_progress",
        "approved the request at the terminal. target date: 30 Nov 2026 to 1 Feb 2027. “The wick is late.”",
        (OWEN,),
        (MOVED,),
    ),
    "refuse": Act(
        "ruth",
        "refuse LAMP26-R1: It has waited long enough.",
        "Refused. Nothing changes on LAMP26-R1; Supt Owen Hale hears of it.",
        "in_progress",
        "refused the request at the terminal. “It has waited long enough.”",
        (OWEN,),
        (MOVED,),
    ),
    "no action": Act(
        *NOTHING_TO_DO,
        "Asked. DCC Ruth Calder decides; LAMP26-R1 stays open until then.",
        "in_progress",
        "asked for no action at the terminal. “The lamp was taken away.”",
    ),
    "approve no action": Act(
        "ruth",
        "approve LAMP26-R1",
        "Approved. LAMP26-R1 ends with no action; Supt Owen Hale hears of it.",
        "no_action",
        "approved the request at the terminal. status: in progress to no action.",
        (OWEN,),
        (NOTHING_TO_DO,),
    ),
    "supersede": Act(
        "lia",
        "supersede LAMP26-R1 by LAMP26-R2: They ask for the same.",
        "Superseded. LAMP26-R1 has ended, and LAMP26-R2 takes its place; Supt Owen Hale hears of it.",
        "superseded",
        "superseded it at the terminal. status: in progress to superseded; by: LAMP26-R2. “They ask for the same.”",
        (OWEN,),
    ),
    "supersede by none": Act(
        "lia",
        "supersede LAMP26-R6 by none: registered in error",
        "Superseded. LAMP26-R6 has ended, and it was registered in error; Supt Owen Hale hears of it.",
        "superseded",
        "superseded it at the terminal. status: complete to superseded; by: registered in error. “registered in error”",
        (OWEN,),
    ),
    "dispute": Act(
        "lia",
        f"dispute LAMP26-R1: {SO}",
        "Disputed. LAMP26-R1 stays open as disputed; Supt Owen Hale hears of it.",
        "disputed",
        f"disputed it at the terminal. status: in progress to disputed. “{SO}”",
        (OWEN,),
    ),
    "accept": Act(
        "lia",
        f"accept LAMP26-R7: {SO}",
        "Accepted. LAMP26-R7 is open and no longer disputed; Supt Owen Hale hears of it.",
        "in_progress",
        f"accepted it at the terminal. status: disputed to in progress. “{SO}”",
        (OWEN,),
    ),
    "reopen": Act(
        "ruth",
        f"reopen LAMP26-R6: {SO}",
        "Reopened. LAMP26-R6 counts as open again; Supt Owen Hale hears of it.",
        "in_progress",
        f"reopened it at the terminal. status: complete to in progress. “{SO}”",
        (OWEN,),
    ),
    "close": Act(
        "lia",
        f"close LAMP26-R1 20 Nov 2026 HMI-7: {SO}",
        "Recorded. The inspectorate closed LAMP26-R1 on 20 Nov 2026. "
        "The force has not completed it: it stays open here.",
        "in_progress",
        "recorded the inspectorate's closure at the terminal. "
        f"inspectorate: closed; closed on: 20 Nov 2026; the inspectorate's number: HMI-7. “{SO}”",
        (OWEN,),
    ),
}


# what the first who hears of it reads, between who did it and the row
HEARD = {
    "assign": "It is yours now. Lia Penrose assigned LAMP26-R3, 23 Nov 2026, 09:00.\n",
    "delegate": "You may update it now. Supt Owen Hale delegated LAMP26-R2, 23 Nov 2026, 09:00.\n",
    "sign off": "Signed off. DCC Ruth Calder signed LAMP26-R1 off, 23 Nov 2026, 09:00. Complete is the force's word; ",
    "send back": "Sent back. DCC Ruth Calder sent LAMP26-R1 back, 23 Nov 2026, 09:00. It is in progress again: "
    "mend it, then ask for sign-off again.\nWhere is the third?\n",
    "approve": "Approved. DCC Ruth Calder approved the request on LAMP26-R1, 23 Nov 2026, 09:00. "
    "The target date is 1 Feb 2027.\nLAMP26-R1 ",
    "refuse": "Refused. DCC Ruth Calder refused the request on LAMP26-R1, 23 Nov 2026, 09:00. "
    "The target date stays 30 Nov 2026.\nIt has waited long enough.\n",
    "approve no action": "Approved. DCC Ruth Calder approved the request on LAMP26-R1, 23 Nov 2026, 09:00. "
    "It ends with no action, and the public letter will give the reason.\nLAMP26-R1 ",
    "supersede": "Superseded. Lia Penrose superseded LAMP26-R1, 23 Nov 2026, 09:00. LAMP26-R2 takes its place.\n",
    "supersede by none": "Superseded. Lia Penrose superseded LAMP26-R6, 23 Nov 2026, 09:00. It was registered in ",
    "dispute": f"Disputed. Lia Penrose disputed LAMP26-R1, 23 Nov 2026, 09:00. It stays open.\n{SO}\n",
    "accept": f"No longer disputed. Lia Penrose accepted LAMP26-R7, 23 Nov 2026, 09:00.\n{SO}\n",
    "reopen": f"Reopened. DCC Ruth Calder reopened LAMP26-R6, 23 Nov 2026, 09:00.\n{SO}\n",
    "close": "Closed by the inspectorate. Lia Penrose recorded the inspectorate's closure of LAMP26-R1, 23 Nov 2026, "
    "09:00. The day was 20 Nov 2026, its number is HMI-7. The force has not completed it: it stays open here.",
}


@pytest.mark.parametrize("name", DONE)
def test_an_act_is_done_said_written_down_and_told(lamps: Lamps, name: str) -> None:
    act = DONE[name]
    version = lamps.begin(*act.before).item(act.reference)["version"]
    heard = len(lamps.told())
    told = lamps.say(act.who, act.words)
    assert told.startswith(act.answer), told
    assert "23 Nov 2026, 09:00" in told.splitlines()[0]
    assert act.reference in told.splitlines()[1]  # the row as it is now
    item = lamps.item(act.reference)
    assert (item["status"], item["version"]) == (act.status, version + 1)
    line = lamps.minutes(act.reference)[-1]
    assert line.startswith(f"23 Nov 2026, 09:00 {CAST[act.who][1]} "), line
    assert line.endswith(act.minutes), line
    assert [who for _, who in lamps.told()[heard:]] == list(act.tells)
    for read in lamps.read()[heard:]:
        assert read.startswith(HEARD[name]) and "\nYou get this because you " in read, read
    assert lamps.sound()


@pytest.mark.parametrize("act", DONE.values(), ids=DONE)
def test_of_an_older_version_it_is_not_done_and_twice_it_is_done_once(lamps: Lamps, act: Act) -> None:
    version = lamps.begin(*act.before).item(act.reference)["version"]
    lamps.say("lia", f"close {act.reference} 19 Nov 2026 HMI-1: Their letter.")
    before, heard = lamps.items(), lamps.told()
    told = lamps.say(act.who, act.words.replace(act.reference, f"{act.reference} v{version}", 1))
    assert told.startswith(
        f"Nothing changed. Lia Penrose recorded the inspectorate's closure of {act.reference} today at 09:00, after "
        f"that button was drawn. This is how it stands now:\n{act.reference} "
    )
    words = act.words.partition(act.reference)[2].lstrip(": ")
    assert not words or told.endswith(f"Your words, so that they are not lost:\n{words}")
    assert (lamps.items(), lamps.told()) == (before, heard)
    first = lamps.say(act.who, act.words, "slack:1")
    assert first.startswith(act.answer)
    before, heard = lamps.items(), lamps.told()
    lamps.town.clock.later(minutes=3)
    assert lamps.say(act.who, act.words, "slack:1") == first
    assert (lamps.items(), lamps.told()) == (before, heard)


def test_a_request_that_ends_with_a_dispute_is_said_to_whoever_asked(lamps: Lamps) -> None:
    lamps.begin(("jo", MOVED[1]), ("lia", f"dispute LAMP26-R1: {SO}"))
    assert lamps.told() == [("dispute", OWEN), ("dispute", "Insp Jo Cole")]
    assert all("The request that waited for a decision has ended with it." in read for read in lamps.read())


# --- who may --------------------------------------------------------------------------------------------------------

WORKERS = {"owen", "jo", "marcus", "lia"}
EVERYBODY = ("owen", "jo", "marcus", "lia", "ruth", "ana", "tess", "paul")
MAY = {  # by hand, from the contract; Owen owns it, Jo is his delegate, Marcus leads
    "assign": {"lia"},
    "delegate": {"lia", "owen"},
    "update": WORKERS,
    "waiting on": WORKERS,
    "complete": WORKERS,
    "withdraw": {"owen", "lia"},
    "verify": {"lia"},
    "sign off": {"ruth"},
    "send back": {"ruth", "lia"},
    "target": {"owen", "lia"},
    "extend": WORKERS,
    "approve": {"ruth"},
    "refuse": {"ruth"},
    "no action": WORKERS,
    "supersede": {"lia"},
    "dispute": {"lia"},
    "accept": {"lia"},
    "reopen": {"lia", "ruth"},
    "close": {"lia"},
}
OPENINGS = {
    "assign": "Not assigned.",
    "delegate": "Not delegated.",
    "update": "Not saved.",
    "waiting on": "Not saved.",
    "complete": "Not asked.",
    "withdraw": "Not withdrawn.",
    "verify": "Not checked.",
    "sign off": "Not signed off.",
    "send back": "Not sent back.",
    "target": "Not set.",
    "extend": "Not asked.",
    "approve": "Not approved.",
    "refuse": "Not refused.",
    "no action": "Not asked.",
    "supersede": "Not superseded.",
    "dispute": "Not disputed.",
    "accept": "Not accepted.",
    "reopen": "Not reopened.",
    "close": "Not recorded.",
}


def on_the_first(act: str) -> str:
    """The words of an act on Owen's first item."""
    words = DONE[act].words
    return words.replace(DONE[act].reference, "LAMP26-R1", 1)


@pytest.mark.parametrize("act", MAY)
def test_who_may_not_is_told_who_can_and_keeps_their_words(lamps: Lamps, act: str) -> None:
    lamps.begin(*((TABLED,) if act in {"withdraw", "verify", "sign off", "send back"} else ()))
    before = lamps.items()
    can = [CAST[who][1] for who in ("owen", "lia", "ruth") if who in MAY[act]]
    words = on_the_first(act)
    for who in set(EVERYBODY) - MAY[act]:
        told = lamps.say(who, words)
        assert told.startswith(OPENINGS[act]) and "Only " in told, (who, told)
        assert any(name in told.splitlines()[0] for name in can), (who, told)
        typed = words.partition("LAMP26-R1")[2].lstrip(": ")
        assert not typed or told.endswith(f"not lost:\n{typed}"), (who, told)
        assert lamps.minutes()[-1].endswith(f" {CAST[who][1]} tried “{act}” and was refused at the terminal.")
    assert lamps.items() == before
    assert lamps.sound()


def test_who_may_not_is_told_so_even_when_something_is_missing_too(lamps: Lamps) -> None:
    assert lamps.say("ana", "sign off LAMP26-R1").startswith("Not signed off. Only the DCC decides on LAMP26-R1")
    assert lamps.say("ana", "extend LAMP26-R1").startswith("Not asked. LAMP26-R1 is Supt Owen Hale's. Only its owner,")
    assert lamps.say("ruth", "verify LAMP26-R1").startswith("Not checked. Only the liaison can do that: ask Lia")


def test_a_sensitive_item_is_as_if_it_were_not_there(lamps: Lamps) -> None:
    for words in map(on_the_first, MAY):
        for who in ("ana", "marcus"):
            told = lamps.say(who, words.replace("LAMP26-R1", "LAMP26-R4", 1))
            assert told.startswith("Nothing shown. There is no item LAMP26-R4.")
            assert told.replace("R4", "R44") == lamps.say(who, words.replace("LAMP26-R1", "LAMP26-R44", 1))
    assert [line for line in lamps.minutes("LAMP26-R4") if "refused" in line] == []


# --- nobody decides on their own ------------------------------------------------------------------------------------


def test_nobody_signs_off_or_approves_their_own_item_or_request(lamps: Lamps) -> None:
    lamps.second_dcc()
    asked = lamps.say("ruth", f"complete LAMP26-R10: Mended. {LINK}")
    assert asked.startswith("Asked. Det Supt Lee Marsh decides on LAMP26-R10;")  # not she herself
    told = lamps.say("ruth", "sign off LAMP26-R10")
    assert told.startswith(
        "Not signed off. You asked for it yourself, and nobody decides on their own request. "
        "It is still pending sign-off; Det Supt Lee Marsh can decide."
    )
    lamps.begin(("lia", "withdraw LAMP26-R10"), ("lia", f"complete LAMP26-R10: Mended. {LINK}"))
    told = lamps.say("ruth", "sign off LAMP26-R10")
    assert told.startswith("Not signed off. LAMP26-R10 is your own item, and nobody decides on their own.")
    assert lamps.item("LAMP26-R10")["status"] == "pending_sign_off"
    assert lamps.say("lee", "sign off LAMP26-R10").startswith("Signed off.")


def test_a_delegate_in_the_dccs_role_does_not_decide_either(lamps: Lamps) -> None:
    lamps.second_dcc().begin(("owen", f"delegate LAMP26-R1 {CAST['lee'][0]}"), MOVED)
    assert lamps.say("lee", "approve LAMP26-R1").startswith("Not approved. LAMP26-R1 is your own item,")
    assert lamps.say("ruth", "approve LAMP26-R1").startswith("Approved.")


def test_where_only_one_holds_the_dccs_role_the_way_on_is_said(lamps: Lamps) -> None:
    told = lamps.say("ruth", "no action LAMP26-R10: The lamp was taken away.")
    assert told.startswith("Asked. Somebody else in the DCC's role decides;")
    told = lamps.say("ruth", "approve LAMP26-R10")
    assert "nobody else holds the DCC's role, and the liaison can enrol somebody." in told


def test_a_liaison_does_not_check_the_evidence_of_their_own_request(lamps: Lamps) -> None:
    lamps.begin(("lia", ASKED))
    told = lamps.say("lia", "verify LAMP26-R1: Saw all three.")
    assert told.startswith(
        "Not checked. You asked for it yourself, and nobody checks the evidence of their own request. "
        "Another liaison can, and DCC Ruth Calder decides either way."
    )


# --- something is missing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "words", "missing"),
    [
        ("owen", "update LAMP26-R1", "Not saved. Progress update is missing."),
        ("owen", "complete LAMP26-R1", "Not asked. What was done and Evidence are missing."),
        ("owen", "complete LAMP26-R1: All done.", "Not asked. Evidence is missing."),
        ("owen", f"complete LAMP26-R1: {LINK}", "Not asked. What was done is missing."),
        ("owen", "target LAMP26-R2", "Not set. Target date is missing."),
        ("owen", "extend LAMP26-R1", "Not asked. New target date and Reason are missing."),
        ("owen", "extend LAMP26-R1 1 Feb 2027", "Not asked. Reason is missing."),
        ("owen", "extend LAMP26-R1: The wick is late.", "Not asked. New target date is missing."),
        ("owen", "no action LAMP26-R1", "Not asked. Reason is missing."),
        ("lia", "assign LAMP26-R3", "Not assigned. Owner is missing."),
        ("owen", "delegate LAMP26-R1", "Not delegated. Delegate is missing."),
        ("lia", "dispute LAMP26-R1", "Not disputed. Reason is missing."),
        ("lia", "accept LAMP26-R7", "Not accepted. Reason is missing."),
        ("lia", "reopen LAMP26-R6", "Not reopened. Reason is missing."),
        ("lia", "supersede LAMP26-R1", "Not superseded. By which item and Reason are missing."),
        ("lia", "supersede LAMP26-R1 by LAMP26-R2", "Not superseded. Reason is missing."),
        ("lia", "close LAMP26-R1", "Not recorded. Closed on, The inspectorate's number and Reason are missing."),
        ("lia", "close LAMP26-R1 20 Nov 2026 HMI-7", "Not recorded. Reason is missing."),
    ],
)
def test_where_there_are_no_forms_a_sentence_says_what_is_missing(
    lamps: Lamps, who: str, words: str, missing: str
) -> None:
    before = lamps.items()
    told = lamps.say(who, words)
    verb = words.partition(" LAMP26")[0]
    assert told.startswith(f"{missing} Type it like this: {verb} LAMP26-"), told
    typed = words.partition("LAMP26-R")[2].partition(" ")[2]
    assert not typed or told.endswith(f"not lost:\n{typed}")
    assert lamps.items() == before and lamps.told() == []


@pytest.mark.parametrize(("words", "missing"), [("verify", "Note"), ("send back", "Reason"), ("refuse", "Reason")])
def test_and_of_a_request_likewise(lamps: Lamps, words: str, missing: str) -> None:
    lamps.begin(MOVED if words == "refuse" else TABLED)
    who = "lia" if words == "verify" else "ruth"
    told = lamps.say(who, f"{words} LAMP26-R1")
    assert told.startswith(f"{OPENINGS[words]} {missing} is missing. Type it like this: {words} LAMP26-R1: ")


def test_what_is_only_blanks_is_missing_too_and_no_longer_than_fits(lamps: Lamps) -> None:
    assert "is missing" in lamps.say("owen", "no action LAMP26-R1: \u00a0 ")
    assert "is missing" in lamps.say("lia", "dispute LAMP26-R1:   ")
    told = lamps.say("lia", f"dispute LAMP26-R1: {'x' * 3001}")
    assert told.startswith("Not disputed. That is 3,001 characters; 3,000 fit.")


# --- evidence -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["see the S drive", "ftp://files.example/x", "javascript:alert(1)", "www.example"])
def test_evidence_that_is_neither_link_nor_file_is_none(lamps: Lamps, wrong: str) -> None:
    told = lamps.say("owen", f"complete LAMP26-R1: All done, {wrong}")
    assert told.startswith("Not asked. Evidence is missing.") and told.endswith(f"All done, {wrong}")
    assert lamps.item()["status"] == "in_progress"


def test_a_link_loses_the_punctuation_of_its_sentence_and_keeps_its_own(lamps: Lamps) -> None:
    lamps.begin(("owen", "complete LAMP26-R1: Done (see https://a.example/b_(c)), and https://a.example/d."))
    assert lamps.minutes()[-1].endswith("Evidence: https://a.example/b_(c) https://a.example/d")


def test_sign_off_over_open_actions_says_so(lamps: Lamps) -> None:
    told = lamps.say("owen", f"complete LAMP26-R2: All done. {LINK}")
    assert told.startswith("Asked. DCC Ruth Calder decides on LAMP26-R2;")
    assert "1 item under it is still open." in told


# --- dates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["target LAMP26-R2 {}", "extend LAMP26-R1 {}: The wick is late."])
@pytest.mark.parametrize(
    ("day", "wrong"),
    [
        ("31 Feb 2027", "“31 Feb 2027” is not a day in the calendar"),
        ("20 Nov 2026", "20 Nov 2026 has passed. Choose today, 23 Nov 2026, or later."),
        ("1 Aug 2026", "1 Aug 2026 has passed."),  # before the report, too
        ("24 Nov 2036", "24 Nov 2036 is over ten years ahead."),
        ("soon", "“soon”"),
        ("13/13/2026", "“13/13/2026”"),
    ],
)
def test_a_day_that_cannot_be_is_refused_in_a_sentence(lamps: Lamps, act: str, day: str, wrong: str) -> None:
    before = lamps.items()
    told = lamps.say("owen", act.format(day))
    assert told.startswith((f"Not set. {wrong}", f"Not asked. {wrong}")), told
    assert told.splitlines()[-1].startswith(day)
    assert lamps.items() == before


def test_a_sunday_is_said_and_not_refused(lamps: Lamps) -> None:
    told = lamps.say("owen", "target LAMP26-R2 13 Dec 2026")
    assert told.startswith("Saved. The target date of LAMP26-R2 is 13 Dec 2026. 13 Dec 2026 is a Sunday.")
    told = lamps.say("owen", "extend LAMP26-R1 6/2/27: The wick is late.")
    assert told.startswith("Asked. DCC Ruth Calder decides on 6 Feb 2027;") and "6 Feb 2027 is a Saturday." in told


def test_a_day_without_a_year_is_the_next_such_day_and_today_will_do(lamps: Lamps) -> None:
    assert "decides on 22 Nov 2027;" in lamps.say("owen", "extend LAMP26-R1 22 Nov: The wick is late.")
    assert "is 23 Nov 2026." in lamps.say("owen", "target LAMP26-R2 23 Nov")


def test_the_date_that_it_has_is_no_extension_and_a_deadline_stays(lamps: Lamps) -> None:
    told = lamps.say("owen", "extend LAMP26-R1 30 Nov 2026: Again.")
    assert told.startswith("Not asked. 30 Nov 2026 is the target date already. Choose another.")
    lamps.begin(("owen", "target LAMP26-R2 1 Mar 2027"))
    told = lamps.say("owen", "extend LAMP26-R2 1 Apr 2027: The wick is late.")
    assert "The inspectorate's deadline stays 31 Mar 2027." in told


@pytest.mark.parametrize(
    ("day", "wrong"),
    [
        ("24 Nov 2026", "24 Nov 2026 is in the future. Record it when it has happened."),
        ("31 Aug 2026", "31 Aug 2026 is before the report was published, 1 Sep 2026."),
        ("31 Sep 2026", "“31 Sep 2026” is not a day in the calendar"),
    ],
)
def test_the_inspectorate_closed_it_on_a_day_that_was(lamps: Lamps, day: str, wrong: str) -> None:
    told = lamps.say("lia", f"close LAMP26-R6 {day} HMI-7: {SO}")
    assert told.startswith(f"Not recorded. {wrong}") and told.endswith(f"{day} HMI-7: {SO}")
    assert lamps.item("LAMP26-R6")["inspectorate_status"] == ""
    for day in ("1 Sep 2026", "23 Nov 2026"):
        assert lamps.say("lia", f"close LAMP26-R6 {day} HMI-7: {SO}").startswith("Recorded.")


def test_the_first_target_date_is_set_and_every_later_one_is_asked_for(lamps: Lamps) -> None:
    told = lamps.say("owen", "target LAMP26-R1 1 Feb 2027")
    assert told.startswith("Not set. The target date of LAMP26-R1 is 30 Nov 2026 already. Another is asked for,")
    told = lamps.say("owen", "extend LAMP26-R2 1 Feb 2027: The wick is late.")
    assert told.startswith("Not asked. LAMP26-R2 has no target date yet. Its owner or the liaison sets the first:")


# --- not as it stands -----------------------------------------------------------------------------------------------

OPEN = {"awaiting_allocation", "in_progress", "pending_sign_off", "disputed"}
FROM = {  # by hand, from the contract
    "assign": OPEN,
    "update": OPEN,
    "waiting on": OPEN,
    "complete": {"in_progress", "pending_sign_off"},  # one brought in as pending is asked for again
    "verify": {"pending_sign_off"},
    "sign off": {"pending_sign_off"},
    "send back": {"pending_sign_off"},
    "no action": OPEN - {"disputed"},
    "supersede": OPEN | {"complete"},
    "dispute": OPEN - {"disputed"},
    "accept": {"disputed"},
    "reopen": {"complete", "no_action", "superseded"},
}
STANDS = {
    "awaiting_allocation": (
        "LAMP26-R3",
        "is awaiting allocation. Now it can be assigned, superseded or disputed by ",
    ),
    "in_progress": (
        "LAMP26-R2",
        "is in progress. Now it can be put up for sign-off by its owner, a delegate, its lead ",
    ),
    "pending_sign_off": ("LAMP26-R5", "is pending sign-off. Now it can be signed off by the DCC, or sent back by "),
    "disputed": ("LAMP26-R7", "is disputed. Now it can be superseded or accepted by the liaison."),
    "complete": ("LAMP26-R6", "is complete. Now it can be superseded by the liaison, or reopened by "),
    "no_action": ("LAMP26-R8", "has ended with no action. Now it can be reopened by the liaison or the DCC."),
    "superseded": ("LAMP26-R9", "is superseded. Now it can be reopened by the liaison or the DCC."),
}


@pytest.mark.parametrize("act", FROM)
def test_what_is_not_possible_now_says_what_is_and_by_whom(lamps: Lamps, act: str) -> None:
    who = "ruth" if "ruth" in MAY[act] else "lia"
    before = lamps.items()
    for status, (reference, stands) in STANDS.items():
        if status not in FROM[act]:
            told = lamps.say(who, on_the_first(act).replace("LAMP26-R1", reference, 1))
            assert told.startswith(f"{OPENINGS[act]} {reference} {stands}"), told
    assert lamps.items() == before


def test_a_second_request_says_which_one_waits_since_when_and_who_ends_it(lamps: Lamps) -> None:
    asked = {"complete": TABLED, "extend": MOVED, "no action": NOTHING_TO_DO}
    called = {"complete": "sign-off", "extend": "an extension", "no action": "no action"}
    for first, (_, words) in asked.items():
        lamps.begin(("jo", words))
        before = lamps.items()
        lamps.town.clock.later(days=1)
        for second, (_, again) in asked.items():
            told = lamps.say("owen", again)
            day = f"{lamps.town.clock().day - 1} Nov 2026"
            assert told.startswith(
                f"Not asked. LAMP26-R1 has a request for {called[first]} by Insp Jo Cole that waits for a decision. "
                f"It was made on {day}. DCC Ruth Calder decides on it first, or whoever asked or the liaison withdraws"
            ), (second, told)
        assert [i["version"] for i in lamps.items()] == [i["version"] for i in before]
        lamps.begin(("lia", "withdraw LAMP26-R1"))


def test_a_decision_on_what_was_not_asked_says_what_waits(lamps: Lamps) -> None:
    assert lamps.say("ruth", "approve LAMP26-R1").startswith(
        "Not approved. Nothing about LAMP26-R1 waits for a decision. One can be asked for by its owner, a delegate, "
    )
    lamps.begin(TABLED)
    assert lamps.say("ruth", "approve LAMP26-R1").startswith(
        "Not approved. What waits for a decision on LAMP26-R1 is a request for sign-off by Supt Owen Hale. "
        "It is signed off or sent back by the DCC."
    )
    assert "by the DCC" in lamps.say("ruth", "refuse LAMP26-R1: No.")


def test_what_was_brought_in_as_pending_is_sent_back_or_asked_for_again(lamps: Lamps) -> None:
    told = lamps.say("ruth", "sign off LAMP26-R5")
    assert told.startswith("Not signed off. LAMP26-R5 was brought in as pending, without evidence. It can be sent back")
    lamps.begin(("owen", f"complete LAMP26-R5: Mended. {LINK}"))
    assert lamps.say("ruth", "sign off LAMP26-R5").startswith("Signed off.")


def test_supersede_and_dispute_end_what_waits_for_a_decision(lamps: Lamps) -> None:
    lamps.begin(MOVED, ("lia", f"dispute LAMP26-R1: {SO}"))
    assert "Nothing is pending." in lamps.say("ruth", "pending LAMP26-R1")
    assert "Ended with the item by Lia Penrose" in lamps.say("ruth", "pending LAMP26-R1")
    lamps.begin(("lia", f"accept LAMP26-R1: {SO}"), TABLED, ("lia", "supersede LAMP26-R1 by none: registered in error"))
    assert "2 pending" not in lamps.say("ruth", "pending")
    lamps.begin(("lia", f"reopen LAMP26-R1: {SO}"))
    assert lamps.say("ruth", "sign off LAMP26-R1").startswith("Not signed off. LAMP26-R1 is in progress.")


def test_what_nobody_owns_waits_for_its_owner_when_it_is_open_again(lamps: Lamps) -> None:
    lamps.begin(("lia", f"dispute LAMP26-R3: {SO}"), ("lia", f"accept LAMP26-R3: {SO}"))
    assert lamps.item("LAMP26-R3")["status"] == "awaiting_allocation"
    lamps.begin(("lia", "supersede LAMP26-R3 by none: registered in error"), ("ruth", f"reopen LAMP26-R3: {SO}"))
    assert lamps.item("LAMP26-R3")["status"] == "awaiting_allocation"


@pytest.mark.parametrize(
    ("by", "wrong"),
    [
        ("LAMP26-R1", "That is this very item. Name the one that takes its place."),
        ("LAMP26-R99", "There is no item LAMP26-R99. Check the reference."),
    ],
)
def test_an_item_gives_way_to_another_that_is_there(lamps: Lamps, by: str, wrong: str) -> None:
    assert lamps.say("lia", f"supersede LAMP26-R1 by {by}: {SO}").startswith(f"Not superseded. {wrong}")
    lamps.begin(("lia", f"supersede LAMP26-R1 by LAMP26-R2: {SO}"))
    told = lamps.say("lia", f"supersede LAMP26-R2 by LAMP26-R1: {SO}")
    assert told.startswith("Not superseded. That would go round in a circle")


@pytest.mark.parametrize(
    ("token", "wrong"),
    [
        ("@nobody", "The register knows nobody called nobody. Name one person, like @user or"),
        ("nobody@trentshire.example", "The register knows nobody by nobody@trentshire.example."),
        (CAST["owen"][0], "That is the owner already."),
    ],
)
def test_whoever_is_not_there_or_owns_it_already_is_not_assigned(lamps: Lamps, token: str, wrong: str) -> None:
    told = lamps.say("lia", f"assign LAMP26-R1 {token}")
    assert told.startswith(f"Not assigned. {wrong}") and told.endswith(token)


# --- a second ago ---------------------------------------------------------------------------------------------------


def test_two_dccs_a_second_apart_the_second_is_told_and_nothing_is_doubled(lamps: Lamps) -> None:
    lamps.second_dcc().begin(TABLED)
    version = lamps.item()["version"]
    assert lamps.say("ruth", f"sign off LAMP26-R1 v{version}", "press:1").startswith("Signed off.")
    after, heard = lamps.items(), lamps.told()
    lamps.town.clock.later(seconds=1)
    for words in ("sign off LAMP26-R1 v{}", "send back LAMP26-R1 v{}: Not yet."):
        told = lamps.say("lee", words.format(version), f"press:{words}")
        assert told.startswith("Nothing changed. DCC Ruth Calder signed LAMP26-R1 off today at 09:00, after that")
    assert lamps.say("lee", "sign off LAMP26-R1").startswith("Not signed off. LAMP26-R1 is complete. Now it can be")
    assert (lamps.items(), lamps.told()) == (after, heard)
    assert lamps.sound()


# --- stories --------------------------------------------------------------------------------------------------------


def test_from_the_first_request_to_the_inspectorates_closure(lamps: Lamps) -> None:
    """Asked without evidence, asked, checked, sent back, mended, signed off, closed: and the minutes tell it so."""
    later = lamps.town.clock.later
    assert lamps.say("owen", "complete LAMP26-R1: All lamps are mended.").startswith("Not asked. Evidence is missing.")
    for hours, who, words in (
        (1, "owen", ASKED),
        (2, "lia", "verify LAMP26-R1: Saw two of the three."),
        (3, "ruth", "send back LAMP26-R1: Show the third lamp."),
        (24, "owen", f"complete LAMP26-R1: The third is mended too. {LINK}/3"),
        (1, "lia", "verify LAMP26-R1: Saw all three."),
        (2, "ruth", "sign off LAMP26-R1"),
    ):
        later(hours=hours)
        lamps.begin((who, words))
    assert "Inspectorate: has not closed it" in lamps.say("owen", "LAMP26-R1")
    lamps.town.clock.set("2027-03-05 10:00")
    lamps.begin(("lia", "close LAMP26-R1 4 Mar 2027 HMI-123: Its letter of that day."))
    assert lamps.minutes()[1:] == [
        f"23 Nov 2026, 10:00 Supt Owen Hale {DONE['complete'].minutes}",
        "23 Nov 2026, 12:00 Lia Penrose checked the evidence at the terminal. “Saw two of the three.”",
        "23 Nov 2026, 15:00 DCC Ruth Calder sent it back at the terminal. status: pending sign-off to in progress. "
        "“Show the third lamp.”",
        "24 Nov 2026, 15:00 Supt Owen Hale asked for sign-off at the terminal. "
        f"status: in progress to pending sign-off. “The third is mended too.” Evidence: {LINK}/3",
        "24 Nov 2026, 16:00 Lia Penrose checked the evidence at the terminal. “Saw all three.”",
        "24 Nov 2026, 18:00 DCC Ruth Calder signed it off at the terminal. status: pending sign-off to complete.",
        "5 Mar 2027, 10:00 Lia Penrose recorded the inspectorate's closure at the terminal. inspectorate: closed; "
        "closed on: 4 Mar 2027; the inspectorate's number: HMI-123. “Its letter of that day.”",
    ]
    card = lamps.say("owen", "LAMP26-R1")
    assert "Force: complete, 24 Nov 2026, by DCC Ruth Calder\n" in card
    assert "Inspectorate: closed, 4 Mar 2027, its number HMI-123\n" in card
    item = lamps.item()
    assert (item["completed_on"], item["closed_on"]) == ("2026-11-24", "2027-03-04")
    assert lamps.told() == [("send back", OWEN), ("sign off", OWEN), ("close", OWEN)]
    assert lamps.sound()


def test_a_date_that_slips_twice_keeps_the_first_and_names_the_lead(lamps: Lamps) -> None:
    lamps.begin(MOVED)
    assert "Moved before: never" in lamps.say("ruth", "pending LAMP26-R1")
    assert "Strategic lead" not in lamps.say("ruth", "pending LAMP26-R1")
    lamps.begin(("ruth", "approve LAMP26-R1"), ("owen", "extend LAMP26-R1 21 Apr 2027: The wick is later."))
    request = lamps.say("ruth", "pending LAMP26-R1")
    assert "New target date: 21 Apr 2027, 79 days later\nInstead of: 1 Feb 2027 (before that 30 Nov 2026)" in request
    assert "Moved before: once, 63 days in all\nStrategic lead: ACC Marcus Frayne" in request
    lamps.begin(("ruth", "approve LAMP26-R1"))
    card = lamps.say("owen", "LAMP26-R1")
    assert "Target date: 21 Apr 2027 (was 30 Nov 2026 then 1 Feb 2027), second extension, 142 days in all" in card
    item = lamps.item()
    assert (item["original_target_date"], item["extensions"]) == ("2026-11-30", 2)
    assert lamps.sound()


def test_a_date_that_was_brought_forward_was_moved_and_is_no_extension(lamps: Lamps) -> None:
    lamps.begin(("owen", "extend LAMP26-R1 25 Nov 2026: It goes well."), ("ruth", "approve LAMP26-R1"), MOVED)
    assert "Moved before: once, 5 days earlier in all" in lamps.say("ruth", "pending LAMP26-R1")
    assert lamps.item()["extensions"] == 0
    lamps.begin(("ruth", "approve LAMP26-R1"), ("owen", "extend LAMP26-R1 1 Apr 2027: The wick is later."))
    assert "Moved before: twice, 63 days in all" in lamps.say("ruth", "pending LAMP26-R1")


def test_no_action_gives_the_letter_its_reason(lamps: Lamps) -> None:
    lamps.begin(NOTHING_TO_DO, ("ruth", "refuse LAMP26-R1: It still stands."), NOTHING_TO_DO)
    lamps.begin(("ruth", "approve LAMP26-R1"))
    card = lamps.say("owen", "LAMP26-R1")
    assert "Force: no action, 23 Nov 2026, by DCC Ruth Calder" in card
    assert "Reason:\nThe lamp was taken away." in card


def test_an_item_closed_by_one_and_open_with_the_other_is_shown_so(lamps: Lamps) -> None:
    lamps.begin(("lia", f"discharge LAMP26-R1 20 Nov 2026 HMI-7: {SO}"))
    assert "Closed by the inspectorate, and still open with the force." in lamps.say("owen", "LAMP26-R1")
    lamps.begin(TABLED, ("ruth", "sign off LAMP26-R1"))
    assert "still open with the force" not in lamps.say("owen", "LAMP26-R1")
    lamps.begin(("ruth", f"reopen LAMP26-R1: {SO}"))
    assert "Closed by the inspectorate, and still open with the force." in lamps.say("owen", "LAMP26-R1")


def test_waiting_on_nobody_any_more(lamps: Lamps) -> None:
    lamps.begin(("owen", "waiting on LAMP26-R1: the county council"))
    assert lamps.item()["rag"] == "white"
    assert lamps.say("owen", "waiting on LAMP26-R1:").startswith("Saved. LAMP26-R1 waits on nobody any more.")
    assert lamps.item()["rag"] == "amber"
    assert lamps.minutes()[-1].endswith("waits on: the county council, taken away.")


def test_delegates_are_taken_away_and_hear_of_it(lamps: Lamps) -> None:
    told = lamps.say("owen", "delegate LAMP26-R1 none")
    assert told.startswith("Saved. Nobody but its owner updates LAMP26-R1 now.")
    assert lamps.told() == [("delegate", "Insp Jo Cole")]
    assert lamps.say("jo", "update LAMP26-R1: May I?").startswith("Not saved. LAMP26-R1 is Supt Owen Hale's.")


def test_an_owner_who_is_replaced_hears_of_it_and_may_no_more(lamps: Lamps) -> None:
    lamps.begin(("lia", f"assign LAMP26-R1 {CAST['ana'][0]}"))
    assert sorted(lamps.told()) == [("assign", "Sgt Ana Brook"), ("assign", OWEN)]
    assert lamps.say("owen", ASKED).startswith("Not asked. LAMP26-R1 is Sgt Ana Brook's.")
    lamps.begin(("ana", ASKED))
    assert person(lamps.town.store, "ana").id is not None


def test_no_reference_and_an_unknown_one(lamps: Lamps) -> None:
    assert lamps.say("owen", "complete").startswith("Nothing shown. Say which item, by its reference.")
    told = lamps.say("owen", "complete LAMP26-R99: All done. https://a.example/b")
    assert told.startswith("Nothing shown. There is no item LAMP26-R99.") and "All done. https://a.example/b" in told
