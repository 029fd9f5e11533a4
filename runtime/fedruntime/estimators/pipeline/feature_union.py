"""``FeatureUnion``: every transformer fitted on all columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import sklearn
from sklearn.pipeline import FeatureUnion
from sklearn.preprocessing import FunctionTransformer

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.estimators import registry
from fedruntime.estimators.apply import apply
from fedruntime.estimators.fit_transform import fit_transform
from fedruntime.estimators.parts import take_only
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.state import export_state, import_state
from fedruntime.estimators.tables import example
from fedruntime.messages import Public
from fedruntime.operations import row_op


def transformers_of(model: FeatureUnion) -> list[tuple[str, Any]]:
    """The transformers that are fitted, by name."""
    return [(name, part) for name, part in model.transformer_list if not isinstance(part, str)]


def fit_transform_parts(model: FeatureUnion, cohort: Cohort) -> Handle:
    """Fit, and put what each transformer's ``fit_transform`` gives side by side."""
    blocks = []

    def fit_one(part: Any, rows: Cohort) -> None:
        blocks.append(fit_transform(part, rows)[1])

    def pass_on(part: Any) -> None:
        blocks.append(apply(part, "transform", cohort["X"]))

    weights = _fit_parts(model, cohort, fit_one, pass_on)
    if not blocks:
        return apply(model, "transform", cohort["X"])
    return cohort.derive(
        stack_weighted,
        blocks=blocks,
        weights=weights,
        state=export_state(model),
        output=sklearn.get_config()["transform_output"],
    )


@federated(
    FeatureUnion,
    Exactness.EXACT,
    "each transformer by its own federated fit; as exact as the weakest of them",
    parts=transformers_of,
    fit_transform=fit_transform_parts,
)
def fit(model: FeatureUnion, cohort: Cohort) -> None:
    """Fit as ``FeatureUnion.fit`` does: the transformers themselves are fitted, not copies."""
    _fit_parts(model, cohort, registry.fit, lambda part: None)


def _fit_parts(
    model: FeatureUnion,
    cohort: Cohort,
    fit_one: Callable[[Any, Cohort], Any],
    pass_on: Callable[[Any], None],
) -> list[float | None]:
    """Fit the transformers in order; returns their weights."""
    take_only(cohort)
    model.transformer_list = list(model.transformer_list)
    model._validate_transformers()
    fitted, weights = [], []
    for name, part, weight in model._iter():
        if isinstance(dict(model.transformer_list)[name], str):
            assert isinstance(part, FunctionTransformer)  # scikit-learn's own for "passthrough"
            part.fit(example(cohort["X"].facts))
            pass_on(part)
        else:
            fit_one(part, cohort.named(f"{cohort.purpose}: {name}"))
        fitted.append(part)
        weights.append(weight)
    model._update_transformer_list(fitted)
    return weights


@row_op("feature_union.stack")
def stack_weighted(
    blocks: Sequence[Any], weights: Sequence[float | None], state: Public, output: str
) -> Any:
    """What the transformers made of a party's rows, side by side."""
    model = import_state(state)
    weighted = [
        block if weight is None else block * weight
        for block, weight in zip(blocks, weights, strict=True)
    ]
    with sklearn.config_context(transform_output=output):
        stacked = model._hstack(weighted)
        if isinstance(stacked, pd.DataFrame):
            stacked.columns = model.get_feature_names_out()
    return stacked
