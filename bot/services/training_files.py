"""Rasa's YAML of training sentences: written so that Rasa reads exactly what was meant, and read as Rasa reads it.

A line of a block of examples is "- " and the text, in which an entity is [words]{"entity": …, "value": …}. There is no way to escape a
bracket: what Rasa would read otherwise than it was meant is refused (:class:`Unwritable`) and never written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.reader import Reader

MOST_LINES = 390
"""Of a file; the project keeps its YAML below 400."""
# Rasa's own (rasa/shared/nlu/training_data/entities_parser.py, 3.6): whatever it takes for an annotation is one.
_ANNOTATION = re.compile(
    r"\[(?P<words>[^\]]+?)\](?:\((?P<entity>[^:)]+?)(?::(?P<value>[^)]+))?\)|\{(?P<facts>[^}]+?)\}|\[(?P<several>.*?)\])"
)
_STRIPPED = "\n\r "
_HEADER = (
    "# Kept by staff in the console — written by it: a change by hand stays, a comment does not.\n"
    # An ASCII file would be decoded once more, and "\u0041" be read as a letter: the dash above is there for that, too.
    'version: "3.1"\n\nnlu:\n'
)
_HEADER_LINES = _HEADER.count("\n")


class Unwritable(ValueError):
    """Rasa would read something else than what was meant; the message is one word that says why."""


@dataclass(frozen=True)
class Span:
    """An entity with its canonical value, by code points [start, end) of the words."""

    entity: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Lesson:
    """A sentence with its intent (for the FAQ with its question) and its entities, in the order in which they stand."""

    words: str
    intent: str
    spans: tuple[Span, ...] = ()


def spans_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Span, ...]:
    """Entities as they are kept in the database, in order."""
    found = [Span(str(row["entity"]), str(row["value"]), int(row["start"]), int(row["end"])) for row in rows]
    return tuple(sorted(found, key=lambda span: (span.start, span.end)))


def rows_of(spans: Iterable[Span]) -> list[dict[str, Any]]:
    return [{"entity": span.entity, "value": span.value, "start": span.start, "end": span.end} for span in spans]


# ---- one line


def annotated(lesson: Lesson) -> str:
    """The text with its entities written into it. Raises Unwritable where it would be read otherwise."""
    parts, done = [], 0
    for span in lesson.spans:
        facts = json.dumps({"entity": span.entity, "value": span.value}, ensure_ascii=False)
        parts += [lesson.words[done : span.start], f"[{lesson.words[span.start : span.end]}]{facts}"]
        done = span.end
    line = "".join(parts) + lesson.words[done:]
    _check(lesson, line)
    return line


def _check(lesson: Lesson, line: str) -> None:
    words = lesson.words
    if not words.strip() or words != words.strip() or words.strip(_STRIPPED) != words:
        raise Unwritable("ends")
    if len(words.splitlines()) != 1 or Reader.NON_PRINTABLE.search(line) or any("\ud800" <= letter <= "\udfff" for letter in line):
        raise Unwritable("signs")
    try:
        read = parted(line)
    except ValueError:
        raise Unwritable("brackets") from None
    if read != (words, lesson.spans):
        raise Unwritable("brackets")


def parted(line: str) -> tuple[str, tuple[Span, ...]]:
    """A line without its "- " as Rasa reads it. Raises ValueError where Rasa would."""
    text, spans, done = "", [], 0
    for found in _ANNOTATION.finditer(line):
        text += line[done : found.start()]
        words = found["words"]
        for entity, value in _facts(found):
            spans.append(Span(entity, words if value is None else value, len(text), len(text) + len(words)))
        text += words
        done = found.end()
    return text + line[done:], tuple(spans)


def _facts(found: re.Match[str]) -> Iterator[tuple[str, str | None]]:
    if found["entity"]:
        yield found["entity"], found["value"]
        return
    written = [found["facts"]] if found["facts"] else re.findall(r"{([^}]+?)\}", found["several"])
    for one in written:
        facts = json.loads(f"{{{one}}}")
        yield str(facts["entity"]) if "entity" in facts else "", facts.get("value")


# ---- files


def read(content: str) -> list[Lesson]:
    """The sentences of a file, in its order. Raises ValueError (yaml.YAMLError is made one) where it is no such file."""
    try:
        loaded = yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"no YAML: {type(error).__name__}") from None
    found = []
    for block in loaded.get("nlu") or ():
        if "intent" not in block:
            continue
        for line in str(block.get("examples") or "").splitlines():
            if line.startswith("-"):
                words, spans = parted(line[1:].strip(_STRIPPED))
                found.append(Lesson(words, str(block["intent"]), spans))
    return found


def rendered(lessons: Sequence[Lesson]) -> list[str]:
    """The contents of as many files as it takes, each short enough, intents in order, within one the order given.

    Raises Unwritable before anything is returned where a sentence cannot be written.
    """
    lines = [(lesson.intent, f"    - {annotated(lesson)}\n") for lesson in sorted(lessons, key=lambda lesson: lesson.intent)]
    files: list[str] = []
    parts: list[str] = []
    length, intent = _HEADER_LINES, ""
    for name, line in lines:
        room = 1 if name == intent else 3 + bool(parts)
        if parts and length + room > MOST_LINES:
            files.append(_HEADER + "".join(parts))
            parts, length, intent, room = [], _HEADER_LINES, "", 3
        if name != intent:
            parts.append(f"{'' if not parts else chr(10)}- intent: {name}\n  examples: |\n")
            intent = name
        parts.append(line)
        length += room
    if parts:
        files.append(_HEADER + "".join(parts))
    if [lesson for content in files for lesson in read(content)] != sorted(lessons, key=lambda lesson: lesson.intent):
        raise Unwritable("yaml")
    return files
