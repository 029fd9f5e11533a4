"""``FLModel`` beside what it wraps: on handles it works at the parties, on local data as before."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone, is_regressor
from sklearn.cluster import KMeans
from sklearn.decomposition import NMF
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.validation import check_is_fitted

from fedruntime import FedArray, FLModel, SecureAggregator
from fedruntime.errors import DataError, UnsupportedError

_X = np.random.default_rng(0).normal(size=(30, 3))
_Y = _X @ [1.0, 2.0, 3.0]
_LABELS = np.where(_X[:, 0] > 0, "yes", "no")


def _fitted(deal: Any, model: Any, y: Any) -> tuple[FLModel, Any, Any]:
    dealt = deal(np.arange(30) * 2 // 30)
    X = dealt(_X)
    return FLModel(model=model).fit(X, dealt(y)), X, dealt(y)


def test_the_wrapped_object_itself_is_fitted(deal: Any) -> None:
    ridge = Ridge(alpha=0.1)
    model, _, _ = _fitted(deal, ridge, _Y)
    assert model.to_sklearn() is ridge
    assert model.coef_ is ridge.coef_
    assert model.n_features_in_ == 3


def test_methods_give_handles_for_handles_and_arrays_for_arrays(deal: Any) -> None:
    model, X, _ = _fitted(deal, LogisticRegression(), _LABELS)
    assert isinstance(model.predict(X), FedArray)
    assert model.predict_proba(X).shape == (30, 2)
    local = model.predict(_X[:4])
    assert isinstance(local, np.ndarray)
    assert local.tolist() == LogisticRegression().fit(_X, _LABELS).predict(_X[:4]).tolist()


def test_score_is_the_pooled_score(deal: Any) -> None:
    model, X, y = _fitted(deal, LogisticRegression(), _LABELS)
    assert model.score(X, y) == LogisticRegression().fit(_X, _LABELS).score(_X, _LABELS)
    assert model.score(_X, _LABELS) == model.score(X, y)
    model, X, y = _fitted(deal, Ridge(), _Y)
    assert model.score(X, y) == pytest.approx(Ridge().fit(_X, _Y).score(_X, _Y), rel=1e-14)


def test_only_methods_that_the_estimator_has(deal: Any) -> None:
    model = FLModel(model=LinearRegression())
    assert not hasattr(model, "transform")
    assert not hasattr(model, "coef_")
    with pytest.raises(AttributeError, match="no attribute 'coef_'"):
        _ = model.coef_


def test_public_local_data_is_fitted_by_scikit_learn_itself() -> None:
    model = FLModel(model=Ridge()).fit(_X, _Y, sample_weight=np.ones(30))
    assert np.array_equal(model.coef_, Ridge().fit(_X, _Y, sample_weight=np.ones(30)).coef_)
    assert FLModel(model=StandardScaler).fit_transform(_X).shape == (30, 3)


def test_handles_and_local_data_are_not_mixed(deal: Any) -> None:
    dealt = deal(np.arange(30) * 2 // 30)
    with pytest.raises(DataError, match="X lies at the parties, but y does not"):
        FLModel(model=Ridge()).fit(dealt(_X), _Y)
    with pytest.raises(DataError, match="y lies at the parties, but X does not"):
        FLModel(model=Ridge()).fit(_X, dealt(_Y))


def test_all_parties_that_hold_rows_take_part(deal: Any) -> None:
    dealt = deal(np.arange(30) * 2 // 30)
    first = dealt.federation.devices[:1]
    with pytest.raises(
        DataError, match="device_list names party0, but the rows lie at party0, party1"
    ):
        FLModel(device_list=first, model=Ridge()).fit(dealt(_X), dealt(_Y))


def test_what_has_no_federated_fit_is_refused_before_anything_is_sent(deal: Any) -> None:
    dealt = deal(np.arange(30) * 2 // 30)
    X, y = dealt(_X), dealt(_Y)
    sent = len(dealt.federation.ledger)
    with pytest.raises(UnsupportedError, match="KNeighborsClassifier has no federated fit"):
        FLModel(model=KNeighborsClassifier()).fit(X, y)
    with pytest.raises(UnsupportedError, match=r"NMF\(init='custom'\) has no federated fit"):
        FLModel(model=NMF(init="custom")).fit(X)

    class Mine(Ridge):
        pass

    with pytest.raises(UnsupportedError, match="Mine has no federated fit"):
        FLModel(model=Mine()).fit(X, y)
    assert len(dealt.federation.ledger) == sent


def test_parameters_are_those_of_the_wrapped_estimator() -> None:
    model = FLModel(model=Ridge(alpha=3.0), aggregator=SecureAggregator())
    assert model.get_params() == Ridge(alpha=3.0).get_params()
    assert model.set_params(alpha=4.0).to_sklearn().alpha == 4.0
    twin = clone(model)
    assert isinstance(twin, FLModel)
    assert twin.to_sklearn() is not model.to_sklearn()
    assert twin.get_params() == model.get_params()
    assert repr(model) == "FLModel(Ridge(alpha=4.0))"
    assert model.exactness == "exact"


def test_on_disk_it_is_a_plain_estimator(deal: Any) -> None:
    model, _, _ = _fitted(deal, Ridge(), _Y)
    written = pickle.dumps(model)
    assert b"fedruntime" not in written
    loaded = pickle.loads(written)
    assert type(loaded) is Ridge
    assert np.array_equal(loaded.coef_, model.coef_)
    assert isinstance(copy.deepcopy(model), FLModel)
    assert isinstance(copy.copy(model), FLModel)


def test_a_model_is_needed() -> None:
    with pytest.raises(TypeError, match="needs model="):
        FLModel()


def test_a_part_that_was_wrapped_on_its_own_is_itself_again_in_a_pipeline(deal: Any) -> None:
    scaler = FLModel(model=StandardScaler())
    dealt = deal(np.arange(30) * 2 // 30)
    scaler.fit(dealt(_X))
    model = FLModel(model=Pipeline([("scale", scaler), ("fit", Ridge())]))
    model.fit(dealt(_X), dealt(_Y))
    assert type(model.to_sklearn().named_steps["scale"]) is StandardScaler
    pooled = Pipeline([("scale", StandardScaler()), ("fit", Ridge())]).fit(_X, _Y)
    assert np.allclose(model.predict(_X), pooled.predict(_X), rtol=1e-12)


def test_scripts_find_the_class_they_look_for() -> None:
    model = FLModel(model=Ridge())
    assert isinstance(model, Ridge)
    assert isinstance(model, FLModel)
    assert model.__class__.__name__ == "Ridge"
    assert is_regressor(model)
    with pytest.raises(NotFittedError):
        check_is_fitted(model)
    check_is_fitted(model.fit([[0.0], [1.0]], [0.0, 1.0]))


def test_a_part_that_was_wrapped_on_its_own_is_named_after_its_class() -> None:
    part = FLModel(model=Ridge())
    model = FLModel(model=make_pipeline(StandardScaler(), part))
    assert list(model.named_steps) == ["standardscaler", "ridge"]
    given = FLModel(model=Pipeline([("scale", StandardScaler()), ("flmodel", part)]))
    assert list(given.named_steps) == ["scale", "flmodel"]


def test_public_weights_go_to_the_rows_they_are_for(deal: Any) -> None:
    weights = np.random.default_rng(1).uniform(0.1, 2.0, size=30)
    dealt = deal(np.random.default_rng(2).integers(0, 3, size=30))
    model = FLModel(model=Ridge()).fit(dealt(_X), dealt(_Y**3), sample_weight=weights)
    pooled = Ridge().fit(_X, _Y**3, sample_weight=weights)
    np.testing.assert_allclose(model.coef_, pooled.coef_, rtol=1e-10)


def test_weights_of_other_rows_are_refused(deal: Any) -> None:
    dealt = deal(np.arange(30) % 2)
    with pytest.raises(DataError, match="sample_weight does not"):
        FLModel(model=Ridge()).fit(dealt(_X), dealt(_Y), sample_weight=np.ones(29))


def test_what_a_step_says_of_each_row_is_had_from_the_pipeline(deal: Any) -> None:
    model = make_pipeline(StandardScaler(), KMeans(2, init=_X[:2], n_init=1))
    fitted = FLModel(model=model).fit(deal(np.arange(30) % 3)(_X))
    for labels in (fitted[-1].labels_, fitted.named_steps["kmeans"].labels_):
        assert isinstance(labels, FedArray)
        assert np.bincount(labels).tolist() == np.bincount(fitted.predict(_X)).tolist()
    fitted.to_sklearn()[-1].fit(_X[:5])
    assert len(fitted[-1].labels_) == 5


def _predicted_by(X: Any, model: Any) -> Any:
    return model.predict(X).reshape(-1, 1)


def test_a_federated_model_goes_along_to_the_functions_of_a_pipeline(deal: Any) -> None:
    first, X, y = _fitted(deal, LinearRegression(), _Y**3)
    second = make_pipeline(FunctionTransformer(_predicted_by, kw_args={"model": first}), Ridge())
    model = FLModel(model=second).fit(X, y)
    predicted = LinearRegression().fit(_X, _Y**3).predict(_X).reshape(-1, 1)
    np.testing.assert_allclose(model[-1].coef_, Ridge().fit(predicted, _Y**3).coef_, rtol=1e-9)


def test_a_refusal_shows_no_array(deal: Any) -> None:
    with pytest.raises(UnsupportedError, match=r"precompute=<ndarray of shape \(3, 3\)>"):
        _fitted(deal, Lasso(precompute=_X.T @ _X), _Y)
