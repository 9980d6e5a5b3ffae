"""The console on PostgreSQL: every page is shown, and what is changed by hand is changed once."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from bot import clock
from bot.console.app import ROUTES
from bot.services import care
from bot.settings import settings
from bot.store.engine import Database
from bot.store.models import ConversationMark, ConversationNote, Organisation
from tests.console.browser import Browser, logged, make_account
from tests.console.talk import Talk
from tests.console.test_moderation import seen_in
from tests.worlds import AMINA, OTHER_OWNER, count, organisation, small_world

pytestmark = pytest.mark.postgres


@pytest.fixture
async def admin(postgres: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Browser:
    monkeypatch.setenv("ORGANISATION_VALIDATION", "staff")
    settings.cache_clear()
    talk = Talk(postgres, tmp_path)
    small_world(postgres)
    with postgres.write() as session:
        organisation(session, OTHER_OWNER, "Association Jossour", validated=False)
        care.write_to_team(session, AMINA, "report", "On m'a crié dessus", None, clock.now())
        care.hand_over(session, AMINA, "report", clock.now())
    talk.says(AMINA, "bonjour, je m'appelle Amina")
    talk.answers(AMINA, "Bonjour Amina")
    talk.event(AMINA, "slot", name="offer", value={"place": "Maârif"})
    talk.read()
    make_account(postgres, "admin", "admin")
    browser = Browser(postgres, tracker=talk.tracker)
    browser.enter("admin")
    return browser


async def test_every_page_is_shown(postgres: Database, admin: Browser) -> None:
    await admin.get("/conversations")
    with postgres.read() as session:
        number = session.execute(select(ConversationMark.id)).scalar_one()
    shown = {}
    for entry in ROUTES:
        if entry.method == "GET" and "{name}" not in entry.path:
            path = entry.path.replace("/conversations/{number}", f"/conversations/{number}").replace("{number}", "1")
            shown[path] = (await admin.get(path)).status_code
    assert {path: status for path, status in shown.items() if status not in (200, 303, 404)} == {}
    assert [shown[path] for path in ("/", "/conversations", f"/conversations/{number}", "/organisations/1", "/reports/1", "/audit")] == [
        200
    ] * 6


async def test_what_is_changed_is_changed_once(postgres: Database, admin: Browser) -> None:
    await admin.get("/conversations?q=bonjour")
    with postgres.read() as session:
        number = session.execute(select(ConversationMark.id)).scalar_one()
        waiting = session.execute(select(Organisation.id).where(Organisation.state == "pending")).scalar_one()
    shown = seen_in((await admin.get(f"/organisations/{waiting}")).text)
    forms = {
        f"/conversations/{number}/notes": {"version": "0", "words": "À rappeler"},
        f"/conversations/{number}/tags": {"version": "1", "tags": "urgent"},
        f"/conversations/{number}/review": {"version": "2", "until": clock.now().isoformat()},
        f"/organisations/{waiting}/decide": {"decision": "refused", "reason": "papers", "shown": shown},
        "/reports/1/close": {"closing": "acted"},
    }
    for path, form in forms.items():
        assert [(await admin.post(path, form)).status_code for _ in range(2)] == [303, 409], path
    assert (await admin.post(f"/conversations/{number}/unmask", {"reason": "report"})).status_code == 303
    assert "Amina" in (await admin.get(f"/conversations/{number}?before=")).text
    assert count(postgres, ConversationNote) == 1
    actions = [line[0] for line in logged(postgres) if line[0] != "view"]
    assert actions == ["note", "tag", "review", "organisation_refused", "message_closed", "unmask"]
