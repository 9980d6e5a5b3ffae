"""Small worlds in which policies are played."""

from __future__ import annotations

from functools import lru_cache

from bot.simulation.log import Log
from bot.simulation.policies import POLICIES
from bot.simulation.world import World, play, world

SEED = 7


@lru_cache(maxsize=1)
def small() -> World:
    """Crowded: 400 people, about 40 missions, four weeks."""
    return world(SEED, 400, 40, 4)


@lru_cache(maxsize=8)
def played(policy: str) -> Log:
    return play(small(), POLICIES[policy])
