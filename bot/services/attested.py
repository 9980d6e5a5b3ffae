"""What an organisation has confirmed of a volunteer's time, and the certificate that says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.certificates import numbers, printable
from bot.clock import CASABLANCA
from bot.store.models import Application, Certificate, Participation

REPLACED = "replaced"
"""Why a certificate no longer holds when there is one with more in it."""
_FACTS = ("name", "organisation", "mission", "place", "minutes", "first_on", "last_on")


def attended(session: Session, application: Application) -> list[Participation]:
    """The days on which a volunteer took part, whoever says so, the oldest first."""
    query = select(Participation).where(Participation.application_id == application.id, Participation.state == "attended")
    return list(session.execute(query.order_by(Participation.took_place_on)).scalars())


def day_of(session: Session, application_id: int, on: date) -> Participation | None:
    """What is known of one day; None: nothing."""
    query = select(Participation).where(Participation.application_id == application_id, Participation.took_place_on == on)
    found: Participation | None = session.execute(query).scalar_one_or_none()
    return found


def unconfirmed(rows: Sequence[Participation]) -> list[Participation]:
    """Those that only the volunteer told."""
    return [row for row in rows if row.told_by == "volunteer"]


def minutes_of(rows: Sequence[Participation]) -> int:
    return sum(row.minutes or 0 for row in rows)


def name_of(application: Application) -> str:
    """The volunteer's name as it is printed: that of his offer, which his organisations read."""
    return printable(application.person.known_as)


def newest(session: Session, application: Application) -> Certificate | None:
    """The last certificate of an application, whether it still holds or not."""
    query = select(Certificate).where(Certificate.application_id == application.id).order_by(Certificate.id.desc()).limit(1)
    found: Certificate | None = session.execute(query).scalar_one_or_none()
    return found


def _facts(session: Session, application: Application, confirmed: Sequence[Participation]) -> dict[str, Any]:
    mission = application.mission
    return {
        "name": name_of(application),
        "organisation": mission.initiative.organisation.name,
        "mission": mission.title,
        "place": None if mission.mode == "remote" else mission.place,
        "minutes": minutes_of(confirmed),
        "first_on": confirmed[0].took_place_on,
        "last_on": confirmed[-1].took_place_on,
    }


def ask_again(session: Session, application: Application) -> None:
    """Where a certificate would bear another name than the last, the organisation's word was not about that one: it is asked again.

    Otherwise hours could be handed on to somebody else by changing the name.
    """
    known = newest(session, application)
    if known is not None and known.name != name_of(application):
        for row in attended(session, application):
            row.told_by = "volunteer"
        session.flush()


def certify(session: Session, application: Application, register: str, at: datetime) -> Certificate | None:
    """The certificate of what is confirmed: the one there is, or a new one that replaces it where there is more to say.

    None where nothing is confirmed, or where one that said the same was revoked by staff.
    """
    rows = attended(session, application)
    confirmed = [row for row in rows if row.told_by == "organisation"]
    if not minutes_of(confirmed):
        return None
    known, facts = newest(session, application), _facts(session, application, confirmed)
    is_same = known is not None and all(getattr(known, name) == facts[name] for name in _FACTS)
    if known is not None and known.revoked_at is not None and known.revoked_reason != REPLACED and is_same:
        return None
    if known is not None and known.revoked_at is None:
        # What is told anew and not confirmed yet takes nothing from what was certified.
        if is_same or (unconfirmed(rows) and facts["minutes"] <= known.minutes):
            known.register = register
            return known
        known.revoked_at, known.revoked_reason = at, REPLACED
    made = Certificate(
        number=_new_number(session, at),
        person_id=application.person_id,
        application_id=application.id,
        register=register,
        issued_at=at,
        confirmed_by="organisation",
        **facts,
    )
    session.add(made)
    session.flush()
    return made


def _new_number(session: Session, at: datetime) -> str:
    year = at.astimezone(CASABLANCA).year
    while True:
        number = numbers.new(year)
        if session.execute(select(Certificate.id).where(Certificate.number == number)).first() is None:
            return number
