"""Which register a message is in, and which one answers it.

Script decides first. Within a script small lists of function words and the look of verbs vote; a word that both use says nothing.
"""

from __future__ import annotations

import re

from bot.vocabulary.spelling import words

_ARABIC = re.compile(r"[\u0600-\u06FF\u0750-\u077F\uFB50-\uFDFF\uFE70-\uFEFC]")
_LATIN = re.compile(r"[A-Za-z\u00C0-\u024F]")

_DARIJA_ARABIC = frozenset(
    """بغيت بغينا كنبغي باغي باغيه باغا ديال ديالي ديالنا ديالكم دابا فين فاين شنو شنا واش علاش كيفاش واخا بزاف شويه
    حيت راه راني عندي عندنا عندكم هاد هادشي داكشي ديك داك غادي غدي ماشي مزيان صافي نهار سيمانه جوج وحده شي لي اللي
    معاكم ليا ليه عفاك بشحال شحال امتا فوقاش خصني خاصنا خاص بلاصه كاين كاينه ماكاينش درت نقدر نعاون نعاونو السوايع
    دراري الدراري لعيالات العيالات ولا باش حتي غير حنا نتوما هوما سميتي كنقلب نقلب خدمه القرايه بحال تاع نتاع مكنعرفش
    لاباس صيفط صيفطو حيد بدل زيد زيدي خليني سير اجي عيط السبيطار الله يحفظك بلا مزال باقي ديما دوز ندوز شكون""".split()
)
_STANDARD_ARABIC = frozenset(
    """اريد ارغب اود نريد نود نرغب لدي لدينا لديكم هل ماذا متي اين كيف لماذا هذه هذا ذلك تلك التي الذي الذين سوف لكن
    ليس ليست لست يمكنني يمكنكم استطيع هنالك هناك ايضا جدا الان حول خلال لاجل كذلك عن علي الي ان ارجو
    نحن انا انت اننا بحاجه ابحث نبحث يوجد توجد فقط منذ عند لقد قد كان كانت اكون يكون اساعد المساعده التسجيل اعرف
    تقدمون اعمل الحصول بامكاني صباحا مساء غدا القادم المقبل يوم ايام احدي بعض حيث مع او ثم كل المهام متاحه المتاحه جزيلا""".split()
)
_FRENCH = frozenset(
    """je j tu il elle on nous vous ils elles le la les l un une des du de d au aux et ou mais donc est suis es sommes
    etes sont ai as avons avez ont veux veut voudrais voudrait peux peut pouvez pour avec sans dans sur chez par que qui
    quoi quel quelle quels quelles comment combien pourquoi quand mon mes ton ta tes son sa ses notre nos votre vos
    ce cet cette ces pas plus tres bien merci bonjour bonsoir salut oui non svp stp aussi encore fait faire aider aime
    cherche cherchons besoin c s n m t qu en y a me te se moi toi lui leur tout tous toute toutes quelque
    deja jamais rien comme ca dispo g pr ds""".split()
)
# Nouns that Darija borrows: they say little about the language of the sentence around them.
_FRENCH_NOUNS = frozenset(
    """disponible benevole benevoles benevolat association associations weekend semaine jour heures personne personnes
    mission missions annuler participation""".split()
)
_DARIJA_LATIN = frozenset(
    """bghit bghina baghi bagha kanbghi dyal dial diali dyali dyalna dyalkom daba fin fayn chno chnou chnu wach wash
    3lach kifach kifash wakha bzaf bzzaf chwiya 7it hit rah rani 3andi 3endi endi 3ndi 3ndna 3andna had hadchi dakchi
    dik dak ghadi ghadya machi mashi mezyan mzyan safi nhar simana jouj joj wa7d wa7ed wahed chi li lli m3akom m3ana lia
    liya 3afak 3afakom bch7al ch7al imta fo9ach khassni khasna khass blassa kayn kayna makaynch n9der nqder nt3awen
    n3awen n3awnou drari ddrari l3yalat wla bach bash 7ta hta ghir 7na ntoma homa smiti kan9leb kanqelb n9leb khdma
    salam slm labas choukran chokran lah ana nta nti howa hiya 3la mn men f b w o ila 3ad tal dir ndir dirou 7ayed
    beddel bdel zid zidi khallini sir aji dima chkon chkoun lwakt we9t wa9t nas lkbar sghar mo7tajin mohtajin
    iyeh iyh ah la bslama tbarkellah nchallah inchallah hamdoulah afak ntsejel ntsejjel tsejel kanswel""".split()
)
_DIGIT_LETTER = re.compile(r"[a-z][23579][a-z]|^[2379][a-z]{2}|[a-z]{2}[379]$|[a-z]{2}3$")
_DARIJA_VERB = re.compile(r"(?:كن|كت|كي|كا|غان|غن|غاي|تن)\w{3,}|(?:ما|م)\w{3,}ش|\w{3,}ناش")
_DARIJA_LATIN_VERB = re.compile(r"(?:kan|kat|kay|ghan|ghat|ghay|tan)\w{3,}|ma\w{3,}ch|n\w*[379]\w+|m?a?\w{3,}itch|bgh\w+|mo?t\w+3\w*")
_TRUE_FRENCH = re.compile(r"[éèêàùûôîïçœ]")


def detect_register(text: str) -> tuple[str | None, float]:
    """The register of a text and how sure it is, 0 to 1; (None, 0.0) where it has no letters or is a payload ("/…")."""
    if text.startswith("/"):
        return None, 0.0
    arabic, latin = len(_ARABIC.findall(text)), len(_LATIN.findall(text))
    if not arabic and not latin:
        return None, 0.0
    found = [word.normal for word in words(text[:1000])]
    if arabic >= latin:
        dialect = sum(2 * (w in _DARIJA_ARABIC) + 2 * bool(_DARIJA_VERB.fullmatch(w)) for w in map(_bare, found))
        standard = sum(2 * (w in _STANDARD_ARABIC) for w in map(_bare, found))
        # Half of what people type to the bot in Arabic letters without any such word are names and nouns: hardly sure.
        return _decide("ary-Arab", dialect, "ar", standard)
    darija = sum(map(_latin_darija, found))
    accents = bool(_TRUE_FRENCH.search(text.lower()))
    french = sum(map(_latin_french, found))
    return _decide("ary-Latn", darija, "fr", french + 1.5 * accents + 0.5)


def _bare(word: str) -> str:
    """The word without و written to it, where what is left is a word of the lists."""
    rest = word[1:]
    return rest if word.startswith("و") and (rest in _DARIJA_ARABIC or rest in _STANDARD_ARABIC) else word


def _latin_french(word: str) -> float:
    if word in _FRENCH_NOUNS:
        return 0.5
    return 2.0 if word in _FRENCH else 0.0


def _latin_darija(word: str) -> float:
    if word in _DARIJA_LATIN:
        return 2.5
    if word in _FRENCH:
        return 0.0
    return 2.5 if _DIGIT_LETTER.search(word) else 2.0 if _DARIJA_LATIN_VERB.fullmatch(word) else 0.0


def _decide(first: str, for_first: float, second: str, for_second: float) -> tuple[str, float]:
    total = for_first + for_second
    if total == 0:
        return first, 0.5
    name, points = (first, for_first) if for_first >= for_second else (second, for_second)
    # One vote alone is no certainty: Laplace's rule with one unseen vote on each side.
    return name, round((points + 1) / (total + 2), 3)


def next_register(text: str, current: str, held: bool, detected: str | None, confidence: float) -> str:
    """The register that answers a message.

    A change of script counts at once, even in one word; within a script each confident message of three words and more decides, and
    shorter ones change nothing. A register that was chosen (``held``) stays.
    """
    if held or detected is None:
        return current
    arabic = ("ar", "ary-Arab")
    if (detected in arabic) != (current in arabic):
        return detected
    return detected if confidence >= 0.6 and len(words(text[:1000])) >= 3 else current


def starting_register(language_code: str | None) -> str:
    """The register before anything was said, from Telegram's language: ar, fr, else Darija in Arabic letters."""
    code = (language_code or "").split("-")[0].lower()
    return code if code in ("ar", "fr") else "ary-Arab"
