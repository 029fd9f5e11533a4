"""Notebooks as Jupyter writes them, and the cells that most tests begin with."""

from __future__ import annotations

import json
from typing import Any

IMPORTS = "import pandas as pd\nfrom sklearn.linear_model import LogisticRegression"
LOAD = 'df = pd.read_csv("patients.csv")\nX, y = df.drop(columns=["outcome"]), df["outcome"]'
FIT = "model = LogisticRegression()\nmodel.fit(X, y)"


def build(*cells: str | tuple[str, str], language: str = "python", **layout: Any) -> bytes:
    """A notebook; a cell is its source, or its type and its source."""
    typed = [("code", cell) if isinstance(cell, str) else cell for cell in cells]
    notebook = {
        "cells": [_cell(kind, source, index) for index, (kind, source) in enumerate(typed)],
        "metadata": {"kernelspec": {"display_name": "K", "language": language, "name": "k"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    text = json.dumps(notebook, **({"indent": 1, "ensure_ascii": False} | layout)) + "\n"
    return text.encode()


def _cell(kind: str, source: str, index: int) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind}
    if kind == "code":
        cell["execution_count"] = index + 1
    cell |= {"id": f"cell-{index}", "metadata": {"tags": ["kept", index]}}
    if kind == "code":
        shown = {"name": "stdout", "output_type": "stream", "text": ["6.1\n", "<b>4.7</b>\n"]}
        cell["outputs"] = [shown]
    return cell | {"source": source.splitlines(keepends=True)}


def sources(data: bytes) -> list[str]:
    """The text of every cell."""
    return ["".join(cell["source"]) for cell in json.loads(data)["cells"]]
