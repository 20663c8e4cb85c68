"""Training of dense networks with Adam, in microseconds a step."""

from __future__ import annotations

from typing import Any

from benchmarks.corpus import CorpusFiles
from benchmarks.machine import cores
from benchmarks.networks import NETWORKS
from benchmarks.participants import Pace, Participant, compare, say

__all__ = ["measure"]

STEPS_A_CALL = 50


def measure(files: CorpusFiles, pace: Pace) -> list[dict[str, Any]]:
    """Measure all networks."""
    rows = []
    for network in NETWORKS:
        say(f"{network.name}, batches of {network.batch}")
        results = compare(participants(), {"network": network.name}, pace=pace)
        rows.append({"network": network.name, "batch": network.batch, "participants": results})
    return rows


def participants() -> list[Participant]:
    """List who takes part, each with the ways to do it of which the fastest counts."""
    threads = sorted({1, cores()})

    def ways(**settings: Any) -> list[dict[str, Any]]:
        return [{"threads": count, **settings} for count in threads]

    torch_module, jax_module = "benchmarks.peers.torch_dense", "benchmarks.peers.jax_dense"
    return [
        Participant("deltarule, a step a call", "benchmarks.ours", ways(steps_a_call=1)),
        Participant("deltarule, 50 steps a call", "benchmarks.ours", ways(steps_a_call=STEPS_A_CALL)),
        Participant(
            "deltarule, 50 steps a call, shuffled", "benchmarks.ours", ways(steps_a_call=STEPS_A_CALL, shuffled=True)
        ),
        Participant("JAX, a step a call", jax_module, ways(steps_a_call=1)),
        Participant("JAX, 50 steps a call (scan)", jax_module, ways(steps_a_call=STEPS_A_CALL)),
        Participant("PyTorch, eager", torch_module, ways(compiled="nothing")),
        Participant("PyTorch, compiled", torch_module, ways(compiled="loss") + ways(compiled="step")),
        Participant("scikit-learn, fit", "benchmarks.peers.sklearn_dense", ways()),
    ]
