"""A place in a mission as a file for calendars, for whoever has one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import CASABLANCA
from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import states
from bot.services.calendars import event_of
from bot.store.models import Application, Mission, Person
from bot.texts import text


def choice(mission: Mission, register: str) -> Choice:
    """The button that asks for the file."""
    return Choice(text(register, "button_calendar"), f'/calendar{{"mission": "{mission.id}"}}')


def send(session: Session, chat_id: int, mission_id: int, origin: str, at: datetime) -> dict[str, Any]:
    """Queue the file of a mission in which the person of a chat has a place; once an origin.

    Returns {"outcome", "title"}; outcome is sent, over (it took place already) or unknown (he has no place there).
    """
    query = (
        select(Application)
        .join(Person, Person.id == Application.person_id)
        .where(Person.chat_id == chat_id, Application.mission_id == mission_id, Application.state.in_(states.HOLDS_PLACE))
    )
    application: Application | None = session.execute(query).scalar_one_or_none()
    if application is None:
        return {"outcome": "unknown"}
    mission, register, today = application.mission, application.person.register, at.astimezone(CASABLANCA).date()
    last = mission.ends_on or mission.starts_on
    if last is not None and last < today:
        return {"outcome": "over", "title": mission.title}
    content = event_of(mission, register, today=today).decode()
    file = Draft(
        text(register, "calendar_caption", title=mission.title),
        method=outbox.DOCUMENT,
        extra={"file_name": f"tadamon-{mission.id}.ics", "content": content},
    )
    outbox.queue(session, chat_id, outbox.REPLY, origin, [file], at)
    return {"outcome": "sent", "title": mission.title}
