"""The registry of private fits: which scikit-learn class has one, and what it left to say about
itself. A class that is not here is refused under a budget, before anything is sent.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from fedruntime.cohort import Cohort
from fedruntime.errors import BudgetError

PREDICTOR_PARTS = 6.0
SCALER_PARTS = 3.0  # a scale is needed to one digit, but of every column
NOTHING = "nothing is learnt from the rows"


@dataclass(frozen=True)
class PrivateFit:
    """What a private fit took, and how far it is expected to be from the fit without noise.

    Parameters
    ----------
    mu : float
        What it used of the budget, as Gaussian differential privacy; 0 if it asked nothing.
    error : float
        The expected error.
    meaning : str
        Of what, in which unit.
    settings : mapping
        What was fixed before the fit from the sizes and the budget alone.
    """

    mu: float
    error: float
    meaning: str
    settings: Mapping[str, Any] = field(default_factory=dict)


Fit = Callable[[Any, Cohort], PrivateFit]
Parts = Callable[[Any], list[tuple[str, Any]]]


@dataclass(frozen=True)
class PrivateFamily:
    """The private fit of one scikit-learn class.

    Parameters
    ----------
    estimator : type
    how : str
        One clause for people: what is released.
    fit : callable
        ``(model, cohort) -> PrivateFit``; sets the model's fitted attributes.
    parameters : mapping
        Parameters of which only some values have a private fit, and these values.
    parts : callable
        ``model -> [(name, estimator), ...]``, those that are fitted with it.
    """

    estimator: type
    how: str
    fit: Fit
    parameters: Mapping[str, tuple[Any, ...]]
    parts: Parts


_FAMILIES: dict[type, PrivateFamily] = {}
_FITS: WeakKeyDictionary[Any, PrivateFit] = WeakKeyDictionary()


def private(
    estimator: type,
    how: str,
    *,
    parameters: Mapping[str, tuple[Any, ...]] | None = None,
    parts: Parts = lambda model: [],
) -> Callable[[Fit], Fit]:
    """Register a function as the private fit of a scikit-learn class; see ``PrivateFamily``."""

    def register(fit: Fit) -> Fit:
        _FAMILIES[estimator] = PrivateFamily(estimator, how, fit, parameters or {}, parts)
        return fit

    return register


@cache
def private_families() -> Mapping[type, PrivateFamily]:
    """All private fits by class; one is found by its file being in this folder."""
    package = importlib.import_module(__package__)
    for module in pkgutil.iter_modules(package.__path__, f"{__package__}."):
        importlib.import_module(module.name)
    return dict(sorted(_FAMILIES.items(), key=lambda item: item[0].__name__))


def fit_privately(model: Any, cohort: Cohort) -> None:
    """Fit a model under the federation's privacy budget.

    Raises
    ------
    BudgetError
        Before anything is sent, if its class, a parameter or some of the rows have no private
        fit, if not enough of the budget is left, or if the result is expected to be useless.
    """
    family = _require_private(model)
    for name, rows in cohort.rows.items():
        if rows is not None and name not in ("X", "y") and "__" not in name:
            raise BudgetError(
                f"{cohort.purpose}: {name} has no private form, because one row's entry in it is "
                "not bounded; leave it out under a budget"
            )
    _FITS[model] = family.fit(model, cohort)


def private_fit_of(model: Any) -> PrivateFit | None:
    """What the last private fit of a model has to say about itself, if there was one."""
    return _FITS.get(model)


def _require_private(model: Any) -> PrivateFamily:
    """The private family of a model, if all of its parameters and parts have a private fit."""
    family = private_families().get(type(model))
    if family is None:
        known = ", ".join(kind.__name__ for kind in private_families())
        raise BudgetError(
            f"{type(model).__name__} has no private fit: under a budget there are {known}. "
            "Nothing was sent"
        )
    for name, supported in family.parameters.items():
        value = getattr(model, name, supported[0])
        if not any(type(value) is type(one) and value == one for one in supported):
            raise BudgetError(
                f"{type(model).__name__}({name}={value!r}) has no private fit; with a budget: "
                f"{name} = {', '.join(map(repr, supported))}"
            )
    for name, part in family.parts(model):
        try:
            _require_private(part)
        except BudgetError as error:
            raise BudgetError(f"step {name!r}: {error}") from None
    return family
