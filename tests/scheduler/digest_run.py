"""A digest run in a process of its own, that can be killed: ``python -m tests.scheduler.digest_run URL NAME``."""

from __future__ import annotations

import sys

from bot.services import digests, shards
from bot.store.engine import Database
from tests.worlds import local

if __name__ == "__main__":
    # Small portions and short claims, so that a kill finds it in any of its steps.
    shards.SHARD_PEOPLE, shards.CLAIM_SECONDS, digests.LISTS_AT_ONCE = 25, 1, 3
    digests.run(Database(sys.argv[1]), local(2026, 12, 1, 10), worker=sys.argv[2])
