"""The naive Bayes classifiers of counts over parties against the pooled ones: equal bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from scipy import sparse
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, MultinomialNB

from fedruntime import FLModel
from fedruntime.errors import DataError

_RNG = np.random.default_rng(4)
_Y = _RNG.choice(np.array([3, 5, 7]), size=50)
_COUNTS = _RNG.poisson(1.0, size=(50, 4)) + (_Y == 3)[:, np.newaxis] * [2, 0, 0, 1]
_WEIGHT = _RNG.integers(0, 3, size=50).astype(float)
_SMOOTHED = [
    {},
    {"alpha": 1e-12},
    {"alpha": 1e-12, "force_alpha": False},
    {"fit_prior": False},
    {"class_prior": [0.2, 0.3, 0.5]},
]
_COUNTING = [MultinomialNB, ComplementNB, BernoulliNB, CategoricalNB]

pytestmark = pytest.mark.filterwarnings("ignore:alpha too small")


@pytest.mark.parametrize("options", _SMOOTHED, ids=str)
@pytest.mark.parametrize("kind", _COUNTING)
def test_counts_are_equal_to_the_last_bit(kind: Any, options: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(kind(**options), _COUNTS, dealt, y=_Y)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.predict(handle), pooled.predict(_COUNTS))


@pytest.mark.parametrize("kind", _COUNTING)
def test_integer_weights(kind: Any, dealt: Any) -> None:
    ours, pooled, _ = fit_both(kind(), _COUNTS, dealt, y=_Y, sample_weight=_WEIGHT)
    assert_same_state(ours, pooled)


@pytest.mark.parametrize("classes", [1, 2])
@pytest.mark.parametrize("kind", _COUNTING)
def test_one_class_and_two(kind: Any, classes: int, dealt: Any) -> None:
    ours, pooled, _ = fit_both(kind(), _COUNTS, dealt, y=_Y % classes)
    assert_same_state(ours, pooled)


@pytest.mark.parametrize(
    "model",
    [MultinomialNB(alpha=[0.5, 1.0, 2.0, 0.1]), ComplementNB(norm=True), BernoulliNB(binarize=1.5)],
    ids=str,
)
def test_dense_and_sparse_rows(model: Any, dealt: Any) -> None:
    for rows in (_COUNTS, sparse.csr_matrix(_COUNTS)):
        ours, pooled, handle = fit_both(model, rows, dealt, y=_Y)
        assert_same_state(ours, pooled)
        assert_same_rows(ours.predict(handle), pooled.predict(rows))


def test_thresholds_of_bernoulli(dealt: Any) -> None:
    rows = _COUNTS - 1.5
    for binarize, given in ((0.0, rows), (1.0, rows), (None, rows > 0)):
        ours, pooled, _ = fit_both(BernoulliNB(binarize=binarize), given, dealt, y=_Y)
        assert_same_state(ours, pooled)


@pytest.mark.parametrize("least", [None, 5, [9, 1, 2, 30]], ids=str)
def test_categories_are_those_of_all_parties(least: Any, dealt: Any) -> None:
    for rows in (_COUNTS, _COUNTS + 0.25, pd.DataFrame(_COUNTS, columns=list("abcd"))):
        ours, pooled, handle = fit_both(CategoricalNB(min_categories=least), rows, dealt, y=_Y)
        assert_same_state(ours, pooled)
        assert_same_rows(ours.predict(handle), pooled.predict(rows))


def test_refusals_are_scikit_learns(deal: Any) -> None:
    dealer = deal([0, 1] * 25)
    for kind in (MultinomialNB, ComplementNB, CategoricalNB):
        with pytest.raises(DataError, match=rf"Negative values in data .* {kind.__name__}"):
            FLModel(model=kind()).fit(dealer(_COUNTS - 1), dealer(_Y))
    for model, message in (
        (MultinomialNB(alpha=[1.0, 2.0]), "it should contains `n_features`"),
        (MultinomialNB(class_prior=[0.5, 0.5]), "Number of priors must match number of classes"),
        (CategoricalNB(min_categories=[[2, 2, 2, 2]]), "'min_categories' should have shape"),
        (CategoricalNB(min_categories=[1.5] * 4), "should have integral type"),
    ):
        with pytest.raises(ValueError, match=message):
            FLModel(model=model).fit(dealer(_COUNTS), dealer(_Y))
    rows = dealer(sparse.csr_matrix(_COUNTS))
    with pytest.raises(DataError, match="Sparse data was passed"):
        FLModel(model=CategoricalNB()).fit(rows, dealer(_Y))


def test_one_masked_round_after_the_classes(deal: Any) -> None:
    dealer = deal([0, 1] * 25)
    FLModel(model=MultinomialNB()).fit(dealer(_COUNTS), dealer(_Y))
    sent = [entry for entry in dealer.federation.ledger if entry.protection == "masked"]
    assert [entry.operation for entry in sent] == ["naive_bayes.feature_sums"] * 2
