"""Spans of dates, dates that are over, hours and numbers in words."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.clock import CASABLANCA
from bot.vocabulary.times import find_times, names_impossible_date

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=CASABLANCA)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("du 14 au 20 décembre", "2026-12-14/2026-12-20"),
        ("entre le 20 et le 22 janvier", "2027-01-20/2027-01-22"),
        ("les 5 et 6 décembre", "2026-12-05/2026-12-06"),
        ("du 28 décembre au 3 janvier", "2026-12-28/2027-01-03"),
        ("du 20/12 au 22/12", "2026-12-20/2026-12-22"),
        ("من 3 إلى 10 دجنبر", "2026-12-03/2026-12-10"),
        ("من ٣ الى ١٠ دجنبر", "2026-12-03/2026-12-10"),
        ("من 20 حتى ل 31 يناير", "2027-01-20/2027-01-31"),
        ("mn 20 l 31 decembre", "2026-12-20/2026-12-31"),
        ("mn 20 7ta l 22 dec", "2026-12-20/2026-12-22"),
        ("du 20 novembre au 5 décembre", "2026-11-20/2026-12-05"),
        ("en décembre", "2026-12-01/2026-12-31"),
        ("فدجنبر", "2026-12-01/2026-12-31"),
        ("شهر يناير", "2027-01-01/2027-01-31"),
        ("en novembre", "2026-11-24/2026-11-30"),
        ("فاتح ماي", "2027-05-01"),
        ("نهاية هذا الأسبوع", "2026-11-28/2026-11-29"),
        ("من دابا سيمانة", "2026-12-01"),
        ("mor simana", "2026-12-01"),
        ("ghda", "2026-11-25"),
        # What is over is given as it stands: the dialogue says so.
        ("hier", "2026-11-23"),
        ("avant-hier", "2026-11-22"),
        ("البارح", "2026-11-23"),
        ("lbare7", "2026-11-23"),
        ("أمس", "2026-11-23"),
        ("dimanche dernier", "2026-11-22"),
        ("mardi dernier", "2026-11-17"),
        ("الحد اللي فات", "2026-11-22"),
        ("l7ed li fat", "2026-11-22"),
        ("يوم الأحد الماضي", "2026-11-22"),
        ("la semaine dernière", "2026-11-16/2026-11-22"),
        ("السيمانة اللي فاتت", "2026-11-16/2026-11-22"),
        ("le mois dernier", "2026-10-01/2026-10-31"),
        ("il y a 3 jours", "2026-11-21"),
        ("قبل يومين", "2026-11-22"),
        ("هادي سيمانة", "2026-11-17"),
    ],
)
def test_spans_and_what_is_over(text: str, value: str) -> None:
    found = find_times(text, NOW)
    assert [mention.value for mention in found if mention.kind == "date"] == [value]
    assert [mention for mention in found if mention.kind == "number"] == []


@pytest.mark.parametrize("text", ["du 30 au 31 février", "31/02"])
def test_spans_that_no_calendar_has(text: str) -> None:
    assert names_impossible_date(text, NOW)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("nhar l7ed", "sun"),
        ("كل أحد", "sun"),
        ("الأحد", "sun"),
        ("ما كاين حتى واحد", None),
        ("ma kayn 7ed", None),
        ("شي واحد", None),
        ("لا أحد", None),
    ],
)
def test_anybody_is_no_sunday(text: str, day: str | None) -> None:
    assert [mention.value for mention in find_times(text, NOW) if mention.kind == "day"] == ([day] if day else [])


@pytest.mark.parametrize(
    ("text", "part", "start"),
    [("الساعة العاشرة", "morning", "10:00"), ("من الثالثة إلى الخامسة", "afternoon", "15:00"), ("من 3 حتال 6", "afternoon", "15:00")],
)
def test_hours_in_words(text: str, part: str, start: str) -> None:
    found = {mention.kind: mention.value for mention in find_times(text, NOW)}
    assert (found["time_of_day"], found["time_from"]) == (part, start)


@pytest.mark.parametrize(
    ("text", "number"), [("خمسة عشر", "15"), ("ستة عشر متطوعا", "16"), ("rb3tach", "14"), ("ثمنطاش العام", "18"), ("سبعين", "70")]
)
def test_more_numbers(text: str, number: str) -> None:
    assert [mention.value for mention in find_times(text, NOW) if mention.kind == "number"] == [number]
