"""An organisation's terms between yes and no, and the volunteer's answer to them."""

from __future__ import annotations

import json
from typing import Any

from actions.relay import OneMessage
from actions.turn import Answer, Turn, TurnAction
from bot import clock
from bot.messages import effects
from bot.messages.outbox import Choice
from bot.services import applications, counters, door


class CounterForm(OneMessage):
    """Terms in free words ("only from three o'clock"), which go to the volunteer as they are."""

    action = "counter_form"
    slot = "counter"
    intent = "counter_offer"
    asks = "counter_ask"
    longest = counters.WORDS_LENGTH

    def entrance(self, turn: Turn, draft: dict[str, Any]) -> Answer | None:
        number, left = turn.said.row_id("application"), Answer(turn.register, slots={self.slot: None})
        with door.opened() as session:
            known = counters.of_whom(session, turn.chat_id, number) if number is not None else None
        if number is None or known is None:
            return left.say("answer_unknown")
        name, title = known
        draft.update(application=number, name=name, title=title)
        words, reply = turn.said.last("words"), turn.said.last("answer")
        if not turn.is_payload or words is None:
            return None if reply != "no" else left.say("counter_kept", *_answers(left, number), name=name, title=title)
        if len(words) > counters.WORDS_LENGTH:
            return left.say(
                "text_too_long", left.choice("button_counter", applications.counter_payload(number)), most=counters.WORDS_LENGTH
            )
        if reply == "yes":
            draft["words"] = words
            return None
        # Nobody asked for terms: they are repeated before they go.
        said = json.dumps({"application": str(number), "words": words, "answer": "yes"}, ensure_ascii=False)
        yes = left.choice("button_send", f"/{self.intent}{said}")
        no = left.choice("button_counter_keep", f'/{self.intent}{{"application": "{number}", "answer": "no"}}')
        return left.say("counter_check", yes, no, name=name, title=title, words=words)

    def save(self, turn: Turn, draft: dict[str, Any], answer: Answer) -> None:
        at = clock.now()
        with door.opened() as session:
            outcome = effects.once(
                session,
                turn.update_id,
                self.action,
                lambda: counters.counter(session, turn.chat_id, int(draft["application"]), draft["words"], at),
            )
        result = outcome.pop("outcome")
        answer.say("counter_sent" if result == "countered" else f"answer_{result}", **outcome)


def _answers(answer: Answer, number: int) -> list[Choice]:
    """The ways to answer an application, as its card has them."""
    plain = [answer.choice(f"button_{one}", applications.answer_payload(number, one)) for one in ("accepted", "declined")]
    return [*plain, answer.choice("button_counter", applications.counter_payload(number))]


class AnswerCounter(TurnAction):
    """A volunteer's yes or no to an organisation's terms, by button."""

    action = "action_answer_counter"

    def answer(self, turn: Turn) -> Answer:
        at, answer = clock.now(), Answer(turn.register)
        number, reply = turn.said.row_id("application"), turn.said.last("answer")
        search = answer.choice("button_search", "/search_missions")
        if number is None or reply not in ("yes", "no"):
            return answer.say("counter_unknown", search)
        with door.opened() as session:
            outcome = effects.once(
                session, turn.update_id, self.action, lambda: counters.answer(session, turn.chat_id, number, reply == "yes", at)
            )
        result, mission = outcome.pop("outcome"), outcome.pop("mission", None)
        if result == "accepted":
            calendar = answer.choice("button_calendar", f'/calendar{{"mission": "{mission}"}}')
            return answer.say("counter_accepted", calendar, answer.choice("button_commitments", "/my_commitments"), **outcome)
        return answer.say(f"counter_{result}", search, **outcome)
