import pytest

TEXT = (
    "The cat sat on the mat. The dog sat on the rug.\n\nA cat ran to the dog! Did the dog run in 1999? "
    "The old dog slept; the young cat did not. It was 2 o'clock.\n"
)


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT * 10, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def small():
    return {"dimension": 6, "hidden": 8, "epochs": 3, "batch": 32, "window": 3, "threads": 1}
