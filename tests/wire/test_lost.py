"""A form whose commit is lost: nobody is told saved or not saved, and the same form sent again is one save."""

import pytest

from tests.databases import Database
from tests.server import ACCOUNT, PASSWORD
from tests.storage.lossy import AFTER, BEFORE, Lossy
from tests.wire.office import Office

UNKNOWN = (
    "Perhaps saved. The connection to the database server was lost: it is not known whether that was saved. "
    "Ask again; what was saved is not saved twice."
)


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_a_form_lost_while_it_was_saved_can_be_sent_again_and_is_saved_once(
    database: Database, register_url: str, when: str
) -> None:
    name = register_url.rpartition("@/")[2].partition("?")[0]
    line = Lossy(database.server.port)
    with line, Office(f"postgresql+psycopg://{ACCOUNT}:{PASSWORD}@127.0.0.1:{line.port}/{name}") as office:
        form = office.owen.opens("update CUST26-R2")
        before = office.acts("CUST26-R2")
        line.lose(when)
        told = office.owen.sends(form, note="Two teams trained.")
        assert told["acked"] and not told["closed"]
        assert list(told["errors"].values()) == [UNKNOWN]
        assert office.owen.sends(form, note="Two teams trained.")["closed"]
        done = office.acts("CUST26-R2")[len(before) :]
        assert [(act, values["note"]) for act, values in done] == [("update", [None, "Two teams trained."])]
