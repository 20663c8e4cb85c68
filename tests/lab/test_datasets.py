import numpy as np
import pytest

from deltarule.lab.datasets import DATASETS, draw_points


@pytest.mark.parametrize("name", DATASETS)
def test_points_are_of_both_classes_and_within_the_picture(name):
    points, classes = draw_points(name, 200, 0.05, seed=0)
    assert points.shape == (200, 2)
    assert np.bincount(classes).tolist() == [100, 100]
    assert np.abs(points).max() < 1.3


@pytest.mark.parametrize("name", DATASETS)
def test_the_nearest_other_point_is_of_the_same_class_but_no_line_parts_them(name):
    points, classes = draw_points(name, 400, 0.02, seed=0)
    gaps = np.linalg.norm(points[:, None] - points[None], axis=-1) + 10 * np.eye(400)
    assert (classes[gaps.argmin(axis=1)] == classes).mean() > 0.95
    with_bias = np.column_stack([points, np.ones(400)])
    line = np.linalg.lstsq(with_bias, 2.0 * classes - 1, rcond=None)[0]
    assert ((with_bias @ line > 0) == classes).mean() < 0.93


def test_the_seed_decides():
    first, again, other = (draw_points("moons", 20, 0.1, seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_without_noise_circles_are_circles():
    points, classes = draw_points("circles", 50, 0.0, seed=0)
    assert np.hypot(*points.T) == pytest.approx(np.where(classes == 1, 0.4, 0.9))
