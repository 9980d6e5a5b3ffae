"""The pages of single missions and of those whom the team keeps out: what is shown, decided once, told plainly when it cannot be."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from html import unescape

import pytest

from bot import clock
from bot.services import admission, applications, care, mission_reviews
from bot.store.engine import Database
from bot.store.models import Ban, Conversation, Mission, MissionReview
from bot.texts import text, unmarked
from tests.console.browser import Browser, logged
from tests.console.test_conversations import words
from tests.console.test_moderation import reported as reported
from tests.console.test_moderation import seen_in
from tests.worlds import AMINA, BRAHIM, OWNER, count, mission, outbox_rows, small_world, statements

NASTY = "<script>alert(1)</script>\"'"


@pytest.fixture
def number(database: Database) -> int:
    """A mission to which Amina applied, and of which somebody reports something."""
    world = small_world(database)
    with database.write() as session:
        applications.apply(session, AMINA, world.mission_id, clock.now())
        care.write_to_team(session, AMINA, "report", "On demande de l'argent", world.mission_id, clock.now())
        row = session.get(Mission, world.mission_id)
        row.title, row.authorisation = NASTY, NASTY
        at = clock.now()
        for chat_id in (AMINA, OWNER):
            session.add(Conversation(chat_id=chat_id, last_at=at, fallbacks=0, sentences=1, last_event_id=chat_id))
    return world.mission_id


async def test_shelves_lead_to_a_mission_with_all_that_is_said_of_it(
    database: Database, as_role: Callable[..., Browser], number: int
) -> None:
    browser = as_role("moderator")
    for shelf in ("running", "reported"):
        page = (await browser.get(f"/missions?shelf={shelf}")).text
        assert f"/staff/missions/{number}" in page and unmarked(text("fr", "console_reports_of_it", 1)) in unmarked(words(page))
    assert f"/staff/missions/{number}" not in (await browser.get("/missions?shelf=flagged")).text
    assert (await browser.get("/missions?shelf=x")).status_code == 400
    page = (await browser.get(f"/missions/{number}")).text
    assert "<script>alert" not in page and NASTY in unescape(page)
    for shown in ("Jossour", "Éducation", "sur place", "/staff/reports/1", "en attente : 1"):
        assert shown in unescape(page), shown
    assert ("view", "moderator", f"mission:{number}") in logged(database)


async def test_hidden_once_and_shown_again(database: Database, as_role: Callable[..., Browser], number: int) -> None:
    both = [as_role("moderator"), as_role("admin")]
    path = f"/missions/{number}"
    shown = seen_in((await both[0].get(path)).text)
    form = {"decision": "flagged", "reason": "money", "shown": shown}
    answers = await asyncio.gather(*(one.post(f"{path}/decide", form) for one in both))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert count(database, MissionReview) == 1
    page = words((await both[0].get(path)).text)
    assert text("fr", "console_mission_flagged") in page and text("fr", "console_reason_money") in page
    assert f"/staff/missions/{number}" in (await both[0].get("/missions?shelf=flagged")).text
    with database.write() as session:
        row = session.get(Mission, number)
        row.title, row.time_from, row.skills_required = "Lecture", "15:00", ("first_aid",)
    page = words((await both[1].get(path)).text)
    assert text("fr", "console_changed") in unmarked(page) and "15" in page and "Lecture" in page
    again = {"decision": "published", "shown": seen_in((await both[1].get(path)).text)}
    assert (await both[1].post(f"{path}/decide", again)).status_code == 303
    assert [line[:2] for line in logged(database) if line[0].startswith("mission_")] == [
        ("mission_flagged", (answers[0].status_code == 303 and "moderator") or "admin"),
        ("mission_published", "admin"),
    ]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"decision": "flagged"},
        {"decision": "published"},
        {"decision": "cancelled", "reason": "money"},
        {"decision": "flagged", "reason": "x"},
    ],
)
async def test_a_decision_that_cannot_be_changes_nothing(
    database: Database, as_role: Callable[..., Browser], number: int, form: dict[str, str]
) -> None:
    browser, told = as_role("moderator"), len(outbox_rows(database))
    shown = seen_in((await browser.get(f"/missions/{number}")).text)
    assert (await browser.post(f"/missions/{number}/decide", {"shown": shown, **form})).status_code == 400
    assert count(database, MissionReview) == 0 and len(outbox_rows(database)) == told


async def test_what_there_is_not(as_role: Callable[..., Browser]) -> None:
    browser = as_role("moderator")
    for path in ("/missions/0", "/missions/99", "/missions/x"):
        assert (await browser.get(path)).status_code == 404
        assert (await browser.post(f"{path}/decide", {"decision": "flagged", "reason": "money"})).status_code == 404
    assert (await browser.post("/conversations/99/ban", {"reason": "fraud"})).status_code == 404
    assert (await browser.post("/bans/99/lift")).status_code == 409


async def test_a_list_asks_a_bounded_number_of_questions(database: Database, as_role: Callable[..., Browser], number: int) -> None:
    browser = as_role("moderator")
    with statements(database) as few:
        await browser.get("/missions")
    with database.write() as session:
        owner = session.get(Mission, number).initiative.organisation
        for _ in range(40):
            mission(session, owner, "Plage")
    with statements(database) as many:
        page = (await browser.get("/missions")).text
    assert len(many) == len(few) and page.count('<p class="line">') == 25
    further = re.search(r'href="/staff(/missions\?[^"]*before=\d+)"', page)
    assert further is not None and (await browser.get(unescape(further[1]))).text.count('<p class="line">') == 16


# ---- keeping somebody out


async def conversation(browser: Browser, at: str) -> str:
    """The path of the conversation that a page leads to."""
    found = re.search(r"/staff(/conversations/\d+)", (await browser.get(at)).text)
    assert found is not None
    return found[1]


async def test_a_person_is_kept_out_with_a_reason_once_and_let_in_again(
    database: Database, as_role: Callable[..., Browser], number: int
) -> None:
    both = [as_role("moderator"), as_role("admin")]
    path = await conversation(both[0], "/reports/1")
    assert text("fr", "console_ban") in words((await both[0].get(path)).text)
    assert (await both[0].post(f"{path}/ban", {"reason": "curious"})).status_code == 400 and count(database, Ban) == 0
    answers = await asyncio.gather(*(one.post(f"{path}/ban", {"reason": "fraud"}) for one in both))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    with database.read() as session:
        assert admission.ban_of(session, AMINA) is not None
    assert outbox_rows(database, AMINA)[-1].body["text"] == text("fr", "ban_told_fraud")
    assert text("fr", "console_banned") in words((await both[0].get(path)).text)
    page = (await both[0].get("/bans")).text
    assert text("fr", "console_ban_fraud") in words(page) and f"/staff{path}" in page
    lift = re.search(r'action="/staff(/bans/\d+/lift)"', page)
    assert lift is not None
    answers = await asyncio.gather(*(one.post(lift[1]) for one in both))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert "/lift" not in (await both[0].get("/bans")).text
    assert text("fr", "console_ban_fraud") in words((await both[0].get("/bans?state=lifted")).text)
    assert [line[0] for line in logged(database) if line[0] in ("banned", "ban_lifted")] == ["banned", "ban_lifted"]


async def test_it_is_said_what_a_ban_brings_with_it(database: Database, as_role: Callable[..., Browser], reported: int) -> None:
    browser = as_role("moderator")
    with database.write() as session:
        session.add(Conversation(chat_id=OWNER, last_at=clock.now(), fallbacks=0, sentences=1, last_event_id=2))
    page = (await browser.get(f"/reports/{reported}")).text
    both = dict.fromkeys(re.findall(r"/staff(/conversations/\d+)#", page))
    assert len(both) == 2, "who reported, and who is reported"
    [owner] = [path for path in both if "Jossour" in (await browser.get(path)).text]
    assert unmarked(text("fr", "console_ban_alone")) in unmarked(words((await browser.get(owner)).text))
    await browser.post(f"{owner}/ban", {"reason": "harassment"})
    assert text("fr", "console_state_flagged") in words((await browser.get("/organisations/1")).text)


@pytest.mark.parametrize("role", ["viewer", "annotator", "agent"])
async def test_who_may_not_decide_sees_no_form_and_does_nothing(
    database: Database, as_role: Callable[..., Browser], number: int, role: str
) -> None:
    path = await conversation(as_role("moderator"), "/reports/1")
    browser = as_role(role, "x")
    assert "/ban" not in (await browser.get(path)).text
    assert (await browser.post(f"{path}/ban", {"reason": "fraud"})).status_code == 403
    assert (await browser.get(f"/missions/{number}")).status_code == 403 and count(database, Ban) == 0


async def test_of_whom_nothing_is_kept_the_list_names_nobody(database: Database, as_role: Callable[..., Browser]) -> None:
    with database.write() as session:
        session.add(Ban(chat_id=BRAHIM, reason="misuse", created_at=clock.now(), erased_at=clock.now()))
    page = (await as_role("moderator").get("/bans")).text
    assert text("fr", "console_ban_erased") in words(page) and "/conversations/" not in page.partition("<main")[2]
    assert str(BRAHIM) not in page


def test_every_decision_has_its_words() -> None:
    for locale in ("fr", "ar"):
        for key in ("flagged", "published", "cancelled"):
            assert text(locale, f"console_decide_{key}") and text(locale, f"console_decide_{key}_how")
    assert set(mission_reviews.DECISIONS) == {"published", "full", "pending", "flagged"}
