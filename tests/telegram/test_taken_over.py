"""While a person of the team answers, the bot says nothing, whatever is sent; afterwards the dialogue goes on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import clock
from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import takeovers
from bot.store.models import Button, StaffAccount
from bot.telegram.dialogue import Unavailable
from bot.texts import REGISTERS, text
from tests.loopback import until
from tests.telegram.desk import Desk, FakeDialogue
from tests.telegram.updates import CHAT, message, tap

ANSWER = '/answer_application{"application": "1", "answer": "accepted"}'


class Overheard(FakeDialogue):
    """A dialogue that notes what it only listened to, and when it may answer again."""

    def __init__(self) -> None:
        super().__init__()
        self.overheard: list[tuple[str, bool]] = []
        self.resumed = 0
        self.is_away = False

    async def overhear(self, chat_id: int, words: str, metadata: dict[str, Any], repeated: bool) -> None:
        if self.is_away:
            self.is_away = False
            raise Unavailable("ConnectError")
        assert chat_id == CHAT and metadata["update_id"] and metadata["overheard"] is True
        self.overheard.append((words, repeated))

    async def resume(self, chat_id: int) -> None:
        assert chat_id == CHAT
        self.resumed += 1


def begin(desk: Desk) -> tuple[Overheard, int]:
    desk.dialogue = dialogue = Overheard()
    with desk.database.write() as session:
        account = StaffAccount(name="ilham", password_hash="-", totp_secret="A", role="agent", locale="fr", created_at=clock.now())
        session.add(account)
        session.flush()
        takeovers.take(session, account.id, CHAT, clock.now())
        return dialogue, int(account.id)


def hand_back(desk: Desk, account: int) -> None:
    with desk.database.write() as session:
        takeovers.hand_back(session, account, CHAT, clock.now())


async def test_a_thousand_words_and_taps_get_no_word_of_the_bot(desk: Desk) -> None:
    dialogue, account = begin(desk)
    with desk.database.write() as session:
        outbox.queue(session, CHAT, outbox.REPLY, "update:1", [Draft("?", [Choice("✅ Accepter", ANSWER)])], clock.now())
        token = token_of(session)
    before = len(desk.answers())
    updates = [tap(n, data=token) if n % 3 == 0 else message(n, text="oui" if n % 3 == 1 else f"mot {n}") for n in range(100, 1100)]
    async with desk.open(parallel=1):
        for start in range(0, 1000, 50):
            # Far more a minute than is answered otherwise: not even that they are many is said.
            desk.receive(*updates[start : start + 50])
            await until("all to be heard", lambda upto=start + 50: len(dialogue.overheard) == upto)
        await until("all to be closed", lambda: set(desk.states().values()) == {"done"})
    assert len(desk.answers()) == before and dialogue.turns == []
    assert len(dialogue.overheard) == 1000 and {words for words, _ in dialogue.overheard} >= {"oui", "✅ Accepter", "mot 101"}
    assert len({toast for _, toast in desk.bot.toasts}) == 1 and desk.bot.toasts[0][1] in {text(one, "takeover_toast") for one in REGISTERS}
    hand_back(desk, account)
    # Two minutes later: what was written before is no flood any more.
    desk.receive(tap(2000, data=token), message(2001, text="bonjour"), age_seconds=-120)
    async with desk.open():
        await desk.closed(2000, 2001)
    assert not any("overheard" in metadata for metadata in dialogue.metadata)
    assert [turn[1] for turn in dialogue.turns] == [ANSWER, "bonjour"], "a button that was tapped meanwhile still means what it meant"
    assert dialogue.resumed == 1


def token_of(session: Session) -> str:
    session.flush()
    return str(session.execute(select(Button.token).where(Button.payload == ANSWER)).scalar_one())


async def test_while_rasa_is_away_nothing_of_it_is_lost(desk: Desk) -> None:
    dialogue, _ = begin(desk)
    dialogue.is_away = True
    desk.receive(message(5, text="allô"))
    async with desk.open():
        assert (await desk.closed(5))[5] == "done"
    assert dialogue.overheard == [("allô", True)], "whether Rasa may know it already"


async def test_who_was_never_listened_to_is_not_resumed(desk: Desk) -> None:
    dialogue, account = begin(desk)
    hand_back(desk, account)
    desk.receive(message(5, text="bonjour"))
    async with desk.open():
        await desk.closed(5)
    assert dialogue.resumed == 0 and [turn[1] for turn in dialogue.turns] == ["bonjour"]
