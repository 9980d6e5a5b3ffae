"""Around the day of a mission: a word the day before to both sides, the day after to who came, and later to who can tell.

    day − 1, 10:00  the volunteer: where and when; the organisation: who comes, and the code to show on the spot
    day + 1, 18:00  the volunteer: was he there (where he gave the code: for how long)?
    day + 3, 18:00  the organisation, where he has said nothing: did he come?

All hours are legal time (Africa/Casablanca). :mod:`bot.services.promises` calls what is due.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, contains_eager

from bot.clock import CASABLANCA
from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import attendance, attested, cards, presence, record, states
from bot.services.applications import locked
from bot.services.relay import write_payload
from bot.services.schedule import days_of
from bot.store.models import Application, Mission, Participation, PresenceCode
from bot.texts import text

REMIND_HOUR, ASK_HOUR = 10, 18
"""The day before a mission, and the days after it."""
ASK_FOR_DAYS = 7
"""After so long it is not asked any more what happened."""
ORGANISATION_AFTER_DAYS = 3
"""So long after the day the organisation is asked where he said nothing: two days after he was."""


def occurrence(mission: Mission, after: date) -> date | None:
    """The first day on or after a day on which a mission takes place; None where it is over."""
    until = mission.ends_on or mission.starts_on or after + timedelta(days=6)
    return next(days_of(mission, after, until), None)


def first_day(application: Application) -> date | None:
    """The day of the first part in a mission after a place was given; None where there is none any more."""
    return occurrence(application.mission, application.answered_at.astimezone(CASABLANCA).date())


def _at_hour(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), CASABLANCA)


def _accepted(session: Session, column: Any, since: date) -> list[Application]:
    """Those with a place of whose mission nothing was said yet, by the column that notes it. One query."""
    begin = _at_hour(since, 0) - timedelta(days=7 + 1)
    query = (
        select(Application)
        .join(Mission, Mission.id == Application.mission_id)
        .where(
            Application.state == "accepted",
            column.is_(None),
            # A dated mission that was over long ago has nothing left to remind of; of one that goes on, only the first time counts.
            or_(Mission.ends_on >= since, and_(Mission.starts_on.is_(None), Application.answered_at > begin)),
        )
        .options(contains_eager(Application.mission))
        .order_by(Application.id)
    )
    return list(session.execute(query).scalars())


def _is_to_be_reminded(application: Application, at: datetime) -> bool:
    day = first_day(application)
    if day is None or application.mission.state not in ("published", "full"):
        return False
    reminder = _at_hour(day - timedelta(days=1), REMIND_HOUR)
    # Who was accepted after that hour has just read when it is.
    return application.answered_at < reminder <= at and at.astimezone(CASABLANCA).date() <= day and _not_begun(application.mission, day, at)


def _not_begun(mission: Mission, day: date, at: datetime) -> bool:
    hours, minutes = (mission.time_from or "23:59").split(":")
    return at < datetime.combine(day, time(int(hours), int(minutes)), CASABLANCA)


def tomorrow(session: Session, at: datetime) -> list[int]:
    today = at.astimezone(CASABLANCA).date()
    return [one.id for one in _accepted(session, Application.reminded_on, today) if _is_to_be_reminded(one, at)]


def remind(session: Session, application_id: int, at: datetime) -> bool:
    """The word the day before: where and when, with one tap for "I cannot come"."""
    application = locked(session, application_id)
    if application.state != "accepted" or application.reminded_on is not None or not _is_to_be_reminded(application, at):
        return False
    day = first_day(application)
    application.reminded_on = day
    person, mission = application.person, application.mission
    if person.blocked_at is not None or day is None:
        return True
    register = person.register
    is_today = day == at.astimezone(CASABLANCA).date()
    body = text(
        register,
        "reminder_today" if is_today else "reminder_tomorrow",
        title=mission.title,
        organisation=mission.initiative.organisation.name,
        place=cards.where(mission, register),
        when=cards.hours_of(mission, day, register),
    )
    cannot = Choice(text(register, "button_cannot_come"), f'/withdraw_application{{"mission": "{mission.id}", "answer": "yes"}}')
    if record.is_beginning(session, person.id):
        body = "\n\n".join([body, text(register, "first_day")])
    choices = [cannot, *cards.map_choice(mission, register), Choice(text(register, "button_write"), write_payload(application.id))]
    origin = f"reminder:{application.id}:{day}"
    outbox.queue(session, person.chat_id, outbox.NOTICE, origin, [Draft(body, choices, solicited=False)], at)
    return True


def last_day(application: Application) -> date | None:
    """The day after which is asked how it was: the last of a dated mission, the first of one that goes on."""
    mission = application.mission
    return first_day(application) if mission.starts_on is None else (mission.ends_on or mission.starts_on)


def _is_to_be_asked(application: Application, at: datetime) -> bool:
    day = last_day(application)
    if day is None:
        return False
    return _at_hour(day + timedelta(days=1), ASK_HOUR) <= at < _at_hour(day + timedelta(days=1 + ASK_FOR_DAYS), ASK_HOUR)


def yesterday(session: Session, at: datetime) -> list[int]:
    since = at.astimezone(CASABLANCA).date() - timedelta(days=ASK_FOR_DAYS + 1)
    return [one.id for one in _accepted(session, Application.asked_on, since) if _is_to_be_asked(one, at)]


def ask_how_it_was(session: Session, application_id: int, at: datetime) -> bool:
    """The word the day after: did he take part? What he says, with his hours, is then put to the organisation."""
    application = locked(session, application_id)
    if application.state != "accepted" or application.asked_on is not None or not _is_to_be_asked(application, at):
        return False
    day = last_day(application)
    application.asked_on = day
    person = application.person
    if person.blocked_at is None and day is not None:
        register = person.register
        body, choices = _question(session, application, day, register)
        if choices:
            origin = f"after:{application.id}:{day}"
            outbox.queue(session, person.chat_id, outbox.NOTICE, origin, [Draft(body, choices, solicited=False)], at)
    return True


def _question(session: Session, application: Application, day: date, register: str) -> tuple[str, list[Choice]]:
    """Was he there? Where he gave the code of the spot: for how long? Without choices where he has said all there is to say."""
    mission = application.mission
    row = attested.day_of(session, application.id, day)
    if row is not None and (row.minutes or row.state in ("excused", "no_show", states.DISPUTED)):
        return "", []
    if row is not None and row.state == "attended":
        hours = attendance.hours_choices(mission.id, day, presence.longest_minutes(mission, day))
        return text(register, "participation_hours", title=mission.title), hours
    named = f'"mission": "{mission.id}", "date": "{day.isoformat()}"'
    choices = [
        Choice(text(register, "button_took_part"), f'/report_participation{{{named}, "answer": "yes"}}'),
        Choice(text(register, "button_was_absent"), f'/report_participation{{{named}, "answer": "absent"}}'),
    ]
    return text(register, "how_was_it", title=mission.title, day=cards.day(day, register)), choices


# ---- the organisation


def to_brief(session: Session, at: datetime) -> list[int]:
    """Missions of whose coming day the volunteers were reminded, and the organisation was not told who comes."""
    return sorted(_to_brief(session, at))


def _to_brief(session: Session, at: datetime) -> dict[int, date]:
    """The day by mission. One query."""
    told = select(PresenceCode.id).where(
        PresenceCode.mission_id == Application.mission_id, PresenceCode.took_place_on == Application.reminded_on
    )
    query = (
        select(Application.mission_id, Application.reminded_on)
        .join(Mission, Mission.id == Application.mission_id)
        .where(
            Application.state == "accepted",
            Application.reminded_on >= at.astimezone(CASABLANCA).date(),
            Mission.mode != "remote",
            Mission.state.in_(("published", "full")),
            ~told.exists(),
        )
    )
    return {int(mission_id): day for mission_id, day in session.execute(query)}


def brief(session: Session, mission_id: int, at: datetime) -> bool:
    """Tell an organisation who comes, with the code of the day."""
    day = _to_brief(session, at).get(mission_id)
    return day is not None and presence.brief(session, mission_id, day, at)


def _silent(at: datetime) -> Any:
    """The condition of SQL for those who were asked how it was and have said nothing since."""
    local = (at - timedelta(hours=ASK_HOUR)).astimezone(CASABLANCA).date()
    last = local - timedelta(days=ORGANISATION_AFTER_DAYS)
    told = select(Participation.id).where(
        Participation.application_id == Application.id, Participation.took_place_on == Application.asked_on
    )
    return and_(
        Application.state == "accepted",
        Application.asked_on.between(last - timedelta(days=ASK_FOR_DAYS), last),
        ~told.exists(),
    )


def silent(session: Session, at: datetime) -> list[int]:
    """Applications of whose day nobody has said anything: the organisation is to be asked."""
    return list(session.execute(select(Application.id).where(_silent(at)).order_by(Application.id)).scalars())


def ask_organisation(session: Session, application_id: int, at: datetime) -> bool:
    """Ask the organisation whether somebody came who does not say so himself."""
    query = select(Application).where(Application.id == application_id, _silent(at)).with_for_update(of=Application)
    application: Application | None = session.execute(query).scalar_one_or_none()
    if application is None:
        return False
    attendance.ask(session, application, application.asked_on, at)
    return True
