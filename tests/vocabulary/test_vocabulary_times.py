"""Days, times of day, dates, hours and numbers; "now" is Tuesday 24 November 2026."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.clock import CASABLANCA
from bot.vocabulary.extraction import extract
from bot.vocabulary.times import find_distance_km, find_times, names_impossible_date

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=CASABLANCA)


def found(text: str, kind: str) -> list[str]:
    """Values of a kind once the readers of times, names and references have settled what is whose."""
    return [mention.value for mention in extract(text, NOW) if mention.kind == kind]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("samedi", ["sat"]),
        ("le samedi", ["sat"]),
        ("les dimanches", ["sun"]),
        ("nhar sebt", ["sat"]),
        ("f sebt", ["sat"]),
        ("ssebt o l7ed", ["sat", "sun"]),
        ("نهار السبت", ["sat"]),
        ("فالسبت", ["sat"]),
        ("يوم الجمعة", ["fri"]),
        ("jem3a", ["fri"]),
        ("الاثنين والأربعاء", ["mon", "wed"]),
        ("التلات", ["tue"]),
        ("tlat", ["tue"]),
        ("larb3", ["wed"]),
        ("khmis", ["thu"]),
        ("الخميس", ["thu"]),
        ("tnin", ["mon"]),
        ("l7ed", ["sun"]),
        ("الأحد", ["sun"]),
        ("tous les samedis", ["sat"]),
        ("kol nhar jem3a", ["fri"]),
        ("كل سبت", ["sat"]),
        ("lundi mardi et jeudi", ["mon", "tue", "thu"]),
        ("du lundi au vendredi", ["weekday"]),
        ("mn tnin l jem3a", ["weekday"]),
        ("من الاثنين إلى الجمعة", ["weekday"]),
        ("le week-end", ["weekend"]),
        ("weekend", ["weekend"]),
        ("f lweekend", ["weekend"]),
        ("نهاية الأسبوع", ["weekend"]),
        ("فالويكاند", ["weekend"]),
        ("fin de semaine", ["weekend"]),
        ("en semaine", ["weekday"]),
        ("وسط السيمانة", ["weekday"]),
        ("tous les jours", ["weekday", "weekend"]),
        ("kol nhar", ["weekday", "weekend"]),
        ("كل نهار", ["weekday", "weekend"]),
        ("كل يوم", ["weekday", "weekend"]),
        ("2 mars", []),
        ("سبعة", []),
    ],
)
def test_day(text: str, days: list[str]) -> None:
    assert found(text, "day") == days


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("samedi prochain", ["2026-11-28"]),
        ("ce samedi", ["2026-11-28"]),
        ("السبت الجاي", ["2026-11-28"]),
        ("السبت القادم", ["2026-11-28"]),
        ("sebt jay", ["2026-11-28"]),
        ("had sebt", ["2026-11-28"]),
        ("هاد السبت", ["2026-11-28"]),
        ("الجمعة الجاية", ["2026-11-27"]),
        ("mardi prochain", ["2026-12-01"]),
        ("aujourd'hui", ["2026-11-24"]),
        ("lyoum", ["2026-11-24"]),
        ("اليوم", ["2026-11-24"]),
        ("demain", ["2026-11-25"]),
        ("ghedda", ["2026-11-25"]),
        ("غدا", ["2026-11-25"]),
        ("غدّا", ["2026-11-25"]),
        ("après-demain", ["2026-11-26"]),
        ("بعد غد", ["2026-11-26"]),
        ("b3d ghedda", ["2026-11-26"]),
        ("dans deux semaines", ["2026-12-08"]),
        ("dans 3 jours", ["2026-11-27"]),
        ("mn b3d 2 simanat", ["2026-12-08"]),
        ("بعد أسبوعين", ["2026-12-08"]),
        ("من هنا لسيمانة", ["2026-12-01"]),
        ("la semaine prochaine", ["2026-11-30/2026-12-06"]),
        ("simana jaya", ["2026-11-30/2026-12-06"]),
        ("السيمانة الجاية", ["2026-11-30/2026-12-06"]),
        ("الأسبوع القادم", ["2026-11-30/2026-12-06"]),
        ("cette semaine", ["2026-11-24/2026-11-29"]),
        ("ce week-end", ["2026-11-28/2026-11-29"]),
        ("le week-end prochain", ["2026-12-05/2026-12-06"]),
        ("le mois prochain", ["2026-12-01/2026-12-31"]),
        ("20/12", ["2026-12-20"]),
        ("20/12/2026", ["2026-12-20"]),
        ("20/12/26", ["2026-12-20"]),
        ("20-12-2026", ["2026-12-20"]),
        ("2026-12-20", ["2026-12-20"]),
        ("le 20 décembre", ["2026-12-20"]),
        ("le 20 dec", ["2026-12-20"]),
        ("20 décembre 2026", ["2026-12-20"]),
        ("20 دجنبر", ["2026-12-20"]),
        ("٢٠ ديسمبر", ["2026-12-20"]),
        ("20 dojanbir", ["2026-12-20"]),
        ("le 1er janvier", ["2027-01-01"]),
        ("samedi 28 novembre", ["2026-11-28"]),
        ("le 3 mars", ["2027-03-03"]),
        ("le 2 mars", ["2027-03-02"]),
        ("le 2 mars 2027", ["2027-03-02"]),
        ("10/01", ["2027-01-10"]),
        ("24/11", ["2026-11-24"]),
        # Past with its year: as it stands, for the caller to tell.
        ("le 3 janvier 2020", ["2020-01-03"]),
        ("01/01/2025", ["2025-01-01"]),
        # Impossible.
        ("31/02", []),
        ("31/02/2027", []),
        ("32 décembre", []),
        ("45/78", []),
        ("2 mars", []),
        ("samedi", []),
    ],
)
def test_date(text: str, dates: list[str]) -> None:
    assert found(text, "date") == dates


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("le matin", ["morning"]),
        ("f sba7", ["morning"]),
        ("فالصباح", ["morning"]),
        ("صباحا", ["morning"]),
        ("l'après-midi", ["afternoon"]),
        ("aprem", ["afternoon"]),
        ("l3chiya", ["afternoon"]),
        ("فالعشية", ["afternoon"]),
        ("بعد الزوال", ["afternoon"]),
        ("بعد الظهر", ["afternoon"]),
        ("le soir", ["evening"]),
        ("مساء", ["evening"]),
        ("m3a lmaghreb", ["evening"]),
        ("la nuit", ["night"]),
        ("بالليل", ["night"]),
        ("f lil", ["night"]),
        ("samedi matin", ["morning"]),
        ("demain soir", ["evening"]),
        ("à 10h", ["morning"]),
        ("10:00", ["morning"]),
        ("15h30", ["afternoon"]),
        ("à 19h", ["evening"]),
        ("à 23h", ["night"]),
        ("de 15h à 18h", ["afternoon"]),
        ("entre 9h et 12h", ["morning"]),
        ("9h-12h", ["morning"]),
        ("من 3 ل 6", ["afternoon"]),
        ("mn 3 l 6", ["afternoon"]),
        ("m3a 10 d sba7", ["morning"]),
        ("الساعة 3 بعد الزوال", ["afternoon"]),
        ("على 10 ديال الصباح", ["morning"]),
        ("à 8h du soir", ["evening"]),
    ],
)
def test_time_of_day(text: str, parts: list[str]) -> None:
    assert found(text, "time_of_day") == parts


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("de 15h à 18h", "15:00", "18:00"),
        ("15h30", "15:30", None),
        ("10:00", "10:00", None),
        ("de 9h à 12h30", "09:00", "12:30"),
        ("9h-12h", "09:00", "12:00"),
        ("entre 14h et 16h", "14:00", "16:00"),
        ("من 3 ل 6", "15:00", "18:00"),
        ("mn 3 l 6", "15:00", "18:00"),
        ("من 9 حتى 12", "09:00", "12:00"),
        ("m3a 3", "15:00", None),
        ("m3a 10 d sba7", "10:00", None),
        ("الساعة 3 بعد الزوال", "15:00", None),
        ("à 8h du soir", "20:00", None),
        ("à 9h", "09:00", None),
        ("من الثالثة", None, None),
        ("25h", None, None),
    ],
)
def test_hours(text: str, first: str | None, last: str | None) -> None:
    assert found(text, "time_from") == ([first] if first else [])
    assert found(text, "time_to") == ([last] if last else [])


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("20", ["20"]),
        ("2", ["2"]),
        ("٢٠", ["20"]),
        ("20 personnes", ["20"]),
        ("vingt bénévoles", ["20"]),
        ("une dizaine de personnes", ["10"]),
        ("une vingtaine", ["20"]),
        ("jouj", ["2"]),
        ("tlata dnass", ["3"]),
        ("3echrin", ["20"]),
        ("عشرين متطوع", ["20"]),
        ("جوج", ["2"]),
        ("خمسة", ["5"]),
        ("-5", ["-5"]),
        ("2 ou 3", ["2"]),
        ("2 wla 3", ["2"]),
        ("جوج ولا تلاتة", ["2"]),
        ("vingt-cinq", ["25"]),
        ("25 heures", ["25"]),
        ("3 heures", ["3"]),
        ("خمسة و عشرين", ["25"]),
        ("khamsa o 3echrin", ["25"]),
        # Inside a date, an hour, a distance, a place, a reference: no number.
        ("20/12", []),
        ("le 20 décembre", []),
        ("à 15h30", []),
        ("10 km", []),
        ("5 كلم", []),
        ("2 Mars", []),
        ("#41", []),
        ("n°3", []),
        ("dans deux semaines", []),
        ("9 raya", ["9"]),
        ("99999999999999999999", []),
    ],
)
def test_number(text: str, numbers: list[str]) -> None:
    assert found(text, "number") == numbers


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("la deuxième", "2"),
        ("le premier", "1"),
        ("la 2ème", "2"),
        ("la 3e", "3"),
        ("le 2", "2"),
        ("n°3", "3"),
        ("#41", "41"),
        ("numéro 12", "12"),
        ("mission 4", "4"),
        ("je prends la troisième", "3"),
        ("الثانية", "2"),
        ("الأولى", "1"),
        ("رقم 3", "3"),
        ("رقم ٣", "3"),
        ("المهمة 2", "2"),
        ("tanya", "2"),
        ("bghit talta", "3"),
        ("lawla", "1"),
        ("nemra 2", "2"),
        ("ra9m 3", "3"),
        ("nemra jouj", "2"),
        ("الثالثة عفاك", "3"),
        ("فالمهمة 1", "1"),
        ("للمهمة 4", "4"),
        ("f lmohimma 2", "2"),
        ("نشارك فالأولى ولكن غير ساعتين حيت ما مساليش", "1"),
        ("أريد الانضمام للثانية لكن بعد الظهر فقط من فضلكم", "2"),
        ("فالأول ما كنتش عارف شنو ندير", None),
        ("la dernière", None),
        ("2", None),
        ("le 2 mars 2027", None),
        ("le 20 décembre", None),
        ("le 15 à 10h", None),
        ("20 personnes", None),
        ("joj", None),
    ],
)
def test_mission_ref(text: str, reference: str | None) -> None:
    assert found(text, "mission_ref") == ([reference] if reference else [])


@pytest.mark.parametrize(
    ("text", "kilometres"),
    [
        ("10 km", 10),
        ("10km", 10),
        ("5 كلم", 5),
        ("٥ كيلومتر", 5),
        ("5 kilo", 5),
        ("à moins de 15 kilomètres", 15),
        ("10", None),
        ("km", None),
    ],
)
def test_distance(text: str, kilometres: int | None) -> None:
    assert find_distance_km(text) == kilometres


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("pas le dimanche", True),
        ("sauf le samedi", True),
        ("ماشي الأحد", True),
        ("machi nhar sebt", True),
        ("je ne suis pas disponible le dimanche", True),
        ("ma n9derch nhar l7ed", True),
        ("le dimanche", False),
        ("non, dimanche", False),
        ("pas de souci dimanche", False),
    ],
)
def test_negated_days(text: str, negated: bool) -> None:
    assert [mention.negated for mention in find_times(text, NOW) if mention.kind == "day"] == [negated]


def test_legal_time_decides_which_day_it_is() -> None:
    # 23:30 UTC was half past midnight in Casablanca in summer, and is half past eleven since.
    for late, tomorrow in (((2026, 7, 24), "2026-07-26"), ((2026, 11, 24), "2026-11-25")):
        at = datetime(*late, 23, 30, tzinfo=timezone.utc)
        assert [mention.value for mention in find_times("demain", at)] == [tomorrow]


def test_a_payload_names_nothing() -> None:
    assert extract('/inform{"place": "Anfa"}', NOW) == []


@settings(deadline=None)
@given(
    st.text(max_size=120)
    | st.lists(
        st.sampled_from("le 2 mars 31/02 de 3 à 6 h l ل من 25h 99/99 jouj sebt jay dans semaine pas ain chock -5 # n° 2028-02-30".split())
    ).map(" ".join)
)
def test_any_text_gives_true_spans(text: str) -> None:
    for mention in extract(text, NOW):
        assert 0 <= mention.start < mention.end <= len(text)


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2090, 1, 1)))
def test_dates_are_never_in_the_past(moment: datetime) -> None:
    now = moment.replace(tzinfo=CASABLANCA)
    for text in ("samedi prochain", "la semaine prochaine", "29 février", "31/12", "ce week-end", "le mois prochain", "demain"):
        for mention in find_times(text, now):
            if mention.kind == "date":
                assert mention.value.split("/")[-1] >= str(now.date())


@pytest.mark.parametrize(
    ("text", "impossible"),
    [("le 31 février", True), ("31/02", True), ("2027-02-30", True), ("نهار 31 أبريل", True), ("le 28 février", False), ("31", False)],
)
def test_impossible_dates_are_told(text: str, impossible: bool) -> None:
    assert names_impossible_date(text, NOW) is impossible
    if impossible:
        assert [mention for mention in find_times(text, NOW) if mention.kind in ("date", "number")] == []


@pytest.mark.parametrize("text", ["❾", "le ❾ décembre", "-❾", "m3a ❾"])
def test_digits_that_are_no_numbers_are_left_alone(text: str) -> None:
    assert extract(text, NOW) == []
