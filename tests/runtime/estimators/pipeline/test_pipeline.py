"""``Pipeline`` over parties against the pooled one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state
from sklearn.base import clone
from sklearn.decomposition import NMF
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.registry import Exactness, support

_RNG = np.random.default_rng(10)
_X = _RNG.normal(size=(60, 4)) * [1.0, 10.0, 1.0, 0.1]
_X[_RNG.random(_X.shape) < 0.1] = np.nan
_TARGET = np.nan_to_num(_X) @ [1.0, 0.1, -1.0, 5.0] + _RNG.normal(size=60)
_LABELS = np.where(_TARGET > 0.3, "high", "low")


def _nested() -> Pipeline:
    return Pipeline(
        [
            ("fill", make_pipeline(SimpleImputer(strategy="median"), "passthrough")),
            ("nothing", None),
            ("scale", StandardScaler()),
            ("classify", LogisticRegression()),
        ]
    )


def test_nested_steps(dealt: Any) -> None:
    dealer = dealt(60)
    pipeline = _nested()
    pooled = clone(pipeline).fit(_X, _LABELS)
    model = FLModel(model=pipeline).fit(dealer(_X), dealer(_LABELS))
    assert model.to_sklearn() is pipeline
    assert_same_state(pipeline[0], pooled[0])
    assert_same_state(pipeline[2], pooled[2], rtol=1e-14)
    np.testing.assert_allclose(model[-1].coef_, pooled[-1].coef_, rtol=1e-10)
    assert model.named_steps["classify"].n_iter_ == pooled[-1].n_iter_
    assert len(model) == 4
    assert model.classes_.tolist() == ["high", "low"]
    X = dealer(_X)
    assert_same_rows(model.predict(X), pooled.predict(_X))
    assert_same_rows(model.predict_proba(X), pooled.predict_proba(_X), atol=1e-10)
    assert model.score(X, dealer(_LABELS)) == pooled.score(_X, _LABELS)


def test_transformers_only(dealt: Any) -> None:
    handle = dealt(60)(_X)
    pipeline = make_pipeline(SimpleImputer(), MinMaxScaler(), "passthrough")
    model = FLModel(model=clone(pipeline))
    assert_same_rows(model.fit_transform(handle), pipeline.fit_transform(_X), atol=1e-14)
    assert_same_state(model, pipeline, rtol=1e-14)


def test_frames_and_regressors(dealt: Any) -> None:
    dealer = dealt(60)
    frame = pd.DataFrame(_X, columns=list("abcd"))
    target = pd.Series(_TARGET, name="target")
    pipeline = make_pipeline(SimpleImputer(), LinearRegression())
    model = FLModel(model=clone(pipeline)).fit(dealer(frame), dealer(target))
    pooled = pipeline.fit(frame, target)
    np.testing.assert_allclose(model[-1].coef_, pooled[-1].coef_, rtol=1e-12)
    assert model.feature_names_in_.tolist() == list("abcd")
    assert model[:-1].get_feature_names_out().tolist() == list("abcd")


def test_the_steps_that_are_fitted_are_the_scripts_own_objects(deal: Any) -> None:
    scaler = StandardScaler()
    FLModel(model=make_pipeline(scaler)).fit(deal([0, 1] * 30)(np.ones((60, 2))))
    assert scaler.mean_.tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("pipeline", "message"),
    [
        (make_pipeline(StandardScaler(), KNeighborsClassifier()), "step 'kneighborsclassifier': "),
        (
            make_pipeline(StandardScaler(), make_pipeline(KNeighborsClassifier())),
            "step 'pipeline': step 'kneighborsclassifier': ",
        ),
        (
            make_pipeline(StandardScaler(), NMF(init="custom")),
            r"Pipeline\(nmf__init='custom'\) has no federated fit",
        ),
        (
            make_pipeline(StandardScaler(), make_pipeline(NMF(init="custom"))),
            r"Pipeline\(pipeline__nmf__init='custom'\) has no federated fit",
        ),
        (Pipeline([("s", StandardScaler())], memory="cache"), r"Pipeline\(memory='cache'\)"),
    ],
    ids=["class", "nested class", "parameter", "nested parameter", "memory"],
)
def test_what_is_refused_is_refused_before_anything_is_sent(
    pipeline: Any, message: str, deal: Any
) -> None:
    dealer = deal([0, 1] * 30)
    X, y = dealer(_X), dealer(_TARGET)
    sent = len(dealer.federation.ledger)
    with pytest.raises(UnsupportedError, match=message):
        FLModel(model=pipeline).fit(X, y)
    assert len(dealer.federation.ledger) == sent


def test_weights_are_refused_as_by_scikit_learn(deal: Any) -> None:
    dealer = deal([0, 1] * 30)
    with pytest.raises(DataError, match=r"Pipeline\.fit does not accept the sample_weight"):
        FLModel(model=_nested()).fit(dealer(_X), dealer(_LABELS), dealer(np.ones(60)))


def test_steps_have_to_transform(deal: Any) -> None:
    dealer = deal([0, 1] * 30)
    with pytest.raises(TypeError, match="All intermediate steps should be transformers"):
        FLModel(model=make_pipeline(Ridge(), Ridge())).fit(dealer(_X), dealer(_TARGET))


def test_a_pipeline_is_as_exact_as_its_weakest_step() -> None:
    assert support(make_pipeline(StandardScaler(), Ridge())).exactness is Exactness.EXACT
    weakest = LogisticRegression(solver="newton-cholesky")
    nested = make_pipeline(StandardScaler(), make_pipeline(OneHotEncoder(), weakest))
    assert support(nested).exactness is support(weakest).exactness


def test_the_ledger_names_the_step(deal: Any) -> None:
    dealer = deal([0, 1] * 30)
    FLModel(model=make_pipeline(SimpleImputer(), StandardScaler())).fit(dealer(_X))
    purposes = {entry.purpose for entry in dealer.federation.ledger}
    assert {"Pipeline.fit: simpleimputer", "Pipeline.fit: standardscaler"} <= purposes
