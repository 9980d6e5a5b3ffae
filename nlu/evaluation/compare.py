"""``python -m nlu.evaluation.compare MODEL … --out FILE``: what several models make of the held-out sentences, as JSON.

{"sentences": [{"text", "label", "register"}], "models": [{"heard": [{"label", "confidence"}], "figures": {…}}]}, in the order given;
figures are those of nlu.evaluation.run. Sentences that training holds letter by letter are left out.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

from bot import clock
from nlu.evaluation.__main__ import STANDS_AT
from nlu.evaluation.run import Heard, Listener, figures
from nlu.evaluation.sentences import Sentence, read, unseen


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m nlu.evaluation.compare", description=__doc__)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args(arguments)
    os.environ["CLOCK_START"] = STANDS_AT
    clock.start()
    # Rasa would print each message that it reads.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    sentences = unseen(read())
    measured = [measure(sentences, Listener(model).hear(sentence.text for sentence in sentences)) for model in asked.models]
    told = [{"text": sentence.text, "label": sentence.label, "register": sentence.register} for sentence in sentences]
    temporary = asked.out.with_suffix(".writing")
    temporary.write_text(json.dumps({"sentences": told, "models": measured}, ensure_ascii=False), encoding="utf-8")
    temporary.replace(asked.out)


def measure(sentences: Sequence[Sentence], heard: Sequence[Heard]) -> dict[str, Any]:
    """What one model made of the sentences."""
    return {"heard": [{"label": one.label, "confidence": round(one.confidence, 4)} for one in heard], "figures": figures(sentences, heard)}


if __name__ == "__main__":
    main()
