"""``train_test_split`` draws scikit-learn's rows of the pooled data, in its order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.model_selection
from hypothesis import given
from hypothesis import strategies as st
from row_layouts import LAYOUTS, SEEDS, examples, owners
from split_cases import pooled

from fedruntime import model_selection
from fedruntime.errors import DataError

SIZES = [
    {},
    {"test_size": 0.2},
    {"test_size": 7},
    {"train_size": 0.5},
    {"test_size": 5, "train_size": 12},
]


def same_rows(dealt: Any, arrays: list[Any], **options: Any) -> None:
    stratify = options.pop("stratify", None)
    ours = model_selection.train_test_split(
        *(dealt(array) for array in arrays), stratify=dealt(stratify), **options
    )
    theirs = sklearn.model_selection.train_test_split(*arrays, stratify=stratify, **options)
    assert len(ours) == len(theirs)
    for handle, rows in zip(ours, theirs, strict=True):
        assert handle.shape == rows.shape
        assert np.array_equal(pooled(handle), rows)


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("shuffle", [True, False])
@examples(8)
@given(n=st.integers(20, 80), seed=SEEDS, layout=LAYOUTS)
def test_unstratified(
    sizes: dict[str, Any], shuffle: bool, n: int, seed: int, layout: Any, deal: Any
) -> None:
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(n, 3)), rng.integers(0, 3, n)
    dealt = deal(owners(rng, y, *layout), parties=layout[0])
    same_rows(dealt, [X, y], shuffle=shuffle, random_state=seed if shuffle else None, **sizes)


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@examples(12)
@given(n=st.integers(20, 80), seed=SEEDS, layout=LAYOUTS, strings=st.booleans())
def test_stratified(
    sizes: dict[str, Any], n: int, seed: int, layout: Any, strings: bool, deal: Any
) -> None:
    rng = np.random.default_rng(seed)
    y = np.r_[0, 0, 1, 1, 2, 2, rng.integers(0, 3, n - 6)][rng.permutation(n)]
    labels = np.array(["z", "a", "m"])[y] if strings else y
    dealt = deal(owners(rng, y, *layout), parties=layout[0])
    same_rows(dealt, [np.arange(n), labels], stratify=labels, random_state=seed, **sizes)


@pytest.mark.parametrize("width", [1, 2])
def test_stratified_by_columns(width: int, deal: Any) -> None:
    rng = np.random.default_rng(0)
    columns = rng.integers(9, 11, (60, width))  # as text, "10" comes before "9"
    dealt = deal(rng.integers(0, 3, 60))
    same_rows(dealt, [np.arange(60)], stratify=columns, random_state=1)


def test_random_stream_is_consumed_as_in_scikit_learn(deal: Any) -> None:
    dealt = deal(np.arange(30) % 3)
    X, y = np.arange(30), np.arange(30) // 3 % 2
    ours, theirs = np.random.RandomState(4), np.random.RandomState(4)
    for stratify in (None, y):
        model_selection.train_test_split(dealt(X), stratify=dealt(stratify), random_state=ours)
        sklearn.model_selection.train_test_split(X, stratify=stratify, random_state=theirs)
        assert ours.randint(2**31) == theirs.randint(2**31)


def test_global_random_stream(deal: Any) -> None:
    dealt, X = deal(np.arange(30) % 3), np.arange(30)
    np.random.seed(8)  # the stream that random_state=None means
    ours = model_selection.train_test_split(dealt(X))
    np.random.seed(8)
    theirs = sklearn.model_selection.train_test_split(X)
    assert [pooled(part).tolist() for part in ours] == [part.tolist() for part in theirs]


def test_frames_keep_columns_and_index(deal: Any) -> None:
    table = pd.DataFrame({"a": np.arange(12.0), "b": list("xyzxyzxyzxyz")}, index=range(50, 62))
    dealt = deal([0] * 5 + [1] * 7)
    ours = model_selection.train_test_split(dealt(table), dealt(table["b"]), random_state=3)
    theirs = sklearn.model_selection.train_test_split(table, table["b"], random_state=3)
    for handle, rows in zip(ours, theirs, strict=True):
        assert pooled(handle).tolist() == rows.to_numpy().tolist()
    assert list(ours[0].columns) == ["a", "b"]


def test_local_arrays_go_to_scikit_learn() -> None:
    parts = model_selection.train_test_split([1, 2, 3, 4], random_state=0)
    assert parts == sklearn.model_selection.train_test_split([1, 2, 3, 4], random_state=0)
    assert model_selection.GridSearchCV is sklearn.model_selection.GridSearchCV


def test_handles_and_local_arrays_do_not_mix(deal: Any) -> None:
    dealt = deal([0, 0, 1, 1])
    X = dealt(np.arange(4))
    with pytest.raises(DataError, match="array 1 lies at the parties, but array 2 does not"):
        model_selection.train_test_split(X, np.arange(4))
    with pytest.raises(DataError, match="but stratify does not"):
        model_selection.train_test_split(X, stratify=np.array([0, 0, 1, 1]))


@pytest.mark.parametrize(
    "options",
    [
        {"test_size": 1.5},
        {"test_size": 40},
        {"shuffle": False, "stratify": np.arange(8) % 2},
        {"stratify": np.array([0, 0, 0, 0, 0, 0, 0, 1])},
    ],
    ids=["share above one", "more than there are", "unshuffled strata", "class of one"],
)
def test_refusals_are_scikit_learns(options: dict[str, Any], deal: Any) -> None:
    dealt = deal([0] * 4 + [1] * 4)
    with pytest.raises(ValueError) as theirs:
        sklearn.model_selection.train_test_split(np.arange(8), **options)
    handles = {
        name: dealt(value) if name == "stratify" else value for name, value in options.items()
    }
    with pytest.raises(ValueError) as ours:
        model_selection.train_test_split(dealt(np.arange(8)), **handles)
    assert str(ours.value) == str(theirs.value)


def test_continuous_strata_are_not_revealed(deal: Any) -> None:
    dealt = deal([0] * 4 + [1] * 4)
    y = dealt(np.linspace(0, 1, 8))
    with pytest.raises(DataError, match="continuous numbers, not classes"):
        model_selection.train_test_split(y, stratify=y)
