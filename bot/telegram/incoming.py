"""What an update means to us: words, a payload, a change of membership, or nothing to answer. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

COMMANDS = {
    "start": "/start",
    "help": "/help",
    "stop": "/stop",
    "offer": "/offer_volunteering",
    "missions": "/search_missions",
    "association": "/register_association",
    "publish": "/publish_initiative",
    "profile": "/show_profile",
    "list": "/subscribe",
    "language": "/change_language",
}
"""Commands of the menu and the payloads they stand for."""
LONGEST_TEXT = 4096
_FORGED = re.compile(r"[\w/@+-]+\s*\{")
"""Somebody tries a payload of Rasa's own; there is nothing in it to understand."""
_MEDIA = (
    "sticker",
    "voice",
    "audio",
    "photo",
    "video",
    "video_note",
    "animation",
    "document",
    "contact",
    "poll",
    "dice",
    "venue",
)


@dataclass(frozen=True)
class Incoming:
    """An update as the gateway sees it.

    kind: words (text holds them, never with a leading "/"), payload (text holds /intent{…}), tap (text holds the token of the button),
    blocked, unblocked, group (a message that is not private), or nothing.
    """

    kind: str
    chat_id: int
    text: str = ""
    first_name: str = ""
    language_code: str | None = None
    callback_id: str | None = None
    has_command: bool = False


def chat_of(update: dict[str, Any]) -> int:
    """The chat an update belongs to; 0 for one that belongs to none."""
    for key in ("message", "edited_message", "my_chat_member"):
        if key in update:
            return int(update[key]["chat"]["id"])
    if "callback_query" in update:
        query = update["callback_query"]
        return int(((query.get("message") or {}).get("chat") or query["from"])["id"])
    return 0


def read(update: dict[str, Any]) -> Incoming:
    """Read an update as Telegram sent it (the JSON object). Unknown kinds are nothing."""
    chat_id = chat_of(update)
    if "callback_query" in update:
        query = update["callback_query"]
        kind = "tap" if _is_private((query.get("message") or {}).get("chat")) else "nothing"
        return _from(kind, chat_id, query["from"], str(query.get("data") or ""), str(query["id"]))
    if "my_chat_member" in update:
        change = update["my_chat_member"]
        if not _is_private(change["chat"]):
            return Incoming("nothing", chat_id)
        status = change["new_chat_member"]["status"]
        return _from("blocked" if status == "kicked" else "unblocked", chat_id, change["from"])
    message = update.get("message")
    if message is None or "from" not in message:
        return Incoming("nothing", chat_id)
    if not _is_private(message["chat"]):
        return Incoming("group", chat_id, has_command=str(message.get("text") or "").startswith("/"))
    kind, text = _content(message)
    return _from(kind, chat_id, message["from"], text)


def _is_private(chat: dict[str, Any] | None) -> bool:
    # A button under a message that Telegram no longer shows comes without its chat's type: buttons exist in private chats only.
    return bool((chat or {}).get("type", "private") == "private")


def _from(kind: str, chat_id: int, sender: dict[str, Any], text: str = "", callback_id: str | None = None) -> Incoming:
    return Incoming(
        kind=kind,
        chat_id=chat_id,
        text=text,
        first_name=str(sender.get("first_name") or "")[:64],
        language_code=sender.get("language_code"),
        callback_id=callback_id,
    )


def _content(message: dict[str, Any]) -> tuple[str, str]:
    if location := message.get("location"):
        # Two decimals are about one kilometre: enough to find near missions, too little to find a door.
        where = {key: f"{location[key]:.2f}" for key in ("latitude", "longitude")}
        return "payload", "/share_location" + json.dumps(where)
    text = str(message.get("text") or message.get("caption") or "")
    if text:
        return _words(text)
    kind = next((media for media in _MEDIA if media in message), None)
    return ("payload", "/unsupported" + json.dumps({"kind": kind})) if kind else ("nothing", "")


def _words(text: str) -> tuple[str, str]:
    command, argument = (*text.split(maxsplit=1), "", "")[:2]
    name = command[1:].split("@")[0].lower() if command.startswith("/") else ""
    if name in COMMANDS:
        payload = COMMANDS[name]
        if name == "start" and argument and argument.replace("_", "").replace("-", "").isalnum():
            payload += json.dumps({"payload": argument[:64]})
        return "payload", payload
    words = neutralised(text)
    if _FORGED.match(words):
        return "payload", '/unsupported{"kind": "payload"}'
    return ("words", words) if words else ("payload", '/unsupported{"kind": "text"}')


def neutralised(text: str) -> str:
    """Words that Rasa cannot take for a payload: what comes from outside never starts with "/"."""
    kept = "".join(c for c in text[:LONGEST_TEXT] if c.isprintable() or c in "\n\t")
    return kept.lstrip("/ \n\t\u200e\u200f\u061c\u200b\ufeff").rstrip()
