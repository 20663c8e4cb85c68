"""Training of the tagger, in windows a second."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.corpus import CorpusFiles, write_arrays
from benchmarks.machine import cores
from benchmarks.participants import Pace, Participant, compare, say

__all__ = ["OBJECTIVES", "measure", "participants"]

OBJECTIVES = ("softmax", "max-margin")
BATCHES = (32, 128, 512, 2048, 8192)
STEPS_A_CALL = 16  # of a scan over small batches


def measure(files: CorpusFiles, pace: Pace) -> list[dict[str, Any]]:
    """Measure all objectives and batches."""
    with tempfile.TemporaryDirectory() as folder:
        arrays = Path(folder) / "arrays.npz"
        write_arrays(arrays, files)
        rows = []
        for objective in OBJECTIVES:
            # The aim of max-margin is one for large batches; and each way of each participant trains an epoch before.
            batches = BATCHES[2:] if objective == "max-margin" else BATCHES
            for batch in batches[-3:-1] if pace.quick else batches:
                say(f"{objective}, batches of {batch}")
                shared = {
                    "objective": objective,
                    "batch": batch,
                    # Under max-margin, most windows keep their margin after the first epoch.
                    "epochs_before": 1 if objective == "max-margin" else 0,
                    "arrays": str(arrays),
                    "data": files.data and str(files.data),
                }
                results = compare(participants(objective, batch), shared, pace=pace)
                rows.append({"objective": objective, "batch": batch, "participants": results})
        return rows


def participants(objective: str, batch: int) -> list[Participant]:
    """List who takes part, each with the ways to do it of which the fastest counts."""
    threads = sorted({1, cores()})
    margins = [False, True] if objective == "max-margin" else [False]
    calls = [1, STEPS_A_CALL] if batch <= 512 else [1]

    def torch(compiled: bool, factorised: bool) -> list[dict[str, Any]]:
        # A compiled step has static shapes, so it cannot pick the windows that break their margin.
        return [
            {"threads": count, "compiled": compiled, "factorised": factorised, "violators_only": only}
            for count in threads
            for only in ([False] if compiled else margins)
        ]

    def jax(factorised: bool) -> list[dict[str, Any]]:
        return [
            {"threads": count, "factorised": factorised, "steps_a_call": steps, "violators_only": only}
            for count in threads
            for steps in calls
            for only in margins
        ]

    torch_module, jax_module = "benchmarks.peers.torch_tagger", "benchmarks.peers.jax_tagger"
    return [
        Participant("deltarule", "benchmarks.ours", [{"threads": count} for count in threads]),
        Participant("PyTorch, eager", torch_module, torch(compiled=False, factorised=False)),
        Participant("PyTorch, compiled", torch_module, torch(compiled=True, factorised=False)),
        Participant("JAX, jit", jax_module, jax(factorised=False)),
        Participant(
            "thinc", "benchmarks.peers.thinc_tagger", [{"threads": 1, "violators_only": only} for only in margins]
        ),
        Participant("PyTorch, factorised", torch_module, torch(compiled=False, factorised=True)),
        Participant("JAX, factorised", jax_module, jax(factorised=True)),
    ]
