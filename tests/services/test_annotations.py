"""Judging sentences: checked as a whole, once, by whoever is first; on both databases."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.services import annotations, transcripts
from bot.services.annotations import Judgement
from bot.services.lessons import Corpus, corpus
from bot.services.training_files import Lesson, Span, read, rendered
from bot.settings import PROJECT
from bot.store.engine import Database
from bot.store.models import Example, Sentence, StaffAccount
from tests.services.talk import AT, user
from tests.services.tracker_file import Events
from tests.worlds import AMINA, BRAHIM, NOW, count, volunteer

SAID = "bghit n3awen f lm3arif 🙏🏽"
PLACE = Span("place", "Maârif", 15, 22)
RIGHT = Judgement("offer_volunteering", (PLACE,), "ary-Latn")


def write_files(folder: Path, sentences: dict[str, list[Lesson]]) -> None:
    """A small project's sentences: path within it, without .yml → what stands there."""
    for name, lessons in sentences.items():
        path = folder / f"{name}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        [content] = rendered(lessons)
        path.write_text(content, encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_files(
        tmp_path,
        {
            "data/nlu/fr/volunteer": [Lesson("je veux aider", "offer_volunteering"), Lesson("je cherche une mission", "search_missions")],
            "data/nlu/ary-Arab/volunteer": [Lesson("بغيت نعاون فالمعاريف", "offer_volunteering")],
            "data/nlu/ary-Latn/talk": [Lesson("salam", "greet")],
            "tests/evaluation/fr/talk": [Lesson("coucou tout le monde", "greet")],
            "tests/evaluation/mixed/talk": [Lesson("salam, je cherche شي جمعية", "search_missions")],
        },
    )
    return tmp_path


@pytest.fixture
def taught(project: Path) -> Corpus:
    return corpus(project)


@pytest.fixture
def heard(store: Database, tmp_path: Path) -> Database:
    """Amina's sentence, of which the bot made nothing, and a sure one of Brahim's."""
    events = Events(store, tmp_path)
    entity = {"entity": "place", "value": "Maârif", "start": 15, "end": 22}
    events.add_many(
        [
            user(AMINA, SAID, 1, "nlu_fallback", 0.2, register="ary-Latn", entities=[entity, {**entity, "value": "nowhere"}]),
            user(BRAHIM, "je cherche", 2, "search_missions", 0.97, at=AT + 1),
        ]
    )
    transcripts.run(store.write, events.tracker)
    with store.write() as session:
        volunteer(session, AMINA, "Amina")
        for name in ("nadia", "omar"):
            session.add(StaffAccount(name=name, password_hash="-", totp_secret="-", role="annotator", locale="fr", created_at=NOW))
    return store


def sentence(store: Database, chat_id: int = AMINA) -> Sentence:
    with store.read() as session:
        return session.execute(select(Sentence).where(Sentence.chat_id == chat_id)).scalar_one()


def keep(store: Database, taught: Corpus, judgement: Judgement = RIGHT, version: int = 0, account: int = 1) -> annotations.Outcome:
    number = sentence(store).id
    with store.write() as session:
        return annotations.keep(session, taught, number, version, judgement, account, NOW)


def test_a_sentence_becomes_an_example(heard: Database, taught: Corpus) -> None:
    assert keep(heard, taught) == annotations.Outcome("kept", words=SAID)
    row = sentence(heard)
    assert (row.state, row.right_intent, row.annotated_by, row.annotated_at, row.version) == ("kept", "offer_volunteering", 1, NOW, 1)
    with heard.read() as session:
        example = session.execute(select(Example)).scalar_one()
    assert (example.words, example.register, example.split, example.state) == (SAID, "ary-Latn", "train", "kept")
    assert example.entities == row.right_entities == [{"entity": "place", "value": "Maârif", "start": 15, "end": 22}]


def test_what_names_the_person_goes_and_spans_move(store: Database, tmp_path: Path, taught: Corpus) -> None:
    text = "\n ana Amina o 7bibti Zahiya 0612345678 f lm3arif\nchokran "
    events = Events(store, tmp_path)
    events.add_many([user(AMINA, text, 1, "nlu_fallback", 0.2)])
    transcripts.run(store.write, events.tracker)
    with store.write() as session:
        volunteer(session, AMINA, "Amina")
    start = text.index("lm3arif")
    friend = text.index("Zahiya")
    judgement = Judgement(
        "offer_volunteering", (Span("place", "Maârif", start, start + 7),), "ary-Latn", "held_out", ((friend, friend + 6),)
    )
    outcome = keep(store, taught, judgement, account=None)  # type: ignore[arg-type]
    assert outcome == annotations.Outcome(
        "kept", words="ana Salma o 7bibti Salma 0600000000 f lm3arif chokran", replaced=("name", "name", "phone")
    )
    with store.read() as session:
        example = session.execute(select(Example)).scalar_one()
    [span] = example.entities
    assert example.words[span["start"] : span["end"]] == "lm3arif"
    assert example.split == "held_out"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("mon mail c'est salam.casa@gmail.com, salam et bonne soirée", "mon mail c'est nom@exemple.ma, salam et bonne soirée"),
        ("kayn f www.aide-maroc.ma bghit aide", "kayn f https://exemple.ma bghit aide"),
        ("insta @mission_dima ana dima bghit mission", "insta @exemple ana dima bghit mission"),
        ("شوفو t.me/khir khir كبير", "شوفو https://exemple.ma khir كبير"),
        ("amina@gmail.com, ana amina", "nom@exemple.ma, ana Salma"),
    ],
)
def test_parts_of_an_address_are_no_names(store: Database, tmp_path: Path, taught: Corpus, said: str, kept: str) -> None:
    events = Events(store, tmp_path)
    events.add_many([user(AMINA, said, 1, "nlu_fallback", 0.2)])
    transcripts.run(store.write, events.tracker)
    with store.write() as session:
        volunteer(session, AMINA, "Amina")
    assert keep(store, taught, Judgement("greet", (), "fr"), account=None).words == kept  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"intent": "fly"}, "intent"),
        ({"intent": "nlu_fallback"}, "intent"),
        ({"register": "en"}, "register"),
        ({"split": "both"}, "split"),
        ({"spans": (Span("place", "maarif", 15, 22),)}, "value"),
        ({"spans": (Span("means", "car", 15, 22),)}, "value"),
        ({"spans": (Span("place", "Maârif", 15, 99),)}, "outside"),
        ({"spans": (Span("place", "Maârif", -1, 3),)}, "outside"),
        ({"spans": (Span("place", "Maârif", 5, 5),)}, "outside"),
        ({"spans": (Span("place", "Maârif", 14, 22),)}, "blank"),
        ({"spans": (Span("place", "Maârif", 23, 24),)}, "cut"),
        ({"spans": (PLACE, Span("day", "sat", 20, 22))}, "overlap"),
        ({"spans": (Span("day", "sat", 20, 22), PLACE)}, "overlap"),
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(heard: Database, taught: Corpus, change: dict[str, Any], reason: str) -> None:
    wanted = {"intent": RIGHT.intent, "spans": RIGHT.spans, "register": RIGHT.register, "split": RIGHT.split, **change}
    assert keep(heard, taught, Judgement(**wanted)) == annotations.Outcome("refused", reason)
    assert sentence(heard).state == "new" and count(heard, Example) == 0


@pytest.mark.parametrize(
    ("said", "intent", "reason"),
    [
        ("[salam](greet)", "greet", "brackets"),
        ("Je veux  AIDER !", "offer_volunteering", "known"),
        ("je veux aider", "greet", "contradicts"),
        ("Coucou tout le monde", "greet", "known"),  # it is held out: learnt, it would measure nothing
        ("Salam je cherche  شي جمعية !", "search_missions", "known"),
        ("salam, je cherche شي جمعية", "greet", "contradicts"),
        ("a" * 500, "greet", "long"),
    ],
)
def test_what_teaches_nothing_or_harm_is_refused(
    store: Database, tmp_path: Path, taught: Corpus, said: str, intent: str, reason: str
) -> None:
    events = Events(store, tmp_path)
    events.add_many([user(AMINA, said, 1, "nlu_fallback", 0.2)])
    transcripts.run(store.write, events.tracker)
    assert keep(store, taught, Judgement(intent, (), "fr"), account=None) == annotations.Outcome("refused", reason)  # type: ignore[arg-type]


def test_the_same_words_twice_are_one_example(store: Database, tmp_path: Path, taught: Corpus) -> None:
    events = Events(store, tmp_path)
    events.add_many([user(chat, "yallah nbdaw", 1, "nlu_fallback", 0.2) for chat in (AMINA, BRAHIM)])
    transcripts.run(store.write, events.tracker)
    first, second = (sentence(store, chat).id for chat in (AMINA, BRAHIM))
    with store.write() as session:
        judgement = Judgement("greet", (), "ary-Latn")
        assert annotations.keep(session, taught, first, 0, judgement, None, NOW).state == "kept"
        assert annotations.keep(session, taught, second, 0, judgement, None, NOW).reason == "known"
        other = Judgement("offer_volunteering", (), "ary-Latn")
        assert annotations.keep(session, taught, second, 0, other, None, NOW).reason == "contradicts"


def test_the_second_of_two_is_told(heard: Database, taught: Corpus) -> None:
    assert keep(heard, taught).state == "kept"
    other = Judgement("search_missions", (), "ary-Latn")
    assert keep(heard, taught, other, account=2) == annotations.Outcome("stale")
    assert keep(heard, taught, other, version=1, account=2) == annotations.Outcome("stale")
    with heard.write() as session:
        assert annotations.skip(session, sentence(heard).id, 0, 2, NOW).state == "stale"
        assert annotations.undo(session, sentence(heard).id, 0, 2, NOW).state == "stale"
    assert (sentence(heard).right_intent, sentence(heard).annotated_by) == ("offer_volunteering", 1)
    assert count(heard, Example) == 1


def test_two_at_the_same_moment(heard: Database, taught: Corpus) -> None:
    """Both have read the sentence before either writes; SQLite makes the second wait for the first."""
    number = sentence(heard).id
    gate, outcomes = threading.Barrier(2), []

    def judge(account: int, intent: str) -> None:
        gate.wait(10)
        with heard.write() as session:
            outcomes.append(annotations.keep(session, taught, number, 0, Judgement(intent, (), "ary-Latn"), account, NOW).state)

    threads = [threading.Thread(target=judge, args=pair) for pair in ((1, "greet"), (2, "search_missions"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["kept", "stale"]
    assert count(heard, Example) == 1 and sentence(heard).version == 1


def test_skipped_and_taken_back(heard: Database, taught: Corpus) -> None:
    number = sentence(heard).id
    with heard.write() as session:
        assert annotations.skip(session, number, 0, 1, NOW).state == "skipped"
        assert annotations.undo(session, number, 1, 2, NOW).state == "undone"
        assert annotations.undo(session, number, 2, 2, NOW).state == "stale"  # there is nothing to take back
    assert keep(heard, taught, version=2).state == "kept"
    with heard.write() as session:
        assert annotations.undo(session, number, 3, 1, NOW).state == "undone"
    row = sentence(heard)
    assert (row.state, row.right_intent, row.right_entities, row.version) == ("new", None, None, 4)
    assert count(heard, Example) == 0


def test_an_example_in_a_file_is_withdrawn(heard: Database, taught: Corpus) -> None:
    keep(heard, taught)
    with heard.write() as session:
        session.execute(select(Example)).scalar_one().exported_at = NOW
    with heard.write() as session:
        assert annotations.undo(session, sentence(heard).id, 1, 1, NOW).state == "undone"
    with heard.read() as session:
        example = session.execute(select(Example)).scalar_one()
    assert (example.state, example.sentence_id) == ("revoked", None)
    assert keep(heard, taught, version=2).state == "kept"
    assert count(heard, Example) == 2


def test_a_mistake_that_was_exported_can_be_mended_at_once(heard: Database, taught: Corpus, project: Path) -> None:
    wrong = Judgement("greet", (), "ary-Latn")
    keep(heard, taught, wrong)
    with heard.write() as session:
        session.execute(select(Example)).scalar_one().exported_at = NOW
    write_files(project, {"data/nlu/ary-Latn/learned_talk": [Lesson(SAID, "greet")]})
    now_taught = corpus(project)
    assert [one.lesson.intent for one in now_taught.same(SAID)] == ["greet"]
    with heard.write() as session:
        annotations.undo(session, sentence(heard).id, 1, 1, NOW)
    assert keep(heard, now_taught, version=2).state == "kept"


def test_a_sentence_that_is_gone_is_told(heard: Database, taught: Corpus) -> None:
    with heard.write() as session:
        assert annotations.keep(session, taught, 999, 0, RIGHT, 1, NOW).state == "unknown"
        assert annotations.skip(session, 999, 0, 1, NOW).state == "unknown"
        assert annotations.undo(session, 999, 0, 1, NOW).state == "unknown"
        assert annotations.review(session, taught, 999) is None


def test_near_duplicates_are_pointed_out_in_either_script(heard: Database, taught: Corpus) -> None:
    with heard.read() as session:
        found = annotations.review(session, taught, sentence(heard).id)
        sure = annotations.review(session, taught, sentence(heard, BRAHIM).id)
    assert found is not None and sure is not None
    assert [(like.words, like.intent, like.register) for like in found.like] == [("بغيت نعاون فالمعاريف", "offer_volunteering", "ary-Arab")]
    assert (found.is_sure, sure.is_sure) == (False, True)


def test_the_queue_begins_with_the_newest_doubt(heard: Database, taught: Corpus) -> None:
    with heard.read() as session:
        assert [row.chat_id for row in annotations.queue(session)] == [AMINA]
        assert [row.chat_id for row in annotations.queue(session, doubtful=False)] == [BRAHIM, AMINA]
        assert [row.chat_id for row in annotations.queue(session, register="fr", doubtful=False)] == [BRAHIM]
        assert [row.chat_id for row in annotations.queue(session, intent="search_missions", doubtful=False)] == [BRAHIM, AMINA]
        assert annotations.queue(session, intent="greet", register="fr", doubtful=False) == []
    keep(heard, taught)
    with heard.read() as session:
        assert annotations.queue(session) == []


def test_a_register_is_found_behind_many_newer_sentences_of_another(
    heard: Database, taught: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotations, "LOOKED_AT", 1)
    with heard.read() as session:
        assert [row.chat_id for row in annotations.queue(session, register="ary-Latn", doubtful=False)] == [AMINA]
        assert [row.chat_id for row in annotations.queue(session, register="ary-Latn", intent="greet", doubtful=False)] == [AMINA]


def test_what_was_found_and_cannot_stand_is_not_offered(heard: Database) -> None:
    assert annotations.found_spans(sentence(heard)) == (PLACE,)


def test_what_is_held_out_in_this_project_is_known() -> None:
    """In whatever folder it stands."""
    whole = corpus(PROJECT)
    for path in (PROJECT / "tests" / "evaluation").glob("*/*.yml"):
        for lesson in read(path.read_text(encoding="utf-8")):
            assert any(one.split == "held_out" for one in whole.same(lesson.words)), lesson


def test_files_are_read_anew_when_they_change(project: Path) -> None:
    before = corpus(project)
    assert corpus(project) is before
    assert before.intents == {"offer_volunteering", "search_missions", "greet"}
    write_files(project, {"data/nlu/fr/talk": [Lesson("merci bien", "thank")]})
    assert "thank" in corpus(project).intents
