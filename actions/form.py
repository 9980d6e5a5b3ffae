"""A form that is filled by talking.

It overrides Rasa's form action of the same name, which Rasa allows, so that one call serves a whole turn: while the form is the
active loop every message comes here. A message may fill any part, correct it, ask something aside, skip, leave, or go elsewhere;
then the one question that is still open is asked. The draft is a slot: it survives leaving the form.

    message ─► elsewhere? ─► let go, keep the draft
            ─► stop? ─► let go, keep the draft
            ─► absorb what it says ─► problem? say it
            ─► nothing in it? aside · skip · yes or no at the summary · "not understood"
            ─► next open question, or the summary, or save
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from actions.asides import ELSEWHERE, aside
from actions.turn import SURE, Answer, Turn, TurnAction, chosen_register, misunderstood
from bot.messages.outbox import Choice
from bot.texts import Html, text
from bot.vocabulary import moods

CONFIRM = "confirm"
SURE_OF_LEAVING = 0.8
"""Words that might fill the form as well leave it only from this confidence on; buttons always do."""
TEXT_LENGTH = (2, 160)


@dataclass(frozen=True)
class Question:
    """What is asked: the key of its text, choices under it, or a reply keyboard."""

    key: str
    choices: Sequence[Choice] = ()
    keyboard: Sequence[Sequence[dict[str, Any]]] = ()
    arguments: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True)
class Problem:
    """Why a part of a message cannot be taken: the key of the text that says so, and its arguments."""

    key: str
    arguments: tuple[tuple[str, object], ...] = ()


class DraftForm(TurnAction):
    """Subclasses name their steps and say how a draft absorbs a message, is asked for, shown and saved."""

    slot: str
    intent: str
    """The intent that starts the form."""
    steps: Sequence[str]
    optional: frozenset[str] = frozenset()
    free_text: frozenset[str] = frozenset()
    """Steps that are answered in any words: only buttons and clear wishes to stop or get help interrupt them."""

    shows_summary = True
    """False: what was said is said, and saved as soon as nothing is open any more."""
    begins_anew = False
    """True: a button that starts the form drops what was left unsaid before, about somebody or something else."""

    @abstractmethod
    def absorb(self, turn: Turn, draft: dict[str, Any], asked: str | None) -> Problem | None:
        """Put what the message says into the draft."""

    @abstractmethod
    def question(self, step: str, draft: dict[str, Any], turn: Turn) -> Question:
        """How a step is asked; the summary for the last one."""

    @abstractmethod
    def save(self, turn: Turn, draft: dict[str, Any], answer: Answer) -> None:
        """Save a confirmed draft and say so; clears the slot and the loop in the answer."""

    def kept(self, turn: Turn) -> dict[str, Any] | None:
        """The draft that was left, if this message goes on with it."""
        if self.begins_anew and turn.intent == self.intent and turn.is_payload:
            return None
        found: dict[str, Any] | None = turn.slot(self.slot)
        return found

    def loaded(self, turn: Turn) -> dict[str, Any]:
        """The draft to start from where none was left: empty, or what is saved already and may be changed."""
        return {}

    def entrance(self, turn: Turn, draft: dict[str, Any]) -> Answer | None:
        """An answer instead of the form, where it cannot start yet."""
        return None

    # ---------------------------------------------------------------------------------------------------------------

    def answer(self, turn: Turn) -> Answer:
        draft = dict(self.kept(turn) or self.loaded(turn))
        entering = turn.loop != self.action
        asked = None if entering else draft.get("asked")
        if not entering and (register := chosen_register(turn)) and (turn.is_payload or turn.wants("change_language")):
            # The question that is open is asked in the new language; what was said stays said.
            turn.register = register
            answer = Answer(register, loop=self.action, slots={"register": register, "register_held": True})
            return self._ask(turn, draft, answer.say("language_changed_here"))
        if not entering and (leaving := self._leaving(turn, asked)):
            return leaving
        if not entering and not turn.is_payload and moods.is_insult(turn.text):
            return self._ask(turn, draft, Answer(turn.register, loop=self.action).say("calm_here"))
        before = _content(draft)
        problem = self.absorb(turn, draft, asked)
        if entering and (instead := self.entrance(turn, draft)):
            return instead
        answer = Answer(turn.register, loop=self.action)
        changed = _content(draft) != before
        if problem:
            answer.add(text(turn.register, problem.key, None, **dict(problem.arguments)))
        elif not changed and not entering:
            if turn.confidence >= SURE and (leaving := self._elsewhere(turn)):
                return leaving
            if self._unfilled(turn, draft, asked, answer):
                return answer
        return self._ask(turn, draft, answer)

    def _leaving(self, turn: Turn, asked: str | None) -> Answer | None:
        """Let go for a button or a wish that is clear whatever else the message says."""
        if turn.wants("stop") or turn.intent == "decline_consent":
            return self._let_go(turn)
        is_clear = turn.is_payload or (turn.confidence >= SURE_OF_LEAVING and turn.loose_words > 2)
        return self._elsewhere(turn) if (is_clear and asked not in self.free_text) or turn.is_payload else None

    def _elsewhere(self, turn: Turn) -> Answer | None:
        target = ELSEWHERE.get(turn.intent)
        return Answer(turn.register, then=target) if target and target != self.action else None

    def _let_go(self, turn: Turn) -> Answer:
        answer = Answer(turn.register)
        if turn.intent == "decline_consent":
            answer.slots[self.slot] = None
            return answer.say("consent_declined", answer.choice("button_search", "/search_missions"))
        return answer.say("left_kept", answer.choice("button_resume", f"/{self.intent}"))

    def _unfilled(self, turn: Turn, draft: dict[str, Any], asked: str | None, answer: Answer) -> bool:
        """Serve a message that filled nothing. Returns True where the turn ends without the open question."""
        if asked == CONFIRM and turn.wants("affirm"):
            self.save(turn, draft, answer)
            return True
        if asked == CONFIRM and turn.wants("deny"):
            draft["asked"] = CONFIRM
            answer.slots[self.slot] = draft
            answer.say("what_to_change")
            return True
        # Shorter than SURE: at an optional question "no" and "nothing" mean the same as "skip".
        if asked in self.optional and (turn.intent == "skip" or turn.wants("deny")) and turn.confidence >= SURE / 2:
            draft.setdefault("skipped", []).append(asked)
        elif aside(turn, answer) or turn.intent == self.intent:
            return False
        elif turn.is_payload:
            answer.say("button_elsewhere")
        else:
            misunderstood(turn, answer, "not_understood_here")
        return False

    def _ask(self, turn: Turn, draft: dict[str, Any], answer: Answer) -> Answer:
        """Ask what is open, in one message with what was just said."""
        step = next((s for s in self.steps if self._is_open(s, draft)), CONFIRM)
        if step == CONFIRM and not self.shows_summary:
            answer.loop, answer.slots[self.slot] = None, None
            self.save(turn, draft, answer)
            return answer
        question = self.question(step, draft, turn)
        draft["asked"] = step
        answer.slots[self.slot] = draft
        # What can be tapped stands by itself: under one message there is room for the buttons of one question.
        apart = [(html, offered) for html, offered in answer.messages if offered]
        said = [html for html, offered in answer.messages if not offered]
        asked = text(turn.register, question.key, None, **dict(question.arguments))
        choices = list(question.choices)
        if step in self.optional and not question.keyboard:
            choices.append(answer.choice("button_skip", "/skip"))
        answer.messages = [*apart, (Html("\n\n".join([*said, asked])), choices)]
        answer.keyboard = question.keyboard
        return answer

    def _is_open(self, step: str, draft: dict[str, Any]) -> bool:
        return not draft.get(step) and step not in draft.get("skipped", ())


def _content(draft: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in draft.items() if key not in ("asked", "skipped")}


def take_text(turn: Turn, draft: dict[str, Any], step: str) -> Problem | None:
    """Take the words of a message as the answer to a question in free text, unless they say something else."""
    asides = ("help", "bot_challenge", "human_handoff", "change_language")
    # A title may sound like any wish: only a clear one is taken for it.
    is_question = len(turn.text.split()) > 2 or turn.text.rstrip().endswith(("?", "؟"))
    if turn.wants("skip") or (turn.intent in asides and turn.confidence >= SURE_OF_LEAVING and is_question):
        return None
    if turn.is_payload:
        return None
    words = " ".join(turn.text.split())
    shortest, longest = TEXT_LENGTH
    if not any(letter.isalpha() for letter in words) or len(words) < shortest:
        return Problem("text_too_short")
    if len(words) > longest:
        return Problem("text_too_long", (("most", longest),))
    draft[step] = words
    return None


def merge(turn: Turn, draft: dict[str, Any], key: str, kind: str) -> None:
    """Add and take out values of a list."""
    merged = turn.said.merged(draft.get(key, ()), kind)
    if merged or key in draft:
        draft[key] = list(merged)


def confirm_choices(answer: Answer, with_consent: bool) -> list[Choice]:
    """The buttons under a summary; with the consent's own wording where it is asked for."""
    yes = answer.choice("button_consent" if with_consent else "button_confirm", "/affirm")
    choices = [yes, answer.choice("button_correct", "/deny")]
    return [*choices, answer.choice("button_no_consent", "/decline_consent")] if with_consent else choices
