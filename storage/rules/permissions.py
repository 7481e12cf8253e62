"""Who may do what: one table, asked at one place; a button's value is never a right."""

from typing import NamedTuple

from storage.rules import lifecycle, marking

ROLES = ("officer", "lead", "liaison", "dcc", "policing_body", "audit_committee")
ROLE_ALIASES = {"opcc": "policing_body", "panel": "audit_committee"}
READS_EVERYTHING = frozenset({"liaison", "dcc"})

_THOSE_WHO_WORK_ON_IT = frozenset({"owner", "delegate", "lead", "liaison"})

MAY_DO: dict[str, frozenset[str]] = {
    "assign": frozenset({"liaison"}),
    "delegate": frozenset({"liaison", "owner"}),
    "update": _THOSE_WHO_WORK_ON_IT,
    "waiting on": _THOSE_WHO_WORK_ON_IT,
    "complete": _THOSE_WHO_WORK_ON_IT,
    "withdraw": frozenset({"asker", "liaison"}),
    "verify": frozenset({"liaison"}),
    "sign off": frozenset({"dcc"}),
    "send back": frozenset({"dcc", "liaison"}),
    "target": frozenset({"owner", "liaison"}),
    "extend": _THOSE_WHO_WORK_ON_IT,
    "approve": frozenset({"dcc"}),
    "refuse": frozenset({"dcc"}),
    "no action": _THOSE_WHO_WORK_ON_IT,
    "supersede": frozenset({"liaison"}),
    "dispute": frozenset({"liaison"}),
    "accept": frozenset({"liaison"}),
    "reopen": frozenset({"liaison", "dcc"}),
    "close": frozenset({"liaison"}),
    "edit": frozenset({"liaison"}),
}
NOT_ON_OWN_ITEM = frozenset({"sign off", "approve"})
NOT_ON_OWN_REQUEST = frozenset({"sign off", "approve", "verify"})


class Standing(NamedTuple):
    """What a person is to one item: their roles here, and their ties to it."""

    roles: frozenset[str]
    owner: bool = False
    delegate: bool = False
    lead: bool = False
    asker: bool = False
    granted: bool = False

    @property
    def holds(self) -> frozenset[str]:
        """The words of `MAY_DO` that fit this person; "lead" only for the lead of this very item."""
        ties = {w for w in ("owner", "delegate", "lead", "asker") if getattr(self, w)}
        return frozenset(ties) | (self.roles - {"lead"})

    @property
    def own_item(self) -> bool:
        return self.owner or self.delegate


def may_read(item_marking: str, standing: Standing) -> bool:
    """Whether the item exists for this person; a sensitive one by right or by grant only."""
    if not standing.roles:
        return False
    if item_marking != marking.SENSITIVE:
        return True
    ties = standing.owner or standing.delegate or standing.lead or standing.granted
    return ties or bool(standing.roles & READS_EVERYTHING)


def refusal(act: str, status: str, item_marking: str, standing: Standing, *, requested: bool = True) -> str | None:
    """None when allowed, else why not, in this order: `unknown`, `not_yours`, `own_request`, `own_item`, `not_now`.

    `unknown` is the answer to whoever may not read the item: for them it does not exist. `requested` is whether an
    item that is pending sign-off has a request: one brought in as pending has none, and nothing to sign off.
    """
    if not may_read(item_marking, standing):
        return "unknown"
    if not standing.holds & MAY_DO[act]:
        return "not_yours"
    if act in NOT_ON_OWN_REQUEST and standing.asker:
        return "own_request"
    if act in NOT_ON_OWN_ITEM and standing.own_item:
        return "own_item"
    return None if _fits(act, status, requested) else "not_now"


def _fits(act: str, status: str, requested: bool) -> bool:
    if status == lifecycle.PENDING_SIGN_OFF and not requested and act in {"complete", "sign off", "verify"}:
        return act == "complete"
    return lifecycle.may_start(act, status)
