"""Two who are committed to each other write through the bot: nobody's number or account is told, and either can end it.

Only who has a place, and who speaks for the organisation, can write; a block by either side closes the thread for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from bot.clock import CASABLANCA
from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services.admission import is_admitted
from bot.services.organisations import ids_spoken_for, members
from bot.services.profiles import person_of
from bot.store.models import Application, Block, Handoff, Initiative, Message, Mission, Person, RelayMessage
from bot.texts import text

WORDS_LENGTH = 1000
OPEN_DAYS = 14
"""So long after a dated mission both can still write: to thank, to ask for what was left behind."""
KEEP_DAYS = 30
VOLUNTEER, ORGANISATION = "volunteer", "organisation"


@dataclass(frozen=True)
class Thread:
    """A place in a mission as one of its two sides sees it."""

    application: Application
    side: str
    """volunteer or organisation: which one this is."""
    name: str
    """What the other side is called."""
    title: str


def _thread(application: Application, side: str) -> Thread:
    mission = application.mission
    name = mission.initiative.organisation.name if side == VOLUNTEER else application.person.known_as
    return Thread(application, side, name, mission.title)


def threads(session: Session, chat_id: int, at: datetime) -> list[Thread]:
    """The threads in which the person of a chat may write, the newest first: as a volunteer, and for his organisations."""
    since = at.astimezone(CASABLANCA).date() - timedelta(days=OPEN_DAYS)
    query = (
        select(Application, Person.chat_id == chat_id)
        .join(Person, Person.id == Application.person_id)
        .join(Mission, Mission.id == Application.mission_id)
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .where(
            Application.state == "accepted",
            or_(Mission.ends_on.is_(None), Mission.ends_on >= since),
            Mission.state != "cancelled",
            is_admitted(Person.chat_id),
            or_(Person.chat_id == chat_id, Initiative.organisation_id.in_(ids_spoken_for(chat_id))),
        )
        .order_by(Application.answered_at.desc(), Application.id.desc())
    )
    found = [_thread(application, VOLUNTEER if is_own else ORGANISATION) for application, is_own in session.execute(query)]
    return [one for one in found if not is_blocked(session, one.application)]


def own(session: Session, chat_id: int, application_id: int, at: datetime) -> Thread | None:
    """A thread in which the person of a chat may write; None for anything else, of whomever it is."""
    return next((one for one in threads(session, chat_id, at) if one.application.id == application_id), None)


def is_blocked(session: Session, application: Application) -> bool:
    """Whether either side wants to hear no more of the other."""
    organisation_id = application.mission.initiative.organisation_id
    query = select(Block.id).where(Block.person_id == application.person_id, Block.organisation_id == organisation_id)
    return session.execute(query).first() is not None


def send(session: Session, chat_id: int, application_id: int, words: str, at: datetime) -> dict[str, Any]:
    """Hand words on to the other side, as they are.

    Returns {"outcome", "name"}; outcome is sent or unknown (no thread of this person's, closed or blocked). Raises ValueError for words
    that are too long: the form says so before.
    """
    if len(words) > WORDS_LENGTH:
        raise ValueError("too long")
    thread, person = own(session, chat_id, application_id, at), person_of(session, chat_id)
    if thread is None or person is None:
        return {"outcome": "unknown"}
    row = RelayMessage(application_id=application_id, person_id=person.id, written_by=thread.side, words=words, created_at=at)
    session.add(row)
    session.flush()
    for reader in _readers(session, thread):
        _tell(session, reader, thread, row, at)
    return {"outcome": "sent", "name": thread.name}


def _readers(session: Session, thread: Thread) -> Sequence[Person]:
    application = thread.application
    if thread.side == VOLUNTEER:
        return members(session, application.mission.initiative.organisation_id)
    return [application.person] if application.person.blocked_at is None else []


def _tell(session: Session, reader: Person, thread: Thread, row: RelayMessage, at: datetime) -> None:
    register = reader.register
    other = _thread(thread.application, ORGANISATION if thread.side == VOLUNTEER else VOLUNTEER)
    number = thread.application.id
    choices = [
        Choice(text(register, "button_reply"), write_payload(number)),
        Choice(text(register, "button_report_thread"), f'/end_thread{{"application": "{number}", "answer": "report"}}'),
        Choice(text(register, "button_block"), f'/end_thread{{"application": "{number}", "answer": "block"}}'),
    ]
    body = text(register, "relay_received", name=other.name, title=thread.title, words=row.words)
    outbox.queue(session, reader.chat_id, outbox.NOTICE, f"relay:{row.id}:{reader.id}", [Draft(body, choices)], at)


def write_payload(application_id: int) -> str:
    """What a button to write stands for."""
    return f'/write_message{{"application": "{application_id}"}}'


def block(session: Session, chat_id: int, application_id: int, at: datetime) -> dict[str, Any]:
    """End a thread for both; neither is proposed to the other any more, and the other is not told.

    Returns {"outcome", "name"}; outcome is blocked or unknown.
    """
    thread = own(session, chat_id, application_id, at)
    if thread is None:
        return {"outcome": "unknown"}
    session.add(
        Block(
            person_id=thread.application.person_id,
            organisation_id=thread.application.mission.initiative.organisation_id,
            wished_by=thread.side,
            created_at=at,
        )
    )
    return {"outcome": "blocked", "name": thread.name}


def report(session: Session, chat_id: int, application_id: int, at: datetime) -> dict[str, Any]:
    """Let the team read a thread, and only that one; told twice, it is one report.

    Returns {"outcome", "name"}; outcome is reported or unknown.
    """
    thread = own(session, chat_id, application_id, at)
    if thread is None:
        return {"outcome": "unknown"}
    known = select(Message.id).where(Message.application_id == application_id, Message.chat_id == chat_id, Message.state == "open")
    if session.execute(known).first() is None:
        session.add(
            Message(
                kind="report",
                chat_id=chat_id,
                mission_id=thread.application.mission_id,
                application_id=application_id,
                words=f"thread {application_id}",
                state="open",
                created_at=at,
            )
        )
        waits = select(Handoff.id).where(Handoff.chat_id == chat_id, Handoff.state != "closed")
        if session.execute(waits).first() is None:
            session.add(Handoff(chat_id=chat_id, reason="report", state="waiting", opened_at=at))
    return {"outcome": "reported", "name": thread.name}


def reported(session: Session, message_id: int) -> list[RelayMessage] | None:
    """The words of a thread that was reported, the oldest first, for the team; None where there is no such open report."""
    message = session.get(Message, message_id)
    if message is None or message.application_id is None or message.state != "open":
        return None
    query = select(RelayMessage).where(RelayMessage.application_id == message.application_id).order_by(RelayMessage.id)
    return list(session.execute(query).scalars())


def other_writers(session: Session, message_id: int) -> set[int]:
    """The chats of those who wrote in a thread that was reported, but for the reporter's; for the team, who may have to act on them."""
    rows = reported(session, message_id) or []
    query = select(Person.chat_id).where(Person.id.in_({row.person_id for row in rows}))
    return set(session.execute(query).scalars()) - {session.get(Message, message_id).chat_id}


def forget_old(session: Session, at: datetime) -> int:
    """Delete words of long ago, those of threads that wait for the team left out; returns how many."""
    waits = select(Message.application_id).where(Message.state == "open", Message.application_id.is_not(None))
    old = delete(RelayMessage).where(RelayMessage.created_at < at - timedelta(days=KEEP_DAYS), RelayMessage.application_id.not_in(waits))
    return int(session.execute(old.execution_options(synchronize_session=False)).rowcount)
