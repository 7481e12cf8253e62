"""The DCC's channel as Slack keeps it, and the outbox as the register keeps it, for tests of what was posted."""

import copy
import json
from typing import Any

from bot.clock import instant
from practice.stand_in import StandInThread
from tests.databases import reading
from tests.wire.office import DCC, WORKSPACE

Json = dict[str, Any]
DIGEST = "digest:weekly:2026-W48"


def slack_at(when: str) -> StandInThread:
    """A pretended Slack whose clock begins then."""
    return StandInThread(copy.deepcopy(WORKSPACE), now=instant(when))


def posted(slack: StandInThread, channel: str = DCC) -> list[Json]:
    """What the bot posted in a channel, oldest first, metadata and all; what went into threads is left out."""
    return [message for message in _posted(slack, channel) if not _replies(message)]


def in_threads(slack: StandInThread, channel: str = DCC) -> list[Json]:
    """What the bot posted in the threads of a channel, oldest first."""
    return [message for message in _posted(slack, channel) if _replies(message)]


def _replies(message: Json) -> bool:
    """Whether it stands in a thread; the first message of one carries its own number."""
    return bool(message.get("thread_ts", message["ts"]) != message["ts"])


def _posted(slack: StandInThread, channel: str) -> list[Json]:
    kept = slack.stand_in.workspace.kept
    return [k.message for k in list(kept) if k.channel == channel and k.message.get("bot_id") and not k.only_for]


def key_of(message: Json) -> str:
    return str(message["metadata"]["event_payload"]["key"])


def fault(slack: StandInThread, method: str, kind: str, **more: Any) -> None:
    slack.stand_in.web_api.faults.add({"method": method, "fault": kind, **more})


def calls(slack: StandInThread, method: str) -> int:
    return sum(call["method"] == method for call in list(slack.stand_in.web_api.calls.made))


def outbox_rows(url: str) -> dict[str, Json]:
    """The outgoing messages by key, read past the program."""
    columns = ("key", "state", "attempt", "posted_ts")
    with reading(url) as other:
        rows = other.execute(f"SELECT {', '.join(columns)} FROM outgoing_message").fetchall()
    return {row[0]: dict(zip(columns, row, strict=True)) for row in rows}


def text_of(message: Json) -> str:
    return " ".join(json.dumps(message["blocks"], ensure_ascii=False).split())
