"""The little of Slack's Web API that a bot asks before it answers anybody, and the payloads that Slack would send."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

TEAM, CHANNEL = "T0BENCH", "C0BENCH"
ASKER_ID, ASKER_NAME = "U0BENCH", "Supt Owen Hale"
Json = dict[str, Any]


class Slack:
    """`with Slack(email) as slack:` answers `auth.test` and `users.info` at `slack.url`."""

    def __init__(self, email: str) -> None:
        user = {"id": ASKER_ID, "team_id": TEAM, "profile": {"email": email, "display_name": ASKER_NAME}}
        bot = {"team_id": TEAM, "user_id": "U0BOT", "bot_id": "B0BOT", "team": "Bench", "url": ""}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler({"auth.test": bot, "users.info": {"user": user}}))
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/api/"

    def __enter__(self) -> "Slack":
        threading.Thread(target=self.server.serve_forever, args=(0.5,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.server.shutdown()
        self.server.server_close()


def _handler(answers: dict[str, Json]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            told = answers.get(self.path.rpartition("/")[2])
            body = json.dumps({"ok": True, **told} if told else {"ok": False, "error": "unknown_method"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    return Handler


def command(words: str) -> Json:
    """Somebody types: https://docs.slack.dev/interactivity/implementing-slash-commands"""
    return {
        "token": "t",
        "team_id": TEAM,
        "team_domain": "bench",
        "channel_id": CHANNEL,
        "channel_name": "custody",
        "user_id": ASKER_ID,
        "user_name": "owen",
        "command": "/4action",
        "text": words,
        "api_app_id": "A0BENCH",
        "is_enterprise_install": "false",
        "response_url": "http://127.0.0.1:9/none",
        "trigger_id": "1.2.3",
    }


def update_form(reference: str, version: int, number: int, words: str) -> Json:
    """Somebody presses Save in the form of an update; `number` tells one form from the next.

    https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
    """
    nonce = f"{number:08x}"
    told = {"say": f"update {reference} v{version}", "nonce": nonce, "was": {"forecast": "", "off_track": ""}}
    values = {
        "status": {"type": "radio_buttons", "selected_option": {"value": "in_progress"}},
        "note": {"type": "plain_text_input", "value": words},
        "forecast": {"type": "datepicker", "selected_date": None},
        "off_track": {"type": "plain_text_input", "value": None},
    }
    view = {
        "id": f"V{number:010d}",
        "type": "modal",
        "callback_id": "form",
        "title": {"type": "plain_text", "text": "Update"},
        "private_metadata": json.dumps({**told, "url": "", "channel": CHANNEL, "from": "mine"}),
        "state": {"values": {f"{name}@{nonce}": {"v": value} for name, value in values.items()}},
        "blocks": [],
    }
    user = {"id": ASKER_ID, "team_id": TEAM, "username": "owen", "name": "owen"}
    return {"type": "view_submission", "team": {"id": TEAM, "domain": "bench"}, "user": user, "view": view}
