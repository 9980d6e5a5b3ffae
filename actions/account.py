"""Start, language, rhythm, profile, and the answers outside any form."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions import aid, guardian, presence
from actions.asides import TALK, faq_key, unsupported_key
from actions.missions import FIRST_PAYLOAD
from actions.questions import open_question
from actions.turn import ACTION_LISTEN, Answer, Turn, TurnAction, chosen_register, main_choices, misunderstood
from bot import clock
from bot.matching.slots import DAYS
from bot.messages import effects
from bot.messages.outbox import Choice
from bot.services import cards, door, invitations, links, organisations, profiles, recommendations, showcase, subscriptions
from bot.services.applications import apply_payload
from bot.services.subscriptions import FREQUENCIES
from bot.store.models import REGISTERS
from bot.texts import Html, has, joined, text
from bot.vocabulary import wishes
from bot.vocabulary.ages import find_own_age

MOST_LIKELY = 3
_END_REASONS = ("too_many", "nothing_fits", "no_time", "inconvenient", "other")


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
        if target.kind == invitations.GUARDIAN:
            return guardian.opened(turn, answer, target.token)
        if target.kind == "presence":
            return presence.arrived(turn, answer, target.token)
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
            return answer.add(cards.open_mission(mission, turn.register), answer.choice("button_apply", apply_payload(mission.id)))

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
            choices = [Choice(str(position), apply_payload(mission.id)) for position, mission in enumerate(missions, start=1)]
            return answer.add("\n\n".join([card, *lines, text(register, "apply_how")]), *choices)


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
    is_for_all = True

    def answer(self, turn: Turn) -> Answer:
        chosen = chosen_register(turn)
        if chosen is None:
            return Answer(turn.register).say("welcome_languages", *language_choices())
        answer = Answer(chosen)
        answer.slots.update(register=chosen, register_held=True)
        return answer.say("language_changed", *main_choices(answer))


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
    is_for_all = True

    def answer(self, turn: Turn) -> Answer:
        if aid.is_taken_back(turn):
            return Answer(turn.register, then="aid_form")
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
    """What is kept about somebody, in short: offer, roles, lists, consent; with the ways to change, take away and erase it."""

    action = "action_show_profile"
    is_for_all = True

    def answer(self, turn: Turn) -> Answer:
        answer, register = Answer(turn.register), turn.register
        if turn.said.last("kind") == "notice":
            return answer.say("faq_personal_data", answer.choice("button_export", "/export_my_data"))
        with door.reading() as session:
            offer = profiles.offer_of(session, turn.chat_id)
            lines = [*(self._offer(offer, register) if offer else []), *self._kept(session, turn)]
        ways_on = [
            answer.choice("button_export", "/export_my_data"),
            answer.choice("button_erase", "/delete_my_data"),
            answer.choice("button_notice", '/show_profile{"kind": "notice"}'),
        ]
        if not lines:
            return answer.say("profile_none", answer.choice("button_offer", "/offer_volunteering"), *ways_on)
        change = answer.choice("button_change", "/update_profile") if offer else answer.choice("button_offer", "/offer_volunteering")
        return answer.say("profile", change, *ways_on, lines=Html("\n".join(lines)))

    @staticmethod
    def _offer(offer: profiles.Offer, register: str) -> list[str]:
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
        if offer.age_band == "teen":
            lines.append(text(register, "age_teen"))
        return lines

    @staticmethod
    def _kept(session: Any, turn: Turn) -> list[str]:
        """Roles, lists and consent, a line each."""
        register, known = turn.register, profiles.person_of(session, turn.chat_id)
        if known is None:
            return []
        lines = []
        roles = organisations.spoken_for(session, turn.chat_id)
        if roles:
            lines.append(
                text(register, "profile_roles", names=Html(joined(register, [text(register, "plain", value=r.name) for r in roles])))
            )
        running = subscriptions.running(session, turn.chat_id)
        names = {role.id: role.name for role in roles}
        for row in running:
            rhythm = Html(text(register, f"button_{row.frequency}"))
            if row.organisation_id is None:
                lines.append(text(register, "profile_list", rhythm=rhythm))
            else:
                lines.append(text(register, "profile_list_of", organisation=names.get(row.organisation_id, ""), rhythm=rhythm))
        if not running:
            lines.append(text(register, "profile_no_list"))
        if given := profiles.consent_of(session, turn.chat_id):
            day = given.astimezone(clock.CASABLANCA).date()
            lines.append(text(register, "profile_consent", day=cards.day(day, register)))
        return lines


class AnswerQuestion(TurnAction):
    """The FAQ."""

    action = "action_faq"
    is_for_all = True

    def answer(self, turn: Turn) -> Answer:
        if turn.faq == "how_matching" and turn.said.last("mission_ref") and wishes.asks_why(turn.text):
            # "Why don't I see mission 12?" is about that one.
            return Answer(turn.register, then="action_search_missions")
        answer = Answer(turn.register)
        first = [answer.choice("button_first", FIRST_PAYLOAD)] if turn.faq == "no_experience" else []
        return answer.say(faq_key(turn.faq), *first, *main_choices(answer))


class Unsupported(TurnAction):
    """A sticker, a voice message, a photo, an old button."""

    action = "action_unsupported"

    def answer(self, turn: Turn) -> Answer:
        answer = Answer(turn.register)
        return answer.say(unsupported_key(turn), *main_choices(answer))


class Talk(TurnAction):
    """Thanks, a goodbye, machine or person, and what is not done here."""

    action = "action_talk"
    is_for_all = True

    def answer(self, turn: Turn) -> Answer:
        answer, key = Answer(turn.register), TALK.get(turn.intent, "greet")
        # Nonsense is heard as a wish for something else as often as it is heard as nothing.
        return misunderstood(turn, answer, key) if turn.intent == "out_of_scope" else answer.say(key)


class NotUnderstood(TurnAction):
    """Outside a form: a detail said on its own is put to use where it can be, else the ways on are offered."""

    action = "action_not_understood"

    def answer(self, turn: Turn) -> Answer:
        said = turn.said
        if meant := aid.instead(turn):
            return Answer(turn.register, then=meant)
        if not turn.is_payload and find_own_age(turn.text):
            return Answer(turn.register, then="offer_form")  # "17 ans" is no number of a mission
        if said.last("number") or said.last("mission_ref"):
            return Answer(turn.register, then="action_apply_to_mission")
        if turn.intent == "share_location" or said.last("place") or said.last("cause") or said.last("skill"):
            return Answer(turn.register, then="action_search_missions")
        if any(said.last(kind) in (*DAYS, "weekend", "weekday") for kind in ("day",)):
            return Answer(turn.register, then="action_search_missions")
        answer = Answer(turn.register)
        likely = [answer.choice(f"meant_{intent}", f"/{intent}") for intent in turn.meant() if has(f"meant_{intent}")]
        if likely and turn.intent == "nlu_fallback":
            return misunderstood(turn, answer, "did_you_mean", *likely[:MOST_LIKELY], answer.choice("meant_help", "/help"))
        return self._nothing(turn, answer)

    def _nothing(self, turn: Turn, answer: Answer) -> Answer:
        return misunderstood(turn, answer, "not_understood", *main_choices(answer))


class NothingAsked(NotUnderstood):
    """A yes, a no or a "next" that answers no question; "the first one" is often heard as one of these."""

    action = "action_nothing_asked"

    def answer(self, turn: Turn) -> Answer:
        return open_question(turn) or super().answer(turn)

    def _nothing(self, turn: Turn, answer: Answer) -> Answer:
        return answer.say("nothing_asked", *main_choices(answer))


class DefaultFallback(NotUnderstood):
    """Rasa's own fallback, when no rule knows what follows."""

    action = "action_default_fallback"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        if tracker.latest_action_name != ACTION_LISTEN:
            # Another action of this turn failed and Rasa goes on without it. Unconfirmed, the turn is said again.
            return [FollowupAction(ACTION_LISTEN)]
        return await super().run(dispatcher, tracker, domain)
