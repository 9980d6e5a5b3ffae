"""Who may do what where: every route, every role, and nobody; what is in no table."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from bot.console.app import ROUTES
from bot.console.gate import OWN, PUBLIC, Entry
from bot.services.staff_roles import ROLES
from bot.store.engine import Database
from bot.store.models import metadata
from tests.console.browser import Browser, logged, make_account

ANONYMOUS = "anonymous"
WHO = [ANONYMOUS, *ROLES]
LET_IN = "let in"


def filled(path: str) -> str:
    """A path with something in its places."""
    return re.sub(r"\{(\w+)(?::\w+)?\}", "1", path)


WHO_MAY = {
    "everybody": "GET /static/{name} · GET /login · POST /login",
    "viewer annotator moderator agent admin": """
        POST /logout · GET / · GET /account · POST /account/locale · POST /account/sessions · POST /account/password
        GET /conversations · GET /conversations/{number} · GET /handoffs · GET /figures · GET /figures/{name}""",
    "annotator moderator agent admin": """
        POST /conversations/{number}/assign · POST /conversations/{number}/review
        POST /conversations/{number}/tags · POST /conversations/{number}/notes""",
    "moderator agent admin": "POST /conversations/{number}/unmask",
    "agent admin": "POST /conversations/{number}/take · POST /conversations/{number}/reply · POST /conversations/{number}/hand-back",
    "annotator admin": """
        GET /learning · GET /annotate · POST /annotate/{number}/keep · POST /annotate/{number}/skip · POST /annotate/{number}/undo
        POST /annotate/examples/{number}/revoke""",
    "moderator admin": """
        GET /organisations · GET /organisations/{number} · POST /organisations/{number}/decide
        GET /missions · GET /missions/{number} · POST /missions/{number}/decide
        GET /reports · GET /reports/{number} · POST /reports/{number}/close · GET /disputes · POST /disputes/{number}/settle
        GET /bans · POST /conversations/{number}/ban · POST /bans/{number}/lift""",
    "admin": """
        GET /models · POST /models/start · POST /models/export · POST /models/{number}/promote
        POST /models/{number}/rollback · GET /audit""",
}
"""What the table means, written once more, apart from the code."""
MAY = {way: roles for roles, ways in WHO_MAY.items() for way in re.findall(r"[A-Z]+ /\S*", ways)}


def is_allowed(entry: Entry, who: str) -> bool:
    roles = MAY[f"{entry.method} {entry.path}"]
    return roles == "everybody" or who in roles.split()


def stubbed() -> tuple[Entry, ...]:
    """The table with nothing behind its doors."""
    return tuple(replace(entry, view=lambda _visit: PlainTextResponse(LET_IN)) for entry in ROUTES)


async def ask(browser: Browser, entry: Entry) -> Any:
    path = filled(entry.path)
    if entry.method == "GET":
        return await browser.get(path)
    door = {"csrf": "x" * 43} if not browser.csrf() else {}
    browser.http.cookies.set("__Host-door", "x" * 43, domain="console.test")
    return await browser.post(path, door)


@pytest.mark.parametrize("who", WHO)
async def test_every_route_lets_in_whom_the_table_names_and_nobody_else(database: Database, who: str) -> None:
    browser = Browser(database, stubbed())
    if who != ANONYMOUS:
        make_account(database, who, who)
        browser.enter(who)
    wrong = []
    for entry in ROUTES:
        answer = await ask(browser, entry)
        is_in = answer.status_code == 200 and answer.text == LET_IN
        if is_in is not is_allowed(entry, who):
            wrong.append((entry.method, entry.path, answer.status_code))
        if not is_in:
            door = who == ANONYMOUS and entry.method == "GET"
            assert answer.status_code == (303 if door else 403), entry.path
            assert not door or answer.headers["location"].startswith("/staff/login?next=")
    assert not wrong


@pytest.mark.parametrize("who", WHO)
async def test_whoever_is_refused_changed_nothing_and_it_is_written_down(database: Database, who: str) -> None:
    """The same with everything behind the doors: what a refused request leaves is a line in the log alone."""
    browser = Browser(database)
    if who != ANONYMOUS:
        make_account(database, who, who)
        browser.enter(who)
    refused = [entry for entry in ROUTES if not is_allowed(entry, who)]

    def rows() -> dict[str, list[Any]]:
        with database.engine.connect() as connection:
            return {
                name: sorted(map(repr, connection.exec_driver_sql(f"SELECT * FROM {name}")))
                for name in metadata.tables
                if name != "audit_entries"
            }

    before = rows()
    for entry in refused:
        assert (await ask(browser, entry)).status_code in (303, 403)
    assert rows() == before
    denied = [line for line in logged(database) if line[0] == "denied"]
    assert len(denied) == (0 if who == ANONYMOUS else len(refused))


def test_the_table_names_each_way_once_and_only_permissions_that_there_are() -> None:
    ways = [(entry.method, entry.path) for entry in ROUTES]
    assert len(ways) == len(set(ways))
    assert {f"{method} {path}" for method, path in ways} == set(MAY), "a new route is named here, too"
    permissions = {PUBLIC, OWN}.union(*ROLES.values())
    assert {entry.permission for entry in ROUTES} <= permissions
    assert {entry.path for entry in ROUTES if entry.permission == PUBLIC} == {"/login", "/static/{name}"}
    assert {entry.method for entry in ROUTES} == {"GET", "POST"}, "a GET changes nothing, and forms know no more"


@pytest.mark.parametrize("path", ["/nothing", "/admin", "/conversations/../audit/x", "/.env", "/static", "/login/x", "//audit", "/audit/"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
async def test_what_is_in_no_table_is_refused(database: Database, as_role: Callable[..., Browser], path: str, method: str) -> None:
    admin, nobody = as_role("admin"), Browser(database)
    headers = {"Sec-Fetch-Site": "same-origin"}
    assert (await nobody.http.request(method, f"/staff{path}", headers=headers)).status_code in (303, 403)
    assert (await admin.http.request(method, f"/staff{path}", headers=headers)).status_code in (404, 405)


@pytest.mark.parametrize("entry", ROUTES, ids=lambda entry: f"{entry.method} {entry.path}")
async def test_methods_beside_the_table_are_refused(as_role: Callable[..., Browser], entry: Entry) -> None:
    admin = as_role("admin")
    known = {other.method for other in ROUTES if other.path == entry.path}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - known:
        answer = await admin.http.request(method, f"/staff{filled(entry.path)}", headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 405, method
