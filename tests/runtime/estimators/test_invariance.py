"""The test of truth, over the whole registry: however the rows lie, the pooled model comes out.

Numbers of parties, unequal sizes, rows permuted between parties, a class missing at a party, a
party with one row, a party with none.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from fitted import differences, too_far
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted
from specimens import Specimen, specimens

import fedruntime
from fedruntime.estimators.registry import families

_SPECIMENS = list(specimens())


def _by_class(specimen: Specimen) -> Any:
    values = specimen.y if specimen.y is not None else specimen.X
    key = np.asarray(values) if np.ndim(values) == 1 else np.asarray(values)[:, 0]
    return (np.unique([str(one) for one in key], return_inverse=True)[1] > 0).astype(int)


_LAYOUTS = {
    "one party": lambda specimen, n: np.zeros(n, dtype=int),
    "two parties": lambda specimen, n: (np.arange(n) >= n // 2 + 2).astype(int),
    "rows permuted between three parties": lambda specimen, n: np.random.default_rng(1).integers(
        3, size=n
    ),
    "ten parties, one with no rows, one with one, most with few": lambda specimen, n: np.r_[
        np.zeros(n - 36, int), 2, np.repeat(np.arange(3, 10), 5)
    ],
    "a class missing at a party": lambda specimen, n: _by_class(specimen),
}


def _fit(specimen: Specimen, dealt: Any, **aggregator: Any) -> fedruntime.FLModel:
    model = fedruntime.FLModel(model=clone(specimen.model), **aggregator)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(dealt(specimen.X), dealt(specimen.y))


_FIRST = {type(specimen.model): str(specimen) for specimen in reversed(_SPECIMENS)}
_CASES = [
    pytest.param(specimen, layout, id=f"{specimen}-{layout}")
    for specimen in _SPECIMENS
    for layout in _LAYOUTS
    if layout.startswith("rows permuted") or _FIRST[type(specimen.model)] == str(specimen)
]
"""Every family on every layout, with every value of its parameters on one."""


@pytest.mark.parametrize(("specimen", "layout"), _CASES)
def test_the_pooled_model_comes_out(specimen: Specimen, layout: str, deal: Any) -> None:
    dealt = deal(_LAYOUTS[layout](specimen, len(specimen.X)))
    model = _fit(specimen, dealt)
    if specimen.is_comparable:
        assert not too_far(model, specimen)
    else:
        check_is_fitted(model.to_sklearn())
    if layout == "two parties":
        _assert_no_rows_left(dealt)
    if layout.startswith("rows permuted"):
        plain = _fit(specimen, deal(dealt.layout.owner), aggregator=fedruntime.PlainAggregator())
        assert set(differences(model.to_sklearn(), plain.to_sklearn()).values()) <= {0.0}


def _assert_no_rows_left(dealt: Any) -> None:
    counts = {len(dealt.layout), *dealt.layout.counts}
    for entry in dealt.federation.ledger:
        for name, shape in entry.content:
            assert not counts & set(shape), f"{entry.operation}: {name}, {shape}"


def test_every_family_is_fitted_here() -> None:
    assert {type(specimen.model) for specimen in _SPECIMENS} == set(families())
