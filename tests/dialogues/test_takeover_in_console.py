"""The whole product: somebody asks for a person, who takes the conversation in the console, answers, and hands it back to the bot."""

from __future__ import annotations

import re
import subprocess
from typing import Any
from urllib.parse import quote

import pyotp
import pytest

from bot.settings import PROJECT
from bot.texts import text, unmarked
from tests.browser import chromium as chromium
from tests.browser import needs_chromium
from tests.dialogues.expectations import says
from tests.dialogues.product import PYTHON, Product
from tests.dialogues.test_sandbox_page import PATIENCE_MS

PASSWORD = "rfissa-bastilla-2026"
pytestmark = [pytest.mark.heavy, needs_chromium]


@pytest.fixture
def page(product: Product, chromium: Any) -> Any:
    """The console of an agent who is signed in."""
    command = [PYTHON, "-m", "bot", "staff", "add", "ilham", "--role", "agent", "--locale", "fr"]
    made = subprocess.run(command, cwd=PROJECT, env=product.environment, input=f"{PASSWORD}\n", capture_output=True, text=True, check=True)
    secret = re.search(r"secret=([A-Z2-7]+)", made.stdout)
    assert secret, made.stdout
    found = chromium.new_context().new_page()
    found.set_default_timeout(PATIENCE_MS)
    found.goto(f"{product.web_url}/staff/handoffs")
    for field, typed in (("name", "ilham"), ("password", PASSWORD), ("code", pyotp.TOTP(secret[1]).now())):
        found.locator(f"input[name={field}]").fill(typed)
    found.keyboard.press("Enter")
    found.wait_for_url("**/staff/handoffs")
    return found


def fr(key: str) -> str:
    return unmarked(text("fr", key))


def _open(page: Any, product: Product, words: str) -> None:
    """Find the conversation by what was said in it, once it is read, and open it. Others wait for a person too."""
    found = page.locator(".inbox a")
    for _ in range(20):
        page.goto(f"{product.web_url}/staff/conversations?q={quote(words)}")
        if found.count():
            break
        page.wait_for_timeout(1000)
    found.first.click()
    page.wait_for_url("**/staff/conversations/*")


def test_a_person_answers_instead_of_the_bot(product: Product, page: Any) -> None:
    person = product.person(first_name="Rachida", language_code="ar")
    person.say("السلام عليكم خوتي بغيت نهضر مع شي واحد منكم")
    assert says("ary-Arab", "handoff_opened…", person.hear()[0]["text"])
    _open(page, product, "نهضر منكم")
    page.get_by_role("button", name=fr("console_take")).click()
    assert says("ary-Arab", "takeover_began", person.hear()[0]["text"])
    page.get_by_label(fr("console_reply")).fill("مرحبا رشيدة، كيفاش نقدر نعاونك؟")
    page.get_by_role("button", name=fr("console_reply_send")).click()
    assert "كيفاش نقدر نعاونك" in person.hear()[0]["text"]
    for words in ("الجمعية ما جاوباتنيش", "آه", "وريني المهمات"):
        person.say(words)
    page.get_by_text("وريني المهمات").wait_for(timeout=PATIENCE_MS)
    person.silence(3)
    page.get_by_role("button", name=fr("console_hand_back")).click()
    assert says("ary-Arab", "takeover_ended_staff", person.hear()[0]["text"])
    person.say("شكرا بزاف عليكم خوتي")
    assert says("ary-Arab", "utter_thank*", person.hear()[0]["text"]), "the dialogue goes on"
    person.say("عاونني شنو نقدر ندير هنا")
    assert says("ary-Arab", "help_overview…", person.hear()[0]["text"])
