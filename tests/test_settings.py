"""Settings: read once, checked at once, wrong ones told in one line that names them and shows no secret."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path

import pytest

from bot.settings import PROJECT, SANDBOX_TOKEN, SETTINGS, SettingError, Settings, read

TOKEN = "123456:AAbb-Cc_dd"


def test_an_empty_environment_is_the_sandbox_with_lenient_defaults() -> None:
    found = read({})
    assert found.sandbox
    assert found.telegram_token == SANDBOX_TOKEN
    assert found.telegram_base_url == "http://127.0.0.1:8082/bot"
    assert found.telegram_base_file_url == "http://127.0.0.1:8082/file/bot"
    assert found.organisation_validation == "auto"
    assert found.quiet_hours is None
    assert found.database_url == f"sqlite:///{PROJECT}/var/tadamon.db"
    assert found.rasa_urls == ("http://127.0.0.1:5005",)
    assert {found.web_host, found.webhook_host} == {"127.0.0.1"}


def test_a_token_turns_the_sandbox_off_and_the_strict_defaults_on() -> None:
    found = read({"TELEGRAM_TOKEN": TOKEN})
    assert not found.sandbox
    assert found.telegram_token == TOKEN
    assert found.telegram_base_url == "https://api.telegram.org/bot"
    assert found.organisation_validation == "staff"
    assert found.quiet_hours == (20, 9)


@pytest.mark.parametrize("token", [{}, {"TELEGRAM_TOKEN": TOKEN}])
def test_what_is_set_wins_over_what_the_sandbox_assumes(token: dict[str, str]) -> None:
    found = read({**token, "ORGANISATION_VALIDATION": "staff", "QUIET_HOURS": "22-7", "TELEGRAM_BASE_URL": "http://127.0.0.1:9000/bot"})
    assert (found.organisation_validation, found.quiet_hours) == ("staff", (22, 7))
    assert found.telegram_base_url == "http://127.0.0.1:9000/bot"


def test_the_sandbox_is_sought_on_its_own_port() -> None:
    found = read({"SANDBOX_PORT": "9082", "RASA_PORT": "9005"})
    assert found.telegram_base_url == "http://127.0.0.1:9082/bot"
    assert found.rasa_urls == ("http://127.0.0.1:9005",)


def test_rasa_runs_in_this_python_unless_another_is_named(tmp_path: Path) -> None:
    assert read({}).rasa_python == Path(sys.executable)
    assert read({"RASA_PYTHON": ".venv/bin/python"}).rasa_python == PROJECT / ".venv/bin/python"
    link = tmp_path / "python"
    link.symlink_to(sys.executable)
    assert read({"RASA_PYTHON": str(link)}).rasa_python == link


def test_every_setting_of_the_table_has_its_field() -> None:
    names = {setting.name.lower() for setting in SETTINGS}
    # Of several, the name says it.
    assert names - {"rasa_url"} | {"rasa_urls", "sandbox"} == {field.name for field in fields(Settings)}
    assert len(names) == len(SETTINGS)
    assert all(setting.purpose.endswith(".") or setting.purpose.endswith("…") for setting in SETTINGS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEGRAM_TOKEN", "not a token"),
        ("TELEGRAM_BASE_URL", "https://api.telegram.org"),
        ("TELEGRAM_BASE_URL", "ftp://127.0.0.1/bot"),
        ("TELEGRAM_BASE_FILE_URL", "https://api.telegram.org/file"),
        ("TELEGRAM_MODE", "push"),
        ("WEBHOOK_URL", "example.org/hook"),
        ("WEBHOOK_PORT", "0"),
        ("WEB_PORT", "65536"),
        ("WEB_PORT", "-1"),
        ("RASA_PORT", "http"),
        ("RASA_URL", "127.0.0.1:5005"),
        ("RASA_URL", "http://rasa-1:5005 rasa-2:5005"),
        ("RASA_URL", "http://rasa-1:5005,http://rasa-2:5005"),
        ("REDIS_URL", "127.0.0.1:6379"),
        ("REDIS_URL", "rediss://redis:6379"),
        ("REDIS_URL", "redis://redis:6379/locks"),
        ("ACTIONS_URL", "actions:5055"),
        ("SANDBOX_PORT", "80.5"),
        ("SITE_URL", "tadamon.example"),
        ("BOT_NAME", "t.me/tadamon"),
        ("ACTIONS_PORT", "²"),
        ("DATABASE_URL", "mysql://localhost/tadamon"),
        ("DATABASE_URL", "tadamon.db"),
        ("TRACKER_DATABASE_URL", "redis://localhost"),
        ("CLOCK_START", "yesterday"),
        ("ORGANISATION_VALIDATION", "never"),
        ("QUIET_HOURS", "20"),
        ("QUIET_HOURS", "20-24"),
        ("QUIET_HOURS", "none"),
        ("PARALLEL_CHATS", "0"),
        ("PARALLEL_CHATS", "many"),
        ("LOG_LEVEL", "verbose"),
    ],
)
def test_a_wrong_setting_is_told_in_one_line_that_names_it(name: str, value: str) -> None:
    with pytest.raises(SettingError) as caught:
        read({name: value})
    line = str(caught.value)
    assert line.startswith(f"{name} ")
    assert "\n" not in line
    assert line.endswith(".")


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS if setting.secret])
def test_no_secret_stands_in_what_is_told(name: str) -> None:
    with pytest.raises(SettingError) as caught:
        read({name: "wrong://hidden word", "TELEGRAM_MODE": "webhook", "WEBHOOK_URL": "https://example.org/hook"})
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS if setting.secret])
def test_a_secret_set_twice_is_refused(name: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("postgresql://127.0.0.1/tadamon", encoding="utf-8")
    with pytest.raises(SettingError, match=rf"^{name} and {name}_FILE are both set"):
        read({name: "postgresql://127.0.0.1/tadamon", f"{name}_FILE": str(secret)})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEGRAM_TOKEN", TOKEN),
        ("WEBHOOK_SECRET", "s3cret"),
        ("DATABASE_URL", "postgresql://tadamon@127.0.0.1/tadamon"),
        ("TRACKER_DATABASE_URL", "postgresql://tadamon@127.0.0.1/rasa"),
    ],
)
def test_a_secret_may_come_from_a_file(name: str, value: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{value}\n", encoding="utf-8")
    assert getattr(read({f"{name}_FILE": str(secret)}), name.lower()) == value


def test_a_wrong_value_in_a_file_is_told_like_any_other(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("mysql://localhost", encoding="utf-8")
    with pytest.raises(SettingError, match=r"^DATABASE_URL must start with"):
        read({"DATABASE_URL_FILE": str(secret)})


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"^TELEGRAM_TOKEN_FILE cannot be read: .*\.$"):
        read({"TELEGRAM_TOKEN_FILE": str(tmp_path / "nowhere")})


def test_only_secrets_come_from_files(tmp_path: Path) -> None:
    port = tmp_path / "port"
    port.write_text("9000", encoding="utf-8")
    assert read({"WEB_PORT_FILE": str(port)}).web_port == 8080


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("sqlite:///var/x.db", f"sqlite:///{PROJECT}/var/x.db"),
        ("sqlite:////srv/x.db", "sqlite:////srv/x.db"),
        ("postgres://a@b/c", "postgresql://a@b/c"),
        ("postgresql://a@b/c", "postgresql://a@b/c"),
        ("postgresql+psycopg2://a@b/c", "postgresql+psycopg2://a@b/c"),
    ],
)
def test_database_urls(typed: str, url: str) -> None:
    assert read({"DATABASE_URL": typed}).database_url == url


@pytest.mark.parametrize(
    ("database", "tracker"),
    [
        ("sqlite:////srv/x.db", "sqlite:////srv/x-tracker.db"),
        ("sqlite:////srv.d/x", "sqlite:////srv.d/x-tracker"),
        ("postgresql://a@b/c", "postgresql://a@b/c"),
    ],
)
def test_the_tracker_stands_beside_the_database(database: str, tracker: str) -> None:
    assert read({"DATABASE_URL": database}).tracker_database_url == tracker


@pytest.mark.parametrize(("typed", "hours"), [("20-9", (20, 9)), ("0-23", (0, 23)), ("09-17", (9, 17)), ("off", None)])
def test_quiet_hours(typed: str, hours: tuple[int, int] | None) -> None:
    assert read({"QUIET_HOURS": typed, "TELEGRAM_TOKEN": TOKEN}).quiet_hours == hours


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"WEBHOOK_URL": ""}, "WEBHOOK_URL"),
        ({"WEBHOOK_URL": "http://example.org/hook"}, "WEBHOOK_URL"),
        ({"WEBHOOK_SECRET": ""}, "WEBHOOK_SECRET"),
        ({"WEBHOOK_SECRET": "é"}, "WEBHOOK_SECRET"),
        ({"WEBHOOK_SECRET": "a" * 257}, "WEBHOOK_SECRET"),
        ({}, None),
        ({"WEBHOOK_URL": "http://127.0.0.1:8443/hook"}, None),
        ({"WEBHOOK_URL": "http://localhost:8443/hook", "WEBHOOK_SECRET": "a" * 256}, None),
    ],
)
def test_a_webhook_needs_its_url_and_secret(changes: dict[str, str], named: str | None) -> None:
    environment = {"TELEGRAM_MODE": "webhook", "WEBHOOK_URL": "https://example.org/hook", "WEBHOOK_SECRET": "s3cret", **changes}
    if named is None:
        assert read(environment).telegram_mode == "webhook"
    else:
        with pytest.raises(SettingError, match=f"^{named} "):
            read(environment)


def test_blanks_around_values_do_not_count() -> None:
    assert read({"WEB_PORT": " 9000\n", "LOG_LEVEL": "  "}).web_port == 9000
