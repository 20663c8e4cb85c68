"""Participants of a comparison, each in a process of its own, measured in turns."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any, NamedTuple

from benchmarks.quiet import LIMIT, Disturbance, wait_until_quiet
from benchmarks.worker import environment

__all__ = ["Pace", "Participant", "ParticipantError", "Process", "compare", "say"]


class ParticipantError(Exception):
    """A participant could not be run; the message says why."""


@dataclass(frozen=True)
class Participant:
    """One side of a comparison.

    Attributes
    ----------
    name : as in the tables
    module : module with the function ``task``
    ways : settings of the ways of doing it, of which the fastest in a short trial is measured
    """

    name: str
    module: str
    ways: Sequence[dict[str, Any]] = field(default_factory=lambda: [{}])


@dataclass(frozen=True)
class Pace:
    """How measurements are taken.

    Attributes
    ----------
    repeats : rounds in which each participant has its turn
    seconds : length of a turn
    patience : seconds that a comparison may wait for other programs to rest
    quick : whether only to see that all works
    """

    repeats: int = 5
    seconds: float = 1.0
    patience: float = 300.0
    quick: bool = False


class Turn(NamedTuple):
    """Units of work a second, and the cores that other programs kept busy meanwhile."""

    rate: float
    others: float


class Process:
    """A participant's process, which takes steps on request and sleeps in between."""

    def __init__(self, module: str, settings: dict[str, Any]) -> None:
        self.settings = settings
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - closed in close
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", module, json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            encoding="utf-8",
            env=environment(settings.get("threads", 1)),
        )

    def ask(self, name: str, *arguments: Any) -> Any:
        """Send a request and wait for the answer; `ParticipantError` where the process died of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            print(json.dumps([name, *arguments]), file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise ParticipantError(self._last_words()) from None
        answer = self._process.stdout.readline()
        if not answer:
            raise ParticipantError(self._last_words())
        return json.loads(answer)

    def turn(self, seconds: float, until: float) -> Turn:
        """Take steps for about so many seconds; again if others disturbed it, up to a time of `time.monotonic`."""
        while True:
            disturbance = Disturbance(self._process.pid)
            measured = self.ask("timed", seconds)
            turn = Turn(measured["units"] / measured["seconds"], disturbance.cores())
            if turn.others < LIMIT or time.monotonic() > until:
                return turn
            wait_until_quiet(until)

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def _last_words(self) -> str:
        """Return the last line that the process wrote to standard error: the message of its exception."""
        self._process.wait()
        self._errors.seek(0)
        lines = [line.strip() for line in self._errors if line.strip()]
        return lines[-1] if lines else f"ended with status {self._process.returncode}"


def compare(
    participants: Iterable[Participant],
    shared: dict[str, Any],
    *,
    pace: Pace,
    check_losses: bool = True,
) -> list[dict[str, Any]]:
    """Measure participants in turns, each in its fastest way.

    Parameters
    ----------
    participants : ours first
    shared : settings that all get
    pace : how often and how long
    check_losses : whether to ask for the losses of the first steps

    Returns
    -------
    list of dict
        For each participant its name, the settings of its fastest way, by round the rates in units a second and the
        cores that others kept busy meanwhile, rates of all ways in the trial, losses and details; or the reason why it
        could not be run, as "failed".
    """
    results, running = [], []
    until = time.monotonic() + pace.patience
    try:
        for participant in participants:
            result: dict[str, Any] = {"name": participant.name}
            results.append(result)
            try:
                process = _fastest(participant, shared, pace.seconds, until, result)
                running.append((process, result))
                if check_losses:
                    result["losses"] = process.ask("losses")
            except ParticipantError as error:
                result["failed"] = str(error)
                say(f"  {participant.name}: could not be run: {error}")
        for _ in range(pace.repeats):
            for process, result in running:
                _guarded(result, partial(_take_turn, process, result, pace.seconds, until))
        for process, result in running:
            _guarded(result, partial(_ask_details, process, result))
            say(f"  {result['name']}: {_shown(result)}")
    finally:
        for process, _ in running:
            process.close()
    return results


def _fastest(
    participant: Participant, shared: dict[str, Any], seconds: float, until: float, result: dict[str, Any]
) -> Process:
    """Try all ways one after the other; return the process of the fastest, warmed up."""
    best: Process | None = None
    best_rate, failures = 0.0, []
    result["trial"] = []
    for way in participant.ways:
        process = Process(participant.module, {**shared, **way})
        try:
            process.ask("warm_up")
            rate = max(process.turn(seconds / 2, until).rate for _ in range(2))
        except ParticipantError as error:
            failures.append(str(error))
            result["trial"].append({**way, "failed": str(error)})
            process.close()
            continue
        result["trial"].append({**way, "rate": rate})
        slower: Process | None = process
        if rate > best_rate:
            best, slower, best_rate = process, best, rate
            result.update(settings=way, rates=[], others=[])
        if slower is not None:
            slower.close()
    if best is None:
        raise ParticipantError("; ".join(dict.fromkeys(failures)) or "there is no way to run it")
    return best


def _take_turn(process: Process, result: dict[str, Any], seconds: float, until: float) -> None:
    turn = process.turn(seconds, until)
    result["rates"].append(turn.rate)
    result["others"].append(turn.others)


def _ask_details(process: Process, result: dict[str, Any]) -> None:
    result["details"] = process.ask("details")


def _guarded(result: dict[str, Any], action: Callable[[], object]) -> None:
    """Carry out an action of a participant that has not failed; take note if it fails."""
    if "failed" in result:
        return
    try:
        action()
    except ParticipantError as error:
        result["failed"] = str(error)


def _shown(result: dict[str, Any]) -> str:
    if "failed" in result:
        return f"could not be run: {result['failed']}"
    return f"{sorted(result['rates'])[len(result['rates']) // 2]:,.0f} a second, {result['settings']}"


def say(message: str) -> None:
    """Tell whoever waits how far it is."""
    print(message, file=sys.stderr, flush=True)
