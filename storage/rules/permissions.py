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
    "add": frozenset({"liaison", "owner"}),  # below this item
    "snooze": frozenset({"owner", "delegate"}),
}
# what is recorded of a report, by role; a step of section 55 by its column
MAY_RECORD: dict[str, frozenset[str]] = {
    "add report": frozenset({"liaison"}),
    "add": frozenset({"liaison"}),  # a finding that stands under no other
    "edit": frozenset({"liaison"}),
    "comments_requested_on": frozenset({"policing_body"}),
    "comments_received_on": frozenset({"policing_body", "liaison"}),
    "comments_published_on": frozenset({"policing_body"}),
    "copied_to_inspectorate_on": frozenset({"policing_body"}),
    "copied_to_home_secretary_on": frozenset({"policing_body"}),
}
# acts on the register as a whole, which are of no one item
OF_THE_REGISTER: dict[str, frozenset[str]] = {
    "hand over": frozenset({"liaison"}),
    "post": frozenset({"liaison"}),
    "digest here": frozenset({"liaison", "dcc"}),
    "digest add": frozenset({"liaison"}),
    "digest remove": frozenset({"liaison"}),
    "seen": frozenset({"dcc", "lead", "liaison"}),
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


def may_keep(act: str, roles: frozenset[str]) -> bool:
    """Whether somebody with these roles may do an act on the register as a whole."""
    return bool(roles & OF_THE_REGISTER[act])


def may_record(what: str, roles: frozenset[str]) -> bool:
    """Whether somebody with these roles may record that of a report."""
    return bool(roles & MAY_RECORD[what])


# why not, whatever has happened to the item meanwhile
WHOEVER_IT_IS = frozenset({"unknown", "not_yours", "own_request", "own_item"})
# which kinds of pending request an act decides, checks or takes back; and which acts ask for something themselves
NEEDS: dict[str, frozenset[str]] = {
    "sign off": frozenset({"sign_off"}),
    "verify": frozenset({"sign_off"}),
    "approve": frozenset({"extend", "no_action"}),
    "refuse": frozenset({"extend", "no_action"}),
    "withdraw": frozenset({"sign_off", "extend", "no_action"}),
}
ASKS = {"complete": "sign_off", "extend": "extend", "no action": "no_action"}


def refusal(
    act: str,
    status: str,
    item_marking: str,
    standing: Standing,
    *,
    request: str | None = None,
    dated: bool | None = None,
) -> str | None:
    """None when allowed, else why not, in this order: `unknown`, `not_yours`, `own_request`, `own_item`, `not_now`,
    `asked_already`, `not_asked`, `dated`, `undated`.

    `unknown` is the answer to whoever may not read the item: for them it does not exist. `request` is the kind of the
    pending request, "" when there is none (an item brought in as pending sign-off has none, and nothing to sign off);
    `dated` is whether the item has a target date. None: taken to be as the act needs it.
    """
    if not may_read(item_marking, standing):
        return "unknown"
    if not standing.holds & MAY_DO[act]:
        return "not_yours"
    if act in NOT_ON_OWN_REQUEST and standing.asker:
        return "own_request"
    if act in NOT_ON_OWN_ITEM and standing.own_item:
        return "own_item"
    return _not_now(act, status, request) or _by_date(act, dated)


def _not_now(act: str, status: str, request: str | None) -> str | None:
    if act in ASKS and request:
        return "asked_already"
    brought_in = status == lifecycle.PENDING_SIGN_OFF and request == ""
    if not lifecycle.may_start(act, status) and not (brought_in and act == "complete"):
        return "not_now"
    known = request is not None
    return "not_asked" if known and act in NEEDS and request not in NEEDS[act] else None


def _by_date(act: str, dated: bool | None) -> str | None:
    """A first target date is set, every later one is asked for."""
    if act == "target" and dated:
        return "dated"
    return "undated" if act == "extend" and dated is False else None
