"""The benchmark runs, its engines agree, and what it prints says what was measured. No times are asserted."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from benches import matching, population
from bot.matching import blocks
from tests.matching.conftest import engine_of


@pytest.mark.parametrize("name", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres), "numba"])
def test_an_engine_gives_the_lists_of_numpy(name: str, request: pytest.FixtureRequest) -> None:
    if name == "numba":
        engine_of(name)
    url = request.getfixturevalue("postgres_url") if name == "postgres" else None
    with matching.engine(name, url) as made:
        matching.compare(made)


def test_the_small_size_runs_from_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    matching.main(["--sizes", "400x50", "--engines", "sqlite,numpy", "--seconds", "0.1", "--out", str(tmp_path / "bench" / "it.json")])
    printed = capsys.readouterr().out
    written = json.loads((tmp_path / "bench" / "it.json").read_text())
    assert [(one["engine"], one["volunteers"]) for one in written["results"]] == [
        ("sqlite", 400),
        ("numpy", 400),
    ]
    assert all(one["pairs_per_s"] > 0 and one["peak_mb"] > 0 for one in written["results"])
    assert f"{os.cpu_count()} cores" in printed
    assert "| 400 × 50 | sqlite |" in printed and "| ns a pair | 400 × 50 |" in printed


def test_what_was_measured_on_some_is_said() -> None:
    times = {"p50": 1.0, "p95": 2.0, "questions": 5}
    some = {
        "engine": "sqlite",
        "volunteers": 9000,
        "missions": 100,
        "on_volunteers": 1000,
        "batch_s": 2.0,
        "pairs_per_s": 5e4,
        "peak_mb": 9.0,
    }
    sampled = {**some, "missions_for_ms": times, "volunteers_for_ms": times, "notes": ""}
    whole = {**sampled, "engine": "numba", "on_volunteers": 9000, "pairs_per_s": 5e5}
    assert "| 2.0 s, on 1,000 volunteers |" in matching.table([sampled])
    assert "volunteers |" not in matching.table([whole])
    assert matching.ratios([sampled, whole]) == "9,000 × 100: numba judges 10 times as many pairs as sqlite"


def test_about_two_pairs_in_a_hundred_fit() -> None:
    volunteers, missions = population.volunteers(5, 1000, 500), population.missions(6, 500)
    found = blocks.points(volunteers, slice(0, 1000), missions, population.TODAY)
    assert 0.01 < np.mean(found != blocks.NO_MATCH) < 0.04
