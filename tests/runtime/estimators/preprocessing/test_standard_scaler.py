"""``StandardScaler`` over parties against the pooled one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import StandardScaler

from fedruntime import FLModel
from fedruntime.errors import DataError

_RNG = np.random.default_rng(0)
_X = _RNG.normal(size=(60, 4)) * [1.0, 10.0, 1e-3, 1.0] + [0.0, 5.0, 1e-3, 3.0]
_HOLED = np.where(_RNG.random(_X.shape) < 0.2, np.nan, _X)
_BAR = 1e-14


@pytest.mark.parametrize("with_mean", [True, False])
@pytest.mark.parametrize("with_std", [True, False])
@pytest.mark.parametrize("rows", [_X, _HOLED], ids=["complete", "holed"])
def test_all_options(rows: Any, with_mean: bool, with_std: bool, dealt: Any) -> None:
    model = StandardScaler(with_mean=with_mean, with_std=with_std)
    ours, pooled, handle = fit_both(model, rows, dealt)
    assert_same_state(ours, pooled, rtol=_BAR)
    assert_same_rows(ours.transform(handle), pooled.transform(rows), atol=1e-13)
    assert_same_rows(ours.inverse_transform(handle), pooled.inverse_transform(rows), atol=1e-11)


@pytest.mark.parametrize("rows", [_X, _HOLED], ids=["complete", "holed"])
@pytest.mark.parametrize("with_std", [True, False])
def test_sample_weight(rows: Any, with_std: bool, dealt: Any) -> None:
    weight = _RNG.integers(0, 4, size=60) + 0.5
    ours, pooled, _ = fit_both(StandardScaler(with_std=with_std), rows, dealt, sample_weight=weight)
    assert_same_state(ours, pooled, rtol=_BAR)


def test_constant_columns_keep_their_scale(dealt: Any) -> None:
    rows = np.column_stack([np.full(60, 0.1), np.full(60, 1e12), np.zeros(60), _X[:, 0]])
    ours, pooled, _ = fit_both(StandardScaler(), rows, dealt)
    assert ours.scale_[:3].tolist() == [1.0, 1.0, 1.0] == pooled.scale_[:3].tolist()
    np.testing.assert_allclose(ours.mean_, pooled.mean_, rtol=1e-13)


def test_large_offsets_do_not_cancel(dealt: Any) -> None:
    rows = _X + 1e9
    ours, _, _ = fit_both(StandardScaler(), rows, dealt)
    exact = rows.astype(np.longdouble)
    variance = ((exact - exact.mean(axis=0)) ** 2).mean(axis=0)
    np.testing.assert_allclose(ours.var_, variance.astype(float), rtol=1e-13)


def test_a_column_without_values(dealt: Any) -> None:
    rows = _HOLED.copy()
    rows[:, 2] = np.nan
    with np.errstate(invalid="ignore"):
        ours, pooled, _ = fit_both(StandardScaler(), rows, dealt)
    assert_same_state(ours, pooled, rtol=_BAR)


def test_frames_of_mixed_numbers_keep_names(dealt: Any) -> None:
    frame = pd.DataFrame({"a": _X[:, 0], "b": np.arange(60), "c": _X[:, 1] > 5})
    ours, pooled, handle = fit_both(StandardScaler(), frame, dealt)
    assert_same_state(ours, pooled, rtol=_BAR)
    assert ours.get_feature_names_out().tolist() == ["a", "b", "c"]
    assert_same_rows(ours.transform(handle), pooled.transform(frame), atol=1e-13)


@pytest.mark.parametrize("with_std", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_sparse_rows_stay_sparse(with_std: bool, weighted: bool, dealt: Any) -> None:
    rows = sparse.csr_matrix(np.where(_RNG.random((60, 4)) < 0.6, 0.0, _HOLED))
    weights = {"sample_weight": np.arange(60.0) % 3 + 1} if weighted else {}
    model = StandardScaler(with_mean=False, with_std=with_std)
    ours, pooled, handle = fit_both(model, rows, dealt, **weights)
    assert_same_state(ours, pooled, rtol=_BAR)
    assert_same_rows(ours.transform(handle), pooled.transform(rows), atol=1e-13)


def test_sparse_rows_are_not_centred(deal: Any) -> None:
    handle = deal([0, 1] * 30)(sparse.csr_matrix(_X))
    with pytest.raises(ValueError, match="Cannot center sparse matrices"):
        FLModel(model=StandardScaler()).fit(handle)


def test_single_precision_rows(dealt: Any) -> None:
    rows = _X.astype(np.float32)
    ours, pooled, handle = fit_both(StandardScaler(), rows, dealt)
    assert_same_state(ours, pooled, rtol=1e-6)
    assert_same_rows(ours.transform(handle), pooled.transform(rows), atol=1e-5)


def test_infinity_is_refused_by_party_and_column(deal: Any) -> None:
    frame = pd.DataFrame({"age": [1.0, 2.0, 3.0], "height": [1.0, 2.0, np.inf]})
    with pytest.raises(DataError, match=r"party 'party1': column 'height'.*infinity"):
        FLModel(model=StandardScaler()).fit(deal([0, 0, 1])(frame))


def test_text_is_refused_by_party_and_column_without_the_cell(deal: Any) -> None:
    frame = pd.DataFrame({"age": [1, 2, 3], "town": ["1", "2", "Ulm"]}).astype({"town": object})
    with pytest.raises(DataError, match=r"party 'party1': column 'town': text") as caught:
        FLModel(model=StandardScaler()).fit(deal([0, 0, 1])(frame))
    assert "Ulm" not in str(caught.value)


def test_dtypes_that_do_not_go_together_are_refused(deal: Any) -> None:
    dealer = deal([0, 0, 1])
    parts = {
        "party0": pd.DataFrame({"age": [1, 2], "x": [1.0, 2.0]}),
        "party1": pd.DataFrame({"age": pd.Series(["?"], dtype=object), "x": [1.0]}),
    }
    handle = dealer.federation.place(parts, dealer.layout)
    with pytest.raises(DataError, match="party 'party0': column 'age' has dtype int64 here"):
        FLModel(model=StandardScaler()).fit(handle)


def test_integers_at_one_party_and_floats_at_another_are_numbers(deal: Any) -> None:
    dealer = deal([0, 0, 1])
    parts = {"party0": pd.DataFrame({"age": [1, 2]}), "party1": pd.DataFrame({"age": [np.nan]})}
    ours = FLModel(model=StandardScaler()).fit(dealer.federation.place(parts, dealer.layout))
    pooled = StandardScaler().fit(pd.DataFrame({"age": [1, 2, np.nan]}))
    assert_same_state(ours, pooled, rtol=_BAR)


def test_vectors_are_refused(deal: Any) -> None:
    with pytest.raises(DataError, match="Expected 2D array, got 1D array instead"):
        FLModel(model=StandardScaler()).fit(deal([0, 1])(np.ones(2)))


def test_wrong_parameters_are_refused_before_anything_is_sent(deal: Any) -> None:
    dealer = deal([0, 1])
    X = dealer(np.ones((2, 2)))
    sent = len(dealer.federation.ledger)
    with pytest.raises(ValueError, match="'with_mean' parameter of StandardScaler"):
        FLModel(model=StandardScaler(with_mean="yes")).fit(X)
    assert len(dealer.federation.ledger) == sent


def test_it_has_to_be_fitted(deal: Any) -> None:
    with pytest.raises(NotFittedError):
        FLModel(model=StandardScaler()).transform(deal([0, 1])(np.ones((2, 2))))


def test_only_sums_leave_a_party(deal: Any) -> None:
    dealer = deal(np.arange(60) % 2)
    FLModel(model=StandardScaler()).fit(dealer(_X))
    sent = [entry for entry in dealer.federation.ledger if entry.content]
    fit = [entry for entry in sent if entry.purpose == "StandardScaler.fit"]
    assert {entry.protection for entry in fit} == {"masked"}
    assert {shape for entry in fit for _, shape in entry.content} == {(4,)}
