"""``Pipeline``: its steps fitted one after the other, on what each leaves at the parties."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError
from fedruntime.estimators import registry
from fedruntime.estimators.apply import apply
from fedruntime.estimators.fit_transform import fit_transform
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.score import score


def steps_of(model: Pipeline) -> list[tuple[str, Any]]:
    """The steps that are fitted, by name."""
    return [(name, step) for name, step in model.steps if _is_fitted(step)]


def score_last(model: Pipeline, cohort: Cohort) -> float:
    """The last step's own score, on what the steps before it make of the rows."""
    for _, step in model.steps[:-1]:
        if _is_fitted(step):
            cohort = cohort.replace(X=apply(step, "transform", cohort["X"]))
    return score(model.steps[-1][1], cohort)


def fit_transform_steps(model: Pipeline, cohort: Cohort) -> Handle:
    """What the last step's ``fit_transform`` makes of what the steps before it made of the rows."""
    rows = _fit_before_last(model, cohort)
    name, step = model.steps[-1]
    return fit_transform(step, _rows_of_step(rows, name))[1] if _is_fitted(step) else rows["X"]


@federated(
    Pipeline,
    Exactness.EXACT,
    "each step by its own federated fit; as exact as the weakest of them",
    parameters={"memory": (None,), "transform_input": (None,)},
    parts=steps_of,
    score=score_last,
    fit_transform=fit_transform_steps,
)
def fit(model: Pipeline, cohort: Cohort) -> None:
    """Fit as ``Pipeline.fit`` does: the steps themselves are fitted, not copies."""
    rows = _fit_before_last(model, cohort)
    name, step = model.steps[-1]
    if _is_fitted(step):
        registry.fit(step, _rows_of_step(rows, name))


def _fit_before_last(model: Pipeline, cohort: Cohort) -> Cohort:
    """Fit all steps but the last one; returns what they make of the rows."""
    model._validate_params()
    model.steps = list(model.steps)
    model._validate_steps()
    rows = cohort
    for name, step in model.steps[:-1]:
        if _is_fitted(step):
            rows = rows.replace(X=fit_transform(step, _rows_of_step(rows, name))[1])
    return rows


def _rows_of_step(rows: Cohort, step: str) -> Cohort:
    """Of all rows those that one step is fitted on; ``step__name`` is the step's own ``name``."""
    own: dict[str, Handle | None] = {"X": rows["X"], "y": rows.rows.get("y")}
    for given, handle in rows.rows.items():
        name, delimiter, parameter = given.partition("__")
        if delimiter and name == step:
            own[parameter] = handle
        elif not delimiter and given not in own and handle is not None:
            raise DataError(
                f"Pipeline.fit does not accept the {given} parameter: scikit-learn takes it for "
                f"single steps only, as stepname__{given}"
            )
    return rows.only(**own).named(f"{rows.purpose}: {step}")


def _is_fitted(step: Any) -> bool:
    return step is not None and step != "passthrough"
