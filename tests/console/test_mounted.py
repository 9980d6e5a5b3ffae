"""The console beside the public site, as the web process serves them: neither loosens the other."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import exc

from bot.app import web_app
from bot.console import access
from bot.settings import settings
from bot.site.guard import HEADERS
from bot.store.engine import Database
from tests.console.browser import BASE, Browser


@pytest.fixture
def web(database: Database) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(web_app(settings())), base_url=BASE)


async def test_the_public_site_stays_as_strict_as_it_was(web: httpx.AsyncClient) -> None:
    for path in ("/", "/missions", "/api/v1/missions", "/nothing"):
        answer = await web.get(path)
        assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
        assert "script-src" not in answer.headers["content-security-policy"] and "/staff" not in answer.text


async def test_the_console_is_at_staff_with_its_own_policy(web: httpx.AsyncClient) -> None:
    door = await web.get("/staff/login")
    assert door.status_code == 200 and "script-src 'self'" in door.headers["content-security-policy"]
    assert door.headers["cache-control"] == "no-store" and "etag" not in door.headers
    assert (await web.get("/staff")).headers["location"] == "/staff/"
    for path in ("/staff/", "/staff/nothing", "/staff/conversations"):
        answer = await web.get(path)
        assert answer.status_code == 303 and answer.headers["location"].startswith("/staff/login?next=")
    assert (await web.post("/staff/nothing")).status_code == 403


async def test_a_database_that_is_away_and_a_page_that_fails_tell_nothing(
    database: Database, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, status in ((exc.OperationalError("SELECT secret", {}, Exception("secret")), 503), (RuntimeError("secret"), 500)):

        def fail(*_given: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(access.staff_accounts, "sign_in", fail)
        door = await browser.get("/login")
        token = door.text.partition('name="csrf" value="')[2].partition('"')[0]
        answer = await browser.post("/login", {"csrf": token, "name": "a", "password": "b", "code": "1"})
        assert answer.status_code == status and "secret" not in answer.text
        assert "script-src 'self'" in answer.headers["content-security-policy"]
