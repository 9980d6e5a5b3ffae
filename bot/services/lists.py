"""Lists of matches as messages: asked for in a chat or sent by a digest, they read the same and are remembered the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from bot.matching.model import Match, VolunteerProfile
from bot.messages.outbox import Choice, Draft
from bot.services import cards, recommendations
from bot.services.applications import apply_payload
from bot.services.recommendations import LIST_LENGTH
from bot.store.models import Initiative, Mission, Organisation, Volunteer
from bot.texts import text

OUTSIDE_SHOWN = 3


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
    page: int = 1,
    payload_of_page: Callable[[int], str] | None = None,
) -> Draft | None:
    """The missions that fit a volunteer or a search, under a headline (a key with {count}), with buttons to apply by number.

    Adds organisations that share a cause. None where there is neither mission nor organisation to show.

    Args:
        page: which part of the list, from 1; positions go on over the pages, and all shown so far can be named by them.
        payload_of_page: the payload of the buttons that turn the page; None: there are none.
    """
    found = recommendations.missions_for(session, volunteer, at)
    first = max(0, min((page - 1) * LIST_LENGTH, (len(found) - 1) // LIST_LENGTH * LIST_LENGTH))
    shown = found[first : first + LIST_LENGTH]
    organisations = recommendations.fitting_organisations(session, volunteer, {match.mission.organisation_id for match in shown})
    if not shown and (not organisations or digest_id is None):
        return None
    rows = _missions(session, [match.mission.mission_id for match in shown])
    parts = [text(register, headline, count=len(found))] if shown else [text(register, "organisations_only")]
    numbered = list(enumerate(shown, start=first + 1))
    parts += [cards.mission_card(position, rows[match.mission.mission_id], match, register) for position, match in numbered]
    parts += _organisations(organisations, register, with_headline=bool(shown))
    if shown:
        parts.append(text(register, "apply_how"))
        so_far = [match.mission.mission_id for match in found[: first + LIST_LENGTH]]
        recommendations.remember_list(session, chat_id, "missions", so_far, at)
        recommendations.remember_matches(session, shown, "volunteer", digest_id, at)
    choices = [_apply(position, match) for position, match in numbered]
    if payload_of_page is not None:
        page = first // LIST_LENGTH + 1
        if page > 1:
            choices.append(Choice(text(register, "button_page_before"), payload_of_page(page - 1)))
        if first + LIST_LENGTH < len(found):
            choices.append(Choice(text(register, "button_page_after"), payload_of_page(page + 1)))
    return Draft("\n\n".join(parts), choices)


def just_outside(session: Session, volunteer: VolunteerProfile, kind: str, register: str, at: datetime) -> str | None:
    """The missions that nothing but one constraint keeps from the volunteer, in a few lines; None where there are none."""
    found = recommendations.just_outside(session, volunteer, kind, at)[:OUTSIDE_SHOWN]
    rows = _missions(session, [match.mission.mission_id for match in found])
    lines = [cards.outside_line(rows[match.mission.mission_id], match, register) for match in found]
    return "\n".join(lines) if lines else None


def _apply(position: int, match: Match) -> Choice:
    return Choice(str(position), apply_payload(match.mission.mission_id))


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
