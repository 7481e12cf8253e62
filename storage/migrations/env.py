"""How alembic runs our migrations: on the connection handed over, each in a transaction of its own."""

from alembic import context

from storage.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transaction_per_migration=True,
    transactional_ddl=True,
    render_as_batch=True,
    on_version_apply=lambda **_: context.config.attributes["done"].append(True),
)
with context.begin_transaction():
    context.run_migrations()
