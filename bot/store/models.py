"""All models in one place, so that the metadata is complete whoever imports it."""

from bot.store.aid import HelpCall, HelpRequest
from bot.store.base import metadata
from bot.store.care import Erasure, Handoff, Invitation, Key, Message
from bot.store.certificates import Certificate
from bot.store.changes import ChangeRow
from bot.store.commitments import Participation, PresenceCode, Reflection
from bot.store.organisations import Application, Initiative, Mission, Organisation, OrganisationMember
from bot.store.people import REGISTERS, Consent, Person, Subscription, Volunteer
from bot.store.relation import Block, Dismissal, Proposal, RelayMessage
from bot.store.runs import DigestRun, DigestShard
from bot.store.staff import (
    AuditEntry,
    Ban,
    ConversationMark,
    ConversationNote,
    ConversationTag,
    LoginThrottle,
    MissionReview,
    OrganisationReview,
    StaffAccount,
    StaffSession,
    Unmasking,
)
from bot.store.takeovers import Takeover
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
from bot.store.transcripts import Conversation, Example, Sentence, SentenceKey, TrainingRun, TranscriptMark

__all__ = [
    "REGISTERS",
    "Application",
    "AuditEntry",
    "Ban",
    "Block",
    "Button",
    "Certificate",
    "ChangeRow",
    "Consent",
    "Conversation",
    "ConversationMark",
    "ConversationNote",
    "ConversationTag",
    "Digest",
    "DigestRun",
    "DigestShard",
    "Dismissal",
    "Effect",
    "Erasure",
    "Example",
    "Handoff",
    "HelpCall",
    "HelpRequest",
    "InboxUpdate",
    "Initiative",
    "Invitation",
    "Key",
    "LastList",
    "Lease",
    "LoginThrottle",
    "Message",
    "Mission",
    "MissionReview",
    "Organisation",
    "OrganisationMember",
    "OrganisationReview",
    "OutboxMessage",
    "Participation",
    "Person",
    "PresenceCode",
    "Proposal",
    "Recommendation",
    "Reflection",
    "RelayMessage",
    "Sentence",
    "SentenceKey",
    "StaffAccount",
    "StaffSession",
    "Subscription",
    "Takeover",
    "TrainingRun",
    "TranscriptMark",
    "Unmasking",
    "Volunteer",
    "metadata",
]
