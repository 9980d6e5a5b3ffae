"""The soak: what counts as grown, and how it is told; the soaking itself starts the product and is nobody's test."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from benches.soak import Soaked, closed_there, grown, left_open, links, table


def samples(memory: list[float], files: list[float], age: list[float]) -> list[dict[str, float]]:
    return [
        {"rasa: memory, MB": megabytes, "rasa: open files": count, "age of the inbox, s": seconds}
        for megabytes, count, seconds in zip(memory, files, age, strict=True)
    ]


STEADY = [500.0] * 9


def test_what_goes_up_and_down_has_not_grown() -> None:
    noise = [400, 480, 500, 505, 495, 500, 510, 498, 503]
    assert grown(samples([float(one) for one in noise], [40, 41, 40, 42, 40, 41, 40, 43, 41], [0, 2, 1, 2, 1, 3, 1, 2, 2])) == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (samples([400, 420, 440, 460, 480, 500, 520, 540, 560], STEADY, STEADY), "rasa: memory, MB: 480.0 → 540.0"),
        (samples(STEADY, [40, 42, 44, 46, 48, 50, 52, 54, 56], STEADY), None),
        (samples(STEADY, STEADY, [1, 1, 1, 1, 1, 1, 4, 4, 4]), "age of the inbox, s: 1.0 → 4.0"),
    ],
)
def test_what_grows_is_named(found: list[dict[str, float]], said: str | None) -> None:
    assert grown(found) == ([said] if said else [])


def test_the_first_third_does_not_count() -> None:
    assert grown(samples([100, 100, 100, *STEADY[:6]], STEADY, STEADY)) == []
    assert "500.0" in table(samples([100, 900, 100, *STEADY[:6]], STEADY, STEADY)) and "900" not in table(
        samples([100] * 3 + STEADY[:6], STEADY, STEADY)
    )


def test_a_turn_is_reckoned_over_the_rest() -> None:
    spent = [{"turns": 0.0, "statements": 1000.0}, {"turns": 10.0, "statements": 1100.0}, {"turns": 110.0, "statements": 3100.0}]
    assert Soaked([], {}, spent, {}, {}).a_turn() == {"statements": 20.0}


def test_a_line_that_the_other_side_has_closed_is_told_from_one_that_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_connection(listening.getsockname()) as ours:
        other, _ = listening.accept()
        own = f"socket:[{os.fstat(ours.fileno()).st_ino}]"
        assert own in set(links(Path("/proc/self/fd"))) and own not in closed_there(os.getpid())
        other.close()
        ours.recv(1)  # until the end has come
        assert own in closed_there(os.getpid())


def test_what_is_left_open_is_named() -> None:
    before = {"gateway: open files": 30.0, "gateway: threads": 8.0, "connections": 20.0, "gateway: memory, MB": 100.0}
    assert left_open(before, {**before, "gateway: open files": 33.0, "gateway: memory, MB": 140.0}) == []
    found = left_open(before, {**before, "gateway: open files": 34.0, "connections": 29.0})
    assert found == ["gateway: open files, at rest: 30 → 34", "connections, at rest: 20 → 29"]
