"""A broadcast uses the rate it was given, and never more than Telegram takes."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from bot.store.models import OutboxMessage
from tests.torture.rig import FULL, Rig, dose, report, running

RATE = 25


def test_a_broadcast_uses_its_rate(tmp_path: Path) -> None:
    audience = range(200_000, 200_000 + dose(150, 3000))
    rig = Rig(tmp_path, "sandbox", "worker", SENDS_PER_SECOND=str(RATE))
    rig.meet(audience)
    with running(rig):
        assert rig.api.post("/limits", json={"per_second": 30, "chat_burst": 5}).is_success
        rig.broadcast(audience)
        rig.until_quiet()
        with rig.database.read() as session:
            sent = sorted(session.execute(select(OutboxMessage.sent_at)).scalars())
        rate = (len(sent) - 1) / (sent[-1] - sent[0]).total_seconds()
        counts = rig.counts()
        report(f"{len(sent)} lists at {rate:.2f} a second of {RATE}: {rate / RATE:.1%}; refused for haste: {counts['429_earned']}")
        assert counts["429_earned"] == counts["429_early"] == 0
        assert rig.outbox_states() == {"sent": len(audience)}
        # A machine busy with other tests is often late; the whole dose runs alone.
        assert rate >= RATE * (0.95 if FULL else 0.4)
