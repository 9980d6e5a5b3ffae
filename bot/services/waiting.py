"""The waiting list of a mission that is full: a place that falls free is kept for whoever waited longest, and must be confirmed.

waiting ──► offered (until) ──► accepted | withdrawn | expired, and the next one is asked
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.clock import CASABLANCA
from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import cards, states
from bot.services.organisations import members
from bot.services.relay import write_payload
from bot.store.models import Application, Mission, Person, Volunteer
from bot.texts import text

OFFER_HOURS = 24
"""How long a place is kept; people look at their phones once a day."""


def _locked(session: Session, mission_id: int) -> Mission:
    mission: Mission = session.execute(select(Mission).where(Mission.id == mission_id).with_for_update()).scalar_one()
    return mission


def _is_ahead(mission: Mission, at: datetime) -> bool:
    last = mission.ends_on or mission.starts_on
    return mission.state == "published" and (last is None or last >= at.astimezone(CASABLANCA).date())


def offer_places(session: Session, mission_id: int, at: datetime) -> int:
    """Offer the places that are free to those who wait, the longest first; returns how many were offered."""
    mission = _locked(session, mission_id)
    if not _is_ahead(mission, at):
        return 0
    held = session.execute(
        select(func.count()).where(Application.mission_id == mission_id, Application.state.in_(states.HOLDS_PLACE))
    ).scalar_one()
    free = max(mission.capacity - held, 0)
    query = (
        select(Application)
        .where(Application.mission_id == mission_id, Application.state == "waiting")
        .order_by(Application.created_at, Application.id)
        .limit(free)
        .with_for_update()
    )
    rows = session.execute(query).scalars().all()
    for application in rows:
        states.move(application, states.APPLICATION, "offered")
        application.offered_until = at + timedelta(hours=OFFER_HOURS)
        _ask(session, application, mission, at)
    session.flush()
    return len(rows)


def _ask(session: Session, application: Application, mission: Mission, at: datetime) -> None:
    person = application.person
    if person.blocked_at is not None:
        return
    register = person.register
    body = text(
        register,
        "place_free",
        title=mission.title,
        organisation=mission.initiative.organisation.name,
        place=cards.where(mission, register),
        when=cards.when(mission, register),
        hours=OFFER_HOURS,
    )
    choices = [
        Choice(text(register, f"button_place_{answer}"), f'/answer_place{{"application": "{application.id}", "answer": "{answer}"}}')
        for answer in ("yes", "no")
    ]
    origin = f"place:{application.id}:{int(at.timestamp())}"
    outbox.queue(session, person.chat_id, outbox.NOTICE, origin, [Draft(body, choices)], at)


def answer(session: Session, chat_id: int, application_id: int, accepted: bool, at: datetime) -> dict[str, Any]:
    """Whoever waited takes the place that is kept for him, or leaves it to the next.

    Returns {"outcome", "title", "organisation", "place", "when"}; outcome is accepted, declined, late (it was given on, or the mission is
    over), answered (he has it already) or unknown (nothing of this person's).
    """
    query = (
        select(Application)
        .join(Person, Person.id == Application.person_id)
        .where(Application.id == application_id, Person.chat_id == chat_id)
        .with_for_update(of=Application)
    )
    application: Application | None = session.execute(query).scalar_one_or_none()
    if application is None:
        return {"outcome": "unknown"}
    mission = _locked(session, application.mission_id)
    register = application.person.register
    told = {
        "title": mission.title,
        "organisation": mission.initiative.organisation.name,
        "place": cards.where(mission, register),
        "when": cards.when(mission, register),
    }
    if application.state == "accepted":
        return {"outcome": "answered", **told}
    if application.state != "offered" or application.offered_until <= at or not _is_ahead(mission, at):
        return {"outcome": "late", **told}
    states.settle(application, "accepted" if accepted else "withdrawn", at)
    session.flush()
    if accepted:
        _tell_organisation(session, application, mission, at)
    else:
        offer_places(session, mission.id, at)
    return {"outcome": "accepted" if accepted else "declined", **told}


def _tell_organisation(session: Session, application: Application, mission: Mission, at: datetime) -> None:
    volunteer = session.get(Volunteer, application.person_id)
    for member in members(session, mission.initiative.organisation_id):
        body = text(
            member.register,
            "place_taken",
            title=mission.title,
            name=application.person.known_as,
            card=cards.volunteer_facts(volunteer, member.register) if volunteer else "",
        )
        write = Choice(text(member.register, "button_write"), write_payload(application.id))
        origin = f"place-taken:{application.id}:{int(at.timestamp())}:{member.id}"
        outbox.queue(session, member.chat_id, outbox.NOTICE, origin, [Draft(body, [write])], at)


def expire(session: Session, application_id: int, at: datetime) -> bool:
    """A place that was kept long enough goes to the next; False where it was answered meanwhile."""
    application: Application | None = session.execute(
        select(Application).where(Application.id == application_id, Application.state == "offered").with_for_update()
    ).scalar_one_or_none()
    if application is None or application.offered_until > at:
        return False
    states.settle(application, "expired", at, "waited")
    person, mission = application.person, application.mission
    if person.blocked_at is None:
        body = text(person.register, "place_given_on", title=mission.title)
        choices = [Choice(text(person.register, "button_search"), "/search_missions")]
        outbox.queue(
            session, person.chat_id, outbox.NOTICE, f"place-gone:{application.id}:{int(at.timestamp())}", [Draft(body, choices)], at
        )
    session.flush()
    offer_places(session, mission.id, at)
    return True
