"""Deviances, medians and pinball fractions against scikit-learn on the pooled rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st
from metric_cases import N_ROWS, close
from row_layouts import LAYOUTS, SEEDS, examples, owners

from fedruntime import metrics
from fedruntime.errors import DataError

POWERS = [-1, 0, 1, 1.5, 2, 3]
MULTIOUTPUT = ["raw_values", "uniform_average", [0.2, 0.5, 0.3]]


def positive(seed: int, n: int, layout: Any, deal: Any) -> tuple[Any, Any, Any, Any]:
    rng = np.random.default_rng(seed)
    y_true, y_pred = rng.gamma(2, 3, (2, n)) + 0.1
    return deal(owners(rng, y_true, *layout), parties=layout[0]), y_true, y_pred, rng.random(n)


@pytest.mark.parametrize("power", POWERS)
@examples(5)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS, weighted=st.booleans())
def test_tweedie(power: float, n: int, seed: int, layout: Any, weighted: bool, deal: Any) -> None:
    dealt, y_true, y_pred, weight = positive(seed, n, layout, deal)
    weight = weight if weighted else None
    given = {"sample_weight": weight, "power": power}
    there = {"sample_weight": dealt(weight), "power": power}
    rows = dealt(y_true), dealt(y_pred)
    loss = metrics.mean_tweedie_deviance(*rows, **there)
    assert close(loss, sklearn.metrics.mean_tweedie_deviance(y_true, y_pred, **given), 1e-13)
    explained = metrics.d2_tweedie_score(*rows, **there)
    pooled = sklearn.metrics.d2_tweedie_score(y_true, y_pred, **given)
    assert close(1 - explained, 1 - pooled, 1e-11)  # its terms cancel where values are near


@pytest.mark.parametrize("name", ["mean_poisson_deviance", "mean_gamma_deviance"])
def test_named_deviances(name: str, deal: Any) -> None:
    dealt, y_true, y_pred, weight = positive(2, 50, (3, "iid"), deal)
    federated = getattr(metrics, name)(dealt(y_true), dealt(y_pred), sample_weight=dealt(weight))
    assert close(federated, getattr(sklearn.metrics, name)(y_true, y_pred, sample_weight=weight))


def test_deviance_refuses_what_scikit_learn_refuses(deal: Any) -> None:
    y = np.array([1.0, 0.0, 2.0])
    dealt = deal([0, 1, 1])
    message = "Mean Tweedie deviance error with power=2 can only be used on strictly positive"
    with pytest.raises(ValueError, match=message):
        sklearn.metrics.mean_gamma_deviance(y, y)
    with pytest.raises(DataError, match=message):
        metrics.mean_gamma_deviance(dealt(y), dealt(y))
    several = dealt(np.ones((3, 2)))
    with pytest.raises(ValueError, match="Multioutput not supported"):
        metrics.mean_gamma_deviance(several, several)


@pytest.mark.parametrize("name", ["d2_tweedie_score", "d2_pinball_score"])
def test_one_row_warns_as_scikit_learn(name: str, deal: Any) -> None:
    one = deal([0])(np.ones(1))
    with pytest.warns(sklearn.exceptions.UndefinedMetricWarning, match="less than two samples"):
        assert np.isnan(getattr(metrics, name)(one, one))


@examples(10)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS, weighted=st.booleans())
def test_median_absolute_error_is_identical(
    n: int, seed: int, layout: Any, weighted: bool, deal: Any
) -> None:
    dealt, y_true, y_pred, _ = positive(seed, n, layout, deal)
    # Weights that add up without rounding: between two values rounding would decide.
    weight = np.random.default_rng(seed).integers(1, 5, n) / 4 if weighted else None
    federated = metrics.median_absolute_error(
        dealt(y_true), dealt(y_pred), sample_weight=dealt(weight)
    )
    pooled = sklearn.metrics.median_absolute_error(y_true, y_pred, sample_weight=weight)
    assert federated == pooled


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("alpha", [0.1, 0.5, 0.9])
@examples(5)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS)
def test_pinball_fraction(
    weighted: bool, alpha: float, n: int, seed: int, layout: Any, deal: Any
) -> None:
    dealt, y_true, y_pred, _ = positive(seed, n, layout, deal)
    weight = np.random.default_rng(seed).integers(1, 5, n) / 4 if weighted else None
    federated = metrics.d2_pinball_score(
        dealt(y_true), dealt(y_pred), sample_weight=dealt(weight), alpha=alpha
    )
    pooled = sklearn.metrics.d2_pinball_score(y_true, y_pred, sample_weight=weight, alpha=alpha)
    assert close(1 - federated, 1 - pooled, 1e-13)


@pytest.mark.parametrize("multioutput", MULTIOUTPUT, ids=str)
@pytest.mark.parametrize(
    "name", ["median_absolute_error", "d2_pinball_score", "d2_absolute_error_score"]
)
def test_several_outputs_of_quantile_metrics(name: str, multioutput: Any, deal: Any) -> None:
    rng = np.random.default_rng(3)
    y_true = rng.normal(0, 2, (41, 3))
    y_pred, weight = y_true + rng.normal(0, 1, (41, 3)), rng.integers(1, 4, 41).astype(float)
    dealt = deal(rng.integers(0, 4, 41), parties=5)
    for weights in (None, weight):
        federated = getattr(metrics, name)(
            dealt(y_true), dealt(y_pred), multioutput=multioutput, sample_weight=dealt(weights)
        )
        pooled = getattr(sklearn.metrics, name)(
            y_true, y_pred, multioutput=multioutput, sample_weight=weights
        )
        assert close(federated, pooled, 1e-13)


def test_float32_median_is_that_of_float32(deal: Any) -> None:
    y_true, y_pred = np.random.default_rng(0).random((2, 30), dtype=np.float32)
    dealt = deal([0] * 10 + [1] * 20)
    federated = metrics.median_absolute_error(dealt(y_true), dealt(y_pred))
    assert federated == sklearn.metrics.median_absolute_error(y_true, y_pred)


def test_only_masked_sums_leave_for_a_median(deal: Any) -> None:
    dealt = deal([0] * 5 + [1] * 5)
    y = dealt(np.arange(10.0))
    before = len(dealt.federation.ledger)
    metrics.median_absolute_error(y, y)
    left = [
        entry
        for entry in dealt.federation.ledger[before:]
        if entry.protection != "facts" and not entry.operation.startswith("secure.")
    ]
    assert {entry.protection for entry in left} == {"masked"}
