import json
import math
import re

import pytest

import deltarule as dr
from deltarule.checking.report import GradientReport, summarise_entries
from deltarule.checking.verdict import EntryCheck


def entry(index, verdict="agrees", error=1e-9, kink=None, analytic=0.5):
    return EntryCheck(index, analytic, 0.25, 0.0, 1.0, error, verdict, kink)


GOOD = summarise_entries("hidden.weight", (8, 20), 160, [entry((0, 1)), entry((3, 4), error=2e-8)])
KINK = summarise_entries("hidden.bias", (8,), 8, [entry((0,)), entry((1,), "kink", 0.5, "relu (hidden)")])
WRONG = summarise_entries(
    "U", (2, 1), 2, [entry((0, 0), "wrong", 0.1), entry((1, 0), "wrong", math.nan, analytic=math.nan)]
)
EMPTY = summarise_entries("empty", (0, 3), 0, [])


def report(*checks):
    return GradientReport(checks, evaluations=352, seconds=0.0412, backward_seconds=3.2e-4)


def test_the_worst_entry_is_of_the_gravest_verdict_and_the_largest_error():
    assert (GOOD.verdict, GOOD.worst.index, GOOD.checked, GOOD.total) == ("agrees", (3, 4), 2, 160)
    assert (KINK.verdict, KINK.worst.index, KINK.kinks, KINK.wrong) == ("kink", (1,), 1, 0)
    both = summarise_entries("both", (2,), 2, [entry((0,), "kink", 2.0), entry((1,), "wrong", 0.1)])
    assert (both.verdict, both.worst.index, both.kinks, both.wrong) == ("wrong", (1,), 1, 1)
    assert WRONG.worst.index == (1, 0)  # NaN is the worst of all
    assert (EMPTY.verdict, EMPTY.worst) == ("agrees", None)


def test_kinks_pass_and_wrong_entries_fail():
    assert report(GOOD, KINK, EMPTY).passed
    assert bool(report(GOOD, KINK)) is True
    assert not report(GOOD, WRONG)
    assert report(GOOD, WRONG, KINK).worst is WRONG
    assert report(GOOD)["hidden.weight"] is GOOD


def test_text():
    assert str(report(GOOD, KINK, WRONG, EMPTY)).splitlines() == [
        "parameter      shape    checked  worst entry  analytic  numeric  rel. error  verdict",
        "hidden.weight  (8, 20)    2/160  [3, 4]            0.5     0.25     2.0e-08  agrees",
        "hidden.bias    (8,)         2/8  [1]               0.5     0.25     5.0e-01  kink (1 of 2)",
        "U              (2, 1)       2/2  [1, 0]            nan     0.25         nan  wrong (2 of 2)",
        "empty          (0, 3)       0/0                                              agrees",
        "hidden.bias: 1 of 2 entries at a kink of relu (hidden); slope 0 on the left, 1 on the right",
        "FAILED: 6 of 170 entries checked, 2 wrong, 1 at a kink;"
        " 352 loss evaluations took 41.2 ms, one backward pass 320 µs",
    ]
    assert str(report(GOOD)).splitlines()[-1].startswith("passed: 2 of 160 entries checked, 0 wrong; 352 loss")


def test_columns_are_aligned():
    header, *rows = str(report(GOOD, KINK, WRONG)).splitlines()[:4]
    start = header.index("verdict")
    assert all(re.match("agrees|kink|wrong", row[start:]) for row in rows)


def test_plain_data_for_json():
    data = json.loads(json.dumps(report(GOOD, KINK, WRONG, EMPTY).as_dict(), allow_nan=False))
    assert (data["passed"], data["evaluations"], data["seconds"]) == (False, 352, 0.0412)
    good, kink, wrong, empty = data["parameters"]
    assert good["worst_index"] == [3, 4]
    assert good["relative_error"] == pytest.approx(2e-8)
    assert (kink["kink"], kink["left"], kink["right"], kink["kinks"]) == ("relu (hidden)", 0.0, 1.0, 1)
    assert (wrong["analytic"], wrong["relative_error"], wrong["verdict"]) == (None, None, "wrong")
    assert (empty["total"], empty["verdict"]) == (0, "agrees")


def test_a_report_knows_its_parameters_by_name_and_in_order():
    a, b = dr.parameter(1.0, "a"), dr.parameter(2.0, "b")
    report = dr.gradient_check(a * b)
    assert [check.name for check in report] == ["a", "b"]
    with pytest.raises(KeyError, match="no parameter 'c' was checked; these were: a, b"):
        report["c"]
