"""A person is wanted: the conversation is put into the team's queue, and the queue's truth is told; the bot goes on serving."""

from __future__ import annotations

from datetime import date
from typing import Any

from actions.turn import Answer, Turn, TurnAction, main_choices
from bot import clock
from bot.messages import effects
from bot.services import cards, care, door
from bot.texts import Html, text

REASONS = ("asked", "not_understood", "report")


def when_read(outcome: dict[str, Any], register: str) -> Html:
    """When somebody of the team reads it, in words."""
    day = cards.day(date.fromisoformat(outcome["on"]), register)
    return Html(text(register, "read_on_day", day=day) if outcome["read"] == "read_on_day" else text(register, outcome["read"]))


def hand_over(turn: Turn) -> Html:
    """Open a handoff, once while one waits; returns what is told."""
    reason = turn.said.last("reason")
    with door.opened() as session:
        outcome = effects.once(
            session,
            turn.update_id,
            "hand_over",
            lambda: care.hand_over(session, turn.chat_id, reason if reason in REASONS else "asked", clock.now()),
        )
    if outcome["outcome"] == "taken":
        return Html(text(turn.register, "handoff_taken"))
    queue = Html(text(turn.register, "handoff_ahead", outcome["ahead"]))
    return Html(text(turn.register, f"handoff_{outcome['outcome']}", queue=queue, when=when_read(outcome, turn.register)))


class HumanHandoff(TurnAction):
    action = "action_human_handoff"
    is_for_all = True

    def answer(self, turn: Turn) -> Answer:
        answer = Answer(turn.register)
        return answer.add(hand_over(turn), *main_choices(answer))
