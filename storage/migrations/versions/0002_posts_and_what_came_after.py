"""Posts and who holds them, whom nobody in chat answers for, what an item gave way to, when a force was inspected."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
        sa.UniqueConstraint("name_key", name=op.f("uq_post_name_key")),
    )
    op.create_table(
        "post_holder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_post_holder_person_id")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_post_holder_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_holder")),
    )
    op.create_index(op.f("ix_post_holder_post_id"), "post_holder", ["post_id"])
    op.add_column("person", sa.Column("away", sa.String(), nullable=True))
    op.add_column("person", sa.Column("away_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("report", sa.Column("inspected_on", sa.Date(), nullable=True))
    _refer("post_id", "post")
    _refer("superseded_by_id", "item")
    op.create_index(op.f("ix_item_post_id"), "item", ["post_id"])


def _refer(column: str, table: str) -> None:
    """A column of an item that names a row of a table: SQLite takes such a constraint only with its column."""
    op.execute(f"ALTER TABLE item ADD COLUMN {column} INTEGER CONSTRAINT fk_item_{column} REFERENCES {table} (id)")
