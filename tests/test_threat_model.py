"""``docs/threat-model.md`` is complete and true: every family of estimators and every operation
that tells something in the clear is in it, its numbers are the code's, and its examples come out
as printed."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import numpy as np
import pytest

from fedruntime.aggregation.graph import CORRUPT, DROPOUT, neighbourhood
from fedruntime.estimators.registry import families, public_name
from fedruntime.every_operation import register_every_operation
from fedruntime.operations import revealing
from fedruntime.vertical.registry import families_across

_ROOT = Path(__file__).resolve().parents[1]
_PAGE = _ROOT / "docs" / "threat-model.md"
_TEXT = _PAGE.read_text(encoding="utf-8")


def table(header: str) -> list[list[str]]:
    """The cells of the table whose first header cell this is."""
    lines = _TEXT.split(f"\n| {header} |", 1)[1].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_every_family_of_the_registry_has_its_line() -> None:
    registered = {public_name(estimator).split(".")[1] for estimator in families()}
    assert [row[0].strip("`") for row in table("family")] == sorted(registered)


def test_every_family_says_what_it_sums_and_what_that_tells() -> None:
    for family, sums, tells, in_the_clear in table("family"):
        assert all((sums, tells, in_the_clear)), family


def test_every_operation_that_tells_in_the_clear_is_named() -> None:
    register_every_operation()
    named = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", _TEXT))
    ours = [entry for entry in revealing() if entry.function.__module__.startswith("fedruntime.")]
    told = {entry.name for entry in ours if not entry.facts}
    assert told <= named, f"not judged in {_PAGE.name}: {sorted(told - named)}"


def test_every_fit_across_columns_has_its_line() -> None:
    named = {
        name for row in table("fit across columns") for name in re.findall(r"`([A-Za-z]+)`", row[0])
    }
    told = {kind.__name__ for kind, family in families_across().items() if family.reveals}
    assert named == told


def test_no_operation_is_named_that_there_is_not() -> None:
    in_the_clear = {
        name for row in table("family") for name in re.findall(r"`([a-z_]+\.[a-z_]+)`", row[3])
    }
    assert in_the_clear <= {entry.name for entry in revealing()}


@pytest.mark.parametrize("row", table("parties"), ids=lambda row: f"{row[0]}-parties")
def test_thresholds_are_those_of_the_graph(row: list[str]) -> None:
    parties, degree, threshold = map(int, row[:3])
    found = neighbourhood(parties, corrupt=CORRUPT, dropout=DROPOUT)
    assert (degree, threshold) == (found.degree, found.threshold)
    if degree == parties - 1:
        assert int(row[3]) == parties - threshold


def test_examples_come_out_as_printed() -> None:
    found = doctest.testfile(str(_PAGE), module_relative=False)
    assert found.attempted >= 10
    assert not found.failed


def test_sums_and_squares_of_two_rows_are_the_rows() -> None:
    rng = np.random.default_rng(0)
    for low, high in np.sort(rng.integers(18, 99, size=(50, 2)), axis=1).astype(float):
        total, squares = low + high, low**2 + high**2
        roots = np.sort(np.roots([1, -total, (total**2 - squares) / 2]).real)
        np.testing.assert_allclose(roots, [low, high], atol=1e-5)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+\.md)\)", _TEXT))))
def test_linked_pages_exist(link: str) -> None:
    assert (_PAGE.parent / link).is_file()
