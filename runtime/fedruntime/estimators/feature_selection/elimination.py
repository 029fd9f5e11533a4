"""scikit-learn's elimination of features on a stand-in for the rows: a public row that holds the
number of each column, and an estimator that fits a federated model on the columns named there. So
which features go in which step is scikit-learn's own decision, version by version.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.feature_selection import RFE
from sklearn.utils import check_array

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError
from fedruntime.estimators import registry
from fedruntime.estimators.tables import FINITE, as_pooled, labelled, require_table
from fedruntime.messages import Array
from fedruntime.operations import row_op

StepScore = Callable[["OnColumns", Array], float]


class OnColumns(BaseEstimator):  # type: ignore[misc]
    """An estimator for numbers of columns: fits a federated model on the columns that they name.

    Parameters
    ----------
    model : estimator
    cohort : Cohort
    """

    def __init__(self, model: Any, cohort: Cohort) -> None:
        self.model = model
        self.cohort = cohort

    def __sklearn_clone__(self) -> OnColumns:
        return OnColumns(clone(self.model), self.cohort)

    def fit(self, numbers: Array, y: Any = None) -> OnColumns:
        columns = numbers[0].astype(int).tolist()
        registry.fit(self.model, self.cohort.replace(X=pick_columns(self.cohort["X"], columns)))
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "model" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self.model, name)


def column_numbers(X: Handle) -> Any:
    """A public row of the numbers of the columns, under the columns' labels.

    Raises
    ------
    DataError
        If the rows are no table.
    """
    require_table(X)
    return labelled(X, np.arange(X.shape[1], dtype=np.float64)[np.newaxis])


def pick_columns(X: Handle, columns: Sequence[int] | Array) -> Handle:
    """Some columns as an array or CSR matrix, which is what scikit-learn's selectors fit on."""
    return X.federation.map(
        as_chosen_columns, rows=X, dtypes=X.facts.dtypes, columns=list(map(int, columns))
    )


def eliminate(
    parameters: dict[str, Any], cohort: Cohort, step_score: StepScore | None = None
) -> RFE:
    """``RFE(**parameters)`` fitted on a cohort, its estimator included.

    Parameters
    ----------
    parameters : dict
    cohort : Cohort
    step_score : callable, optional
        ``(fitted stand-in, columns) -> score`` of each step, which ``RFECV`` asks for.
    """
    on_columns = OnColumns(parameters["estimator"], cohort)
    selector = RFE(**{**parameters, "estimator": on_columns})
    selector._fit(column_numbers(cohort["X"]), np.zeros(1), step_score)
    selector.estimator_ = selector.estimator_.model
    return selector


@row_op("selection.columns")
def as_chosen_columns(rows: Any, dtypes: Sequence[str], columns: Sequence[int]) -> Any:
    """Some columns of a party's rows, as the array that scikit-learn's selectors make of them."""
    try:
        array = check_array(
            as_pooled(rows, dtypes), accept_sparse="csr", ensure_min_samples=0, **{FINITE: False}
        )
    except (ValueError, TypeError):
        # Its text quotes the cell.
        raise DataError("X holds text where numbers are needed; encode it first") from None
    return array[:, columns]
