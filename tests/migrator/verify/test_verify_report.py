"""Reports of hand-made runs: stable keys, no values of the data, one sentence at the end."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from fedmigrate.source import Source
from fedmigrate.verify.compare import compare_runs
from fedmigrate.verify.pair import Pair
from fedmigrate.verify.report import as_json, as_text
from fedmigrate.verify.run import Event, Run

_ORIGINAL = Source("train.py", "a = 1\n\x0c\nb = 2  # third\n")
_PAIR = Pair(_ORIGINAL, Source("train_fed.py", ""), written=False, stale=False, loads=())


def _fit(value: Any, exactness: str | None = None, name: str = "Ridge.fit") -> Event:
    return Event("fit", name, 3, exactness, {"coef_": np.asarray(value)})


def _score(value: float) -> Event:
    return Event("score", "r2_score", 4, None, {"value": np.asarray(value)})


def _run(*events: Event, lines: tuple[str, ...] = (), **failure: Any) -> Run:
    return Run("train.py", events, lines, failure.get("failure"), failure.get("failed_at"))


def _text(original: Run, conversion: Run, rtol: float = 1e-9) -> str:
    return as_text(_PAIR, compare_runs(original, conversion, rtol))


def _json(original: Run, conversion: Run, rtol: float = 1e-9) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(
        as_json(_PAIR, compare_runs(original, conversion, rtol)), parse_constant=pytest.fail
    )
    return answer


def test_the_keys_are_those_that_machines_rely_on() -> None:
    answer = _json(_run(_fit(1.0), _score(0.5), lines=("a",)), _run(_fit(1.0, "exact"), lines=()))
    assert list(answer) == [
        "version",
        "original",
        "conversion",
        "conversion_written",
        "conversion_stale",
        "as_expected",
        "failed",
        "fits",
        "scores",
        "lines",
    ]
    assert answer["version"] == 1
    for kind in ("fits", "scores", "lines"):
        (entry,) = answer[kind]
        assert list(entry) == [
            "name",
            "line",
            "expected",
            "rtol",
            "as_expected",
            "verdict",
            "row_order",
            "over_seeds",
            "parts",
        ]
    assert answer["fits"][0]["parts"] == {"coef_": {"verdict": "identical", "relative": 0.0}}


@pytest.mark.parametrize("other", [12345.678, 98765.432, float("nan"), float("inf")])
def test_no_value_of_the_data_is_shown(other: float) -> None:
    original = _run(_fit(12345.678), _score(12345.678), lines=("age 12345.678", "name smith"))
    conversion = _run(_fit(other, "exact"), _score(other), lines=("age 98765.432", "name jones"))
    dumped = json.dumps(_json(original, conversion))
    for shown in (_text(original, conversion), dumped):
        assert not [one for one in ("12345", "98765", "smith", "jones") if one in shown]


def test_what_is_not_finite_is_null_in_json() -> None:
    answer = _json(_run(_fit(1.0)), _run(_fit([1.0], "statistical")))
    (fit,) = answer["fits"]
    assert fit["rtol"] is None
    assert fit["parts"]["coef_"] == {"verdict": "differs", "relative": None}


@pytest.mark.parametrize(
    ("conversion", "sentence"),
    [
        pytest.param(
            _run(_fit(1.0, "exact")), "As promised: 1 fitted model compared.", id="as promised"
        ),
        pytest.param(
            _run(_fit(9.0, "statistical")), "As promised: 1 fitted model compared.", id="no promise"
        ),
        pytest.param(_run(_fit(2.0, "exact")), "Not as promised: Ridge.fit.", id="worse"),
        pytest.param(
            _run(_fit(1.0, "exact"), lines=("more",)),
            "Not as promised: the fitted models agree, what follows from them does not.",
            id="another line",
        ),
        pytest.param(_run(), "Not as promised: Ridge.fit.", id="no fit in the conversion"),
    ],
)
def test_the_last_line_says_how_it_ended(conversion: Run, sentence: str) -> None:
    assert _text(_run(_fit(1.0)), conversion).splitlines()[-1] == sentence


def test_nothing_fitted_is_said() -> None:
    text = _text(_run(lines=("a",)), _run(lines=("a",)))
    assert text.endswith("Nothing was fitted, so nothing is proven.\n")


def test_unscaled_logistic_regression_is_explained() -> None:
    name = "LogisticRegression.fit"
    text = _text(_run(_fit(1.0, name=name)), _run(_fit(1.001, "exact", name)))
    assert "Not as promised: LogisticRegression.fit." in text
    assert "Scale them and verify again." in text


def test_the_worst_part_is_named_in_the_table() -> None:
    original = Event("fit", "Ridge.fit", 3, None, {"a_": np.ones(1), "b_": np.ones(1)})
    conversion = Event("fit", "Ridge.fit", 9, "exact", {"a_": np.ones(1), "b_": np.ones(1) * 1.5})
    rows = [line for line in _text(_run(original), _run(conversion)).splitlines() if "3 " in line]
    assert len(rows) == 1
    assert " ".join(rows[0].split()) == (
        "3 Ridge.fit exact differs by 5.0e-01 (b_) <- worse than expected"
    )


def test_lines_that_differ_are_numbered_and_equal_ones_are_counted() -> None:
    original = _run(_fit(1.0), lines=("a", "loss 1.0", "b"))
    conversion = _run(_fit(1.0, "exact"), lines=("a", "loss 1.5", "b", "c"))
    text = _text(original, conversion)
    assert "printed: 2 of 4 lines identical" in text
    assert "line 2 of the output: differs by 5.0e-01" in text
    assert "line 4 of the output: only in the conversion" in text
    assert "line 1 of the output" not in text


def test_a_failure_quotes_the_users_line_after_a_form_feed() -> None:
    text = _text(_run(failure="ValueError: no\n(exit code 1)", failed_at=3), _run(_fit(1.0)))
    assert "train.py, line 3, did not run to its end:\n  > b = 2  # third\n" in text
    assert "    ValueError: no\n" in text
    assert "The script shows rows" not in text


def test_the_hint_about_rows_is_for_the_conversion_only() -> None:
    failed = _run(failure="RevealError: rows", failed_at=None)
    assert "The script shows rows" not in _text(failed, _run(_fit(1.0)))
    assert "The script shows rows" in _text(_run(_fit(1.0)), failed)


def test_both_failed_names_the_original() -> None:
    answer = _json(_run(failure="first", failed_at=1), _run(failure="second", failed_at=3))
    assert answer["failed"] == {"script": "train.py", "line": 1, "said": "first"}
    assert answer["as_expected"] is False
