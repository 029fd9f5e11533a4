"""``RidgeCV`` and ``RidgeClassifierCV``: penalties compared by the errors of predictions that leave
out one row each. The parties find these errors from an eigendecomposition of the summed Gram
matrix, by the formula for leaving out rows of a linear smoother (Rifkin and Lippert 2007).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.linear_model import Ridge, RidgeClassifier, RidgeClassifierCV, RidgeCV
from sklearn.linear_model._ridge import _IdentityRegressor, _RidgeGCV
from sklearn.model_selection import GridSearchCV

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import UnsupportedError
from fedruntime.estimators import registry
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.gram import Reduction, as_columns, dense, reduce_rows
from fedruntime.estimators.linear_model.ridge_classifier import prepare_signs
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.row_blocks import row_blocks
from fedruntime.estimators.surrogate import is_sparse
from fedruntime.model_selection.scoring import federated_scorer
from fedruntime.operations import Statistics, party_op, row_op

Floats = npt.NDArray[np.float64]

_HOW = "errors of left-out rows from the eigenvectors of the summed Gram matrix"
# Before, scores were computed from weighted and centred targets.
_SCORES_AS_GIVEN = "unscaled_y" in _RidgeGCV.fit.__code__.co_varnames
_SCORES_RAVELLED = "ravel" in _RidgeGCV._score.__code__.co_names
_PARAMETERS: Mapping[str, tuple[Any, ...]] = {"store_cv_values": ("deprecated",)}


def judge_scoring(model: RidgeClassifierCV) -> None:
    """Refuse scores of left-out decisions.

    Raises
    ------
    UnsupportedError
    """
    if model.cv is None and model.scoring is not None:
        raise UnsupportedError(
            f"RidgeClassifierCV(scoring={model.scoring!r}) would score single left-out rows: use "
            "cv=5, or scoring=None for their squared errors"
        )


@federated(RidgeCV, Exactness.EXACT, _HOW, parameters=_PARAMETERS)
def fit_ridge_cv(model: RidgeCV, cohort: Cohort) -> Mapping[str, Handle]:
    """Choose ``alpha`` among ``alphas``, and fit with it; all values of ``gcv_mode`` give the same.

    Returns
    -------
    mapping
        ``cv_results_``, if ``store_cv_results``.

    Raises
    ------
    ValueError
        In scikit-learn's words, for penalties that are not positive.
    """
    targets = cohort["y"].shape[1] if len(cohort["y"].shape) == 2 else None
    rehearsal = _rehearsed(model, cohort, np.zeros(4 if targets is None else (4, targets)))
    if model.cv is not None:
        _search(model, Ridge, cohort)
        return {}
    rows = prepare(cohort, target="numeric", accept_sparse=True)
    return _leave_one_out(model, cohort, rows, rehearsal)


@federated(RidgeClassifierCV, Exactness.EXACT, _HOW, judge=judge_scoring, parameters=_PARAMETERS)
def fit_ridge_classifier_cv(model: RidgeClassifierCV, cohort: Cohort) -> Mapping[str, Handle]:
    """Choose ``alpha`` among ``alphas``, and fit with it.

    Returns
    -------
    mapping
        ``cv_results_``, if ``store_cv_results``.

    Raises
    ------
    ValueError
        In scikit-learn's words, for penalties that are not positive.
    """
    rows, binarizer = prepare_signs(model.class_weight, cohort)
    labels = np.resize(binarizer.classes_, 2 * len(binarizer.classes_))
    rehearsal = _rehearsed(model, cohort, labels)
    attributes: Mapping[str, Handle] = {}
    if model.cv is None:
        attributes = _leave_one_out(model, cohort, rows, rehearsal)
    else:
        _search(model, RidgeClassifier, cohort.replace(sample_weight=rows.rows["sample_weight"]))
    for name in ("_label_binarizer", "classes_"):
        if name in vars(rehearsal):
            setattr(model, name, getattr(rehearsal, name))
    return attributes


def _rehearsed(model: Any, cohort: Cohort, y: Any) -> Any:
    """The model fitted on public rows: it raises what scikit-learn raises for parameters, and has
    the shapes of the installed version.
    """
    everything = np.arange(len(y))
    trial = clone(model).set_params(cv=None if model.cv is None else [(everything, everything)])
    return trial.fit(np.eye(len(y), cohort.n_features), y)


def _search(model: Any, kind: type, cohort: Cohort) -> None:
    """Choose by cross-validation, as scikit-learn does: by a grid search."""
    part = kind(
        fit_intercept=model.fit_intercept, solver="sparse_cg" if is_sparse(cohort) else "auto"
    )
    search = GridSearchCV(
        part, {"alpha": np.asarray(model.alphas)}, cv=model.cv, scoring=model.scoring
    )
    registry.fit(search, cohort.named(f"{cohort.purpose}: GridSearchCV"))
    best = search.best_estimator_
    record_features(model, cohort["X"])
    model.alpha_, model.best_score_ = best.alpha, search.best_score_
    model.coef_, model.intercept_ = best.coef_, best.intercept_


def _leave_one_out(model: Any, cohort: Cohort, rows: Cohort, rehearsal: Any) -> dict[str, Handle]:
    alphas = [float(alpha) for alpha in np.atleast_1d(np.asarray(model.alphas))]
    reduction = reduce_rows(rows, centred=model.fit_intercept, damping=min(alphas))
    smoother = _smoother(reduction, alphas, model.fit_intercept)
    if model.scoring is None:
        scores = _negative_errors(rows, reduction, smoother)
        if not model.alpha_per_target:
            scores = scores.mean(axis=1)
    else:
        scores = _scores(model, rows, smoother, len(alphas))
    record_features(model, cohort["X"])
    _choose(model, reduction, np.asarray(alphas), scores, rehearsal)
    if not model.store_cv_results:
        return {}
    kind = "squares" if model.scoring is None else _prediction_kind()
    return {"cv_results_": rows.derive(left_out, **smoother, kind=kind)}


def _choose(
    model: Any, reduction: Reduction, alphas: Floats, scores: Floats, rehearsal: Any
) -> None:
    """Set the best penalty, or that of each target, and the coefficients that go with it."""
    best = np.argmax(scores, axis=0)
    if scores.ndim == 2 and scores.shape[1] > 1:
        model.alpha_, model.best_score_ = alphas[best], scores.max(axis=0)
    else:
        place = int(np.ravel(best)[0])
        score = np.reshape(scores[place], np.shape(rehearsal.best_score_))
        model.alpha_, model.best_score_ = alphas[place], score[()]
    solver = Ridge(alpha=model.alpha_, fit_intercept=False, solver="svd")
    coef = solver.fit(reduction.factor, reduction.target).coef_
    shape = coef.shape if np.ndim(rehearsal.coef_) == coef.ndim else rehearsal.coef_.shape
    model.coef_ = coef.reshape(shape)
    model.intercept_ = reduction.intercept(model.coef_) if model.fit_intercept else 0.0


def _smoother(reduction: Reduction, alphas: list[float], centred: bool) -> dict[str, Any]:
    """What parties need in order to leave out rows: a basis, and how it is shrunk."""
    _, values, transposed = np.linalg.svd(reduction.factor, full_matrices=False)
    shrunk = 1 / (values[:, np.newaxis] ** 2 + alphas)  # (k, alphas)
    right = transposed @ (reduction.factor.T @ as_columns(reduction.target))  # (k, t)
    return {
        "basis": transposed.T,
        "shrunk": shrunk,
        "coefs": shrunk[:, np.newaxis] * right[:, :, np.newaxis],
        "x_mean": reduction.x_mean,
        "y_mean": np.atleast_1d(reduction.y_mean),
        "total": reduction.weight if centred else np.inf,
    }


def _negative_errors(rows: Cohort, reduction: Reduction, smoother: Mapping[str, Any]) -> Floats:
    """Minus the mean squared errors, of shape (alphas, t)."""
    size = np.sqrt(reduction.y_gram.diagonal() / reduction.weight)
    size[size == 0] = 1.0
    sums = rows.sum(left_out_errors, **smoother, y_scale=1 / size)
    return np.asarray(-sums["squares"].T / rows.n_samples * size**2)


def _prediction_kind() -> str:
    return "predictions" if _SCORES_AS_GIVEN else "weighted predictions"


def _scores(model: Any, rows: Cohort, smoother: Mapping[str, Any], count: int) -> Floats:
    """Scores of the predictions of left-out rows: (alphas,) or, a target each, (alphas, t)."""
    scorer = federated_scorer(model.scoring)
    apart = model.alpha_per_target and len(rows["y"].shape) == 2
    if _SCORES_RAVELLED and not apart and len(rows["y"].shape) == 2:
        raise UnsupportedError(
            f"RidgeCV(scoring={model.scoring!r}) scores all targets as one in this version of "
            "scikit-learn: use alpha_per_target=True, or cv=5"
        )
    y: Any = rows["y"]
    if not _SCORES_AS_GIVEN:
        y = rows.derive(weighted_targets, y_mean=smoother["y_mean"])
    weight = rows.rows.get("sample_weight")
    scores = []
    for place in range(count):
        one = {**smoother, "shrunk": smoother["shrunk"][:, [place]]}
        one["coefs"] = smoother["coefs"][:, :, [place]]
        predicted: Any = rows.derive(left_out, **one, kind=f"{_prediction_kind()} of one")
        pairs = (
            [(predicted[:, j], y[:, j]) for j in range(y.shape[1])] if apart else [(predicted, y)]
        )
        found = [scorer(_IdentityRegressor(), ours, given, weight) for ours, given in pairs]
        scores.append(found if apart else found[0])
    return np.array(scores)


@party_op("ridge_cv.errors")
def left_out_errors(
    X: Any,
    y: Floats,
    sample_weight: Floats | None,
    basis: Floats,
    shrunk: Floats,
    coefs: Floats,
    x_mean: Floats,
    y_mean: Floats,
    total: float,
    y_scale: Floats,
) -> Statistics:
    """Weighted squared errors of predictions that leave out one row each.

    Returns
    -------
    dict
        ``squares`` (t, alphas), in units of the squares of ``1 / y_scale``.
    """
    targets = as_columns(y)
    squares = np.zeros(coefs.shape[1:])
    for part in row_blocks(X.shape[0], max(X.shape[1], coefs[0].size)):
        weight = None if sample_weight is None else sample_weight[part]
        errors = _left_out(
            dense(X[part]), targets[part], weight, basis, shrunk, coefs, x_mean, y_mean, total
        )
        errors *= y_scale[:, np.newaxis]
        squares += (errors * errors).sum(axis=0)
    return {"squares": squares}


@row_op("ridge_cv.left_out")
def left_out(
    X: Any,
    y: Floats,
    sample_weight: Floats | None,
    basis: Floats,
    shrunk: Floats,
    coefs: Floats,
    x_mean: Floats,
    y_mean: Floats,
    total: float,
    kind: str,
) -> Floats:
    """Weighted squared errors, or predictions, of left-out rows: (n, alphas), or (n, t, alphas);
    with one alpha alone where ``kind`` ends in "of one", in the shape of the target.
    """
    targets = as_columns(y)
    errors = _left_out(
        dense(X), targets, sample_weight, basis, shrunk, coefs, x_mean, y_mean, total
    )
    if kind == "squares":
        values = errors**2
    else:
        root = np.ones(len(errors)) if sample_weight is None else np.sqrt(sample_weight)
        values = (root[:, np.newaxis] * (targets - y_mean))[:, :, np.newaxis] - errors
        if not kind.startswith("weighted"):
            values = values / root[:, np.newaxis, np.newaxis] + y_mean[:, np.newaxis]
    if kind.endswith("of one"):
        values = values[:, :, 0]
    return values if y.ndim == 2 else values[:, 0]


@row_op("ridge_cv.weighted_targets")
def weighted_targets(y: Floats, sample_weight: Floats | None, y_mean: Floats) -> Floats:
    """Centred targets times the roots of their weights, in the shape of the target."""
    root = np.ones(len(y)) if sample_weight is None else np.sqrt(sample_weight)
    values = root[:, np.newaxis] * (as_columns(y) - y_mean)
    return np.asarray(values.reshape(y.shape))


def _left_out(
    X: Floats,
    targets: Floats,
    weight: Floats | None,
    basis: Floats,
    shrunk: Floats,
    coefs: Floats,
    x_mean: Floats,
    y_mean: Floats,
    total: float,
) -> Floats:
    """Errors of left-out rows times the roots of their weights, of shape (n, t, alphas)."""
    weight = np.ones(len(X)) if weight is None else weight
    turned = (X - x_mean) @ basis
    rest = (targets - y_mean)[:, :, np.newaxis] - np.tensordot(turned, coefs, axes=1)
    leverage = weight[:, np.newaxis] * (turned**2 @ shrunk + 1 / total)
    return np.asarray(
        np.sqrt(weight)[:, np.newaxis, np.newaxis] * rest / (1 - leverage)[:, np.newaxis]
    )
