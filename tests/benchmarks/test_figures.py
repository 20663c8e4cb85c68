import pytest
from benchmarks.figures import Figure, Product, figure, ratio, window_step_products
from hypothesis import given
from hypothesis import strategies as st


def test_a_figure_is_the_median_between_the_least_and_the_greatest() -> None:
    assert figure([3.0, 1.0, 10.0]) == Figure(3.0, 1.0, 10.0)
    assert figure([4.0, 2.0]) == Figure(3.0, 2.0, 4.0)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_the_median_lies_between_the_least_and_the_greatest(values: list[float]) -> None:
    found = figure(values)
    assert min(values) == found.low <= found.median <= found.high == max(values)


def test_a_ratio_is_the_median_over_rounds() -> None:
    rates = [10.0, 20.0, 90.0], [5.0, 5.0, 10.0]  # 2, 4 and 9 times as many
    assert ratio(*rates, higher_is_better=True) == 4.0
    assert ratio(*rates, higher_is_better=False) == 0.25


def test_rounds_of_a_ratio_belong_together() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratio([1.0, 2.0], [1.0], higher_is_better=True)


def test_a_product_multiplies_and_adds_for_each_of_its_terms() -> None:
    assert Product("any", rows=2, inner=3, columns=4).operations == 48


def test_the_step_needs_three_products_a_layer() -> None:
    forms, windows, dimension, size, hidden, labels = 7, 11, 3, 5, 13, 2
    products = window_step_products(forms, windows, dimension, size, hidden, labels)
    expected = 3 * 2 * forms * dimension * size * hidden + 3 * 2 * windows * hidden * labels
    assert sum(product.operations for product in products) == expected == 9906
