"""What lies under the words: insults, despair, danger.

A small screen of whole phrases, found on normalised text (docs/understanding.md); it would rather miss one than see one where none is.
"""

from __future__ import annotations

import re

from bot.vocabulary.spelling import normalise

LONGEST_INSULT = 5
"""Words. A longer message says something else too, and is answered for that."""


def _any_of(phrases: str) -> re.Pattern[str]:
    """Any of these phrases as whole words. They are parted by commas, and may be patterns."""
    each = (" ".join(phrase.split()) for phrase in phrases.split(","))
    return re.compile(rf"(?<!\w)(?:{'|'.join(each)})(?!\w)")


_INSULT = _any_of(
    r"""connard, connasse, conard, salope, salaud, pute, fdp, fils de pute, encule, enculee, batard, ntm, nique, niquez, ta gueule,
    va te faire, abruti, imbecile, debile, cretin, (?:quel|quelle|t es|tu es|vous etes|c est|sale|gros|grosse|pauvre) con(?:ne)?s?,
    merdique, de merde, stupide, idiot, idiote,
    zaml, zamel, zmel, 9a7ba, kahba, qahba, w[e]?ld l?9a7ba, tfou 3lik, (?:a|ya|nta|nti|ntouma) l?(?:7mar|hmar|7mir|7ayawan|kelb|klab),
    mok, tabon, l?9lawi, mk[ea]l[l]?[ea]kh, mkellekh, wlad l7ram, weld l7ram,
    زامل, قحبه, ولد القحبه, ولد الحرام, اولاد الحرام, تفو عليك, (?:ا|يا|انت|انتي|انتم|نتا|نتي|نتوما) (?:ال)?(?:حمار|حيوان|كلب|كلاب|حمير),
    مكلخ, غبي, اغبياء, احمق, تافه, منيك, طبون, نعل مك"""
)
_DESPAIR = _any_of(
    r"""je (?:veux|voudrais|vais) (?:mourir|me tuer|me suicider|en finir(?: avec (?:la|ma) vie)?), envie (?:de mourir|d en finir),
    me suicider, mettre fin a (?:mes jours|ma vie), plus (?:envie|la force) de vivre, je (?:ne )?veux plus vivre,
    bghit nmout, bghit nmut, bagh[ai] nmout, n9te?l ra?s+i, nqtel ra?s+i, ntn7er, nnta7er, nsali 7yati, ma b9ite?ch bagh[ai] n3ich,
    3yit mn 7yati, kre7t 7yati, kreht hyati,
    بغيت نموت, باغي نموت, باغيه نموت, نقتل راسي, ننتحر, نسالي حياتي, ما بقيتش باغي نعيش, ما بقيتش باغيه نعيش, عييت من حياتي, كرهت حياتي,
    اريد ان اموت, اريد الموت, اتمني الموت, افكر في الانتحار, سانتحر, انهاء حياتي, انهي حياتي, لا اريد ان اعيش, لم اعد اريد الحياه,
    سئمت الحياه"""
)
_DANGER = _any_of(
    r"""harcel\w*, agress\w*, frapp\w*, touche[er]?s?, viol\w*, menac\w*, maltrait\w*, batt(?:u|re)\w*, danger\w*, gifl\w*, abus\w*,
    tabass\w*, seule avec un adulte, couteau,
    t7e?r+e?ch\w*, ta7arroch, t7arch\w*, d[ad]*reb\w*, \w*ydreb\w*, darab\w*, hedded\w*, khatar, khatir, 3tada\w*, ghtis\w*, mous,
    [وفب]?(?:ال|لل)?(?:تحرش|متحرش|اعتد|اعتداء|ضرب|يضرب|كيضرب|كيتحرش|هدد|تهديد|كيهدد|خطر|خطير|اغتصاب|عنف|عنيف|لمس)\w*, سوء معامله, سكين"""
)


def is_insult(text: str) -> bool:
    """Whether a message is an insult and little else."""
    plain = normalise(text)
    return len(plain.split()) <= LONGEST_INSULT and bool(_INSULT.search(plain))


def is_despair(text: str) -> bool:
    """Whether somebody says of himself that he does not want to live."""
    return bool(_DESPAIR.search(normalise(text)))


def tells_danger(text: str) -> bool:
    """Whether violence, abuse or danger is told of."""
    return bool(_DANGER.search(normalise(text)))
