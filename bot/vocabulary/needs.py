"""What somebody who asks for help says: an emergency, money, an advertisement; how urgent it is; what is needed at all.

For the words of people who ask for help alone: an announcement may well speak of fires and of prices. Phrases are small patterns on
normalised text (docs/understanding.md): "…" stands for up to four words, "*" for any ending, and an Arabic word may carry its
prefixes. Written by hand, from how people cry for help in French, Arabic, and Darija in both scripts.
"""

from __future__ import annotations

import re
from functools import cache

from bot.vocabulary import need_words as said
from bot.vocabulary.gazetteer import find
from bot.vocabulary.spelling import normalise, words

NEED_LENGTH = 300
EMERGENCY, MONEY, BUSINESS = "emergency", "money", "business"
"""What is no matter for neighbours: numbers are given at once; money, and politics or commerce, are refused."""

_IS_ARABIC = re.compile(r"[\u0621-\u064a]")
_PREFIX = "(?:[وفبكل]|ال|وال|فال|بال|كال|لل|ول|وب)?"
_ENDING = re.compile(r"\*(?=[|)]|$)")
_TOKEN = re.compile(r"(?:\([^()]*\)|[^\s()])+")
"""A word, or several in brackets of which any will do; these may hold spaces."""
_LETTERS = str.maketrans({**dict.fromkeys("أإآ", "ا"), **dict.fromkeys("ىئ", "ي"), "ؤ": "و", "ة": "ه", "گ": "ك"})


def _phrase(phrase: str) -> str:
    """A phrase as a regular expression on normalised text, in which each word is followed by a space."""
    parts: list[str] = []
    for token in _TOKEN.findall(phrase.translate(_LETTERS)):
        if token == "…":
            parts.append(r"(?:\w+ ){0,4}")
            continue
        prefix = _PREFIX if _IS_ARABIC.search(token) else ""
        parts.append(prefix + "(?:" + _ENDING.sub(r"\\w*", token) + ") ")
    return "".join(parts)


@cache
def _any_of(lines: str) -> re.Pattern[str]:
    phrases = [phrase.strip() for phrase in re.sub(r"\|\s+", "|", lines).split(",") if phrase.strip()]
    return re.compile(r"(?<!\S)(?:" + "|".join(_phrase(phrase) for phrase in phrases) + ")")


def _says(lines: str, normal: str) -> bool:
    return bool(_any_of(lines).search(normal + " "))


_BARE = frozenset(
    normalise(word)
    for word in """
    aujourd hui demain soir matin semaine cette ce j ai ai besoin d de l une un aide aider aidez moi nous m s svp stp il vous plait te
    bonjour bonsoir salut je cherche veux voudrais
    voulais demande demander
    demandons on a avons quelqu pour qu que peut pouvez pourriez vous me merci urgent ma mon mes mere pere maman papa fille fils soeur
    frere voisine voisin voisins
    grand grands tante oncle famille personne agee dame monsieur du des quartier au secours sos est suis dans le la les en et bien coup
    main difficulte aides
    salam slm ssalam 3likom 3alaykom alikom bghit bghina m7taj me7taja m7taja m7tajin ntleb lm3awna m3awna mo3awana mosa3ada lmosa3ada
    lmo3awana t3awn t3awni t3awno t3awnouni
    3awni 3awen 3awnouni 3awnouna 3awnoni 3afak 3afakom lah yr7em lwalidin y7efdkom y7fdk chi wa7ed 7ed li lli l ana 7na khassni
    khassna khasso khassha y3awenni y3awni y3awenna y3awen wach kayn nass
    t9edro t9der tqder n9der f mi mmi bba baba khti khouya jarti jari jarna l3a2ila dyali dyal o w daba lyoum had dial bezzaf
    السلام عليكم سلام بغيت بغينا محتاج محتاجة محتاجين نطلب المعاونة معاونة مساعدة المساعدة لمساعدة عاونوني عاونونا عاونني عفاك عفاكم
    الله يرحم الوالدين يحفظكم شي واحد حد اللي لي ل أنا حنا خاصني خاصنا خاصو خاصها
    يعاونني يعاونا يعاون واش كاين ناس تقدرو تعاونو تعاونوني فمي مي مّي الوالدة الوالد بّا با ختي خويا جارتي جاري جارنا العائلة ديالي
    ديال دابا اليوم
    مرحبا أحتاج نحتاج إلى الى من يساعدني يساعدنا يساعد ساعدوني ساعدونا أرجو أرجوكم من فضلكم فضلك طلب أطلب أريد هل يمكنكم يمكن أن لأمي
    لأبي أمي أبي والدتي لوالدتي والدي لوالدي أختي أخي جدتي جدي أسرتي لأسرتي النجدة أغيثونا عاجلة
    """.split()
)
"""Words of the bare wish: they say that help is needed, by whom, and not which."""
_CONTACTS = re.compile(
    r"(?:\+|00)?(?:212|٢١٢)[\s.-]?\d(?:[\s.-]?\d){8}|\b0[5-8](?:[\s.-]?\d){8}\b"
    r"|[\w.+-]+@[\w-]+\.\w+|\b[A-Za-z]{1,2}\d{5,6}\b|(?<!\w)@\w{5,}"
)
HIDDEN = "•••"


def screen(text: str) -> str | None:
    """Why a cry for help is no matter for neighbours: EMERGENCY, MONEY or BUSINESS; None: it is one."""
    normal = normalise(text)
    if is_emergency(normal):
        return EMERGENCY
    if _says(said.MONEY, normal) and not _says(said.NOT_MONEY, normal):
        return MONEY
    return BUSINESS if _says(said.BUSINESS, normal) else None


def is_emergency(text: str) -> bool:
    """Whether somebody is in danger now. Better once too often than once too few: whoever asks can go on in other words."""
    normal = normalise(text)
    if any(_says(lines, normal) for lines in (said.CRY, said.VIOLENCE, said.DESPAIR)):
        return True
    return any(_says(lines, normal) for lines in (said.FIRE, said.BODY, said.PLACE)) and not _says(said.PAST, normal)


def urgency(text: str) -> str | None:
    """How urgent somebody says it is: now, today or week; None: not said. "Urgent" alone counts as now."""
    normal = normalise(text)
    if _says(said.NOT_URGENT, normal):
        return "week"
    if _says(said.NOW, normal) and not _says(said.UNTIL_NOW, normal):
        return "now"
    named = next((name for name, lines in (("today", said.TODAY), ("week", said.WEEK)) if _says(lines, normal)), None)
    return named or ("now" if _says(said.PRESSING, normal) else None)


def is_no_longer(text: str) -> bool:
    """Whether somebody says that the help is not needed any more."""
    normal = normalise(text)
    return _says(said.NO_LONGER, normal) and not _says(said.LISTS, normal)


def need_in(text: str) -> str | None:
    """What is needed, in the person's own words, without contacts; None where a message holds no more than the bare wish.

    Places and urgency do not count: "I need help in Maârif, today" does not say with what.
    """
    covered = [(mention.start, mention.end) for mention in find(text, kinds=("place",))]
    said = [
        word
        for word in words(text)
        if word.normal not in _BARE
        and len(word.normal) > 2
        and not any(start < word.end and word.start < end for start, end in covered)
        and not urgency(word.normal)
    ]
    return without_contacts(text) if said else None


def without_contacts(text: str) -> str:
    """Words as neighbours may read them: one line, cut to length, no phone, address of mail, or number of an identity card."""
    return _CONTACTS.sub(HIDDEN, " ".join(text.split()))[:NEED_LENGTH].rstrip()
