"""Notebooks with everything in them that real ones have, and their conversions byte for byte.

To accept a change: ``fedmigrate convert`` in the folder ``golden``.
"""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from fedmigrate.convert import convert
from fedmigrate.plan import Options
from fedmigrate.source import read

GOLDEN = Path(__file__).parent / "golden"
NOTEBOOKS = sorted(path for path in GOLDEN.glob("*.ipynb") if not path.stem.endswith("_fed"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestGolden:
    def test_the_conversion_is_the_golden_one(self, path: Path) -> None:
        golden = path.with_name(f"{path.stem}_fed.ipynb").read_bytes()
        assert convert(read(path), Options()).data == golden

    def test_the_conversion_is_a_valid_notebook_without_outputs(self, path: Path) -> None:
        notebook = nbformat.read(path.with_name(f"{path.stem}_fed.ipynb"), as_version=4)
        nbformat.validate(notebook)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert all(cell.outputs == [] and cell.execution_count is None for cell in code)

    def test_every_line_of_the_original_that_is_gone_belongs_to_a_site(self, path: Path) -> None:
        done = convert(read(path), Options())
        kept = {line for cell in json.loads(done.data)["cells"] for line in cell["source"]}
        gone = [
            line
            for cell in json.loads(path.read_bytes())["cells"]
            for line in cell["source"]
            if line not in kept
        ]
        names = [site.subject.rpartition(".")[2] for site in done.plan.sites]
        assert all(any(name in line for name in names) for line in gone)


def test_there_is_one() -> None:
    assert NOTEBOOKS
