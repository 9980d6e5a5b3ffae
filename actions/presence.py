"""On the spot: the organisation shows a code, volunteers give it; the organisation says who came."""

from __future__ import annotations

from datetime import date

from actions.turn import Answer, Turn, TurnAction
from bot import clock
from bot.messages import effects
from bot.services import attendance, cards, door, presence
from bot.vocabulary import codes


class ShowCode(TurnAction):
    """The code of today's mission, with its QR code, by button."""

    action = "action_show_code"

    def answer(self, turn: Turn) -> Answer:
        answer, at, number = Answer(turn.register), clock.now(), turn.said.row_id("mission")
        others = answer.choice("button_initiatives", "/my_initiatives")
        if number is None:
            return answer.say("initiative_unknown", others)
        origin = f"code:{turn.chat_id}:{turn.update_id or int(at.timestamp())}"
        with door.opened() as session:
            outcome = effects.once(
                session, turn.update_id, self.action, lambda: presence.show(session, turn.chat_id, number, turn.bot_name, origin, at)
            )
        result = outcome.pop("outcome")
        if result == "unknown":
            return answer.say("initiative_unknown", others)
        if "day" in outcome:
            outcome["day"] = cards.day(date.fromisoformat(outcome["day"]), turn.register)
        return answer.say(f"code_{result}", others, **outcome)


class CheckIn(TurnAction):
    """A volunteer gives the code of the spot, in words or by the QR code."""

    action = "action_check_in"

    def _answer(self, turn: Turn) -> Answer:
        # The code in the message is what brought the turn here: nothing else is heard in it.
        return self.answer(turn)

    def answer(self, turn: Turn) -> Answer:
        answer = Answer(turn.register)
        found = (turn.said.last("code"), True) if turn.is_payload else codes.find(turn.text)
        if not found or not found[0]:
            return answer.say("checkin_unknown", answer.choice("button_commitments", "/my_commitments"))
        return arrived(turn, answer, found[0])


def arrived(turn: Turn, answer: Answer, code: str) -> Answer:
    """Say that somebody is on the spot whose code this is."""
    at = clock.now()
    with door.opened() as session:
        outcome = effects.once(session, turn.update_id, CheckIn.action, lambda: presence.check_in(session, turn.chat_id, code, at))
    result, ways = outcome.pop("outcome"), answer.choice("button_commitments", "/my_commitments")
    if "day" in outcome:
        outcome["day"] = cards.day(date.fromisoformat(outcome["day"]), turn.register)
    return answer.say("participation_settled" if result == "settled" else f"checkin_{result}", ways, **outcome)


class Attendance(TurnAction):
    """An organisation says whether somebody came, by button."""

    action = "action_attendance"

    def answer(self, turn: Turn) -> Answer:
        answer, at = Answer(turn.register), clock.now()
        number, said, on = turn.said.row_id("application"), turn.said.last("answer"), turn.said.last("date") or ""
        others = answer.choice("button_initiatives", "/my_initiatives")
        if number is None or said not in ("yes", "no") or not on or "/" in on:
            return answer.say("confirm_unknown", others)
        with door.opened() as session:
            outcome = effects.once(
                session,
                turn.update_id,
                self.action,
                lambda: attendance.answer(session, turn.chat_id, number, date.fromisoformat(on), said == "yes", at),
            )
        result = outcome.pop("outcome")
        known = {"unknown": "confirm_unknown", "disputed": "confirm_disputed"}
        return answer.say(known.get(result, f"attendance_{result}"), others, **outcome)
