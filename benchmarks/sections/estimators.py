"""Estimators beside scikit-learn's networks: seconds of a fit, and scores under cross-validation."""

from __future__ import annotations

from typing import Any

from benchmarks.corpus import CorpusFiles
from benchmarks.datasets import DATASETS
from benchmarks.machine import cores
from benchmarks.participants import Pace, Participant, compare, say

__all__ = ["measure"]


def measure(files: CorpusFiles, pace: Pace) -> list[dict[str, Any]]:
    """Measure all data sets."""
    rows = []
    ways = [{"threads": count} for count in sorted({1, cores()})]
    participants = [
        Participant("deltarule", "benchmarks.our_estimators", ways),
        Participant("scikit-learn", "benchmarks.peers.sklearn_estimators", ways),
    ]
    for dataset in DATASETS:
        say(f"{dataset.name}, {dataset.epochs} epochs of batches of {dataset.batch}")
        shared = {"dataset": dataset.name, "quick": pace.quick}
        inputs, targets = dataset.examples()
        outputs = len(set(targets.tolist())) if dataset.classes else 1
        rows.append(
            {
                "dataset": dataset.name,
                "examples": len(inputs),
                "network": "-".join(map(str, (inputs.shape[1], *dataset.hidden, outputs))),
                "epochs": dataset.epochs,
                "batch": dataset.batch,
                "classes": dataset.classes,
                "participants": compare(participants, shared, pace=pace, check_losses=False),
            }
        )
    return rows
