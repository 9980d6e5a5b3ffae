"""Static files: what is not ours is what it says it is."""

from __future__ import annotations

import hashlib
import re

from bot.console.frame import FOLDER, static_path
from tests.console.browser import Browser


def test_the_vendored_script_is_the_one_that_was_published() -> None:
    told = (FOLDER / "vendored" / "README.md").read_text(encoding="utf-8")
    named = re.search(r"\| `\.\./static/([\w.]+)` \|.*`(\w{64})` \|", told)
    assert named is not None
    assert hashlib.sha256((FOLDER / "static" / named[1]).read_bytes()).hexdigest() == named[2]
    assert "Zero-Clause BSD" in (FOLDER / "vendored" / "htmx.LICENSE").read_text(encoding="utf-8")


async def test_static_files_are_for_everybody_and_kept(browser: Browser) -> None:
    for name, kind in (("console.css", "text/css"), ("htmx.min.js", "text/javascript"), ("icon.svg", "image/svg+xml")):
        answer = await browser.http.get(static_path(name))
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert "immutable" in answer.headers["cache-control"]
    assert (await browser.get("/static/console.css")).status_code == 404
    assert (await browser.get("/static/..%2fapp.py")).status_code in (303, 404)
