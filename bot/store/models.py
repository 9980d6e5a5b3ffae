"""All models in one place, so that the metadata is complete whoever imports it."""

from bot.store.base import metadata
from bot.store.organisations import Application, Initiative, Mission, Organisation, OrganisationMember
from bot.store.people import REGISTERS, Consent, Person, Subscription, Volunteer
from bot.store.traffic import (
    Button,
    Digest,
    Effect,
    InboxUpdate,
    LastList,
    Lease,
    OutboxMessage,
    Recommendation,
)

__all__ = [
    "REGISTERS",
    "Application",
    "Button",
    "Consent",
    "Digest",
    "Effect",
    "InboxUpdate",
    "Initiative",
    "LastList",
    "Lease",
    "Mission",
    "Organisation",
    "OrganisationMember",
    "OutboxMessage",
    "Person",
    "Recommendation",
    "Subscription",
    "Volunteer",
    "metadata",
]
