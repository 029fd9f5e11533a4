"""Verdicts: what counts as identical, as equal, as different, and as worse than promised."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedmigrate.verify.compare import compare_runs, difference, line_difference
from fedmigrate.verify.run import Event, Run

_INFINITE = float("inf")


@pytest.mark.parametrize(
    ("ours", "pooled", "expected"),
    [
        pytest.param(np.array([1.0, 2.0]), np.array([1.0, 2.0]), 0.0, id="same bits"),
        pytest.param(np.array([1.0, 2.2]), np.array([1.0, 2.0]), 0.1, id="by the largest"),
        pytest.param(np.array([1e-3, 0.0]), np.zeros(2), 1e-3, id="absolute where pooled is zero"),
        pytest.param(np.array([np.nan, 1]), np.array([np.nan, 1]), 0.0, id="nan at one place"),
        pytest.param(np.array([np.nan, 1]), np.array([1, np.nan]), _INFINITE, id="nan elsewhere"),
        pytest.param(np.array([np.inf]), np.array([1.0]), _INFINITE, id="infinite"),
        pytest.param(np.array([-np.inf]), np.array([np.inf]), _INFINITE, id="other infinity"),
        pytest.param(np.zeros(2), np.zeros((2, 1)), _INFINITE, id="shape"),
        pytest.param(np.array([1]), np.array([1.0]), _INFINITE, id="kind"),
        pytest.param(np.array([1], dtype=np.int32), np.array([1]), 0.0, id="width of integers"),
        pytest.param(np.array([7]), np.array([8]), _INFINITE, id="integers are exact"),
        pytest.param(np.array([True]), np.array([False]), _INFINITE, id="truth values"),
        pytest.param("a", "a", 0.0, id="text"),
        pytest.param("a", "b", _INFINITE, id="other text"),
        pytest.param(None, np.zeros(1), _INFINITE, id="only in one"),
        pytest.param("0", np.zeros(1), _INFINITE, id="text and number"),
        pytest.param(np.zeros(0), np.zeros(0), 0.0, id="nothing"),
    ],
)
def test_difference(ours: object, pooled: object, expected: float) -> None:
    assert difference(ours, pooled).relative == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("ours", "pooled", "verdict"),
    [
        pytest.param(np.array([1.0]), np.array([1.0]), "identical", id="same bits"),
        pytest.param(
            np.array([1.0], dtype=np.float32), np.array([1.0]), "equal", id="another width"
        ),
        pytest.param(np.array([-0.0]), np.array([0.0]), "equal", id="negative zero"),
        pytest.param(np.array([1 + 2e-12]), np.array([1.0]), "equal within 2.0e-12", id="near"),
        pytest.param(np.array([1.5]), np.array([1.0]), "differs by 5.0e-01", id="far"),
        pytest.param(np.array([1]), np.array([1.0]), "differs", id="not comparable"),
    ],
)
def test_identical_is_said_of_the_same_bits_only(ours: Any, pooled: Any, verdict: str) -> None:
    assert difference(ours, pooled).verdict(1e-9) == verdict


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_line_differs_as_its_number_does(one: float, other: float) -> None:
    found = line_difference(f"loss {one!r} %", f"loss {other!r} %").relative
    assert (found == 0) == (repr(one) == repr(other))
    if abs(one - other) > 1e-12 and other:
        assert found == pytest.approx(abs(one - other) / abs(other))


def test_the_padding_of_columns_is_no_difference() -> None:
    found = line_difference("C=1   0.50", "C=1 0.50")
    assert found.relative == 0
    assert not found.identical


@pytest.mark.parametrize(
    "line", ["Elapsed time: {} seconds", "took {}", "done in {}s", "fit_time {}", "{} ms"]
)
def test_durations_are_others_in_every_run(line: str) -> None:
    assert line_difference(line.format("0.7"), line.format("0.2")).relative == 0
    assert line_difference(line.format("0.7"), f"or {line.format('0.7')}").relative == _INFINITE


def test_numbers_beside_other_words_are_no_durations() -> None:
    assert line_difference("first class 0.7", "first class 0.2").relative > 1


@pytest.mark.parametrize(
    ("ours", "pooled"),
    [("accuracy 1", "precision 1"), ("a", "b"), ("1 2", "1"), ("model2 is best", "model1 is best")],
)
def test_text_that_differs_differs(ours: str, pooled: str) -> None:
    assert line_difference(ours, pooled).relative == _INFINITE


def _run(*events: Event, lines: tuple[str, ...] = (), failure: str | None = None) -> Run:
    return Run("train.py", events, lines, failure)


def _fit(coef: float, exactness: str | None = None, name: str = "Ridge.fit") -> Event:
    return Event("fit", name, 3, exactness, {"coef_": np.array([coef])})


@pytest.mark.parametrize(
    ("exactness", "coef", "as_expected"),
    [
        ("exact", 1.0, True),
        ("exact", 1 + 1e-12, True),
        ("exact", 1 + 1e-7, False),
        ("equivalent", 1 + 1e-7, True),
        ("equivalent", 1 + 1e-3, False),
        ("statistical", 7.0, True),
        ("approximate", 7.0, True),
    ],
)
def test_a_fit_is_judged_by_its_class(exactness: str, coef: float, as_expected: bool) -> None:
    comparison = compare_runs(_run(_fit(1.0)), _run(_fit(coef, exactness)), 1e-9)
    assert comparison.as_expected is as_expected


def test_what_follows_from_a_fit_is_judged_as_loosely_as_the_fit() -> None:
    for exactness, expected in (("exact", False), ("equivalent", True)):
        original = _run(_fit(1.0), lines=("score 1.0",))
        conversion = _run(_fit(1.0, exactness), lines=("score 1.0000001",))
        assert compare_runs(original, conversion, 1e-9).as_expected is expected


@pytest.mark.parametrize(
    "conversion",
    [
        pytest.param(_run(), id="no fit"),
        pytest.param(_run(_fit(1.0, "exact"), _fit(1.0, "exact")), id="one fit more"),
        pytest.param(_run(_fit(1.0, "exact", "Lasso.fit")), id="another class"),
        pytest.param(_run(_fit(1.0, "exact"), lines=("more",)), id="one line more"),
        pytest.param(_run(failure="RevealError"), id="failed"),
    ],
)
def test_what_is_missing_or_other_is_worse_than_expected(conversion: Run) -> None:
    assert not compare_runs(_run(_fit(1.0)), conversion, 1e-9).as_expected


def test_nothing_fitted_is_nothing_proven() -> None:
    assert not compare_runs(_run(lines=("a",)), _run(lines=("a",)), 1e-9).as_expected


def test_attributes_of_one_entry_a_row_stay_at_the_parties() -> None:
    centres, labels = np.eye(2), np.array([0, 1, 1])
    original = _clusters(cluster_centers_=centres, labels_=labels)
    conversion = _clusters(cluster_centers_=centres)
    (judged,) = compare_runs(_run(original), _run(conversion), 1e-9).fits
    assert judged.as_expected
    assert judged.parts.keys() == {"cluster_centers_"}
    (judged,) = compare_runs(_run(original), _run(_clusters(labels_=labels)), 1e-9).fits
    assert not judged.as_expected


@pytest.mark.parametrize(
    ("name", "ours", "fine"),
    [("mean_", 3e-17, True), ("mean_", 3e-9, False), ("coef_", 3e-17, False)],
)
def test_a_mean_that_rounding_leaves_of_zero(name: str, ours: float, fine: bool) -> None:
    original = _clusters(**{name: np.array([1e-17])})
    (judged,) = compare_runs(_run(original), _run(_clusters(**{name: np.array([ours])})), 1e-9).fits
    assert judged.as_expected is fine


def _clusters(**leaves: object) -> Event:
    return Event("fit", "KMeans.fit", 3, "exact", leaves)
