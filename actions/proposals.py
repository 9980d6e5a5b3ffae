"""An organisation invites somebody from its anonymous cards; the volunteer says yes or no."""

from __future__ import annotations

from actions.turn import Answer, Turn, TurnAction
from bot import clock
from bot.messages import effects
from bot.services import door, proposals


class InviteVolunteer(TurnAction):
    """Invite a volunteer of the last list to the mission he fits, by button."""

    action = "action_invite_volunteer"

    def answer(self, turn: Turn) -> Answer:
        answer, at = Answer(turn.register), clock.now()
        volunteer, mission = turn.said.row_id("volunteer"), turn.said.row_id("mission")
        others = answer.choice("button_volunteers", "/show_volunteers")
        if volunteer is None or mission is None:
            return answer.say("invite_unknown", others)
        with door.opened() as session:
            outcome = effects.once(
                session, turn.update_id, self.action, lambda: proposals.propose(session, turn.chat_id, volunteer, mission, at)
            )
        return answer.say(f"invite_{outcome.pop('outcome')}", others, **outcome)


class AnswerProposal(TurnAction):
    """A volunteer's yes or no to an invitation, by button."""

    action = "action_answer_proposal"

    def answer(self, turn: Turn) -> Answer:
        answer, at = Answer(turn.register), clock.now()
        number, reply = turn.said.row_id("proposal"), turn.said.last("answer")
        search = answer.choice("button_search", "/search_missions")
        if number is None or reply not in ("yes", "no"):
            return answer.say("proposal_answer_unknown", search)
        with door.opened() as session:
            outcome = effects.once(
                session, turn.update_id, self.action, lambda: proposals.answer(session, turn.chat_id, number, reply == "yes", at)
            )
        result = outcome.pop("outcome")
        if result == "accepted":
            calendar = answer.choice("button_calendar", f'/calendar{{"mission": "{outcome.pop("mission")}"}}')
            return answer.say("proposal_answer_accepted", calendar, answer.choice("button_commitments", "/my_commitments"), **outcome)
        return answer.say(f"proposal_answer_{result}", search, **outcome)
