import pytest
from pydantic import ValidationError

from deltarule.errors import InputError
from deltarule.tagging import TaggerConfig
from deltarule.text import FEATURES


def test_defaults_are_legal_and_all_features_are_on():
    assert TaggerConfig.checked({}) == TaggerConfig()
    assert TaggerConfig().features == tuple(FEATURES)
    default = TaggerConfig()
    assert (default.window, default.members, default.hidden, default.seed) == (5, 3, 100, 0)
    assert (default.objective, default.context, default.dropout) == ("crf", True, 0.5)


def test_every_setting_says_what_it_is():
    assert all(field.description.endswith(".") for field in TaggerConfig.model_fields.values())


def test_settings_do_not_change_once_made():
    with pytest.raises(ValidationError):
        TaggerConfig().window = 7


def test_settings_survive_the_way_through_json():
    config = TaggerConfig(window=7, features=("word", "shape"), clip=1.5, patience=2)
    assert TaggerConfig.checked(config.model_dump(mode="json")) == config


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"window": 4},
            "setting 'window': a window has a word in its middle, so its size is odd, not 4; choose 3 or 5",
        ),
        ({"window": 0}, "setting 'window': input should be greater than or equal to 1, not 0"),
        ({"members": 0}, "setting 'members': input should be greater than or equal to 1, not 0"),
        ({"members": 100}, "setting 'members': input should be less than or equal to 99, not 100"),
        ({"hidden": None}, "setting 'hidden': input should be a valid integer, not None"),
        (
            {"objective": "hinge"},
            "setting 'objective': input should be 'softmax', 'max-margin', 'crf' or 'structured-max-margin', "
            "not 'hinge'",
        ),
        ({"dropout": 1.0}, "setting 'dropout': input should be less than 1, not 1.0"),
        (
            {"epochs": 0, "seed": -1},
            "setting 'epochs': input should be greater than or equal to 1, not 0; "
            "setting 'seed': input should be greater than or equal to 0, not -1",
        ),
    ],
)
def test_a_setting_out_of_range_is_named_with_its_limit_and_value(settings, message):
    with pytest.raises(InputError) as error:
        TaggerConfig.checked(settings)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("settings", "beginning"),
    [
        ({"activation": "foo"}, "setting 'activation': unknown activation 'foo'; choose one of: identity,"),
        ({"activation": "tanh,"}, "setting 'activation': unknown activation ''; choose one of: identity,"),
        ({"schedule": "foo"}, "setting 'schedule': unknown schedule 'foo'; choose one of: constant, step,"),
        ({"update_rule": "foo"}, "setting 'update_rule': unknown update rule 'foo'; choose one of: sgd, momentum"),
        ({"features": ("word", "foo")}, "setting 'features': unknown features foo; choose from: word,"),
        ({"hiden": 5}, "there is no setting 'hiden'; the settings are: window, members, hidden, "),
    ],
)
def test_unknown_names_are_answered_with_the_known_ones(settings, beginning):
    with pytest.raises(InputError) as error:
        TaggerConfig.checked(settings, "my.toml")
    assert str(error.value).startswith(f"my.toml: {beginning}")


@pytest.mark.parametrize(
    ("activation", "members", "expected"),
    [
        ("tanh", 1, ["tanh"]),
        ("tanh", 3, ["tanh", "tanh", "tanh"]),
        ("relu, tanh", 1, ["relu"]),
        ("relu,tanh", 3, ["relu", "tanh", "relu"]),
    ],
)
def test_members_take_activations_in_turn(activation, members, expected):
    assert TaggerConfig.checked({"activation": activation, "members": members}).activations == expected


@pytest.mark.parametrize(
    ("settings", "activation"),
    [
        ({}, "relu,tanh"),
        ({"objective": "softmax"}, "relu,tanh"),
        ({"objective": "max-margin"}, "tanh"),
        ({"objective": "structured-max-margin"}, "tanh"),
        ({"objective": "structured-max-margin", "activation": "relu"}, "relu"),
    ],
)
def test_neurons_that_are_not_chosen_suit_the_objective(settings, activation):
    assert TaggerConfig.checked(settings).activation == activation


def test_features_may_not_be_empty():
    with pytest.raises(InputError, match="choose from: word"):
        TaggerConfig.checked({"features": ()})
