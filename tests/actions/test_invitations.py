"""A colleague is asked in: by a link that serves once, with nothing kept before the yes."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import clock
from bot.services import invitations, organisations
from bot.services.profiles import Speaker
from bot.store.engine import Database
from bot.store.models import Organisation, OutboxMessage, Person
from bot.texts import REGISTERS
from tests.actions.chat import Chat
from tests.actions.worlds import speaker_for
from tests.conftest import NOW

KARIM, LEILA, OTHER = 601, 602, 603


@pytest.fixture
def owner(database: Database) -> int:
    return speaker_for(database, KARIM, "Jossour")


async def invited(register: str = "fr") -> str:
    """The payload of the link that Karim got."""
    chat = Chat(register, KARIM)
    await chat.say("?", "my_initiatives")
    await chat.press("button_invite")
    assert chat.heard_first("invite_link")
    found = re.search(r"start=(j_[\w-]+)", chat.heard[0])
    assert found
    return found[1]


def speakers(database: Database, owner: int) -> list[int]:
    with database.read() as session:
        return [person.chat_id for person in organisations.members(session, owner)]


@pytest.mark.parametrize("register", REGISTERS)
async def test_a_colleague_joins_by_the_link_and_a_yes(register: str, owner: int, database: Database) -> None:
    payload = await invited(register)
    chat = Chat(register, LEILA, "Leila")
    await chat.tap(f'/start{{"payload": "{payload}"}}')
    assert chat.heard_first("join_ask") or "Jossour" in chat.heard[-1]
    with database.read() as session:
        assert session.execute(select(Person).where(Person.chat_id == LEILA)).first() is None, "nothing is kept before the yes"
    await chat.press("button_join")
    assert chat.heard[-1] and "Jossour" in chat.heard[-1]
    assert speakers(database, owner) == [KARIM, LEILA]
    with database.read() as session:
        told = session.execute(select(OutboxMessage).where(OutboxMessage.chat_id == KARIM)).scalars().all()
        assert len(told) == 1 and "Leila" in told[0].body["text"]


async def test_a_link_serves_once(owner: int, database: Database) -> None:
    payload = await invited()
    for chat_id, joins in ((LEILA, True), (OTHER, False)):
        await Chat("fr", chat_id).tap(f'/start{{"payload": "{payload}", "answer": "yes"}}')
        assert (chat_id in speakers(database, owner)) is joins


async def test_a_repeated_yes_joins_once(owner: int, database: Database) -> None:
    payload = await invited()
    chat = Chat("fr", LEILA)
    await chat.tap(f'/start{{"payload": "{payload}", "answer": "yes"}}')
    first = chat.heard
    await chat.repeat()
    assert chat.heard == first
    assert speakers(database, owner) == [KARIM, LEILA]


async def test_an_old_link_opens_nothing(owner: int, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    payload = await invited()
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=invitations.LIFETIME_DAYS, seconds=5))
    chat = Chat("fr", LEILA)
    await chat.tap(f'/start{{"payload": "{payload}", "answer": "yes"}}')
    assert chat.heard_first("join_gone") or any("ne sert plus" in words for words in chat.heard)
    assert speakers(database, owner) == [KARIM]


@pytest.mark.parametrize("token", ["a" * 20, "a" * 32, "-" * 16])
async def test_a_forged_link_opens_nothing(owner: int, database: Database, token: str) -> None:
    chat = Chat("fr", LEILA)
    await chat.tap(f'/start{{"payload": "j_{token}", "answer": "yes"}}')
    assert any("ne sert plus" in words for words in chat.heard)
    assert speakers(database, owner) == [KARIM]


def test_only_who_speaks_for_it_may_invite(owner: int, database: Database) -> None:
    other = speaker_for(database, OTHER, "Autre")
    with database.write() as session:
        assert invitations.create(session, OTHER, invitations.MEMBER, owner, NOW) is None
        assert invitations.create(session, LEILA, invitations.MEMBER, owner, NOW) is None
        assert invitations.create(session, OTHER, invitations.MEMBER, other, NOW)


def test_whoever_speaks_for_it_already_leaves_the_link_to_another(owner: int, database: Database) -> None:
    with database.write() as session:
        token = invitations.create(session, KARIM, invitations.MEMBER, owner, NOW)
        assert token
        assert invitations.join(session, Speaker(KARIM, "Karim", "fr"), token, NOW)["outcome"] == "already"
        assert invitations.join(session, Speaker(LEILA, "Leila", "fr"), token, NOW)["outcome"] == "joined"
        assert session.execute(select(Organisation)).scalar_one().name == "Jossour"
