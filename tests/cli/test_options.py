import pytest

from deltarule.cli.options import configuration, default_of, parse_columns
from deltarule.errors import InputError
from deltarule.tagging import TaggerConfig


@pytest.mark.parametrize(("text", "columns"), [(None, None), ("0,-1", (0, -1)), ("1, 3", (1, 3)), ("-2,-1", (-2, -1))])
def test_columns(text, columns):
    assert parse_columns(text) == columns


@pytest.mark.parametrize("text", ["", "0", "0,1,2", "a,b", "0;1"])
def test_columns_that_are_no_two_numbers(text):
    with pytest.raises(InputError) as error:
        parse_columns(text)
    assert str(error.value) == f"--columns takes two numbers such as 0,3 or 0,-1, not {text!r}"


def test_defaults_as_they_are_shown():
    assert (default_of("window"), default_of("patience")) == ("5", "none")


def test_options_go_before_the_file_and_the_file_before_defaults(tmp_path):
    file = tmp_path / "my.toml"
    file.write_text('hidden = 50\nwindow = 7\nfeatures = ["word", "shape"]\n')
    config = configuration(file, {"hidden": 20, "window": None, "seed": 3})
    assert config == TaggerConfig(hidden=20, window=7, features=("word", "shape"), seed=3)
    assert configuration(None, {"hidden": None}) == TaggerConfig()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"hidden == 5", "my.toml: not a TOML file: "),
        (b"\xff", "my.toml: not a TOML file: "),
        (b"hiden = 5", "my.toml: there is no setting 'hiden'; the settings are: window, "),
        (b"window = 4", "my.toml: setting 'window': a window has a word in its middle"),
    ],
)
def test_a_file_of_settings_that_cannot_be_used_is_named(text, message, tmp_path):
    (tmp_path / "my.toml").write_bytes(text)
    with pytest.raises(InputError) as error:
        configuration(tmp_path / "my.toml", {})
    assert str(error.value).startswith(f"{tmp_path}/{message}")


def test_a_file_of_settings_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"no.toml: cannot be read: No such file or directory$"):
        configuration(tmp_path / "no.toml", {})


def test_an_option_out_of_range_does_not_blame_the_file(tmp_path):
    (tmp_path / "my.toml").write_text("hidden = 5")
    with pytest.raises(InputError, match=r"^setting 'window'"):
        configuration(tmp_path / "my.toml", {"window": 2})
