"""Metrics of multilabel indicators, from sums over rows: for each label how often it is true,
predicted and both; for each row only sums of its own scores.

Metrics of labels are scikit-learn's own functions, run on a surrogate with the same counts of each
label, so without weights they are bit-identical to pooled ones. Means over rows
(``average="samples"``) agree to rounding.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from fedruntime.caller import where
from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError, RevealError
from fedruntime.messages import Array
from fedruntime.metrics.weights import has_integer_weights, sample_weights
from fedruntime.operations import Statistics, party_op

MEASURES = ("precision", "recall", "f-score", "jaccard")
"""Scores of a single row, in the order in which ``sample_scores`` sums them."""


def has_indicators(rows: Handle) -> bool:
    """Whether a target has one column a label."""
    return rows.facts.kind == "sparse" or (rows.ndim == 2 and rows.shape[1] > 1)


@dataclass(frozen=True)
class LabelTotals:
    """Counts, or total weights, over all rows.

    Parameters
    ----------
    both, true, predicted : ndarray of shape (n_labels,)
        Of rows in which the label is true and predicted, true, predicted.
    equal : ndarray of shape ()
        Of rows in which all labels are as predicted.
    weight : ndarray of shape ()
        Of all rows.
    """

    both: Array
    true: Array
    predicted: Array
    equal: Array
    weight: Array

    @classmethod
    def of(cls, cohort: Cohort) -> LabelTotals:
        integers = not cohort.has("sample_weight") or has_integer_weights(cohort)
        return cls(**cohort.sum(label_totals, integers=integers))

    def surrogate(self) -> tuple[Array, Array, Array]:
        """True and predicted indicators, and weights, with the same totals of each label.

        One row a label and kind of agreement, in which no other label occurs, and a row without
        labels whose weight makes up the total.
        """
        label, nothing = np.eye(len(self.both), dtype=np.int64), np.zeros_like(self.both)
        missed, wrong = self.true - self.both, self.predicted - self.both
        weights = np.concatenate([self.both, missed, wrong])
        empty = np.zeros((len(label), len(label)), dtype=np.int64)
        rows = np.flatnonzero(weights)
        return (
            np.vstack([np.concatenate([label, label, empty])[rows], nothing]).astype(np.int64),
            np.vstack([np.concatenate([label, empty, label])[rows], nothing]).astype(np.int64),
            np.append(weights[rows], self.weight - weights.sum()),
        )


@dataclass(frozen=True)
class SampleScores:
    """Scores of single rows, summed over all rows.

    Parameters
    ----------
    totals : ndarray of shape (4,)
        Weighted sums of each of ``MEASURES`` over the rows for which it is defined.
    undefined : ndarray of shape (4,)
        The weight of the other rows.
    weight : ndarray of shape ()
        Of all rows.
    kinds : ndarray of int64, shape (2, 2)
        How many rows have no or some true labels (first axis) and predicted ones.
    """

    totals: Array
    undefined: Array
    weight: Array
    kinds: Array

    @classmethod
    def of(cls, cohort: Cohort, labels: Array | None, beta: float) -> SampleScores:
        return cls(**cohort.sum(sample_scores, labels=labels, beta=beta))

    def means(self, zero_division: Any) -> Array:
        """Each measure's mean, where undefined ones count as ``zero_division`` says."""
        instead = 0.0 if isinstance(zero_division, str) else float(zero_division)
        with np.errstate(invalid="ignore"):
            if np.isnan(instead):
                return np.asarray(self.totals / (self.weight - self.undefined))
            return np.asarray((self.totals + instead * self.undefined) / self.weight)

    def surrogate(self, n_labels: int) -> tuple[Array, Array]:
        """Indicators of which scikit-learn says what it would say of all rows: one row, or two
        where there are several, of each kind that occurs.
        """
        kinds = np.argwhere(self.kinds).repeat(2 if self.kinds.sum() > 1 else 1, axis=0)
        some = np.ones(n_labels, dtype=np.int64)
        return np.outer(kinds[:, 0], some), np.outer(kinds[:, 1], some)


def label_metric(local: Callable[..., Any], cohort: Cohort, options: dict[str, Any]) -> Any:
    """A metric of labels or, with ``average="samples"``, a mean over rows."""
    _require_one_width(cohort)
    if options.get("average") == "samples":
        return _mean_of_samples(local, cohort, options)
    if options.get("samplewise"):
        raise RevealError(
            f"{where()}{local.__name__}(samplewise=True) gives one matrix a row, and rows stay at "
            "the parties: leave samplewise out, or use a score with average='samples'"
        )
    true, predicted, weights = LabelTotals.of(cohort).surrogate()
    return local(true, predicted, sample_weight=weights, **options)


def _mean_of_samples(local: Callable[..., Any], cohort: Cohort, options: dict[str, Any]) -> Any:
    measure, beta = _measure(local.__name__, options)
    labels = options.get("labels")
    n_labels = cohort["y_true"].shape[1]
    # Options are scikit-learn's to judge before they travel.
    local(np.ones((2, n_labels), dtype=int), np.ones((2, n_labels), dtype=int), **options)
    given = None if labels is None else np.asarray(labels)
    scores = SampleScores.of(cohort, given, beta)
    rehearsed = local(*scores.surrogate(n_labels), **options)
    means = scores.means(options.get("zero_division", "warn"))
    if measure is None:
        kinds = (type(one) for one in rehearsed[:3])
        return (*(kind(mean) for kind, mean in zip(kinds, means[:3], strict=True)), None)
    return type(rehearsed)(means[MEASURES.index(measure)])


def _measure(name: str, options: Mapping[str, Any]) -> tuple[str | None, float]:
    """The measure that a function averages, None for all but the last, and its beta."""
    if name == "precision_recall_fscore_support":
        return None, float(options.get("beta", 1.0))
    measure = {"precision_score": "precision", "recall_score": "recall", "jaccard_score": "jaccard"}
    return measure.get(name, "f-score"), float(options.get("beta", 1.0))


def subset_accuracy(cohort: Cohort, normalize: bool = True) -> float:
    """``accuracy_score``: the share of rows in which all labels are as predicted."""
    _require_one_width(cohort)
    totals = LabelTotals.of(cohort)
    return float(totals.equal / totals.weight if normalize else totals.equal)


def subset_loss(cohort: Cohort, normalize: bool = True) -> float:
    """``zero_one_loss``: the share of rows in which some label is not as predicted."""
    _require_one_width(cohort)
    totals = LabelTotals.of(cohort)
    if normalize:
        return 1 - float(totals.equal / totals.weight)
    return float(totals.weight - totals.equal)


def hamming_loss(cohort: Cohort) -> float:
    """The share of labels that are not as predicted."""
    _require_one_width(cohort)
    totals = LabelTotals.of(cohort)
    differences = (totals.true + totals.predicted - 2 * totals.both).sum()
    return float(differences / (totals.weight * len(totals.both)))


def replace_samples_average(report: Any, cohort: Cohort, options: Mapping[str, Any]) -> Any:
    """A classification report whose line of means over rows, made of a surrogate, is put right."""
    labels = options.get("labels")
    given = None if labels is None else np.asarray(labels)
    scores = SampleScores.of(cohort, given, beta=1.0)
    means = scores.means(options.get("zero_division", "warn"))[:3]
    if isinstance(report, dict):
        names = ("precision", "recall", "f1-score")
        report["samples avg"].update(zip(names, map(float, means), strict=True))
        return report
    lines = report.split("\n")
    last = lines[-2]
    heading, support = last[: last.index("samples avg") + 11], last.rsplit(maxsplit=1)[-1]
    digits = options.get("digits", 2)
    numbers = "".join(f" {mean:>9.{digits}f}" for mean in means)
    return "\n".join([*lines[:-2], f"{heading} {numbers} {support:>9}", ""])


def _require_one_width(cohort: Cohort) -> None:
    true, predicted = cohort["y_true"], cohort["y_pred"]
    if has_indicators(true) != has_indicators(predicted):
        kinds = [
            "multilabel-indicator" if has_indicators(rows) else "multiclass"
            for rows in (true, predicted)
        ]
        raise DataError(
            f"{where()}Classification metrics can't handle a mix of {kinds[0]} and {kinds[1]} "
            "targets"
        )
    if true.shape != predicted.shape:
        raise DataError(f"{where()}y_true has {true.shape[1]} labels, y_pred {predicted.shape[1]}")


# -- at the parties -------------------------------------------------------------------------


@party_op("metrics.label_totals", counts=("both", "true", "predicted"))
def label_totals(y_true: Any, y_pred: Any, integers: bool, sample_weight: Any = None) -> Statistics:
    """What ``LabelTotals`` holds, of a party's rows."""
    true, predicted = _indicators(y_true, "y_true"), _indicators(y_pred, "y_pred")
    weights = sample_weights(sample_weight, len(true))
    if integers:
        weights = weights.astype(np.int64)
    return {
        "both": weights @ (true & predicted),
        "true": weights @ true,
        "predicted": weights @ predicted,
        "equal": weights @ (true == predicted).all(axis=1),
        "weight": weights.sum(),
    }


@party_op("metrics.sample_scores", counts=("kinds",))
def sample_scores(
    y_true: Any, y_pred: Any, labels: Any, beta: float, sample_weight: Any = None
) -> Statistics:
    """What ``SampleScores`` holds, of a party's rows."""
    true, predicted = _indicators(y_true, "y_true"), _indicators(y_pred, "y_pred")
    if labels is not None:
        true, predicted = true[:, labels], predicted[:, labels]
    weights = sample_weights(sample_weight, len(true))
    n_both, n_true, n_predicted = (
        rows.sum(axis=1).astype(np.float64) for rows in (true & predicted, true, predicted)
    )
    fractions = {
        "precision": (n_both, n_predicted),
        "recall": (n_both, n_true),
        "jaccard": (n_both, n_true + n_predicted - n_both),
    }
    if np.isinf(beta):
        fractions["f-score"] = fractions["recall"]
    else:
        fractions["f-score"] = ((1 + beta**2) * n_both, beta**2 * n_true + n_predicted)
    totals, undefined = np.zeros(len(MEASURES)), np.zeros(len(MEASURES))
    for place, measure in enumerate(MEASURES):
        above, below = fractions[measure]
        defined = below != 0
        totals[place] = weights[defined] @ (above[defined] / below[defined])
        undefined[place] = weights[~defined].sum()
    kinds = np.bincount(2 * (n_true > 0) + (n_predicted > 0), minlength=4).reshape(2, 2)
    return {"totals": totals, "undefined": undefined, "weight": weights.sum(), "kinds": kinds}


def _indicators(rows: Any, name: str) -> Array:
    """Booleans of shape (n_samples, n_labels)."""
    values = rows.toarray() if sparse.issparse(rows) else np.asarray(rows)
    if values.dtype.kind not in "biuf" or not np.isin(values, (0, 1)).all():
        raise DataError(
            f"{name} has several columns but is no multilabel indicator of zeros and ones: "
            "multiclass-multioutput is not supported"
        )
    return np.asarray(values != 0)


def without_samples_warnings(call: Callable[[], Any]) -> Any:
    """What a call gives, with its warnings but those about single rows of a surrogate."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = call()
    for entry in caught:
        if " samples with no " not in str(entry.message):
            warnings.warn(entry.message, entry.category, stacklevel=2)
    return result
