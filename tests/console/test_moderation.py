"""The pages of moderation: what a moderator sees and decides, what is covered, forms that come twice."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import select

from bot import clock
from bot.services import care, relay
from bot.settings import settings
from bot.store.engine import Database
from bot.store.models import Application, Conversation, Organisation, OrganisationReview, RelayMessage
from bot.texts import text, unmarked
from tests.console.browser import Browser, logged
from tests.console.test_conversations import words
from tests.worlds import AMINA, OTHER_OWNER, OWNER, count, organisation, outbox_rows, person_id, small_world

NASTY = "<script>alert(1)</script>\"'"


@pytest.fixture(autouse=True)
def _staff_validate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGANISATION_VALIDATION", "staff")
    settings.cache_clear()


@pytest.fixture
def waiting(database: Database) -> int:
    """An organisation that waits, beside one of nearly the same name."""
    with database.write() as session:
        organisation(session, OTHER_OWNER, "Association Jossour")
        row = organisation(session, OWNER, "Jossour", validated=False)
        row.receipt, row.representative = "1234/2019", NASTY
        session.flush()
        return int(row.id)


def seen_in(page: str) -> str:
    found = re.search(r'name="shown" value="(\w+)"', page)
    assert found is not None
    return found[1]


async def test_what_waits_is_listed_with_its_doubles(as_role: Callable[..., Browser], waiting: int) -> None:
    browser = as_role("moderator")
    page = (await browser.get("/organisations")).text
    assert f"/staff/organisations/{waiting}" in page and text("fr", "console_maybe_double") in words(page)
    assert "Association Jossour" in words((await browser.get("/organisations?state=validated")).text)
    assert (await browser.get("/organisations?state=draft")).status_code == 400
    detail = (await browser.get(f"/organisations/{waiting}")).text
    assert "1234/2019" in detail and "Association Jossour" in words(detail)
    assert "<script>alert" not in detail and NASTY in unescape(detail)
    assert ("view", "moderator", f"organisation:{waiting}") in logged(database_of(browser))


def database_of(browser: Browser) -> Database:
    return browser._database


async def test_refused_with_a_reason_that_members_read_in_their_register(
    database: Database, as_role: Callable[..., Browser], waiting: int
) -> None:
    browser = as_role("moderator")
    shown = seen_in((await browser.get(f"/organisations/{waiting}")).text)
    form = {"decision": "refused", "reason": "papers", "shown": shown}
    answer = await browser.post(f"/organisations/{waiting}/decide", form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/staff/organisations/{waiting}")
    assert [row.body["text"] for row in outbox_rows(database, OWNER)] == [text("fr", "moderation_refused_papers", name="Jossour")]
    page = words((await browser.get(f"/organisations/{waiting}")).text)
    assert text("fr", "console_reason_papers") in page and "moderator" in page


async def test_two_decide_at_once_and_one_is_told_that_it_was_decided(
    database: Database, as_role: Callable[..., Browser], waiting: int
) -> None:
    both = [as_role("moderator"), as_role("admin")]
    shown = seen_in((await both[0].get(f"/organisations/{waiting}")).text)
    forms = [{"decision": "validated", "shown": shown}, {"decision": "refused", "reason": "unclear", "shown": shown}]
    answers = await asyncio.gather(*(one.post(f"/organisations/{waiting}/decide", form) for one, form in zip(both, forms, strict=True)))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert count(database, OrganisationReview) == len(outbox_rows(database, OWNER)) == 1
    again = await both[0].post(f"/organisations/{waiting}/decide", forms[0])
    assert again.status_code == 409 and unmarked(text("fr", "console_organisation_stale")) in words(again.text)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"decision": "refused"},
        {"decision": "flagged", "reason": "money"},
        {"decision": "banned"},
        {"decision": "validated", "reason": "x"},
    ],
)
async def test_a_decision_that_cannot_be_changes_nothing(
    database: Database, as_role: Callable[..., Browser], waiting: int, form: dict[str, str]
) -> None:
    browser = as_role("moderator")
    shown = seen_in((await browser.get(f"/organisations/{waiting}")).text)
    answer = await browser.post(f"/organisations/{waiting}/decide", {"shown": shown, **form})
    assert answer.status_code == 400
    with database.read() as session:
        assert session.get(Organisation, waiting).state == "pending"
    assert outbox_rows(database) == []


@pytest.mark.parametrize("path", ["/organisations/0", "/organisations/99", "/organisations/x", "/reports/99", "/reports/-1"])
async def test_what_there_is_not(as_role: Callable[..., Browser], path: str) -> None:
    browser = as_role("moderator")
    assert (await browser.get(path)).status_code == 404
    what = "decide" if "organisations" in path else "close"
    assert (await browser.post(f"{path}/{what}", {"decision": "validated", "closing": "acted"})).status_code == 404


# ---- reports


@pytest.fixture
def reported(database: Database) -> int:
    """Amina and an organisation wrote to each other, and she reported the thread; the number of the report."""
    world = small_world(database)
    with database.write() as session:
        at = clock.now()
        person, owner = person_id(session, AMINA), person_id(session, OWNER)
        row = Application(mission_id=world.mission_id, person_id=person, state="accepted", created_at=at, answered_at=at)
        session.add(row)
        session.add(Conversation(chat_id=AMINA, last_at=at, fallbacks=0, sentences=1, last_event_id=1))
        session.flush()
        for writer, side, said in ((owner, "organisation", "Donnez-moi votre 0661234567"), (person, "volunteer", f"Non, {NASTY} merci")):
            session.add(RelayMessage(application_id=row.id, person_id=writer, written_by=side, words=said, created_at=at))
        session.flush()
        assert relay.report(session, AMINA, row.id, at)["outcome"] == "reported"
    return 1


async def test_a_reported_thread_shows_the_reporters_words_and_covers_the_others_until_unmasked(
    database: Database, as_role: Callable[..., Browser], reported: int
) -> None:
    browser = as_role("moderator")
    page = (await browser.get(f"/reports/{reported}")).text
    assert "merci" in words(page) and "Donnez-moi" not in words(page) and "<script>alert" not in page
    assert text("fr", "console_covered_other") in unmarked(words(page))
    unmask = re.search(r'action="/staff(/conversations/\d+/unmask)"', page)
    assert unmask is not None
    answer = await browser.post(unmask[1], {"reason": "report", "report": str(reported)})
    assert answer.headers["location"] == f"/staff/reports/{reported}"
    assert "Donnez-moi votre 0661234567" in words((await browser.get(f"/reports/{reported}")).text)
    assert [line[0] for line in logged(database)] == ["view", "unmask", "view"]


async def test_a_report_is_closed_with_a_word_once(database: Database, as_role: Callable[..., Browser], reported: int) -> None:
    both = [as_role("moderator"), as_role("admin")]
    assert f"/staff/reports/{reported}" in (await both[0].get("/reports")).text
    path = f"/reports/{reported}/close"
    answers = await asyncio.gather(*(one.post(path, {"closing": "acted"}) for one in both))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert len(outbox_rows(database, AMINA)) == 1
    assert f"/staff/reports/{reported}" not in (await both[0].get("/reports")).text
    assert f"/staff/reports/{reported}" in (await both[0].get("/reports?state=closed")).text
    closed = words((await both[0].get(f"/reports/{reported}")).text)
    assert text("fr", "console_no_thread") in unmarked(closed) and "Donnez-moi" not in closed, "a closed report opens no thread"


async def test_numbers_and_names_in_a_report_are_covered(database: Database, as_role: Callable[..., Browser]) -> None:
    small_world(database)
    with database.write() as session:
        care.write_to_team(session, AMINA, "report", "Je suis Amina, 0661 23 45 67, on m'a insultée", None, clock.now())
    page = words((await as_role("moderator").get("/reports/1")).text)
    assert "Je suis •••••, •••• •• •• ••, on m'a insultée" in page


@pytest.mark.parametrize("closing", ["", "x"])
async def test_closing_takes_a_word(database: Database, as_role: Callable[..., Browser], reported: int, closing: str) -> None:
    answer = await as_role("moderator").post(f"/reports/{reported}/close", {"closing": closing})
    assert answer.status_code == 400 and outbox_rows(database, AMINA) == []
    with database.read() as session:
        assert session.execute(select(RelayMessage)).first() is not None
