"""Words to the team: a report or a judgement, taken from the first message where it holds them, shown once, and sent by a yes."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from actions.form import CONFIRM, SURE_OF_LEAVING, DraftForm, Problem, Question
from actions.handoff import when_read
from actions.turn import Answer, Turn
from bot import clock
from bot.messages import effects
from bot.services import care, door, recommendations
from bot.texts import Html, text
from bot.vocabulary import moods
from bot.vocabulary.telling import only_wishes

_ASIDE = ("help", "bot_challenge", "human_handoff", "change_language", "skip", "thank", "greet")


class TeamMessage(DraftForm):
    """words → what was written and to whom it goes → sent, with when it is read."""

    is_for_all = True
    steps = ("words",)
    free_text = frozenset({"words"})

    @property
    @abstractmethod
    def kind(self) -> str:
        """feedback or report."""

    def absorb(self, turn: Turn, draft: dict[str, Any], asked: str | None) -> Problem | None:
        if turn.said.last("mission") or (turn.said.last("mission_ref") and not draft.get("mission")):
            self._note_mission(turn, draft)
        words = "\n".join(line for line in (" ".join(line.split()) for line in turn.text.splitlines()) if line)
        if turn.is_payload or not words or (asked is None and only_wishes(words)):
            return None
        if asked is not None and (turn.wants("affirm", "deny", "stop") or self._is_aside(turn)):
            return None
        whole = f"{draft['words']}\n{words}" if asked == CONFIRM and draft.get("words") else words
        if len(whole) > care.WORDS_LENGTH:
            return Problem("text_too_long", (("most", care.WORDS_LENGTH),))
        draft["words"] = whole
        return None

    @staticmethod
    def _is_aside(turn: Turn) -> bool:
        return turn.confidence >= SURE_OF_LEAVING and (turn.intent in _ASIDE or turn.intent.startswith("faq"))

    @staticmethod
    def _note_mission(turn: Turn, draft: dict[str, Any]) -> None:
        with door.reading() as session:
            reference = turn.said.last("mission_ref")
            number = turn.said.row_id("mission")
            if number is None and reference:
                number = recommendations.mission_named(session, turn.chat_id, reference)
            found = care.mission_of(session, turn.chat_id, number, clock.now()) if number is not None else None
            if found is not None:
                draft.update(mission=found.id, title=found.title)

    def question(self, step: str, draft: dict[str, Any], turn: Turn) -> Question:
        answer = Answer(turn.register)
        if step != CONFIRM:
            return Question(f"{self.kind}_ask_words", [answer.choice("button_drop", "/stop")])
        about = text(turn.register, "message_about", title=draft["title"]) + "\n" if draft.get("title") else ""
        in_danger = self.kind == "report" and moods.tells_danger(draft["words"])
        numbers = "\n\n" + text(turn.register, "danger_numbers") if in_danger else ""
        choices = [
            answer.choice("button_send", "/affirm"),
            answer.choice("button_rewrite", "/deny"),
            answer.choice("button_drop", "/stop"),
        ]
        arguments = (("words", draft["words"]), ("about", Html(about)), ("numbers", Html(numbers)))
        return Question(f"{self.kind}_summary", choices, arguments=arguments)

    def save(self, turn: Turn, draft: dict[str, Any], answer: Answer) -> None:
        with door.opened() as session:
            outcome = effects.once(
                session,
                turn.update_id,
                self.action,
                lambda: care.write_to_team(session, turn.chat_id, self.kind, draft["words"], draft.get("mission"), clock.now()),
            )
        answer.loop = None
        answer.slots[self.slot] = None
        person = answer.choice("button_handoff", '/human_handoff{"reason": "report"}')
        answer.say(f"{self.kind}_sent", *([person] if self.kind == "report" else []), when=when_read(outcome, turn.register))

    def _unfilled(self, turn: Turn, draft: dict[str, Any], asked: str | None, answer: Answer) -> bool:
        if asked == CONFIRM and turn.wants("deny"):
            del draft["words"]
            return False
        if asked == "words" and turn.wants("deny"):
            left = self._let_go(turn)
            answer.messages, answer.loop = left.messages, None
            answer.slots.update(left.slots)
            return True
        return super()._unfilled(turn, draft, asked, answer)

    def _elsewhere(self, turn: Turn) -> Answer | None:
        # What is told of a mission sounds like the one today and like the other tomorrow.
        return None if turn.intent in ("give_feedback", "report_problem") and turn.loop == self.action else super()._elsewhere(turn)

    def _let_go(self, turn: Turn) -> Answer:
        answer = Answer(turn.register)
        answer.slots[self.slot] = None
        return answer.say("message_dropped", answer.choice("button_search", "/search_missions"))


class ReportForm(TeamMessage):
    action = "report_form"
    slot = "report"
    intent = "report_problem"
    kind = "report"


class FeedbackForm(TeamMessage):
    action = "feedback_form"
    slot = "feedback"
    intent = "give_feedback"
    kind = "feedback"
