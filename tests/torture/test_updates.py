"""Telegram delivers at least once and in any order across chats; every update has one effect, and a chat keeps its order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dialogues.product import free_port, until
from tests.torture.rig import Rig, dose, report, running, seeded

SECRET = "only-telegram-knows"


def webhook() -> dict[str, str]:
    port = str(free_port())
    return {
        "TELEGRAM_MODE": "webhook",
        "WEBHOOK_URL": f"http://127.0.0.1:{port}/hook",
        "WEBHOOK_PORT": port,
        "WEBHOOK_SECRET": SECRET,
    }


@pytest.mark.parametrize("mode", ["polling", "webhook"])
def test_every_update_has_one_effect_however_often_it_comes(tmp_path: Path, mode: str) -> None:
    chance = seeded(f"updates by {mode}")
    chats = range(5000, 5000 + dose(12, 200))
    said = [str(number) for number in range(dose(4, 12))]
    settings = webhook() if mode == "webhook" else {}
    rig = Rig(tmp_path, "sandbox", "rasa", "gateway", "worker", SENDS_PER_SECOND="1000", **settings)
    rig.meet(chats)
    with running(rig):
        rig.fault("duplicate", copies=5, seed=chance.randrange(1000))
        rig.fault("shuffle", seed=chance.randrange(1000))
        updates = []
        for number, words in enumerate(said):
            updates += [rig.write(chat_id, words) for chat_id in chance.sample(chats, len(chats))]
            if number == len(said) // 2:
                rig.kill("gateway")
        rig.until_quiet()
        rig.kill("gateway")
        for update_id in chance.sample(updates, len(updates)):
            rig.api.post(f"/updates/{update_id}/repeat", json={})
        pending = f"{rig.telegram_url}/botsandbox/getWebhookInfo"
        until("every repetition to be taken", lambda: not rig.api.post(pending).json()["result"]["pending_update_count"])
        rig.until_quiet()
        counts = rig.counts()
        report(f"{len(updates)} updates, {counts['updates_shown']} deliveries, {counts['updates_repeated']} of them repetitions")
        assert counts["updates_repeated"] > len(updates)
        for chat_id in chats:
            heard = rig.heard(chat_id)
            assert [words for words in heard if words.startswith("re: ")] == [f"re: {words}" for words in said], (chat_id, heard)
            assert sorted(words for words in heard if words.startswith("did: ")) == sorted(f"did: {words}" for words in said), chat_id
        assert rig.inbox_states() == {"done": len(updates)}
