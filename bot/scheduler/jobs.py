"""The one table of jobs. Each looks for what is due by the business clock, so that a missed tick or a long downtime is caught up once."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import delete, update

from bot import clock, metrics
from bot.messages import buttons, leases, outbox
from bot.services import (
    aid_clock,
    bans,
    conversation_marks,
    digests,
    erased,
    erasure,
    impact,
    login_throttle,
    presence,
    promises,
    relay,
    retraining,
    shards,
    staff_sessions,
    surroundings,
    takeovers,
    transcript_index,
    transcript_retention,
)
from bot.settings import PROJECT, Settings
from bot.store import changes
from bot.store.engine import Database
from bot.store.models import Effect, InboxUpdate, OutboxMessage
from bot.store.tracker import Tracker

log = structlog.get_logger("scheduler")

_UTC = ZoneInfo("UTC")
"""APScheduler 3.9 reckons with hours of the wall: by legal time it would spin on the night on which the clocks go back, and sleep an hour
too long when they go forward. A ZoneInfo object, not a name, which it would read through pytz. Which hour people live in, jobs ask
bot.clock."""
KEEP_EFFECTS_DAYS = 7
"""Telegram repeats an update for a day at most."""
KEEP_TEXTS_DAYS = 30
"""After so long a message that has its final state keeps it and loses its text."""


@dataclass(frozen=True)
class Job:
    """A job: its name, how often it looks (real time), what it does, and whether one worker alone may do it at a time."""

    name: str
    every_seconds: int
    work: Callable[[Database, Settings], None]
    alone: bool = True


def plan_digests(database: Database, settings: Settings) -> None:
    """Cut what is due into shards; no lists are made in the quiet hours."""
    at = clock.now()
    if digests.in_quiet_hours(at, settings.quiet_hours):
        return
    with database.read() as session:
        # A look without a writer's lock: nothing is due most of the time.
        if shards.unfinished(session) is not None or not shards.due_ids(session, at):
            return
    with database.write() as session:
        run_id = shards.plan(session, at)
    log.info("digests planned", run=run_id)


def make_digests(database: Database, settings: Settings) -> None:
    """Make the lists of shards until none is left, outside the quiet hours; every worker does, side by side."""
    if digests.in_quiet_hours(clock.now(), settings.quiet_hours):
        return
    while digests.is_work(database, settings.worker_name):
        digests.work_next(database, settings.worker_name)
        with database.read() as session:
            found = shards.progress(session)
        if found:
            log.info(
                "digests", run=found.run_id, shards=found.states, queued=found.made.queued, empty=found.made.empty, broken=found.made.broken
            )


def keep_promises(database: Database, settings: Settings) -> None:
    """Remind, end and ask what is due by the clock, in waking hours."""
    at = clock.now()
    if digests.in_quiet_hours(at, settings.quiet_hours):
        return
    if kept := promises.run(database, at):
        log.info("promises", **{name: count for name, count in vars(kept).items() if count})


def tell_impact(database: Database, settings: Settings) -> None:
    """Tell organisations what came of the month before, in the first days of a month."""
    at = clock.now()
    if digests.in_quiet_hours(at, settings.quiet_hours) or not impact.is_time(at):
        return
    with database.write() as session:
        if told := impact.tell(session, at):
            log.info("impact", told=told)


def end_takeovers(database: Database, settings: Settings) -> None:
    """Let the bot answer again where the team has said nothing for a while."""
    with database.read() as session:
        if not takeovers.are_silent(session, clock.now()):
            return
    with database.write() as session:
        log.info("takeovers ended", count=takeovers.end_silent(session, clock.now()))


def go_on_with_aid(database: Database, settings: Settings) -> None:
    """Ask the next people for help, ask whether it arrived, end what nobody answers."""
    done = aid_clock.run(database.write, clock.now(), settings.quiet_hours)
    if done.asked or done.told or done.closed:
        log.info("aid", asked=done.asked, told=done.told, closed=done.closed)


def erase_people(database: Database, settings: Settings) -> None:
    """Forget whoever wished it, once the turn in which it was wished is closed."""
    with database.read() as session:
        if not erasure.is_wished(session):
            return
    if done := erasure.run(database.write, Tracker(settings.tracker_database_url), clock.now(), settings.erased_dir):
        log.info("erasures", done=done)


def read_transcripts(database: Database, settings: Settings) -> None:
    """Copy what was said since the last look, for staff to read."""
    tracker = Tracker(settings.tracker_database_url)
    with database.read() as session:
        if not transcript_index.is_behind(session, tracker):
            return
    if added := transcript_index.run(database.write, tracker):
        log.info("transcripts", sentences=added)


def keep_house(database: Database, settings: Settings) -> None:
    """Forget what is no longer needed: expired buttons, old effects, texts of old messages and of requests that are closed."""
    now = clock.real_now()
    erased.forget_old(settings.erased_dir, now)
    with database.write() as session:
        buttons.forget_expired(session, clock.now())
        aid_clock.forget_old(session, clock.now())
        relay.forget_old(session, clock.now())
        presence.forget_old(session, clock.now())
        if given_up := outbox.give_up_old(session, clock.now()):
            log.warning("messages given up", count=given_up)
        outbox.forget_last_words(session)
        changes.forget_old(session, now)
        staff_sessions.forget_old(session, clock.now())
        login_throttle.forget_old(session, clock.now())
        conversation_marks.forget_old(session, clock.now())
        bans.forget_old(session, clock.now())
        shards.forget_old(session, now - timedelta(days=KEEP_TEXTS_DAYS))
        session.execute(delete(Effect).where(Effect.created_at < now - timedelta(days=KEEP_EFFECTS_DAYS)))
        session.execute(
            delete(InboxUpdate).where(
                InboxUpdate.state.in_(("done", "refused", "failed")),
                InboxUpdate.received_at < now - timedelta(days=KEEP_TEXTS_DAYS),
            )
        )
        session.execute(
            update(OutboxMessage)
            .where(
                OutboxMessage.state.in_(("sent", "failed", "unknown")),
                # A file holds much of a person: one that was given up goes at once.
                (OutboxMessage.created_at < clock.now() - timedelta(days=KEEP_TEXTS_DAYS)) | (OutboxMessage.method == outbox.DOCUMENT),
            )
            .values(body={})
        )


def forget_transcripts(database: Database, settings: Settings) -> None:
    """Delete what was said too long ago."""
    tracker = Tracker(settings.tracker_database_url)
    tracker.index()
    if gone := transcript_retention.run(database.write, tracker, clock.now(), settings.transcript_days):
        log.info("transcripts forgotten", sentences=gone)


_retraining: list[subprocess.Popen[bytes]] = []
"""The process that works on a model, for this worker to look after."""


def retrain(database: Database, settings: Settings) -> None:
    """Start the work on a model that was asked for, in a process of its own, and do not wait for it: it holds a lease while it works.

    A worker without Rasa leaves it to one that has it, or to whoever calls ``python -m bot retrain``.
    """
    _retraining[:] = [running for running in _retraining if running.poll() is None]
    if _retraining:
        return
    with database.read() as session:
        run_id = retraining.waiting(session)
    if run_id is not None and surroundings.is_rasa_installed(settings):
        log.info("retraining", run=run_id)
        _retraining.append(subprocess.Popen([sys.executable, "-m", "bot", "retrain", str(run_id)], cwd=PROJECT))


JOBS = (
    Job("digests", 30, plan_digests),
    Job("shards", 5, make_digests, alone=False),
    Job("promises", 60, keep_promises),
    Job("impact", 3600, tell_impact),
    Job("takeovers", 30, end_takeovers),
    Job("aid", 30, go_on_with_aid),
    Job("erasures", 5, erase_people),
    Job("transcripts", 3, read_transcripts),
    Job("retraining", 3, retrain),
    Job("retention", 3600, forget_transcripts),
    Job("housekeeping", 3600, keep_house),
)


def start(database: Database, settings: Settings, leave_out: Collection[str] = ()) -> BackgroundScheduler:
    """Start the scheduler in threads of its own. Several workers may run it: a lease lets one do each job that is for one alone.

    Args:
        leave_out: names of jobs that something else does here.
    """
    # That a job is still at work when its next turn comes is no news: the next turn catches up.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(timezone=_UTC)
    for job in JOBS:
        if job.name in leave_out:
            continue
        scheduler.add_job(
            _leased,
            IntervalTrigger(seconds=job.every_seconds, timezone=_UTC),
            args=(job, database, settings),
            id=job.name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            next_run_time=clock.real_now(),
        )
    scheduler.start()
    return scheduler


def _leased(job: Job, database: Database, settings: Settings) -> None:
    try:
        if job.alone:
            with database.write() as session:
                if not leases.acquire(session, f"job:{job.name}", settings.worker_name, job.every_seconds * 2):
                    return
        with metrics.job(job.name):
            job.work(database, settings)
    except Exception as error:  # the scheduler must go on; the next tick tries again
        log.error("job failed", job=job.name, error=type(error).__name__, exc_info=True)
