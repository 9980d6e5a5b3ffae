"""kill -9 at random moments, hundreds of times, while people talk and lists go out: nothing is lost, nothing happens twice."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from bot.clock import parse_instant
from bot.messages import outbox
from bot.sandbox.state import State
from bot.store.engine import Database
from bot.store.models import Consent, Digest, InboxUpdate, OutboxMessage, Person, Subscription, Volunteer
from bot.texts import text
from bot.vocabulary import lists as vocabulary
from tests.dialogues.expectations import says
from tests.dialogues.product import START, Chatter, Product, until
from tests.torture.rig import FINAL, PATIENCE_SECONDS, Killer, dose, report, running, seeded

STEPS = (
    ("bonjour", "greet"),
    ("je voudrais être bénévole", "ask_place"),
    ("à Sidi Othmane", "ask_causes"),
    ("l'environnement", "ask_skills"),
    ("jardinage", "ask_when"),
    ("le mercredi matin", "offer_summary"),
)
FIRST_READER = 300_000_000
LONGEST_PAUSE_SECONDS = dose(2, 4)
"""Between two kills: a process needs a second or two to come back, and shall get some work done."""
KILLS = {"gateway": dose(4, 160), "worker": dose(3, 160), "actions": dose(3, 160), "rasa": dose(1, 20)}
DIALOGUES, AT_ONCE = dose(8, 286), dose(4, 8)
"""Of seven turns each: the whole dose are 2,002."""
LISTS, OF_A_RUN = dose(400, 50_000), dose(100, 2000)
"""All lists, and how many of them the digest run makes while it is killed; the others wait in the outbox from the start."""


class Dialogue(threading.Thread):
    """People who make an offer, one after the other, and wait for each answer."""

    def __init__(self, product: Product, count: int) -> None:
        super().__init__(daemon=True)
        self._product, self._count = product, count
        self.chats: list[int] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            for _ in range(self._count):
                person = self._product.person(first_name="Amal", language_code="fr")
                self.chats.append(person.chat_id)
                for said, key in STEPS:
                    person.say(said)
                    self._hear(person, key)
                person.tap(text("fr", "button_consent"))
                self._hear(person, "offer_saved")
        except BaseException as error:  # the test shows it
            self.error = error

    @staticmethod
    def _hear(person: Chatter, key: str) -> None:
        """Wait for what this turn says. What comes beside it can only be an answer before it that came twice."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not any(says("fr", key, message["text"]) for message in person.look(1)):
            assert time.monotonic() < deadline, f"{key} never came; heard {[m['plain'][:40] for m in person.messages]}"


def meet_readers(product: Product, database: Database, count: int, waiting: int = 0) -> None:
    """Volunteers to whom every mission is open and whose list is due now; and more chats whose list is queued already."""
    chats = range(FIRST_READER, FIRST_READER + count)
    everybody = range(FIRST_READER, FIRST_READER + count + waiting)
    state = State(product.folder / "sandbox.db")
    with contextlib.closing(state), state.together():
        for chat_id in everybody:
            person = {"id": chat_id, "is_bot": False, "first_name": "Aya", "language_code": "fr"}
            state.put_chat({"id": chat_id, "type": "private", "first_name": "Aya", "person": person, "is_blocked": False})
    place = vocabulary.place("Aïn-Chock")
    assert place is not None
    with database.write() as session:
        at = parse_instant(START)
        first = (session.execute(select(func.max(Person.id))).scalar_one() or 0) + 1
        ids = range(first, first + count)
        session.bulk_insert_mappings(
            Person,
            [
                {"id": number, "chat_id": chat_id, "first_name": "Aya", "register": "fr", "created_at": at}
                for number, chat_id in zip(ids, chats, strict=True)
            ],
        )
        offer = {"first_name": "Aya", "place": place.id, "latitude": place.latitude, "longitude": place.longitude, "radius_km": 30}
        offer |= {"causes": ["education"], "skills": [], "means": [], "spoken_languages": ["fr"], "slots": 2**28 - 1}
        session.bulk_insert_mappings(
            Volunteer, [{"person_id": number, "paused": False, "created_at": at, "changed_at": at, **offer} for number in ids]
        )
        weekly = {"audience": "volunteer", "frequency": "weekly"}
        session.bulk_insert_mappings(Subscription, [{"person_id": number, **weekly} for number in ids])
        queued = {"position": 0, "kind": outbox.DIGEST, "urgency": 2, "solicited": True, "method": "send", "state": "queued", "attempts": 0}
        queued |= {"body": {"text": "liste", "buttons": None, "keyboard": None}, "created_at": at}
        session.bulk_insert_mappings(
            OutboxMessage, [{"chat_id": chat_id, "origin": f"torture:{chat_id}", **queued} for chat_id in everybody[count:]]
        )


@pytest.fixture
def own_product(tmp_path: Path) -> Iterator[Product]:
    product = Product(tmp_path, SENDS_PER_SECOND=str(dose(100, 400)))
    with running(product):
        yield product


def test_kills_at_random(own_product: Product) -> None:
    chance = seeded("kills")
    product, database = own_product, Database(own_product.environment["DATABASE_URL"])
    meet_readers(product, database, OF_A_RUN, LISTS - OF_A_RUN)
    with database.read() as session:
        before = session.execute(select(func.count(Volunteer.person_id))).scalar_one()
    began = time.monotonic()
    dialogues = [Dialogue(product, DIALOGUES // AT_ONCE + (number < DIALOGUES % AT_ONCE)) for number in range(AT_ONCE)]
    killer = Killer(product, KILLS, chance, LONGEST_PAUSE_SECONDS)
    for thread in (*dialogues, killer):
        thread.start()
    for dialogue in dialogues:
        dialogue.join()
        assert dialogue.error is None, dialogue.error
    killer.finish(4 * PATIENCE_SECONDS)
    assert killer.killed == KILLS

    def is_over() -> bool:
        with database.read() as session:
            listed = session.execute(select(func.count(Digest.id))).scalar_one()
            waiting = session.execute(select(func.count()).where(InboxUpdate.state.in_(("waiting", "working")))).scalar_one()
            sending = session.execute(select(func.count()).where(OutboxMessage.state.not_in(FINAL))).scalar_one()
        return listed >= OF_A_RUN and not waiting and not sending

    until("all to come to its end", is_over, 2 * PATIENCE_SECONDS)
    chats = [chat_id for dialogue in dialogues for chat_id in dialogue.chats]
    accepted = {
        row["chat_id"]: row["count"] for row in _accepted(product) if row["chat_id"] >= FIRST_READER and row["chat_id"] not in chats
    }
    with database.read() as session:
        states = dict(session.execute(select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)).all())
        lists = dict(
            session.execute(
                select(OutboxMessage.state, func.count())
                .where(OutboxMessage.kind == outbox.DIGEST, OutboxMessage.chat_id.between(FIRST_READER, FIRST_READER + LISTS - 1))
                .group_by(OutboxMessage.state)
            ).all()
        )
        updates = dict(session.execute(select(InboxUpdate.state, func.count()).group_by(InboxUpdate.state)).all())
        people = select(Person.id).where(Person.chat_id.in_(chats))
        volunteers = session.execute(select(func.count()).where(Volunteer.person_id.in_(people))).scalar_one()
        consents = session.execute(select(func.count()).where(Consent.person_id.in_(people))).scalar_one()
        after = session.execute(select(func.count(Volunteer.person_id))).scalar_one()
    turns = len(chats) * (len(STEPS) + 1)
    report(
        f"{sum(KILLS.values())} kills ({dict(killer.killed)}) over {turns} turns and {LISTS} lists ({OF_A_RUN} made meanwhile)"
        f" in {time.monotonic() - began:.0f} s: updates {updates}, outbox {states}, lists {lists}"
    )
    assert updates == {"done": turns}, "every update was answered"
    assert volunteers == consents == len(chats) == after - before, "every offer was saved once"
    assert set(states) <= set(FINAL)
    assert sum(lists.values()) == LISTS
    assert max(accepted.values()) == 1, "no list comes twice"
    assert lists["sent"] <= len(accepted) <= LISTS
    assert product.condition()["healthy"]
    database.close()


def _accepted(product: Product) -> list[dict[str, int]]:
    found: list[dict[str, int]] = httpx.get(product.telegram_url + "/sandbox/api/accepted", timeout=120).json()
    return found
