"""The alert rules: they can be read, and ask only for metrics and labels that there are."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from bot.settings import PROJECT
from tests.test_metrics import families

RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((PROJECT / "deploy" / "alerts.yml").read_text(encoding="utf-8"))["groups"] for rule in group["rules"]
]
_DURATION = re.compile(r"\d+[smhd]")
_SELECTOR = re.compile(r"\b(tadamon_\w+|up)\b(?:\{([^}]*)\})?")
_VALUES = {
    "queue": {"inbox", "outbox", "lists", "handoffs"},
    "lease": {"scheduler", "sender"},
    "outcome": {"answered", "not_understood", "half", "unavailable", "failed", "sent", "unknown", "429", "later", "done"},
}
"""What labels may hold, of those that rules ask for by name."""


def known() -> dict[str, set[str]]:
    """Names as an expression writes them, with their labels."""
    found: dict[str, set[str]] = {"up": {"job", "instance"}}
    for name, (kind, labels) in families().items():
        if kind == "histogram":
            found.update({f"{name}_bucket": {*labels, "le"}, f"{name}_sum": set(labels), f"{name}_count": set(labels)})
        else:
            found[name] = set(labels)
    return found


def test_every_alert_has_a_name_of_its_own() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names) > 10


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_happened_and_how_urgent_it_is(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in ("page", "look")
    assert rule["annotations"]["summary"].strip().endswith((".", "?"))
    assert _DURATION.fullmatch(rule.get("for", "1m"))
    for opening, closing in ("()", "{}", "[]"):
        assert rule["expr"].count(opening) == rule["expr"].count(closing)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_metrics_and_labels_that_there_are(rule: dict[str, Any]) -> None:
    asked = _SELECTOR.findall(rule["expr"])
    assert asked
    for name, matchers in asked:
        assert name in known(), name
        for label, values in re.findall(r'(\w+)\s*=~?\s*"([^"]*)"', matchers):
            assert label in known()[name], (name, label)
            if label in _VALUES:
                assert set(values.split("|")) <= _VALUES[label]


@pytest.mark.parametrize(
    "metric",
    [
        "tadamon_database_up",
        "tadamon_queue_age_seconds",
        "tadamon_lease_held",
        "tadamon_turns_total",
        "tadamon_requests_total",
        "tadamon_tzdata_age_days",
        "tadamon_disk_free_bytes",
    ],
)
def test_what_an_operator_must_hear_of_has_an_alert(metric: str) -> None:
    assert any(metric in rule["expr"] for rule in RULES)
