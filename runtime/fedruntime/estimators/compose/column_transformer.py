"""``ColumnTransformer``: every transformer fitted on its own columns, cut out at the parties.

Which columns these are is decided on a public table with the columns and dtypes of the rows and
none of their values, by scikit-learn's own rules.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import sklearn
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils._set_output import _get_output_config

from fedruntime.cohort import Cohort
from fedruntime.data.facts import Facts
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.apply import apply
from fedruntime.estimators.design import record_features
from fedruntime.estimators.fit_transform import fit_transform
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.state import export_state, import_state
from fedruntime.estimators.tables import example, require_table, table
from fedruntime.messages import Public
from fedruntime.operations import Columns, Statistics, party_op, row_op


def transformers_of(model: ColumnTransformer) -> list[tuple[str, Any]]:
    """The transformers that are fitted, by name."""
    named = [(name, part) for name, part, _ in model.transformers]
    return [
        (name, part)
        for name, part in [*named, ("remainder", model.remainder)]
        if not isinstance(part, str)
    ]


def fit_transform_blocks(model: ColumnTransformer, cohort: Cohort) -> Handle:
    """Fit, and put what each transformer's ``fit_transform`` gives side by side."""
    blocks = _fitted(model, cohort)
    if not blocks:
        return apply(model, "transform", cohort["X"])
    return cohort.derive(
        stack_blocks,
        blocks=list(blocks),
        state=export_state(model),
        output=sklearn.get_config()["transform_output"],
    )


@federated(
    ColumnTransformer,
    Exactness.EXACT,
    "each transformer by its own federated fit; as exact as the weakest of them",
    parts=transformers_of,
    fit_transform=fit_transform_blocks,
)
def fit(model: ColumnTransformer, cohort: Cohort) -> None:
    """Fit as ``ColumnTransformer.fit_transform`` does, whose private steps are taken here."""
    _fitted(model, cohort)


def _fitted(model: ColumnTransformer, cohort: Cohort) -> list[Handle]:
    """Fit; returns what each transformer makes of its columns."""
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    record_features(model, X)
    public = example(X.facts)
    model._validate_transformers()
    _check_callables(model, X.facts)
    model._validate_column_callables(public)
    model._validate_remainder(public)
    fitted, blocks = [], []
    chosen = model._iter(
        fitted=False, column_as_labels=False, skip_drop=True, skip_empty_columns=True
    )
    for name, part, columns, _ in chosen:
        indices = model._transformer_to_input_indices[name]
        single = bool(np.isscalar(columns))
        if single and isinstance(part, str):
            raise DataError(
                f"the single column {columns!r} of {name!r} is passed on as a vector, but has to "
                "be a table: write it as a list"
            )
        block = cohort.derive(select_columns, indices=list(map(int, indices)), single=single)
        rows = cohort.replace(X=block).named(f"{cohort.purpose}: {name}")
        if isinstance(part, str):
            part = _passthrough(model).fit(example(block.facts))
            transformed = apply(part, "transform", block)
        else:
            part = clone(part)
            try:
                _, transformed = fit_transform(part, rows)
            except DataError as error:
                if not single:
                    raise
                raise DataError(
                    f"transformer {name!r} is given the single column {columns!r} as a vector; if "
                    f"it wants a table, write the column as a list: {error}"
                ) from None
        fitted.append(part)
        blocks.append(transformed)
    model.sparse_output_ = _is_sparse(model, cohort, blocks)
    model._update_fitted_transformers(fitted)
    model._record_output_indices(blocks)
    return blocks


def _passthrough(model: ColumnTransformer) -> FunctionTransformer:
    """What scikit-learn puts in the place of the word "passthrough"."""
    same = FunctionTransformer(
        accept_sparse=True, check_inverse=False, feature_names_out="one-to-one"
    )
    return same.set_output(transform=_get_output_config("transform", model)["dense"])


def _is_sparse(model: ColumnTransformer, cohort: Cohort, blocks: Sequence[Handle]) -> bool:
    """Whether so few of all results are non-zero that they are kept sparse."""
    if not any(block.facts.kind == "sparse" for block in blocks):
        return False
    entries = cohort.sum(count_entries, blocks=list(blocks))
    return bool(entries["nonzero"] / entries["all"] < model.sparse_threshold)


@row_op("column_transformer.select", columns=Columns.PICKED)
def select_columns(X: Any, indices: Sequence[int], single: bool) -> Any:
    """Some columns of a party's rows; a single one as a vector, if that is wanted."""
    chosen = indices[0] if single else indices
    return X.iloc[:, chosen] if isinstance(X, pd.DataFrame) else X[:, chosen]


@row_op("column_transformer.stack")
def stack_blocks(blocks: Sequence[Any], state: Public, output: str) -> Any:
    """What the transformers made of a party's rows, side by side."""
    model = import_state(state)
    if model.sparse_output_ and not blocks[0].shape[0]:
        # Of no rows scikit-learn makes no sparse matrix.
        return sparse.hstack([sparse.csr_matrix(block) for block in blocks], format="csr")
    # scikit-learn 1.6 checks the number of rows here.
    counted = "n_samples" in inspect.signature(model._hstack).parameters
    options = {"n_samples": blocks[0].shape[0]} if counted else {}
    with sklearn.config_context(transform_output=output):
        return model._hstack(list(blocks), **options)


@party_op("column_transformer.entries")
def count_entries(blocks: Sequence[Any]) -> Statistics:
    """Stored and all entries of tables side by side."""
    sizes = [int(np.prod(block.shape)) for block in blocks]
    stored = [
        block.nnz if sparse.issparse(block) else size
        for block, size in zip(blocks, sizes, strict=True)
    ]
    return {"nonzero": sum(stored), "all": sum(sizes)}


def _check_callables(model: ColumnTransformer, facts: Facts) -> None:
    """Refuse functions that choose columns by the values in them, which nobody sees."""
    for name, _, columns in model.transformers:
        if not callable(columns) or isinstance(columns, make_column_selector):
            continue
        tables = [example(facts), example(facts, 0), table(facts, [[0, 1, 1]] * facts.tail[0])]
        chosen = [repr(columns(each)) for each in tables]
        if len(set(chosen)) > 1:
            raise UnsupportedError(
                f"the columns of transformer {name!r} are chosen by a function of the values; "
                "columns can be chosen by their names and dtypes only"
            )
