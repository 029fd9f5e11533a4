"""scikit-learn's contract of an estimator, over the whole registry: cloning and parameters of an
``FLModel``, and what its methods, on handles and after pickling, give.
"""

from __future__ import annotations

import inspect
import pickle
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import specimens
from fitted import difference, pooled_fits
from pooled_twin import pooled_rows
from scipy import sparse
from sklearn.base import clone
from specimens import Specimen

import fedruntime
from fedruntime.errors import UnsupportedError

_SPECIMENS = list(specimens.defaults())
_METHODS = ("predict", "predict_proba", "decision_function", "score_samples", "transform")


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _fit(specimen: Specimen, deal: Any) -> tuple[fedruntime.FLModel, Any, Any]:
    dealt = deal(np.arange(len(specimen.X)) % 3)
    X, y = dealt(specimen.X), dealt(specimen.y)
    return fedruntime.FLModel(model=clone(specimen.model)).fit(X, y), X, y


def _dense(rows: Any) -> Any:
    return rows.toarray() if sparse.issparse(rows) else np.asarray(rows)


def _assert_near(ours: Any, theirs: Any, bar: float) -> None:
    ours, theirs = _dense(ours), _dense(theirs)
    assert ours.shape == theirs.shape
    if theirs.dtype.kind != "f":
        assert ours.tolist() == theirs.tolist()
        return
    ours = ours.astype(float)
    assert np.array_equal(np.isnan(ours), np.isnan(theirs))
    scale = np.nanmax(np.abs(theirs), initial=1.0)
    assert np.nanmax(np.abs(ours - theirs), initial=0.0) <= bar * scale


@pytest.mark.parametrize("specimen", _SPECIMENS, ids=str)
def test_a_fitted_model_keeps_the_contract(specimen: Specimen, deal: Any) -> None:
    model, X, y = _fit(specimen, deal)
    _assert_a_clone_has_the_parameters_and_nothing_of_the_fit(model, specimen)
    _assert_methods_give_what_the_pooled_model_gives(model, specimen, X)
    _assert_the_score_is_the_pooled_score(model, specimen, X, y)


def _assert_a_clone_has_the_parameters_and_nothing_of_the_fit(
    model: fedruntime.FLModel, specimen: Specimen
) -> None:
    copy = clone(model)
    assert repr(copy.get_params()) == repr(clone(specimen.model).get_params())
    fitted = {name for name in vars(copy.to_sklearn()) if name.endswith("_")}
    assert not fitted - {name for name in vars(specimen.model) if name.endswith("_")}
    parameters = copy.get_params(deep=False)
    assert copy.set_params(**parameters) is copy
    assert repr(copy.get_params()) == repr(clone(specimen.model).get_params())


def _assert_methods_give_what_the_pooled_model_gives(
    model: fedruntime.FLModel, specimen: Specimen, X: Any
) -> None:
    pooled, permuted = pooled_fits(specimen)
    alone = pickle.loads(pickle.dumps(model.to_sklearn()))
    assert type(alone) is type(specimen.model)
    for method in _METHODS:
        if not hasattr(pooled, method):
            assert not hasattr(alone, method)
            continue
        here = getattr(alone, method)(specimen.X)
        if isinstance(here, list):
            with pytest.raises(UnsupportedError, match="several results"):
                getattr(model, method)(X)
            continue
        at_parties = pooled_rows(getattr(model, method)(X))
        _assert_near(at_parties, here, 1e-13)
        if specimen.is_comparable:
            expected = getattr(pooled, method)(specimen.X)
            moved = difference(_dense(getattr(permuted, method)(specimen.X)), _dense(expected))
            _assert_near(here, expected, max(1e3 * specimen.bar, 10 * moved))


def _assert_the_score_is_the_pooled_score(
    model: fedruntime.FLModel, specimen: Specimen, X: Any, y: Any
) -> None:
    pooled, _ = pooled_fits(specimen)
    if not hasattr(pooled, "score"):
        with pytest.raises(AttributeError):
            model.score(X, y)
        return
    alone, target = model.to_sklearn(), specimen.y
    if y is None and _needs_target(alone):  # such as what tells outliers
        y, target = model.predict(X), alone.predict(specimen.X)
    ours = model.score(X, y)
    expected = alone.score(specimen.X) if y is None else alone.score(specimen.X, target)
    assert ours == pytest.approx(expected, rel=1e-10, abs=1e-12)


def _needs_target(model: Any) -> bool:
    target = inspect.signature(model.score).parameters.get("y")
    return target is not None and target.default is target.empty
