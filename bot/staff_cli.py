"""``python -m bot staff …``: accounts of the console. Commands are for whoever holds the machine."""

from __future__ import annotations

import sys
from collections.abc import Callable

import segno
import typer
from sqlalchemy.orm import Session

from bot import clock
from bot.cli_end import fail
from bot.services import readiness, staff_accounts
from bot.services.staff_accounts import AccountError
from bot.services.staff_roles import ROLES
from bot.settings import SettingError, settings
from bot.store.engine import database
from bot.store.models import StaffAccount

accounts = typer.Typer(no_args_is_help=True)
_ROLE = typer.Option(..., help=f"One of: {', '.join(ROLES)}.")
_PROBLEMS = {
    "name": "The name must be 2 to 64 letters, digits or . _ @ - and begin with a letter or digit.",
    "taken": "There is an account of this name: python -m bot staff reset gives it a new password.",
    "unknown": "There is no account of this name.",
    "role": f"The role must be one of: {', '.join(ROLES)}.",
    "locale": f"The locale must be one of: {', '.join(staff_accounts.LOCALES)}.",
    "short": f"The password must have at least {staff_accounts.SHORTEST_PASSWORD} characters.",
    "long": f"The password must have at most {staff_accounts.LONGEST_PASSWORD} characters.",
    "weak": "The password must not contain the name, and needs five different characters.",
}


def _password() -> str:
    """Asked twice on a terminal; else the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _check_database() -> None:
    if obstacle := readiness.wait(database, lambda _: None, patience_seconds=0).obstacle:
        fail(obstacle)


def _do(change: Callable[[Session], StaffAccount]) -> StaffAccount:
    """Change an account in a transaction of its own; what is wrong ends the command in one line."""
    try:
        settings()
        clock.start()
        _check_database()
        with database().write() as session:
            account = change(session)
            session.flush()
            session.refresh(account)
            session.expunge(account)
            return account
    except SettingError as error:
        fail(str(error))
    except AccountError as error:
        fail(_PROBLEMS[str(error)])


def _show_secret(account: StaffAccount) -> None:
    """For the authenticator: shown now and never again."""
    address = staff_accounts.otpauth(account)
    typer.echo("Scan this with an authenticator; it is not shown again:")
    typer.echo(address)
    segno.make(address, error="l").terminal(compact=True)


@accounts.command()
def add(name: str, role: str = _ROLE, locale: str = typer.Option("fr", help="Language of the console: fr or ar.")) -> None:
    """Make an account for the console; asks for its password, or reads it from standard input."""
    password = _password()
    account = _do(lambda session: staff_accounts.add(session, name, password, role, locale, clock.now()))
    typer.echo(f"{account.name} is {account.role}")
    _show_secret(account)


@accounts.command()
def disable(name: str) -> None:
    """Let an account in no more; it is signed out everywhere at once."""
    account = _do(lambda session: staff_accounts.disable(session, name, clock.now()))
    typer.echo(f"{account.name} is disabled")


@accounts.command()
def role(name: str, role: str = _ROLE) -> None:
    """Give an account another role; it is signed out everywhere at once."""
    account = _do(lambda session: staff_accounts.change_role(session, name, role, clock.now()))
    typer.echo(f"{account.name} is {account.role}")


@accounts.command()
def reset(name: str) -> None:
    """A new password and a new secret for the authenticator; opens a disabled account again."""
    password = _password()
    account = _do(lambda session: staff_accounts.reset(session, name, password, clock.now()))
    typer.echo(f"{account.name} has a new password")
    _show_secret(account)


@accounts.command(name="accounts")
def list_accounts() -> None:
    """List the accounts of the console with their roles."""
    _check_database()
    with database().read() as session:
        for account in staff_accounts.everybody(session):
            typer.echo(f"{account.name} {account.role} {account.locale}{' disabled' if account.disabled_at else ''}")
