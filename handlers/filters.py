"""The filter language: words after `list`, `mine`, `overdue` and `due`, read into a storage query."""

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from handlers import dates
from handlers.ask import Ask, Desk, plain
from handlers.wording import COLOUR
from storage import questions
from storage.questions import GONE, NOBODY, ORDERS, Filters, Named
from storage.rules.lifecycle import CAUSES, STATUSES
from storage.rules.references import folded, key

KINDS = {
    "afi": ("area_for_improvement",),
    "area_for_improvement": ("area_for_improvement",),
    "recommendation": ("recommendation",),
    "cause": tuple(sorted(CAUSES)),
    "cause_of_concern": tuple(sorted(CAUSES)),
    "accelerated_cause_of_concern": ("accelerated_cause_of_concern",),
    "accelerated": ("accelerated_cause_of_concern",),
    "action": ("action",),
}
EXAMPLES = {
    "status": "status:in_progress",
    "rag": "rag:red",
    "kind": "kind:afi",
    "report": "report:CYBER19",
    "owner": "owner:me",
    "lead": "lead:me",
    "board": "board:cyber",
    "objective": "objective:people",
    "scope": "scope:national",
    "stale": "stale:28d",
    "due": "due:14d",
    "sort": "sort:reference",
    "page": "page:2",
}
MEANT = {"colour": "rag", "color": "rag", "type": "kind", "order": "sort", "state": "status", "who": "owner"}
MOST, LONGEST = 30, 200
_TOKEN = re.compile(r'(?P<key>[A-Za-z_]+)(?P<op>[:<])(?P<value>"(?:[^"]|"")*"|\S*)|"(?P<phrase>[^"]*)"|(?P<word>\S+)')
_DAYS = re.compile(r"(\d{1,4})\s*d(?:ays?)?\Z")


class WrongFilter(Exception):
    """A filter that is not understood: what is wrong, and the words that would be right."""

    def __init__(self, sentence: str, instead: str) -> None:
        super().__init__(sentence)
        self.sentence, self.instead = sentence, instead


def begins(words: str) -> bool:
    """Whether words begin with a filter, so that a list is meant."""
    first = _TOKEN.match(plain(words))
    return bool(first and first["key"] and first["key"].lower() in EXAMPLES)


def page_of(word: str) -> int:
    """The number in `page:3`; 0 when the word is something else."""
    name, _, number = word.partition(":")
    return int(number) if name.lower() == "page" and number.isdecimal() and len(number) < 7 else 0


@dataclass
class Wanted:
    """What a list is asked for; `words` are the filters as asked, without the page."""

    mine: bool = False
    overdue: bool = False
    page: int = 1
    words: list[str] = field(default_factory=list)
    chosen: dict[str, list[str]] = field(default_factory=dict)
    filters: Filters = field(default_factory=Filters)

    def narrow(self, **values: Any) -> None:
        self.filters = self.filters._replace(**values)

    def widen(self, name: str, more: tuple[Any, ...]) -> None:
        self.narrow(**{name: (*getattr(self.filters, name), *more)})


def read(text: str, ask: Ask, desk: Desk) -> Wanted:
    """Read filters; raises WrongFilter, which names the one that is wrong."""
    wanted = Wanted()
    if text.count(" ") > MOST:
        raise WrongFilter(f"Those are too many filters at once; {MOST} fit.", "list")
    tokens = list(_TOKEN.finditer(" ".join(plain(text).split())))
    skip = False
    for number, token in enumerate(tokens):
        if skip:
            skip = False
            continue
        after = tokens[number + 1]["word"] if number + 1 < len(tokens) else None
        skip = _take(token, after, wanted, ask, desk)
    return wanted


def _take(token: re.Match[str], after: str | None, wanted: Wanted, ask: Ask, desk: Desk) -> bool:
    """Take one token in; True when it used up the one after it (`due 14d`)."""
    if token["key"] is not None:
        _take_key(token["key"].lower(), token["op"], _value(token["value"]), wanted, ask, desk)
        if token["key"].lower() != "page":
            wanted.words.append(token.group())
        return False
    word = token["word"]
    bare = (word or "").lower()
    if bare == "due" and after and _DAYS.match(_value(after).lower()):
        wanted.words.append(f"due:{_value(after).lower()}")
        _take_key("due", ":", _value(after), wanted, ask, desk)
        return True
    if bare in {"mine", "overdue"}:
        setattr(wanted, bare, True)
        wanted.narrow(**{bare: True})
        return False
    wanted.words.append(token.group())
    _take_words(token["phrase"] if word is None else word, wanted)
    return False


def _take_words(words: str, wanted: Wanted) -> None:
    """A word, or a phrase as one; what holds nothing that could be looked for is named."""
    if not folded(words).strip("\x00 "):
        raise WrongFilter("There is a word without a letter in it. Leave it out.", "list")
    if len(words) > LONGEST:
        raise WrongFilter(f"A word of {len(words):,} characters is too long to look for; {LONGEST} fit.", "list")
    wanted.widen("words", (words,))


def _value(typed: str) -> str:
    """A filter's value: quotes taken off, else stray punctuation at its end forgiven; "" within quotes is a quote."""
    if len(typed) > 1 and typed.startswith('"') and typed.endswith('"'):
        return typed[1:-1].replace('""', '"')
    return typed.strip('"') if typed.startswith('"') else typed.rstrip(".,;!")


def quoted(name: str) -> str:
    """A name as a filter's value, whatever quotes stand in it."""
    return '"' + plain(name).replace('"', '""') + '"'


def _take_key(name: str, op: str, value: str, wanted: Wanted, ask: Ask, desk: Desk) -> None:
    if name not in EXAMPLES or (op == "<" and name != "due"):
        raise _no_such(name, op)
    if not value:
        raise WrongFilter(f"`{name}{op}` needs a value, like `{EXAMPLES[name]}`.", f"list {EXAMPLES[name]}")
    wanted.chosen.setdefault(name + op, []).append(value)
    if op == "<":
        day = _day(value, ask, desk)
        wanted.narrow(due_before=max(day, wanted.filters.due_before or day))
    else:
        _READERS[name](value, wanted, ask, desk)


def _no_such(name: str, op: str) -> WrongFilter:
    near = MEANT.get(name) or next(iter(difflib.get_close_matches(name, EXAMPLES, 1, 0.6)), "status")
    said = f"There is no filter called `{name}`."
    if near == "rag":
        return WrongFilter(f"{said} For the colour of an item use `rag:red`.", "list rag:red")
    return WrongFilter(f"{said} Did you mean `{EXAMPLES[near]}`?", f"list {EXAMPLES[near]}")


def _one_of(name: str, value: str, allowed: list[str]) -> WrongFilter:
    near = next(iter(difflib.get_close_matches(value.lower(), allowed, 1, 0.5)), allowed[0])
    said = f"`{name}:{value[:40]}` is not known. Use one of: {', '.join(allowed)}."
    return WrongFilter(said, f"list {name}:{near}")


def _status(value: str, wanted: Wanted, ask: Ask, desk: Desk) -> None:
    status = value.lower().replace(" ", "_").replace("-", "_")
    if status not in STATUSES:
        raise _one_of("status", value, sorted(STATUSES))
    wanted.widen("statuses", (status,))


def _colour(value: str, wanted: Wanted, ask: Ask, desk: Desk) -> None:
    if value.lower() not in COLOUR:
        raise _one_of("rag", value, list(COLOUR))
    wanted.widen("colours", (value.lower(),))


def _kind(value: str, wanted: Wanted, ask: Ask, desk: Desk) -> None:
    name = value.lower().replace(" ", "_").rstrip("s")
    if name not in KINDS:
        raise _one_of("kind", value, ["afi", "recommendation", "cause", "action"])
    wanted.widen("kinds", KINDS[name])


def _report(value: str, wanted: Wanted, ask: Ask, desk: Desk) -> None:
    with desk.store.read() as tx:
        if not questions.report_known(tx, value):
            raise WrongFilter(f"There is no report with the code `{value[:40]}`.", "list sort:reference")
    wanted.widen("reports", (key(value),))


def _owner(value: str, wanted: Wanted, ask: Ask, desk: Desk) -> None:
    wanted.widen("owners", _persons("owner", value, ask, desk))


def _lead(value: str, wanted: Wanted, ask: Ask, desk: Desk) -> None:
    wanted.widen("leads", _persons("lead", value, ask, desk))


def _persons(name: str, value: str, ask: Ask, desk: Desk) -> tuple[int, ...]:
    word = value.lower()
    if word in {"me", "none", "gone"}:
        return ({"me": ask.person.id or -1, "none": NOBODY, "gone": GONE}[word],)
    with desk.store.read() as tx:
        found = questions.persons_called(tx, value.lstrip("@"), ask.tenant) if value.strip("@%_ ") else []
    if not found:
        said = f"Nobody called `{value[:40]}` is in the register. Use an address, `{name}:me` or `{name}:none`."
        raise WrongFilter(said, f"list {name}:none")
    return tuple(found)


def _board(value: str, wanted: Wanted, ask: Ask, desk: Desk) -> None:
    wanted.widen("boards", (_named("board", value, desk),))


def _objective(value: str, wanted: Wanted, ask: Ask, desk: Desk) -> None:
    wanted.widen("objectives", (_named("objective", value, desk),))


def _named(column: str, value: str, desk: Desk) -> Named:
    """A board or an objective that is called just so, else whichever has these letters in its name."""
    with desk.store.read() as tx:
        return Named(value, questions.is_whole(tx, column, value))


def _scope(value: str, wanted: Wanted, ask: Ask, desk: Desk) -> None:
    if value.lower() not in {"force", "national"}:
        raise _one_of("scope", value, ["force", "national"])
    wanted.widen("scopes", (value.lower(),))


def _stale(value: str, wanted: Wanted, ask: Ask, desk: Desk) -> None:
    days = _DAYS.match(value.lower())
    if not days:
        raise WrongFilter(f"`stale:{value[:20]}` needs days, like `stale:28d`.", "list stale:28d")
    wanted.narrow(stale_days=min(int(days[1]), wanted.filters.stale_days or 10_000))


def _due(value: str, wanted: Wanted, ask: Ask, desk: Desk) -> None:
    days = _DAYS.match(value.lower())
    if not days:
        raise WrongFilter(
            f"`due:{value[:20]}` needs days, like `due:14d`, or a date, like `due<2026-12-31`.", "list due:14d"
        )
    day = ask.today + timedelta(days=int(days[1]))
    wanted.narrow(due_by=max(day, wanted.filters.due_by or day))


def _sort(value: str, wanted: Wanted, ask: Ask, desk: Desk) -> None:
    if value.lower() not in ORDERS:
        raise _one_of("sort", value, list(ORDERS))
    wanted.narrow(order=value.lower())


def _page(value: str, wanted: Wanted, ask: Ask, desk: Desk) -> None:
    if not value.isdecimal() or len(value) > 6:
        raise WrongFilter(f"`page:{value[:20]}` needs a number, like `page:2`.", "list page:2")
    wanted.page = int(value)


def _day(value: str, ask: Ask, desk: Desk) -> date:
    try:
        return dates.read_date(value, ask.today, working_day=desk.calendar.working_day)
    except dates.DoubtfulDate as doubt:
        raise WrongFilter(f"`due<{value[:20]}` needs a date. {doubt}", "list due<2026-12-31") from None


_READERS: dict[str, Callable[[str, Wanted, Ask, Desk], None]] = {
    "status": _status,
    "rag": _colour,
    "kind": _kind,
    "report": _report,
    "owner": _owner,
    "lead": _lead,
    "board": _board,
    "objective": _objective,
    "scope": _scope,
    "stale": _stale,
    "due": _due,
    "sort": _sort,
    "page": _page,
}
