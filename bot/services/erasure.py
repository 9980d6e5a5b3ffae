"""Forgetting somebody. The wish is noted in the person's turn and done once that is closed, in steps of which each may be done again:

turn closed ─► farewell: what others wait for is resolved, and they are told
            ─► Rasa's tracker: the person's words go out of what others were told, then all of the person's
            ─► one transaction: everything else, the tombstone, the last word
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from bot.messages import outbox
from bot.messages.outbox import Draft
from bot.services import bans, conversation_marks, erased, farewell, transcript_retention
from bot.services.profiles import person_of
from bot.store import changes
from bot.store.models import (
    Application,
    Button,
    Effect,
    Erasure,
    Handoff,
    HelpCall,
    HelpRequest,
    InboxUpdate,
    Initiative,
    Invitation,
    LastList,
    Message,
    Mission,
    Organisation,
    OrganisationMember,
    OutboxMessage,
    Person,
    Takeover,
    Volunteer,
)
from bot.store.tracker import Tracker, changed_strings
from bot.texts import text

WRITE = Callable[[], AbstractContextManager[Session]]
NOBODYS_CHAT = 0
"""An update that was answered keeps its number, so that Telegram's repetition of it is known; not its chat."""
NOBODYS_REGISTER = "fr"
"""Of a tombstone of whom nothing is known; nothing is said in it."""
PATIENCE = timedelta(minutes=2)
"""So long the answer "it begins" may take to leave, before it is forgotten with the rest."""
_OPEN = ("waiting", "working")
_FINAL = ("sent", "failed", "unknown")


def wish(session: Session, chat_id: int, register: str, at: datetime) -> dict[str, Any]:
    """Note that somebody wants to be forgotten; wished twice, it is one wish."""
    if session.execute(select(Erasure.id).where(Erasure.chat_id == chat_id, Erasure.done_at.is_(None))).first() is None:
        session.add(Erasure(chat_id=chat_id, register=register, requested_at=at))
    return {"outcome": "begun"}


def is_wished(session: Session) -> bool:
    """Whether anybody waits to be forgotten: a look that locks nothing, for a job that finds nothing most of the time."""
    return session.execute(select(Erasure.id).where(Erasure.done_at.is_(None)).limit(1)).first() is not None


def run(write: WRITE, tracker: Tracker, at: datetime, record: Path | None = None) -> int:
    """Fulfil the wishes whose turn is closed; returns how many. Killed anywhere, the next run takes it up again.

    Args:
        record: the folder of the record of erasures, by which a backup that is brought back forgets them again; None: none is kept.
    """
    with write() as session:
        ids = list(session.execute(select(Erasure.id).where(Erasure.done_at.is_(None)).order_by(Erasure.id)).scalars())
    return sum(forget(write, tracker, erasure_id, at, record) for erasure_id in ids)


def forget(write: WRITE, tracker: Tracker, erasure_id: int, at: datetime, record: Path | None = None) -> bool:
    """Take one wish through its steps; False where it must wait for the turn, or was done meanwhile."""
    with write() as session:
        erasure = _ready(session, erasure_id, at)
        if erasure is None:
            return False
        chat_id, newest = erasure.chat_id, _newest_update(session, erasure.chat_id)
        # Before the farewell, which forgets an address; what an earlier attempt forgot, the tracker still knows.
        traces = traces_of(session, chat_id, tracker.told_others(chat_id))
        farewell.say(session, chat_id, at)
    tracker.blot(list(traces.chats), traces.without)
    tracker.forget(chat_id)
    with write() as session:
        erasure = _ready(session, erasure_id, at)
        if erasure is None or _newest_update(session, chat_id) != newest:
            return False  # something was said meanwhile, and Rasa has kept it
        _blot_others(session, traces)
        erase(session, chat_id)
        bans.note_erased(session, chat_id, at)
        outbox.queue(session, chat_id, outbox.REPLY, f"{outbox.LAST_WORD}{erasure.id}", [Draft(text(erasure.register, "erasure_done"))], at)
        _bury(session, chat_id, at)
        if record is not None:
            erased.note(record, session, chat_id)
    return True


def forget_again(write: WRITE, tracker: Tracker, chat_id: int, at: datetime) -> None:
    """Erase from what a backup brought back somebody who was erased since: as then, but nothing is said to him again, and what he said
    just before the backup is not answered."""
    with write() as session:
        waiting = update(InboxUpdate).where(InboxUpdate.chat_id == chat_id, InboxUpdate.state.in_(_OPEN))
        session.execute(waiting.values(state="refused").execution_options(synchronize_session=False))
        person = person_of(session, chat_id)
        wish(session, chat_id, person.register if person else NOBODYS_REGISTER, at - PATIENCE)
        session.flush()
        wished = select(Erasure).where(Erasure.chat_id == chat_id, Erasure.done_at.is_(None))
        row = session.execute(wished).scalar_one()
        row.requested_at = min(row.requested_at, at - PATIENCE)
        erasure_id = int(row.id)
    if not forget(write, tracker, erasure_id, at):
        raise RuntimeError("somebody could not be erased again: something was said meanwhile")
    with write() as session:
        said = delete(OutboxMessage).where(OutboxMessage.origin == f"{outbox.LAST_WORD}{erasure_id}")
        session.execute(said.execution_options(synchronize_session=False))


def _ready(session: Session, erasure_id: int, at: datetime) -> Erasure | None:
    """A wish that can be fulfilled now, locked: nothing of its chat is being worked on, and what was answered has left."""
    query = select(Erasure).where(Erasure.id == erasure_id, Erasure.done_at.is_(None)).with_for_update()
    erasure: Erasure | None = session.execute(query).scalar_one_or_none()
    if erasure is None:
        return None
    turn = select(InboxUpdate.update_id).where(InboxUpdate.chat_id == erasure.chat_id, InboxUpdate.state.in_(_OPEN))
    leaving = select(OutboxMessage.id).where(
        OutboxMessage.chat_id == erasure.chat_id, OutboxMessage.kind == outbox.REPLY, OutboxMessage.state.in_(("queued", "sending"))
    )
    if session.execute(turn).first() or (at - erasure.requested_at < PATIENCE and session.execute(leaving).first()):
        return None
    return erasure


def _newest_update(session: Session, chat_id: int) -> int | None:
    found: int | None = session.execute(select(func.max(InboxUpdate.update_id)).where(InboxUpdate.chat_id == chat_id)).scalar_one()
    return found


# ---- what others were told


@dataclass(frozen=True)
class Traces:
    """The person's words that others may have read, the longest first, and in which chats."""

    words: Sequence[str]
    chats: frozenset[int]

    def without(self, told: str, instead: str = "…") -> str:
        """A text without these words."""
        for word in self.words:
            # A name is no part of another: Ali is not in Alia.
            told = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", lambda _: instead, told)
        return told


def traces_of(session: Session, chat_id: int, said: Collection[str]) -> Traces:
    """What others may have been told of a person, by the record and by what was said, and who they are."""
    person = person_of(session, chat_id)
    if person is None:
        return Traces((), frozenset())
    volunteer = session.get(Volunteer, person.id)
    asked = session.execute(select(HelpRequest.need, HelpRequest.address).where(HelpRequest.person_id == person.id)).all()
    notes = session.execute(select(Application.note).where(Application.person_id == person.id)).scalars()
    words = {person.first_name, volunteer.first_name if volunteer else "", *said, *notes, *(word for row in asked for word in row)}
    spoken = {form for word in words if word and any(map(str.isalnum, word)) for form in (word, escape(word, quote=False))}
    return Traces(sorted(spoken, key=lambda word: (-len(word), word)), frozenset(_readers(session, person) - {chat_id}))


def _readers(session: Session, person: Person) -> set[int]:
    """The chats to which the bot may have named a person."""
    mine = select(OrganisationMember.organisation_id).where(OrganisationMember.person_id == person.id)
    applied = (
        select(Initiative.organisation_id)
        .join(Mission, Mission.initiative_id == Initiative.id)
        .join(Application, Application.mission_id == Mission.id)
        .where(Application.person_id == person.id)
    )
    requests = select(HelpRequest.id).where(HelpRequest.person_id == person.id)
    people = (
        select(OrganisationMember.person_id).where(OrganisationMember.organisation_id.in_(mine)),
        select(OrganisationMember.person_id).where(OrganisationMember.organisation_id.in_(applied)),
        select(HelpCall.person_id).where(HelpCall.help_request_id.in_(requests)),
        select(HelpRequest.person_id).join(HelpCall, HelpCall.help_request_id == HelpRequest.id).where(HelpCall.person_id == person.id),
        select(Invitation.person_id).where(Invitation.used_by_chat_id == person.chat_id),
    )
    chats: set[int] = set()
    for query in people:
        chats |= set(session.execute(select(Person.chat_id).where(Person.id.in_(query.scalar_subquery()))).scalars())
    handed_on = select(Invitation.token, Invitation.used_by_chat_id).where(Invitation.person_id == person.id)
    for token, used_by in session.execute(handed_on):
        # Whoever opened the link was told who hands it on, and got a button that bears it.
        opened = select(Button.chat_id).where(Button.payload.contains(token, autoescape=True))
        chats |= {*session.execute(opened).scalars(), *([used_by] if used_by else [])}
    return chats


def _blot_others(session: Session, traces: Traces) -> None:
    """Take the words out of what was told to others: what has left loses its text, what waits says it without them."""
    if not traces.words or not traces.chats:
        return
    for row in session.execute(select(OutboxMessage).where(OutboxMessage.chat_id.in_(traces.chats))).scalars():
        blotted = changed_strings(row.body, traces.without)
        if blotted != row.body:
            row.body = {} if row.state in _FINAL else blotted
    updates = select(InboxUpdate.update_id).where(InboxUpdate.chat_id.in_(traces.chats))
    for effect in session.execute(select(Effect).where(Effect.update_id.in_(updates.scalar_subquery()))).scalars():
        effect.outcome = changed_strings(effect.outcome, traces.without)
    session.flush()


# ---- everything else


def erase(session: Session, chat_id: int) -> None:
    """Delete all that is kept of a chat and of its person."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sql("PRAGMA secure_delete=ON"))
    person = person_of(session, chat_id)
    if person is not None:
        for organisation in farewell.alone_for(session, chat_id):
            _close_organisation(session, organisation)
        session.flush()
        changes.note(session, changes.VOLUNTEER, person.id)
        session.execute(delete(Person).where(Person.id == person.id).execution_options(synchronize_session=False, noted=True))
    updates = select(InboxUpdate.update_id).where(InboxUpdate.chat_id == chat_id).scalar_subquery()
    session.execute(delete(Effect).where(Effect.update_id.in_(updates)).execution_options(synchronize_session=False))
    transcript_retention.forget(session, chat_id)
    conversation_marks.forget(session, chat_id)
    for table in (OutboxMessage, Button, LastList, Message, Handoff, Takeover):
        session.execute(delete(table).where(table.chat_id == chat_id).execution_options(synchronize_session=False))
    session.execute(
        update(Invitation)
        .where(Invitation.used_by_chat_id == chat_id)
        .values(used_by_chat_id=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(InboxUpdate)
        .where(InboxUpdate.chat_id == chat_id, InboxUpdate.state.not_in(_OPEN))
        .values(chat_id=NOBODYS_CHAT, payload={})
        .execution_options(synchronize_session=False)
    )
    session.expire_all()


def _close_organisation(session: Session, organisation: Organisation) -> None:
    """Nobody speaks for it any more. Its name and its missions stay where somebody applied: they are that person's past too."""
    applied = (
        select(Application.id)
        .join(Mission, Mission.id == Application.mission_id)
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .where(Initiative.organisation_id == organisation.id)
    )
    if session.execute(applied).first() is None:
        session.execute(delete(Organisation).where(Organisation.id == organisation.id).execution_options(synchronize_session=False))
        session.expunge(organisation)
        return
    organisation.state, organisation.services = "withdrawn", ""
    organisation.representative = organisation.receipt = None


def _bury(session: Session, chat_id: int, at: datetime) -> None:
    """The tombstone: that there was an erasure, and when."""
    session.execute(
        update(Erasure).where(Erasure.chat_id == chat_id).values(chat_id=None, done_at=at).execution_options(synchronize_session=False)
    )
