"""Two questions after a mission: what somebody takes from it, and what he would like next; then the next step because of it."""

from __future__ import annotations

from typing import Any

from actions.form import DraftForm, Problem, Question
from actions.turn import Answer, Turn
from bot import clock, vocabulary
from bot.messages import effects
from bot.messages.outbox import Choice
from bot.services import door, next_steps, paths
from bot.texts import Html, text

MOST_SKILLS = 3


class ReflectionForm(DraftForm):
    """learned → wish → kept, with missions that follow from it. Each may be left out; nothing is shown to anybody else."""

    action = "reflection_form"
    slot = "reflection"
    intent = "reflect"
    steps = ("learned", "wish")
    optional = frozenset(steps)
    free_text = frozenset({"learned"})
    shows_summary = False
    begins_anew = True

    def entrance(self, turn: Turn, draft: dict[str, Any]) -> Answer | None:
        with door.reading() as session:
            day = paths.last_day(session, turn.chat_id, turn.said.row_id("mission"))
            if day is not None:
                mission = paths.mission_of(session, day)
                skills = [*mission.skills_required, *mission.skills_welcome][:MOST_SKILLS]
                draft.update(mission=mission.id, title=mission.title, skills=skills)
                return None
        left = Answer(turn.register, slots={self.slot: None})
        return left.say("path_nothing", left.choice("button_commitments", "/my_commitments"))

    def absorb(self, turn: Turn, draft: dict[str, Any], asked: str | None) -> Problem | None:
        if asked == "learned":
            return self._learned(turn, draft)
        wish = turn.said.last("answer") if turn.is_payload else None
        if asked == "wish" and wish in paths.WISHES:
            draft["wish"] = wish
        return None

    @staticmethod
    def _learned(turn: Turn, draft: dict[str, Any]) -> Problem | None:
        if turn.is_payload:
            skill = turn.said.last("skill")
            if skill in draft.get("skills", ()):
                draft.update(skill=skill, learned=vocabulary.label("skill", str(skill), turn.register))
            return None
        if turn.wants("skip", "deny", "stop"):
            return None
        words = " ".join(turn.text.split())
        if len(words) > paths.LEARNED_LENGTH:
            return Problem("text_too_long", (("most", paths.LEARNED_LENGTH),))
        if words:
            draft["learned"] = words
        return None

    def question(self, step: str, draft: dict[str, Any], turn: Turn) -> Question:
        answer = Answer(turn.register)
        if step == "learned":
            choices = [
                Choice(vocabulary.label("skill", skill, turn.register), f'/inform{{"skill": "{skill}"}}') for skill in draft["skills"]
            ]
            return Question("path_ask_learned", choices, arguments=(("title", draft["title"]),))
        return Question("path_ask_wish", [answer.choice(f"button_wish_{wish}", f'/inform{{"answer": "{wish}"}}') for wish in paths.WISHES])

    def _let_go(self, turn: Turn) -> Answer:
        """Leaving keeps what was said."""
        answer, draft = Answer(turn.register, slots={self.slot: None}), dict(turn.slot(self.slot) or {})
        if draft.get("learned"):
            self.save(turn, {**draft, "wish": None}, answer)
            return answer
        return answer.say("path_left", answer.choice("button_search", "/search_missions"))

    def save(self, turn: Turn, draft: dict[str, Any], answer: Answer) -> None:
        at, wish, mission_id = clock.now(), draft.get("wish"), int(draft["mission"])
        with door.opened() as session:
            outcome = effects.once(
                session,
                turn.update_id,
                self.action,
                lambda: paths.reflect(session, turn.chat_id, mission_id, draft.get("learned"), draft.get("skill"), wish, at),
            )
            goes_on = outcome["outcome"] == "kept" and wish != "pause"
            next_step = next_steps.after(session, turn.chat_id, mission_id, wish, turn.register, at) if goes_on else None
        search = answer.choice("button_search", "/search_missions")
        if outcome["outcome"] != "kept":
            answer.say("path_nothing", search)
            return
        said = [text(turn.register, "path_saved", count=outcome["missions"], title=outcome["title"])]
        if outcome["is_new_skill"]:
            said.append(text(turn.register, "skill_added", skill=vocabulary.label("skill", draft["skill"], turn.register)))
        if wish == "pause":
            said.append(text(turn.register, "path_pause"))
            answer.add(Html("\n".join(said)), answer.choice("button_rhythm", "/subscribe"))
        elif next_step is None:
            said.append(text(turn.register, "next_none"))
            answer.add(Html("\n".join(said)), search)
        else:
            answer.add(Html("\n".join(said))).add(next_step.text, *next_step.choices)
