"""A pretended Slack on this machine: Web API, Socket Mode, answer addresses and the page, at one address."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from aiohttp import web

from practice.acts import Acts
from practice.bot_process import BotProcess
from practice.clock import Clock
from practice.clock_moves import ClockMoves
from practice.control import Control, Handler
from practice.courier import Courier
from practice.faults import Faults, cut_after, fails_early
from practice.files import Files
from practice.http_mode import SIGNING_SECRET, HttpMode
from practice.pages import Pages
from practice.shapes import Json, SlackError
from practice.socket_mode import SocketMode
from practice.views import Views
from practice.web_api import APP_TOKEN, BOT_TOKEN, WebApi
from practice.wire import Wire
from practice.workspace import Workspace

T = TypeVar("T")
SIGN_IN = "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body>Sign in</body></html>"
PAGE = Path(__file__).parent / "page"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class StandIn:
    """A pretended Slack on 127.0.0.1. Nothing is bound, read or started before `start`."""

    bot_token = BOT_TOKEN
    app_token = APP_TOKEN
    signing_secret = SIGNING_SECRET

    def __init__(
        self,
        workspace: Mapping[str, Any],
        *,
        now: datetime,
        port: int = 0,
        bot: Sequence[str] | None = None,
        bot_env: Mapping[str, str] | None = None,
        rates: bool = False,
        http: str | None = None,
        signing_secret: str = SIGNING_SECRET,
    ) -> None:
        self._port = port
        self._site: web.TCPSite | None = None
        self._coming_back: asyncio.Task[None] | None = None
        self._bot_argv = bot
        self._bot_env = dict(bot_env or {})
        self._bot: BotProcess | None = None
        self._runner: web.AppRunner | None = None
        self.url = self.api_url = ""
        self.clock = Clock(now)
        self.workspace = Workspace(workspace, self.clock)
        self.signing_secret = signing_secret
        self._put_together(http)
        self.web_api.rates.on = rates

    def _put_together(self, http: str | None) -> None:
        app, team = self.workspace.app, self.workspace.team
        self.pages = Pages()
        self.wire = Wire(self.clock, self.pages.tell)
        self.socket = SocketMode(app["id"], self._bot_changed, self.wire)
        self.http = None
        if http is not None:
            self.http = HttpMode(http, self.signing_secret, self.clock, self.socket.sent, self.wire)
            self.http.changed = self._bot_changed
        self.courier = Courier(self.socket, self.http, self._faults)
        self.views = Views(self.clock, team["id"], app, self.workspace.without_blocks)
        self.files = Files(self.workspace)
        self.acts = Acts(self.workspace, self.views, self.courier, self.pages, self.files)
        self.web_api = WebApi(self.workspace, self.views, self.acts, self.socket, self.files)
        self.moves = ClockMoves(self.workspace, self.socket, self.pages, None)

    def _faults(self) -> Faults:
        return self.web_api.faults

    async def start(self) -> None:
        """Binds the port, then starts the bot if there is one; `url` and `api_url` are known from here on."""
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await self._listen()
        self._port = self._runner.addresses[0][1]
        self.url = self.acts.url = self.web_api.url = self.files.url = f"http://127.0.0.1:{self._port}"
        self.api_url = self.url + "/api/"
        self._prepare_bot()
        self.start_bot()

    async def _listen(self) -> None:
        assert self._runner is not None
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await self._site.start()

    async def refuse_connections(self, seconds: float) -> None:
        """Takes no new connection for a while, its own control interface's among them."""
        if self._site is not None:
            await self._site.stop()
            self._coming_back = asyncio.create_task(self._listen_after(seconds))

    async def _listen_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._listen()

    async def stop(self) -> None:
        """Ends the bot and every connection."""
        if self._coming_back is not None:
            self._coming_back.cancel()
        if self._bot is not None:
            await self._bot.stop()
        await self.acts.events.close()
        if self.http is not None:
            await self.http.close()
        await self.socket.close()
        await self.pages.close()
        if self._runner is not None:
            await self._runner.cleanup()

    # --- the bot ---

    def _prepare_bot(self) -> None:
        if self._bot_argv is not None:
            tokens = {
                "SLACK_BOT_TOKEN": BOT_TOKEN,
                "SLACK_APP_TOKEN": APP_TOKEN,
                "SLACK_API_URL": self.api_url,
                **({"SLACK_SIGNING_SECRET": self.signing_secret} if self.http else {}),
            }
            env = {**self._bot_env, **tokens}
            self._bot = BotProcess(self._bot_argv, env, self.clock.now, self._bot_changed)
        self.moves = ClockMoves(self.workspace, self.socket, self.pages, self._bot)

    def start_bot(self) -> bool:
        """Starts the bot process if there is one to start and it is not running."""
        if self._bot is None:
            return False
        self._bot.start()
        self._bot_changed()
        return True

    @property
    def bot_gave_up(self) -> bool:
        """Whether the bot stopped so often while starting that it is left alone."""
        return self._bot is not None and self._bot.gave_up

    def bot_status(self) -> Json:
        """Connected, starting or stopped, as the band shows it."""
        if self.socket.connections or (self.http is not None and self.http.answers):
            status = "connected"
        else:
            status = "starting" if self._bot is not None and self._bot.running else "stopped"
        return {"status": status, "managed": self._bot is not None, "gave_up": self.bot_gave_up}

    def _bot_changed(self) -> None:
        if self._bot is not None and self.socket.connections:
            self._bot.connected_once = True
        self.pages.tell({"kind": "bot", "bot": self.bot_status()})

    # --- the addresses ---

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[self._guard, self.wire.middleware], client_max_size=16 * 1024 * 1024)
        application.add_routes(Control(self).routes() + self.wire.routes())
        application.router.add_route("*", "/api/{method}", self.web_api.serve)
        application.router.add_get("/socket/{ticket}", self.socket.connect)
        application.router.add_post("/commands/{secret}", self._respond)
        application.router.add_post("/actions/{secret}", self._respond)
        application.router.add_post("/upload/v1/{way}", self.files.receive)
        application.router.add_get("/files-pri/{file}/{name:.+}", self._download)
        application.router.add_get("/", self._index)
        application.router.add_static("/page", PAGE)
        return application

    async def _index(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE / "index.html")

    async def _respond(self, request: web.Request) -> web.Response:
        """A response_url: says ok in words for a command, in JSON for a press, as Slack does."""
        fault = self._faults().next_for("response_url")
        early = await fails_early(fault, request)
        if early is not None:
            return early
        try:
            self.acts.respond(request.match_info["secret"], await _answer_in(request))
        except SlackError as refused:
            return _refused(refused)
        cut_after(fault, request)
        return web.Response(text="ok") if request.path.startswith("/commands") else web.json_response({"ok": True})

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """A file's content, for the app's token alone; everybody else is sent to sign in.

        So is an app that may not read files, as Slack does it: with the page itself, and status 200.
        """
        told = {"file": request.match_info["file"]}
        self.web_api.calls.note("files-pri", told, self.clock.now().isoformat())["answer"] = None
        fault = self._faults().next_for("files-pri")
        early = await fails_early(fault, request)
        if early is not None:
            return early
        if request.headers.get("Authorization", "") != f"Bearer {BOT_TOKEN}":
            raise web.HTTPFound("/")
        if "files:read" not in self.workspace.scopes:
            return web.Response(text=SIGN_IN, content_type="text/html")
        try:
            held = self.files.held(request.match_info["file"].rpartition("-")[2])
        except SlackError:
            raise web.HTTPNotFound(text="no such file") from None
        kind = self.files.described(held)["mimetype"]
        return web.Response(body=held.content, content_type=kind)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuses whoever comes under another name: a web page elsewhere must not reach this machine."""
        if not self._is_ours(request):
            raise web.HTTPForbidden(text="This practice workspace answers only on this machine.")
        response = await handler(request)
        if not response.prepared:
            response.headers.update(HEADERS)
        return response

    def _is_ours(self, request: web.Request) -> bool:
        hosts = {f"{name}:{self._port}" for name in ("127.0.0.1", "localhost")}
        origin = request.headers.get("Origin")
        if request.path.startswith("/socket/"):  # Slack's own client leaves the port out of Host.
            return origin is None and request.host.split(":")[0] == "127.0.0.1"
        return request.host in hosts and (origin is None or origin.removeprefix("http://") in hosts)


STATUS_OF = {"channel_is_archived": 410, "action_prohibited": 403, "rollup_error": 500}


async def _answer_in(request: web.Request) -> Any:
    try:
        return await request.json()
    except ValueError:
        raise SlackError("invalid_payload") from None


def _refused(refused: SlackError) -> web.Response:
    """A spent address is refused in JSON, what is wrong with the answer in one plain word."""
    if refused.code.endswith("_url"):
        return web.json_response(refused.answer(), status=404)
    return web.Response(text=refused.code, status=STATUS_OF.get(refused.code, 400))


class StandInThread:
    """A StandIn in a thread of its own, for tests: `with StandInThread(workspace, now=…) as slack:`."""

    def __init__(self, workspace: Mapping[str, Any], *, now: datetime, port: int = 0, **more: Any) -> None:
        self.stand_in = StandIn(workspace, now=now, port=port, **more)
        self.bot_token, self.app_token = BOT_TOKEN, APP_TOKEN
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stand-in", daemon=True)

    @property
    def url(self) -> str:
        """Where the page is."""
        return self.stand_in.url

    @property
    def api_url(self) -> str:
        """Where the Web API is; ends with a slash."""
        return self.stand_in.api_url

    def wait_for(self, doing: Coroutine[Any, Any, T]) -> T:
        """Does something in the stand-in's own thread; gives what came of it."""
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(10)

    def __enter__(self) -> StandInThread:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.stand_in.start(), self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self.stand_in.stop(), self._loop).result(15)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
