"""Finding missions, applying, answering: the actions that run the matching."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from actions.guardian import ask_guardian
from actions.places import keyboard, shared, whereabouts
from actions.schedule import add_week, week_slots
from actions.turn import Answer, Turn, TurnAction
from bot import clock, vocabulary
from bot.matching.model import VolunteerProfile
from bot.matching.slots import DAYS, bit
from bot.messages import effects
from bot.services import applications, cards, door, lists, next_steps, organisations, profiles, recommendations, record, relay, waiting
from bot.texts import Html, text
from bot.vocabulary import wishes
from bot.vocabulary.hours import time_of_day

ANYWHERE_KM = 60
"""Radius of a search that named the city as a whole."""
FIRST = "first"
FIRST_PAYLOAD = '/search_missions{"kind": "first"}'
"""What the button "for a first time" stands for."""
REPEATED = ("place", "cause", "skill", "day", "time_of_day", "date", "mode")
"""What the pages of a search have in common."""
MOST_REPEATED, MOST_PAGES, LONGEST_PAYLOAD, LONGEST_NUMBER = 6, 100, 500, 9


def search_profile(turn: Turn, own: VolunteerProfile | None) -> VolunteerProfile:
    """The volunteer's profile narrowed by what this search names; what it does not name stays as offered, or open."""
    where = whereabouts(turn) if turn.intent != "search_missions" or not turn.said.last("latitude") else shared(turn)
    week: dict[str, Any] = {}
    add_week(turn, week)
    found = own or VolunteerProfile(skills_known=False)
    changes: dict[str, Any] = {}
    place = vocabulary.place(where.place) if where.place else None
    if where.latitude is not None:
        changes.update(latitude=where.latitude, longitude=where.longitude)
    elif place:
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
    elif not turn.is_payload and wishes.is_now(turn.text):
        now = clock.local_now()
        changes["slots"] = bit(DAYS[now.weekday()], time_of_day(now.hour))
    if mode := turn.said.last("mode"):
        changes["mode"] = mode
    return VolunteerProfile(**{**vars(found), **changes})


class SearchMissions(TurnAction):
    """Run the matching for whoever asks, with a profile or without one, and show the list page by page.

    "Near me" without a known place asks for it; "why don't I see mission 12?" is answered for that one.
    """

    action = "action_search_missions"

    def answer(self, turn: Turn) -> Answer:
        answer, at = Answer(turn.register), clock.now()
        with door.opened() as session:
            person = profiles.person_of(session, turn.chat_id)
            own = record.volunteer_profiles(session, [person.id]) if person else []
            profile = search_profile(turn, own[0] if own else None)
            if not turn.is_payload and wishes.asks_why(turn.text) and (number := _named(turn)):
                return self._why_not(session, turn, profile, number, at)
            if not turn.is_payload and profile.latitude is None and wishes.is_near(turn.text):
                answer.keyboard = keyboard(turn.register)
                return answer.say("ask_near_where")
            if turn.is_payload and turn.said.last("kind") == FIRST:
                return self._gently(session, turn, profile, at)
            page = page_of(turn)
            shown = lists.missions(
                session,
                turn.chat_id,
                profile,
                turn.register,
                "missions_found",
                at,
                page=page or 1,
                goes_on=page is not None,
                payload_of_page=pages_of(turn),
            ) or lists.nothing_found(session, profile, turn.register, at)
            is_new = page is None and person is not None and bool(own) and record.is_beginning(session, person.id)
        answer.edits = page is not None
        first = [answer.choice("button_first", FIRST_PAYLOAD)] if is_new else []
        return answer.add(shown.text, *shown.choices, *first)

    @staticmethod
    def _gently(session: Any, turn: Turn, profile: VolunteerProfile, at: datetime) -> Answer:
        """Missions for a first day; where there are none, what fits anyhow."""
        answer, register = Answer(turn.register), turn.register
        shown = next_steps.for_a_first_time(session, turn.chat_id, profile, register, at)
        if shown is not None:
            return answer.add(shown.text, *shown.choices)
        others = lists.missions(session, turn.chat_id, profile, register, "missions_found", at, payload_of_page=pages_of(turn))
        if others is None:
            others = lists.nothing_found(session, profile, register, at)
            return answer.add(others.text, *others.choices)
        return answer.say("missions_first_none").add(others.text, *others.choices)

    @staticmethod
    def _why_not(session: Any, turn: Turn, profile: VolunteerProfile, number: int, at: datetime) -> Answer:
        answer = Answer(turn.register)
        found = recommendations.obstacles(session, profile, number, at)
        if found is None:
            return answer.say("why_not_gone", answer.choice("button_search", "/search_missions"))
        if not found:
            apply = answer.choice("button_apply", applications.apply_payload(number))
            return answer.say("why_not_fits", apply, number=number)
        reasons = Html("\n".join("• " + text(turn.register, f"why_not_{kind}") for kind in found))
        return answer.say("why_not", answer.choice("button_widen", "/offer_volunteering"), number=number, reasons=reasons)


def _named(turn: Turn) -> int | None:
    found = turn.said.last("mission_ref") or turn.said.last("number") or ""
    return int(found) if found.isdecimal() and len(found) <= LONGEST_NUMBER else None


def pages_of(turn: Turn) -> Callable[[int], str]:
    """The payload of a page of the same search: it repeats what was named."""
    named: dict[str, Any] = {kind: list(turn.said.all(kind))[:MOST_REPEATED] for kind in REPEATED if turn.said.all(kind)}
    if turn.intent == "share_location":
        named |= {kind: turn.said.last(kind) for kind in ("latitude", "longitude")}

    def payload(page: int) -> str:
        whole = "/search_missions" + json.dumps({**named, "page": str(page)}, ensure_ascii=False)
        return whole if len(whole) <= LONGEST_PAYLOAD else f'/search_missions{{"page": "{page}"}}'

    return payload


def page_of(turn: Turn) -> int | None:
    """The page that a button asks for; None: a new list."""
    named = turn.said.row_id("page") if turn.is_payload else None
    return min(named, MOST_PAGES) if named else None


def terms(turn: Turn) -> str | None:
    """The words of an application that comes with a condition; they go to the organisation as they are."""
    return " ".join(turn.text.split()) if not turn.is_payload and wishes.sets_terms(turn.text) else None


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
                lambda: applications.apply(
                    session,
                    turn.chat_id,
                    mission_id,
                    at,
                    terms(turn),
                    has_skills=turn.said.last("answer") == "yes",
                    waits=turn.said.last("answer") == "wait",
                ),
            )
        result = outcome.pop("outcome")
        if result == "skill":
            yes = f'/apply_to_mission{{"mission": "{mission_id}", "answer": "yes"}}'
            skills = cards.labels("skill", outcome["skills"], turn.register)
            ways = (answer.choice("button_has_skill", yes), answer.choice("button_search", '/search_missions{"answer": "no"}'))
            return answer.say("apply_skill", *ways, title=outcome["title"], skills=skills)
        if result == "no_profile":
            answer.slots["wanted_mission"] = str(mission_id)
            answer.then = "offer_form"
            return answer.say("apply_first_offer")
        if result == "guardian":
            return ask_guardian(turn, answer, outcome)
        if result == "full":
            wait = answer.choice("button_wait", f'/apply_to_mission{{"mission": "{mission_id}", "answer": "wait"}}')
            return answer.say("apply_full", wait, answer.choice("button_search", "/search_missions"), **outcome)
        is_first = outcome.pop("is_first", False)
        key = "apply_on_terms" if result == "applied" and terms(turn) else f"apply_{result}"
        said = [text(turn.register, key, None, **outcome)]
        if is_first:
            said.append(text(turn.register, "first_steps", organisation=outcome["organisation"]))
        return answer.add(Html("\n\n".join(said)), answer.choice("button_search", "/search_missions"))

    @staticmethod
    def _mission(session: Any, turn: Turn) -> int | None:
        if turn.said.last("mission"):
            return turn.said.row_id("mission")
        # A number after the first one says on what terms: "je prends la 1, à partir de 3".
        named = turn.said.last("mission_ref") or next(iter(turn.said.all("number")), None)
        return recommendations.mission_named(session, turn.chat_id, named) if named else None


class AnswerPlace(TurnAction):
    """A place fell free: whoever waited for it takes it or leaves it to the next, by button."""

    action = "action_answer_place"

    def answer(self, turn: Turn) -> Answer:
        at, answer = clock.now(), Answer(turn.register)
        number, reply = turn.said.row_id("application"), turn.said.last("answer")
        search = answer.choice("button_search", "/search_missions")
        if number is None or reply not in ("yes", "no"):
            return answer.say("place_unknown", search)
        with door.opened() as session:
            outcome = effects.once(
                session, turn.update_id, self.action, lambda: waiting.answer(session, turn.chat_id, number, reply == "yes", at)
            )
        result = outcome.pop("outcome")
        ways = answer.choice("button_commitments", "/my_commitments") if result in ("accepted", "answered") else search
        return answer.say(f"place_{result}", ways, **outcome)


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
        result = outcome.pop("outcome")
        ways = [answer.choice("button_write", relay.write_payload(number))] if result == "accepted" else []
        return answer.say(f"answer_{result}", *ways, **outcome)


class ShowVolunteers(TurnAction):
    """Who fits an organisation's missions, as anonymous cards."""

    action = "action_show_volunteers"

    def answer(self, turn: Turn) -> Answer:
        answer, at = Answer(turn.register), clock.now()
        with door.opened() as session:
            known = organisations.spoken_for(session, turn.chat_id)
            if not known:
                return answer.say("no_organisation", answer.choice("button_register", "/register_association"))
            page = page_of(turn)
            shown = lists.volunteers(session, turn.chat_id, known[0].id, turn.register, "volunteers_found", at, page=page or 1)
        if shown is None:
            return answer.say("volunteers_none", answer.choice("button_publish", "/publish_initiative"))
        answer.edits = page is not None
        return answer.add(shown.text, *shown.choices)
