"""Which keys of the catalogues the sources ask for, read from the code itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from bot.settings import PROJECT

KEY_AT = {"text": 1, "say": 0, "choice": 0, "Question": 0, "Problem": 0, "has": 0, "_of_headline": 0}
"""Which argument of a call is a key, by the name of what is called."""
SOURCES = [path for folder in ("bot", "actions", "nlu") for path in sorted((PROJECT / folder).rglob("*.py"))]
TEMPLATES = sorted((PROJECT / "bot").rglob("*.html"))


def keys_asked_for() -> set[tuple[str, str]]:
    """(where, pattern): a regular expression of the keys that one call may ask for; a literal key is one of itself."""
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found |= {(f"{path.name}:{node.lineno}", pattern) for pattern in _of_call(node)} if isinstance(node, ast.Call) else set()
    return found | {(path.name, re.escape(key)) for path in TEMPLATES for key in _of_template(path)}


def strings() -> set[str]:
    """Every string constant of the sources, and patterns of those that are put together."""
    found: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Constant, ast.JoinedStr)):
                found |= set(_patterns(node))
    return found


def _of_call(node: ast.Call) -> Iterator[str]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    position = KEY_AT.get(name)
    if position is not None and len(node.args) > position:
        yield from _patterns(node.args[position])
    for keyword in node.keywords:
        if keyword.arg == "problem":
            yield from _patterns(keyword.value)


def _patterns(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from _patterns(node.body)
        yield from _patterns(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(re.escape(part.value) if isinstance(part, ast.Constant) else r"\w+" for part in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.escape(node.value)


def _of_template(path: Path) -> list[str]:
    return re.findall(r"\bt\(\s*[\"'](\w+)[\"']", path.read_text(encoding="utf-8"))
