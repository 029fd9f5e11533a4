"""Models whose fit asks the parties for no statistic of their own: pipelines and the like, whose
parts are fitted privately one by one, and transformers that treat each row by itself.
"""

from __future__ import annotations

import math
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import Binarizer, FunctionTransformer, Normalizer, PolynomialFeatures

from fedruntime.cohort import Cohort
from fedruntime.estimators import registry
from fedruntime.estimators.private.families import (
    NOTHING,
    PrivateFit,
    private,
    private_fit_of,
)
from fedruntime.estimators.private.purse import account


def _ordinary(model: Any, cohort: Cohort) -> PrivateFit:
    """Fit as without a budget: what the parts ask for, they pay for."""
    registry.require_supported(model, cohort)
    before = account(cohort).spent
    registry.family_of(model).fit(model, cohort)
    used = math.sqrt(max(0.0, account(cohort).spent - before))
    parts = [private_fit_of(part) for _, part in _parts_of(model)]
    last = next((part for part in reversed(parts) if part is not None), None)
    if last is None:
        return PrivateFit(used, 0.0, "that of its parts" if used else NOTHING)
    return PrivateFit(used, last.error, last.meaning, last.settings)


def _parts_of(model: Any) -> list[tuple[str, Any]]:
    parts = registry.family_of(model).parts
    return parts(model) if parts else []


for _kind, _how in (
    (Pipeline, "each step by its own private fit"),
    (FeatureUnion, "each transformer by its own private fit"),
    (ColumnTransformer, "each transformer by its own private fit"),
    (Binarizer, "each row by itself"),
    (FunctionTransformer, "each row by itself"),
    (Normalizer, "each row by itself"),
    (PolynomialFeatures, "each row by itself"),
):
    private(_kind, _how, parts=_parts_of)(_ordinary)
