"""What a volunteer is committed to: taking it back, and saying what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.clock import CASABLANCA
from bot.matching.slots import days_and_times
from bot.messages import outbox
from bot.messages.outbox import Draft
from bot.services import applications, attendance, attested, confirmations, covers, disputes, presence, states, waiting
from bot.services.organisations import members
from bot.store.models import Application, Initiative, Mission, Organisation, Participation, Person
from bot.texts import text

WITHDRAW_REASONS = ("no_answer", "not_expected", "not_available", "other")
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Commitment:
    """A volunteer's application with its mission and organisation."""

    application: Application
    mission: Mission
    organisation: Organisation

    @property
    def is_open(self) -> bool:
        """Whether it can be taken back."""
        return self.application.state in states.OPEN


def of_chat(session: Session, chat_id: int) -> list[Commitment]:
    """All commitments of the person of a chat, the newest first."""
    return [Commitment(*row) for row in applications.of_person(session, chat_id)]


def still_ahead(found: Sequence[Commitment], today: date) -> list[Commitment]:
    """Those that can be taken back: open, and not over."""
    return [one for one in found if one.is_open and (one.mission.ends_on is None or one.mission.ends_on >= today)]


def begun(found: Sequence[Commitment], today: date) -> list[Commitment]:
    """Those in which the person may have taken part: accepted, and begun."""
    return [
        one for one in found if one.application.state == "accepted" and (one.mission.starts_on is None or one.mission.starts_on <= today)
    ]


def _own(session: Session, chat_id: int, mission_id: int) -> Application | None:
    query = (
        select(Application)
        .join(Person, Person.id == Application.person_id)
        .where(Person.chat_id == chat_id, Application.mission_id == mission_id)
        .with_for_update(of=Application)
    )
    found: Application | None = session.execute(query).scalar_one_or_none()
    return found


def withdraw(session: Session, chat_id: int, mission_id: int, at: datetime) -> dict[str, Any]:
    """Take an application back; its place is free at once, and everybody who speaks for the organisation is told.

    Returns {"outcome", "title", "organisation"}; outcome is withdrawn, closed (answered with no, taken back or expired before) or
    unknown (none of this person's).
    """
    application = _own(session, chat_id, mission_id)
    if application is None:
        return {"outcome": "unknown"}
    mission = application.mission
    organisation = mission.initiative.organisation
    told = {"title": mission.title, "organisation": organisation.name}
    if application.state not in states.OPEN:
        return {"outcome": "closed", **told}
    was = application.state
    states.settle(application, "withdrawn", at)
    if was == "waiting":
        # The organisation never heard of him: there is nothing to tell.
        return {"outcome": "withdrawn", **told}
    for member in members(session, organisation.id):
        body = text(member.register, "application_withdrawn", name=application.person.known_as, title=mission.title)
        # What is ahead soon must be known soon: not held back by quiet hours.
        origin = f"withdrawn:{application.id}:{int(at.timestamp())}:{member.id}"
        outbox.queue(session, member.chat_id, outbox.NOTICE, origin, [Draft(body)], at)
    if was in states.HOLDS_PLACE:
        session.flush()
        if not waiting.offer_places(session, mission.id, at):
            covers.begin(session, mission.id, at)
    return {"outcome": "withdrawn", **told}


def give_reason(session: Session, chat_id: int, mission_id: int, reason: str) -> bool:
    """Note why an application was taken back; False where there is none of this person's."""
    person = select(Person.id).where(Person.chat_id == chat_id).scalar_subquery()
    mine = (Application.person_id == person, Application.mission_id == mission_id, Application.state == "withdrawn")
    changed: int = session.execute(
        update(Application).where(*mine).values(closed_reason=reason).execution_options(synchronize_session=False)
    ).rowcount
    return changed > 0


def latest_day(mission: Mission, today: date) -> date:
    """The last day, up to today, on which a mission took place."""
    if mission.starts_on is not None:
        last: date = mission.ends_on or mission.starts_on
        return min(today, last)
    days = [day for day, _ in days_and_times(mission.slots)] or list(WEEK)
    return next(day for day in (today - timedelta(days=ago) for ago in range(7)) if WEEK[day.weekday()] in days)


def report(session: Session, chat_id: int, mission_id: int, on: date | None, minutes: int | None, at: datetime) -> dict[str, Any]:
    """A volunteer says that he took part, and for how long; said again for the same day, the last word counts.

    Args:
        on: the day by legal time; None: the last on which the mission took place.
        minutes: None: not said.

    Returns {"outcome", "title", "organisation", "on", "total_minutes", "is_vouched"}; outcome is reported, unknown (not accepted there),
    disputed (the organisation says otherwise: the team looks at that day), settled (the team has decided), future, before (a day before
    the mission began, or before he was accepted) or window (with "most_minutes": no day of the mission is so long). is_vouched: the code
    of the spot vouches for the hours, and nobody needs to be asked.
    """
    application = _own(session, chat_id, mission_id)
    if application is None or application.state != "accepted":
        return {"outcome": "unknown"}
    mission, today = application.mission, at.astimezone(CASABLANCA).date()
    told = {"title": mission.title, "organisation": mission.initiative.organisation.name}
    day = on or latest_day(mission, today)
    first = max(filter(None, (mission.starts_on, application.created_at.astimezone(CASABLANCA).date())))
    if day > today:
        return {"outcome": "future", **told}
    if day < first or (mission.ends_on is not None and day > mission.ends_on):
        return {"outcome": "before", **told}
    if minutes is not None and minutes > presence.longest_minutes(mission, day):
        return {"outcome": "window", **told, "on": day.isoformat(), "most_minutes": presence.longest_minutes(mission, day)}
    row = _day(session, application, day, at)
    if row.state == states.DISPUTED:
        return {"outcome": "disputed", **told}  # the team decides, not who says it once more
    if row.told_by == states.TEAM:
        return {"outcome": "settled", **told}
    if row.state == "no_show":
        row.minutes = minutes
        disputes.begin(session, application, [row], "volunteer", at)
        return {"outcome": "disputed", **told}
    row.minutes = minutes or row.minutes
    is_vouched = row.minutes is not None and presence.vouches(mission, row, row.minutes)
    states.move(row, states.PARTICIPATION, "attended")
    # Said without hours, his word adds nothing to the organisation's.
    says_more = minutes is not None or row.told_by != "organisation"
    row.told_by, row.changed_at = ("volunteer" if says_more and not is_vouched else "organisation"), at
    session.flush()
    if row.minutes and not is_vouched and mission.initiative.organisation.state == "validated":
        # Both sides say what happened: the organisation is asked as soon as there are hours to confirm.
        confirmations.ask(session, application, attested.unconfirmed(attested.attended(session, application)), at)
    total = total_minutes(session, chat_id)
    return {"outcome": "reported", **told, "on": day.isoformat(), "total_minutes": total, "is_vouched": is_vouched}


def _day(session: Session, application: Application, day: date, at: datetime) -> Participation:
    """The participation of a day, new (confirmed, nobody's word yet) where there is none."""
    row = attested.day_of(session, application.id, day)
    if row is None:
        row = Participation(
            application_id=application.id, took_place_on=day, state="confirmed", told_by=attendance.NOBODY, created_at=at, changed_at=at
        )
        session.add(row)
    return row


def report_absence(session: Session, chat_id: int, mission_id: int, on: date | None, at: datetime) -> dict[str, Any]:
    """A volunteer says that he did not take part. Said by himself it is excused, which is not the same as not to come without a word.

    Returns {"outcome", "title", "organisation"}; outcome is absent, unknown (not accepted there) or future.
    """
    application = _own(session, chat_id, mission_id)
    if application is None or application.state != "accepted":
        return {"outcome": "unknown"}
    mission, today = application.mission, at.astimezone(CASABLANCA).date()
    told = {"title": mission.title, "organisation": mission.initiative.organisation.name}
    day = on or latest_day(mission, today)
    if day > today:
        return {"outcome": "future", **told}
    row = _day(session, application, day, at)
    if row.told_by in ("organisation", states.TEAM) or row.state == states.DISPUTED:
        return {"outcome": "absent", **told}  # its word stands, or the team looks at it
    if row.state != "excused":
        states.move(row, states.PARTICIPATION, "excused")
    row.told_by, row.minutes, row.changed_at = "volunteer", None, at
    return {"outcome": "absent", **told}


def total_minutes(session: Session, chat_id: int) -> int:
    """All time that a person said he gave."""
    query = (
        select(func.coalesce(func.sum(Participation.minutes), 0))
        .join(Application, Application.id == Participation.application_id)
        .join(Person, Person.id == Application.person_id)
        .where(Person.chat_id == chat_id, Participation.state == "attended")
    )
    return int(session.execute(query).scalar_one())


def participations(session: Session, chat_id: int) -> dict[int, list[Participation]]:
    """A person's participations by application, the oldest first."""
    query = (
        select(Participation)
        .join(Application, Application.id == Participation.application_id)
        .join(Person, Person.id == Application.person_id)
        .where(Person.chat_id == chat_id)
        .order_by(Participation.took_place_on)
    )
    found: dict[int, list[Participation]] = {}
    for row in session.execute(query).scalars():
        found.setdefault(row.application_id, []).append(row)
    return found


def missions_concerned(session: Session, mission_id: int) -> list[Application]:
    """The open applications to a mission, with their people."""
    query = (
        select(Application)
        .join(Mission, Mission.id == Application.mission_id)
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .where(Application.mission_id == mission_id, Application.state.in_(states.OPEN))
        .order_by(Application.id)
        .with_for_update(of=Application)
    )
    return list(session.execute(query).scalars())
