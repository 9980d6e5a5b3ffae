"""Accounts by the command line: what is asked, printed, kept; what is wrong is one line."""

from __future__ import annotations

import pyotp
import pytest
from click.testing import Result
from sqlalchemy import select
from typer.testing import CliRunner

from bot.cli import app
from bot.settings import settings
from bot.store.engine import Database
from bot.store.engine import database as own_database
from bot.store.models import StaffAccount

PASSWORD = "kefta-tangia-2026"


def run(*arguments: str, typed: str = f"{PASSWORD}\n") -> Result:
    return CliRunner().invoke(app, ["staff", *arguments], input=typed)


def row(database: Database) -> StaffAccount:
    with database.read() as session:
        return session.execute(select(StaffAccount)).scalar_one()


def test_an_account_is_made_and_its_secret_shown_once(database: Database) -> None:
    done = run("add", "Salma", "--role", "moderator", "--locale", "ar")
    assert done.exit_code == 0
    account = row(database)
    assert (account.name, account.role, account.locale) == ("salma", "moderator", "ar")
    assert f"otpauth://totp/Tadamon:salma?secret={account.totp_secret}&issuer=Tadamon" in done.stdout
    assert pyotp.parse_uri(next(line for line in done.stdout.splitlines() if line.startswith("otpauth"))).secret == account.totp_secret
    assert "▄" in done.stdout or "█" in done.stdout, "a code to scan"
    assert PASSWORD not in done.output
    assert account.totp_secret not in run("accounts").output


@pytest.mark.parametrize(
    ("arguments", "typed", "told"),
    [
        (("add", "salma", "--role", "root"), PASSWORD, "role must be one of"),
        (("add", "salma", "--role", "admin", "--locale", "en"), PASSWORD, "locale must be one of"),
        (("add", "salma", "--role", "admin"), "short", "at least 12"),
        (("add", "salma", "--role", "admin"), "", "at least 12"),
        (("add", "a b", "--role", "admin"), PASSWORD, "name must be"),
        (("disable", "nobody"), "", "no account of this name"),
        (("role", "nobody", "--role", "admin"), "", "no account of this name"),
        (("reset", "nobody"), PASSWORD, "no account of this name"),
    ],
)
def test_what_is_wrong_is_one_line(database: Database, arguments: tuple[str, ...], typed: str, told: str) -> None:
    done = run(*arguments, typed=f"{typed}\n")
    assert done.exit_code == 1
    assert told in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert run("accounts").stdout == ""


def test_an_account_changes_its_role_is_disabled_and_opened_again(database: Database) -> None:
    run("add", "salma", "--role", "viewer")
    before = row(database).totp_secret
    assert run("role", "SALMA", "--role", "agent").stdout == "salma is agent\n"
    assert run("disable", "salma").stdout == "salma is disabled\n"
    assert run("accounts").stdout == "salma agent fr disabled\n"
    assert "otpauth://" in run("reset", "salma").stdout
    assert run("accounts").stdout == "salma agent fr\n"
    assert row(database).totp_secret != before
    assert run("add", "salma", "--role", "viewer").exit_code == 1


def test_the_commands_of_before_are_still_there(database: Database) -> None:
    assert run("handoffs").exit_code == 0
    assert run("validate", "7").exit_code == 1


def test_a_database_that_is_away_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://tadamon:hidden-word@127.0.0.1:1/tadamon")
    settings.cache_clear()
    own_database.cache_clear()
    result = run("accounts")
    own_database.cache_clear()
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)
    assert "cannot be reached" in result.stderr and "hidden-word" not in result.stderr
