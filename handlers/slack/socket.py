"""One Socket Mode connection to Slack, and how an envelope is answered; when to connect again is not decided here.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import json
import logging
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from slack_bolt import App, BoltRequest
from websocket import (
    ABNF,
    WebSocket,
    WebSocketConnectionClosedException,
    WebSocketException,
    WebSocketTimeoutException,
    create_connection,
)

from handlers.carrier import Trouble
from handlers.slack.send import Sender

log = logging.getLogger(__name__)
OPENS_WITHIN = 10.0
FRAMES_BEFORE_HELLO = 20
HEARD: Mapping[str, Any] = {"type": "ping"}
REASONS = {
    "too_many_websockets": "Slack says that ten sockets of this app are open already. Stop the other programs.",
    "link_disabled": "Socket Mode is switched off for the app. Switch it on, on the app's page.",
}


class LineFault(Exception):
    """The line did not open or is gone; `final` when trying again cannot help."""

    def __init__(self, sentence: str, *, final: bool = False) -> None:
        super().__init__(sentence)
        self.sentence, self.final = sentence, final


class Line:
    """One open WebSocket to Slack. Frames are read by one thread; any thread may answer."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    def next(self, wait: float) -> Mapping[str, Any] | None:
        """The next message of Slack's, HEARD for a ping or pong, None when nothing came; raises LineFault."""
        self._socket.settimeout(wait)
        try:
            opcode, frame = self._socket.recv_data_frame(control_frame=True)
        except WebSocketTimeoutException:
            return None
        except WebSocketConnectionClosedException:
            raise LineFault("The line to Slack was cut.") from None
        except (WebSocketException, OSError) as fault:
            raise LineFault(f"The line to Slack broke: {type(fault).__name__}.") from None
        if opcode == ABNF.OPCODE_CLOSE:
            raise LineFault("Slack closed the line.")
        return read(frame.data) if opcode == ABNF.OPCODE_TEXT else HEARD

    def ping(self) -> None:
        self._send(lambda: self._socket.ping())

    def answer(self, envelope_id: str, payload: Mapping[str, Any] | None) -> None:
        """Acknowledge an envelope, with the answer in it; raises LineFault when the line is gone."""
        told = {"envelope_id": envelope_id, **({"payload": payload} if payload is not None else {})}
        self._send(lambda: self._socket.send(json.dumps(told)))

    def _send(self, send: Callable[[], object]) -> None:
        try:
            send()
        except (WebSocketException, OSError) as fault:
            self._socket.shutdown()  # type: ignore[no-untyped-call]
            raise LineFault(f"The line to Slack broke: {type(fault).__name__}.") from None

    def close(self) -> None:
        """Say goodbye and let go, without waiting for an answer."""
        try:
            self._socket.close(timeout=0)
        except (WebSocketException, OSError):
            self._socket.shutdown()  # type: ignore[no-untyped-call]


def read(data: bytes) -> Mapping[str, Any]:
    """One message; what is no JSON object counts as a sign of life and nothing else."""
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return HEARD
    return told if isinstance(told, dict) else HEARD


def open_line(sender: Sender) -> Line:
    """Ask Slack for an address and connect to it; the line has said hello. Raises LineFault."""
    try:
        address = sender.open_socket()
    except Trouble as trouble:
        raise LineFault(trouble.sentence, final=trouble.kind == "stop") from None
    line = Line(_connected(address))
    try:
        frames = (line.next(OPENS_WITHIN) for _ in range(FRAMES_BEFORE_HELLO))
        said = next((frame for frame in frames if frame is not HEARD), None)
        if said is None or said.get("type") != "hello":
            raise LineFault(reason_in(said) if said else "Slack did not say hello.")
    except LineFault:
        line.close()
        raise
    return line


def _connected(address: str) -> WebSocket:
    tls = {"context": ssl.create_default_context()} if address.startswith("wss:") else None
    try:
        return create_connection(address, timeout=OPENS_WITHIN, sslopt=tls, suppress_origin=True)
    except (WebSocketException, OSError, ValueError) as fault:
        raise LineFault(f"The socket to Slack did not open: {type(fault).__name__}.") from None


def reason_in(told: Mapping[str, Any]) -> str:
    """Why Slack asks to disconnect, in a sentence."""
    reason = str(told.get("reason", ""))
    return REASONS.get(reason, f"Slack asked to connect again ({reason or 'no reason given'}).")


class Answer(NamedTuple):
    """What goes back for an envelope; `acked` False when nothing does, and Slack may send it again."""

    acked: bool
    payload: Mapping[str, Any] | None = None


def answer(app: App, envelope: Mapping[str, Any]) -> Answer:
    """What Bolt says to an envelope. A retried one is answered like any other: it may be the only copy."""
    headers: dict[str, str | Sequence[str]] = {"x-slack-retry-num": str(envelope.get("retry_attempt", 0))}
    try:
        response = app.dispatch(BoltRequest(mode="socket_mode", body=envelope.get("payload") or {}, headers=headers))
    except Exception as fault:  # noqa: BLE001 - the edge to Bolt: what it cannot read is not acknowledged
        log.error("Bolt could not read an envelope of the type %s: %s", envelope.get("type"), type(fault).__name__)
        return Answer(False)
    if response.status != 200:
        return Answer(False)
    if not response.body:
        return Answer(True)
    typed = response.headers.get("content-type", [""])[0].startswith("application/json")
    return Answer(True, json.loads(response.body) if typed else {"text": response.body})
