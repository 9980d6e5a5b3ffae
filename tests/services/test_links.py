"""Links into the conversation: made and read by one rule."""

from __future__ import annotations

import re

import pytest

from bot.services.links import LARGEST_ID, Target, start_link, target_of


@pytest.mark.parametrize(("payload", "target"), [("m_12", Target("mission", 12)), (f"o_{LARGEST_ID}", Target("organisation", LARGEST_ID))])
def test_what_is_made_is_what_is_read(payload: str, target: Target) -> None:
    link = start_link("tadamon_bot", payload)
    assert link == f"https://t.me/tadamon_bot?start={payload}"
    assert target_of(link.rpartition("=")[2]) == target
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload), "Telegram takes no other payload"


@pytest.mark.parametrize("payload", ["", "m_0", "m 1", "x_1", "m_1\n", "m_1&start=o_2", "m_2147483648"])
def test_no_link_opens_anything_else(payload: str) -> None:
    assert target_of(payload) is None
    with pytest.raises(ValueError, match="m_12"):
        start_link("tadamon_bot", payload)
