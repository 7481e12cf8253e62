"""Why something was not done, in sentences for the person who asked."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from storage.fields import LONDON, london_day


class NotAllowed(Exception):
    """Not done: `subject` in a few words for a notification, `opening` in bold, then `sentence`.

    `kind` is one of `unknown`, `not_yours`, `own_request`, `own_item`, `not_now`, `moved_on`, `asked_already`.
    """

    def __init__(self, kind: str, subject: str, opening: str, sentence: str, reference: str = "") -> None:
        super().__init__(f"{opening} {sentence}")
        self.kind, self.subject, self.opening = kind, subject, opening
        self.sentence, self.reference = sentence, reference


class FieldFaults(Exception):
    """What is wrong with which field of a form: a sentence each; nothing was saved."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = dict(faults)


class Present(NamedTuple):
    """How an item stands, as far as a refusal speaks of it."""

    reference: str
    status: str
    owner: str
    owned: bool
    liaison: str
    dcc: str


DONE = {
    "update": "saved",
    "complete": "asked",
    "sign off": "signed off",
    "send back": "sent back",
    "extend": "asked",
    "approve": "approved",
    "refuse": "refused",
    "verify": "checked",
}
NOUN = {"update": "update", "complete": "request for sign-off", "extend": "request for extension"}
STATUS_SHOWN = {
    "awaiting_allocation": "awaiting allocation",
    "in_progress": "in progress",
    "pending_sign_off": "pending sign-off",
    "disputed": "disputed",
    "complete": "complete",
    "no_action": "no action",
    "superseded": "superseded",
}


def opening(act: str) -> str:
    return f"Not {DONE.get(act, 'done')}."


def unknown(reference: str) -> NotAllowed:
    """The same for what is not there and for what this person may not read."""
    said = f"There is no item {reference}. Check the reference, or look for it with a word of its title."
    return NotAllowed("unknown", f"There is no item {reference}", "Nothing shown.", said, reference)


def refused(kind: str, act: str, now: Present) -> NotAllowed:
    """The rule in plain words, how it stands, and who can."""
    sentence = {"not_yours": _not_yours, "own_item": _own, "own_request": _own, "not_now": _not_now}[kind](act, now)
    first = opening(act)
    return NotAllowed(kind, f"{first[:-1]}: {now.reference}", first, sentence, now.reference)


def _not_yours(act: str, now: Present) -> str:
    if act in {"sign off", "approve", "refuse"}:
        return f"Only the DCC decides on {now.reference}: {now.dcc}."
    if not now.owned:
        return f"{now.reference} has no owner yet. The liaison allocates it: {now.liaison}."
    return (
        f"{now.reference} is {now.owner}'s. Its owner, a delegate, its lead or the liaison can do that: "
        f"ask {now.owner} or {now.liaison}."
    )


def _own(act: str, now: Present) -> str:
    return f"Nobody decides on their own item or their own request. It is still {STATUS_SHOWN[now.status]}: {now.dcc}."


def _not_now(act: str, now: Present) -> str:
    shown = STATUS_SHOWN[now.status]
    if act == "complete" and now.status == "pending_sign_off":
        return f"{now.reference} is pending sign-off already; the DCC decides: {now.dcc}."
    if now.status in {"complete", "no_action", "superseded"}:
        return f"{now.reference} is {shown}, so there is nothing more to do on it. {now.liaison} can reopen it."
    return f"{now.reference} is {shown}; that is possible once it is in progress. Ask {now.liaison}."


def day_shown(day: date) -> str:
    """3 Apr 2027."""
    return f"{day.day} {day:%b %Y}"


def moved_on(reference: str, who: str, act: str, at: datetime, now: datetime) -> NotAllowed:
    """Somebody changed the item after the button or form was drawn."""
    when = f"{at.astimezone(LONDON):%H:%M}"
    day = "today" if london_day(at) == london_day(now) else f"on {day_shown(london_day(at))}"
    did = {"update": "updated", "complete": "asked for sign-off of"}.get(act, "changed")
    sentence = f"{who} {did} {reference} {day} at {when}, after that button was drawn."
    subject = f"Nothing changed: {reference} has moved on since that button was drawn"
    return NotAllowed("moved_on", subject, "Nothing changed.", sentence, reference)
