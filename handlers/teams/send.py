"""Posting to Teams for the outbox: what is sent, edited and taken back, and what each error means for the message."""

import json
import re
from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from handlers.carrier import LATER, PARK, STOP, UNSURE, Trouble
from handlers.teams import errors
from handlers.teams.errors import DELETE, EDIT, LOOK, POST
from handlers.teams.people import is_named_as_guest
from handlers.teams.sdk import Line, NoToken
from storage import conversations
from storage.conversations import CHANNEL, PERSONAL, Conversation
from storage.store import Store

if TYPE_CHECKING:
    from httpx import HTTPStatusError
    from microsoft_teams.api import ApiClient
    from microsoft_teams.api.activities import MessageActivityInput
    from microsoft_teams.api.models import Attachment

T = TypeVar("T")
Calls = Callable[["ApiClient"], Coroutine[Any, Any, T]]

CARD = "application/vnd.microsoft.card.adaptive"
MARKED = "posting"
PAGE, PAGES = 500, 20  # of the people of a place
_CODE = re.compile(r"[A-Za-z][A-Za-z ]{0,59}")
_LOOK = "Look whether the message stands there before it is sent again."
_UNSURE = f"Teams did not say whether it took the message. {_LOOK}"
_STOP = "Microsoft does not give Lightkeeper a sign-in. Check TEAMS_APP_ID, TEAMS_APP_SECRET and TEAMS_TENANT_ID."


class Sender:
    """Posts messages as the bot; only the outbox calls it, so that nothing is posted twice. Raises Trouble."""

    service = "Teams"
    skew_seconds = 0.0  # Teams tells no time

    def __init__(self, line: Line, store: Store) -> None:
        self.line, self.store = line, store

    def ask_the_time(self) -> None:
        """Teams tells no time."""

    def mark(self, place: str) -> str:
        """That a post begins: a conversation of Teams cannot be looked at."""
        return MARKED

    def find(self, place: str, key: str, since: str, thread: str = "") -> str:
        """Nobody but a person can say whether a message stands there: a bot does not read what was said."""
        raise Trouble(UNSURE, f"Lightkeeper was stopped while it posted in {place}. {_LOOK}")

    def every(self, place: str, key: str, since: str, thread: str = "") -> Iterator[str]:
        """None that could be found."""
        return iter(())

    def post(self, place: str, payload: str, key: str, thread: str = "") -> str:
        """Post once, in the thread of `thread` in a channel if given; gives the message's id.

        https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-send-and-receive-messages
        """
        told = self._known(place)
        to = f"{place};messageid={thread}" if thread and told.kind == CHANNEL else place
        said = activity(json.loads(payload), told)
        return self._call(POST, told, lambda api: api.conversations.create_activity(to, said)).id

    def post_to(self, place: str, member: str, payload: str, thread: str = "") -> str:
        """Post in a channel or group chat what only one member sees, by their id there; gone after a day.

        https://learn.microsoft.com/microsoftteams/platform/agents-in-teams/targeted-messages
        """
        told = self._known(place)
        to = f"{place};messageid={thread}" if thread and told.kind == CHANNEL else place
        said = activity(json.loads(payload), told, member)
        return self._call(POST, told, lambda api: api.conversations.create_targeted_activity(to, said)).id

    def edit(self, place: str, ts: str, drawn: dict[str, Any]) -> None:
        """Another card in the place of a message of ours; to do it twice does no harm."""
        told = self._known(place, EDIT)
        said = activity(drawn, told)
        self._call(EDIT, told, lambda api: _edited(api, place, ts, said))

    def delete(self, place: str, ts: str) -> None:
        """Take a message of ours back."""
        self._call(DELETE, self._known(place, DELETE), lambda api: api.conversations.delete_activity(place, ts))

    def member(self, place: str, member: str, service_url: str = "") -> dict[str, Any]:
        """One person as Teams knows them in a place: `email`, `userPrincipalName`, `userRole`, `tenantId` …

        https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context
        """
        told = Conversation(place, "", "", "", service_url) if service_url else self._known(place, LOOK)
        found = self._call(LOOK, told, lambda api: api.conversations.members_client.get_by_id(place, member))
        return dict(found.model_dump(by_alias=True, exclude_none=True))

    def shared(self, place: str) -> bool:
        """Whether guests or people of another organisation may read a place; True while Teams does not say."""
        try:
            told = self._known(place, LOOK)
            if told.kind == PERSONAL:
                return False
            there = list(self._members(told))
            return not there or not all(self._ours(one) for one in there)
        except Trouble:
            return True

    def members(self, place: str, more: str = "") -> tuple[list[dict[str, Any]], str]:
        """Some of those in a place, as `member` tells of one, and where the next begin ("" after the last)."""
        return self._some(self._known(place, LOOK), more)

    def _some(self, told: Conversation, more: str) -> tuple[list[dict[str, Any]], str]:
        page = self._call(LOOK, told, _page(told.place, more or None))
        there = [one.model_dump(by_alias=True, exclude_none=True) for one in page.members or []]
        return there, str(page.continuation_token or "")

    def _members(self, told: Conversation) -> Iterator[dict[str, Any]]:
        more = ""
        for _ in range(PAGES):
            there, more = self._some(told, more)
            yield from there
            if not more:
                return
        raise Trouble(LATER, "Too many people are in the conversation to look at them all.")

    def _ours(self, member: dict[str, Any]) -> bool:
        tenant = str(member.get("tenantId", "")).lower()
        ours = tenant == self.line.settings.tenant.lower() and member.get("userRole") == "user"
        return ours and not is_named_as_guest(member)

    def _known(self, place: str, method: str = POST) -> Conversation:
        """Where a conversation is answered, as its latest activity told."""
        with self.store.read() as tx:
            told = conversations.known(tx, place)
        if told is None:
            decision = errors.for_method(method, errors.UNKNOWN_PLACE)
            raise Trouble(decision.kind, decision.sentence.format(place=place))
        return told

    def _call(self, method: str, told: Conversation, calls: "Calls[T]") -> T:
        from httpx import ConnectError, ConnectTimeout, HTTPStatusError, InvalidURL, PoolTimeout, RequestError

        try:
            api = self.line.api(told.service_url)
        except ValueError as fault:
            decision = errors.for_method(method, errors.Decision(PARK, str(fault)))
            raise Trouble(decision.kind, decision.sentence) from None
        except ConnectionError:
            raise Trouble(LATER, "The line to Teams is not open.") from None
        try:
            return self._shown_twice(api, calls)
        except HTTPStatusError as fault:
            raise trouble(method, fault, told.place) from None
        except NoToken as fault:
            raise _no_token(fault) from None
        except (ConnectError, ConnectTimeout, PoolTimeout, InvalidURL) as fault:
            raise Trouble(LATER, f"Teams is not to be reached: {type(fault).__name__}.") from None
        except (RequestError, TimeoutError, ValueError, AttributeError, TypeError) as fault:
            # cut short, too late, or answered with what makes no sense
            decision = errors.for_method(method, errors.Decision(UNSURE, _UNSURE))
            raise Trouble(decision.kind, decision.sentence, code=type(fault).__name__) from None

    def _shown_twice(self, api: "ApiClient", calls: "Calls[T]") -> T:
        """Teams refuses a good sign-in now and then, and takes it at the next try: only a second refusal counts.

        https://github.com/microsoft/botbuilder-dotnet/issues/1246
        """
        from httpx import HTTPStatusError

        try:
            return self.line.call(calls(api))
        except HTTPStatusError as fault:
            if fault.response.status_code != 401:
                raise
        self.line.forget_token()
        return self.line.call(calls(api))


def activity(drawn: dict[str, Any], told: Conversation, member: str = "") -> "MessageActivityInput":
    """A card alone, with the words of its notification: with a text beside it the two would be parted.

    `drawn` holds `card` and `summary`; `text`, which the outbox keeps too, goes out only where there is no card.
    In place of a card there may be `attachments` of Teams' own kinds, such as the offer of a file.
    """
    from microsoft_teams.api.activities import MessageActivityInput
    from microsoft_teams.api.models import Account, Attachment, ConversationAccount

    card = drawn.get("card")
    shown = ("summary",) if card else ("summary", "text")
    words: dict[str, Any] = {name: drawn[name] for name in shown if name in drawn}
    return MessageActivityInput(
        from_=Account(id=told.bot_id) if told.bot_id else None,
        conversation=ConversationAccount(id=told.place),
        recipient=Account(id=member, is_targeted=True) if member else None,
        attachments=[Attachment(content_type=CARD, content=card)] if card else _others(drawn),
        **words,
    )


def _others(drawn: dict[str, Any]) -> "list[Attachment] | None":
    from microsoft_teams.api.models import Attachment

    return [Attachment.model_validate(one) for one in drawn.get("attachments") or []] or None


async def _edited(api: "ApiClient", place: str, ts: str, said: "MessageActivityInput") -> None:
    try:
        await api.conversations.update_activity(place, ts, said)
    except KeyError:  # done, and no id said
        return


def _page(place: str, more: str | None) -> "Calls[Any]":
    return lambda api: api.conversations.members_client.get_paged(place, PAGE, more)


def _no_token(fault: NoToken) -> Trouble:
    if fault.final:
        return Trouble(STOP, _STOP)
    return Trouble(LATER, "Microsoft gave Lightkeeper no sign-in just now.")


def trouble(method: str, fault: "HTTPStatusError", place: str) -> Trouble:
    """What an answer of Teams' that is no success means for what was asked, by the table in `errors`."""
    status, code = fault.response.status_code, _code(fault)
    decision = errors.decide(method, status, code)
    sentence = decision.sentence.format(place=place, error=code or status)
    seconds = _wait(fault, decision.seconds) if decision.kind == LATER else decision.seconds
    return Trouble(decision.kind, sentence, seconds, code, status)


def _code(fault: "HTTPStatusError") -> str:
    """The code of an error; "" where there is none that looks like one."""
    try:
        told = json.loads(fault.response.content)
        code = str((told.get("error") or told)["code"])
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
        return ""
    return code if _CODE.fullmatch(code) else ""


def _wait(fault: "HTTPStatusError", else_: float) -> float:
    """Retry-After, in seconds; `else_` when Teams does not say."""
    told = fault.response.headers.get("retry-after", "")
    return float(told) if told.isascii() and told.isdecimal() else else_
