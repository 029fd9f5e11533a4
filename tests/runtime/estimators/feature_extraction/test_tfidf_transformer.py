"""``TfidfTransformer`` over parties against the pooled one: bit-identical weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from scipy import sparse
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.pipeline import make_pipeline
from texts import TEXTS

from fedruntime import FLModel
from fedruntime.errors import DataError

_COUNTS = np.random.default_rng(2).poisson(0.7, size=(50, 7))
_COUNTS[:, 5] = 0
_KINDS = {
    "integers": _COUNTS,
    "single precision": _COUNTS.astype(np.float32),
    "sparse": sparse.csr_matrix(_COUNTS),
    "sparse single precision": sparse.csr_matrix(_COUNTS.astype(np.float32)),
    "frame": pd.DataFrame(_COUNTS, columns=list("abcdefg")),
}


@pytest.mark.parametrize("rows", _KINDS.values(), ids=_KINDS)
@pytest.mark.parametrize(
    "options",
    [{}, {"norm": "l1", "sublinear_tf": True}, {"use_idf": False}, {"norm": None}],
    ids=str,
)
def test_weights_are_bit_identical(rows: Any, options: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(TfidfTransformer(**options), rows, dealt)
    assert_same_state(ours, pooled)
    if sparse.issparse(rows):
        assert_same_rows(ours.transform(handle), pooled.transform(rows))


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_a_column_that_is_nowhere_filled(dealt: Any) -> None:
    ours, pooled, _ = fit_both(TfidfTransformer(smooth_idf=False), _KINDS["sparse"], dealt)
    assert np.isinf(pooled.idf_[5])
    assert ours.idf_.tolist() == pooled.idf_.tolist()


def test_stored_zeros_count_as_scikit_learn_counts_them(deal: Any) -> None:
    rows = sparse.csr_matrix((np.array([1.0, 0.0, 2.0]), [0, 1, 1], [0, 2, 3]), shape=(2, 2))
    ours = FLModel(model=TfidfTransformer()).fit(deal([0, 1])(rows))
    assert_same_state(ours, TfidfTransformer().fit(rows))


def test_after_a_count_vectorizer(deal: Any) -> None:
    model = make_pipeline(CountVectorizer(), TfidfTransformer())
    dealt = deal(np.arange(len(TEXTS)) % 3)
    ours = FLModel(model=clone(model)).fit(dealt(TEXTS))
    pooled = clone(model).fit(TEXTS)
    assert_same_state(ours[-1], pooled[-1])
    assert_same_rows(ours.transform(dealt(TEXTS)), pooled.transform(TEXTS))


def test_missing_values_are_refused(deal: Any) -> None:
    rows = np.where(_COUNTS > 2, np.nan, _COUNTS)
    with pytest.raises(DataError, match="contains NaN"):
        FLModel(model=TfidfTransformer()).fit(deal(np.arange(50) % 2)(rows))
