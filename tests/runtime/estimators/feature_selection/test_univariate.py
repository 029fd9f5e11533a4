"""Selectors of single features over parties against the pooled ones: scores, p-values, choices."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state
from scipy import sparse
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import (
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    chi2,
    f_classif,
    f_regression,
    mutual_info_classif,
    mutual_info_regression,
    r_regression,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from fedruntime import FLModel
from fedruntime.errors import DataError, RevealError, UnsupportedError

_RNG = np.random.default_rng(5)
_N = 90
_X = _RNG.normal(size=(_N, 6))
_LABELS = _RNG.choice(["ash", "oak", "yew"], size=_N)
_X[_LABELS == "ash", 0] += 1
_NUMBERS = _X @ [1, 0, -2, 0, 0.5, 0] + _RNG.normal(size=_N)
_COUNTS = _RNG.poisson(2, size=(_N, 6))
_SPARSE = sparse.csr_matrix(_COUNTS)
_FRAME = pd.DataFrame(_X, columns=list("abcdef"))
_DISCRETE = partial(mutual_info_classif, discrete_features=True)
_CASES = {
    "f_classif": (f_classif, _X, _LABELS),
    "f_classif in a frame": (f_classif, _FRAME, pd.Series(_LABELS)),
    "f_classif of sparse rows": (f_classif, _SPARSE, _LABELS),
    "f_classif of two": (f_classif, _X, _LABELS == "ash"),
    "chi2": (chi2, _COUNTS, _LABELS),
    "chi2 of sparse rows": (chi2, _SPARSE, _LABELS),
    "chi2 of two": (chi2, _COUNTS, (_LABELS == "ash").astype(int)),
    "chi2 of one": (chi2, _COUNTS, np.zeros(_N, dtype=int)),
    "f_regression": (f_regression, _X, _NUMBERS),
    "f_regression of sparse rows": (f_regression, _SPARSE, _NUMBERS),
    "f_regression as it is": (partial(f_regression, center=False), _X, _NUMBERS),
    "r_regression": (r_regression, _FRAME, pd.Series(_NUMBERS)),
    "r_regression as it is": (partial(r_regression, center=False), _SPARSE, _NUMBERS),
    "mutual information": (_DISCRETE, _COUNTS, _LABELS),
    "mutual information of sparse rows": (_DISCRETE, _SPARSE, _LABELS),
}


def _assert_same_selection(model: Any, X: Any, y: Any, dealer: Any) -> None:
    pooled = clone(model).fit(X, y)
    ours = FLModel(model=clone(model)).fit(dealer(X), dealer(y))
    assert_same_state(ours, pooled, 1e-12)
    assert_same_rows(ours.transform(dealer(X)), pooled.transform(X))


@pytest.mark.parametrize("case", _CASES)
def test_scores_and_p_values(case: str, dealt: Any) -> None:
    score, X, y = _CASES[case]
    _assert_same_selection(SelectKBest(score, k=3), X, y, dealt(_N))


@pytest.mark.parametrize(
    "model",
    [
        SelectPercentile(percentile=40),
        SelectFpr(),
        SelectFdr(alpha=0.2),
        SelectFwe(alpha=0.2),
        GenericUnivariateSelect(mode="k_best", param=2),
        SelectKBest(k="all"),
    ],
    ids=str,
)
def test_every_choice(model: Any, deal: Any) -> None:
    _assert_same_selection(model, _X, _LABELS, deal(np.arange(_N) % 3))


@pytest.mark.filterwarnings("ignore:Features .* are constant:UserWarning")
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("force_finite", [True, False])
def test_constant_and_perfect_features(force_finite: bool, deal: Any) -> None:
    X = np.c_[np.full(_N, 2.0), np.arange(_N) % 2, _X]
    y = (np.arange(_N) % 2).astype(float)
    dealer = deal(np.arange(_N) % 3)
    for score in (f_classif, r_regression):
        _assert_same_selection(SelectKBest(score, k=2), X, y, dealer)
    model = SelectKBest(partial(f_regression, force_finite=force_finite), k=2)
    pooled = clone(model).fit(X, y)
    ours = FLModel(model=clone(model)).fit(dealer(X), dealer(y))
    assert (np.isfinite(ours.scores_) == np.isfinite(pooled.scores_))[[0, 2, 3, 4, 5, 6, 7]].all()
    np.testing.assert_allclose(ours.scores_[2:], pooled.scores_[2:], rtol=1e-11)
    # A correlation of one is so up to rounding: the score is huge either way.
    assert min(ours.scores_[1], pooled.scores_[1]) > 1e12


def test_on_the_words_of_texts(deal: Any) -> None:
    texts = pd.Series(
        [f"{label} and {word}" for label, word in zip(_LABELS, _LABELS[::-1], strict=True)]
    )
    model = make_pipeline(CountVectorizer(), SelectKBest(chi2, k=2), LogisticRegression())
    dealer = deal(np.arange(_N) % 3)
    pooled = clone(model).fit(texts, _LABELS)
    ours = FLModel(model=clone(model)).fit(dealer(texts), dealer(pd.Series(_LABELS)))
    assert ours[1].get_support().tolist() == pooled[1].get_support().tolist()
    assert ours.score(dealer(texts), dealer(pd.Series(_LABELS))) == pooled.score(texts, _LABELS)


def test_more_features_than_there_are(deal: Any) -> None:
    dealer = deal(np.arange(_N) % 2)
    with pytest.warns(UserWarning, match="k=9 is greater than n_features=6"):
        FLModel(model=SelectKBest(k=9)).fit(dealer(_X), dealer(_LABELS))


@pytest.mark.parametrize(
    ("score", "reason"),
    [
        (mutual_info_classif, "nearest neighbours"),
        (mutual_info_regression, "nearest neighbours"),
        (partial(mutual_info_regression, discrete_features=True), "nearest neighbours"),
        (lambda X, y: X.sum(axis=0), "would be called with the parties' rows"),
    ],
    ids=["classif", "regression", "discrete regression", "own"],
)
def test_scores_that_need_rows_are_refused(score: Any, reason: str, deal: Any) -> None:
    dealer = deal(np.arange(_N) % 2)
    with pytest.raises(UnsupportedError, match=reason):
        FLModel(model=SelectKBest(score)).fit(dealer(_X), dealer(_LABELS))
    assert not list(dealer.federation.ledger)


def test_negative_counts(deal: Any) -> None:
    dealer = deal(np.arange(_N) % 2)
    with pytest.raises(DataError, match="Input X must be non-negative"):
        FLModel(model=SelectKBest(chi2)).fit(dealer(_X), dealer(_LABELS))


def test_information_of_features_that_hardly_repeat_is_not_told(deal: Any) -> None:
    dealer = deal(np.arange(_N) % 2)
    with pytest.raises(RevealError, match="distinct values"):
        FLModel(model=SelectKBest(_DISCRETE)).fit(dealer(_X), dealer(_LABELS))
