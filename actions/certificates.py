"""Certificates: one's own as a file, the organisation's word on hours, and the check of a number."""

from __future__ import annotations

from actions.commitments import ask_which
from actions.turn import Answer, Turn, TurnAction
from bot import clock
from bot.certificates import document_register, numbers, page
from bot.messages import effects
from bot.messages.outbox import Choice
from bot.services import certificates, commitments, confirmations, door
from bot.texts import REGISTERS, Html, text

EXAMPLE = numbers.shown(numbers.with_check("20267K3M9QTX"))
_IN_ANOTHER = {"fr": "ar", "ar": "fr"}
"""The other register in which papers are printed."""


class Certify(TurnAction):
    """The certificate of a mission as a file, or what is missing to it and how to get that."""

    action = "action_certificate"

    def answer(self, turn: Turn) -> Answer:
        answer, mission_id = Answer(turn.register), turn.said.row_id("mission")
        if turn.said.last("mission") is None:
            with door.reading() as session:
                done = commitments.participations(session, turn.chat_id)
                among = [one for one in commitments.of_chat(session, turn.chat_id) if one.application.id in done]
            if not among:
                return answer.say("certificate_nothing", answer.choice("button_commitments", "/my_commitments"))
            if len(among) > 1:
                return ask_which(answer, "certificate_which", "certificate", among)
            mission_id = among[0].mission.id
        if mission_id is None:
            return answer.say("certificate_unknown", answer.choice("button_commitments", "/my_commitments"))
        return self._issue(turn, answer, mission_id)

    def _issue(self, turn: Turn, answer: Answer, mission_id: int) -> Answer:
        at, asked = clock.now(), turn.said.last("register")
        register = asked if asked in REGISTERS else turn.register
        with door.opened() as session:
            outcome = effects.once(
                session, turn.update_id, self.action, lambda: certificates.issue(session, turn.chat_id, mission_id, register, at)
            )
        result = outcome.pop("outcome")
        if result != "issued":
            return answer.say(f"certificate_{result}", *_ways_on(answer, result, mission_id), **outcome)
        number, waiting = outcome.pop("number"), outcome.pop("waiting_minutes")
        self._send(turn, number, register)
        other = _IN_ANOTHER[document_register(register)]
        choices = [
            Choice(f"📄 {text(other, 'register_name')}", f'/certificate{{"mission": "{mission_id}", "register": "{other}"}}'),
            answer.choice("button_verify", f'/verify_certificate{{"certificate": "{number}"}}'),
            answer.choice("button_change_offer", "/update_profile"),
        ]
        hours = Html(page.duration(outcome.pop("minutes"), turn.register))
        if not waiting:
            return answer.say("certificate_issued", *choices, hours=hours, **outcome)
        more = Html(page.duration(waiting, turn.register))
        answer.say("certificate_issued", hours=hours, **outcome)
        return answer.say("certificate_more_waits", *choices, hours=more, organisation=outcome["organisation"])

    @staticmethod
    def _send(turn: Turn, number: str, register: str) -> None:
        """The file is set between two transactions, and queued once an update."""
        at = clock.now()
        with door.reading() as session:
            content = certificates.content_of(session, turn.chat_id, number)
        if content is None:
            return  # the person was forgotten meanwhile
        made = certificates.document(content, register)
        origin = f"certificate:{turn.chat_id}:{turn.update_id or int(at.timestamp())}"
        with door.opened() as session:
            certificates.send(session, turn.chat_id, made, origin, at)


def _ways_on(answer: Answer, result: str, mission_id: int) -> list[Choice]:
    if result in ("hours", "none"):
        return [answer.choice("button_say_hours", f'/report_participation{{"mission": "{mission_id}"}}')]
    if result == "name":
        return [answer.choice("button_change_offer", "/update_profile")]
    if result in ("silent", "revoked"):
        return [answer.choice("button_handoff", "/human_handoff")]
    return [answer.choice("button_commitments", "/my_commitments")]


class ConfirmParticipation(TurnAction):
    """An organisation's yes or no to the hours that a volunteer told, by button."""

    action = "action_confirm_participation"

    def answer(self, turn: Turn) -> Answer:
        answer, at = Answer(turn.register), clock.now()
        application, said = turn.said.row_id("application"), turn.said.last("answer")
        others = answer.choice("button_initiatives", "/my_initiatives")
        if application is None or said not in ("yes", "no"):
            return answer.say("confirm_unknown", others)
        read = turn.said.last("number") or ""
        with door.opened() as session:
            outcome = effects.once(
                session,
                turn.update_id,
                self.action,
                lambda: confirmations.confirm(session, turn.chat_id, application, read, said == "yes", at),
            )
        return answer.say(f"confirm_{outcome.pop('outcome')}", others, **outcome)


class VerifyCertificate(TurnAction):
    """Whether a certificate holds: by button, or by its number in words."""

    action = "action_verify_certificate"
    is_for_all = True

    def _answer(self, turn: Turn) -> Answer:
        # A number among words is what brought the turn here: nothing else is heard in them.
        return self.answer(turn)

    def answer(self, turn: Turn) -> Answer:
        answer = Answer(turn.register)
        typed = turn.said.last("certificate") if turn.is_payload else numbers.find(turn.text)
        if not typed:
            return answer.say("verify_ask", example=EXAMPLE)
        with door.reading() as session:
            verdict = certificates.verify(session, typed)
        return answer.add(certificates.in_words(verdict, turn.register))
