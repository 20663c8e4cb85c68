"""How near a training step comes to the rate at which the processor multiplies matrices."""

from __future__ import annotations

from typing import Any

from benchmarks.corpus import CorpusFiles
from benchmarks.participants import Pace, Participant, compare, say

__all__ = ["BATCH", "measure"]

BATCH = 2048


def measure(files: CorpusFiles, pace: Pace) -> list[dict[str, Any]]:
    """Measure steps, and the products of matrices that they need by themselves, in turns on one thread."""
    say(f"batches of {BATCH}, one thread")
    shared = {
        "objective": "softmax",
        "batch": BATCH,
        "epochs_before": 0,
        "data": files.data and str(files.data),
        "threads": 1,
    }
    participants = [
        Participant("deltarule", "benchmarks.ours"),
        Participant("products alone, by NumPy", "benchmarks.products"),
    ]
    return [{"batch": BATCH, "participants": compare(participants, shared, pace=pace, check_losses=False)}]
