import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule.errors import InputError
from deltarule.text.features import CAPITALISATIONS, FEATURES, affixes, capitalisation, feature_columns, fold, shape


@pytest.mark.parametrize(
    ("form", "folded"), [("Boeing-747", "boeing-000"), ("ÉTÉ", "été"), ("١٢", "00"), ("x²", "x²"), ("", "")]
)
def test_fold(form, folded):
    assert fold(form) == folded


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("paris", "lower"),
        ("p53", "lower"),
        ("中国", "lower"),
        ("Paris", "upper-first"),
        ("3Rd", "upper-first"),
        ("Well-known", "upper-first"),
        ("NATO", "upper-all"),
        ("U.S.", "upper-all"),
        ("APC2", "upper-all"),
        ("A", "upper-single"),
        ("J.", "upper-single"),
        ("B12", "upper-single"),
        ("iPhone", "upper-inner"),
        ("McDonald", "upper-inner"),
        ("kB", "upper-inner"),
        ("1984", "no-letters"),
        ("--", "no-letters"),
        ("", "no-letters"),
    ],
)
def test_capitalisation(form, expected):
    assert capitalisation(form) == expected


@pytest.mark.parametrize(
    ("form", "length", "expected"),
    [("Paris", 2, ("pa", "is")), ("Paris", 4, ("pari", "aris")), ("Oslo", 4, ("oslo", "oslo")), ("Rio", 4, ("", "")),
     ("A4", 2, ("a0", "a0")), ("", 2, ("", ""))],
)  # fmt: skip
def test_affixes(form, length, expected):
    assert affixes(form, length) == expected


@pytest.mark.parametrize(
    ("form", "outline"),
    [
        ("Apple", "Xxxxx"),
        ("apple", "xxxx"),
        ("NATO-led", "XXXX-xxx"),
        ("iPhone4", "xXxxxxd"),
        ("12345", "dddd"),
        ("......", "...."),
        ("C$3.50", "X$d.dd"),
        ("中", "x"),
        ("\n\n\n\n\n", "\n\n\n\n"),
        ("", ""),
    ],
)
def test_shape(form, outline):
    assert shape(form) == outline


@given(st.text())
def test_features_are_strings_for_any_form(form):
    values = {name: feature(form) for name, feature in FEATURES.items()}
    assert all(isinstance(value, str) for value in values.values())
    assert values["capitalisation"] in CAPITALISATIONS
    assert values["prefix3"] == affixes(form, 3)[0]
    assert values["suffix4"] == affixes(form, 4)[1]


@given(st.lists(st.text() | st.sampled_from(["", "\n", "Σ", "ΑΣ", "ǅa", "İ", "......", "\n" * 5]), max_size=20))
def test_columns_are_what_each_form_has_by_itself(forms):
    assert feature_columns(forms) == {name: list(map(feature, forms)) for name, feature in FEATURES.items()}


def test_feature_columns():
    assert list(FEATURES) == [
        "word", "capitalisation", "prefix2", "prefix3", "prefix4", "suffix2", "suffix3", "suffix4", "shape",
    ]  # fmt: skip
    columns = feature_columns(["Paris", "in"])
    assert list(columns) == list(FEATURES)
    assert columns["word"] == ["paris", "in"]
    assert columns["prefix4"] == ["pari", ""]
    assert columns["suffix2"] == ["is", "in"]
    assert list(feature_columns([], ["shape", "word"]).items()) == [("shape", []), ("word", [])]


def test_unknown_feature():
    with pytest.raises(InputError, match="there is no word feature 'suffix9'; choose from word, capitalisation"):
        feature_columns(["a"], ["suffix9"])
