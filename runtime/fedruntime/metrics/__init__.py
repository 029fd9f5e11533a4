"""Counterparts of ``sklearn.metrics`` for rows at the parties.

Each takes scikit-learn's arguments and gives what scikit-learn gives for the pooled rows; without
handles it *is* scikit-learn's function. All other names of ``sklearn.metrics`` can be imported
from here, too, so that an import can be moved as a whole; handed a handle, they end in
``RevealError``.
"""

from typing import Any

import sklearn.metrics

from fedruntime.metrics import probabilities, ranking
from fedruntime.metrics.classification import (
    accuracy_score,
    balanced_accuracy_score,
    class_likelihood_ratios,
    classification_report,
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    fbeta_score,
    hamming_loss,
    jaccard_score,
    matthews_corrcoef,
    multilabel_confusion_matrix,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
    zero_one_loss,
)
from fedruntime.metrics.cluster import (
    adjusted_mutual_info_score,
    adjusted_rand_score,
    calinski_harabasz_score,
    completeness_score,
    davies_bouldin_score,
    fowlkes_mallows_score,
    homogeneity_completeness_v_measure,
    homogeneity_score,
    mutual_info_score,
    normalized_mutual_info_score,
    pair_confusion_matrix,
    rand_score,
    v_measure_score,
)
from fedruntime.metrics.cluster.separation import (
    silhouette_samples,  # noqa: F401 - refused, with the alternatives, so no counterpart
    silhouette_score,  # noqa: F401
)
from fedruntime.metrics.decisions import hinge_loss, top_k_accuracy_score
from fedruntime.metrics.deviances import (
    d2_tweedie_score,
    mean_gamma_deviance,
    mean_poisson_deviance,
    mean_tweedie_deviance,
)
from fedruntime.metrics.displays import (
    ConfusionMatrixDisplay,
    DetCurveDisplay,
    PrecisionRecallDisplay,
    RocCurveDisplay,
)
from fedruntime.metrics.label_ranking import (
    coverage_error,
    dcg_score,
    label_ranking_average_precision_score,
    label_ranking_loss,
    ndcg_score,
)
from fedruntime.metrics.probabilities import brier_score_loss, d2_log_loss_score, log_loss
from fedruntime.metrics.quantile_errors import (
    d2_absolute_error_score,
    d2_pinball_score,
    median_absolute_error,
)
from fedruntime.metrics.ranking import (
    average_precision_score,
    det_curve,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)
from fedruntime.metrics.regression import (
    explained_variance_score,
    max_error,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_pinball_loss,
    mean_squared_error,
    mean_squared_log_error,
    r2_score,
    root_mean_squared_error,
    root_mean_squared_log_error,
)

__all__ = [
    "ConfusionMatrixDisplay",
    "DetCurveDisplay",
    "PrecisionRecallDisplay",
    "RocCurveDisplay",
    "accuracy_score",
    "adjusted_mutual_info_score",
    "adjusted_rand_score",
    "average_precision_score",
    "balanced_accuracy_score",
    "brier_score_loss",
    "calinski_harabasz_score",
    "class_likelihood_ratios",
    "classification_report",
    "cohen_kappa_score",
    "completeness_score",
    "confusion_matrix",
    "coverage_error",
    "d2_absolute_error_score",
    "d2_log_loss_score",
    "d2_pinball_score",
    "d2_tweedie_score",
    "davies_bouldin_score",
    "dcg_score",
    "det_curve",
    "explained_variance_score",
    "f1_score",
    "fbeta_score",
    "fowlkes_mallows_score",
    "hamming_loss",
    "hinge_loss",
    "homogeneity_completeness_v_measure",
    "homogeneity_score",
    "jaccard_score",
    "label_ranking_average_precision_score",
    "label_ranking_loss",
    "log_loss",
    "matthews_corrcoef",
    "max_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_gamma_deviance",
    "mean_pinball_loss",
    "mean_poisson_deviance",
    "mean_squared_error",
    "mean_squared_log_error",
    "mean_tweedie_deviance",
    "median_absolute_error",
    "multilabel_confusion_matrix",
    "mutual_info_score",
    "ndcg_score",
    "normalized_mutual_info_score",
    "pair_confusion_matrix",
    "precision_recall_curve",
    "precision_recall_fscore_support",
    "precision_score",
    "r2_score",
    "rand_score",
    "recall_score",
    "roc_auc_score",
    "roc_curve",
    "root_mean_squared_error",
    "root_mean_squared_log_error",
    "top_k_accuracy_score",
    "v_measure_score",
    "zero_one_loss",
]

# Names that only newer versions of scikit-learn have.
for _home, _name in (
    (probabilities, "d2_brier_score"),
    (ranking, "confusion_matrix_at_thresholds"),
):
    if hasattr(_home, _name):
        globals()[_name] = getattr(_home, _name)
        __all__ += [_name]


def __getattr__(name: str) -> Any:
    return getattr(sklearn.metrics, name)
