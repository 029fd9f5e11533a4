"""``LogisticRegressionCV``: scikit-learn's folds and paths of strengths, each problem solved as
``LogisticRegression`` is, and scored at the parties.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegressionCV

from fedruntime.cohort import Cohort
from fedruntime.data.take import take
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.class_weights import weigh_classes
from fedruntime.estimators.design import (
    classes_of,
    prepare,
    record_features,
    require_two_classes,
)
from fedruntime.estimators.linear_model.logistic_paths import Grid, Paths, follow_paths
from fedruntime.estimators.linear_model.logistic_problem import (
    HAS_FORMS,
    form_of,
    problems,
    rehearsed,
)
from fedruntime.estimators.linear_model.logistic_regression import judge_solver
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.model import FLModel
from fedruntime.model_selection.folds import draw_folds
from fedruntime.model_selection.scoring import federated_scorer

Floats = npt.NDArray[np.float64]


def score_by_scoring(model: Any, cohort: Cohort) -> float:
    """The model's own scoring, on the rows of a cohort."""
    fitted = FLModel(model=model, aggregator=cohort.aggregator)
    weight = cohort.rows.get("sample_weight")
    return federated_scorer(_scoring_of(model) or "accuracy")(
        fitted, cohort["X"], cohort["y"], sample_weight=weight
    )


@federated(
    LogisticRegressionCV,
    Exactness.EXACT,
    "scikit-learn's own folds and iterations on the summed loss, gradient and Hessian",
    judge=judge_solver,
    score=score_by_scoring,
)
def fit_logistic_regression_cv(model: LogisticRegressionCV, cohort: Cohort) -> None:
    """Choose ``C`` and ``l1_ratio`` by cross-validation, and fit with them.

    ``n_jobs`` has no effect: parties answer one round after another.

    Raises
    ------
    DataError
        If there is one class only.
    UnsupportedError
        For a scoring function that would see rows, or fit parameters for splitters.
    ValueError
        In scikit-learn's words, for parameters that do not go together.
    """
    model._validate_params()
    federated_scorer(_scoring_of(model))
    if unknown := cohort.rows.keys() - {"X", "y", "sample_weight"}:
        raise UnsupportedError(f"{', '.join(unknown)} cannot be passed to a federated fit")
    classes = classes_of(cohort)
    require_two_classes(classes)
    form = form_of(model, len(classes))
    folds = draw_folds(model.cv, cohort["X"], cohort["y"], classifier=True)
    all_rows = np.arange(len(classes))
    rehearsal = rehearsed(model, classes, cv=[(all_rows, all_rows)] * len(folds.positions))
    plain = prepare(cohort, target="labels", classes=classes, accept_sparse=True)
    rows, _ = weigh_classes(plain, model.class_weight, classes)
    shares = [_l1_share(model, ratio) for ratio in rehearsal.l1_ratios_]
    grid = Grid(model, classes, form, rehearsal.Cs_, shares)
    paths = follow_paths(
        grid,
        _scoring_of(model),
        (
            (_at(rows, folds.index(train)), _at(plain, folds.index(test)))
            for train, test in folds.positions
        ),
    )
    chosen = list(_refitted(grid, rows, paths) if model.refit else _averaged(grid, paths))
    record_features(model, cohort["X"])
    model.classes_, model.Cs_, model.l1_ratios_ = classes, rehearsal.Cs_, rehearsal.l1_ratios_
    coef = np.concatenate([one for one, _, _ in chosen])
    model.coef_ = np.ascontiguousarray(coef[:, : rows.n_features])
    model.intercept_ = coef[:, -1].copy() if model.fit_intercept else np.zeros(len(coef))
    _record_choice(grid, rehearsal, [(C, share) for _, C, share in chosen])
    _record_paths(model, rehearsal, paths)


def _scoring_of(model: LogisticRegressionCV) -> Any:
    return None if isinstance(model.scoring, str) and model.scoring == "warn" else model.scoring


def _at(rows: Cohort, index: Any) -> Cohort:
    return rows.replace(
        **{
            name: None if handle is None else take(handle, index)
            for name, handle in rows.rows.items()
        }
    )


def _l1_share(model: LogisticRegressionCV, ratio: float | None) -> float:
    fixed = {"l1": 1.0, "l2": 0.0}
    return float(fixed.get(getattr(model, "penalty", "deprecated"), ratio or 0.0))


def _refitted(grid: Grid, rows: Cohort, paths: Paths) -> Iterator[tuple[Floats, float, Any]]:
    """Coefficients of each problem at its best penalty over all folds, and which that is."""
    solved = problems(grid.model, rows, grid.classes, None, grid.form)
    for problem, scores, coefs in zip(solved, paths.scores, paths.coefs, strict=True):
        strength, ratio = _best(scores.sum(axis=0))
        # scikit-learn's refit leaves the scaling of the intercept at its default.
        coef, _ = replace(problem, intercept_scaling=1.0).solve(
            float(grid.Cs[strength]),
            grid.l1_ratios[ratio],
            start=coefs[:, strength, ratio].mean(axis=0),
        )
        yield coef, grid.Cs[strength], _given(grid.model, ratio)


def _averaged(grid: Grid, paths: Paths) -> Iterator[tuple[Floats, float, float]]:
    """Means over folds of the coefficients at each fold's own best penalty, and of the penalty."""
    for scores, coefs in zip(paths.scores, paths.coefs, strict=True):
        each = [_best(table) for table in scores]
        coef = np.mean([coefs[fold][best] for fold, best in enumerate(each)], axis=0)
        C = np.mean([grid.Cs[strength] for strength, _ in each])
        share = np.mean([grid.l1_ratios[ratio] for _, ratio in each])
        yield coef, float(C), float(share)


def _given(model: LogisticRegressionCV, ratio: int) -> Any:
    """A share of the l1 penalty as the script writes it."""
    is_given = model.l1_ratios is not None and not isinstance(model.l1_ratios, str)
    return model.l1_ratios[ratio] if is_given else None


def _best(scores: Floats) -> tuple[int, int]:
    """The first best of strengths and shares, in the order in which scikit-learn looks."""
    if HAS_FORMS:
        ratio, strength = np.unravel_index(np.argmax(scores.T), scores.T.shape)
    else:
        strength, ratio = np.unravel_index(np.argmax(scores), scores.shape)
    return int(strength), int(ratio)


def _record_choice(grid: Grid, rehearsal: Any, chosen: list[tuple[float, Any]]) -> None:
    """Set ``C_`` and ``l1_ratio_`` as the rehearsal has them: numbers, or one a class."""

    def like(template: Any, values: list[Any]) -> Any:
        if np.ndim(template) == 0:
            return float(values[0])
        return np.tile(values, len(template) // len(values))

    model = grid.model
    model.C_ = like(rehearsal.C_, [C for C, _ in chosen])
    model.l1_ratio_ = rehearsal.l1_ratio_
    if len(set(grid.l1_ratios)) > 1:
        model.l1_ratio_ = like(rehearsal.l1_ratio_, [share for _, share in chosen])


def _record_paths(model: LogisticRegressionCV, rehearsal: Any, paths: Paths) -> None:
    """Set ``scores_``, ``coefs_paths_`` and ``n_iter_`` in the layout of the rehearsal: by class,
    with shares of l1 last if there are several; or as arrays, with shares of l1 before strengths.
    """
    coefs, scores, iterations = paths.coefs, paths.scores, paths.iterations
    if not isinstance(rehearsal.scores_, dict):
        model.coefs_paths_, model.scores_, model.n_iter_ = (
            np.ascontiguousarray(one[0].swapaxes(1, 2)) for one in (coefs, scores, iterations)
        )
        return
    labels = list(rehearsal.scores_)
    coefs = np.moveaxis(coefs, 4, 1).reshape(len(labels), *scores.shape[1:], -1)
    scores = np.repeat(scores, len(labels) // len(scores), axis=0)
    if next(iter(rehearsal.scores_.values())).ndim == 2:
        coefs, scores, iterations = coefs[:, :, :, 0], scores[..., 0], iterations[..., 0]
    model.scores_ = dict(zip(labels, scores, strict=True))
    model.coefs_paths_ = dict(zip(labels, coefs, strict=True))
    model.n_iter_ = iterations
