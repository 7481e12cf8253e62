"""What each refusal that Teams documents means for us: one table, by code and by status, with the sentence to say.

https://learn.microsoft.com/microsoftteams/platform/bots/build-conversational-capability and
https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit, as of November 2026
"""

from collections.abc import Mapping
from typing import NamedTuple

from handlers.carrier import GIVE_UP, LATER, PARK, UNSURE

POST, EDIT, DELETE, LOOK = "post", "edit", "delete", "look"


class Decision(NamedTuple):
    """What to do about a refusal, and what to say of it; `{place}` and `{error}` stand for themselves.

    `seconds` is how long to wait where Teams does not say.
    """

    kind: str
    sentence: str
    seconds: float = 30


# Microsoft gave the sign-in, and says itself when the app is not right: Teams may take it again by itself
_TOKEN = Decision(
    LATER,
    "Teams does not take Lightkeeper's sign-in ({error}); it is tried again every five minutes. Should that go on, "
    "check TEAMS_APP_ID, TEAMS_APP_SECRET and TEAMS_TENANT_ID.",
    300,
)
_WAIT = Decision(LATER, "Teams asks to wait.")
_BUSY = Decision(LATER, "Somebody else changed the conversation {place} at that moment.")
_FAULT = Decision(UNSURE, "Teams answered with a fault of its own ({error}): look whether the message stands there.")
_OURS = Decision(PARK, "Teams does not take the call as we made it ({error}); that is a fault of Lightkeeper's.")
_LONG = Decision(PARK, "The message is longer than Teams takes; that is a fault of Lightkeeper's.")
_NOT_IN = Decision(PARK, "Lightkeeper is not in the conversation {place} any more. Add the app there again.")
_ADMIN = Decision(PARK, "The Teams administrator has switched Lightkeeper off ({error}). Ask them to allow the app.")
_BLOCKED = Decision(PARK, "The person has blocked the chat with Lightkeeper. Ask them to unblock it.")
_NO_WRITING = Decision(
    PARK, "Lightkeeper may not write in {place}: it was removed or blocked there. Add the app again, or unblock it."
)
_AWAY = Decision(PARK, "The conversation {place} is not there any more. Say digest here, or digest add, in another.")
_GONE = Decision(GIVE_UP, "The message is not there any more.")
_NOBODY = Decision(GIVE_UP, "Teams shows no such person there.")
_OTHER = Decision(PARK, "Teams refused it ({error}).")
# what we say ourselves, of a conversation that nobody spoke in or that we left
UNKNOWN_PLACE = Decision(PARK, "Lightkeeper is not in the conversation {place}. Add the app there, or write to it.")

CODES: Mapping[str, Decision] = {
    "ActivityNotFoundInConversation": _GONE,
    "BadArgument": _OURS,
    "BadSyntax": _OURS,
    "BotDisabledByAdmin": _ADMIN,
    "BotNotInConversationRoster": _NOT_IN,
    "BotNotRegistered": _TOKEN,
    "ConversationBlockedByUser": _BLOCKED,
    "ConversationNotFound": _AWAY,
    "ForbiddenOperationException": _NOT_IN,
    "InvalidBotApiHost": _OURS,
    "MemberNotFoundInConversation": _NOBODY,
    "MessageSizeTooBig": _LONG,
    "MessageWritesBlocked": _NO_WRITING,
    "NotEnoughPermissions": _ADMIN,
}
STATUSES: Mapping[int, Decision] = {
    400: _OURS,
    401: _TOKEN,
    403: _NO_WRITING,
    404: _AWAY,
    408: _FAULT,
    412: _BUSY,
    413: _LONG,
    429: _WAIT,
}


def decide(method: str, status: int, code: str = "") -> Decision:
    """What to do when Teams answers with a status that is no success, and a code of its own where it has one.

    A status that nobody can be sure of, or that only means to wait, counts whatever code came with it.
    """
    if status in (408, 412, 429) or status >= 500:
        found = STATUSES.get(status, _FAULT)
    else:
        found = CODES.get(code) or STATUSES.get(status, _OTHER)
    return for_method(method, found)


def for_method(method: str, decision: Decision) -> Decision:
    """Only a post is not to be repeated; and what waits in no outbox cannot be parked: somebody is told instead."""
    if decision.kind == UNSURE and method != POST:
        return Decision(LATER, "Teams did not answer.")
    if decision.kind == PARK and method != POST:
        return decision._replace(kind=GIVE_UP)
    return decision
