"""A volunteer applies; the organisation hears of it and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.clock import CASABLANCA
from bot.matching.judge import TEENS_FROM
from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import appointments, cards, guardians, states
from bot.services.organisations import ids_spoken_for, members, speaks_for
from bot.services.profiles import NOTICE_VERSION, person_of
from bot.services.record import is_beginning, open_mission
from bot.services.relay import write_payload
from bot.store.models import Application, Block, Consent, Initiative, Mission, Organisation, Person, Volunteer
from bot.texts import Html, text

NOTE_LENGTH = 200


def apply(
    session: Session,
    chat_id: int,
    mission_id: int,
    at: datetime,
    note: str | None = None,
    has_skills: bool = False,
    skills_matter: bool = True,
    waits: bool = False,
) -> dict[str, Any]:
    """Apply to a mission. Applying is the volunteer's consent that first name, area and offer are shown to its organisation.

    Args:
        note: on what terms he would come, in his own words; the organisation reads them before it answers.
        has_skills: he says that he has what the mission requires, whatever his offer says so far; it is added to that.
        skills_matter: False: whoever applies is not asked for skills at all.
        waits: where it is full, he wants to be on the waiting list.

    Returns {"outcome", "title", "organisation"}; outcome is applied (with "is_first": he never did before), waiting, already, gone (not
    open any more), full, own (the volunteer's own organisation), age (it is for adults), guardian (a guardian has not agreed yet), skill
    (with "skills": he has not said that he can do these) or no_profile.
    """
    person = person_of(session, chat_id)
    volunteer = session.get(Volunteer, person.id) if person else None
    if person is None or volunteer is None:
        return {"outcome": "no_profile"}
    mission: Mission | None = session.execute(select(Mission).where(Mission.id == mission_id).with_for_update()).scalar_one_or_none()
    if mission is None:
        return {"outcome": "gone"}
    initiative = mission.initiative
    told = {"title": mission.title, "organisation": initiative.organisation.name}
    known = session.execute(
        select(Application).where(Application.mission_id == mission_id, Application.person_id == person.id)
    ).scalar_one_or_none()
    if known is not None and not states.may(states.APPLICATION, known.state, "pending"):
        return {"outcome": "already", **told}
    if speaks_for(session, chat_id, initiative.organisation_id):
        return {"outcome": "own", **told}
    blocked = select(Block.id).where(
        Block.person_id == person.id, Block.organisation_id == initiative.organisation_id, Block.wished_by == "organisation"
    )
    need = open_mission(session, mission_id) if session.execute(blocked).first() is None else None
    if need is None or (need.last_on is not None and need.last_on < at.astimezone(CASABLANCA).date()):
        # Word for word what is said of a mission that never was: a draft of somebody else's stays unknown, and so does a block.
        return {"outcome": "gone"}
    if need.taken >= need.capacity and not waits:
        return {"outcome": "full", **told}
    if volunteer.age_band == "teen" and need.minimum_age > TEENS_FROM:
        return {"outcome": "age", **told}
    if volunteer.age_band == "teen" and not guardians.has_agreed(session, person.id):
        return {"outcome": "guardian", **told}
    missing = [skill for skill in need.skills_required if skill not in volunteer.skills]
    if missing and skills_matter:
        if not has_skills:
            return {"outcome": "skill", **told, "skills": missing}
        volunteer.skills, volunteer.changed_at = (*volunteer.skills, *missing), at
    application = known or Application(mission_id=mission_id, person_id=person.id)
    # Who took it back may think better of it: the same row, as new.
    states.ask(application, "waiting" if need.taken >= need.capacity else "pending", at)
    application.note = note[:NOTE_LENGTH] if note else None
    session.add(application)
    session.add(
        Consent(
            person_id=person.id,
            purpose="application",
            organisation_id=initiative.organisation_id,
            notice_version=NOTICE_VERSION,
            given_at=at,
        )
    )
    session.flush()
    if application.state == "waiting":
        return {"outcome": "waiting", **told}
    _tell_organisation(session, application, mission, volunteer, at)
    return {"outcome": "applied", **told, "is_first": known is None and _is_first(session, application)}


def _is_first(session: Session, application: Application) -> bool:
    """Whether somebody applies for the first time, and has taken part in nothing so far."""
    others = select(Application.id).where(Application.person_id == application.person_id, Application.id != application.id).limit(1)
    return session.execute(others).first() is None and is_beginning(session, application.person_id)


def _tell_organisation(session: Session, application: Application, mission: Mission, volunteer: Volunteer, at: datetime) -> None:
    """A card with answer buttons for everybody who speaks for the organisation."""
    for member in members(session, mission.initiative.organisation_id):
        register = member.register
        choices = [
            Choice(text(register, f"button_{answer}"), answer_payload(application.id, answer)) for answer in ("accepted", "declined")
        ]
        choices.append(Choice(text(register, "button_counter"), counter_payload(application.id)))
        body = text(
            register,
            "application_received",
            title=mission.title,
            name=volunteer.first_name,
            card=cards.volunteer_facts(volunteer, register),
        )
        if application.note:
            body = Html("\n".join([body, text(register, "application_note", note=application.note)]))
        outbox.queue(
            session,
            member.chat_id,
            outbox.NOTICE,
            f"application:{application.id}:{int(at.timestamp())}:{member.id}",
            [Draft(body, choices)],
            at,
        )


def apply_payload(mission_id: int) -> str:
    """What a button to apply stands for; it names the mission by public number, so that an old list's button still means its own."""
    return f'/apply_to_mission{{"mission": "{mission_id}"}}'


def counter_payload(application_id: int) -> str:
    """What the button "on other terms" stands for."""
    return f'/counter_offer{{"application": "{application_id}"}}'


def answer_payload(application_id: int, answer: str) -> str:
    return f'/answer_application{{"application": "{application_id}", "answer": "{answer}"}}'


def answer(session: Session, chat_id: int, application_id: int, accepted: bool, at: datetime) -> dict[str, Any]:
    """An organisation answers an application; a place is given under a lock on its mission.

    Returns {"outcome", "name", "title"}; outcome is accepted, declined, answered (somebody was faster), full or unknown
    (no such application, or not this person's to answer).
    """
    application = theirs(session, chat_id, application_id)
    if application is None:
        return {"outcome": "unknown"}
    mission: Mission = session.execute(select(Mission).where(Mission.id == application.mission_id).with_for_update()).scalar_one()
    organisation: Organisation = mission.initiative.organisation
    told = {"name": application.person.known_as, "title": mission.title}
    if application.state != "pending":
        return {"outcome": "answered", **told}
    if accepted and taken(session, mission.id) >= mission.capacity:
        return {"outcome": "full", **told}
    states.settle(application, "accepted" if accepted else "declined", at)
    _tell_volunteer(session, application, mission, organisation, at)
    return {"outcome": application.state, **told}


def theirs(session: Session, chat_id: int, application_id: int) -> Application | None:
    """An application to a mission of an organisation for which the person of a chat speaks, locked; None: none of these."""
    query = (
        select(Application)
        .join(Mission, Mission.id == Application.mission_id)
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .where(Application.id == application_id, Initiative.organisation_id.in_(ids_spoken_for(chat_id)))
        .with_for_update(of=Application)
    )
    found: Application | None = session.execute(query).scalar_one_or_none()
    return found


def locked(session: Session, application_id: int) -> Application:
    """An application that is known to be there, as it stands under a lock."""
    found: Application = session.execute(
        select(Application).where(Application.id == application_id).with_for_update(of=Application)
    ).scalar_one()
    return found


def taken(session: Session, mission_id: int) -> int:
    count: int = session.execute(
        select(func.count()).where(Application.mission_id == mission_id, Application.state.in_(states.HOLDS_PLACE))
    ).scalar_one()
    return count


def _tell_volunteer(session: Session, application: Application, mission: Mission, organisation: Organisation, at: datetime) -> None:
    person = application.person
    if person.blocked_at is not None:
        return
    body = text(
        person.register,
        f"application_{application.state}",
        title=mission.title,
        organisation=organisation.name,
        when=cards.when(mission, person.register),
        place=cards.where(mission, person.register),
    )
    choices = [Choice(text(person.register, "button_search"), "/search_missions")]
    if application.state == "accepted" and is_beginning(session, person.id):
        body = "\n\n".join([body, text(person.register, "first_day")])
    if application.state == "accepted":
        choices = [
            Choice(text(person.register, "button_write"), write_payload(application.id)),
            appointments.choice(mission, person.register),
            *cards.map_choice(mission, person.register),
        ]
    outbox.queue(session, person.chat_id, outbox.NOTICE, f"answer:{application.id}:{int(at.timestamp())}", [Draft(body, choices)], at)


def of_person(session: Session, chat_id: int) -> list[tuple[Application, Mission, Organisation]]:
    """A volunteer's applications with mission and organisation, the newest first."""
    query = (
        select(Application, Mission, Organisation)
        .join(Mission, Mission.id == Application.mission_id)
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .join(Organisation, Organisation.id == Initiative.organisation_id)
        .join(Person, Person.id == Application.person_id)
        .where(Person.chat_id == chat_id)
        .order_by(Application.id.desc())
    )
    return [tuple(row) for row in session.execute(query)]
