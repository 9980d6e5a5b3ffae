"""Lists of matches as messages: asked for in a chat or sent by a digest, they read the same and are remembered the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from bot.matching.model import Match, VolunteerProfile
from bot.messages.outbox import Choice, Draft
from bot.services import cards, recommendations
from bot.services.recommendations import LIST_LENGTH
from bot.store.models import Initiative, Mission, Organisation, Volunteer
from bot.texts import text


def _missions(session: Session, ids: Sequence[int]) -> dict[int, Mission]:
    query = select(Mission).where(Mission.id.in_(ids)).options(joinedload(Mission.initiative).joinedload(Initiative.organisation))
    return {mission.id: mission for mission in session.execute(query).scalars()}


def missions(
    session: Session,
    chat_id: int,
    volunteer: VolunteerProfile,
    register: str,
    headline: str,
    at: datetime,
    digest_id: int | None = None,
) -> Draft | None:
    """The missions that fit a volunteer or a search, under a headline (a key with {count}), with buttons to apply by number.

    Adds organisations that share a cause. None where there is neither mission nor organisation to show.
    """
    found = recommendations.missions_for(session, volunteer, at)
    shown = found[:LIST_LENGTH]
    organisations = recommendations.fitting_organisations(session, volunteer, {match.mission.organisation_id for match in shown})
    if not shown and (not organisations or digest_id is None):
        return None
    rows = _missions(session, [match.mission.mission_id for match in shown])
    parts = [text(register, headline, count=len(found))] if shown else [text(register, "organisations_only")]
    parts += [
        cards.mission_card(position, rows[match.mission.mission_id], match, register) for position, match in enumerate(shown, start=1)
    ]
    parts += _organisations(organisations, register, with_headline=bool(shown))
    if shown:
        parts.append(text(register, "apply_how"))
        recommendations.remember_list(session, chat_id, "missions", [m.mission.mission_id for m in shown], at)
        recommendations.remember_matches(session, shown, "volunteer", digest_id, at)
    return Draft("\n\n".join(parts), [_apply(position, match) for position, match in enumerate(shown, start=1)])


def _apply(position: int, match: Match) -> Choice:
    """Its payload names the mission by public number, so that an old list's button still means its own mission."""
    return Choice(str(position), f'/apply_to_mission{{"mission": "{match.mission.mission_id}"}}')


def _organisations(organisations: Sequence[Organisation], register: str, with_headline: bool) -> list[str]:
    if not organisations:
        return []
    lines = [cards.organisation_card(organisation, register) for organisation in organisations]
    return [*([text(register, "organisations_also")] if with_headline else []), *lines]


def volunteers(
    session: Session,
    chat_id: int,
    organisation_id: int,
    register: str,
    headline: str,
    at: datetime,
    digest_id: int | None = None,
) -> Draft | None:
    """The volunteers who fit an organisation's missions as anonymous cards; None where nobody does."""
    found = recommendations.volunteers_for(session, organisation_id, at)
    shown = found[:LIST_LENGTH]
    if not shown:
        return None
    rows = {
        row.person_id: row
        for row in session.execute(
            select(Volunteer).where(Volunteer.person_id.in_([match.volunteer.person_id for match in shown]))
        ).scalars()
    }
    titles = _missions(session, sorted({match.mission.mission_id for match in shown}))
    organisation = session.get(Organisation, organisation_id)
    parts = [text(register, headline, count=len(found), organisation=organisation.name if organisation else "")]
    parts += [
        cards.volunteer_card(position, rows[match.volunteer.person_id], match, titles[match.mission.mission_id], register)
        for position, match in enumerate(shown, start=1)
    ]
    parts.append(text(register, "volunteers_how"))
    recommendations.remember_list(session, chat_id, "volunteers", [int(match.volunteer.person_id or 0) for match in shown], at)
    recommendations.remember_matches(session, shown, "organisation", digest_id, at)
    return Draft("\n\n".join(parts))
