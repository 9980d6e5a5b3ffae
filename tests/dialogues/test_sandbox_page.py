"""The sandbox's page in a browser: two people talk and tap, on a phone and on a desk, in both directions."""

from __future__ import annotations

from typing import Any

import pytest

from bot.texts import text
from tests.browser import chromium as chromium
from tests.browser import needs_chromium
from tests.dialogues.product import Product

PATIENCE_MS = 60_000

pytestmark = [pytest.mark.heavy, needs_chromium]


def phones(page: Any) -> tuple[Any, Any]:
    page.wait_for_selector(".phone textarea")
    return page.locator(".phone").nth(0), page.locator(".phone").nth(1)


def say(phone: Any, words: str, answer: str) -> None:
    """Type words and wait until an answer holds some others."""
    box = phone.locator("textarea")
    box.fill(words)
    box.press("Enter")
    phone.get_by_text(answer).last.wait_for(timeout=PATIENCE_MS)


@pytest.mark.parametrize(
    ("locale", "direction", "width"), [("fr-FR", "ltr", 1280), ("fr-FR", "ltr", 390), ("ar-MA", "rtl", 1280), ("ar-MA", "rtl", 390)]
)
def test_a_person_talks_and_taps(product: Product, chromium: Any, locale: str, direction: str, width: int) -> None:
    page = chromium.new_context(viewport={"width": width, "height": 844}, locale=locale).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(product.telegram_url + "/sandbox")
    volunteer, organisation = phones(page)
    assert page.locator("html").get_attribute("dir") == direction
    say(volunteer, "salam bghit n3awen f lm3arif nhar sebt", text("ary-Latn", "ask_causes"))
    volunteer.get_by_role("button", name="Se77a").last.click()
    volunteer.get_by_text(text("ary-Latn", "ask_skills")).last.wait_for(timeout=PATIENCE_MS)
    if width < 600:
        assert not organisation.is_visible()
        page.get_by_role("tab").nth(1).click()
    say(organisation, "السلام عليكم", text("ary-Arab", "button_register"))
    overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(overflow), "the page scrolls sideways"
    assert complaints == []
