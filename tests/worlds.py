"""Small worlds to test in: people, organisations and missions, made through the services as people make them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from bot.clock import CASABLANCA
from bot.matching.slots import slots_of
from bot.services import organisations, profiles
from bot.services.audit import Author
from bot.services.organisations import Need, Registration
from bot.services.profiles import Offer, Speaker
from bot.store.engine import Database
from bot.store.models import Mission, Organisation, OutboxMessage, Person, StaffAccount, Volunteer

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=CASABLANCA)
"""A Tuesday; as in tests/conftest.py."""
SATURDAY_MORNING = slots_of(["sat"], ["morning"])
AMINA, BRAHIM, SALMA, OWNER, OTHER_OWNER = 7_000_000_501, 7_000_000_502, 7_000_000_503, 7_000_000_901, 7_000_000_902
"""Chats of three volunteers and of two people who speak for organisations: as long as Telegram's, so that none stands by chance in a
number that the product draws."""

BOTH_DATABASES = [pytest.param("database", id="sqlite"), pytest.param("postgres", id="postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH_DATABASES)
def store(request: pytest.FixtureRequest) -> Database:
    """An empty, migrated database: SQLite, then PostgreSQL."""
    found: Database = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def author(store: Database) -> Author:
    """A moderator, as the log and the reviews name one."""
    with store.write() as session:
        row = StaffAccount(name="salma", password_hash="-", totp_secret="-", role="moderator", locale="fr", created_at=NOW)
        session.add(row)
        session.flush()
        return Author(row.id, "salma")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[misc,arg-type]


def local(*parts: int) -> datetime:
    """An instant by legal time."""
    return datetime(*parts, tzinfo=CASABLANCA)  # type: ignore[misc,arg-type]


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The statements that reach the database as long as the context is open, without the beginnings of transactions."""
    heard: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith("BEGIN"):
            heard.append(statement)

    event.listen(database.engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(database.engine, "before_cursor_execute", hear)


def volunteer(session: Session, chat_id: int = AMINA, name: str = "Amina", register: str = "fr", **offer: Any) -> Volunteer:
    """A volunteer near the missions of :func:`mission`, free when they are, unless told otherwise."""
    usual: dict[str, Any] = {"place": "Aïn-Chock", "causes": ["education"], "skills": ["teaching"], "slots": SATURDAY_MORNING}
    return profiles.save_offer(session, Speaker(chat_id, name, register), Offer(first_name=name, **{**usual, **offer}), NOW)


def organisation(
    session: Session, chat_id: int = OWNER, name: str = "Jossour", causes: tuple[str, ...] = ("education",), validated: bool = True
) -> Organisation:
    """An organisation with one person who speaks for it."""
    made = organisations.register(
        session, Speaker(chat_id, "Karim", "fr"), Registration("association", name, "Maârif", causes, "Soutien"), NOW
    )
    if validated:
        organisations.validate(session, made.id, NOW)
    return made


def mission(session: Session, owner: Organisation, title: str = "Soutien scolaire", **need: Any) -> Mission:
    """A weekly mission in Maârif, on Saturday mornings, for five people, unless told otherwise."""
    usual: dict[str, Any] = {"cause": "education", "place": "Maârif", "slots": SATURDAY_MORNING, "capacity": 5}
    return organisations.insert(session, owner.id, Need(title=title, **{**usual, **need}), NOW)


@dataclass(frozen=True)
class World:
    """Ids of what :func:`small_world` made."""

    organisation_id: int
    mission_id: int


def small_world(store: Database, **need: Any) -> World:
    """One validated organisation with one mission, and Amina, whom it fits."""
    with store.write() as session:
        owner = organisation(session)
        made = mission(session, owner, **need)
        volunteer(session)
        return World(owner.id, made.id)


def outbox_rows(store: Database, chat_id: int | None = None) -> list[OutboxMessage]:
    """What was queued, in order; for one chat where it is given."""
    query = select(OutboxMessage).order_by(OutboxMessage.id)
    if chat_id is not None:
        query = query.where(OutboxMessage.chat_id == chat_id)
    with store.read() as session:
        return list(session.execute(query).scalars())


def count(store: Database, model: Any) -> int:
    with store.read() as session:
        return int(session.execute(select(func.count()).select_from(model)).scalar_one())


def person_id(session: Session, chat_id: int) -> int:
    return int(session.execute(select(Person.id).where(Person.chat_id == chat_id)).scalar_one())


def day(text: str) -> date:
    return date.fromisoformat(text)
