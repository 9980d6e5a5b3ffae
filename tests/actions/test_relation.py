"""Missions put aside, invitations, required skills, pages: in a chat, in every register."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.store.engine import Database
from bot.store.models import Application, Block, Dismissal, Proposal, Volunteer
from bot.texts import REGISTERS, text
from tests.actions.chat import Chat
from tests.actions.worlds import mission, speaker_for, volunteer

SALMA, KARIM, OTHER = 501, 601, 602


@pytest.fixture
def owner(database: Database) -> int:
    return speaker_for(database, KARIM, "Jossour")


@pytest.fixture
def school(database: Database, owner: int) -> int:
    return mission(database, KARIM, owner, "Soutien scolaire")


def rows(database: Database, model: type) -> list[object]:
    with database.read() as session:
        return list(session.execute(select(model)).scalars())


@pytest.mark.parametrize("register", REGISTERS)
async def test_a_mission_is_put_aside_with_why_and_taken_back(register: str, database: Database, school: int) -> None:
    volunteer(database, SALMA)
    chat = Chat(register)
    await chat.tap("/search_missions")
    await chat.press("button_dismiss")
    assert chat.heard_first("dismiss_which")
    await chat.tap(chat.buttons["Soutien scolaire"])
    assert chat.heard_first("dismiss_dismissed")
    await chat.press("reason_dismiss_too_far")
    assert chat.heard_first("dismiss_noted")
    assert [row.reason for row in rows(database, Dismissal)] == ["too_far"]  # type: ignore[attr-defined]
    back = chat.buttons[text(register, "button_dismiss_back")]
    await chat.tap("/search_missions")
    assert "Soutien scolaire" not in chat.heard[0].split("\n\n")[0]
    await chat.tap(back)
    assert chat.heard_first("dismiss_taken_back")
    await chat.tap("/search_missions")
    assert chat.heard_first("missions_found")


async def test_not_this_organisation_leaves_all_of_it_out(database: Database, owner: int, school: int) -> None:
    mission(database, KARIM, owner, "Plage propre")
    volunteer(database, SALMA)
    chat = Chat("fr")
    await chat.tap("/search_missions")
    await chat.say("la première ne me va pas", "dismiss_mission")
    await chat.press("reason_dismiss_organisation")
    assert chat.heard_first("dismiss_blocked")
    assert len(rows(database, Block)) == 1
    back = chat.buttons[text("fr", "button_dismiss_back")]
    await chat.tap("/search_missions")
    assert not chat.heard_first("missions_found")
    await chat.tap(back)
    assert not rows(database, Block) and not rows(database, Dismissal)


async def test_said_again_and_repeated_it_is_put_aside_once(database: Database, school: int) -> None:
    volunteer(database, SALMA)
    chat = Chat("fr")
    for _ in range(2):
        await chat.tap(f'/dismiss_mission{{"mission": "{school}"}}')
        await chat.repeat()
        assert chat.heard_first("dismiss_dismissed")
    assert len(rows(database, Dismissal)) == 1


async def test_without_a_list_or_a_profile_there_is_a_way_on(database: Database, school: int) -> None:
    chat = Chat("fr")
    await chat.tap("/dismiss_mission")
    assert chat.heard_first("dismiss_no_list") and chat.buttons
    await chat.tap(f'/dismiss_mission{{"mission": "{school}"}}')
    assert chat.heard_first("dismiss_no_profile") and chat.buttons
    volunteer(database, SALMA)
    await chat.tap('/dismiss_mission{"mission": "987654"}')
    assert chat.heard_first("dismiss_gone") and chat.buttons
    await chat.tap(f'/dismiss_mission{{"mission": "{school}", "reason": "other"}}')
    assert chat.heard_first("dismiss_unknown") and chat.buttons


@pytest.mark.parametrize("register", REGISTERS)
async def test_an_invitation_from_card_to_place(register: str, database: Database, school: int) -> None:
    volunteer(database, SALMA)
    manager, salma = Chat(register, KARIM, "Karim"), Chat(register)
    await manager.tap("/show_volunteers")
    assert "Salma" not in manager.heard[0]
    await manager.tap(manager.buttons["✉️ 1"])
    assert manager.heard_first("invite_proposed")
    await manager.tap("/show_volunteers")
    assert manager.heard_first("volunteers_none")
    [proposal] = rows(database, Proposal)
    await salma.tap(f'/answer_proposal{{"proposal": "{proposal.id}", "answer": "yes"}}')  # type: ignore[attr-defined]
    assert salma.heard_first("proposal_answer_accepted")
    assert "Soutien scolaire" in salma.heard[0] and "Jossour" in salma.heard[0]
    await salma.repeat()
    assert salma.heard_first("proposal_answer_accepted")
    assert [row.state for row in rows(database, Application)] == ["accepted"]  # type: ignore[attr-defined]
    await salma.tap(f'/answer_proposal{{"proposal": "{proposal.id}", "answer": "no"}}')  # type: ignore[attr-defined]
    assert salma.heard_first("proposal_answer_answered")


async def test_an_invitation_that_is_none_has_a_way_on(database: Database, school: int) -> None:
    chat = Chat("fr")
    for payload in ('/answer_proposal{"proposal": "77", "answer": "yes"}', '/answer_proposal{"answer": "yes"}', "/answer_proposal"):
        await chat.tap(payload)
        assert chat.heard_first("proposal_answer_unknown") and chat.buttons
    for payload in ("/invite_volunteer", f'/invite_volunteer{{"volunteer": "1", "mission": "{school}"}}'):
        await chat.tap(payload)
        assert chat.heard_first("invite_unknown") and chat.buttons


@pytest.mark.parametrize("register", REGISTERS)
async def test_a_skill_that_is_required_is_asked_for_once(register: str, database: Database, owner: int) -> None:
    lifeguard = mission(database, KARIM, owner, "Colonie", skills=["first_aid"])
    volunteer(database, SALMA)
    chat = Chat(register)
    await chat.tap(f'/apply_to_mission{{"mission": "{lifeguard}"}}')
    assert chat.heard_first("apply_skill")
    assert not rows(database, Application)
    await chat.press("button_has_skill")
    assert chat.heard_first("apply_applied")
    [row] = rows(database, Volunteer)
    assert "first_aid" in row.skills  # type: ignore[attr-defined]


async def test_pages_hold_every_mission_once_while_prices_move(database: Database, owner: int) -> None:
    made = {mission(database, KARIM, owner, f"M{number}") for number in range(12)}
    volunteer(database, SALMA)
    chat = Chat("fr")
    await chat.tap("/search_missions")
    seen = list(_missions(chat))
    while text("fr", "button_page_after") in chat.buttons:
        await chat.press("button_page_after")
        assert chat.edits
        seen += _missions(chat)
    assert len(seen) == 12 and set(seen) == made
    await chat.press("button_page_before")
    assert list(_missions(chat)) == seen[5:10]
    await chat.say("je choisis la mission 11", "apply_to_mission")
    assert [row.mission_id for row in rows(database, Application)] == [seen[10]]  # type: ignore[attr-defined]


def _missions(chat: Chat) -> list[int]:
    return [int(payload.split('"')[3]) for title, payload in chat.buttons.items() if title.isdecimal()]
