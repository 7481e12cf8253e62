"""Digests of several kinds and who has seen them, reminders and their pauses, threads, and the pace of messages."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("person", sa.Column("remind_at", sa.String(), nullable=True))
    op.add_column("person", sa.Column("paused_until", sa.Date(), nullable=True))
    off_track = sa.text("off_track != ''")
    where = {"sqlite_where": off_track, "postgresql_where": off_track}
    op.create_index(op.f("ix_item_off_track"), "item", ["open", "due_order", "sort_key"], **where)
    _digests()
    _reminders()
    _messages()


def _digests() -> None:
    op.add_column("digest", sa.Column("kind", sa.String(), nullable=False, server_default="weekly"))
    _refer("digest", "person_id", "person")
    op.add_column("digest", sa.Column("until", INSTANT, nullable=True))
    op.create_table(
        "digest_seen",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_digest_seen_person_id")),
        sa.ForeignKeyConstraint(["run_id"], ["digest_run.id"], name=op.f("fk_digest_seen_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_seen")),
        sa.UniqueConstraint("run_id", "person_id", name=op.f("uq_digest_seen_run_id_person_id")),
    )


def _reminders() -> None:
    op.create_table(
        "reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reminder_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint("about", "step", "day", "person_id", name=op.f("uq_reminder_about_step_day_person_id")),
    )
    op.create_index(op.f("ix_reminder_person_id"), "reminder", ["person_id"])
    op.create_table(
        "snooze",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("event", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["event"], ["history.seq"], name=op.f("fk_snooze_event")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_snooze_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_snooze_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snooze")),
    )
    op.create_index(op.f("ix_snooze_item"), "snooze", ["item_id", "person_id"])


def _messages() -> None:
    op.add_column("outgoing_message", sa.Column("due_at", INSTANT, nullable=True))
    _refer("outgoing_message", "follows_id", "outgoing_message")
    op.create_index(op.f("ix_outgoing_message_follows_id"), "outgoing_message", ["follows_id"])
    op.create_index(op.f("ix_outgoing_message_lease"), "outgoing_message", ["lease_until"])
    op.add_column("outgoing_message", sa.Column("sent_at", INSTANT, nullable=True))
    op.create_table(
        "pace",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pace")),
        sa.UniqueConstraint("platform", "place", name=op.f("uq_pace_platform_place")),
    )
    op.create_table(
        "beat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_beat")),
        sa.UniqueConstraint("name", name=op.f("uq_beat_name")),
    )


def _refer(table: str, column: str, other: str) -> None:
    """A column that names a row of another table: SQLite takes such a constraint only with its column."""
    named = f"CONSTRAINT fk_{table}_{column} REFERENCES {other} (id)"
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER {named}")
