"""`run` as a process with Teams, alone and beside Slack: asked, told and stopped as in the real thing, over HTTP."""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bot import vitals
from bot.clock import instant
from bot.health import checks
from bot.settings import Settings
from handlers.teams.sdk import PATH
from practice.stand_in import StandInThread
from tests.conftest import CAST, as_in_the_demo
from tests.databases import Database, reading
from tests.http.post import SECRET, Post, signed, until
from tests.process import HERE, Process, free_port, health, running
from tests.teams.office import GOVERNANCE, account, chat, member, text
from tests.teams.stand_ins import APP, BOT, TENANT, Connector, Posted, Signer
from tests.wire.office import FRIDAY, STORY, WORKSPACE, settings

MONDAY, NEXT = "2026-11-23T09:00:05", "2026-11-30T09:00:05"
KEPT = {"PATH", "HOME", "SYSTEMROOT"}
SECONDS_TO_END = 15
# what a bot has imported by the time that it has done all of its jobs once; then with Teams' door too, not open yet
LOADED = """
import json, os, sys
from bot import cli, wiring
from bot.clock import clock
from bot.settings import read

def loaded():
    return sorted({name for name in sys.modules if name.startswith(("microsoft_teams", "handlers.teams", "msal"))})

def built(**more):
    settings = read(None)
    bot, app = wiring.build(settings.model_copy(update=more), clock(settings.lightkeeper_now), lambda seconds: None)
    wiring.serve(bot, app, 0).close()
    bot.tick()
    return loaded()

print(json.dumps([loaded(), built(), built(teams_app_id="an-app", teams_tenant_id="a-tenant", teams_local=True)]))
"""


class Force:
    """A force in Microsoft 365: its register, its Teams, and the settings of a bot there."""

    def __init__(self, url: str, connector: Connector, signer: Signer, **more: str) -> None:
        self.url, self.connector, self.signer, self.port = url, connector, signer, free_port()
        self.count = iter(range(1, 10**6))
        for who in CAST:
            told = member(who)
            connector.members |= {told["id"]: told, told["aadObjectId"]: told}
        kept = {name: value for name, value in os.environ.items() if name in KEPT}
        told = {"TEAMS_APP_ID": APP, "TEAMS_TENANT_ID": TENANT, "TEAMS_LOCAL": "1"}
        told |= {"TEAMS_METADATA_URL": signer.metadata_url, "HTTP_PORT": str(self.port), "DATABASE_URL": url}
        self.environment = {**kept, **STORY["settings"], "DCC_CHANNEL": "", **told, **more}

    def at(self, now: str) -> dict[str, str]:
        return {**self.environment, "LIGHTKEEPER_NOW": now}

    def beside(self, slack: StandInThread, now: str) -> dict[str, str]:
        """The same with Slack, which calls over HTTP too."""
        tokens = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": slack.api_url}
        self.environment |= tokens
        return self.at(now)

    def says(self, who: str, words: str, place: str = "") -> int:
        """Somebody writes, in their own chat with the bot or by mention in a channel; gives the HTTP status."""
        place = place or chat(who)
        direct = place == chat(who)
        mention = {"type": "mention", "text": "<at>Lightkeeper</at>", "mentioned": {"id": BOT, "name": "Lightkeeper"}}
        told = {"text": words} if direct else {"text": f"<at>Lightkeeper</at> {words}", "entities": [mention]}
        body = {
            "type": "message",
            "id": f"{next(self.count)}",
            "channelId": "msteams",
            "serviceUrl": self.connector.service_url,
            "from": {"id": f"29:{who}", "name": CAST[who][1], "aadObjectId": account(who)},
            "recipient": {"id": BOT, "name": "Lightkeeper"},
            "conversation": {"id": place, "conversationType": "personal" if direct else "channel", "tenantId": TENANT},
            "channelData": {"tenant": {"id": TENANT}},
            **told,
        }
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.signer.token()}"}
        line.request("POST", PATH, json.dumps(body), headers)
        status = line.getresponse().status
        line.close()
        return status

    def hears(self, begins: str) -> Posted:
        """The one post whose card begins so, once it is there."""
        return until(lambda: next(iter(self.posted(begins)), None), begins, within=30)  # type: ignore[no-any-return]

    def posted(self, begins: str) -> list[Posted]:
        return [one for one in list(self.connector.posted) if _words(one.body).startswith(begins)]

    def asks_of_a_slow_teams(self, who: str, words: str) -> None:
        """Somebody writes, and Teams takes half a second more for the answer that is posted."""
        self.connector.busy.clear()
        self.connector.hold()
        assert self.says(who, words) == 200
        assert self.connector.busy.wait(30)
        threading.Timer(0.5, self.connector.free.set).start()

    def unanswered(self) -> list[tuple[str, str]]:
        """The answers that did not arrive for sure, and why."""
        told = "SELECT state, trouble FROM outgoing_message WHERE key LIKE 'answer:%' AND state <> 'sent'"
        with reading(self.url) as other:
            return list(other.execute(told).fetchall())

    def settings(self, now: str) -> Settings:
        return settings(**{name.lower(): value for name, value in self.at(now).items() if name not in KEPT})

    def doctor(self, now: str) -> list[str]:
        """What `doctor` says, where all is well."""
        told = checks(lambda: self.settings(now), online=False)
        assert all(one.ok for one in told), told
        return [one.sentence for one in told]

    def sends_the_digest(self, now: str) -> str:
        """Another process on the same register, with the same settings."""
        argv = [sys.executable, "-m", "bot", "--env-file", "", "digest", "--send"]
        done = subprocess.run(argv, cwd=HERE, env=self.at(now), capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    def well(self) -> dict[str, Any]:
        """What the health page says once all is well."""
        until(lambda: health(self.port)[0] == 200, "health", within=30)
        return dict(health(self.port)[1])


def _words(body: Any) -> str:
    attached = body.get("attachments") if isinstance(body, dict) else None
    return text(attached[0]["content"]) if attached else ""


@pytest.fixture
def force(database: Database, connector: Connector) -> Iterator[Force]:
    connector.clear()
    with Signer(connector.service_url) as signer:
        yield Force(database.copy(as_in_the_demo), connector, signer)


def ends(process: Process) -> None:
    """Within seconds, with nothing wrong to tell."""
    begun = time.monotonic()
    assert process.end() == 0
    assert time.monotonic() - begun < SECONDS_TO_END
    assert "Traceback" not in process.log and "ERROR" not in process.log, process.log


def test_teams_alone_is_a_whole_bot_and_slack_may_come_beside_it(force: Force) -> None:
    """On Friday Teams is there alone; by Monday, when the digest is due, Slack too, on the same port."""
    with running(force.at(FRIDAY)) as process:
        told = force.well()
        assert told["teams"] == "calls over HTTP" and "slack" not in told and told["troubles"] == []
        assert force.says("owen", "mine") == 200
        assert force.hears("Your items 6 open").path == f"/teams/v3/conversations/{chat('owen')}/activities"
        assert force.says("lia", "help") == 200  # from now on she can be told of trouble
        assert force.says("lia", "digest here", GOVERNANCE) == 200
        assert "isTargetedActivity=true" in force.hears("Changed. The DCC's digest comes to this channel").path
        said = " ".join(force.doctor(FRIDAY))
        assert "Teams' requests are taken at 127.0.0.1" in said and "Slack" not in said
        until(lambda: _beats(force.settings(FRIDAY)), "a sign of life", within=20)
        assert _beats(force.settings(FRIDAY))["socket"] == "Teams calls over HTTP."
        force.asks_of_a_slow_teams("lia", "who am i")
        ends(process)
        assert force.unanswered() == []
    assert force.posted("Weekly digest") == []
    with StandInThread(WORKSPACE, now=instant(MONDAY)) as slack, running(force.beside(slack, MONDAY)) as process:
        digest = force.hears("Weekly digest")
        assert digest.path == f"/teams/v3/conversations/{GOVERNANCE}/activities"
        assert "/4action" not in json.dumps(digest.body)
        told = force.well()
        assert (told["slack"], told["teams"], told["troubles"]) == ("calls over HTTP", "calls over HTTP", [])
        post = Post(force.port)
        mine = post.command("mine")
        assert "open items" in post.events(mine, signed(mine, instant(MONDAY).timestamp())).json["text"]
        assert force.says("owen", "CUST26-R2") == 200
        force.hears("CUST26-R2 Use of force forms")
        assert force.sends_the_digest(NEXT) == "The digest 2026-W49 is in the channel.\n"
        assert len(force.posted("Weekly digest")) == 2
        ends(process)


def _beats(settings: Settings) -> dict[str, str]:
    """What `health` says, where all is well; nothing before the bot's first sign of life."""
    told = vitals.checks(lambda: settings)
    return {one.name: one.sentence for one in told} if all(one.ok for one in told) else {}


def test_without_teams_nothing_of_it_is_imported(force: Force) -> None:
    with StandInThread(WORKSPACE, now=instant(FRIDAY)) as slack:
        told = {name: value for name, value in force.beside(slack, FRIDAY).items() if not name.startswith("TEAMS_")}
        argv = [sys.executable, "-c", LOADED]
        done = subprocess.run(argv, cwd=HERE, env=told, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    imported, alone, both = json.loads(done.stdout)
    assert imported == alone == []
    assert "handlers.teams.door" in both and "microsoft_teams" not in both  # the SDK comes with the line
