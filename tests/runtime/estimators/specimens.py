"""What the registry-wide suites fit: models and pooled data, derived from the registry itself.

A newly registered estimator is picked up by being there. Only classes that cannot be built without
arguments are written down here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier, is_regressor
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, StandardScaler

from fedruntime.estimators.registry import Exactness, Family, families, support


@dataclass(frozen=True)
class Specimen:
    """A model with the pooled data that the suites fit it on."""

    model: Any
    X: Any
    y: Any

    @property
    def bar(self) -> float:
        """The largest relative difference that the model's exactness class allows."""
        exact = support(self.model).exactness is Exactness.EXACT
        return 1e-12 if exact else 1e-6

    def __str__(self) -> str:
        return " ".join(str(self.model).split())


def specimens() -> Iterator[Specimen]:
    """Every family with its defaults and with every value that its registration names."""
    for family in families().values():
        for model in _models(family):
            if not support(model).refusals:
                yield Specimen(model, *_data(model))


def _models(family: Family) -> Iterator[Any]:
    built = _BUILT.get(family.estimator, family.estimator)()
    yield built
    defaults = built.get_params(deep=False)
    named = [(name, value) for name, values in family.parameters.items() for value in values]
    for name, value in dict.fromkeys([*named, *family.when]):
        if name in defaults and repr(value) != repr(defaults[name]):
            model = _BUILT.get(family.estimator, family.estimator)().set_params(**{name: value})
            if _valid(model):
                yield model


def _valid(model: Any) -> bool:
    """Whether the installed scikit-learn accepts these parameters at all."""
    try:
        model._validate_params()
    except ValueError:
        return False
    return True


def _pipeline() -> Pipeline:
    return Pipeline([("scale", StandardScaler()), ("classify", LogisticRegression())])


def _column_transformer() -> ColumnTransformer:
    return ColumnTransformer(
        [("number", StandardScaler(), ["a", "b"]), ("kind", OneHotEncoder(), ["c"])]
    )


_BUILT: dict[type, Any] = {Pipeline: _pipeline, ColumnTransformer: _column_transformer}


def _data(model: Any) -> tuple[Any, Any]:
    rng = np.random.default_rng(7)
    n = 90
    X = rng.normal(size=(n, 4))
    labels = rng.choice(["ash", "beech", "oak"], size=n)
    X[labels == "oak", 0] += 1.0
    if isinstance(model, LabelEncoder):
        return labels, None
    if isinstance(model, OneHotEncoder):
        return pd.DataFrame({"a": labels, "b": rng.choice(["x", "y"], size=n)}), None
    if isinstance(model, ColumnTransformer):
        return pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": labels}), None
    if isinstance(model, SimpleImputer):
        holed = X.round(1)
        holed[rng.random(size=X.shape) < 0.2] = np.nan
        return holed, None
    if is_classifier(model):
        return X, labels
    if is_regressor(model):
        return X, X @ [1.0, -2.0, 0.5, 0.0] + rng.normal(size=n)
    return X, None
