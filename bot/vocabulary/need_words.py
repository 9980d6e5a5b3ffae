"""The words by which :mod:`bot.vocabulary.needs` knows an emergency, money, an advertisement, and how urgent something is.

One phrase a line and register; how they are read stands there.
"""

from __future__ import annotations

CRY = """
    au secours, a l aide, sos, sauvez (moi|nous), aidez … vite je vous en supplie,
    النجدة, أغيثون*, أنقذون*, عتقون*, عتقو الروح, عتقيني,
    3te?9ou?(ni|na), te?3te?9ou?(ni|na), 3te?9o (ni|na|rou7), l?njda
"""
FIRE = """
    au feu(?! rouge), (il y a|y a|ya) le feu, il y a (du|un) feu, y a du feu,
    le feu (a pris|prend|s est declare|se propage|dans|chez|au), prend feu,
    a pris feu, (maison|appart|appartement|immeuble|cuisine|chambre|voiture|cave|gaz) … (brule|flambe|crame|en feu|en flammes),
    (un|l) incendie, incendie (chez|dans|au|en cours),
    l?3af[iy]y?a (ch[a3]*l*|cha*3la|ch3[ae]?l*|na[dy]t|f), ch?[ae]?3la?t … l?3af[iy]y?a, ch[ae]?3let … l?3af[iy]y?a, kate?7re?9,
    kaye?t?7re?9,
    dar … (kat7re9|katchr3el|kate?ch3el),
    العافية (شعلات|شاعلة|كتشعل|شعلت|ناضت|فالدار|فدار|في), شعلات … العافية, كيتحرق*, كتحرق*, كتتحرق*, حريق, يحترق*, تحترق*,
    (النار|نار) … (تشتعل|مشتعلة|اشتعلت|شعلات|تلتهم),
    اشتعل* … النار, اندلع*
"""
BODY = """
    inconscient*, evanoui*, perdu connaissance, perd connaissance, perdre connaissance, ne (respire|repond|bouge) (pas|plus),
    ne se reveille (pas|plus),
    respire (pas|plus|mal|tres mal), (arrive|peux|peut) (pas|plus) a respirer, arrive pas a respirer, du mal a respirer, etouffe*,
    s etouffe,
    fait un malaise, en train de faire un malaise, convuls*, crise d epilepsie, crise epilep*, fait … avc,
    (un|d) avc … (maintenant|la|tout de suite),
    crise cardiaque, arret cardiaque, infarctus, mal … (poitrine|au coeur|thorax), douleur* … (poitrine|thorax|coeur),
    overdose, coma, avale … (javel|produit|poison|boite|plaquette), s est empoisonn*, intoxiqu*, intoxication, piqu* … scorpion,
    mord* … (serpent|vipere),
    saigne*, hemorragie, perd* … sang, plein de sang, beaucoup de sang,
    (va|en train d|est en train d) accoucher, accouche, perdu les eaux, perd les eaux, contractions,
    se noie, noyade, en train de se noyer, est tombe* … (puits|mer|oued), electrocut*, (tombe|chute|saute) … (balcon|toit|fenetre|etage),
    skhe?fa?t, skhe?f, skhe?fan*, mse?khfa?, meskhouf*, ghayb* … (wa3y|we3y|dnya|denya), daykh* … (ta7|ma kay),
    ma (kayfi9ch|katfi9ch|bghach yfi9|bghatch tfi9|kaysme3ch w ma kay*),
    ma (kay|kat)t?n[ea]?ff?[ea]?s*, ma kaytne?ffe?s*, ma kaytnafas*, ma kattneffes*, ma 9ade?r?a?ch … tne?ffe?s, mekhno?u?9*,
    kayte?khne?9*, katte?khne?9*,
    kayne?ze?f, katne?ze?f, kayn9ez dem, nazif, l?demm? … (bzaf|kayn?sil*|kaysi?l*|ma bghach|ma bghax), kaysil … demm?, dem ma bghach*,
    9e?lb* … (7bes|wqef|we9e?f|kay?7re?9*|kaydre?b*|kayw?je3*), (wje3|we?j3|7ri?9|7ra9|lwje3) … (sdr*|sder|sedri|9elb*), crise, sekta*,
    jalta,
    ch?re?b* … (javel|jafil|lma 9ate3|so?mm|semm), kla* … (so?mm|semm|dwa d lfar), te?se?mmem*, sa?mm, 3ed?do … (3e?9reb|7nech|lef3a),
    l?do … (drbo|drebo|chdo), (drbo|drebo) … do, ched?do … do,
    kayghre?9*, katghre?9*, ghre?9 … (lb7er|bir|daba|piscine), kate?we?led*, kat?wle?d*, (bdaha|jaha|jaw?ha) … (wje3|l?woja?3),
    hrbo … lma, nzel … lma dyal, ta7 … (st?a7|serjem|balcon|bir), ta7e?t … (sta7|serjem|balcon|bir),
    سخف*, مسخوف*, مغمي, مغمى, أغمي*, فاقد* … الوعي, فقد* … (الوعي|وعيه|وعيها), غايب … (الوعي|الدنيا), ما كيفيقش, ما كتفيقش, ما كيتنفس*,
    ما كتنفس*, ما كتتنفس*, ما قادرش … يتنفس, لا يتنفس, لا تتنفس, يتنفس بصعوبة, صعوبة … التنفس,
    يختنق*, تختنق*, اختناق, كيتخنق*, كتخنق*, مخنوق*, نزيف, ينزف*, تنزف*, كينزف*, كتنزف*, الدم … (كيسيل|كيهبط|بزاف|ما بغاش|يسيل),
    كيسيل … الدم, دماء كثيرة,
    نوبة قلبية, أزمة قلبية, سكتة*, جلطة*, (ألم|آلام|الم|وجع|حريق) … (الصدر|صدر*|القلب|قلبي), قلب* … (حبس|وقف|كيضر*|توقف), كريز,
    نوبة صرع, تشنج*,
    تسمم*, شرب* … (جافيل|السم|سم), تجرع*, كلا … السم, ضرب* … الضو, شد* … الضو, صعق*, لدغ* … (عقرب|أفعى|ثعبان), عض* … (حنش|عقرب),
    كيغرق*, كتغرق*, يغرق*, تغرق*, غرق … (دابا|البحر|الآن), كتولد*, تلد الآن, (جاها|بداها) … (الوجع|الطلق), المخاض, طلق الولادة,
    طاح … (السطح|الشرجم|البير|البالكون), سقط* … (الشرفة|السطح|البئر|النافذة)
"""
VIOLENCE = """
    (me|nous|la|le|les) (frappe|frappent|tabasse*|tape|tapent|bat|battent|viole*),
    (mari|pere|frere|fils|ex|voisin|compagnon) … (frappe*|tabasse*|menace*|me bat),
    menac* … (couteau|mort|tuer|arme), avec un couteau, avec une arme, me menace*, (va|veut|vont) … (me|la|nous|le) tuer, m agress*,
    agress* … (maintenant|en cours|devant), se fait agresser,
    viole, violee, viol, un viol, kidnapp*, enlev* … (enfant|fille|fils|bebe),
    (enfant|fils|fille|frere|petit|bebe) … (a disparu|disparu|disparue|introuvable),
    (voleur*|cambriol*) … (dans|chez|devant|maintenant|la maison|entrer|rentre*), coups de (feu|couteau), poignard*, sequestr*,
    kaydre?bni*, kadre?bni, kaydre?bha*, kaydre?bna, kaydre?bouni?, kayde?rbni,
    (rajli|rajel|rajelha|khouya|bba|wldi|jarna) … (kaydreb*|kaydre?b*|kaye?hded*), be?l?mou?s, b mou?ss?, bmouss?, hez* … (mouss?|sif),
    kayhe?dde?d*, kayhde?dni,
    (bgha|baghi|baghyin|ghadi|ghaydi?r) … (ye?9te?l*|y9tlo*|yqtel*), ghta?se?b*, te?ghte?seb*, khe?tf*, khtaf*,
    (weldi|wldi|benti|bnti|khouya|drri) … (tle?f|telfa?t|tw?edd?er|twedrat|mcha liya), chf*fara? … (dar|bab|daba),
    che?ff?a?r … (dar|bab|daba), crissaw,
    كيضربني, كيضربها, كيضربنا, كيضربوني, كتضربني, يضربني, يضربها, يضربنا,
    (زوجي|راجلي|راجلها|رجلي|خويا|ولدي|أبي|أخي) … (كيضرب*|يضرب*|يعنف*|كيهدد*|يهدد*), يؤذيني, بالموس, بموس, بسكين, السكين, جنوي,
    هاز … موس,
    يهددني, كيهددني, كيهددوني, تهديد بالقتل, (يريد|غادي|بغا|سوف) … (يقتل*|قتلي), سيقتل*, اغتصب*, اغتصاب, اعتدا*, اعتدى*, يعتدي*, خطف*,
    اختطف*, اختطاف, (ابني|ابنتي|ولدي|بنتي|خويا|الدري) … (اختفى|اختفت|ضاع|تلف|تلفات|توضر|توضرات),
    (شفار*|لص|لصوص|سارق) … (الدار|البيت|الباب|فالدار|المنزل|دابا|الآن)
"""
DESPAIR = """
    suicid*, (veux|voudrais|envie de|prefere) mourir, envie d en finir, en finir avec (la vie|tout), me tuer, plus envie de vivre,
    veux plus vivre, mettre fin a (mes|ses) jours,
    (parle*|pense*) … (de la mort|a la mort|de mourir|a mourir), se tuer, me faire du mal, s est ouvert les veines,
    bghit nmou?t, baghi nmou?t, bghat tmou?t, bgha ymou?t, n9te?l (rasi|rassi|ra7i), y9te?l raso, t9te?l rasha, nten7e?r*, ntan7er,
    yntan7e?r, yente7er, bghit … nti?7e?r, ma b9it baghi n3ich, ma b9itch baghi?a? n3ich, 3yit mn l7yat, kathder 3la lmout,
    kayhder 3la lmout,
    بغيت نموت, بغات تموت, بغا يموت, نقتل راسي, يقتل راسو, تقتل راسها, ننتحر, ينتحر*, تنتحر*, الانتحار, انتحار, انتحر*, أريد أن أموت,
    أتمنى الموت, أريد الموت, إنهاء حياتي, إنهاء حياته*, أنهي حياتي, أقتل نفسي, ما بقيتش باغي نعيش, ما بقيتش باغية نعيش,
    لا أريد أن أعيش, لم أعد أريد العيش, لم أعد أرغب … الحياة,
    (تتحدث|يتحدث|كتهضر|كيهضر) … الموت
"""
PLACE = """
    (fuite|odeur) … gaz, sent … gaz, gaz … (fuit|fuite|s echappe), monoxyde,
    (immeuble|mur|plafond|toit|maison|balcon) … (s effondre|s est effondre*|s ecroule|s est ecroule*|vient de tomber),
    sous les (decombres|gravats),
    coince* … (ascenseur|voiture|decombres), bloque* dans l ascenseur,
    accident … (grave|maintenant|la|devant|a l instant|route|moto|voiture), vient d avoir un accident, vient de se faire renverser,
    renverse* par, s est fait renverser, blesse* grave*, gravement blesse*,
    ri7t … (lgaz|gaz|lbota|bota),
    (lgaz|gaz|lbota|bota) … (kaykhre*|kayherreb*|kayserreb*|katkhrej|kathrreb|katserreb|mherrba|tferg3a*|ghadi ttferga3),
    kanche?mm? … (lgaz|gaz|bota), (ksida|kssida|accident|l?aksidan) … (daba|khay?ba?|kbira|tri9|9eddam|9dami|mate?t?),
    kayna? (ksida|kssida|accident), drbato … (tomobil|tonobil|motor|kamyo|tobis|tran|tram), drebto … (tomobil|motor),
    (dar|7it|s9ef|immeuble) … (ra?be?t? 3l*|rab 3l*|ta7 3l*|ta7e?t 3l*),
    mje?rou?7* … (bzaf|daba|katir),
    (تسرب|تسريب|رائحة|ريحة) … (الغاز|غاز|الگاز|البوطا),
    (الغاز|الگاز|البوطا|بوطا) … (كيخرج|كتخرج|كيهرب|كتهرب|يتسرب|تفركع*|غادي تفركع|انفجر*), حادث* سير, حادثة … (خطيرة|الآن|الطريق),
    كسيدة … (دابا|خايبة|كبيرة|الطريق|قدامي), كاينة … كسيدة, وقعات … كسيدة, ضرباتو … طوموبيل, دهست*, دهسه*, انهار*,
    (تحت|وسط) … (الأنقاض|الردم), (جريح|جرحى|إصابة|مصاب) … (خطير*|بليغ*|الآن),
    (الحيط|السقف|الدار) … (طاح علي*|طاحت علي*|ريبات علي*)
"""
PAST = """
    hier, avant hier, il y a … (jour|jours|semaine|semaines|mois|an|ans|longtemps|heures), l an dernier, l annee derniere,
    la semaine derniere, le mois dernier, depuis, suite a, a la suite d,
    apres … (incendie|accident|accouchement|avc|operation|infarctus|crise|chute),
    tout perdu, en convalescence, sorti de l hopital, sortie de l hopital, j ai eu, a eu un avc, avait,
    lbare7, lbar7, (simana|chher|chhr|3am|nhar) (li|lli) (fat*|daz*), hadi … (simana|chher|3am|iyam|youmayn|jouj), b9ina bla,
    mn (bab|wra|mora|ba3d), mora, men mora, b9a f lfrach, b9at f lfrach,
    البارح, أمس, منذ, بعد (الحريق|الحادث*|العملية|الولادة|الكسيدة), (الأسبوع|الشهر|العام|السنة) (الماضي|الماضية),
    (السيمانة|الشهر|العام) (اللي|لي) (فات*|داز*), هادي … (سيمانة|شهر|عام|أيام), بقينا بلا, مورا, وفقدنا, فقدنا كل, يؤووننا,
    احترق بيتنا, بيتنا احترق, بعدما
"""
"""It was an emergency once: what is needed now is help. A danger to somebody's life by others or by himself is never put aside by these."""
MONEY = """
    besoin d (argent|un pret|une avance|un credit), besoin de (l argent|fric|sous|cash|liquide), besoin urgent d argent,
    besoin (de|urgent de) (\\d+ dh|\\d+ dhs|\\d+ dirhams?|\\d+ mad|\\d+ euros?|\\d+dhs?),
    (prete*|preter|avance*|avancer|donne*|donner|envoye*|envoyer|verse*|verser|file*|cherche|demande|trouver|recevoir|collecter|emprunter)
    … (argent|dh|dhs|dirham|dirhams|mad|cash|sous|especes|\\d+dh),
    aide* financiere*, aide* en argent, aide* pecuniaire*, soutien financier, aide* en especes, don* d argent, dons* en argent,
    collecte d argent, cagnotte*, virement, western union, wafacash, (cash plus|cashplus), un pret, un credit,
    (payer|regler|rembourser|paye|regle) … (loyer*|facture*|dette*|credit*|traite*|l electricite|l eau|lydec|mes charges), le loyer,
    mon loyer, notre loyer, des dettes, mes dettes, (payez|paye|paie) (moi|nous),
    (khass?ni|khassna|khass?o|khass?ha|bghit|bghina|m7taje?|me7taja?|m7tajin|ne7taj|3tiwni|3te?wni|3tini|3tiwna|sifto|sifet|sifto?li|
    jem3o|njem3o|tlbt|ntle?b) … l?flou?ss?,
    (khass?ni|khassna|bghit|m7taj|me7taja|3tiwni|3tini|sifto) … (drahem|dra?hm|dirham|dh|lmal|cash|\\d+dh),
    se?l?l?e?f(ni|na|oni|ouni|ona|li), te?sel*f(ni|na|oni|ouni), yse?l+e?f(ni|na), yse?lfni, tse?lfni, ntse?ll?e?f, nte?slle?f, kri?di,
    l?kridi*, 9erd, l?9rou?da?,
    (nkhe?ll?e?s|ykhe?ll?e?s|tkhe?ll?e?s|nkhels|khe?ll?so|ykhe?llso) … (lkra|kra|lkri|factur*|dou?|do|lma|trita|traite|dar|dyoun),
    lkra, mosa3ada maliya, mo3awana maliya, da3m mali, (sada9a|sad9a) … flous,
    (سلفني|سلفوني|سلفونا|تسلفني|تسلفوني|تسلفونا|يسلفني|يسلفنا|نتسلف|سلف), أقرض*, يقرض*, (قرض|قرضا|القرض), قروض, كريدي,
    (خاصني|خاصنا|خاصو|خاصها|بغيت|بغينا|محتاج*|أحتاج|نحتاج|عطيوني|عطيني|عطيونا|أعطوني|صيفطو|أرسلوا|أريد|نريد|كنطلب|أطلب|نطلب) (الفلوس|فلوس|
    المال|مال|نقود|النقود|الدراهم|دراهم|مبلغ*|درهم),
    (خاصني|خاصنا|خاصو|خاصها|بغيت|بغينا|محتاج*|أحتاج|نحتاج|عطيوني|عطيني|عطيونا|أعطوني|صيفطو|أرسلوا|أريد|نريد|كنطلب|أطلب|نطلب) (شي|شوية|إلى|
    الى|بعض|ليا|لي|واحد) (الفلوس|فلوس|المال|مال|نقود|النقود|الدراهم|دراهم|مبلغ*|درهم),
    (خاصني|خاصنا|خاصو|خاصها|بغيت|بغينا|محتاج*|أحتاج|نحتاج|عطيوني|عطيني|عطيونا|أعطوني|صيفطو|أرسلوا|أريد|نريد|كنطلب|أطلب|نطلب) (شوية د|
    شوية ديال|شي شوية) (الفلوس|فلوس|المال|مال|نقود|النقود|الدراهم|دراهم|مبلغ*|درهم),
    (خاصني|خاصنا|خاصو|خاصها|بغيت|بغينا|محتاج*|أحتاج|نحتاج|عطيوني|عطيني|عطيونا|أعطوني|صيفطو|أرسلوا|أريد|نريد|كنطلب|أطلب|نطلب) … \\d+ (درهم|
    دراهم),
    (مساعدة|مساعدات|معاونة|معونة|دعم|مساندة) (مالية|مادية|مالي|مادي|نقدية|بالفلوس), (الصدقة|صدقة) … (الفلوس|فلوس), مبلغ من المال,
    (نخلص|يخلص|تخلص|تخلصو|خلصو|أداء|دفع|تسديد|أسدد|أدفع|ندفع|نسدد|تسديد) … (الكرا|كرا|الإيجار|إيجار|السومة|الفاتورة|فاتورة|الفواتير|
    فواتير|الضو|الكهرباء|الماء|الديون|ديون*|الكريدي|القرض),
    الكرا, إيجار*, ديوني, ديون
"""
NOT_MONEY = """
    (lire|comprendre|expliquer|remplir|ecrire|traduire) … (contrat|facture|bail|lettre|courrier|papier*|dossier), contrat de,
    dossier de, papiers d*,
    (yfehmni|ye?fhe?mni|y9ra|ye9ra|ychre7|y3e?mmer*) … (l?factur*|bria|l?brya|wr9a|lwra9|contrat),
    (يفهمني|يقرا*|يقرأ|قراءة|يشرح*|فهم|يعمر|ملء) … (الفاتورة|فاتورة|الورقة|الوراق|الأوراق|العقد|الرسالة|رسالة|الوثائق)
"""
"""Papers about money are papers."""

BUSINESS = """
    votez, voter pour, votes pour, (campagne|liste|affiche*|tract*) … elect*, campagne electorale, elections, electoral*,
    parti politique, notre candidat,
    mon candidat, meeting politique, militants,
    je vends, a vendre, vendre (mes|mon|ma|nos|des|un|une|mon), acheter (mes|nos) … (produits|articles), trouver des clients,
    (des|mes|de) clients, clientele, promotion de (mon|ma|mes|notre), (de la|ma|une) pub, (faire|ma) publicite,
    mon (commerce|business|magasin|entreprise|site),
    tse?wt*, se?wto (3la|l), sou?wto, intikhabat*, l?intikhabat, 7amla, l?7izb, 7izb*,
    (bghit|bghina|kanbghi|baghi) (nbi3|nbi3o|ne?bi3), chri?w (mn|men) 3end*, kanbi3 … (chriw|li bgha|lli bgha), klyan*, clianat,
    dirou? liya (pub|ich?har), l?ichhar,
    صوتو*, صوتوا, التصويت, نصوتو, انتخاب*, الانتخابات, حملة انتخابية, حزب*, مرشح*, للبيع,
    (بغيت|أريد|نريد|بغينا) (نبيع|نبيعو|أن أبيع|بيع|أبيع), شريو من عندي, اشتروا منت*, زبناء, كليان*, إشهار, دعاية, ترويج منتج*
"""

NOT_URGENT = """
    pas urgent, pas presse*, rien d urgent, quand vous (voulez|pouvez), prenez votre temps,
    machi (zerba|mezroub*|mosta3jal*|darori|daba), ma kaynch zerba, fo9ach ma (kan|bghitou|bghito|knto), 3la ra7tkom,
    ماشي (مزروب*|ضروري|دابا|مستعجل*), ليس (مستعجلا|عاجلا|أمرا عاجلا), ليست (مستعجلة|عاجلة), غير مستعجل*, فوقاش ما, على راحت*, متى شئتم,
    لا شيء مستعجل
"""
UNTIL_NOW = """
    jusqu a (maintenant|present), (7ta|7tta|7etta) (l )?l?daba, (mn|men) daba, حتى لدابا, حتى دابا, لحد الآن, حتى الآن, إلى الآن,
    من دابا, من الآن
"""
NOW = """
    maintenant, tout de suite, immediatement, de suite, au plus vite, le plus vite possible, dans l heure, daba, dab, daba daba, 7alan,
    fissa3, f l7in, dghya, deghya, be?zze?rba, b zerba,
    دابا, الآن, حالا, فورا, في الحال, دغيا, دغية, بالزربة, فالحين, فيسع, في أقرب وقت
"""
TODAY = """
    aujourd hui, aujourdhui, ce (soir|matin|midi), cet apres midi, cette (nuit|apres midi), avant ce soir, lyoum, lyouma?, lyom, ljoum,
    had l?(nhar|3chiya|lila|sba7), llila, had lyoum,
    اليوم, ليوم, هاد (النهار|العشية|الليلة|الصباح), هذا (المساء|الصباح|اليوم), هذه الليلة, الليلة
"""
WEEK = """
    cette semaine, dans la semaine, dans les jours qui viennent, ces jours ci, demain, apres demain, ce week end, ce weekend,
    d ici … (jours|vendredi|samedi|dimanche|lundi|mardi|mercredi|jeudi), ghe?dda, gheda, ghdda, ghda, b3d ghedda,
    had (ss?imana|lweekend|liyam|lyamat),
    غدا, غدّا, بعد غد, هاد (السيمانة|الأسبوع|الأيام|اليامات|الويكاند), هذا الأسبوع, خلال الأسبوع, هذه الأيام, نهاية الأسبوع
"""
PRESSING = """
    urgent*, urgence, vite, presse, presses, darori, daroriya?, mosta3jal*, me?zro?u?b*, عاجل*, مستعجل*, مستعجلة, ضروري, ضرورية, مزروب*
"""
NO_LONGER = """
    plus besoin, annule*, annuler, laisse* tomber, c est regle, c est arrange, j ai trouve quelqu un,
    ma b9it* … (m7taj*|me7taj*|khass?ni|baghi*|bghit), ma b9a* … (khass?ni|khassna|la?zem), safi … (l9it|tse?lle?k*|t7elle?t),
    l9it li y3awenni, b?lach daba,
    ما بقيت* … (محتاج*|باغي*|بغيت), ما بقاش … (خاصني|خاصنا), ما بقيتش محتاج*, لم أعد … (بحاجة|أحتاج|محتاج*), لم نعد … (بحاجة|نحتاج),
    ألغ*, إلغاء, صافي … (لقيت|تسلكات|تحلات), لقيت اللي يعاونني
"""
LISTS = """
    (liste|listes|message|messages|notification*|annonce*|mission*), (la2i7a|la2i7at|l?lista|messages|message|l?mohim*|annonce*),
    (لائحة|اللائحة|لوائح|اللوائح|رسائل|الرسائل|الميساجات|ميساجات|المهمات|المهام|الإعلان*)
"""
"""What somebody may be tired of who needs the help as before."""
