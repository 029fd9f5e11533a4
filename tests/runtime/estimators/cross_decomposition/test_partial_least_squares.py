from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pooled_twin import pooled_rows
from scipy import sparse
from sklearn import datasets
from sklearn.base import clone
from sklearn.cross_decomposition import CCA, PLSSVD, PLSCanonical, PLSRegression

from fedruntime import FLModel

X, Y = datasets.load_linnerud(return_X_y=True)
DIABETES = datasets.load_diabetes(return_X_y=True)
_LAYOUTS = {
    "interleaved": lambda n: np.arange(n) % 3,
    "one row, no row, the rest": lambda n: np.r_[0, np.full(n - 1, 2)],
}


def _fit_both(model: Any, rows: Any, y: Any, deal: Any, layout: str) -> tuple[FLModel, Any]:
    dealt = deal(_LAYOUTS[layout](len(rows)), parties=3)
    return FLModel(model=clone(model)).fit(dealt(rows), dealt(y)), clone(model).fit(rows, y)


def _assert_same(ours: FLModel, pooled: Any, bar: float = 1e-11) -> None:
    fitted = ours.to_sklearn()
    of_rows = {"x_scores_", "y_scores_", "_x_scores", "_y_scores"}
    assert vars(pooled).keys() - vars(fitted).keys() <= of_rows
    for name, value in vars(pooled).items():
        if isinstance(value, np.ndarray) and name not in of_rows:
            scale = np.abs(value).max()
            np.testing.assert_allclose(
                getattr(fitted, name), value, rtol=0, atol=max(bar * scale, 1e-15), err_msg=name
            )
    if hasattr(pooled, "n_iter_"):
        assert fitted.n_iter_ == pooled.n_iter_


@pytest.mark.parametrize("layout", _LAYOUTS)
@pytest.mark.parametrize(
    "model",
    [
        PLSRegression(),
        PLSRegression(3, scale=False),
        PLSCanonical(),
        PLSCanonical(3, algorithm="svd"),
        CCA(),
        PLSSVD(),
        PLSSVD(3, scale=False),
    ],
    ids=str,
)
def test_equals_pooled(model: Any, layout: str, deal: Any) -> None:
    _assert_same(*_fit_both(model, X, Y, deal, layout))


@pytest.mark.parametrize("columns", [0, 1])
@pytest.mark.parametrize("layout", _LAYOUTS)
def test_one_target(columns: int, layout: str, deal: Any) -> None:
    rows, y = DIABETES
    target = y[:, np.newaxis] if columns else y
    ours, pooled = _fit_both(PLSRegression(4), rows, target, deal, layout)
    _assert_same(ours, pooled)
    predicted = ours.to_sklearn().predict(rows)
    assert predicted.shape == pooled.predict(rows).shape
    np.testing.assert_allclose(predicted, pooled.predict(rows), rtol=1e-11)


@pytest.mark.parametrize("layout", _LAYOUTS)
def test_scores_stay_with_their_rows(layout: str, deal: Any) -> None:
    ours, pooled = _fit_both(PLSRegression(3), X, Y, deal, layout)
    for name in ("x_scores_", "y_scores_"):
        rows = pooled_rows(getattr(ours, name)).astype(float)
        np.testing.assert_allclose(rows, getattr(pooled, name), rtol=0, atol=1e-10, err_msg=name)
        assert not hasattr(ours.to_sklearn(), name)


def test_transform_at_the_parties(deal: Any) -> None:
    ours, pooled = _fit_both(CCA(), X, Y, deal, "interleaved")
    rows = pooled_rows(ours.transform(deal(_LAYOUTS["interleaved"](len(X)))(X))).astype(float)
    np.testing.assert_allclose(rows, pooled.transform(X), rtol=1e-9, atol=1e-10)


def test_too_many_components_are_refused_as_in_scikit_learn(deal: Any) -> None:
    dealt = deal(_LAYOUTS["interleaved"](len(X)))
    with pytest.raises(ValueError, match=r"`n_components` upper bound is 3\. Got 4 instead"):
        FLModel(model=CCA(4)).fit(dealt(X), dealt(Y))


def test_sparse_rows_are_refused_as_in_scikit_learn(deal: Any) -> None:
    dealt = deal(_LAYOUTS["interleaved"](len(X)))
    with pytest.raises(TypeError, match="dense data is required"):
        FLModel(model=PLSRegression()).fit(dealt(sparse.csr_matrix(X)), dealt(Y))


def test_nothing_of_the_size_of_the_rows_leaves(deal: Any) -> None:
    dealt = deal(_LAYOUTS["interleaved"](len(DIABETES[1])))
    FLModel(model=PLSRegression(4)).fit(dealt(DIABETES[0]), dealt(DIABETES[1]))
    sizes = {len(DIABETES[1]), 147, 148}
    assert not [e for e in dealt.federation.ledger for _, shape in e.content if sizes & set(shape)]
