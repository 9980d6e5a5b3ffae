"""What was misunderstood, in groups that mean the same: deterministic, by register, bounded."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update

from bot.services import learning, transcripts
from bot.services.learning import Said, clustered, vectors_of
from bot.store.engine import Database
from bot.store.models import Sentence
from tests.services.talk import AT, user
from tests.services.tracker_file import Events
from tests.worlds import AMINA, NOW, statements

REFUND = ["wach kayn ta3wid d transport", "kayn ta3wid dyal transport?", "bghit ta3wid d ttransport", "ta3wid dyal transport wach kayn"]
CAR = ["3endi tomobil w n9der nsog", "n9der nsog tomobil dyali", "tomobil dyali, n9der nsog biha"]


def said(*texts: str, register: str = "ary-Latn", first: int = 1, **more: object) -> list[Said]:
    ranking = more.pop("ranking", (("help", 0.3), ("greet", 0.2)))
    return [
        Said(first + n, text, register, NOW + timedelta(minutes=n), ranking, more.get("chosen_intent"))  # type: ignore[arg-type]
        for n, text in enumerate(texts)
    ]


def test_what_means_the_same_stands_together() -> None:
    found = clustered([*said(*REFUND), *said(*CAR, first=50), *said("azul fellawen", first=90)])
    assert [cluster.size for cluster in found] == [4, 3, 1]
    assert set(found[0].sentence_ids) == {1, 2, 3, 4} and found[0].words in REFUND
    assert found[0].sentence_ids[0] in (1, 2, 3, 4) and found[1].words in CAR
    assert found[0].last_at == NOW + timedelta(minutes=3)


def test_the_same_sentences_in_any_order_give_the_same_groups() -> None:
    sentences = [*said(*REFUND), *said(*CAR, first=50), *said("aji", "wa nari", first=90)]
    wanted = clustered(sentences)
    for seed in range(5):
        random.Random(seed).shuffle(sentences)
        assert clustered(sentences) == wanted


def test_a_group_is_around_the_sentence_that_most_of_the_rest_are_like() -> None:
    """Said as it is defined, by looking at all pairs again for each group."""
    chance = random.Random(7)
    syllables = [f"{a}{b}" for a in "bdfgklmnrst" for b in "aiou"]
    words = ["".join(chance.choices(syllables, k=2)) for _ in range(25)]
    sentences = said(*(" ".join(chance.choices(words, k=3)) for _ in range(150)))
    alike = vectors_of([one.words for one in sentences])
    alike = alike @ alike.T >= learning.ALIKE
    np.fill_diagonal(alike, True)
    wanted, rest = set(), list(range(len(sentences)))
    while rest:
        centre = max(rest, key=lambda place: (sum(alike[place, other] for other in rest), -place))
        members = [other for other in rest if alike[centre, other]]
        wanted.add((sentences[centre].words, frozenset(sentences[other].id for other in members)))
        rest = [other for other in rest if other not in members]
    found = clustered(sentences)
    assert {(cluster.words, frozenset(cluster.sentence_ids)) for cluster in found} == wanted
    assert 20 < len(found) < 140 and found[0].size > 2


def test_registers_are_kept_apart_and_spellings_are_not() -> None:
    found = clustered([*said(*REFUND[:2]), *said("واش كاين تعويض ديال الترانسبور", register="ary-Arab", first=9)])
    assert [(cluster.register, cluster.size) for cluster in found] == [("ary-Latn", 2), ("ary-Arab", 1)]
    vectors = vectors_of(["bghit nsog tomobil", "بغيت نسوگ طوموبيل", "salam"])
    assert float(vectors[0] @ vectors[1]) > 0.9 > 0.2 > float(vectors[0] @ vectors[2])


def test_what_people_tapped_speaks_louder_than_the_model() -> None:
    [plain] = clustered(said(*REFUND))
    assert (plain.resembles, plain.share, plain.tapped) == ("help", pytest.approx(0.6), 0)
    [tapped] = clustered(said(*REFUND, chosen_intent="faq/expenses"))
    assert (tapped.resembles, tapped.tapped) == ("faq/expenses", 4)
    [silent] = clustered(said("x y z", ranking=()))
    assert (silent.resembles, silent.share) == (None, 0.0)


def test_without_letters_or_sentences_there_is_nothing_to_compare() -> None:
    assert clustered([]) == []
    assert [cluster.size for cluster in clustered(said("🙂", "؟؟", "!!!"))] == [1, 1, 1]
    assert np.isfinite(vectors_of(["", "🙂"])).all()


@pytest.fixture
def heard(store: Database, tmp_path: Path) -> Database:
    events = Events(store, tmp_path)
    texts = [*REFUND, *CAR]
    events.add_many([user(AMINA + n, text, n, "nlu_fallback", 0.2, AT + n, register="ary-Latn") for n, text in enumerate(texts)])
    events.add_many([user(AMINA, "je cherche", 50, "search_missions", 0.95), user(AMINA, "euh", 51, "greet", 0.3)])
    transcripts.run(store.write, events.tracker)
    return store


def test_the_desk_shows_what_nobody_judged(heard: Database) -> None:
    with statements(heard) as asked, heard.read() as session:
        found = learning.desk(session)
    assert len(asked) == 2
    assert [(cluster.size, cluster.register) for cluster in found.clusters] == [(4, "ary-Latn"), (3, "ary-Latn"), (1, "fr")]
    assert (found.looked_at, found.waiting) == (8, 8)
    with heard.write() as session:
        session.execute(update(Sentence).where(Sentence.words.in_(CAR)).values(state="skipped"))
    with heard.read() as session:
        assert [cluster.size for cluster in learning.desk(session).clusters] == [4, 1]
        assert learning.desk(session, "fr").waiting == 1


def test_only_the_newest_are_looked_at(heard: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "NEWEST", 2)
    with heard.read() as session:
        found = learning.desk(session)
    assert (found.looked_at, found.waiting) == (2, 8)


@pytest.mark.heavy
def test_a_few_thousand_are_grouped_in_bounded_memory() -> None:
    import tracemalloc

    chance = random.Random(0)
    words = [f"{a}{b}{c}" for a in "bdfgjklmnrstz" for b in "aiou" for c in "bdfgjklmnrstz"]
    sentences = said(*(" ".join(chance.choices(words, k=4)) for _ in range(learning.NEWEST)))
    tracemalloc.start()
    assert sum(cluster.size for cluster in clustered(sentences)) == learning.NEWEST
    assert tracemalloc.get_traced_memory()[1] < 300_000_000
    tracemalloc.stop()
