"""Numbers as people say them: digits of both scripts, French, Arabic and Darija words."""

from __future__ import annotations

from functools import lru_cache

# The one-words (un, une, wa7ed, واحد) are articles far more often than numbers and are left out.
_WORDS = """
2: deux jouj joj zouj zoj jooj جوج زوج اثنان اثنين اتنين ساعتان ساعتين
3: trois tlata tlatha تلاتة تلاته ثلاثة ثلاثه ثلاث
4: quatre rb3a reb3a arba3a arb3a ربعة اربعة أربعة اربع أربع
5: cinq khamsa khmsa 5amsa خمسة خمسه خمس
6: six sitta stta setta ستة سته ست
7: sept seb3a sb3a sab3a سبعة سبعه سبع
8: huit tmnya tmenya tmanya تمنية ثمانية ثمانيه ثمان
9: neuf ts3oud tes3oud tis3a تسعود تسعة تسعه تسع
10: dix dizaine 3achra 3echra 3chra عشرة عشره عشر
11: onze 7dach hdach حداش
12: douze douzaine tnach طناش تناش
13: treize tltach teltach تلتاش تلطاش
14: quatorze rb3tach reb3tach rba3tach ربعطاش ربعتاش
15: quinze quinzaine khmstach khamstach خمسطاش خمستاش
16: seize settach sttach sttash ستاش سطاش
17: dix-sept sb3tach seb3tach سبعطاش سبعتاش
18: dix-huit tmntach tmentach tmenTach ثمنطاش تمنطاش تمنتاش
19: dix-neuf ts3tach tse3tach تسعطاش تسعتاش
20: vingt vingtaine 3echrin 3achrin 3chrin 3ichrin عشرين عشرون
25: vingt-cinq
30: trente trentaine tlatin تلاتين ثلاثين ثلاثون
40: quarante quarantaine rb3in arb3in ربعين اربعين أربعين
50: cinquante cinquantaine khamsin khmsin خمسين خمسون
60: soixante soixantaine settin ستين
70: seb3in sb3in سبعين سبعون
80: tmanin ثمانين تمانين
100: cent centaine mya miya مية مئة مائة ميا
200: myatayn ميتين مئتين
1000: mille alf ألف الف
"""


@lru_cache(maxsize=1)
def _spelled() -> dict[str, int]:
    from bot.vocabulary.spelling import normalise

    found = {}
    for line in _WORDS.strip().splitlines():
        number, _, names = line.partition(": ")
        for name in names.split():
            found[normalise(name)] = int(number)
    return found


def number_of(normal: str) -> int | None:
    """The number that a normalised word is, or None. Negative numbers stay negative, so that the caller can say no."""
    if normal.lstrip("-").isdecimal():
        return int(normal) if len(normal) <= 9 else None
    return _spelled().get(normal)
