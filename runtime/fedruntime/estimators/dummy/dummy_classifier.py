"""``DummyClassifier``: the classes of the targets and their shares, from summed counts."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.estimators.class_weights import class_sums
from fedruntime.estimators.design import as_codes, as_weights, classes_of
from fedruntime.estimators.parts import with_target
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import example
from fedruntime.messages import Array

_DRAWS = (
    Exactness.STATISTICAL,
    "the same classes and shares; predictions are drawn at each party by itself, so that they are "
    "not the draws of the pooled rows",
)


@federated(
    DummyClassifier,
    Exactness.EXACT,
    "classes and their counts",
    when={("strategy", strategy): _DRAWS for strategy in ("stratified", "uniform")},
)
def fit(model: DummyClassifier, cohort: Cohort) -> None:
    """Fit as ``DummyClassifier.fit``, on one target or several; it looks at no features.

    Raises
    ------
    ValueError
        In scikit-learn's words, for a constant that is missing, of the wrong shape, or no class.
    """
    model._validate_params()
    several = cohort.has("y") and len(cohort["y"].shape) == 2
    outputs = (
        [with_target(cohort, number) for number in range(cohort["y"].shape[1])]
        if several
        else [cohort]
    )
    classes = [classes_of(output) for output in outputs]
    _fit_example(model, cohort["X"], classes, several)
    if cohort.has("sample_weight"):
        weights = cohort.derive(as_weights)
        outputs = [output.replace(sample_weight=weights) for output in outputs]
    shares = [_shares(output, own) for output, own in zip(outputs, classes, strict=True)]
    model.class_prior_ = shares if model.n_outputs_ > 1 else shares[0]


def _fit_example(model: Any, X: Handle, classes: list[Array], several: bool) -> None:
    """Let scikit-learn check the constant and record names, on public rows with all classes."""
    longest = max(map(len, classes))
    targets = [np.resize(own, longest) for own in classes]
    rows = example(X.facts, longest) if X.ndim == 2 else np.zeros(longest)
    model.fit(rows, np.stack(targets, axis=1) if several else targets[0])


def _shares(output: Cohort, classes: Array) -> Array:
    """The share of each class in the weights, or in the rows if there are none."""
    rows = output.replace(y=output.derive(as_codes, classes=classes))
    weight = rows.sum(class_sums, n_classes=len(classes))["weight"]
    return np.asarray(weight / weight.sum())
