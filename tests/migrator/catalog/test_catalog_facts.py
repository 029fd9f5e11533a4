"""The catalogue against what it describes: the installed scikit-learn and the runtime."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sklearn
from sklearn.experimental import (  # noqa: F401
    enable_halving_search_cv,
    enable_iterative_imputer,
)
from sklearn.utils import all_estimators
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.fixes import parse_version

import fedruntime.covariance
import fedruntime.feature_selection
import fedruntime.inspection
import fedruntime.metrics
import fedruntime.model_selection
import fedruntime.pandas
import fedruntime.preprocessing
import fedruntime.utils
import fedruntime.utils.class_weight
import fedruntime.utils.multiclass
from fedmigrate.analysis.assessment import assess_parameters
from fedmigrate.analysis.findings import Construction
from fedmigrate.catalog.estimators import ESTIMATORS, FACTORIES
from fedmigrate.catalog.functions import COUNTERPARTS, LOADERS, SPLITTERS
from fedmigrate.catalog.operations import (
    CARRIED_WITH,
    GROUPED_ROWS,
    OPERATIONS,
    REVEAL_CODES,
    REVEALS_ROWS,
    effect,
)
from fedmigrate.catalog.sklearn_names import ESTIMATOR_NAMES
from fedmigrate.plan import Exactness
from fedruntime.data import operations
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.registry import Family, families, support

_BUILT_WITHOUT_PARTS = [
    family
    for family in families().values()
    if family.parts is None
    and all(
        parameter.default is not parameter.empty
        for parameter in inspect.signature(family.estimator).parameters.values()
    )
]
_CAREFUL_LAST = [
    Exactness.EXACT,
    Exactness.EQUIVALENT,
    Exactness.STATISTICAL,
    Exactness.APPROXIMATE,
    Exactness.REFUSED,
]
SUPPORTED = {name for name, entry in ESTIMATORS.items() if entry.exactness is not Exactness.REFUSED}


def _resolve(name: str) -> object:
    module, _, last = name.rpartition(".")
    return getattr(importlib.import_module(module), last)


def _public_name(cls: type) -> str:
    parts = cls.__module__.split(".")
    for end in range(1, len(parts) + 1):
        module = ".".join(parts[:end])
        if getattr(importlib.import_module(module), cls.__name__, None) is cls:
            return f"{module}.{cls.__name__}"
    raise LookupError(cls)


def test_every_estimator_of_the_installed_scikit_learn_is_known() -> None:
    installed = {_public_name(cls) for _, cls in all_estimators()}
    assert installed - ESTIMATOR_NAMES == set()


def test_every_entry_is_the_name_of_an_estimator() -> None:
    assert set(ESTIMATORS) - ESTIMATOR_NAMES == set()


@pytest.mark.parametrize("name", sorted(SUPPORTED))
def test_parameters_of_an_entry_exist(name: str) -> None:
    entry = ESTIMATORS[name]
    signature = inspect.signature(_resolve(name))  # type: ignore[arg-type]
    # Parameters of some supported versions only: multi_class went with 1.8, and so on.
    sometimes = {"multi_class", "store_cv_values", "transform_input"}
    mentioned = {*entry.refuses, *(parameter for parameter, _ in entry.by_parameter)}
    assert mentioned - sometimes <= set(signature.parameters)
    positional = [
        parameter.name
        for parameter in signature.parameters.values()
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY
    ]
    assert list(entry.positional)[: len(positional)] == positional


@pytest.mark.parametrize("name", sorted(SUPPORTED))
def test_defaults_that_are_refused_are_known(name: str) -> None:
    signature = inspect.signature(_resolve(name))  # type: ignore[arg-type]
    for parameter, supported in ESTIMATORS[name].refuses.items():
        if parameter in signature.parameters:
            default = signature.parameters[parameter].default
            assert (default in supported) == (parameter not in ESTIMATORS[name].defaults)
            assert ESTIMATORS[name].defaults.get(parameter, default) == default


@pytest.mark.parametrize("name", sorted(set(ESTIMATORS) - SUPPORTED))
def test_what_is_refused_has_a_reason_and_an_alternative(name: str) -> None:
    assert ESTIMATORS[name].how
    alternatives = re.findall(r"sklearn\.[\w.]+", ESTIMATORS[name].instead)
    assert alternatives
    assert set(alternatives) <= SUPPORTED


def test_the_runtime_fits_what_the_catalogue_promises() -> None:
    assert {family.name for family in families().values()} == SUPPORTED


@pytest.mark.parametrize("family", families().values(), ids=lambda family: family.name)
def test_exactness_and_parameters_are_those_of_the_runtime(family: Family) -> None:
    entry = ESTIMATORS[family.name]
    assert entry.exactness.value == family.exactness.value
    for name, values in family.parameters.items():
        assert set(entry.refuses[name]) == set(values)
    levels = {key: level.value for key, (level, _) in entry.by_parameter.items()}
    assert {key: level.value for key, (level, _) in family.when.items()}.items() <= levels.items()
    assert bool(entry.parts) == (family.parts is not None)


@pytest.mark.parametrize("family", _BUILT_WITHOUT_PARTS, ids=lambda family: family.name)
def test_every_option_is_assessed_as_the_runtime_does(family: Family) -> None:
    """The registry may judge combinations, and be less careful where they allow it."""
    for name, option in _options(family.estimator()):
        entry = ESTIMATORS[family.name]
        given = {**{absent: [value] for absent, value in entry.defaults.items()}, name: [option]}
        told = assess_parameters(family.name, entry, Construction(given)).exactness
        judged = _judged(family.estimator().set_params(**{name: option}))
        assert _CAREFUL_LAST.index(told) >= _CAREFUL_LAST.index(judged), f"{name}={option!r}"


def _options(model: Any) -> Iterator[tuple[str, Any]]:
    """Each parameter that takes one of several words, with each of them."""
    for name, constraints in getattr(model, "_parameter_constraints", {}).items():
        for constraint in constraints if isinstance(constraints, list) else ():
            if isinstance(constraint, StrOptions) and name in model.get_params(deep=False):
                yield from ((name, option) for option in sorted(constraint.options))


def _judged(model: Any) -> Exactness:
    try:
        answer = support(model)
    except UnsupportedError:
        return Exactness.REFUSED
    return Exactness.REFUSED if answer.refusals else Exactness(answer.exactness.value)


def test_operations_are_those_of_the_runtime() -> None:
    assert OPERATIONS == operations.OPERATIONS


def test_counterparts_are_those_of_the_runtime() -> None:
    modules = (
        fedruntime.covariance,
        fedruntime.feature_selection,
        fedruntime.inspection,
        fedruntime.metrics,
        fedruntime.model_selection,
        fedruntime.preprocessing,
        fedruntime.utils,
        fedruntime.utils.class_weight,
        fedruntime.utils.multiclass,
    )
    offered = {
        f"{module.__name__.replace('fedruntime', 'sklearn')}.{name}"
        for module in modules
        for name in module.__all__
    }
    offered.remove("sklearn.utils.testing")  # SecretFlow's
    offered |= {f"pandas.{name}" for name in fedruntime.pandas.__all__}
    # These are there to refuse handles.
    offered -= {f"sklearn.model_selection.{name}" for name in ("LeaveOneOut", "LeavePOut")}
    told = {name.partition(".from_")[0] for name in COUNTERPARTS}  # of a display its class
    assert {name for name in told if _exists(name)} == {name for name in offered if _exists(name)}


def test_functions_of_pandas_are_those_of_the_runtime() -> None:
    assert set(OPERATIONS["pandas"]) == set(fedruntime.pandas.__all__)
    told = {name.partition(".")[2] for name in COUNTERPARTS if name.startswith("pandas.")}
    assert told == set(fedruntime.pandas.__all__)


def test_arguments_that_are_not_carried_are_of_operations() -> None:
    known = {name for table in OPERATIONS.values() for name in table}
    assert set(CARRIED_WITH) <= known
    assert GROUPED_ROWS.isdisjoint(OPERATIONS["groups"])


def _exists(name: str) -> bool:
    module, _, last = name.rpartition(".")
    return hasattr(importlib.import_module(module), last)


@pytest.mark.parametrize("name", sorted({*COUNTERPARTS, *FACTORIES, *LOADERS, *SPLITTERS}))
def test_functions_exist_under_their_names(name: str) -> None:
    function, _, method = name.partition(".from_")
    if function.rpartition(".")[2] in _SINCE_1_8 and not _exists(function):
        assert parse_version(sklearn.__version__) < parse_version("1.8")
        return
    found = _resolve(function)
    assert callable(getattr(found, f"from_{method}") if method else found)


_SINCE_1_8 = frozenset({"confusion_matrix_at_thresholds", "d2_brier_score"})


def test_every_code_belongs_to_an_operation_that_reveals() -> None:
    revealing = {
        name
        for table in OPERATIONS.values()
        for name, found in table.items()
        if found == REVEALS_ROWS
    }
    assert set(REVEAL_CODES) <= revealing


def test_rows_of_an_unknown_kind_may_do_what_any_kind_may() -> None:
    assert effect("any", "drop") == effect("frame", "drop")
    assert effect("any", "no_such_operation") is None
