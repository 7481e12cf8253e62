"""The tables of the register; what lists filter or sort by is stored beside what it is derived from."""

from datetime import UTC, date, datetime
from typing import Any, cast

from sqlalchemy import Column, DateTime, Dialect, Index, LargeBinary, String, Table, Text, UniqueConstraint, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING
# on PostgreSQL, whatever language the database has, what is sorted is sorted by its bytes, and every letter has its
# lower case; SQLite sorts by bytes, and lowers as Python does
SORTED: Any = String().with_variant(String(collation="C"), "postgresql")
LOWERED: Any = String().with_variant(String(collation="und-x-icu"), "postgresql")
LOWERED_TEXT: Any = Text().with_variant(Text(collation="und-x-icu"), "postgresql")

OFF_TRACK = text("off_track != ''")


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant; SQLite forgets the zone, so it is taken off and put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


def _instant(**options: Any) -> Any:
    return Field(sa_type=cast(Any, Instant), **options)


def _text(default: str = "") -> Any:
    return Field(default=default, sa_type=Text)


class Report(SQLModel, table=True):
    """What an inspecting body published, and the steps of section 55 on it."""

    id: int | None = Field(default=None, primary_key=True)
    code: str
    code_key: str = Field(unique=True)
    sort_key: str = Field(default="", sa_type=SORTED)
    title: str = _text()
    source: str = ""
    published_on: date | None = None
    inspected_body: str = ""
    section_55: str = ""
    chief_officer_comments_due: date | None = None
    comments_requested_on: date | None = None
    comments_received_on: date | None = None
    comments_published_on: date | None = None
    copied_to_inspectorate_on: date | None = None
    copied_to_home_secretary_on: date | None = None
    registered_on: date
    version: int = 1
    inspected_on: date | None = None


class Person(SQLModel, table=True):
    """Somebody with a part in the register; the name is the chat profile's and can be erased."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(default="", sa_type=LOWERED)
    active: bool = True
    created_at: datetime = _instant()
    away: str | None = None  # why nobody in chat answers for them: `left`, `guest` or `unknown`
    away_since: datetime | None = _instant(default=None)
    remind_at: str | None = None  # at which wall-clock time they hear of what is due; None: the usual time
    paused_until: date | None = None  # the first day on which they hear again


class Post(SQLModel, table=True):
    """A post, such as Head of Economic and Cyber Crime: what is owned by it passes on with it."""

    id: int | None = Field(default=None, primary_key=True)
    name: str
    name_key: str = Field(unique=True)


class PostHolder(SQLModel, table=True):
    """Who held a post, from which day until which (the first day of the next holder)."""

    __tablename__ = "post_holder"

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id", index=True)
    person_id: int = Field(foreign_key="person.id")
    since: date
    until: date | None = None


class Identity(SQLModel, table=True):
    """How a platform knows a person; an e-mail address is one (platform `email`)."""

    __table_args__ = (UniqueConstraint("platform", "tenant", "external_id"),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    platform: str
    tenant: str = ""
    external_id: str
    heard_on: date | None = None  # the last day on which they spoke there: where they are, they are told


class Role(SQLModel, table=True):
    """A role held from one instant until another; `why` says where it comes from."""

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    role: str
    since: datetime = _instant()
    until: datetime | None = _instant(default=None)
    why: str = ""


class Item(SQLModel, table=True):
    """A finding or an action that the force must answer; nested by `parent_id`."""

    __table_args__ = (
        # lists: open first, soonest due, natural order; the owner's and the lead's own
        Index("ix_item_list", "open", "due_order", "sort_key"),
        Index("ix_item_owner", "owner_id", "open", "due_order", "sort_key"),
        Index("ix_item_lead", "lead_id", "open", "due_order", "sort_key"),
        Index("ix_item_status", "status", "due_order", "sort_key"),
        Index("ix_item_report", "report_id", "open", "due_order", "sort_key"),
        Index("ix_item_quiet", "open", "quiet_since"),
        Index("ix_item_sort", "sort_key"),
        # the digest's few that are off track, without a look at all that are open
        Index("ix_item_off_track", "open", "due_order", "sort_key", sqlite_where=OFF_TRACK, postgresql_where=OFF_TRACK),
    )

    id: int | None = Field(default=None, primary_key=True)
    reference: str
    reference_key: str = Field(unique=True)
    sort_key: str = Field(sa_type=SORTED)
    report_id: int = Field(foreign_key="report.id")
    parent_id: int | None = Field(default=None, foreign_key="item.id", index=True)
    kind: str
    number: str = ""
    title: str = _text()
    text: str = _text()
    folded: str = _text()
    status: str
    open: bool
    scope: str = ""
    addressee: str = ""
    marking: str
    deadline_wording: str = _text()
    inspectorate_deadline: date | None = None
    target_date: date | None = None
    original_target_date: date | None = None
    due: date | None = None
    due_order: date
    forecast_date: date | None = None
    off_track: str = _text()
    external_dependency: str = ""
    waiting_on: str = ""
    inspectorate_ref: str = ""
    inspectorate_status: str = ""
    board: str = Field(default="", sa_type=LOWERED)
    objective: str = Field(default="", sa_type=LOWERED_TEXT)
    owner_id: int | None = Field(default=None, foreign_key="person.id")
    lead_id: int | None = Field(default=None, foreign_key="person.id")
    delegates: str = ""
    extensions: int = 0
    moves: int = 0
    last_update_on: date | None = None
    quiet_since: date
    completed_on: date | None = None
    closed_on: date | None = None
    brought_in_ended: bool = False
    created_at: datetime = _instant()
    updated_at: datetime = _instant()
    version: int = 1
    post_id: int | None = Field(default=None, foreign_key="post.id", index=True)
    superseded_by_id: int | None = Field(default=None, foreign_key="item.id")


class ItemPerson(SQLModel, table=True):
    """Who was owner, delegate or lead of an item, from when until when."""

    __tablename__ = "item_person"
    __table_args__ = (Index("ix_item_person_now", "person_id", "until", "item_id"),)

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id", index=True)
    person_id: int = Field(foreign_key="person.id")
    tie: str
    since: datetime = _instant()
    until: datetime | None = _instant(default=None)


class ProgressUpdate(SQLModel, table=True):
    """What somebody said has changed; never edited, the newest counts."""

    __tablename__ = "progress_update"

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id", index=True)
    person_id: int = Field(foreign_key="person.id")
    event: int = Field(foreign_key="history.seq")
    at: datetime = _instant()
    words: str = _text()


class Request(SQLModel, table=True):
    """Somebody asks for sign-off, a later date or no action; one pending an item."""

    __table_args__ = (Index("ix_request_item", "item_id", "decision"),)

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id")
    kind: str
    asker_id: int = Field(foreign_key="person.id")
    asked_at: datetime = _instant()
    event: int = Field(foreign_key="history.seq")
    words: str = _text()
    proposed_date: date | None = None
    checked_by_id: int | None = Field(default=None, foreign_key="person.id")
    checked_at: datetime | None = _instant(default=None)
    check_note: str = _text()
    decision: str = "pending"
    decided_by_id: int | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = _instant(default=None)
    decision_words: str = _text()


class Evidence(SQLModel, table=True):
    """What shows that something was done: a link, or the bytes of a file."""

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id", index=True)
    request_id: int | None = Field(default=None, foreign_key="request.id")
    person_id: int = Field(foreign_key="person.id")
    event: int = Field(foreign_key="history.seq")
    at: datetime = _instant()
    link: str = _text()
    name: str = ""
    media_type: str = ""
    size: int | None = None
    sha256: str = ""
    content: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))


class TargetChange(SQLModel, table=True):
    """One change of a target date: from, to, why, and which move it was (0: the first date)."""

    __tablename__ = "target_change"

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id", index=True)
    event: int = Field(foreign_key="history.seq")
    at: datetime = _instant()
    before: date | None = None
    after: date | None = None
    number: int = 0
    reason: str = _text()
    person_id: int | None = Field(default=None, foreign_key="person.id")
    by_import: bool = False


class History(SQLModel, table=True):
    """The ledger: one event a row, append-only, chained; `body` is the canonical JSON that is hashed."""

    __table_args__ = (Index("ix_history_item", "item_id", "seq"), Index("ix_history_at", "at"))

    seq: int = Field(primary_key=True)
    at: datetime = _instant()
    act: str
    actor_id: int | None = Field(default=None, foreign_key="person.id")
    item_id: int | None = Field(default=None, foreign_key="item.id")
    report_id: int | None = Field(default=None, foreign_key="report.id")
    body: str = _text()
    hash: str


class Head(SQLModel, table=True):
    """The one row that every writer locks: the last event's number, hash and time."""

    id: int = Field(primary_key=True)
    seq: int
    hash: str
    at: datetime = _instant()


class KeptText(SQLModel, table=True):
    """The values of an event, apart from it, so that they can be erased while the chain still verifies."""

    __tablename__ = "kept_text"

    event: int = Field(primary_key=True, foreign_key="history.seq")
    field: str = Field(primary_key=True)
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    pair: str = _text()


class RequestKey(SQLModel, table=True):
    """A request that was carried out, and its first answer, which a repeat gets again."""

    __tablename__ = "request_key"

    key: str = Field(primary_key=True)
    at: datetime = _instant()
    answer: str = _text()


class Digest(SQLModel, table=True):
    """A digest as data: what, where, when, and since when it exists until it was switched off."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    platform: str
    place: str
    filter: str = ""
    day: str
    time: str
    since: datetime = _instant()
    kind: str = Field(default="weekly", sa_column_kwargs={"server_default": "weekly"})
    person_id: int | None = Field(default=None, foreign_key="person.id")
    until: datetime | None = _instant(default=None)


class DigestSeen(SQLModel, table=True):
    """Who said that they have seen a digest, and when."""

    __tablename__ = "digest_seen"
    __table_args__ = (UniqueConstraint("run_id", "person_id"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="digest_run.id")
    person_id: int = Field(foreign_key="person.id")
    at: datetime = _instant()


class Reminder(SQLModel, table=True):
    """One step that a person was told of, once: of an item or a report, about a day (what it was due on, say)."""

    __table_args__ = (UniqueConstraint("about", "step", "day", "person_id"),)

    id: int | None = Field(default=None, primary_key=True)
    about: str  # item:12, report:3 or digest:4
    step: str
    day: date
    person_id: int = Field(foreign_key="person.id", index=True)
    told_on: date
    at: datetime = _instant()


class Snooze(SQLModel, table=True):
    """Somebody asked not to be reminded of an item until a day, and why."""

    __table_args__ = (Index("ix_snooze_item", "item_id", "person_id"),)

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id")
    person_id: int = Field(foreign_key="person.id")
    event: int = Field(foreign_key="history.seq")
    at: datetime = _instant()
    until: date
    due: date | None = None
    reason: str = _text()


class DigestRun(SQLModel, table=True):
    """One digest of one period: due when, counted up to which event, with which figures."""

    __tablename__ = "digest_run"
    __table_args__ = (UniqueConstraint("digest_id", "period"),)

    id: int | None = Field(default=None, primary_key=True)
    digest_id: int = Field(foreign_key="digest.id")
    period: str
    due: datetime = _instant()
    last_event: int
    figures: str = _text()


class OutgoingMessage(SQLModel, table=True):
    """A message on its way: the only table with state, attempt, lease and payload."""

    __tablename__ = "outgoing_message"
    __table_args__ = (
        Index("ix_outgoing_message_due", "state", "next_try_at"),
        Index("ix_outgoing_message_lease", "lease_until"),  # of few: on their way, or to be looked at once more
        Index("ix_outgoing_message_posted", "place", "posted_ts"),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    platform: str
    place: str
    payload: str = _text()
    state: str = "waiting"
    attempt: int = 0
    lease_until: datetime | None = _instant(default=None)
    next_try_at: datetime = _instant()
    noted_ts: str = ""
    posted_ts: str = ""
    trouble: str = _text()
    run_id: int | None = Field(default=None, foreign_key="digest_run.id", index=True)
    created_at: datetime = _instant()
    due_at: datetime | None = _instant(default=None)  # of a scheduled message: the instant that it was due for
    follows_id: int | None = Field(default=None, foreign_key="outgoing_message.id", index=True)  # in its thread
    sent_at: datetime | None = _instant(default=None)
    redrawn: str | None = Field(default=None, sa_type=Text)  # as it reads since a row of it was settled


class Pace(SQLModel, table=True):
    """From when on the next message may go to a place, so that no channel gets more than one a second."""

    __table_args__ = (UniqueConstraint("platform", "place"),)

    id: int | None = Field(default=None, primary_key=True)
    platform: str
    place: str
    next_at: datetime = _instant()


class Beat(SQLModel, table=True):
    """The last sign of life of each running bot, and how it stood then."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    started_at: datetime = _instant()
    at: datetime = _instant()
    told: str = _text()


class Conversation(SQLModel, table=True):
    """Where a chat that calls us can be reached: a conversation of Teams, and at which service, until we left it."""

    __table_args__ = (UniqueConstraint("platform", "place"),)

    id: int | None = Field(default=None, primary_key=True)
    platform: str
    place: str
    tenant: str = ""
    kind: str
    bot_id: str = ""
    service_url: str
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    heard_at: datetime = _instant()
    left_at: datetime | None = _instant(default=None)


def table(model: type[SQLModel]) -> Table:
    """The Core table behind a model, for prebuilt statements."""
    return cast(Table, cast(Any, model).__table__)


POST, POST_HOLDER = table(Post), table(PostHolder)
REPORT, PERSON, IDENTITY, ROLE = table(Report), table(Person), table(Identity), table(Role)
ITEM, ITEM_PERSON, UPDATE = table(Item), table(ItemPerson), table(ProgressUpdate)
REQUEST, EVIDENCE, TARGET_CHANGE = table(Request), table(Evidence), table(TargetChange)
HISTORY, HEAD, KEPT_TEXT = table(History), table(Head), table(KeptText)
REQUEST_KEY, DIGEST, DIGEST_RUN = table(RequestKey), table(Digest), table(DigestRun)
OUTGOING, PACE, BEAT = table(OutgoingMessage), table(Pace), table(Beat)
DIGEST_SEEN, REMINDER, SNOOZE = table(DigestSeen), table(Reminder), table(Snooze)
CONVERSATION = table(Conversation)
METADATA = SQLModel.metadata
