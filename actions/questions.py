"""A yes or a no in words where several questions stand open, or none for sure: which one is meant."""

from __future__ import annotations

from actions.turn import Answer, Turn, TurnAction, main_choices
from bot import clock
from bot.messages import questions
from bot.messages.outbox import Choice
from bot.messages.questions import ANSWERS, Question
from bot.services import cards, door
from bot.texts import unmarked
from bot.vocabulary import replies

MOST_SHOWN = 6
_REPLIES = {"affirm": replies.YES, "deny": replies.NO}


def open_question(turn: Turn) -> Answer | None:
    """An answer to a yes or a no that may be about a question which stands open; None where it is neither, or none stands open."""
    reply = _REPLIES.get(turn.intent)
    return None if reply is None or turn.is_payload else _which(turn, reply, "which_is_it")


def _which(turn: Turn, reply: str, of_one: str) -> Answer | None:
    answer = Answer(turn.register)
    with door.reading() as session:
        found = [one for one in questions.unanswered(session, turn.chat_id, clock.now()) if reply in one.payloads]
    if not found:
        return None
    if len(found) == 1:
        return answer.say(of_one, Choice(_named(found[0]), found[0].payloads[reply]))
    choices = [Choice(_named(one), one.payloads[reply]) for one in found[:MOST_SHOWN]]
    return answer.say(f"which_{reply}", *choices)


def _named(question: Question) -> str:
    """How a question begins, as it fits on a button."""
    return cards.short(unmarked(question.words).strip().partition("\n")[0])


class WhichQuestion(TurnAction):
    """Several questions stand open: which one is answered, with a button for each."""

    action = "action_which_question"

    def answer(self, turn: Turn) -> Answer:
        reply = ANSWERS.get(turn.said.last("answer") or "")
        found = _which(turn, reply, "which_is_it") if reply else None
        if found is not None:
            return found
        answer = Answer(turn.register)
        return answer.say("nothing_asked", *main_choices(answer))
