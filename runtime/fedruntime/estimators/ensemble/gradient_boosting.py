"""``GradientBoostingClassifier`` and ``GradientBoostingRegressor``: scikit-learn's stages, on
gradients that stay with the rows. What the fitted trees show is revealed, see
``estimators.tree.decision_tree``; leaf values come from sums over leaves.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn._loss.loss import (
    AbsoluteError,
    HalfBinomialLoss,
    HalfMultinomialLoss,
    HalfSquaredError,
    HuberLoss,
    PinballLoss,
)
from sklearn.base import is_classifier
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.ensemble._gb import _safe_divide
from sklearn.ensemble._gradient_boosting import _random_sample_mask
from sklearn.tree import _classes
from sklearn.utils import check_random_state

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError
from fedruntime.estimators.apply import apply
from fedruntime.estimators.ensemble.gradient_rows import (
    NEWTON,
    absolute_residuals,
    clipped_residuals,
    flat_weight,
    gradient_moments,
    in_single_precision,
    leaf_steps,
    loss_sums,
    raw_start,
    raw_step,
    residuals_by_leaf,
    sampled_weight,
)
from fedruntime.estimators.linear_model.pointwise_loss import as_message as loss_message
from fedruntime.estimators.parts import fit_part
from fedruntime.estimators.registry import Exactness, Level, federated, support
from fedruntime.estimators.tree.criteria import FriedmanError, SquaredError
from fedruntime.estimators.tree.growing import Task
from fedruntime.estimators.tree.parameters import fit_example
from fedruntime.estimators.tree.planting import grow_trees
from fedruntime.estimators.tree.scikit_tree import as_message, with_values
from fedruntime.estimators.tree.tasks import TreeRows, as_tree_rows, labels_of, weight_column
from fedruntime.messages import Public
from fedruntime.model_selection.split import train_test_split
from fedruntime.weighted_order_statistics import weighted_quantiles

Floats = npt.NDArray[np.float64]

_MOST_BINS = 255
_LARGEST_SEED = np.iinfo(np.int32).max

_HOW = (
    "scikit-learn's stages on summed histograms of up to 255 bins; leaf values from sums over "
    "leaves; features and equally good splits are other draws"
)


def _judge(model: Any) -> Level | None:
    """Refuse an initial estimator that has no federated fit itself."""
    if not (model.init is None or isinstance(model.init, str)):
        support(model.init)
    return None


@federated(GradientBoostingClassifier, Exactness.STATISTICAL, _HOW, judge=_judge)
def fit_classifier(model: GradientBoostingClassifier, cohort: Cohort) -> None:
    """Fit as ``GradientBoostingClassifier.fit`` does."""
    _fit(model, cohort)


@federated(GradientBoostingRegressor, Exactness.STATISTICAL, _HOW, judge=_judge)
def fit_regressor(model: GradientBoostingRegressor, cohort: Cohort) -> None:
    """Fit as ``GradientBoostingRegressor.fit`` does."""
    _fit(model, cohort)


@dataclass(frozen=True)
class _Rows:
    """Rows of a fit: of which some are in bins, and all have values.

    Parameters
    ----------
    given : Cohort
        As the initial estimator takes them.
    tree : TreeRows
    """

    given: Cohort
    tree: TreeRows

    @property
    def values(self) -> Cohort:
        return self.tree.cohort.replace(X=self.tree.values)


def _fit(model: Any, cohort: Cohort) -> None:
    model._validate_params()
    continued = model.warm_start and len(getattr(model, "estimators_", ())) > 0
    target, example, classes = "numeric", np.ones(1), None
    if is_classifier(model):
        classes = labels_of(cohort)
        target, example = "labels", classes
    elif cohort["y"].ndim == 2 and cohort["y"].shape[1] > 1:
        raise DataError(
            f"y should be a 1d array, got an array of shape {cohort['y'].shape} instead."
        )
    before = dict(vars(model)) if continued else {}
    fit_example(
        model,
        cohort,
        example,
        n_estimators=1,
        subsample=1.0,
        n_iter_no_change=None,
        init=None,
        warm_start=False,
        verbose=0,
        ccp_alpha=0.0,
    )
    kind = model.estimators_[0, 0]
    model._set_max_features()
    training, validation = _split(model, cohort)
    rows = _rows(training, target, classes)
    held_out = None if validation is None else _rows(validation, target, classes)
    if continued:
        vars(model).update(before)
        raw = apply(model, "_raw_predict", rows.values.derive(in_single_precision))
        first = len(model.estimators_)
        if model.n_estimators < first:
            raise DataError(
                f"n_estimators={model.n_estimators} must be larger or equal to "
                f"estimators_.shape[0]={first} when warm_start==True"
            )
        model._resize_state()
    else:
        first = 0
        model._clear_state()
        model._init_state()
        model._rng = check_random_state(model.random_state)
        raw = _start(model, rows)
    stages = _Boosting(model, kind, rows, held_out, raw).run(first)
    model.n_estimators_ = stages
    model.estimators_ = model.estimators_[:stages]
    model.train_score_ = model.train_score_[:stages]
    if hasattr(model, "oob_improvement_"):
        model.oob_improvement_ = model.oob_improvement_[:stages]
        model.oob_scores_ = model.oob_scores_[:stages]
        model.oob_score_ = model.oob_scores_[-1]


def _split(model: Any, cohort: Cohort) -> tuple[Cohort, Cohort | None]:
    """The rows of the fit, and those that stop it early."""
    if model.n_iter_no_change is None:
        return cohort, None
    named = {name: rows for name, rows in cohort.rows.items() if rows is not None}
    parts = train_test_split(
        *named.values(),
        random_state=model.random_state,
        test_size=model.validation_fraction,
        stratify=cohort["y"] if is_classifier(model) else None,
    )
    return (
        cohort.replace(**dict(zip(named, parts[0::2], strict=True))),
        cohort.replace(**dict(zip(named, parts[1::2], strict=True))),
    )


def _rows(cohort: Cohort, target: str, classes: Any) -> _Rows:
    tree = as_tree_rows(cohort, target, missing=False, most=_MOST_BINS, classes=classes)
    return _Rows(tree.cohort.replace(X=cohort["X"]), tree)


def _start(model: Any, rows: _Rows) -> Handle:
    predicted = None
    if not isinstance(model.init_, str):
        model.init_ = fit_part(model.init_, rows.given, "init")
        method = "predict_proba" if is_classifier(model) else "predict"
        predicted = apply(model.init_, method, rows.given["X"])
    return _raw(model, rows, predicted)


def _raw(model: Any, rows: _Rows, predicted: Handle | None) -> Handle:
    return rows.values.derive(
        raw_start,
        columns=model.n_trees_per_iteration_,
        predicted=predicted,
        loss=loss_message(model._loss),
        classify=is_classifier(model),
    )


class _Boosting:
    """The stages of one fit."""

    def __init__(
        self, model: Any, kind: Any, rows: _Rows, held_out: _Rows | None, raw: Handle
    ) -> None:
        self._model = model
        self._kind = kind
        self._rows = rows
        self._raw = raw
        self._held_out = held_out
        self._held_out_raw = None if held_out is None else self._predicted(held_out)
        weighted = rows.tree.cohort.has("sample_weight")
        self._weight = rows.tree.cohort.derive(weight_column) if weighted else None
        # What scikit-learn's older losses, whose scores it still reports, were twice of.
        halved = isinstance(model._loss, HalfSquaredError | HalfBinomialLoss)
        self._factor = 2 if halved else 1

    def run(self, first: int) -> int:
        """Go through the stages; how many there are in the end."""
        model = self._model
        history = np.full(model.n_iter_no_change or 0, np.inf)
        previous, stage = np.nan, first
        progress = self._rows.tree.cohort.federation.progress
        progress.expect(model, model.n_estimators)
        for stage in range(first, model.n_estimators):
            weight = self._sample()
            if model.subsample < 1.0 and stage == 0:
                previous = self._losses(weight)[1]
            trees = self._grow(weight)
            model.estimators_[stage] = trees
            self._raw = self._stepped(self._rows, self._raw, trees)
            inside, outside = self._losses(weight)
            model.train_score_[stage] = inside
            progress.step(stage + 1, inside)
            if model.subsample < 1.0:
                model.oob_scores_[stage] = outside
                before = previous if stage == 0 else model.oob_scores_[stage - 1]
                model.oob_improvement_[stage] = before - outside
                model.oob_score_ = model.oob_scores_[-1]
            if self._held_out is not None and not self._improves(stage, trees, history):
                break
        return stage + 1

    def _sample(self) -> Handle | None:
        """Weights with the rows of a stage, drawn by scikit-learn's own function."""
        model, X = self._model, self._rows.tree.cohort["X"]
        if model.subsample == 1.0:
            return self._weight
        inside = max(1, int(model.subsample * len(X)))
        mask = _random_sample_mask(len(X), inside, model._rng)
        cohort = self._rows.tree.cohort
        return cohort.federation.map(
            sampled_weight,
            layout=X.layout,
            each={party: {"positions": own} for party, own in X.layout.positions.items()},
            purpose=cohort.purpose,
            sample_weight=cohort.rows["sample_weight"],
            chosen=np.flatnonzero(mask),
            n_samples=len(X),
        )

    def _grow(self, weight: Handle | None) -> list[Any]:
        """The trees of one stage."""
        model, rows = self._model, self._rows
        if isinstance(model._loss, HuberLoss):
            self._set_delta()
        loss = loss_message(model._loss)
        moments = rows.tree.cohort.derive(gradient_moments, raw=self._raw, loss=loss)
        friedman = "friedman_mse" in _classes.CRITERIA_REG and model.criterion == "friedman_mse"
        criterion = (FriedmanError if friedman else SquaredError)(np.zeros(1))
        cohort = rows.tree.cohort.replace(y=moments, sample_weight=None, weight=weight)
        seeds = [model._rng.randint(0, _LARGEST_SEED) for _ in range(moments.shape[1])]
        trees = [copy.copy(self._kind) for _ in seeds]
        for tree in trees:
            tree.random_state, tree.ccp_alpha = model._rng, model.ccp_alpha
        task = Task(cohort, rows.tree.bins, criterion, 0)
        grow_trees(trees, task, [np.random.RandomState(seed) for seed in seeds])
        self._set_leaves(trees, weight, loss)
        return trees

    def _set_delta(self) -> None:
        rows, loss = self._rows.tree.cohort, self._model._loss
        errors = rows.derive(absolute_residuals, raw=self._raw)
        weight = rows.derive(flat_weight, weight=self._weight)
        found = weighted_quantiles(
            rows.only(X=errors, sample_weight=weight), [loss.quantile], average=False
        )
        loss.closs.delta = float(found[0, 0])

    def _set_leaves(self, trees: list[Any], weight: Handle | None, loss: Public) -> None:
        """Leaf values as ``_update_terminal_regions`` makes them."""
        measure = self._model._loss
        if isinstance(measure, HalfSquaredError):
            return
        if not isinstance(measure, NEWTON):
            for tree in trees:
                tree.tree_ = self._located(tree.tree_, weight)
            return
        sums = self._rows.values.sum(
            leaf_steps,
            raw=self._raw,
            weight=weight,
            loss=loss,
            trees=[as_message(tree.tree_) for tree in trees],
        )
        scale = 1.0
        if isinstance(measure, HalfMultinomialLoss):
            scale = (measure.n_classes - 1) / measure.n_classes
        first = 0
        for tree in trees:
            value = tree.tree_.value.copy()
            for leaf in np.flatnonzero(tree.tree_.children_left == -1):
                up, down = sums["up"][first + leaf] * scale, sums["down"][first + leaf]
                value[leaf] = _safe_divide(up, down)
            first += len(value)
            tree.tree_ = with_values(tree.tree_, value)

    def _located(self, tree: Any, weight: Handle | None) -> Any:
        """The tree with the best constant of each leaf for a loss of absolute errors."""
        measure, rows = self._model._loss, self._rows.values
        columns = rows.derive(
            residuals_by_leaf, raw=self._raw, weight=weight, tree=as_message(tree)
        )
        by_leaf = rows.only(X=columns, sample_weight=rows.derive(flat_weight, weight=weight))
        level = measure.closs.quantile if isinstance(measure, PinballLoss) else 0.5
        found = weighted_quantiles(by_leaf, [level], average=False)[0]
        if not isinstance(measure, AbsoluteError | PinballLoss):
            sums = by_leaf.sum(clipped_residuals, middle=found, delta=measure.closs.delta)
            found = found + sums["sum"] / sums["weight"]
        value = tree.value.copy()
        value[tree.children_left == -1, 0, 0] = found
        return with_values(tree, value)

    def _stepped(self, rows: _Rows, raw: Handle, trees: list[Any]) -> Handle:
        return rows.values.derive(
            raw_step,
            raw=raw,
            trees=[as_message(tree.tree_) for tree in trees],
            learning_rate=float(self._model.learning_rate),
        )

    def _losses(self, weight: Handle | None) -> tuple[float, float]:
        """The mean loss of the rows of a stage, and of the others."""
        return self._mean_losses(self._rows, self._raw, weight)

    def _mean_losses(self, rows: _Rows, raw: Handle, weight: Handle | None) -> tuple[float, float]:
        sums = rows.tree.cohort.sum(
            loss_sums, raw=raw, weight=weight, loss=loss_message(self._model._loss)
        )
        with np.errstate(invalid="ignore"):
            inside, outside = self._factor * sums["loss"] / sums["weight"]
        return float(inside), float(outside)

    def _predicted(self, rows: _Rows) -> Handle:
        """Raw predictions of held-out rows before the first stage of this fit."""
        model = self._model
        if isinstance(model.init_, str):
            return _raw(model, rows, None)
        method = "predict_proba" if is_classifier(model) else "predict"
        return _raw(model, rows, apply(model.init_, method, rows.given["X"]))

    def _improves(self, stage: int, trees: list[Any], history: Floats) -> bool:
        """Whether the loss of held-out rows is less than one of the last ones."""
        assert self._held_out is not None
        assert self._held_out_raw is not None
        self._held_out_raw = self._stepped(self._held_out, self._held_out_raw, trees)
        loss, _ = self._mean_losses(self._held_out, self._held_out_raw, None)
        if not (loss + self._model.tol < history).any():
            return False
        history[stage % len(history)] = loss
        return True
