"""Settings from the environment and `.env`: all faults at once, in sentences, with no value repeated."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.clock import instant
from handlers.ask import Desk
from storage.people import handle
from storage.rules.deadlines import Thresholds
from storage.rules.working_days import WEEKDAYS
from storage.store import Store

SLACK = "https://slack.com/api/"


class SettingsFault(Exception):
    """What is wrong with the settings: one sentence a fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Settings(BaseSettings):
    """Every setting that the program reads, with its default; `docs/settings.md` explains them."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True, env_ignore_empty=True)

    slack_bot_token: SecretStr = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    slack_api_url: str = SLACK
    teams_app_id: str = ""
    teams_app_secret: SecretStr = SecretStr("")
    teams_tenant_id: str = ""
    teams_local: bool = False
    teams_metadata_url: str = ""
    http_host: str = "127.0.0.1"
    http_port: int = 3000
    database_url: str = Field("sqlite:///data/register.db", repr=False)  # it may hold a password
    dcc_channel: str = ""
    digest_day: str = "mon"
    digest_time: str = "09:00"
    digest_holidays: str = "next"
    timezone: str = "Europe/London"
    due_soon_days: int = Field(14, ge=1, le=365)
    stale_days: int = Field(28, ge=1, le=3650)
    force_name: str = "Example Police"
    slash_command: str = "/4action"
    liaison_users: str = ""
    dcc_users: str = ""
    member_role: str = "officer"
    alert_user: str = ""
    sensitive_channels: str = ""
    audit_key: SecretStr = SecretStr("")
    backup_dir: Path | None = None
    bank_holidays_file: Path | None = None
    heartbeat_url: SecretStr = SecretStr("")
    lightkeeper_now: datetime | None = None

    @field_validator("digest_day")
    @classmethod
    def _day(cls, value: str) -> str:
        if value.lower()[:3] not in WEEKDAYS:
            raise ValueError("is not a day of the week. Use mon, tue, wed, thu, fri, sat or sun")
        return value.lower()[:3]

    @field_validator("digest_time")
    @classmethod
    def _time(cls, value: str) -> str:
        hours, _, minutes = value.partition(":")
        fits = hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60
        if not fits or len(minutes) != 2:
            raise ValueError("is not a time of day. Write it as 09:00")
        if int(hours) == 1:
            raise ValueError("lies between 01:00 and 02:00, an hour that a clock change skips or repeats")
        return f"{int(hours):02d}:{minutes}"

    @field_validator("digest_holidays")
    @classmethod
    def _holidays(cls, value: str) -> str:
        if value not in {"next", "same"}:
            raise ValueError("is neither next (the next working day) nor same (the same day)")
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("is not a time zone. Use Europe/London") from None
        return value

    @field_validator("slash_command")
    @classmethod
    def _slash(cls, value: str) -> str:
        if not value.startswith("/") or len(value) > 32 or " " in value:
            raise ValueError("is not a command. It begins with / and has at most 32 characters, like /4action")
        return value

    @field_validator("member_role")
    @classmethod
    def _role(cls, value: str) -> str:
        if value not in {"officer", "none"}:
            raise ValueError("is neither officer (members may read) nor none (only those enrolled)")
        return value

    @field_validator("liaison_users", "dcc_users", "alert_user")
    @classmethod
    def _people(cls, value: str) -> str:
        if any(handle(token) is None for token in tokens(value)):
            raise ValueError("holds something that is neither an e-mail address nor a chat user ID; commas between")
        return value

    @field_validator("slack_bot_token", "slack_app_token")
    @classmethod
    def _token(cls, value: SecretStr, info: Any) -> SecretStr:
        begins = {"slack_bot_token": "xoxb-", "slack_app_token": "xapp-"}[info.field_name]
        if value.get_secret_value() and not value.get_secret_value().startswith(begins):
            raise ValueError(f"is not the right token: it begins with {begins}")
        return value

    @field_validator("slack_signing_secret")
    @classmethod
    def _signing(cls, value: SecretStr) -> SecretStr:
        secret = value.get_secret_value()
        if secret.startswith(("xox", "xapp-")):
            raise ValueError("is a token. The signing secret stands on the app's page, under Basic Information")
        if not (secret.isascii() and secret.isprintable()) or " " in secret:
            raise ValueError("is not a signing secret. Copy it from the app's page, under Basic Information")
        return value

    @field_validator("http_host")
    @classmethod
    def _host(cls, value: str) -> str:
        if not re.fullmatch(r"[0-9A-Za-z.-]+|[0-9A-Fa-f:.]+", value):
            raise ValueError("is not an address to listen on. Use 127.0.0.1, with the port in HTTP_PORT")
        return value

    @field_validator("http_port", mode="before")
    @classmethod
    def _port(cls, value: Any) -> int:
        if not re.fullmatch(r"[0-9]{1,5}", str(value).strip()) or not 0 < int(value) < 65536:
            raise ValueError("is not a port. Use a number from 1 to 65535, like 3000")
        return int(value)

    @field_validator("slack_api_url")
    @classmethod
    def _url(cls, value: str) -> str:
        if not _is_safe(value):
            raise ValueError("is not an https address (http only on this machine)")
        return value if value.endswith("/") else value + "/"

    @field_validator("heartbeat_url")
    @classmethod
    def _heartbeat(cls, value: SecretStr) -> SecretStr:
        address = value.get_secret_value()
        if address and not (_is_safe(address) and address.isascii() and address.isprintable() and " " not in address):
            raise ValueError("is not an https address (http only on this machine)")
        return value

    @field_validator("dcc_channel")
    @classmethod
    def _channel(cls, value: str) -> str:
        if value and not chat_of(value):
            raise ValueError("is not a channel ID. Copy it from the channel's details in Slack; it begins with C")
        return value

    @field_validator("teams_app_id", "teams_tenant_id")
    @classmethod
    def _guid(cls, value: str) -> str:
        if value and not _GUID.fullmatch(value.strip()):
            raise ValueError("is not an ID of Microsoft Entra, like 00000000-1111-2222-3333-444444444444")
        return value.strip().lower()

    @field_validator("teams_metadata_url")
    @classmethod
    def _metadata(cls, value: str) -> str:
        if value and not _is_safe(value):
            raise ValueError("is not an https address (http only on this machine)")
        return value

    @field_validator("lightkeeper_now", mode="before")
    @classmethod
    def _now(cls, value: Any) -> Any:
        try:
            return instant(value) if isinstance(value, str) else value
        except ValueError:
            raise ValueError("is not an instant. Write it like 2026-11-23T09:00") from None

    @property
    def http_mode(self) -> bool:
        """Slack calls us over HTTP; with an app token, we call Slack, over Socket Mode."""
        return not self.slack_app_token.get_secret_value() and bool(self.slack_signing_secret.get_secret_value())

    @property
    def slack_wanted(self) -> bool:
        """Whether Slack's door opens: where anything of it is set, or no other door is."""
        given = (self.slack_bot_token, self.slack_app_token, self.slack_signing_secret)
        return any(secret.get_secret_value() for secret in given) or not self.teams_wanted

    @property
    def teams_wanted(self) -> bool:
        """Whether Teams' door opens: where anything of it is set."""
        return bool(self.teams_app_id or self.teams_tenant_id or self.teams_app_secret.get_secret_value())

    @property
    def port_wanted(self) -> bool:
        """Whether a port is opened: for who calls us over HTTP, and in Socket Mode only when HTTP_PORT is set."""
        return self.http_mode or self.teams_wanted or "http_port" in self.model_fields_set

    @property
    def limits(self) -> Thresholds:
        return Thresholds(self.due_soon_days, self.stale_days)

    @property
    def role_of_members(self) -> str:
        return "" if self.member_role == "none" else self.member_role

    def desk(self, store: Store) -> Desk:
        at = (self.digest_day, self.digest_time)
        return Desk(store, self.limits, self.slash_command, self.force_name, digest_at=at)


_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TEAMS_CHANNEL = re.compile(r"19:\S+@thread\.\S+")


def chat_of(channel: str) -> str:
    """Which chat a channel ID is of; "" when it is none's."""
    if channel[:1] in {"C", "G"} and channel.isalnum() and channel.isupper():
        return "slack"
    return "teams" if _TEAMS_CHANNEL.fullmatch(channel) else ""


def _is_safe(address: str) -> bool:
    """Whether a token may be sent there: over https, or on this machine."""
    try:
        scheme, host = urlsplit(address).scheme, urlsplit(address).hostname
    except ValueError:
        return False
    return bool(host) and (scheme == "https" or (scheme == "http" and host in {"127.0.0.1", "localhost"}))


def tokens(value: str) -> list[str]:
    """A list with commas, taken apart."""
    return [token.strip() for token in value.split(",") if token.strip()]


def read(env_file: str | None = ".env") -> Settings:
    """Read the settings; `env_file` None reads none. Raises SettingsFault with all faults at once."""
    if env_file and Path(env_file).exists():
        _check_readable(Path(env_file))
    try:
        return Settings(_env_file=env_file)  # type: ignore[call-arg]
    except ValidationError as fault:
        raise SettingsFault([_sentence(error) for error in fault.errors()]) from None


def _check_readable(path: Path) -> None:
    try:
        path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise SettingsFault([f"{path} cannot be read as text. Save it as UTF-8 and make it readable."]) from None


def _sentence(error: Any) -> str:
    name = str(error["loc"][0]).upper()
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] != "value_error":
        message = f"is not right: {message[0].lower()}{message[1:]}"
    return f"{name} {message.rstrip('.')}."


def is_slacks(url: str) -> bool:
    """Whether an address of the Web API is Slack's own, however it is written."""
    host = (urlsplit(url).hostname or "").lower().rstrip(".")
    return host == "slack.com" or host.endswith(".slack.com")


def problems_to_run(settings: Settings) -> list[str]:
    """What is missing or unsafe for `run`, beyond what each setting says of itself."""
    faults = _missing_of_slack(settings) if settings.slack_wanted else []
    faults += _missing_of_teams(settings) if settings.teams_wanted else []
    real = is_slacks(settings.slack_api_url) if settings.slack_wanted else not settings.teams_local
    if settings.lightkeeper_now and real:
        faults.append("LIGHTKEEPER_NOW is for tests and the practice workspace only; take it out of the settings.")
    if settings.teams_local and settings.http_host not in {"127.0.0.1", "localhost", "::1"}:
        faults.append("TEAMS_LOCAL is for a local client only: it needs HTTP_HOST to be 127.0.0.1.")
    return faults


def _missing_of_slack(settings: Settings) -> list[str]:
    faults = []
    if not settings.slack_bot_token.get_secret_value():
        faults.append("SLACK_BOT_TOKEN is missing. Copy it from the app's page, under OAuth & Permissions.")
    if not settings.slack_app_token.get_secret_value() and not settings.http_mode:
        faults.append(
            "SLACK_APP_TOKEN is missing. Make it on the app's page, under Basic Information; "
            "or set SLACK_SIGNING_SECRET, to be called over HTTP."
        )
    return faults


def _missing_of_teams(settings: Settings) -> list[str]:
    faults = []
    if not settings.teams_app_id:
        faults.append("TEAMS_APP_ID is missing. Copy the Microsoft App ID from the Azure Bot, under Configuration.")
    if not settings.teams_tenant_id:
        faults.append("TEAMS_TENANT_ID is missing. Copy the App Tenant ID from the Azure Bot, under Configuration.")
    if not settings.teams_app_secret.get_secret_value() and not settings.teams_local:
        faults.append("TEAMS_APP_SECRET is missing. Make a client secret for the app in Microsoft Entra.")
    return faults
