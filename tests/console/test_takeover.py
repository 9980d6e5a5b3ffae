"""Taking a conversation in the console: the queue, the words that leave, two at once, forms sent twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot import clock
from bot.services import care, takeovers
from bot.store.engine import Database
from bot.texts import text, unmarked
from tests.console.browser import Browser, logged, make_account
from tests.console.talk import Talk
from tests.worlds import AMINA, BRAHIM, outbox_rows, small_world

FORM = "0123456789abcdef"


@pytest.fixture
def talk(database: Database, tmp_path: Path) -> Talk:
    made = Talk(database, tmp_path)
    small_world(database)
    made.says(AMINA, "je veux parler à quelqu'un", "human_handoff", 0.9)
    made.says(BRAHIM, "بغيت نهضر مع شي واحد", "human_handoff", 0.9, register="ary-Arab")
    made.read()
    with database.write() as session:
        care.hand_over(session, AMINA, "asked", clock.now() - timedelta(hours=3))
        care.hand_over(session, BRAHIM, "not_understood", clock.now() - timedelta(minutes=5))
    return made


@pytest.fixture
def staff(database: Database, talk: Talk) -> Callable[..., Browser]:
    def make(name: str, role: str = "agent", locale: str = "fr") -> Browser:
        make_account(database, name, role, locale)
        browser = Browser(database, tracker=talk.tracker)
        browser.enter(name)
        return browser

    return make


def said(database: Database, chat_id: int = AMINA) -> list[str]:
    return [row.body["text"] for row in outbox_rows(database, chat_id)]


@pytest.mark.parametrize("locale", ["fr", "ar"])
async def test_the_queue_says_who_waits_and_how_long(staff: Callable[..., Browser], talk: Talk, locale: str) -> None:
    answer = await staff("ilham", locale=locale).get("/handoffs")
    assert answer.status_code == 200
    first, second = (f"№ {talk.number(chat)}" for chat in (AMINA, BRAHIM))
    assert answer.text.index(first) < answer.text.index(second)
    assert unmarked(text(locale, "console_waits_hours", 3)) in unmarked(answer.text)
    assert str(AMINA) not in answer.text


async def test_taking_writing_and_handing_back(staff: Callable[..., Browser], talk: Talk, database: Database) -> None:
    agent, path = staff("ilham"), f"/conversations/{talk.number(AMINA)}"
    assert text("fr", "console_take") in (await agent.get(path)).text
    assert (await agent.post(f"{path}/take")).status_code == 303
    shown = (await agent.get(path)).text
    assert text("fr", "console_hand_back") in shown and text("fr", "canned_hello") in shown
    for words in ("Je <m'en> occupe", "Je <m'en> occupe", "Un instant"):
        # The last of them from a page that was gone back to.
        assert (await agent.post(f"{path}/reply", {"words": words, "form": FORM})).status_code == 303
    assert said(database) == [text("fr", "takeover_began"), "Je &lt;m'en&gt; occupe", "Un instant"]
    shown = (await agent.get(path)).text
    assert "Je &lt;m&#39;en&gt; occupe" in shown, "what was answered stands in the thread"
    assert (await agent.post(f"{path}/hand-back")).status_code == 303
    assert said(database)[-1] == text("fr", "takeover_ended_staff")
    with database.read() as session:
        assert takeovers.who_answers(session, AMINA) == (False, False)
    assert [action for action, *_ in logged(database) if action in ("take", "reply", "hand_back")] == [
        "take",
        "reply",
        "reply",
        "hand_back",
    ]


async def test_a_colleague_is_told_and_changes_nothing(staff: Callable[..., Browser], talk: Talk, database: Database) -> None:
    first, second, path = staff("ilham"), staff("omar"), f"/conversations/{talk.number(AMINA)}"
    await first.post(f"{path}/take")
    assert "ilham" in (await second.get(path)).text
    for action, fields in (("take", {}), ("reply", {"words": "x", "form": FORM}), ("hand-back", {})):
        assert (await second.post(f"{path}/{action}", fields)).status_code == 409
    assert len(said(database)) == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"words": "", "form": FORM}, 400),
        ({"words": "x" * 2001, "form": FORM}, 400),
        ({"words": "x"}, 400),
        ({"words": "x", "form": "../.."}, 400),
    ],
)
async def test_what_cannot_be_sent_is_told(
    staff: Callable[..., Browser], talk: Talk, database: Database, fields: dict[str, str], status: int
) -> None:
    agent, path = staff("ilham"), f"/conversations/{talk.number(AMINA)}"
    await agent.post(f"{path}/take")
    assert (await agent.post(f"{path}/reply", fields)).status_code == status
    assert len(said(database)) == 1


@pytest.mark.parametrize("role", ["viewer", "annotator", "moderator"])
async def test_who_may_not_answer_sees_no_form(staff: Callable[..., Browser], talk: Talk, database: Database, role: str) -> None:
    browser, path = staff("x", role), f"/conversations/{talk.number(AMINA)}"
    assert "/take" not in (await browser.get(path)).text
    assert (await browser.post(f"{path}/take")).status_code == 403
    assert said(database) == []


async def test_who_answers_sees_what_is_said_as_soon_as_it_is_and_what_did_not_change_stays(
    staff: Callable[..., Browser], talk: Talk
) -> None:
    agent, path = staff("ilham"), f"/conversations/{talk.number(AMINA)}"
    await agent.post(f"{path}/take")

    def way(page: str) -> str:
        found = re.search(r'hx-get="/staff(/conversations/\d+\?latest=\w+)" hx-trigger="every', page)
        assert found is not None
        return found[1]

    first = way((await agent.get(path)).text)
    assert (await agent.get(first, **{"HX-Request": "true"})).status_code == 204
    talk.says(AMINA, "je m'appelle Amina, 0661 23 45 67", "inform", 0.9)
    talk.read()
    part = await agent.get(first, **{"HX-Request": "true"})
    assert "0661 23 45 67" in part.text and "<html" not in part.text and way(part.text) != first
    await agent.post(f"{path}/hand-back")
    assert "hx-trigger" not in (await agent.get(first, **{"HX-Request": "true"})).text, "and nothing is asked for any more"


async def test_a_number_that_is_nobodys(staff: Callable[..., Browser]) -> None:
    assert (await staff("ilham").post("/conversations/999999999/take")).status_code == 404
