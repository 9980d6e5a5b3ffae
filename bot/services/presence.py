"""Being on the spot: a code that the organisation shows for a mission and a day, given by whoever came.

    the day before ─► the organisation reads who comes, and the code ─► a volunteer gives it in the bot (typed, or by the QR code)
                   ─► his day is attended, on the organisation's word ─► hours within the mission's own need no other word

A code holds for its mission, its day and around its hours; it is no secret among those who are there, and opens nothing else.
"""

from __future__ import annotations

import base64
import io
import secrets
from datetime import date, datetime, time, timedelta
from typing import Any

import segno
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.clock import CASABLANCA
from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import attested, cards, links, schedule, states
from bot.services.organisations import ids_spoken_for, members
from bot.store.models import Application, Initiative, Mission, Participation, Person, PresenceCode
from bot.texts import joined, text
from bot.vocabulary.codes import DIGITS, shown

OPENS_BEFORE, CLOSES_AFTER = timedelta(hours=1), timedelta(hours=3)
"""Around the hours of a mission; where they are not known, the whole day counts."""
GRACE_MINUTES = 60
"""Setting up before, tidying up after: so much more than the mission's own hours is believed."""
LONGEST_DAY_MINUTES = 24 * 60
KEEP_DAYS = 7
NAMES_SHOWN = 12
_PIXELS = 12
"""A square of the QR code."""


def code_of(session: Session, mission: Mission, on: date, at: datetime) -> str:
    """The code of a mission for a day, made where there is none yet. The mission must be locked, or new codes may meet."""
    known = session.execute(
        select(PresenceCode.code).where(PresenceCode.mission_id == mission.id, PresenceCode.took_place_on == on)
    ).scalar_one_or_none()
    if known is not None:
        return str(known)
    while True:
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        if session.execute(select(PresenceCode.id).where(PresenceCode.code == code)).first() is None:
            break
    session.add(PresenceCode(mission_id=mission.id, took_place_on=on, code=code, created_at=at))
    session.flush()
    return code


def show(session: Session, chat_id: int, mission_id: int, bot_name: str | None, origin: str, at: datetime) -> dict[str, Any]:
    """The code of today for whoever speaks for the organisation, with its QR code as a file.

    Args:
        bot_name: where the QR code leads; None: there is no QR code.

    Returns {"outcome", "title", "code", "day"}; outcome is shown, not_today (with the "day" on which the code will be there, as ISO
    date), over (there is no such day any more), remote (nobody is on any spot) or unknown (no mission of this person's).
    """
    query = (
        select(Mission)
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .where(Mission.id == mission_id, Initiative.organisation_id.in_(ids_spoken_for(chat_id)))
        .with_for_update(of=Mission)
    )
    mission: Mission | None = session.execute(query).scalar_one_or_none()
    if mission is None:
        return {"outcome": "unknown"}
    told = {"title": mission.title}
    if mission.mode == "remote":
        return {"outcome": "remote", **told}
    today = at.astimezone(CASABLANCA).date()
    day = next(schedule.days_of(mission, today, today + timedelta(days=366)), None)
    if day is None or mission.state not in ("published", "full"):
        return {"outcome": "over", **told}
    if day != today:
        return {"outcome": "not_today", **told, "day": day.isoformat()}
    code = code_of(session, mission, today, at)
    if bot_name:
        _send_picture(session, chat_id, mission, code, bot_name, origin, at)
    return {"outcome": "shown", **told, "code": shown(code)}


def _send_picture(session: Session, chat_id: int, mission: Mission, code: str, bot_name: str, origin: str, at: datetime) -> None:
    made = io.BytesIO()
    segno.make_qr(links.start_link(bot_name, f"c_{code}"), error="m").save(made, kind="png", scale=_PIXELS, border=4)
    register = session.execute(select(Person.register).where(Person.chat_id == chat_id)).scalar_one()
    file = Draft(
        text(register, "code_picture", title=mission.title),
        method=outbox.DOCUMENT,
        extra={"file_name": f"tadamon-{mission.id}.png", "content_base64": base64.b64encode(made.getvalue()).decode()},
    )
    outbox.queue(session, chat_id, outbox.REPLY, origin, [file], at)


def knows(session: Session, code: str) -> bool:
    """Whether these digits are a code, whoever's."""
    return session.execute(select(PresenceCode.id).where(PresenceCode.code == code)).first() is not None


def check_in(session: Session, chat_id: int, code: str, at: datetime) -> dict[str, Any]:
    """A volunteer gives the code of the spot: he was there that day, on the organisation's word; it hears of it, and may object.

    Returns {"outcome", "title", "hour", "day"}; outcome is arrived, already, early (with the "hour" from which it counts), late, other_day
    (with the "day" of the code, as ISO date), other_mission (he has no place in it), disputed (the team looks at that day), settled (it has
    decided) or unknown.
    """
    found = session.execute(select(PresenceCode).where(PresenceCode.code == code)).scalar_one_or_none()
    if found is None:
        return {"outcome": "unknown"}
    query = (
        select(Application)
        .join(Person, Person.id == Application.person_id)
        .where(Person.chat_id == chat_id, Application.mission_id == found.mission_id, Application.state == "accepted")
        .with_for_update(of=Application)
    )
    application: Application | None = session.execute(query).scalar_one_or_none()
    if application is None:
        return {"outcome": "other_mission"}
    mission, on = application.mission, found.took_place_on
    told = {"title": mission.title, "day": on.isoformat()}
    opens, closes = window(mission, on)
    # A mission may end after midnight: what counts is its window, where the day alone would not.
    if not opens <= at <= closes:
        local = at.astimezone(CASABLANCA).date()
        if local not in (on, closes.astimezone(CASABLANCA).date()):
            return {"outcome": "other_day", **told}
        return {"outcome": "early" if at < opens else "late", **told, "hour": f"{opens.astimezone(CASABLANCA):%H:%M}"}
    row = attested.day_of(session, application.id, on)
    if row is not None and row.told_by == states.TEAM:
        return {"outcome": "settled", **told}
    if row is not None and row.state == states.DISPUTED:
        return {"outcome": "disputed", **told}
    if row is not None and row.checked_in_at is not None:
        return {"outcome": "already", **told}
    if row is None:
        row = Participation(application_id=application.id, took_place_on=on, created_at=at)
        session.add(row)
    row.state, row.told_by, row.changed_at, row.checked_in_at = "attended", "organisation", at, at
    session.flush()
    _tell(session, application, on, at)
    return {"outcome": "arrived", **told, "hour": f"{at.astimezone(CASABLANCA):%H:%M}"}


def _tell(session: Session, application: Application, on: date, at: datetime) -> None:
    for member in members(session, application.mission.initiative.organisation_id):
        register = member.register
        hour = f"{at.astimezone(CASABLANCA):%H:%M}"
        body = text(register, "arrived_theirs", name=application.person.known_as, title=application.mission.title, hour=hour)
        choice = Choice(text(register, "button_not_here"), attendance_payload(application.id, on, "no"))
        origin = f"arrived:{application.id}:{on}:{member.id}"
        outbox.queue(session, member.chat_id, outbox.NOTICE, origin, [Draft(body, [choice])], at)


def attendance_payload(application_id: int, on: date, answer: str) -> str:
    """What an organisation's button "was there" or "was not" stands for."""
    return f'/attendance{{"application": "{application_id}", "date": "{on.isoformat()}", "answer": "{answer}"}}'


def window(mission: Mission, on: date) -> tuple[datetime, datetime]:
    """From when to when a code of a day counts."""
    begins, ends = schedule.hours_of(mission, on)
    midnight = datetime.combine(on, time(0), CASABLANCA)
    over = midnight + timedelta(days=1)
    return (begins - OPENS_BEFORE if begins else midnight), (ends + CLOSES_AFTER if ends else over)


def longest_minutes(mission: Mission, on: date) -> int:
    """How long somebody can have been there on a day: the mission's own hours and an hour more; a whole day where they are not known."""
    begins, ends = schedule.hours_of(mission, on)
    if begins is None or ends is None:
        return LONGEST_DAY_MINUTES
    return min(int((ends - begins).total_seconds()) // 60 + GRACE_MINUTES, LONGEST_DAY_MINUTES)


def vouches(mission: Mission, row: Participation, minutes: int) -> bool:
    """Whether the code given on the spot vouches for so many minutes: from the arrival to the mission's end, and an hour more."""
    begins, ends = schedule.hours_of(mission, row.took_place_on)
    if row.checked_in_at is None or begins is None or ends is None:
        return False
    there = (ends - max(begins, row.checked_in_at)).total_seconds() / 60
    return bool(0 < minutes <= there + GRACE_MINUTES)


def brief(session: Session, mission_id: int, on: date, at: datetime) -> bool:
    """Tell everybody who speaks for an organisation who comes on a day, with the code to show; once a mission and day."""
    mission: Mission = session.execute(select(Mission).where(Mission.id == mission_id).with_for_update()).scalar_one()
    known = select(PresenceCode.id).where(PresenceCode.mission_id == mission_id, PresenceCode.took_place_on == on)
    if mission.state not in ("published", "full") or session.execute(known).first() is not None:
        return False
    coming = select(Application).where(Application.mission_id == mission_id, Application.state == "accepted").order_by(Application.id)
    names = [one.person.known_as for one in session.execute(coming).scalars()]
    if not names:
        return False
    code = code_of(session, mission, on, at)
    is_today = on == at.astimezone(CASABLANCA).date()
    for member in members(session, mission.initiative.organisation_id):
        register = member.register
        body = text(
            register,
            "brief_today" if is_today else "brief_tomorrow",
            count=len(names),
            title=mission.title,
            names=joined(register, names[:NAMES_SHOWN]) + ("…" if len(names) > NAMES_SHOWN else ""),
            when=cards.hours_of(mission, on, register),
            code=shown(code),
        )
        choice = Choice(text(register, "button_code"), show_payload(mission.id))
        origin = f"brief:{mission.id}:{on}:{member.id}"
        outbox.queue(session, member.chat_id, outbox.NOTICE, origin, [Draft(body, [choice], solicited=False)], at)
    return True


def show_payload(mission_id: int) -> str:
    """What the button that shows a code stands for."""
    return f'/show_code{{"mission": "{mission_id}"}}'


def forget_old(session: Session, at: datetime) -> int:
    """Delete codes of days long past, so that their digits can be drawn again; returns how many."""
    before = at.astimezone(CASABLANCA).date() - timedelta(days=KEEP_DAYS)
    old = delete(PresenceCode).where(PresenceCode.took_place_on < before)
    return int(session.execute(old.execution_options(synchronize_session=False)).rowcount)
