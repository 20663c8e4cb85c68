import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule.text.decimals import parse_decimals

decimals = st.from_regex(r"-?[0-9]{1,7}\.[0-9]{1,8}", fullmatch=True).filter(str.isascii)


@given(st.lists(decimals, min_size=1))
def test_numbers_are_those_of_python_to_the_last_bit(numbers):
    values = parse_decimals(" ".join(numbers).encode())
    assert values.tobytes() == np.array([float(number) for number in numbers]).tobytes()


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.", ".5", "-.5", "1e-5", "1.5e-5", "nan", "-", "+1.5", "1.2.3", "1.5 ", " 1.5", "1.5  2.5", "1.5\t2.5",
     "1.5\n2.5", "12345678.5", "1.123456789", "1.2x", "x.2", "--1.5", "1.-5", "1.2 .3 4", "a.b", "/.5", ":.5", "1.\xb2",
     "1 2.3.4"],
)  # fmt: skip
def test_anything_else_is_left_to_slower_ways(text):
    assert parse_decimals(text.encode("latin-1")) is None


@given(st.text(st.sampled_from("0123456789.- ex/:\x80\xff"), max_size=30))
def test_nothing_is_misread(text):
    values = parse_decimals(text.encode("latin-1"))
    if values is not None:
        assert values.tolist() == [float(number) for number in text.split(" ")]
