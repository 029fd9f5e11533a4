"""``TargetEncoder`` over parties against the pooled one, cross-fitted encodings included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler, TargetEncoder

from fedruntime import FLModel
from fedruntime.errors import DataError

pytestmark = pytest.mark.filterwarnings("ignore:.*TargetEncoder:FutureWarning")

_RNG = np.random.default_rng(5)
_N = 90
_FRAME = pd.DataFrame(
    {
        "tree": _RNG.choice(["ash", "beech", "oak", "yew"], p=[0.5, 0.3, 0.15, 0.05], size=_N),
        "size": np.where(_RNG.random(_N) < 0.1, np.nan, _RNG.integers(-2, 3, size=_N)),
    }
)
_NUMBERS = _RNG.normal(size=_N)
_TARGETS = {
    "numbers": _NUMBERS,
    "two classes": np.where(_NUMBERS > 0, "high", "low"),
    "two numbers": pd.Series((_NUMBERS > 0).astype(int)),
    "three classes": _RNG.choice(["a", "b", "c"], size=_N),
    "many whole numbers": _RNG.integers(0, 5, size=_N).astype(float),
}


@pytest.mark.parametrize("target", _TARGETS.values(), ids=_TARGETS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"smooth": 2.0},
        {"smooth": 0.0, "cv": 3},
        {"categories": [["ash", "oak", "yew"], [-2, -1, 0, 1, 2, np.nan]]},
        {"categories": [["ash", "beech", "elm", "oak", "yew"], [-2, -1, 0, 1, 2, np.nan]]},
    ],
    ids=["auto", "smooth", "rough", "unknown", "empty"],
)
def test_encodings_and_cross_fitting(target: Any, options: Any, dealt: Any) -> None:
    model = TargetEncoder(random_state=3, **options)
    dealer = dealt(_N)
    X, y = dealer(_FRAME), dealer(target)
    pooled = clone(model)
    crossed = pooled.fit_transform(_FRAME, target)
    ours = FLModel(model=clone(model))
    assert_same_rows(ours.fit_transform(X, y), crossed, 1e-13)
    assert_same_state(ours, pooled, 1e-13)
    assert_same_rows(ours.transform(X), pooled.transform(_FRAME), 1e-13)
    assert_same_state(FLModel(model=clone(model)).fit(X, y), pooled, 1e-13)


@pytest.mark.parametrize("target_type", ["continuous", "binary", "multiclass"])
def test_a_given_type_of_target(target_type: str, deal: Any) -> None:
    target = np.arange(_N) % (2 if target_type == "binary" else 3)
    model = TargetEncoder(target_type=target_type, random_state=0)
    dealt = deal(np.arange(_N) % 3)
    ours = FLModel(model=clone(model))
    pooled = clone(model)
    expected = pooled.fit_transform(_FRAME, target)
    assert_same_rows(ours.fit_transform(dealt(_FRAME), dealt(target)), expected, 1e-13)
    assert_same_state(ours, pooled, 1e-13)


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(TargetEncoder(random_state=3), StandardScaler(), Ridge()),
        make_pipeline(
            make_column_transformer((TargetEncoder(random_state=3), ["tree"]), ("drop", ["size"])),
            Ridge(),
        ),
        make_pipeline(make_union(TargetEncoder(random_state=3)), Ridge()),
    ],
    ids=["pipeline", "columns", "union"],
)
def test_what_follows_is_fitted_on_cross_fitted_encodings(model: Any, deal: Any) -> None:
    dealt = deal(np.arange(_N) % 3)
    pooled = clone(model).fit(_FRAME, _NUMBERS)
    ours = FLModel(model=clone(model)).fit(dealt(_FRAME), dealt(_NUMBERS))
    np.testing.assert_allclose(ours[-1].coef_, pooled[-1].coef_, rtol=1e-11)
    assert_same_rows(ours.predict(dealt(_FRAME)), pooled.predict(_FRAME), 1e-12)


def test_tables_come_out_if_asked_for(dealt: Any) -> None:
    model = TargetEncoder(random_state=3).set_output(transform="pandas")
    dealer = dealt(_N)
    ours = FLModel(model=clone(model))
    encoded = ours.fit_transform(dealer(_FRAME), dealer(_TARGETS["three classes"]))
    expected = clone(model).fit_transform(_FRAME, _TARGETS["three classes"])
    assert_same_rows(encoded, expected, 1e-13)


def test_folds_of_a_splitter(deal: Any) -> None:
    model = TargetEncoder(cv=KFold(3))
    if "cv_object" not in model._parameter_constraints["cv"]:  # before scikit-learn 1.9
        with pytest.raises(ValueError, match="'cv' parameter"):
            FLModel(model=model).fit(deal([0, 1])(_FRAME[:2]), deal([0, 1])(_NUMBERS[:2]))
        return
    dealt = deal(np.arange(_N) % 2)
    encoded = FLModel(model=clone(model)).fit_transform(dealt(_FRAME), dealt(_NUMBERS))
    assert_same_rows(encoded, clone(model).fit_transform(_FRAME, _NUMBERS), 1e-13)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (_RNG.normal(size=(_N, 2)), "Target type was inferred to be 'continuous-multioutput'"),
        (None, "requires y to be passed"),
    ],
    ids=["several", "none"],
)
def test_targets_that_are_refused(target: Any, message: str, deal: Any) -> None:
    dealt = deal(np.arange(_N) % 2)
    with pytest.raises(DataError, match=message):
        FLModel(model=TargetEncoder()).fit(dealt(_FRAME), dealt(target))


def test_only_sums_by_category_leave(deal: Any) -> None:
    dealt = deal(np.arange(_N) % 2)
    FLModel(model=TargetEncoder()).fit_transform(dealt(_FRAME), dealt(_NUMBERS))
    in_the_clear = {
        entry.operation for entry in dealt.federation.ledger if entry.protection == "in the clear"
    }
    assert in_the_clear - {"secure.advertise", "secure.agree"} == {
        "categories.distinct",
        "target_encoder.kind",
    }
