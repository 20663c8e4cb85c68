import pytest

from deltarule.lab import sessions
from deltarule.lab.sessions import BusyError, NoSessionError, Sessions


def test_a_session_is_found_by_its_name_until_it_ends():
    kept = Sessions()
    name = kept.add("training")
    with kept.use(name) as training:
        assert training == "training"
    kept.end(name)
    kept.end(name)
    with pytest.raises(NoSessionError, match="reset to begin anew"), kept.use(name):
        pass


def test_too_many_are_refused_unless_one_is_idle(monkeypatch):
    now = 0.0
    monkeypatch.setattr(sessions, "monotonic", lambda: now)
    kept = Sessions()
    names = [kept.add(number) for number in range(16)]
    with pytest.raises(BusyError, match="16 trainings are in use"):
        kept.add("one more")
    now = 50.0
    for name in names[1:]:
        with kept.use(name):
            pass
    now = 70.0  # the first has not been used for over a minute
    assert kept.add("one more") not in names
    with pytest.raises(NoSessionError), kept.use(names[0]):
        pass
    with kept.use(names[1]) as training:
        assert training == 1
