"""Whatever message a party vanishes at, and however: the result is that of the others' rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from vanishing import PARTIES, How, Pool, Vanishing, federation_of

from fedruntime import FLModel
from fedruntime.federation import Federation
from fedruntime.metrics import accuracy_score, mean_squared_error, roc_auc_score
from fedruntime.model_selection import cross_val_score, train_test_split

_ROWS = 96
_RNG = np.random.default_rng(3)
POOL = Pool(_RNG.integers(len(PARTIES), size=_ROWS))
MISSING = 1  # bob, so that those who are left were not neighbours

X = _RNG.normal(size=(_ROWS, 3)) + 2.0
TARGET = X @ [1.0, -2.0, 0.5] + _RNG.normal(size=_ROWS)
LABEL = (np.median(TARGET) < TARGET).astype(int)
SCORE = np.round(TARGET + _RNG.normal(size=_ROWS), 1)
FRAME = pd.DataFrame(
    {
        "city": np.array(["Bonn", "Ulm", "Jena"])[_RNG.integers(3, size=_ROWS)],
        "age": _RNG.integers(20, 30, size=_ROWS),
        "dose": np.where(_RNG.random(_ROWS) < 0.1, np.nan, np.round(X[:, 0], 1)),
    }
)
# A value that only the missing party has: it must not be heard of any more.
FRAME.loc[np.flatnonzero(POOL.owner == MISSING)[0], ["city", "age", "dose"]] = ["Rom", 99, 1e6]

Rows = Callable[[Any], Any]


def _fitted(model: Any, *attributes: str) -> Callable[[Rows], Any]:
    def run(rows: Rows) -> Any:
        y = LABEL if hasattr(model(), "predict_proba") or "Logistic" in repr(model()) else TARGET
        fitted = FLModel(model=model()).fit(rows(X), rows(y))
        return [getattr(fitted, name) for name in attributes]

    return run


def _transformed(rows: Rows) -> Any:
    return FLModel(model=StandardScaler()).fit_transform(rows(X)).layout.owner


def _scores(cv: Callable[[], Any]) -> Callable[[Rows], Any]:
    model = make_pipeline(StandardScaler(), LogisticRegression())
    return lambda rows: cross_val_score(FLModel(model=model), rows(X), rows(LABEL), cv=cv())


def _searched(rows: Rows) -> Any:
    search = GridSearchCV(Ridge(), {"alpha": [0.1, 10.0]}, cv=KFold(3))
    found = FLModel(model=search).fit(rows(X), rows(TARGET))
    return [found.cv_results_["mean_test_score"], found.best_estimator_.to_sklearn().coef_]


def _split(rows: Rows) -> Any:
    parts = train_test_split(rows(X), rows(LABEL), stratify=rows(LABEL), random_state=0)
    return [part.layout.owner for part in parts]


CASES: Mapping[str, Callable[[Rows], Any]] = {
    "Ridge": _fitted(Ridge, "coef_", "intercept_"),
    "LogisticRegression": _fitted(LogisticRegression, "coef_", "intercept_", "n_iter_"),
    "StandardScaler": _fitted(StandardScaler, "mean_", "var_", "n_samples_seen_"),
    "fit_transform": _transformed,
    "KMeans": _fitted(
        lambda: KMeans(3, n_init=2, random_state=np.random.RandomState(5)), "cluster_centers_"
    ),
    "DecisionTreeClassifier": _fitted(
        lambda: DecisionTreeClassifier(max_depth=3, random_state=np.random.RandomState(5)),
        "feature_importances_",
    ),
    "cross_val_score, folds": _scores(lambda: KFold(3)),
    "cross_val_score, drawn strata": _scores(
        lambda: StratifiedKFold(3, shuffle=True, random_state=np.random.RandomState(1))
    ),
    "GridSearchCV": _searched,
    "train_test_split": _split,
    "accuracy_score": lambda rows: accuracy_score(rows(LABEL), rows((SCORE > 0).astype(int))),
    "mean_squared_error": lambda rows: mean_squared_error(rows(TARGET), rows(SCORE)),
    "roc_auc_score": lambda rows: roc_auc_score(rows(LABEL), rows(SCORE)),
    "score": lambda rows: FLModel(model=Ridge().fit(X, TARGET)).score(rows(X), rows(TARGET)),
    "X.mean": lambda rows: rows(X).mean(axis=0),
    "X.std": lambda rows: rows(X).std(axis=0),
    "np.median": lambda rows: np.median(rows(X), axis=0),
    "np.unique": lambda rows: np.unique(rows(LABEL), return_counts=True),
    "X.T @ X": lambda rows: rows(X).T @ rows(X),
    "describe": lambda rows: rows(FRAME).describe(),
    "value_counts": lambda rows: rows(FRAME)["city"].value_counts(),
    "nunique": lambda rows: rows(FRAME).nunique(),
    "corr": lambda rows: rows(FRAME).corr(numeric_only=True),
    "column by column": lambda rows: rows(FRAME).agg({"age": "mean", "dose": "max"}),
    "groupby": lambda rows: rows(FRAME).groupby("city").agg({"age": "mean", "dose": "median"}),
    "len": lambda rows: len(rows(FRAME)[rows(FRAME)["age"] > 24]),
}


def _same(found: Any, expected: Any) -> bool:
    if isinstance(expected, list | tuple):
        return all(_same(one, other) for one, other in zip(found, expected, strict=True))
    if isinstance(expected, pd.DataFrame | pd.Series):
        return bool(expected.equals(found) and expected.index.equals(found.index))
    return np.array_equal(found, expected)


def _run(case: str, federation: Federation, rows: Rows) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return CASES[case](rows)


def _dealt(federation: Federation) -> Rows:
    return lambda rows: POOL.deal(federation, rows)


def _without(case: str) -> Any:
    """The result where the missing party has never been."""
    left = [party for number, party in enumerate(PARTIES) if number != MISSING]
    owner = POOL.without(np.asarray(POOL.owner), MISSING)
    pool = Pool(np.where(owner > MISSING, owner - 1, owner))
    federation = federation_of(parties=left, min_parties=None)
    return _run(case, federation, lambda rows: pool.deal(federation, POOL.without(rows, MISSING)))


def _of_all(case: str) -> tuple[Any, int]:
    """The result where nobody vanishes, and how many messages it takes."""
    federation = federation_of()
    found = _run(case, federation, _dealt(federation))
    return found, federation.engine.messages  # type: ignore[attr-defined]


def _sample(messages: int) -> list[tuple[int, How]]:
    """Every message and every way to vanish, or as many as there is time for."""
    ways: list[How] = ["before", "after", "late"]
    every = [(message, how) for message in range(messages) for how in ways]
    step = max(1, len(every) // 12)
    step += step % len(ways) == 0 and step > 1  # so that the ways take turns
    return [*every[::step], every[-1]]


@pytest.mark.parametrize("case", CASES)
def test_the_result_is_that_of_the_others_rows(case: str) -> None:
    (whole, messages), left = _of_all(case), _without(case)
    assert not _same(whole, left)
    for message, how in _sample(messages):
        federation = federation_of(Vanishing(PARTIES[MISSING], message, how))
        found = _run(case, federation, _dealt(federation))
        # Its part is in the last sum already when it vanishes before the masks are taken off.
        expected = left if federation.dropouts else whole
        assert _same(found, expected), f"{case}: {how} message {message} of {messages}"
        assert federation.dropouts or message == messages - 1
