"""People and organisations that are there before a chat begins."""

from __future__ import annotations

from typing import Any

from bot.matching.slots import slots_of
from bot.services import organisations, profiles
from bot.services.organisations import Need, Registration
from bot.services.profiles import Offer, Speaker
from bot.store.engine import Database
from tests.conftest import NOW


def speaker_for(database: Database, chat_id: int, name: str, register: str = "fr") -> int:
    """A validated organisation in Maârif for which somebody speaks; returns its id."""
    with database.write() as session:
        registration = Registration("association", name, "Maârif", ["education"], "")
        organisation = organisations.register(session, Speaker(chat_id, "Karim", register), registration, NOW)
        organisations.validate(session, organisation.id, NOW)
        return int(organisation.id)


def mission(database: Database, chat_id: int, organisation_id: int, title: str, **changes: Any) -> int:
    """A mission of that organisation on Saturday mornings; returns its public number."""
    usual: dict[str, Any] = {"cause": "education", "place": "Maârif", "slots": slots_of(["sat"], ["morning"]), "capacity": 2}
    with database.write() as session:
        published = organisations.publish(session, chat_id, organisation_id, Need(title=title, **{**usual, **changes}), NOW)
        return int(published.id)


def volunteer(database: Database, chat_id: int, name: str = "Salma", register: str = "fr", **changes: Any) -> None:
    """A volunteer whom those missions suit."""
    usual: dict[str, Any] = {
        "place": "Maârif",
        "causes": ["education"],
        "skills": ["teaching"],
        "slots": slots_of(["sat", "sun"], ["morning"]),
    }
    with database.write() as session:
        profiles.save_offer(session, Speaker(chat_id, name, register), Offer(first_name=name, **{**usual, **changes}), NOW)
