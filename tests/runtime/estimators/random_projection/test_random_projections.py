"""Random projections over parties: the pooled matrices, whatever the rows hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from scipy import sparse
from sklearn.random_projection import GaussianRandomProjection, SparseRandomProjection

from fedruntime import FLModel
from fedruntime.errors import DataError

_X = np.random.default_rng(8).normal(size=(30, 6))
_KINDS = [GaussianRandomProjection, SparseRandomProjection]


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("rows", [_X, sparse.csr_matrix(_X), _X.astype(np.float32)], ids=range(3))
def test_the_same_matrix_is_drawn(kind: Any, rows: Any, dealt: Any) -> None:
    model = kind(n_components=3, random_state=4, compute_inverse_components=True)
    ours, pooled, handle = fit_both(model, rows, dealt)
    fitted = ours.to_sklearn()
    for one, other in ((fitted, pooled), (ours, pooled)):
        assert abs(one.components_ - other.components_).max() == 0
    assert fitted.components_.dtype == pooled.components_.dtype
    assert np.array_equal(fitted.inverse_components_, pooled.inverse_components_)
    assert_same_rows(ours.transform(handle), pooled.transform(rows), atol=1e-5)


def test_the_number_of_rows_decides_how_many_components(dealt: Any) -> None:
    rows = np.random.default_rng(9).normal(size=(20, 400))
    model = GaussianRandomProjection(eps=0.9, random_state=0)
    ours, pooled, _ = fit_both(model, rows, dealt)
    assert ours.n_components_ == pooled.n_components_ < 400
    assert_same_state(ours, pooled)


@pytest.mark.parametrize("kind", _KINDS)
def test_too_few_columns_are_refused_in_scikit_learns_words(kind: Any, deal: Any) -> None:
    dealer = deal([0, 1] * 15)
    with pytest.raises(ValueError, match="larger than the original space with n_features=6"):
        FLModel(model=kind()).fit(dealer(_X))
    assert not [entry for entry in dealer.federation.ledger if entry.purpose.endswith("fit")]


def test_names_and_refused_values(deal: Any) -> None:
    frame = pd.DataFrame(_X, columns=list("abcdef"))
    ours = FLModel(model=GaussianRandomProjection(2, random_state=0))
    ours.fit(deal([0, 1] * 15)(frame))
    assert ours.feature_names_in_.tolist() == list("abcdef")
    frame.loc[29, "c"] = np.nan
    with pytest.raises(DataError, match=r"party 'party1'.*'c'"):
        ours.fit(deal([0, 1] * 15)(frame))
