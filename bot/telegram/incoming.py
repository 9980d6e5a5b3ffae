"""What an update means to us: words, a payload, a change of membership, or nothing to answer. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
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
EDITED = '/unsupported{"kind": "edited"}'
LONGEST_TEXT = 4096
LONGEST_NAME = 64
_LARGEST = 2**63
"""Beyond it a number fits in no column of the database."""
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
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
    edited (an earlier message was changed; text holds the payload that says so),
    blocked, unblocked, group (a message that is not private), or nothing.
    """

    kind: str
    chat_id: int
    text: str = ""
    first_name: str = ""
    language_code: str | None = None
    callback_id: str | None = None
    message_id: int | None = None
    """Of the message under which a button was tapped, or that was changed; None where Telegram does not say."""
    has_command: bool = False


def update_id_of(update: Any) -> int | None:
    """The number of an update; None where it is none, or none that the inbox could keep."""
    found = update.get("update_id") if isinstance(update, dict) else None
    return found if type(found) is int and 0 <= found < _LARGEST else None


def chat_of(update: dict[str, Any]) -> int:
    """The chat an update belongs to; 0 for one that belongs to none, or that says so in no way we know."""
    kind, content = _part(update)
    if kind == "callback_query":
        message = _object(content, "message")
        return _id(_object(message, "chat") or _object(content, "from"))
    return _id(_object(content, "chat"))


def read(update: dict[str, Any]) -> Incoming:
    """Read an update as Telegram sent it (the JSON object). Unknown kinds and broken ones are nothing; it never raises."""
    chat_id = chat_of(update)
    kind, content = _part(update)
    sender = _object(content, "from")
    if not chat_id or not sender:
        return Incoming("nothing", chat_id)
    if kind == "edited_message":
        return _edited(chat_id, sender, content)
    if kind == "callback_query":
        under = _object(content, "message")
        kind = "tap" if _is_private(_object(under, "chat")) else "nothing"
        tapped = _from(kind, chat_id, sender, _string(content, "data"), _string(content, "id"))
        message_id = under.get("message_id")
        return replace(tapped, message_id=message_id) if type(message_id) is int else tapped
    if kind == "my_chat_member":
        if not _is_private(_object(content, "chat")):
            return Incoming("nothing", chat_id)
        status = _string(_object(content, "new_chat_member"), "status")
        return _from("blocked" if status == "kicked" else "unblocked" if status else "nothing", chat_id, sender)
    if not _is_private(_object(content, "chat")):
        return Incoming("group", chat_id, has_command=_string(content, "text").startswith("/"))
    said, text = _content(content)
    return _from(said, chat_id, sender, text)


def _edited(chat_id: int, sender: dict[str, Any], message: dict[str, Any]) -> Incoming:
    """A change of words; a live location moves on by changes too, and says nothing by them."""
    message_id = message.get("message_id")
    has_words = bool(_string(message, "text") or _string(message, "caption"))
    if not has_words or type(message_id) is not int or not _is_private(_object(message, "chat")):
        return Incoming("nothing", chat_id)
    return replace(_from("edited", chat_id, sender, EDITED), message_id=message_id)


def _part(update: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The part of an update that says what it is, and its name; the same one for whoever asks."""
    kind = next((name for name in ("callback_query", "my_chat_member", "message", "edited_message") if _object(update, name)), "")
    return kind, _object(update, kind)


def _object(parent: Any, key: str) -> dict[str, Any]:
    found = parent.get(key) if isinstance(parent, dict) else None
    return found if isinstance(found, dict) else {}


def _string(parent: dict[str, Any], key: str) -> str:
    found = parent.get(key)
    return found if isinstance(found, str) else ""


def _id(chat: dict[str, Any]) -> int:
    found = chat.get("id")
    return found if type(found) is int and abs(found) < _LARGEST else 0


def _is_private(chat: dict[str, Any]) -> bool:
    # A button under a message that Telegram no longer shows comes without its chat's type: buttons exist in private chats only.
    return bool(chat.get("type", "private") == "private")


def _from(kind: str, chat_id: int, sender: dict[str, Any], text: str = "", callback_id: str | None = None) -> Incoming:
    language_code = _string(sender, "language_code")
    return Incoming(
        kind=kind,
        chat_id=chat_id,
        text=text,
        # Marks that turn the direction of the text around them are not printable, and no part of a name.
        first_name=" ".join("".join(c for c in _string(sender, "first_name") if c.isprintable()).split())[:LONGEST_NAME].rstrip(),
        language_code=language_code if _LANGUAGE.fullmatch(language_code) else None,
        callback_id=callback_id,
    )


def _content(message: dict[str, Any]) -> tuple[str, str]:
    if where := _whereabouts(_object(message, "location")):
        return "payload", "/share_location" + json.dumps(where)
    text = _string(message, "text") or _string(message, "caption")
    if text:
        return _words(text)
    kind = next((media for media in _MEDIA if media in message), None)
    return ("payload", "/unsupported" + json.dumps({"kind": kind})) if kind else ("nothing", "")


def _whereabouts(location: dict[str, Any]) -> dict[str, str]:
    """Latitude and longitude as a payload carries them; empty where they are no place on earth.

    Two decimals are about one kilometre: enough to find near missions, too little to find a door.
    """
    numbers = {key: location.get(key) for key in ("latitude", "longitude")}
    on_earth = all(type(n) in (int, float) and abs(n) <= limit for n, limit in zip(numbers.values(), (90, 180), strict=True))  # type: ignore[arg-type]
    return {key: f"{number:.2f}" for key, number in numbers.items()} if on_earth else {}


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
