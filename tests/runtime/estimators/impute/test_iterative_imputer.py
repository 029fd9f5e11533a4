"""``IterativeImputer`` over parties against the pooled one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from fitted import differences
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor

from fedruntime import FLModel
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.registry import support

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:Skipping features without any observed values"),
]

_RNG = np.random.default_rng(14)
_X = _RNG.normal(size=(70, 4)) @ _RNG.normal(size=(4, 4)) + 0.1 * _RNG.normal(size=(70, 4))
_HOLED = np.where(_RNG.random(_X.shape) < 0.15, np.nan, _X)
_HOLED[:, 2] = _X[:, 2]
_EMPTY = np.insert(_HOLED, 1, np.nan, axis=1)
_OPTIONS = [
    {"max_iter": 25, "tol": 1e-2},
    {"imputation_order": "random", "random_state": 0, "max_iter": 3, "add_indicator": True},
    {"imputation_order": "arabic", "n_nearest_features": 2, "random_state": 0, "max_iter": 3},
    {"imputation_order": "descending", "min_value": -1.0, "max_value": 2.0, "max_iter": 3},
    {"imputation_order": "roman", "initial_strategy": "median", "max_iter": 2},
    {"skip_complete": True, "max_iter": 2},
    {"keep_empty_features": True, "max_iter": 2},
    {"max_iter": 0},
]


def _assert_alike(model: Any, rows: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(model, rows, dealt)
    fitted = ours.to_sklearn()
    assert fitted.n_iter_ == pooled.n_iter_
    assert max(differences(fitted, pooled).values()) < 1e-9  # of a chain of up to 160 fits
    transformed = pooled.transform(rows)
    assert_same_rows(ours.transform(handle), transformed, atol=1e-9)
    for one in (fitted, pooled):
        vars(one).pop("random_state_")
    assert_same_state(fitted, pooled, rtol=1e-9)


@pytest.mark.parametrize("options", _OPTIONS, ids=str)
@pytest.mark.parametrize("rows", [_HOLED, _EMPTY], ids=["holed", "with an empty column"])
def test_all_options(options: Any, rows: Any, deal: Any) -> None:
    model = IterativeImputer(Ridge(), **options)
    _assert_alike(model, rows, lambda rows: deal(np.arange(rows) % 3))


def test_however_the_rows_lie(dealt: Any) -> None:
    _assert_alike(IterativeImputer(Ridge(), max_iter=2), _HOLED, dealt)


def test_a_constant_to_start_with(deal: Any) -> None:
    model = IterativeImputer(Ridge(), initial_strategy="constant", fill_value=5.0, max_iter=2)
    _assert_alike(model, _HOLED, lambda rows: deal(np.arange(rows) % 3))
    handle = deal([0, 1] * 35)(_EMPTY)
    try:
        pooled = model.fit(_EMPTY)
    except ValueError:  # scikit-learn 1.5 keeps the empty column and finds no rows for it
        with pytest.raises(ValueError, match="0 sample"):
            FLModel(model=model).fit(handle)
    else:
        ours = FLModel(model=model).fit(handle)
        assert len(ours.imputation_sequence_) == len(pooled.imputation_sequence_)


def test_any_federated_estimator_will_do(deal: Any) -> None:
    def dealt(rows: int) -> Any:
        return deal(np.arange(rows) % 3)

    _assert_alike(IterativeImputer(LinearRegression(), max_iter=3), _HOLED, dealt)
    _assert_alike(IterativeImputer(max_iter=3), _HOLED, dealt)  # BayesianRidge


def test_markers_and_names(deal: Any) -> None:
    frame = pd.DataFrame(np.where(np.isnan(_HOLED), -99.0, _HOLED), columns=list("abcd"))
    model = IterativeImputer(Ridge(), missing_values=-99.0, max_iter=2, add_indicator=True)
    ours, pooled, _ = fit_both(model, frame, lambda rows: deal(np.arange(rows) % 2))
    assert ours.feature_names_in_.tolist() == list("abcd")
    assert ours.get_feature_names_out().tolist() == pooled.get_feature_names_out().tolist()
    assert max(differences(ours.to_sklearn(), pooled).values()) < 1e-9


def test_a_single_column_is_left_at_its_start(deal: Any) -> None:
    ours = FLModel(model=IterativeImputer(Ridge())).fit(deal([0, 1] * 35)(_HOLED[:, :1]))
    assert ours.n_iter_ == 0
    assert ours.imputation_sequence_ == []


def test_it_says_when_it_has_not_settled(deal: Any) -> None:
    model = IterativeImputer(Ridge(), max_iter=1, tol=0.0)
    with pytest.warns(ConvergenceWarning, match="Early stopping criterion not reached"):
        FLModel(model=model).fit(deal([0, 1] * 35)(_HOLED))


def test_it_is_as_exact_as_its_estimator() -> None:
    assert support(IterativeImputer(Ridge())).exactness == support(Ridge()).exactness
    with pytest.raises(UnsupportedError, match=r"step 'estimator': .*KNeighborsRegressor has no"):
        support(IterativeImputer(KNeighborsRegressor()))


def test_refusals(deal: Any) -> None:
    dealer = deal([0, 1] * 35)
    with pytest.raises(UnsupportedError, match="sample_posterior"):
        FLModel(model=IterativeImputer(Ridge(), sample_posterior=True)).fit(dealer(_HOLED))
    with pytest.raises(ValueError, match="min_value >= max_value"):
        FLModel(model=IterativeImputer(Ridge(), min_value=1, max_value=0)).fit(dealer(_HOLED))
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        FLModel(model=IterativeImputer(Ridge())).fit(dealer(sparse.csr_matrix(_X)))


def test_what_leaves_a_party_in_the_clear_is_how_many_values_it_has(deal: Any) -> None:
    dealer = deal([0, 1] * 35)
    FLModel(model=IterativeImputer(Ridge(), max_iter=2)).fit(dealer(_HOLED))
    sent = [entry for entry in dealer.federation.ledger if "IterativeImputer" in entry.purpose]
    clear = [entry for entry in sent if entry.content and entry.protection != "masked"]
    assert {entry.operation for entry in clear} == {"iterative_imputer.observed"}
    assert {entry.content for entry in clear} == {(("count", (4,)),)}
