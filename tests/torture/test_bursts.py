"""Many chats write quickly: each is answered in order, and nobody waits for the slow turn of another."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.dialogues.product import until
from tests.torture.rig import PATIENCE_SECONDS, Rig, dose, running, seeded


def test_no_chat_waits_for_another(tmp_path: Path) -> None:
    chance = seeded("bursts")
    chats = list(range(6000, 6000 + dose(40, 200)))
    slow = set(chance.sample(chats, dose(8, 20)))
    bursts = {chat_id: [str(number) for number in range(chance.randint(2, 4))] for chat_id in chats}
    for chat_id in slow:
        bursts[chat_id].insert(chance.randrange(len(bursts[chat_id])), "hold on")
    rig = Rig(tmp_path, "sandbox", "bare-rasa", "gateway", "worker", SENDS_PER_SECOND="1000")
    rig.meet(chats)
    waiting = {chat_id: list(words) for chat_id, words in bursts.items()}
    with running(rig):
        while open_chats := [chat_id for chat_id, words in waiting.items() if words]:
            chat_id = chance.choice(open_chats)
            rig.write(chat_id, waiting[chat_id].pop(0))
        fast = [chat_id for chat_id in chats if chat_id not in slow]
        until("all others to be answered while slow turns are under way", lambda: rig.inbox_states()["working"] == len(slow))
        expected = {chat_id: [f"re: {words}" for words in bursts[chat_id]] for chat_id in chats}
        until("their answers", lambda: all(rig.heard(chat_id) == expected[chat_id] for chat_id in fast), PATIENCE_SECONDS)
        for chat_id in slow:
            assert not any("hold" in words for words in rig.heard(chat_id))
        httpx.post(rig.rasa_url + "/release")
        rig.until_quiet()
        for chat_id in chats:
            assert rig.heard(chat_id) == expected[chat_id]
