"""A small region for the public site: everything that may be seen, and everything that never may, each with its own word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from sqlalchemy.orm import Session

from bot import vocabulary
from bot.matching.slots import slots_of, slots_of_dates
from bot.services import organisations, profiles
from bot.services.organisations import Need, Registration
from bot.services.profiles import Offer, Speaker
from bot.site.app import create_app
from bot.store.engine import Database
from bot.store.models import Application, HelpRequest, Initiative, Mission, Organisation, Participation
from tests.worlds import NOW, person_id

CONTACT, STRANGER, VOLUNTEER, ASKER = 700_111_501, 700_111_502, 700_111_503, 700_111_504
CANARIES = (
    *(str(chat) for chat in (CONTACT, STRANGER, VOLUNTEER, ASKER)),
    *("Fatimazahra", "Karimcontact", "Abdelkader", "Zoubidademandeuse", "Representantelegale", "Recepisse4711"),
    *("notedecandidature", "besoindunepersonne", "adressedeporte", "Organisationenattente", "Organisationsignalee", "Missioninvisible"),
    *("Missionbrouillon", "Missionsignalee", "Missionfinie", "Autorisation1818"),
)
"""None of these words may stand in any answer of the site."""
MISSIONS = ("Soutien <scolaire> & jeux", "تنظيف الشاطئ", "Collecte sur trois jours", "Site web pour l'école", "Accompagnement signé")
PAGES = (
    "/",
    "/missions",
    "/missions/1",
    "/missions/2",
    "/missions/4",
    "/missions/6",
    "/organisations",
    "/organisations/1",
    "/organisations/2",
    "/organisations/1/initiatives",
    "/organisations/1/poster",
    "/map",
    "/statistics",
    "/privacy",
    "/missions?place=Casablanca&cause=education&day=sat&mode=onsite&q=soutien",
    "/nowhere",
    "/missions?place=Atlantis",
)
"""Every kind of page; mission 6 is over."""


def populate(database: Database) -> None:
    """Two validated organisations with five open missions and one that is over; what is hidden; two people."""
    with database.write() as session:
        amal = _organisation(session, CONTACT, "Fatimazahra", "Amal <b> & Fils", "Maârif", ("education", "children"))
        nour = _organisation(session, CONTACT, "Fatimazahra", "جمعية النور", "Aïn Diab", ("environment",))
        weekly = slots_of(["sat"], ["morning"])
        _mission(session, amal, MISSIONS[0], slots=weekly, time_from="10:00", time_to="12:30", skills=["teaching"], minimum_age=16)
        _mission(session, nour, MISSIONS[1], cause="environment", place="Aïn Diab", slots=slots_of(["sun", "wed"], ["morning"]))
        _dated(session, amal, MISSIONS[2], date(2026, 12, 4), date(2026, 12, 6), time_from="09:00", time_to="11:00")
        _mission(session, amal, MISSIONS[3], mode="remote", slots=slots_of(["mon"], ["evening"]), cause="digital")
        signed = _dated(session, nour, MISSIONS[4], date(2026, 11, 30), date(2026, 11, 30), authorisation="Autorisation1818")
        signed.framework = "contract_06_18"
        _dated(session, amal, "Missionfinie", date(2026, 11, 1), date(2026, 11, 2))
        for state in ("draft", "flagged"):
            _mission(session, amal, {"draft": "Missionbrouillon", "flagged": "Missionsignalee"}[state]).state = state
        for name, state in (("Organisationenattente", "pending"), ("Organisationsignalee", "flagged")):
            hidden = _organisation(session, STRANGER, "Karimcontact", name, "Anfa", ("health",))
            hidden.state = state
            _mission(session, hidden, "Missioninvisible", cause="health", place="Anfa")
        _people(session)


def _organisation(session: Session, chat: int, speaker: str, name: str, place: str, causes: tuple[str, ...]) -> Organisation:
    registration = Registration("association", name, place, causes, "Cours du soir", "Representantelegale", "Recepisse4711")
    made = organisations.register(session, Speaker(chat, speaker, "fr"), registration, NOW)
    organisations.validate(session, made.id, NOW)
    return made


def _mission(session: Session, owner: Organisation, title: str, **need: Any) -> Mission:
    usual: dict[str, Any] = {"cause": "education", "place": "Maârif", "slots": slots_of(["sat"], ["morning"]), "capacity": 5}
    return organisations.insert(session, owner.id, Need(title=title, **{**usual, **need}), NOW)


def _dated(session: Session, owner: Organisation, title: str, first: date, last: date, **need: Any) -> Mission:
    return _mission(session, owner, title, starts_on=first, ends_on=last, slots=slots_of_dates(first, last, ["morning"]), **need)


def _people(session: Session) -> None:
    for chat, name in ((VOLUNTEER, "Abdelkader"), (ASKER, "Zoubidademandeuse")):
        offered = Offer(name, "Sidi Moumen", ["education"], [], slots=slots_of([], []))
        profiles.save_offer(session, Speaker(chat, name, "fr"), offered, NOW)
    volunteer, asker = person_id(session, VOLUNTEER), person_id(session, ASKER)
    applied = Application(mission_id=1, person_id=volunteer, state="accepted", note="notedecandidature", created_at=NOW, answered_at=NOW)
    session.add(applied)
    session.flush()
    day = {"took_place_on": date(2026, 11, 21), "state": "attended", "minutes": 150, "told_by": "volunteer"}
    session.add(Participation(application_id=applied.id, created_at=NOW, changed_at=NOW, **day))
    where = {"place": "Sidi Moumen", "latitude": 33.58, "longitude": -7.5}
    asked = {"need": "besoindunepersonne", "address": "adressedeporte", "urgency": "today", "state": "searching", "wave": 0}
    session.add(HelpRequest(person_id=asker, created_at=NOW, **where, **asked))


def flood(database: Database, missions: int) -> None:
    """Many open missions of many organisations all over the region, written in bulk."""
    # As many places and causes together as the smallest flood fills: a table of all areas grows no further with missions.
    places = [place for place in vocabulary.places() if place.kind != "city"][:50]
    causes = [term.id for term in vocabulary.terms("cause")]
    owners = missions // 10
    with database.write() as session:
        session.bulk_insert_mappings(
            Organisation,
            [
                {
                    "id": n,
                    "kind": "association",
                    "name": f"Amal {n}",
                    "causes": (causes[n % 16],),
                    "services": "Cours",
                    "state": "validated",
                    "place": places[n % len(places)].id,
                    "latitude": 33.5,
                    "longitude": -7.6,
                    "created_at": NOW,
                }
                for n in range(1, owners + 1)
            ],
        )
        initiative = {"title": "Cours", "state": "published", "created_at": NOW}
        session.bulk_insert_mappings(
            Initiative,
            [
                {"id": n, "organisation_id": n % owners + 1, "cause": causes[n % 16], "place": places[n % len(places)].id, **initiative}
                for n in range(1, missions + 1)
            ],
        )
        usual = {
            "mode": "onsite",
            "skills_required": (),
            "skills_welcome": (),
            "spoken_languages": (),
            "capacity": 5,
            "minimum_age": 18,
            "framework": "informal",
            "state": "published",
            "created_at": NOW,
            "changed_at": NOW,
            "latitude": 33.5,
            "longitude": -7.6,
        }
        session.bulk_insert_mappings(
            Mission,
            [
                {
                    "id": n,
                    "initiative_id": n,
                    "title": f"Soutien {n}",
                    "place": places[n % len(places)].id,
                    "slots": 1 << n % 28,
                    "starts_on": day,
                    "ends_on": day,
                    **usual,
                }
                for n in range(1, missions + 1)
                for day in [None if n % 2 else date(2026, 12, 1) + timedelta(days=n % 20)]
            ],
        )


@asynccontextmanager
async def visitor(database: Database, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who visits the site."""
    transport = httpx.ASGITransport(create_app(database, None, **options))
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        yield client


class Page(HTMLParser):
    """A page as a browser reads it: its root, its tags, its links, its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.root: dict[str, str | None] = {}
        self.tags: list[str] = []
        self.links: list[str] = []
        self.meta: dict[str, str] = {}
        self.styles: list[str] = []
        self.words = ""
        self.data_blocks: list[str] = []
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.tags.append(tag)
        self._inside = tag
        if tag == "html":
            self.root = known
        if tag == "meta" and (name := known.get("property") or known.get("name")):
            self.meta[name] = known.get("content") or ""
        self.styles += [name for name, _ in attrs if name == "style" or name.startswith("on")]
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.data_blocks.append(data)
        self.words += data


def own_links(page: Page, address: str) -> list[str]:
    """The addresses within the site that a page links to, without fragments."""
    found = [urljoin(address, link).split("#")[0] for link in page.links]
    return [link for link in found if urlsplit(link).netloc == "site"]
