"""Bytes of local files: every encoding people save text in is read, and what is no text is refused."""

import codecs
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Unreadable
from aggregator.reading.encoding import decode

SENTENCES = {
    "cp1252-en": "It’s “fine” — or so they say at the café…",
    "cp1252-fr": "L’été dernier, la cour a jugé l’affaire à huis clos… Le garçon a mangé un œuf très frais, déjà.",
    "cp1252-de": "Die Übertragung läuft. Für die Zuschauer gibt es Würste, und die Straße ist gesperrt.",
    "cp1252-pt": "O governo aprovou na quarta-feira novas medidas de apoio às famílias. Os sindicatos não gostaram.",
    "cp1252-da": "Regeringen vedtog onsdag nye tiltag til støtte for husholdningerne på Rådhuspladsen. Færre rejser.",
    "cp1250-pl": "Rząd przyjął w środę nowe rozwiązania dla gospodarstw domowych. Związki zawodowe uznały je za złe.",
    "cp1250-cs": "Vláda ve středu schválila nová opatření na podporu domácností. Odbory je označily za nedostatečná.",
    "cp1250-hu": "A kormány szerdán új intézkedéseket fogadott el. Őszintén szólva űrt hagytak maguk után.",
    "cp1251-ru": "Правительство в среду утвердило новые меры поддержки. Профсоюзы считают их недостаточными.",
    "cp1253-el": "Η κυβέρνηση ανακοίνωσε νέα μέτρα για την οικονομία της χώρας την Τετάρτη.",
    "cp1254-tr": "İstanbul’da şiddetli yağış nedeniyle ulaşım aksadı; çok sayıda araç yolda kaldı.",
    "cp1255-he": "הממשלה אישרה ביום רביעי צעדים חדשים לתמיכה במשקי הבית.",
    "cp1256-ar": "أعلنت الحكومة اليوم عن إجراءات جديدة لدعم الاقتصاد الوطني في البلاد.",
    "cp1257-lt": "Vyriausybė trečiadienį patvirtino naujas priemones namų ūkiams remti. Profesinės sąjungos mano kitaip.",
    "koi8-r": "Правительство в среду утвердило новые меры поддержки. Профсоюзы считают их недостаточными.",
    "gb18030-zh": "政府星期三批准了支持家庭的新措施。工会认为这些措施不够，并宣布将举行抗议活动。",
    "shift_jis-ja": "東京都は水曜日、新たな対策を発表した。記者会見で知事は詳細を説明した。",
    "cp949-ko": "정부는 수요일 가계를 지원하기 위한 새로운 조치를 승인했다.",
}


@pytest.mark.parametrize("name", SENTENCES)
def test_legacy_encodings_are_told(name):
    """A sentence or two of a language is enough to tell the encoding it is usually saved in."""
    assert decode(SENTENCES[name].encode(name.split("-")[0] if name != "koi8-r" else name)) == SENTENCES[name]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_read_with_and_without_its_mark(encoding):
    """The mark itself is no part of the text."""
    assert decode("Ferries “back” – at last".encode(encoding)) == "Ferries “back” – at last"


def test_utf8_that_is_cut_or_hurt_stays_utf8():
    """A stray byte does not make another encoding of a whole file."""
    text = "Die Übertragung läuft über die Straße. " * 20
    assert str(decode(text.encode()[:-1] + "ö".encode()[:1])).startswith(text[:-1])
    assert str(decode(text.encode() + b"\xff")).startswith(text)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \r\n\t",
        b"\x00\x00\x00",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00",
        b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + bytes(range(256)) * 4,
        b"PK\x03\x04\x14\x00\x06\x00\x08\x00" + bytes(range(200)),
        b"text\x00with\x00zeros" * 9,
        random.Random(1).randbytes(4000),
    ],
)  # fmt: skip
def test_what_is_no_text_is_refused(body):
    """Empty and binary files have a reason instead of a text."""
    assert isinstance(decode(body), Unreadable)


def test_a_page_may_name_its_encoding():
    """In a `meta` element, either way of writing it; files of plain text have none."""
    page = "<meta charset='windows-1251'><p>Привет, мир</p>"
    assert decode(page.encode("cp1251"), html=True) == page
    old = '<meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-1"><p>Caf\xe9 \x93back\x94</p>'
    assert "Café “back”" in str(decode(old.encode("latin-1"), html=True))


@pytest.mark.parametrize("label", ["zip", "rot13", "unicode_escape", "no-such-thing", "utf-7", "idna", "base64"])
def test_a_page_cannot_name_what_is_no_encoding_of_text(label):
    """Python knows codecs that no browser does."""
    assert isinstance(
        decode(f"<meta charset={label}><p>Caf\xe9 au lait, tr\xe8s bien</p>".encode("cp1252"), html=True), str
    )


@given(st.binary(max_size=400))
def test_no_bytes_raise(body):
    """Text or a reason, whatever the bytes are."""
    assert isinstance(decode(body), str | Unreadable)
    assert isinstance(decode(b"<meta charset=" + body, html=True), str | Unreadable)
    assert isinstance(decode(codecs.BOM_UTF16_LE + body), str | Unreadable)
