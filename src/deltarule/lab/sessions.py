"""Trainings that go on from request to request."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

from deltarule.lab.boundary import BoundaryTraining
from deltarule.lab.limits import LIMITS

__all__ = ["BusyError", "NoSessionError", "Sessions"]


class NoSessionError(LookupError):
    """A session that has ended, or never was."""


class BusyError(RuntimeError):
    """The server has as much to do as it takes on."""


@dataclass
class _Session:
    training: BoundaryTraining
    used: float
    lock: Lock = field(default_factory=Lock)


class Sessions:
    """Keeps at most so many trainings; those that nobody has used for a while make room for new ones."""

    def __init__(self) -> None:
        self._sessions: dict[str, _Session] = {}
        self._lock = Lock()

    def add(self, training: BoundaryTraining) -> str:
        """Keep a training and return its name."""
        now = monotonic()
        with self._lock:
            if len(self._sessions) >= LIMITS.sessions:
                oldest = min(self._sessions, key=lambda name: self._sessions[name].used)
                if now - self._sessions[oldest].used < LIMITS.idle:
                    raise BusyError(
                        f"{LIMITS.sessions} trainings are in use; close another page, or try again in a minute"
                    )
                del self._sessions[oldest]
            name = secrets.token_urlsafe(9)
            self._sessions[name] = _Session(training, now)
        return name

    @contextmanager
    def use(self, name: str) -> Iterator[BoundaryTraining]:
        """Give out a training to one request at a time."""
        session = self._sessions.get(name)
        if session is None:
            raise NoSessionError("this training has ended, perhaps to make room for another; reset to begin anew")
        with session.lock:
            session.used = monotonic()
            yield session.training

    def end(self, name: str) -> None:
        """Forget a training."""
        with self._lock:
            self._sessions.pop(name, None)
