"""The table of operations and the handles agree: nothing is listed that does not run, and nothing
runs that is not listed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from fedruntime.data.array import FedArray, FedSparse
from fedruntime.data.frame import FedFrame
from fedruntime.data.handle import Handle
from fedruntime.data.numpy_functions import call
from fedruntime.data.operations import AGGREGATE, OPERATIONS, PUBLIC, REVEALS_ROWS, ROW_LOCAL
from fedruntime.data.row_operations import run_accessor, run_method, run_numpy
from fedruntime.data.series import FedSeries
from fedruntime.errors import ProtocolError

KINDS = {"array": FedArray, "frame": FedFrame, "series": FedSeries, "sparse": FedSparse}
_OF_HANDLES = {"federation", "facts", "holders", "layout", "ref", "refuse", "kinds"}


@pytest.mark.parametrize("kind", KINDS)
def test_public_names_of_the_class_are_listed(kind: str) -> None:
    names = {name for name in dir(KINDS[kind]) if not name.startswith("_")}
    assert names - _OF_HANDLES <= set(OPERATIONS[kind])


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name)
        for kind in KINDS
        for name, effect in OPERATIONS[kind].items()
        if effect in (AGGREGATE, PUBLIC)
    ],
)
def test_what_is_not_row_local_is_written_in_the_class(kind: str, name: str) -> None:
    assert hasattr(KINDS[kind], name)


@pytest.mark.parametrize("kind", ["array", "frame", "series"])
def test_names_exist_in_the_library(kind: str) -> None:
    original = {"array": np.ndarray, "frame": pd.DataFrame, "series": pd.Series}[kind]
    removed = {"applymap", "ravel"}  # in pandas 3
    carried = {name for name, effect in OPERATIONS[kind].items() if effect != REVEALS_ROWS}
    assert {name for name in carried if not hasattr(original, name)} <= removed


@pytest.mark.parametrize(
    "name", [name for name, effect in OPERATIONS["numpy"].items() if effect == ROW_LOCAL]
)
def test_numpy_functions_are_ufuncs_or_dispatched(name: str) -> None:
    function = getattr(np, name)
    if not isinstance(function, np.ufunc):
        from fedruntime.data import numpy_functions

        assert name in numpy_functions._FUNCTIONS


def test_effects_are_the_four() -> None:
    found = {effect for table in OPERATIONS.values() for effect in table.values()}
    assert found == {ROW_LOCAL, AGGREGATE, PUBLIC, REVEALS_ROWS}


@pytest.mark.parametrize("name", ["head", "to_csv", "sort_values", "mean", "__class__", "groupby"])
def test_a_party_runs_only_row_local_methods(name: str) -> None:
    with pytest.raises(ProtocolError, match="is no row-local operation on a frame"):
        run_method(pd.DataFrame({"x": [1]}), name, [], {})


@pytest.mark.parametrize(
    "name", ["sort", "save", "mean", "lookfor", "linalg", "scipy.special.gamma"]
)
def test_a_party_runs_only_row_local_functions(name: str) -> None:
    with pytest.raises(ProtocolError, match="is no row-local operation"):
        run_numpy(name, [np.eye(2)], {})


def test_a_party_runs_only_listed_accessor_methods() -> None:
    with pytest.raises(ProtocolError, match="is no row-local operation on a str"):
        run_accessor(pd.Series(["a"]), "str", "cat", [], {})


def test_handles_of_every_kind_are_registered() -> None:
    assert {kind: Handle.kinds[kind] for kind in KINDS} == KINDS


def test_functions_that_are_not_numpys_are_refused(deal: Any) -> None:
    def mean(values: Any) -> Any:
        return values

    with pytest.raises(NotImplementedError, match=r"numpy\.mean has no counterpart"):
        call(mean, [deal([0, 1])(np.eye(2))], {})
