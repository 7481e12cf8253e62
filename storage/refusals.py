"""Why something was not done, in sentences for the person who asked."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from storage.fields import LONDON, london_day
from storage.rules import lifecycle, permissions


class NotAllowed(Exception):
    """Not done: `subject` in a few words for a notification, `opening` in bold, then `sentence`.

    `kind` is `moved_on`, or one of those that `permissions.refusal` gives.
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
    """How an item stands, as far as a refusal speaks of it.

    `asked` is what pends, by whom, and `since` its day; `others` may decide too.
    """

    reference: str
    status: str
    owner: str
    owned: bool
    liaison: str
    dcc: str
    asked: str
    target: date | None
    others: list[str]
    since: date | None = None


class Said(NamedTuple):
    """An act in words: what it was not when refused, what somebody did to an item, and what can happen to it."""

    done: str
    did: str
    can: str = ""


ACTS = {
    "register": Said("registered", "registered {}"),
    "import": Said("brought in", "changed {} by import"),
    "assign": Said("assigned", "assigned {}", "assigned"),
    "delegate": Said("delegated", "delegated {}"),
    "update": Said("saved", "updated {}"),
    "waiting on": Said("saved", "said on whom {} waits"),
    "complete": Said("asked", "asked for sign-off of {}", "put up for sign-off"),
    "withdraw": Said("withdrawn", "withdrew the request on {}"),
    "verify": Said("checked", "checked the evidence of {}"),
    "sign off": Said("signed off", "signed {} off", "signed off"),
    "send back": Said("sent back", "sent {} back", "sent back"),
    "target": Said("set", "set the target date of {}"),
    "extend": Said("asked", "asked for an extension of {}"),
    "approve": Said("approved", "approved the request on {}"),
    "refuse": Said("refused", "refused the request on {}"),
    "no action": Said("asked", "asked for no action on {}"),
    "supersede": Said("superseded", "superseded {}", "superseded"),
    "dispute": Said("disputed", "disputed {}", "disputed"),
    "accept": Said("accepted", "accepted {}", "accepted"),
    "reopen": Said("reopened", "reopened {}", "reopened"),
    "close": Said("recorded", "recorded the inspectorate's closure of {}"),
    "edit": Said("changed", "corrected {}"),
    "add": Said("added", "added an item under {}"),
    "add report": Said("added", "added {}"),
    "comments": Said("recorded", "recorded a step of section 55 on {}"),
    "hand over": Said("handed over", "handed {} over"),
    "post": Said("saved", "changed who holds the post of {}"),
    "digest here": Said("changed", "said where the DCC's digest goes"),
    "digest add": Said("added", "added a digest"),
    "digest remove": Said("removed", "removed a digest"),
    "seen": Said("recorded", "saw a digest"),
    "snooze": Said("snoozed", "snoozed the reminders of {}", "snoozed"),
    "escalate": Said("", "escalated {}, as it was overdue"),
    "refused": Said("", "tried to change {} and was refused"),
}
REQUESTS = {"sign_off": "sign-off", "extend": "an extension", "no_action": "no action"}
HOLDERS = {
    "owner": "its owner",
    "delegate": "a delegate",
    "lead": "its lead",
    "asker": "whoever asked",
    "liaison": "the liaison",
    "dcc": "the DCC",
    "policing_body": "the commissioner's office",
}
STATUS_SHOWN = {
    "awaiting_allocation": "awaiting allocation",
    "in_progress": "in progress",
    "pending_sign_off": "pending sign-off",
    "disputed": "disputed",
    "complete": "complete",
    "no_action": "no action",
    "superseded": "superseded",
}


def stands(reference: str, status: str) -> str:
    """X is in progress; X has ended with no action."""
    ended = status == lifecycle.NO_ACTION
    return f"{reference} has ended with no action" if ended else f"{reference} is {STATUS_SHOWN[status]}"


def opening(act: str) -> str:
    return f"Not {ACTS[act].done}."


def unknown(reference: str) -> NotAllowed:
    """The same for what is not there and for what this person may not read."""
    said = f"There is no item {reference}. Check the reference, or look for it with a word of its title."
    return NotAllowed("unknown", f"There is no item {reference}", "Nothing shown.", said, reference)


def refused(kind: str, act: str, now: Present) -> NotAllowed:
    """The rule in plain words, how it stands, and who can."""
    first = opening(act)
    return NotAllowed(kind, f"{first[:-1]}: {now.reference}", first, _WHY[kind](act, now), now.reference)


def not_kept_by_you(act: str, names: list[str]) -> NotAllowed:
    """An act on the register as a whole, asked for by somebody whose it is not; `names` are those whose it is."""
    first = opening(act)
    called = {**HOLDERS, "lead": "a strategic lead"}
    word = either([called[role] for role in sorted(permissions.OF_THE_REGISTER[act])])
    said = f"Only {word} can do that{f': ask {names[0]}' if names else ''}."
    return NotAllowed("not_yours", first[:-1], first, said)


def no_report(code: str) -> NotAllowed:
    said = f"There is no report {code}. Check its code; reports lists every one." if code else "Say which report."
    return NotAllowed("unknown", "There is no such report", "Nothing shown.", said, code)


STEPS = {
    "comments_requested_on": "that the comments were requested",
    "comments_received_on": "that the chief officer's comments were received",
    "comments_published_on": "that the comments were published",
    "copied_to_inspectorate_on": "the copy to the inspectorate",
    "copied_to_home_secretary_on": "the copy to the Home Secretary",
}
_RECORDED = {
    "add report": "adds a report",
    "add": "adds findings; an owner adds actions below their own item: add REF: title",
    "edit": "corrects a report",
}


def not_recorded_by_you(what: str, act: str, code: str, names: list[str]) -> NotAllowed:
    """Who records that of a report; `names` hold the role."""
    may = permissions.MAY_RECORD[what]
    who = either([said for word, said in HOLDERS.items() if word in may])
    does = _RECORDED.get(what) or f"records {STEPS[what]}"
    ask = f" Ask {either(names)}." if names else ""
    said = f"Only {who} {does}.{ask}"
    first = opening(act)
    return NotAllowed("not_yours", f"{first[:-1]}: {code}" if code else first[:-1], first, said, "")


def _not_yours(act: str, now: Present) -> str:
    may = permissions.MAY_DO[act]
    names = {"owner": now.owner if now.owned else "", "liaison": now.liaison, "dcc": now.dcc}
    ask = either([names[word] for word in HOLDERS if word in may and names.get(word)])
    if may == {"dcc"}:
        return f"Only the DCC decides on {now.reference}: {now.dcc}."
    if "owner" in may and not now.owned:
        return f"{now.reference} has no owner yet. The liaison allocates it: {now.liaison}."
    whose = f"{now.reference} is {now.owner}'s. " if "owner" in may else ""
    return f"{whose}Only {holders(act)} can do that: ask {ask}."


def holders(act: str) -> str:
    """Who may do it: its owner, a delegate, its lead or the liaison."""
    return either([said for word, said in HOLDERS.items() if word in permissions.MAY_DO[act]])


def either(words: list[str]) -> str:
    """a, b or c."""
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)


def _own_item(act: str, now: Present) -> str:
    return f"{now.reference} is your own item, and nobody decides on their own. {_still(now)}"


def _own_request(act: str, now: Present) -> str:
    if act == "verify":
        can = f"Another liaison can, and {now.dcc} decides either way."
        return f"You asked for it yourself, and nobody checks the evidence of their own request. {can}"
    return f"You asked for it yourself, and nobody decides on their own request. {_still(now)}"


def _still(now: Present) -> str:
    nobody = "nobody else holds the DCC's role, and the liaison can enrol somebody"
    who = f"{either(now.others)} can decide" if now.others else nobody
    return f"{stands('It', now.status).replace('It is', 'It is still')}; {who}."


def _not_now(act: str, now: Present) -> str:
    """How it stands, and what is possible then, and by whom: read from the tables of the rules."""
    told: dict[str, list[str]] = {}
    for move, said in ACTS.items():
        if said.can and lifecycle.may_start(move, now.status) and lifecycle.after(move, now.status) != now.status:
            told.setdefault(holders(move), []).append(said.can)
    can = [f"{either(done)} by {who}" for who, done in told.items()]
    return f"{stands(now.reference, now.status)}. Now it can be {', or '.join(can)}."


def _asked_already(act: str, now: Present) -> str:
    made = f"It was made on {day_shown(now.since)}. " if now.since else ""
    first = f"{now.dcc} decides on it first, or whoever asked or the liaison withdraws it."
    return f"{now.reference} has {now.asked} that waits for a decision. {made}{first}"


def _not_asked(act: str, now: Present) -> str:
    if now.asked:
        pending = now.status == lifecycle.PENDING_SIGN_OFF
        ways = "signed off or sent back" if pending else "approved or refused"
        return f"What waits for a decision on {now.reference} is {now.asked}. It is {ways} by the DCC."
    if now.status == lifecycle.PENDING_SIGN_OFF:
        can = f"sent back by {holders('send back')}, or asked for again by {holders('complete')}"
        return f"{now.reference} was brought in as pending, without evidence. It can be {can}."
    return f"Nothing about {now.reference} waits for a decision. One can be asked for by {holders('extend')}."


def _dated(act: str, now: Present) -> str:
    shown = day_shown(now.target) if now.target else "set"
    return f"The target date of {now.reference} is {shown} already. Another is asked for, with a reason: an extension."


def _undated(act: str, now: Present) -> str:
    return (
        f"{now.reference} has no target date yet. Its owner or the liaison sets the first: target {now.reference} DATE."
    )


_WHY: dict[str, Callable[[str, Present], str]] = {
    "not_yours": _not_yours,
    "own_item": _own_item,
    "own_request": _own_request,
    "not_now": _not_now,
    "asked_already": _asked_already,
    "not_asked": _not_asked,
    "dated": _dated,
    "undated": _undated,
}


def day_shown(day: date) -> str:
    """3 Apr 2027."""
    return f"{day.day} {day:%b %Y}"


def moved_on(reference: str, who: str, act: str, at: datetime, now: datetime) -> NotAllowed:
    """Somebody changed the item after the button or form was drawn."""
    when = f"{at.astimezone(LONDON):%H:%M}"
    day = "today" if london_day(at) == london_day(now) else f"on {day_shown(london_day(at))}"
    did = ACTS[act].did.format(reference) if act in ACTS else f"changed {reference}"
    sentence = f"{who} {did} {day} at {when}, after that button was drawn."
    subject = f"Nothing changed: {reference} has moved on since that button was drawn"
    return NotAllowed("moved_on", subject, "Nothing changed.", sentence, reference)
