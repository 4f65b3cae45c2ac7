"""How text is made comparable, for every text there is."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.curation.rules import index_text
from aggregator.curation.rules.folding import fold, words

ANY_TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=40)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Élection", "election"),
        ("Straße", "strasse"),
        ("İstanbul ısı", "istanbul isi"),
        ("ΟΔΌΣ", "οδοσ"),
        ("Ёж Йод Київ Ўзбек", "еж йод київ ўзбек"),
        ("ﾊﾟﾘ", "パリ"),
        ("가각", "가각"),
        ("“don’t” – ‘x’", "\"don't\" - 'x'"),
        ("Windows™", "windows "),
        ("CO₂ ½ ﬁ", "co2 1⁄2 fi"),
        ("a\u00adb\u200dc\ufe0f", "abc"),
        ("a\x1fb", "a b"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    """Case, marks that a reader may leave out, and typography go; letters that only look marked stay."""
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Russia's U.S.-talks", ["russia", "s", "u", "s", "talks"]),
        ("snake_case", ["snake", "case"]),
        ("日本のAI技術、2024年", ["日本の", "ai", "技術", "2024", "年"]),
        ("हिन्दी।समाचार", ["हिन्दी", "समाचार"]),
        ("ボブ・ディラン", ["ボブ", "ディラン"]),
        ("мой é", ["мой", "e"]),
        (" … — ", []),
    ],
)
def test_words(text: str, cut: list[str]) -> None:
    """Words end at anything but letters, digits and vowel signs, and where a script without spaces begins."""
    assert words(fold(text)) == cut


@given(ANY_TEXT)
def test_folding_twice_changes_nothing(text: str) -> None:
    """What is folded is in its final form."""
    assert fold(fold(text)) == fold(text)


@given(ANY_TEXT)
def test_composition_does_not_matter(text: str) -> None:
    """Composed and decomposed spellings of one text fold to the same words."""
    assert words(fold(unicodedata.normalize("NFD", text))) == words(fold(unicodedata.normalize("NFC", text)))


@given(ANY_TEXT, ANY_TEXT)
def test_a_space_parts_texts(left: str, right: str) -> None:
    """How a word is cut does not depend on what stands beyond a space."""
    assert words(fold(f"{left} {right}")) == words(fold(left)) + words(fold(right))


@given(ANY_TEXT)
def test_indexed_text_holds_the_same_words(text: str) -> None:
    """What is indexed for full text is cut as what rules look at."""
    assert index_text(text).split() == words(fold(text))
