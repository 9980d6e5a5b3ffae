"""How organisations answer, in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.services import habits, proposals
from bot.services.habits import Answers
from bot.store.engine import Database
from bot.store.models import Application, Proposal
from tests.worlds import NOW, small_world, volunteer


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (Answers(2, 0, 0, (1, 1)), None),
        (Answers(3, 0, 0, (1, 20, 90)), "answers_fast"),
        (Answers(3, 0, 0, (1, 30, 90)), "answers_mostly"),
        (Answers(4, 1, 0, (30,) * 4), "answers_mostly"),
        (Answers(3, 1, 0, (1,) * 3), "answers_often"),
        (Answers(2, 2, 0, (1,) * 2), "answers_often"),
        (Answers(1, 3, 9, (1,)), "answers_rarely"),
        (Answers(0, 3, 0, ()), "answers_rarely"),
    ],
)
def test_words_follow_share_and_time(answers: Answers, words: str | None) -> None:
    assert answers.words == words


def test_what_is_counted(database: Database) -> None:
    """Answered within its hours, expired, waiting for long; the young, those taken back and those of long ago are left out."""
    world = small_world(database)
    rows = [
        ("accepted", 10, 5),
        ("declined", 20, 48),
        ("expired", 30, None),
        ("pending", 5, None),
        ("pending", 1, None),
        ("withdrawn", 4, 3),
        ("accepted", 120, 1),
    ]
    with database.write() as session:
        for number, (state, days, hours) in enumerate(rows):
            person = volunteer(session, 8_000 + number, f"V{number}")
            created = NOW - timedelta(days=days)
            answered = created + timedelta(hours=hours) if hours else None
            session.add(
                Application(mission_id=world.mission_id, person_id=person.person_id, state=state, created_at=created, answered_at=answered)
            )
        session.flush()
        # What it was never asked: a wait for a place, terms that the volunteer did not answer, a place by invitation.
        for number, (state, reason) in enumerate((("waiting", None), ("offered", None), ("expired", "waited"), ("expired", "terms"))):
            person = volunteer(session, 8_100 + number, f"W{number}")
            session.add(
                Application(
                    mission_id=world.mission_id,
                    person_id=person.person_id,
                    state=state,
                    closed_reason=reason,
                    created_at=NOW - timedelta(days=20),
                )
            )
        invited = volunteer(session, 8_200, "I").person_id
        session.add(Proposal(mission_id=world.mission_id, person_id=invited, state="open", created_at=NOW))
        session.flush()
        proposals.answer(session, 8_200, session.query(Proposal.id).scalar(), True, NOW)
        found = habits.answers(session, [world.organisation_id, 999], NOW)
    assert found == {world.organisation_id: Answers(answered=2, unanswered=2, waiting=2, hours=(5.0, 48.0))}
