import numpy as np
import pytest

from deltarule.text.passages import passage_offsets


@pytest.mark.parametrize(("documents", "expected"), [
    ([0], [0]), ([0, 0], [0]), ([0, 1], [0, 1]), ([0, 40], [0, 40]), ([0, 41], [0, 40, 41]),
    ([0, 30, 30, 90], [0, 30, 70, 90]), ([0, 80, 81], [0, 40, 80, 81]),
])  # fmt: skip
def test_documents_are_cut_behind_every_forty_sentences_of_theirs(documents, expected):
    offsets = passage_offsets(np.array(documents, np.int32))
    assert offsets.tolist() == expected
    assert offsets.dtype == np.int64
