"""Fitting a model and transforming the same rows, as scikit-learn's ``fit_transform`` does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.estimators import registry
from fedruntime.estimators.apply import apply


def fit_transform(model: Any, cohort: Cohort) -> tuple[Mapping[str, Handle], Handle]:
    """Fit a model on a cohort and transform the cohort's ``X``.

    Returns
    -------
    attributes : mapping
        As ``registry.fit`` gives.
    transformed : Handle
        As the family's own ``fit_transform`` gives, else what the fitted model makes of ``X``.

    Raises
    ------
    UnsupportedError, DataError
        As ``registry.fit``.
    """
    family = registry.family_of(model)
    if family.fit_transform is None or cohort.federation.budget is not None:
        return registry.fit(model, cohort), apply(model, "transform", cohort["X"])
    registry.require_supported(model, cohort)
    return {}, family.fit_transform(model, cohort)
