"""Metrics of the order in which every row's labels or documents are ranked: means of one value a
row, which only needs the row's own labels and scores.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn import metrics

from fedruntime.cohort import Cohort
from fedruntime.counterpart import counterpart
from fedruntime.metrics.row_means import row_mean


def _mean_rank(local: Callable[..., Any]) -> Callable[..., Any]:
    def federated(cohort: Cohort, **options: Any) -> float:
        true, scores = cohort["y_true"], cohort["y_score"]
        # scikit-learn's own errors for shapes and options, from two rows of the same widths.
        local(
            np.resize([1, 0, 0], (2, *true.facts.tail)),
            np.resize([0.5, 1.0, 0.0], (2, *scores.facts.tail)),
            **options,
        )
        return float(row_mean(cohort.replace(y_pred=scores), local.__name__, **options))

    federated.__doc__ = (
        f"``sklearn.metrics.{local.__name__}`` of the pooled rows; reveals the mean and the total\n"
        "weight. Parameters and result are scikit-learn's. Agrees to rounding (relative 1e-15)."
    )
    return counterpart(local, "y_true", "y_score", "sample_weight")(federated)


coverage_error = _mean_rank(metrics.coverage_error)
dcg_score = _mean_rank(metrics.dcg_score)
label_ranking_average_precision_score = _mean_rank(metrics.label_ranking_average_precision_score)
label_ranking_loss = _mean_rank(metrics.label_ranking_loss)
ndcg_score = _mean_rank(metrics.ndcg_score)
