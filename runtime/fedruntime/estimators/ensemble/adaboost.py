"""``AdaBoostClassifier`` and ``AdaBoostRegressor``: scikit-learn's own loop on summed errors; the
weights of rows stay with the rows. For numbers each party reveals its largest error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.special import xlogy
from sklearn.ensemble import AdaBoostClassifier, AdaBoostRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import check_random_state
from sklearn.utils.validation import has_fit_parameter

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators import registry
from fedruntime.estimators.apply import apply
from fedruntime.estimators.column_extremes import column_extremes
from fedruntime.estimators.design import as_features, as_weights, record_features
from fedruntime.estimators.registry import Exactness, Level, federated
from fedruntime.estimators.tree.decision_tree import fit_tree, tree_rows
from fedruntime.estimators.tree.tasks import labels_of
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op, row_op

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_MOST_BINS = 255
_EPSILON = float(np.finfo(np.float64).eps)
_OF_CLASSES = (
    "scikit-learn's loop on summed errors; as exact as the boosted estimator, but that rounding "
    "grows from one to the next, to a relative 1e-6 at most"
)
_OF_NUMBERS = (
    "scikit-learn's loop on summed errors; each row is drawn for itself by its weight, since "
    "nobody knows the weights of all rows"
)


def _parts_of(model: Any) -> list[tuple[str, Any]]:
    default: Any = DecisionTreeRegressor(max_depth=3)
    if isinstance(model, AdaBoostClassifier):
        default = DecisionTreeClassifier(max_depth=1)
    return [("estimator", default if model.estimator is None else model.estimator)]


def _judge(model: Any) -> Level | None:
    (_, part), *_ = _parts_of(model)
    if not has_fit_parameter(part, "sample_weight"):
        raise UnsupportedError(
            f"{type(model).__name__} of {type(part).__name__} has no federated fit: it does not "
            "take sample weights; use one that does, such as a decision tree"
        )
    return None


@federated(AdaBoostClassifier, Exactness.EQUIVALENT, _OF_CLASSES, parts=_parts_of, judge=_judge)
def fit_classifier(model: AdaBoostClassifier, cohort: Cohort) -> None:
    """Fit as ``AdaBoostClassifier.fit`` does."""
    classes = labels_of(cohort)
    _Boosting(model, cohort).run(_boost_classes(classes))


@federated(AdaBoostRegressor, Exactness.STATISTICAL, _OF_NUMBERS, parts=_parts_of, judge=_judge)
def fit_regressor(model: AdaBoostRegressor, cohort: Cohort) -> None:
    """Fit as ``AdaBoostRegressor.fit`` does."""
    _Boosting(model, cohort).run(_boost_numbers)


class _Boosting:
    """The loop of ``BaseWeightBoosting.fit``.

    Attributes
    ----------
    model : estimator
    rows : Cohort
        With current weights of the rows, which add up to one, as ``sample_weight``.
    random_state : RandomState
    """

    def __init__(self, model: Any, cohort: Cohort) -> None:
        model._validate_params()
        record_features(model, cohort["X"])
        # Estimators are fitted on the bare numbers.
        cohort = cohort.replace(X=cohort.derive(as_features, finite=True))
        model._validate_estimator()
        self.model = model
        self.random_state = check_random_state(model.random_state)
        weight = cohort.rows.get("sample_weight")
        given = None if weight is None else cohort.derive(as_weights)
        total = float(len(cohort["X"]))
        if given is not None:
            total = float(cohort.replace(sample_weight=given).sum(weight_sum)["weight"])
            if not total > 0:
                raise DataError("the sample weights add up to zero over all parties")
        start = cohort.derive(starting_weight, given=given, total=total)
        self.rows = cohort.replace(sample_weight=start)
        self._binned: Any = None

    def run(self, boost: Callable[[_Boosting, bool], tuple[float, float] | None]) -> None:
        """Add estimators until there are enough, or one makes no error or too many."""
        model = self.model
        model.estimators_ = []
        model.estimator_weights_ = np.zeros(model.n_estimators)
        model.estimator_errors_ = np.ones(model.n_estimators)
        for number in range(model.n_estimators):
            is_last = number == model.n_estimators - 1
            self.reweigh(floored_weight, least=_EPSILON)
            found = boost(self, is_last)
            if found is None:
                break
            model.estimator_weights_[number], model.estimator_errors_[number] = found
            if found[1] == 0:
                break
            total = float(self.rows.sum(weight_sum)["weight"])
            if not total > 0:
                break
            if not is_last:
                self.reweigh(scaled_weight, total=total)

    def reweigh(self, operation: Any, **public: Any) -> None:
        """Let the parties change the weights of their rows."""
        self.rows = self.rows.replace(sample_weight=self.rows.derive(operation, **public))

    def fit_next(self, sample_weight: Handle) -> Any:
        """One more estimator, fitted on the rows with given weights."""
        part = self.model._make_estimator(random_state=self.random_state)
        rows = self.rows.replace(sample_weight=sample_weight)
        if type(part) not in (DecisionTreeClassifier, DecisionTreeRegressor):
            registry.fit(part, rows.named(f"{rows.purpose}: estimator"))
            return part
        registry.require_supported(part, rows)
        if self._binned is None:
            self._binned = tree_rows(part, rows, _MOST_BINS)
        binned, classes = self._binned
        weighted = binned.cohort.replace(sample_weight=sample_weight)
        fit_tree(part, rows, replace(binned, cohort=weighted), classes)
        return part


def _boost_classes(
    classes: Array,
) -> Callable[[_Boosting, bool], tuple[float, float] | None]:
    def boost(boosting: _Boosting, is_last: bool) -> tuple[float, float] | None:
        return _boost_labels(boosting, is_last, classes)

    return boost


def _boost_labels(boosting: _Boosting, is_last: bool, classes: Array) -> tuple[float, float] | None:
    """One step of SAMME, or of SAMME.R where scikit-learn still has it."""
    model, rows = boosting.model, boosting.rows
    smooth = getattr(model, "algorithm", "SAMME") == "SAMME.R"
    part = boosting.fit_next(rows["sample_weight"])
    if len(model.estimators_) == 1:
        model.classes_, model.n_classes_ = part.classes_, len(part.classes_)
    method = "predict_proba" if smooth else "predict"
    predicted = apply(part, method, rows["X"])
    missed = rows.derive(missed_labels, predicted=predicted, classes=classes)
    sums = rows.sum(missed_weight, missed=missed)
    error = float(sums["missed"] / sums["weight"])
    if error <= 0:
        return 1.0, 0.0
    count = len(classes)
    if smooth:
        if not is_last:
            boosting.reweigh(
                smoothly_boosted,
                predicted=predicted,
                classes=classes,
                learning_rate=float(model.learning_rate),
            )
        return 1.0, error
    if error >= 1.0 - 1.0 / count:
        model.estimators_.pop(-1)
        if not model.estimators_:
            raise DataError(
                "BaseClassifier in AdaBoostClassifier ensemble is worse than random, ensemble can "
                "not be fit."
            )
        return None
    weight = model.learning_rate * (np.log((1.0 - error) / error) + np.log(count - 1.0))
    if not is_last:
        boosting.reweigh(boosted_weight, missed=missed, by=float(weight))
    return float(weight), error


def _boost_numbers(boosting: _Boosting, is_last: bool) -> tuple[float, float] | None:
    """One step of AdaBoost.R2."""
    model, rows = boosting.model, boosting.rows
    # scikit-learn draws the sample behind the seed of the estimator.
    seed = boosting.random_state.randint(np.iinfo(np.int32).max)
    drawn = rows.federation.map(
        drawn_by_weight,
        layout=rows["X"].layout,
        each={party: {"positions": own} for party, own in rows["X"].layout.positions.items()},
        purpose=rows.purpose,
        sample_weight=rows["sample_weight"],
        seed=seed,
        n_samples=len(rows["X"]),
    )
    part = boosting.fit_next(drawn)
    errors = rows.derive(absolute_errors, predicted=apply(part, "predict", rows["X"]))
    counted = rows.only(X=errors)
    largest = float(column_extremes(counted)[1][0])
    if largest != 0:
        errors = counted.derive(relative_errors, largest=largest, loss=model.loss)
    error = float(rows.sum(mean_error, errors=errors)["error"])
    if error <= 0:
        return 1.0, 0.0
    if error >= 0.5:
        if len(model.estimators_) > 1:
            model.estimators_.pop(-1)
        return None
    beta = error / (1.0 - error)
    if not is_last:
        boosting.reweigh(
            discounted_weight, errors=errors, beta=beta, rate=float(model.learning_rate)
        )
    return float(model.learning_rate * np.log(1.0 / beta)), error


# -- at the parties -------------------------------------------------------------------------


@row_op("adaboost.start")
def starting_weight(X: Any, given: Floats | None, total: float) -> Floats:
    """Weights that add up to one over all parties."""
    return (np.ones(X.shape[0]) if given is None else given) / total


@row_op("adaboost.floor")
def floored_weight(sample_weight: Floats, least: float) -> Floats:
    """Weights that are not lost to rounding; those of zero stay."""
    return np.where(sample_weight == 0, 0.0, np.maximum(sample_weight, least))


@row_op("adaboost.scale")
def scaled_weight(sample_weight: Floats, total: float) -> Floats:
    """Weights that add up to one again."""
    return sample_weight / total


@party_op("adaboost.weight")
def weight_sum(sample_weight: Floats) -> Statistics:
    """The sum of the weights."""
    return {"weight": sample_weight.sum()}


@row_op("adaboost.missed")
def missed_labels(y: Any, predicted: Any, classes: Array) -> npt.NDArray[np.bool_]:
    """Whether the predicted, or the likeliest, class is not the row's own."""
    found = np.asarray(predicted)
    if found.ndim == 2:
        found = classes.take(found.argmax(axis=1)) if len(found) else np.asarray(y)
    return np.asarray(found != np.asarray(y))


@party_op("adaboost.missed_weight")
def missed_weight(sample_weight: Floats, missed: Any) -> Statistics:
    """The weight of missed rows, and of all."""
    return {"missed": sample_weight[missed].sum(), "weight": sample_weight.sum()}


@row_op("adaboost.boost")
def boosted_weight(sample_weight: Floats, missed: Any, by: float) -> Floats:
    """More weight for missed rows."""
    with np.errstate(divide="ignore"):
        raised = np.log(sample_weight) + by * missed * (sample_weight > 0)
    return np.asarray(np.exp(raised))


@row_op("adaboost.smooth_boost")
def smoothly_boosted(
    y: Any, sample_weight: Floats, predicted: Floats, classes: Array, learning_rate: float
) -> Floats:
    """More weight for rows whose class was thought unlikely."""
    count = len(classes)
    codes = np.array([-1.0 / (count - 1), 1.0])
    coding = codes.take(classes == np.asarray(y)[:, np.newaxis])
    likely = np.clip(predicted, _EPSILON, None)
    by = -learning_rate * ((count - 1.0) / count) * xlogy(coding, likely).sum(axis=1)
    return np.asarray(sample_weight * np.exp(by * ((sample_weight > 0) | (by < 0))))


@row_op("adaboost.draw")
def drawn_by_weight(
    positions: Integers, sample_weight: Floats, seed: int, n_samples: int
) -> Floats:
    """How often each row is drawn, on average as often as ``n_samples`` times its weight."""
    level = np.random.RandomState(seed).random_sample(n_samples)[positions]
    return np.asarray(stats.poisson.ppf(level, sample_weight * n_samples), dtype=np.float64)


@row_op("adaboost.errors")
def absolute_errors(y: Any, sample_weight: Floats, predicted: Any) -> Floats:
    """Absolute errors as a table of one column; NaN for rows of weight zero."""
    errors = np.abs(np.asarray(predicted, dtype=np.float64) - np.asarray(y, dtype=np.float64))
    return np.where(sample_weight > 0, errors, np.nan)[:, np.newaxis]


@row_op("adaboost.relative_errors")
def relative_errors(X: Floats, largest: float, loss: str) -> Floats:
    """Errors from zero to one."""
    errors = X / largest
    if loss == "square":
        return errors**2
    return 1.0 - np.exp(-errors) if loss == "exponential" else errors


@party_op("adaboost.mean_error")
def mean_error(sample_weight: Floats, errors: Floats) -> Statistics:
    """The weighted sum of errors."""
    counted = sample_weight > 0
    return {"error": sample_weight[counted] @ errors[counted, 0]}


@row_op("adaboost.discount")
def discounted_weight(sample_weight: Floats, errors: Floats, beta: float, rate: float) -> Floats:
    """Less weight for rows with small errors."""
    change = np.power(beta, (1.0 - np.where(np.isnan(errors[:, 0]), 0.0, errors[:, 0])) * rate)
    return np.where(sample_weight > 0, sample_weight * change, sample_weight)
