"""The list of conversations and the thread: filters, searching, paging, and what they cost; on both databases."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.messages import outbox
from bot.messages.outbox import Draft
from bot.services import care, transcripts
from bot.services.transcripts import ConversationRow, Cursor, Wanted
from bot.store.engine import Database
from bot.store.models import ConversationMark, ConversationTag, Handoff, OutboxMessage, Sentence, StaffAccount
from tests.services.talk import AT, bot, say, turn, user
from tests.services.tracker_file import Events
from tests.worlds import AMINA, BRAHIM, NOW, SALMA, statements, utc


@pytest.fixture
def events(store: Database, tmp_path: Path) -> Events:
    return Events(store, tmp_path)


def listed(store: Database, after: Cursor | None = None, limit: int = 50, **wanted: Any) -> list[int]:
    with store.read() as session:
        return [row.chat_id for row in transcripts.conversations(session, Wanted(**wanted), after, limit).rows]


@pytest.fixture
def talked(store: Database, events: Events) -> Database:
    """Amina (Darija, asked back once), then Brahim (French), then Salma (Arabic, taken)."""
    rows = [
        *turn(AMINA, 1, "bghit n3awen f jam3iya", at=AT, register="ary-Latn", intent="offer_volunteering", confidence=0.95),
        *turn(AMINA, 2, "chno hadchi", at=AT + 1, register="ary-Latn", intent="nlu_fallback", confidence=0.2),
        *turn(BRAHIM, 3, "Une association à Maârif ?", at=AT + 10, intent="search_missions", confidence=0.7),
        *turn(SALMA, 4, "أريد التطوع في جمعية", at=AT + 20, register="ar", intent="offer_volunteering", confidence=0.9),
    ]
    events.add_many(rows)
    transcripts.run(store.write, events.tracker)
    with store.write() as session:
        session.add(StaffAccount(name="nadia", password_hash="-", totp_secret="-", role="viewer", locale="fr", created_at=NOW))
        session.flush()
        care.hand_over(session, SALMA, "asked", NOW)
        session.add(ConversationTag(chat_id=BRAHIM, tag="bug"))
        session.add(ConversationMark(chat_id=AMINA, assignee_id=1, seen_at=utc(2026, 12, 1), reviewed_at=utc(2020, 1, 1)))
        session.add(ConversationMark(chat_id=BRAHIM, reviewed_at=utc(2026, 12, 1), reviewed_by=1))
    return store


def test_the_latest_activity_comes_first(talked: Database) -> None:
    assert listed(talked) == [SALMA, BRAHIM, AMINA]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"intent": "offer_volunteering"}, [SALMA, AMINA]),
        ({"intent": "greet"}, [AMINA]),
        ({"intent": "thank"}, []),
        ({"below": 0.8}, [BRAHIM, AMINA]),
        ({"below": 0.1}, []),
        ({"fallback": True}, [AMINA]),
        ({"fallback": False}, [SALMA, BRAHIM]),
        ({"register": "ar"}, [SALMA]),
        ({"handoff": "waiting"}, [SALMA]),
        ({"handoff": "open"}, [SALMA]),
        ({"handoff": "closed"}, []),
        ({"tag": "bug"}, [BRAHIM]),
        ({"tag": "other"}, []),
        ({"assignee": 1}, [AMINA]),
        ({"assignee": 0}, [SALMA, BRAHIM]),
        ({"reviewed": True}, [BRAHIM]),
        ({"reviewed": False}, [SALMA, AMINA]),
        ({"since": utc(2026, 1, 1)}, [SALMA, BRAHIM, AMINA]),
        ({"until": utc(2026, 1, 1)}, []),
        ({"words": "جمعية"}, [SALMA, AMINA]),
        ({"words": "JAM3IYA"}, [SALMA, AMINA]),
        ({"words": "association maarif"}, [BRAHIM]),
        ({"words": "association à Casablanca"}, []),
        ({"words": "اريد التطوّع"}, [SALMA]),
        ({"words": "bghit hadchi"}, []),  # in two sentences
        ({"words": "؟!"}, []),
        ({"words": "jam3iya", "register": "ar"}, [SALMA]),
        ({"fallback": True, "handoff": "open"}, []),
        ({"below": 0.8, "reviewed": True, "tag": "bug"}, [BRAHIM]),
    ],
)
@pytest.mark.parametrize("few", [500, 0])
def test_filters_whether_few_or_many_fit(
    talked: Database, monkeypatch: pytest.MonkeyPatch, few: int, wanted: dict[str, Any], found: list[int]
) -> None:
    """With few = 0 every filter counts as one that leaves many, and the list is walked."""
    monkeypatch.setattr(transcripts, "FEW", few)
    if not few:
        monkeypatch.setattr(transcripts, "_few", lambda *_: None)
    assert listed(talked, **wanted) == found


def test_a_row_tells_what_a_list_shows(talked: Database) -> None:
    with talked.read() as session:
        salma, brahim, amina = transcripts.conversations(session, Wanted()).rows
    assert amina == ConversationRow(
        chat_id=AMINA,
        last_at=amina.last_at,
        last_words="chno hadchi",
        register="ary-Latn",
        last_intent="greet",
        lowest_confidence=0.2,
        fallbacks=1,
        sentences=2,
        handoff=None,
        assignee_id=1,
        reviewed_at=utc(2020, 1, 1),
        seen_at=utc(2026, 12, 1),
        tags=(),
    )
    assert (salma.handoff, brahim.tags) == ("waiting", ("bug",))
    assert (amina.is_unread, salma.is_unread) == (False, True)


@pytest.mark.parametrize("wanted", [{}, {"words": "phrase"}, {"fallback": False}])
@pytest.mark.parametrize(("few", "looked_at"), [(500, 2000), (0, 7), (0, 1)])
def test_paging_shows_everybody_once_in_order(
    store: Database, events: Events, monkeypatch: pytest.MonkeyPatch, few: int, looked_at: int, wanted: dict[str, Any]
) -> None:
    monkeypatch.setattr(transcripts, "FEW", few)
    monkeypatch.setattr(transcripts, "LOOKED_AT", looked_at)
    # Two at the same instant, where a page may end.
    events.add_many([user(1000 + n, f"phrase {n}", n, at=AT + 0.123457 + n // 2) for n in range(23)])
    transcripts.run(store.write, events.tracker)
    seen: list[int] = []
    after: Cursor | None = None
    for _ in range(40):
        with store.read() as session:
            shelf = transcripts.conversations(session, Wanted(**wanted), after, limit=4)
        seen += [row.chat_id for row in shelf.rows]
        if shelf.after is None:
            break
        after = Cursor.read(str(shelf.after))
        assert after == shelf.after
    assert seen == [1022, *(1000 + n for pair in range(10, -1, -1) for n in (2 * pair + 1, 2 * pair))]


@pytest.mark.parametrize("written", ["", "x", "1", "1.", "-5.3", "99999999999999999999.1", "1.99999999999999999999", "1.2.3"])
def test_a_cursor_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        Cursor.read(written)


EVERYTHING = {
    "intent": "greet",
    "below": 0.95,
    "fallback": True,
    "register": "fr",
    "handoff": "open",
    "tag": "x",
    "assignee": 1,
    "reviewed": True,
    "words": "phrase bonjour une deux trois quatre cinq six sept",
}


def test_a_list_all_of_whose_filters_leave_many_asks_no_more_than_it_says(
    store: Database, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcripts, "FEW", -1)
    monkeypatch.setattr(transcripts, "LOOKED_AT", 3)
    events.add_many([user(n, f"{EVERYTHING['words']} {n}", n, at=AT + n) for n in range(1, 6)])
    transcripts.run(store.write, events.tracker)
    with statements(store) as asked, store.read() as session:
        found = transcripts.conversations(session, Wanted(**EVERYTHING))
    assert len(asked) == len(EVERYTHING) - 1 + transcripts.MOST_WORDS + 2  # the rows, of which none fits, and the end of the walk
    assert found.after is not None


@pytest.mark.parametrize("wanted", [{}, {"words": "phrase"}, {"below": 0.95}, EVERYTHING])
def test_a_list_asks_the_same_few_questions_of_ten_and_of_a_thousand(store: Database, events: Events, wanted: dict[str, Any]) -> None:
    heard = []
    for people in (10, 1000):
        events.add_many([user(people * 10 + n, f"phrase bonjour {n}", n, at=AT + n) for n in range(people)])
        transcripts.run(store.write, events.tracker)
        with statements(store) as asked, store.read() as session:
            transcripts.conversations(session, Wanted(**wanted))
        heard.append(len(asked))
    words = min(len(wanted.get("words", "").split()), transcripts.MOST_WORDS)
    assert max(heard) <= len(wanted.keys() - {"words"}) + words + 5
    assert heard[1] - heard[0] <= 4  # at most the three of the rows found, and the end of the walk


# ---- the thread


def thread(store: Database, events: Events, chat_id: int = AMINA, before: str | None = None, limit: int = 200) -> transcripts.Thread:
    with store.read() as session:
        return transcripts.thread(session, events.tracker, chat_id, before, limit)


def test_a_thread_tells_both_sides_in_order(store: Database, events: Events) -> None:
    entity = {"entity": "place", "value": "Maârif", "start": 2, "end": 8}
    events.add_many(
        [
            (AMINA, "session_started", AT, {}),
            (AMINA, "slot", AT, {"name": "session_started_metadata", "value": {"x": 1}}),
            *turn(AMINA, 5, "à Maârif", "Voici <b>deux</b> missions", at=AT + 1, intent="search_missions", entities=[entity]),
            (AMINA, "slot", AT + 2, {"name": "register", "value": "fr"}),
            (AMINA, "active_loop", AT + 2, {"name": "offer_form"}),
            user(AMINA, '/inform{"cause": "health"}', 6, "inform", at=AT + 3),
            (AMINA, "active_loop", AT + 4, {"name": None}),
            *turn(BRAHIM, 9, "autre", at=AT + 5),
        ]
    )
    transcripts.run(store.write, events.tracker)
    with store.write() as session:
        outbox.queue(session, AMINA, outbox.REPLY, "update:5", [Draft("Voici <b>deux</b> missions")], NOW)
        outbox.queue(session, AMINA, outbox.DIGEST, "digest:3", [Draft("Vos <i>missions</i> &amp; plus")], utc(2027, 1, 1))
        session.flush()
        session.execute(update(OutboxMessage).where(OutboxMessage.origin == "update:5").values(state="sent", sent_at=NOW))
    found = thread(store, events)
    assert [(entry.kind, entry.words or entry.payload) for entry in found.entries] == [
        ("session", ""),
        ("person", "à Maârif"),
        ("action", "action_answer"),
        ("bot", "Voici deux missions"),
        ("slot", "register"),
        ("form", "offer_form"),
        ("person", '/inform{"cause": "health"}'),
        ("form", ""),
        ("sent", "Vos missions & plus"),
    ]
    assert found.before is None
    said, answer, digest = found.entries[1], found.entries[3], found.entries[-1]
    assert (said.intent, said.confidence, said.register, said.entities) == ("search_missions", 0.9, "fr", (entity,))
    assert said.ranking == (("search_missions", 0.9), ("search_missions", 0.45))
    assert said.sentence_id is not None and said.judged is None
    assert (answer.buttons, answer.delivery, answer.delivered_at) == (("Oui",), "sent", NOW)
    assert (digest.outbox_kind, digest.origin, digest.delivery) == ("digest", "digest:3", "queued")
    assert found.entries[6].sentence_id is None and found.entries[6].entities == ()


def test_the_worst_state_of_an_answer_in_parts_is_told(store: Database, events: Events) -> None:
    events.add_many(turn(AMINA, 5, "salut"))
    with store.write() as session:
        outbox.queue(session, AMINA, outbox.REPLY, "update:5", [Draft("un"), Draft("deux")], NOW)
        session.flush()
        session.execute(update(OutboxMessage).where(OutboxMessage.position == 0).values(state="sent"))
        session.execute(update(OutboxMessage).where(OutboxMessage.position == 1).values(state="failed"))
    [answer] = [entry for entry in thread(store, events).entries if entry.kind == "bot"]
    assert answer.delivery == "failed"


def test_an_answer_to_a_changed_message_is_shown_once_with_its_delivery(store: Database, events: Events) -> None:
    origin = f"edited:{AMINA}:5"
    edited = ('/unsupported{"kind": "edited"}', "Je ne vois pas les modifications")
    events.add_many([row for update in (8, 9) for row in turn(AMINA, update, *edited, metadata={"origin": origin})])
    with store.write() as session:
        outbox.queue(session, AMINA, outbox.REPLY, origin, [Draft(edited[1])], NOW)
        session.flush()
        session.execute(update(OutboxMessage).values(state="sent", sent_at=NOW))
    found = [(entry.kind, entry.words, entry.delivery) for entry in thread(store, events).entries if entry.kind in ("bot", "sent")]
    assert found == [("bot", edited[1], "sent")] * 2  # both were said in Rasa's table; the second left as the first


def test_a_turn_that_was_given_up_tells_what_the_person_was_told(store: Database, events: Events) -> None:
    events.add_many([user(AMINA, "bghit n3awen", 8)])
    with store.write() as session:
        outbox.queue(session, AMINA, outbox.REPLY, "update:8:given_up", [Draft("Un problème de notre côté")], utc(2027, 1, 1))
    assert [(entry.kind, entry.words) for entry in thread(store, events).entries] == [
        ("person", "bghit n3awen"),
        ("sent", "Un problème de notre côté"),
    ]


def test_a_turn_that_was_taken_back_is_marked(store: Database, events: Events) -> None:
    events.add_many([user(AMINA, "bghit", 5, "nlu_fallback", 0.2), *turn(AMINA, 5, "bghit")])
    transcripts.run(store.write, events.tracker)
    first, second = [entry for entry in thread(store, events).entries if entry.kind == "person"]
    assert (first.is_undone, second.is_undone) == (True, False)
    with store.write() as session:
        session.execute(update(Sentence).values(state="kept", right_intent="offer_volunteering"))
    second = [entry for entry in thread(store, events).entries if entry.kind == "person"][1]
    assert (second.judged, second.right_intent) == ("kept", "offer_volunteering")


def test_a_thread_nobody_has_is_empty(store: Database, events: Events) -> None:
    assert thread(store, events) == transcripts.Thread()


@pytest.mark.parametrize("limit", [1, 7, 20, 1000])
def test_parts_of_a_thread_join_without_gap_or_overlap(store: Database, events: Events, limit: int) -> None:
    say(events, AMINA, *(f"phrase {number}" for number in range(12)))
    with store.write() as session:
        for number in range(9):
            at = utc(2026, 11, 26) + timedelta(seconds=number * 60)
            outbox.queue(session, AMINA, outbox.NOTICE if number % 2 else outbox.REPLY, f"x:{number}", [Draft(f"avis {number}")], at)
            outbox.queue(session, AMINA, outbox.REPLY, f"update:{number + 1}", [Draft("Bonjour")], at)
    transcripts.run(store.write, events.tracker)
    whole = thread(store, events, limit=10_000).entries
    assert len([entry for entry in whole if entry.kind == "sent"]) == 9
    parts: list[Any] = []
    before = None
    for _ in range(200):
        part = thread(store, events, before=before, limit=limit)
        parts = [*part.entries, *parts]
        before = part.before
        if before is None:
            break
    assert sorted(map(key_of, parts)) == sorted(map(key_of, whole))
    told = [(entry.event_id or 0) for entry in parts if entry.event_id]
    assert told == sorted(told)
    if limit >= 20:
        assert [key_of(entry) for entry in parts] == [key_of(entry) for entry in whole]


def key_of(entry: Any) -> tuple[Any, ...]:
    return entry.kind, entry.words, entry.event_id or 0, entry.origin or ""


@pytest.mark.parametrize("before", ["x", "1.x", "-1.0", "1e3.", str(2**70)])
def test_a_place_that_is_none_is_refused(store: Database, events: Events, before: str) -> None:
    with pytest.raises(ValueError):
        thread(store, events, before=before)


def test_a_thread_asks_the_same_few_questions_of_ten_and_of_two_thousand_events(store: Database, events: Events) -> None:
    heard = []
    for chat_id, turns in ((AMINA, 2), (BRAHIM, 350)):
        rows = [row for number in range(turns) for row in turn(chat_id, chat_id * 1000 + number, "phrase", at=AT + number)]
        events.add_many([*rows, bot(chat_id, "fin")])
        transcripts.run(store.write, events.tracker)
        with statements(store) as asked:
            found = thread(store, events, chat_id)
        assert found.entries
        heard.append(len(asked))
    assert heard[0] == heard[1] <= 4


def test_a_closed_handoff_is_told_no_more(talked: Database) -> None:
    with talked.write() as session:
        session.execute(update(Handoff).values(state="closed"))
    assert listed(talked, handoff="open") == [] and listed(talked, handoff="closed") == [SALMA]
