"""Words of people who ask for help: what is an emergency, money or business and what is not, how urgent, and what is needed."""

from __future__ import annotations

import pytest

from bot.vocabulary.needs import (
    BUSINESS,
    EMERGENCY,
    HIDDEN,
    MONEY,
    NEED_LENGTH,
    is_emergency,
    is_no_longer,
    need_in,
    screen,
    urgency,
    without_contacts,
)

EMERGENCIES = """
    au secours
    SOS
    y a le feu chez la voisine !!
    il y a le feu dans la cuisine
    l'immeuble d'en face brûle
    il y a un incendie dans la cave
    ma mère est inconsciente
    mon père a perdu connaissance vite
    il ne respire plus
    elle n'arrive plus à respirer
    mon mari fait une crise cardiaque
    il a très mal à la poitrine
    il saigne beaucoup
    elle a perdu beaucoup de sang
    ma femme va accoucher
    ma soeur a perdu les eaux
    le petit a avalé de la javel
    mon mari me frappe
    mon ex me menace avec un couteau
    il va me tuer
    mon fils a disparu depuis ce matin
    je veux mourir
    je pense au suicide
    ma colocataire parle de mourir
    ça sent le gaz dans l'immeuble
    il y a une fuite de gaz
    un enfant se noie
    il y a un accident grave devant chez moi
    mon voisin s'est fait renverser par une moto
    النجدة
    البيت يحترق
    هناك حريق في العمارة
    أمي فاقدة الوعي
    أبي أغمي عليه
    أخي لا يتنفس
    إنه ينزف كثيرا
    أبي أصيب بنوبة قلبية
    زوجي يضربني
    يهددني بسكين
    أريد أن أموت
    صديقتي تفكر في الانتحار
    رائحة الغاز في البيت
    طفل يغرق في البحر
    وقعت حادثة سير خطيرة أمام البيت
    عتقونا
    العافية شاعلة فالدار
    شعلات العافية عند الجيران
    مي سخفات عليا
    بّا ما كيفيقش
    خويا ما كيتنفسش
    كاين الدم بزاف
    راجلي كيضربني
    كيهددني بالموس
    بغيت نموت
    ريحة الگاز فالدار
    مرتي كتولد دابا
    ولدي ضربو الضو
    3te9ouni
    l3afia ch3lat f dar
    ch3lat l3afya 3nd jiran
    mmi skhfat liya
    bba ma kayfi9ch
    khti ma kattneffesch
    khouya kaynzef
    kaysil lih dem bzaf
    rajli kaydrebni
    kayhddedni b mouss
    ghadi y9tlni
    bghit nmout
    bghit n9tel rassi
    ri7t lgaz f dar
    lbota katserreb
    mrati katwled daba
    weldi kayghre9
    weldi chreb javel
    kayna ksida khayba f tri9
    drbato tomobil
    wldi drbo do
"""
NO_EMERGENCIES = """
    j'ai besoin de quelqu'un pour m'accompagner aux urgences demain
    on a besoin de médicaments urgents
    j'ai besoin d'aide urgente pour mes courses
    notre maison a brûlé hier, on a besoin de couvertures
    après l'incendie on a tout perdu, il nous faut des vêtements
    il y a eu une inondation chez nous à Mohammedia, on a tout perdu
    je viens d'accoucher et je suis seule, j'ai besoin d'un coup de main
    j'ai eu un accident il y a deux mois, il me faut quelqu'un pour les courses
    un vieux monsieur au feu rouge vend des mouchoirs
    quelqu'un pour garder ma grand-mère une heure
    mon père sort de l'hôpital après son infarctus, qui peut lui apporter à manger ?
    ma voisine est seule et malade, qui peut l'aider ?
    mon fils a besoin de cours de violon
    acheter une bouteille de gaz et la monter au quatrième
    qui peut réparer ma lampe ?
    je suis aveugle et je cherche quelqu'un pour lire mon courrier
    j'ai faim
    une dame âgée seule, elle a besoin de visites
    accompagner mon frère à la dialyse
    un fauteuil roulant pour ma mère
    je suis morte de fatigue, qui peut garder le bébé ?
    je me sens très seule
    أحتاج من يرافقني إلى المستشفى
    نحتاج أدوية مستعجلة
    بيتنا احترق والجيران يؤووننا
    غمرت المياه بيتنا في المحمدية وفقدنا كل شيء
    من يذهب إلى الصيدلية من أجلي؟
    أحتاج من يحمل قنينة الغاز إلى الطابق الرابع
    جارتي وحيدة ومريضة فمن يساعدها؟
    أشعر بوحدة شديدة
    أحتاج قفة رمضان
    أحتاج أغطية للشتاء
    جدتي تحتاج من يجالسها ساعة
    خاصنا الدوا ضروري
    العافية شعلات فالدار البارح وبقينا بلا والو
    الله يعطيك العافية خاصني شي حد يقضي ليا
    جاري شيباني عايش بوحدو وما كيسول فيه حد
    بغيت شي حد يوصلني للدياليز
    خاصني شي حد يطلع ليا البوطا للطبقة الرابعة
    شي حد يجيب ليا الدوا من الفرماسي
    حاسة بالوحدة، بغيت غير اللي يهضر معايا
    مي مقعدة وخاصها شي حد يقابلها
    الدراري ما عندهم حوايج د الشتا
    khassna dwa darori
    khti mrida w 3mmi kbir khasso chi wa7ed ychri lih dwa f hay mohammadi, daba
    jarti bo7dha o mrida chkoun y3awenha ?
    ma 3endna ma naklo
    khassni chi 7ed ymchi m3aya l sbitar
    bghit li y3awenni f l9diya, ana kbir ma n9derch nkhrej
    khassni chi tomobil tddini l dialyse
    chi 7ed ytalle3 liya lbota l tab9a rab3a
    dar ghar9at b chta simana li fatt o khassna mantat
    khouya dar accident hadi jouj d simanat o b9a f lfrach
    wach kayn chi 9offa l drari dyali
    7assa b lwe7da, bghit ghir chi 7ed yhder m3aya
    lah y3tik l3afia, khassni li y9di liya
    khassni fauteuil roulant l jeddi
    bghit chi 7ed y3tini sway3 l wldi blach
    chi 7ed ykhrej m3a mmi tmchi l tbib nhar tlat
    serjem therres f lbrd
"""
ABOUT_MONEY = """
    j'ai besoin d'argent
    prêtez-moi 500 dh svp
    besoin d'une aide financière
    aidez-moi à payer mon loyer
    qui peut payer ma facture d'électricité ?
    je cherche quelqu'un pour m'avancer 300 dirhams
    une cagnotte pour ma fille
    أحتاج المال
    أريد مساعدة مالية
    أطلب مبلغا من المال
    من يقرضني؟ أحتاج قرضا
    لا أستطيع دفع الإيجار
    خاصني الفلوس
    عطيوني شوية د الفلوس
    سلفوني عفاكم
    ما عنديش باش نخلص الكرا
    شي صدقة بالفلوس
    عندي كريدي كبير
    khassni lflous
    bghit flous
    sellefni 200 dh
    ma 3endich bach nkhelles lkra
    bghit mosa3ada maliya
    3tiwni chi flous 3afakom
    kridi kter 3liya
"""
ABOUT_BUSINESS = """
    votez pour notre liste
    la campagne électorale commence, on cherche des gens pour coller des affiches
    je vends des gâteaux, qui en veut ?
    aidez-moi à trouver des clients
    صوتوا لمرشحنا
    نحتاج من يوزع منشورات الحزب
    أريد بيع سيارتي
    بغيت نبيع الطوموبيل
    bghit nbi3 tilifoun
    sewto 3la lmorache7 dyalna
"""
NEITHER = """
    acheter des médicaments pour moi
    j'ai besoin de médicaments et je n'ai pas d'argent
    je n'arrive plus à payer mes médicaments
    j'ai besoin d'un panier alimentaire
    qui peut me prêter des béquilles ?
    m'expliquer la lettre du loyer
    je n'ai pas les moyens de payer un plombier
    mon fils a besoin de cours et je ne peux pas payer
    quelqu'un pour lire un contrat
    أحتاج إلى دواء ولا مال عندي
    لا أملك ثمن الدواء
    أحتاج إلى قفة غذائية
    من يقرأ لي فاتورة الكهرباء؟
    ما عنديش باش نشري الدوا
    واش كاين شي قفة ديال رمضان
    شي حد يفهمني فالورقة ديال الكرا
    wldi mrid o ma 3endi bach nchri dwa
    ma 3endich bach nkhelless sway3
    wach kayn li y3tina mantat
    chi 7ed ychri liya lkhobz o l7lib
"""


def lines(block: str) -> list[str]:
    return [line.strip() for line in block.strip().splitlines()]


@pytest.mark.parametrize("said", lines(EMERGENCIES))
def test_whoever_is_in_danger_is_heard(said: str) -> None:
    assert screen(said) == EMERGENCY


@pytest.mark.parametrize("said", lines(NO_EMERGENCIES))
def test_what_neighbours_can_do_is_no_emergency(said: str) -> None:
    assert screen(said) is None


@pytest.mark.parametrize("said", lines(ABOUT_MONEY))
def test_money_is_seen(said: str) -> None:
    assert screen(said) == MONEY


@pytest.mark.parametrize("said", lines(ABOUT_BUSINESS))
def test_politics_and_commerce_are_seen(said: str) -> None:
    assert screen(said) == BUSINESS


@pytest.mark.parametrize("said", lines(NEITHER))
def test_things_and_time_are_no_money(said: str) -> None:
    assert screen(said) is None


def test_danger_comes_before_money() -> None:
    assert screen("mon mari me frappe, j'ai besoin d'argent pour partir") == EMERGENCY


def test_what_is_past_does_not_hide_violence() -> None:
    assert is_emergency("depuis hier mon mari me frappe")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("daba", "now"),
        ("tout de suite svp", "now"),
        ("دابا عفاك", "now"),
        ("الآن", "now"),
        ("حالا", "now"),
        ("c'est urgent", "now"),
        ("darori", "now"),
        ("lyoum", "today"),
        ("l'youm f l3chiya, lyoum", "today"),
        ("aujourd'hui", "today"),
        ("ce soir", "today"),
        ("اليوم", "today"),
        ("هذا المساء", "today"),
        ("urgent, avant ce soir", "today"),
        ("cette semaine", "week"),
        ("demain", "week"),
        ("ghedda", "week"),
        ("had simana", "week"),
        ("هاد السيمانة", "week"),
        ("هذا الأسبوع", "week"),
        ("غدا", "week"),
        ("ce n'est pas urgent", "week"),
        ("machi mezroub", "week"),
        ("ماشي ضروري دابا", "week"),
        ("je n'ai rien mangé jusqu'à maintenant", None),
        ("ma klit walo 7ta l daba", None),
        ("des courses", None),
    ],
)
def test_how_urgent_it_is(said: str, expected: str | None) -> None:
    assert urgency(said) == expected


@pytest.mark.parametrize(
    "said",
    [
        "j'ai besoin d'aide",
        "besoin d'aide svp",
        "j'ai besoin d'aide à Maârif aujourd'hui",
        "besoin d'aide pour mon voisin f hay mohammadi",
        "أحتاج مساعدة",
        "احتاج الى مساعدة عاجلة",
        "محتاجة المساعدة",
        "عاونوني الله يحفظكم",
        "m7taj mosa3ada",
        "3awnouni 3afakom",
        "m7taj chi wa7ed y3awenni daba f 3in cho9",
    ],
)
def test_the_bare_wish_names_no_need(said: str) -> None:
    assert need_in(said) is None


@pytest.mark.parametrize(
    "said",
    [
        "je n'ai rien à manger",
        "mon voisin handicapé a besoin de courses",
        "أحتاج قفة رمضان",
        "خاصني اللي يقضي ليا",
        "khassna mantat",
        "khassni chi 7ed ymchi m3aya l sbitar",
    ],
)
def test_more_than_the_wish_is_the_need(said: str) -> None:
    assert need_in(said) == said


@pytest.mark.parametrize(
    "said",
    [
        "je n'en ai plus besoin",
        "annulez ma demande",
        "ma b9itch m7taj",
        "ma b9itch me7taja 3afak",
        "ما بقيتش محتاج",
        "لم أعد بحاجة إلى ذلك",
    ],
)
def test_no_longer(said: str) -> None:
    assert is_no_longer(said)


@pytest.mark.parametrize("said", ["j'ai besoin de courses", "m7taj chi wa7ed", "محتاج شي واحد", "أحتاج مساعدة"])
def test_still(said: str) -> None:
    assert not is_no_longer(said)


@pytest.mark.parametrize("contact", ["0612345678", "06 12 34 56 78", "+212 6 12 34 56 78", "salma@example.org", "BE123456", "@salma_casa"])
def test_neighbours_read_no_contact(contact: str) -> None:
    assert without_contacts(f"des courses, {contact}") == f"des courses, {HIDDEN}"


def test_a_need_is_one_line_and_cut() -> None:
    assert without_contacts("du pain\n\net  du lait") == "du pain et du lait"
    assert len(without_contacts("a" * 1000)) == NEED_LENGTH
