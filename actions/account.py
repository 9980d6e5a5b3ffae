"""Start, language, rhythm, profile, and the answers outside any form."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.asides import faq_key, is_old_button
from actions.turn import ACTION_LISTEN, Answer, Turn, TurnAction
from bot import clock
from bot.matching.slots import DAYS
from bot.messages import effects
from bot.messages.outbox import Choice
from bot.services import cards, door, invitations, links, profiles, recommendations, showcase, subscriptions
from bot.services.subscriptions import FREQUENCIES
from bot.store.models import REGISTERS
from bot.texts import Html, has, text

MOST_LIKELY = 3
_END_REASONS = ("too_many", "nothing_fits", "no_time", "inconvenient", "other")


def main_choices(answer: Answer) -> list[Choice]:
    """The ways on that are always open."""
    return [
        answer.choice("button_offer", "/offer_volunteering"),
        answer.choice("button_search", "/search_missions"),
        answer.choice("button_register", "/register_association"),
    ]


def language_choices() -> list[Choice]:
    """Each register in its own words."""
    return [Choice(text(register, "register_name"), f'/change_language{{"register": "{register}"}}') for register in REGISTERS]


class Start(TurnAction):
    """/start greets, offers the languages and the ways on, and asks nothing that must be answered first.

    With the payload of a link it shows what the link is about; whoever is known here already is not greeted once more for that.
    """

    action = "action_start"

    def answer(self, turn: Turn) -> Answer:
        answer = Answer(turn.register)
        target = links.target_of(turn.said.last("payload") or "")
        if target is None or not (turn.said.last("answer") or self._is_known(turn)):
            answer.say("welcome", *main_choices(answer)).say("welcome_languages", *language_choices())
        if target is None:
            return answer
        if target.kind == invitations.MEMBER:
            return self._invitation(turn, answer, target.token)
        if target.kind == "mission":
            return self._mission(turn, answer, target.number)
        return self._organisation(turn, answer, target.number) if target.kind == "organisation" else answer

    @staticmethod
    def _is_known(turn: Turn) -> bool:
        with door.reading() as session:
            return profiles.person_of(session, turn.chat_id) is not None

    @staticmethod
    def _invitation(turn: Turn, answer: Answer, token: str) -> Answer:
        """A colleague is asked to speak for an organisation; nothing is kept before the yes."""
        at = clock.now()
        with door.opened() as session:
            if turn.said.last("answer") == "yes":
                outcome = effects.once(session, turn.update_id, "join", lambda: invitations.join(session, turn.speaker, token, at))
                result = outcome.pop("outcome")
                ways_on = [] if result == "gone" else [answer.choice("button_initiatives", "/my_initiatives")]
                return answer.say(f"join_{result}", *ways_on, **outcome)
            found = invitations.valid(session, token, invitations.MEMBER, at)
            names = invitations.names(session, found) if found else None
        if names is None:
            return answer.say("join_gone", *_ways_on(answer))
        name, organisation = names
        yes = answer.choice("button_join", f'/start{{"payload": "j_{token}", "answer": "yes"}}')
        return answer.say("join_ask", yes, answer.choice("button_no_consent", "/decline_consent"), name=name, organisation=organisation)

    @staticmethod
    def _mission(turn: Turn, answer: Answer, number: int) -> Answer:
        at = clock.now()
        with door.opened() as session:
            mission = showcase.open_mission(session, number, at.astimezone(clock.CASABLANCA).date())
            if mission is None:
                return answer.say("link_mission_gone", *_ways_on(answer))
            recommendations.remember_list(session, turn.chat_id, "missions", [mission.id], at)
            return answer.add(cards.open_mission(mission, turn.register), answer.choice("button_apply", _apply(mission.id)))

    @staticmethod
    def _organisation(turn: Turn, answer: Answer, number: int) -> Answer:
        at, register = clock.now(), turn.register
        with door.opened() as session:
            found = showcase.open_organisation(session, number, at.astimezone(clock.CASABLANCA).date())
            if found is None:
                return answer.say("link_organisation_gone", *_ways_on(answer))
            organisation, missions = found
            card = cards.organisation_card(organisation, register)
            if not missions:
                return answer.add("\n\n".join([card, text(register, "link_organisation_quiet")]), *_ways_on(answer))
            recommendations.remember_list(session, turn.chat_id, "missions", [mission.id for mission in missions], at)
            lines = [cards.open_mission_line(position, mission, register) for position, mission in enumerate(missions, start=1)]
            choices = [Choice(str(position), _apply(mission.id)) for position, mission in enumerate(missions, start=1)]
            return answer.add("\n\n".join([card, *lines, text(register, "apply_how")]), *choices)


def _apply(mission_id: int) -> str:
    return f'/apply_to_mission{{"mission": "{mission_id}"}}'


def _ways_on(answer: Answer) -> list[Choice]:
    """For somebody who came to volunteer and found nothing behind the link."""
    return [answer.choice("button_search", "/search_missions"), answer.choice("button_offer", "/offer_volunteering")]


class Greet(TurnAction):
    action = "action_greet"

    def answer(self, turn: Turn) -> Answer:
        answer = Answer(turn.register)
        return answer.say("greet", *main_choices(answer))


class Help(TurnAction):
    action = "action_help"

    def answer(self, turn: Turn) -> Answer:
        answer = Answer(turn.register)
        return answer.say("help_overview", *main_choices(answer))


class ChangeLanguage(TurnAction):
    """Switch register by button, command or words; it holds until it is changed that way again."""

    action = "action_change_language"

    def answer(self, turn: Turn) -> Answer:
        chosen = chosen_register(turn)
        if chosen is None:
            return Answer(turn.register).say("welcome_languages", *language_choices())
        answer = Answer(chosen)
        answer.slots.update(register=chosen, register_held=True)
        return answer.say("language_changed", *main_choices(answer))


def chosen_register(turn: Turn) -> str | None:
    """The register a message asks for; Darija in the script in which it was asked for. None where none is named."""
    direct = turn.said.last("register")
    if direct in REGISTERS:
        return direct
    named = turn.said.last("language")
    if named in ("ar", "fr"):
        return named
    if named == "ary":
        return "ary-Latn" if any("a" <= letter <= "z" for letter in turn.text.lower()) else "ary-Arab"
    return None


class Subscribe(TurnAction):
    """Start the periodic lists again, or change their rhythm."""

    action = "action_subscribe"

    def answer(self, turn: Turn) -> Answer:
        answer = Answer(turn.register)
        frequency = turn.said.last("frequency")
        if frequency not in FREQUENCIES:
            return answer.say("ask_rhythm", *rhythm_choices(answer))
        with door.opened() as session:
            count = subscriptions.change_rhythm(session, turn.chat_id, frequency, clock.now())
        if not count:
            return answer.say("subscribe_first", answer.choice("button_offer", "/offer_volunteering"))
        return answer.say(f"rhythm_{frequency}")


def rhythm_choices(answer: Answer) -> list[Choice]:
    choices = [answer.choice(f"button_{f}", f'/subscribe{{"frequency": "{f}"}}') for f in FREQUENCIES]
    return [*choices, answer.choice("button_unsubscribe", "/unsubscribe")]


class Unsubscribe(TurnAction):
    """Stop the periodic lists at once; the reason is asked after, in one tap."""

    action = "action_unsubscribe"

    def answer(self, turn: Turn) -> Answer:
        answer = Answer(turn.register)
        reason = turn.said.last("reason")
        with door.opened() as session:
            if reason in _END_REASONS:
                subscriptions.give_reason(session, turn.chat_id, reason)
                return answer.say("unsubscribe_thanks", answer.choice("button_rhythm", "/subscribe"))
            subscriptions.end(session, turn.chat_id, None, clock.now())
        reasons = [answer.choice(f"reason_end_{r}", f'/unsubscribe{{"reason": "{r}"}}') for r in _END_REASONS]
        return answer.say("unsubscribed", *reasons)


class ShowProfile(TurnAction):
    """What is kept about an offer, with the way to change it."""

    action = "action_show_profile"

    def answer(self, turn: Turn) -> Answer:
        answer, register = Answer(turn.register), turn.register
        with door.reading() as session:
            offer = profiles.offer_of(session, turn.chat_id)
        if offer is None:
            return answer.say("profile_none", answer.choice("button_offer", "/offer_volunteering"))
        lines = [
            text(register, "summary_name", name=offer.first_name),
            text(register, "summary_place", place=cards.place(offer.place, register), count=offer.radius_km),
            text(register, "summary_causes", causes=cards.labels("cause", offer.causes, register)),
        ]
        if offer.skills:
            lines.append(text(register, "summary_skills", skills=cards.labels("skill", offer.skills, register)))
        if offer.means:
            lines.append(text(register, "summary_means", means=cards.labels("means", offer.means, register)))
        lines.append(text(register, "summary_when", slots=cards.week(offer.slots, register)))
        return answer.say("profile", answer.choice("button_change", "/update_profile"), lines=Html("\n".join(lines)))


class AnswerQuestion(TurnAction):
    """The FAQ."""

    action = "action_faq"

    def answer(self, turn: Turn) -> Answer:
        answer = Answer(turn.register)
        return answer.say(faq_key(turn.faq), *main_choices(answer))


class Unsupported(TurnAction):
    """A sticker, a voice message, a photo, an old button."""

    action = "action_unsupported"

    def answer(self, turn: Turn) -> Answer:
        answer = Answer(turn.register)
        return answer.say("button_expired" if is_old_button(turn) else "unsupported", *main_choices(answer))


class NotUnderstood(TurnAction):
    """Outside a form: a detail said on its own is put to use where it can be, else the ways on are offered."""

    action = "action_not_understood"
    otherwise = "not_understood"

    def answer(self, turn: Turn) -> Answer:
        said = turn.said
        if said.last("number") or said.last("mission_ref"):
            return Answer(turn.register, then="action_apply_to_mission")
        if turn.intent == "share_location" or said.last("place") or said.last("cause") or said.last("skill"):
            return Answer(turn.register, then="action_search_missions")
        if any(said.last(kind) in (*DAYS, "weekend", "weekday") for kind in ("day",)):
            return Answer(turn.register, then="action_search_missions")
        answer = Answer(turn.register)
        likely = [answer.choice(f"meant_{intent}", f"/{intent}") for intent in turn.meant() if has(f"meant_{intent}")]
        if likely and turn.intent == "nlu_fallback":
            return answer.say("did_you_mean", *likely[:MOST_LIKELY], answer.choice("meant_help", "/help"))
        return answer.say(self.otherwise, *main_choices(answer))


class NothingAsked(NotUnderstood):
    """A yes, a no or a "next" that answers no question; "the first one" is often heard as one of these."""

    action = "action_nothing_asked"
    otherwise = "nothing_asked"


class DefaultFallback(NotUnderstood):
    """Rasa's own fallback, when no rule knows what follows."""

    action = "action_default_fallback"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        if tracker.latest_action_name != ACTION_LISTEN:
            # Another action of this turn failed and Rasa goes on without it. Unconfirmed, the turn is said again.
            return [FollowupAction(ACTION_LISTEN)]
        return await super().run(dispatcher, tracker, domain)
