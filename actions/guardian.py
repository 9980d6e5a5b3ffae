"""A guardian agrees: the link that a teen hands on, and what whoever opens it is asked."""

from __future__ import annotations

from typing import Any

from actions.turn import Answer, Turn
from bot import clock
from bot.messages import effects
from bot.services import door, guardians, links

_NAMELESS = "bot"
"""Where nobody said what the bot is called (rasa shell)."""


def ask_guardian(turn: Turn, answer: Answer, told: dict[str, Any]) -> Answer:
    """Say that a guardian must agree first, with the link to hand on."""
    with door.opened() as session:
        outcome = effects.once(
            session, turn.update_id, "guardian_link", lambda: {"token": guardians.token_for(session, turn.chat_id, clock.now())}
        )
    link = links.start_link(turn.bot_name or _NAMELESS, f"{links.LETTERS['guardian']}_{outcome['token']}")
    return answer.say("apply_guardian", title=told["title"], organisation=told["organisation"], link=link)


def opened(turn: Turn, answer: Answer, token: str) -> Answer:
    """Somebody opened the link: he is asked, or has said yes."""
    at = clock.now()
    with door.opened() as session:
        if turn.said.last("answer") == "yes":
            outcome = effects.once(session, turn.update_id, "guardian", lambda: guardians.agree(session, turn.chat_id, token, at))
            result = outcome.pop("outcome")
            return answer.say(f"guardian_{result}", **outcome)
        minor = guardians.minor_of(session, token, at)
        if minor is None:
            return answer.say("guardian_gone", answer.choice("button_search", "/search_missions"))
        if not guardians.may_be_guardian(session, turn.chat_id, minor):
            return answer.say("guardian_self")
        name = minor.volunteer.first_name
    yes = answer.choice("button_guardian_yes", f'/start{{"payload": "g_{token}", "answer": "yes"}}')
    return answer.say("guardian_ask", yes, answer.choice("button_no_consent", "/decline_consent"), name=name)
