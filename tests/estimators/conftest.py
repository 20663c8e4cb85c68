import numpy as np
import pytest

pytest.importorskip("sklearn", reason="estimators need scikit-learn; install the extra `estimators`")


@pytest.fixture
def blobs():
    """Three clusters in the plane."""
    random = np.random.default_rng(0)
    labels = np.arange(150) % 3
    return random.normal(size=(150, 2)) + 3 * np.eye(3, 2)[labels], labels
