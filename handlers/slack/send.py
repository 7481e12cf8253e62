"""Posting to Slack for the outbox, and what each error means for the message: later, never, unknown, or stop."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from handlers.carrier import LATER, Trouble
from handlers.slack import draw, errors

EVENT_TYPE = "lightkeeper_message"
TIMEOUT_SECONDS = 10
NOT_JSON = "Received a response in a non-JSON format"  # the client's own words in place of an error of Slack's
PAGES_SEARCHED = 20
THREAD_MOST = 999  # what Slack gives at once
# how the client calls each method -> its name with Slack
METHODS = {
    "auth_test": "auth.test",
    "apps_connections_open": "apps.connections.open",
    "chat_postMessage": "chat.postMessage",
    "chat_update": "chat.update",
    "chat_delete": "chat.delete",
    "conversations_history": "conversations.history",
    "conversations_info": "conversations.info",
    "conversations_open": "conversations.open",
    "conversations_replies": "conversations.replies",
}


class Sender:
    """Posts messages as the bot; only the outbox calls it, so that nothing is posted twice."""

    service = "Slack"

    def __init__(self, token: str, base_url: str) -> None:
        self.client = WebClient(token=token, base_url=base_url, timeout=TIMEOUT_SECONDS, retry_handlers=[])
        self.skew_seconds = 0.0
        self.scopes: frozenset[str] | None = None  # what the token holds, as Slack said last; None: it did not say
        self.opened: dict[str, str] = {}  # a person -> their direct messages with the bot

    def mark(self, place: str) -> str:
        """The newest `ts` in the channel: where a search for a message of ours has to begin."""
        found = self._call("conversations_history", place, channel=self.conversation(place), limit=1)
        messages = found.get("messages") or []
        return str(messages[0]["ts"]) if messages else "0"

    def post(self, place: str, payload: str, key: str, thread: str = "") -> str:
        """Post once, in the thread of `thread` if given; gives the message's `ts`.

        https://docs.slack.dev/reference/methods/chat.postMessage
        """
        body = json.loads(payload) | ({"thread_ts": thread} if thread else {})
        try:
            return self._post(place, body, key)
        except Trouble as trouble:
            plainer = draw.without_charts(body)
            if trouble.code != "invalid_blocks" or plainer == body:
                raise
            # a workspace that does not know charts yet: they show nothing that the words do not say
            return self._post(place, plainer, key)

    def _post(self, place: str, body: dict[str, Any], key: str) -> str:
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"key": key}}
        to = self.conversation(place)
        posted = self._call(
            "chat_postMessage", place, channel=to, metadata=metadata, unfurl_links=False, unfurl_media=False, **body
        )
        return str(posted["ts"])

    def find(self, place: str, key: str, since: str, thread: str = "") -> str:
        """The `ts` of our message with this key, posted after `since` there or in a thread; "" if absent."""
        return next(self.every(place, key, since, thread), "")

    def every(self, place: str, key: str, since: str, thread: str = "") -> Iterator[str]:
        """The `ts` of each message of ours with this key: one, but where a sender was stopped while it posted."""
        cursor = ""
        for _ in range(PAGES_SEARCHED):
            page = self._page(place, since, thread, cursor)
            for message in page.get("messages") or []:
                if message.get("metadata", {}).get("event_payload", {}).get("key") == key:
                    yield str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return
        raise Trouble("unknown", "The channel holds too much to search through at once.")

    def _page(self, place: str, since: str, thread: str, cursor: str) -> dict[str, Any]:
        """One page of a channel, or of a thread in it; a thread whose first message is gone has none.

        https://docs.slack.dev/reference/methods/conversations.replies
        """
        where = {"channel": self.conversation(place), "oldest": since, "include_all_metadata": True, "limit": 100}
        if not thread:
            return self._call("conversations_history", place, **where, cursor=cursor or None)
        try:
            return self._call("conversations_replies", place, **where, ts=thread, cursor=cursor or None)
        except Trouble as trouble:
            if trouble.code != "thread_not_found":
                raise
            return {}

    def present(self, place: str, ts: str, thread: str = "") -> dict[str, Any]:
        """A message as it stands now, in a channel or in a thread; {} when it is not there any more."""
        upto = {"channel": place, "latest": ts, "inclusive": True}
        if thread:
            found = self._call("conversations_replies", place, **upto, ts=thread, limit=THREAD_MOST)
        else:
            found = self._call("conversations_history", place, **upto, limit=1)
        return next((dict(m) for m in found.get("messages") or [] if m.get("ts") == ts), {})

    def change(self, place: str, ts: str, drawn: dict[str, Any]) -> None:
        """Other words and blocks in the place of a message of ours; its key, as metadata, and its thread stay.

        https://docs.slack.dev/reference/methods/chat.update
        """
        self._call("chat_update", place, channel=place, ts=ts, parse="none", **drawn)

    def shared(self, place: str) -> bool:
        """Whether people of another organisation may read a channel; True while Slack does not say.

        https://docs.slack.dev/reference/objects/conversation-object
        """
        try:
            found = self._call("conversations_info", place, channel=place).get("channel") or {}
        except Trouble:
            return True
        return any(found.get(sign) for sign in ("is_shared", "is_ext_shared", "is_pending_ext_shared", "is_org_shared"))

    def whoami(self) -> dict[str, Any]:
        """https://docs.slack.dev/reference/methods/auth.test"""
        return self._call("auth_test", "")

    def ask_the_time(self) -> None:
        """Slack tells it with every answer."""
        self.whoami()

    def open_socket(self) -> str:
        """An address for one WebSocket: https://docs.slack.dev/reference/methods/apps.connections.open"""
        return str(self._call("apps_connections_open", "", app_token=self.client.token)["url"])

    def delete(self, place: str, ts: str) -> None:
        self._call("chat_delete", place, channel=self.conversation(place), ts=ts)

    def conversation(self, place: str) -> str:
        """The id of a conversation; a person's has to be asked for, as only a post takes their own id for it.

        https://docs.slack.dev/reference/methods/conversations.open
        """
        if place[:1] not in {"U", "W"}:
            return place
        if place not in self.opened:
            self.opened[place] = str(self._call("conversations_open", place, users=place)["channel"]["id"])
        return self.opened[place]

    def _call(self, method: str, place: str, **arguments: Any) -> dict[str, Any]:
        try:
            response = getattr(self.client, method)(**arguments)
        except SlackApiError as fault:
            raise trouble(METHODS[method], fault, place) from fault
        except (SlackClientError, OSError, HTTPException) as fault:
            raise Trouble("unknown", f"Slack did not answer: {type(fault).__name__}.") from fault
        self._notice(response.headers)
        return dict(response.data)

    def _notice(self, headers: Any) -> None:
        """How far Slack's clock is from this machine's, by the Date header; and the scopes that the token holds."""
        date, scopes = header(headers, "date"), header(headers, "x-oauth-scopes")
        if date:
            self.skew_seconds = (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()
        if scopes:
            self.scopes = frozenset(scope.strip() for scope in scopes.split(",") if scope.strip())


def header(headers: Any, name: str) -> str:
    """One header of an answer, whatever its letter case; "" when it is not there."""
    told = next((v for k, v in dict(headers or {}).items() if k.lower() == name), "")
    return str(told[0] if isinstance(told, list) else told)


def trouble(method: str, fault: SlackApiError, place: str) -> Trouble:
    """What an answer of Slack's that is not ok means for what was asked, by the table in `errors`."""
    status, data = fault.response.status_code, fault.response.data
    error = str(data.get("error", "")) if isinstance(data, dict) else ""
    if error.startswith(NOT_JSON):  # it was cut short on its way, or is of a proxy's: nobody knows what was done
        error = ""
    decision = errors.decide(method, error, status)
    sentence = decision.sentence.format(place=place or "there", error=error or status)
    return Trouble(decision.kind, sentence, _wait(fault) if decision.kind == LATER else 30, error)


def _wait(fault: SlackApiError) -> float:
    """Retry-After, in seconds; half a minute when Slack does not say."""
    told = header(fault.response.headers, "retry-after")
    return float(told) if told.isdecimal() else 30
