"""Metrics that depend on true and predicted labels only: scikit-learn's own functions, run on a
surrogate that has the same confusion matrix as the rows at the parties.

Counts are exact, so without weights every result is bit-identical to the pooled one. With
fractional weights, sums differ from pooled ones in the last digits (relative 1e-15 a sum).
Targets with one column a label (multilabel indicators) go to ``multilabel``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn import metrics

from fedruntime.cohort import Cohort
from fedruntime.counterpart import counterpart
from fedruntime.metrics import multilabel
from fedruntime.metrics.label_pairs import LabelPairs
from fedruntime.metrics.private_labels import private_label_metric

Metric = Callable[..., Any]


def _of_labels(
    local: Metric, of_indicators: Metric | None = None, counted: Metric | None = None
) -> Metric:
    """The counterpart of a scikit-learn function of true and predicted labels.

    Parameters
    ----------
    local : callable
    of_indicators : callable, optional
        ``(cohort, **options) -> result`` for multilabel indicators, where these are not scored
        label by label.
    counted : callable, optional
        Makes counts, which surrogates have as weights, the integers again that unweighted rows
        are counted as: ``result -> result``.
    """
    true, predicted, *_ = inspect.signature(local).parameters

    def federated(cohort: Cohort, **options: Any) -> Any:
        named = cohort.only(
            y_true=cohort[true],
            y_pred=cohort[predicted],
            sample_weight=cohort.rows.get("sample_weight"),
        )
        if named.federation.budget is not None:
            result = private_label_metric(local, named, options)
        elif not any(multilabel.has_indicators(named[name]) for name in ("y_true", "y_pred")):
            y_true, y_pred, weights = LabelPairs.of(named).surrogate()
            result = local(y_true, y_pred, sample_weight=weights, **options)
        elif of_indicators is not None:
            return of_indicators(named, **options)
        else:
            result = multilabel.label_metric(local, named, options)
        return result if counted is None or named.has("sample_weight") else counted(result)

    federated.__doc__ = (
        f"``sklearn.metrics.{local.__name__}`` of the pooled rows.\n\n"
        f"Parameters and result are scikit-learn's. {true}, {predicted} and sample_weight may be\n"
        "handles; the labels that occur and the summed confusion matrix are then revealed."
    )
    return counterpart(local, true, predicted, "sample_weight")(federated)


def _integer_support(result: tuple[Any, ...]) -> tuple[Any, ...]:
    *scores, support = result
    return (*scores, support if support is None else support.astype(np.int64))


def _integer_counts(matrices: Any) -> Any:
    return matrices.astype(np.int64)


def _integer_report(report: Any) -> Any:
    """The last column of a report is the number of rows."""
    if isinstance(report, dict):
        return report
    return re.sub(r" +(\d+)\.0$", lambda found: f" {found[1]:>9}", report, flags=re.MULTILINE)


def _report_of_indicators(cohort: Cohort, **options: Any) -> Any:
    report = multilabel.without_samples_warnings(
        lambda: multilabel.label_metric(metrics.classification_report, cohort, options)
    )
    if not cohort.has("sample_weight"):
        report = _integer_report(report)
    return multilabel.replace_samples_average(report, cohort, options)


accuracy_score = _of_labels(metrics.accuracy_score, multilabel.subset_accuracy)
balanced_accuracy_score = _of_labels(metrics.balanced_accuracy_score)
class_likelihood_ratios = _of_labels(metrics.class_likelihood_ratios)
classification_report = _of_labels(
    metrics.classification_report, _report_of_indicators, counted=_integer_report
)
cohen_kappa_score = _of_labels(metrics.cohen_kappa_score)
confusion_matrix = _of_labels(metrics.confusion_matrix)
f1_score = _of_labels(metrics.f1_score)
fbeta_score = _of_labels(metrics.fbeta_score)
hamming_loss = _of_labels(metrics.hamming_loss, multilabel.hamming_loss)
jaccard_score = _of_labels(metrics.jaccard_score)
matthews_corrcoef = _of_labels(metrics.matthews_corrcoef)
multilabel_confusion_matrix = _of_labels(
    metrics.multilabel_confusion_matrix, counted=_integer_counts
)
precision_recall_fscore_support = _of_labels(
    metrics.precision_recall_fscore_support, counted=_integer_support
)
precision_score = _of_labels(metrics.precision_score)
recall_score = _of_labels(metrics.recall_score)
zero_one_loss = _of_labels(metrics.zero_one_loss, multilabel.subset_loss, counted=float)
