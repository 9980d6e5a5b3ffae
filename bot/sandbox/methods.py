"""The methods of the Bot API that the sandbox serves, with the limits and wordings of the real one."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from bot.sandbox import content, profile
from bot.sandbox.content import Parameters, decoded, whole_number
from bot.sandbox.errors import ApiError, bad
from bot.sandbox.faults import outage
from bot.sandbox.state import TYPING_SECONDS, UPDATES, State

BOT = {
    "id": 1,
    "is_bot": True,
    "first_name": "Tadamon",
    "username": "tadamon_sandbox_bot",
    "can_join_groups": True,
    "can_read_all_group_messages": False,
    "supports_inline_queries": False,
}
LONGEST_POLL = 50
LONGEST_TOAST = 200
_SECRET = re.compile(r"[A-Za-z0-9_-]*")
_CHAT_ACTIONS = frozenset(
    "typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker find_location"
    " record_video_note upload_video_note".split()
)
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current"
    " content and reply markup of the message"
)

Method = Callable[[State, Parameters], Awaitable[Any]]


def _chat(state: State, parameters: Parameters) -> dict[str, Any]:
    if parameters.get("chat_id") in (None, ""):
        raise bad("chat_id is empty")
    chat = state.chat(whole_number(parameters, "chat_id", "chat not found"))
    if chat is None:
        raise bad("chat not found")
    if chat.get("is_blocked"):
        raise ApiError(403, "Forbidden: bot was blocked by the user")
    return chat


def public_chat(chat: dict[str, Any]) -> dict[str, Any]:
    """A chat as the Bot API shows it."""
    return {"id": chat["id"], "type": chat["type"], "first_name": chat["first_name"]}


def _post(state: State, chat: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    """A new message of the bot; answers as the Bot API does."""
    state.typing_until.pop(chat["id"], None)
    return api_message(chat, state.add_message(chat["id"], "bot", message))


def api_message(chat: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    """A stored message as the Bot API shows it."""
    sender = BOT if message["sender"] == "bot" else chat["person"]
    shown = {
        "message_id": message["message_id"],
        "date": message["date"],
        "chat": public_chat(chat),
        "from": sender,
    }
    for key in ("location", "contact", "sticker", "voice", "photo", "document", "entities"):
        if message.get(key):
            shown[key] = message[key]
    if message.get("plain"):
        shown["caption" if message.get("photo") or message.get("document") else "text"] = message["plain"]
    if message.get("buttons"):
        shown["reply_markup"] = {"inline_keyboard": message["buttons"]}
    return shown


async def get_me(state: State, parameters: Parameters) -> Any:
    return BOT


def _remember_allowed(state: State, parameters: Parameters) -> None:
    """Which kinds of updates are wanted from now on; unless told, those that were wanted before."""
    allowed = decoded(parameters.get("allowed_updates"))
    if allowed is None or allowed == state.fact("allowed_updates"):
        return
    if not isinstance(allowed, list):
        raise bad("can't parse allowed_updates: expected an Array of String")
    state.set_fact("allowed_updates", allowed)


def _poll_once(state: State, offset: int, limit: int) -> list[dict[str, Any]]:
    """What waits, in the order of update_id, as Telegram shows it; copies lie below an offset that confirmed them."""
    copies = state.take_copies(limit)
    found = copies + state.waiting_updates(offset, limit - len(copies))
    state.counts.add("updates_shown", len(found))
    state.counts.add("updates_repeated", len(copies))
    return sorted(found, key=lambda update: int(update["update_id"]))


async def get_updates(state: State, parameters: Parameters) -> Any:
    if state.fact("webhook"):
        raise ApiError(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
    _remember_allowed(state, parameters)
    offset = whole_number(parameters, "offset", "offset is invalid", 0)
    limit = min(max(whole_number(parameters, "limit", "limit is invalid", 100), 1), 100)
    if offset > 0:
        state.confirm_updates(offset)
    deadline = time.monotonic() + min(whole_number(parameters, "timeout", "timeout is invalid", 0), LONGEST_POLL)
    state.poll += 1
    poll = state.poll
    state.announce(UPDATES)
    while True:
        if poll != state.poll:
            raise ApiError(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
        if outage(state.faults):
            raise ApiError(502, "Bad Gateway")
        found = _poll_once(state, offset, limit)
        left = deadline - time.monotonic()
        if found or left <= 0 or state.is_ending:
            return found
        await state.change(UPDATES, left)


async def set_webhook(state: State, parameters: Parameters) -> Any:
    url = str(parameters.get("url") or "")
    if not url:
        return await delete_webhook(state, parameters)
    parts = urlsplit(url)
    if parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost")):
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    secret = str(parameters.get("secret_token") or "")
    if len(secret) > 256:
        raise bad("secret token is too long")
    if not _SECRET.fullmatch(secret):
        raise bad("secret token contains unallowed characters")
    _remember_allowed(state, parameters)
    state.set_fact("webhook", {"url": url, "secret": secret})
    if _is_true(parameters, "drop_pending_updates"):
        state.drop_updates()
    state.announce(UPDATES)
    return True


def _is_true(parameters: Parameters, name: str) -> bool:
    return str(parameters.get(name, "")).lower() in ("true", "1")


async def delete_webhook(state: State, parameters: Parameters) -> Any:
    state.set_fact("webhook", None)
    if _is_true(parameters, "drop_pending_updates"):
        state.drop_updates()
    return True


async def get_webhook_info(state: State, parameters: Parameters) -> Any:
    webhook = state.fact("webhook") or {}
    return {
        "url": webhook.get("url", ""),
        "has_custom_certificate": False,
        "pending_update_count": state.pending_count(),
    }


async def send_message(state: State, parameters: Parameters) -> Any:
    chat = _chat(state, parameters)
    return _post(state, chat, {**content.text(parameters), **content.markup(parameters)})


async def send_location(state: State, parameters: Parameters) -> Any:
    chat = _chat(state, parameters)
    try:
        where = {key: float(parameters[key]) for key in ("latitude", "longitude")}
    except (KeyError, TypeError, ValueError):
        raise bad("latitude and longitude must be non-empty") from None
    return _post(state, chat, {"location": where, **content.markup(parameters)})


async def send_photo(state: State, parameters: Parameters) -> Any:
    chat = _chat(state, parameters)
    photo = {**content.upload(parameters, "photo"), "width": 90, "height": 90}
    return _post(state, chat, {"photo": [photo], **content.caption(parameters), **content.markup(parameters)})


async def send_document(state: State, parameters: Parameters) -> Any:
    chat = _chat(state, parameters)
    document = content.upload(parameters, "document")
    return _post(state, chat, {"document": document, **content.caption(parameters), **content.markup(parameters)})


def _editable(state: State, parameters: Parameters) -> tuple[dict[str, Any], dict[str, Any]]:
    chat = _chat(state, parameters)
    message = state.message(chat["id"], whole_number(parameters, "message_id", "message identifier is not specified"))
    if message is None or message.get("deleted"):
        raise bad("message to edit not found")
    if message["sender"] != "bot":
        raise bad("message can't be edited")
    message.setdefault("original", message.get("plain", ""))
    return chat, message


async def edit_message_text(state: State, parameters: Parameters) -> Any:
    chat, message = _editable(state, parameters)
    if message.get("photo") or message.get("document") or message.get("location"):
        raise bad("there is no text in the message to edit")
    words = content.text(parameters)
    buttons = content.markup(parameters)["buttons"]
    if words["text"] == message.get("text") and buttons == message.get("buttons"):
        raise bad(_NOT_MODIFIED)
    message.update(words, buttons=buttons, edited=True)
    state.put_message(chat["id"], message)
    return api_message(chat, message)


async def edit_message_reply_markup(state: State, parameters: Parameters) -> Any:
    chat, message = _editable(state, parameters)
    buttons = content.markup(parameters)["buttons"]
    if buttons == message.get("buttons"):
        raise bad(_NOT_MODIFIED)
    message["buttons"] = buttons
    state.put_message(chat["id"], message)
    return api_message(chat, message)


async def delete_message(state: State, parameters: Parameters) -> Any:
    chat = _chat(state, parameters)
    message = state.message(chat["id"], whole_number(parameters, "message_id", "message identifier is not specified"))
    if message is None or message.get("deleted"):
        raise bad("message to delete not found")
    message.setdefault("original", message.get("plain", ""))
    message.update(deleted=True, text="", plain="", buttons=None)
    state.put_message(chat["id"], message)
    return True


async def answer_callback_query(state: State, parameters: Parameters) -> Any:
    query_id = str(parameters.get("callback_query_id") or "")
    text = str(parameters.get("text") or "")
    limits = state.gate.limits
    made_at = state.taps.get(query_id)
    if made_at is None or (limits and time.monotonic() - made_at > limits.callback_seconds):
        raise bad("query is too old and response timeout expired or query ID is invalid")
    if len(text) > LONGEST_TOAST:
        raise bad("MESSAGE_TOO_LONG")
    del state.taps[query_id]
    chat_id = int(query_id.split(":")[0])
    if text:
        state.toasts[chat_id] = {"number": state.next_id("toast"), "text": text}
        state.announce(chat_id)
    return True


async def send_chat_action(state: State, parameters: Parameters) -> Any:
    chat = _chat(state, parameters)
    if parameters.get("action") not in _CHAT_ACTIONS:
        raise bad("wrong parameter action in request")
    state.typing_until[chat["id"]] = time.monotonic() + TYPING_SECONDS
    state.announce(chat["id"])
    return True


METHODS: dict[str, Method] = {
    "getMe": get_me,
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "sendMessage": send_message,
    "sendLocation": send_location,
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "editMessageText": edit_message_text,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "answerCallbackQuery": answer_callback_query,
    "sendChatAction": send_chat_action,
    "setMyCommands": profile.set_my_commands,
    "deleteMyCommands": profile.delete_my_commands,
    "getMyCommands": profile.get_my_commands,
    "setMyDescription": profile.set_my_description,
    "getMyDescription": profile.get_my_description,
    "setMyShortDescription": profile.set_my_short_description,
    "getMyShortDescription": profile.get_my_short_description,
}
