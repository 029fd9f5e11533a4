"""The catalogue against what it describes: the installed scikit-learn and the runtime."""

from __future__ import annotations

import importlib
import inspect

import pytest
from sklearn.utils import all_estimators

import fedruntime.metrics
import fedruntime.model_selection
from fedmigrate.catalog.estimators import ESTIMATORS, FACTORIES
from fedmigrate.catalog.functions import COUNTERPARTS, LOADERS, SPLITTERS
from fedmigrate.catalog.operations import OPERATIONS, REVEAL_CODES, REVEALS_ROWS, effect
from fedmigrate.catalog.sklearn_names import ESTIMATOR_NAMES
from fedmigrate.plan import Exactness
from fedruntime.data import operations
from fedruntime.estimators.registry import families

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
    sometimes = {"multi_class", "transform_input"}
    mentioned = {*entry.refuses, *(parameter for parameter, _ in entry.by_parameter)}
    assert mentioned - sometimes <= set(signature.parameters)
    positional = [
        parameter.name
        for parameter in signature.parameters.values()
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY
    ]
    assert list(entry.positional)[: len(positional)] == positional


@pytest.mark.parametrize("name", sorted(SUPPORTED))
def test_default_parameters_are_not_refused(name: str) -> None:
    signature = inspect.signature(_resolve(name))  # type: ignore[arg-type]
    for parameter, supported in ESTIMATORS[name].refuses.items():
        if parameter in signature.parameters:
            assert signature.parameters[parameter].default in supported


@pytest.mark.parametrize("name", sorted(set(ESTIMATORS) - SUPPORTED))
def test_what_is_refused_has_a_reason_and_an_alternative(name: str) -> None:
    assert ESTIMATORS[name].how
    assert ESTIMATORS[name].instead


def test_the_runtime_fits_what_the_catalogue_promises() -> None:
    assert {family.name for family in families().values()} == SUPPORTED


@pytest.mark.parametrize("family", families().values(), ids=lambda family: family.name)
def test_exactness_and_parameters_are_those_of_the_runtime(family: object) -> None:
    entry = ESTIMATORS[family.name]  # type: ignore[attr-defined]
    assert entry.exactness.value == family.exactness.value  # type: ignore[attr-defined]
    ours = {name: set(values) for name, values in entry.refuses.items()}
    theirs = family.parameters.items()  # type: ignore[attr-defined]
    assert ours == {name: set(values) for name, values in theirs}
    levels = {key: level.value for key, (level, _) in entry.by_parameter.items()}
    whens = family.when.items()  # type: ignore[attr-defined]
    assert levels == {key: level.value for key, (level, _) in whens}
    assert entry.composite == (family.parts is not None)  # type: ignore[attr-defined]


def test_operations_are_those_of_the_runtime() -> None:
    assert OPERATIONS == operations.OPERATIONS


def test_counterparts_are_those_of_the_runtime() -> None:
    offered = {f"sklearn.metrics.{name}" for name in fedruntime.metrics.__all__} | {
        f"sklearn.model_selection.{name}" for name in fedruntime.model_selection.__all__
    }
    offered = {name for name in offered if _exists(name)}
    assert set(COUNTERPARTS) == offered


def _exists(name: str) -> bool:
    module, _, last = name.rpartition(".")
    return hasattr(importlib.import_module(module), last)


@pytest.mark.parametrize("name", sorted({*COUNTERPARTS, *FACTORIES, *LOADERS, *SPLITTERS}))
def test_functions_exist_under_their_names(name: str) -> None:
    assert callable(_resolve(name))


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
