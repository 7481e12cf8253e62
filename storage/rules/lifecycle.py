"""The seven statuses of an item, and which act leads from which to which."""

from typing import NamedTuple

AWAITING_ALLOCATION = "awaiting_allocation"
IN_PROGRESS = "in_progress"
PENDING_SIGN_OFF = "pending_sign_off"
DISPUTED = "disputed"
COMPLETE = "complete"
NO_ACTION = "no_action"
SUPERSEDED = "superseded"

OPEN = frozenset({AWAITING_ALLOCATION, IN_PROGRESS, PENDING_SIGN_OFF, DISPUTED})
ENDED = frozenset({COMPLETE, NO_ACTION, SUPERSEDED})
STATUSES = OPEN | ENDED

CAUSES = frozenset({"cause_of_concern", "accelerated_cause_of_concern"})
KINDS = CAUSES | {"recommendation", "area_for_improvement", "action"}
SCOPES = frozenset({"force", "national"})
INSPECTORATE_STATUSES = frozenset({"", "awaiting_review", "being_progressed", "closed", "superseded"})

SAME = "the same"
ALLOCATED_OR_NOT = "in_progress, or awaiting_allocation where nobody owns it"
BEGINS = "in_progress from awaiting_allocation, else the same"
BACK_TO_WORK = "in_progress after a request for sign-off, else the same"


class Move(NamedTuple):
    """From which statuses an act may start, and what it leads to (`SAME`: the status stays)."""

    start: frozenset[str]
    end: str


MAY_BECOME: dict[str, Move] = {
    "assign": Move(OPEN, BEGINS),
    "delegate": Move(OPEN - {AWAITING_ALLOCATION}, SAME),  # a delegate acts for an owner; here is none yet
    "update": Move(OPEN, SAME),
    "waiting on": Move(OPEN, SAME),
    "complete": Move(frozenset({IN_PROGRESS}), PENDING_SIGN_OFF),
    "withdraw": Move(OPEN, BACK_TO_WORK),
    "verify": Move(frozenset({PENDING_SIGN_OFF}), SAME),
    "sign off": Move(frozenset({PENDING_SIGN_OFF}), COMPLETE),
    "send back": Move(frozenset({PENDING_SIGN_OFF}), IN_PROGRESS),
    "target": Move(OPEN, SAME),
    "extend": Move(OPEN, SAME),
    "approve": Move(OPEN, SAME),
    "refuse": Move(OPEN, SAME),
    "no action": Move(OPEN - {DISPUTED}, SAME),
    "supersede": Move(OPEN | {COMPLETE}, SUPERSEDED),
    "dispute": Move(OPEN - {DISPUTED}, DISPUTED),
    "accept": Move(frozenset({DISPUTED}), ALLOCATED_OR_NOT),
    "reopen": Move(ENDED, ALLOCATED_OR_NOT),
    "close": Move(STATUSES, SAME),
    "edit": Move(STATUSES, SAME),
    "add": Move(OPEN, SAME),
    "snooze": Move(frozenset({IN_PROGRESS}), SAME),  # nobody is reminded of what waits for somebody else
}


def is_open(status: str) -> bool:
    """Whether the force still has something to do; pending sign-off and disputed are open."""
    return status in OPEN


def may_start(act: str, status: str) -> bool:
    """Whether `act` is possible on an item of this status, whoever asks."""
    return status in MAY_BECOME[act].start


def after(act: str, status: str, *, owned: bool = True) -> str:
    """The status that an act leads to from `status`; `approve` leads to `no_action` where that was asked for."""
    end = MAY_BECOME[act].end
    begins = (end == BEGINS and status == AWAITING_ALLOCATION) or (end == BACK_TO_WORK and status == PENDING_SIGN_OFF)
    if end == ALLOCATED_OR_NOT:
        return IN_PROGRESS if owned else AWAITING_ALLOCATION
    return end if end in STATUSES else IN_PROGRESS if begins else status
