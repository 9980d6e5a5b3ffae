"""The door: what opens it, what a session is worth and how long, whose forms are taken, what each answer says to browsers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import pyotp
import pytest
from sqlalchemy import select, update

from bot import clock
from bot.console.frame import ROOT
from bot.console.gate import COOKIE, DOOR_COOKIE, LARGEST_BODY
from bot.services import staff_accounts
from bot.store.engine import Database
from bot.store.models import StaffAccount, StaffSession
from bot.texts import text, unmarked
from tests.console.browser import BASE, OWN_PAGE, Browser, logged, make_account
from tests.worlds import count

PASSWORD, OTHER = "kefta-tangia-2026", "zellige-andalous-7"


@pytest.fixture
def secret(database: Database, monkeypatch: pytest.MonkeyPatch) -> str:
    """Salma's; and a clock that stands still, so that no code runs out meanwhile."""
    now = clock.real_now()
    monkeypatch.setattr(clock, "real_now", lambda: now)
    with database.write() as session:
        return str(staff_accounts.add(session, "salma", PASSWORD, "moderator", "ar", clock.now()).totp_secret)


async def knock(browser: Browser, secret: str, **changed: str) -> httpx.Response:
    """The form of the door, filled in."""
    form = await browser.get("/login?lang=fr")
    token = re.search(r'name="csrf" value="([^"]+)"', form.text)
    fields = {"name": "Salma", "password": PASSWORD, "code": pyotp.TOTP(secret).at(clock.real_now()), "csrf": token[1] if token else ""}
    return await browser.post("/login", {**fields, **changed})


def cookie_of(answer: httpx.Response, name: str) -> str:
    return next((line for line in answer.headers.get_list("set-cookie") if line.startswith(f"{name}=")), "")


async def test_name_password_and_code_open_and_the_cookie_is_for_this_host_alone(browser: Browser, secret: str) -> None:
    answer = await knock(browser, secret)
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/")
    kept = cookie_of(answer, COOKIE)
    assert {part.strip().lower() for part in kept.split(";")[1:]} == {"httponly", "path=/", "samesite=strict", "secure"}
    front = await browser.get("/")
    assert front.status_code == 200 and 'dir="rtl"' in front.text and "salma" in front.text


@pytest.mark.parametrize("wrong", [{"name": "nobody"}, {"password": OTHER}, {"code": "000000"}], ids=str)
async def test_whatever_is_wrong_the_page_is_the_same(database: Database, browser: Browser, secret: str, wrong: dict[str, str]) -> None:
    answer = await knock(browser, secret, **wrong)
    assert answer.status_code == 403
    assert unmarked(text("fr", "console_login_wrong")) in unmarked(answer.text)
    assert not cookie_of(answer, COOKIE) and count(database, StaffSession) == 0
    assert PASSWORD not in answer.text and OTHER not in answer.text


async def test_a_code_is_taken_once(database: Database, secret: str) -> None:
    assert (await knock(Browser(database), secret)).status_code == 303
    assert (await knock(Browser(database), secret)).status_code == 403
    assert [line[0] for line in logged(database)] == ["account_added", "login", "login_refused"]


@pytest.mark.parametrize("name", ["salma", "nobody"])
async def test_after_four_failures_the_door_says_how_long_to_wait(browser: Browser, secret: str, name: str) -> None:
    for _ in range(4):
        assert (await knock(browser, secret, name=name, password=OTHER)).status_code == 403
    answer = await knock(browser, secret, name=name)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 6


async def test_a_session_that_was_put_into_the_browser_before_is_not_taken_over(database: Database, browser: Browser, secret: str) -> None:
    browser.http.cookies.set(COOKIE, "planted-by-somebody-else-0000000000000000000", domain="console.test")
    answer = await knock(browser, secret)
    assert answer.status_code == 303
    assert "planted" not in cookie_of(answer, COOKIE)
    stranger = Browser(database)
    stranger.http.cookies.set(COOKIE, "planted-by-somebody-else-0000000000000000000", domain="console.test")
    assert (await stranger.get("/")).status_code == 303


async def test_each_login_is_a_new_session(database: Database, secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = []
    for _ in range(2):
        browser = Browser(database)
        await knock(browser, secret)
        tokens.append(browser.http.cookies.get(COOKIE))
        later = clock.real_now() + timedelta(seconds=31)
        monkeypatch.setattr(clock, "real_now", lambda later=later: later)
    assert tokens[0] != tokens[1] and None not in tokens
    with database.read() as session:
        csrfs = set(session.execute(select(StaffSession.csrf)).scalars())
    assert len(csrfs) == 2


async def test_logging_out_ends_the_session_in_the_database(database: Database, as_role: Callable[..., Browser]) -> None:
    browser = as_role("viewer")
    token = browser.http.cookies.get(COOKIE) or ""
    answer = await browser.post("/logout")
    assert answer.status_code == 303 and "max-age=0" in cookie_of(answer, COOKIE).lower()
    assert count(database, StaffSession) == 0
    browser.http.cookies.set(COOKIE, token, domain="console.test")
    assert (await browser.get("/")).status_code == 303


@pytest.mark.parametrize("change", [{"seen_at": timedelta(minutes=30)}, {"expires_at": timedelta(hours=12)}], ids=["idle", "absolute"])
async def test_an_ended_session_shows_nothing_and_changes_nothing(
    database: Database, as_role: Callable[..., Browser], change: dict[str, timedelta]
) -> None:
    browser = as_role("viewer")
    csrf = browser.csrf()
    with database.write() as session:
        session.execute(update(StaffSession).values({name: clock.now() - ago for name, ago in change.items()}))
    assert (await browser.get("/account?done=locale")).headers["location"] == "/staff/login?next=%2Fstaff%2Faccount%3Fdone%3Dlocale"
    answer = await browser.post("/account/locale", {"csrf": csrf, "locale": "ar"})
    assert answer.status_code == 403
    with database.read() as session:
        assert session.execute(select(StaffAccount.locale)).scalar_one() == "fr"


async def test_what_a_page_fetches_by_itself_keeps_no_session_alive(database: Database, as_role: Callable[..., Browser]) -> None:
    browser = as_role("viewer")

    def seen() -> datetime:
        with database.read() as session:
            found: datetime = session.execute(select(StaffSession.seen_at)).scalar_one()
            return found

    with database.write() as session:
        session.execute(update(StaffSession).values(seen_at=clock.now() - timedelta(minutes=20)))
    before = seen()
    assert (await browser.get("/account", **{"HX-Request": "true"})).status_code == 200
    assert seen() == before
    assert (await browser.get("/account")).status_code == 200
    assert seen() > before


@pytest.mark.parametrize("role", ["disabled", "role", "reset"])
async def test_a_changed_account_is_out_at_once(database: Database, as_role: Callable[..., Browser], role: str) -> None:
    browser = as_role("admin", name="salma")
    assert (await browser.get("/audit")).status_code == 200
    with database.write() as session:
        if role == "disabled":
            staff_accounts.disable(session, "salma", clock.now())
        elif role == "role":
            staff_accounts.change_role(session, "salma", "viewer", clock.now())
        else:
            staff_accounts.reset(session, "salma", PASSWORD, clock.now())
    assert (await browser.get("/audit")).status_code == 303


# ---- whose forms are taken


@pytest.mark.parametrize("csrf", ["", "x" * 43, "é", "another's"])
async def test_a_form_without_this_sessions_token_changes_nothing(database: Database, as_role: Callable[..., Browser], csrf: str) -> None:
    browser, other = as_role("viewer"), as_role("agent")
    answer = await browser.post("/account/locale", {"csrf": other.csrf() if csrf == "another's" else csrf, "locale": "ar"})
    assert answer.status_code == 403
    with database.read() as session:
        assert set(session.execute(select(StaffAccount.locale)).scalars()) == {"fr"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.test"},
        {"Origin": "https://console.test.evil.test"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.test"},
        {"Sec-Fetch-Site": "cross-site", "Origin": BASE},
    ],
    ids=str,
)
async def test_a_form_of_another_page_is_refused_even_with_the_token(
    database: Database, as_role: Callable[..., Browser], headers: dict[str, str]
) -> None:
    browser = as_role("viewer")
    answer = await browser.post("/account/locale", {"locale": "ar"}, headers)
    assert answer.status_code == 403
    with database.read() as session:
        assert session.execute(select(StaffAccount.locale)).scalar_one() == "fr"


@pytest.mark.parametrize("headers", [OWN_PAGE, {"Origin": BASE}, {"Sec-Fetch-Site": "same-origin"}], ids=str)
async def test_a_form_of_ones_own_page_is_taken(database: Database, as_role: Callable[..., Browser], headers: dict[str, str]) -> None:
    browser = as_role("viewer")
    assert (await browser.post("/account/locale", {"locale": "ar"}, headers)).status_code == 303
    with database.read() as session:
        assert session.execute(select(StaffAccount.locale)).scalar_one() == "ar"


async def test_the_door_has_a_token_too(database: Database, browser: Browser, secret: str) -> None:
    assert (await knock(browser, secret, csrf="")).status_code == 403
    stranger = Browser(database)
    form = await stranger.get("/login")
    token = re.search(r'name="csrf" value="([^"]+)"', form.text)
    assert token is not None
    assert (await knock(browser, secret, csrf=token[1])).status_code == 403, "another browser's"
    assert count(database, StaffSession) == 0


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b'{"locale": "ar"}', 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("text/plain", b"locale=ar", 415),
        ("application/x-www-form-urlencoded", b"locale=" + b"a" * LARGEST_BODY, 413),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(300)), 400),
        ("application/x-www-form-urlencoded", b"locale=%ff", 400),
        ("application/x-www-form-urlencoded", b"locale=a%00", 400),
        ("application/x-www-form-urlencoded", "locale=é".encode(), 400),
    ],
)
async def test_a_body_that_is_no_plain_form_is_refused(
    as_role: Callable[..., Browser], content_type: str, body: bytes, status: int
) -> None:
    browser = as_role("viewer")
    headers = {**OWN_PAGE, "Content-Type": content_type, "X-CSRF-Token": browser.csrf()}
    answer = await browser.http.post("/staff/account/locale", content=body, headers=headers)
    assert answer.status_code == status


async def test_the_token_may_come_in_a_header(as_role: Callable[..., Browser]) -> None:
    browser = as_role("viewer")
    answer = await browser.post("/account/locale", {"csrf": "", "locale": "ar"}, {**OWN_PAGE, "X-CSRF-Token": browser.csrf()})
    assert answer.status_code == 303


# ---- what answers say to browsers


@pytest.mark.parametrize("path", ["/", "/login", "/account", "/nothing", "/audit"])
async def test_every_answer_is_strict(as_role: Callable[..., Browser], path: str) -> None:
    viewer = as_role("viewer")
    answers = [await viewer.get(path), await viewer.http.get("/staff"), await viewer.http.post(f"/staff{path}")]
    for answer in answers:
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
        assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
        assert "unsafe" not in str(policy)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "max-age" in answer.headers["strict-transport-security"]
        assert not re.search(r"<script(?![^>]+src=)|\sstyle=|\son\w+=|javascript:", answer.text)


@pytest.mark.parametrize(
    ("wanted", "leads"),
    [
        ("/staff/audit?before=3", "/staff/audit?before=3"),
        ("https://evil.test/", "/staff/"),
        ("//evil.test", "/staff/"),
        ("/staff//evil.test", "/staff/"),
        ("/staff/\\evil.test", "/staff/"),
        ("/missions", "/staff/"),
        ("/staff/../missions", "/staff/"),
        ("/staffetta", "/staff/"),
        ("/staff/x\r\nSet-Cookie: a=b", "/staff/"),
        ("/staff/" + "x" * 600, "/staff/"),
    ],
)
async def test_the_door_leads_into_the_console_only(browser: Browser, secret: str, wanted: str, leads: str) -> None:
    answer = await knock(browser, secret, next=wanted)
    assert (answer.status_code, answer.headers["location"]) == (303, leads)


async def test_whoever_is_in_is_not_asked_again(as_role: Callable[..., Browser]) -> None:
    answer = await as_role("viewer").get("/login?next=/staff/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/account")


async def test_a_part_of_a_page_leads_to_the_door_as_a_whole(browser: Browser) -> None:
    answer = await browser.get("/account", **{"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"], answer.text) == (403, f"{ROOT}/login", "")


# ---- one's own account


async def test_somebody_changes_his_password(browser: Browser, secret: str, database: Database) -> None:
    await knock(browser, secret)
    before = browser.http.cookies.get(COOKIE)
    wrong = {"old": OTHER, "new": OTHER, "again": OTHER}
    assert unmarked(text("ar", "console_password_wrong")) in unmarked((await browser.post("/account/password", wrong)).text)
    for new, key in (("short", "short"), ("aaaaaaaaaaaaaaa", "weak")):
        answer = await browser.post("/account/password", {"old": PASSWORD, "new": new, "again": new})
        assert answer.status_code == 400 and unmarked(text("ar", f"console_password_{key}")) in unmarked(answer.text)
    answer = await browser.post("/account/password", {"old": PASSWORD, "new": OTHER, "again": "x"})
    assert unmarked(text("ar", "console_password_differ")) in unmarked(answer.text)
    answer = await browser.post("/account/password", {"old": PASSWORD, "new": OTHER, "again": OTHER})
    assert answer.headers["location"] == "/staff/account?done=password"
    assert browser.http.cookies.get(COOKIE) != before and (await browser.get("/account?done=password")).status_code == 200
    browser.http.cookies.set(COOKIE, before or "", domain="console.test")
    assert (await browser.get("/account")).status_code == 303


async def test_somebody_signs_out_everywhere_but_here_and_nobody_else(database: Database, as_role: Callable[..., Browser]) -> None:
    here, there, other = as_role("viewer"), Browser(database), as_role("agent")
    there.enter("viewer")
    assert text("fr", "console_sessions_others", 1) in (await here.get("/account")).text
    assert (await here.post("/account/sessions")).headers["location"] == "/staff/account?done=sessions"
    assert [(await one.get("/account")).status_code for one in (here, there, other)] == [200, 303, 200]
    assert text("fr", "console_sessions_others", 0).replace("'", "&#39;") in (await here.get("/account")).text.replace("'", "&#39;")


@pytest.mark.parametrize("locale", ["en", "", "fr'--", "../ar"])
async def test_a_language_that_there_is_not_is_refused(as_role: Callable[..., Browser], locale: str) -> None:
    assert (await as_role("viewer").post("/account/locale", {"locale": locale})).status_code == 400


@pytest.mark.parametrize(
    ("header", "direction"), [("", "ltr"), ("ar-MA,fr;q=0.8", "rtl"), ("en,ary;q=0.5", "rtl"), ("de", "ltr"), ("x" * 5000, "ltr")]
)
async def test_the_door_speaks_the_browsers_language(browser: Browser, header: str, direction: str) -> None:
    answer = await browser.get("/login", **{"Accept-Language": header})
    assert f'dir="{direction}"' in answer.text


async def test_markup_in_what_is_typed_stays_text(database: Database, browser: Browser, secret: str) -> None:
    nasty = '"><script>alert(1)</script>'
    answer = await knock(browser, secret, name=nasty)
    assert "<script>alert" not in answer.text and "&lt;script&gt;" in answer.text
    make_account(database, "root", "admin")
    admin = Browser(database)
    admin.enter("root")
    answer = await admin.get("/audit?account=%22%3E%3Cscript%3E&action=%3Cb%3E")
    assert "<script>" not in answer.text.replace('<script src="', "") and "<b>" not in answer.text


async def test_the_door_cookie_goes_once_somebody_is_in(browser: Browser, secret: str) -> None:
    answer = await knock(browser, secret)
    assert "max-age=0" in cookie_of(answer, DOOR_COOKIE).lower()


@pytest.mark.parametrize("path", ["/conversations?q=a%00b", "/organisations?state=%00", "/conversations/1%00", "/login?next=%00"])
async def test_a_nul_in_an_address_is_refused(as_role: Callable[..., Browser], path: str) -> None:
    assert (await as_role("admin").get(path)).status_code == 400


async def test_another_language_leads_to_where_one_wanted_to_go(browser: Browser) -> None:
    page = (await browser.get("/login?next=%2Fstaff%2Freports%3Fstate%3Dclosed")).text
    assert 'href="?next=%2Fstaff%2Freports%3Fstate%3Dclosed&amp;lang=ar" lang="ar"' in page and "العربية</a>" in page
