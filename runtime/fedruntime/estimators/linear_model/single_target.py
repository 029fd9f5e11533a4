"""A numeric target of one column, for regressors that take no other."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import DataConversionWarning

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError
from fedruntime.operations import row_op

Floats = npt.NDArray[np.float64]


def single_target(rows: Cohort) -> Handle:
    """The target ``y`` of prepared rows as one number a row.

    Raises
    ------
    DataError
        If it has several columns.
    """
    y = rows["y"]
    if len(y.shape) == 1:
        return y
    if y.shape[1] != 1:
        raise DataError(f"y should be a 1d array, got an array of shape {y.shape} instead.")
    warnings.warn(
        "A column-vector y was passed when a 1d array was expected. Please change the shape of y "
        "to (n_samples, ), for example using ravel().",
        DataConversionWarning,
        stacklevel=2,
    )
    return rows.derive(only_column)


@row_op("single_target.column")
def only_column(y: Floats) -> Floats:
    """The column of a table of one."""
    return y[:, 0]
