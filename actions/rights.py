"""What the law gives everybody: a copy of what is kept, and to be forgotten."""

from __future__ import annotations

from actions.asides import ELSEWHERE, aside
from actions.turn import SURE, Answer, Turn, TurnAction, misunderstood
from bot import clock
from bot.messages import effects
from bot.services import door, erasure, farewell, rights
from bot.texts import Html, joined, text


class ExportMyData(TurnAction):
    """The copy comes at once, as two files in the chat."""

    action = "action_export_my_data"
    is_for_all = True

    def answer(self, turn: Turn) -> Answer:
        answer, at = Answer(turn.register), clock.now()
        origin = f"export:{turn.chat_id}:{turn.update_id or int(at.timestamp())}"
        with door.opened() as session:
            effects.once(
                session,
                turn.update_id,
                self.action,
                lambda: rights.send_copy(session, door.tracker(), turn.chat_id, turn.register, origin, at),
            )
        erase = answer.choice("button_erase", "/delete_my_data")
        return answer.say("export_sent", answer.choice("button_change", "/update_profile"), erase)


class EraseForm(TurnAction):
    """What goes and what stays → yes, by a button that works once or in words → the wish is noted; a job fulfils it.

    It is a form to Rasa, so that the answer to the question comes here.
    """

    action = "erasure_form"
    is_for_all = True

    def answer(self, turn: Turn) -> Answer:
        asked = turn.loop == self.action
        said = turn.said.last("answer") if turn.intent == "delete_my_data" and turn.is_payload else None
        if said == "yes" or (asked and turn.wants("affirm")):
            return self._begin(turn)
        if said == "no" or (asked and turn.wants("deny", "stop", "skip", "decline_consent")):
            answer = Answer(turn.register)
            return answer.say(
                "erasure_kept", answer.choice("button_profile", "/show_profile"), answer.choice("button_unsubscribe", "/unsubscribe")
            )
        answer = Answer(turn.register, loop=self.action)
        if asked and turn.intent != "delete_my_data":
            target = ELSEWHERE.get(turn.intent)
            if target and (turn.is_payload or turn.confidence >= SURE):
                return Answer(turn.register, then=target)
            if not aside(turn, answer):
                misunderstood(turn, answer, "not_understood_here")
        return self._ask(turn, answer)

    @staticmethod
    def _ask(turn: Turn, answer: Answer) -> Answer:
        with door.reading() as session:
            alone = [organisation.name for organisation in farewell.alone_for(session, turn.chat_id)]
        names = joined(turn.register, [text(turn.register, "plain", value=name) for name in alone])
        warning = "\n\n" + text(turn.register, "erasure_alone", names=Html(names)) if alone else ""
        yes = answer.choice("button_erase_yes", '/delete_my_data{"answer": "yes"}')
        no = answer.choice("button_erase_no", '/delete_my_data{"answer": "no"}')
        copy = answer.choice("button_export", "/export_my_data")
        return answer.say("erasure_confirm", yes, no, copy, warning=Html(warning))

    def _begin(self, turn: Turn) -> Answer:
        at = clock.now()
        with door.opened() as session:
            effects.once(session, turn.update_id, self.action, lambda: erasure.wish(session, turn.chat_id, turn.register, at))
        return Answer(turn.register).say("erasure_begun")
