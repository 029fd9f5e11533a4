"""Transformers that look at one column at a time: each party fits scikit-learn's own on its
columns, and nothing of it leaves.

A party does not keep the fitted transformer: it is fitted again on the rows of the fit when other
rows are transformed, so that nothing but rows and public parameters has to outlast a message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn import preprocessing
from sklearn.base import clone
from sklearn.feature_selection import VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import FunctionTransformer

from fedruntime.data.array import FedArray
from fedruntime.data.handle import Handle
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.apply import empty_result
from fedruntime.estimators.design import record_features
from fedruntime.estimators.state import export_state, import_state
from fedruntime.estimators.tables import as_pooled
from fedruntime.messages import Public
from fedruntime.operations import Statistics, party_op, row_op
from fedruntime.vertical.aligned import Aligned, Place, owner_of
from fedruntime.vertical.aligned_array import AlignedArray
from fedruntime.vertical.cohort import AlignedCohort
from fedruntime.vertical.registry import Fitted, across_columns

_BY_COLUMN = ("categories",)
"""Parameters that are a list with one entry a column."""

_SOURCE = re.compile(r"(.*?)c(\d+):")


@dataclass(frozen=True)
class FittedOnColumns(Fitted):
    """A transformer and the columns that it was fitted on."""

    model: Any
    fitted_on: Aligned
    stays = True

    def apply(self, method: str, X: Aligned) -> Handle | Aligned:
        if method not in ("transform", "inverse_transform"):
            raise UnsupportedError(
                f"{method} of {type(self.model).__name__} has no counterpart where columns lie at "
                "several parties"
            )
        if X.shape[1] != self.fitted_on.shape[1] or X.parties != self.fitted_on.parties:
            raise UnsupportedError(
                f"{type(self.model).__name__} was fitted on {self.fitted_on!r}: {X!r} has other "
                "columns, or has them elsewhere"
            )
        blocks: list[Handle] = []
        places: list[tuple[tuple[Any, ...], Place]] = []
        for number, (fitted, block) in enumerate(zip(self.fitted_on.blocks, X.blocks, strict=True)):
            columns = X.columns_of[number]
            made, sources = _applied(self._of_block(columns), method, fitted, block)
            blocks.append(made)
            for at, (kind, column) in enumerate(sources):
                places.append(((kind, columns[column], at), (number, at)))
        return AlignedArray(blocks, [place for _, place in sorted(places)])

    def _of_block(self, columns: npt.NDArray[np.intp]) -> Any:
        """The transformer of some of the columns."""
        model = clone(self.model)
        for name in _BY_COLUMN:
            given = model.get_params(deep=False).get(name)
            if isinstance(given, list):
                model.set_params(**{name: [given[at] for at in columns]})
        return model


def _applied(
    model: Any, method: str, fitted_on: Handle, rows: Handle
) -> tuple[FedArray, list[tuple[str, int]]]:
    """A party's columns transformed; for each result column what it is, and of which column."""
    federation, purpose = rows.federation, f"{type(model).__name__}.{method}"
    arguments = {
        "fitted_on": fitted_on,
        "rows": rows,
        "state": export_state(model),
        "method": method,
        "dtypes": rows.facts.dtypes,
    }
    told = federation.collect(describe_columns, purpose=purpose, **arguments)
    found = told[owner_of(rows)]
    empty = {name: found[name] for name in ("kind", "tail", "dtypes")}
    made = federation.map(
        apply_to_columns, layout=rows.layout, purpose=purpose, empty=empty, **arguments
    )
    assert isinstance(made, FedArray)
    sources = zip(found["parts"].tolist(), found["sources"].tolist(), strict=True)
    return made, [(str(part), int(column)) for part, column in sources]


@row_op("across.transform")
def apply_to_columns(
    fitted_on: Any,
    rows: Any,
    state: Public,
    method: str,
    dtypes: Sequence[str],
    empty: Mapping[str, Any],
) -> Any:
    """What a transformer that was fitted on a party's columns makes of these columns of others."""
    if not rows.shape[0]:
        return empty_result(empty)
    return _transformed(fitted_on, rows, state, method, dtypes)[0]


@party_op(
    "across.describe_transformed",
    reveals="how many columns a transformer makes of each column, and their dtype",
)
def describe_columns(
    fitted_on: Any, rows: Any, state: Public, method: str, dtypes: Sequence[str]
) -> Statistics:
    """Shape and dtype of transformed columns, and of which column each was made."""
    if not rows.shape[0]:
        return {}
    result, model = _transformed(fitted_on, rows[:1], state, method, dtypes)
    parts, sources = _sources(model, method, result.shape[1])
    return {
        "kind": np.array("array"),
        "tail": np.array(result.shape[1:], dtype=np.int64),
        "dtypes": np.array([str(result.dtype)]),
        "parts": parts,
        "sources": sources,
    }


def _transformed(
    fitted_on: Any, rows: Any, state: Public, method: str, dtypes: Sequence[str]
) -> tuple[npt.NDArray[Any], Any]:
    model = import_state(state)
    model.fit(_renamed(as_pooled(fitted_on, dtypes)))
    result = getattr(model, method)(_renamed(as_pooled(rows, dtypes)))
    return np.asarray(result.toarray() if sparse.issparse(result) else result), model


def _renamed(rows: Any) -> Any:
    """Columns under names from which it can be told what a transformer makes of each."""
    if not isinstance(rows, pd.DataFrame):
        return rows
    renamed = rows.copy(deep=False)
    renamed.columns = pd.Index(_names(rows.shape[1]))
    return renamed


def _names(count: int) -> list[str]:
    return [f"c{number}:" for number in range(count)]


def _sources(model: Any, method: str, width: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """For each result column which part of the result it belongs to, and of which column it is."""
    if method == "inverse_transform" or not hasattr(model, "get_feature_names_out"):
        return np.full(width, ""), np.arange(width)
    if isinstance(model, FunctionTransformer):
        names = _names(width)
    else:
        names = model.get_feature_names_out(_names(model.n_features_in_))
    found = [_SOURCE.match(name) for name in names]
    return (
        np.array([match[1] if match else "" for match in found]),
        np.array([int(match[2]) if match else at for at, match in enumerate(found)]),
    )


def _fit(model: Any, cohort: AlignedCohort) -> Fitted:
    """Nothing is computed before rows are transformed, and only names are known here."""
    columns: Any = cohort.X
    record_features(model, columns)
    return FittedOnColumns(clone(model), cohort.X)


for _kind in (
    preprocessing.Binarizer,
    preprocessing.MaxAbsScaler,
    preprocessing.MinMaxScaler,
    preprocessing.OneHotEncoder,
    preprocessing.OrdinalEncoder,
    preprocessing.PowerTransformer,
    preprocessing.RobustScaler,
    preprocessing.StandardScaler,
    SimpleImputer,
    VarianceThreshold,
):
    across_columns(_kind, reveals="")(_fit)


@across_columns(preprocessing.KBinsDiscretizer, preprocessing.QuantileTransformer, reveals="")
def fit_with_draws(model: Any, cohort: AlignedCohort) -> Fitted:
    """Fit a transformer that draws rows where there are many.

    Raises
    ------
    UnsupportedError
        If it would draw: each column's draws follow those of the columns before it.
    """
    subsample = getattr(model, "subsample", None)
    if subsample is not None and subsample < len(cohort.X):
        raise UnsupportedError(
            f"{type(model).__name__}(subsample={subsample}) draws from {len(cohort.X)} rows for "
            "one column after the other: set subsample=None"
        )
    return _fit(model, cohort)


@across_columns(FunctionTransformer, reveals="")
def fit_function(model: FunctionTransformer, cohort: AlignedCohort) -> Fitted:
    """Fit a function of single cells.

    Raises
    ------
    UnsupportedError
        For functions of which it is not known that they look at one cell at a time.
    """
    for function in (model.func, model.inverse_func):
        if function is not None and not isinstance(function, np.ufunc):
            raise UnsupportedError(
                "FunctionTransformer across columns takes numpy's element-wise functions, such as "
                f"np.log1p, and not {getattr(function, '__name__', function)!r}, which may join "
                "columns of several parties"
            )
    return _fit(model, cohort)
