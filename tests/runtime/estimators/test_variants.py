"""What scikit-learn's estimators take besides a plain array, over the whole registry: weights, two
classes, tables with names, sparse rows, missing values. Each as scikit-learn has it: the pooled
model comes out, or what it refuses is refused here, too.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import specimens
from fitted import too_far
from sklearn.base import clone
from specimens import Specimen

import fedruntime
from fedruntime.errors import FedError, UnsupportedError

_VARIANTS = [
    *specimens.weighted(),
    *specimens.class_weighted(),
    *specimens.binary(),
    *specimens.in_frames(),
    *specimens.in_sparse_rows(),
    *specimens.with_holes(),
]


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _fit(specimen: Specimen, deal: Any) -> fedruntime.FLModel:
    rows = specimen.X.shape[0]
    dealt = deal(np.r_[0, np.arange(rows - 1) % 2 + 1])
    model = fedruntime.FLModel(model=clone(specimen.model))
    return model.fit(dealt(specimen.X), dealt(specimen.y), dealt(specimen.sample_weight))


@pytest.mark.parametrize("specimen", _VARIANTS, ids=str)
def test_what_scikit_learn_takes_is_fitted_alike(specimen: Specimen, deal: Any) -> None:
    try:
        pooled = specimen.pooled()
    except (ValueError, TypeError):
        with pytest.raises((ValueError, TypeError, FedError)):
            _fit(specimen, deal)
        return
    try:
        model = _fit(specimen, deal)
    except UnsupportedError as error:
        message = str(error)
    else:
        _assert_alike(model, pooled, specimen)
        return
    assert "use " in message or "supported" in message, "it does not say what to do"


def _assert_alike(model: fedruntime.FLModel, pooled: Any, specimen: Specimen) -> None:
    assert model.n_features_in_ == pooled.n_features_in_
    assert hasattr(model, "feature_names_in_") == hasattr(pooled, "feature_names_in_")
    if hasattr(pooled, "feature_names_in_"):
        assert model.feature_names_in_.tolist() == pooled.feature_names_in_.tolist()
    if specimen.is_comparable:
        assert not too_far(model, specimen)
        assert _names_out(model) == _names_out(pooled)


def _names_out(model: Any) -> list[str] | None:
    try:
        return list(model.get_feature_names_out())
    except AttributeError:
        return None
