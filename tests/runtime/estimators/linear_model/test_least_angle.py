from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from linear_cases import LAYOUTS, diabetes, gap
from sklearn.base import clone
from sklearn.linear_model import (
    Lars,
    LarsCV,
    LassoLars,
    LassoLarsCV,
    LassoLarsIC,
    OrthogonalMatchingPursuit,
    OrthogonalMatchingPursuitCV,
)

from fedruntime import FLModel, UnsupportedError

_TARGETS = np.c_[diabetes()[1], 100 * np.sin(diabetes()[1])]


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _assert_same(model: Any, X: Any, y: Any, deal: Any, layout: str = "interleaved") -> None:
    pooled = clone(model).fit(X, y)
    dealt = deal(LAYOUTS[layout](len(X)), parties=3)
    ours = FLModel(model=clone(model)).fit(dealt(X), dealt(y)).to_sklearn()
    assert vars(ours).keys() == vars(pooled).keys()
    for name, value in vars(pooled).items():
        if name.endswith("_") and name != "active_" and not isinstance(value, list):
            if value is None:
                assert getattr(ours, name) is None
            elif np.ndim(value) == 0:
                assert getattr(ours, name) == pytest.approx(value, rel=1e-11), name
            elif name == "mse_path_":
                assert gap(getattr(ours, name), value) <= 1e-9
            else:
                assert gap(getattr(ours, name), value) <= 1e-11, name
    if hasattr(pooled, "active_"):
        assert ours.active_ == pooled.active_


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "model",
    [
        Lars(),
        Lars(n_nonzero_coefs=4, fit_intercept=False),
        Lars(precompute=False),
        LassoLars(alpha=0.1),
        LassoLars(alpha=0.05, positive=True, precompute=True),
        LassoLars(alpha=0.1, fit_path=False, max_iter=3),
        OrthogonalMatchingPursuit(),
        OrthogonalMatchingPursuit(n_nonzero_coefs=5, precompute=False),
        OrthogonalMatchingPursuit(tol=1.4e6),
    ],
    ids=str,
)
def test_paths(model: Any, layout: str, deal: Any) -> None:
    X, y = diabetes()
    _assert_same(model, X, y, deal, layout)
    _assert_same(model, X, _TARGETS, deal, layout)


@pytest.mark.parametrize("criterion", ["aic", "bic"])
@pytest.mark.parametrize(
    "parameters",
    [{}, {"fit_intercept": False}, {"noise_variance": 3000.0}, {"positive": True}],
    ids=str,
)
def test_information_criteria(parameters: Any, criterion: str, deal: Any) -> None:
    _assert_same(LassoLarsIC(criterion, **parameters), *diabetes(), deal)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_one_row_more_than_parameters(fit_intercept: bool, deal: Any) -> None:
    X, y = diabetes()
    rows = 11 + fit_intercept
    model = LassoLarsIC(fit_intercept=fit_intercept)
    pooled = clone(model).fit(X[:rows], y[:rows])
    dealt = deal(LAYOUTS["interleaved"](rows))
    ours = FLModel(model=model).fit(dealt(X[:rows]), dealt(y[:rows]))
    assert ours.noise_variance_ == pytest.approx(pooled.noise_variance_, rel=1e-9)
    assert gap(ours.to_sklearn().alphas_, pooled.alphas_) <= 1e-10


def test_too_few_rows_for_the_noise_are_refused_as_in_scikit_learn(deal: Any) -> None:
    X, y = diabetes()
    dealt = deal(LAYOUTS["interleaved"](11))
    with pytest.raises(ValueError, match="the number of samples is smaller than the number of"):
        FLModel(model=LassoLarsIC()).fit(dealt(X[:11]), dealt(y[:11]))


@pytest.mark.parametrize(
    "model",
    [
        LarsCV(cv=3, max_iter=5),
        LassoLarsCV(),
        LassoLarsCV(cv=3, positive=True, fit_intercept=False, max_n_alphas=7),
        OrthogonalMatchingPursuitCV(),
        OrthogonalMatchingPursuitCV(cv=3, max_iter=8, fit_intercept=False),
    ],
    ids=str,
)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_cross_validation(model: Any, layout: str, deal: Any) -> None:
    _assert_same(model, *diabetes(), deal, layout)


def test_jitter_is_refused_by_name(deal: Any) -> None:
    X, y = diabetes()
    dealt = deal(LAYOUTS["interleaved"](len(X)))
    with pytest.raises(UnsupportedError, match=r"LassoLars\(jitter=0.1\)"):
        FLModel(model=LassoLars(jitter=0.1)).fit(dealt(X), dealt(y))
