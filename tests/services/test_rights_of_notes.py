"""What staff noted about somebody is in his copy: the words, without who wrote them."""

from __future__ import annotations

from pathlib import Path

from bot.services import copies, rights
from bot.store.engine import Database
from bot.store.models import ConversationNote, ConversationTag, StaffAccount
from bot.store.tracker import Tracker
from bot.texts import plain, text
from tests.worlds import AMINA, BRAHIM, NOW, small_world
from tests.worlds import store as store


def test_notes_and_tags_are_in_the_copy(store: Database, tmp_path: Path) -> None:
    small_world(store)
    with store.write() as session:
        author = StaffAccount(name="salma-staff", password_hash="-", totp_secret="-", role="agent", locale="fr", created_at=NOW)
        session.add(author)
        session.flush()
        for chat, words in ((AMINA, "À rappeler lundi"), (BRAHIM, "somebody else's")):
            session.add(ConversationNote(chat_id=chat, account_id=author.id, words=words, created_at=NOW))
            session.add(ConversationTag(chat_id=chat, tag=words[:10].lower()))
    with store.read() as session:
        kept = rights.collect(session, Tracker(f"sqlite:///{tmp_path}/none.db"), AMINA)
    assert [row["words"] for row in kept["notes_of_the_team"]] == ["À rappeler lundi"]
    assert kept["tags_of_the_team"] == ["à rappeler"]
    shown = copies.readable(kept, "fr", "2026-11-24")
    assert plain(text("fr", "export_notes")).upper() in shown and "À rappeler lundi" in shown
    assert "salma-staff" not in str(kept) and "somebody else" not in str(kept)
