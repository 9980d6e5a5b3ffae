"""A real browser for the pages of the product: Debian's Chromium, what it complains of, and what is wrong with a page."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_CHROMIUM = Path("/usr/bin/chromium")
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}

needs_chromium = pytest.mark.skipif(not _CHROMIUM.exists(), reason="Chromium is not installed")


@pytest.fixture
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(_CHROMIUM), args=_FLAGS)
        yield browser
        browser.close()


@contextlib.contextmanager
def page_of(chromium: Any, viewport: dict[str, int], **options: Any) -> Iterator[tuple[Any, list[str]]]:
    """A browser's page, and what it complains of."""
    context = chromium.new_context(viewport=viewport, **options)
    page = context.new_page()
    complaints: list[str] = []
    # That a page of an error is an error is the one thing it may say.
    page.on("console", lambda message: complaints.append(message.text) if "Failed to load resource" not in message.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(request.url))
    try:
        yield page, complaints
    finally:
        context.close()


def check(page: Any) -> list[str]:
    """What is wrong with the page that is open: sideways scrolling, small targets of touch, and what axe calls serious or worse."""
    from axe_playwright_python.sync_playwright import Axe

    found = []
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append("the page scrolls sideways")
    for violation in Axe().run(page).response["violations"]:
        if violation["impact"] in ("serious", "critical"):
            found.append(f"{violation['id']}: {[node['html'][:120] for node in violation['nodes'][:3]]}")
    return found
