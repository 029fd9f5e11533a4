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
    "two parties": lambda specimen, n: np.arange(n) * 2 // n,
    "three parties": lambda specimen, n: np.arange(n) * 3 // n,
    "ten parties": lambda specimen, n: np.arange(n) * 10 // n,
    "very unequal sizes": lambda specimen, n: np.r_[np.zeros(n - 5, int), np.repeat(1, 5)],
    "rows permuted between parties": lambda specimen, n: np.random.default_rng(1).integers(
        3, size=n
    ),
    "a class missing at a party": lambda specimen, n: _by_class(specimen),
    "a party with one row": lambda specimen, n: np.r_[0, np.ones(n - 1, int)],
    "a party with no rows": lambda specimen, n: np.r_[np.zeros(n - 20, int), np.repeat(2, 20)],
}


@pytest.mark.parametrize("layout", _LAYOUTS)
@pytest.mark.parametrize("specimen", _SPECIMENS, ids=str)
def test_the_pooled_model_comes_out(specimen: Specimen, layout: str, deal: Any) -> None:
    dealt = deal(_LAYOUTS[layout](specimen, len(specimen.X)))
    model = fedruntime.FLModel(model=clone(specimen.model))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(dealt(specimen.X), dealt(specimen.y))
        if specimen.is_comparable:
            assert not too_far(model, specimen)
        else:
            check_is_fitted(model.to_sklearn())


@pytest.mark.parametrize("specimen", _SPECIMENS, ids=str)
def test_secure_and_plain_sums_give_the_same_bits(specimen: Specimen, deal: Any) -> None:
    fitted = []
    for aggregator in (fedruntime.SecureAggregator(), fedruntime.PlainAggregator()):
        dealt = deal(np.arange(len(specimen.X)) % 3)
        model = fedruntime.FLModel(model=clone(specimen.model), aggregator=aggregator)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(dealt(specimen.X), dealt(specimen.y))
        fitted.append(model.to_sklearn())
    assert set(differences(*fitted).values()) <= {0.0}


@pytest.mark.parametrize("specimen", _SPECIMENS, ids=str)
def test_no_row_leaves_a_party(specimen: Specimen, deal: Any) -> None:
    n = len(specimen.X)
    first = n // 2 + 2
    dealt = deal(np.arange(n) >= first)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fedruntime.FLModel(model=clone(specimen.model)).fit(dealt(specimen.X), dealt(specimen.y))
    for entry in dealt.federation.ledger:
        for name, shape in entry.content:
            assert not {n, first, n - first} & set(shape), f"{entry.operation}: {name}, {shape}"


def test_every_family_is_fitted_here() -> None:
    assert {type(specimen.model) for specimen in _SPECIMENS} == set(families())
