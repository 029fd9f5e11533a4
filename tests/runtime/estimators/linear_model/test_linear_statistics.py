"""The party operations of the linear estimators as the plain functions they are."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model._linear_loss import LinearModelLoss

from fedruntime.estimators.gram import gram_statistic, pilot_statistic
from fedruntime.estimators.linear_model.linear_loss_statistics import (
    hessian_statistic,
    loss_gradient_statistic,
    product_statistic,
)
from fedruntime.estimators.linear_model.pointwise_loss import pointwise_loss
from fedruntime.estimators.row_blocks import row_blocks

RNG = np.random.default_rng(1)
X = RNG.normal(size=(700, 4)) + 3.0
WEIGHT = RNG.uniform(0.0, 2.0, size=700)


def _halves(function: Any, *rows: Any, **public: Any) -> dict[str, Any]:
    """The sum of what a statistic gives for the first hundred rows and for the rest."""
    parts = [
        function(*(None if array is None else array[part] for array in rows), **public)
        for part in (slice(0, 100), slice(100, None))
    ]
    return {name: parts[0][name] + parts[1][name] for name in parts[0]}


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("targets", [1, 2])
@pytest.mark.parametrize(
    "basis", [np.diag([1.0, 2, 4, 8]), RNG.normal(size=(4, 3))], ids=["d", "m"]
)
def test_second_moments_in_a_basis(weight: Any, targets: int, basis: Any) -> None:
    y = RNG.normal(size=(700, targets))
    centre = np.full(4, 2.5)
    sums = _halves(
        gram_statistic,
        X,
        y,
        weight,
        x_centre=centre,
        y_centre=np.zeros(targets),
        y_scale=np.full(targets, 2.0),
        basis=basis,
    )
    w = np.ones(700) if weight is None else weight
    Z = (X - centre) @ basis
    upper = np.triu_indices(basis.shape[1])
    np.testing.assert_allclose(sums["weight"], w.sum(), rtol=1e-13)
    np.testing.assert_allclose(sums["x"], w @ Z, rtol=1e-11)
    np.testing.assert_allclose(sums["y"], 2 * (w @ y), rtol=1e-11)
    np.testing.assert_allclose(sums["xx"], (Z.T @ (w[:, None] * Z))[upper], rtol=1e-12)
    np.testing.assert_allclose(sums["xy"], 2 * Z.T @ (w[:, None] * y), rtol=1e-11, atol=1e-11)


def test_the_pilot_looks_at_evenly_spread_rows() -> None:
    rows = np.arange(10_000.0)[:, np.newaxis]
    pilot = pilot_statistic(rows, -rows[:, 0])
    assert pilot["rows"] == 3334
    assert pilot["x"][0] == pilot["y_size"][0] == rows[::3].sum()
    assert pilot["y"][0] == -pilot["x_size"][0]


def test_a_party_without_rows_adds_nothing() -> None:
    pilot = pilot_statistic(X[:0], np.empty((0, 2)))
    assert not any(np.any(value) for value in pilot.values())
    public = {"pointwise": _named(3), "total_weight": 5.0}
    sums = loss_gradient_statistic(X[:0], np.empty(0), None, np.ones((3, 4)), np.zeros(3), **public)
    assert not any(np.any(value) for value in sums.values())


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
def test_logistic_sums_equal_those_of_scikit_learn(
    form: Any, n_classes: int, fit_intercept: bool, weight: Any
) -> None:
    y = RNG.integers(n_classes, size=700).astype(float)
    pooled = LinearModelLoss(
        base_loss=pointwise_loss(_named(n_classes)), fit_intercept=fit_intercept
    )
    size = (4 + fit_intercept) * (1 if n_classes == 2 else n_classes)
    coef = 0.3 * RNG.normal(size=size)
    loss, gradient = pooled.loss_gradient(coef, X, y, weight)
    weights, intercept = pooled.weight_intercept(coef)
    public = {
        "weights": weights,
        "intercept": np.asarray(intercept),
        "pointwise": _named(n_classes),
        "total_weight": 700.0 if weight is None else weight.sum(),
    }
    sums = _halves(loss_gradient_statistic, form(X), y, weight, **public)
    second = _halves(hessian_statistic, form(X), y, weight, **public, fit_intercept=fit_intercept)
    assert sums["loss"] == pytest.approx(loss, rel=1e-13)
    for found in (sums, second):
        parts = [found["weights"]]
        if fit_intercept:
            parts.append(np.asarray(found["intercept"])[..., np.newaxis])
        joined = np.concatenate(parts, axis=-1).ravel(order="F")
        np.testing.assert_allclose(joined, gradient, rtol=1e-11, atol=1e-13)
    hessian = np.zeros((size, size))
    hessian[np.triu_indices(size)] = second["hessian"]
    hessian += np.triu(hessian, 1).T
    np.testing.assert_allclose(
        hessian, _differences(pooled, coef, X, y, weight), rtol=1e-5, atol=1e-6
    )
    assert second["flat"] == 0.0


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
def test_hessian_products_equal_those_of_scikit_learn(
    form: Any, n_classes: int, weight: Any
) -> None:
    y = RNG.integers(n_classes, size=700).astype(float)
    pooled = LinearModelLoss(base_loss=pointwise_loss(_named(n_classes)), fit_intercept=True)
    coef, direction = 0.3 * RNG.normal(size=(2, 5 * (1 if n_classes == 2 else n_classes)))
    expected = pooled.gradient_hessian_product(coef, X, y, weight)[1](direction)
    weights, intercept = pooled.weight_intercept(coef)
    to_weights, to_intercept = pooled.weight_intercept(direction)
    sums = _halves(
        product_statistic,
        form(X),
        y,
        weight,
        weights=weights,
        intercept=np.asarray(intercept),
        pointwise=_named(n_classes),
        total_weight=700.0 if weight is None else weight.sum(),
        direction=to_weights,
        intercept_direction=np.asarray(to_intercept),
    )
    parts = [sums["weights"], np.asarray(sums["intercept"])[..., np.newaxis]]
    joined = np.concatenate(parts, axis=-1).ravel(order="F")
    np.testing.assert_allclose(joined, expected, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
def test_the_hessian_of_some_features(form: Any) -> None:
    y = RNG.integers(3, size=700).astype(float)
    public = {
        "weights": 0.3 * RNG.normal(size=(3, 4)),
        "intercept": np.zeros(3),
        "pointwise": _named(3),
        "total_weight": 700.0,
        "fit_intercept": True,
    }
    whole, part = (
        hessian_statistic(form(X), y, None, **public, features=features)
        for features in (None, np.array([1, 3]))
    )
    matrix = np.zeros((15, 15))
    matrix[np.triu_indices(15)] = whole["hessian"]
    kept = [3, 4, 5, 9, 10, 11, 12, 13, 14]
    expected = matrix[np.ix_(kept, kept)][np.triu_indices(9)]
    np.testing.assert_allclose(part["hessian"], expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(part["weights"], whole["weights"], rtol=1e-12)


def test_saturated_rows_count_as_flat() -> None:
    far = np.array([[1e4], [-1e4], [0.1], [0.2]])
    public = {"pointwise": _named(2), "total_weight": 4.0, "fit_intercept": True}
    sums = hessian_statistic(
        far, np.array([1.0, 0, 1, 0]), None, np.ones(1), np.asarray(0.0), **public
    )
    assert sums["flat"] == 0.5


@pytest.mark.parametrize(("rows", "columns"), [(0, 3), (1, 3), (10**6, 50), (100, 10**7)])
def test_blocks_cover_all_rows_once(rows: int, columns: int) -> None:
    blocks = list(row_blocks(rows, columns))
    covered = sum(len(range(*block.indices(rows))) for block in blocks)
    assert covered == rows
    assert all(one.stop == other.start for one, other in pairwise(blocks))


def _named(n_classes: int) -> dict[str, Any]:
    if n_classes == 2:
        return {"name": "HalfBinomialLoss"}
    return {"name": "HalfMultinomialLoss", "n_classes": n_classes}


def _differences(loss: Any, coef: Any, rows: Any, y: Any, weight: Any) -> Any:
    """The Hessian by central differences of scikit-learn's gradient."""
    step = 1e-5
    columns = []
    for unit in np.eye(len(coef)):
        above = loss.gradient(coef + step * unit, rows, y, weight)
        below = loss.gradient(coef - step * unit, rows, y, weight)
        columns.append((above - below) / (2 * step))
    return np.array(columns).T
