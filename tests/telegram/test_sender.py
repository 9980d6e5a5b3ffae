"""Sending: in order, the urgent first, one sender at a time, quiet when people sleep; against the sandbox."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot import clock
from bot.clock import CASABLANCA
from bot.messages import leases, outbox
from bot.messages.outbox import DIGEST, NOTICE, REPLY, Choice, Draft
from bot.services import profiles
from bot.services.profiles import Offer, Speaker
from bot.store.models import Lease, OutboxMessage, Subscription
from bot.telegram import sender
from tests.loopback import until
from tests.telegram.post_office import PostOffice

SALMA, KARIM, OTHER = 501, 502, 600


@pytest.fixture(autouse=True)
def _people(office: PostOffice) -> None:
    office.telegram.meet(SALMA, KARIM)


async def test_a_chat_reads_its_messages_in_order(office: PostOffice) -> None:
    ids = office.queue(SALMA, REPLY, *(str(number) for number in range(8)))
    ids += office.queue(KARIM, REPLY, "a", "b")
    async with office.open():
        assert set(await office.settled(ids)) == {"sent"}
    assert office.telegram.read(SALMA) == [str(number) for number in range(8)]
    assert office.telegram.read(KARIM) == ["a", "b"]


async def test_what_was_sent_is_known_by_its_message_id(office: PostOffice) -> None:
    (sent,) = office.queue(SALMA, REPLY, "salam")
    async with office.open():
        await office.settled([sent])
    row = office.rows()[sent]
    (message,) = office.telegram.messages(SALMA)
    assert row.message_id == message["message_id"]
    assert row.sent_at is not None and row.attempts == 1


async def test_replies_overtake_notices_and_notices_digests(office: PostOffice) -> None:
    ids = office.queue(SALMA, DIGEST, "liste") + office.queue(SALMA, NOTICE, "nouvelle") + office.queue(SALMA, REPLY, "réponse")
    async with office.open():
        await office.settled(ids)
    assert office.telegram.read(SALMA) == ["réponse", "nouvelle", "liste"]


async def test_replies_of_one_chat_leave_before_digests_of_others(office: PostOffice) -> None:
    office.per_second = 10
    chats = range(OTHER, OTHER + 5)
    office.telegram.meet(*chats)
    digests = [queued for chat in chats for queued in office.queue(chat, DIGEST, "liste")]
    reply = office.queue(SALMA, REPLY, "réponse")
    async with office.open():
        await office.settled(reply)
        assert set(office.states(digests)) == {"queued"}


async def test_lists_that_telegram_takes_slowly_leave_room_for_answers(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "PARALLEL", 3)
    monkeypatch.setattr(sender, "BROADCASTS", 2)
    chats = range(OTHER, OTHER + 4)
    office.telegram.meet(*chats)
    office.telegram.fault("slow", times=2, seconds=5)
    lists = [queued for chat in chats for queued in office.queue(chat, DIGEST, "liste")]
    async with office.open():
        await until("slow lists", lambda: office.states(lists).count("sending") == 2)
        await office.settled(office.queue(SALMA, REPLY, "réponse"))
        assert sorted(office.states(lists)) == ["queued", "queued", "sending", "sending"]


async def test_markup_and_keyboards_reach_the_person(office: PostOffice) -> None:
    ids = office.queue(
        SALMA,
        REPLY,
        Draft("<b>gras</b> &amp; fin", [Choice("Oui", "/affirm"), Choice("Site", url="https://example.org/")]),
        Draft("où ?", keyboard=[[{"text": "📍", "location": True}], [{"text": "Maârif"}]]),
        "merci",
    )
    async with office.open():
        await office.settled(ids)
    first, second, third = office.telegram.messages(SALMA)
    assert first["plain"] == "gras & fin"
    oui, site = [button for row in first["buttons"] for button in row]
    assert oui["text"] == "Oui" and "/" not in oui["callback_data"]
    assert site["url"] == "https://example.org/"
    assert second["keyboard"] == [[{"text": "📍", "request_location": True}], [{"text": "Maârif"}]]
    assert third["removes_keyboard"], "the question of the keyboard is answered"


async def test_a_long_text_arrives_whole_in_parts(office: PostOffice) -> None:
    paragraphs = [f"{number} " + "mot " * 200 for number in range(20)]
    ids = office.queue(SALMA, REPLY, Draft("\n\n".join(paragraphs), [Choice("Oui", "/affirm")]))
    async with office.open():
        assert set(await office.settled(ids)) == {"sent"}
    messages = office.telegram.messages(SALMA)
    assert len(messages) > 1
    assert "".join(m["plain"] for m in messages).split() == " ".join(paragraphs).split()
    assert [bool(m["buttons"]) for m in messages] == [False] * (len(messages) - 1) + [True]


async def test_quiet_hours_hold_what_nobody_asked_for(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    night = datetime(2026, 11, 24, 23, 0, tzinfo=CASABLANCA)
    hour = night
    monkeypatch.setattr(clock, "now", lambda: hour)
    unsolicited = office.queue(SALMA, DIGEST, Draft("liste", solicited=False))
    asked_for = office.queue(SALMA, DIGEST, "liste demandée") + office.queue(SALMA, REPLY, "réponse")
    async with office.open(quiet_hours=(20, 9)):
        await office.settled(asked_for)
        await asyncio.sleep(0.1)
        assert office.states(unsolicited) == ["queued"]
        hour = night + timedelta(hours=11)
        assert await office.settled(unsolicited) == ["sent"]
    assert office.telegram.read(SALMA) == ["réponse", "liste demandée", "liste"]


async def test_one_of_two_senders_works(office: PostOffice) -> None:
    ids = []
    async with office.open("first"):
        ids += office.queue(SALMA, REPLY, "un")
        await office.settled(ids)
        async with office.open("second"):
            ids += [queued for number in range(10) for queued in office.queue(SALMA + number % 2, REPLY, str(number))]
            await office.settled(ids)
            with office.database.read() as session:
                assert session.execute(select(Lease.holder)).scalars().all() == ["first"]
    assert len(office.telegram.read(SALMA)) + len(office.telegram.read(KARIM)) == len(ids)


async def test_a_sender_waits_for_the_lease_of_another(office: PostOffice) -> None:
    with office.database.write() as session:
        leases.acquire(session, "sender", "elsewhere", 60)
    ids = office.queue(SALMA, REPLY, "un")
    async with office.open("worker"):
        await asyncio.sleep(0.15)
        assert office.states(ids) == ["queued"]
        with office.database.write() as session:
            session.get(Lease, "sender").expires_at = clock.real_now() - timedelta(seconds=1)
        assert await office.settled(ids) == ["sent"]


async def test_after_a_kill_in_the_middle_answers_go_again_and_lists_do_not(office: PostOffice) -> None:
    cut_off = office.queue(SALMA, REPLY, "réponse") + office.queue(KARIM, DIGEST, "liste") + office.queue(KARIM, NOTICE, "nouvelle")
    with office.database.write() as session:
        for row in session.execute(select(OutboxMessage)).scalars():
            row.state = "sending"
    async with office.open():
        assert await office.settled(cut_off) == ["sent", "unknown", "sent"]
    assert office.telegram.read(SALMA) == ["réponse"]
    assert office.telegram.read(KARIM) == ["nouvelle"]


async def test_what_is_on_its_way_is_marked_before_it_leaves(office: PostOffice) -> None:
    office.telegram.fault("slow", seconds=0.3)
    (queued,) = office.queue(SALMA, REPLY, "un")
    async with office.open():
        await until("the call", lambda: not office.telegram.state.faults[0].times)
        assert office.states([queued]) == ["sending"]
        await office.settled([queued])


async def test_who_blocked_the_bot_gets_no_lists_any_more(office: PostOffice) -> None:
    offer = Offer("Salma", "Maârif", ["education"], [], slots=1)
    with office.database.write() as session:
        profiles.save_offer(session, Speaker(SALMA, "Salma", "fr"), offer, clock.now())
    office.telegram.block(SALMA)
    ids = office.queue(SALMA, DIGEST, "liste") + office.queue(KARIM, DIGEST, "liste")
    async with office.open():
        assert await office.settled(ids) == ["failed", "sent"]
    with office.database.read() as session:
        (subscription,) = session.execute(select(Subscription)).scalars()
        assert (subscription.ended_reason, subscription.person.blocked_at is not None) == ("blocked", True)


async def test_broken_markup_is_sent_as_plain_words(office: PostOffice) -> None:
    ids = office.queue(SALMA, REPLY, Draft("<b>gras <i>&amp; 1 &lt; 2</b>", [Choice("Oui", "/affirm")]), "suite")
    async with office.open():
        assert await office.settled(ids) == ["sent", "sent"]
    assert office.telegram.read(SALMA) == ["gras & 1 < 2", "suite"]
    assert office.telegram.messages(SALMA)[0]["buttons"]


async def test_a_refused_message_fails_and_the_next_goes_on(office: PostOffice) -> None:
    unknown_chat = office.queue(999, REPLY, "un")
    ids = office.queue(SALMA, REPLY, " ", "deux")
    async with office.open():
        assert await office.settled([*unknown_chat, *ids]) == ["failed", "failed", "sent"]
    assert office.rows()[unknown_chat[0]].error == "Chat not found"


async def test_a_row_that_cannot_be_read_stops_no_chat(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MAX_ATTEMPTS", 1)
    ids = office.queue(SALMA, REPLY, "un", "deux")
    with office.database.write() as session:
        session.get(OutboxMessage, ids[0]).body = {"text": "un", "buttons": "broken"}
    async with office.open():
        assert await office.settled(ids) == ["failed", "sent"]


async def test_tokens_and_texts_stand_in_no_error(office: PostOffice) -> None:
    office.telegram.fault("500", times=1)
    (queued,) = office.queue(SALMA, DIGEST, "secret de Salma")
    async with office.open():
        await office.settled([queued])
    row = office.rows()[queued]
    assert row.error and "Salma" not in row.error and "sandbox" not in row.error


async def test_sends_are_spread_over_the_second(office: PostOffice) -> None:
    office.per_second = 20
    chats = range(OTHER, OTHER + 12)
    office.telegram.meet(*chats)
    ids = [queued for chat in chats for queued in office.queue(chat, DIGEST, "liste")]
    async with office.open():
        await office.settled(ids)
    at = sorted(entry["at"] for entry in office.telegram.calls("sendMessage"))
    # Two leave at once, the others each a twentieth of a second later.
    assert at[-1] - at[0] >= 10 / 20 * 0.9


async def test_a_chat_gets_few_at_once_and_the_others_need_not_wait(office: PostOffice) -> None:
    many = office.queue(SALMA, REPLY, *(str(number) for number in range(8)))
    async with office.open():
        await office.settled(many[:5])
        assert await office.settled(office.queue(KARIM, REPLY, "a")) == ["sent"]
        assert office.states(many[5:]) != ["sent"] * 3
        await office.settled(many)
    at = [entry["at"] for entry in office.telegram.calls("sendMessage") if entry["parameters"]["chat_id"] == str(SALMA)]
    assert at[-1] - at[0] >= 2, "five at once, three more one a second, the first of them while the five leave"


async def test_a_sender_told_to_end_waits_for_what_is_on_its_way(office: PostOffice) -> None:
    office.telegram.fault("slow", seconds=0.5)
    (queued,) = office.queue(SALMA, DIGEST, "liste")
    async with office.open():
        await until("the call", lambda: office.states([queued]) == ["sending"])
    assert office.states([queued]) == ["sent"]
    with office.database.read() as session:
        assert session.execute(select(Lease)).first() is None, "the next sender need not wait"


async def test_who_stood_still_too_long_has_no_say_any_more(office: PostOffice) -> None:
    """Another sender took the lead, settled the message and sends it again: the outcome of the first is old."""
    office.telegram.fault("slow", seconds=0.5)
    (queued,) = office.queue(SALMA, REPLY, "un")
    async with office.open():
        await until("the call", lambda: office.states([queued]) == ["sending"])
        with office.database.write() as session:
            row = session.get(OutboxMessage, queued)
            row.state, row.attempts, row.not_before = "queued", 2, clock.real_now() + timedelta(hours=1)
        await until("the answer", lambda: office.telegram.read(SALMA))
        await asyncio.sleep(0.3)
        assert (office.rows()[queued].state, office.rows()[queued].attempts) == ("queued", 2)


async def test_a_database_that_is_away_stops_nothing_for_good(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "DATABASE_RETRY_SECONDS", 0.05)
    office.telegram.fault("slow", seconds=0.3)
    ids = office.queue(SALMA, REPLY, "un", "deux")
    write, failures = office.database.write, 0

    def away() -> object:
        nonlocal failures
        failures += 1
        raise OperationalError("BEGIN", {}, Exception("server closed the connection"))

    async with office.open():
        await until("the call", lambda: office.states(ids)[0] == "sending")
        monkeypatch.setattr(office.database, "write", away)
        await until("failures", lambda: failures >= 3)
        monkeypatch.setattr(office.database, "write", write)
        assert await office.settled(ids) == ["sent", "sent"]
    assert office.telegram.read(SALMA) == ["un", "deux"], "what was sent while the database was away is not sent again"


async def test_an_edit_takes_the_place_of_the_message(office: PostOffice) -> None:
    (first,) = office.queue(SALMA, REPLY, Draft("page 1", [Choice("➡️", "/search_missions")]))
    async with office.open():
        await office.settled([first])
        message_id = office.rows()[first].message_id
        ids = office.queue(
            SALMA, REPLY, Draft("<b>page 2</b>", [Choice("⬅️", "/search_missions")], method="edit", extra={"message_id": message_id})
        )
        assert await office.settled(ids) == ["sent"]
    assert office.telegram.read(SALMA) == ["page 2"]
    assert office.telegram.messages(SALMA)[0]["buttons"][0][0]["text"] == "⬅️"
    assert office.rows()[ids[0]].message_id == message_id


async def test_an_edit_that_changes_nothing_is_done_and_one_without_its_message_is_sent(office: PostOffice) -> None:
    (first,) = office.queue(SALMA, REPLY, "page 1")
    async with office.open():
        await office.settled([first])
        message_id = office.rows()[first].message_id
        same = office.queue(SALMA, REPLY, Draft("page 1", method="edit", extra={"message_id": message_id}))
        gone = office.queue(SALMA, REPLY, Draft("page 3", method="edit", extra={"message_id": 999}))
        assert await office.settled([*same, *gone]) == ["sent", "sent"]
    assert office.telegram.read(SALMA) == ["page 1", "page 3"]
