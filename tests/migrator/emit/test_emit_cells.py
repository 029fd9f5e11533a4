"""Scripts with ``# %%`` cells: added lines stay in their cells, apart from the cells' texts."""

from __future__ import annotations

import pytest

from fedmigrate.convert import convert
from fedmigrate.plan import Options
from fedmigrate.source import Source

TITLE = '"""A title."""\n\n'
IMPORTS = "import pandas as pd\nfrom sklearn.neighbors import KNeighborsClassifier\n"
LOAD = 'df = pd.read_csv("a.csv")\nX, y = df[["a"]], df["b"]\n'
FIT = "model = KNeighborsClassifier()\nmodel.fit(X, y)\n"
FOUND = "# fedmigrate: FM201 KNeighborsClassifier is left"


def federated(*parts: str) -> str:
    return convert(Source("train.py", "".join(parts)), Options()).text


@pytest.mark.parametrize(
    "text",
    [
        "# %%\n# Fit\n# ---\n",
        "# %% [markdown]\n# Fit\n",
        "# %%\n",
        "#%%\n# Fit\n",
        "# %% Fit\n",
        "#" * 79 + "\n# Fit\n",
    ],
)
def test_a_comment_does_not_join_the_text_of_its_cell(text: str) -> None:
    found = federated(TITLE, "# %%\n", IMPORTS, "\n# %%\n", LOAD, "\n", text, FIT)
    assert f"\n{text}\n{FOUND}" in found


@pytest.mark.parametrize(
    "text",
    ["# Fit\n", "# %%\n# Fit\n\n", "# %%\nz = 1\n# Fit\n", "z = 1\n"],
    ids=["no cell", "a blank line", "code in between", "code"],
)
def test_elsewhere_a_comment_stands_directly_above(text: str) -> None:
    found = federated(TITLE, "# %%\n", IMPORTS, "\n# %%\n", LOAD, "\n", text, FIT)
    assert f"\n{text}{FOUND}" in found


def test_several_comments_stay_together() -> None:
    text = "# %%\n# Fit\n"
    fit = "KNeighborsClassifier().fit(X, y), print(X)\n"
    found = federated(TITLE, "# %%\n", IMPORTS, "\n# %%\n", LOAD, "\n", text, fit)
    below = found.split(text)[1].splitlines()
    assert below[0] == ""
    assert [line.split()[2] for line in below[1:3]] == ["FM201", "FM301"]
    assert below[3] == fit.strip()


def test_the_setup_stands_in_the_cell_of_the_imports() -> None:
    found = federated(TITLE, "# %%\n# Imports\n", IMPORTS, "\n# %% [markdown]\n# Data\n", LOAD, FIT)
    setup = 'fed = init(parties=["alice", "bob"])\n'
    assert f"Classifier\n\n{setup}\n# %% [markdown]\n# Data\ndf = fed.load(" in found


def test_converted_again_it_stays() -> None:
    once = federated(TITLE, "# %%\n", IMPORTS, "\n# %%\n", LOAD, "# %%\n", FIT)
    assert federated(once) == once
