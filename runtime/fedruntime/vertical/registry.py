"""The registry of fits across columns: which scikit-learn class has one, with which parameters, and
what it reveals.
"""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from sklearn.exceptions import NotFittedError

from fedruntime.data.handle import Handle
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.registry import public_name
from fedruntime.vertical import families
from fedruntime.vertical.aligned import Aligned
from fedruntime.vertical.cohort import AlignedCohort

AT_PARTIES = "at parties"
"""How exact a fit is called of which something stays at the parties, where nobody can look at it:
the pooled one, as far as it can be seen."""


class Fitted(ABC):
    """What a fit across columns leaves behind."""

    stays = False  # whether something that the fit has learnt stays at the parties

    @property
    def of_rows(self) -> Mapping[str, Handle]:
        """Fitted attributes of one entry a row, which stay at a party."""
        return {}

    def score(self, X: Aligned, y: Any) -> float:
        """What the model's own ``score`` gives, at the label party."""
        raise UnsupportedError(
            "there is no score of this model where columns lie at several parties"
        )

    @abstractmethod
    def apply(self, method: str, X: Aligned) -> Handle | Aligned:
        """Run a method of the fitted model, such as ``predict``, on columns at the parties.

        Raises
        ------
        UnsupportedError
            If it has no counterpart across columns.
        """


FitAcross = Callable[[Any, AlignedCohort], Fitted]


@dataclass(frozen=True)
class AcrossColumns:
    """The fit of one scikit-learn class across columns.

    Parameters
    ----------
    estimator : type
    reveals : str
        What it tells, and whom; empty if nothing leaves a party.
    fit : callable
    parameters : mapping
        Parameters of which only some values are supported, and these values.
    reveal_none : bool
        Whether it can do without telling the label party anything of rows.
    """

    estimator: type
    reveals: str
    fit: FitAcross
    parameters: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    reveal_none: bool = False

    @property
    def name(self) -> str:
        """Public qualified name, such as ``sklearn.linear_model.Ridge``."""
        return public_name(self.estimator)


_ACROSS: dict[type, AcrossColumns] = {}
_FITTED: WeakKeyDictionary[Any, Fitted] = WeakKeyDictionary()


def across_columns(
    *estimators: type,
    reveals: str,
    parameters: Mapping[str, tuple[Any, ...]] | None = None,
    reveal_none: bool = False,
) -> Callable[[FitAcross], FitAcross]:
    """Register a function as the fit of some classes across columns; see ``AcrossColumns``."""

    def register(fit: FitAcross) -> FitAcross:
        for estimator in estimators:
            _ACROSS[estimator] = AcrossColumns(
                estimator, reveals, fit, parameters or {}, reveal_none
            )
        return fit

    return register


@cache
def families_across() -> Mapping[type, AcrossColumns]:
    """All that are registered; a family is found by its file being in ``families``."""
    for module in pkgutil.iter_modules(families.__path__, f"{families.__name__}."):
        importlib.import_module(module.name)
    return dict(sorted(_ACROSS.items(), key=lambda item: item[1].name))


def family_across(model: Any) -> AcrossColumns:
    """The fit of a model's class across columns.

    Raises
    ------
    UnsupportedError
        If it has none, or one of its parameters forbids it.
    """
    found = families_across().get(type(model))
    if found is None:
        raise UnsupportedError(
            f"{public_name(type(model))} has no fit where columns lie at several parties; "
            f"those that have: {', '.join(kind.__name__ for kind in families_across())}"
        )
    values = model.get_params(deep=False)
    for parameter, supported in found.parameters.items():
        if parameter in values and not any(_same(values[parameter], one) for one in supported):
            raise UnsupportedError(
                f"{type(model).__name__}({parameter}={values[parameter]!r}) has no fit where "
                f"columns lie at several parties; supported: {parameter} = "
                f"{', '.join(map(repr, supported))}"
            )
    return found


def _same(value: Any, other: Any) -> bool:
    return type(value) is type(other) and bool(value == other)


def fit_registered(model: Any, cohort: AlignedCohort) -> Fitted:
    """Fit a model, or a part of one, in the way that is registered for its class; errors are those
    of ``family_across``."""
    fitted = family_across(model).fit(model, cohort)
    _FITTED[model] = fitted
    return fitted


def stays_at_parties(model: Any) -> bool:
    """Whether the last fit of a model has left something at the parties."""
    return model in _FITTED and _FITTED[model].stays


def fitted_across(model: Any) -> Fitted:
    """What the last fit of a model across columns left behind.

    Raises
    ------
    NotFittedError
        If there was none.
    """
    if model not in _FITTED:
        raise NotFittedError(
            f"this {type(model).__name__} was not fitted on columns of several parties"
        )
    return _FITTED[model]
