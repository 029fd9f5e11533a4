"""What numpy and scikit-learn's small functions do with rows: carried, converted, or left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAD = """\
import numpy as np
import pandas as pd
from sklearn.datasets import load_iris
from sklearn.linear_model import Ridge
X, y = load_iris(return_X_y=True)
df = pd.read_csv("x.csv")
Ridge().fit(X, y)
Ridge().fit(df, df["t"])
n, rng = len(X), np.random.RandomState(0)
"""

CARRIED = {
    "noise-on-rows": "Z = X + rng.normal(size=X.shape)",
    "noise-beside-rows": "Z = np.hstack((X, rng.randn(n, 20)))",
    "ones-beside-rows": "Z = np.column_stack((np.ones(n), X))",
    "rows-below-rows": "Z = np.concatenate([X, X])\nprint(np.vstack((X, X)).mean(axis=0))",
    "vectors-stacked-and-transposed": "Z = np.vstack((X[:, 0], X[:, 1])).T\nprint(Z.mean())",
    "gram-matrix": "print(X.T @ X, np.dot(X.T, y), X.T.dot(y), np.cov(X.T))",
    "columns-unpacked": "a, *b = X.T\nprint(a.mean(), X.T[0].std())",
    "permuted": "Z, t = X[rng.permutation(n)], y[np.arange(n)[::-1]]",
    "positions-set": "y[y == 0] = -1\ny[:50] = 0\nX[rng.permutation(n)[:9], 0] = np.nan",
    "counts": "print(np.bincount(y), np.unique(y, return_counts=True), (y != 1).sum())",
    "inverse": "labels, codes = np.unique(y, return_inverse=True)\nprint(labels)",
    "figures": "print(np.percentile(X, [25, 75], axis=0), np.nanmean(X), np.ptp(X, axis=0))",
    "norms": "print(np.linalg.norm(X))\nZ = X / np.linalg.norm(X, axis=1, keepdims=True)",
    "histogram": "counts, edges = np.histogram(X[:, 0], bins=20)\nprint(counts, edges)",
    "comparison": "print(np.mean(y == 1), np.allclose(y, 1), np.array_equal(y, y))",
    "public-grid": "grid = np.linspace(X.min(), X.max(), 9)\nprint(np.meshgrid(grid, grid))",
    "like": "Z = np.zeros_like(y)\nZ[y == 1] = 2",
    "classes-of-probabilities": "labels = np.argmax(X, axis=1)",
    "sorted-within-rows": "Z = np.sort(X, axis=1)",
    "parts": "for part in np.array_split(X, 3):\n    print(part.mean())",
}

LEFT = {
    "positions": ("i = np.where(y == 0)[0]", "reveal left np.where(...) FM304"),
    "order": ("i = np.argsort(X[:, 0])", "reveal left np.argsort(...) FM304"),
    "sorted": ("Z = np.sort(y)", "reveal left np.sort(...) FM304"),
    "largest-row": ("i = X[:, 0].argmax()", "reveal left X[...].argmax FM304"),
    "first-positions": (
        "v, i = np.unique(y, return_index=True)",
        "reveal left np.unique(...) FM304",
    ),
    "copied": ("a = np.asarray(X)", "reveal left np.asarray(...) FM304"),
    "column-copied": ('a = np.array(df["x"])', "reveal left np.array(...) FM304"),
    "rows-with-rows": ("K = X @ X.T", "operation left @ FM205"),
    "public-from-the-left": ("Z = np.eye(4) @ X", "operation left @ FM205"),
    "covariance-of-rows": ("C = np.cov(X)", "operation left numpy.cov FM205"),
    "transpose-as-operand": ("Z = X.T + 1", "operation left arithmetic with a transpose FM205"),
    "looked-up": ("Z = np.take(['a', 'b', 'c'], y)", "operation left numpy.take FM205"),
    "running-sum": ("Z = np.cumsum(X)", "operation left numpy.cumsum FM205"),
    "shuffled-in-place": ("rng.shuffle(X)", "operation left shuffle FM205"),
    "range-beside-rows": ("Z = np.c_[0:n, X]", "operation left numpy.c_ FM205"),
    "kernel": (
        "from sklearn.metrics.pairwise import rbf_kernel\nK = rbf_kernel(X)",
        "function left sklearn.metrics.pairwise.rbf_kernel FM206",
    ),
}

CHANGED_VIEW = "operation left in-place change of a part of an array FM205"
SHARED = {
    "slice-changed": "v = X[:, 0]\nv -= 1",
    "reshaped-changed": "v = X.reshape(-1)\nv[v == 0] = 1",
    "base-changed-under-a-view": "v = X[:, 0]\nX[X == 0] = 1\nprint(v.mean())",
    "base-changed-under-two-views": "v, w = X[:, 0], X[:, 1]\nX -= 1\nprint(v.mean())",
    "values-of-a-table-changed": "v = df.values\nv -= 1",
}
NOT_SHARED = {
    "part-of-the-whole": "X[:, 1] *= 0.5",
    "copy": "v = X[:, 0].copy()\nv -= 1",
    "same-name": "X = X.reshape(n, -1)\nX[X == 0] = 1",
    "base-bound-again": "v = X[:, 0]\nX = X + 1\nX[X == 0] = 1",
    "of-a-new-array": "v = (y * 2).ravel()\nv[v == 2] = 0",
    "of-a-new-table": "v = df.drop(columns='t').values\nv -= 1",
}

CONVERTED = {
    "columns": ("Z = np.c_[X, y]", "stack converted numpy.c_"),
    "rows": ("Z = np.r_[X, X]", "stack converted numpy.r_"),
    "shuffle": (
        "from sklearn.utils import shuffle\nA, b = shuffle(X, y)\nprint(b.mean())",
        "function converted sklearn.utils.shuffle",
    ),
    "scale": (
        "from sklearn.preprocessing import scale\nZ = scale(X)\nprint(Z.mean(axis=0))",
        "function converted sklearn.preprocessing.scale",
    ),
    "class-weights": (
        "from sklearn.utils.class_weight import compute_class_weight\n"
        "w = compute_class_weight('balanced', classes=np.unique(y), y=y)\nprint(w)",
        "function converted sklearn.utils.class_weight.compute_class_weight",
    ),
    "scores": (
        "from sklearn.feature_selection import f_classif\nF, p = f_classif(X, y)\nprint(F, p)",
        "function converted sklearn.feature_selection.f_classif",
    ),
}


def _below_head(sites: list[str]) -> list[str]:
    lines = HEAD.count("\n")
    found = (site.partition(" ") for site in sites)
    return [rest for line, _, rest in found if int(line) > lines]


@pytest.mark.parametrize("code", CARRIED.values(), ids=CARRIED)
def test_what_handles_carry_is_no_site(decide: Callable[[str], list[str]], code: str) -> None:
    assert _below_head(decide(f"{HEAD}{code}\n")) == []


@pytest.mark.parametrize(("code", "site"), LEFT.values(), ids=LEFT)
def test_what_handles_refuse_is_left(
    decide: Callable[[str], list[str]], code: str, site: str
) -> None:
    assert _below_head(decide(f"{HEAD}{code}\n")) == [site]


@pytest.mark.parametrize("code", SHARED.values(), ids=SHARED)
def test_changes_that_numpy_shows_elsewhere_are_left(
    decide: Callable[[str], list[str]], code: str
) -> None:
    assert _below_head(decide(f"{HEAD}{code}\n")) == [CHANGED_VIEW]


@pytest.mark.parametrize("code", NOT_SHARED.values(), ids=NOT_SHARED)
def test_changes_that_no_other_name_shows_are_carried(
    decide: Callable[[str], list[str]], code: str
) -> None:
    assert _below_head(decide(f"{HEAD}{code}\n")) == []


@pytest.mark.parametrize(("code", "site"), CONVERTED.values(), ids=CONVERTED)
def test_what_has_a_counterpart_is_converted(
    decide: Callable[[str], list[str]], code: str, site: str
) -> None:
    assert _below_head(decide(f"{HEAD}{code}\n")) == [site]
