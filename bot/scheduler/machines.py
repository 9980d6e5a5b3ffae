"""Shards as jobs of Procrastinate, so that any number of machines that share a PostgreSQL database make digests together.

The record stays the table of shards (bot.services.shards): a job only says "look at this shard now", at once and on whichever machine is
free. A job that is lost or comes twice does no harm; what can be claimed is offered again. Where Procrastinate is not installed, and on
SQLite, workers look at the table by themselves (bot.scheduler.jobs).
"""

from __future__ import annotations

import asyncio
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select
from sqlalchemy import text as sql

from bot import metrics
from bot.services import digests, shards
from bot.settings import Settings
from bot.store.engine import Database
from bot.store.models import DigestShard

if TYPE_CHECKING:
    from procrastinate import App

log = structlog.get_logger("machines")

QUEUE, TASK = "digests", "digest_shard"
SCHEMA = "procrastinate"
"""Its tables have a schema of their own. Nothing in them is worth keeping: another version makes them anew."""
OFFER_SECONDS = 2
OFFERED_AT_ONCE = 200
_LOCK = 0x7AD5


def available(database: Database) -> bool:
    """Whether shards go through Procrastinate here."""
    return not database.is_sqlite and all(find_spec(name) for name in ("procrastinate", "psycopg", "psycopg_pool"))


def prepare(database: Database) -> None:
    """Make Procrastinate's tables where they are missing or of another version. Several processes may try at once."""
    from procrastinate.schema import SchemaManager

    try:
        wanted = version("procrastinate")
    except PackageNotFoundError:
        wanted = "unknown"
    with database.engine.begin() as connection:
        connection.execute(sql("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        found = connection.execute(
            sql("SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = :name"), {"name": SCHEMA}
        ).scalar_one_or_none()
        if found == wanted:
            return
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
        connection.exec_driver_sql(f"SET LOCAL search_path TO {SCHEMA}")
        # Through the driver's cursor: to SQLAlchemy a colon would be a parameter.
        connection.connection.cursor().execute(SchemaManager.get_schema())
        connection.exec_driver_sql(f"COMMENT ON SCHEMA {SCHEMA} IS '{wanted}'")
    log.info("queue prepared", version=wanted)


def make_app(database: Database, worker: str) -> App:
    """The application of Procrastinate with its one task."""
    from procrastinate import App, PsycopgConnector

    address = database.url.replace("postgresql+psycopg2://", "postgresql://", 1)
    app = App(connector=PsycopgConnector(conninfo=address, kwargs={"options": f"-c search_path={SCHEMA}"}, min_size=1, max_size=4))

    @app.task(name=TASK, queue=QUEUE)
    def digest_shard(shard_id: int) -> None:
        with metrics.job("shards"):
            digests.work_next(database, worker, shard_id)

    return app


async def run(database: Database, settings: Settings) -> None:
    """Offer shards that can be taken, and work on those that are offered, until cancelled."""
    await asyncio.to_thread(prepare, database)
    app = make_app(database, settings.worker_name)
    async with app.open_async():
        working = app.run_worker_async(
            name=settings.worker_name,
            queues=[QUEUE],
            concurrency=1,
            delete_jobs="always",
            install_signal_handlers=False,
            fetch_job_polling_interval=OFFER_SECONDS,
        )
        await asyncio.gather(working, _offer(app, database))


async def _offer(app: App, database: Database) -> None:
    from procrastinate.exceptions import AlreadyEnqueued
    from procrastinate.jobs import Status

    while True:
        for shard_id in await asyncio.to_thread(_claimable, database):
            try:
                await app.configure_task(TASK, queueing_lock=f"shard:{shard_id}").defer_async(shard_id=shard_id)
            except AlreadyEnqueued:
                continue  # it waits already
        for job in await app.job_manager.get_stalled_jobs(queue=QUEUE):
            if job.id is not None:
                # Its worker is gone; the shard is offered again when the claim has run out.
                await app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
        await asyncio.sleep(OFFER_SECONDS)


def _claimable(database: Database) -> list[int]:
    with database.read() as session:
        query = select(DigestShard.id).where(shards.claimable("")).order_by(DigestShard.id).limit(OFFERED_AT_ONCE)
        return list(session.execute(query).scalars())
