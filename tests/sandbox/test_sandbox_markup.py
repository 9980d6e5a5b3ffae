"""Telegram's HTML: what it takes, what it refuses, what a reader sees."""

from __future__ import annotations

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.markup import MarkupError, plain_text


@pytest.mark.parametrize(
    ("html", "plain"),
    [
        ("salam", "salam"),
        ("<b>gras</b> et <i>italique</i>", "gras et italique"),
        ("<b><i>les deux</i></b>", "les deux"),
        ('<a href="https://example.org/?a=1&amp;b=2">site</a>', "site"),
        ("<blockquote>cité</blockquote>", "cité"),
        ("<tg-spoiler>x</tg-spoiler>", "x"),
        ("1 &lt; 2 &amp; 3 &gt; 2 &quot;&#39;", "1 < 2 & 3 > 2 \"'"),
        ("R & D", "R & D"),
        ("<b>تطوع</b>", "تطوع"),
        ("un\n\n<b>deux</b>", "un\n\ndeux"),
        ("", ""),
    ],
)
def test_a_reader_sees(html: str, plain: str) -> None:
    assert plain_text(html) == plain


@pytest.mark.parametrize(
    "html",
    ["1 < 2", "<b>", "</b>", "<b>x</i>", "<b><i>x</b></i>", "<p>x</p>", "<br>", "<script>x</script>", "<3", "<B class='x'>", "a <b"],
)
def test_telegram_refuses(html: str) -> None:
    with pytest.raises(MarkupError):
        plain_text(html)


def test_the_refusal_is_worded_like_telegrams() -> None:
    with pytest.raises(MarkupError, match='unsupported start tag "p" at byte offset 0'):
        plain_text("<p>x</p>")
    with pytest.raises(MarkupError, match='can\'t find end tag corresponding to start tag "b"'):
        plain_text("<b>x")


@given(st.text())
def test_escaped_text_is_read_as_typed(typed: str) -> None:
    assert plain_text(f"<b>{escape(typed, quote=False)}</b>") == typed
