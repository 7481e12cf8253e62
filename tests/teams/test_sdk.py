"""Microsoft's SDK is told everything: nothing of the environment or of a `.env` gets in; it opens and closes whole."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from handlers.teams.sdk import Line, TeamsSettings
from tests.teams.gateway import gateway
from tests.teams.stand_ins import APP, TENANT

HERE = Path(__file__).resolve().parents[2]
# whatever the SDK looks for when it is not told, each with a value that would change something
LURKING = {
    "CLIENT_ID": "somebody-elses-app",
    "CLIENT_SECRET": "somebody-elses-secret",
    "TENANT_ID": "somebody-elses-tenant",
    "MANAGED_IDENTITY_CLIENT_ID": "system",
    "PORT": "1",
    "SERVICE_URL": "https://example.org/teams",
    "OAUTH_URL": "https://example.org/oauth",
    "CLOUD": "USGov",
    "DANGEROUSLY_ALLOW_UNAUTHENTICATED_REQUESTS": "true",
}
SCRIPT = """
import json, os, sys
import handlers.teams.sdk as sdk, handlers.teams.gate, handlers.teams.send
early = [name for name in sys.modules if name.startswith(("microsoft_teams", "jwt", "httpx", "fastapi"))]
line = sdk.Line(sdk.TeamsSettings("our-app", "", "our-tenant", True))
before = dict(os.environ)
line.start()
app, api = line._sdk.app, line.api("http://127.0.0.1:1/teams")
check = app.server._token_validator
body = {"type": "message", "id": "1", "serviceUrl": "http://127.0.0.1:1/teams"}
print(json.dumps({
    "early": early, "environment": dict(os.environ) == before, "app": app.id, "tenant": app.credentials.tenant_id,
    "secret": app.credentials.client_secret, "cloud": app.cloud.token_issuer, "default": app.api.service_url,
    "oauth": api._api_client_settings.oauth_url, "keys": check._service_validator.options.jwks_uri,
    "audiences": check._service_validator.options.valid_audiences,
    "open": [line.handle(body, {})[0], line.call(line._sdk.door.handler({"body": body, "headers": {}}))["status"]],
    "dotenv": [name for name in ("LURKING", "SLACK_BOT_TOKEN") if name in os.environ],
}))
line.close()
"""


def test_nothing_leaks_in_from_the_environment_or_a_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LURKING=1\nSLACK_BOT_TOKEN=xoxb-lurking\nCLIENT_ID=of-a-file\n", encoding="utf-8")
    environment = {**LURKING, "PATH": "", "PYTHONPATH": str(HERE)}
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told.pop("early") == [] and told.pop("dotenv") == [] and told.pop("environment") is True
    assert told == {
        "app": "our-app",
        "tenant": "our-tenant",
        "secret": "none",
        "cloud": "https://api.botframework.com",
        "default": "https://smba.trafficmanager.net/teams",
        "oauth": "https://token.botframework.com",
        "keys": "https://login.botframework.com/v1/.well-known/keys",
        "audiences": ["our-app", "api://our-app", "api://botid-our-app"],
        "open": [401, 401],
    }


@pytest.mark.parametrize(
    "settings",
    [
        TeamsSettings("", "shh", TENANT),
        TeamsSettings(APP, "shh", ""),
        TeamsSettings(APP, "", TENANT),
        TeamsSettings("", "", TENANT, local=True),
    ],
)
def test_a_setting_that_is_missing_is_said_and_not_looked_for(settings: TeamsSettings) -> None:
    with pytest.raises(ValueError, match=r"Set TEAMS_APP_ID, TEAMS_APP_SECRET and TEAMS_TENANT_ID\."):
        Line(settings)


def test_a_closed_line_takes_nothing_and_sends_nothing() -> None:
    with gateway() as door:
        service = door.connector.service_url
        assert door.send(door.message()).status == 200
        door.line.close()
        assert door.send(door.message()).status == 401
        with pytest.raises(ConnectionError):
            door.line.api(service)
        door.line.close()
    assert "teams" not in [thread.name for thread in threading.enumerate() if thread is door.line._thread]


def test_what_is_under_way_when_the_line_closes_is_of_unknown_outcome() -> None:
    """Nobody waits for ever for an answer that cannot come any more."""
    with gateway() as closing:
        closing.connector.hold()
        outcome: list[str] = []

        def post() -> None:
            api = closing.line.api(closing.connector.service_url)
            try:
                closing.line.call(api.conversations.delete_activity("a:1", "1"))
            except TimeoutError:
                outcome.append("unknown")

        asker = threading.Thread(target=post)
        asker.start()
        assert closing.connector.busy.wait(30)
        closing.line.close()
        asker.join(5)
        assert outcome == ["unknown"]
