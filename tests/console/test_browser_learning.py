"""Judging sentences in a browser: by keyboard alone in Arabic and mixed text, and with the plain form where there is no script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.applications import Starlette

from bot import clock
from bot.console import annotate, learning, models
from bot.console.app import routes
from bot.services import retraining
from bot.services.training_files import Lesson
from bot.settings import settings
from bot.store.engine import Database
from bot.store.models import Example, Sentence, TrainingRun
from tests.browser import PHONE, check, needs_chromium
from tests.browser import chromium as chromium
from tests.console.talk import Talk
from tests.console.test_browser import inside, told
from tests.console.test_browser import secrets as secrets
from tests.loopback import served_aside
from tests.services.test_annotations import write_files
from tests.services.test_retraining import measured
from tests.worlds import AMINA, BRAHIM, SALMA

MIXED = "سلام، بغيت نتطوع ف Sidi Moumen نهار السبت"
JOINED = "واش كاين شي حاجة فلمعاريف 🙏🏽"
FRENCH = "je voudrais donner un coup de main samedi"
_TAUGHT = [Lesson("je veux aider", "offer_volunteering"), Lesson("une mission", "search_missions"), Lesson("salut toi", "greet")]

pytestmark = needs_chromium


@pytest.fixture
def console(database: Database, secrets: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The console with three sentences that were misunderstood, the mixed one first, and a model that was made."""
    write_files(tmp_path, {"data/nlu/fr/talk": _TAUGHT})
    for module in (annotate, learning, models):
        monkeypatch.setattr(module, "PROJECT", tmp_path)
    talk = Talk(database, tmp_path)
    more = [{"name": "offer_volunteering", "confidence": 0.25}, {"name": "greet", "confidence": 0.1}]
    talk.says(SALMA, FRENCH, "search_missions", 0.3, ranking=more)
    talk.says(BRAHIM, JOINED, "search_missions", 0.3, register="ary-Arab", ranking=more)
    talk.says(AMINA, MIXED, "search_missions", 0.3, register="ary-Arab", ranking=more)
    talk.read()
    with database.write() as session:
        run = session.get(TrainingRun, retraining.start(session, None, clock.now()))
        retraining.close(session, run, "done", clock.now())
        run.model_sha = "a" * 64
        run.report = {
            **retraining.report_of(measured(new={"all": 0.92}, heard=("greet", "thank"))),
            "examples": {"added": 1, "removed": 0, "refused": 0},
        }
    app = Starlette(routes=routes(database, talk.tracker, settings()))
    with served_aside(app) as address:
        yield f"{address}/staff"


def examples(database: Database) -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    """(words, intent, [(entity, value, its words)]) of each example."""
    with database.read() as session:
        rows = session.execute(select(Example).order_by(Example.id)).scalars().all()
    return [(row.words, row.intent, [(e["entity"], e["value"], row.words[e["start"] : e["end"]]) for e in row.entities]) for row in rows]


def states(database: Database) -> dict[str, str]:
    with database.read() as session:
        return dict(session.execute(select(Sentence.words, Sentence.state)).all())


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def judge(page: Any, key: str, done: str) -> None:
    """Press the key that judges, and see the next sentence."""
    with page.expect_navigation(url=f"**done={done}**"):
        page.keyboard.press(key)


@pytest.mark.parametrize("locale", ["fr", "ar"])
def test_arabic_and_mixed_text_by_keyboard_alone(
    chromium: Any, console: str, secrets: dict[str, str], database: Database, locale: str
) -> None:
    with inside(chromium, console, secrets, locale=locale, path="/annotate") as page:
        # The words stand in the order in which they are said; in a sentence that runs right to left, left is forward.
        press(page, *["ArrowLeft"] * 5, "Shift+ArrowLeft")
        assert page.locator(".word.chosen").all_inner_texts() == ["Sidi", "Moumen"]
        press(page, "e")
        page.keyboard.type("place=Sidi Moumen")
        press(page, "Enter", "ArrowLeft", "Shift+ArrowLeft", "e")
        press(page, "Enter")  # what it is the vocabulary says
        press(page, "2")
        judge(page, "Enter", "kept")
        assert examples(database) == [
            (MIXED, "offer_volunteering", [("place", "Sidi Moumen", "Sidi Moumen"), ("day", "sat", "نهار السبت")]),
        ]
        # "In" is joined to the name: the beginning of what is chosen moves by a character.
        press(page, "ArrowRight", "Alt+ArrowLeft")
        assert page.locator("#chosen-words").inner_text().endswith("لمعاريف")
        press(page, "e", "Enter")
        judge(page, "Enter", "kept")
        assert examples(database)[1] == (JOINED, "search_missions", [("place", "Maârif", "لمعاريف")])
        judge(page, "s", "skipped")
        assert states(database) == {MIXED: "kept", JOINED: "kept", FRENCH: "skipped"}
        judge(page, "u", "undone")
        assert states(database)[FRENCH] == "new"
        # A sentence that needs no more than a look: one key.
        judge(page, "Enter", "kept")
        assert examples(database)[2][:2] == (FRENCH, "search_missions")


def test_what_was_marked_goes_again_and_a_name_is_hidden(chromium: Any, console: str, secrets: dict[str, str], database: Database) -> None:
    with inside(chromium, console, secrets, path="/annotate") as page:
        press(page, "ArrowLeft", "p", "ArrowLeft", "e", "Escape")
        assert page.locator(".word.found").count() == 1 and page.locator(".word.private").count() == 1
        press(page, "Escape", "Delete")
        assert page.locator(".word.found").count() == 1, "nothing is chosen any more"
        press(page, "ArrowLeft", "ArrowLeft", "Delete")
        assert page.locator(".word.found").count() == 0
        press(page, "3")
        judge(page, "Enter", "kept")
        assert examples(database) == [(MIXED.replace("سلام", "سلمى"), "greet", [])]


def test_the_plain_form_does_the_same(chromium: Any, console: str, secrets: dict[str, str], database: Database) -> None:
    with inside(chromium, console, secrets, path="/annotate", java_script_enabled=False, viewport=PHONE) as page:
        page.locator("[name=from_0]").select_option(label="Sidi")
        page.locator("[name=to_0]").select_option(label="Moumen")
        page.locator("[name=what_0]").fill("place")
        page.locator("[name=from_1]").select_option(label="نهار")
        page.locator("[name=to_1]").select_option(label="السبت")
        page.locator("[name=intent][value=offer_volunteering]").check()
        page.get_by_role("button", name=told("fr", "console_keep")).click()
        page.wait_for_url("**done=kept**")
        assert examples(database) == [
            (MIXED, "offer_volunteering", [("place", "Sidi Moumen", "Sidi Moumen"), ("day", "sat", "نهار السبت")]),
        ]
        page.locator("#undo button").click()
        page.wait_for_url("**done=undone**")
        page.get_by_role("button", name=told("fr", "console_skip_sentence")).click()
        page.wait_for_url("**done=skipped**")
        assert states(database)[MIXED] == "skipped"


@pytest.mark.parametrize("locale", ["fr", "ar"])
@pytest.mark.parametrize("viewport", [PHONE, None], ids=["phone", "desk"])
def test_nothing_serious_is_wrong_with_the_pages(
    chromium: Any, console: str, secrets: dict[str, str], locale: str, viewport: dict[str, int] | None
) -> None:
    options = {"viewport": viewport} if viewport else {}
    with inside(chromium, console, secrets, locale=locale, **options) as page:
        for path in ("/annotate", "/annotate?kept=1", "/learning", "/models", "/annotate?ids=99"):
            page.goto(f"{console}{path}")
            assert check(page) == [], path


def test_a_model_is_promoted_by_one_press(chromium: Any, console: str, secrets: dict[str, str], database: Database) -> None:
    with inside(chromium, console, secrets, path="/models") as page:
        page.get_by_role("button", name=told("fr", "console_promote"), exact=True).click()
        page.wait_for_url("**/models?run=*")
        assert page.locator("progress").is_visible()
        with database.write() as session:
            run = session.execute(select(TrainingRun)).scalar_one()
            assert run.state == "promoting"
            retraining.close(session, run, "promoted", clock.now())
        page.get_by_role("link", name=told("fr", "console_see_result")).click(timeout=15_000)
        assert page.get_by_role("button", name=told("fr", "console_roll_back")).is_visible()
