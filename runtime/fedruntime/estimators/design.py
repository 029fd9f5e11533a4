"""The design of a fit: rows validated and converted once, at the parties, into the plain float64
arrays that statistics are computed from; the class labels of a target; the feature names that a
fitted model records. What is computed from these arrays is the families' business.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.utils import check_array

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.tables import FINITE, columns_text, require_table
from fedruntime.messages import Array
from fedruntime.operations import Operation, Statistics, party_op, row_op

Target = Literal["none", "numeric", "labels"]
Floats = npt.NDArray[np.float64]

_CONVERSION: dict[str, Any] = {
    "dtype": np.float64,
    "order": "C",
    FINITE: False,
    "ensure_min_samples": 0,
}


def prepare(
    cohort: Cohort,
    *,
    target: Target = "none",
    finite: bool = True,
    classes: Array | None = None,
    accept_sparse: bool = False,
) -> Cohort:
    """The same fit on validated float64 rows.

    Arithmetic is in float64 whatever the input: float32 rows are converted, where pooled
    scikit-learn keeps single precision in places. Rows that are float64 and C-contiguous already
    are not copied.

    Parameters
    ----------
    cohort : Cohort
        With ``X``, and ``y`` and ``sample_weight`` where the fit has them.
    target : {"none", "numeric", "labels"}
        What ``y`` becomes: it is dropped, float64 of its own shape, or the float64 positions of
        its labels in ``classes``, as the losses of scikit-learn take them.
    finite : bool
        Whether NaN and infinity in ``X`` are refused.
    classes : ndarray, optional
        Sorted labels; by default ``classes_of(cohort)``.
    accept_sparse : bool
        Whether a sparse ``X`` stays sparse (as CSR) or is refused.

    Raises
    ------
    DataError
        If rows do not fit; names the party and the column, and never quotes a cell.
    UnsupportedError
        For a sparse ``X`` where the fit takes dense rows only.
    """
    require_table(cohort["X"])
    if not accept_sparse:
        _refuse_sparse(cohort)
    derived: dict[str, tuple[Operation, dict[str, Any]]] = {"X": (as_features, {"finite": finite})}
    if target == "numeric":
        _require_target(cohort)
        derived["y"] = as_targets, {}
    elif target == "labels":
        _require_target(cohort)
        labels = classes_of(cohort) if classes is None else classes
        derived["y"] = as_codes, {"classes": labels}
    if cohort.has("sample_weight"):
        derived["sample_weight"] = as_weights, {}
    return cohort.replace(**{"y": None, "sample_weight": None, **cohort.derive_together(**derived)})


def classes_of(cohort: Cohort) -> Array:
    """The sorted distinct labels of ``y`` over all parties; each party's own are revealed.

    Raises
    ------
    DataError
        If labels are missing, continuous, or of mixed types at a party or between parties.
    """
    _require_target(cohort)
    found = cohort.union(distinct_labels)
    if len(found["numbers"]) and len(found["strings"]):
        raise DataError(
            "the labels in y are numbers at one party and strings at another: "
            "give them one type in the script, for example by y.astype(str)"
        )
    return found["strings"] if len(found["strings"]) else found["numbers"]


def require_two_classes(classes: Array) -> None:
    """Refuse a target with one class, in scikit-learn's words.

    Raises
    ------
    DataError
    """
    if len(classes) < 2:
        raise DataError(
            "This solver needs samples of at least 2 classes in the data, but the data contains "
            f"only one class: {classes[0]!r}"
        )


def record_features(model: Any, X: Handle) -> None:
    """Set ``n_features_in_``, and ``feature_names_in_`` where all columns have string names.

    Raises
    ------
    DataError
        If some column names are strings and others are not, which scikit-learn refuses, too.
    """
    model.n_features_in_ = int(X.shape[1])
    columns = X.facts.columns or ()
    named = [isinstance(column, str) for column in columns]
    if any(named) and not all(named):
        raise DataError(
            "Feature names are only supported if all input features have string names: "
            "use X.columns = X.columns.astype(str)"
        )
    if named:
        model.feature_names_in_ = np.asarray(columns, dtype=object)
    elif hasattr(model, "feature_names_in_"):
        del model.feature_names_in_


def _refuse_sparse(cohort: Cohort) -> None:
    if cohort["X"].facts.kind == "sparse":
        raise UnsupportedError(
            f"{cohort.purpose} has no federated counterpart for a sparse X, which scikit-learn "
            "fits by another, iterative solver; use X.toarray()"
        )


def _require_target(cohort: Cohort) -> None:
    if not cohort.has("y"):
        raise DataError(f"{cohort.purpose} requires y to be passed, but the target y is None")


@row_op("design.features")
def as_features(X: Any, finite: bool) -> Any:
    """Features as a float64 C-contiguous array, or CSR matrix."""
    try:
        converted = check_array(X, accept_sparse="csr", **_CONVERSION)
    except (ValueError, TypeError):
        # Its text quotes the cell.
        raise DataError(_no_number(X, "X")) from None
    if finite:
        _refuse_missing(converted, X, "X")
    return converted


@row_op("design.targets")
def as_targets(y: Any) -> Floats:
    """A numeric target as float64, 1-D or 2-D as it was."""
    try:
        converted = check_array(y, ensure_2d=False, **_CONVERSION)
    except (ValueError, TypeError):
        raise DataError(_no_number(y, "y")) from None
    _refuse_missing(converted, y, "y")
    return np.asarray(converted)


@row_op("design.weights")
def as_weights(sample_weight: Any) -> Floats:
    """Sample weights as float64, 1-D."""
    try:
        weights = np.asarray(sample_weight, dtype=np.float64)
    except (ValueError, TypeError):
        raise DataError(_no_number(sample_weight, "sample_weight")) from None
    if weights.ndim != 1:
        raise DataError("Sample weights must be 1D array or scalar")
    _refuse_missing(weights, sample_weight, "sample_weight")
    if (weights < 0).any():
        raise DataError("Negative values in data passed to `sample_weight`")
    return np.ascontiguousarray(weights)


@row_op("design.codes")
def as_codes(y: Any, classes: Array) -> Floats:
    """Labels as their positions in the sorted classes, in float64."""
    labels = _labels(y)
    codes = pd.Index(classes).get_indexer(labels)
    if (codes < 0).any():
        raise DataError("y holds labels that are not among the classes of the fit")
    return np.asarray(codes, dtype=np.float64)


@party_op("design.labels", reveals="the distinct labels")
def distinct_labels(y: Any) -> Statistics:
    """The distinct labels at a party: numbers, or strings."""
    labels = _labels(y)
    text = labels.dtype.kind in "OUS"
    # Hashing before sorting is cheaper, but makes objects of fixed-width strings.
    distinct = np.unique(labels if labels.dtype.kind in "US" else pd.unique(labels))
    # Booleans and the shortest string are neutral to numpy's promotion of types.
    return {
        "numbers": np.empty(0, dtype=bool) if text or not len(distinct) else distinct,
        "strings": distinct if text and len(distinct) else np.empty(0, dtype="U1"),
    }


def _labels(y: Any) -> Array:
    """A target of labels as a 1-D array of numbers, or of strings alone."""
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise DataError(f"y should be a 1d array, got {labels.ndim} dimensions instead")
    if labels.dtype.kind == "O":
        return _boxed_labels(labels)
    if labels.dtype.kind == "f":
        if not np.isfinite(labels).all():
            raise DataError(f"Input y contains {_fault(labels)}")
        if (labels != np.trunc(labels)).any():
            raise DataError(
                "Unknown label type: continuous. Maybe you are trying to fit a classifier, which "
                "expects discrete classes on a regression target with continuous values."
            )
    return labels


def _boxed_labels(labels: Array) -> Array:
    if pd.isna(labels).any():
        raise DataError("Input y contains NaN")
    texts = sum(isinstance(label, str) for label in labels)
    if texts == len(labels):
        return labels
    if texts:
        raise DataError(
            "the labels in y are numbers and strings mixed: give them one type in the script, "
            "for example by y.astype(str)"
        )
    return _labels(np.array(labels.tolist()))


def _refuse_missing(converted: Any, given: Any, name: str) -> None:
    values = converted.data if sparse.issparse(converted) else converted
    # One pass in the common case; an overflow of the sum is settled by the second look.
    with np.errstate(over="ignore", invalid="ignore"):
        total = values.sum()
    if np.isfinite(total) or np.isfinite(values).all():
        return
    message = f"Input {name} contains {_fault(values)}"
    if converted.ndim == 2:
        bad = ~np.isfinite(values)
        columns = converted.indices[bad] if sparse.issparse(converted) else np.nonzero(bad)[1]
        message += f" in {columns_text(given, np.unique(columns))}"
    raise DataError(f"{message}; fill or drop such rows in the script before the fit")


def _fault(values: Array) -> str:
    return "NaN" if np.isnan(values).any() else "infinity"


def _no_number(given: Any, name: str) -> str:
    """Which columns of rows that cannot be converted are to blame."""
    if isinstance(given, pd.DataFrame):
        columns = [given.iloc[:, number] for number in range(given.shape[1])]
    elif isinstance(given, np.ndarray) and given.ndim == 2:
        columns = list(given.T)
    else:
        return f"{name} holds values that are not numbers; encode them before the fit"
    bad = [number for number, column in enumerate(columns) if not _is_numeric(column)]
    return (
        f"{name} holds values that are not numbers in {columns_text(given, bad)}; encode them first"
    )


def _is_numeric(column: Any) -> bool:
    try:
        check_array(column, ensure_2d=False, **_CONVERSION)
    except (ValueError, TypeError):
        return False
    return True
