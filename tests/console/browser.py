"""A browser as the console sees it: cookies, the headers of its own pages, the token of its session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx
import pyotp
from sqlalchemy import select
from starlette.applications import Starlette

from bot import clock
from bot.console.app import ROUTES, routes
from bot.console.gate import COOKIE, Entry
from bot.services import staff_sessions
from bot.settings import settings
from bot.store.engine import Database
from bot.store.models import AuditEntry, StaffAccount, StaffSession
from bot.store.tracker import Tracker

BASE = "https://console.test"
OWN_PAGE = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
"""What a browser says of a form on a page of the console, which tells no referrer."""


def app(database: Database, table: Sequence[Entry] = ROUTES, tracker: Tracker | None = None) -> Starlette:
    return Starlette(routes=routes(database, tracker or Tracker(settings().tracker_database_url), settings(), table))


def make_account(database: Database, name: str, role: str, locale: str = "fr") -> int:
    """An account whose password opens nothing: what is tested begins behind the door."""
    with database.write() as session:
        row = StaffAccount(
            name=name, password_hash="-", totp_secret=pyotp.random_base32(), role=role, locale=locale, created_at=clock.now()
        )
        session.add(row)
        session.flush()
        return int(row.id)


class Browser:
    """Somebody in front of the console."""

    def __init__(self, database: Database, table: Sequence[Entry] = ROUTES, tracker: Tracker | None = None) -> None:
        self._database = database
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app(database, table, tracker)), base_url=BASE)

    def enter(self, name: str, at: datetime | None = None) -> str:
        """Signed in, without the door; returns the token of the cookie."""
        with self._database.write() as session:
            account_id = session.execute(select(StaffAccount.id).where(StaffAccount.name == name)).scalar_one()
            token = staff_sessions.begin(session, account_id, at or clock.now())
        self.http.cookies.set(COOKIE, token, domain="console.test")
        return token

    def csrf(self) -> str:
        """The token that stands in this session's forms."""
        with self._database.read() as session:
            found = session.get(StaffSession, staff_sessions.digest(self.http.cookies.get(COOKIE) or ""))
            return str(found.csrf) if found else ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.http.get(f"/staff{path}", headers={"Sec-Fetch-Site": "same-origin", **headers})

    async def post(self, path: str, fields: dict[str, Any] | None = None, headers: dict[str, str] | None = None) -> httpx.Response:
        """Send a form of one's own page, with the token unless ``fields`` names another."""
        given = {"csrf": self.csrf(), **(fields or {})}
        return await self.http.post(f"/staff{path}", data=given, headers=OWN_PAGE if headers is None else headers)


def logged(database: Database) -> list[tuple[str, str | None, str | None]]:
    """The audit log: (action, account, subject)."""
    with database.read() as session:
        rows = session.execute(select(AuditEntry).order_by(AuditEntry.id)).scalars()
        return [(row.action, row.account_name, f"{row.subject_kind}:{row.subject_id}" if row.subject_kind else None) for row in rows]
