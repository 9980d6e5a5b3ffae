"""What the model is taught and measured by: the sentences of the project's files, and which of them a new one is like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from rapidfuzz import fuzz, process

from bot.services.training_files import Lesson, read
from bot.store.people import REGISTERS
from bot.vocabulary.spelling import words

TRAIN, HELD_OUT = "train", "held_out"
FOLDERS = {TRAIN: Path("data") / "nlu", HELD_OUT: Path("tests") / "evaluation"}
"""Where the project keeps its sentences: in a folder for each register, in a file for each topic."""
MIXED = "mixed"
"""The folder of sentences that are in several registers at once; there are some to measure by, none to learn from."""
LEARNED = "learned_"
"""Begins the name of a file that the console writes."""
ALIKE = 88.0
"""From this likeness of skeletons on, 0 to 100, a sentence says nearly the same."""
SHORT = 6
"""Letters of a skeleton; a shorter one is like another only where it is the same."""


@dataclass(frozen=True)
class Taught:
    """A sentence that stands in a file."""

    lesson: Lesson
    register: str
    """One of REGISTERS, or MIXED."""
    split: str
    topic: str
    """The name of its file without its end."""

    @property
    def is_learned(self) -> bool:
        """Whether the console wrote it."""
        return self.topic.startswith(LEARNED)


@dataclass(frozen=True)
class Like:
    """A sentence that says nearly the same. ``likeness``: 0 to 100."""

    words: str
    intent: str
    register: str
    split: str
    likeness: float


def sounded(text: str) -> str:
    """A text as it sounds in either script: skeletons, and words without consonants as they are."""
    return " ".join(word.skeleton or word.normal for word in words(text))


def spelled(text: str) -> str:
    """A text in one spelling: two that share it are the same sentence to the model."""
    return " ".join(word.normal for word in words(text))


@dataclass(frozen=True)
class Corpus:
    """All sentences at once."""

    taught: tuple[Taught, ...] = field(repr=False)

    @cached_property
    def intents(self) -> frozenset[str]:
        """The labels that the model knows: intents, and for the FAQ its questions."""
        return frozenset(one.lesson.intent for one in self.taught if one.split == TRAIN)

    @cached_property
    def _by_spelling(self) -> Mapping[str, tuple[Taught, ...]]:
        found: dict[str, list[Taught]] = {}
        for one in self.taught:
            found.setdefault(spelled(one.lesson.words), []).append(one)
        return {spelling: tuple(several) for spelling, several in found.items()}

    @cached_property
    def _sounds(self) -> list[str]:
        return [sounded(one.lesson.words) for one in self.taught]

    def same(self, text: str) -> tuple[Taught, ...]:
        """The sentences that are this one in one spelling."""
        return self._by_spelling.get(spelled(text), ())

    def like(self, text: str, limit: int = 3) -> list[Like]:
        """The sentences that are most like a text in either script, the likest first."""
        sound = sounded(text)
        if not sound:
            return []
        least = ALIKE if len(sound) >= SHORT else 100.0
        found = process.extract(sound, self._sounds, scorer=fuzz.ratio, score_cutoff=least, limit=limit)
        return [self._like(self.taught[place], likeness) for _, likeness, place in found]

    @staticmethod
    def _like(one: Taught, likeness: float) -> Like:
        return Like(one.lesson.words, one.lesson.intent, one.register, one.split, float(likeness))

    @cached_property
    def _topics(self) -> Mapping[tuple[str, str, str], str]:
        counted: dict[tuple[str, str, str], Counter[str]] = {}
        for one in self.taught:
            if not one.is_learned:
                counted.setdefault((one.register, one.lesson.intent, one.split), Counter())[one.topic] += 1
        return {key: min(topics, key=lambda topic: (-topics[topic], topic)) for key, topics in counted.items()}

    def topic(self, register: str, intent: str, split: str) -> str:
        """The topic under which a register has an intent: the file, not written by the console, that has most of it."""
        return self._topics.get((register, intent, split), "other")


def corpus(project: Path) -> Corpus:
    """The sentences of a project's files, read anew where one of them changed. Raises ValueError where one cannot be read."""
    files = tuple(
        (path, split, register, path.stat().st_mtime_ns, path.stat().st_size)
        for split, folder in FOLDERS.items()
        for register in (*REGISTERS, MIXED)
        for path in sorted((project / folder / register).glob("*.yml"))
    )
    return _corpus(files)


@lru_cache(maxsize=2)
def _corpus(files: tuple[tuple[Path, str, str, int, int], ...]) -> Corpus:
    return Corpus(tuple(taught for path, split, register, _, _ in files for taught in _of_file(path, split, register)))


def _of_file(path: Path, split: str, register: str) -> Iterable[Taught]:
    for lesson in read(path.read_text(encoding="utf-8")):
        yield Taught(lesson, register, split, path.stem)
