"""Fitted models at the parties: each runs scikit-learn's own method on its rows.

How a model crosses is written in ``state``; which methods ``FLModel`` offers, there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import sklearn
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectFromModel
from sklearn.pipeline import Pipeline
from sklearn.utils import validation
from sklearn.utils.validation import check_is_fitted

from fedruntime.data.facts import Facts, facts_of
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.state import export_state, import_state
from fedruntime.estimators.tables import as_pooled, example
from fedruntime.messages import Public
from fedruntime.operations import Statistics, party_op, row_op


def apply(model: Any, method: str, rows: Handle, **options: Any) -> Handle:
    """Run a method of a fitted model on rows that stay at the parties.

    Parameters
    ----------
    model : estimator
    method : str
        Such as ``predict`` or ``transform``.
    rows : Handle
    **options
        Further arguments of the method, public ones.

    Returns
    -------
    Handle
        Of what the method returns, row for row. A party without rows gets an empty part of the
        same kind.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    DataError
        If the rows' columns are not those of the fit.
    """
    _require_fitted(model)
    if method not in _ON_RESULTS:
        _check_features(model, rows)
    arguments = {
        "rows": rows,
        "state": export_state(model),
        "method": method,
        "options": options,
        "dtypes": rows.facts.dtypes,
        "output": sklearn.get_config()["transform_output"],
    }
    federation, purpose = rows.federation, f"{type(model).__name__}.{method}"
    if all(rows.facts.rows):
        return federation.map(run_method, purpose=purpose, **arguments)
    described = federation.collect(describe_result, purpose=purpose, **arguments)
    found = next((dict(facts) for facts in described.values() if facts), None)
    if found is None:
        raise DataError("Found array with 0 sample(s) over all parties; a minimum of 1 is required")
    return federation.map(run_method, purpose=purpose, empty=found, **arguments)


@row_op("estimator.apply")
def run_method(
    rows: Any,
    state: Public,
    method: str,
    options: Mapping[str, Any],
    dtypes: Sequence[str],
    output: str,
    empty: Mapping[str, Any] | None = None,
) -> Any:
    """A method of a model on a party's rows; without rows, an empty result as ``empty`` says."""
    if empty is not None and not rows.shape[0]:
        return empty_result(empty)
    model, rows = import_state(state), as_pooled(rows, dtypes)
    if method not in _ON_RESULTS:
        rows = _matched(model, rows)
    try:
        with sklearn.config_context(transform_output=output):
            result = getattr(model, method)(rows, **options)
    except (ValueError, TypeError) as error:
        for pattern, message in _QUOTING:
            found = re.search(pattern, str(error))
            if found:
                raise DataError(message.format(*found.groups())) from None
        raise
    if isinstance(result, tuple | list):
        raise UnsupportedError(
            f"{' with '.join([method, *options])} gives several results, which has no federated "
            "counterpart: use predict, or the parts of the model one by one"
        )
    return result


@party_op("estimator.describe", reveals="shape and dtypes of a result", facts=True)
def describe_result(
    rows: Any,
    state: Public,
    method: str,
    options: Mapping[str, Any],
    dtypes: Sequence[str],
    output: str,
) -> Statistics:
    """Kind, shape and columns of a method's result, found on one row; nothing without rows."""
    if not rows.shape[0]:
        return {}
    facts = facts_of(run_method(rows[:1], state, method, options, dtypes, output))
    columns = facts["columns"]
    described = {
        "kind": np.array(facts["kind"]),
        "tail": np.array(facts["tail"], dtype=np.int64),
        "dtypes": np.array(facts["dtypes"], dtype=str),
    }
    if columns is not None:
        described["columns"] = np.empty(len(columns), dtype=object)
        described["columns"][:] = columns
    return described


# Methods that take what other methods gave, not rows with the columns of the fit.
_ON_RESULTS = frozenset({"inverse_transform"})

# Messages of scikit-learn that quote cells, and what may leave a party instead.
_QUOTING = (
    (
        r"Found unknown categories .* in column (\d+) during transform",
        "column {0} of what the encoder was given holds categories that were not seen in fit; "
        "handle_unknown= says how to encode them",
    ),
    (
        r"np.nan is an invalid document",
        "np.nan is an invalid document, expected byte or unicode string; fill or drop such rows",
    ),
    (r"previously unseen labels", "y holds labels that were not seen in fit"),
    (
        r"could not convert string to float|Cannot use .* strategy with non-numeric data",
        "X holds text where numbers are needed; encode it first",
    ),
)


def empty_result(described: Mapping[str, Any]) -> Any:
    """What a method gives where there are no rows, as ``describe_result`` described it."""
    kind, dtypes = str(described["kind"]), [str(dtype) for dtype in described["dtypes"]]
    shape = (0, *(int(extent) for extent in described["tail"]))
    if kind == "frame":
        frame = pd.DataFrame(
            {number: pd.Series(dtype=dtype) for number, dtype in enumerate(dtypes)}
        )
        frame.columns = pd.Index(described["columns"])
        return frame
    if kind == "series":
        return pd.Series(dtype=dtypes[0], name=described["columns"][0])
    array = np.empty(shape, dtype=dtypes[0])
    return sparse.csr_matrix(array) if kind == "sparse" else array


def _require_fitted(model: Any) -> None:
    # A pipeline is fitted once its last step is; scikit-learn 1.5 stumbles over "passthrough".
    while isinstance(model, Pipeline):
        steps = _steps(model)
        if not steps:
            return
        model = steps[-1]
    if not _works_unfitted(model):
        check_is_fitted(model)


def _works_unfitted(model: Any) -> bool:
    """Whether a model has nothing to learn, or is given what it would learn."""
    if isinstance(model, SelectFromModel):
        return bool(model.prefit)
    if isinstance(model, CountVectorizer):
        return model.vocabulary is not None and not isinstance(model, TfidfVectorizer)
    return isinstance(model, FeatureHasher | HashingVectorizer)


def _steps(model: Pipeline) -> list[Any]:
    return [step for _, step in model.steps if step not in (None, "passthrough")]


# -- names and numbers of features ----------------------------------------------------------


def _entry(model: Any) -> Any:
    """The estimator that meets the rows first; None if none looks at them."""
    while isinstance(model, Pipeline):
        steps = _steps(model)
        if not steps:
            return None
        model = steps[0]
    return model


def _check_features(model: Any, rows: Handle) -> None:
    """Names and number of the columns, checked once and with scikit-learn's own messages."""
    entry = _entry(model)
    # A ColumnTransformer picks its columns by name from wider tables, too.
    if not hasattr(entry, "n_features_in_") or isinstance(entry, ColumnTransformer):
        return
    if rows.ndim != 2:
        raise DataError(
            f"Expected 2D array, got {rows.ndim}D array instead: reshape X, for example by "
            "X.reshape(-1, 1) if it has a single feature"
        )
    X = example(_narrow(rows.facts))
    for name in ("_check_feature_names", "_check_n_features"):
        # scikit-learn 1.6 made functions of these methods.
        check: Callable[..., None] | None = getattr(validation, name, None)
        try:
            if check is None:
                getattr(entry, name)(X, reset=False)
            else:
                check(entry, X, reset=False)
        except ValueError as error:
            raise DataError(str(error)) from None


def _narrow(facts: Facts) -> Facts:
    """The same columns without their dtypes."""
    kind = "array" if facts.columns is None else "frame"
    return replace(facts, kind=kind, dtypes=("float64",) * len(facts.dtypes))


def _matched(model: Any, rows: Any) -> Any:
    """Rows without column names that the model does not know, or the model without those that the
    rows do not have: the difference has been reported.
    """
    entry = _entry(model)
    if isinstance(entry, ColumnTransformer) or not hasattr(entry, "n_features_in_"):
        return rows
    named = hasattr(entry, "feature_names_in_")
    if isinstance(rows, pd.DataFrame) and not named:
        return rows.to_numpy()
    if named and not isinstance(rows, pd.DataFrame):
        del entry.feature_names_in_
    return rows
