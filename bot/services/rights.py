"""A copy of what is kept about a person: everything of his own, nothing of anybody else's but organisations' public names."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.certificates import numbers
from bot.clock import CASABLANCA
from bot.messages import outbox
from bot.messages.outbox import DOCUMENT, Draft
from bot.services import commitments, conversation_marks, copies
from bot.services.organisations import spoken_for
from bot.services.profiles import person_of
from bot.store.models import (
    Application,
    Ban,
    Block,
    Certificate,
    Consent,
    ConversationNote,
    Dismissal,
    Handoff,
    HelpCall,
    HelpRequest,
    InboxUpdate,
    Invitation,
    LastList,
    Message,
    Mission,
    Organisation,
    OutboxMessage,
    Participation,
    Person,
    Proposal,
    Recommendation,
    Reflection,
    RelayMessage,
    Subscription,
    Volunteer,
)
from bot.store.tracker import Tracker
from bot.texts import text

DRAFTS = ("offer", "organisation", "initiative", "initiative_change", "aid", "report", "feedback", "relay", "counter", "reflection")
"""Slots in which Rasa keeps what a person began to say."""
Row = dict[str, Any]


def legal_time(at: datetime | None) -> str | None:
    """An instant as the clock on the wall shows it, with its offset."""
    return at.astimezone(CASABLANCA).isoformat(timespec="minutes") if at else None


def collect(session: Session, tracker: Tracker, chat_id: int) -> dict[str, Any]:
    """Everything kept about the person of a chat, as JSON.

    What the bot sent is listed without its words: they may name others, and stand in the person's own chat.
    """
    person = person_of(session, chat_id)
    of_person = _of_person(session, person) if person else {}
    written = [{"at": legal_time(at), "words": words} for at, words in tracker.said(chat_id)]
    waiting = select(InboxUpdate).where(InboxUpdate.chat_id == chat_id).order_by(InboxUpdate.update_id)
    return {
        "telegram_chat": chat_id,
        **of_person,
        "messages_to_the_team": [
            {"kind": row.kind, "mission": row.mission_id, "words": row.words, "state": row.state, "at": legal_time(row.created_at)}
            for row in _rows(session, Message, chat_id)
        ],
        "conversations_for_a_person": [
            {"reason": row.reason, "state": row.state, "from": legal_time(row.opened_at), "to": legal_time(row.closed_at)}
            for row in _rows(session, Handoff, chat_id)
        ],
        "closed_by_the_team": [
            {"reason": row.reason, "from": legal_time(row.created_at), "lifted": legal_time(row.lifted_at)}
            for row in _rows(session, Ban, chat_id)
        ],
        "notes_of_the_team": [{"at": legal_time(row.created_at), "words": row.words} for row in _rows(session, ConversationNote, chat_id)],
        "tags_of_the_team": conversation_marks.tags(session, chat_id),
        "written": written,
        "drafts": tracker.kept_slots(chat_id, DRAFTS),
        "received_by_us": [{"state": row.state, "at": legal_time(row.received_at)} for row in session.execute(waiting).scalars()],
        "sent_to_you": [
            {"kind": row.kind, "state": row.state, "at": legal_time(row.created_at)} for row in _rows(session, OutboxMessage, chat_id)
        ],
        "last_list": [
            {"kind": row.kind, "at": legal_time(row.shown_at), "missions": list(row.entries) if row.kind != "volunteers" else []}
            for row in session.execute(select(LastList).where(LastList.chat_id == chat_id)).scalars()
        ],
    }


def _rows(session: Session, model: Any, chat_id: int) -> list[Any]:
    return list(session.execute(select(model).where(model.chat_id == chat_id).order_by(model.id)).scalars())


def _of(session: Session, model: Any, person: Person, order: Any) -> list[Any]:
    return list(session.execute(select(model).where(model.person_id == person.id).order_by(order)).scalars())


def _of_person(session: Session, person: Person) -> dict[str, Any]:
    volunteer = session.get(Volunteer, person.id)
    return {
        "person": {
            "first_name": person.first_name,
            "register": person.register,
            "known_since": legal_time(person.created_at),
            "blocked_since": legal_time(person.blocked_at),
        },
        "offer": _offer(volunteer) if volunteer else None,
        "consents": _consents(session, person),
        "lists": [
            {
                "frequency": row.frequency,
                "organisation": _organisation_name(session, row.organisation_id),
                "next": legal_time(row.next_due_at) if row.ended_at is None else None,
                "ended": legal_time(row.ended_at),
                "why": row.ended_reason,
            }
            for row in _of(session, Subscription, person, Subscription.id)
        ],
        "speaks_for": [
            {
                "organisation": row.name,
                "kind": row.kind,
                "services": row.services,
                "state": row.state,
            }
            for row in spoken_for(session, person.chat_id)
        ],
        "applications": _applications(session, person),
        "certificates": _certificates(session, person),
        "links_handed_on": [
            {"for": row.purpose, "at": legal_time(row.created_at), "used": legal_time(row.used_at)}
            for row in session.execute(
                select(Invitation).where(Invitation.person_id == person.id).order_by(Invitation.created_at)
            ).scalars()
        ],
        "help_asked_for": [
            {
                "need": row.need,
                "place": row.place,
                "urgency": row.urgency,
                "address": row.address,
                "state": row.state,
                "outcome": row.outcome,
                "at": legal_time(row.created_at),
                "closed": legal_time(row.closed_at),
            }
            for row in _of(session, HelpRequest, person, HelpRequest.id)
        ],
        "asked_to_help": [
            {"state": row.state, "asked": legal_time(row.asked_at), "answered": legal_time(row.answered_at)}
            for row in _of(session, HelpCall, person, HelpCall.id)
        ],
        "written_to_the_other_side": [
            {"words": row.words, "at": legal_time(row.created_at)} for row in _of(session, RelayMessage, person, RelayMessage.id)
        ],
        "invitations_to_missions": [
            {"mission": title, "state": row.state, "at": legal_time(row.created_at), "answered": legal_time(row.answered_at)}
            for row, title in _with_mission(session, Proposal, person)
        ],
        "missions_put_aside": [
            {"mission": title, "reason": row.reason, "at": legal_time(row.created_at)}
            for row, title in _with_mission(session, Dismissal, person)
        ],
        "organisations_left_out": [
            {"organisation": _organisation_name(session, row.organisation_id), "at": legal_time(row.created_at)}
            for row in _of(session, Block, person, Block.id)
            if row.wished_by == "volunteer"
        ],
        "matches_shown": _matches(session, person),
    }


def _with_mission(session: Session, model: Any, person: Person) -> list[Any]:
    query = select(model, Mission.title).join(Mission, Mission.id == model.mission_id).where(model.person_id == person.id)
    return list(session.execute(query.order_by(model.id)))


def _offer(row: Volunteer) -> Row:
    return {
        "first_name": row.first_name,
        "place": row.place,
        "latitude": row.latitude,
        "longitude": row.longitude,
        "radius_km": row.radius_km,
        "mode": row.mode,
        "causes": list(row.causes),
        "skills": list(row.skills),
        "means": list(row.means),
        "spoken_languages": list(row.spoken_languages),
        "slots": row.slots,
        "age_band": row.age_band,
        "paused": row.paused,
        "created": legal_time(row.created_at),
        "changed": legal_time(row.changed_at),
    }


def _consents(session: Session, person: Person) -> list[Row]:
    return [
        {
            "purpose": row.purpose,
            "organisation": _organisation_name(session, row.organisation_id),
            "notice": row.notice_version,
            "given": legal_time(row.given_at),
            "withdrawn": legal_time(row.withdrawn_at),
            "until": legal_time(row.expires_at),
        }
        for row in _of(session, Consent, person, Consent.id)
    ]


def _organisation_name(session: Session, organisation_id: int | None) -> str | None:
    row = session.get(Organisation, organisation_id) if organisation_id is not None else None
    return row.name if row else None


def _applications(session: Session, person: Person) -> list[Row]:
    done = commitments.participations(session, person.chat_id)
    reflections = {row.participation_id: row for row in _reflections(session, person)}
    return [
        {
            "mission": one.mission.title,
            "organisation": one.organisation.name,
            "state": one.application.state,
            "note": one.application.note,
            "reason": one.application.closed_reason,
            "at": legal_time(one.application.created_at),
            "answered": legal_time(one.application.answered_at),
            "took_part": [_day(row, reflections.get(row.id)) for row in done.get(one.application.id, ())],
        }
        for one in reversed(commitments.of_chat(session, person.chat_id))
    ]


def _reflections(session: Session, person: Person) -> list[Reflection]:
    query = (
        select(Reflection)
        .join(Participation, Participation.id == Reflection.participation_id)
        .join(Application, Application.id == Participation.application_id)
        .where(Application.person_id == person.id)
    )
    return list(session.execute(query).scalars())


def _day(row: Participation, said: Reflection | None) -> Row:
    return {
        "on": row.took_place_on.isoformat(),
        "state": row.state,
        "minutes": row.minutes,
        "told_by": row.told_by,
        "arrived": legal_time(row.checked_in_at),
        "learned": said.learned if said else None,
        "next": said.wish if said else None,
    }


def _certificates(session: Session, person: Person) -> list[Row]:
    return [
        {
            "number": numbers.shown(row.number),
            "name": row.name,
            "mission": row.mission,
            "organisation": row.organisation,
            "place": row.place,
            "minutes": row.minutes,
            "first": row.first_on.isoformat(),
            "last": row.last_on.isoformat(),
            "register": row.register,
            "issued": legal_time(row.issued_at),
            "confirmed_by": row.confirmed_by,
            "revoked": legal_time(row.revoked_at),
            "why": row.revoked_reason,
        }
        for row in _of(session, Certificate, person, Certificate.id)
    ]


def _matches(session: Session, person: Person) -> list[Row]:
    query = (
        select(Recommendation, Mission.title)
        .join(Mission, Mission.id == Recommendation.mission_id)
        .where(Recommendation.person_id == person.id)
        .order_by(Recommendation.id)
    )
    return [
        {"mission": title, "shown_to": row.shown_to, "position": row.position, "points": row.points, "at": legal_time(row.shown_at)}
        for row, title in session.execute(query)
    ]


# ---- as files


def send_copy(session: Session, tracker: Tracker, chat_id: int, register: str, origin: str, at: datetime) -> dict[str, Any]:
    """Queue the copy as two files: one to read in the register, one for machines. Returns {"messages": what the person wrote}."""
    kept = collect(session, tracker, chat_id)
    day = at.astimezone(CASABLANCA).date().isoformat()
    files = (
        ("export_text_caption", f"tadamon-{day}.txt", copies.readable(kept, register, day)),
        ("export_json_caption", f"tadamon-{day}.json", json.dumps(kept, ensure_ascii=False, indent=1)),
    )
    drafts = [Draft(text(register, key), method=DOCUMENT, extra={"file_name": name, "content": content}) for key, name, content in files]
    outbox.queue(session, chat_id, outbox.REPLY, origin, drafts, at)
    return {"messages": len(kept["written"])}
