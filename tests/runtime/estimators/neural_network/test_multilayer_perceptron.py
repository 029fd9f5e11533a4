"""Multilayer perceptrons: the weights of the pooled fit, batch by batch."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import scale

from fedruntime import FLModel
from fedruntime.errors import DataError

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SMALL = {"hidden_layer_sizes": (10, 5), "max_iter": 20, "random_state": 0}
WEIGHTED = "sample_weight" in inspect.signature(MLPClassifier.fit).parameters  # since 1.7
OWNERS = np.random.default_rng(0).integers(0, 3, 569)


def two_classes() -> tuple[Any, Any]:
    X, y = load_breast_cancer(return_X_y=True)
    return scale(X), np.array(["benign", "malignant"])[y]


def three_classes() -> tuple[Any, Any]:
    X, y = load_iris(return_X_y=True)
    return scale(X), y


def numbers() -> tuple[Any, Any]:
    X, y = load_diabetes(return_X_y=True)
    return X, scale(y)


def two_numbers() -> tuple[Any, Any]:
    X, y = numbers()
    return X, np.column_stack([y, y**2])


DATA = {
    two_classes: MLPClassifier,
    three_classes: MLPClassifier,
    numbers: MLPRegressor,
    two_numbers: MLPRegressor,
}


def fitted(deal: Any, model: Any, X: Any, y: Any, **more: Any) -> FLModel:
    dealer = deal(OWNERS[: X.shape[0]])
    rows = {name: dealer(value) for name, value in more.items()}
    return FLModel(model=clone(model)).fit(dealer(X), dealer(y), **rows)


def weights(model: Any) -> list[Any]:
    return [*model.coefs_, *model.intercepts_]


def off(model: Any, pooled: Any) -> float:
    """The largest difference of a weight, relative to the largest weight of its layer."""
    return max(
        float(np.abs(one - other).max() / np.abs(other).max())
        for one, other in zip(weights(model), weights(pooled), strict=True)
    )


@pytest.mark.parametrize("data", DATA, ids=lambda data: data.__name__)
@pytest.mark.parametrize(
    "options",
    [
        {"solver": "adam"},
        {"solver": "sgd"},
        {"solver": "sgd", "learning_rate": "adaptive", "momentum": 0.5, "alpha": 0.1},
        {"solver": "adam", "shuffle": False, "batch_size": 50, "activation": "tanh"},
        {"solver": "adam", "activation": "logistic", "hidden_layer_sizes": ()},
    ],
    ids=str,
)
def test_twenty_epochs_give_the_weights_of_the_pooled_fit(
    deal: Any, data: Any, options: dict[str, Any]
) -> None:
    X, y = data()
    pooled = DATA[data](**{**SMALL, **options}).fit(X, y)
    model = fitted(deal, pooled, X, y)
    assert off(model, pooled) < 1e-13
    assert model.n_iter_ == pooled.n_iter_
    np.testing.assert_allclose(model.loss_curve_, pooled.loss_curve_, rtol=1e-12)
    assert vars(model.to_sklearn()).keys() == vars(pooled).keys()


@pytest.mark.parametrize("data", DATA, ids=lambda data: data.__name__)
def test_l_bfgs_takes_the_same_steps(deal: Any, data: Any) -> None:
    X, y = data()
    pooled = DATA[data](**{**SMALL, "solver": "lbfgs", "max_iter": 8}).fit(X, y)
    assert off(fitted(deal, pooled, X, y), pooled) < 1e-11


@pytest.mark.parametrize("data", [three_classes, numbers, two_numbers], ids=lambda d: d.__name__)
def test_stopping_early_stops_where_the_pooled_fit_does(deal: Any, data: Any) -> None:
    X, y = data()
    options = {**SMALL, "early_stopping": True, "learning_rate_init": 0.1, "max_iter": 90}
    pooled = DATA[data](**options).fit(X, y)
    model = fitted(deal, pooled, X, y)
    assert model.n_iter_ == pooled.n_iter_ < 90
    np.testing.assert_allclose(model.validation_scores_, pooled.validation_scores_, atol=1e-12)
    assert off(model, pooled) < 1e-12


def test_two_classes_stop_early_on_other_rows_and_say_so(deal: Any) -> None:
    X, y = two_classes()
    pooled = MLPClassifier(**SMALL, early_stopping=True, learning_rate_init=0.02)
    model = fitted(deal, pooled, X, y)
    assert model.exactness == "statistical"
    dealer = deal(OWNERS)
    assert model.score(dealer(X), dealer(y)) > 0.9


def test_predictions_are_those_of_the_pooled_model(deal: Any) -> None:
    X, y = two_classes()
    pooled = MLPClassifier(**SMALL).fit(X, y)
    dealer = deal(OWNERS)
    model = FLModel(model=clone(pooled)).fit(dealer(X), dealer(y))
    assert model.score(dealer(X), dealer(y)) == pooled.score(X, y)
    assert model.to_sklearn().predict(X).tolist() == pooled.predict(X).tolist()
    found = model.predict_proba(dealer(X)).mean(axis=0)
    np.testing.assert_allclose(found, pooled.predict_proba(X).mean(axis=0), rtol=1e-12)


def test_a_second_fit_goes_on_from_the_weights_of_the_first(deal: Any) -> None:
    X, y = three_classes()
    pooled = MLPClassifier(**{**SMALL, "max_iter": 3}, warm_start=True)
    model = FLModel(model=clone(pooled))
    dealer = deal(OWNERS[:150])
    for _ in range(3):
        pooled.fit(X, y)
        model.fit(dealer(X), dealer(y))
    assert off(model, pooled) < 1e-13
    with pytest.raises(DataError, match="warm_start can only be used where"):
        model.fit(dealer(X), dealer(np.where(y == 2, 7, y)))


def test_a_sparse_table_is_fitted_alike(deal: Any) -> None:
    X, y = three_classes()
    X = sparse.csr_matrix(np.where(X > 0, X, 0.0))
    pooled = MLPClassifier(**SMALL).fit(X, y)
    assert off(fitted(deal, pooled, X, y), pooled) < 1e-12


def test_weights_of_rows_count_as_in_the_pooled_fit_where_there_are_such(deal: Any) -> None:
    X, y = numbers()
    weight = np.random.default_rng(1).integers(0, 4, len(y)).astype(float)
    model = MLPRegressor(**SMALL)
    if WEIGHTED:
        pooled = clone(model).fit(X, y, sample_weight=weight)
        assert off(fitted(deal, model, X, y, sample_weight=weight), pooled) < 1e-12
    else:
        with pytest.raises(DataError, match="unexpected keyword argument 'sample_weight'"):
            fitted(deal, model, X, y, sample_weight=weight)


def test_a_batch_takes_one_message_a_party(deal: Any) -> None:
    X, y = numbers()
    dealer = deal(OWNERS[: len(y)])
    model = MLPRegressor(**{**SMALL, "max_iter": 2}, batch_size=100)
    FLModel(model=model).fit(dealer(X), dealer(y))
    sent = [entry.operation for entry in dealer.federation.ledger if entry.party == "party0"]
    assert sent.count("neural_network.backpropagation") == 2 * 5
    assert len(sent) == 10 + sum(not name.startswith("neural_network.back") for name in sent)
    assert sent.count("neural_network.row_numbers") == 1


def test_labels_of_several_columns_are_refused(deal: Any) -> None:
    X, y = three_classes()
    with pytest.raises(DataError, match="one label a row"):
        fitted(deal, MLPClassifier(**SMALL), X, np.column_stack([y == 0, y == 1]).astype(int))


def test_it_warns_as_scikit_learn_does_if_it_has_not_converged(deal: Any) -> None:
    X, y = numbers()
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(20\)"):
        fitted(deal, MLPRegressor(**SMALL), X, y)
