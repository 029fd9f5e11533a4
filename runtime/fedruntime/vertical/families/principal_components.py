"""``PCA`` across columns: from the moments of all columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA

from fedruntime.data.handle import Handle
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.registry import family_of
from fedruntime.vertical.aligned import Aligned
from fedruntime.vertical.cohort import AlignedCohort
from fedruntime.vertical.loading import label_party
from fedruntime.vertical.registry import Fitted, across_columns
from fedruntime.vertical.scores import Form, gather


@dataclass(frozen=True)
class Projection(Fitted):
    """A fitted ``PCA``, whose projections come together at the label party."""

    model: PCA

    def apply(self, method: str, X: Aligned) -> Handle:
        if method != "transform":
            raise UnsupportedError(f"{method} of PCA has no counterpart across columns")
        model = self.model
        scale = np.sqrt(model.explained_variance_) if model.whiten else 1.0
        directions = (model.components_.T / scale).astype(np.float64)
        start = -np.asarray(model.mean_ @ directions)
        purpose = "PCA.transform"
        return gather(X, label_party(X.federation), Form(directions), start, purpose=purpose)


@across_columns(
    PCA,
    reveals="to the coordinator: means and products of all columns, as sums over all rows",
    parameters={"svd_solver": ("auto", "full", "covariance_eigh")},
)
def fit_pca(model: PCA, cohort: AlignedCohort) -> Fitted:
    """Fit by the solver that scikit-learn would choose.

    Raises
    ------
    UnsupportedError
        If that draws at random.
    """
    rows, columns = cohort.X.shape
    wanted = model.n_components
    few = wanted is not None and not isinstance(wanted, str) and wanted >= 1
    if (
        model.svd_solver == "auto"
        and few
        and max(rows, columns) > 500
        and not (columns <= 1000 and rows >= 10 * columns)
    ):
        raise UnsupportedError(
            "PCA(svd_solver='auto') would draw at random for this shape: set svd_solver='full'"
        )
    family_of(model).fit(model, cohort)
    return Projection(model)
