"""``OrdinalEncoder``: one number a category."""

from __future__ import annotations

from sklearn.preprocessing import OrdinalEncoder

from fedruntime.cohort import Cohort
from fedruntime.estimators.preprocessing.encoders import fit_encoder
from fedruntime.estimators.registry import Exactness, federated


@federated(
    OrdinalEncoder,
    Exactness.EXACT,
    "union of the parties' categories, revealed by each; summed counts where infrequent ones group",
)
def fit(model: OrdinalEncoder, cohort: Cohort) -> None:
    """Learn the categories of the pooled rows."""
    fit_encoder(model, cohort)
