"""The bench of turns: what it reckons and how it is told; the measuring itself starts Rasa and is nobody's test."""

from __future__ import annotations

from typing import Any

import pytest

from benches import turns


def figures(turn_ms: float, rate: float, **more: Any) -> dict[str, Any]:
    levels = {count: {"whole": (turn_ms, 2 * turn_ms), "rate": rate} for count in turns.CONVERSATIONS}
    return {"levels": levels, "memory": {"rasa": 400.0}, "ready_seconds": 12.5, "parse": (5.0, 9.0), **more}


def test_half_are_faster_and_one_in_twenty_is_slower() -> None:
    assert turns.quantiles([number / 1000 for number in range(1, 101)]) == (pytest.approx(50.5), pytest.approx(96))
    assert turns.quantiles([0.25]) == (250, 250)


def test_the_table_tells_all_three_and_how_they_compare() -> None:
    lengths = {10: {"first": 41.0, "later": 40.0}, 5_000: {"first": 90.0, "later": 44.0}}
    told = turns.table({"ours": figures(40, 30, lengths=lengths), "stock": figures(120, 10), "floor": figures(32, 60)})
    assert "ours / floor, p50 at one: 1.25" in told and "stock / ours, p50 at one: 3.00" in told
    assert "ours / stock, turns per second at 50: 3.00" in told
    assert "ours, after 5000 events: first turn 90 ms, then 44 ms" in told
    assert "120 / 240" in told


async def test_a_conversation_goes_on_as_soon_as_it_is_answered() -> None:
    said: list[tuple[int, str]] = []

    async def turn(chat_id: int, text: str) -> dict[str, float]:
        said.append((chat_id, text))
        return {"whole": 0.001}

    found, rate = await turns.load(turn, 2, 0.01)
    assert len(found["whole"]) == len(said) and rate > 0
    by_chat: dict[int, list[str]] = {}
    for chat_id, text in said:
        by_chat.setdefault(chat_id, []).append(text)
    assert all(tuple(texts) in (one[: len(texts)] for one in turns.SAID) for texts in by_chat.values()), "each chat says one, in order"
    assert len(by_chat) > 2, "and then begins another"
