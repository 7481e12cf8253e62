"""The steps by which the tables came to be; `upgrade` takes the register through those it lacks."""

import logging
from pathlib import Path

from storage.store import SCHEMA, SchemaFault, Store, StoreFault, check_schema


def upgrade(store: Store) -> bool:
    """Bring the tables up to this program, each step one transaction; True when anything was done."""
    try:
        check_schema(store)
        return False
    except SchemaFault as fault:
        if "newer" in str(fault):
            raise
    _run(store)
    return True


def _run(store: Store) -> None:
    from alembic import command
    from alembic.config import Config

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with store.writer.connect() as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, SCHEMA)
        except Exception as fault:
            raise StoreFault(f"The register's tables could not be brought up to date: {fault}") from fault
