"""The inbox: every update once, each chat in its order, nothing lost with a process that dies."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.messages import inbox
from bot.store.engine import Database
from bot.store.models import InboxUpdate
from tests.worlds import utc

AT = utc(2026, 11, 24, 9)
LEASE_OVER = AT + timedelta(seconds=inbox.LEASE_SECONDS + 1)


def stored(store: Database, *updates: tuple[int, int]) -> int:
    """Store updates given as (update_id, chat_id); returns how many were new."""
    with store.write() as session:
        return inbox.store(session, [(update_id, chat_id, {"update_id": update_id, "text": "سلام"}) for update_id, chat_id in updates], AT)


def claimed(store: Database, name: str = "gateway", limit: int = 10, at: datetime = AT, busy: Sequence[int] = ()) -> list[tuple[int, int]]:
    """What a gateway of this name may work on now, as (update_id, attempts)."""
    with store.write() as session:
        return [(row.update_id, row.attempts) for row in inbox.claim(session, name, limit, at, busy)]


def finished(store: Database, update_id: int, state: str = "done") -> None:
    with store.write() as session:
        inbox.finish(session, update_id, state)


def row_of(store: Database, update_id: int) -> InboxUpdate:
    with store.read() as session:
        return session.execute(select(InboxUpdate).where(InboxUpdate.update_id == update_id)).scalar_one()


def test_an_update_is_kept_once_however_often_it_arrives(store: Database) -> None:
    assert stored(store, (1, 10), (2, 10)) == 2
    assert stored(store, (2, 10), (3, 10), (1, 10)) == 1
    with store.read() as session:
        assert list(session.execute(select(InboxUpdate.update_id).order_by(InboxUpdate.update_id)).scalars()) == [1, 2, 3]


@pytest.mark.parametrize("state", ["done", "refused", "failed"])
def test_an_update_that_arrives_again_after_its_turn_is_not_worked_on_again(store: Database, state: str) -> None:
    stored(store, (1, 10))
    claimed(store)
    finished(store, 1, state)
    assert stored(store, (1, 10)) == 0
    assert claimed(store) == []
    assert row_of(store, 1).state == state


def test_a_chat_is_served_in_order_and_chats_side_by_side(store: Database) -> None:
    stored(store, (3, 10), (1, 10), (2, 20), (4, 20))
    assert claimed(store) == [(1, 1), (2, 1)]
    assert claimed(store) == []
    finished(store, 2)
    assert claimed(store) == [(4, 1)]
    finished(store, 1)
    assert claimed(store) == [(3, 1)]


def test_a_claim_holds_the_text_and_finishing_forgets_it(store: Database) -> None:
    stored(store, (1, 10))
    with store.write() as session:
        [row] = inbox.claim(session, "gateway", 1, AT, [])
    assert row.payload["text"] == "سلام"  # detached: readable after its transaction
    finished(store, 1)
    row = row_of(store, 1)
    assert (row.payload, row.claimed_by, row.claimed_until) == ({}, None, None)


def test_no_more_chats_are_claimed_than_there_is_room_for(store: Database) -> None:
    stored(store, *((number, number) for number in range(1, 6)))
    assert claimed(store, limit=2) == [(1, 1), (2, 1)]
    assert claimed(store, limit=2) == [(3, 1), (4, 1)]


def test_busy_chats_are_left_out(store: Database) -> None:
    stored(store, (1, 10), (2, 20))
    assert claimed(store, busy=[10]) == [(2, 1)]


def test_chats_that_wait_take_no_room_from_others(store: Database) -> None:
    stored(store, *((number, number) for number in range(1, 6)))
    assert len(claimed(store, limit=4)) == 4
    with store.write() as session:
        for number in range(1, 5):
            inbox.put_back(session, number, 1, AT)
    assert claimed(store, limit=1) == [(5, 1)]


def test_a_gateway_that_died_gives_its_work_back_when_the_lease_ends(store: Database) -> None:
    stored(store, (1, 10))
    claimed(store, "dead")
    assert claimed(store, "other", at=AT + timedelta(seconds=inbox.LEASE_SECONDS - 1)) == []
    assert claimed(store, "other", at=LEASE_OVER) == [(1, 2)]
    assert row_of(store, 1).claimed_by == "other"


def test_a_gateway_that_starts_again_gets_its_own_work_back_at_once_and_no_other(store: Database) -> None:
    stored(store, (1, 10), (2, 20))
    claimed(store, "first", limit=1)
    claimed(store, "second", limit=1)
    with store.write() as session:
        assert inbox.release(session, "first") == 1
    assert claimed(store, "first") == [(1, 2)]
    assert row_of(store, 2).claimed_by == "second"


def test_what_is_finished_is_never_released(store: Database) -> None:
    stored(store, (1, 10))
    claimed(store)
    finished(store, 1)
    with store.write() as session:
        assert inbox.release(session, "gateway") == 0
    assert claimed(store, at=LEASE_OVER) == []


def test_an_update_put_back_waits_and_its_chat_with_it(store: Database) -> None:
    stored(store, (1, 10), (2, 10), (3, 20))
    claimed(store, limit=1)
    with store.write() as session:
        inbox.put_back(session, 1, 1, AT)
    assert claimed(store) == [(3, 1)]
    assert claimed(store, at=AT + timedelta(seconds=inbox.RETRY_SECONDS[0])) == [(1, 2)]


def test_waiting_grows_and_then_stays_the_same(store: Database) -> None:
    stored(store, (1, 10))
    waits = []
    for attempt in range(1, len(inbox.RETRY_SECONDS) + 3):
        with store.write() as session:
            inbox.put_back(session, 1, attempt, AT)
        not_before = row_of(store, 1).not_before
        assert not_before is not None
        waits.append((not_before - AT).total_seconds())
    assert waits == sorted(waits)
    assert waits[-1] == waits[-2] == waits[-3]


def test_there_is_open_work_until_all_is_finished(store: Database) -> None:
    def is_open() -> bool:
        with store.read() as session:
            return inbox.has_open(session)

    assert not is_open()
    stored(store, (1, 10))
    assert is_open()
    claimed(store)
    assert is_open()
    finished(store, 1)
    assert not is_open()


def test_gateways_at_once_share_the_work_and_never_the_same_update(store: Database) -> None:
    stored(store, *((number, number) for number in range(1, 31)))

    def work(name: str) -> list[int]:
        mine: list[int] = []
        while batch := claimed(store, name, limit=3):
            mine += [update_id for update_id, _ in batch]
        return mine

    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(work, ["a", "b", "c", "d"]))
    assert sorted(update_id for share in shares for update_id in share) == list(range(1, 31))
