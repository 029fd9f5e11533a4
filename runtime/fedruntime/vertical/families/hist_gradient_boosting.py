"""Histogram-based boosting across columns: scikit-learn's own grower, on histograms of which
those of the label party's peers are products of masked bins with masked gradients.

The label party alone knows labels, gradients, predictions, and which rows are at which node; it is
told on which side of a split each row lies, and the others are told nothing of rows. The
coordinator sees histograms, so that of a bin with one row it sees this row's gradient, without
knowing which row it is: a smaller ``max_bins`` keeps bins coarse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.ensemble._hist_gradient_boosting.binning import _BinMapper

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.ensemble.boosting_features import fit_features
from fedruntime.estimators.ensemble.boosting_losses import baseline_of
from fedruntime.estimators.ensemble.boosting_rows import gradients_of, responses
from fedruntime.estimators.ensemble.boosting_trees import Gradients, SummedGrower
from fedruntime.estimators.ensemble.hist_gradient_boosting import (
    draw_seeds,
    growing_options,
    with_targets,
)
from fedruntime.estimators.linear_model.pointwise_loss import as_message
from fedruntime.metrics.classification import accuracy_score
from fedruntime.metrics.regression import r2_score
from fedruntime.vertical.aligned import Aligned, owner_of
from fedruntime.vertical.boosting.party import baselines
from fedruntime.vertical.boosting.trees import BinnedColumns, NodesAcross, advanced, mapped
from fedruntime.vertical.cohort import AlignedCohort
from fedruntime.vertical.loading import label_party
from fedruntime.vertical.registry import Fitted, across_columns

_STOPS_EARLY_ABOVE = 10_000  # rows, as early_stopping="auto" has it
_METHODS = ("predict", "predict_proba", "decision_function")


@dataclass(frozen=True)
class BoostedTrees(Fitted):
    """Fitted trees, whose parties each answer for the splits of their own columns."""

    model: Any

    def apply(self, method: str, X: Aligned) -> Handle:
        model = self.model
        if method not in _METHODS or not hasattr(model, method):
            raise UnsupportedError(
                f"{method} of {type(model).__name__} has no counterpart across columns"
            )
        purpose = f"{type(model).__name__}.{method}"
        reader = label_party(X.federation)
        raw = advanced(X, _started(X, model, reader, purpose), model._predictors, reader, purpose)
        return X.federation.map(
            responses,
            purpose=purpose,
            raw=raw,
            pointwise=as_message(model._loss),
            classes=model.classes_ if is_classifier(model) else None,
            method=method,
        )

    def score(self, X: Aligned, y: Handle) -> float:
        measure = accuracy_score if is_classifier(self.model) else r2_score
        return float(measure(y, self.apply("predict", X)))


@across_columns(
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    reveals="to the coordinator: sums of gradients and Hessians, and numbers of rows, by bin of "
    "all columns in the nodes of trees, the order of magnitude of gradients there, how many bins "
    "columns have, and the trees; to the label party: on which side of each split of another "
    "party's columns every row lies",
    parameters={
        "loss": ("squared_error", "gamma", "poisson", "log_loss"),
        "early_stopping": ("auto", False),
        "categorical_features": (None, "from_dtype", "warn"),  # the default up to 1.5 warns
        "class_weight": (None,),
        "interaction_cst": (None,),
        "monotonic_cst": (None,),
        "warm_start": (False,),
    },
)
def fit_boosted_trees(model: Any, cohort: AlignedCohort) -> Fitted:
    """Fit as ``HistGradientBoosting*.fit`` does on the pooled columns; ``verbose`` has no effect.

    Raises
    ------
    UnsupportedError
        For categorical columns, for so many rows that ``early_stopping="auto"`` sets some aside,
        and for more bins and rows than can be masked.
    """
    model._validate_params()
    _refuse(model, cohort)
    X = cohort.X
    fit_features(model, cohort)
    rows = with_targets(model, cohort)
    draw_seeds(model)
    model._validate_parameters()
    model._n_features = X.shape[1]
    model._loss = model._get_loss(sample_weight=None)
    model.do_early_stopping_, model._use_validation_data = False, False
    label = Cohort(
        cohort.federation,
        cohort.aggregator,
        {"y": rows["y"], "sample_weight": None},
        cohort.purpose,
    )
    model._baseline_prediction = np.asarray(baseline_of(model._loss, label)).reshape((1, -1))
    model._predictors, model._scorer = [], None
    model.train_score_ = model.validation_score_ = np.empty(0)
    owner = owner_of(rows["y"])
    columns = BinnedColumns(X, owner, model.max_bins, int(model._random_seed), cohort.purpose)
    try:
        model._bin_mapper = _mapper(model, columns)
        _boost(model, label, columns)
    finally:
        columns.forget()
    return BoostedTrees(model)


def _refuse(model: Any, cohort: AlignedCohort) -> None:
    if cohort.n_samples > _STOPS_EARLY_ABOVE and model.early_stopping == "auto":
        raise UnsupportedError(
            f"{cohort.purpose}: above {_STOPS_EARLY_ABOVE} rows, early_stopping='auto' stops "
            "early, which has no counterpart across columns: set early_stopping=False"
        )
    if any(dtype in ("category", "object", "str", "string") for dtype in cohort.X.facts.dtypes):
        raise UnsupportedError(
            f"{cohort.purpose}: categorical columns have no trees across columns: encode them first"
        )


def _mapper(model: Any, columns: BinnedColumns) -> Any:
    """The bins as far as the coordinator knows them: edges are NaN until a split shows them."""
    mapper = _BinMapper(n_bins=model.max_bins + 1, random_state=model._random_seed)
    mapper.fit(np.zeros((1, columns.X.shape[1])))
    mapper.n_bins_non_missing_ = columns.counts
    mapper.bin_thresholds_ = [np.full(int(count) - 1, np.nan) for count in columns.counts]
    return mapper


def _boost(model: Any, label: Cohort, columns: BinnedColumns) -> None:
    X, reader, purpose = columns.X, columns.label_party, columns.purpose
    raw = _started(X, model, reader, purpose)
    options = growing_options(model, columns.missing)
    X.federation.progress.expect(model, model.max_iter)
    for stage in range(model.max_iter):
        rows = label.replace(raw=raw)
        model._predictors.append(_grown_trees(model, rows, columns, options))
        X.federation.progress.step(stage + 1)
        if stage + 1 < model.max_iter:
            raw = advanced(X, raw, model._predictors[-1:], reader, purpose)


def _grown_trees(
    model: Any, rows: Cohort, columns: BinnedColumns, options: dict[str, Any]
) -> list[Any]:
    """The trees of one iteration."""
    loss = model._loss
    constant = bool(loss.constant_hessian)
    gradients = rows.derive(gradients_of, pointwise=as_message(loss), constant=constant)
    trees = []
    for tree in range(model.n_trees_per_iteration_):
        hessians = -1 if constant else model.n_trees_per_iteration_ + tree
        nodes = NodesAcross.of_tree(columns, rows.aggregator, gradients)
        grower = SummedGrower(Gradients(nodes, tree, hessians, columns.used), **options)
        grower.grow()
        edges = model._bin_mapper.bin_thresholds_
        _learn_edges(grower.root, columns, edges)
        trees.append(grower.make_predictor(binning_thresholds=edges))
    return trees


def _learn_edges(root: Any, columns: BinnedColumns, edges: list[Any]) -> None:
    """Ask for the edges that a tree shows and none has shown before."""
    asked, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        if node.is_leaf:
            continue
        waiting += [node.left_child, node.right_child]
        feature, number = node.split_info.feature_idx, node.split_info.bin_idx
        # A split behind the last bin parts missing values from all others, at infinity.
        if number < len(edges[feature]) and np.isnan(edges[feature][number]):
            asked.add((feature, number))
    if asked:
        features, bins = np.array(sorted(asked)).T
        for feature, number, edge in zip(
            features, bins, columns.edges(features, bins), strict=True
        ):
            edges[feature][number] = edge


def _started(X: Aligned, model: Any, reader: str, purpose: str) -> Handle:
    """The baseline for every row, at the label party."""
    baseline = model._baseline_prediction
    return mapped(X, baselines, reader, {"rows": len(X)}, purpose=purpose, baseline=baseline)
