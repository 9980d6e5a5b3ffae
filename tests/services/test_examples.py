"""Examples in files: exact, once, whole, and never what would break the training data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.services import annotations, examples
from bot.services.examples import Exported, export
from bot.services.lessons import corpus
from bot.services.training_files import Lesson, Span, read, rows_of
from bot.store.engine import Database
from bot.store.models import Example
from tests.services.samples import samples
from tests.services.test_annotations import write_files
from tests.worlds import NOW, count

_LABELS = ("offer_volunteering", "search_missions", "inform", "faq/what_is", "apply_to_mission", "greet")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    taught = [Lesson(f"phrase {label}", label) for label in _LABELS]
    write_files(tmp_path, {"data/nlu/fr/volunteer": taught, "data/nlu/ar/talk": [Lesson("سلام", "greet")]})
    write_files(tmp_path, {"tests/evaluation/fr/organisation": [Lesson("coucou", "greet")]})
    return tmp_path


def keep(store: Database, *lessons: Lesson, register: str = "fr", split: str = "train", **more: Any) -> list[int]:
    with store.write() as session:
        rows = [
            Example(
                words=lesson.words,
                intent=lesson.intent,
                entities=rows_of(lesson.spans),
                register=register,
                split=split,
                state="kept",
                kept_at=NOW,
                **more,
            )
            for lesson in lessons
        ]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def run(store: Database, project: Path) -> Exported:
    return export(store.read, store.write, project, NOW)


def files(project: Path) -> dict[str, str]:
    found = [*project.glob("data/nlu/**/*"), *project.glob("tests/evaluation/**/*")]
    return {str(path.relative_to(project)): path.read_text(encoding="utf-8") for path in sorted(found) if path.is_file()}


def test_examples_go_where_their_topic_is_and_what_is_held_out_apart(store: Database, project: Path) -> None:
    place = Lesson("à Maârif 🙏🏽", "inform", (Span("place", "Maârif", 2, 8),))
    keep(store, place, Lesson("merci de m'aider", "greet"))
    keep(store, Lesson("أهلا", "greet"), register="ar")
    keep(store, Lesson("on y va", "inform"), register="ary-Latn")
    keep(store, Lesson("bonsoir", "greet"), split="held_out")
    before = files(project)
    done = run(store, project)
    assert (done.added, done.removed, done.refused) == (5, 0, ())
    assert done.files == (
        "data/nlu/ar/learned_talk.yml",
        "data/nlu/ary-Latn/learned_other.yml",
        "data/nlu/fr/learned_volunteer.yml",
        "tests/evaluation/fr/learned_organisation.yml",
    )
    after = files(project)
    assert {name: content for name, content in after.items() if name in before} == before
    assert read(after["data/nlu/fr/learned_volunteer.yml"]) == [Lesson("merci de m'aider", "greet"), place]
    assert read(after["tests/evaluation/fr/learned_organisation.yml"]) == [Lesson("bonsoir", "greet")]
    with store.read() as session:
        assert set(session.execute(select(Example.exported_at)).scalars()) == {NOW}
        assert examples.waiting(session) == (0, 0)


def test_done_twice_nothing_changes(store: Database, project: Path) -> None:
    keep(store, Lesson("merci", "greet"))
    run(store, project)
    before, times = files(project), {path: path.stat().st_mtime_ns for path in project.rglob("learned_*")}
    assert run(store, project) == Exported()
    assert files(project) == before
    assert {path: path.stat().st_mtime_ns for path in project.rglob("learned_*")} == times


def test_more_is_added_behind_what_is_there(store: Database, project: Path) -> None:
    keep(store, Lesson("un", "greet"))
    run(store, project)
    write_files(project, {"data/nlu/fr/learned_volunteer": [Lesson("zéro", "greet"), Lesson("un", "greet")]})  # another console's
    keep(store, Lesson("deux", "greet"))
    assert run(store, project).added == 1
    assert [lesson.words for lesson in read(files(project)["data/nlu/fr/learned_volunteer.yml"])] == ["zéro", "un", "deux"]


def test_files_that_were_lost_come_back(store: Database, project: Path) -> None:
    keep(store, Lesson("un", "greet"))
    run(store, project)
    (project / "data/nlu/fr/learned_volunteer.yml").unlink()
    assert run(store, project).files == ("data/nlu/fr/learned_volunteer.yml",)


def test_what_was_taken_back_goes_and_an_empty_file_with_it(store: Database, project: Path) -> None:
    [number, _] = keep(store, Lesson("un", "greet"), Lesson("deux", "greet"))
    run(store, project)
    with store.write() as session:
        assert annotations.revoke(session, number, None, NOW).state == "undone"
        assert annotations.revoke(session, number, None, NOW).state == "unknown"
        assert examples.waiting(session) == (0, 1)
    done = run(store, project)
    assert (done.removed, done.files) == (1, ("data/nlu/fr/learned_volunteer.yml",))
    assert [lesson.words for lesson in read(files(project)["data/nlu/fr/learned_volunteer.yml"])] == ["deux"]
    assert count(store, Example) == 1
    with store.write() as session:
        annotations.revoke(session, session.execute(select(Example.id)).scalar_one(), None, NOW)
    run(store, project)
    assert "data/nlu/fr/learned_volunteer.yml" not in files(project)
    assert count(store, Example) == 0


def test_a_mended_example_changes_its_intent(store: Database, project: Path) -> None:
    [number] = keep(store, Lesson("un", "greet"))
    run(store, project)
    with store.write() as session:
        annotations.revoke(session, number, None, NOW)
    keep(store, Lesson("un", "inform"))
    done = run(store, project)
    assert (done.added, done.removed, done.refused) == (1, 1, ())
    assert read(files(project)["data/nlu/fr/learned_volunteer.yml"]) == [Lesson("un", "inform")]


def test_what_would_break_the_training_data_is_left_out_and_told(store: Database, project: Path) -> None:
    bad = [
        (Lesson("[x](y)", "greet"), "brackets"),
        (Lesson("a\nb", "greet"), "signs"),
        (Lesson("hm", "fly"), "intent"),
        (Lesson("phrase greet", "inform"), "contradicts"),
        (Lesson("Phrase  greet!", "greet"), "known"),
        (Lesson("coucou", "greet"), "known"),
        (Lesson("hm", "greet", (Span("place", "nowhere", 0, 2),)), "value"),
        (Lesson("hm", "greet", (Span("place", "Maârif", 0, 9),)), "outside"),
    ]
    numbers = keep(store, *(lesson for lesson, _ in bad))
    before = files(project)
    done = run(store, project)
    assert done.refused == tuple(zip(numbers, (reason for _, reason in bad), strict=True))
    assert (done.added, done.files, files(project)) == (0, (), before)
    with store.read() as session:
        assert examples.waiting(session) == (len(bad), 0), "it is in no file"
    keep(store, Lesson("bien", "greet"))
    assert run(store, project).added == 1


def test_what_the_files_refuse_later_is_written_again_once_they_do_not(store: Database, project: Path) -> None:
    keep(store, Lesson("un", "greet"))
    run(store, project)
    (project / "data/nlu/fr/learned_volunteer.yml").unlink()
    write_files(project, {"data/nlu/fr/by_hand": [Lesson("un", "inform")]})
    assert [reason for _, reason in run(store, project).refused] == ["contradicts"]
    with store.read() as session:
        assert examples.waiting(session) == (1, 0)
    (project / "data/nlu/fr/by_hand.yml").unlink()
    assert run(store, project).added == 1
    with store.read() as session:
        assert examples.waiting(session) == (0, 0)


def test_what_is_taken_back_after_a_kill_goes_out_of_the_files_again(
    store: Database, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files have it already, the database must know: else nobody would ever take it out of them."""
    [number] = keep(store, Lesson("un", "greet"))

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(examples, "_learned_files", lambda project, suffix=".yml": dies() if suffix == ".yml" else ())
    with pytest.raises(KeyboardInterrupt):
        run(store, project)
    monkeypatch.undo()
    assert "data/nlu/fr/learned_volunteer.yml" in files(project)
    with store.write() as session:
        assert annotations.revoke(session, number, None, NOW).state == "undone"
    assert run(store, project).removed == 1
    assert "data/nlu/fr/learned_volunteer.yml" not in files(project)


def test_what_is_taken_back_while_the_files_are_written_is_not_forgotten(
    store: Database, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [number] = keep(store, Lesson("un", "greet"))
    planned = examples._planned

    def meanwhile(*given: Any) -> Any:
        with store.write() as session:
            annotations.revoke(session, number, None, NOW)
        return planned(*given)

    monkeypatch.setattr(examples, "_planned", meanwhile)
    assert run(store, project).added == 1
    monkeypatch.undo()
    assert run(store, project).removed == 1
    assert count(store, Example) == 0


def test_a_disk_that_is_full_leaves_nothing_behind_and_everything_waiting(
    store: Database, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, Lesson("un", "greet"))
    before = files(project)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(examples.os, "fsync", full)
    with pytest.raises(OSError):
        run(store, project)
    monkeypatch.undo()
    assert files(project) == before
    with store.read() as session:
        assert examples.waiting(session) == (1, 0)
    assert run(store, project).added == 1


def test_the_same_words_are_written_once(store: Database, project: Path) -> None:
    keep(store, Lesson("merci", "greet"), Lesson("Merci !", "greet"))
    keep(store, Lesson("merci", "greet"), split="held_out")
    done = run(store, project)
    assert done.added == 1 and [reason for _, reason in done.refused] == ["contradicts"]


def test_a_kill_while_writing_leaves_whole_files_and_is_made_good(store: Database, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(store, Lesson("un", "greet"))
    keep(store, Lesson("أهلا", "greet"), register="ar")
    replace, calls = Path.replace, []

    def dies(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        run(store, project)
    monkeypatch.undo()
    assert all(read(content) for name, content in files(project).items() if name.endswith(".yml"))
    assert corpus(project)
    run(store, project)
    assert sum("learned" in name for name in files(project)) == 2
    assert not list(project.rglob("*.writing"))
    assert run(store, project) == Exported()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told(store: Database, project: Path) -> None:
    keep(store, Lesson("un", "greet"))
    (project / "data/nlu/fr").chmod(0o500)
    with pytest.raises(OSError):
        run(store, project)
    (project / "data/nlu/fr").chmod(0o700)


def test_a_thousand_sentences_of_all_registers_come_back_exactly_from_files_that_are_short(store: Database, project: Path) -> None:
    given = samples(1000)
    for register in ("ar", "fr", "ary-Arab", "ary-Latn"):
        keep(store, *(lesson for of, lesson in given if of == register), register=register)
    done = run(store, project)
    assert (done.added, done.refused) == (1000, ())
    back = [lesson for name, content in files(project).items() if "learned" in name for lesson in read(content)]
    by_words = {lesson.words: lesson for _, lesson in given}
    assert len(back) == 1000
    assert all(by_words[lesson.words] == lesson for lesson in back)
    assert all(len(content.splitlines()) < 400 for content in files(project).values())
    assert run(store, project).files == ()
