"""What the registry-wide suites fit: models and pooled data, derived from the registry itself.

A newly registered estimator is picked up by being there: it is built from its required parameters'
names, and its data from scikit-learn's tags (``specimen_data``).
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.svm._base import BaseLibSVM
from sklearn.utils.validation import has_fit_parameter
from specimen_data import data, holed

from fedruntime.errors import UnsupportedError
from fedruntime.estimators.registry import Exactness, Family, families, support


@dataclass(frozen=True)
class Specimen:
    """A model with the pooled data that the suites fit it on."""

    model: Any
    X: Any
    y: Any
    sample_weight: Any = None
    about: str = ""

    @property
    def exactness(self) -> Exactness:
        return support(self.model).exactness

    @property
    def is_comparable(self) -> bool:
        """Whether the pooled model is what has to come out."""
        return self.exactness in (Exactness.EXACT, Exactness.EQUIVALENT)

    @property
    def bar(self) -> float:
        """The largest relative difference that the model's exactness class allows."""
        if isinstance(self.model, BaseLibSVM):
            return 1e-4  # libsvm holds kernel values in single precision
        return 1e-12 if self.exactness is Exactness.EXACT else 1e-6

    def pooled(self, order: Any = None) -> Any:
        """scikit-learn's own fit, of the rows in another order if one is given."""
        rows = (self.X, self.y, self.sample_weight)
        X, y, weight = (given if order is None else _take(given, order) for given in rows)
        arguments = [X] if y is None else [X, y]
        weighted = {} if weight is None else {"sample_weight": weight}
        return clone(self.model).fit(*arguments, **weighted)

    def __str__(self) -> str:
        return " ".join(f"{self.model} {self.about}".split())


def specimens() -> list[Specimen]:
    """Every family with its defaults and with every value that its registration names."""
    return [
        Specimen(model, *data(model))
        for family in _fitted_by_default()
        for model in _models(family)
        if not support(model).refusals
    ]


def defaults(rows: int = 91) -> Iterator[Specimen]:
    """Every family once."""
    for family in _fitted_by_default():
        model = _sharpened(_built(family))
        yield Specimen(model, *data(model, rows=rows))


def _fitted_by_default() -> list[Family]:
    """The families but those whose default parts have none; a test asks for all of them."""
    found = []
    for family in families().values():
        with contextlib.suppress(UnsupportedError):
            support(_built(family))
            found.append(family)
    return found


def weighted() -> Iterator[Specimen]:
    """Those that scikit-learn fits with sample weights, some of them zero."""
    weight = np.random.default_rng(5).integers(0, 4, size=200).astype(float)
    for specimen in defaults():
        if has_fit_parameter(specimen.model, "sample_weight"):
            yield replace(
                specimen, sample_weight=weight[: len(specimen.X)], about="with sample weights"
            )


def class_weighted() -> Iterator[Specimen]:
    """Those with class weights: balanced ones, and given ones."""
    for specimen in defaults():
        if "class_weight" in specimen.model.get_params(deep=False):
            for value in ("balanced", {"ash": 2.0, "beech": 0.5, "oak": 1.0}):
                model = clone(specimen.model).set_params(class_weight=value)
                yield replace(specimen, model=model)


def binary() -> Iterator[Specimen]:
    """Those that are fitted on labels, on two classes instead of three."""
    for specimen in defaults():
        X, y = data(specimen.model, classes=2)
        if isinstance(y, np.ndarray) and y.dtype.kind == "U":
            yield replace(specimen, X=X, y=y, about="on two classes")


def numeric() -> Iterator[Specimen]:
    """Those that are fitted on a table of numbers."""
    return (specimen for specimen in defaults() if isinstance(specimen.X, np.ndarray | list))


def in_frames() -> Iterator[Specimen]:
    """Numbers as a DataFrame and a Series, which have names."""
    for specimen in _of_two_dimensions():
        columns = [f"x{number}" for number in range(specimen.X.shape[1])]
        y = pd.Series(specimen.y, name="y") if np.ndim(specimen.y) == 1 else specimen.y
        yield replace(
            specimen, X=pd.DataFrame(specimen.X, columns=columns), y=y, about="in a DataFrame"
        )


def in_sparse_rows() -> Iterator[Specimen]:
    """Numbers as a CSR matrix, a third of them zero."""
    for specimen in _of_two_dimensions():
        zeros = np.random.default_rng(9).random(size=specimen.X.shape) < 1 / 3
        X = sparse.csr_matrix(np.where(zeros | np.isnan(specimen.X), 0, specimen.X))
        yield replace(specimen, X=X, about="in sparse rows")


def with_holes() -> Iterator[Specimen]:
    """Numbers of which some are missing."""
    for specimen in _of_two_dimensions():
        yield replace(specimen, X=holed(specimen.X), about="with NaN")


def _of_two_dimensions() -> Iterator[Specimen]:
    for specimen in defaults():
        if isinstance(specimen.X, np.ndarray) and specimen.X.ndim == 2:
            yield specimen


def _models(family: Family) -> Iterator[Any]:
    built = _built(family)
    yield _sharpened(built)
    known = built.get_params(deep=False)
    named = [(name, value) for name, values in family.parameters.items() for value in values]
    for name, value in dict.fromkeys([*named, *family.when]):
        if name in known and repr(value) != repr(known[name]):
            model = _built(family).set_params(**{name: value})
            if _valid(model):
                yield _sharpened(model)


def _valid(model: Any) -> bool:
    """Whether the installed scikit-learn accepts these parameters at all."""
    try:
        model._validate_params()
    except ValueError:
        return False
    return True


def _built(family: Family) -> Any:
    """An instance with defaults, the same random draws in every fit, and what it is made of."""
    required = {
        name: _PARTS[name](family)
        for name, parameter in inspect.signature(family.estimator).parameters.items()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    }
    model = family.estimator(**required)
    own = model.get_params(deep=False)
    if "random_state" in own:
        model.set_params(random_state=0)
    if "estimator" in own and own["estimator"] is None and is_classifier(model):
        model.set_params(estimator=LogisticRegression())  # the default only reaches an optimum
    if own.get("kernel") == "rbf" and isinstance(model, BaseLibSVM):
        model.set_params(kernel="linear")
    if "n_quantiles" in own:  # of so few rows, more would be their values
        model.set_params(n_quantiles=15)
    if own.get("n_features") == 2**20:  # hashed into so many, the dense rows fill the memory
        model.set_params(n_features=64)
    if "n_estimators" in own:  # what one tree shows, a hundred would repeat
        model.set_params(n_estimators=5)
    if "max_leaf_nodes" in own and "max_iter" in own:  # gradient boosting by histograms
        model.set_params(max_iter=5)
    if own.get("n_components") == "auto":  # more than there are columns
        model.set_params(n_components=2)
    if not isinstance(own.get("alphas"), tuple):  # ridge regressions leave out row by row, at once
        small = {name: value for name, value in _SMALL.items() if name in own}
        for name in ("alphas", "n_alphas"):  # versions differ in which of them is a number
            if not isinstance(own.get(name), int):
                small.pop(name, None)
        model.set_params(**small)
    return model


# What is tried out, or drawn, many times by default: a few times show the same.
_SMALL = {
    "Cs": 3,
    "alphas": 5,
    "n_alphas": 5,
    "cv": 2,
    "n_iter": 3,
    "min_resources": 30,
    "n_candidates": 4,
}


def _sharpened(model: Any) -> Any:
    """Where only the optimum is promised, scikit-learn has to reach it, too."""
    if not support(model).refusals and support(model).exactness is Exactness.EQUIVALENT:
        own = model.get_params(deep=False)
        tight = {"tol": 1e-12, "max_iter": 200_000}
        if isinstance(model, BaseLibSVM):  # no closer, in single precision, and without a limit
            tight = {"tol": 1e-5}
        model.set_params(**{name: value for name, value in tight.items() if name in own})
    return model


def _predicts_numbers(family: Family) -> bool:
    return "Regress" in family.estimator.__name__


def _estimator(family: Family) -> Any:
    return Ridge() if _predicts_numbers(family) else LogisticRegression()


def _estimators(family: Family) -> Any:
    if _predicts_numbers(family):
        return [("ridge", Ridge()), ("plain", LinearRegression())]
    return [("one", LogisticRegression()), ("other", LogisticRegression(C=0.1))]


_PARTS: dict[str, Callable[[Family], Any]] = {
    "estimator": _estimator,
    "base_estimator": _estimator,
    "estimators": _estimators,
    "param_grid": lambda family: {"C": [0.1, 1.0]},
    "param_distributions": lambda family: {"C": [0.1, 0.3, 1.0, 3.0, 10.0, 30.0]},
    "steps": lambda family: [("scale", StandardScaler()), ("classify", LogisticRegression())],
    "transformers": lambda family: [
        ("number", StandardScaler(), ["a", "b"]),
        ("kind", OneHotEncoder(), ["c"]),
    ],
    "transformer_list": lambda family: [("one", StandardScaler()), ("other", MinMaxScaler())],
}
"""What a required parameter is given, by its name."""


def _take(rows: Any, order: Any) -> Any:
    if rows is None:
        return None
    return rows.iloc[order] if hasattr(rows, "iloc") else rows[order]
