"""Measures of understanding. Pure; labels and values are compared as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

Pair = tuple[str, str]
"""(meant, heard)"""


def accuracy(pairs: Sequence[Pair]) -> float:
    return sum(meant == heard for meant, heard in pairs) / len(pairs) if pairs else 0.0


def f1_by_label(pairs: Sequence[Pair]) -> dict[str, float]:
    """F1 of each label that was meant."""
    right = Counter(meant for meant, heard in pairs if meant == heard)
    meant_counts, heard_counts = Counter(meant for meant, _ in pairs), Counter(heard for _, heard in pairs)
    return {label: 2 * right[label] / (count + heard_counts[label]) for label, count in sorted(meant_counts.items())}


def macro_f1(pairs: Sequence[Pair]) -> float:
    """The mean of F1 over the labels that were meant, each counting the same."""
    scores = f1_by_label(pairs)
    return sum(scores.values()) / len(scores) if scores else 0.0


def confusions(pairs: Iterable[Pair], most: int = 30) -> list[tuple[str, str, int]]:
    """(meant, heard, how often), the most frequent first."""
    wrong = Counter(pair for pair in pairs if pair[0] != pair[1])
    return [(meant, heard, count) for (meant, heard), count in sorted(wrong.items(), key=lambda item: (-item[1], item[0]))[:most]]


def f1_of_sets(meant: Sequence[Iterable[object]], heard: Sequence[Iterable[object]]) -> dict[str, float]:
    """Precision, recall and F1 over sentences, each given by the multiset of what it holds."""
    right = wanted = found = 0
    for one, other in zip(meant, heard, strict=True):
        left, there = Counter(one), Counter(other)
        right += sum((left & there).values())
        wanted += sum(left.values())
        found += sum(there.values())
    precision, recall = right / found if found else 0.0, right / wanted if wanted else 0.0
    return {"precision": precision, "recall": recall, "f1": 2 * right / (wanted + found) if wanted + found else 1.0, "count": wanted}


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """How often a positive scores above a negative; ties count half. Mann and Whitney's U, by ranks."""
    ordered = sorted([(score, True) for score in positive] + [(score, False) for score in negative])
    ranks, place = 0.0, 0
    while place < len(ordered):
        end = place
        while end < len(ordered) and ordered[end][0] == ordered[place][0]:
            end += 1
        shared = (place + end + 1) / 2
        ranks += shared * sum(is_positive for _, is_positive in ordered[place:end])
        place = end
    count = len(positive)
    return (ranks - count * (count + 1) / 2) / (count * len(negative)) if count and negative else 0.0


def calibration(confidences: Sequence[float], are_right: Sequence[bool], bins: int = 10) -> tuple[float, list[dict[str, float]]]:
    """The expected calibration error, and for each bin that holds any: mean confidence, share of right ones, how many."""
    rows = []
    for number in range(bins):
        inside = [
            (confidence, is_right)
            for confidence, is_right in zip(confidences, are_right, strict=True)
            if number / bins <= confidence < (number + 1) / bins or (number == bins - 1 and confidence == 1)
        ]
        if inside:
            rows.append(
                {
                    "confidence": sum(confidence for confidence, _ in inside) / len(inside),
                    "right": sum(is_right for _, is_right in inside) / len(inside),
                    "count": len(inside),
                }
            )
    error = sum(row["count"] * abs(row["confidence"] - row["right"]) for row in rows) / max(len(confidences), 1)
    return error, rows


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of all lies; 0 where there is none."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0
