"""The comparison for people: a table for the terminal, and a folder with report.json, plots and a page that says the same in tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from bot.simulation import plots
from bot.simulation.comparison import BASELINES
from bot.simulation.measure import MEASURES

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:1.5rem auto;padding:0 1rem;color:#1d2a26;background:#fbfaf6}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.2rem .6rem;border-bottom:1px solid #ddd;text-align:start}
td+td{text-align:end;font-variant-numeric:tabular-nums}.wide{overflow-x:auto}svg{width:100%;height:auto;background:#fff}
"""


def number(value: float, is_share: bool) -> str:
    """A mean as it is written: per cent with a decimal, numbers from 100 on without, smaller ones with two."""
    if is_share:
        return f"{value:.1%}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def change(found: Mapping[str, Any] | None, is_share: bool) -> str:
    """A difference with its interval, in per cent or percentage points (pp); a dash where there is none."""
    if found is None:
        return "–"
    unit = " pp" if is_share else " %"
    line = f"{100 * found['mean']:+.1f}{unit}"
    return line if found["low"] is None else f"{line} [{100 * found['low']:+.1f}, {100 * found['high']:+.1f}]"


def means(found: Mapping[str, Any]) -> list[list[str]]:
    """One row a measure, one column a policy; the first row has the headings."""
    return [
        ["mean of the seeds", *found["policies"]],
        *(
            [measure.title, *(number(of[name]["mean"], measure.is_share) for of in found["policies"].values())]
            for name, measure in MEASURES.items()
        ),
    ]


def differences(found: Mapping[str, Any]) -> list[list[str]]:
    """One row a measure, one column a baseline; the first row has the headings."""
    return [
        ["ours, 95 % interval", *(f"against {baseline}" for baseline in BASELINES)],
        *(
            [measure.title, *(change(found["ours_against"][baseline][name], measure.is_share) for baseline in BASELINES)]
            for name, measure in MEASURES.items()
        ),
    ]


def by_week(found: Mapping[str, Any]) -> list[list[str]]:
    """One row a week: places filled by its applications, one column a policy."""
    policies = found["filled_by_week"]
    weeks = zip(*policies.values(), strict=True)
    return [["week", *policies], *([str(week), *(f"{value:.0f}" for value in values)] for week, values in enumerate(weeks, start=1))]


def text(found: Mapping[str, Any]) -> str:
    """Both tables for the terminal."""
    return "\n\n".join(_aligned(rows) for rows in (means(found), differences(found)))


def write(folder: Path, found: Mapping[str, Any]) -> None:
    """report.json, the plots and report.html. Raises OSError where the folder cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {"differences": plots.differences(found), "weeks": plots.weeks(found)}
    for name, svg in drawn.items():
        (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
    (folder / "report.json").write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    (folder / "report.html").write_text(page(found, drawn), encoding="utf-8")


def page(found: Mapping[str, Any], drawn: Mapping[str, str]) -> str:
    """One page without anything from elsewhere; each plot has its table below it."""
    plan = found["plan"]
    seeds = plan["seeds"]
    about = (
        f"{plan['volunteers']:,} volunteers, about {plan['missions']:,} open missions, {plan['weeks']} weekly lists, "
        f"{len(seeds)} paired seeds ({seeds[0]} to {seeds[-1]})."
    )
    return "".join(
        (
            "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
            f"<title>Policies compared</title><style>{_STYLE}</style><h1>Policies compared</h1><p>{escape(about)}</p>",
            drawn["differences"] + _html(differences(found)),
            drawn["weeks"] + _html(by_week(found)),
            "<h2>Means</h2>" + _html(means(found)),
            "<h2>Constants</h2>" + _html([["constant", "value"], *([name, str(value)] for name, value in found["constants"].items())]),
            "</html>",
        )
    )


def _html(rows: Sequence[Sequence[str]]) -> str:
    heads, *others = rows
    head = "<tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in heads) + "</tr>"
    return f"<div class=wide><table>{head}{''.join(_html_row(row) for row in others)}</table></div>"


def _html_row(cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows)
