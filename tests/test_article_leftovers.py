"""What sites put round an article and between its paragraphs: each kind goes, and nothing of the author's goes with it."""

import pytest
from test_article import HEADLINE, PARAGRAPHS, html, read

from aggregator.reading.html import plain_text

A, B, C = PARAGRAPHS
D = "The old pier will be repaired first, because the last storm took two of its posts and most of the railing with them."
E = "Tickets cost as much as they did ten winters ago, the council decided, and children under six travel for nothing."

ENDS = [
    ("comment form", "Leave a Reply\n\nName *\n\nEmail *\n\nWebsite"),
    ("comment form of a theme", "2 replies\n\nWant to join the discussion?\n\nFeel free to contribute!\n\nPost Comment"),
    ("no comments", "0 Comments\n\nBe the first to comment\n\nLog in"),
    ("comment count in brackets", "Comments (12)\n\nMost liked"),
    ("comments", "Comments\n\nJo on 3 May 2019 at 5:11 pm said:\n\nI remember the old boats well and I miss the smell of tar."),
    ("teaser box", "Check Also\n\nLighthouse keeper retires\n\nThe last keeper has packed his books and moved to …"),
    ("related headlines", "Related articles\n\nLighthouse keeper retires\n\nHarbour café opens in May"),
    ("you may also like", "You may also like\n\nLighthouse keeper retires\n\nHarbour café opens in May"),
    ("more from", "More from the Strait\n\nLighthouse keeper retires\n\n3 hours ago"),
    ("most read", "Most read in Travel\n\nLighthouse keeper retires\n\nHarbour café opens in May"),
    ("tags in one line", "Tags: ferries, harbour, council\n\nShare"),
    ("tags in lines", "Tags\n\nferries\n\nharbour\n\nShare this article"),
    ("share bar", "Share\n\nTweet\n\nFacebook\n\nWhatsApp"),
    ("share bar in one line", "Facebook Twitter WhatsApp Email\n\nPrint"),
    ("share links", "Share on Facebook\n\nShare on Twitter\n\nShare by Mail"),
    ("newsletter box", "Subscribe to our newsletter\n\nYour email address\n\nSubscribe"),
    ("newsletter plea", "Sign up for the latest news from the harbour in your inbox every morning!\n\nSign up"),
    ("neighbours", "Previous post: Lighthouse keeper retires\n\nNext post: Harbour café opens"),
    ("neighbours in lines", "← Previous Story\n\nLighthouse keeper retires\n\nNewer Story →\n\nHarbour café opens"),
    ("copyright", "© 2019 The Strait Courier. All rights reserved.\n\nPrivacy Policy"),
    ("copyright in words", "Copyright 2019 The Strait Courier Ltd\n\nTerms of Use"),
    ("cookies", "We use cookies to improve your experience.\n\nI agree"),
    ("footer menu", "About us\n\nContact\n\nAdvertise\n\nPrivacy Policy\n\nTerms of use\n\nSitemap"),
    ("sponsored", "Sponsored links\n\nTen boats you will not believe\n\nVisit site"),
    ("trending", "Trending\n\nLighthouse keeper retires\n\nHarbour café opens in May\n\nGull steals mayor’s hat"),
    ("dated headlines", "Gull steals mayor’s hat\n\nBy Jo Doe\n\n03/20/2019 01:14 PM\n\nKeeper retires\n\nBy Al Roe\n\n03/19/2019 02:10 PM"),
    (
        "dated teasers",
        "More stories\n\nGull steals mayor’s hat\n\nJo Doe\n\nMarch 20, 2019\n\nThe hat was found on the roof of the town hall.",
    ),
]  # fmt: skip


@pytest.mark.parametrize("end", [text for _, text in ENDS], ids=[name for name, _ in ENDS])
def test_nothing_behind_the_article_is_kept(end):
    """Whatever follows the last paragraph goes, headlines and teasers with it."""
    assert read("\n\n".join((HEADLINE, A, B, C, D, end))).content == html(A, B, C, D)


@pytest.mark.parametrize("end", [text for _, text in ENDS], ids=[name for name, _ in ENDS])
def test_blank_lines_or_none_make_no_difference(end):
    """The same page pasted with one line end between its lines."""
    assert read("\n".join((HEADLINE, A, B, C, D, end)).replace("\n\n", "\n")).content == html(A, B, C, D)


LANGUAGES = {
    "de": ("Das könnte Sie auch interessieren", "Schreibe einen Kommentar", "Impressum", "Anzeige", "Lesen Sie auch: Der Leuchtturm"),
    "fr": ("Articles similaires", "Laisser un commentaire", "Mentions légales", "Publicité", "À lire aussi : Le phare ferme"),
    "es": ("Te puede interesar", "Deja un comentario", "Aviso legal", "Publicidad", "Lea también: El faro cierra"),
    "pt": ("Veja também", "Deixe um comentário", "Termos de uso", "Publicidade", "Leia também: O farol fecha"),
    "it": ("Articoli correlati", "Lascia un commento", "Note legali", "Pubblicità", "Leggi anche: Il faro chiude"),
    "nl": ("Gerelateerde artikelen", "Geef een reactie", "Over ons", "Advertentie", "Lees ook: De vuurtoren sluit"),
    "pl": ("Powiązane artykuły", "Dodaj komentarz", "Regulamin", "Reklama", "Czytaj także: Latarnia zamknięta"),
    "ru": ("Материалы по теме", "Оставить комментарий", "Контакты", "Реклама", "Читайте также: Маяк закрыт"),
    "ar": ("مقالات ذات صلة", "اترك تعليقاً", "سياسة الخصوصية", "إعلان", "اقرأ أيضا: إغلاق المنارة"),
    "zh": ("相关阅读", "发表评论", "联系我们", "广告", "相关阅读：灯塔关闭"),
    "ja": ("関連記事", "コメントを残す", "お問い合わせ", "広告", "関連記事：灯台が閉鎖"),
    "ko": ("관련 기사", "댓글 남기기", "이용약관", "광고", "관련기사: 등대 폐쇄"),
    "sv": ("Läs också", "Lämna en kommentar", "Om oss", "Annons", "Läs även: Fyren stänger"),
    "tr": ("İlgili haberler", "Yorum yaz", "Künye", "Reklam", "Bunları da okuyun: Deniz feneri kapandı"),
    "el": ("Διαβάστε επίσης", "Αφήστε ένα σχόλιο", "Επικοινωνία", "Διαφήμιση", "Διαβάστε επίσης: Ο φάρος κλείνει"),
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_sites_use_are_known_in_many_languages(language):
    """Box, comment form, footer, advertisement and pointer of each language go, among sentences of any."""
    box, form, footer, advert, pointer = LANGUAGES[language]
    page = "\n\n".join((HEADLINE, A, advert, B, pointer, C, D, box, "Gull takes hat", form, footer))
    assert read(page).content == html(A, B, C, D)


BETWEEN = [
    ("advertisement", "Advertisement"),
    ("story continues", "Story continues below advertisement"),
    ("read more", "Read more: Lighthouse keeper retires after forty years"),
    ("related", "Related: Lighthouse keeper retires after forty years"),
    ("see also", "SEE ALSO: Gull steals mayor’s hat"),
    ("share bar", "Share Tweet Email"),
    ("caption and agency", "The ferry Good Hope leaves the harbour in the autumn of last year. REUTERS/Jo Doe"),
    ("caption label", "Photo: Jo Doe / Strait Pictures"),
    ("caption in brackets", "The old pier after the storm (Image: GETTY)"),
    ("caption and credit", "The old pier after the storm of last winterCredit: Jo Doe"),
    ("credit sign", "© Jo Doe The old pier and its two new posts in the harbour on the day of the vote."),
    ("file photo", "FILE PHOTO: The old pier in the harbour. REUTERS/Jo Doe/File Photo"),
    ("box of headlines", "Related articles\n\nGull steals mayor’s hat\n\nKeeper retires after forty years"),
    (
        "most read box",
        "Most read\n\nGull steals mayor’s hat\n\nKeeper retires after forty years\n\nThe café opens in May",
    ),
    ("newsletter", "Sign up for our newsletter"),
    ("follow us", "Follow us on Twitter"),
    ("gallery counter", "Image 2 of 5"),
]


@pytest.mark.parametrize("between", [text for _, text in BETWEEN], ids=[name for name, _ in BETWEEN])
def test_what_stands_between_paragraphs_is_dropped_alone(between):
    """An interruption goes; the paragraphs before and after it stay."""
    assert read("\n\n".join((HEADLINE, A, B, between, C, D, E))).content == html(A, B, C, D, E)


@pytest.mark.parametrize("between", [text for _, text in BETWEEN], ids=[name for name, _ in BETWEEN])
def test_what_stands_before_the_first_paragraph_is_dropped(between):
    """The same between the headline and the article."""
    assert read("\n\n".join((HEADLINE, between, A, B, C, D))).content == html(A, B, C, D)


TOPS = [
    "By Jane Doe",
    "By Jane Doe\n\n12 March 2024",
    "Jane Doe\n\nMarch 12, 2024 at 8:40 AM\n\nShare Tweet",
    "12 March 2024\n\n5 min read\n\nFacebook\n\nTwitter\n\nPrint",
    "Published 12 March 2024 - 07:29 GMT\n\nThe old pier in the harbour (AFP)",
    "X Share via\n\nShare permalink\n\nStrait Press,\n\nMar 12 2024, 11:06am",
    "by Jane Doe\n\n@jane_doe\n\nMar 12, 2024\n\nPrint this article",
]


@pytest.mark.parametrize("top", TOPS)
def test_top_matter_is_no_part_of_the_article(top):
    """By-lines, dates, share bars and handles stand above the first paragraph and not in it."""
    assert read("\n\n".join((HEADLINE, top, A, B, C, D))).content == html(A, B, C, D)


KEPT = [
    ("a short sentence", "Nobody laughed."),
    ("a short question", "And the wind?"),
    ("a sentence on comments", "The mayor read out the comments of forty citizens, and answered every one of them."),
    (
        "a sentence on subscribing",
        "Whoever wants to subscribe to the fund can do so at the harbour office until the end of May.",
    ),
    (
        "a sentence on a newsletter",
        "The harbour’s newsletter had warned of the cost three winters in a row without any effect.",
    ),
    ("a sentence on privacy", "Privacy is the reason why the list of the passengers will not be shown on the pier."),
    (
        "a sentence with a date",
        "The first boat sailed on 12 March 1911 and carried the king, two cows and a brass band.",
    ),
    (
        "a sentence on sharing",
        "Share this with your neighbours, the mayor said, because the winter is going to be long.",
    ),
    (
        "a sentence that opens like a pointer",
        "Read more closely, the plan says nothing of the smaller boat or of its captain.",
    ),
    (
        "a sentence that opens like a box",
        "Related to this is the question of who is going to pay for the repair of the pier.",
    ),
    (
        "a sentence with an ellipsis in it",
        "“We wait … and we wait,” said the baker, who has not sold a bun on the pier since then.",
    ),
    (
        "a sentence that ends in one",
        "And the gulls, which nobody had asked, followed the boat out of the harbour, out of the strait…",
    ),
    (
        "verse",
        "The boat is gone, the boat is back\n\nThe gulls are loud and wet\n\nThe sea is grey, the posts are black",
    ),
    ("numbers", "12\n\n7\n\n3"),
    ("a time and a place", "Town hall, 7 p.m."),
    ("a rule", "* * *\n\nThe vote itself took four minutes, and the clerk did not look up from his papers once."),
]


@pytest.mark.parametrize("words", [text for _, text in KEPT], ids=[name for name, _ in KEPT])
def test_the_authors_words_stay(words):
    """Losing the author's words is worse than keeping a leftover."""
    text = plain_text(read("\n\n".join((HEADLINE, A, B, words, C, D))).content)
    kept = [line for line in words.split("\n\n") if line != "* * *"]
    assert text == " ".join((A, B, *kept, C, D))


def test_a_life_of_the_author_at_the_end_is_left_out():
    """Who the author is stands behind the article, known by the name of the by-line."""
    life = "Jane Doe is a writer from the other side of the strait who has published four books about boats and their names."
    page = "\n\n".join(
        (HEADLINE, "By Jane Doe", A, B, C, D, E, A + " " + B, life, "Follow", "Subscribe", "© 2024 Strait Courier")
    )
    assert life not in read(page).text


def test_the_headline_repeated_on_the_page_is_left_out():
    """In a list of what is most read the article's own headline stands too."""
    page = "\n\n".join((HEADLINE, A, B, C, D, "Trending", "Gull steals mayor’s hat", HEADLINE, "The café opens in May"))
    assert read(page).content == html(A, B, C, D)


def test_the_headline_repeated_between_paragraphs_is_left_out():
    """Pages repeat it as the caption of a video or above a second part."""
    assert read("\n\n".join((HEADLINE, A, B, HEADLINE, C, D))).content == html(A, B, C, D)


def test_teasers_of_other_articles_are_known_by_their_dates():
    """Headline, name, date, first sentence, and again: without a word that says so."""
    teasers = (
        "Gull steals mayor’s hat",
        "Jo Doe",
        "March 20, 2019",
        "The hat was found on the roof of the town hall on Monday, and the gull was found asleep in the hat.",
        "Keeper retires after forty years",
        "Al Roe",
        "March 19, 2019",
        "The last keeper of the lighthouse has packed his books and his two cats and moved to the harbour.",
    )
    assert read("\n\n".join((HEADLINE, A, B, C, D, *teasers))).content == html(A, B, C, D)


def test_comments_are_not_the_articles_however_many_there_are():
    """A thread longer than the article stays out."""
    thread = [
        f"Reader {n} on March {n + 1}, 2024 at 5:1{n} pm said:\n\n{E} This is what I think, and I think it often."
        for n in range(9)
    ]
    assert read("\n\n".join((HEADLINE, A, B, C, "Comments", *thread))).content == html(A, B, C)


def test_comments_in_a_share_bar_above_do_not_end_the_article():
    """The word also stands at the top of pages."""
    top = "Share\n\nComments\n\nPrint"
    assert read("\n\n".join((HEADLINE, A, top, B, C, D, E, A, B, "Leave a Reply"))).content == html(A, B, C, D, E, A, B)


def test_a_list_of_things_is_not_taken_for_a_menu():
    """An article may be a list from its second paragraph to its end."""
    things = [
        f"{name} boat with room for {n} passengers" for n, name in enumerate(("Red", "Blue", "White", "Old", "Long"), 3)
    ]
    text = read("\n\n".join((HEADLINE, A, *things, "Leave a Reply", "Name *", "Email *"))).text
    assert text == " ".join((A, *things))


def test_a_poem_is_kept():
    """A text without a single long sentence is still somebody's."""
    lines = [
        "The boat is gone",
        "The boat is back",
        "The gulls are loud",
        "The posts are black",
        "And nobody knows why",
    ]
    assert read("\n\n".join((HEADLINE, *lines, "Share this", "Leave a Reply"))).text == " ".join(lines)
