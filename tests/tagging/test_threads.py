import threading
import time

import pytest
from threadpoolctl import threadpool_info

from deltarule.errors import InputError
from deltarule.execution.cores import one_thread_of_algebra, thread_count
from deltarule.tagging.threads import in_order


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_are_in_the_order_of_the_items(threads):
    def slow(item):
        time.sleep(0.001 * (item % 3))
        return item * item

    assert list(in_order(slow, iter(range(40)), threads)) == [item * item for item in range(40)]


def test_several_are_worked_on_at_once():
    together = threading.Barrier(3, timeout=10)
    assert len(list(in_order(lambda _: together.wait(), range(6), 3))) == 6


@pytest.mark.parametrize("threads", [1, 3])
def test_items_are_taken_only_when_results_are_wanted(threads):
    taken = []

    def items():
        for item in range(100):
            taken.append(item)
            yield item

    results = in_order(lambda item: item, items(), threads)
    for _ in range(3):
        next(results)
    assert len(taken) <= 3 + threads


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_comes_where_its_result_would(threads):
    def fail(item):
        if item == 2:
            raise InputError("two")
        return item

    results = in_order(fail, range(10), threads)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(InputError, match="two"):
        next(results)


def test_the_number_of_threads():
    assert thread_count(3) == 3
    assert thread_count(None) >= 1
    with pytest.raises(InputError, match="at least one thread is needed, not 0"):
        thread_count(0)


def test_linear_algebra_has_one_thread():
    with one_thread_of_algebra():
        assert {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"} == {1}
