"""What lists and threads of transcripts cost does not grow with the database."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import pytest

from benches import transcripts


def compared(server: str | None, folder: Path, people: int, events: int) -> dict[str, tuple[float, float, float]]:
    sizes = {"few": (180, 27_000, 600), "many": (people, events, transcripts.LONG_EVENTS)}
    few, many = (transcripts.Place(transcripts.place(server, folder / name), *size) for name, size in sizes.items())
    with closing(few), closing(many):
        return transcripts.ratios(few, many, rounds=3 if people < 1000 else transcripts.ROUNDS)


def test_the_benchmark_measures_every_list_and_the_thread(tmp_path: Path) -> None:
    found = compared(None, tmp_path, 100, 2_000)
    assert set(transcripts.LISTS) < set(found) and {"thread", "thread, its beginning"} < set(found)
    assert all(few > 0 and many > 0 for few, many, _ in found.values())


@pytest.mark.heavy
@pytest.mark.parametrize("server", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_million_events_of_fifty_thousand_people_take_less_than_three_times_as_long(
    server: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_url") if server == "postgres" else None
    found = compared(url, tmp_path, 50_000, 1_000_000)
    sys.stdout.write(f"\n{transcripts.table(found)}\n")
    assert {name: round(ratio, 2) for name, (_, _, ratio) in found.items() if ratio >= 3} == {}
