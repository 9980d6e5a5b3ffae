"""What a short reply to a question says: yes, no, or yes on terms ("seulement à partir de 15h ?").

Found on normalised words (docs/understanding.md). A reply is a yes or a no only where nothing else is said in it: whoever says more has
another wish, and the understanding hears that one. A yes that is taken back ("pas d'accord", "oui c'est complet") and a question are
none: what follows from a yes reaches somebody else at once, so in doubt it is asked which one is meant.
"""

from __future__ import annotations

import re

from bot.vocabulary.spelling import normalise

YES, NO, TERMS = "yes", "no", "terms"
LONGEST_REPLY, LONGEST_TERMS = 9, 25
"""Words."""
_MADE_OF_NO = re.compile(r"\b(?:ma ?kayn mochkil|pas de (?:probleme|souci)|(?:ماشي|ماكاين|ما كاين) مشكل|لا (?:مشكله|باس|مانع))\b")
"""Yeses that are made of a no."""
_WELCOME = re.compile(
    r"\b(?:(?:marhba|merhba|mar7ba|mre7ba|mer7ba|mrehba) b(?:ih|iha|ihom)|bienvenue? a (?:lui|elle|elles|eux)"
    r"|(?:مرحبا|اهلا) (?:به|بها|بهم|بيه|بيها|بيهم)|مرحباب(?:ه|ها|هم))\b"
)
"""Of somebody else; said to us it is no more than a greeting."""


def _words(text: str) -> frozenset[str]:
    return frozenset(normalise(word) for word in text.split())


_YES = _words(
    """
    confirme confirmons kan2akked n2akked اوكد نوكد كناكد ناكد
    oui ouais ouii wi ui oki ok okay okk dac dacc daccord accord accepte accepter acceptons acceptee prend prends prenons volontiers
    parfait
    entendu valide validons go yes
    ah ih iyeh ayeh ayih wah wayeh wakha waxa wakhaa nji safi n9eblo n9ebloh n9eblouh
    n9eblouha
    n9ebloha 9belna 9belnah
    9belnaha 9belt mwaf9in mwafe9 mwaf9a yji tji yallah na3am
    نعم اجل موافق موافقه موافقون مقبول مقبوله نقبل نقبله نقبلها قبلنا قبلناه قبلناها قبلت اقبل تفضل يتفضل
    تتفضل
    طبعا اكيد بالتاكيد حسنا تمام بكل سرور
    اه ايه اييه ايوا وي واه واخا واخه صافي نعام متافقين يجي تجي نجي نقبلوه نقبلوها نقبلو داكور اوك اوكي يالاه
    """
)
_NO = _words(
    """
    non nn nan nope no refuse refusons refuser refusee desole desolee desoles malheureusement complet complete complets plein pleine
    impossible
    la lla laa sme7 sm7 sme7li sm7lia sme7lia smeh sm7ou 3amer 3amra 3amrin 3mrat 3mer 3mar kmelt kmlat salat sala ma9blnach
    n9derouch
    manpouvch
    لا كلا نعتذر اعتذر للاسف اسف اسفه اسفون عذرا مكتمل مكتمله اكتمل اكتملت امتلا امتلات ممتلئ نرفض ارفض رفضنا مستحيل
    لالا سمح سمحي سمحو عامر عامره عامرين عمرات كملات سالات سالا مانقدروش ماقبلناهش
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
    bienvenue bienvenu marhba merhba mar7ba mre7ba mer7ba mrehba مرحبا اهلا ai avons
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


_NEGATES = _words("pas n ne plus jamais aucun aucune ma machi ما ماشي غير ليس ليست لم لن")
_AFTER_ARTICLE = _words("place places reponse prochaine prise")
"""Where "la" is the French article; alone, or before anything else, it is the no of Darija."""


def read(text: str) -> str | None:
    """Whether a message says yes, no or yes on terms, and nothing else; None: something else, or neither for sure."""
    plain = _WELCOME.sub("oui", _MADE_OF_NO.sub("oui", normalise(text)))
    said = _FULL.sub(" non ", plain).split()
    if not said or len(said) > LONGEST_TERMS:
        return None
    if len(said) > 2 and _is_terms(" ".join(said)):
        return TERMS
    is_question = "?" in text or "؟" in text
    if is_question or len(said) > LONGEST_REPLY or not all(word in _YES or word in _NO or word in _AROUND for word in said):
        return None
    agrees = any(word in _YES for word in said)
    if any(_refuses(said, place) for place in range(len(said))):
        # "La safi" says no; "oui c'est complet" says neither for sure.
        return NO if _refuses(said, 0) or not agrees else None
    return YES if agrees and not any(word in _NEGATES for word in said) else None


def _refuses(said: list[str], place: int) -> bool:
    if said[place] == "la":
        return place == 0 and not _AFTER_ARTICLE.intersection(said[1:2])
    return said[place] in _NO


def _is_terms(plain: str) -> bool:
    """Whether nothing but a yes stands before the terms, and more than a no behind: "désolé mais c'est complet" has none."""
    found = _TERMS.search(plain)
    if found is None:
        return False
    before, after = plain[: found.start()].split(), plain[found.end() :].split()
    is_refusal = any(word in _NO for word in after) and all(word in _NO or word in _AROUND for word in after)
    return all(word in _YES or word in _AROUND for word in before) and not is_refusal
