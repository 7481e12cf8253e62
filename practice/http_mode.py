"""Slack over HTTP: signed requests to the app's one address, for those who do not want Socket Mode.

https://docs.slack.dev/authentication/verifying-requests-from-slack and https://docs.slack.dev/apis/events-api
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import aiohttp

from practice.clock import Clock
from practice.shapes import Json
from practice.socket_mode import ACK_WITHIN, NotRunning, envelope_of
from practice.wire import Wire

SIGNING_SECRET = "practice-signing-secret"
AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"
FORM = "application/x-www-form-urlencoded"


class HttpMode:
    """Posts payloads to one address, each signed by the practice clock, and reads what is answered as an ack."""

    def __init__(self, address: str, secret: str, clock: Clock, sent: list[Json], wire: Wire) -> None:
        self.address = address
        self._secret = secret.encode()
        self._clock = clock
        self._sent = sent
        self._wire = wire
        self._session: aiohttp.ClientSession | None = None
        self.answers = False
        self.trouble = ""  # why the last one was not acknowledged, as Slack names it
        self.wants_no_retry = False
        self.changed: Callable[[], None] = lambda: None

    async def deliver(self, kind: str, payload: Json, envelope_id: str | None = None) -> Json | None:
        """Posts one payload; returns what the answer carried, or None when it was none of Slack's liking."""
        return await self._deliver(envelope_of(kind, payload, envelope_id), {})

    async def deliver_again(self, payload: Json, attempt: int, reason: str) -> Json | None:
        """Posts an event once more, with the headers that say so."""
        headers = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        again = {"retry_attempt": attempt, "retry_reason": reason}
        return await self._deliver({**envelope_of("events_api", payload), **again}, headers)

    async def _deliver(self, envelope: Json, headers: dict[str, str]) -> Json | None:
        self._sent.append(envelope)
        since = self._wire.sent(envelope)
        ack: Json | None = None
        try:
            ack = await self._post(*_body(envelope["type"], envelope["payload"]), headers)
        finally:
            self._wire.acknowledged(since, ack)
        return ack

    async def verify(self) -> bool:
        """Whether the address answers Slack's question with the word that came with it."""
        challenge = secrets.token_urlsafe(24)
        asked = {"token": "practice-verification-token", "challenge": challenge, "type": "url_verification"}
        ack = await self._post(json.dumps(asked).encode(), "application/json", {})
        return ack is not None and challenge in (ack.get("challenge"), ack.get("text"))

    async def _post(self, body: bytes, content_type: str, headers: dict[str, str]) -> Json | None:
        signed = {**self.signature(body), "Content-Type": content_type, "User-Agent": AGENT, **headers}
        timeout = aiohttp.ClientTimeout(total=ACK_WITHIN)
        self.wants_no_retry = False
        try:
            async with self._client().post(self.address, data=body, headers=signed, timeout=timeout) as answer:
                text = await answer.text(errors="replace")
                self._answered(True)
                self.trouble = "" if answer.status == 200 else "http_error"
                self.wants_no_retry = bool(self.trouble) and answer.headers.get("X-Slack-No-Retry") == "1"
                return None if self.trouble else _ack(text, answer.content_type)
        except aiohttp.ClientConnectorError:
            self._answered(False)
            self.trouble = "connection_failed"
            raise NotRunning from None
        except (TimeoutError, aiohttp.ClientError) as fault:
            self.trouble = "http_timeout" if isinstance(fault, TimeoutError) else "unknown_error"
            return None

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=False)
        return self._session

    def _answered(self, answers: bool) -> None:
        if answers != self.answers:
            self.answers = answers
            self.changed()

    def signature(self, body: bytes) -> dict[str, str]:
        """Slack's two headers for a body."""
        stamp = str(int(self._clock.now().timestamp()))
        mac = hmac.new(self._secret, b"v0:%s:%s" % (stamp.encode(), body), hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={mac}"}

    async def close(self) -> None:
        """Lets go of the connections."""
        if self._session is not None:
            await self._session.close()


def _body(kind: str, payload: Json) -> tuple[bytes, str]:
    """A command is a form, an interaction a form with JSON in it, an event JSON."""
    if kind == "slash_commands":
        return urlencode(payload).encode(), FORM
    if kind == "interactive":
        return urlencode({"payload": json.dumps(payload)}).encode(), FORM
    return json.dumps(payload).encode(), "application/json"


def _ack(text: str, content_type: str) -> Json:
    try:
        told: Any = json.loads(text) if content_type == "application/json" else text
    except ValueError:
        told = text
    if isinstance(told, dict):
        return told
    return {"text": text} if text.strip() else {}
