"""Plots as SVG, drawn to be read on a phone: 360 units wide, letters of 11 units and more, colours that differ in lightness too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from bot.simulation.comparison import BASELINES
from bot.simulation.measure import MEASURES

WIDTH = 360
_COLOURS = {"popularity": "#b5651d", "greedy": "#5b7fbf", "novelty": "#8fb8a8", "ours": "#14532d"}
_INK, _LINE = "#1d2a26", "#cfd6d2"
_SHOWN = ("missions_served", "places_filled", "refused", "points_shown", "utility_accepted", "never_accepted")
_LEFT, _RIGHT = 20, 340


def differences(found: Mapping[str, Any]) -> str:
    """How ours differs from each baseline, with intervals: per cent, or percentage points for shares."""
    of = found["ours_against"]
    there = [
        100 * one[edge] for name in BASELINES for one in map(of[name].get, _SHOWN) if one for edge in ("mean", "low", "high") if one[edge]
    ]
    low, high = min([-1.0, *there]), max([1.0, *there])
    row, gap = 16, 28
    height = 50 + len(_SHOWN) * (gap + row * len(BASELINES)) + 20

    def across(value: float) -> float:
        return float(_LEFT + (_RIGHT - _LEFT) * (value - low) / (high - low))

    parts = [_line(across(0), 40, across(0), height - 20, _INK), *_legend(BASELINES, 24)]
    y = 44
    for name in _SHOWN:
        unit = "pp" if MEASURES[name].is_share else "%"
        parts.append(_text(_LEFT, y + 14, f"{MEASURES[name].title}, {unit}"))
        y += gap
        for baseline in BASELINES:
            parts += _whisker(of[baseline][name], across, y, _COLOURS[baseline])
            y += row
    parts.append(_text(across(0), height - 6, "0", "middle"))
    return _svg(height, "Ours against the other policies", parts)


def weeks(found: Mapping[str, Any]) -> str:
    """Places filled by the applications of each week, a line a policy."""
    policies = found["filled_by_week"]
    highest = max(1.0, *(max(values) for values in policies.values()))
    count, top, bottom = len(next(iter(policies.values()))), 50, 230

    def at(week: int, value: float) -> str:
        return f"{_LEFT + 24 + (_RIGHT - _LEFT - 24) * week / max(count - 1, 1):.1f},{bottom - (bottom - top) * value / highest:.1f}"

    parts = [*_legend(tuple(policies), 24), _line(_LEFT + 24, bottom, _RIGHT, bottom, _LINE), _line(_LEFT + 24, top, _RIGHT, top, _LINE)]
    parts += [_text(_LEFT + 20, top + 4, f"{highest:.0f}", "end"), _text(_LEFT + 20, bottom + 4, "0", "end")]
    parts += [_text(_LEFT + 24, bottom + 18, "week 1"), _text(_RIGHT, bottom + 18, f"week {count}", "end")]
    for name, values in policies.items():
        points = " ".join(at(week, value) for week, value in enumerate(values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{_COLOURS[name]}" stroke-width="2.5"/>')
    return _svg(bottom + 30, "Places filled, by the week of the application", parts)


def _whisker(found: Mapping[str, Any] | None, across: Callable[[float], float], y: float, colour: str) -> list[str]:
    """A dot at the mean and its interval as a line; nothing where it cannot be said."""
    if found is None:
        return []
    x = across(100 * found["mean"])
    dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
    low, high = (x, x) if found["low"] is None else (across(100 * found["low"]), across(100 * found["high"]))
    label = f"{100 * found['mean']:+.1f}"
    # Beside the interval, where there is room.
    beside = _text(high + 7, y + 4, label) if high < _RIGHT - 30 else _text(low - 7, y + 4, label, "end")
    return [_line(low, y, high, y, colour, 2.5), dot, beside]


def _legend(names: Sequence[str], y: float) -> list[str]:
    parts = []
    for n, name in enumerate(names):
        x = _LEFT + n * (_RIGHT - _LEFT) / len(names)
        parts += [f'<rect x="{x:.1f}" y="{y:.1f}" width="10" height="10" fill="{_COLOURS[name]}"/>', _text(x + 14, y + 9, name)]
    return parts


def _line(x: float, y: float, to_x: float, to_y: float, colour: str, width: float = 1) -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="11" fill="{_INK}">{escape(words)}</text>'


def _svg(height: float, title: str, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" font-family="system-ui,sans-serif">'
    heading = f'<text x="{_LEFT}" y="15" font-size="13" font-weight="600" fill="{_INK}">{escape(title)}</text>'
    return f"{head}<title>{escape(title)}</title>{heading}{''.join(parts)}</svg>"
