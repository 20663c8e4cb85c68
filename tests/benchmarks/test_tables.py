import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import tables

RAW = Path(__file__).parent / "raw"


def rows(section: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((RAW / f"{section}.json").read_text(encoding="utf-8"))["rows"]
    return found


def cells(table: str, head: str) -> list[str]:
    """Return the cells of the first line that begins with a head."""
    line = next(line for line in table.splitlines() if line.startswith(f"| {head} |"))
    return [cell.strip() for cell in line.split("|")[2:-1]]


def test_rates_of_the_tagger_are_medians_with_their_spread_and_threads() -> None:
    table = tables.tagger(rows("tagger"))
    assert cells(table, "deltarule") == ["50.0 (40.0–60.0) ×2"]
    assert cells(table, "JAX, jit") == ["30.0 (20.0–40.0)"]


def test_ratios_of_the_tagger_with_and_without_the_factorised_peers() -> None:
    table = tables.tagger(rows("tagger"))
    assert cells(table, "**deltarule / best of the others**") == ["2.00"]  # rounds: 2, 1.25, 2
    assert cells(table, "deltarule / best, factorised ones too") == ["0.67"]  # rounds: 0.67, 0.62, 0.75


def test_shares_of_violators_stand_under_max_margin_only() -> None:
    softmax, margin = tables.tagger(rows("tagger")).split("**max-margin**")
    assert "in per cent" not in softmax
    shares = margin.split("in per cent")[1]
    assert [cells(shares, name) for name in ("deltarule", "JAX, jit", "thinc")] == [["11"], ["12"], ["–"]]


def test_a_participant_that_cannot_be_run_is_named_with_the_reason() -> None:
    table = tables.tagger(rows("tagger"))
    assert cells(table, "thinc") == ["failed"]
    assert table.count("thinc could not be run: ImportError: No module named 'thinc'") == 1


def test_losses_are_compared_with_ours() -> None:
    assert tables.agreement(rows("tagger")) == (
        "From equal parameters and without dropout, the loss of the first step is that of deltarule to 3e-07, those of"
        " the first four steps to 1e-05 (JAX, factorised, JAX, jit)."
    )
    assert tables.agreement(rows("tag")) == "No losses were compared."


def test_the_limit_is_the_best_rate_of_the_products() -> None:
    table = tables.limit(rows("limit"))
    assert cells(table, "hidden, forward") == ["900 × 164 × 1500", "443", "89", "111"]
    # 1.3608 GFLOP at 100 GFLOP/s are 13.6 ms, of steps of 20, 25 and 40 ms.
    assert "takes 25.0 ms (20.0–40.0)" in table
    assert "library, 100 GFLOP/s, it would take 13.6 ms: **54 % of the limit** (34–68)" in table
    assert "own, 125 GFLOP/s, it would take 10.9 ms: **44 % of the limit** (27–54)" in table


def test_dense_networks_are_compared_with_those_that_are_called_as_often() -> None:
    table = tables.dense(rows("dense"))
    assert cells(table, "deltarule, a step a call") == ["40.0 (25.0–50.0)"]
    assert cells(table, "JAX, a step a call") == ["20.0 (20.0–20.0) ×2"]
    assert cells(table, "**deltarule, a step a call / best of the others with a step a call**") == ["0.50"]
    assert cells(table, "deltarule, 50 steps a call, shuffled") == ["12.5 (12.5–12.5)"]
    assert cells(table, "**deltarule, 50 steps a call / best of the others**") == ["0.50"]


def test_tagging_names_words_speed_memory_and_score() -> None:
    table = tables.tag(rows("tag"))
    assert cells(table, "deltarule") == ["20.0 million", "1,500 (1,000–2,000)", "512", "82.5"]
    assert cells(table, "python-crfsuite") == ["1.2 million", "50 (50–60)", "90", "80.1"]
    assert "deltarule / best of the others: **25.00**. The file has 12,345 distinct words." in table
    assert "* python-crfsuite: trained in 100 s, run with --processes 2" in table
    assert "* spaCy, CNN tagger could not be run: OSError: no such model" in table


def test_training_states_wall_time_score_and_cost_by_size() -> None:
    table = tables.train(rows("train"))
    assert "15 epochs: **21.0 s** of wall time (20.0–22.0" in table
    assert "F1 82.0 (81.5–82.5)" in table
    assert "14.0 s of wall time instead of 4.0 s" in table
    assert cells(table, "1×") == ["100,000", "1.00 (0.90–1.10)", "100", "1.00"]
    assert cells(table, "2×") == ["200,000", "2.10 (2.00–2.20)", "95", "1.05"]


@pytest.mark.parametrize("name", ["deltarule", "JAX, jit"])
def test_no_ratio_without_both_sides(name: str) -> None:
    row = rows("tagger")[0]
    row["participants"] = [result for result in row["participants"] if result["name"] in ("deltarule", "JAX, jit")]
    for result in row["participants"]:
        if result["name"] == name:
            result["failed"] = "killed"
    assert tables.times(row) == "–"


def test_estimators_have_times_ratios_and_differences_of_scores() -> None:
    table = tables.estimators(rows("estimators"))
    # The ratio is 5 in both rounds; differences 0.01 and 0.02 have the mean 0.015 and the standard error 0.005.
    assert cells(table, "digits, 1,797 examples") == [
        "64-100-10", "50 of 64", "75.0 (50.0–100.0)", "375.0 (250.0–500.0)", "**5.00**", "98.50 %", "97.00 %",
        "+1.50 ± 0.50",
    ]  # fmt: skip
    assert cells(table, "diabetes, 442 examples")[5:] == ["0.4500", "0.4500", "+0.0000 ± 0.0500"]
