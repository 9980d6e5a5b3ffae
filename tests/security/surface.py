"""What can be asked of the bot, read off its sources: intents, entities, actions, and the payloads that buttons and gateway make.

Nothing here is a list kept by hand: what is added to the product is found here, and the tests ask for it.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.settings import PROJECT

_PAYLOAD = re.compile(r"/([a-z][a-z_]{2,})(?:/\w+)?(\{.*)?", re.DOTALL)
_HOLE = "\0"
"""Stands where an f-string computes something."""


@cache
def domain() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((PROJECT / "domain.yml").read_text(encoding="utf-8"))
    return found


def intents() -> set[str]:
    return {next(iter(intent)) if isinstance(intent, dict) else intent for intent in domain()["intents"]}


def entities() -> set[str]:
    return set(domain()["entities"])


def actions() -> set[str]:
    return set(domain()["actions"]) | set(domain()["forms"])


@cache
def rules() -> dict[str, str]:
    """The action that serves an intent outside any form."""
    found: dict[str, str] = {}
    for path in sorted((PROJECT / "data" / "rules").glob("*.yml")):
        for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]:
            found[rule["steps"][0]["intent"]] = rule["steps"][1]["action"]
    return found


@cache
def payloads() -> dict[str, frozenset[str]]:
    """Intents of the payloads that the sources of bot/ and actions/ make, each with the names of the entities in them.

    A name that is computed stands as "*".
    """
    found: dict[str, set[str]] = {}
    for source in _sources():
        for text in _strings(ast.parse(source.read_text(encoding="utf-8"))):
            match = _PAYLOAD.fullmatch(text)
            if match and match[1] in intents():
                names = re.findall(r'[{,]\s*"([^"]+)"\s*:', match[2] or "")
                found.setdefault(match[1], set()).update("*" if _HOLE in name else name for name in names)
    return {intent: frozenset(names) for intent, names in found.items()}


@cache
def answers() -> frozenset[str]:
    """What the entity "answer" is in payloads: found where it stands written, and the two that are computed."""
    written = {found for source in _sources() for found in re.findall(r'"answer": "(\w+)"', source.read_text(encoding="utf-8"))}
    return frozenset({"accepted", "declined", *written})


def _sources() -> list[Path]:
    return sorted([*PROJECT.glob("actions/*.py"), *PROJECT.glob("bot/**/*.py")])


def _strings(tree: ast.AST) -> list[str]:
    """String constants; f-strings with a mark for each part that is computed; "…" + json.dumps({"name": …}) as one."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and isinstance(node.left, ast.Constant):
            keys = [key.value for inner in ast.walk(node.right) if isinstance(inner, ast.Dict) for key in inner.keys if _is_text(key)]
            found.append(f"{node.left.value}{{{','.join(f'{chr(34)}{key}{chr(34)}: 0' for key in keys)}}}")
        elif isinstance(node, ast.JoinedStr):
            found.append("".join(str(part.value) if isinstance(part, ast.Constant) else _HOLE for part in node.values))
        elif _is_text(node):
            found.append(str(node.value))  # type: ignore[attr-defined]
    return found


def _is_text(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
