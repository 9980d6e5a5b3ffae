"""Accounts of the staff: made by hand, opened by a password and a code of an authenticator.

Wrong name, password or code are one answer, and the same work: a name that does not exist is checked against a password of nobody's.
"""

from __future__ import annotations

import hmac
import re
import threading
import unicodedata
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import clock
from bot.services import audit, login_throttle, staff_sessions
from bot.services.audit import Author
from bot.services.staff_roles import ROLES
from bot.store.models import StaffAccount

WRITE = Callable[[], AbstractContextManager[Session]]
LOCALES = ("fr", "ar")
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 128
ISSUER = "Tadamon"
_NAME = re.compile(r"\w[\w.@-]{1,63}")
_CODE = re.compile(r"[0-9]{6}")
_STEP_SECONDS = 30
_HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=1, hash_len=32, salt_len=16)
"""64 MiB and three rounds: about a sixth of a second, beyond what RFC 9106 and OWASP ask for at least."""
_AT_ONCE = threading.BoundedSemaphore(2)
"""So many passwords are hashed at the same time, however many knock: memory stays bounded."""


class AccountError(ValueError):
    """An account that cannot be made or changed so; the message is a key: name, taken, unknown, role, locale, short, long, weak."""


@dataclass(frozen=True)
class Entered:
    """How an attempt to sign in ended: a token, or how long to wait before the next is looked at (0: at once)."""

    token: str | None
    wait_seconds: int = 0


def folded(name: str) -> str:
    """A name as it is kept: the same however it is typed."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


# ---- passwords and codes


def check_password(password: str, name: str) -> None:
    """Raises AccountError for a password that is too short, too long, or easily guessed from the name or from one letter."""
    if len(password) < SHORTEST_PASSWORD:
        raise AccountError("short")
    if len(password) > LONGEST_PASSWORD:
        raise AccountError("long")
    plain = password.casefold()
    if len(set(plain)) < 5 or name in plain or ISSUER.casefold() in plain:
        raise AccountError("weak")


def _hashed(password: str) -> str:
    with _AT_ONCE:
        return _HASHER.hash(_typed(password))


def _typed(password: str) -> str:
    """Two keyboards may compose a letter in two ways. Nothing else is changed: spaces count."""
    return unicodedata.normalize("NFC", password)


def _matches(password_hash: str, password: str) -> bool:
    with _AT_ONCE:
        try:
            return _HASHER.verify(password_hash, _typed(password))
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobody() -> tuple[str, str]:
    """Hash and secret that belong to no account."""
    return _hashed(pyotp.random_base32()), pyotp.random_base32()


def code_step(secret: str, code: str, at: datetime) -> int | None:
    """The step (30 s) whose code it is, one before and one after included; None: of none.

    Args:
        at: real time: the authenticator knows no other.
    """
    totp = pyotp.TOTP(secret)
    now = int(at.timestamp()) // _STEP_SECONDS
    found = None
    for step in (now - 1, now, now + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            found = step
    return found


# ---- signing in


def sign_in(write: WRITE, name: str, password: str, code: str, address: str, at: datetime) -> Entered:
    """Look at an attempt to sign in. The password is hashed outside of any transaction: nobody waits for it.

    Args:
        address: where it comes from, for the throttle alone.
        at: business time; codes are checked by real time.
    """
    name = folded(name)[:64]
    password = password[: LONGEST_PASSWORD + 1]
    keys, nobody = login_throttle.keys(name, address), _nobody()
    with write() as session:
        wait = login_throttle.take(session, keys, at)
        if wait:
            return Entered(None, wait)
        account = session.execute(select(StaffAccount).where(StaffAccount.name == name, StaffAccount.disabled_at.is_(None))).scalar()
        password_hash, secret = (account.password_hash, account.totp_secret) if account else nobody
        known = Author(account.id, account.name) if account else Author()
    step = code_step(secret, code.replace(" ", "") if _CODE.fullmatch(code.replace(" ", "")) else "-", clock.real_now())
    is_right = _matches(password_hash, password) and step is not None and known.account_id is not None
    # The parameters may have become stronger since.
    stronger = _hashed(password) if is_right and _HASHER.check_needs_rehash(password_hash) else None
    with write() as session:
        if is_right and step is not None and _use_code(session, known, password_hash, secret, step):
            login_throttle.forgive(session, *keys)
            if stronger is not None:
                session.get(StaffAccount, known.account_id).password_hash = stronger
            audit.record(session, known, "login", at)
            return Entered(staff_sessions.begin(session, int(known.account_id or 0), at))
        # Whoever it was, it was not shown to be this account. The throttle bounds how many of these there are.
        audit.record(session, Author(), "login_refused", at, ("account", known.account_id) if known.account_id else None)
    return Entered(None)


def _use_code(session: Session, author: Author, password_hash: str, secret: str, step: int) -> bool:
    """Use up a code; False where it, or a later one, was used before, or the account changed meanwhile."""
    used = (
        update(StaffAccount)
        .where(
            StaffAccount.id == author.account_id,
            StaffAccount.disabled_at.is_(None),
            StaffAccount.password_hash == password_hash,
            StaffAccount.totp_secret == secret,
            StaffAccount.totp_last_step.is_(None) | (StaffAccount.totp_last_step < step),
        )
        .values(totp_last_step=step)
    )
    return bool(session.execute(used.execution_options(synchronize_session=False)).rowcount)


def change_password(write: WRITE, staff: staff_sessions.Staff, old: str, new: str, address: str, at: datetime) -> Entered:
    """Somebody changes his own password: all of his sessions end, and a new one begins.

    Raises AccountError for a new password that is none. A wrong old one counts as a failed attempt to sign in.
    """
    check_password(new, staff.name)
    keys = login_throttle.keys(staff.name, address)
    with write() as session:
        wait = login_throttle.take(session, keys, at)
        if wait:
            return Entered(None, wait)
        password_hash = session.execute(select(StaffAccount.password_hash).where(StaffAccount.id == staff.account_id)).scalar_one()
    is_right = _matches(password_hash, old[: LONGEST_PASSWORD + 1])
    hashed = _hashed(new) if is_right else ""
    with write() as session:
        changed = (
            update(StaffAccount)
            .where(StaffAccount.id == staff.account_id, StaffAccount.password_hash == password_hash)
            .values(password_hash=hashed)
        )
        if not is_right or not session.execute(changed.execution_options(synchronize_session=False)).rowcount:
            audit.record(session, staff.author, "password_refused", at)
            return Entered(None)
        login_throttle.forgive(session, *keys)
        staff_sessions.end_all(session, staff.account_id)
        audit.record(session, staff.author, "password_changed", at)
        return Entered(staff_sessions.begin(session, staff.account_id, at))


def set_locale(session: Session, staff: staff_sessions.Staff, locale: str) -> None:
    """Raises AccountError for a language in which there is no console."""
    if locale not in LOCALES:
        raise AccountError("locale")
    session.execute(
        update(StaffAccount).where(StaffAccount.id == staff.account_id).values(locale=locale).execution_options(synchronize_session=False)
    )


# ---- made and changed by hand


def add(session: Session, name: str, password: str, role: str, locale: str, at: datetime) -> StaffAccount:
    """Make an account with a secret of its own for the authenticator. Raises AccountError."""
    name = folded(name)
    if not _NAME.fullmatch(name):
        raise AccountError("name")
    _check_role(role)
    if locale not in LOCALES:
        raise AccountError("locale")
    check_password(password, name)
    if session.execute(select(StaffAccount.id).where(StaffAccount.name == name)).first():
        raise AccountError("taken")
    account = StaffAccount(
        name=name, password_hash=_hashed(password), totp_secret=pyotp.random_base32(32), role=role, locale=locale, created_at=at
    )
    session.add(account)
    session.flush()
    audit.record(session, audit.COMMAND_LINE, "account_added", at, ("account", account.id), name=name, role=role)
    return account


def disable(session: Session, name: str, at: datetime) -> StaffAccount:
    """Let an account in no more; its sessions end. Raises AccountError where there is none of that name."""
    account = _named(session, name)
    account.disabled_at = account.disabled_at or at
    return _changed(session, account, "account_disabled", at)


def change_role(session: Session, name: str, role: str, at: datetime) -> StaffAccount:
    """Give an account another role; its sessions end. Raises AccountError."""
    _check_role(role)
    account = _named(session, name)
    account.role = role
    return _changed(session, account, "account_role", at, role=role)


def reset(session: Session, name: str, password: str, at: datetime) -> StaffAccount:
    """A new password and a new secret, for somebody who lost one of them; an account that was disabled is open again; sessions end.

    Raises AccountError.
    """
    account = _named(session, name)
    check_password(password, account.name)
    account.password_hash, account.totp_secret, account.totp_last_step = _hashed(password), pyotp.random_base32(32), None
    account.disabled_at = None
    return _changed(session, account, "account_reset", at)


def everybody(session: Session) -> list[StaffAccount]:
    """All accounts by name, those that are disabled too."""
    return list(session.execute(select(StaffAccount).order_by(StaffAccount.name)).scalars())


def otpauth(account: StaffAccount) -> str:
    """The address that an authenticator reads, with the secret in it."""
    return pyotp.TOTP(account.totp_secret).provisioning_uri(name=account.name, issuer_name=ISSUER)


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise AccountError("role")


def _named(session: Session, name: str) -> StaffAccount:
    found: StaffAccount | None = session.execute(
        select(StaffAccount).where(StaffAccount.name == folded(name)).with_for_update()
    ).scalar_one_or_none()
    if found is None:
        raise AccountError("unknown")
    return found


def _changed(session: Session, account: StaffAccount, action: str, at: datetime, **detail: str) -> StaffAccount:
    staff_sessions.end_all(session, account.id)
    audit.record(session, audit.COMMAND_LINE, action, at, ("account", account.id), name=account.name, **detail)
    return account
