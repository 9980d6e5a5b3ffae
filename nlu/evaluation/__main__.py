"""``python -m nlu.evaluation [--compare [--every N]]``: prints the table, writes var/evaluation/figures.json and index.html."""

from __future__ import annotations

import argparse
import json
import logging
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import structlog

from bot import clock
from bot.settings import PROJECT, settings
from nlu.evaluation.page import page, table
from nlu.evaluation.run import Listener, figures, under_noise
from nlu.evaluation.sentences import read, unseen

STANDS_AT = "2026-11-24T10:00:00"
"""A Tuesday: the dates of the set are meant from there."""
PIPELINES = Path(__file__).parent / "pipelines"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m nlu.evaluation", description=__doc__)
    parser.add_argument("--model", type=Path, default=PROJECT / "models" / "tadamon.tar.gz", help="a trained model")
    parser.add_argument("--compare", action="store_true", help="train Rasa's stock pipelines on the same sentences, too (minutes)")
    parser.add_argument(
        "--every", type=int, default=1, metavar="N", help="compare on every Nth training sentence only: DIET takes hours on all"
    )
    asked = parser.parse_args()
    os.environ["CLOCK_START"] = STANDS_AT
    clock.start()
    # Rasa would print each message that it reads.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    folder = settings().var_dir / "evaluation"
    folder.mkdir(parents=True, exist_ok=True)

    sentences = unseen(read())
    work = trained(PROJECT / "config.yml", folder / "ours.tar.gz")
    listener = Listener(asked.model)
    heard = listener.hear(sentence.text for sentence in sentences)
    found: dict[str, Any] = figures(sentences, heard)
    found["noise"] = under_noise(listener, sentences)
    found["training_seconds"] = work
    found["model_bytes"] = asked.model.stat().st_size
    if asked.compare:
        data = PROJECT / "data" / "nlu" if asked.every == 1 else thinned(asked.every, folder / "thinned")
        configs = [*([PROJECT / "config.yml"] if asked.every > 1 else []), *sorted(PIPELINES.glob("*.yml"))]
        names = {PROJECT / "config.yml": "ours, thinned"}
        found["compared"] = {names.get(path, path.stem): compared(path, data, folder) for path in configs}
    (folder / "figures.json").write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    (folder / "index.html").write_text(page(found, sentences, heard), encoding="utf-8")
    sys.stdout.write(table(found) + f"\n{folder / 'index.html'}\n")


def thinned(every: int, folder: Path) -> Path:
    """A copy of the training sentences with every Nth of each intent; the folders of the registers stay."""
    for source in sorted((PROJECT / "data" / "nlu").glob("*/*.yml")):
        kept, count = [], 0
        for line in source.read_text(encoding="utf-8").splitlines():
            if line.startswith("- intent:"):
                count = 0
            if line.startswith("    - "):
                count += 1
                if count % every != 1:
                    continue
            kept.append(line)
        target = folder / source.parent.name / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return folder


def trained(config: Path, model: Path, data: Path = PROJECT / "data" / "nlu") -> float:
    """Train the understanding alone; returns the seconds of work it took, imports left out as far as they can be."""
    log = model.with_suffix(".log")
    command = [sys.executable, "-m", "nlu.serve", "train", "nlu", "--config", str(config), "--nlu", str(data), "--domain", "domain.yml"]
    output = ["--out", str(model.parent), "--fixed-model-name", model.name.removesuffix(".tar.gz")]
    # The cache would hand over what it has trained before.
    environment = {**os.environ, "RASA_CACHE_DIRECTORY": str(model.parent / f"cache-{time.time_ns()}"), "PYTHONWARNINGS": "ignore"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with log.open("w", encoding="utf-8") as file:
        subprocess.run([*command, *output], cwd=PROJECT, env=environment, stdout=file, stderr=file, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compared(config: Path, data: Path, folder: Path) -> dict[str, Any]:
    """The same figures of another pipeline on the same sentences."""
    model = folder / f"{config.stem}.tar.gz"
    work = trained(config, model, data)
    sentences = unseen(read())
    found = figures(sentences, Listener(model).hear(sentence.text for sentence in sentences))
    return {**found, "training_seconds": work, "model_bytes": model.stat().st_size}


if __name__ == "__main__":
    main()
