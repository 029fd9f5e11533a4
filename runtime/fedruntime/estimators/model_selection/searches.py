"""Searches over parameters: scikit-learn's own, on stand-ins for the rows, so that candidates,
folds, results and warnings are its own. Each candidate is fitted and scored over the parties.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sklearn.metrics
from sklearn.base import clone, is_classifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    ParameterGrid,
    RandomizedSearchCV,
)
from sklearn.model_selection._search import BaseSearchCV
from sklearn.model_selection._search_successive_halving import BaseSuccessiveHalving

from fedruntime.cohort import Cohort
from fedruntime.estimators.design import classes_of
from fedruntime.estimators.registry import Exactness, Fit, federated
from fedruntime.model import FLModel
from fedruntime.model_selection.folds import draw_folds
from fedruntime.model_selection.scoring import federated_scorer, federated_scorers
from fedruntime.model_selection.stand_in import Labels, Places, StandIn, on_places, refusals_raised

_MOST_CANDIDATES = 1000

# scikit-learn 1.8 began to pass sample weights on to the scores.
_WEIGHTED_SCORES = hasattr(BaseSearchCV, "_check_scorers_accept_sample_weight")


def candidates_of(model: Any) -> Iterator[tuple[str, Any]]:
    """The estimator, and what each candidate of a grid makes of it.

    Candidates of a random search are not known before they are drawn.
    """
    yield "estimator", model.estimator
    if isinstance(model, GridSearchCV | HalvingGridSearchCV):
        for number, candidate in enumerate(ParameterGrid(model.param_grid)):
            if number == _MOST_CANDIDATES:
                return
            yield "estimator", clone(model.estimator).set_params(**clone(candidate, safe=False))


def score_best(model: Any, cohort: Cohort) -> float:
    """The search's own scoring, of the best model on the rows."""
    scoring = model.scoring
    if model.multimetric_:
        scoring = scoring[model.refit] if isinstance(scoring, dict) else model.refit
    best = FLModel(model=model.best_estimator_, aggregator=cohort.aggregator)
    return federated_scorer(scoring)(best, cohort["X"], cohort.rows.get("y"))


def _search(kind: type) -> Callable[[Fit], Fit]:
    return federated(
        kind,
        Exactness.EXACT,
        "scikit-learn's own search and folds; as exact as its estimator",
        parts=lambda model: list(candidates_of(model)),
        score=score_best,
    )


@_search(GridSearchCV)
@_search(RandomizedSearchCV)
@_search(HalvingGridSearchCV)
@_search(HalvingRandomSearchCV)
def fit(model: Any, cohort: Cohort) -> None:
    """Fit as ``BaseSearchCV.fit`` does; ``n_jobs`` has no effect: parties answer one round after
    another. Times in ``cv_results_`` are those of the federated fits.
    """
    model._validate_params()
    rows = {name: handle for name, handle in cohort.rows.items() if handle is not None}
    groups = rows.pop("groups", None)
    wrapped = FLModel(model=clone(model.estimator), aggregator=cohort.aggregator)
    folds = draw_folds(
        model.cv,
        rows["X"],
        rows.get("y"),
        classifier=is_classifier(model.estimator),
        groups=groups,
    )
    places = Places(folds, cohort.n_samples)
    search = clone(model).set_params(
        estimator=StandIn(wrapped, folds, rows),
        cv=places.folds,
        scoring=on_places(
            federated_scorers(model.scoring),
            weighted=_WEIGHTED_SCORES and cohort.has("sample_weight"),
        ),
        n_jobs=None,
    )
    with refusals_raised():
        search.fit(places, _labels(model, cohort))
    _take_over(model, search)


def _labels(model: Any, cohort: Cohort) -> Labels | None:
    """What successive halving looks at a target for: how many classes it has."""
    if not isinstance(model, BaseSuccessiveHalving) or not is_classifier(model.estimator):
        return None
    return Labels(classes_of(cohort), cohort.n_samples)


def _take_over(model: Any, search: Any) -> None:
    """What the search left, with the model in the place of its stand-in."""
    parameters = model.get_params(deep=False)
    for name, value in vars(search).items():
        if name.endswith("_") and name not in parameters:
            setattr(model, name, value)
    model.scorer_ = _scorer(model)
    if hasattr(search, "best_estimator_"):
        model.best_estimator_ = search.best_estimator_.model.to_sklearn()
        if hasattr(model.best_estimator_, "feature_names_in_"):
            model.feature_names_in_ = model.best_estimator_.feature_names_in_


def _scorer(model: Any) -> Any:
    """scikit-learn's scorers, so that the model scores local data, too."""
    scoring = model.scoring
    if isinstance(scoring, list | tuple | set):
        scoring = {name: name for name in scoring}
    if isinstance(scoring, dict):
        return {
            name: sklearn.metrics.check_scoring(model.estimator, one)
            for name, one in scoring.items()
        }
    return sklearn.metrics.check_scoring(model.estimator, scoring)
