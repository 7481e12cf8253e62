"""What waits for whoever keeps the register: to allocate, to hand on, to check."""

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from storage import questions
from storage.questions import GONE, Filters, Reader
from storage.tables import REQUEST


class Keeping(NamedTuple):
    """How many items nobody owns yet, are owned by somebody who has left, and have evidence that nobody checked."""

    to_allocate: int
    gone: int
    to_check: int


def waiting(tx: Connection, reader: Reader) -> Keeping:
    """What waits for this liaison; nobody checks the evidence of their own request."""
    pending = (REQUEST.c.decision == "pending", REQUEST.c.kind == "sign_off", REQUEST.c.checked_at.is_(None))
    others = REQUEST.c.asker_id != (reader.person.id or -1)
    return Keeping(
        questions.counted(tx, Filters(statuses=("awaiting_allocation",)), reader),
        questions.counted(tx, Filters(owners=(GONE,)), reader),
        int(tx.execute(select(func.count()).select_from(REQUEST).where(*pending, others)).scalar_one()),
    )
