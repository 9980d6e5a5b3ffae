"""The pace of sending: an even stream overall, few at once for one chat, bounded memory."""

from __future__ import annotations

from collections import Counter, deque

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.telegram import pace
from bot.telegram.pace import Pace


class Watch:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


def send_all(made: Pace, chats: range) -> int:
    """Send to these chats, as many as may leave."""
    count = min(made.room(), len(chats))
    for chat_id in chats[:count]:
        made.left(chat_id)
    return count


def test_in_no_second_leaves_more_than_telegram_takes(watch: Watch) -> None:
    made, recent, chat_id = Pace(25, watch), deque[float](), 0
    for _ in range(5000):
        for _ in range(made.room()):
            chat_id += 1
            made.left(chat_id)
            recent.append(watch.now)
            while recent[0] <= watch.now - 1:
                recent.popleft()
            assert len(recent) <= 30
        watch.now += 0.003
    assert chat_id == pytest.approx(25 * 15, rel=0.02), "and no less than the rate"


def test_a_pause_is_not_caught_up(watch: Watch) -> None:
    made = Pace(25, watch)
    watch.now += 60
    assert send_all(made, range(100)) == 2
    assert made.room() == 0


def test_the_wait_ends_when_there_is_room(watch: Watch) -> None:
    made = Pace(25, watch)
    assert made.seconds_to_room() == 0
    send_all(made, range(10))
    wait = made.seconds_to_room()
    assert 0 < wait <= 1 / 25
    watch.now += wait
    assert made.room() == 1


def test_one_chat_takes_a_short_burst_then_one_a_second(watch: Watch) -> None:
    made = Pace(1000, watch)
    for _ in range(pace.CHAT_BURST):
        assert made.full_chats() == []
        made.left(7)
    assert made.full_chats() == [7]
    watch.now += 0.9
    assert made.full_chats() == [7]
    watch.now += 0.1
    assert made.full_chats() == []
    made.left(7)
    assert made.full_chats() == [7]


def test_chats_that_rest_are_forgotten(watch: Watch) -> None:
    made = Pace(1_000_000, watch)
    for chat_id in range(3 * pace.REMEMBERED_CHATS):
        made.left(chat_id)
        watch.now += 0.001
    assert len(made._chats) <= pace.REMEMBERED_CHATS


@given(some.lists(some.tuples(some.floats(0, 3), some.integers(1, 4)), max_size=60))
def test_no_chat_gets_more_than_its_share(steps: list[tuple[float, int]]) -> None:
    watch = Watch()
    made, sent, began = Pace(10_000, watch), Counter[int](), watch.now
    for seconds, chat_id in steps:
        watch.now += seconds
        if chat_id not in made.full_chats():
            made.left(chat_id)
            sent[chat_id] += 1
    for count in sent.values():
        assert count <= pace.CHAT_BURST + (watch.now - began) * pace.CHAT_PER_SECOND + 1e-6
