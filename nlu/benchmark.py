"""``python -m nlu.benchmark train.csv test.csv``: our classifier on anybody's sentences, given as CSV with the columns text and label.

Prints macro-F1, accuracy and the seconds of work, so that anybody can compare it on a public set of his own (ArBanking77, say).
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from pathlib import Path

from nlu.counting import spelled
from nlu.evaluation.measures import accuracy, macro_f1
from nlu.linear import LinearModel, views_of_wishes


class Unreadable(ValueError):
    """A file is no such CSV; the message is one line."""


def read(path: Path) -> tuple[list[str], list[str]]:
    """The texts and labels of a CSV file with a header that names text and label, in any order, in UTF-8."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(f"{path} cannot be read: {error}") from None
    if not rows or not {"text", "label"} <= set(rows[0]):
        raise Unreadable(f"{path} has no rows with the columns text and label")
    full = [row for row in rows if row["text"] and row["label"]]
    return [row["text"] for row in full], [row["label"] for row in full]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m nlu.benchmark", description=__doc__)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    asked = parser.parse_args(arguments)
    try:
        (texts, labels), (unseen, meant) = read(asked.train), read(asked.test)
        if len(set(labels)) < 2:
            raise Unreadable(f"{asked.train} has fewer than two labels")
    except Unreadable as error:
        sys.stderr.write(f"{error}\n")
        return 1
    began = time.process_time()
    model = LinearModel(views_of_wishes()).fit([spelled(text) for text in texts], labels)
    training = time.process_time() - began
    best = model.confidences([spelled(text) for text in unseen]).argmax(axis=1)
    pairs = [(label, model.labels[place]) for label, place in zip(meant, best, strict=True)]
    sys.stdout.write(
        f"{len(texts)} sentences learnt, {len(unseen)} asked, {len(model.labels)} labels\n"
        f"macro-F1 {macro_f1(pairs):.3f}  accuracy {accuracy(pairs):.3f}  training {training:.1f} s of work\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
