"""Scripts for the tests of this folder, and what is said when they are converted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from click.testing import Result

from fedmigrate.convert import Conversion, convert
from fedmigrate.plan import Options, Vertical
from fedmigrate.source import Source

HEAD = """\
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression, LogisticRegression

df = pd.read_csv("customers.csv")
y = df["spent"]
X = df.drop(columns=["customer_id", "spent"])
"""
FIT = "LinearRegression().fit(X, y)\n"
SCRIPT = HEAD + FIT
COLUMNS = (("visits", "shop"), ("basket", "shop"), ("age", "lab"))
"""What the settings tell; all else lies at the label party."""

Command = Callable[..., Result]
"""``fedmigrate`` with its arguments."""


def converted(
    body: str, *, columns: Any = COLUMNS, on: tuple[str, ...] = ("customer_id",)
) -> Conversion:
    """The conversion of a script that continues `HEAD`, for three parties."""
    vertical = Vertical("bank", on=on, columns=columns)
    options = Options(parties=("bank", "shop", "lab"), vertical=vertical)
    return convert(Source("train.py", HEAD + body), options)


def said(body: str, **more: Any) -> list[str]:
    """The codes of what is said of a body, each with its line in it; what a fit reveals apart."""
    first = HEAD.count("\n")
    return [
        f"{found.line - first} {found.code}"
        for found in converted(body, **more).plan.diagnostics
        if found.code != "FM141"
    ]
