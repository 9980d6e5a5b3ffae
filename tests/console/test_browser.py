"""The console in a browser: in with a password and a code, reading and reviewing, a decision; without JavaScript, on a phone, in both
directions; nothing that axe calls serious."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from sqlalchemy import select
from starlette.applications import Starlette

from bot import clock
from bot.console.app import routes
from bot.services import care, staff_accounts
from bot.settings import settings
from bot.store.engine import Database
from bot.store.models import Ban, ConversationMark, ConversationNote, Message, Mission
from bot.texts import text, unmarked
from tests.browser import DESK, PHONE, check, needs_chromium, page_of
from tests.browser import chromium as chromium
from tests.console.talk import Talk
from tests.loopback import served_aside
from tests.worlds import AMINA, OTHER_OWNER, OWNER, count, organisation, small_world

PASSWORD = "kefta-tangia-2026"
MIXED = "سلام، بغيت نتطوع ف Sidi Moumen نهار السبت"

pytestmark = needs_chromium


@pytest.fixture
def secrets(database: Database) -> dict[str, str]:
    """Accounts fr and ar, admins both."""
    with database.write() as session:
        return {
            locale: str(staff_accounts.add(session, f"staff-{locale}", PASSWORD, "admin", locale, clock.now()).totp_secret)
            for locale in ("fr", "ar")
        }


@pytest.fixture
def console(database: Database, secrets: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the console with something on every page, served from a thread."""
    monkeypatch.setenv("ORGANISATION_VALIDATION", "staff")
    settings.cache_clear()
    talk = Talk(database, tmp_path)
    small_world(database)
    with database.write() as session:
        organisation(session, OTHER_OWNER, "Association Jossour", validated=False)
        care.write_to_team(session, AMINA, "report", "On m'a crié dessus", None, clock.now())
        care.hand_over(session, AMINA, "report", clock.now())
    start = MIXED.index("Sidi")
    for number in range(70):
        talk.says(AMINA, f"phrase {number}")
        talk.answers(AMINA, f"réponse {number}", "Oui", "Non")
    found = {"entity": "place", "value": "Sidi-Moumen", "start": start, "end": start + len("Sidi Moumen")}
    talk.says(
        AMINA, MIXED, "offer_volunteering", 0.8, register="ary-Arab", entities=[found], ranking=[{"name": "greet", "confidence": 0.1}]
    )
    talk.event(AMINA, "slot", name="offer", value={"place": "Sidi-Moumen"})
    for chat in range(7000, 7050):
        talk.says(chat, "bonjour à tous")
    talk.says(OWNER, "mes missions")
    talk.read()
    app = Starlette(routes=routes(database, talk.tracker, settings()))
    with served_aside(app) as address:
        yield f"{address}/staff"


def enter(page: Any, console: str, secrets: dict[str, str], locale: str = "fr", path: str = "/") -> None:
    """Through the door, by keyboard alone; it leads to where somebody wanted to go."""
    page.goto(f"{console}{path}")
    assert "/staff/login" in page.url
    page.goto(f"{page.url}&lang={locale}")
    # Where the field has the focus from the beginning, a busy browser may still give it later than the first letter is typed.
    page.locator("input[name=name]").focus()
    for typed in (lambda: f"staff-{locale}", lambda: PASSWORD, lambda: pyotp.TOTP(secrets[locale]).now()):
        # The code last of all: on a busy machine typing may take longer than it is good for.
        page.keyboard.type(typed())
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/staff{path}")


@contextlib.contextmanager
def inside(chromium: Any, console: str, secrets: dict[str, str], **options: Any) -> Iterator[Any]:
    """A page of somebody who is in; that nothing was complained of is checked at the end."""
    locale, viewport, path = options.pop("locale", "fr"), options.pop("viewport", DESK), options.pop("path", "/")
    with page_of(chromium, viewport, **options) as (page, complaints):
        enter(page, console, secrets, locale, path)
        yield page
        # Chromium would like the name beside a form of passwords (it stands in the header), and tells of pictures that nobody waited for.
        assert [line for line in complaints if "Password forms" not in line and "/static/icon." not in line] == []


def told(locale: str, key: str) -> str:
    return unmarked(text(locale, key))


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
def test_in_read_note_review_and_out(chromium: Any, console: str, secrets: dict[str, str], database: Database, javascript: bool) -> None:
    with inside(chromium, console, secrets, java_script_enabled=javascript, viewport=PHONE, path="/conversations") as page:
        page.get_by_role("searchbox").fill("ntatawa3")
        page.keyboard.press("Enter")
        page.wait_for_url("**q=ntatawa3**")
        assert page.locator(".inbox > li").count() == 1
        page.locator(".inbox a").first.click()
        page.wait_for_url("**/conversations/*")
        assert page.locator("mark").inner_text() == "Sidi Moumen"
        page.get_by_label(told("fr", "console_note_new")).fill("À rappeler")
        page.locator("form[action$='/notes'] button").click()
        page.wait_for_load_state()
        assert page.get_by_text("À rappeler").is_visible()
        page.get_by_role("button", name=told("fr", "console_review_do")).click()
        page.wait_for_load_state()
        assert page.get_by_role("button", name=told("fr", "console_review_undo")).is_visible()
        page.get_by_role("button", name=told("fr", "console_logout")).click()
        page.wait_for_url("**/login?lang=fr")
        page.go_back()
        page.reload()
        assert "/staff/login" in page.url
    assert count(database, ConversationNote) == 1
    with database.read() as session:
        assert session.execute(select(ConversationMark.reviewed_at).where(ConversationMark.chat_id == AMINA)).scalar_one() is not None


def test_older_parts_and_further_rows_come_by_themselves(chromium: Any, console: str, secrets: dict[str, str]) -> None:
    with inside(chromium, console, secrets, path="/conversations") as page:
        rows = page.locator(".inbox > li:not(.further)")
        before = rows.count()
        page.locator(".further a").click()
        rows.nth(before).wait_for()
        assert page.url.endswith("/conversations"), "the page stays"
        page.goto(f"{console}/conversations?handoff=open")
        page.locator(".inbox a").first.click()
        page.wait_for_url("**/conversations/*")
        assert page.get_by_text("phrase 0", exact=True).count() == 0
        page.evaluate("scrollTo(0, 0)")
        page.get_by_text("phrase 0", exact=True).wait_for()
        heard = page.locator(".said").all_inner_texts()
        assert [words for words in heard if words.startswith("phrase")] == [f"phrase {number}" for number in range(70)]


def test_older_parts_are_links_without_javascript(chromium: Any, console: str, secrets: dict[str, str]) -> None:
    with inside(chromium, console, secrets, java_script_enabled=False, path="/conversations") as page:
        page.goto(f"{console}/conversations?handoff=open")
        page.locator(".inbox a").first.click()
        page.wait_for_url("**/conversations/*")
        page.locator(".older a").click()
        page.wait_for_url("**before=**")
        assert page.get_by_text("phrase 0", exact=True).is_visible()
        page.get_by_role("link", name=told("fr", "console_newest")).click()
        page.wait_for_url("**#newest")
        assert page.locator("mark").count() == 1


def test_a_mark_stands_on_its_words_in_a_line_of_both_directions(chromium: Any, console: str, secrets: dict[str, str]) -> None:
    with inside(chromium, console, secrets, locale="ar", path="/conversations") as page:
        page.goto(f"{console}/conversations?register=ary-Arab")
        page.locator(".inbox a").first.click()
        page.wait_for_url("**/conversations/*")
        said = page.locator(".said", has=page.locator("mark"))
        assert said.inner_text() == MIXED
        assert said.evaluate("node => getComputedStyle(node).direction") == "rtl"
        assert page.locator("html").get_attribute("dir") == "rtl"
        plain = page.locator(".said", has_text=re.compile(r"^phrase 69$"))
        assert plain.evaluate("node => getComputedStyle(node).direction") == "ltr"


def test_an_organisation_is_refused_and_a_report_closed(chromium: Any, console: str, secrets: dict[str, str], database: Database) -> None:
    with inside(chromium, console, secrets, java_script_enabled=False, locale="ar", path="/organisations") as page:
        page.locator(".inbox a").first.click()
        page.wait_for_url("**/organisations/*")
        page.get_by_label(told("ar", "console_reason_duplicate")).check()
        page.get_by_role("button", name=told("ar", "console_refuse_do")).click()
        page.wait_for_load_state()
        assert page.locator(".facts .chip").first.inner_text() == told("ar", "console_state_refused")
        page.goto(f"{console}/reports")
        page.locator(".inbox a").first.click()
        page.wait_for_url("**/reports/*")
        page.get_by_label(told("ar", "console_closing_acted")).check()
        page.get_by_role("button", name=told("ar", "console_close_do")).click()
        page.wait_for_url("**/reports")
    with database.read() as session:
        assert session.execute(select(Message.state)).scalar_one() == "closed"


def test_a_mission_is_hidden_and_somebody_kept_out(chromium: Any, console: str, secrets: dict[str, str], database: Database) -> None:
    with inside(chromium, console, secrets, java_script_enabled=False, path="/missions") as page:
        page.locator(".inbox a").first.click()
        page.wait_for_url("**/missions/*")
        page.get_by_label(told("fr", "console_reason_safety")).check()
        page.get_by_role("button", name=told("fr", "console_decide_flagged")).click()
        page.wait_for_load_state()
        assert page.locator(".facts .chip").first.inner_text() == told("fr", "console_mission_flagged")
        page.goto(f"{console}/conversations?handoff=open")
        page.locator(".inbox a").first.click()
        page.wait_for_url("**/conversations/*")
        page.get_by_text(told("fr", "console_ban"), exact=True).first.click()
        page.get_by_label(told("fr", "console_ban_misuse")).check()
        page.get_by_role("button", name=told("fr", "console_ban")).click()
        page.wait_for_load_state()
        assert page.locator(".facts .chip.grave", has_text=told("fr", "console_banned")).is_visible()
        page.goto(f"{console}/bans")
        page.get_by_role("button", name=told("fr", "console_ban_lift")).click()
        page.wait_for_load_state()
    with database.read() as session:
        assert session.execute(select(Mission.state)).scalar_one() == "flagged"
        assert session.execute(select(Ban.reason, Ban.lifted_at.is_not(None))).one() == ("misuse", True)


@pytest.mark.parametrize(
    ("locale", "viewport"),
    [
        pytest.param("ar", PHONE, id="phone-ar"),
        pytest.param("fr", DESK, id="desk-fr"),
        pytest.param("fr", PHONE, id="phone-fr", marks=pytest.mark.heavy),
        pytest.param("ar", DESK, id="desk-ar", marks=pytest.mark.heavy),
    ],
)
def test_nothing_serious_on_any_page(chromium: Any, console: str, secrets: dict[str, str], locale: str, viewport: dict[str, int]) -> None:
    wrong = {}
    with page_of(chromium, viewport) as (page, _):
        page.goto(f"{console}/login?lang={locale}")
        if found := check(page):
            wrong["/login"] = found
    with inside(chromium, console, secrets, locale=locale, viewport=viewport) as page:
        page.goto(f"{console}/conversations?handoff=open")
        thread = str(page.locator(".inbox a").first.get_attribute("href")).removeprefix("/staff").partition("#")[0]
        paths = ["/", "/account", "/conversations", "/conversations?handoff=open&below=90", thread, "/organisations", "/organisations/2",
                 "/missions", "/missions/1", "/bans", "/reports", "/reports/1", "/disputes", "/handoffs", "/figures", "/audit",
                 "/nothing"]  # fmt: skip
        for path in paths:
            page.goto(f"{console}{path}")
            assert page.locator("html").get_attribute("dir") == ("rtl" if locale == "ar" else "ltr")
            if found := check(page):
                wrong[path] = found
    assert not wrong
