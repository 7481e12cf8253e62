"""Conversations of a chat that calls us, and where a person was heard last."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("identity", sa.Column("heard_on", sa.Date(), nullable=True))
    op.create_table(
        "conversation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("bot_id", sa.String(), nullable=False),
        sa.Column("service_url", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("heard_at", INSTANT, nullable=False),
        sa.Column("left_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_conversation_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
        sa.UniqueConstraint("platform", "place", name=op.f("uq_conversation_platform_place")),
    )
    op.create_index(op.f("ix_conversation_person_id"), "conversation", ["person_id"])
    op.add_column("outgoing_message", sa.Column("redrawn", sa.Text(), nullable=True))
    op.create_index(op.f("ix_outgoing_message_posted"), "outgoing_message", ["place", "posted_ts"])
