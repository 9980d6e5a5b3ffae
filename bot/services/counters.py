"""Between yes and no: an organisation would take a volunteer on other terms, and he answers that.

pending ──(counter)──► pending, the volunteer's turn ──► accepted, on these terms | withdrawn, and the organisation hears why
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import cards, record, states
from bot.services.applications import theirs
from bot.services.organisations import members
from bot.services.relay import write_payload
from bot.store.models import Application, Mission, Person
from bot.texts import text

WORDS_LENGTH = 200


def of_whom(session: Session, chat_id: int, application_id: int) -> tuple[str, str] | None:
    """First name and title of an application that may be countered; None where there is none of this person's that waits."""
    application = theirs(session, chat_id, application_id)
    if application is None or application.state != "pending":
        return None
    return application.person.known_as, application.mission.title


def counter(session: Session, chat_id: int, application_id: int, words: str, at: datetime) -> dict[str, Any]:
    """Say on what terms the organisation would take a volunteer; said again, the last word counts. The clock of its answer stands still:
    from now on it is his turn.

    Returns {"outcome", "name", "title"}; outcome is countered, answered (it was answered or ended before) or unknown. Raises ValueError for
    words that are too long.
    """
    if len(words) > WORDS_LENGTH:
        raise ValueError("too long")
    application = theirs(session, chat_id, application_id)
    if application is None:
        return {"outcome": "unknown"}
    mission, person = application.mission, application.person
    told = {"name": person.known_as, "title": mission.title}
    if application.state != "pending":
        return {"outcome": "answered", **told}
    application.counter, application.countered_at = words, at
    if person.blocked_at is None:
        register = person.register
        choices = [
            Choice(
                text(register, f"button_counter_{answer}"), f'/answer_counter{{"application": "{application.id}", "answer": "{answer}"}}'
            )
            for answer in ("yes", "no")
        ]
        body = text(register, "counter_received", organisation=mission.initiative.organisation.name, title=mission.title, words=words)
        origin = f"counter:{application.id}:{int(at.timestamp())}"
        outbox.queue(session, person.chat_id, outbox.NOTICE, origin, [Draft(body, choices)], at)
    return {"outcome": "countered", **told}


def answer(session: Session, chat_id: int, application_id: int, agrees: bool, at: datetime) -> dict[str, Any]:
    """A volunteer agrees to the organisation's terms, and has the place; or does not, and takes his application back.

    Returns {"outcome", "title", "organisation", "place", "when", "mission"}; outcome is accepted, declined, full, gone (answered, ended or
    withdrawn meanwhile) or unknown (nothing of this person's was countered).
    """
    query = (
        select(Application)
        .join(Person, Person.id == Application.person_id)
        .where(Application.id == application_id, Person.chat_id == chat_id, Application.countered_at.is_not(None))
        .with_for_update(of=Application)
    )
    application: Application | None = session.execute(query).scalar_one_or_none()
    if application is None:
        return {"outcome": "unknown"}
    mission: Mission = session.execute(select(Mission).where(Mission.id == application.mission_id).with_for_update()).scalar_one()
    register = application.person.register
    told = {
        "title": mission.title,
        "organisation": mission.initiative.organisation.name,
        "place": cards.where(mission, register),
        "when": cards.when(mission, register),
        "mission": mission.id,
    }
    if application.state != "pending":
        return {"outcome": "gone", **told}
    need = record.open_mission(session, mission.id)
    if agrees and (need is None or need.taken >= need.capacity):
        return {"outcome": "gone" if need is None else "full", **told}
    states.settle(application, "accepted" if agrees else "withdrawn", at, None if agrees else "not_expected")
    _tell(session, application, mission, "counter_agreed" if agrees else "counter_refused", at)
    return {"outcome": "accepted" if agrees else "declined", **told}


def _tell(session: Session, application: Application, mission: Mission, key: str, at: datetime) -> None:
    for member in members(session, mission.initiative.organisation_id):
        register = member.register
        body = text(register, key, name=application.person.known_as, title=mission.title, words=application.counter)
        choices = [Choice(text(register, "button_write"), write_payload(application.id))] if key == "counter_agreed" else []
        origin = f"{key}:{application.id}:{int(at.timestamp())}:{member.id}"
        outbox.queue(session, member.chat_id, outbox.NOTICE, origin, [Draft(body, choices)], at)
