"""The tables and the picture in docs/life.md and docs/words.md, drawn from the tables of the rules and of COMMANDS."""

from types import ModuleType

from handlers import wording
from handlers.commands import COMMANDS, DECIDE, DO, KEEP, RARE, SEE, TO_DECIDE
from storage.refusals import ACTS, HOLDERS
from storage.rules import lifecycle, permissions

BEGIN, END = "<!-- from the code: {} -->", "<!-- end -->"
EXAMPLE = "CUST26-C1"
ORDER = (
    lifecycle.AWAITING_ALLOCATION,
    lifecycle.IN_PROGRESS,
    lifecycle.PENDING_SIGN_OFF,
    lifecycle.DISPUTED,
    lifecycle.COMPLETE,
    lifecycle.NO_ACTION,
    lifecycle.SUPERSEDED,
)


def diagram() -> str:
    """The lifecycle as a Mermaid state diagram: an arrow for each pair of statuses, with the acts that lead there."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for act in lifecycle.MAY_BECOME:
        for start in ORDER:
            for end in _ends(act, start):
                arrows.setdefault((start, end), []).append(act)
    lines = [f"  {start} --> {end}: {', '.join(acts)}" for (start, end), acts in arrows.items()]
    names = [f'  state "{wording.STATUS[status]}" as {status}' for status in ORDER]
    return "\n".join(["```mermaid", "stateDiagram-v2", *names, f"  [*] --> {ORDER[0]}", *lines, "```"])


def _ends(act: str, start: str) -> list[str]:
    """The other statuses that an act leads to from one; to approve a request for no action is one of its own."""
    if not lifecycle.may_start(act, start):
        return []
    found = {lifecycle.after(act, start), lifecycle.after(act, start, owned=False)} - {start}
    if act == "approve" and lifecycle.may_start("no action", start) and start != lifecycle.PENDING_SIGN_OFF:
        found |= {lifecycle.NO_ACTION}
    return [status for status in ORDER if status in found]


def permission_table() -> str:
    """Who may do what: a row an act, a column for each of those who may do something."""
    columns = [word for word in HOLDERS if any(word in may for may in permissions.MAY_DO.values())]
    heads = [HOLDERS[word].removeprefix("its ").removeprefix("the ") for word in columns]
    rows = [_cells("act", *heads, "not"), "|---" * (len(columns) + 2) + "|"]
    for act, may in permissions.MAY_DO.items():
        rows.append(_cells(f"`{act}`", *("yes" if word in may else "" for word in columns), _never(act)))
    return "\n".join(rows)


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _never(act: str) -> str:
    told = ["on their own item"] if act in permissions.NOT_ON_OWN_ITEM else []
    return ", ".join(told + (["on their own request"] if act in permissions.NOT_ON_OWN_REQUEST else []))


def status_table() -> str:
    """From which status an act starts, and what becomes of it."""
    rows = ["| act | possible while | then |", "|---|---|---|"]
    for act, move in lifecycle.MAY_BECOME.items():
        start = ", ".join(wording.STATUS[s].lower() for s in ORDER if s in move.start)
        start = {len(ORDER): "any"}.get(len(move.start), start)
        start = "open" if move.start == lifecycle.OPEN else start
        end = wording.STATUS[move.end].lower() if move.end in wording.STATUS else move.end.replace("_", " ")
        rows.append(f"| `{act}` | {start} | {end} |")
    return "\n".join(rows)


def words_table() -> str:
    """Everything that can be said, in the order of the help."""
    groups: tuple[tuple[str, tuple[tuple[ModuleType, ...], ...]], ...] = (
        ("See", SEE),
        ("Wait for a decision", TO_DECIDE),
        ("Do", DO),
        ("Decide", DECIDE),
        ("Keep the register", KEEP),
        ("And", tuple((module,) for module in RARE)),
    )
    rows = ["| words | what one gets |", "|---|---|"]
    shown: list[ModuleType] = []
    for title, lines in groups:
        rows.append(f"| **{title}** | |")
        for module in (module for group in lines for module in group):
            rows.append(_word(module))
            shown.append(module)
    rows += [_word(module) for module in COMMANDS if module not in shown]
    return "\n".join(rows)


def _word(module: ModuleType) -> str:
    said = module.HELP[0].replace("{reference}", EXAMPLE).replace("|", "\\|")
    return f"| `{said}` | {module.HELP[1]} |"


DRAWN = {
    "docs/life.md": {"lifecycle": diagram, "permissions": permission_table, "statuses": status_table},
    "docs/words.md": {"words": words_table},
}
ACTS_NOT_OF_PEOPLE = {"register", "import", "refused"}
WORDED = frozenset(ACTS) - ACTS_NOT_OF_PEOPLE
