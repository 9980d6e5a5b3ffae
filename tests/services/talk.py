"""Conversations as Rasa writes them down, for tests of what reads them."""

from __future__ import annotations

from typing import Any

from tests.services.tracker_file import Events

Row = tuple[int, str, float, dict[str, Any]]
AT = 1795733081.0
"""24 November 2026 or so, in seconds since 1970."""


def parse(words: str, intent: str | None, confidence: float, register: str | None, **more: Any) -> dict[str, Any]:
    """What Rasa's understanding says of a sentence; the intent nlu_fallback leaves greet as the likeliest."""
    ranking = [{"name": intent or "greet", "confidence": confidence}, {"name": "search_missions", "confidence": confidence / 2}]
    if intent == "nlu_fallback":
        ranking = [{"name": "nlu_fallback", "confidence": 0.4}, {"name": "greet", "confidence": confidence}, ranking[1]]
    return {
        "intent": ranking[0] if intent else {"name": None, "confidence": 0.0},
        "intent_ranking": ranking if intent else [],
        "entities": [],
        "text": words,
        "register": {"name": register, "confidence": 0.99},
        **more,
    }


def user(
    chat_id: int,
    words: str,
    update_id: int | None = None,
    intent: str | None = "greet",
    confidence: float = 0.9,
    at: float = AT,
    **more: Any,
) -> Row:
    """A person's sentence or tap; ``metadata``: what the gateway adds."""
    register = more.pop("register", "fr")
    metadata = {} if update_id is None else {"update_id": update_id, "first_name": "Amina", **more.pop("metadata", {})}
    return chat_id, "user", at, {"text": words, "metadata": metadata, "parse_data": parse(words, intent, confidence, register, **more)}


def bot(chat_id: int, words: str | None, at: float = AT, titles: tuple[str, ...] = (), done: bool = False) -> Row:
    """What the bot answered; with ``done`` and no words, the confirmation of the turn."""
    buttons = [{"title": title, "payload": "/affirm"} for title in titles] or None
    return chat_id, "bot", at, {"text": words, "data": {"buttons": buttons, "custom": {"turn": "done"} if done else None}}


def turn(chat_id: int, update_id: int, words: str, answer: str = "Bonjour", at: float = AT, **understood: Any) -> list[Row]:
    """A whole turn."""
    return [
        user(chat_id, words, update_id, at=at, **understood),
        (chat_id, "user_featurization", at, {}),
        (chat_id, "action", at + 0.1, {"name": "action_answer"}),
        bot(chat_id, answer, at + 0.2, ("Oui",)),
        bot(chat_id, None, at + 0.2, done=True),
        (chat_id, "action", at + 0.3, {"name": "action_listen"}),
    ]


def say(events: Events, chat_id: int, *sentences: str, first_update: int = 1, **understood: Any) -> None:
    """Turns one after the other, a second apart."""
    rows = [turn(chat_id, first_update + n, words, at=AT + n, **understood) for n, words in enumerate(sentences)]
    events.add_many([row for turn_rows in rows for row in turn_rows])
