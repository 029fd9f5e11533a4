"""Pooled data for a model, chosen by what scikit-learn itself says of the model: its tags. Only
where these say nothing, a class is written down here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import sklearn.utils
from sklearn.base import is_classifier, is_regressor
from sklearn.compose import ColumnTransformer
from sklearn.cross_decomposition import CCA, PLSSVD, PLSCanonical
from sklearn.kernel_approximation import SkewedChi2Sampler

_NON_NEGATIVE_BUT_NOT_TAGGED = (SkewedChi2Sampler,)
_SEVERAL_TARGETS_BUT_NOT_TAGGED = (CCA, PLSCanonical, PLSSVD)
_KINDS = ("string", "dict", "one_d_labels", "two_d_labels", "categorical")


@dataclass(frozen=True)
class Needs:
    """What a model's rows have to be.

    Parameters
    ----------
    kind : str
        One of ``string``, ``dict``, ``one_d_labels``, ``two_d_labels``, ``categorical``, or "".
    positive, positive_target : bool
    target, several_targets : bool
        Whether there has to be a target, and one of several columns.
    """

    kind: str
    positive: bool
    positive_target: bool
    target: bool
    several_targets: bool


def needs(model: Any) -> Needs:
    """What the installed scikit-learn says that a model needs."""
    untagged = isinstance(model, _NON_NEGATIVE_BUT_NOT_TAGGED)
    several = isinstance(model, _SEVERAL_TARGETS_BUT_NOT_TAGGED)
    if not hasattr(sklearn.utils, "get_tags"):  # before 1.6
        old = model._get_tags()
        kinds = [name.replace("1d", "one_d_").replace("2d", "two_d_") for name in old["X_types"]]
        return Needs(
            kind=next((kind for kind in _KINDS if kind in kinds and "sparse" not in kinds), ""),
            positive=old["requires_positive_X"] or untagged,
            positive_target=old["requires_positive_y"],
            target=old["requires_y"],
            several_targets=old["multioutput_only"] or several,
        )
    tags = sklearn.utils.get_tags(model)
    target = tags.target_tags
    said = {**asdict(target), **asdict(tags.input_tags)}
    return Needs(
        kind=next((kind for kind in _KINDS if said[kind]), ""),
        positive=tags.input_tags.positive_only or untagged,
        positive_target=target.positive_only,
        target=target.required,
        several_targets=several or (target.multi_output and not target.single_output),
    )


def data(model: Any, classes: int = 3, rows: int = 91) -> tuple[Any, Any]:
    """Features and target; the target is None where the model needs none."""
    rng = np.random.default_rng(7)
    X = rng.normal(size=(rows, 4))
    labels = rng.choice(np.array(["ash", "beech", "oak"])[:classes], size=rows)
    X[labels == "ash", 0] += 1.0
    need = needs(model)
    if isinstance(model, ColumnTransformer):
        return pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": labels}), None
    if type(model).__module__.startswith("sklearn.impute"):
        features = holed(X.round(1))
    else:
        features = _features(need, X, labels, rng)
    if is_regressor(model) or isinstance(model, PLSSVD):
        return features, _numbers(need, X, rng)
    selects = type(model).__module__.startswith("sklearn.feature_selection")
    if is_classifier(model) or need.target or selects:
        return features, _labels(need, labels, rng)
    return features, None


def holed(X: Any) -> Any:
    """The same numbers with a fifth of them missing."""
    missing = np.random.default_rng(8).random(size=X.shape) < 0.2
    return np.where(missing, np.nan, X)


def _features(need: Needs, X: Any, labels: Any, rng: np.random.Generator) -> Any:
    other = rng.choice(["x", "y"], size=len(labels))
    if need.kind == "one_d_labels":
        return labels
    if need.kind == "categorical" and not need.positive:
        return pd.DataFrame({"a": labels, "b": other})
    if need.kind == "string":
        return pd.Series(
            [f"{one} and {two} or {one}" for one, two in zip(labels, other, strict=True)]
        )
    if need.kind == "two_d_labels":
        return pd.Series(list(zip(labels.tolist(), other.tolist(), strict=True)))
    if need.kind == "dict":
        return pd.Series(
            [{"tree": str(one), str(two): 1.5} for one, two in zip(labels, other, strict=True)]
        )
    if need.positive:
        return rng.integers(1, 6, size=X.shape) + (labels == "ash")[:, np.newaxis] * [1, 0, 0, 0]
    return X


def _numbers(need: Needs, X: Any, rng: np.random.Generator) -> Any:
    columns = X @ [[1.0, 0.0], [-2.0, 1.0], [0.5, 0.5], [0.0, -1.0]]
    columns = columns + rng.normal(size=columns.shape)
    if need.positive_target:
        columns = np.exp(columns / 3)
    return columns if need.several_targets else columns[:, 0]


def _labels(need: Needs, labels: Any, rng: np.random.Generator) -> Any:
    if not need.several_targets:
        return labels
    return np.stack([(labels == "ash").astype(int), rng.integers(2, size=len(labels))], axis=1)
