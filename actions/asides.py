"""What may be asked in the middle of anything: answered shortly, after which the question that was open is asked again."""

from __future__ import annotations

from actions.handoff import hand_over
from actions.turn import Answer, Turn, misunderstood
from bot.texts import has

TALK = {
    "bot_challenge": "utter_bot_challenge",
    "goodbye": "utter_goodbye",
    "out_of_scope": "utter_out_of_scope",
    "thank": "utter_thank",
}
ASIDES = {
    "bot_challenge": "utter_bot_challenge",
    "greet": "aside_greet",
    "help": "aside_help",
    "thank": "utter_thank",
}
UNSUPPORTED = {
    "audio": "unsupported_voice",
    "video_note": "unsupported_voice",
    "voice": "unsupported_voice",
    "animation": "unsupported_picture",
    "photo": "unsupported_picture",
    "video": "unsupported_picture",
    "document": "unsupported_document",
    "contact": "unsupported_contact",
    "edited": "unsupported_edited",
    "old_button": "button_expired",
}
"""What cannot be read, and the text that says so; anything else is "unsupported"."""
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
    "answer_place": "action_answer_place",
    "answer_proposal": "action_answer_proposal",
    "dismiss_mission": "action_dismiss_mission",
    "invite_volunteer": "action_invite_volunteer",
    "write_message": "relay_form",
    "counter_offer": "counter_form",
    "answer_counter": "action_answer_counter",
    "which_question": "action_which_question",
    "show_code": "action_show_code",
    "check_in": "action_check_in",
    "attendance": "action_attendance",
    "reflect": "reflection_form",
    "calendar": "action_calendar",
    "end_thread": "action_end_thread",
    "start": "action_start",
    "change_language": "action_change_language",
    "offer_volunteering": "offer_form",
    "register_association": "organisation_form",
    "publish_initiative": "initiative_form",
    "update_initiative": "initiative_change_form",
    "close_initiative": "action_close_initiative",
    "give_feedback": "feedback_form",
    "report_problem": "report_form",
    "export_my_data": "action_export_my_data",
    "delete_my_data": "erasure_form",
    "ask_for_help": "aid_form",
    "tell_address": "aid_address_form",
    "answer_help_call": "action_answer_help_call",
    "close_help_request": "action_close_help_request",
    "certificate": "action_certificate",
    "confirm_participation": "action_confirm_participation",
    "verify_certificate": "action_verify_certificate",
}
"""Intents that another action serves; a form lets go for them and keeps its draft."""


def faq_key(question: str | None) -> str:
    """The text that answers a question of the FAQ; a general one where it is not known which."""
    key = f"faq_{question}"
    return key if question and has(key) else "faq_overview"


def unsupported_key(turn: Turn) -> str:
    """The text that says what cannot be read, and what to do instead."""
    return UNSUPPORTED.get(turn.said.last("kind") or "", "unsupported")


def aside(turn: Turn, answer: Answer) -> bool:
    """Answer an aside, if the message is one. Returns whether it was."""
    if turn.intent.startswith("faq") and turn.wants(turn.intent):
        answer.say(faq_key(turn.faq))
        return True
    if turn.intent == "unsupported":
        answer.say(unsupported_key(turn))
        return True
    if turn.wants("out_of_scope"):
        misunderstood(turn, answer, "utter_out_of_scope")
        return True
    if turn.wants("human_handoff"):
        answer.add(hand_over(turn))
        return True
    if turn.intent in ASIDES and turn.wants(turn.intent):
        answer.say(ASIDES[turn.intent])
        return True
    return False
