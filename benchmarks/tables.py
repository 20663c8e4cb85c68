"""The results of each section in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import mean, stdev
from typing import Any

from benchmarks.figures import figure, ratio

__all__ = ["dense", "estimators", "limit", "tag", "tagger", "train"]

Result = dict[str, Any]
Row = dict[str, Any]
OURS = "deltarule"


def tagger(rows: list[Row]) -> str:
    """Write the table of each objective: participants by batch, in thousands of windows a second."""
    parts = []
    for objective in dict.fromkeys(row["objective"] for row in rows):
        chosen = [row for row in rows if row["objective"] == objective]
        lines = [
            f"**{objective}**, thousands of windows a second:",
            "",
            *markdown(
                ["windows a batch", *(f"{row['batch']:,}" for row in chosen)],
                [
                    *by_participant(chosen, lambda result: thousands(result)),
                    ["**deltarule / best of the others**", *(times(row, without_factorised) for row in chosen)],
                    ["deltarule / best, factorised ones too", *(times(row) for row in chosen)],
                ],
            ),
        ]
        if any("violators" in result.get("details", {}) for row in chosen for result in row["participants"]):
            lines += ["", "Windows that broke their margin, in per cent:", "", *violators(chosen)]
        parts.append("\n".join(lines))
    return "\n\n".join([*parts, agreement(rows), *failures(rows)])


def violators(rows: list[Row]) -> list[str]:
    """Write the table of the shares of windows that break their margin."""

    def share(result: Result) -> str:
        found = result.get("details", {}).get("violators")
        return "–" if found is None else f"{100 * found:.0f}"

    return markdown(["windows a batch", *(f"{row['batch']:,}" for row in rows)], by_participant(rows, share))


def limit(rows: list[Row]) -> str:
    """Write the share of the step that multiplying matrices at the best rate would take: the library's, and ours."""
    (row,) = rows
    step, alone = row["participants"]
    if "failed" in step or "failed" in alone:
        return "\n".join(failures(rows))
    products = alone["details"]["products"]
    operations = sum(product["operations"] for product in products)
    windows = products[3]["rows"]
    seconds = figure([windows / rate for rate in step["rates"]])

    def of_limit(which: str) -> str:
        best = max(product["operations"] / product[which] for product in products)
        share = figure([operations / best / (windows / rate) for rate in step["rates"]])
        return (
            f"{best / 1e9:.0f} GFLOP/s, it would take {1e3 * operations / best:.1f} ms:"
            f" **{100 * share.median:.0f} % of the limit** ({100 * share.low:.0f}–{100 * share.high:.0f})"
        )

    table = markdown(
        ["product", "rows × inner × columns", "million operations", "GFLOP/s alone, NumPy", "deltarule"],
        [
            [
                product["name"],
                f"{product['rows']} × {product['inner']} × {product['columns']}",
                f"{product['operations'] / 1e6:,.0f}",
                *(f"{product['operations'] / product[which] / 1e9:.0f}" for which in ("seconds", "own_seconds")),
            ]
            for product in products
        ],
    )
    return "\n".join(
        [
            *table,
            "",
            f"A step of {windows:,} windows takes {1e3 * seconds.median:.1f} ms ({1e3 * seconds.low:.1f}–"
            f"{1e3 * seconds.high:.1f}) and needs {operations / 1e9:.2f} GFLOP. At the best rate of NumPy's library,"
            f" {of_limit('seconds')}. At the best of deltarule's own, {of_limit('own_seconds')}.",
        ]
    )


def dense(rows: list[Row]) -> str:
    """Write the table of dense networks: participants by network, in microseconds a step."""
    heads = [f"{row['network']}, batches of {row['batch']}" for row in rows]
    step, many, _ = (result["name"] for result in rows[0]["participants"] if not not_ours(result))
    ratios = [
        [f"**{step} / best of the others with a step a call**", *(times(row, one_at_a_time, step) for row in rows)],
        [f"**{many} / best of the others**", *(times(row, not_ours, many) for row in rows)],
    ]
    table = markdown(["microseconds a step", *heads], [*by_participant(rows, microseconds), *ratios])
    return "\n".join([*table, "", agreement(rows), *failures(rows)])


def estimators(rows: list[Row]) -> str:
    """Write the table of estimators: seconds of a fit and scores on each set of data."""
    lines = []
    for row in rows:
        ours, theirs = row["participants"]
        if "failed" in ours or "failed" in theirs:
            continue
        lines.append(
            [
                f"{row['dataset']}, {row['examples']:,} examples",
                row["network"],
                f"{row['epochs']} of {row['batch']}",
                *(milliseconds(result) for result in (ours, theirs)),
                f"**{times(row)}**",
                *(score(result, row["classes"]) for result in (ours, theirs)),
                signed(ours, theirs, row["classes"]),
            ]
        )
    table = markdown(
        ["data", "network", "epochs, batch", "deltarule, ms", "scikit-learn, ms", "times as fast",
         "score, deltarule", "score, scikit-learn", "difference"],
        lines,
    )  # fmt: skip
    return "\n".join([*table, *failures(rows)])


def milliseconds(result: Result) -> str:
    """Write the time of a fit, and the threads of the faster way."""
    return f"{cell([1 / rate for rate in result['rates']], 1e3, 1)}{threads(result)}"


def score(result: Result, classes: bool) -> str:
    """Write the mean accuracy in per cent, or the mean R²."""
    value = mean(result["details"]["scores"])
    return f"{100 * value:.2f} %" if classes else f"{value:.4f}"


def signed(ours: Result, theirs: Result, classes: bool) -> str:
    """Write the mean difference of scores on the same folds, with its standard error."""
    own, other = ours["details"]["scores"], theirs["details"]["scores"]
    differences = [a - b for a, b in zip(own, other, strict=True)]
    error = stdev(differences) / len(differences) ** 0.5
    scale, digits = (100, 2) if classes else (1, 4)
    return f"{scale * mean(differences):+.{digits}f} ± {scale * error:.{digits}f}"


def tag(rows: list[Row]) -> str:
    """Write the table of tagging a file."""
    (row,) = rows
    lines = []
    for result in row["participants"]:
        if "failed" in result:
            lines.append([result["name"], "could not be run", "", "", ""])
            continue
        details = result["details"]
        lines.append(
            [
                result["name"],
                f"{details['words'] / 1e6:,.1f} million",
                cell(result["rates"], 1e-3, 0),
                f"{details['memory'] / 1e6:,.0f}",
                f"{100 * details['f1']:.1f}",
            ]
        )
    table = markdown(["", "file, words", "thousand words a second", "peak memory, MB", "F1 on test, %"], lines)
    comparison = f"deltarule / best of the others: **{times(row)}**. The file has {row['forms']:,} distinct words."
    return "\n".join([*table, "", comparison, *notes(rows), *failures(rows)])


def train(rows: list[Row]) -> str:
    """Write the wall time of training, and the cost against the size of the corpus."""
    whole, *sizes = rows
    seconds = figure([run["seconds"] for run in whole["runs"]])
    scores = figure([100 * run["f1"] for run in whole["runs"]])
    first_use = whole["first_use"]
    first = figure(sizes[0]["seconds"]).median / sizes[0]["tokens"]
    table = markdown(
        ["corpus", "words", "seconds an epoch", "thousand words a second", "time a word, against 1×"],
        [
            [
                f"{size['copies']}×",
                f"{size['tokens']:,}",
                cell(size["seconds"], 1, 2),
                f"{size['tokens'] / figure(size['seconds']).median / 1e3:,.0f}",
                f"{figure(size['seconds']).median / size['tokens'] / first:.2f}",
            ]
            for size in sizes
        ],
    )
    return "\n".join(
        [
            f"`deltarule train` with default settings, {whole['epochs']} epochs: **{seconds.median:.1f} s** of wall"
            f" time ({seconds.low:.1f}–{seconds.high:.1f}, start and reading of files and vectors included), for F1"
            f" {scores.median:.1f} ({scores.low:.1f}–{scores.high:.1f}) on the test part by `deltarule evaluate`."
            f" Seeds 0 to {len(whole['runs']) - 1}.",
            "",
            f"The first use on a machine compiles kernels, once: one epoch then takes {first_use['empty']:.1f} s of"
            f" wall time instead of {first_use['filled']:.1f} s.",
            "",
            *table,
        ]
    )


# Parts of tables


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Write a table, numbers to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def by_participant(rows: list[Row], shown: Callable[[Result], str]) -> list[list[str]]:
    """Write a line for each participant, with what is shown of each row."""
    names = [result["name"] for result in rows[0]["participants"]]
    return [[name, *(shown(row["participants"][place]) for row in rows)] for place, name in enumerate(names)]


def cell(values: Sequence[float], scale: float, digits: int) -> str:
    """Write the median of repeats, with the least and the greatest."""
    summary = figure([value * scale for value in values])
    return f"{summary.median:,.{digits}f} ({summary.low:,.{digits}f}–{summary.high:,.{digits}f})"


def thousands(result: Result) -> str:
    """Write rates in thousands a second, and the threads of the fastest way."""
    return "failed" if "failed" in result else f"{cell(result['rates'], 1e-3, 1)}{threads(result)}"


def microseconds(result: Result) -> str:
    """Write the time of a step, and the threads of the fastest way."""
    if "failed" in result:
        return "failed"
    return f"{cell([1 / rate for rate in result['rates']], 1e6, 1)}{threads(result)}"


def threads(result: Result) -> str:
    """Mark ways of more threads than one."""
    count = result["settings"].get("threads", 1)
    return f" ×{count}" if count > 1 else ""


def without_factorised(result: Result) -> bool:
    """Tell whether a participant is one of the others, written without deltarule's factorisation."""
    return not_ours(result) and "factorised" not in result["name"]


def not_ours(result: Result) -> bool:
    """Tell whether a participant is one of the others."""
    return not result["name"].startswith(OURS)


def one_at_a_time(result: Result) -> bool:
    """Tell whether a participant is one of the others that take one step a call."""
    return not_ours(result) and not any(word in result["name"] for word in ("scan", "fit"))


def times(row: Row, counts: Callable[[Result], bool] = not_ours, ours: str = OURS) -> str:
    """Write how many times as fast ours is as the fastest of the others that count."""
    own = next(result for result in row["participants"] if result["name"] == ours)
    others = [result for result in row["participants"] if counts(result) and "failed" not in result]
    if "failed" in own or not others:
        return "–"
    best = max(others, key=lambda result: figure(result["rates"]).median)
    return f"{ratio(own['rates'], best['rates'], higher_is_better=True):.2f}"


def agreement(rows: list[Row]) -> str:
    """Say how far the losses of the first steps are apart from ours, without dropout and from the same values."""
    first, later, compared = 0.0, 0.0, set()
    for row in rows:
        ours = row["participants"][0].get("losses") or []
        for result in filter(not_ours, row["participants"]):
            differences = [abs(a - b) for a, b in zip(ours, result.get("losses") or [], strict=False)]
            if differences:
                first, later = max(first, differences[0]), max(later, *differences)
                compared.add(result["name"])
    if not compared:
        return "No losses were compared."
    return (
        f"From equal parameters and without dropout, the loss of the first step is that of deltarule to {first:.0e},"
        f" those of the first four steps to {later:.0e} ({', '.join(sorted(compared))})."
    )


def notes(rows: list[Row]) -> list[str]:
    """List what participants have to say, once each."""
    found = [
        f"{result['name']}: {result['details']['note']}"
        for row in rows
        for result in row["participants"]
        if result.get("details", {}).get("note")
    ]
    return ["", *(f"* {note}" for note in dict.fromkeys(found))] if found else []


def failures(rows: list[Row]) -> list[str]:
    """List who could not be run, and why."""
    found = [
        f"{result['name']} could not be run: {result['failed']}"
        for row in rows
        for result in row["participants"]
        if "failed" in result
    ]
    return ["", *(f"* {failure}" for failure in dict.fromkeys(found))] if found else []
