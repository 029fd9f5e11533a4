"""Counterparts of ``sklearn.metrics`` for rows at the parties.

Each takes scikit-learn's arguments and gives what scikit-learn gives for the pooled rows; without
handles it *is* scikit-learn's function. All other names of ``sklearn.metrics`` can be imported
from here, too, so that an import can be moved as a whole; handed a handle, they end in
``RevealError``.
"""

from typing import Any

import sklearn.metrics

from fedruntime.metrics.classification import (
    accuracy_score,
    balanced_accuracy_score,
    classification_report,
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    fbeta_score,
    jaccard_score,
    matthews_corrcoef,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
)
from fedruntime.metrics.probabilities import log_loss
from fedruntime.metrics.ranking import (
    average_precision_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)
from fedruntime.metrics.regression import (
    mean_absolute_error,
    mean_squared_error,
    r2_score,
    root_mean_squared_error,
)

__all__ = [
    "accuracy_score",
    "average_precision_score",
    "balanced_accuracy_score",
    "classification_report",
    "cohen_kappa_score",
    "confusion_matrix",
    "f1_score",
    "fbeta_score",
    "jaccard_score",
    "log_loss",
    "matthews_corrcoef",
    "mean_absolute_error",
    "mean_squared_error",
    "precision_recall_curve",
    "precision_recall_fscore_support",
    "precision_score",
    "r2_score",
    "recall_score",
    "roc_auc_score",
    "roc_curve",
    "root_mean_squared_error",
]


def __getattr__(name: str) -> Any:
    return getattr(sklearn.metrics, name)
