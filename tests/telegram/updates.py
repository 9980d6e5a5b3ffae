"""Updates as Telegram sends them, cut down to what a test is about."""

from __future__ import annotations

from typing import Any

CHAT = 7_000_000_001
"""A private chat whose id needs more than 32 bits."""
PERSON = {"id": CHAT, "is_bot": False, "first_name": "Salma", "language_code": "fr"}


def message(update_id: int = 1, chat_id: int = CHAT, **content: Any) -> dict[str, Any]:
    """A message in a private chat: text, location, sticker …"""
    sender = {**PERSON, "id": chat_id}
    return {
        "update_id": update_id,
        "message": {"message_id": 5, "date": 0, "chat": {"id": chat_id, "type": "private"}, "from": sender, **content},
    }


def group_message(update_id: int = 1, chat_id: int = -100_200, **content: Any) -> dict[str, Any]:
    update = message(update_id, **content)
    update["message"]["chat"] = {"id": chat_id, "type": "supergroup", "title": "Voisins"}
    return update


def tap(update_id: int = 1, chat_id: int = CHAT, data: str = "token", **other: Any) -> dict[str, Any]:
    """A tapped button, under a message that Telegram still shows unless told otherwise."""
    under = {"message_id": 4, "date": 1, "chat": {"id": chat_id, "type": "private"}, "text": "?"}
    query = {"id": f"q{update_id}", "from": {**PERSON, "id": chat_id}, "chat_instance": "1", "data": data, "message": under}
    return {"update_id": update_id, "callback_query": {**query, **other}}


def membership(update_id: int = 1, chat_id: int = CHAT, status: str = "kicked", chat_type: str = "private") -> dict[str, Any]:
    """The person blocks the bot (kicked) or lets it in again (member)."""
    change = {
        "chat": {"id": chat_id, "type": chat_type},
        "from": {**PERSON, "id": chat_id},
        "date": 0,
        "old_chat_member": {"status": "member"},
        "new_chat_member": {"status": status},
    }
    return {"update_id": update_id, "my_chat_member": change}
