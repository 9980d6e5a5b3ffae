"""What staff do not see before they say why: names, numbers, addresses, and what people wrote for somebody else.

Words keep their length where a part of them is covered, so that entities still stand on their code points.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from bot.services.organisations import ids_spoken_for
from bot.store.models import (
    Application,
    HelpCall,
    HelpRequest,
    Initiative,
    Mission,
    Organisation,
    OrganisationMember,
    Person,
    Sentence,
    Volunteer,
)
from bot.vocabulary.lists import first_names
from bot.vocabulary.spelling import normalise
from bot.vocabulary.spelling import words as spelled

PRIVATE_FORMS = frozenset(
    {"aid_form", "aid_address_form", "report_form", "feedback_form", "relay_form", "counter_form", "reflection_form", "erasure_form"}
)
"""Where people write what is meant for one reader, or of their own need: none of it is shown."""
MOST_AROUND = 500
"""Rows of people around somebody that are looked at, of each kind, the newest first."""
COVER = "•"
_SHORTEST_NAME = 2
_JOINED = set("وفبلك")
# Numbers of six digits and more, however they are grouped and in whichever digits; addresses of mail and of the web; accounts.
_NUMBERS = re.compile(r"\+?\d(?:[\s.\-/()]{0,2}\d){5,}")
_ADDRESSES = re.compile(r"[^\s@]{1,64}@[^\s@]+|https?://\S+|www\.\S+|t\.me/\S+|(?<!\w)@\w{4,}", re.IGNORECASE)


class Mask:
    """Covers what it knows of a person and of those around him, and usual first names of anybody. Its cost grows with the words it
    covers, not with those it knows.

    Args:
        words: names, addresses and other words that stand for somebody.
    """

    def __init__(self, words: Collection[str]) -> None:
        known = {" ".join(word.split()) for word in words if len(word.strip()) >= _SHORTEST_NAME}
        self._names = {normalise(word) for word in known if " " not in word} - {""}
        self._phrases = sorted((word for word in known if " " in word), key=lambda word: (-len(word), word))

    def covered(self, text: str) -> str:
        """The text with what is personal in it covered, as long as it was."""
        for pattern in (_ADDRESSES, _NUMBERS):
            text = pattern.sub(lambda found: _cover(found[0]), text)
        folded = " ".join(text.split()).casefold()
        for phrase in self._phrases:
            if phrase.casefold() in folded:
                spaced = r"\s+".join(re.escape(part) for part in phrase.split(" "))
                text = re.sub(rf"(?<!\w){spaced}(?!\w)", lambda found: _cover(found[0]), text, flags=re.IGNORECASE)
        for word in spelled(text):
            if self._is_name(word.normal):
                text = text[: word.start] + _cover(text[word.start : word.end]) + text[word.end :]
        return text

    def _is_name(self, word: str) -> bool:
        """A name is no part of another word; but Arabic joins and, for, with, in to it."""
        endings = (word[begin:] for begin in range(3) if set(word[:begin]) <= _JOINED)
        return any(ending in self._names or ending in first_names() for ending in endings)


def is_open(said: str, shown: str, start: int, end: int) -> bool:
    """Whether all that stands at code points [start, end) may be read: else its value ("phone") would tell what is covered.

    Args:
        shown: the text as :meth:`Mask.covered` made it.
    """
    return said[start:end] == shown[start:end]


def _cover(words: str) -> str:
    return re.sub(r"\S", COVER, words)


def names_of(session: Session, chat_ids: Sequence[int]) -> dict[int, list[str]]:
    """The first names of the people of chats. One query."""
    query = (
        select(Person.chat_id, Person.first_name, Volunteer.first_name)
        .outerjoin(Volunteer, Volunteer.person_id == Person.id)
        .where(Person.chat_id.in_(chat_ids))
    )
    return {chat_id: [name for name in names if name] for chat_id, *names in session.execute(query)}


def loops_of(session: Session, sentence_ids: Sequence[int]) -> dict[int, str | None]:
    """The form that was open when a sentence was said. One query."""
    return dict(session.execute(select(Sentence.id, Sentence.loop).where(Sentence.id.in_(sentence_ids))).all())


def last_loops(session: Session, chat_ids: Sequence[int]) -> dict[int, str | None]:
    """The form that was open when the last sentence of each chat was said. One query."""
    newest = select(func.max(Sentence.id)).where(Sentence.chat_id.in_(chat_ids)).group_by(Sentence.chat_id).scalar_subquery()
    return dict(session.execute(select(Sentence.chat_id, Sentence.loop).where(Sentence.id.in_(newest))).all())


def around(session: Session, chat_id: int) -> Mask:
    """A mask for all that may stand in somebody's conversation: his own names, and those of whom the bot told him. Four queries."""
    own = names_of(session, [chat_id]).get(chat_id, [])
    himself = aliased(Person)
    person = select(himself.id).where(himself.chat_id == chat_id).scalar_subquery()
    return Mask([*own, *_of_missions(session, chat_id, person), *_of_organisations(session, chat_id, person), *_of_help(session, person)])


def _of_missions(session: Session, chat_id: int, person: object) -> Iterable[str]:
    """Who applied to the missions of organisations for which this person speaks, and what they or he wrote with it."""
    mine = or_(Initiative.organisation_id.in_(ids_spoken_for(chat_id)), Application.person_id == person)
    query = (
        select(Person.first_name, Volunteer.first_name, Application.note, Application.counter)
        .select_from(Application)
        .join(Person, Person.id == Application.person_id)
        .outerjoin(Volunteer, Volunteer.person_id == Person.id)
        .join(Mission, Mission.id == Application.mission_id)
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .where(mine)
    )
    rows = session.execute(query.order_by(Application.id.desc()).limit(MOST_AROUND))
    return [word for row in rows for word in row if word]


def _of_organisations(session: Session, chat_id: int, person: object) -> Iterable[str]:
    """Who speaks for the organisations that this person speaks for or applied to, and who represents them by law."""
    applied = (
        select(Initiative.organisation_id)
        .join(Mission, Mission.initiative_id == Initiative.id)
        .join(Application, Application.mission_id == Mission.id)
        .where(Application.person_id == person)
        .scalar_subquery()
    )
    query = (
        select(Person.first_name, Organisation.representative)
        .select_from(OrganisationMember)
        .join(Person, Person.id == OrganisationMember.person_id)
        .join(Organisation, Organisation.id == OrganisationMember.organisation_id)
        .where(or_(Organisation.id.in_(ids_spoken_for(chat_id)), Organisation.id.in_(applied)))
    )
    rows = session.execute(query.order_by(OrganisationMember.id.desc()).limit(MOST_AROUND))
    return [word for row in rows for word in row if word]


def _of_help(session: Session, person: object) -> Iterable[str]:
    """Who asked this person for help, or was asked by him, what for, and where."""
    asked_me = select(HelpCall.help_request_id).where(HelpCall.person_id == person).scalar_subquery()
    helper = aliased(Person)
    query = (
        select(Person.first_name, HelpRequest.need, HelpRequest.address, helper.first_name)
        .select_from(HelpRequest)
        .join(Person, Person.id == HelpRequest.person_id)
        .outerjoin(HelpCall, HelpCall.help_request_id == HelpRequest.id)
        .outerjoin(helper, helper.id == HelpCall.person_id)
        .where(or_(HelpRequest.person_id == person, HelpRequest.id.in_(asked_me)))
    )
    rows = session.execute(query.order_by(HelpRequest.id.desc()).limit(MOST_AROUND))
    return [word for row in rows for word in row if word]
