"""The evaluation set: tests/evaluation/<register>/<topic>.yml, in Rasa's own format of training data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.settings import PROJECT
from bot.vocabulary.spelling import normalise

FOLDER = PROJECT / "tests" / "evaluation"
REGISTERS = ("ar", "fr", "ary-Arab", "ary-Latn", "mixed")
_ANNOTATION = re.compile(r"\[([^\]]*)\](\{[^}]*\})")


@dataclass(frozen=True)
class Entity:
    """A canonical value and where it stands in the text, in code points."""

    kind: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Sentence:
    """A sentence with what its author meant."""

    text: str
    label: str
    """An intent; for the FAQ its full name."""
    register: str
    """The folder it is in: a register, or mixed."""
    entities: tuple[Entity, ...] = ()


def read(folder: Path = FOLDER) -> list[Sentence]:
    """All sentences of a folder of registers, in the order of the files."""
    return [
        sentence for register in REGISTERS for path in sorted((folder / register).glob("*.yml")) for sentence in read_file(path, register)
    ]


def learnt() -> list[Sentence]:
    """The training sentences, which stand in folders by register, too."""
    return read(PROJECT / "data" / "nlu")


def unseen(sentences: list[Sentence]) -> list[Sentence]:
    """The sentences that are not learnt, letter by letter once normalised: "merci" and "oui" are said alike by everybody."""
    known = {normalise(sentence.text) for sentence in learnt()}
    return [sentence for sentence in sentences if normalise(sentence.text) not in known]


def read_file(path: Path, register: str) -> Iterator[Sentence]:
    for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
        for line in block.get("examples", "").splitlines():
            if line.strip().startswith("- "):
                text, entities = parted(line.strip().removeprefix("- "))
                yield Sentence(text, block["intent"], register, entities)


def parted(annotated: str) -> tuple[str, tuple[Entity, ...]]:
    """A line of training data as its text and its entities."""
    text, entities, done = "", [], 0
    for found in _ANNOTATION.finditer(annotated):
        text += annotated[done : found.start()]
        facts = json.loads(found[2])
        entities.append(Entity(facts["entity"], str(facts.get("value", found[1])), len(text), len(text) + len(found[1])))
        text += found[1]
        done = found.end()
    return text + annotated[done:], tuple(entities)
