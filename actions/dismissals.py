"""A mission is not for somebody: which, put aside, why in one tap, and the way back."""

from __future__ import annotations

from typing import Any

from actions.turn import Answer, Turn, TurnAction
from bot import clock
from bot.messages import effects
from bot.messages.outbox import Choice
from bot.services import cards, dismissals, door, lists, recommendations

MOST_OFFERED = 10
"""Missions of the last list that are offered as buttons, the newest page first."""


class DismissMission(TurnAction):
    """Put a mission aside, so that no list shows it again; say why, or take it back."""

    action = "action_dismiss_mission"

    def answer(self, turn: Turn) -> Answer:
        answer, mission_id = Answer(turn.register), self._mission(turn)
        if mission_id is None:
            return self._which(turn, answer)
        if turn.said.last("answer") == "no":
            outcome = self._once(turn, "take_back", lambda session: dismissals.take_back(session, turn.chat_id, mission_id))
            return answer.say(f"dismiss_{outcome.pop('outcome')}", answer.choice("button_search", "/search_missions"), **outcome)
        if reason := turn.said.last("reason"):
            return self._reason(turn, answer, mission_id, reason)
        outcome = self._once(turn, "dismiss", lambda session: dismissals.dismiss(session, turn.chat_id, mission_id, clock.now()))
        result = outcome.pop("outcome")
        if result != "dismissed":
            return answer.say(f"dismiss_{result}", answer.choice("button_search", "/search_missions"))
        reasons = [
            answer.choice(f"reason_dismiss_{reason}", f'/dismiss_mission{{"mission": "{mission_id}", "reason": "{reason}"}}')
            for reason in dismissals.REASONS
        ]
        return answer.say("dismiss_dismissed", *reasons, self._back(answer, mission_id), **outcome)

    def _once(self, turn: Turn, part: str, effect: Any) -> dict[str, Any]:
        with door.opened() as session:
            return effects.once(session, turn.update_id, f"{self.action}:{part}", lambda: effect(session))

    @staticmethod
    def _mission(turn: Turn) -> int | None:
        if turn.said.last("mission"):
            return turn.said.row_id("mission")
        named = turn.said.last("mission_ref")
        if named is None:
            return None
        with door.reading() as session:
            return recommendations.mission_named(session, turn.chat_id, named)

    @staticmethod
    def _which(turn: Turn, answer: Answer) -> Answer:
        """Ask which of the list shown last; one that is alone needs no question."""
        at = clock.now()
        with door.reading() as session:
            shown = recommendations.listed_missions(session, turn.chat_id)[-MOST_OFFERED:]
            known = lists.backdrop(session, shown, at).missions
        choices = [
            Choice(cards.short(known[mission_id].title), f'/dismiss_mission{{"mission": "{mission_id}"}}')
            for mission_id in shown
            if mission_id in known
        ]
        if not choices:
            return answer.say("dismiss_no_list", answer.choice("button_search", "/search_missions"))
        return answer.say("dismiss_which", *choices)

    def _reason(self, turn: Turn, answer: Answer, mission_id: int, reason: str) -> Answer:
        outcome = self._once(turn, "reason", lambda session: dismissals.give_reason(session, turn.chat_id, mission_id, reason, clock.now()))
        result = outcome.pop("outcome")
        if result == "unknown":
            return answer.say("dismiss_unknown", answer.choice("button_search", "/search_missions"))
        back = self._back(answer, mission_id)
        if result == "blocked":
            return answer.say("dismiss_blocked", back, answer.choice("button_search", "/search_missions"), **outcome)
        # What the offer says is what the lists are made from: there it can be changed for good.
        ways = [answer.choice("button_change_offer", "/update_profile")] if reason != "other" else []
        return answer.say("dismiss_noted", *ways, answer.choice("button_search", "/search_missions"), back)

    @staticmethod
    def _back(answer: Answer, mission_id: int) -> Choice:
        return answer.choice("button_dismiss_back", f'/dismiss_mission{{"mission": "{mission_id}", "answer": "no"}}')
