"""What is a copy, by which rule and for which reason, and what the verdicts on a new item come to."""

from datetime import UTC, datetime, timedelta

import pytest
from article_copies import NOON, REPORT, REPORT_TITLE, TEXT, TITLE, sentences, sighting, words

from aggregator.curation.duplicates import dated, decide, gather
from aggregator.curation.verdicts import Pair, Sighting, Verdict, judge

ORIGINAL = sighting(TITLE, TEXT, number=1, url="https://gazette.example/port")
NEW_TITLE = "Islanders must sail from the old fish quay as Halvik mends its lock"

COPIES = [
    ("as it is", "title", TITLE, TEXT),
    ("cut to 40 words", "title", TITLE, words(TEXT, 40)),
    ("cut to 15 words", "title", TITLE, words(TEXT, 15) + "..."),
    ("title alone", "title", TITLE, ""),
    ("in capitals", "title", TITLE.upper(), TEXT),
    ("correction in front", "title", f"CORRECTED-{TITLE}", TEXT),
    ("update in front", "title", f"UPDATE 1-{TITLE}", TEXT),
    ("section in front", "title", f"World › {TITLE}", TEXT),
    ("site behind", "title", f"{TITLE} - The Brenna Post", TEXT),
    ("without the articles", "title", TITLE.replace("Port of", "The Port of"), TEXT),
    (
        "publishing software's tail",
        "title",
        TITLE,
        f"{words(TEXT, 40)} The post {TITLE} appeared first on Brenna Post.",
    ),
    ("other teaser", "title", TITLE, "What the repairs mean for ferries, freight and fishing, and who pays for them."),
    ("other headline", "text", NEW_TITLE, TEXT),
    ("other headline, cut", "text", NEW_TITLE, words(TEXT, 60)),
    ("other headline, reordered", "text", NEW_TITLE, " ".join(reversed(sentences(TEXT)))),
    ("other headline, sentence dropped", "text", NEW_TITLE, " ".join(sentences(TEXT)[:2] + sentences(TEXT)[3:])),
    ("other headline, by-line in front", "text", NEW_TITLE, f"By Kari Moe, Brenna Post. HALVIK (NTB) - {TEXT}"),
    (
        "other headline, notice behind",
        "text",
        NEW_TITLE,
        f"{TEXT} All rights reserved. Sign up to our newsletter here.",
    ),
    ("other headline, U.S. spelling", "text", NEW_TITLE, TEXT.replace("harbour", "harbor").replace("million", "mln")),
]


@pytest.mark.parametrize(("kind", "rule", "title", "text"), COPIES, ids=[case[0] for case in COPIES])
def test_copies_from_another_source(kind: str, rule: str, title: str, text: str) -> None:
    """A copy is known by its title or its text, whatever was cut, added, moved or renamed."""
    copy = sighting(title, text, source="post", hours=5, number=2)
    assert judge(Pair.of(copy, ORIGINAL)).rule == rule


@pytest.mark.parametrize(
    ("kind", "copy"),
    [
        ("another guid", sighting(TITLE, TEXT, hours=1, number=2)),
        ("no text, one page", sighting("Closed", url="https://a.example/1?ref=rss", hours=1, number=2)),
        ("neither text nor link", sighting("Nothing but a title", hours=1, number=2)),
        ("few words, no link", sighting("AION", "Works again with version 3.", hours=1, number=2)),
    ],
)
def test_one_source_under_another_guid(kind: str, copy: Sighting) -> None:
    """A feed that gives out new ids for old items does not push them again."""
    before = {
        "another guid": sighting(TITLE, TEXT),
        "no text, one page": sighting("Closed", url="https://a.example/1"),
        "neither text nor link": sighting("Nothing but a title"),
        "few words, no link": sighting("AION", "Works again with version 3."),
    }[kind]
    assert judge(Pair.of(copy, before)).rule == "same source"


def test_one_page_joins_where_titles_or_texts_agree() -> None:
    """Two links to one page, up to two weeks apart, are one article if it has the same title or text."""
    url = "https://gazette.example/port"
    original = sighting(TITLE, TEXT, url=url)
    assert (
        judge(Pair.of(sighting(TITLE, source="links", hours=200, url=f"{url}?utm_source=x"), original)).rule == "page"
    )
    assert judge(Pair.of(sighting("Read this", TEXT, source="links", hours=200, url=url), original)).rule == "page"
    assert judge(Pair.of(sighting(TITLE, source="links", hours=400, url=url), original)).rule == ""


@pytest.mark.parametrize(
    ("kind", "title", "text", "other_title", "other_text"),
    [
        (
            "Japanese",
            "中央銀行が政策金利を据え置き 物価の見通しは下方修正",
            "中央銀行は火曜日の会合で、政策金利を現在の水準に据え置くことを全員一致で決めた。総裁は記者会見で、物価の上昇は"
            "年末にかけて緩やかになるとの見通しを示し、賃金の動きを注意深く見守る考えを強調した。市場では次の利上げは来年の春"
            "以降になるとの見方が広がっている。",
            "市営バスの運賃が四月から値上げへ 利用者の減少で",
            "市は来年度から市営バスの初乗り運賃を二百円から二百二十円に引き上げる方針を固めた。利用者の減少と燃料費の高騰が"
            "理由で、市議会に条例の改正案を提出する。学生と高齢者の割引は続けるとしている。値上げは八年ぶりとなる。",
        ),
        (
            "Thai",
            "ท่าเรือปิดซ่อมประตูน้ำสามเดือนตั้งแต่เดือนมีนาคม",
            "การท่าเรือแจ้งว่าจะปิดท่าเรือสำหรับเรือขนาดใหญ่ตั้งแต่เดือนมีนาคมเพื่อซ่อมประตูน้ำสองบานที่รั่วมานาน เรือข้ามฟากจะย้ายไปใช้ท่าเรือประมงเก่าแทน",
            "รถโดยสารประจำทางขึ้นค่าโดยสารในเดือนเมษายน",
            "เทศบาลเตรียมขึ้นค่าโดยสารรถประจำทางเนื่องจากจำนวนผู้โดยสารลดลงและราคาน้ำมันสูงขึ้น ส่วนลดสำหรับนักเรียนและผู้สูงอายุยังคงเดิม",
        ),
        (
            "Arabic",
            "إغلاق الميناء أمام السفن الكبيرة حتى إصلاح بوابات الحوض",
            "قالت هيئة الميناء يوم الثلاثاء إن الميناء سيغلق أمام السفن الكبيرة ابتداء من شهر مارس إلى أن يتم استبدال بوابتي الحوض "
            "اللتين يتسرب منهما الماء منذ عاصفة الشتاء، وستبحر العبارات إلى الجزر من رصيف الصيد القديم",
            "رفع أسعار تذاكر الحافلات في المدينة ابتداء من أبريل",
            "قررت البلدية رفع أسعار تذاكر الحافلات بسبب تراجع عدد الركاب وارتفاع أسعار الوقود، وستبقى تخفيضات الطلاب والمسنين كما هي "
            "دون تغيير حسب ما جاء في البيان الصادر يوم الاثنين",
        ),
    ],
)
def test_other_scripts(kind: str, title: str, text: str, other_title: str, other_text: str) -> None:
    """Scripts without spaces and those written from right to left are compared as well as others."""
    original = sighting(title, text)
    assert judge(Pair.of(sighting(other_title, text, source="post"), original)).rule in {"text", "title and text"}
    assert judge(Pair.of(sighting(title, source="post"), original)).rule == "title"
    assert judge(Pair.of(sighting(other_title, other_text, source="post"), original)).rule == ""


ENDINGS = [f"{one}{other}" for one in "abcdefghijk" for other in "lmnopqrstuvw"][:130]
LONG = [f"{word}{end}" for end in ENDINGS for word in ("keel", "mast", "rope", "sail", "tide", "oar", "net", "hull")]


@pytest.mark.parametrize(
    ("kind", "copy"),
    [
        ("second half", LONG[520:]),
        ("reordered", [word for start in (650, 260, 910, 0, 520, 130, 780, 390) for word in LONG[start : start + 130]]),
        ("every twelfth word changed", [word if place % 12 else "new" for place, word in enumerate(LONG)]),
        ("cut to 50 words", LONG[:50]),
    ],
)
def test_long_texts_are_compared_by_samples(kind: str, copy: list[str]) -> None:
    """Of a text of a thousand words only a part is kept, and copies of any part of it are still known."""
    original = sighting(" ".join(LONG[2:8]), " ".join(LONG))
    assert (
        judge(Pair.of(sighting("Another heading altogether", " ".join(copy), source="post"), original)).rule == "text"
    )
    other = " ".join(word.replace("e", "i") + "x" for word in LONG)
    assert judge(Pair.of(sighting("Another heading altogether", other, source="post"), original)).rule == ""


def test_a_verdict_says_rule_score_and_words() -> None:
    """`why` names what was compared, how much of it agreed, and how far apart the two are."""
    verdict = judge(Pair.of(sighting(TITLE, words(TEXT, 60), source="post", hours=3, number=2), ORIGINAL))
    assert verdict == Verdict(
        "title",
        1.0,
        'same title "port of halvik to close to large ships while lock gates are replaced"; '
        "100% of the shorter text's 58 phrases shared; 3 h apart",
        1,
    )
    by_text = judge(Pair.of(sighting(NEW_TITLE, TEXT, source="post", number=2), ORIGINAL))
    assert by_text.why == (
        '100% of the shorter text\'s 118 phrases shared; both titles have "halvik", "lock"; 0 min apart'
    )


@pytest.mark.parametrize(("kind", "rule", "title", "text"), COPIES, ids=[case[0] for case in COPIES])
def test_a_verdict_does_not_depend_on_who_was_first(kind: str, rule: str, title: str, text: str) -> None:
    """Rule and score are the same from either side."""
    copy = sighting(title, text, source="post", hours=5, number=2)
    there, back = judge(Pair.of(copy, ORIGINAL)), judge(Pair.of(ORIGINAL, copy))
    assert (there.rule, there.score) == (back.rule, back.score)


def test_decide_gives_the_surest_first_and_only_what_joins() -> None:
    """Of several candidates those that join are returned, the most alike first."""
    edited = TEXT.replace("engineers", "workers").replace("winter", "year").replace("old", "disused")
    candidates = [
        sighting(TITLE, edited, source="post", number=2),
        sighting(REPORT_TITLE, REPORT, source="herald", number=3),
        sighting(TITLE, TEXT, source="times", number=4),
    ]
    verdicts = decide(sighting(TITLE, TEXT, number=5), candidates)
    assert [verdict.candidate for verdict in verdicts] == [4, 2]


def test_split_pairs_are_never_joined() -> None:
    """A pair that a user has split is no copy, whatever the words say."""
    copy = sighting(TITLE, TEXT, source="post", number=7)
    assert decide(copy, [ORIGINAL])
    assert decide(copy, [ORIGINAL], {(1, 7)}) == ()


def _verdict(candidate: int, score: float) -> Verdict:
    return Verdict("text", score, "", candidate)


def test_nothing_to_join_is_a_new_item() -> None:
    """Without a verdict a copy is an article of its own."""
    assert gather([], {}, {}) is None


def test_a_third_copy_merges_two_items_into_the_older() -> None:
    """Where one copy joins two items they are one article, and the lower number stays."""
    folding = gather([_verdict(11, 0.7), _verdict(12, 0.9)], {11: 3, 12: 8}, {3: [11], 8: [12, 13]})
    assert folding is not None
    assert (folding.item, folding.absorbed, folding.verdict.candidate) == (3, (8,), 12)


def test_a_third_copy_does_not_undo_a_split() -> None:
    """Items with a split pair among their copies stay two: the new copy goes where it fits best."""
    folding = gather([_verdict(11, 0.7), _verdict(12, 0.9)], {11: 3, 12: 8}, {3: [11], 8: [12, 13]}, {(11, 13)})
    assert folding is not None
    assert (folding.item, folding.absorbed) == (8, ())


def test_what_a_user_has_torn_off_stays_so_under_another_guid() -> None:
    """A torn-off copy that its source shows again, under another guid, goes to itself and not back to the others."""
    again = Verdict("same source", 1.0, "", 13)
    folding = gather([_verdict(11, 1.0), again], {11: 3, 13: 8}, {3: [11], 8: [13]}, {(11, 13)})
    assert folding is not None
    assert (folding.item, folding.absorbed) == (8, ())


def test_an_item_is_dated_by_what_it_says_if_that_can_be() -> None:
    """No date, or one in the future, is replaced by when the item was first seen; an old one is believed."""
    seen = datetime.fromtimestamp(NOON, UTC)
    assert dated(None, seen) == NOON
    assert dated(seen + timedelta(days=400), seen) == NOON
    assert dated(seen + timedelta(hours=2), seen) == NOON + 7200
    assert dated(seen - timedelta(days=4000), seen) == NOON - 4000 * 86400
