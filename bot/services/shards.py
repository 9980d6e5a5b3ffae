"""Runs of digests cut into shards: a table of jobs that any number of workers share, on SQLite as on PostgreSQL.

A shard is claimed for seconds and the claim renewed with every few lists, in the transaction that writes them; whoever was killed lets
it run out. ``claims`` numbers the claims of a shard: a worker that stood still too long finds another number, and stops.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from bot import clock
from bot.store.models import DigestRun, DigestShard, Person, Subscription

SHARD_PEOPLE = 500
"""So many lists a shard, about: enough to be matched together, few enough to be lost with a worker that dies."""
MOST_SHARDS = 1024
CLAIM_SECONDS = 15
MOST_FAILURES = 5
RETRY_SECONDS = 2
"""After the first failure; doubled with each."""


@dataclass(frozen=True)
class Claim:
    """A shard that a worker holds."""

    shard_id: int
    run_id: int
    number: int
    shards: int
    at: datetime
    solicited: bool
    token: int
    """The number of the claim."""
    failures: int

    @property
    def is_last_attempt(self) -> bool:
        return self.failures + 1 >= MOST_FAILURES


@dataclass
class Made:
    """What came of lists: written to the outbox, nothing to send, not made."""

    queued: int = 0
    empty: int = 0
    broken: int = 0


class ClaimLost(Exception):
    """Another worker has the shard by now."""


def due_ids(session: Session, at: datetime, claim: Claim | None = None) -> list[int]:
    """The subscriptions whose list is due at an instant, by id; of one shard where it is given."""
    query = (
        select(Subscription.id)
        .join(Person)
        .where(
            Subscription.ended_at.is_(None),
            Person.blocked_at.is_(None),
            (Subscription.next_due_at.is_(None)) | (Subscription.next_due_at <= at),
        )
        .order_by(Subscription.id)
    )
    if claim is not None:
        query = query.where(Subscription.person_id % claim.shards == claim.number)
    return list(session.execute(query).scalars())


def unfinished(session: Session) -> int | None:
    """The run that is not over yet, or None."""
    found: int | None = session.execute(
        select(DigestRun.id).where(DigestRun.finished_at.is_(None)).order_by(DigestRun.id).limit(1)
    ).scalar_one_or_none()
    return found


def plan(session: Session, at: datetime, solicited: bool = False) -> int | None:
    """A new run of what is due; None where nothing is, or where the run before is not over."""
    if unfinished(session) is not None:
        return None
    count = len(due_ids(session, at))
    if count == 0:
        return None
    shards = min(-(-count // SHARD_PEOPLE), MOST_SHARDS)
    run = DigestRun(at=at, solicited=solicited, shards=shards, created_at=clock.real_now())
    session.add(run)
    session.flush()
    session.add_all(
        DigestShard(run_id=run.id, number=number, state="queued", failures=0, claims=0, queued=0, empty=0, broken=0)
        for number in range(shards)
    )
    return int(run.id)


def claimable(worker: str, shard_id: int | None = None) -> object:
    """The condition of SQL for shards that a worker may take now: they wait, their claim ran out, or it was its own in an earlier life."""
    now = clock.real_now()
    free = or_(
        and_(DigestShard.state == "queued", or_(DigestShard.not_before.is_(None), DigestShard.not_before <= now)),
        and_(DigestShard.state == "working", or_(DigestShard.claimed_until < now, DigestShard.claimed_by == worker)),
    )
    return free if shard_id is None else and_(free, DigestShard.id == shard_id)


def claim(session: Session, worker: str, shard_id: int | None = None) -> Claim | None:
    """Take the next shard, or a certain one; None where there is none to be taken."""
    query = select(DigestShard).where(claimable(worker, shard_id)).order_by(DigestShard.id).limit(1).with_for_update(skip_locked=True)
    shard: DigestShard | None = session.execute(query).scalar_one_or_none()
    if shard is None:
        return None
    run = session.get(DigestRun, shard.run_id)
    shard.state, shard.claimed_by, shard.claims = "working", worker, shard.claims + 1
    shard.claimed_until = clock.real_now() + timedelta(seconds=CLAIM_SECONDS)
    return Claim(shard.id, run.id, shard.number, run.shards, run.at, run.solicited, shard.claims, shard.failures)


def keep(session: Session, held: Claim, made: Made) -> None:
    """Renew a claim and count what was made since. Raises ClaimLost; the transaction must then not be committed."""
    changed = session.execute(
        update(DigestShard)
        .where(DigestShard.id == held.shard_id, DigestShard.state == "working", DigestShard.claims == held.token)
        .values(
            claimed_until=clock.real_now() + timedelta(seconds=CLAIM_SECONDS),
            queued=DigestShard.queued + made.queued,
            empty=DigestShard.empty + made.empty,
            broken=DigestShard.broken + made.broken,
        )
        .execution_options(synchronize_session=False)
    ).rowcount
    if not changed:
        raise ClaimLost


def finish(session: Session, held: Claim, error: str | None = None) -> None:
    """End a claim: the shard is done; or, after an error, tried again after a while, and given up in the end."""
    now = clock.real_now()
    # One after the other: of two that finish the last two shards at once, neither would see the other's, and the run would never end.
    session.execute(select(DigestRun.id).where(DigestRun.id == held.run_id).with_for_update())
    shard: DigestShard | None = session.execute(
        select(DigestShard).where(DigestShard.id == held.shard_id, DigestShard.claims == held.token).with_for_update()
    ).scalar_one_or_none()
    if shard is None or shard.state != "working":
        return
    shard.claimed_by = shard.claimed_until = shard.not_before = None
    shard.state, shard.error = "done", error
    if error is not None:
        shard.failures += 1
        shard.state = "failed" if shard.failures >= MOST_FAILURES else "queued"
        shard.not_before = now + timedelta(seconds=RETRY_SECONDS * 2 ** (shard.failures - 1))
    session.flush()
    open_shards = select(DigestShard.id).where(DigestShard.run_id == held.run_id, DigestShard.state.in_(("queued", "working")))
    session.execute(
        update(DigestRun)
        .where(DigestRun.id == held.run_id, DigestRun.finished_at.is_(None), ~open_shards.exists())
        .values(finished_at=now)
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    run_id: int
    at: datetime
    states: dict[str, int]
    made: Made

    @property
    def still_open(self) -> int:
        return self.states.get("queued", 0) + self.states.get("working", 0)


def progress(session: Session, run_id: int | None = None) -> Progress | None:
    """How far a run is, or the last one; None where there was none."""
    if run_id is None:
        run_id = session.execute(select(func.max(DigestRun.id))).scalar_one()
    run = session.get(DigestRun, run_id) if run_id is not None else None
    if run is None:
        return None
    rows = session.execute(
        select(DigestShard.state, func.count(), func.sum(DigestShard.queued), func.sum(DigestShard.empty), func.sum(DigestShard.broken))
        .where(DigestShard.run_id == run.id)
        .group_by(DigestShard.state)
    ).all()
    made = Made(*(sum(int(row[place]) for row in rows) for place in (2, 3, 4)))
    return Progress(run.id, run.at, {row[0]: row[1] for row in rows}, made)


def forget_old(session: Session, before: datetime) -> None:
    """Delete runs that were finished before an instant (real time), with their shards."""
    old = select(DigestRun).where(DigestRun.finished_at < before)
    for run in session.execute(old).scalars():
        session.delete(run)
