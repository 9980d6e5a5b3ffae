"""Finding missions, applying, answering: the actions that run the matching."""

from __future__ import annotations

from typing import Any

from actions.places import whereabouts
from actions.schedule import add_week, week_slots
from actions.turn import Answer, Turn, TurnAction
from bot import clock, vocabulary
from bot.matching.model import VolunteerProfile
from bot.messages import effects
from bot.services import applications, door, lists, organisations, profiles, recommendations

ANYWHERE_KM = 60
"""Radius of a search that named the city as a whole."""


def search_profile(turn: Turn, own: VolunteerProfile | None) -> VolunteerProfile:
    """The volunteer's profile narrowed by what this search names; what it does not name stays as offered, or open."""
    where = whereabouts(turn)
    week: dict[str, Any] = {}
    add_week(turn, week)
    found = own or VolunteerProfile(skills_known=False)
    changes: dict[str, Any] = {}
    place = vocabulary.place(where.place) if where.place else None
    if place:
        changes.update(latitude=place.latitude, longitude=place.longitude)
    elif where.problem == "place_which_part":
        changes.update(latitude=None, longitude=None, radius_km=ANYWHERE_KM)
    if causes := turn.said.all("cause"):
        changes["causes"] = causes
    if skills := turn.said.all("skill"):
        # Named in a search, a skill counts in favour; who has said nothing else of himself is not judged by what he left out.
        changes["skills"] = tuple(dict.fromkeys((*found.skills, *skills)))
    if week["when"]:
        changes["slots"] = week_slots(week)
    if mode := turn.said.last("mode"):
        changes["mode"] = mode
    return VolunteerProfile(**{**vars(found), **changes})


class SearchMissions(TurnAction):
    """Run the matching for whoever asks, with a profile or without one, and show the list."""

    action = "action_search_missions"

    def answer(self, turn: Turn) -> Answer:
        answer, at = Answer(turn.register), clock.now()
        with door.opened() as session:
            person = profiles.person_of(session, turn.chat_id)
            own = recommendations.volunteer_profiles(session, [person.id]) if person else []
            profile = search_profile(turn, own[0] if own else None)
            shown = lists.missions(session, turn.chat_id, profile, turn.register, "missions_found", at)
            binding = None if shown else recommendations.binding(session, profile, at)
        if shown:
            answer.add(shown.text, *shown.choices)
        else:
            answer.say(f"nothing_{binding or 'open'}", answer.choice("button_widen", "/offer_volunteering"))
        return answer


class ApplyToMission(TurnAction):
    """Apply to a mission named by button, number or position. Without a profile the offer is taken first, then it applies."""

    action = "action_apply_to_mission"

    def answer(self, turn: Turn) -> Answer:
        at, answer = clock.now(), Answer(turn.register)
        with door.opened() as session:
            mission_id = self._mission(session, turn)
            if mission_id is None:
                return answer.say("apply_which", answer.choice("button_search", "/search_missions"))
            outcome = effects.once(
                session,
                turn.update_id,
                self.action,
                lambda: applications.apply(session, turn.chat_id, mission_id, at),
            )
        result = outcome.pop("outcome")
        if result == "no_profile":
            answer.slots["wanted_mission"] = str(mission_id)
            answer.then = "offer_form"
            return answer.say("apply_first_offer")
        return answer.say(f"apply_{result}", answer.choice("button_search", "/search_missions"), **outcome)

    @staticmethod
    def _mission(session: Any, turn: Turn) -> int | None:
        if turn.said.last("mission"):
            return turn.said.row_id("mission")
        named = turn.said.last("mission_ref") or turn.said.last("number")
        return recommendations.mission_named(session, turn.chat_id, named) if named else None


class AnswerApplication(TurnAction):
    """An organisation's yes or no to an application, by button."""

    action = "action_answer_application"

    def answer(self, turn: Turn) -> Answer:
        at, answer = clock.now(), Answer(turn.register)
        number, reply = turn.said.row_id("application"), turn.said.last("answer")
        if number is None or reply not in ("accepted", "declined"):
            return answer.say("answer_unknown")
        with door.opened() as session:
            outcome = effects.once(
                session,
                turn.update_id,
                self.action,
                lambda: applications.answer(session, turn.chat_id, number, reply == "accepted", at),
            )
        return answer.say(f"answer_{outcome.pop('outcome')}", **outcome)


class ShowVolunteers(TurnAction):
    """Who fits an organisation's missions, as anonymous cards."""

    action = "action_show_volunteers"

    def answer(self, turn: Turn) -> Answer:
        answer, at = Answer(turn.register), clock.now()
        with door.opened() as session:
            known = organisations.spoken_for(session, turn.chat_id)
            if not known:
                return answer.say("no_organisation", answer.choice("button_register", "/register_association"))
            shown = lists.volunteers(session, turn.chat_id, known[0].id, turn.register, "volunteers_found", at)
        if shown is None:
            return answer.say("volunteers_none", answer.choice("button_publish", "/publish_initiative"))
        return answer.add(shown.text, *shown.choices)
