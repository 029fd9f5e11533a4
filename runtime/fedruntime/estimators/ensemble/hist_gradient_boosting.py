"""``HistGradientBoostingClassifier`` and ``HistGradientBoostingRegressor``: the pooled trees, grown
by scikit-learn's own grower on summed histograms.

Every fitted tree shows its thresholds, how many rows its nodes have, and its leaf values. On the
way the coordinator sees, as sums over all parties, gradients and numbers of rows by bin of the
nodes that are split or could have been; ``min_samples_leaf`` and ``max_bins`` keep these coarse.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import is_classifier
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.ensemble._hist_gradient_boosting.binning import _BinMapper
from sklearn.utils import check_random_state
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
from sklearn.utils.validation import _check_monotonic_cst

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.class_weights import class_factors, class_sums, weigh_by_class
from fedruntime.estimators.design import classes_of, prepare
from fedruntime.estimators.ensemble.boosting_bins import fit_bins
from fedruntime.estimators.ensemble.boosting_features import fit_features
from fedruntime.estimators.ensemble.boosting_losses import baseline_of, set_leaf_values
from fedruntime.estimators.ensemble.boosting_rows import (
    add_trees,
    binned_rows,
    first_predictions,
    gradients_of,
    target_signs,
)
from fedruntime.estimators.ensemble.boosting_scores import Scores, set_aside
from fedruntime.estimators.ensemble.boosting_trees import Gradients, SummedGrower
from fedruntime.estimators.linear_model.pointwise_loss import as_message
from fedruntime.estimators.linear_model.single_target import single_target
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.state import export_state
from fedruntime.order_statistics import value_counts

_HOW = "scikit-learn's own tree growing on summed histograms, in bins found by summed counts"
_HOW_WEIGHTED = (
    f"{_HOW}; where a weighted quantile falls exactly between two values, rounding decides which "
    "bins these are in, as it does in scikit-learn"
)


def _judge(model: Any) -> tuple[Exactness, str] | None:
    if not isinstance(model.loss, str):
        raise UnsupportedError(
            f"{type(model).__name__}(loss={model.loss!r}) has no federated fit; use the name of a "
            "loss, such as 'squared_error'"
        )
    if getattr(model, "class_weight", None) is not None:
        return Exactness.EXACT, _HOW_WEIGHTED
    return None


@federated(HistGradientBoostingClassifier, Exactness.EXACT, _HOW, judge=_judge)
@federated(HistGradientBoostingRegressor, Exactness.EXACT, _HOW, judge=_judge)
def fit(model: Any, cohort: Cohort) -> None:
    """Fit as ``HistGradientBoosting*.fit`` does on the pooled rows; ``verbose`` has no effect.

    Raises
    ------
    UnsupportedError
        For validation rows of the script's own, and where bins would have to be found from rows
        drawn by weight.
    DataError
        If targets are out of the range of the loss.
    """
    model._validate_params()
    _refuse(model, cohort)
    features, categories = fit_features(model, cohort)
    rows = _weighted(model, with_targets(model, features))
    resumed = model.warm_start and model._is_fitted()
    if not resumed:
        draw_seeds(model)
    model._validate_parameters()
    model._n_features = rows.n_features
    model._loss = model._get_loss(sample_weight=np.ones(1) if rows.has("sample_weight") else None)
    early = model.early_stopping
    model.do_early_stopping_ = rows.n_samples > 10_000 if early == "auto" else early
    model._use_validation_data = model.validation_fraction is not None
    train, validation = set_aside(model, rows)
    if not resumed:
        model._baseline_prediction = np.asarray(baseline_of(model._loss, train)).reshape((1, -1))
        model._predictors, model._scorer = [], None
        model.train_score_ = model.validation_score_ = np.empty(0)
    elif model.max_iter < model.n_iter_:
        raise DataError(
            f"max_iter={model.max_iter} must be larger than or equal to n_iter_={model.n_iter_} "
            "when warm_start==True"
        )
    model._bin_mapper = _BinMapper(
        n_bins=model.max_bins + 1,
        is_categorical=model._is_categorical_remapped,
        known_categories=categories,
        random_state=model._random_seed,
        n_threads=_openmp_effective_n_threads(),
    )
    fit_bins(model._bin_mapper, train)
    has_missing = value_counts(train) < train.n_samples
    train = _started(model, train)
    _boost(model, train, None if validation is None else _started(model, validation), has_missing)


def _refuse(model: Any, cohort: Cohort) -> None:
    given = [name for name in ("X_val", "y_val", "sample_weight_val") if cohort.has(name)]
    if given:
        raise UnsupportedError(
            f"{', '.join(given)} of the script's own have no federated counterpart; use "
            "validation_fraction, which sets rows of X aside"
        )


def with_targets(model: Any, features: Cohort) -> Cohort:
    """The rows with ``y`` as the loss takes it; sets what the model learns of it."""
    if is_classifier(model):
        classes = classes_of(features)
        model._encode_y(classes)
        return prepare(features, target="labels", finite=False, classes=classes)
    rows = prepare(features, target="numeric", finite=False)
    rows = rows.replace(y=single_target(rows))
    # scikit-learn refuses what the loss does not take on public targets of the same signs.
    model._encode_y(np.array([-1.0, 0.0, 1.0])[rows.sum(target_signs)["signs"] > 0])
    return rows


def _weighted(model: Any, rows: Cohort) -> Cohort:
    """The rows with class weights in their sample weights."""
    if rows.has("sample_weight"):
        model._fitted_with_sw = True
    class_weight = getattr(model, "class_weight", None)
    if class_weight is None:
        return rows
    counts = rows.sum(class_sums, n_classes=len(model.classes_))["count"]
    # scikit-learn hands its encoded labels to the weights, and counts rows without weights.
    codes = np.arange(len(counts), dtype=np.float64)
    factors = class_factors(class_weight, codes, {"count": counts, "weight": counts})
    return rows.replace(sample_weight=rows.derive(weigh_by_class, factors=factors))


def draw_seeds(model: Any) -> None:
    rng = check_random_state(model.random_state)
    most = np.iinfo(np.uint32).max
    model._random_seed = rng.randint(most, dtype="u8")
    model._feature_subsample_rng = np.random.default_rng(rng.randint(most, dtype="u8"))


def _started(model: Any, rows: Cohort) -> Cohort:
    """The rows with binned features and the predictions of the model as it is."""
    binned = rows.derive(binned_rows, mapper=export_state(model._bin_mapper))
    raw = rows.derive(first_predictions, baseline=model._baseline_prediction)
    return _with_trees(model, rows.replace(X=binned, raw=raw), model._predictors)


def _boost(
    model: Any, train: Cohort, validation: Cohort | None, has_missing: npt.NDArray[np.bool_]
) -> None:
    model.train_score_ = model.train_score_.tolist()
    model.validation_score_ = model.validation_score_.tolist()
    scores = Scores(model, train) if model.do_early_stopping_ else None
    options = growing_options(model, has_missing)
    if scores is not None and not model._predictors:
        scores.stop(train, validation)
    train.federation.progress.expect(model, model.max_iter)
    for stage in range(model.n_iter_, model.max_iter):
        model._predictors.append(_grown_trees(model, train, options, has_missing))
        newest = model._predictors[-1:]
        train = _with_trees(model, train, newest)
        train.federation.progress.step(stage + 1)
        if scores is not None:
            validation = None if validation is None else _with_trees(model, validation, newest)
            if scores.stop(train, validation):
                break
    model.train_score_ = np.asarray(model.train_score_)
    model.validation_score_ = np.asarray(model.validation_score_)


def growing_options(model: Any, has_missing: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """What scikit-learn's ``fit`` gives its growers besides rows."""
    monotonic = _check_monotonic_cst(model, model.monotonic_cst)
    if model.is_categorical_ is not None:  # whose columns come first
        monotonic = np.r_[monotonic[model.is_categorical_], monotonic[~model.is_categorical_]]
    return {
        "n_bins": model._bin_mapper.n_bins,
        "n_bins_non_missing": model._bin_mapper.n_bins_non_missing_,
        "has_missing_values": has_missing.astype(np.uint8),
        "is_categorical": model._is_categorical_remapped,
        "monotonic_cst": monotonic,
        "interaction_cst": model._check_interaction_cst(model._n_features),
        "max_leaf_nodes": model.max_leaf_nodes,
        "max_depth": model.max_depth,
        "min_samples_leaf": model.min_samples_leaf,
        "l2_regularization": model.l2_regularization,
        "feature_fraction_per_split": model.max_features,
        "rng": model._feature_subsample_rng,
        "shrinkage": model.learning_rate,
    }


def _grown_trees(
    model: Any, train: Cohort, options: dict[str, Any], has_missing: npt.NDArray[np.bool_]
) -> list[Any]:
    """The trees of one iteration."""
    mapper, loss = model._bin_mapper, model._loss
    constant = bool(loss.constant_hessian)
    gradients = train.derive(gradients_of, pointwise=as_message(loss), constant=constant)
    rows = train.only(X=train["X"], gradients=gradients, nodes=None)
    bins = np.arange(mapper.n_bins) < mapper.n_bins_non_missing_[:, np.newaxis]
    bins[:, -1] = has_missing
    trees = []
    for tree in range(model.n_trees_per_iteration_):
        hessians = -1 if constant else model.n_trees_per_iteration_ + tree
        grower = SummedGrower(Gradients(rows, tree, hessians, bins), **options)
        grower.grow()
        if not loss.differentiable:
            set_leaf_values(
                loss, grower, train, mapper.bin_thresholds_, mapper.missing_values_bin_idx_
            )
        trees.append(grower.make_predictor(binning_thresholds=mapper.bin_thresholds_))
    return trees


def _with_trees(model: Any, rows: Cohort, iterations: list[list[Any]]) -> Cohort:
    """The rows with the predictions of the trees of some iterations added."""
    if not iterations:
        return rows
    raw = rows.derive(
        add_trees,
        iterations=export_state(iterations),
        missing_bin=model._bin_mapper.missing_values_bin_idx_,
    )
    return rows.replace(raw=raw)
