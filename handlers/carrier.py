"""What a chat offers the outbox: how a message is drawn for it, who carries it there, and what trouble means."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple, Protocol

from handlers.card import Card

# surely not done, and worth another try later | it may have been done: look before doing it again |
# it may have been done and nobody can look: a person has to | refused: it waits until a person has mended the cause |
# refused: say so to who asked | the token is no longer good
LATER, UNKNOWN, UNSURE, PARK, GIVE_UP, STOP = "later", "unknown", "unsure", "park", "give up", "stop"


class Trouble(Exception):
    """A call that did not succeed for sure.

    `kind` is one of the above: `later` (surely not posted; again after `seconds`), `unknown` and `unsure` (it may have
    been posted), `park` or `give up` (refused), `stop` (the token is no longer good: keep everything).
    `code` and `status` are the chat's own.
    """

    def __init__(self, kind: str, sentence: str, seconds: float = 30, code: str = "", status: int = 0) -> None:
        super().__init__(sentence)
        self.status = status
        self.kind, self.sentence, self.seconds, self.code = kind, sentence, seconds, code


class Drawing(NamedTuple):
    """How messages look in a chat: drawn as the outbox keeps them, and whether one says all of a card.

    `said_late` puts a line into what was kept that it comes late; `plain` draws one sentence. `slash`: what is said to
    the bot there begins with its slash command.
    """

    payload: Callable[[Card], str]
    fits: Callable[[Card], bool]
    said_late: Callable[[str, datetime], str]
    plain: Callable[[str], str]
    slash: bool


class Sender(Protocol):
    """Posts as the bot in one chat; only the outbox calls it, so that nothing is posted twice. Raises Trouble."""

    service: str
    skew_seconds: float  # how far the chat's clock is from this machine's, as far as it said

    def mark(self, place: str) -> str:
        """Where a place stands now, never "": where a search for a message of ours has to begin."""

    def post(self, place: str, payload: str, key: str, thread: str = "") -> str:
        """Post once, in the thread of `thread` if given; gives the message's id there."""

    def find(self, place: str, key: str, since: str, thread: str = "") -> str:
        """The id of our message with this key, posted after `since`; "" if it is not there."""

    def every(self, place: str, key: str, since: str, thread: str = "") -> Iterator[str]:
        """The id of each message of ours with this key."""

    def delete(self, place: str, ts: str) -> None:
        """Take a message of ours back."""

    def ask_the_time(self) -> None:
        """Learn anew how far the chat's clock is from this machine's, where it says."""

    def shared(self, place: str) -> bool:
        """Whether people of another organisation may read a place; True while the chat does not say."""


class Chat(NamedTuple):
    """One chat that messages go out to, by the name that the outbox gives it."""

    name: str
    drawing: Drawing
    sender: Sender
