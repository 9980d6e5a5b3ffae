"""kill -9 of a digest run at random moments, again and again: everybody who is due gets exactly one list."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot import vocabulary
from bot.matching.slots import slots_of
from bot.services import organisations, profiles
from bot.services.organisations import Need, Registration
from bot.services.profiles import Offer, Speaker
from bot.store.engine import Database
from bot.store.models import Digest, DigestShard, OutboxMessage, Recommendation, Subscription
from tests.worlds import NOW, count

PROJECT = Path(__file__).parents[2]
SEED = int(os.environ.get("TADAMON_SEED", "20261126"))
LONGEST_PAUSE_SECONDS = 0.4
RUN = (sys.executable, "-m", "tests.scheduler.digest_run")
PLACES = [place.id for place in vocabulary.places()]
CAUSES = [term.id for term in vocabulary.terms("cause")]


def town(store: Database, dice: random.Random, people: int) -> None:
    """Organisations and volunteers spread over the region; some of them whom nothing fits."""
    with store.write() as session:
        for number in range(8):
            chat_id, cause = 600 + number, dice.choice(CAUSES)
            made = organisations.register(
                session, Speaker(chat_id, "Karim", "fr"), Registration("association", f"O{number}", "Maârif", [cause], ""), NOW
            )
            organisations.validate(session, made.id, NOW)
            for _ in range(6):
                days = dice.sample(["mon", "wed", "sat", "sun"], 2)
                need = Need("Mission", dice.choice(CAUSES), dice.choice(PLACES), slots_of(days, ["morning"]), dice.randint(1, 9))
                organisations.insert(session, made.id, need, NOW)
        for number in range(people):
            offer = Offer(
                f"V{number}", dice.choice(PLACES), dice.sample(CAUSES, 2), [], slots_of(dice.sample(["sat", "sun", "mon"], 1), ["morning"])
            )
            profiles.save_offer(session, Speaker(10_000 + number, f"V{number}", "fr"), offer, NOW)


def runs_killed(store: Database, kills: int, people: int) -> int:
    """Kill runs at random moments after their first new list, as often as they are not over before; then let one end.

    Returns how many were killed.
    """
    dice = random.Random(SEED)
    town(store, dice, people)
    done = 0
    for number in range(kills):
        before = count(store, Digest)
        process = subprocess.Popen([*RUN, store.url, f"worker{number % 2}"], cwd=PROJECT)
        while process.poll() is None and count(store, Digest) == before:
            time.sleep(0.01)
        time.sleep(dice.uniform(0, LONGEST_PAUSE_SECONDS))
        if process.poll() is None:
            process.kill()
            done += 1
        process.wait()
    subprocess.run([*RUN, store.url, "last"], cwd=PROJECT, check=True)
    return done


def check(store: Database) -> None:
    with store.read() as session:
        due = session.execute(select(func.count(Subscription.id))).scalar_one()
        lists = session.execute(select(Digest.subscription_id, func.count()).group_by(Digest.subscription_id)).all()
        origins = session.execute(select(OutboxMessage.origin).where(OutboxMessage.kind == "digest")).scalars().all()
        states = session.execute(
            select(DigestShard.state, func.sum(DigestShard.queued + DigestShard.empty)).group_by(DigestShard.state)
        ).all()
        shown = (
            session.execute(select(func.count()).select_from(Recommendation).group_by(Recommendation.digest_id, Recommendation.position))
            .scalars()
            .all()
        )
    assert len(lists) == due and all(number == 1 for _, number in lists), "everybody exactly one"
    assert len(origins) == len(set(origins)), "no list is sent twice"
    assert [(state, int(made)) for state, made in states] == [("done", due)], "progress tells what was made, killed or not"
    assert set(shown) <= {1}


def test_a_run_killed_a_few_times_gives_everybody_one_list(store: Database) -> None:
    assert runs_killed(store, 4, 150) >= 2
    check(store)


@pytest.mark.heavy
def test_a_run_killed_fifty_times_gives_everybody_one_list(store: Database) -> None:
    done = runs_killed(store, 50, 2500)
    assert done >= 45
    check(store)
