"""What a trained model makes of the evaluation set, as figures."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nlu.evaluation import measures
from nlu.evaluation.noise import NOISES
from nlu.evaluation.sentences import REGISTERS, Entity, Sentence

OUT_OF_SCOPE = "out_of_scope"
NOT_ANNOTATED = ("greet", "goodbye", OUT_OF_SCOPE)
"""What these hold beside the intent is of no use to anybody; the set leaves it bare."""
OPTIONAL = ("time_from", "time_to")
DATES_AND_NUMBERS = ("date", "number", "day", "time_of_day")
FEW_WORDS = 2
THRESHOLDS = tuple(step / 20 for step in range(1, 19))


@dataclass(frozen=True)
class Heard:
    """What a model made of a text."""

    label: str
    """The intent, or the full name of a question of the FAQ; what would be, where the model asks back."""
    confidence: float
    second: float
    """The confidence of the next intent."""
    out_of_scope: float
    register: str | None
    entities: tuple[Entity, ...]
    milliseconds: float
    """Of one core's work."""


@dataclass
class Listener:
    """A trained model, loaded into this process."""

    model: Path
    _agent: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        from rasa.core.agent import Agent

        self._agent = Agent.load(str(self.model))

    def hear(self, texts: Iterable[str]) -> list[Heard]:
        return asyncio.run(self._hear(texts))

    async def _hear(self, texts: Iterable[str]) -> list[Heard]:
        found = []
        for text in texts:
            began = time.process_time()
            parsed = await self._agent.parse_message(text)
            found.append(heard_in(parsed, (time.process_time() - began) * 1000))
        return found


def heard_in(parsed: dict[str, Any], milliseconds: float) -> Heard:
    """Rasa's parse of a message, as it is measured."""
    ranking = [row for row in parsed.get("intent_ranking") or [] if row["name"] != "nlu_fallback"]
    best: dict[str, Any] = ranking[0] if ranking else {"name": "nlu_fallback", "confidence": 0.0}
    label = str(best["name"])
    if label == "faq":
        selected = (parsed.get("response_selector") or {}).get("faq") or {}
        label = str((selected.get("response") or {}).get("intent_response_key") or label)
    return Heard(
        label=label,
        confidence=float(best["confidence"]),
        second=float(ranking[1]["confidence"]) if len(ranking) > 1 else 0.0,
        out_of_scope=next((float(row["confidence"]) for row in ranking if row["name"] == OUT_OF_SCOPE), 0.0),
        register=(parsed.get("register") or {}).get("name"),
        entities=tuple(Entity(str(e["entity"]), str(e["value"]), e["start"], e["end"]) for e in parsed.get("entities") or []),
        milliseconds=milliseconds,
    )


def figures(sentences: Sequence[Sentence], heard: Sequence[Heard]) -> dict[str, Any]:
    """All that one pass over the set tells."""
    pairs = [(sentence.label, one.label) for sentence, one in zip(sentences, heard, strict=True)]
    are_right = [meant == label for meant, label in pairs]
    error, bins = measures.calibration([one.confidence for one in heard], are_right)
    by_register = {r: [pair for pair, sentence in zip(pairs, sentences, strict=True) if sentence.register == r] for r in REGISTERS}
    work = [one.milliseconds for one in heard]
    return {
        "intents": {name: _intents(some) for name, some in {"all": pairs, **by_register}.items()},
        "entities": _entities(sentences, heard),
        "registers": _registers(sentences, heard),
        "out_of_scope_auroc": measures.auroc(
            [one.out_of_scope for one, s in zip(heard, sentences, strict=True) if s.label == OUT_OF_SCOPE],
            [one.out_of_scope for one, s in zip(heard, sentences, strict=True) if s.label != OUT_OF_SCOPE],
        ),
        "calibration": {"error": error, "bins": bins},
        "f1_by_label": measures.f1_by_label(pairs),
        "confusions": measures.confusions(pairs),
        "asking_back": _asking_back(heard, are_right),
        "milliseconds": {"p50": measures.quantile(work, 0.5), "p95": measures.quantile(work, 0.95)},
    }


def _intents(pairs: Sequence[measures.Pair]) -> dict[str, Any]:
    return {"accuracy": measures.accuracy(pairs), "macro_f1": measures.macro_f1(pairs), "count": len(pairs)}


def _entities(sentences: Sequence[Sentence], heard: Sequence[Heard]) -> dict[str, Any]:
    scored = [(s.entities, h.entities) for s, h in zip(sentences, heard, strict=True) if s.label not in NOT_ANNOTATED]
    kinds = sorted({entity.kind for entities, _ in scored for entity in entities})

    def values(of: Sequence[str]) -> dict[str, float]:
        return measures.f1_of_sets(*([[(e.kind, e.value) for e in pair[side] if e.kind in of] for pair in scored] for side in (0, 1)))

    return {
        "values": values([kind for kind in kinds if kind not in OPTIONAL]),
        "places": values(["place"]),
        "dates_and_numbers": values(DATES_AND_NUMBERS),
        "spans": _spans(scored, kinds),
        **{kind: values([kind]) for kind in kinds},
    }


def _spans(scored: Sequence[tuple[Sequence[Entity], Sequence[Entity]]], kinds: Sequence[str]) -> dict[str, float]:
    """Kind, value and place in the text: an entity counts as found where it overlaps the words that were meant."""
    meant = [[(e.kind, e.value, number) for number, e in enumerate(pair[0])] for pair in scored]
    found = []
    for ours, theirs in scored:
        row = []
        for entity in theirs:
            if entity.kind in kinds and entity.kind not in OPTIONAL:
                place = next((n for n, e in enumerate(ours) if e.kind == entity.kind and e.start < entity.end and entity.start < e.end), -1)
                row.append((entity.kind, entity.value, place))
        found.append(row)
    return measures.f1_of_sets(meant, found)


def _registers(sentences: Sequence[Sentence], heard: Sequence[Heard]) -> dict[str, float]:
    pairs = [(s.register, h.register or "", len(s.text.split())) for s, h in zip(sentences, heard, strict=True) if s.register != "mixed"]
    few = [(meant, name) for meant, name, words in pairs if words <= FEW_WORDS]
    return {
        "all": measures.accuracy([(meant, name) for meant, name, _ in pairs]),
        "two_words": measures.accuracy(few),
        "two_words_count": len(few),
        **{r: measures.accuracy([(meant, name) for meant, name, _ in pairs if meant == r]) for r in REGISTERS[:-1]},
    }


def _asking_back(heard: Sequence[Heard], are_right: Sequence[bool]) -> list[dict[str, float]]:
    """For each threshold: the share of messages that would be asked back, and of the rest, the share understood rightly."""
    rows = []
    for threshold in THRESHOLDS:
        kept = [is_right for one, is_right in zip(heard, are_right, strict=True) if one.confidence >= threshold]
        rows.append({"threshold": threshold, "asked": 1 - len(kept) / len(heard), "right_of_the_rest": sum(kept) / max(len(kept), 1)})
    return rows


def under_noise(listener: Listener, sentences: Sequence[Sentence], seed: int = 0) -> dict[str, float]:
    """Macro-F1 of intents on the same sentences made worse."""
    found = {}
    for name, worsen in NOISES.items():
        chance = random.Random(seed)
        heard = listener.hear([worsen(sentence.text, chance) for sentence in sentences])
        found[name] = measures.macro_f1([(s.label, h.label) for s, h in zip(sentences, heard, strict=True)])
    return found
