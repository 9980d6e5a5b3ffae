"""What a message may consist of: text, caption, files, keyboards. Refused as Telegram refuses it, in its words."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import UploadFile

from bot.sandbox.errors import ApiError, bad
from bot.sandbox.markup import MarkupError, plain_text

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
LONGEST_CALLBACK = 64
"""Bytes."""
MOST_BUTTONS = 100
LARGEST_PHOTO = 10 * 1024 * 1024
LARGEST_DOCUMENT = 50 * 1024 * 1024
FILE_ID = "sandbox"
_ACTIONS = ("callback_data", "url", "login_url", "web_app", "switch_inline_query", "switch_inline_query_current_chat", "copy_text", "pay")

Parameters = dict[str, Any]


def decoded(value: Any) -> Any:
    """A parameter that is an object or a list: JSON within a form, itself within JSON."""
    if not isinstance(value, str) or not value:
        return value or None
    try:
        return json.loads(value)
    except ValueError:
        raise bad("can't parse JSON object") from None


def whole_number(parameters: Parameters, name: str, missing: str, default: int | None = None) -> int:
    """A parameter that is a whole number; missing is Telegram's word for there being none."""
    value = parameters.get(name, default)
    try:
        return int(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise bad(missing) from None


def _words(parameters: Parameters, name: str) -> tuple[str, str]:
    """Words as sent and as read."""
    words = str(parameters.get(name) or "")
    mode = str(parameters.get("parse_mode") or "").upper()
    if mode not in ("", "HTML"):
        raise bad("unsupported parse_mode")
    try:
        return words, plain_text(words) if mode else words
    except MarkupError as error:
        raise bad(f"can't parse entities: {error}") from None


def text(parameters: Parameters) -> dict[str, Any]:
    """The text of a message."""
    words, plain = _words(parameters, "text")
    if not plain.strip():
        raise bad("message text is empty")
    if len(plain) > LONGEST_TEXT:
        raise bad("message is too long")
    return {"text": words, "plain": plain, "html": bool(parameters.get("parse_mode"))}


def caption(parameters: Parameters) -> dict[str, Any]:
    """The words under a photo or a document; there need not be any."""
    words, plain = _words(parameters, "caption")
    if len(plain) > LONGEST_CAPTION:
        raise bad("message caption is too long")
    return {"text": words, "plain": plain, "html": bool(parameters.get("parse_mode"))}


def markup(parameters: Parameters) -> dict[str, Any]:
    """The keyboard of a message."""
    found = decoded(parameters.get("reply_markup")) or {}
    if not isinstance(found, dict):
        raise bad("object expected as reply markup")
    rows = found.get("inline_keyboard") or []
    for row in rows:
        for button in row:
            _check_button(button)
    if sum(len(row) for row in rows) > MOST_BUTTONS:
        raise bad("REPLY_MARKUP_TOO_LONG")
    for row in found.get("keyboard") or []:
        for key in row:
            if not (key if isinstance(key, str) else str(key.get("text") or "")).strip():
                raise bad("keyboard button text must be non-empty")
    return {"buttons": rows or None, "keyboard": found.get("keyboard"), "removes_keyboard": bool(found.get("remove_keyboard"))}


def _check_button(button: dict[str, Any]) -> None:
    if not str(button.get("text") or "").strip():
        raise bad("inline keyboard button text must be non-empty")
    if not any(button.get(action) is not None for action in _ACTIONS):
        raise bad("text buttons are unallowed in the inline keyboard")
    data = button.get("callback_data")
    if data is not None and not 1 <= len(str(data).encode()) <= LONGEST_CALLBACK:
        raise bad("BUTTON_DATA_INVALID")
    if button.get("url") is not None:
        _check_url(str(button["url"]))


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "tg" and parts.netloc:
        return
    if parts.scheme not in ("http", "https", ""):
        raise bad(f"inline keyboard button URL '{url}' is invalid: Unsupported URL protocol")
    host = parts.hostname or ""
    # Telegram takes no address of the own machine; here the public page has no other.
    if not parts.scheme or not ("." in host or host == "localhost") or " " in url:
        raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def upload(parameters: Parameters, kind: str) -> dict[str, Any]:
    """The photo or document of a message: only its size and its name are kept, its bytes are not."""
    given = parameters.get(kind)
    if isinstance(given, str) and given.startswith("attach://"):
        given = parameters.get(given.removeprefix("attach://"))
    if not given:
        raise bad(f"there is no {kind} in the request")
    if not isinstance(given, UploadFile):
        if given != FILE_ID:
            raise bad("wrong file identifier/HTTP URL specified")
        return {"file_id": FILE_ID, "file_unique_id": FILE_ID}
    size = given.size or 0
    if not size:
        raise bad("file must be non-empty")
    if kind == "photo" and size > LARGEST_PHOTO:
        raise bad(f"file of size {size} bytes is too big for a photo; the maximum size is {LARGEST_PHOTO} bytes")
    if size > LARGEST_DOCUMENT:
        raise ApiError(413, "Request Entity Too Large")
    name = PurePath(given.filename or "file").name
    return {"file_id": FILE_ID, "file_unique_id": FILE_ID, "file_name": name, "file_size": size}
