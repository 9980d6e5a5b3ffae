"""Writing to the other side through the bot, and ending that."""

from __future__ import annotations

from typing import Any

from actions.commitments import MOST_SHOWN
from actions.form import DraftForm, Problem, Question
from actions.turn import Answer, Turn, TurnAction
from bot import clock
from bot.messages import effects
from bot.messages.outbox import Choice
from bot.services import door, relay
from bot.services.cards import short

DROP = "/stop"


class OneMessage(DraftForm):
    """To whom, by button; then whatever is written next goes there as it is, and the form ends. Buttons and "stop" leave it.

    Said is said: a message to somebody is not shown once more before it goes, as none is anywhere else people write.
    """

    steps = ("words",)
    free_text = frozenset({"words"})
    shows_summary = False
    begins_anew = True
    asks: str
    """The key of what is asked, with the other's {name} and the {title} it is about."""
    longest: int

    def absorb(self, turn: Turn, draft: dict[str, Any], asked: str | None) -> Problem | None:
        if turn.is_payload or asked is None:
            return None
        words = "\n".join(line for line in (" ".join(line.split()) for line in turn.text.splitlines()) if line)
        if len(words) > self.longest:
            return Problem("text_too_long", (("most", self.longest),))
        if words:
            draft["words"] = words
        return None

    def question(self, step: str, draft: dict[str, Any], turn: Turn) -> Question:
        choices = [Answer(turn.register).choice("button_drop", DROP)]
        return Question(self.asks, choices, arguments=(("name", draft["name"]), ("title", draft["title"])))

    def _let_go(self, turn: Turn) -> Answer:
        answer = Answer(turn.register, slots={self.slot: None})
        return answer.say("relay_left", answer.choice("button_search", "/search_missions"))


class RelayForm(OneMessage):
    """A message to the other side of a place that was given."""

    action = "relay_form"
    slot = "relay"
    intent = "write_message"
    asks = "relay_ask"
    longest = relay.WORDS_LENGTH

    def entrance(self, turn: Turn, draft: dict[str, Any]) -> Answer | None:
        number = turn.said.row_id("application")
        with door.reading() as session:
            known = relay.threads(session, turn.chat_id, clock.now())
            thread = next((one for one in known if one.application.id == number), None)
            if number is None and len(known) == 1:
                thread = known[0]
            if thread is not None:
                draft.update(application=thread.application.id, name=thread.name, title=thread.title)
                return None
            choices = [Choice(short(f"{one.name} · {one.title}"), relay.write_payload(one.application.id)) for one in known[:MOST_SHOWN]]
        answer = Answer(turn.register, slots={self.slot: None})
        if number is not None:
            return answer.say("relay_unknown", answer.choice("button_commitments", "/my_commitments"))
        if not choices:
            return answer.say("relay_none", answer.choice("button_search", "/search_missions"))
        return answer.say("relay_which", *choices)

    def save(self, turn: Turn, draft: dict[str, Any], answer: Answer) -> None:
        at = clock.now()
        with door.opened() as session:
            outcome = effects.once(
                session,
                turn.update_id,
                self.action,
                lambda: relay.send(session, turn.chat_id, int(draft["application"]), draft["words"], at),
            )
        result = outcome.pop("outcome")
        if result == "sent":
            answer.say("relay_sent", answer.choice("button_write_more", relay.write_payload(int(draft["application"]))), **outcome)
        else:
            answer.say("relay_unknown", answer.choice("button_commitments", "/my_commitments"))


class EndThread(TurnAction):
    """Block the other side, or let the team read what was written, by button."""

    action = "action_end_thread"

    def answer(self, turn: Turn) -> Answer:
        at, answer = clock.now(), Answer(turn.register)
        number, wish = turn.said.row_id("application"), turn.said.last("answer")
        search = answer.choice("button_search", "/search_missions")
        if number is None or wish not in ("block", "report"):
            return answer.say("relay_unknown", search)
        end = relay.block if wish == "block" else relay.report
        with door.opened() as session:
            outcome = effects.once(session, turn.update_id, f"{self.action}:{wish}", lambda: end(session, turn.chat_id, number, at))
        result = outcome.pop("outcome")
        if result == "unknown":
            return answer.say("relay_unknown", search)
        if result == "reported":
            block = answer.choice("button_block", f'/end_thread{{"application": "{number}", "answer": "block"}}')
            return answer.say("thread_reported", block, **outcome)
        return answer.say("thread_blocked", search, **outcome)
