"""Transformers that work row by row: ``Normalizer``, ``Binarizer`` and ``PolynomialFeatures``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from scipy import sparse
from sklearn.preprocessing import Binarizer, Normalizer, PolynomialFeatures

from fedruntime import FLModel
from fedruntime.errors import DataError

_RNG = np.random.default_rng(0)
_X = _RNG.normal(size=(40, 3))
_SPARSE = sparse.csr_matrix(np.where(_RNG.random(_X.shape) < 0.5, 0.0, _X))
_MODELS = [
    Normalizer(),
    Normalizer(norm="l1"),
    Normalizer(norm="max"),
    Binarizer(),
    Binarizer(threshold=0.4),
    PolynomialFeatures(),
    PolynomialFeatures(degree=(2, 3), interaction_only=True, include_bias=False),
    PolynomialFeatures(order="F"),
]


@pytest.mark.parametrize("model", _MODELS, ids=str)
@pytest.mark.parametrize(
    "rows", [_X, _SPARSE, _X.astype(np.float32)], ids=["dense", "sparse", "single"]
)
def test_rows_are_transformed_alike(model: Any, rows: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(model, rows, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(rows), atol=1e-15)


def test_names_of_products_are_those_of_the_columns(deal: Any) -> None:
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5]})
    ours = FLModel(model=PolynomialFeatures()).fit(deal([0, 1, 1])(frame))
    assert ours.get_feature_names_out().tolist() == ["1", "a", "b", "a^2", "a b", "b^2"]


@pytest.mark.parametrize("model", [Normalizer(), Binarizer(), PolynomialFeatures()], ids=str)
def test_what_fit_refuses_is_refused_by_party_and_column(model: Any, deal: Any) -> None:
    for value, what in ((np.nan, "NaN"), (np.inf, "infinity"), ("secret", "not numbers")):
        column = pd.Series([1.0, 2.0, value], dtype=object if value == "secret" else float)
        frame = pd.DataFrame({"age": [1.0, 2.0, 3.0], "height": column})
        with pytest.raises(DataError, match=f"party 'party1'.*{what}.*'height'") as caught:
            FLModel(model=model).fit(deal([0, 0, 1])(frame))
        assert "secret" not in str(caught.value)


def test_wrong_parameters_are_refused_before_anything_is_sent(deal: Any) -> None:
    dealer = deal([0, 1])
    X = dealer(np.ones((2, 2)))
    with pytest.raises(ValueError, match="degree=\\(min_degree, max_degree\\) must be"):
        FLModel(model=PolynomialFeatures(degree=(3, 2))).fit(X)
    assert not [entry for entry in dealer.federation.ledger if "Polynomial" in entry.purpose]


def test_nothing_leaves_a_party(deal: Any) -> None:
    dealer = deal(np.arange(40) % 2)
    for model in _MODELS:
        FLModel(model=model).fit(dealer(_X))
    assert {entry.protection for entry in dealer.federation.ledger if entry.content} <= {"failure"}
