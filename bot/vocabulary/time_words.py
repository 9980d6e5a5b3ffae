"""The words of time in four registers, normalised when they are first needed. Written by hand."""

from __future__ import annotations

from bot.vocabulary.spelling import normalise

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _table(lines: str) -> dict[str, str]:
    table = {}
    for line in lines.strip().splitlines():
        value, _, names = line.strip().partition(": ")
        for name in names.split(","):
            table[normalise(name)] = value
    return table


def _set(names: str) -> frozenset[str]:
    return frozenset(normalise(name) for name in names.split())


WEEKDAYS = _table("""
    mon: lundi, lundis, lun, tnin, ltnin, letnin, lethnin, tnine, tnayn, itnin, letnine, الاثنين, اثنين, الإثنين, التنين, تنين, لتنين, الاتنين
    tue: mardi, mardis, tlat, tlata2, ttlat, tlate, tlath, talata2, الثلاثاء, ثلاثاء, التلات, تلات, الثلاث, التلاتاء, الثلاتاء
    wed: mercredi, mercredis, larb3, arb3, larbe3, larba3, lareb3, arbi3a, al2arbi3a2, الأربعاء, أربعاء, الأربع, لاربع, الاربعا, الاربع, لربع
    thu: jeudi, jeudis, khmis, lkhmis, khamis, lkhamis, 5mis, l5mis, khemis, الخميس, خميس, لخميس
    fri: vendredi, vendredis, jem3a, jom3a, joumou3a, jm3a, jemaa, joumoua, ljem3a, ljom3a, jomo3a, الجمعة, جمعة, الجمعه, لجمعة
    sat: samedi, samedis, sebt, sbt, sabt, ssebt, essebt, ssabt, السبت, سبت, لسبت, السبط
    sun: dimanche, dimanches, l7ed, 7ed, lhed, l7edd, el7ed, la7ad, l2a7ad, a7ad, lehed, الأحد, أحد, الحد, لحد
""")
# Short or ambiguous forms that a proclitic would reveal inside other words are kept out: "had", "mar", "sam".

MONTHS = _table("""
    1: janvier, janv, yanayer, ynayer, يناير, جانفي
    2: février, fevrier, fév, fev, febrayer, fbrayer, فبراير, فيفري
    3: mars, mares, مارس
    4: avril, avr, abril, abrel, أبريل, ابريل, أفريل
    5: mai, may, mayo, ماي, مايو
    6: juin, yonyo, younyou, يونيو, جوان
    7: juillet, juil, yolyoz, youlyouz, يوليوز, يوليو, جويلية
    8: août, aout, ghocht, ghosht, غشت, أغسطس, اغسطس, أوت
    9: septembre, sept, chotanbir, choutanbir, شتنبر, سبتمبر, شتمبر
    10: octobre, oct, oktobr, october, أكتوبر, اكتوبر
    11: novembre, nov, nowanbir, nouwanbir, نونبر, نوفمبر, نوانبر
    12: décembre, decembre, déc, dec, dojanbir, doujanbir, دجنبر, ديسمبر
""")

PARTS = _table("""
    morning: matin, matins, matinée, matinee, mat, sba7, sbah, ssba7, essbah, sbe7, f sba7, sabah, صباحا, الصباح, صباح, الصبح, صبح, لصباح, صباحية
    afternoon: après midi, apres midi, aprem, apm, midi, 3chiya, l3chiya, lachiya, 3achiya, l3achiya, 3chia, l3chia, العشية, عشية, لعشية, بعد الزوال, الزوال, بعد الظهر, الظهر, ظهرا, زوالا, العصر, b3d dhor, dohr, l3asr
    evening: soir, soirs, soirée, soiree, lmaghreb, lmghrb, lmeghreb, maghreb, l3cha, m3a lmaghreb, مساء, المساء, مساءا, المغرب, العشاء, العشا, لمغرب, المسا
    night: nuit, nuits, lil, llil, bellil, layl, الليل, ليلا, ليل, بالليل
""")

BARE_WEEKDAYS = _set("أحد حد لحد a7ad 7ed hed")
WEEKDAY_LEADS = _set("nhar yom yoma nharat kol koul kola had hada lil يوم نهار كل هاد هذا ليلة صباح dyal d ديال")
ONE = _set("واحد واحدة")
FIRST = _set("premier فاتح fate7 fati7")
FROM = _set("de du des entre depuis mn men min من بين ابتداء")
LAST = frozenset(
    normalise(words)
    for words in "dernier,derniere,derniers,passé,passée,الماضي,الماضية,المنصرم,الفايت,الفايتة,فات,فاتت,fat,fatt,fayet,li fat,li fatt,li fatet,"
    "lli fat,lli fatt,lli fatet,li daz,li dazt,lli daz,lli dazt,اللي فات,اللي فاتت,لي فات,لي فاتت,اللي داز,اللي دازت,لي داز,لي دازت".split(
        ","
    )
)
AGO = _set("قبل هادي hadi منذ depuis")
MONTH_LEADS = _set("en courant pendant f fi في شهر chher chhar fchher mois")
HOURS = {
    **dict.fromkeys(_set("الواحدة"), 1), **dict.fromkeys(_set("الثانية التانية"), 2), **dict.fromkeys(_set("الثالثة التالتة"), 3),
    **dict.fromkeys(_set("الرابعة"), 4), **dict.fromkeys(_set("الخامسة"), 5), **dict.fromkeys(_set("السادسة"), 6),
    **dict.fromkeys(_set("السابعة"), 7), **dict.fromkeys(_set("الثامنة"), 8), **dict.fromkeys(_set("التاسعة"), 9),
    **dict.fromkeys(_set("العاشرة"), 10),
}  # fmt: skip
NEXT = _set(
    "prochain prochaine prochains qui jay jaya ljay ljaya jayya lijay lijaya الجاي الجاية جاي جاية القادم القادمة المقبل المقبلة الماجي الماجية ماجية"
)
THIS = _set("ce cet cette had hada هاد هذا هذه هاذ هد")
TO = _set("au à a jusqu jusqu'à ila l tal tel hetal htal 7tal 7etal ل الى إلى لل حتى حتال حتل 7ta 7etta hta")
OR = _set("ou wla aw awla ola أو او ولا")
IN_AFTER = _set("dans d'ici mora mour mor mourra b3d ba3d بعد خلال مورا من_بعد mn_b3d")
UNITS = _table("""
    day: jour, jours, iyam, ayam, yam, nhar, أيام, ايام, يوم, نهار, يام
    week: semaine, semaines, simana, simanat, osbo3, أسبوع, أسابيع, اسابيع, سيمانة, سيمانات
    month: mois, chher, chhor, chhar, شهر, أشهر, شهور, اشهر
""")
DUALS = _table("""
    day: يومين, نهارين, youmayn, yomin, nharin
    week: أسبوعين, اسبوعين, سيمانتين, simantin, simantayn
    month: شهرين, chehrayn, chahrayn, chhrayn
""")
HERE = _set("هنا hna دابا daba")
WEEK = _table("""
    week: semaine, simana, simna, osbo3, أسبوع, الأسبوع, سيمانة, السيمانة
    weekend: weekend, الويكاند, ويكاند, wikend
    month: mois, chher, chhar, الشهر, شهر
""")


def _phrases() -> dict[str, tuple[str, str]]:
    days = """
        weekday weekend: n'importe quand, tous les jours, toute la semaine, chaque jour, kol nhar, koul nhar, kola nhar, ay we9t, ay wa9t, fay wa9t, f ay wa9t, fay we9t, أي وقت, فأي وقت, في أي وقت, كل يوم, كل نهار, كل الأيام, دائما متاح, fi ay wa9t, ay nhar, toujours disponible, tout le temps
        weekday: en semaine, pendant la semaine, jours de semaine, jours ouvrables, wast simana, west simana, wset simana, wst simana, wost simana, وسط السيمانة, وسط الأسبوع, أيام الأسبوع, خلال الأسبوع, f simana
        weekend: weekend, week end, week-end, weekends, week-ends, les week ends, fin de semaine, wikend, wikand, lweekend, lwikend, عطلة نهاية الأسبوع, نهاية الأسبوع, الويكاند, ويكاند, الويكند, ويكند, آخر السيمانة
    """
    dates = """
        -2: avant hier, avant-hier, أول أمس, أول البارح, wel lbare7, wlbare7, lbare7 lwel, قبل أمس
        -1: hier, lbare7, lbar7, lbareh, lbarah, bare7, elbare7, البارح, البارحة, لبارح, أمس, الأمس, بالأمس
        +0: aujourd'hui, aujourdhui, lyoum, lyom, ljoum, lyouma, اليوم, ليوم, هذا اليوم, had nhar
        +1: demain, dmain, ghedda, ghada, gheda, 8edda, ghdda, ghda, ghadda, 8da, rdda, ghedwa, غدا, غدا إن شاء الله, الغد, غدّا, غدة
        +2: après demain, apres demain, b3d ghedda, ba3d ghedda, wra ghedda, men ba3d ghedda, بعد غد, بعد غدا, ورا غدا, من بعد غدا
        week+1: la semaine prochaine, semaine prochaine, semaine pro, simana jaya, simana ljaya, ssimana jaya, الأسبوع القادم, الأسبوع المقبل, السيمانة الجاية, السيمانة الماجية, سيمانة الجاية
        week+0: cette semaine, had simana, had ssimana, هاد السيمانة, هذا الأسبوع
        weekend+0: نهاية هذا الأسبوع, عطلة نهاية هذا الأسبوع, fin de cette semaine, fin de la semaine, ce week end, ce weekend, ce week-end, had lweekend, had weekend, هاد الويكاند
        weekend+1: week end prochain, weekend prochain, week-end prochain, الويكاند الجاي
        month+1: le mois prochain, mois prochain, chher jay, chher ljay, الشهر القادم, الشهر المقبل, الشهر الجاي
    """
    found: dict[str, tuple[str, str]] = {}
    for kind, lines in (("days", days), ("date", dates)):
        for line in lines.strip().splitlines():
            value, _, names = line.strip().partition(": ")
            for name in names.split(","):
                found[normalise(name)] = (kind, value)
    return found


PHRASES = _phrases()
