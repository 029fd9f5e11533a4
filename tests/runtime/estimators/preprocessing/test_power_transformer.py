"""``PowerTransformer`` over parties against the pooled one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from scipy import stats
from sklearn.preprocessing import PowerTransformer

from fedruntime import FLModel
from fedruntime.errors import DataError

_RNG = np.random.default_rng(6)
_X = np.column_stack([_RNG.lognormal(size=(120, 2)), 5 + _RNG.normal(size=120)])
_ROWS = {
    "positive": _X,
    "negative": -_X,
    "both signs": _RNG.normal(size=(120, 3)) * [1.0, 10.0, 1e-1],
    "holed": np.where(_RNG.random(_X.shape) < 0.2, np.nan, _X),
    "counts": _RNG.poisson(2, size=(120, 2)).astype(float),
    "large": _X * 1e6,
    "a constant column": np.column_stack([_X[:, 0], np.zeros(120), np.full(120, 3.0)]),
}
_BAR = 1e-6  # of lambdas; powers of large values magnify it


@pytest.mark.parametrize("rows", _ROWS.values(), ids=_ROWS)
@pytest.mark.parametrize("standardize", [True, False])
def test_yeo_johnson(rows: Any, standardize: bool, dealt: Any) -> None:
    model = PowerTransformer(standardize=standardize)
    ours, pooled, handle = fit_both(model, rows, dealt)
    np.testing.assert_allclose(ours.lambdas_, pooled.lambdas_, rtol=_BAR, atol=_BAR / 10)
    assert_same_state(ours, pooled, rtol=10 * _BAR)
    size = np.nanmax(abs(pooled.transform(rows)))
    assert_same_rows(ours.transform(handle), pooled.transform(rows), atol=1e-5 * size)


@pytest.mark.parametrize("rows", ["positive", "holed", "large"])
def test_box_cox(rows: str, dealt: Any) -> None:
    ours, pooled, handle = fit_both(PowerTransformer("box-cox"), _ROWS[rows], dealt)
    np.testing.assert_allclose(ours.lambdas_, pooled.lambdas_, rtol=_BAR, atol=_BAR / 10)
    assert_same_state(ours, pooled, rtol=10 * _BAR)
    assert_same_rows(ours.transform(handle), pooled.transform(_ROWS[rows]), atol=1e-5)


def test_the_likelihood_is_as_high_as_the_pooled_one(dealt: Any) -> None:
    ours, pooled, _ = fit_both(PowerTransformer(), _ROWS["both signs"], dealt)
    for column, one, other in zip(
        _ROWS["both signs"].T, ours.lambdas_, pooled.lambdas_, strict=True
    ):
        reached, expected = (stats.yeojohnson_llf(power, column) for power in (one, other))
        assert reached >= expected - 1e-12 * abs(expected)


def test_columns_far_from_zero_do_not_cancel(deal: Any) -> None:
    rows = _X[:, :1] + 1e4
    ours = FLModel(model=PowerTransformer("box-cox", standardize=False))
    ours.fit(deal(np.arange(120) % 3)(rows))
    logs = np.log(rows[:, 0].astype(np.longdouble))
    centred = logs - logs.mean()

    def spread(power: float) -> float:
        return float(np.log((np.expm1(power * centred) / power).var()))

    best = float(ours.lambdas_[0])
    assert spread(best) <= min(spread(0.999 * best), spread(1.001 * best))


def test_refusals(deal: Any) -> None:
    dealer = deal([0, 1] * 60)
    empty = _X.copy()
    empty[:, 1] = np.nan
    for model, rows, message in (
        (PowerTransformer("box-cox"), _ROWS["both signs"], "strictly positive data"),
        (PowerTransformer("box-cox"), _ROWS["a constant column"] + 1, "must not be constant"),
        (PowerTransformer("box-cox"), empty, "must not be all nan"),
        (PowerTransformer(), empty, "must not be all nan"),
    ):
        with pytest.raises(DataError, match=message):
            FLModel(model=model).fit(dealer(rows))


def test_all_columns_are_searched_in_the_same_rounds(deal: Any) -> None:
    rounds = []
    for columns in (1, 12):
        dealer = deal(np.arange(120) % 2)
        rows = _RNG.lognormal(size=(120, columns))
        FLModel(model=PowerTransformer()).fit(dealer(rows))
        asked = [entry for entry in dealer.federation.ledger if "powers" in entry.operation]
        rounds.append(len(asked))
    assert rounds[1] < 2 * rounds[0]


def test_only_sums_leave_a_party(deal: Any) -> None:
    dealer = deal(np.arange(120) % 2)
    FLModel(model=PowerTransformer()).fit(dealer(_X))
    sent = [entry for entry in dealer.federation.ledger if "PowerT" in entry.purpose]
    assert {entry.protection for entry in sent if entry.content} == {"masked"}
