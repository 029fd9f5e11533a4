"""What begins again when a party vanishes, from which state, and what cannot."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from vanishing import Pool, Vanishing, federation_of, quietly

from fedruntime import (
    FLModel,
    PlainAggregator,
    attempts,
    covariance,
    feature_selection,
    inspection,
    metrics,
    model_selection,
    preprocessing,
)
from fedruntime import pandas as federated_pandas
from fedruntime.data.frame import FedFrame
from fedruntime.dropouts import DropoutWarning
from fedruntime.errors import DropoutError
from fedruntime.estimators.column_sums import column_sums
from fedruntime.snapshot import Snapshot

_RNG = np.random.default_rng(0)
X = _RNG.normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)
POOL = Pool(np.arange(60) % 3)
LEFT = POOL.without(X, 1)


def test_the_outermost_operation_begins_again() -> None:
    federation = federation_of(Vanishing("bob", 1))
    rows = POOL.deal(federation, X)
    begun = []

    def outer() -> Any:
        begun.append(len(rows))
        return len(rows), rows.sum(axis=0), rows.sum(axis=0)

    count, first, second = quietly(lambda: federation.attempt(outer))
    assert (count, begun) == (40, [60, 40])
    assert np.array_equal(first, second)
    np.testing.assert_allclose(first, LEFT.sum(axis=0))


def test_an_operation_that_swallows_the_error_begins_again_all_the_same() -> None:
    federation = federation_of(Vanishing("bob", 0))
    rows = POOL.deal(federation, X)

    def swallow() -> Any:
        try:
            return len(rows), rows.sum(axis=0)
        except DropoutError:
            return len(rows), None

    count, total = quietly(lambda: federation.attempt(swallow))
    assert count == 40
    np.testing.assert_allclose(total, LEFT.sum(axis=0))


def test_an_error_of_its_own_is_raised_and_not_tried_again() -> None:
    federation = federation_of()
    tried = []

    def fail() -> None:
        tried.append(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        federation.attempt(fail)
    assert len(tried) == 1


def test_what_is_asked_outside_of_any_attempt_is_not_begun_again_but_refused() -> None:
    federation = federation_of(Vanishing("bob", 0))
    rows = POOL.deal(federation, X)

    def ask() -> Any:
        return PlainAggregator().sum_statistics(federation, column_sums, {"X": rows})

    advice = "'bob' did not answer 'columns.sums'.*Run the statement again: it goes on without bob"
    with pytest.warns(DropoutWarning), pytest.raises(DropoutError, match=advice):
        ask()
    np.testing.assert_allclose(ask()["sum"], LEFT.sum(axis=0))


def test_the_rows_of_a_stale_attempt_stay_what_they_were_at_its_beginning() -> None:
    federation = federation_of(Vanishing("bob", 0))
    rows = POOL.deal(federation, X)
    lengths = []

    def run() -> None:
        lengths.append(len(rows))
        try:
            rows.sum(axis=0)
        finally:
            lengths.append(len(rows))

    quietly(lambda: federation.attempt(run))
    assert lengths == [60, 60, 40, 40]


def test_threads_have_results_of_all_or_of_those_who_are_left() -> None:
    whole, left = (Ridge().fit(rows, rows[:, 0] ** 2).coef_ for rows in (X, LEFT))
    for message in range(0, 24, 3):
        federation = federation_of(Vanishing("bob", message))
        rows, target = POOL.deal(federation, X), POOL.deal(federation, X[:, 0] ** 2)

        def fit(_: int, rows: Any = rows, target: Any = target) -> Any:
            return FLModel(model=Ridge()).fit(rows, target).coef_

        with ThreadPoolExecutor(3) as threads:
            found = quietly(lambda fit=fit: list(threads.map(fit, range(6))))
        for coefficients in found:
            assert any(np.allclose(coefficients, each, rtol=1e-10) for each in (whole, left))


# -- the state from which it begins again ---------------------------------------------------


def _forest(random_state: Any) -> Any:
    return RandomForestClassifier(4, max_depth=3, random_state=random_state)


@pytest.mark.parametrize("message", [1, 4, 9])
@pytest.mark.parametrize(
    "seeded",
    [
        pytest.param(lambda: np.random.RandomState(7), id="instance"),
        pytest.param(lambda: (np.random.seed(7), None)[1], id="global"),
    ],
)
def test_random_draws_are_those_of_a_fit_that_was_not_disturbed(
    seeded: Callable[[], Any], message: int
) -> None:
    undisturbed = federation_of(Vanishing("bob", 0))
    rows, labels = POOL.deal(undisturbed, X), POOL.deal(undisturbed, Y)
    quietly(lambda: rows.sum())  # bob is missing before the fit begins
    expected = FLModel(model=_forest(seeded())).fit(rows, labels).feature_importances_
    disturbed = federation_of(Vanishing("bob", message))
    rows, labels = POOL.deal(disturbed, X), POOL.deal(disturbed, Y)
    model = FLModel(model=_forest(seeded()))
    found = quietly(lambda: model.fit(rows, labels)).feature_importances_
    assert len(disturbed.dropouts) == 1
    assert np.array_equal(found, expected)


def test_a_snapshot_brings_back_estimators_parts_splitters_and_generators() -> None:
    generator, state = np.random.default_rng(1), np.random.RandomState(1)
    splitter = KFold(2, shuffle=True, random_state=np.random.RandomState(2))
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(warm_start=True)).fit(X, Y)
    model = FLModel(model=clone(pipeline))
    given = {"model": model, "rest": [(pipeline, splitter), generator, state]}
    coefficients = pipeline[-1].coef_.copy()

    def drawn() -> list[Any]:
        return [
            generator.random(),
            state.random(),
            np.random.random(),
            next(splitter.split(X))[0].tolist(),
        ]

    snapshot = Snapshot(given)
    before = drawn()
    pipeline[-1].coef_ += 1.0
    pipeline[0].fit(X + 1.0)
    model.to_sklearn().fit(X, Y)
    wrapped, steps = model.to_sklearn(), pipeline.steps
    snapshot.restore()
    assert drawn() == before
    assert np.array_equal(pipeline[-1].coef_, coefficients)
    np.testing.assert_allclose(pipeline[0].mean_, X.mean(axis=0))
    assert not hasattr(model.to_sklearn()[-1], "coef_")
    assert model.to_sklearn() is wrapped
    assert pipeline.steps is steps
    assert pipeline[-1].warm_start
    assert splitter.random_state is not None


def test_columns_set_in_place_are_set_once() -> None:
    for message in range(4):
        federation = federation_of(Vanishing("bob", message))
        frame = POOL.deal(federation, pd.DataFrame(X, columns=list("abc")))

        def change(frame: FedFrame = frame) -> None:
            frame["a"] = frame["a"] + frame["b"].mean()
            frame["a"] += 1.0

        quietly(lambda change=change, f=federation, frame=frame: f.attempt(change, [frame]))
        expected = LEFT[:, 0] + LEFT[:, 1].mean() + 1.0
        np.testing.assert_allclose(quietly(frame["a"].mean), expected.mean())


# -- how far it reaches ---------------------------------------------------------------------

_MODULES = (
    covariance,
    feature_selection,
    federated_pandas,
    inspection,
    metrics,
    model_selection,
    preprocessing,
    *(
        importlib.import_module(f"fedruntime.utils.{name}")
        for name in ("class_weight", "multiclass", "sampling")
    ),
)
_ATTEMPTED = attempts.attempted(lambda: None).__code__  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "function",
    [
        pytest.param(value, id=f"{module.__name__}.{name}")
        for module in _MODULES
        for name, value in ((name, getattr(module, name)) for name in module.__all__)
        if inspect.isfunction(value) and value.__module__.startswith(("fedruntime", "pandas"))
    ],
)
def test_every_public_function_of_rows_is_attempted(function: Any) -> None:
    while function.__code__ is not _ATTEMPTED and hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    assert function.__code__ is _ATTEMPTED


def test_a_warning_points_at_the_line_of_the_users() -> None:
    federation = federation_of(Vanishing("bob", 0))
    rows = POOL.deal(federation, X)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rows.mean(axis=0)
    assert [entry.filename for entry in caught] == [__file__]
    assert "results equal the pooled results on the rows of alice and carol" in str(
        caught[0].message
    )
