"""The learning desk: what the bot misunderstood, in groups that mean the same, so that staff begin where most is to be gained.

Sentences are compared by the letters of their skeletons, which both scripts share, within their register. The same sentences give the
same groups; the newest few thousand are looked at.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services.lessons import sounded
from bot.store.models import Sentence

NEWEST = 3000
"""Sentences that are looked at."""
ALIKE = 0.45
"""Cosine of two sentences of one group, at least."""
_DIMENSIONS = 1024
_GRAMS = (2, 3, 4)
SHOWN = 50
"""Sentences of a group that are named."""
_TAPPED = 1.0
"""What a tap says for an intent, beside the confidences of the model."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Said:
    """A misunderstood sentence, as far as it is needed here."""

    id: int
    words: str
    register: str
    said_at: datetime
    ranking: tuple[tuple[str, float], ...]
    chosen_intent: str | None = None


@dataclass(frozen=True)
class Cluster:
    """Sentences that seem to mean the same, the likest to all others first."""

    register: str
    size: int
    words: str
    """Of the sentence that stands for all."""
    sentence_ids: tuple[int, ...]
    """The nearest to it first, :data:`SHOWN` at most."""
    resembles: str | None
    """The intent that the model and people's taps speak for most; None: for none."""
    share: float
    """How much of what speaks for any intent speaks for this one, 0 to 1."""
    tapped: int
    """How many people then tapped what they meant."""
    last_at: datetime


@dataclass(frozen=True)
class Desk:
    """The groups, the largest first, and of how many sentences."""

    clusters: list[Cluster]
    looked_at: int
    waiting: int
    """Sentences that were misunderstood and nobody judged."""


def desk(session: Session, register: str | None = None) -> Desk:
    """What is to be learnt now. Two queries.

    Args:
        register: only sentences in it; None: all.
    """
    is_waiting = (Sentence.is_doubtful.is_(True), Sentence.state == "new", *([Sentence.register == register] if register else []))
    columns = (Sentence.id, Sentence.words, Sentence.register, Sentence.said_at, Sentence.ranking, Sentence.chosen_intent)
    rows = session.execute(select(*columns).where(*is_waiting).order_by(Sentence.id.desc()).limit(NEWEST)).all()
    waiting = session.execute(select(func.count()).select_from(Sentence).where(*is_waiting)).scalar_one()
    said = [Said(r.id, r.words, r.register or "", r.said_at, tuple((n, c) for n, c in r.ranking), r.chosen_intent) for r in rows]
    return Desk(clustered(said), len(said), int(waiting))


def clustered(sentences: Sequence[Said]) -> list[Cluster]:
    """Groups of sentences, each in one register, the largest first."""
    by_register: dict[str, list[Said]] = {}
    for one in sorted(sentences, key=lambda said: said.id):
        by_register.setdefault(one.register, []).append(one)
    found = [cluster for register in sorted(by_register) for cluster in _groups(by_register[register])]
    return sorted(found, key=lambda cluster: (-cluster.size, cluster.register, cluster.sentence_ids))


def _groups(sentences: Sequence[Said]) -> list[Cluster]:
    """Groups within a register: around the sentence that most others are like, then around the next of the rest."""
    vectors = vectors_of([one.words for one in sentences])
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, 1.0)
    alike = likeness >= ALIKE
    free = np.ones(len(sentences), dtype=bool)
    neighbours = alike.sum(axis=1)
    found = []
    while free.any():
        centre = int(np.where(free, neighbours, -1).argmax())
        members = np.flatnonzero(alike[centre] & free)
        order = sorted(members, key=lambda place: (-round(float(likeness[centre, place]), 4), sentences[place].id))
        found.append(_cluster(sentences[centre], [sentences[place] for place in order]))
        free[members] = False
        # Each sentence leaves once: all groups together cost what one look at all pairs does.
        neighbours -= alike[:, members].sum(axis=1)
    return found


def _cluster(centre: Said, members: Sequence[Said]) -> Cluster:
    speaks: Counter[str] = Counter()
    for one in members:
        for intent, confidence in one.ranking:
            speaks[intent] += confidence  # type: ignore[assignment]
        if one.chosen_intent:
            speaks[one.chosen_intent] += _TAPPED  # type: ignore[assignment]
    best = min(speaks, key=lambda intent: (-speaks[intent], intent)) if speaks else None
    whole = sum(speaks.values())
    return Cluster(
        register=centre.register,
        size=len(members),
        words=centre.words,
        sentence_ids=tuple(one.id for one in members[:SHOWN]),
        resembles=best,
        share=speaks[best] / whole if best and whole else 0.0,
        tapped=sum(one.chosen_intent is not None for one in members),
        last_at=max(one.said_at for one in members),
    )


def vectors_of(texts: Sequence[str]) -> Floats:
    """A row of length 1 for each text (0 for one without letters): the letters of its skeletons, rare ones counting more."""
    counts: Any = np.zeros((len(texts), _DIMENSIONS), dtype=np.float32)
    for place, text in enumerate(texts):
        for gram, number in _grams(text).items():
            counts[place, zlib.crc32(gram.encode()) % _DIMENSIONS] += 1 + np.log(number)
    frequency = (counts > 0).sum(axis=0)
    counts *= np.log((1 + len(texts)) / (1 + frequency)) + 1
    lengths = np.linalg.norm(counts, axis=1, keepdims=True)
    return np.asarray(counts / np.where(lengths == 0, 1, lengths), dtype=np.float32)


def _grams(text: str) -> Counter[str]:
    """The runs of letters of a text's words, and the words themselves."""
    found: Counter[str] = Counter()
    for word in sounded(text[:1000]).split():
        edged = f" {word} "
        found[f"={word}"] += 1
        for length in _GRAMS:
            found.update(edged[place : place + length] for place in range(len(edged) - length + 1))
    return found
