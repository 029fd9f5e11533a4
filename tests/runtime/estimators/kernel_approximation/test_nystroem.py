"""``Nystroem`` over parties: landmarks that are no rows, and a kernel as near as with rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.kernel_approximation import Nystroem
from sklearn.metrics.pairwise import pairwise_kernels

from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError

_RNG = np.random.default_rng(11)
_X = np.abs(_RNG.normal(size=(400, 4)) + 3 * _RNG.integers(0, 3, size=(400, 1)))


def _error(model: Any, kernel: Any) -> float:
    features = model.transform(_X)
    return float(np.linalg.norm(features @ features.T - kernel) / np.linalg.norm(kernel))


@pytest.mark.parametrize("kernel", ["rbf", "laplacian", "polynomial", "chi2"])
def test_the_kernel_is_approximated_as_well_as_by_rows(kernel: str, deal: Any) -> None:
    model = Nystroem(kernel, n_components=25, random_state=0)
    exact = pairwise_kernels(_X, metric=kernel)
    pooled = [
        _error(Nystroem(kernel, n_components=25, random_state=r).fit(_X), exact) for r in range(5)
    ]
    ours = FLModel(model=model).fit(deal(np.arange(400) % 3)(_X)).to_sklearn()
    assert _error(ours, exact) < 1.2 * max(*pooled, 1e-8)


def test_landmarks_are_no_rows(deal: Any) -> None:
    ours = FLModel(model=Nystroem(n_components=60, random_state=0))
    ours.fit(deal(np.arange(400) % 3)(_X))
    nearest = np.abs(ours.components_[:, np.newaxis] - _X).max(axis=2).min(axis=1)
    assert nearest.min() > 1e-6
    assert not hasattr(ours.to_sklearn(), "component_indices_")
    assert ours.components_.shape == (60, 4)


def test_the_parties_and_the_draws_decide_nothing_else(deal: Any) -> None:
    fitted = []
    for owner in (np.zeros(400, int), np.arange(400) % 3):
        ours = FLModel(model=Nystroem(n_components=10, random_state=0)).fit(deal(owner)(_X))
        fitted.append(ours.components_)
    np.testing.assert_allclose(fitted[0], fitted[1], rtol=1e-9)


def test_few_rows_names_and_sparse_rows(deal: Any) -> None:
    frame = pd.DataFrame(_X[:12].astype(np.float32), columns=list("abcd"))
    with pytest.warns(UserWarning, match="n_components > n_samples"):
        ours = FLModel(model=Nystroem(random_state=0)).fit(deal([0, 1] * 6)(frame))
    assert ours.components_.shape == (12, 4)
    assert ours.components_.dtype == np.float32
    assert ours.feature_names_in_.tolist() == list("abcd")
    handle = deal(np.arange(400) % 2)(sparse.csr_matrix(_X))
    ours = FLModel(model=Nystroem(n_components=9, random_state=0)).fit(handle)
    assert ours.transform(handle).shape == (400, 9)


def _inner(one: Any, other: Any) -> float:
    return float(one @ other)


def test_a_function_of_the_script_is_a_kernel(deal: Any) -> None:
    handle = deal(np.arange(400) % 2)(_X)
    ours = FLModel(model=Nystroem(_inner, n_components=5, random_state=0)).fit(handle)
    assert ours.transform(handle).shape == (400, 5)


def test_refusals(deal: Any) -> None:
    handle = deal(np.arange(400) % 2)(-_X)
    with pytest.raises(UnsupportedError, match="rows of different parties never meet; use a kern"):
        FLModel(model=Nystroem("precomputed")).fit(handle)
    with pytest.raises(DataError, match="Negative values in data passed to Nystroem"):
        FLModel(model=Nystroem("chi2")).fit(handle)
