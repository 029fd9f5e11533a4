"""``EllipticEnvelope``: ``MinCovDet`` with a threshold that a given part of the rows exceeds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from sklearn.covariance import EllipticEnvelope

from fedruntime import metrics
from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError
from fedruntime.estimators.apply import apply
from fedruntime.estimators.covariance.min_cov_det import HOW, robust_fit
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.operations import row_op
from fedruntime.order_statistics import quantiles

Floats = npt.NDArray[np.float64]


def accuracy(model: EllipticEnvelope, cohort: Cohort) -> float:
    """The mean accuracy of the predicted -1 and 1, as ``EllipticEnvelope.score`` gives it."""
    if not cohort.has("y"):
        raise DataError(f"{cohort.purpose} requires y to be passed: labels of 1 and -1")
    predicted = apply(model, "predict", cohort["X"])
    weight = cohort.rows.get("sample_weight")
    return float(metrics.accuracy_score(cohort["y"], predicted, sample_weight=weight))


@federated(EllipticEnvelope, Exactness.STATISTICAL, HOW, score=accuracy)
def fit_elliptic_envelope(model: EllipticEnvelope, cohort: Cohort) -> Mapping[str, Handle]:
    """Fit as ``EllipticEnvelope.fit``: errors are those of ``MinCovDet``."""
    rows = robust_fit(model, cohort)
    distances = cohort.only(X=rows["dist_"])
    negated = distances.only(X=distances.derive(negated_column))
    share = 100.0 * model.contamination / 100.0
    model.offset_ = np.float64(quantiles(negated, [share])[0, 0])
    return rows


@row_op("elliptic_envelope.negated")
def negated_column(X: Floats) -> Floats:
    """Negated numbers of one a row as a table of one column."""
    return -X[:, np.newaxis]
