"""Names of organisations in what their founders type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.vocabulary.names import organisation_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("je veux inscrire mon association Al Amal à Aïn Chock", "Association Al Amal"),
        ("bonjour, je représente la Coopérative des Femmes de Bouskoura", "Coopérative des Femmes de Bouskoura"),
        ("notre association s'appelle Jossour et elle est à Maarif", "Jossour"),
        ("on est une asso, « Les Amis du Livre »", "Les Amis du Livre"),
        ('association "Main dans la Main" de sidi moumen', "Main dans la Main"),
        ("bghit nsejjel jam3iya smitha Nour f sidi bernoussi", "Nour"),
        ("jam3iyat Amal f casa", "Jam3iyat Amal"),
        ("بغيت نسجل جمعية الأمل للتنمية فعين الشق", "جمعية الأمل للتنمية"),
        ("جمعيتنا سميتها تضامن وكاينة فالمعاريف", "تضامن"),
        ("أود تسجيل جمعية اسمها «نور المستقبل»", "نور المستقبل"),
        ("je veux inscrire mon association", None),
        ("nous sommes une association qui aide les enfants", None),
        ("bghit nsejjel jam3iya", None),
        ("بغيت نسجل جمعية", None),
        ("الجمعية ديالنا كتعاون الدراري", None),
        ("أريد تسجيل جمعية جديدة في الدار البيضاء", None),
        ("", None),
    ],
)
def test_name(text: str, name: str | None) -> None:
    assert organisation_name(text) == name


@given(st.text(max_size=300))
def test_any_text_gives_a_short_name_or_none(text: str) -> None:
    name = organisation_name(text)
    assert name is None or 2 <= len(name) <= 80
