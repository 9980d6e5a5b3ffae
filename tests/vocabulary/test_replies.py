"""A short reply to a question: yes, no, on terms, or none of these for sure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.vocabulary import replies

YES = """oui|oui merci|Ok pour nous|d'accord, bienvenue à elle|c'est bon pour moi 👍 ok|avec plaisir, oui|oui bien sûr|ouiii
volontiers !|on la prend, oui
ah|wakha|ah marhba biha|wakha mar7ba bih|safi mezyan|iyeh khouya|ah 3la rass o l3in|n9eblouha ah|wakha tji|ma kayn mochkil, wakha
آه|واخا مرحبا بيها|إيه الله يبارك فيك|صافي مزيان|مرحبا بيه على الراس والعين|نقبلوها|واخا تجي|ماشي مشكل
نعم|نعم، مرحبا بها|موافق|بكل سرور|أجل تفضل|نعم بكل تأكيد|مقبول شكرا|لا مانع لدينا|أهلا بها"""
NO = """non|non merci|désolé, complet|désolée c'est complet|malheureusement non|désolé mais c'est complet|nous avons déjà trouvé quelqu'un
on n'a plus de place|plus de places, désolé|c'est déjà pris, désolé
la|lla sme7 lia|la 3amra|la safi|sm7ou lina 3amer|ma b9atch lblassa|ma kaynach blassa sm7 lia|l9ina chi wa7ed
لا|لا سمح ليا|عامرة|سمحو لينا عمرات|ما بقاتش البلاصة|لقينا شي وحدة
لا، شكرا|نعتذر، اكتمل العدد|للأسف مكتمل|لا توجد أماكن|لم يعد هناك مكان، عذرا"""
TERMS = """seulement à partir de 15h ?|oui mais juste le samedi|plutôt la semaine prochaine
ok si elle peut rester jusqu'à midi|oui mais pas avant 10h
wakha walakin ghir mn 3 l lfou9|ghir la kan m3a la9cha, ghir sbt|ila 9der yji f 10|blast sbt ykoun l7ed
واخا ولكن غير من الثلاثة|غير إلا كان السبت|فبلاصت السبت يكون الحد
نعم، لكن ابتداء من الثالثة فقط|نعم لكن لا أستطيع قبل الثالثة|بشرط أن تحضر باكرا|إذا أمكن يوم الأحد"""
NEITHER = """bonjour|merci|je veux voir mes missions|quand est-ce que c'est ?|la mission de samedi est à quelle heure
je cherche des bénévoles pour dimanche|salam|fin kayna lblassa|chno l3adad|شكرا جزيلا|أين تقع الجمعية|فين كاينة الجمعية|3|maârif
je ne peux pas venir demain|combien de places il reste encore pour cette mission|oui je voudrais publier une autre mission"""

TAKEN_BACK = """pas d'accord|je n'accepte pas|on n'est plus d'accord|pas ok|on prend pas|je prends pas|pas accepté|pas trop d'accord
oui c'est complet|ok désolé|oui malheureusement|wakha sme7 lia|safi sala|ah 3amra|wah kmlat
صافي لا|آه عامرة|نعم للأسف اكتمل العدد|نعم مكتمل|حسنا نعتذر"""
GREETINGS = "مرحبا|أهلا|السلام عليكم مرحبا بكم|salam marhba|bienvenue|marhba bikom"
HALF_HEARD = """merci beaucoup, à la prochaine|à la prochaine|la place|la réponse|j'ai déjà trouvé une mission, merci
on a déjà trouvé le local ?|il y a plus de places que prévu|علاش ما بقاتش|ما كايناش شي مهمة فكازا؟|عمر|كمل|kmel
لا بأس إن لم تأت|pas de souci de transport ?|oui ?|est-ce que le lieu est loin ?|je voudrais juste voir mes missions"""


def each(lines: str) -> list[str]:
    return [one for line in lines.splitlines() for one in line.split("|")]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        *((said, replies.YES) for said in each(YES)),
        *((said, replies.NO) for said in each(NO)),
        *((said, replies.TERMS) for said in each(TERMS)),
        *((said, None) for lines in (NEITHER, TAKEN_BACK, GREETINGS, HALF_HEARD) for said in each(lines)),
    ],
)
def test_what_a_reply_says(said: str, meant: str | None) -> None:
    assert replies.read(said) == meant


def test_a_long_message_is_no_reply() -> None:
    assert replies.read("oui " * 30) is None
    assert replies.read("oui mais " + "encore " * 30) is None


@given(st.text(max_size=300))
def test_anything_can_be_read(said: str) -> None:
    assert replies.read(said) in (None, replies.YES, replies.NO, replies.TERMS)
