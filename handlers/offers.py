"""What a card offers this person now: each act that they may do on the item as it stands, as a button."""

from handlers import wording
from handlers.card import Button, Buttons, Confirm
from storage.questions import Proof, Whole
from storage.rules import nesting

SHOWN = 4
PRIMARY = ("sign off", "approve", "verify", "assign", "update")
FILES_SHOWN = 3
# in the order in which people need them: label, and what a screen reader says before the reference
OFFERS: dict[str, tuple[str, str]] = {
    "sign off": ("Sign off", "Sign off"),
    "send back": ("Send back", "Send back"),
    "approve": ("Approve", "Approve the request for"),
    "refuse": ("Refuse", "Refuse the request for"),
    "verify": ("Check evidence", "Check the evidence of"),
    "assign": ("Assign", "Assign"),
    "update": ("Update", "Update"),
    "complete": ("Ask for sign-off", "Ask for sign-off of"),
    "target": ("Set target date", "Set the target date of"),
    "extend": ("Ask for extension", "Ask for an extension of"),
    "add": ("Add an action", "Add an action under"),
    "accept": ("Accept", "Accept"),
    "reopen": ("Reopen", "Reopen"),
    "withdraw": ("Withdraw", "Withdraw the request for"),
    "waiting on": ("Waiting on", "Say on whom it waits:"),
    "delegate": ("Delegate", "Delegate"),
    "no action": ("Ask for no action", "Ask for no action on"),
    "snooze": ("Snooze", "Snooze the reminders of"),
    "close": ("Inspectorate's closure", "Record the inspectorate's closure of"),
    "dispute": ("Dispute", "Dispute"),
    "supersede": ("Supersede", "Supersede"),
    "edit": ("Correct", "Correct"),
}
DECISIONS = ("sign off", "send back", "approve", "refuse", "verify", "withdraw")


def button(item: Whole, act: str, *, primary: bool = False) -> Button:
    """The act as a sentence said for the person, with the version that they see."""
    row = item.row
    label, heard = OFFERS[act]
    return Button(label, f"{act} {row.reference} v{row.version}", f"{heard} {row.reference}", primary, _asks(item, act))


def _asks(item: Whole, act: str) -> Confirm | None:
    """What is hard to take back asks once more, naming who asked."""
    if act not in {"sign off", "approve"} or item.request is None:
        return None
    label, reference = OFFERS[act][0], item.row.reference
    unchecked = "" if item.request.checked_by else "Nobody has checked the evidence yet. "
    then = {
        "sign_off": f"{unchecked}The force's word will be that it is complete.",
        "extend": "It gets the new target date; the original stays on record.",
        "no_action": "It ends, and the public letter will give the reason.",
    }[item.request.kind]
    return Confirm(f"{label} {reference}?", f"Asked by {item.request.asker}. {then}", label)


def buttons(item: Whole, *more: Button) -> Buttons:
    """The first few as buttons, `more` after them, the rest behind the menu."""
    acts = [act for act in OFFERS if act in item.may and (act != "add" or nesting.below(item.row.kind))]
    shown = [button(item, act, primary=number == 0 and act in PRIMARY) for number, act in enumerate(acts[:SHOWN])]
    return Buttons((*shown, *more), tuple(button(item, act) for act in acts[SHOWN:]))


def decisions(item: Whole, *more: Button) -> Buttons:
    """Only what decides on the pending request, or checks it."""
    acts = [act for act in DECISIONS if act in item.may]
    return Buttons((*(button(item, act, primary=n == 0) for n, act in enumerate(acts)), *more))


def downloads(item: Whole, evidence: list[Proof]) -> tuple[Buttons, ...]:
    """A button for each file among the evidence, the first few in sight; none where there is no file."""
    files = [proof for proof in evidence if not proof.link]
    if not files:
        return ()
    reference = item.row.reference
    named = [(f"Download {one.number}" if len(files) > 1 else "Download", one) for one in files]
    said = tuple(
        Button(label, f"download {reference} {one.number}", f"Download {wording.cut(one.name, 60)}")
        for label, one in named
    )
    return (Buttons(said[:FILES_SHOWN], said[FILES_SHOWN:]),)
