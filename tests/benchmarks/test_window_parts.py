"""The parts of the window layer, on the sample corpus."""

from benchmarks.ours import TaggerTraining
from benchmarks.window_parts import Layer, measure


def test_parts_take_time_and_products_count_their_operations():
    settings = {"data": None, "objective": "softmax", "batch": 200, "threads": 1, "context": False, "epochs_before": 0}
    layer = Layer(TaggerTraining(settings))
    names, seconds, operations = zip(*measure(layer), strict=True)
    assert names == ("products", "sums, activation, dropout", "signals collected", "products back")
    assert min(seconds) > 0
    assert operations == (layer.operations, 0, 0, 2 * layer.operations)
    assert layer.operations % (2 * layer.forms * 5 * 300) == 0
    assert 100 < layer.forms < layer.windows + 2 < 320
