"""The only reader of the environment.

Each setting stands once in :data:`SETTINGS` with its default, its reader and its explanation; ``python -m bot settings`` and
``docs/operating.md`` are made from the same table. Secrets may come from a file: ``TELEGRAM_TOKEN_FILE`` names one that holds
the value of ``TELEGRAM_TOKEN``.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot import clock

CODE = Path(__file__).resolve().parent.parent
"""The folder that holds the packages bot, actions and nlu: the checkout, or where the wheel was installed."""
PACKED = CODE / "bot" / "project"
"""The project's files as they come with the wheel; in a checkout there are none."""
# Other projects of Rasa have the first two as well.
_MARKS = ("config.yml", "domain.yml", "data/vocabulary")


def _project() -> Path:
    """The checkout; else the current folder where it is a project; else what came with the wheel, which is only read.

    Processes that are started with the project as their folder find the same one.
    """
    folders = [CODE]
    with contextlib.suppress(FileNotFoundError):  # the current folder was deleted
        folders.append(Path.cwd())
    return next((folder for folder in folders if all((folder / mark).exists() for mark in _MARKS)), PACKED)


PROJECT = _project()
"""The folder that holds config.yml, domain.yml and data/: the checkout, or one that ``python -m bot init`` laid out."""
_BASE = PROJECT if PROJECT != PACKED else Path()
"""What relative paths begin at. Where packages are installed nothing is written: there it is the current folder."""
MODEL = PROJECT / "models" / "tadamon.tar.gz"
"""The model that Rasa runs; beside it, ending in .inputs, what it was made from."""
NO_MODEL = "There is no model for Rasa: python -m bot train"
"""What is said where it is missing."""


class SettingError(ValueError):
    """A setting is missing or wrong; the message is one line that names it."""


def _text(value: str) -> str:
    return value


def _optional(value: str) -> str | None:
    return value or None


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or "," in parts.netloc:
        raise ValueError("must be an http or https URL")
    return value.rstrip("/")


def _optional_url(value: str) -> str | None:
    return _url(value) if value else None


def _urls(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_url(one) for one in value.split()))


def _redis_url(value: str) -> str | None:
    parts = urlsplit(value)
    if value and (parts.scheme != "redis" or not parts.hostname or not re.fullmatch(r"/?[0-9]*", parts.path)):
        raise ValueError("must be redis://[:password@]host[:port][/number]")
    return value or None


def _bot_url(value: str) -> str:
    if not _url(value).endswith("/bot"):
        raise ValueError("must end in /bot, as in https://api.telegram.org/bot")
    return value.rstrip("/")


def _token(value: str) -> str | None:
    if value and not re.fullmatch(r"[0-9A-Za-z_:-]{3,}", value):
        raise ValueError("is not a bot token")
    return value or None


def _bot_name(value: str) -> str | None:
    name = value.removeprefix("@")
    if name and not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{4,31}", name):
        raise ValueError("must be a name on Telegram: 5 to 32 of A-Za-z0-9_")
    return name or None


def _folder(value: str) -> Path:
    return (_BASE / value).absolute()


def _optional_folder(value: str) -> Path | None:
    return _folder(value) if value else None


def _python(value: str) -> Path:
    # Not resolved: the Python of an environment is a link, and knows its packages by where the link stands.
    return (_BASE / value).absolute() if value else Path(sys.executable)


def _port(value: str) -> int:
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise ValueError("must be a port, 1 to 65535")
    return int(value)


def _optional_port(value: str) -> int | None:
    return _port(value) if value else None


def _commit(value: str) -> str | None:
    if value and not re.fullmatch(r"[0-9a-f]{7,64}", value):
        raise ValueError("must be a commit of git, 7 to 64 of 0-9a-f")
    return value or None


def _whole(value: str) -> int:
    if not value.isdecimal() or int(value) == 0:
        raise ValueError("must be a whole number above 0")
    return int(value)


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in choices:
            raise ValueError(f"must be one of: {', '.join(choices)}")
        return value

    return read


def _optional_one_of(*choices: str) -> Callable[[str], str | None]:
    read = _one_of(*choices)
    return lambda value: read(value) if value else None


def _database_url(value: str) -> str:
    if value.startswith("sqlite:///"):
        path = value.removeprefix("sqlite:///")
        return value if path.startswith("/") else f"sqlite:///{(_BASE / path).absolute()}"
    if value.startswith("postgres://"):
        value = "postgresql" + value.removeprefix("postgres")
    if not value.startswith(("postgresql://", "postgresql+psycopg2://")):
        raise ValueError("must start with sqlite:/// or postgresql://")
    try:
        _ = urlsplit(value).port
    except ValueError:
        raise ValueError("has a port that is none: in a password, write : / ? # @ as %3A %2F %3F %23 %40") from None
    return value


def _optional_database_url(value: str) -> str | None:
    return _database_url(value) if value else None


def _instant(value: str) -> str | None:
    if value:
        try:
            clock.parse_instant(value)
        except ValueError:
            raise ValueError("must be an ISO instant such as 2026-11-24T10:00") from None
    return value or None


def _hours(value: str) -> tuple[int, int] | None:
    if value == "off":
        return None
    found = re.fullmatch(r"([01]?\d|2[0-3])-([01]?\d|2[0-3])", value)
    if not found:
        raise ValueError("must be two hours such as 20-9, or off")
    return int(found[1]), int(found[2])


@dataclass(frozen=True)
class Setting:
    """One setting: the environment's name, the default as it would be typed, how it is read, what it is for."""

    name: str
    default: str
    read: Callable[[str], Any]
    purpose: str
    secret: bool = False


SETTINGS = (
    Setting("TELEGRAM_TOKEN", "", _token, "Token of the bot. Without one the sandbox, a local Telegram, is used.", True),
    Setting(
        "TELEGRAM_BASE_URL",
        "https://api.telegram.org/bot",
        _bot_url,
        "Bot API server, ending in /bot. The sandbox's own when no token is set.",
    ),
    Setting(
        "TELEGRAM_BASE_FILE_URL",
        "https://api.telegram.org/file/bot",
        _bot_url,
        "Where the Bot API server hands out files, ending in /bot.",
    ),
    Setting("TELEGRAM_TIMEOUT", "20", _whole, "Seconds to wait for the answer to one call; after that nobody knows whether it was done."),
    Setting("TELEGRAM_MODE", "polling", _one_of("polling", "webhook"), "How updates arrive."),
    Setting("WEBHOOK_URL", "", _optional_url, "Full public URL of the webhook; http is accepted on loopback."),
    Setting("WEBHOOK_SECRET", "", _optional, "Secret that Telegram repeats with each update, 1-256 of A-Za-z0-9_-.", True),
    Setting("WEBHOOK_HOST", "127.0.0.1", _text, "Address on which the gateway listens for the webhook."),
    Setting("WEBHOOK_PORT", "8443", _port, "Port on which the gateway listens for the webhook."),
    Setting("DATABASE_URL", "sqlite:///var/tadamon.db", _database_url, "The database: sqlite:///PATH or postgresql://…", True),
    Setting(
        "TRACKER_DATABASE_URL",
        "",
        _optional_database_url,
        "Rasa's tracker store. Default: DATABASE_URL, or on SQLite a file beside it, so that the two never wait for each other.",
        True,
    ),
    Setting("VAR_DIR", "var", _folder, "Folder for what a run leaves behind: the sandbox's chats, the supervisor's files, training logs."),
    Setting(
        "ERASED_DIR",
        "",
        _optional_folder,
        "Folder of the record of erasures, by which a backup that is brought back forgets again whoever was erased since. Best on another "
        "disk than the database, and the same for all workers. Default: erased in VAR_DIR.",
    ),
    Setting(
        "RASA_URL", "", _urls, "The Rasa server; or several, apart by spaces, of which each chat has one. Default: RASA_PORT on loopback."
    ),
    Setting(
        "RASA_HOST",
        "127.0.0.1",
        _text,
        "Address on which `rasa` listens. Other than loopback only where gateways alone get there: whoever does speaks for anybody.",
    ),
    Setting("RASA_PORT", "5005", _port, "Port on which `rasa` listens."),
    Setting(
        "RASA_PYTHON",
        "",
        _python,
        "The Python that has Rasa: `rasa`, `actions` and all training run in it. Default: the one that runs this.",
    ),
    Setting("REDIS_URL", "", _redis_url, "Redis, where several Rasa servers keep their locks. Empty: each keeps its own, in memory.", True),
    Setting("ACTIONS_URL", "", _optional_url, "The action server, for Rasa. Default: ACTIONS_PORT on loopback."),
    Setting("ACTIONS_HOST", "127.0.0.1", _text, "Address on which `actions` listens; as for RASA_HOST, nobody but Rasa may get there."),
    Setting("ACTIONS_PORT", "5055", _port, "Port on which `actions` listens."),
    Setting("WEB_HOST", "127.0.0.1", _text, "Address of the web process."),
    Setting("WEB_PORT", "8080", _port, "Port of the web process."),
    Setting(
        "SITE_URL", "", _optional_url, "Public URL of the web process, in links of feeds, codes and sharing. Default: the host asked for."
    ),
    Setting(
        "BOT_NAME", "", _bot_name, "Name of the bot on Telegram, without @. Empty: public pages say to look for it and link to no chat."
    ),
    Setting("SANDBOX_PORT", "8082", _port, "Port of the sandbox; it listens on loopback only."),
    Setting("CLOCK_START", "", _instant, "ISO instant at which each process believes it started. Empty: real time."),
    Setting(
        "ORGANISATION_VALIDATION",
        "",
        _optional_one_of("staff", "auto"),
        "Whether missions are shown before staff validated their organisation. Default: staff; auto in the sandbox.",
    ),
    Setting(
        "QUIET_HOURS",
        "",
        lambda value: _hours(value) if value else "",
        "Hours, legal time, in which nothing unsolicited is sent: 20-9, or off. Default: 20-9; off in the sandbox.",
    ),
    Setting("GATEWAY_NAME", "gateway", _text, "Name under which this gateway claims work; unique among gateways."),
    Setting("WORKER_NAME", "worker", _text, "Name under which this worker holds its leases; unique among workers."),
    Setting("PARALLEL_CHATS", "64", _whole, "How many chats a gateway serves at the same time."),
    Setting("SENDS_PER_SECOND", "25", _whole, "How many messages may leave in a second, all chats together; Telegram takes 30."),
    Setting(
        "TRANSCRIPT_DAYS",
        "90",
        _whole,
        "Days after which what people wrote is deleted, in Rasa's tracker and where staff read it; examples stay, redacted.",
    ),
    Setting(
        "HEALTH_DETAILS",
        "local",
        _one_of("local", "all", "none"),
        "Who reads more than yes or no at /health/ready and /version: programs of this machine, all, or none.",
    ),
    Setting("METRICS_HOST", "127.0.0.1", _text, "Address on which metrics are given out, where they are."),
    Setting("GATEWAY_METRICS_PORT", "", _optional_port, "Port of the gateway's metrics for Prometheus. Empty: none."),
    Setting("WORKER_METRICS_PORT", "", _optional_port, "Port of the worker's metrics for Prometheus. Empty: none."),
    Setting(
        "WEB_METRICS_PORT",
        "",
        _optional_port,
        "Port of the web process's metrics for Prometheus, the database's queues among them. Empty: none.",
    ),
    Setting(
        "GIT_COMMIT", "", _commit, "The commit this version was made from, for /version. Empty: git is asked, where there is a repository."
    ),
    Setting("LOG_LEVEL", "INFO", _one_of("DEBUG", "INFO", "WARNING", "ERROR"), "How much is logged."),
)


@dataclass(frozen=True)
class Settings:
    """The settings as read and checked. What the fields mean stands in :data:`SETTINGS`."""

    telegram_token: str
    telegram_base_url: str
    telegram_base_file_url: str
    telegram_timeout: int
    telegram_mode: str
    webhook_url: str | None
    webhook_secret: str | None
    webhook_host: str
    webhook_port: int
    database_url: str
    tracker_database_url: str
    var_dir: Path
    erased_dir: Path
    rasa_urls: tuple[str, ...]
    rasa_host: str
    rasa_port: int
    rasa_python: Path
    redis_url: str | None
    actions_url: str
    actions_host: str
    actions_port: int
    web_host: str
    web_port: int
    site_url: str | None
    bot_name: str | None
    sandbox: bool
    sandbox_port: int
    clock_start: str | None
    organisation_validation: str
    quiet_hours: tuple[int, int] | None
    gateway_name: str
    worker_name: str
    parallel_chats: int
    sends_per_second: int
    transcript_days: int
    health_details: str
    metrics_host: str
    gateway_metrics_port: int | None
    worker_metrics_port: int | None
    web_metrics_port: int | None
    git_commit: str | None
    log_level: str


SANDBOX_TOKEN = "sandbox"
"""The sandbox knows one bot; its token protects nothing and leaves this machine never."""


def _raw(setting: Setting, environment: Mapping[str, str]) -> str:
    value = environment.get(setting.name, "").strip()
    file_name = environment.get(f"{setting.name}_FILE", "").strip() if setting.secret else ""
    if not file_name:
        return value or setting.default
    if value:
        raise SettingError(f"{setting.name} and {setting.name}_FILE are both set: keep one.")
    try:
        secret = Path(file_name).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingError(f"{setting.name}_FILE cannot be read: {error.strerror}.") from None
    if not secret:
        # Taken for unset, an empty token would start the sandbox in place of the bot.
        raise SettingError(f"{setting.name}_FILE is empty.")
    return secret


def read(environment: Mapping[str, str]) -> Settings:
    """Read and check all settings.

    Raises SettingError, one line that names the setting, at the first that is wrong.
    """
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        try:
            values[setting.name.lower()] = setting.read(_raw(setting, environment))
        except SettingError:
            raise
        except ValueError as error:
            raise SettingError(f"{setting.name} {error}.") from None
    return Settings(**_completed(values, environment))


def _completed(values: dict[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    sandbox = values["telegram_token"] is None
    values["sandbox"] = sandbox
    if sandbox:
        values["telegram_token"] = SANDBOX_TOKEN
        for name, path in (("telegram_base_url", "bot"), ("telegram_base_file_url", "file/bot")):
            if not environment.get(name.upper(), "").strip():
                values[name] = f"http://127.0.0.1:{values['sandbox_port']}/{path}"
    if values["quiet_hours"] == "":
        values["quiet_hours"] = None if sandbox else (20, 9)
    values["organisation_validation"] = values["organisation_validation"] or ("auto" if sandbox else "staff")
    values["erased_dir"] = values["erased_dir"] or values["var_dir"] / "erased"
    values["rasa_urls"] = values.pop("rasa_url") or (f"http://127.0.0.1:{values['rasa_port']}",)
    values["actions_url"] = values["actions_url"] or f"http://127.0.0.1:{values['actions_port']}"
    values["tracker_database_url"] = values["tracker_database_url"] or _tracker_beside(values["database_url"])
    if values["telegram_mode"] == "webhook":
        _check_webhook(values)
    return values


def _tracker_beside(database_url: str) -> str:
    if database_url.startswith("sqlite:///"):
        return re.sub(r"(\.[^./]+)?$", r"-tracker\1", database_url, count=1)
    return database_url


def _check_webhook(values: Mapping[str, Any]) -> None:
    if not values["webhook_url"]:
        raise SettingError("WEBHOOK_URL is needed when TELEGRAM_MODE is webhook.")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", values["webhook_secret"] or ""):
        raise SettingError("WEBHOOK_SECRET is needed when TELEGRAM_MODE is webhook: 1 to 256 of A-Za-z0-9_-.")
    parts = urlsplit(values["webhook_url"])
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise SettingError("WEBHOOK_URL must be https, except on loopback.")


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return read(os.environ)
