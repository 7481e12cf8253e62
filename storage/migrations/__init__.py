"""The steps by which the tables came to be; `upgrade` takes the register through those it lacks."""

import logging
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from storage.store import SCHEMA, SchemaFault, Store, StoreFault, check_schema


def upgrade(store: Store, to: str = SCHEMA) -> bool:
    """Bring the tables up to this program, each step one transaction; True when anything was done.

    Of two programs that begin at once, the second waits and finds it done. `to` is for tests of older registers.
    """
    if _is_up_to_date(store):
        return False
    with store.alone() as connection:
        return not _is_up_to_date(store) and _run(connection, to)


def steps(connection: Connection) -> bool:
    """The steps that are left, within a transaction that somebody has begun."""
    return _run(connection, SCHEMA)


def _is_up_to_date(store: Store) -> bool:
    try:
        check_schema(store)
    except SchemaFault as fault:
        if "newer" in str(fault):
            raise
        return False
    return True


def _run(connection: Connection, to: str) -> bool:
    """Take the steps that are left; False when there are none, as another program has just taken them."""
    from alembic import command
    from alembic.config import Config

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"], config.attributes["done"] = connection, []
    try:
        command.upgrade(config, to)
    except Exception as fault:
        told = fault.orig if isinstance(fault, DBAPIError) else fault
        raise StoreFault(f"The register's tables could not be brought up to date: {told}") from fault
    return bool(config.attributes["done"])
