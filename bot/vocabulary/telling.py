"""Whether a message that wants to report or to judge holds what it wants to say: "I want to report something" does not yet."""

from __future__ import annotations

from bot.vocabulary.spelling import normalise

_WISH = frozenset(
    normalise(word)
    for word in """
    je j ai jai veux voudrais souhaite aimerais tiens a signaler signale signalement un une le la les des de d du probleme souci plainte
    reclamation avis mon mes ma donner laisser deposer faire noter evaluer commentaire remarque suggestion bug incident abus quelque chose
    quelqu quelqun qqun me plaindre plains svp stp bonjour salut merci vous avec cette ce mission association asso service bot sur pour
    derniere retour feedback denoncer porter comportement dire
    bghit baghi bagha n3ti n3tikom nbellegh nbellgh nballagh nbalagh nb9a 3la 3endi 3ndi chi mochkil mouchkil mochkila machakil ra2yi rayi
    rayyi ra2y nchki nchtki chikaya chkaya wa7ed wahed had hadchi l f mola7ada i9tira7 n9eyyem n9iyem lmohimma lmission mission ljam3iya
    jam3iya salam 3afak 3afakom m3a likom lik ana o w ngoul n9oul haja
    بغيت باغي باغيه نبلغ نعطي نعطيكم على علي عندي شي مشكل مشكله مشكلة رايي رأيي رأي نشكي نشتكي شكايه شكاية شكوى واحد واحده هاد هادشي ف في د
    ديال الجمعيه الجمعية جمعيه جمعية المهمه المهمة مهمه مهمة ملاحظه ملاحظة اقتراح نقيم السلام سلام عفاك عفاكم مع ليكم ليك انا و نقول حاجه
    اريد أريد اود أود ان أن ابلغ أبلغ التبليغ الابلاغ الإبلاغ عن اشتكي أشتكي تقديم اقدم أقدم تقييم اقيم أقيم ابدي أبدي ابداء إبداء لدي
    لدى شخص شيء من فضلكم لو سمحتم الخدمه الخدمة البوت بلاغ
    """.split()
)


def only_wishes(text: str) -> bool:
    """Whether a message says no more than that it wants to say something."""
    said = normalise(text).split()
    return bool(said) and all(word in _WISH for word in said)
