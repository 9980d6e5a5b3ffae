"""What a short reply to a question says: yes, no, or yes on terms ("seulement à partir de 15h ?").

Found on normalised words (docs/understanding.md). A reply is a yes or a no only where nothing else is said in it: whoever says more has
another wish, and the understanding hears that one.
"""

from __future__ import annotations

import re

from bot.vocabulary.spelling import normalise

YES, NO, TERMS = "yes", "no", "terms"
LONGEST_REPLY, LONGEST_TERMS = 9, 25
"""Words."""
_OURSELVES = (
    "ماشي مشكل",
    "ma kayn mochkil",
    "makayn mochkil",
    "pas de probleme",
    "pas de souci",
    "لا مشكله",
    "لا باس",
    "لا مانع",
    "ماكاين مشكل",
)
"""Yeses that are made of a no."""


def _words(text: str) -> frozenset[str]:
    return frozenset(normalise(word) for word in text.split())


_YES = _words(
    """
    confirme confirmons kan2akked n2akked اوكد نوكد كناكد ناكد
    oui ouais ouii wi ui oki ok okay okk dac dacc daccord accord accepte accepter acceptons acceptee prend prends prenons volontiers
    parfait
    entendu bienvenue bienvenu valide validons go yes
    ah ih iyeh ayeh ayih wah wayeh wakha waxa wakhaa nji safi mar7ba marhba merhba mre7ba mer7ba mrehba n9eblo n9ebloh n9eblouh
    n9eblouha
    n9ebloha 9belna 9belnah
    9belnaha 9belt mwaf9in mwafe9 mwaf9a yji tji yallah na3am
    نعم اجل موافق موافقه موافقون مقبول مقبوله نقبل نقبله نقبلها قبلنا قبلناه قبلناها قبلت اقبل مرحبا مرحبابه مرحبابها اهلا تفضل يتفضل
    تتفضل
    طبعا اكيد بالتاكيد حسنا تمام بكل سرور
    اه ايه اييه ايوا وي واه واخا واخه صافي نعام متافقين يجي تجي نجي نقبلوه نقبلوها نقبلو داكور اوك اوكي يالاه
    """
)
_NO = _words(
    """
    non nn nan nope no refuse refusons refuser refusee desole desolee desoles malheureusement complet complete complets plein pleine
    impossible
    la lla laa sme7 sm7 sme7li sm7lia sme7lia smeh sm7ou 3amer 3amra 3amrin 3mrat 3mer 3mar kmel kmelt kmlat salat sala ma9blnach
    n9derouch
    manpouvch
    لا كلا نعتذر اعتذر للاسف اسف اسفه اسفون عذرا مكتمل مكتمله اكتمل اكتملت امتلا امتلات ممتلئ نرفض ارفض رفضنا مستحيل
    لالا سمح سمحي سمحو عامر عامره عامرين عمر عمرات كمل كملات سالات سالا مانقدروش ماقبلناهش
    """
)
_FULL = re.compile(
    r"\b(?:plus (?:de|aucune|une seule) places?|plus de disponibilites?|deja trouve(?: quelqu un)?"
    r"|ma ?b9at(?:ch|x)?(?: [7h]tta)? blas+a|ma ?b9ach(?: blas+a)?|ma ?b9atch(?: l?blas+a)?|ma ?kaynach blas+a"
    r"|l9ina (?:chi )?(?:wa7ed|we7da|bnadem))\b"
    r"|(?:ما ?بقاتش|ما ?بقاش|ما ?كايناش|ما ?بقات حتي) ?(?:بلاصه|شي بلاصه|الكراسي)?|لقينا شي (?:واحد|وحده)"
    r"|لم (?:يعد|يبق|تبق) (?:هناك|لدينا|اي)?|لا (?:توجد|يوجد) (?:اي )?(?:اماكن|مكان|مقاعد)"
)
_AROUND = _words(
    """
    ذلك داكشي ca me va convient convienne merci bcp beaucoup pour nous moi lui elle c est cest bon bien sur super top avec plaisir le
    la les l on je j d de des sa son il
    elle peut
    venir vient vienne viennent attend attends attendons bonjour bonsoir salam salut svp stp s te vous plait frere khouya khti soeur a
    al au
    tout de suite inchallah nchallah incha allah vraiment mais deja trop tard cette fois ci pas possible places place est pris prise
    tous
    toutes prochaine reponse quelqu un trouve trouvee nest n y plus desormais aujourd hui
    bih biha 3la rass ras rasi rassi o l3in 3in 3ini lah allah y ybarek fik fikom chokran chokrane bzaf mezyan mzyan kolchi 3afak
    3afakom a lalla sidi
    l3ziz l3ziza khir 3lik 3likom lina lia liya li dyal dyalna blassa lblassa blasa lblasa hadi had lmerra daba deja hiya howa rah
    raha ghir
    m3a m3ana 3endna 3ndna ji iji nha bekri
    شكرا جزيلا لكم لك بكم بك به بها معنا لنا بكل تاكيد هو هي هذا هذه المره ان شاء الله مع كل جدا من فضلك فضلكم السلام عليكم مرحبا
    العدد المكان الاماكن
    المقاعد لدينا كلها هناك مكان اماكن اي مقعد بالفعل يا اخي اختي سيدي سيدتي
    بيه بيها علي الراس والعين عين بزاف مزيان كلشي عفاك عفاكم خويا ختي لالا سيدي الله يبارك فيك فيكم علي راسي وعيني راس العين و دابا
    هاد هادي لمره المره راه راها
    عندنا لينا ليا بلاصه البلاصه بلايص البلايص ديالنا انشاء تبارك
    """
)
_TERMS = re.compile(
    r"\b(?:mais|seulement|juste|uniquement|plutot|par contre|a condition|sauf|si (?:elle|il|vous|tu|c est|possible)|que le|que l apres"
    r"|a partir de|pas avant|pas apres|apres)\b"
    r"|\b(?:walakin|wlkin|walakn|ghir|gher|b chert|bchert|bessa7|ila|mn ba3d|men b3d|mn wra|blast|f blast)\b"
    r"|\b(?:ولكن|لكن|غير|فقط|بشرط|بصح|اذا|الا|ابتداء|انطلاقا|ايلا|الي كان|بلاصت|فبلاصت|من بعد|بعد|بدل)\b"
)


def read(text: str) -> str | None:
    """Whether a message says yes, no or yes on terms, and nothing else; None: something else, or neither for sure."""
    plain = normalise(text)
    said = plain.split()
    if not said or len(said) > LONGEST_TERMS:
        return None
    if _TERMS.search(plain) and len(said) > 2:
        return TERMS
    if len(said) > LONGEST_REPLY:
        return None
    if any(plain.startswith(yes) for yes in _OURSELVES):
        return YES
    if _FULL.search(plain):
        return NO
    agrees, refuses = [word in _YES for word in said], [word in _NO for word in said]
    if not all(word in _YES or word in _NO or word in _AROUND for word in said):
        return None
    # "La" is a no in Darija and an article in French: with a yes beside it ("oui pour la mission") it is the article.
    if any(refuses) and (not any(agrees) or said[0] in _NO):
        return NO
    return YES if any(agrees) else None
