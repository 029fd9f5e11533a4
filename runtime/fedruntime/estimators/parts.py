"""Parts of models that are made of others: fitted over the parties on the rows of the whole model,
or on rows made of these. Which part gets which rows is each family's business.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.base import clone

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError
from fedruntime.estimators import registry
from fedruntime.estimators.design import as_codes
from fedruntime.messages import Array
from fedruntime.operations import row_op


def fit_part(part: Any, rows: Cohort, name: str) -> Any:
    """A clone of an estimator, fitted on rows; ``name`` is for messages and the ledger."""
    fitted = clone(part)
    registry.fit(fitted, rows.named(f"{rows.purpose}: {name}"))
    return fitted


def take_features_of(model: Any, part: Any) -> None:
    """Record names and number of features as a fitted part has them."""
    for name in ("n_features_in_", "feature_names_in_"):
        if hasattr(part, name):
            setattr(model, name, getattr(part, name))


def take_only(cohort: Cohort, *accepted: str) -> None:
    """Refuse rows that scikit-learn does not pass to the parts without metadata routing.

    Raises
    ------
    DataError
    """
    for name, handle in cohort.rows.items():
        if handle is not None and name not in ("X", "y", *accepted):
            raise DataError(
                f"{cohort.purpose}() does not take {name}: scikit-learn passes it to the parts "
                "with metadata routing only, which has no federated counterpart"
            )


def with_label_numbers(cohort: Cohort, classes: Array) -> Cohort:
    """The same rows with labels as their positions in the sorted classes, as integers."""
    return cohort.replace(y=cohort.derive(label_numbers, classes=classes))


def with_target(cohort: Cohort, number: int) -> Cohort:
    """The same rows with one column of a target of several."""
    return cohort.replace(y=cohort.derive(target_column, number=number))


def beside(cohort: Cohort, blocks: list[Handle]) -> Handle:
    """Arrays of the same rows side by side."""
    return cohort.derive(side_by_side, blocks=blocks)


@row_op("parts.label_numbers")
def label_numbers(y: Any, classes: Array) -> npt.NDArray[np.int64]:
    """Labels as their positions in the sorted classes."""
    return np.asarray(as_codes(y, classes), dtype=np.int64)


@row_op("parts.target_column")
def target_column(y: Any, number: int) -> Array:
    """One column of a target."""
    return np.asarray(y)[:, number]


@row_op("parts.side_by_side")
def side_by_side(blocks: list[Any]) -> Any:
    """Blocks of columns as one array, or CSR matrix if one of them is sparse."""
    columns = [block if sparse.issparse(block) else _as_columns(block) for block in blocks]
    if any(map(sparse.issparse, columns)):
        return sparse.hstack(columns, format="csr")
    return np.hstack(columns)


def _as_columns(block: Any) -> Array:
    array = block.to_numpy() if isinstance(block, pd.DataFrame) else np.asarray(block)
    return array if array.ndim == 2 else array[:, np.newaxis]
