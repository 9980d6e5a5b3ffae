"""What may be asked in the middle of anything: answered shortly, after which the question that was open is asked again."""

from __future__ import annotations

from actions.turn import Answer, Turn
from bot.texts import has

ASIDES = {
    "bot_challenge": "utter_bot_challenge",
    "greet": "aside_greet",
    "help": "aside_help",
    "human_handoff": "utter_human_handoff",
    "thank": "utter_thank",
    "unsupported": "unsupported",
    "out_of_scope": "utter_out_of_scope",
}
ELSEWHERE = {
    "search_missions": "action_search_missions",
    "apply_to_mission": "action_apply_to_mission",
    "my_commitments": "action_my_commitments",
    "withdraw_application": "action_withdraw_application",
    "report_participation": "action_report_participation",
    "show_profile": "action_show_profile",
    "show_volunteers": "action_show_volunteers",
    "my_initiatives": "action_my_initiatives",
    "subscribe": "action_subscribe",
    "unsubscribe": "action_unsubscribe",
    "answer_application": "action_answer_application",
    "start": "action_start",
    "change_language": "action_change_language",
    "offer_volunteering": "offer_form",
    "register_association": "organisation_form",
    "publish_initiative": "initiative_form",
    "update_initiative": "initiative_change_form",
    "close_initiative": "action_close_initiative",
}
"""Intents that another action serves; a form lets go for them and keeps its draft."""


def faq_key(question: str | None) -> str:
    """The text that answers a question of the FAQ; a general one where it is not known which."""
    key = f"faq_{question}"
    return key if question and has(key) else "faq_overview"


def is_old_button(turn: Turn) -> bool:
    """Whether a button was tapped that is too old, was tapped before, or never was one."""
    return turn.intent == "unsupported" and turn.said.last("kind") == "old_button"


def aside(turn: Turn, answer: Answer) -> bool:
    """Answer an aside, if the message is one. Returns whether it was."""
    if turn.intent.startswith("faq") and turn.wants(turn.intent):
        answer.say(faq_key(turn.faq))
        return True
    if is_old_button(turn):
        answer.say("button_expired")
        return True
    if turn.intent in ASIDES and turn.wants(turn.intent):
        answer.say(ASIDES[turn.intent])
        return True
    return False
