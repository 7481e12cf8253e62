"""One row of a message that many read, drawn anew where it stands: what was decided, and no button any more."""

import logging
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NamedTuple

from handlers.carrier import Trouble
from handlers.slack import draw
from handlers.slack.send import Sender

log = logging.getLogger(__name__)
# written the other way in a row, one sign for one sign: see draw.quiet
_ALIKE = str.maketrans({**draw.LOOK_ALIKES, ":": "\u2236"})
Json = dict[str, Any]


class Pressed(NamedTuple):
    """A button that was pressed: in which message and block, and what it says."""

    channel: str
    ts: str
    thread: str
    block_id: str
    words: str


def pressed(body: Json) -> Pressed | None:
    """The button of a press; None in a message that one person alone sees, as nothing can change that but its answer.

    https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
    """
    where, action = body.get("container") or {}, body["actions"][0]
    if where.get("is_ephemeral") or where.get("type") != "message":
        return None
    first = (body.get("message") or {}).get("thread_ts") or where.get("thread_ts") or ""
    ts = str(where["message_ts"])
    return Pressed(
        where["channel_id"], ts, "" if first == ts else str(first), action["block_id"], action.get("value", "")
    )


@dataclass
class Rows:
    """Changes one row of a message as it stands at that moment, one at a time in this process.

    Two who decide at once in two processes may lose a row's change: its button stays, and then refuses.
    """

    sender: Sender
    one_at_a_time: Lock = field(default_factory=Lock)

    def settle(self, where: Pressed, said: str) -> None:
        """Say in the row of the pressed button what became of it. What Slack refuses is logged: nothing hangs on it."""
        try:
            with self.one_at_a_time:
                anew = settled(self.sender.present(where.channel, where.ts, where.thread), where, said)
                if anew:
                    self.sender.change(where.channel, where.ts, anew)
        except Trouble as trouble:
            log.warning("a row was not drawn anew: %s", trouble.sentence)


def settled(message: Json, where: Pressed, said: str) -> Json | None:
    """`text` and `blocks` of a message with one row settled, all else as it was; None when it has no such row."""
    blocks = list(message.get("blocks") or [])
    at = next((n for n, block in enumerate(blocks) if _is(block, where)), None)
    if at is None:
        return None
    head = blocks[at]["text"]["text"].partition("\n")[0]
    row = {key: part for key, part in blocks[at].items() if key != "accessory"}
    told = draw.escaped(draw.quiet(said), draw.SPAN_MOST)
    blocks[at] = {**row, "text": {**row["text"], "text": f"{head}\n{told}"}}
    return {"text": _within(_twin(str(message.get("text", "")), head, said)), "blocks": blocks}


def _is(block: Json, where: Pressed) -> bool:
    """Whether it is the row of that button, with the button still in it."""
    same = block.get("block_id") == where.block_id and block.get("type") == "section"
    return same and (block.get("accessory") or {}).get("value") == where.words


def _twin(text: str, head: str, said: str) -> str:
    """The plain text with the row's line settled; as it was, where the line was cut off."""
    plain = head.replace("*", "").strip()
    begins, lines = f"{plain}:".translate(_ALIKE), text.split("\n")
    for number, line in enumerate(lines):
        if line.translate(_ALIKE).startswith(begins):
            lines[number] = f"{line[: len(plain)]}: {draw.escaped(said, draw.SPAN_MOST)}"
            return "\n".join(lines)
    return text


def _within(text: str) -> str:
    """As many bytes as Slack takes for a message that is changed: fewer than for a new one."""
    most = draw.LIMITS["changed_text_bytes"]
    if len(text.encode()) <= most:
        return text
    return draw.unbroken(text.encode()[: most - 3].decode(errors="ignore")) + "…"
