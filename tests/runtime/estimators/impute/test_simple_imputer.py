"""``SimpleImputer`` over parties against the pooled one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from scipy import sparse
from sklearn.impute import SimpleImputer

from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError

_RNG = np.random.default_rng(4)
_X = _RNG.normal(size=(48, 3)).round(1)
_HOLED = np.where(_RNG.random(_X.shape) < 0.25, np.nan, _X)
_HOLED[:, 2] = _X[:, 2]
_TREES = _RNG.choice(["ash", "beech", "oak"], size=48)
_STRATEGIES = ["mean", "median", "most_frequent", "constant"]
_BAR = 1e-14


@pytest.mark.parametrize("strategy", _STRATEGIES)
@pytest.mark.parametrize("add_indicator", [False, True])
def test_all_strategies(strategy: str, add_indicator: bool, dealt: Any) -> None:
    model = SimpleImputer(strategy=strategy, add_indicator=add_indicator)
    ours, pooled, handle = fit_both(model, _HOLED, dealt)
    assert_same_state(ours, pooled, rtol=_BAR if strategy == "mean" else 0.0)
    assert_same_rows(ours.transform(handle), pooled.transform(_HOLED), atol=1e-14)
    if add_indicator:
        filled = ours.transform(handle)
        assert_same_rows(
            ours.inverse_transform(filled),
            pooled.inverse_transform(pooled.transform(_HOLED)),
            atol=1e-14,
        )


@pytest.mark.parametrize("strategy", _STRATEGIES)
@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.filterwarnings("ignore:Skipping features without any observed values")
def test_columns_without_values(strategy: str, keep: bool, dealt: Any) -> None:
    rows = _HOLED.copy()
    rows[:, 1] = np.nan
    model = SimpleImputer(strategy=strategy, keep_empty_features=keep, add_indicator=True)
    ours, pooled, handle = fit_both(model, rows, dealt)
    assert_same_state(ours, pooled, rtol=_BAR)
    assert ours.get_feature_names_out().tolist() == pooled.get_feature_names_out().tolist()
    assert_same_rows(ours.transform(handle), pooled.transform(rows), atol=1e-14)


@pytest.mark.parametrize("strategy", _STRATEGIES)
@pytest.mark.parametrize("marker", [-1, 0])
def test_numbers_as_markers(strategy: str, marker: int, dealt: Any) -> None:
    rows = _RNG.integers(-1, 4, size=(48, 3))
    model = SimpleImputer(strategy=strategy, missing_values=marker, add_indicator=True)
    ours, pooled, handle = fit_both(model, rows, dealt)
    assert_same_state(ours, pooled, rtol=_BAR)
    assert_same_rows(ours.transform(handle), pooled.transform(rows), atol=1e-14)


def test_a_mean_that_equals_the_marker_is_a_mean(dealt: Any) -> None:
    rows = np.array([[-3.0], [1.0], [-1.0], [np.nan]] * 12)
    rows = np.where(np.isnan(rows), -1.0, rows)
    ours, pooled, _ = fit_both(SimpleImputer(missing_values=-1), rows, dealt)
    assert pooled.statistics_.tolist() == [-1.0]
    assert_same_state(ours, pooled)


@pytest.mark.parametrize("strategy", ["most_frequent", "constant"])
def test_text_columns(strategy: str, dealt: Any) -> None:
    frame = pd.DataFrame({"tree": _TREES, "size": _RNG.integers(0, 3, size=48)})
    frame["tree"] = frame["tree"].astype(object).where(_X[:, 0] < 0.5, np.nan)
    columns = ["tree"] if strategy == "constant" else ["tree", "size"]
    ours, pooled, handle = fit_both(SimpleImputer(strategy=strategy), frame[columns], dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(frame[columns]))


def test_text_as_marker_and_as_filling(dealt: Any) -> None:
    rows = np.array([[tree] for tree in _TREES.tolist()], dtype=object)
    for options in ({"strategy": "most_frequent"}, {"strategy": "constant", "fill_value": "elm"}):
        ours, pooled, handle = fit_both(SimpleImputer(missing_values="oak", **options), rows, dealt)
        assert_same_state(ours, pooled)
        assert_same_rows(ours.transform(handle), pooled.transform(rows))


def test_none_as_marker(dealt: Any) -> None:
    rows = np.array(
        [[None if x > 0.5 else t] for x, t in zip(_X[:, 0], _TREES.tolist(), strict=True)]
    )
    model = SimpleImputer(missing_values=None, strategy="most_frequent", add_indicator=True)
    ours, pooled, handle = fit_both(model, rows, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(rows))


def test_ties_go_to_the_smallest_value(dealt: Any) -> None:
    rows = np.array([[3.0], [2.0], [np.nan]] * 16)
    ours, _, _ = fit_both(SimpleImputer(strategy="most_frequent"), rows, dealt)
    assert ours.statistics_.tolist() == [2.0]


def test_frames_keep_names(dealt: Any) -> None:
    frame = pd.DataFrame(_HOLED, columns=["a", "b", "c"])
    model = SimpleImputer(strategy="median", add_indicator=True)
    ours, pooled, _ = fit_both(model, frame, dealt)
    assert_same_state(ours, pooled)
    assert ours.get_feature_names_out().tolist() == pooled.get_feature_names_out().tolist()


def test_single_precision_medians(dealt: Any) -> None:
    rows = _HOLED.astype(np.float32)
    ours, pooled, handle = fit_both(SimpleImputer(strategy="median"), rows, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(rows))


@pytest.mark.parametrize("strategy", ["mean", "median"])
def test_numbers_are_needed_for_means_and_medians(strategy: str, deal: Any) -> None:
    frame = pd.DataFrame({"size": [1, 2], "tree": ["ash", "oak"]})
    with pytest.raises(DataError, match="party 'party0': column 'tree': text") as caught:
        FLModel(model=SimpleImputer(strategy=strategy)).fit(deal([0, 1])(frame))
    assert "ash" not in str(caught.value)


@pytest.mark.parametrize("strategy", _STRATEGIES)
def test_nan_that_is_not_the_marker_is_refused(strategy: str, deal: Any) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, np.nan]})
    model = SimpleImputer(strategy=strategy, missing_values=-1)
    with pytest.raises(DataError, match="party 'party1': column 'b': Input X contains NaN"):
        FLModel(model=model).fit(deal([0, 1])(frame))


@pytest.mark.parametrize("strategy", _STRATEGIES)
@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("marker", [np.nan, -7.0])
@pytest.mark.filterwarnings("ignore:Skipping features without any observed values")
def test_sparse_rows(strategy: str, keep: bool, marker: float, dealt: Any) -> None:
    rows = np.column_stack([_HOLED, np.full(48, np.nan), np.zeros(48)])
    rows[np.random.default_rng(0).random(rows.shape) < 0.4] = 0.0
    rows[:, 3] = np.nan
    held = sparse.csr_matrix(np.where(np.isnan(rows), marker, rows))
    model = SimpleImputer(
        missing_values=marker, strategy=strategy, keep_empty_features=keep, add_indicator=True
    )
    ours, pooled, handle = fit_both(model, held, dealt)
    assert_same_state(ours, pooled, rtol=_BAR)
    assert_same_rows(ours.transform(handle), pooled.transform(held), atol=1e-14)


def test_what_is_refused_by_name(deal: Any) -> None:
    dealer = deal([0, 1] * 24)
    with pytest.raises(UnsupportedError, match=r"SimpleImputer.strategy=.* has no federated fit"):
        FLModel(model=SimpleImputer(strategy=np.ptp)).fit(dealer(_HOLED))
    with pytest.raises(ValueError, match="missing_values == 0 and input is sparse"):
        FLModel(model=SimpleImputer(missing_values=0)).fit(dealer(sparse.csr_matrix(_X)))
    assert {entry.protection for entry in dealer.federation.ledger if entry.content} <= {"failure"}


@pytest.mark.parametrize("strategy", ["mean", "median", "constant"])
def test_no_value_leaves_a_party_in_the_clear(strategy: str, deal: Any) -> None:
    dealer = deal(np.arange(48) % 2)
    FLModel(model=SimpleImputer(strategy=strategy)).fit(dealer(_HOLED))
    sent = [entry for entry in dealer.federation.ledger if entry.purpose == "SimpleImputer.fit"]
    assert {entry.protection for entry in sent if entry.content} == {"masked"}
