"""Many seeds, several processes: each seed is one task, so that the number of processes changes nothing in what comes out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context

from bot.matching import engine
from bot.simulation.measure import Figures, figures, filled_by_week
from bot.simulation.policies import POLICIES
from bot.simulation.world import play, world


@dataclass(frozen=True)
class Plan:
    """What is simulated."""

    volunteers: int
    missions: int
    weeks: int
    seeds: tuple[int, ...]

    def __post_init__(self) -> None:
        """Raises ValueError, with a line for whoever typed it, where something cannot be."""
        for name in ("volunteers", "missions", "weeks"):
            if getattr(self, name) < 1:
                raise ValueError(f"--{name} must be 1 or more.")
        if not self.seeds:
            raise ValueError("--seeds must be 1 or more.")
        if min(self.seeds) < 0:
            raise ValueError("--first-seed must be 0 or more.")


@dataclass(frozen=True)
class SeedResult:
    """What the policies came to in the world of one seed."""

    seed: int
    figures: dict[str, Figures]
    """By policy."""
    filled_by_week: dict[str, list[int]]


def one_seed(plan: Plan, seed: int) -> SeedResult:
    """All policies in the world of one seed."""
    setting = world(seed, plan.volunteers, plan.missions, plan.weeks)
    logs = {name: play(setting, policy) for name, policy in POLICIES.items()}
    return SeedResult(seed, {name: figures(log) for name, log in logs.items()}, {name: filled_by_week(log) for name, log in logs.items()})


def all_seeds(plan: Plan, jobs: int = 1, progress: Callable[[int], None] = lambda done: None) -> list[SeedResult]:
    """The seeds of a plan, in their order; ``progress`` hears how many are done. Raises ValueError for less than one process."""
    if jobs < 1:
        raise ValueError("--jobs must be 1 or more.")
    found: list[SeedResult] = []
    if jobs == 1:
        # With numpy, which comes to the same: the compiler would stay warm in whoever called.
        for seed in plan.seeds:
            found.append(one_seed(plan, seed))
            progress(len(found))
        return found
    # Started anew, not forked: what a parent's threads hold would stay held for ever.
    with ProcessPoolExecutor(min(jobs, len(plan.seeds)), mp_context=get_context("spawn"), initializer=engine.warm) as pool:
        for done in as_completed([pool.submit(one_seed, plan, seed) for seed in plan.seeds]):
            found.append(done.result())
            progress(len(found))
    return sorted(found, key=lambda result: result.seed)
