"""How the figures of the bench of turns are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The figures as text."""
    lines = [f"{'turn, ms (p50 / p95)':<34}" + "".join(f"{name:>20}" for name in found)]
    levels = sorted({level for one in found.values() for level in one["levels"]})

    def row(name: str, told: Callable[[Mapping[str, Any]], str]) -> None:
        lines.append(f"{name:<34}" + "".join(f"{told(one):>20}" for one in found.values()))

    for level in levels:
        row(f"{level} at once", lambda one, level=level: _pair(one["levels"].get(level, {}).get("whole")))  # type: ignore[misc]
    row("  of it, until stored", lambda one: _pair(one["levels"].get(1, {}).get("stored")))
    row("  of it, Rasa and actions", lambda one: _pair(one.get("rasa")))
    row("  of it, understanding", lambda one: _pair(one.get("parse")))
    lines.append("\nturns per second")
    for level in levels[1:] if levels[0] == 1 else levels:
        row(f"{level} at once", lambda one, level=level: _number(one["levels"].get(level, {}).get("rate"), 1))  # type: ignore[misc]
    for name, one in found.items():
        for level, figures in one["levels"].items():
            if figures.get("failed"):
                lines.append(f"{name}, {level} at once: {figures['failed']} turns were given up")
    lines.append("\nmemory, MB (PSS)")
    for name in dict.fromkeys(name for one in found.values() for name in one["memory"]):
        row(name, lambda one, name=name: _number(one["memory"].get(name), 0))  # type: ignore[misc]
    row("all", lambda one: _number(sum(one["memory"].values()), 0))
    row("until Rasa answers, s", lambda one: _number(one["ready_seconds"], 1))
    for name, one in found.items():
        for length, took in one.get("lengths", {}).items():
            lines.append(f"{name}, after {length} events: first turn {took['first']:.0f} ms, then {took['later']:.0f} ms")
    return "\n".join([*lines, "", *_compared(found)])


def _compared(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """How two measurements stand to each other, where both were made."""
    for name, one, other, level, key in (
        ("ours / floor, p50 at one", "ours", "floor", 1, "whole"),
        ("stock / ours, p50 at one", "stock", "ours", 1, "whole"),
        ("ours / stock, turns per second at 50", "ours", "stock", 50, "rate"),
        ("two Rasa servers / one, turns per second at 50", "two", "ours", 50, "rate"),
    ):
        values = [found.get(side, {}).get("levels", {}).get(level, {}).get(key) for side in (one, other)]
        if None not in values:
            above, below = (value if key == "rate" else value[0] for value in values)
            yield f"{name}: {above / below:.2f}"


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _pair(value: Sequence[float] | None) -> str:
    """p50 and p95."""
    return "" if value is None else f"{value[0]:.0f} / {value[1]:.0f}"
