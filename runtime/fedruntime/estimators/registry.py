"""The registry of federated fits: which scikit-learn class has one, how exact it is, and with which
parameters. It answers for an instance, because the class of exactness depends on parameters.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from fedruntime import estimators
from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.private.families import fit_privately

Fit = Callable[[Any, Cohort], Mapping[str, Handle] | None]
FitTransform = Callable[[Any, Cohort], Handle]
Score = Callable[[Any, Cohort], float]
Level = tuple["Exactness", str]
Judge = Callable[[Any], "Level | None"]
Parameters = Mapping[str, tuple[Any, ...]]
Parts = Callable[[Any], list[tuple[str, Any]]]


class Exactness(str, Enum):
    """How near the federated fit comes to the pooled one."""

    EXACT = "exact"
    EQUIVALENT = "equivalent"
    STATISTICAL = "statistical"
    APPROXIMATE = "approximate"


def public_name(kind: type) -> str:
    """The qualified name under which a class is imported: that of the outermost module it is in."""
    parts = kind.__module__.split(".")
    for end in range(1, len(parts)):
        module = sys.modules[".".join(parts[:end])]
        # A module's __getattr__ may refuse what is experimental.
        if vars(module).get(kind.__name__) is kind:
            return f"{module.__name__}.{kind.__name__}"
    return ".".join([*(part for part in parts if not part.startswith("_")), kind.__name__])


@dataclass(frozen=True)
class Family:
    """The federated fit of one scikit-learn class.

    Parameters
    ----------
    estimator : type
        The scikit-learn class.
    exactness : Exactness
        With default parameters.
    how : str
        One clause for people: how that exactness is reached.
    fit : callable
        ``(model, cohort) -> attributes``; sets the model's fitted attributes, and returns handles
        to those of one entry a row (such as ``labels_``), by name, if it has any.
    parameters : mapping
        Parameters of which only some values are supported, and these values.
    when : mapping
        ``(parameter, value)`` to the exactness and the clause that hold for that value instead.
    parts : callable, optional
        For a model made of others: ``model -> [(name, estimator), ...]``, those that are fitted.
    judge : callable, optional
        Where combinations of parameters decide: ``model -> (exactness, clause)`` that hold
        instead, or None; raises ``UnsupportedError`` for what has no federated fit.
    score : callable, optional
        ``(model, cohort) -> float``, where ``model.score`` is neither accuracy, R2, nor the mean
        of ``score_samples``.
    measures : mapping
        Further methods of rows that give one number, by name: ``(model, cohort) -> float``.
    fit_transform : callable, optional
        ``(model, cohort) -> handle``, where scikit-learn's ``fit_transform`` gives something else
        than ``fit`` and then ``transform``, or where both in one are cheaper.
    """

    estimator: type
    exactness: Exactness
    how: str
    fit: Fit
    parameters: Parameters = field(default_factory=dict)
    when: Mapping[tuple[str, Any], Level] = field(default_factory=dict)
    parts: Parts | None = None
    judge: Judge | None = None
    score: Score | None = None
    fit_transform: FitTransform | None = None
    measures: Mapping[str, Score] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Public qualified name, such as ``sklearn.linear_model.Ridge``."""
        return public_name(self.estimator)


@dataclass(frozen=True)
class Refusal:
    """A parameter value that has no federated fit."""

    parameter: str
    value: Any
    supported: tuple[Any, ...]


@dataclass(frozen=True)
class Support:
    """The registry's answer for one instance."""

    exactness: Exactness
    how: str
    refusals: tuple[Refusal, ...]


_FAMILIES: dict[type, Family] = {}
_WEAKER = tuple(Exactness)
_OF_ROWS: WeakKeyDictionary[Any, Mapping[str, Handle]] = WeakKeyDictionary()


def federated(
    estimator: type,
    exactness: Exactness,
    how: str,
    *,
    parameters: Parameters | None = None,
    when: Mapping[tuple[str, Any], Level] | None = None,
    parts: Parts | None = None,
    judge: Judge | None = None,
    score: Score | None = None,
    fit_transform: FitTransform | None = None,
    measures: Mapping[str, Score] | None = None,
) -> Callable[[Fit], Fit]:
    """Register a function as the federated fit of a scikit-learn class; see ``Family``."""

    def register(fit: Fit) -> Fit:
        _FAMILIES[estimator] = Family(
            estimator,
            exactness,
            how,
            fit,
            parameters or {},
            when or {},
            parts,
            judge,
            score,
            fit_transform,
            measures or {},
        )
        return fit

    return register


@cache
def families() -> Mapping[type, Family]:
    """All registered families; a family is found by its file being below this folder."""
    for module in pkgutil.walk_packages(estimators.__path__, f"{estimators.__name__}."):
        importlib.import_module(module.name)
    return dict(sorted(_FAMILIES.items(), key=lambda item: item[1].name))


def support_table() -> list[Family]:
    """The families in alphabetical order of their names."""
    return list(families().values())


def support(model: Any) -> Support:
    """How exactly a model would be fitted, and which of its parameters forbid it.

    A model made of others is as exact as the weakest of them, and refuses what they refuse.

    Raises
    ------
    UnsupportedError
        If its class, that of a part, or a combination of parameters has no federated fit.
    """
    family = family_of(model)
    values = model.get_params(deep=False)
    exactness, how = family.exactness, family.how
    for (parameter, value), (other, clause) in family.when.items():
        if _same(values.get(parameter), value):
            exactness, how = other, clause
    if family.judge is not None:
        exactness, how = family.judge(model) or (exactness, how)
    refusals = [
        Refusal(parameter, values[parameter], supported)
        for parameter, supported in family.parameters.items()
        if parameter in values and not any(_same(values[parameter], one) for one in supported)
    ]
    for name, part in family.parts(model) if family.parts else ():
        answer = _support_of_part(name, part)
        refusals += [
            replace(refusal, parameter=f"{name}__{refusal.parameter}")
            for refusal in answer.refusals
        ]
        if _WEAKER.index(answer.exactness) > _WEAKER.index(exactness):
            exactness, how = answer.exactness, f"{name}: {answer.how}"
    return Support(exactness, how, tuple(refusals))


def _support_of_part(name: str, part: Any) -> Support:
    try:
        return support(part)
    except UnsupportedError as error:
        raise UnsupportedError(f"step {name!r}: {error}") from None


def fit(model: Any, cohort: Cohort) -> Mapping[str, Handle]:
    """Fit a model on a cohort, after checking that its class and parameters allow it.

    Returns
    -------
    mapping
        Fitted attributes of one entry a row, which stay at the parties.

    Raises
    ------
    UnsupportedError
        Before anything is sent; names the class or the parameters.
    BudgetError
        The same where there is a privacy budget, and for what it is too small for.
    DataError
        If the cohort holds rows that the model's ``fit`` does not take.
    """
    if cohort.federation.budget is not None:
        _require_accepted(model, cohort)
        fit_privately(model, cohort)
        attributes: Mapping[str, Handle] = {}
    else:
        require_supported(model, cohort)
        attributes = family_of(model).fit(model, cohort) or {}
    _OF_ROWS[model] = attributes
    return attributes


def attributes_of_rows(model: Any) -> Mapping[str, Handle]:
    """Fitted attributes of one entry a row that a fit left at the parties, such as that of a step
    of a pipeline; none that a later fit on local data has given the model itself.
    """
    found = _OF_ROWS.get(model, {})
    return {name: handle for name, handle in found.items() if name not in vars(model)}


def require_supported(model: Any, cohort: Cohort) -> None:
    """Refuse a fit whose class, parameters or rows do not allow it; errors are those of ``fit``."""
    for refusal in support(model).refusals:
        supported = ", ".join(map(repr, refusal.supported))
        raise UnsupportedError(
            f"{type(model).__name__}({refusal.parameter}={_shown(refusal.value)}) "
            f"has no federated fit; supported: {refusal.parameter} = {supported}"
        )
    _require_accepted(model, cohort)


def _shown(value: Any) -> str:
    """A parameter value for a message, which shows no array."""
    shape = getattr(value, "shape", ())
    return f"<{type(value).__name__} of shape {shape}>" if shape else repr(value)


def _require_accepted(model: Any, cohort: Cohort) -> None:
    accepted = inspect.signature(type(model).fit).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in accepted.values()):
        return
    for name in cohort.rows:
        if name not in accepted and name not in ("X", "y") and cohort.has(name):
            raise DataError(f"{cohort.purpose}() got an unexpected keyword argument {name!r}")


def family_of(model: Any) -> Family:
    """The family of a model's class.

    Raises
    ------
    UnsupportedError
        If it has none.
    """
    try:
        return families()[type(model)]
    except KeyError:
        raise UnsupportedError(
            f"{public_name(type(model))} has no federated fit; "
            "`fedmigrate estimators` lists those that have"
        ) from None


def _same(value: Any, other: Any) -> bool:
    return type(value) is type(other) and bool(value == other)
