"""Metrics of numbers: equal to scikit-learn on the pooled rows to rounding."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st
from metric_cases import N_ROWS, close
from row_layouts import LAYOUTS, SEEDS, examples, owners

from fedruntime import metrics
from fedruntime.errors import DataError, ProtocolError
from fedruntime.metrics.row_means import row_sums

NAMES = [
    "explained_variance_score",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_pinball_loss",
    "mean_squared_error",
    "mean_squared_log_error",
    "r2_score",
    "root_mean_squared_error",
    "root_mean_squared_log_error",
]
FRACTIONS = {"explained_variance_score", "r2_score"}
MULTIOUTPUT = ["raw_values", "uniform_average", [0.2, 0.5, 0.3]]


def compare(name: str, dealt: Any, y_true: Any, y_pred: Any, weight: Any, **options: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        federated = getattr(metrics, name)(
            dealt(y_true), dealt(y_pred), sample_weight=dealt(weight), **options
        )
        pooled = getattr(sklearn.metrics, name)(y_true, y_pred, sample_weight=weight, **options)
    assert type(federated) is type(pooled) or isinstance(federated, float)
    if name in FRACTIONS:
        # A fraction is one minus a quotient, and it is the quotient that is relatively exact.
        assert close(1 - np.asarray(federated), 1 - np.asarray(pooled), 2e-14)
    else:
        assert close(federated, pooled)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", NAMES)
@examples(6)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS, integers=st.booleans())
def test_one_output(
    name: str, weighted: bool, n: int, seed: int, layout: Any, integers: bool, deal: Any
) -> None:
    rng = np.random.default_rng(seed)
    y_true = rng.integers(0, 18, n) if integers else rng.gamma(5, 3, n)
    y_pred = np.abs(y_true + rng.normal(0, 1, n))
    weight = rng.random(n) + 0.1 if weighted else None
    compare(name, deal(owners(rng, y_true, *layout), parties=layout[0]), y_true, y_pred, weight)


@pytest.mark.parametrize("multioutput", MULTIOUTPUT, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_several_outputs(name: str, multioutput: Any, deal: Any) -> None:
    rng = np.random.default_rng(3)
    y_true, weight = rng.gamma(3, 2, (40, 3)), rng.random(40)
    y_pred = np.abs(y_true + rng.normal(0, 1, (40, 3)))
    dealt = deal(rng.integers(0, 4, 40), parties=4)
    compare(name, dealt, y_true, y_pred, None, multioutput=multioutput)
    compare(name, dealt, y_true, y_pred, weight, multioutput=multioutput)


@pytest.mark.parametrize("force_finite", [True, False])
@pytest.mark.parametrize("multioutput", [*MULTIOUTPUT, "variance_weighted"], ids=str)
def test_r2_of_constant_and_perfect_outputs(
    multioutput: Any, force_finite: bool, deal: Any
) -> None:
    y_true = np.column_stack([np.full(8, 2.0), np.arange(8.0), np.full(8, 3.0)])
    y_pred = y_true + np.array([0.0, 0.0, 1.0])
    dealt = deal([0, 0, 0, 1, 1, 1, 2, 2])
    options = {"multioutput": multioutput, "force_finite": force_finite}
    with np.errstate(all="ignore"):
        federated = metrics.r2_score(dealt(y_true), dealt(y_pred), **options)
        pooled = sklearn.metrics.r2_score(y_true, y_pred, **options)
    assert close(federated, pooled)


def test_r2_variance_weighted_of_constants_only(deal: Any) -> None:
    y = np.ones((4, 2))
    dealt = deal([0, 0, 1, 1])
    assert metrics.r2_score(dealt(y), dealt(y + 1), multioutput="variance_weighted") == 0.0
    assert sklearn.metrics.r2_score(y, y + 1, multioutput="variance_weighted") == 0.0


def test_r2_of_one_row_warns_as_scikit_learn(deal: Any) -> None:
    dealt = deal([0])
    with pytest.warns(sklearn.exceptions.UndefinedMetricWarning, match="less than two samples"):
        assert np.isnan(metrics.r2_score(dealt(np.ones(1)), dealt(np.ones(1))))


def test_column_and_vector_mix(deal: Any) -> None:
    y = np.arange(6.0)
    dealt = deal([0, 0, 0, 1, 1, 1])
    assert metrics.mean_squared_error(dealt(y), dealt(y[:, np.newaxis] + 1)) == 1.0


def test_widths_must_agree_with_scikit_learns_words(deal: Any) -> None:
    dealt = deal([0, 1])
    with pytest.raises(ValueError, match=r"different number of output \(1!=3\)"):
        metrics.mean_squared_error(dealt(np.ones(2)), dealt(np.ones((2, 3))))


def test_unknown_multioutput_is_refused_before_anything_is_asked(deal: Any) -> None:
    dealt = deal([0, 1])
    y = dealt(np.ones(2))
    before = len(dealt.federation.ledger)
    with pytest.raises(ValueError, match="multioutput"):
        metrics.r2_score(y, y, multioutput="sum")
    assert len(dealt.federation.ledger) == before


@pytest.mark.parametrize(
    ("bad", "message"),
    [(np.array([1.0, np.nan]), "missing or infinite"), (np.array(["a", "b"]), "no numbers")],
)
def test_bad_targets_are_named(bad: Any, message: str) -> None:
    with pytest.raises(DataError, match=f"y_pred .*{message}"):
        row_sums(np.ones(2), bad, "mean_squared_error", {})


def test_weights_must_be_finite() -> None:
    with pytest.raises(DataError, match="every row needs a weight"):
        row_sums(np.ones(2), np.ones(2), "mean_squared_error", {}, np.array([1.0, np.inf]))


def test_small_integers_do_not_wrap() -> None:
    true, predicted = np.array([0, 200], dtype=np.uint8), np.array([100, 0], dtype=np.uint8)
    assert row_sums(true, predicted, "mean_squared_error", {})["total"] == 50000.0


def test_a_party_averages_no_metric_but_the_known_ones() -> None:
    with pytest.raises(ProtocolError, match="'confusion_matrix' is not known to be a mean"):
        row_sums(np.ones(2), np.ones(2), "confusion_matrix", {})


def test_rows_without_weight_count_for_nothing(deal: Any) -> None:
    y_true, y_pred = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 2.5, 0.5, 1.0])
    weight = np.array([0.0, 0.0, 1.0, 2.0])
    compare("mean_absolute_error", deal([0, 0, 1, 1]), y_true, y_pred, weight)


@pytest.mark.parametrize("alpha", [0.0, 0.1, 1.0])
def test_pinball_loss(alpha: float, deal: Any) -> None:
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.normal(size=(2, 30))
    compare("mean_pinball_loss", deal([0] * 10 + [1] * 20), y_true, y_pred, None, alpha=alpha)


@pytest.mark.parametrize("name", ["mean_squared_log_error", "root_mean_squared_log_error"])
def test_logarithms_refuse_what_scikit_learn_refuses(name: str, deal: Any) -> None:
    y = np.array([1.0, -2.0, 3.0])
    dealt = deal([0, 1, 1])
    with pytest.raises(ValueError, match="cannot be used when targets contain"):
        getattr(sklearn.metrics, name)(y, y)
    with pytest.raises(DataError, match="cannot be used when targets contain"):
        getattr(metrics, name)(dealt(y), dealt(y))


@examples(9)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS)
def test_max_error_is_identical(n: int, seed: int, layout: Any, deal: Any) -> None:
    rng = np.random.default_rng(seed)
    y_true, y_pred = rng.normal(size=(2, n))
    dealt = deal(owners(rng, y_true, *layout), parties=layout[0])
    federated = metrics.max_error(dealt(y_true), dealt(y_pred))
    assert federated == sklearn.metrics.max_error(y_true, y_pred)


def test_max_error_refuses_several_outputs_as_scikit_learn(deal: Any) -> None:
    y = np.ones((4, 2))
    dealt = deal([0, 0, 1, 1])
    with pytest.raises(ValueError, match="Multioutput not supported in max_error"):
        metrics.max_error(dealt(y), dealt(y))


def test_only_masked_sums_leave(deal: Any) -> None:
    dealt = deal([0] * 5 + [1] * 5)
    y = dealt(np.arange(10.0))
    before = len(dealt.federation.ledger)
    metrics.r2_score(y, y)
    left = [e for e in dealt.federation.ledger[before:] if not e.operation.startswith("secure.")]
    assert {entry.protection for entry in left} == {"masked"}
    assert {shape for entry in left for _, shape in entry.content} == {(1,), ()}
