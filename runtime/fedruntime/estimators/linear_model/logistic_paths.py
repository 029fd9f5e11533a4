"""Logistic regressions along paths of penalties, fold by fold: their coefficients, and their scores
on the rows that a fold leaves out. Which of them is chosen is decided elsewhere.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sklearn
from sklearn.linear_model import LogisticRegression, _logistic
from sklearn.metrics import get_scorer, make_scorer
from sklearn.utils.fixes import parse_version

from fedruntime.cohort import Cohort
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.class_weights import is_class
from fedruntime.estimators.linear_model.logistic_problem import HAS_FORMS, Form, Problem, problems
from fedruntime.messages import Array
from fedruntime.model import FLModel
from fedruntime.model_selection.scoring import Scorer, federated_scorer

Floats = npt.NDArray[np.float64]
Found = tuple[Floats, float, int]
"""Coefficients, score, iterations."""

_WEIGHTED_ACCURACY = parse_version(sklearn.__version__) >= parse_version("1.6")
# A version that rebuilds scorers tells them of classes that a fold has no rows of.
_SCORES_ALL_CLASSES = hasattr(_logistic, "make_scorer")


@dataclass(frozen=True)
class Grid:
    """What is tried in every fold.

    Parameters
    ----------
    model : LogisticRegressionCV
    classes : ndarray
    form : Form
    Cs : ndarray of shape (c,)
    l1_ratios : list of float
        The shares of the l1 penalty, r of them.
    """

    model: Any
    classes: Array
    form: Form
    Cs: Floats
    l1_ratios: list[float]


@dataclass(frozen=True)
class Paths:
    """What the folds gave, for m problems, f folds, c strengths and r shares of the l1 penalty.

    Parameters
    ----------
    coefs : ndarray of shape (m, f, c, r, k, d)
        k rows of d coefficients: one a class, or one for two.
    scores, iterations : ndarray of shape (m, f, c, r)
    """

    coefs: Floats
    scores: Floats
    iterations: npt.NDArray[np.int32]


def follow_paths(grid: Grid, scoring: Any, folds: Iterable[tuple[Cohort, Cohort]]) -> Paths:
    """Solve and score the whole grid in every fold.

    Parameters
    ----------
    grid : Grid
    scoring : None or what ``federated_scorer`` takes
    folds : iterable of (Cohort, Cohort)
        Prepared rows to train on, with class weights in their weights, and to test on, without.
    """
    scorer = _scorer_of_codes(scoring, len(grid.classes))
    found = [_fold(grid, scorer, train, test) for train, test in folds]
    table = np.empty(
        (len(found[0]), len(found), len(grid.Cs), len(grid.l1_ratios)), dtype=np.object_
    )
    for problem, fold, strength, ratio in np.ndindex(table.shape):
        table[problem, fold, strength, ratio] = found[fold][problem][ratio][strength]
    coefs, scores, iterations = (
        np.array([entry[number] for entry in table.ravel()]) for number in range(3)
    )
    return Paths(
        coefs.reshape((*table.shape, *coefs.shape[1:])),
        scores.reshape(table.shape),
        iterations.reshape(table.shape).astype(np.int32),
    )


def _fold(grid: Grid, scorer: Scorer, train: Cohort, test: Cohort) -> list[list[list[Found]]]:
    """By problem, share of the l1 penalty, and strength."""
    found = []
    for code, problem in enumerate(problems(grid.model, train, grid.classes, None, grid.form)):
        tested = test
        if grid.form is Form.ONE_VS_REST:
            tested = test.replace(y=test.derive(is_class, code=code))
        found.append(
            [list(_path(problem, tested, grid.Cs, ratio, scorer)) for ratio in grid.l1_ratios]
        )
    return found


def _path(
    problem: Problem, test: Cohort, Cs: Floats, l1_ratio: float, scorer: Scorer
) -> Iterator[Found]:
    coef = None
    for C in Cs:
        coef, iterations = problem.solve(float(C), l1_ratio, coef)
        fitted = FLModel(model=_classifier(problem, coef), aggregator=test.aggregator)
        weight = test.rows.get("sample_weight")
        score = scorer(fitted, test["X"], test["y"], sample_weight=weight)
        yield coef, score, iterations


def _classifier(problem: Problem, coef: Floats) -> LogisticRegression:
    """A classifier of class codes with given coefficients."""
    model = LogisticRegression(solver=problem.model.solver)
    if HAS_FORMS:
        is_multinomial = problem.form is Form.MULTINOMIAL
        model.set_params(multi_class="multinomial" if is_multinomial else "ovr")
    width = problem.rows.n_features
    model.classes_ = np.arange(float(problem.n_classes))
    model.n_features_in_ = width
    model.coef_ = np.ascontiguousarray(coef[:, :width])
    model.intercept_ = coef[:, -1].copy() if problem.model.fit_intercept else np.zeros(len(coef))
    return model


def _scorer_of_codes(scoring: Any, n_classes: int) -> Scorer:
    """A scoring of class codes, as the installed version calls it in folds."""
    if scoring is None:
        accuracy = federated_scorer("accuracy")
        if _WEIGHTED_ACCURACY:
            return accuracy
        return lambda fitted, X, y, sample_weight=None: accuracy(fitted, X, y)
    scorer = get_scorer(scoring)
    function = getattr(scorer, "_score_func", None)
    if not getattr(function, "__module__", "").startswith("sklearn."):
        raise UnsupportedError(
            "LogisticRegressionCV: a scoring function of the script's own would be given codes of "
            "the classes; use a name, make_scorer with a metric of scikit-learn, or GridSearchCV"
        )
    known = inspect.signature(scorer._score_func).parameters
    if _SCORES_ALL_CLASSES and "labels" in known:
        positive = {"pos_label": 1} if n_classes == 2 and "pos_label" in known else {}
        scorer = make_scorer(
            scorer._score_func,
            greater_is_better=scorer._sign == 1,
            response_method=scorer._response_method,
            **{"labels": np.arange(float(n_classes)), **positive, **scorer._kwargs},
        )
    return federated_scorer(scorer)
