"""``LabelBinarizer`` and ``MultiLabelBinarizer`` over parties against the pooled ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both, pooled_rows
from scipy import sparse
from sklearn.preprocessing import LabelBinarizer, MultiLabelBinarizer

from fedruntime import FLModel
from fedruntime.errors import DataError, RevealError, UnsupportedError

_RNG = np.random.default_rng(6)
_LABELS = pd.Series(_RNG.choice(["ash", "oak", "yew"], size=40))
_INDICATORS = _RNG.integers(0, 2, size=(40, 3))
_KINDS = {
    "series": _LABELS,
    "objects": _LABELS.to_numpy(dtype=object),
    "strings": _LABELS.to_numpy().astype(str),
    "integers": _RNG.integers(-1, 3, size=40),
    "whole floats": _RNG.integers(-1, 3, size=40).astype(float),
    "booleans": _RNG.random(40) < 0.3,
    "two": (_LABELS == "oak").astype(int),
    "one": np.zeros(40, dtype=int),
    "indicators": _INDICATORS,
}


@pytest.mark.parametrize("labels", _KINDS.values(), ids=_KINDS)
@pytest.mark.parametrize(
    "options", [{}, {"neg_label": -1, "pos_label": 2}, {"sparse_output": True}], ids=str
)
def test_labels(labels: Any, options: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(LabelBinarizer(**options), labels, dealt)
    assert_same_state(ours, pooled)
    binary = ours.transform(handle)
    assert_same_rows(binary, pooled.transform(labels))
    back = pooled_rows(ours.inverse_transform(binary))
    assert back.tolist() == np.asarray(pooled.inverse_transform(pooled.transform(labels))).tolist()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([0.5, 1.5, 2.5, 0.5]), "Unknown label type"),
        (np.array([[1, 2], [3, 4], [1, 2], [1, 2]]), "Multioutput target data"),
        (np.array([1.0, np.nan, 2.0, 1.0]), "contains NaN"),
    ],
    ids=["continuous", "several", "missing"],
)
def test_what_scikit_learn_refuses(labels: Any, message: str, deal: Any) -> None:
    with pytest.raises(ValueError, match=message):
        LabelBinarizer().fit(labels)
    with pytest.raises(ValueError, match=message):
        FLModel(model=LabelBinarizer()).fit(deal([0, 1, 0, 1])(labels))


def test_sparse_indicators_are_refused(deal: Any) -> None:
    with pytest.raises(UnsupportedError, match=r"use y\.toarray"):
        FLModel(model=LabelBinarizer()).fit(deal(np.arange(40) % 2)(sparse.csr_matrix(_INDICATORS)))


_TAGS = pd.Series(
    [_RNG.choice(["elm", "fir", "sorb", "yew"], size=size).tolist() for size in np.arange(40) % 4]
)
_ROWS = {
    "lists": _TAGS,
    "sets": _TAGS.map(set),
    "tuples": _TAGS.map(tuple),
    "integers": _TAGS.map(lambda tags: [len(tag) for tag in tags]),
    "an array": _INDICATORS,
    "pairs": _TAGS.map(lambda tags: [(tag, 1) for tag in tags]),
}


@pytest.mark.parametrize("rows", _ROWS.values(), ids=_ROWS)
@pytest.mark.parametrize("sparse_output", [False, True])
def test_rows_of_labels(rows: Any, sparse_output: bool, dealt: Any) -> None:
    model = MultiLabelBinarizer(sparse_output=sparse_output)
    ours, pooled, handle = fit_both(model, rows, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(rows))


def test_given_classes_reveal_nothing(deal: Any) -> None:
    dealt = deal(np.arange(40) % 3)
    model = MultiLabelBinarizer(classes=["yew", "sorb", "fir", "elm"])
    ours = FLModel(model=model).fit(dealt(_TAGS))
    assert not list(dealt.federation.ledger)
    assert_same_rows(ours.transform(dealt(_TAGS)), model.transform(_TAGS))


def test_labels_of_mixed_types(deal: Any) -> None:
    with pytest.raises(DataError, match="cannot be sorted together"):
        FLModel(model=MultiLabelBinarizer()).fit(deal([0, 1])(pd.Series([[1], ["a"]])))


def test_labels_that_hardly_repeat_are_not_told(deal: Any) -> None:
    rows = pd.Series([[f"patient {number}"] for number in range(60)])
    with pytest.raises(RevealError, match="30 distinct values"):
        FLModel(model=MultiLabelBinarizer()).fit(deal(np.arange(60) % 2)(rows))
