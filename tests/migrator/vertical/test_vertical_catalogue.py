"""What the catalogue says of columns of several parties, against what the runtime has."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from fedmigrate.analysis.across import across_of
from fedmigrate.catalog.estimators import ESTIMATORS
from fedmigrate.catalog.functions import COUNTERPARTS
from fedmigrate.catalog.operations import OPERATIONS, ROW_LOCAL
from fedmigrate.catalog.vertical import (
    AT_LABEL,
    BY_EVERYONE,
    CELL_FUNCTIONS,
    ESTIMATORS_ACROSS,
    FILTERS,
    LABEL_ESTIMATORS,
    TABLE_OPERATIONS,
    Where,
)
from fedruntime.vertical import aligned_frame
from fedruntime.vertical.registry import families_across

FAMILIES = {family.name: family for family in families_across().values()}


def test_estimators_are_those_of_the_runtime() -> None:
    assert set(ESTIMATORS_ACROSS) == set(FAMILIES) - set(LABEL_ESTIMATORS)


def test_parameters_are_those_of_the_runtime() -> None:
    stated = {name: dict(across.parameters) for name, across in ESTIMATORS_ACROSS.items()}
    assert stated == {
        name: dict(family.parameters)
        for name, family in FAMILIES.items()
        if name in ESTIMATORS_ACROSS
    }


def test_what_reveals_nothing_reveals_nothing_there() -> None:
    for name, across in ESTIMATORS_ACROSS.items():
        if across.where is not Where.PARTS:
            assert bool(across.reveals) is bool(FAMILIES[name].reveals), name


def test_only_what_meets_other_columns_reveals_something() -> None:
    for name in ESTIMATORS_ACROSS | LABEL_ESTIMATORS:
        across = across_of(name)
        assert across is not None
        if across.where is Where.TOGETHER:
            assert across.reveals, name
        elif across.where is not Where.PARTS:
            assert not across.reveals, name


def test_what_is_revealed_is_told_in_full() -> None:
    assert all(len(across.reveals) <= 80 for across in ESTIMATORS_ACROSS.values())


def test_what_is_fitted_across_columns_is_fitted_across_rows() -> None:
    assert ESTIMATORS.keys() >= ESTIMATORS_ACROSS.keys() | LABEL_ESTIMATORS.keys()


def test_functions_have_counterparts() -> None:
    assert COUNTERPARTS.keys() >= AT_LABEL | BY_EVERYONE
    assert AT_LABEL.isdisjoint(BY_EVERYONE)


def test_operations_are_those_of_the_runtimes_tables() -> None:
    table = aligned_frame.AlignedFrame
    own = {name for name in dir(table) if not name.startswith("_") and hasattr(pd.DataFrame, name)}
    own |= aligned_frame._ROW_BY_ROW | aligned_frame._BY_COLUMN
    assert own - {"take"} == TABLE_OPERATIONS
    assert OPERATIONS["frame"].keys() >= FILTERS
    assert FILTERS.isdisjoint(TABLE_OPERATIONS)


def test_functions_of_cells_are_those_of_numpy() -> None:
    carried = {name for name, effect in OPERATIONS["numpy"].items() if effect == ROW_LOCAL}
    of_cells = {name for name in carried if isinstance(getattr(np, name, None), np.ufunc)}
    assert of_cells - {"matmul"} == CELL_FUNCTIONS


def test_the_page_tells_what_every_fit_reveals() -> None:
    page = (Path(__file__).parents[3] / "docs/vertical.md").read_text(encoding="utf-8")
    table = page.partition("## What is revealed")[2]
    told = {
        name: reveals
        for names, reveals in re.findall(
            r"^\| ((?:`\w+`(?:, )?)+) \| (.+) \|$", table, re.MULTILINE
        )
        for name in re.findall(r"\w+", names)
    }
    assert told == {
        name.rpartition(".")[2]: across.reveals
        for name, across in ESTIMATORS_ACROSS.items()
        if across.where is Where.TOGETHER
    }
    for name, across in ESTIMATORS_ACROSS.items():
        if across.where is Where.COLUMNS:
            assert f"`{name.rpartition('.')[2]}`" in page
    for name in TABLE_OPERATIONS:
        assert f"`{name}`" in page
