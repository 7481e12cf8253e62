"""`enrol`: who gets or loses which role, from the command line or a list; every fault by line, all or nothing."""

import csv
from collections.abc import Iterator
from typing import NamedTuple

from bot.settings import Settings, tokens
from storage import people
from storage.people import Enrolment, handle, role_named
from storage.rules.permissions import ROLES
from storage.store import Store

NONE = "none"
HEADINGS = ("person", "role", "name")
LIKE = "It begins with the line person,role or person,role,name."


class ListFault(Exception):
    """What is wrong with a list of people: one sentence a fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class _Row(NamedTuple):
    where: str
    person: str
    role: str
    name: str = ""


def one(person: str, role: str) -> list[Enrolment]:
    """As it is typed: PERSON ROLE."""
    return _checked([_Row("", person.strip(), role.strip())])


def listed(text: str) -> list[Enrolment]:
    """As a file gives them: a heading, then person, role and, where there is one, name; ListFault names each line."""
    lines = text.removeprefix("\ufeff").splitlines()
    mark = max(",;\t", key=lambda sign: lines[0].count(sign)) if lines else ","
    try:
        return _checked(list(_rows(csv.reader(lines, delimiter=mark, strict=True))))
    except csv.Error as fault:
        raise ListFault([f"The list cannot be read: {fault}."]) from None


def _rows(reader: Iterator[list[str]]) -> Iterator[_Row]:
    heading = [cell.strip().lower() for cell in next(reader, [])]
    if not {"person", "role"} <= set(heading) <= set(HEADINGS) or len(set(heading)) != len(heading):
        raise ListFault([f"Line 1: the heading is not that of a list of people. {LIKE}"])
    for cells in reader:
        told = dict(zip(heading, (cell.strip() for cell in cells), strict=False))
        if any(told.values()):
            where = f"Line {reader.line_num}: "  # type: ignore[attr-defined]
            yield _Row(where, told.get("person", ""), told.get("role", ""), " ".join(told.get("name", "").split()))


def _checked(rows: list[_Row]) -> list[Enrolment]:
    faults = [f"{row.where}{fault}" for row in rows if (fault := _fault(row))]
    if faults:
        raise ListFault(faults)
    return [Enrolment(row.person, role_named(row.role) or "", row.name) for row in rows]


def _fault(row: _Row) -> str:
    if handle(row.person) is None:
        return f"{row.person or 'nothing'} is neither an e-mail address nor a chat user ID."
    if row.role.lower() != NONE and role_named(row.role) is None:
        return f"{row.role or 'nothing'} is not a role. The roles are {', '.join(ROLES)}; none takes them all away."
    return ""


def held_by_settings(store: Store, settings: Settings, wanted: list[Enrolment]) -> list[str]:
    """Who cannot lose their roles because the settings give one at every start: a sentence each."""
    losing = [one.token for one in wanted if not one.role]
    return [
        f"{token} stands in {setting}, which gives the role at every start. Take it out there first."
        for setting, users in (("LIAISON_USERS", settings.liaison_users), ("DCC_USERS", settings.dcc_users))
        for token in losing
        if _number(store, token) in {_number(store, user) for user in tokens(users)} - {None}
    ]


def _number(store: Store, token: str) -> int | None:
    who = handle(token)
    with store.read() as tx:
        person = people.known_as(tx, who) if who else None
    return person.id if person else None


def told(one: Enrolment, changed: bool) -> str:
    """What became of one."""
    if not one.role:
        return f"{one.token} holds no role any more." if changed else f"{one.token} held no role."
    return (
        f"{one.token} holds the role {one.role} now." if changed else f"{one.token} held the role {one.role} already."
    )
