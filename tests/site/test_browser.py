"""The public pages in a browser: a phone and a desk, both directions, light and dark, without JavaScript too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.site.app import create_app
from bot.store.engine import Database
from bot.texts import REGISTERS, RIGHT_TO_LEFT, text
from tests.browser import DESK, PHONE, check, needs_chromium, page_of
from tests.browser import chromium as chromium
from tests.loopback import served_aside
from tests.site.region import MISSIONS, PAGES

CORE = ("/", "/missions/1", "/statistics")

pytestmark = needs_chromium


@pytest.fixture
def site(region: Database) -> Iterator[str]:
    """The address of the site, served from a thread."""
    with served_aside(create_app(region, None, bot_name="TadamonBot")) as address:
        yield address


def look(chromium: Any, site: str, paths: tuple[str, ...], registers: tuple[str, ...], viewport: dict[str, int], **options: Any) -> None:
    wrong = {}
    with page_of(chromium, viewport, **options) as (page, complaints):
        for path in paths:
            for register in registers:
                page.goto(f"{site}{path}{'&' if '?' in path else '?'}lang={register}")
                assert page.locator("html").get_attribute("dir") == ("rtl" if register in RIGHT_TO_LEFT else "ltr")
                if found := check(page):
                    wrong[path, register] = found
        assert not wrong
        assert not complaints


def test_the_core_on_a_phone_in_both_directions(chromium: Any, site: str) -> None:
    look(chromium, site, CORE, ("fr", "ar"), PHONE)


@pytest.mark.heavy
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_every_page_in_every_register(chromium: Any, site: str, viewport: dict[str, int], scheme: str) -> None:
    look(chromium, site, PAGES, REGISTERS, viewport, color_scheme=scheme)


def test_a_search_works_without_javascript(chromium: Any, site: str) -> None:
    """By keyboard alone, from the link that skips the menu to the mission that was found, and to its page in Arabic."""
    with page_of(chromium, PHONE, java_script_enabled=False) as (page, complaints):
        page.goto(f"{site}/missions?lang=fr")
        page.keyboard.press("Tab")
        assert page.locator(":focus").inner_text() == text("fr", "site_skip")
        page.get_by_label(text("fr", "site_cause")).select_option("education")
        page.get_by_label(text("fr", "site_day")).select_option("sat")
        page.get_by_label(text("fr", "site_words")).fill("soutien")
        page.keyboard.press("Enter")
        page.wait_for_url("**cause=education**")
        assert page.get_by_label(text("fr", "site_cause")).input_value() == "education"
        page.get_by_role("link", name=MISSIONS[0]).click()
        page.wait_for_url("**/missions/1?lang=fr")
        page.locator("nav.tongues a[lang='ar']").click()
        assert page.locator("html").get_attribute("dir") == "rtl"
        assert page.locator("h1").inner_text() == MISSIONS[0]
        assert page.locator("#address").input_value() == f"{site}/missions/1?lang=ar"
        assert complaints == []


def test_the_map_leads_to_what_is_there(chromium: Any, site: str) -> None:
    with page_of(chromium, DESK, java_script_enabled=False) as (page, _):
        page.goto(f"{site}/map?lang=fr")
        page.get_by_role("link", name="Maârif : 3").click()
        page.wait_for_url("**/missions?place=Ma%C3%A2rif&lang=fr")
        assert page.locator(".cards > li").count() == 3


def test_the_poster_prints_without_the_menu(chromium: Any, site: str, tmp_path: Path) -> None:
    with page_of(chromium, DESK) as (page, _):
        page.goto(f"{site}/organisations/1/poster?lang=ar")
        page.emulate_media(media="print")
        assert not page.locator("nav.menu").is_visible() and page.locator("svg.code").is_visible()
        page.pdf(path=str(tmp_path / "poster.pdf"), format="A4")
        assert (tmp_path / "poster.pdf").read_bytes().count(b"/Type /Page\n") == 1
