"""The learning desk: what was misunderstood, in groups, each a way into judging its sentences."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from bot.console.annotate import meanings
from bot.console.frame import Visit, page
from bot.console.inbox import register_names
from bot.services import examples, learning, masking
from bot.services.learning import Cluster
from bot.services.lessons import corpus
from bot.settings import PROJECT
from bot.store.models import REGISTERS, Sentence

SHOWN = 60
"""Groups on the page."""


@dataclass(frozen=True)
class Group:
    """A group as the page shows it."""

    cluster: Cluster
    words: str
    """Of the sentence that stands for all, what is personal covered."""
    meaning: str | None


def desk(visit: Visit) -> Response:
    """The groups, the largest first."""
    register = visit.request.query_params.get("register")
    register = register if register in REGISTERS else None
    names = meanings(visit.locale, sorted(corpus(PROJECT).intents))
    with visit.database.read() as session:
        found = learning.desk(session, register)
        shown = found.clusters[:SHOWN]
        chats = dict(
            session.query(Sentence.id, Sentence.chat_id).filter(Sentence.id.in_([cluster.sentence_ids[0] for cluster in shown])).all()
        )
        people = masking.names_of(session, sorted(set(chats.values())))
        groups = [
            Group(
                cluster,
                masking.Mask(people.get(chats[cluster.sentence_ids[0]], [])).covered(cluster.words),
                names.get(cluster.resembles or ""),
            )
            for cluster in shown
        ]
        kept, revoked = examples.waiting(session)
    context = {
        "groups": groups,
        "desk": found,
        "register": register,
        "registers": REGISTERS,
        "register_names": register_names(),
        "kept": kept + revoked,
    }
    return page(visit, "learning.html", context)
