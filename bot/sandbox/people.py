"""The person's side of the local Telegram: what the page and the tests do in people's names."""

from __future__ import annotations

import time
from typing import Any

from bot.sandbox.methods import BOT, api_message, public_chat
from bot.sandbox.state import State

LONGEST_WAIT = 25.0


class Refused(Exception):
    """What was asked for cannot be done; the message says why."""


def meet(state: State, body: dict[str, Any]) -> int:
    """Make a person with his private chat, or bring one up to date; returns the chat."""
    name = str(body.get("first_name") or "").strip()[:64]
    if not name:
        raise Refused("first_name is missing")
    chat_id = int(body.get("id") or 700_000_000 + state.next_id("chat"))
    known = state.chat(chat_id) or {}
    person = {"id": chat_id, "is_bot": False, "first_name": name, "language_code": str(body.get("language_code") or "fr")}
    state.put_chat(
        {
            "id": chat_id,
            "type": str(body.get("type") or "private"),
            "first_name": name,
            "person": person,
            "is_blocked": known.get("is_blocked", False),
        }
    )
    state.announce(chat_id)
    return chat_id


def chat_of(state: State, chat_id: int) -> dict[str, Any]:
    chat = state.chat(chat_id)
    if chat is None:
        raise Refused("chat not found")
    return chat


def write(state: State, chat_id: int, body: dict[str, Any]) -> dict[str, int]:
    """A person sends a message: text, location, contact, sticker, voice, photo or document."""
    chat = chat_of(state, chat_id)
    content = _content(chat, body)
    with state.together():
        message = state.add_message(chat_id, "person", content)
        update_id = state.add_update(chat_id, "message", api_message(chat, message))
    return {"message_id": message["message_id"], "update_id": update_id}


def _content(chat: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    if text := str(body.get("text") or ""):
        if len(text) > 4096:
            raise Refused("Telegram parts texts of more than 4096 characters before it sends them")
        content: dict[str, Any] = {"text": text, "plain": text}
        if text.startswith("/"):
            length = len(text.split()[0])
            content["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        return content
    if location := body.get("location"):
        return {"location": {key: float(location[key]) for key in ("latitude", "longitude")}}
    if body.get("contact"):
        contact = body["contact"] if isinstance(body["contact"], dict) else {}
        return {
            "contact": {
                "phone_number": "+212600000000",
                "first_name": chat["first_name"],
                "user_id": chat["person"]["id"],
                **contact,
            }
        }
    file = {"file_id": "sandbox", "file_unique_id": "sandbox"}
    if body.get("sticker"):
        return {"sticker": {**file, "type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}}
    if body.get("voice"):
        return {"voice": {**file, "duration": 3}}
    if body.get("photo"):
        return {"photo": [{**file, "width": 90, "height": 90}]}
    if body.get("document"):
        return {"document": {**file, "file_name": "document.pdf"}}
    raise Refused("nothing to send")


def edit(state: State, chat_id: int, message_id: int, text: str) -> dict[str, int]:
    """A person edits an own message."""
    chat = chat_of(state, chat_id)
    message = state.message(chat_id, message_id)
    if message is None or message["sender"] != "person" or not text.strip():
        raise Refused("not an own message")
    message.update(text=text, plain=text, edited=True)
    state.put_message(chat_id, message)
    shown = {**api_message(chat, message), "edit_date": int(time.time())}
    return {"update_id": state.add_update(chat_id, "edited_message", shown)}


def tap(state: State, chat_id: int, message_id: int, data: str) -> dict[str, Any]:
    """A person taps an inline button. The data need not be one that exists: tests forge them."""
    chat = chat_of(state, chat_id)
    message = state.message(chat_id, message_id)
    query_id = f"{chat_id}:{state.next_id('tap')}"
    state.taps[query_id] = time.monotonic()
    query: dict[str, Any] = {"id": query_id, "from": chat["person"], "chat_instance": str(chat_id), "data": data}
    if message is not None:
        query["message"] = api_message(chat, message)
    else:
        query["message"] = {"message_id": message_id, "chat": public_chat(chat), "date": 0}
    return {"update_id": state.add_update(chat_id, "callback_query", query), "callback_query_id": query_id}


def membership(state: State, chat_id: int, status: str) -> dict[str, int]:
    """A person blocks the bot (kicked) or lets it in again (member)."""
    if status not in ("kicked", "member"):
        raise Refused("status is kicked or member")
    chat = chat_of(state, chat_id)
    before = "kicked" if chat.get("is_blocked") else "member"
    chat["is_blocked"] = status == "kicked"
    state.put_chat(chat)
    change = {
        "chat": public_chat(chat),
        "from": chat["person"],
        "date": int(time.time()),
        "old_chat_member": _member(before),
        "new_chat_member": _member(status),
    }
    return {"update_id": state.add_update(chat_id, "my_chat_member", change)}


def _member(status: str) -> dict[str, Any]:
    member: dict[str, Any] = {"status": status, "user": BOT}
    return {**member, "until_date": 0} if status == "kicked" else member


async def look(state: State, chat_id: int, after: int, wait: float) -> dict[str, Any]:
    """What changed in a chat since a sequence number; waits for a change where nothing has."""
    chat_of(state, chat_id)
    deadline = time.monotonic() + min(wait, LONGEST_WAIT)
    was_typing = _is_typing(state, chat_id)
    toast = (state.toasts.get(chat_id) or {}).get("number")
    while True:
        found = state.messages_after(chat_id, after)
        typing = _is_typing(state, chat_id)
        new_toast = (state.toasts.get(chat_id) or {}).get("number")
        left = deadline - time.monotonic()
        if found or typing != was_typing or toast != new_toast or left <= 0 or state.is_ending:
            return {
                "sequence": max([after, *(message["sequence"] for message in found)]),
                "messages": found,
                "typing": typing,
                "toast": state.toasts.get(chat_id),
            }
        await state.change(chat_id, min(left, 1.0))


def _is_typing(state: State, chat_id: int) -> bool:
    return state.typing_until.get(chat_id, 0.0) > time.monotonic()
