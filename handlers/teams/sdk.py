"""Microsoft's SDK on a thread and an event loop of its own: activities come in by its token check, calls go out by it.

Nothing of the SDK is imported before a Line is started: it takes a second and some 26 packages.
"""

import asyncio
import logging
import os
import threading
import warnings
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from handlers.teams.keys import Keys, key_of
from handlers.wording import FAILED

if TYPE_CHECKING:
    from microsoft_teams.api import ApiClient, ApiClientSettings, TokenProtocol
    from microsoft_teams.api.auth.cloud_environment import CloudEnvironment
    from microsoft_teams.apps import App, AppTokenProvider

log = logging.getLogger(__name__)
T = TypeVar("T")
Core = Callable[[dict[str, Any]], dict[str, Any] | None]

PATH = "/api/messages"
# what the core hears of: other invokes are answered with 501, other types with 200 and nothing
TYPES = frozenset({"message", "invoke", "installationUpdate", "conversationUpdate"})
INVOKES = frozenset({"adaptiveCard/action", "fileConsent/invoke"})
WORKERS = 12
STEP_SECONDS = 10.0  # for each step of a call to Teams; the SDK itself would wait for ever
CALL_SECONDS = 25.0
END_SECONDS = 2.0
ANSWER_SECONDS = 14.0  # after 15 without an answer Teams sends the same once more
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
NO_SECRET = "none"  # said where none is needed, or the SDK would look for one in the environment
DOTENV_OFF = "PYTHON_DOTENV_DISABLED"
# what Microsoft calls an app, secret or tenant that is not right; all else may be right in a while
REFUSED = frozenset({"invalid_client", "unauthorized_client", "invalid_request", "invalid_grant"})

LATE = "That takes longer than Teams waits. Please look whether it was saved before you do it again."
NOTHING = "There is nothing to say to that."


class TeamsSettings(NamedTuple):
    """How the Teams door is set up. `local`: no tokens for what goes out, and it goes to loopback only.

    `metadata_url` says where the signing keys are described; "" is where Microsoft describes them.
    """

    app_id: str
    secret: str
    tenant: str
    local: bool = False
    metadata_url: str = ""


class NoToken(Exception):
    """Nothing went out, as there was no token for it; `final` when Microsoft refuses the app itself."""

    def __init__(self, final: bool) -> None:
        super().__init__("no token")
        self.final = final


def said(words: str) -> dict[str, Any]:
    """The answer to a press in plain words.

    https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/work-with-universal-actions-for-adaptive-cards
    """
    return {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": words}


def loopback(url: str) -> bool:
    """Whether an address is of this machine."""
    try:
        return urlsplit(url).hostname in LOOPBACK
    except ValueError:
        return False


class Line:
    """Between `start` and `close`: activities reach the core on worker threads, calls to Teams run on one loop."""

    def __init__(self, settings: TeamsSettings) -> None:
        if not (settings.app_id and settings.tenant and (settings.secret or settings.local)):
            raise ValueError("Set TEAMS_APP_ID, TEAMS_APP_SECRET and TEAMS_TENANT_ID.")
        self.settings = settings
        self._core: Core = _nobody
        self._pool = ThreadPoolExecutor(WORKERS, "teams-core")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="teams", daemon=True)
        self._sdk: _Sdk | None = None

    def start(self, core: Core | None = None) -> None:
        """Open the line; `core` takes an activity and gives the answer to a press. It may be slow, and may fail."""
        self._core = core or _nobody
        self._thread.start()
        sdk = _Sdk(self.settings)
        self.call(sdk.open(self._answered))
        self._sdk = sdk

    def close(self) -> None:
        """Nothing is taken and nothing goes out any more; what runs in the core goes on to its end."""
        sdk, self._sdk = self._sdk, None
        self._pool.shutdown(wait=False, cancel_futures=True)
        if sdk:
            with suppress(Exception):  # the connections go with the process at the latest
                self.call(sdk.close(), 2 * END_SECONDS)
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)

    def call(self, coroutine: Coroutine[Any, Any, T], seconds: float = CALL_SECONDS) -> T:
        """What a coroutine of the SDK's gives, run on the line's loop; not to be called on that loop.

        Raises what it raises, and TimeoutError when it takes too long.
        """
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(seconds)
        except TimeoutError:
            future.cancel()
            raise
        except CancelledError:  # the line was closed meanwhile
            raise TimeoutError from None

    def api(self, service_url: str) -> "ApiClient":
        """The SDK's client of the service that takes what is said in a conversation.

        Raises ValueError, a sentence, for a service that is not called, and ConnectionError while the line is not open.
        """
        if self.settings.local and not loopback(service_url):
            raise ValueError("With TEAMS_LOCAL=1 nothing is sent beyond this machine.")
        if self._sdk is None:
            raise ConnectionError("The line to Teams is not open.")
        return self._sdk.api(service_url)

    def forget_token(self) -> None:
        """Ask for another one at the next call."""
        if self._sdk and self._sdk.tokens:
            self._sdk.tokens.forget()

    def kid(self, authorization: str) -> str:
        """The key that a token says it is signed with; "" for what no token of the Bot Framework's looks like."""
        return key_of(authorization, self._sdk.cloud.token_issuer) if self._sdk else ""

    def handle(self, body: dict[str, Any], headers: Mapping[str, str]) -> tuple[int, dict[str, Any] | None]:
        """The status and the answer to an activity, by the SDK's token check and the core. `headers` in lower case.

        The keys are fetched here, on the caller's thread, so that whatever else runs on the loop waits for nobody.
        """
        kid, sdk = self.kid(headers.get("authorization", "")), self._sdk
        if not kid or sdk is None:
            return 401, None
        if not sdk.keys.ready(kid):
            return 429, None
        if not sdk.keys.endorses(kid, str(body.get("channelId"))):
            return 401, None
        asked = sdk.door.handler({"body": body, "headers": dict(headers)})
        try:
            told = self.call(asked, ANSWER_SECONDS)
        except TimeoutError:
            return self._not_answered(body, LATE)
        if told["status"] >= 500 and told["status"] != 501:
            return self._not_answered(body, FAILED)
        return told["status"], told["body"] if told["status"] == 200 else None

    def _not_answered(self, body: Mapping[str, Any], words: str) -> tuple[int, dict[str, Any] | None]:
        log.error("an activity of the type %s was not answered", _kind(body))
        return 200, said(words) if _kind(body) == "invoke" else None

    async def _answered(self, event: Any) -> dict[str, Any]:
        """What the SDK asks for once it has checked the token; never raises."""
        body = {**(event.body.model_extra or {}), "type": event.body.type, "id": event.body.id}
        kind = _kind(body)
        if kind == "invoke" and body.get("name") not in INVOKES:
            return {"status": 501}
        told = await self._loop.run_in_executor(self._pool, self._guarded, body) if kind in TYPES else None
        return {"status": 200, "body": told or said(NOTHING) if kind == "invoke" else None}

    def _guarded(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """The core's answer; of a fault the log names its kind and place, never the words."""
        try:
            return self._core(body)
        except Exception as fault:  # the last edge: to raise means that Teams sends it again
            log.error("unexpected %s in %s", type(fault).__name__, _kind(body), exc_info=fault)
            return said(FAILED)


class _Door:
    """The SDK's server without a server: it only keeps what the SDK would answer with."""

    def __init__(self) -> None:
        self.handler: Any = None

    def register_route(self, method: str, path: str, handler: Any) -> None:
        self.handler = handler

    def serve_static(self, path: str, directory: str) -> None: ...

    async def start(self, port: int) -> None: ...

    async def stop(self) -> None: ...


class _Sdk:
    """The SDK's App, every option said, so that none is read from the environment; it checks tokens with our keys."""

    def __init__(self, settings: TeamsSettings) -> None:
        with _no_dotenv():
            import microsoft_teams.apps  # noqa: F401 - at its first import it would read a `.env`
        from microsoft_teams.api.auth.cloud_environment import PUBLIC, with_overrides
        from microsoft_teams.common import Client, ClientOptions
        from microsoft_teams.common.experimental import ExperimentalWarning

        # to say a message to one member only is a preview to the SDK, which would write so to stderr
        warnings.filterwarnings("ignore", category=ExperimentalWarning)
        self.cloud = with_overrides(PUBLIC, openid_metadata_url=settings.metadata_url or None)
        self.door = _Door()
        self.app = _app(settings, self.cloud, self.door)
        self.client = Client(ClientOptions(timeout=STEP_SECONDS))
        self.tokens = None if settings.local else _Tokens(self.app.token_provider)
        self._services: dict[str, ApiClient] = {}

    async def open(self, answered: Callable[[Any], Any]) -> None:
        await self.app.initialize()
        self.app.server.on_request = answered
        check = self.app.server._token_validator
        if check is None:
            raise RuntimeError("The SDK checks no tokens.")
        self.keys = Keys(check._service_validator.options.jwks_uri)
        check._service_validator._jwks_client = self.keys  # type: ignore[assignment]

    async def close(self) -> None:
        """End what is under way, and the connections."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=END_SECONDS)
        await self.client.http.aclose()

    def api(self, service_url: str) -> "ApiClient":
        """One client for each service, on the connections of all."""
        from microsoft_teams.api import ApiClient

        if service_url not in self._services:
            settings = _client_settings(self.cloud)
            made = ApiClient(service_url, self.client, settings, self.cloud, token_provider=self.tokens)
            self._services[service_url] = made
        return self._services[service_url]


class _Tokens:
    """The SDK's own tokens, asked for beside the loop: its first question waits until Microsoft has answered."""

    def __init__(self, provider: "AppTokenProvider") -> None:
        self._provider = provider
        self._kept: TokenProtocol | None = None
        self._pool = ThreadPoolExecutor(2, "teams-token")

    async def get_app_token(self, scope: str | None = None, tenant_id: str | None = None) -> "TokenProtocol | None":
        kept = self._kept  # somebody may forget it meanwhile
        if kept is None or kept.is_expired():
            asked = asyncio.get_running_loop().run_in_executor(self._pool, self._asked, scope, tenant_id)
            try:
                self._kept = kept = await asyncio.wait_for(asked, STEP_SECONDS)
            except Exception as fault:  # noqa: BLE001 - of the SDK's, of MSAL's or of the network: none tells more
                log.warning("Microsoft gave no token: %s", type(fault).__name__)
                raise NoToken(str(fault) in REFUSED) from None
        return kept

    def forget(self) -> None:
        self._kept = None

    def _asked(self, scope: str | None, tenant: str | None) -> "TokenProtocol | None":
        return asyncio.run(self._provider.get_app_token(scope, tenant))


def _app(settings: TeamsSettings, cloud: "CloudEnvironment", door: _Door) -> "App":
    from microsoft_teams.apps import App
    from microsoft_teams.common import ClientOptions, LocalStorage

    return App(
        client_id=settings.app_id,
        client_secret=settings.secret or NO_SECRET,
        tenant_id=settings.tenant,
        client=ClientOptions(timeout=STEP_SECONDS),
        storage=LocalStorage(),
        plugins=[],
        state=False,
        dangerously_allow_unauthenticated_requests=False,
        http_server_adapter=door,
        messaging_endpoint=PATH,
        default_connection_name="graph",
        fetch_user_token=False,
        api_client_settings=_client_settings(cloud),
        service_url="https://smba.trafficmanager.net/teams",
        cloud=cloud,
        telemetry={"agent365": False},
    )


def _client_settings(cloud: "CloudEnvironment") -> "ApiClientSettings":
    from microsoft_teams.api import ApiClientSettings

    return ApiClientSettings(oauth_url=cloud.token_service_url)


@contextmanager
def _no_dotenv() -> Iterator[None]:
    """While this lasts no `.env` is read into the environment: ours is read in one place, by bot/settings."""
    before = os.environ.get(DOTENV_OFF)
    os.environ[DOTENV_OFF] = "1"
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        os.environ.pop(DOTENV_OFF)
        if before is not None:
            os.environ[DOTENV_OFF] = before


def _kind(body: Mapping[str, Any]) -> str:
    """The type of an activity for a log line: what is not a plain word is not repeated."""
    kind = str(body.get("type", ""))
    return kind if kind in TYPES else "other"


def _nobody(_body: dict[str, Any]) -> None:
    """Nobody listens: what only sends has no core."""
