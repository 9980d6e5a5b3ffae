"""The methods of the Bot API that the sandbox serves, with the limits and wordings of the real one."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from bot.sandbox.markup import MarkupError, plain_text
from bot.sandbox.state import TYPING_SECONDS, State

BOT = {
    "id": 1,
    "is_bot": True,
    "first_name": "Tadamon",
    "username": "tadamon_sandbox_bot",
    "can_join_groups": True,
    "can_read_all_group_messages": False,
    "supports_inline_queries": False,
}
LONGEST_TEXT = 4096
LONGEST_CALLBACK = 64
LONGEST_POLL = 50

Parameters = dict[str, Any]
Method = Callable[[State, Parameters], Awaitable[Any]]


class ApiError(Exception):
    """An answer that is not ok."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def _bad(description: str) -> ApiError:
    return ApiError(400, f"Bad Request: {description}")


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _int(parameters: Parameters, name: str, default: int | None = None) -> int:
    value = parameters.get(name, default)
    try:
        return int(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise _bad(f"{name} is not specified") from None


def _chat(state: State, parameters: Parameters) -> dict[str, Any]:
    chat = state.chat(_int(parameters, "chat_id"))
    if chat is None:
        raise _bad("chat not found")
    if chat.get("is_blocked"):
        raise ApiError(403, "Forbidden: bot was blocked by the user")
    return chat


def public_chat(chat: dict[str, Any]) -> dict[str, Any]:
    """A chat as the Bot API shows it."""
    return {"id": chat["id"], "type": chat["type"], "first_name": chat["first_name"]}


def _text(parameters: Parameters, name: str = "text") -> tuple[str, str]:
    """The text as sent and as read."""
    text = str(parameters.get(name) or "")
    try:
        plain = plain_text(text) if str(parameters.get("parse_mode", "")).upper() == "HTML" else text
    except MarkupError as error:
        raise _bad(f"can't parse entities: {error}") from None
    if not plain.strip():
        raise _bad("message text is empty")
    if len(plain) > LONGEST_TEXT:
        raise _bad("message is too long")
    return text, plain


def _markup(parameters: Parameters) -> dict[str, Any]:
    markup = _json(parameters.get("reply_markup")) or {}
    for row in markup.get("inline_keyboard") or []:
        for button in row:
            if not button.get("text"):
                raise _bad("text buttons are unallowed in the inline keyboard")
            if len(str(button.get("callback_data") or "").encode()) > LONGEST_CALLBACK:
                raise _bad("BUTTON_DATA_INVALID")
    return {
        "buttons": markup.get("inline_keyboard"),
        "keyboard": markup.get("keyboard"),
        "removes_keyboard": bool(markup.get("remove_keyboard")),
    }


def _post(state: State, chat: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """A new message of the bot; answers as the Bot API does."""
    message = {
        "message_id": state.next_id(f"message:{chat['id']}"),
        "date": int(time.time()),
        "sender": "bot",
        **content,
    }
    state.typing_until.pop(chat["id"], None)
    state.put_message(chat["id"], message)
    return api_message(chat, message)


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
        shown["text"] = message["plain"]
    if message.get("buttons"):
        shown["reply_markup"] = {"inline_keyboard": message["buttons"]}
    return shown


async def get_me(state: State, parameters: Parameters) -> Any:
    return BOT


async def get_updates(state: State, parameters: Parameters) -> Any:
    if state.fact("webhook"):
        raise ApiError(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
    if state.is_polled:
        raise ApiError(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
    offset, limit = _int(parameters, "offset", 0), min(_int(parameters, "limit", 100), 100)
    if offset > 0:
        state.confirm_updates(offset)
    deadline = time.monotonic() + min(_int(parameters, "timeout", 0), LONGEST_POLL)
    state.is_polled = True
    try:
        while True:
            found = state.waiting_updates(offset, limit)
            left = deadline - time.monotonic()
            if found or left <= 0 or state.is_ending:
                return found
            await state.change(left)
    finally:
        state.is_polled = False


async def set_webhook(state: State, parameters: Parameters) -> Any:
    url = str(parameters.get("url") or "")
    if not url:
        return await delete_webhook(state, parameters)
    parts = urlsplit(url)
    if parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost")):
        raise _bad("bad webhook: An HTTPS URL must be provided for webhook")
    state.set_fact("webhook", {"url": url, "secret": parameters.get("secret_token")})
    state.announce()
    return True


async def delete_webhook(state: State, parameters: Parameters) -> Any:
    state.set_fact("webhook", None)
    if str(parameters.get("drop_pending_updates", "")).lower() == "true":
        state.confirm_updates(2**62)
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
    text, plain = _text(parameters)
    return _post(
        state,
        chat,
        {"text": text, "plain": plain, "html": bool(parameters.get("parse_mode")), **_markup(parameters)},
    )


async def send_location(state: State, parameters: Parameters) -> Any:
    chat = _chat(state, parameters)
    where = {key: float(parameters[key]) for key in ("latitude", "longitude")}
    return _post(state, chat, {"location": where, **_markup(parameters)})


def _editable(state: State, parameters: Parameters) -> tuple[dict[str, Any], dict[str, Any]]:
    chat = _chat(state, parameters)
    message = state.message(chat["id"], _int(parameters, "message_id"))
    if message is None or message.get("deleted"):
        raise _bad("message to edit not found")
    if message["sender"] != "bot":
        raise _bad("message can't be edited")
    return chat, message


async def edit_message_text(state: State, parameters: Parameters) -> Any:
    chat, message = _editable(state, parameters)
    text, plain = _text(parameters)
    buttons = _markup(parameters)["buttons"]
    if text == message.get("text") and buttons == message.get("buttons"):
        raise _bad(
            "message is not modified: specified new message content and reply markup are exactly the same as a current"
            " content and reply markup of the message"
        )
    message.update(text=text, plain=plain, html=bool(parameters.get("parse_mode")), buttons=buttons, edited=True)
    state.put_message(chat["id"], message)
    return api_message(chat, message)


async def edit_message_reply_markup(state: State, parameters: Parameters) -> Any:
    chat, message = _editable(state, parameters)
    buttons = _markup(parameters)["buttons"]
    if buttons == message.get("buttons"):
        raise _bad("message is not modified")
    message["buttons"] = buttons
    state.put_message(chat["id"], message)
    return api_message(chat, message)


async def delete_message(state: State, parameters: Parameters) -> Any:
    chat = _chat(state, parameters)
    message = state.message(chat["id"], _int(parameters, "message_id"))
    if message is None or message.get("deleted"):
        raise _bad("message to delete not found")
    message.update(deleted=True, text="", plain="", buttons=None)
    state.put_message(chat["id"], message)
    return True


async def answer_callback_query(state: State, parameters: Parameters) -> Any:
    query_id = str(parameters.get("callback_query_id") or "")
    if query_id not in state.taps:
        raise _bad("query is too old and response timeout expired or query ID is invalid")
    state.taps.discard(query_id)
    text = str(parameters.get("text") or "")
    if len(text) > 200:
        raise _bad("MESSAGE_TOO_LONG")
    chat_id = int(query_id.split(":")[0])
    if text:
        state.toasts[chat_id] = {"number": state.next_id("toast"), "text": text}
        state.announce()
    return True


async def send_chat_action(state: State, parameters: Parameters) -> Any:
    chat = _chat(state, parameters)
    state.typing_until[chat["id"]] = time.monotonic() + TYPING_SECONDS
    state.announce()
    return True


def _setter(name: str) -> Method:
    async def set_it(state: State, parameters: Parameters) -> Any:
        known = state.fact(name, {})
        known[str(parameters.get("language_code") or "")] = {
            key: _json(value) if key == "commands" else value for key, value in parameters.items()
        }
        state.set_fact(name, known)
        return True

    return set_it


async def get_my_commands(state: State, parameters: Parameters) -> Any:
    known = state.fact("commands", {})
    return (known.get(str(parameters.get("language_code") or "")) or {}).get("commands", [])


METHODS: dict[str, Method] = {
    "getme": get_me,
    "getupdates": get_updates,
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info,
    "sendmessage": send_message,
    "sendlocation": send_location,
    "editmessagetext": edit_message_text,
    "editmessagereplymarkup": edit_message_reply_markup,
    "deletemessage": delete_message,
    "answercallbackquery": answer_callback_query,
    "sendchataction": send_chat_action,
    "setmycommands": _setter("commands"),
    "getmycommands": get_my_commands,
    "setmydescription": _setter("description"),
    "setmyshortdescription": _setter("short_description"),
}


async def call(state: State, name: str, parameters: Parameters) -> Any:
    """Call a method by name, after the faults that were asked for. Raises ApiError."""
    method = METHODS.get(name.lower())
    if method is None:
        raise ApiError(404, "Not Found")
    fault = next((f for f in state.faults if f["times"] > 0 and f["method"].lower() in (name.lower(), "*")), None)
    if fault is None:
        return await method(state, parameters)
    fault["times"] -= 1
    kind = fault["kind"]
    if kind == "429":
        wait = int(fault.get("seconds", 1))
        raise ApiError(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
    if kind == "500":
        raise ApiError(500, "Internal Server Error")
    if kind == "slow":
        await asyncio.sleep(float(fault.get("seconds", 1)))
        return await method(state, parameters)
    if kind == "drop_after_accept":
        await method(state, parameters)
    raise ConnectionAbortedError(kind)
