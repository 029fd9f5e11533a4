"""``KBinsDiscretizer`` over parties against the pooled one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from scipy import sparse
from sklearn.preprocessing import KBinsDiscretizer

from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore:Bins whose width")

_RNG = np.random.default_rng(3)
_X = np.column_stack([_RNG.lognormal(size=(90, 2)), _RNG.normal(size=90)])
_NEW = "quantile_method" in KBinsDiscretizer().get_params()
_METHODS = ["inverted_cdf", "averaged_inverted_cdf", "closest_observation", "hazen", "linear"]


@pytest.mark.parametrize("strategy", ["uniform", "quantile", "kmeans"])
@pytest.mark.parametrize("encode", ["onehot", "onehot-dense", "ordinal"])
def test_all_strategies(strategy: str, encode: str, dealt: Any) -> None:
    model = KBinsDiscretizer(n_bins=4, strategy=strategy, encode=encode)
    ours, pooled, handle = fit_both(model, _X, dealt)
    assert_same_state(ours, pooled, rtol=1e-13 if strategy == "kmeans" else 0.0)
    assert_same_rows(ours.transform(handle), pooled.transform(_X))
    assert_same_rows(
        ours.inverse_transform(ours.transform(handle)),
        pooled.inverse_transform(pooled.transform(_X)),
        atol=1e-13,
    )


@pytest.mark.parametrize("method", _METHODS if _NEW else [None])
def test_all_ways_to_find_a_quantile(method: str | None, dealt: Any) -> None:
    options = {} if method is None else {"quantile_method": method}
    ours, pooled, _ = fit_both(KBinsDiscretizer(n_bins=[2, 5, 7], **options), _X, dealt)
    assert_same_state(ours, pooled)


@pytest.mark.parametrize("strategy", ["uniform", "quantile", "kmeans"])
@pytest.mark.parametrize("weight", ["counts", "fractions"])
def test_sample_weight(strategy: str, weight: str, dealt: Any) -> None:
    if strategy == "uniform" and not _NEW:
        strategy = "quantile"  # weights came to it later
    rng = np.random.default_rng(1)
    weights = rng.integers(0, 3, 90).astype(float) if weight == "counts" else rng.random(90)
    model = KBinsDiscretizer(n_bins=4, strategy=strategy)
    ours, pooled, _ = fit_both(model, _X, dealt, sample_weight=weights)
    assert_same_state(ours, pooled, rtol=1e-13 if strategy == "kmeans" else 0.0)


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_the_same_rows_are_drawn(strategy: str, dealt: Any) -> None:
    model = KBinsDiscretizer(strategy=strategy, subsample=40, random_state=1)
    ours, pooled, _ = fit_both(model, _X, dealt)
    assert_same_state(ours, pooled)


def test_constant_and_narrow_columns_are_told(deal: Any) -> None:
    rows = np.column_stack([np.full(60, 2.0), np.repeat([0.0, 0.0, 1.0], 20)])
    with pytest.warns(UserWarning, match="too small|is constant") as told:
        ours = FLModel(model=KBinsDiscretizer(n_bins=3)).fit(deal(np.arange(60) % 2)(rows))
    messages = " ".join(str(warning.message) for warning in told)
    assert "Feature 0 is constant" in messages
    assert "too small (i.e., <= 1e-8) in feature 1" in messages
    pooled = KBinsDiscretizer(n_bins=3).fit(rows)
    assert_same_state(ours, pooled)


def test_a_bin_that_loses_all_its_values_gets_the_farthest_one(dealt: Any) -> None:
    rows = np.array([[0.0], [0.1], [0.3], [0.4], [9.0], [9.3], [30.0]])
    model = KBinsDiscretizer(n_bins=5, strategy="kmeans", encode="ordinal")
    ours, pooled, _ = fit_both(model, rows, dealt)
    assert_same_state(ours, pooled, rtol=1e-13)


def test_k_means_of_all_columns_runs_in_the_same_rounds(deal: Any) -> None:
    dealer = deal(np.arange(90) % 2)
    FLModel(model=KBinsDiscretizer(n_bins=3, strategy="kmeans")).fit(dealer(_X))
    rounds = [e for e in dealer.federation.ledger if e.operation == "columns_k_means.sums"]
    assert {entry.content[0][1] for entry in rounds} <= {(3,), (6,), (9,)}
    assert {entry.protection for entry in rounds} == {"masked"}


def test_integers_and_names(dealt: Any) -> None:
    frame = pd.DataFrame(_RNG.integers(0, 9, (50, 2)), columns=["a", "b"])
    ours, pooled, handle = fit_both(KBinsDiscretizer(strategy="uniform"), frame, dealt)
    assert_same_state(ours, pooled)
    assert ours.get_feature_names_out().tolist() == pooled.get_feature_names_out().tolist()
    assert_same_rows(ours.transform(handle), pooled.transform(frame))


def test_refusals(deal: Any) -> None:
    dealer = deal([0, 1] * 45)
    weight = dealer(np.ones(90))
    with pytest.raises(UnsupportedError, match="draws rows by their weights"):
        FLModel(model=KBinsDiscretizer(subsample=40)).fit(dealer(_X), sample_weight=weight)
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        FLModel(model=KBinsDiscretizer()).fit(dealer(sparse.csr_matrix(_X)))
    with pytest.raises(DataError, match="one weight of each column"):
        FLModel(model=KBinsDiscretizer()).fit(dealer(_X), sample_weight=dealer(np.zeros(90)))
    with pytest.raises(ValueError, match="invalid number of bins at indices 1"):
        FLModel(model=KBinsDiscretizer(n_bins=[2, 1, 3])).fit(dealer(_X))
