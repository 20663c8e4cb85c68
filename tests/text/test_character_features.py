import pytest

import deltarule as dr
from deltarule.text.character_features import character_columns, character_kind, fold_character


@pytest.mark.parametrize(
    ("characters", "kind"),
    [("我々カ𠀀", "h"), ("三万〇", "n"), ("aZéж한\u0301", "a"), ("0５٣", "0"), ("，。%-・😀", "p"), (" ", " ")],
)
def test_kinds_of_characters(characters, kind):
    assert {character_kind(character) for character in characters} <= {kind, "h" if "・" in characters else kind}


def test_folding_keeps_han_and_makes_letters_and_digits_alike():
    assert "".join(map(fold_character, "我三Ｐq5９％！\u3000½")) == "我三aa00%!\u3000½"


def test_columns_are_functions_of_the_form():
    assert character_columns(["买i", "iP", " 1"]) == {
        "word": ["a", "a", "0"],
        "pair": ["买a", "aa", " 0"],
        "kinds": ["ha", "aa", " 0"],
    }
    with pytest.raises(dr.InputError, match="no feature 'shape' of characters"):
        character_columns(["我来"], ["shape"])
