"""What the bot says of itself in Telegram: commands, description, short description, per language."""

from __future__ import annotations

import re
from typing import Any

from bot.sandbox.content import Parameters, decoded
from bot.sandbox.errors import bad
from bot.sandbox.state import State

MOST_COMMANDS = 100
LONGEST_COMMAND = 32
LONGEST_COMMAND_DESCRIPTION = 256
LONGEST_DESCRIPTION = 512
LONGEST_SHORT_DESCRIPTION = 120


def _language(parameters: Parameters) -> str:
    code = str(parameters.get("language_code") or "")
    if code and not re.fullmatch("[a-z]{2}", code):
        raise bad("invalid language code specified")
    return code


def _known(state: State, name: str) -> dict[str, Any]:
    known: dict[str, Any] = state.fact(f"profile.{name}", {})
    return known


def _put(state: State, name: str, language: str, value: Any) -> bool:
    others = {code: kept for code, kept in _known(state, name).items() if code != language}
    state.set_fact(f"profile.{name}", {**others, language: value} if value else others)
    return True


def _check_command(command: dict[str, Any]) -> dict[str, str]:
    name = str(command.get("command") or "").strip().removeprefix("/")
    description = str(command.get("description") or "").strip()
    if not name:
        raise bad("command must be non-empty")
    if len(name) > LONGEST_COMMAND:
        raise bad(f"command length must not exceed {LONGEST_COMMAND}")
    if not description:
        raise bad("command description must be non-empty")
    if len(description) > LONGEST_COMMAND_DESCRIPTION:
        raise bad(f"command description length must not exceed {LONGEST_COMMAND_DESCRIPTION}")
    if not re.fullmatch("[a-z0-9_]+", name):
        raise bad("BOT_COMMAND_INVALID")
    return {"command": name, "description": description}


async def set_my_commands(state: State, parameters: Parameters) -> Any:
    commands = [_check_command(command) for command in decoded(parameters.get("commands")) or []]
    if len(commands) > MOST_COMMANDS:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    return _put(state, "commands", _language(parameters), commands)


async def delete_my_commands(state: State, parameters: Parameters) -> Any:
    return _put(state, "commands", _language(parameters), [])


async def get_my_commands(state: State, parameters: Parameters) -> Any:
    return _known(state, "commands").get(_language(parameters), [])


def commands_shown(state: State, language: str) -> list[dict[str, str]]:
    """The menu that a person with this language sees: that of the language, or the one for all others."""
    known = _known(state, "commands")
    return known.get(language) or known.get("") or []


async def set_my_description(state: State, parameters: Parameters) -> Any:
    words = str(parameters.get("description") or "")
    if len(words) > LONGEST_DESCRIPTION:
        raise bad("DESCRIPTION_TOO_LONG")
    return _put(state, "description", _language(parameters), words)


async def get_my_description(state: State, parameters: Parameters) -> Any:
    return {"description": _known(state, "description").get(_language(parameters), "")}


async def set_my_short_description(state: State, parameters: Parameters) -> Any:
    words = str(parameters.get("short_description") or "")
    if len(words) > LONGEST_SHORT_DESCRIPTION:
        raise bad("ABOUT_TOO_LONG")
    return _put(state, "short_description", _language(parameters), words)


async def get_my_short_description(state: State, parameters: Parameters) -> Any:
    return {"short_description": _known(state, "short_description").get(_language(parameters), "")}
