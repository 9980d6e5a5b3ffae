"""Lists of matches as messages: asked for in a chat or sent by a digest, they read the same and are remembered the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from bot.matching import outlook
from bot.matching.fairness import LIST_LENGTH
from bot.matching.model import Match, VolunteerProfile
from bot.matching.slots import DAYS, TIMES, slots_of
from bot.messages.outbox import Choice, Draft
from bot.services import cards, habits, recommendations
from bot.services.applications import apply_payload
from bot.services.habits import Answers
from bot.services.recommendations import Selection
from bot.store.models import Initiative, Mission, Organisation, Volunteer
from bot.texts import Html, text

OUTSIDE_SHOWN = 3
NEXT_PAGE = '/search_missions{"page": "2"}'
"""Where the list of a digest goes on: it is the search with nothing but the offer."""


@dataclass(frozen=True)
class Backdrop:
    """What cards tell beside the match."""

    missions: Mapping[int, Mission]
    """By id, with initiative and organisation."""
    answers: Mapping[int, Answers]
    """By organisation."""

    def answers_of(self, mission: Mission) -> str | None:
        """The key of how its organisation answers."""
        known = self.answers.get(mission.initiative.organisation_id)
        return known.words if known else None


def backdrop(session: Session, mission_ids: Collection[int], at: datetime) -> Backdrop:
    """What the cards of some missions tell. Two queries."""
    query = select(Mission).where(Mission.id.in_(mission_ids)).options(joinedload(Mission.initiative).joinedload(Initiative.organisation))
    found = {mission.id: mission for mission in session.execute(query).scalars()}
    organisations = {mission.initiative.organisation_id for mission in found.values()}
    return Backdrop(found, habits.answers(session, organisations, at) if organisations else {})


def _ids(selection: Selection) -> list[int]:
    return [match.mission.mission_id for match in selection.matches]


def missions(
    session: Session,
    chat_id: int,
    volunteer: VolunteerProfile,
    register: str,
    headline: str,
    at: datetime,
    page: int = 1,
    goes_on: bool = False,
    payload_of_page: Callable[[int], str] | None = None,
) -> Draft | None:
    """The missions that fit a volunteer or a search, under a headline (a key with {count}), with buttons to apply by number.

    Adds organisations that share a cause. None where no mission fits.

    Args:
        page: which part of the list, from 1; positions go on over the pages, and all shown so far can be named by them.
        goes_on: whether it is a page of the list shown last, whose missions keep their places.
        payload_of_page: the payload of the buttons that turn the page; None: there are none.
    """
    listed = recommendations.listed_missions(session, chat_id) if goes_on else ()
    selection = recommendations.select_missions(session, volunteer, at, page, listed)
    if not selection.matches:
        return None
    hidden = {match.mission.organisation_id for match in selection.matches}
    organisations = recommendations.fitting_organisations(session, volunteer, hidden)
    shown = backdrop(session, _ids(selection), at)
    draft = mission_list(selection, organisations, shown, register, text(register, headline, count=selection.total))
    recommendations.remember_list(session, chat_id, "missions", selection.ids, at)
    recommendations.remember_matches(session, selection, "volunteer", None, at)
    turn = [] if payload_of_page is None else pages(selection, register, payload_of_page)
    return Draft(draft.text, [*draft.choices, *turn])


def some(session: Session, chat_id: int, selection: Selection, register: str, headline: str, at: datetime) -> Draft:
    """A short list that is no part of a search, under a headline in words, with buttons to apply. At least one match."""
    shown = backdrop(session, _ids(selection), at)
    recommendations.remember_list(session, chat_id, "missions", selection.ids, at)
    recommendations.remember_matches(session, selection, "volunteer", None, at)
    return mission_list(selection, (), shown, register, headline)


def mission_list(selection: Selection, organisations: Sequence[Organisation], shown: Backdrop, register: str, headline: str) -> Draft:
    """A selection in words: headline, cards, organisations that share a cause; buttons to apply, and to put aside for who is known."""
    numbered = [
        (position, match, shown.missions[match.mission.mission_id])
        for position, match in enumerate(selection.matches, start=selection.first + 1)
        if match.mission.mission_id in shown.missions
    ]
    parts = [
        headline,
        *(cards.mission_card(position, mission, match, register, shown.answers_of(mission)) for position, match, mission in numbered),
        *_organisations(organisations, register, with_headline=True),
        text(register, "apply_how"),
    ]
    choices = [Choice(str(position), apply_payload(mission.id)) for position, _, mission in numbered]
    if any(match.volunteer.person_id is not None for _, match, _ in numbered):
        choices.append(Choice(text(register, "button_dismiss"), "/dismiss_mission"))
    return Draft("\n\n".join(parts), choices)


def pages(selection: Selection, register: str, payload_of_page: Callable[[int], str]) -> list[Choice]:
    """The buttons that turn the page."""
    page = selection.first // LIST_LENGTH + 1
    choices = []
    if page > 1:
        choices.append(Choice(text(register, "button_page_before"), payload_of_page(page - 1)))
    if selection.first + LIST_LENGTH < selection.total:
        choices.append(Choice(text(register, "button_page_after"), payload_of_page(page + 1)))
    return choices


def organisations_only(organisations: Sequence[Organisation], register: str) -> str:
    """What is said where no mission fits, but organisations share a cause."""
    return "\n\n".join([text(register, "organisations_only"), *_organisations(organisations, register, with_headline=False)])


def _organisations(organisations: Sequence[Organisation], register: str, with_headline: bool) -> list[str]:
    if not organisations:
        return []
    lines = [cards.organisation_card(organisation, register) for organisation in organisations]
    return [*([text(register, "organisations_also")] if with_headline else []), *lines]


# ---- nothing fits


def nothing_found(session: Session, volunteer: VolunteerProfile, register: str, at: datetime) -> Draft:
    """Why nothing was found, what a little more room would bring, and what lies just outside."""
    kind = recommendations.binding(session, volunteer, at)
    outside = recommendations.just_outside(session, volunteer, kind, at) if kind else []
    parts = [_why(volunteer, kind, outside, register)]
    if outside:
        shown = backdrop(session, [match.mission.mission_id for match in outside[:OUTSIDE_SHOWN]], at)
        lines = [
            cards.outside_line(shown.missions[match.mission.mission_id], match, register)
            for match in outside[:OUTSIDE_SHOWN]
            if match.mission.mission_id in shown.missions
        ]
        parts.append(text(register, "outside", lines=Html("\n".join(lines))))
    return Draft("\n\n".join(parts), [Choice(text(register, "button_widen"), "/offer_volunteering")])


def _why(volunteer: VolunteerProfile, kind: str | None, outside: Sequence[Match], register: str) -> str:
    """The constraint that binds, and what relaxing it would bring, in one sentence or two."""
    if kind == "distance" and (wider := outlook.wider_radius(outside)):
        kilometres, count = wider
        return text(register, "nothing_distance_to", count=count, near=volunteer.radius_km, kilometres=kilometres)
    if kind == "time" and (best := outlook.best_day(outside, [slots_of([day], TIMES) for day in DAYS])):
        place, count = best
        return text(register, "nothing_time_on", count=count, day=cards.labels("day", [DAYS[place]], register))
    return text(register, f"nothing_{kind or 'open'}")


# ---- the other side


def volunteers(
    session: Session,
    chat_id: int,
    organisation_id: int,
    register: str,
    headline: str,
    at: datetime,
    digest_id: int | None = None,
    page: int = 1,
) -> Draft | None:
    """The volunteers who fit an organisation's missions as anonymous cards, with buttons to invite them; None where nobody does."""
    selection = recommendations.volunteers_for(session, organisation_id, at, page)
    if not selection.matches:
        return None
    ids = [match.volunteer.person_id for match in selection.matches]
    rows = {row.person_id: row for row in session.execute(select(Volunteer).where(Volunteer.person_id.in_(ids))).scalars()}
    shown = backdrop(session, sorted(set(_ids(selection))), at)
    organisation = session.get(Organisation, organisation_id)
    parts = [text(register, headline, count=selection.total, organisation=organisation.name if organisation else "")]
    choices = []
    for position, match in enumerate(selection.matches, start=selection.first + 1):
        mission = shown.missions[match.mission.mission_id]
        parts.append(cards.volunteer_card(position, rows[match.volunteer.person_id], match, mission, register))
        choices.append(Choice(f"✉️ {position}", invite_payload(int(match.volunteer.person_id or 0), mission.id)))
    parts.append(text(register, "volunteers_how"))
    if digest_id is not None and (own := habits.answers(session, [organisation_id], at).get(organisation_id)):
        parts.append(_own_answers(own, register))
    recommendations.remember_list(session, chat_id, "volunteers", [int(number or 0) for number in ids], at)
    recommendations.remember_matches(session, selection, "organisation", digest_id, at)
    choices += pages(selection, register, '/show_volunteers{{"page": "{}"}}'.format)
    return Draft("\n\n".join(parts), choices)


def invite_payload(person_id: int, mission_id: int) -> str:
    """What a button to invite stands for. Like all payloads it never leaves the database: Telegram sees a token."""
    return f'/invite_volunteer{{"volunteer": "{person_id}", "mission": "{mission_id}"}}'


def _own_answers(own: Answers, register: str) -> str:
    """How the organisation itself answers: it is what decides whether volunteers apply again."""
    lines = [text(register, "answers_own", answered=own.answered, all=own.answered + own.unanswered)] if own.words else []
    if own.waiting:
        lines.append(text(register, "answers_waiting", count=own.waiting))
    return "\n".join(lines)
