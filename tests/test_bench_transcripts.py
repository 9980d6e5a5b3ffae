"""What lists and threads of transcripts cost does not grow with the database."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benches import transcripts


def compared(folder: Path, people: int, events: int) -> dict[str, tuple[float, float, float]]:
    places = []
    for name, size in (("few", (180, 27_000, 600)), ("many", (people, events, transcripts.LONG_EVENTS))):
        (folder / name).mkdir()
        places.append(transcripts.Place(folder / name, *size))
    return transcripts.ratios(places[0], places[1], rounds=3 if people < 1000 else transcripts.ROUNDS)


def test_the_benchmark_measures_every_list_and_the_thread(tmp_path: Path) -> None:
    found = compared(tmp_path, 100, 2_000)
    assert set(transcripts.LISTS) < set(found) and {"thread", "thread, its beginning"} < set(found)
    assert all(few > 0 and many > 0 for few, many, _ in found.values())


@pytest.mark.heavy
def test_a_million_events_of_fifty_thousand_people_take_less_than_three_times_as_long(tmp_path: Path) -> None:
    found = compared(tmp_path, 50_000, 1_000_000)
    sys.stdout.write(f"\n{transcripts.table(found)}\n")
    assert {name: round(ratio, 2) for name, (_, _, ratio) in found.items() if ratio >= 3} == {}
