"""Mutual aid: asking for help by talking, answering a call for help, handing the address on, saying how it ended."""

from __future__ import annotations

from typing import Any

from actions.asides import ASIDES
from actions.form import CONFIRM, SURE_OF_LEAVING, DraftForm, Problem, Question, confirm_choices
from actions.places import keyboard, whereabouts
from actions.turn import SURE, Answer, Turn, TurnAction
from bot import clock
from bot.messages import effects
from bot.services import aid, aid_steps, cards, door, profiles, waves
from bot.services.aid import ADDRESS_LENGTH, Wanted
from bot.settings import settings
from bot.texts import Html, text
from bot.vocabulary import needs

URGENCIES = ("now", "today", "week")
PARTS = ("need", "place", "urgency")
CLOSING = "close_help_request"
"""The effect of closing a request, whichever action does it."""
FEWEST_WORDS = 3
"""Under the summary so many words of an asker are another need; fewer may be anything."""


class AidForm(DraftForm):
    """need → place → urgency → summary with consent → saved, and the first people nearby are asked.

    Every message is screened first: who is in danger gets the numbers at once and no question, money and business are refused.
    Whoever has a request running sees that one.
    """

    action = "aid_form"
    slot = "aid"
    intent = "ask_for_help"
    steps = PARTS
    free_text = frozenset({"need"})

    def answer(self, turn: Turn) -> Answer:
        if not turn.is_payload and (reason := needs.screen(turn.text)):
            return self._not_for_neighbours(turn, reason)
        return super().answer(turn)

    def _not_for_neighbours(self, turn: Turn, reason: str) -> Answer:
        """Nothing of the message is kept. The form is let go; it can be taken up again, in other words."""
        answer = Answer(turn.register)
        ask = answer.choice("button_aid_ask", "/ask_for_help")
        if reason == needs.EMERGENCY:
            return answer.say("aid_emergency", ask)
        place = whereabouts(turn).place or (turn.slot(self.slot) or {}).get("place")
        search = f'/search_missions{{"place": "{place}"}}' if place else "/search_missions"
        return answer.say(f"aid_{reason}", answer.choice("button_search", search), ask)

    def loaded(self, turn: Turn) -> dict[str, Any]:
        """Nothing, or the request that ended, where it is asked again."""
        if turn.said.last("reason") != "again":
            return {}
        with door.reading() as session:
            request = aid.last_closed(session, turn.chat_id)
            return {part: getattr(request, part) for part in (*PARTS, "latitude", "longitude")} if request else {}

    def entrance(self, turn: Turn, draft: dict[str, Any]) -> Answer | None:
        with door.opened() as session:
            if not turn.is_payload and needs.is_no_longer(turn.text) and (told := ended(session, turn, None, "not_needed")):
                return told
            request = aid.open_request(session, turn.chat_id)
            if request is None:
                return None
            return Answer(turn.register, slots={self.slot: None}).add(*running(session, request, turn.register))

    def absorb(self, turn: Turn, draft: dict[str, Any], asked: str | None) -> Problem | None:
        if (part := turn.said.last("reason")) in PARTS:
            draft.pop(str(part), None)
            return None
        where = whereabouts(turn)
        if where.place:
            draft.update(place=where.place, latitude=where.latitude, longitude=where.longitude)
        found = turn.said.last("urgency") if turn.is_payload else _urgency(turn)
        if found in URGENCIES:
            draft["urgency"] = found
        self._add_need(turn, draft, asked, has_more=bool(where.place or found))
        return Problem(where.problem) if where.problem and not draft.get("place") else None

    def _add_need(self, turn: Turn, draft: dict[str, Any], asked: str | None, has_more: bool) -> None:
        if asked == "need":
            said = _words(turn)
            need = needs.need_in(said) if said and turn.wants(self.intent) else said and needs.without_contacts(said)
        elif asked is None and turn.intent == self.intent and not turn.is_payload:
            need = needs.need_in(turn.text)
        elif asked == CONFIRM and not has_more and turn.wants(self.intent, "inform") and len(turn.text.split()) >= FEWEST_WORDS:
            need = None if turn.is_payload else needs.need_in(turn.text)
        else:
            need = None
        if need:
            draft["need"] = need

    def question(self, step: str, draft: dict[str, Any], turn: Turn) -> Question:
        answer, register = Answer(turn.register), turn.register
        if step == "need":
            return Question("aid_ask_need")
        if step == "place":
            return Question("aid_ask_place", keyboard=keyboard(register))
        if step == "urgency":
            choices = [answer.choice(f"button_aid_{urgency}", f'/inform{{"urgency": "{urgency}"}}') for urgency in URGENCIES]
            return Question("aid_ask_urgency", choices)
        with door.reading() as session:
            agreed = profiles.has_consent(session, turn.chat_id)
        shown = text(register, "aid_who_sees") + ("" if agreed else "\n\n" + text(register, "aid_consent_ask"))
        return Question(
            "aid_summary",
            confirm_choices(answer, with_consent=not agreed),
            arguments=(
                ("need", draft["need"]),
                ("place", cards.place(draft["place"], register)),
                ("urgency", text(register, f"aid_urgency_{draft['urgency']}")),
                ("consent", Html(shown)),
            ),
        )

    def _unfilled(self, turn: Turn, draft: dict[str, Any], asked: str | None, answer: Answer) -> bool:
        if asked == CONFIRM and turn.wants("deny"):
            answer.slots[self.slot] = draft
            answer.say("aid_what_to_change", *(answer.choice(f"button_change_{part}", f'/inform{{"reason": "{part}"}}') for part in PARTS))
            return True
        return super()._unfilled(turn, draft, asked, answer)

    def save(self, turn: Turn, draft: dict[str, Any], answer: Answer) -> None:
        wanted = Wanted(draft["need"], draft["place"], draft["urgency"], draft.get("latitude"), draft.get("longitude"))
        at, quiet_hours = clock.now(), settings().quiet_hours
        with door.opened() as session:
            outcome = effects.once(session, turn.update_id, self.action, lambda: aid.ask(session, turn.speaker, wanted, at, quiet_hours))
            request = aid.open_request(session, turn.chat_id)
            shown = running(session, request, turn.register) if request else None
            choices = aid_steps.asker_choices(request, turn.register) if request else []
        answer.loop = None
        answer.slots[self.slot] = None
        if outcome["outcome"] == "asked":
            answer.say("aid_saved", *choices, count=outcome["asked"])
        elif outcome["outcome"] == "later":
            hour = clock.parse_instant(outcome["from"]).astimezone(clock.CASABLANCA)
            answer.say("aid_saved_later", *choices, hour=f"{hour:%H:%M}")
        elif outcome["outcome"] == "already" and shown:
            answer.add(*shown)
        else:
            answer.say(
                "aid_saved_nobody", answer.choice("button_search", "/search_missions"), answer.choice("button_aid_again", aid_steps.AGAIN)
            )


def _urgency(turn: Turn) -> str | None:
    """The urgency that words say, or that a day does which they name."""
    if found := needs.urgency(turn.text):
        return found
    today = clock.local_now().date().isoformat()
    first, is_range, _ = (turn.said.last("date") or "").partition("/")
    if first >= today:
        return "today" if first == today and not is_range else "week"
    return "week" if turn.said.last("day") else None


def _words(turn: Turn) -> str | None:
    """The words of a message as the answer to a question in free text; None where they say something else."""
    is_question = len(turn.text.split()) > 2 or turn.text.rstrip().endswith(("?", "؟"))
    is_aside = turn.intent in (*ASIDES, "human_handoff", "goodbye", "change_language") or turn.intent.startswith("faq")
    sounds_aside = is_aside and turn.confidence >= SURE_OF_LEAVING and is_question
    if turn.is_payload or turn.wants("skip", "affirm", "deny", "thank", "greet") or sounds_aside:
        return None
    return turn.text if sum(letter.isalpha() for letter in turn.text) > 1 else None


def running(session: Any, request: Any, register: str) -> tuple[Any, ...]:
    """A request as the asker sees it, and what may be tapped: (text, choices …)."""
    if request.state == "helper_found":
        state = text(register, "aid_state_found", name=aid_steps.helper_name(session, request))
    else:
        state = text(register, "aid_state_searching", count=aid.asked_so_far(session, request))
    return text(register, "aid_running", state=Html(state), **aid_steps.facts(request, register)), *aid_steps.asker_choices(
        request, register
    )


def ended(session: Any, turn: Turn, request_id: int | None, reason: str) -> Answer | None:
    """The asker said how a request ended, or (None) the one that runs; None where none does."""
    answer, at = Answer(turn.register, slots={"aid": None}), clock.now()
    done = effects.once(session, turn.update_id, CLOSING, lambda: aid.finish(session, turn.chat_id, request_id, reason, at))
    if request_id is None and done["outcome"] == "unknown":
        return None
    ways_on = [answer.choice("button_search", "/search_missions")]
    if done["outcome"] in ("failed", "irrelevant"):
        ways_on.insert(0, answer.choice("button_aid_again", aid_steps.AGAIN))
    return answer.say(f"aid_closed_{done['outcome']}", *ways_on, name=done["name"] or text(turn.register, "someone"))


class CloseHelpRequest(TurnAction):
    """It arrived, nobody came, not needed any more; without one of these the request is shown."""

    action = "action_close_help_request"

    def answer(self, turn: Turn) -> Answer:
        with door.opened() as session:
            request_id, reason = turn.said.row_id("help_request"), turn.said.last("reason")
            if request_id and reason and (told := ended(session, turn, request_id, reason)):
                return told
            request = aid.open_request(session, turn.chat_id)
            if request is None:
                answer = Answer(turn.register)
                return answer.say("aid_closed_unknown", answer.choice("button_aid_ask", "/ask_for_help"))
            return Answer(turn.register).add(*running(session, request, turn.register))


class AnswerHelpCall(TurnAction):
    """Somebody who was asked says yes or no, and later that it is done or that he cannot; without a call the open ones are shown."""

    action = "action_answer_help_call"

    def answer(self, turn: Turn) -> Answer:
        answer, at = Answer(turn.register), clock.now()
        call_id, said = turn.said.row_id("help_call"), turn.said.last("answer")
        with door.opened() as session:
            if not call_id or not said:
                return self._open_calls(session, turn)
            outcome = effects.once(session, turn.update_id, self.action, lambda: aid.answer_call(session, turn.chat_id, call_id, said, at))
        result = outcome["outcome"]
        if result == "accepted":
            register = turn.register
            choices = aid_steps.helper_choices(call_id, register)
            place = cards.place(outcome["place"], register)
            urgency = text(register, f"aid_urgency_{outcome['urgency']}")
            return answer.say("aid_call_accepted", *choices, name=outcome["name"], need=outcome["need"], place=place, urgency=urgency)
        if result in ("done", "cannot"):
            return answer.say(f"aid_call_{result}", name=outcome["name"])
        return answer.say(f"aid_call_{result}", answer.choice("button_search", "/search_missions"))

    @staticmethod
    def _open_calls(session: Any, turn: Turn) -> Answer:
        answer, register = Answer(turn.register), turn.register
        for call, request in aid.open_calls(session, turn.chat_id):
            if call.state == "accepted":
                name = aid_steps.asker_name(session, request)
                return answer.say(
                    "aid_call_accepted", *aid_steps.helper_choices(call.id, register), name=name, **aid_steps.facts(request, register)
                )
            shown = waves.draft(call, request, register, km=0)
            return answer.add(shown.text, *shown.choices)
        return answer.say("aid_call_unknown", answer.choice("button_search", "/search_missions"))


class AidAddressForm(DraftForm):
    """The address or meeting point in free words → shown once more → handed on to the one who helps, and to nobody else."""

    action = "aid_address_form"
    slot = "aid_address"
    intent = "tell_address"
    steps = ("address",)
    optional = frozenset({"address"})
    free_text = frozenset({"address", CONFIRM})

    def entrance(self, turn: Turn, draft: dict[str, Any]) -> Answer | None:
        with door.reading() as session:
            request = aid.open_request(session, turn.chat_id)
            if request is not None and request.state == "helper_found":
                draft["name"] = aid_steps.helper_name(session, request)
                return None
            answer = Answer(turn.register, slots={self.slot: None})
            return answer.add(*running(session, request, turn.register)) if request else answer.say("aid_closed_unknown")

    def absorb(self, turn: Turn, draft: dict[str, Any], asked: str | None) -> Problem | None:
        said = _words(turn)
        if said is None:
            return None
        words = " ".join(said.split())
        if len(words) > ADDRESS_LENGTH:
            return Problem("text_too_long", (("most", ADDRESS_LENGTH),))
        draft["address"] = words
        return None

    def question(self, step: str, draft: dict[str, Any], turn: Turn) -> Question:
        answer = Answer(turn.register)
        if step == "address":
            return Question("aid_ask_address", arguments=(("name", draft["name"]),))
        choices = [answer.choice("button_aid_hand_on", "/affirm"), answer.choice("button_correct", "/deny")]
        return Question("aid_address_confirm", choices, arguments=(("name", draft["name"]), ("address", draft["address"])))

    def _leaving(self, turn: Turn, asked: str | None) -> Answer | None:
        if turn.intent == "skip" and turn.confidence >= SURE:
            return self._let_go(turn)
        return super()._leaving(turn, asked)

    def _let_go(self, turn: Turn) -> Answer:
        answer = Answer(turn.register, slots={self.slot: None})
        return answer.say("aid_address_left", answer.choice("button_aid_address", "/tell_address"))

    def _unfilled(self, turn: Turn, draft: dict[str, Any], asked: str | None, answer: Answer) -> bool:
        if asked == CONFIRM and turn.wants("deny"):
            draft.pop("address", None)
            return False
        if asked == "address" and turn.wants("deny"):
            left = self._let_go(turn)
            answer.loop, answer.slots, answer.messages = None, left.slots, left.messages
            return True
        return super()._unfilled(turn, draft, asked, answer)

    def save(self, turn: Turn, draft: dict[str, Any], answer: Answer) -> None:
        at = clock.now()
        with door.opened() as session:
            outcome = effects.once(
                session, turn.update_id, self.action, lambda: aid.give_address(session, turn.chat_id, draft["address"], at)
            )
        answer.loop = None
        answer.slots[self.slot] = None
        answer.say(f"aid_address_{outcome['outcome']}", name=outcome["name"] or draft["name"])


def is_taken_back(turn: Turn) -> bool:
    """Whether somebody says of his request that it is not needed any more, which sounds like several other wishes."""
    if turn.is_payload or not needs.is_no_longer(turn.text):
        return False
    with door.reading() as session:
        # Said again after a kill, it is closed already and means the same.
        return bool(aid.open_request(session, turn.chat_id)) or effects.was_done(session, turn.update_id, CLOSING)


def instead(turn: Turn) -> str | None:
    """The action that a message outside any form belongs to, because of a request or call that is open; None: to none.

    Whoever was asked for a meeting point writes one, whoever was asked for help says yes or no, and both need not tap for it.
    """
    if turn.is_payload:
        return None
    if is_taken_back(turn):
        return "aid_form"
    with door.reading() as session:
        request = aid.open_request(session, turn.chat_id)
        if turn.intent in ("affirm", "deny"):
            return "action_answer_help_call" if aid.open_calls(session, turn.chat_id) else None
        waits = request is not None and request.state == "helper_found" and request.address is None
        return "aid_address_form" if waits and _words(turn) else None
