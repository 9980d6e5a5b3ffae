"""Figures are sums of the log; intervals are right; the report says both, in tables and pictures."""

from __future__ import annotations

import json
import math
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.simulation import comparison, report
from bot.simulation.intervals import Interval, difference, growth, interval, quantile
from bot.simulation.log import ACCEPTED, EXPIRED, REFUSED
from bot.simulation.measure import MEASURES, figures, filled_by_week, gini
from bot.simulation.policies import POLICIES
from bot.simulation.runs import Plan, SeedResult, all_seeds
from tests.simulation.worlds import played

PLAN = Plan(60, 20, 2, (1, 2))


@pytest.fixture(scope="module")
def results() -> list[SeedResult]:
    return all_seeds(PLAN)


@pytest.mark.parametrize("policy", POLICIES)
def test_figures_are_sums_of_the_log(policy: str) -> None:
    log = played(policy)
    found, states = figures(log), log.applications.state
    counted = {state: int((states == state).sum()) for state in (ACCEPTED, REFUSED, EXPIRED)}
    assert sum(counted.values()) == found["applications"]
    assert found["places_filled"] == counted[ACCEPTED] == sum(filled_by_week(log)) == log.places_filled().sum()
    assert found["missions_served"] == len(set(log.applications.mission[states == ACCEPTED].tolist()))
    assert found["refused"] == pytest.approx(counted[REFUSED] / (counted[REFUSED] + counted[ACCEPTED]))
    assert found["expired"] == pytest.approx(counted[EXPIRED] / len(states))
    assert found["points_shown"] == log.points.sum()
    assert found["utility_accepted"] == pytest.approx(log.applications.utility[states == ACCEPTED].sum())
    assert set(found) == set(MEASURES)


@pytest.mark.parametrize("policy", POLICIES)
def test_whoever_has_something_that_fits_gets_a_list(policy: str) -> None:
    assert figures(played(policy))["never_listed"] == figures(played(policy))["longest_wait"] == 0


def test_gini() -> None:
    assert gini(np.array([1, 1, 1, 1])) == gini(np.zeros(3)) == 0
    assert gini(np.array([0, 0, 0, 1])) == pytest.approx(0.75)


def test_one_process_or_two_and_again_come_to_the_same(results: list[SeedResult]) -> None:
    assert all_seeds(PLAN, jobs=2) == results == all_seeds(PLAN)


def test_intervals_of_a_known_sample() -> None:
    # Mean 10, standard deviation 2 × sqrt(5/4), five values: 10 ± 2.7764 × sqrt(5) / sqrt(5).
    found = interval([7, 9, 10, 11, 13])
    half = 2.7764 * math.sqrt(5) / math.sqrt(5)
    assert (found.mean, found.low, found.high) == pytest.approx((10, 10 - half, 10 + half))
    assert interval([4]) == Interval(4)
    with pytest.raises(ValueError):
        interval([])


def test_pairs_are_compared_pair_by_pair() -> None:
    assert difference([2, 12, 22], [1, 11, 21]) == Interval(1, 1, 1)
    assert growth([11, 110], [10, 100]) == Interval(pytest.approx(0.1), pytest.approx(0.1), pytest.approx(0.1))  # type: ignore[arg-type]
    assert growth([1, 2], [0, 1]) is None


@pytest.mark.parametrize(("freedom", "expected"), [(1, 12.7062), (9, 2.2622), (19, 2.0930), (31, 2.0395), (60, 2.0003), (1000, 1.9623)])
def test_quantiles_of_student(freedom: int, expected: float) -> None:
    assert quantile(freedom) == pytest.approx(expected, abs=1e-4)


class Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_folder_has_figures_pictures_and_their_tables(results: list[SeedResult], tmp_path: Path) -> None:
    found = comparison.report(PLAN, results)
    report.write(tmp_path / "deep" / "out", found)
    files = {path.name: path for path in (tmp_path / "deep" / "out").iterdir()}
    assert set(files) == {"report.json", "report.html", "differences.svg", "weeks.svg"}
    assert json.loads(files["report.json"].read_text())["policies"]["ours"]["places_filled"] == found["policies"]["ours"]["places_filled"]
    for name in ("differences.svg", "weeks.svg"):
        root = ElementTree.fromstring(files[name].read_text())
        assert root.attrib["viewBox"].split()[2] == "360" and "width" not in root.attrib
        assert root[0].tag.endswith("title") and root[0].text
    reader = Cells()
    reader.feed(files["report.html"].read_text())
    for rows in (report.means(found), report.differences(found), report.by_week(found)):
        assert {cell for row in rows for cell in row if cell} <= set(reader.words)


def test_a_single_seed_has_no_interval(results: list[SeedResult]) -> None:
    found = comparison.report(Plan(60, 20, 2, (1,)), results[:1])
    assert found["policies"]["ours"]["places_filled"]["low"] is None
    assert "[" not in report.text(found)


def test_the_command_prints_the_tables_and_fails_in_one_line(tmp_path: Path) -> None:
    size = ["--volunteers", "60", "--missions", "10", "--weeks", "1", "--seeds", "2", "--jobs", "1"]
    done = CliRunner().invoke(app, ["simulate", *size, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0 and "places filled" in done.output and (tmp_path / "out" / "report.html").exists()
    (tmp_path / "file").write_text("")
    for wrong in (
        ["--weeks", "0"],
        ["--volunteers", "0"],
        ["--seeds", "0"],
        ["--jobs", "0"],
        ["--first-seed", "-1"],
        ["--out", str(tmp_path / "file")],
    ):
        failed = CliRunner().invoke(app, ["simulate", *size, *wrong])
        assert failed.exit_code == 1 and failed.output.count("\n") == 1, failed.output
