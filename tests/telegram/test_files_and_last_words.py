"""Files that leave once and are forgotten, the last word to somebody who was erased, and messages that are changed."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from sqlalchemy import select

from bot import clock
from bot.messages import outbox
from bot.messages.outbox import DOCUMENT, LAST_WORD, REPLY, Draft
from bot.store.models import OutboxMessage
from bot.telegram.incoming import EDITED, read
from tests.loopback import until
from tests.telegram.desk import Desk
from tests.telegram.post_office import PostOffice
from tests.telegram.updates import CHAT, group_message, message

SALMA = 501


def file(content: str = "Salam, éà") -> Draft:
    return Draft("<b>Tout</b>", method=DOCUMENT, extra={"file_name": "copie.txt", "content": content})


async def test_a_file_arrives_and_its_content_is_forgotten(office: PostOffice) -> None:
    office.telegram.meet(SALMA)
    [sent] = office.queue(SALMA, REPLY, file())
    async with office.open():
        await office.settled([sent])
    [got] = office.telegram.messages(SALMA)
    assert (got["document"]["file_name"], got["document"]["file_size"]) == ("copie.txt", len("Salam, éà".encode()))
    assert got["plain"] == "Tout"
    row = office.rows()[sent]
    assert (row.state, row.body) == ("sent", {})


async def test_a_file_that_is_no_text_arrives_byte_for_byte(office: PostOffice) -> None:
    content = bytes(range(256)) * 40
    office.telegram.meet(SALMA)
    packed = {"file_name": "attestation.pdf", "content_base64": base64.b64encode(content).decode()}
    [sent] = office.queue(SALMA, REPLY, Draft("📄", method=DOCUMENT, extra=packed))
    async with office.open():
        await office.settled([sent])
    [got] = office.telegram.messages(SALMA)
    assert (got["document"]["file_name"], got["document"]["file_size"]) == ("attestation.pdf", len(content))
    assert office.rows()[sent].body == {}


async def test_a_file_waits_as_it_is_while_telegram_is_away(office: PostOffice) -> None:
    office.telegram.meet(SALMA)
    office.telegram.fault("502", method="sendDocument")
    [sent] = office.queue(SALMA, REPLY, file())
    async with office.open():
        await until("an attempt", lambda: office.rows()[sent].attempts == 1 and office.rows()[sent].state == "queued")
        assert office.rows()[sent].body["content"]
        await office.settled([sent])
    assert office.rows()[sent].body == {}


@pytest.mark.parametrize("blocked", [False, True])
async def test_the_last_word_leaves_no_row(office: PostOffice, blocked: bool) -> None:
    office.telegram.meet(SALMA)
    if blocked:
        office.telegram.block(SALMA)
    with office.database.write() as session:
        outbox.queue(session, SALMA, REPLY, f"{LAST_WORD}7", [Draft("C'est fait")], clock.now())
    async with office.open():
        await until("the row to go", lambda: not office.rows())
    assert office.telegram.read(SALMA) == ([] if blocked else ["C'est fait"])


def edited(update_id: int = 1, message_id: int = 5, **content: Any) -> dict[str, Any]:
    found = message(update_id, **content)
    return {"update_id": update_id, "edited_message": {**found["message"], "message_id": message_id}}


def test_a_change_of_words_is_told_by_its_message() -> None:
    incoming = read(edited(text="corrigé"))
    assert (incoming.kind, incoming.text, incoming.message_id, incoming.chat_id) == ("edited", EDITED, 5, CHAT)
    assert read(edited(caption="corrigé")).kind == "edited"


@pytest.mark.parametrize(
    "update",
    [
        edited(location={"latitude": 1.0, "longitude": 1.0}),
        edited(sticker={}),
        edited(message_id=True, text="x"),  # type: ignore[arg-type]
        {"update_id": 1, "edited_message": group_message(text="x")["message"]},
    ],
    ids=["live location", "sticker", "no message", "group"],
)
def test_changes_that_say_nothing(update: dict[str, Any]) -> None:
    assert read(update).kind == "nothing"


async def test_a_message_that_is_changed_often_is_answered_once(desk: Desk) -> None:
    desk.receive(message(1, text="salam"), edited(2, text="salam!"), edited(3, text="salam!!"), edited(4, message_id=6, text="autre"))
    async with desk.open():
        assert set((await desk.closed(1, 2, 3, 4)).values()) == {"done"}
    assert desk.answers() == ["re: salam", f"re: {EDITED}", f"re: {EDITED}"]
    with desk.database.read() as session:
        origins = session.execute(select(OutboxMessage.origin).order_by(OutboxMessage.id)).scalars().all()
    assert origins == ["update:1", f"edited:{CHAT}:5", f"edited:{CHAT}:6"]
    assert [metadata.get("origin") for metadata in desk.dialogue.metadata] == [None, *(f"edited:{CHAT}:{n}" for n in (5, 5, 6))]
