"""Reading Rasa's events: once each, whatever is killed, erased or undone meanwhile; on both databases."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import transcripts
from bot.services.transcript_index import keys_of, read_page, recount, word_keys
from bot.store.engine import Database
from bot.store.models import Conversation, Sentence, SentenceKey, TranscriptMark
from bot.store.tracker import Event, Tracker
from bot.vocabulary.spelling import words
from tests.services.talk import AT, say, turn, user
from tests.services.tracker_file import Events
from tests.worlds import AMINA, BRAHIM, count, statements


@pytest.fixture
def events(store: Database, tmp_path: Path) -> Events:
    return Events(store, tmp_path)


def read(store: Database, events: Events, limit: int = 2000) -> int:
    return transcripts.run(store.write, events.tracker, limit)


def sentences(store: Database) -> list[Sentence]:
    with store.read() as session:
        return list(session.execute(select(Sentence).order_by(Sentence.event_id)).scalars())


def conversation(store: Database, chat_id: int = AMINA) -> Conversation:
    with store.read() as session:
        return session.execute(select(Conversation).where(Conversation.chat_id == chat_id)).scalar_one()


def picture(store: Database) -> Any:
    """Everything the indexer wrote, without its own numbers."""
    left_out = {"id", "sentence_id"}
    with store.read() as session:
        tables = (Sentence, Conversation)
        found = [
            sorted(
                repr([getattr(row, c.key) for c in table.__table__.columns if c.key not in left_out])
                for row in session.execute(select(table)).scalars()
            )
            for table in tables
        ]
        keys = session.execute(select(SentenceKey.key, Sentence.event_id).join(Sentence, Sentence.id == SentenceKey.sentence_id)).all()
        return [*found, sorted(map(tuple, keys))]


def test_where_rasa_has_no_table_nothing_was_said(store: Database, tmp_path: Path) -> None:
    events = transcripts_of_nobody(store, tmp_path)
    assert transcripts.run(store.write, events) == 0
    assert count(store, Sentence) == 0


def transcripts_of_nobody(store: Database, tmp_path: Path) -> Any:
    from bot.store.tracker import Tracker

    return Tracker(f"sqlite:///{tmp_path}/none.db" if store.is_sqlite else store.url)


def test_a_sentence_is_kept_with_what_was_understood(store: Database, events: Events) -> None:
    entity = {"entity": "place", "value": "Maârif", "start": 9, "end": 15, "extractor": "VocabularyExtractor"}
    question = {"faq": {"response": {"intent_response_key": "faq/insurance"}}}
    events.add_many(
        [
            user(AMINA, "salut de Maârif", 7, "faq", 0.8, entities=[entity], response_selector=question, register="fr"),
            user(AMINA, '/inform{"cause": "health"}', 8, "inform"),
        ]
    )
    assert read(store, events) == 1
    [row] = sentences(store)
    assert (row.chat_id, row.update_id, row.words, row.register) == (AMINA, 7, "salut de Maârif", "fr")
    assert (row.intent, row.confidence, row.is_fallback, row.is_doubtful, row.state) == ("faq/insurance", 0.8, False, False, "new")
    assert row.ranking == [["faq/insurance", 0.8], ["search_missions", 0.4]]
    assert row.entities == [{"entity": "place", "value": "Maârif", "start": 9, "end": 15}]
    seen = conversation(store)
    assert (seen.last_words, seen.last_intent, seen.sentences, seen.fallbacks, seen.lowest_confidence) == (
        "salut de Maârif",
        "faq/insurance",
        1,
        0,
        0.8,
    )


def test_where_the_bot_asked_back_the_likeliest_is_kept_and_what_was_tapped(store: Database, events: Events) -> None:
    events.add_many(
        [
            user(AMINA, "chno nqdr ndir", 1, "nlu_fallback", 0.3),
            user(AMINA, "/search_missions", 2, "search_missions"),
            user(BRAHIM, "hm", 3, "nlu_fallback", 0.3),
            user(BRAHIM, "/help", 4, "help"),
        ]
    )
    read(store, events, limit=1)  # the tap is read in another page than the sentence
    first, second = sentences(store)
    assert (first.intent, first.confidence, first.is_fallback, first.is_doubtful) == ("greet", 0.3, True, True)
    assert first.chosen_intent == "search_missions"
    assert second.chosen_intent is None  # it was not among what was offered
    assert conversation(store).fallbacks == 1


@pytest.mark.parametrize("limit", [1, 2, 2000])
@pytest.mark.parametrize(
    ("between", "chosen"),
    [
        ([], "search_missions"),
        ([user(AMINA, "/help", 2, "help")], None),
        ([user(AMINA, "/restart", 2, None)], None),
        ([user(AMINA, "salam", 2)], None),
        ([(AMINA, "session_started", AT, {})], None),
    ],
)
def test_what_is_tapped_later_is_no_choice_however_the_pages_fall(
    store: Database, events: Events, limit: int, between: list[Any], chosen: str | None
) -> None:
    events.add_many(
        [user(AMINA, "chno nqdr ndir", 1, "nlu_fallback", 0.3), *between, user(AMINA, "/search_missions", 9, "search_missions")]
    )
    read(store, events, limit)
    assert sentences(store)[0].chosen_intent == chosen


def test_what_answers_a_form_is_no_misunderstanding(store: Database, events: Events) -> None:
    events.add_many(
        [
            (AMINA, "active_loop", AT, {"name": "offer_form"}),
            user(AMINA, "Amina", 1, "nlu_fallback", 0.2),
            (AMINA, "active_loop", AT, {"name": None}),
            user(AMINA, "euh", 2, "thank", 0.3),
            (AMINA, "active_loop", AT, {"name": "offer_form"}),
            (AMINA, "session_started", AT, {}),
            user(AMINA, "re", 3, "greet", 0.9),
        ]
    )
    read(store, events)
    assert [(row.loop, row.is_fallback, row.is_doubtful) for row in sentences(store)] == [
        ("offer_form", False, False),
        (None, False, True),
        (None, False, False),
    ]
    assert conversation(store).lowest_confidence == 0.3


def test_what_is_said_to_a_person_of_the_team_is_no_misunderstanding(store: Database, events: Events) -> None:
    heard = {"overheard": True}
    events.add_many(
        [
            user(AMINA, "bghit n3awen", 1, "offer_volunteering", 0.8),
            user(AMINA, "la la hadak machi dyali", 2, "nlu_fallback", 0.1, metadata=heard),
            user(AMINA, "ok merci bzaf", 3, None, metadata=heard),
            user(AMINA, "wakha", 4, "affirm", 0.5, metadata=heard),
        ]
    )
    read(store, events)
    _, *rest = sentences(store)
    assert [(row.is_fallback, row.is_doubtful) for row in rest] == [(False, False)] * 3
    assert (rest[0].intent, rest[0].confidence) == ("greet", 0.1), "what would have been understood is told"
    found = conversation(store)
    assert (found.sentences, found.fallbacks, found.lowest_confidence) == (4, 0, 0.8)
    with store.write() as session:
        recount(session, [AMINA])
    assert (conversation(store).fallbacks, conversation(store).lowest_confidence) == (0, 0.8)


def test_what_is_written_for_one_reader_is_found_by_nobody(store: Database, events: Events) -> None:
    events.add_many(
        [
            (AMINA, "active_loop", AT, {"name": "aid_form"}),
            user(AMINA, "insuline pour ma mère", 1, "ask_for_help"),
            (AMINA, "active_loop", AT, {"name": None}),
            user(AMINA, "merci bien", 2, "thank"),
        ]
    )
    read(store, events)
    with store.read() as session:
        found = {words: transcripts.conversations(session, transcripts.Wanted(words=words)).rows for words in ("insuline", "merci")}
        assert transcripts.conversations(session, transcripts.Wanted(intent="ask_for_help")).rows
    assert not found["insuline"] and found["merci"]


@pytest.mark.parametrize("limit", [1, 2, 3, 2000])
def test_read_in_pages_of_any_size_and_twice_it_is_the_same(store: Database, events: Events, limit: int) -> None:
    say(events, AMINA, "salam", "bghit n3awen", "شكرا")
    say(events, BRAHIM, "bonjour", "je cherche une mission", first_update=50)
    assert read(store, events, limit) == 5
    before = picture(store)
    assert read(store, events, limit) == 0
    with store.write() as session:
        session.execute(select(TranscriptMark)).scalar_one().settled_id = 0
    assert read(store, events, limit) == 0
    assert picture(store) == before
    assert conversation(store).sentences == 3


def test_a_kill_anywhere_leaves_out_nothing_and_doubles_nothing(store: Database, events: Events) -> None:
    say(events, AMINA, *(f"phrase {number}" for number in range(9)))
    whole = Killed()

    @contextmanager
    def dying() -> Iterator[Session]:
        with store.write() as session:
            yield session
            whole.count += 1
            if whole.count % 2:
                raise KeyboardInterrupt  # before the commit

    for _ in range(20):
        try:
            transcripts.run(dying, events.tracker, limit=2)
            break
        except KeyboardInterrupt:
            continue
    assert [row.words for row in sentences(store)] == [f"phrase {number}" for number in range(9)]
    assert conversation(store).sentences == 9


class Killed:
    count = 0


def test_a_turn_that_was_undone_and_said_again_is_one_sentence(store: Database, events: Events) -> None:
    half = [user(AMINA, "bghit n3awen", 5, "nlu_fallback", 0.2), (AMINA, "action", AT, {"name": "action_listen"})]
    events.add_many(half)
    assert read(store, events) == 1
    events.add_many([*half, *turn(AMINA, 5, "bghit n3awen", intent="offer_volunteering", confidence=0.9)])
    read(store, events)
    [row] = sentences(store)
    assert (row.intent, row.is_fallback) == ("offer_volunteering", False)
    found = conversation(store)
    assert (found.sentences, found.fallbacks, found.lowest_confidence) == (1, 0, 0.9)


def test_what_staff_judged_is_not_replaced(store: Database, events: Events) -> None:
    events.add_many([user(AMINA, "bghit", 5, "nlu_fallback", 0.2)])
    read(store, events)
    with store.write() as session:
        session.execute(select(Sentence)).scalar_one().state = "kept"
    events.add_many([user(AMINA, "bghit", 5, "greet", 0.9)])
    read(store, events)
    [row] = sentences(store)
    assert (row.state, row.intent) == ("kept", "greet") and row.is_fallback


def test_events_that_were_erased_give_their_numbers_to_nobody(store: Database, events: Events) -> None:
    """SQLite would give the numbers of the last rows again, and whoever reads by number would miss what came in their place."""
    say(events, AMINA, "salam")
    say(events, BRAHIM, "bonjour", "merci", first_update=10)
    read(store, events)
    assert events.tracker.forget(BRAHIM) == 12
    say(events, AMINA, "bghit n3awen", first_update=20)
    assert read(store, events) == 1
    assert events.tracker.forget(AMINA) == 12
    assert events.all() == []
    say(events, BRAHIM, "me revoilà", first_update=30)
    assert read(store, events) == 1


def test_old_events_go_from_the_oldest_on(store: Database, events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.store import tracker as module
    from tests.worlds import utc

    monkeypatch.setattr(module, "_AT_ONCE", 3)
    events.add_many([user(AMINA, f"p{number}", number, at=1000.0 * number) for number in range(1, 11)])
    read(store, events)
    before = utc(1970, 1, 1, 2)  # 7200 seconds
    assert events.tracker.forget_before(before) == 7
    assert [content["text"] for _, _, content in events.all()] == ["p8", "p9", "p10"]
    assert events.tracker.forget_before(before) == 0
    events.add_many([user(AMINA, "p11", 11)])
    assert read(store, events) == 1


def test_a_number_that_appears_late_is_still_read(store: Database, events: Events) -> None:
    """On PostgreSQL another chat's smaller number may be committed after a larger one."""
    if store.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    recent = time.time()
    events.add_many([user(AMINA, "un", 1, at=recent)])
    with store.engine.begin() as late:
        late.exec_driver_sql("SELECT nextval('events_id_seq')")
        events.add_many([user(AMINA, "trois", 3, at=recent)])
        assert read(store, events) == 2
        late.exec_driver_sql(
            f"INSERT INTO events (id, sender_id, type_name, timestamp, data) VALUES (2, '{BRAHIM}', 'user', 1.0, '{{\"text\": \"deux\"}}')"
        )
    assert read(store, events) == 1
    assert [row.words for row in sentences(store)] == ["un", "deux", "trois"]


def test_what_settles_is_looked_at_again_and_fetched_once(store: Database, events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[int] = []
    fetch = Tracker.events

    def counting(tracker: Tracker, numbers: Sequence[int]) -> list[Event]:
        fetched.extend(numbers)
        return fetch(tracker, numbers)

    monkeypatch.setattr(Tracker, "events", counting)
    for number, said in enumerate(("un", "deux", "trois")):
        events.add_many([user(AMINA, said, number, at=time.time())])
        assert read(store, events) == 1
    assert read(store, events) == 0
    assert fetched == [1, 2, 3]


def test_conversations_of_no_chat_are_left_out(store: Database, events: Events) -> None:
    events.add_many([user(0, "salam", 1)])
    with events._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE events SET sender_id = 'a name'")
    assert read(store, events) == 0
    assert count(store, Conversation) == 0


def test_a_page_asks_a_bounded_number_of_questions(store: Database, events: Events) -> None:
    heard = []
    for people in (2, 60):
        rows = [user(1000 * people + n, f"phrase {n} bghit", n, "nlu_fallback", 0.2) for n in range(people)]
        rows += [user(1000 * people + n, "/greet", 500 + n) for n in range(people)]
        events.add_many(rows)
        with statements(store) as asked, store.write() as session:
            read_page(session, events.tracker, None)
        heard.append(len(asked))
        with store.write() as session:
            assert session.execute(select(func.count()).select_from(Sentence)).scalar_one() >= people
    assert max(heard) <= 16
    assert heard[1] <= heard[0]


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("عندي جمعية", "jam3iya"),
        ("3ndi jam3iya f casa", "جمعية"),
        ("الجمعيات ديالنا: الجمعية الأولى", "جمعية"),
        ("جمعية", "الجمعية"),
        ("ljam3iya dyali", "جمعية"),
        ("Je suis bénévole à l’école", "BENEVOLE"),
        ("l'ecole", "école"),
        ("أريد التَّطَوُّع", "اريد التطوع"),
        ("إلى الأحياء", "الى"),
        ("بغيت نتطوع", "bghit"),
        ("bghiiiit ntatawa3", "نتطوع"),
        ("رقم ١٢", "12"),
    ],
)
def test_a_word_is_found_in_any_spelling(written: str, asked: str) -> None:
    keys = keys_of(written)
    for word in words(asked):
        assert word_keys(word.normal, word.skeleton) & keys, (word, sorted(keys))


@pytest.mark.parametrize(
    ("written", "asked"),
    [("salam", "merci"), ("جمعية", "تعليم"), ("association", "cooperative"), ("🙂", "salam"), ("lot 1b", "lot4b"), ("zone1", "zone4")],
)
def test_other_words_are_not_found(written: str, asked: str) -> None:
    keys = keys_of(written)
    assert not any(word_keys(word.normal, word.skeleton) & keys for word in words(asked))


def test_a_message_of_any_length_has_a_bounded_number_of_keys() -> None:
    assert len(keys_of(" ".join(f"mot{number}" for number in range(5000)))) < 420
    assert all(len(key) <= 32 for key in keys_of("a" * 200 + " " + "بغيت" * 50))


def test_a_look_finds_work_only_where_there_is_some(store: Database, events: Events) -> None:
    """The last event of each turn is none that is read: a job that took it for work would lock the database for nothing."""

    def behind() -> bool:
        with store.read() as session:
            return transcripts.is_behind(session, events.tracker)

    assert not behind()
    say(events, AMINA, "salam")
    assert behind()
    read(store, events)
    assert not behind()
    events.tracker.index()
    events.tracker.index()
