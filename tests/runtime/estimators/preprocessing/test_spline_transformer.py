"""``SplineTransformer`` over parties against the pooled one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from scipy import sparse
from sklearn.preprocessing import SplineTransformer

from fedruntime import FLModel
from fedruntime.errors import DataError

_RNG = np.random.default_rng(4)
_X = np.column_stack([_RNG.lognormal(size=(60, 2)), _RNG.normal(size=60)])
_GIVEN = np.array([[0.0, 0.0, -3.0], [1.0, 2.0, 0.0], [9.0, 9.0, 3.0]])
_HANDLES_MISSING = "handle_missing" in SplineTransformer().get_params()


@pytest.mark.parametrize(
    "knots", ["uniform", "quantile", _GIVEN], ids=["even", "quantile", "given"]
)
@pytest.mark.parametrize("extrapolation", ["constant", "linear", "continue"])
def test_all_knots(knots: Any, extrapolation: str, dealt: Any) -> None:
    model = SplineTransformer(knots=knots, extrapolation=extrapolation)
    ours, pooled, handle = fit_both(model, _X, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(_X))


@pytest.mark.parametrize(
    "options",
    [
        {"extrapolation": "periodic", "degree": 2},
        {"extrapolation": "error", "n_knots": 3},
        {"include_bias": False, "sparse_output": True},
        {"degree": 0, "order": "F"},
    ],
    ids=str,
)
def test_all_options(options: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(SplineTransformer(**options), _X, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(_X))


@pytest.mark.parametrize("knots", ["uniform", "quantile"])
def test_sample_weight(knots: str, dealt: Any) -> None:
    weight = _RNG.integers(0, 3, 60).astype(float)
    ours, pooled, _ = fit_both(SplineTransformer(knots=knots), _X, dealt, sample_weight=weight)
    assert_same_state(ours, pooled)


@pytest.mark.parametrize("knots", ["uniform", "quantile"])
def test_missing_values(knots: str, dealt: Any) -> None:
    holed = np.where(_RNG.random(_X.shape) < 0.2, np.nan, _X)
    if not _HANDLES_MISSING:
        with pytest.raises(DataError, match="NaN"):
            FLModel(model=SplineTransformer(knots=knots)).fit(dealt(60)(holed))
        return
    model = SplineTransformer(knots=knots, handle_missing="zeros")
    ours, pooled, handle = fit_both(model, holed, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(holed))


def test_knots_that_coincide_are_kept(dealt: Any) -> None:
    rows = np.repeat([[1.0], [2.0]], [50, 10], axis=0)
    ours, pooled, _ = fit_both(SplineTransformer(knots="quantile", n_knots=4), rows, dealt)
    assert_same_state(ours, pooled)
    assert not hasattr(vars(ours.to_sklearn()), "_get_base_knot_positions")


def test_names(deal: Any) -> None:
    frame = pd.DataFrame(_X, columns=["a", "b", "c"])
    ours = FLModel(model=SplineTransformer(n_knots=2, degree=1)).fit(deal([0, 1] * 30)(frame))
    assert ours.get_feature_names_out().tolist() == [
        "a_sp_0", "a_sp_1", "b_sp_0", "b_sp_1", "c_sp_0", "c_sp_1",
    ]  # fmt: skip


def test_refusals_are_scikit_learns(deal: Any) -> None:
    dealer = deal([0, 1] * 30)
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        FLModel(model=SplineTransformer()).fit(dealer(sparse.csr_matrix(_X)))
    with pytest.raises(ValueError, match="knots must be sorted without duplicates"):
        FLModel(model=SplineTransformer(knots=_GIVEN[::-1])).fit(dealer(_X))
    with pytest.raises(ValueError, match="minimum of 2 is required"):
        FLModel(model=SplineTransformer()).fit(deal([0])(np.ones((1, 2))))


def test_what_leaves_depends_on_the_knots(deal: Any) -> None:
    protections = {}
    for knots in ("uniform", "quantile"):
        dealer = deal(np.arange(60) % 2)
        FLModel(model=SplineTransformer(knots=knots)).fit(dealer(_X))
        sent = [entry for entry in dealer.federation.ledger if entry.content]
        protections[knots] = {entry.protection for entry in sent if "fit" in entry.purpose}
    assert protections == {"uniform": {"in the clear"}, "quantile": {"masked"}}
