"""Writing what staff kept into the project's files, as Rasa YAML: data/nlu/<register>/learned_<topic>.yml for training, beside the
evaluation set in tests/evaluation for measuring.

The database says what was kept; sentences in these files that it does not know stay. Everything is checked and rendered before the first
file is touched; each file changes as a whole. Done twice, or again after a kill, nothing is there twice and nothing left out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.services.annotations import wrong_spans
from bot.services.lessons import FOLDERS, LEARNED, Corpus, Taught, corpus, spelled
from bot.services.training_files import Lesson, Unwritable, annotated, rendered, spans_of
from bot.store.models import REGISTERS, Example

TRANSACTION = Callable[[], AbstractContextManager[Session]]
_WRITING = ".writing"


@dataclass(frozen=True)
class Exported:
    """What an export did: sentences added and taken out, files that changed (paths within the project), and what was left out and why
    (number of the example, reason as in annotations.Outcome)."""

    added: int = 0
    removed: int = 0
    files: tuple[str, ...] = ()
    refused: tuple[tuple[int, str], ...] = ()


@dataclass
class _Plan:
    """The sentences of each group of files: (split, register, topic)."""

    groups: dict[tuple[str, str, str], list[Lesson]] = field(default_factory=dict)
    added: int = 0
    removed: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def export(read: TRANSACTION, write: TRANSACTION, project: Path, at: datetime) -> Exported:
    """Bring the files to what is kept. One at a time: whoever calls holds the lease of training.

    Args:
        project: the folder that holds data/ and tests/.

    Raises OSError where a file cannot be written, ValueError where one cannot be read; files changed before stay, each whole.
    """
    taught = corpus(project)
    with write() as session:
        # Noted before it is in a file: what is taken back meanwhile, or after a kill, must go out of it again.
        new = update(Example).where(Example.state == "kept", Example.exported_at.is_(None)).values(exported_at=at)
        session.execute(new.execution_options(synchronize_session=False))
    with read() as session:
        noted = select(Example).where(Example.state == "kept", Example.exported_at.is_not(None))
        kept = session.execute(noted.order_by(Example.id)).scalars().all()
        revoked = session.execute(select(Example).where(Example.state == "revoked").order_by(Example.id)).scalars().all()
    plan = _planned(taught, kept, revoked)
    try:
        changed = _write(project, _contents(plan))
    except OSError:
        _note_missing(write, _in_no_file(corpus(project), kept))
        raise
    _note_missing(write, _in_no_file(corpus(project), kept))
    with write() as session:
        gone = delete(Example).where(Example.id.in_([one.id for one in revoked]))
        session.execute(gone.execution_options(synchronize_session=False))
    return Exported(plan.added, plan.removed, tuple(changed), tuple(plan.refused))


def _note_missing(write: TRANSACTION, numbers: Sequence[int]) -> None:
    """Note that examples are in no file."""
    if numbers:
        with write() as session:
            missing = update(Example).where(Example.id.in_(numbers), Example.state == "kept").values(exported_at=None)
            session.execute(missing.execution_options(synchronize_session=False))


def _in_no_file(taught: Corpus, kept: Sequence[Example]) -> list[int]:
    """The examples, refused or not written, that no file of the console has."""
    learned = {(spelled(one.lesson.words), one.lesson.intent, one.split) for one in taught.taught if one.is_learned}
    return [one.id for one in kept if (spelled(one.words), one.intent, one.split) not in learned]


def waiting(session: Session) -> tuple[int, int]:
    """How many examples are in no file yet, and how many are to be taken out."""
    states = list(session.execute(select(Example.state).where(Example.exported_at.is_(None) | (Example.state == "revoked"))).scalars())
    return states.count("kept"), states.count("revoked")


def _planned(taught: Corpus, kept: Sequence[Example], revoked: Sequence[Example]) -> _Plan:
    plan = _Plan()
    again = {(one.words, one.intent) for one in kept}
    out = {(one.words, one.intent) for one in revoked} - again
    by_hand: dict[str, set[str]] = {}
    here: dict[str, Taught] = {}
    for one in taught.taught:
        if not one.is_learned:
            by_hand.setdefault(spelled(one.lesson.words), set()).add(one.lesson.intent)
            continue
        if (one.lesson.words, one.lesson.intent) in out:
            plan.removed += 1
            continue
        here[spelled(one.lesson.words)] = one
        _put(plan, taught, one.split, one.register, one.lesson)
    for example in kept:
        reason = _wrong(taught, example)
        spelling = spelled(example.words)
        known = here.get(spelling)
        if reason is None and known is not None and (known.lesson.intent, known.split) != (example.intent, example.split):
            reason = "contradicts"
        if reason is None and spelling in by_hand:
            reason = "known" if by_hand[spelling] == {example.intent} else "contradicts"
        if reason is not None:
            plan.refused.append((example.id, reason))
            continue
        if known is None:
            lesson = Lesson(example.words, example.intent, spans_of(example.entities))
            here[spelling] = Taught(lesson, example.register, example.split, LEARNED)
            _put(plan, taught, example.split, example.register, lesson)
            plan.added += 1
    return plan


def _put(plan: _Plan, taught: Corpus, split: str, register: str, lesson: Lesson) -> None:
    plan.groups.setdefault((split, register, taught.topic(register, lesson.intent, split)), []).append(lesson)


def _wrong(taught: Corpus, example: Example) -> str | None:
    """Why an example would break the training data; None: it would not. Checked when it was kept, too: the files may have changed."""
    if example.intent not in taught.intents:
        return "intent"
    if example.register not in REGISTERS or example.split not in FOLDERS:
        return "register"
    spans = spans_of(example.entities)
    if (reason := wrong_spans(example.words, spans)) is not None:
        return reason
    try:
        annotated(Lesson(example.words, example.intent, spans))
    except Unwritable as error:
        return str(error)
    return None


def _contents(plan: _Plan) -> dict[Path, str]:
    """Path within the project → content, of all files that the console writes."""
    found: dict[Path, str] = {}
    for (split, register, topic), lessons in sorted(plan.groups.items()):
        for number, content in enumerate(rendered(lessons), start=1):
            name = f"{LEARNED}{topic}{'' if number == 1 else f'_{number}'}.yml"
            found[FOLDERS[split] / register / name] = content
    return found


def _write(project: Path, contents: dict[Path, str]) -> list[str]:
    """Write what differs, each file at once, then delete those that nothing is left for; returns the paths."""
    changed = [path for path, content in contents.items() if _content(project / path) != content]
    try:
        unfinished = [(_beside(project / path, contents[path]), project / path) for path in changed]
        for temporary, path in unfinished:
            temporary.replace(path)
    except OSError:
        _sweep(project)
        raise
    _sweep(project)
    left = [path for path in _learned_files(project) if path.relative_to(project) not in contents]
    for path in left:
        path.unlink()
    return sorted([*map(str, changed), *(str(path.relative_to(project)) for path in left)])


def _beside(path: Path, content: str) -> Path:
    """Write a content beside its file, and see it on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(_WRITING)
    with temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return temporary


def _sweep(project: Path) -> None:
    """Delete what a failure, or an earlier kill, left unfinished."""
    for path in _learned_files(project, _WRITING):
        path.unlink()


def _content(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _learned_files(project: Path, suffix: str = ".yml") -> Iterable[Path]:
    for folder in FOLDERS.values():
        for register in REGISTERS:
            yield from sorted((project / folder / register).glob(f"{LEARNED}*{suffix}"))
