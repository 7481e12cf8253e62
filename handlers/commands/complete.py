"""`complete REF`: ask for sign-off, with what was done and what shows it: a link, or a file."""

import re
from functools import partial

from handlers import acting, wording
from handlers.acting import Act, Given, Values
from handlers.ask import Told
from handlers.card import Card, Field, Line, Lines, Span
from storage import record
from storage.record import Saved
from storage.rules import evidence

WORDS = ("complete",)
HELP = ("complete {reference}", "ask for sign-off")
LINKS_OR_FILES = "A link to what shows it, one a line; or a file below."
LINKS_ONLY = "A link to what shows it, one a line; files cannot be added here."
_LINK = re.compile(r"https?://\S+", re.IGNORECASE)


def _typed(said: Told) -> dict[str, str]:
    """The words, and the links among them."""
    links = [_link(found) for found in _LINK.findall(said.words)]
    return {"done": " ".join(_LINK.sub(" ", said.words).split()), "evidence": "\n".join(links)}


def _link(found: str) -> str:
    """A link without the punctuation of its sentence; a bracket that it opened itself stays."""
    link = found.rstrip(".,;")
    return link[:-1].rstrip(".,;") if link.endswith(")") and link.count("(") < link.count(")") else link


def _carry(given: Given, values: Values) -> Saved:
    words, links = values.get("done", ""), values.get("evidence", "").split()
    return record.ask_sign_off(given.desk.store, given.ask.actor, *given.seen, words, links, given.ask.files)


def _check(given: Given, values: Values) -> None:
    coming = [(file.name, file.size, b"") for file in given.ask.coming]
    record.check_sign_off(values.get("done", ""), values.get("evidence", "").split(), coming)


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    done = Field("done", "What was done", "words", values.get("done", ""), "The DCC reads this before signing off.")
    links = Field("evidence", "Evidence", "words", values.get("evidence", ""), LINKS_ONLY, "https://", True)
    if not given.ask.takes_files:
        return done, links
    kept = f"Up to {evidence.MOST_FILES} files of 10 MB. They are kept in the register."
    files = Field("files", "Files", "files", hint=kept, optional=True, most=evidence.MOST_FILES)
    return done, links._replace(hint=LINKS_OR_FILES), files


def _still_open(given: Given) -> tuple[Line, ...]:
    """Open items under it are said before anybody asks."""
    children = given.item.children
    if not children:
        return ()
    opened = wording.joined([row.reference for row in children[:5]])
    return ((Span(f"{wording.count(len(children), 'item')} under it still open: {opened}."),),)


def opened_after_update(given: Given, values: Values, saved: Saved) -> Card | None:
    """After an update with "Ready for sign-off": the update is saved, and its words are carried over."""
    after = acting.refreshed(given, saved)
    if "complete" not in after.item.may:
        return None
    first = Lines((wording.answer_first("Saved.", "Your progress update is in the register. Now ask for sign-off:"),))
    opened = acting.form(ACT, after, {"done": values.get("note", "")}, first)
    return Card(f"Ask for sign-off of {saved.reference}", form=opened, saved=True)


def _told(given: Given, values: Values) -> str:
    left = len(given.item.children)
    still = f" {wording.count(left, 'item')} under it {'is' if left == 1 else 'are'} still open." if left else ""
    said = f"{acting.dcc(given)} decides on {given.item.row.reference}; it stays open until then"
    due = ", and its due date stays" if given.item.row.due else ""
    return f"{said}{due}.{still}"


ACT = Act(
    "complete",
    "Ask for sign-off",
    "Asked.",
    _carry,
    _told,
    submit="Ask",
    example=": what was done https://evidence",
    needs=("done", "evidence"),
    typed=_typed,
    fields=_fields,
    intro=_still_open,
    check=_check,
)
answer = partial(acting.answer, ACT)
