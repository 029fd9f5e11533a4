"""``Pipeline``: its steps fitted one after the other, on what each leaves at the parties."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators import registry
from fedruntime.estimators.apply import apply
from fedruntime.estimators.registry import Exactness, federated


def steps_of(model: Pipeline) -> list[tuple[str, Any]]:
    """The steps that are fitted, by name."""
    return [(name, step) for name, step in model.steps if _is_fitted(step)]


@federated(
    Pipeline,
    Exactness.EXACT,
    "each step by its own federated fit; as exact as the weakest of them",
    parameters={"memory": (None,), "transform_input": (None,)},
    parts=steps_of,
)
def fit(model: Pipeline, cohort: Cohort) -> None:
    """Fit as ``Pipeline.fit`` does: the steps themselves are fitted, not copies."""
    model._validate_params()
    if cohort.has("sample_weight"):
        raise DataError(
            "Pipeline.fit does not accept the sample_weight parameter: scikit-learn takes weights "
            "for single steps only"
        )
    model.steps = list(model.steps)
    model._validate_steps()
    rows = cohort
    for name, step in model.steps:
        if not _is_fitted(step):
            continue
        registry.fit(step, rows.named(f"{cohort.purpose}: {name}"))
        if step is not model.steps[-1][1]:
            rows = rows.replace(X=apply(step, "transform", rows["X"]))


def _is_fitted(step: Any) -> bool:
    return step is not None and step != "passthrough"
