"""A person of the team takes a conversation: one at a time, told on both sides, ended by hand or by silence; on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.services import care, takeovers
from bot.services.takeovers import NotYours, Unfit
from bot.store.engine import Database
from bot.store.models import Handoff, StaffAccount, Takeover
from bot.texts import REGISTERS, text
from tests.worlds import AMINA, BRAHIM, NOW, count, outbox_rows, volunteer
from tests.worlds import store as store

SAID = "Bonjour <Amina> & bienvenue\n\nà demain  "


@pytest.fixture
def staff(store: Database) -> tuple[int, int]:
    with store.write() as session:
        rows = [
            StaffAccount(name=name, password_hash="-", totp_secret="A", role="agent", locale="fr", created_at=NOW)
            for name in ("ilham", "omar")
        ]
        session.add_all(rows)
        session.flush()
        volunteer(session)
        care.hand_over(session, AMINA, "asked", NOW)
        return rows[0].id, rows[1].id


def take(store: Database, account: int, chat_id: int = AMINA, minutes: int = 0) -> bool:
    with store.write() as session:
        return takeovers.take(session, account, chat_id, NOW + timedelta(minutes=minutes))


def said(store: Database, chat_id: int = AMINA) -> list[str]:
    return [row.body["text"] for row in outbox_rows(store, chat_id)]


def handoff(store: Database) -> str:
    with store.read() as session:
        return str(session.execute(select(Handoff.state)).scalar_one())


def test_taking_is_told_once_and_the_handoff_is_taken(store: Database, staff: tuple[int, int]) -> None:
    assert (take(store, staff[0]), take(store, staff[0])) == (True, False), "pressed twice, it is one"
    assert said(store) == [text("fr", "takeover_began")] and handoff(store) == "taken"
    with store.read() as session:
        assert takeovers.who_answers(session, AMINA) == (True, False) and takeovers.who_answers(session, BRAHIM) == (False, False)


def test_a_colleague_cannot_take_answer_or_hand_back_what_is_taken(store: Database, staff: tuple[int, int]) -> None:
    take(store, staff[0])
    for act in (
        lambda session: takeovers.take(session, staff[1], AMINA, NOW),
        lambda session: takeovers.reply(session, staff[1], AMINA, "x", "f", NOW),
        lambda session: takeovers.hand_back(session, staff[1], AMINA, NOW),
        lambda session: takeovers.reply(session, staff[0], BRAHIM, "x", "f", NOW),
    ):
        with pytest.raises(NotYours), store.write() as session:
            act(session)
    assert len(said(store)) == 1 and said(store, BRAHIM) == []


def test_an_answer_leaves_as_it_was_typed_and_once(store: Database, staff: tuple[int, int]) -> None:
    take(store, staff[0])
    for _ in range(2):
        with store.write() as session:
            takeovers.reply(session, staff[0], AMINA, SAID, "0123456789abcdef", NOW)
    assert said(store)[1:] == ["Bonjour &lt;Amina&gt; &amp; bienvenue\n\nà demain"]
    assert [(row.kind, row.solicited) for row in outbox_rows(store, AMINA)] == [("reply", True)] * 2


@pytest.mark.parametrize("words", ["", "  \n ", "x" * 2001])
def test_what_cannot_be_sent_is_not(store: Database, staff: tuple[int, int], words: str) -> None:
    take(store, staff[0])
    with pytest.raises(Unfit), store.write() as session:
        takeovers.reply(session, staff[0], AMINA, words, "f", NOW)
    assert len(said(store)) == 1


def test_handed_back_the_bot_answers_and_nobody_waits(store: Database, staff: tuple[int, int]) -> None:
    take(store, staff[0])
    with store.write() as session:
        takeovers.hand_back(session, staff[0], AMINA, NOW)
    with store.read() as session:
        assert takeovers.who_answers(session, AMINA) == (False, False), "Rasa never listened in"
    assert said(store)[-1] == text("fr", "takeover_ended_staff") and handoff(store) == "closed"
    assert take(store, staff[1], minutes=5), "and it can be taken anew"


def test_half_an_hour_of_silence_ends_it_and_somebody_is_waited_for_again(store: Database, staff: tuple[int, int]) -> None:
    take(store, staff[0])
    with store.write() as session:
        takeovers.reply(session, staff[0], AMINA, "un instant", "f", NOW + timedelta(minutes=10))
        assert takeovers.end_silent(session, NOW + timedelta(minutes=39)) == 0
    with store.write() as session:
        assert (
            takeovers.are_silent(session, NOW + timedelta(minutes=40)) and takeovers.end_silent(session, NOW + timedelta(minutes=40)) == 1
        )
        assert takeovers.end_silent(session, NOW + timedelta(minutes=41)) == 0
    assert said(store)[-1] == text("fr", "takeover_ended_silence") and handoff(store) == "waiting"
    with store.read() as session:
        assert session.execute(select(Takeover.ended_by)).scalar_one() == "silence"


def test_whoever_asked_for_nobody_is_promised_nobody(store: Database, staff: tuple[int, int]) -> None:
    take(store, staff[0], BRAHIM)
    with store.write() as session:
        assert takeovers.end_silent(session, NOW + timedelta(minutes=30)) == 1
    assert said(store, BRAHIM)[-1] == text("ary-Arab", "takeover_ended_unasked") and handoff(store) == "waiting"


def test_rasa_is_told_once_that_it_may_answer_again(store: Database, staff: tuple[int, int]) -> None:
    take(store, staff[0])
    with store.write() as session:
        takeovers.note_overheard(session, AMINA)
        assert takeovers.who_answers(session, AMINA) == (True, False), "not while it goes on"
        takeovers.hand_back(session, staff[0], AMINA, NOW)
    with store.write() as session:
        assert takeovers.who_answers(session, AMINA) == (False, True) and takeovers.who_answers(session, BRAHIM) == (False, False)
        takeovers.note_resumed(session, AMINA)
    with store.read() as session:
        assert takeovers.who_answers(session, AMINA) == (False, False)


@pytest.mark.parametrize("register", REGISTERS)
def test_what_is_told_and_what_is_ready_is_in_the_persons_register(store: Database, staff: tuple[int, int], register: str) -> None:
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim", register=register)
    take(store, staff[0], BRAHIM)
    assert said(store, BRAHIM) == [text(register, "takeover_began")]
    assert len(takeovers.canned(register)) == 5 and all(
        words == text(register, f"canned_{name}") for name, words in takeovers.canned(register)
    )


def test_the_queue_names_who_waits_longest_first(store: Database, staff: tuple[int, int]) -> None:
    with store.write() as session:
        care.hand_over(session, BRAHIM, "not_understood", NOW + timedelta(hours=1))
    take(store, staff[1], BRAHIM)
    with store.read() as session:
        found = takeovers.queue(session)
    assert [(one.chat_id, one.state, one.account) for one in found] == [(AMINA, "waiting", None), (BRAHIM, "taken", "omar")]
    assert count(store, Takeover) == 1
