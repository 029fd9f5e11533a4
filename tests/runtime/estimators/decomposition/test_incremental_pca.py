"""``IncrementalPCA`` over parties against the pooled one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from decomposition_cases import SPARSE, SQUARE, TALL, WIDE, fit_like_pooled, spectrum
from pooled_twin import assert_same_rows
from sklearn.decomposition import IncrementalPCA

from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.decomposition import incremental_pca

_BAR = 1e-10


@pytest.mark.parametrize("rows", [TALL, SQUARE], ids=["tall", "square"])
@pytest.mark.parametrize(
    "model",
    [
        IncrementalPCA(),
        IncrementalPCA(3),
        IncrementalPCA(3, batch_size=16),
        IncrementalPCA(2, batch_size=1000, whiten=True),
    ],
    ids=str,
)
def test_batches(model: Any, rows: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_like_pooled(model, rows, dealt, rtol=_BAR)
    assert_same_rows(ours.transform(handle), pooled.transform(rows), atol=1e-9)


def test_the_order_of_rows_matters_as_it_does_pooled(deal: Any) -> None:
    """Interleaved parties are batched in the pooled order, not party by party."""
    rows = spectrum(100, 8, 1.1)
    ours = FLModel(model=IncrementalPCA(2, batch_size=10)).fit(deal(np.arange(100) % 2)(rows))
    pooled = IncrementalPCA(2, batch_size=10).fit(rows)
    by_party = IncrementalPCA(2, batch_size=10).fit(np.r_[rows[::2], rows[1::2]])
    gap = np.abs(pooled.components_ - by_party.components_).max()
    assert np.abs(ours.components_ - pooled.components_).max() < 1e-9 * gap


def test_fewer_rows_than_columns_a_batch(dealt: Any) -> None:
    fit_like_pooled(IncrementalPCA(3, batch_size=10), WIDE, dealt, rtol=_BAR)


def test_sparse_rows(dealt: Any) -> None:
    fit_like_pooled(IncrementalPCA(3, batch_size=25), SPARSE, dealt, rtol=_BAR)


def test_ill_conditioned_batches(deal: Any) -> None:
    rows = spectrum(120, 5, 30.0, offset=0.0)
    ours = FLModel(model=IncrementalPCA(batch_size=40)).fit(deal(np.arange(120) % 3)(rows))
    pooled = IncrementalPCA(batch_size=40).fit(rows)
    np.testing.assert_allclose(ours.singular_values_, pooled.singular_values_, rtol=1e-8)


@pytest.mark.parametrize("batch_size", [20, 90])
def test_single_precision(batch_size: int, deal: Any) -> None:
    rows = TALL.astype(np.float32)
    model = IncrementalPCA(2, batch_size=batch_size)
    ours = FLModel(model=model).fit(deal(np.arange(90) % 2)(rows)).to_sklearn()
    pooled = IncrementalPCA(2, batch_size=batch_size).fit(rows)
    for name, value in vars(pooled).items():
        if name.endswith("_"):
            assert np.asarray(getattr(ours, name)).dtype == np.asarray(value).dtype, name
            np.testing.assert_allclose(getattr(ours, name), value, rtol=1e-3, atol=1e-5)


def test_batches_share_rounds_within_the_size_of_a_message(deal: Any, monkeypatch: Any) -> None:
    def rounds() -> int:
        dealer = deal(np.arange(80) % 2)
        FLModel(model=IncrementalPCA(2, batch_size=10)).fit(dealer(SQUARE))
        ledger = dealer.federation.ledger
        return [entry.operation for entry in ledger].count("incremental_pca.sums") // 2

    assert rounds() == 1
    monkeypatch.setattr(incremental_pca, "_LARGEST_MESSAGE", 3 * 20 * 20)
    assert rounds() == 3


@pytest.mark.parametrize(
    ("model", "rows", "message"),
    [
        (IncrementalPCA(6), TALL, "n_components=6 invalid for n_features=5"),
        (
            IncrementalPCA(15, batch_size=11),
            SQUARE,
            "n_components=15 must be less or equal to",
        ),
    ],
)
def test_what_scikit_learn_refuses(model: Any, rows: Any, message: str, deal: Any) -> None:
    with pytest.raises(ValueError, match="n_components"):
        model.fit(rows)
    with pytest.raises(DataError, match=message):
        FLModel(model=model).fit(deal(np.arange(len(rows)) % 2)(rows))


def test_batches_of_so_few_rows_that_sums_reveal_them(deal: Any) -> None:
    handle = deal(np.arange(90) % 2)(TALL)
    with pytest.raises(UnsupportedError, match="use batch_size=10 or more"):
        FLModel(model=IncrementalPCA(2, batch_size=9)).fit(handle)
    with pytest.warns(UserWarning, match="the last batch has 5 rows.*joins the one before"):
        ours = FLModel(model=IncrementalPCA(2, batch_size=85)).fit(handle)
    joined = IncrementalPCA(2, batch_size=90).fit(TALL)
    np.testing.assert_allclose(ours.components_, joined.components_, atol=1e-12)
