"""What pandas does between a source and a fit: carried without a word, and nothing more is said."""

from __future__ import annotations

from collections.abc import Callable

import pytest

SCRIPT = """
import pandas as pd
from sklearn.linear_model import Ridge
df = pd.read_csv("x.csv")
public = pd.DataFrame({{"a": [1, 2], "rate": [0.1, 0.2]}})
{use}
model = Ridge().fit(df[["a"]], df["b"])
"""
CARRIED = {
    "groupby": "print(df.groupby('a')['b'].mean())",
    "groupby-attribute": "print(df.groupby('a').b.agg(['mean', 'std']))",
    "groups": "print(df.groupby('a').ngroups)",
    "transform": "df['b'] = df['b'].fillna(df.groupby('a')['b'].transform('mean'))",
    "merge-by-method": "df = df.merge(public, on='a', how='left')",
    "correlation": "print(df.corr())",
    "description": "print(df.describe(include='all'))",
    "info": "df.info()",
    "mode": "df['a'] = df['a'].fillna(df['a'].mode()[0])",
    "counts": "print(df['a'].value_counts(normalize=True))",
    "codes": "df['a'] = df['a'].astype('category').cat.codes",
    "categories": "print(df['a'].astype('category').cat.categories)",
    "query": "df = df.query('a > 1')",
    "drop-by-labels": "df = df.drop(df[df['a'] > 3].index)",
    "length-of-labels": "print(len(df.index), df.index.size)",
    "pivot_table": "print(df.pivot_table(values='b', index='a'))",
    "skew": "print(df.skew())",
}
MOVED = {
    "dummies": ("df = pd.get_dummies(df, columns=['c'])", "get_dummies"),
    "concat": ("df = pd.concat([df, df['a'] * 2], axis=1)", "concat"),
    "merge": ("df = pd.merge(df, public, on='a')", "merge"),
    "cut": ("df['c'] = pd.cut(df['a'], 3, labels=False)", "cut"),
    "cut-with-edges": ("df['c'], edges = pd.cut(df['a'], 3, retbins=True)\nprint(edges)", "cut"),
    "times": ("df['c'] = pd.to_datetime(df['c']).dt.year", "to_datetime"),
    "numbers": ("df['c'] = pd.to_numeric(df['c'], errors='coerce')", "to_numeric"),
    "missing": ("print(pd.isnull(df).sum())", "isnull"),
    "crosstab": ("print(pd.crosstab(df['a'], df['c']))", "crosstab"),
    "frame": ("df = pd.DataFrame(df.values, columns=['a', 'b'], index=df.index)", "DataFrame"),
    "factorize": ("df['c'], names = pd.factorize(df['c'])\nprint(names)", "factorize"),
}
SOURCE, MODEL = "source converted pandas.read_csv", "estimator converted sklearn.linear_model.Ridge"


def _told(decide: Callable[[str], list[str]], use: str) -> list[str]:
    """The sites of a script with one use, without their lines."""
    return [site.partition(" ")[2] for site in decide(SCRIPT.format(use=use))]


@pytest.mark.parametrize("use", CARRIED.values(), ids=CARRIED.keys())
def test_operations_are_carried_as_they_stand(decide: Callable[[str], list[str]], use: str) -> None:
    assert _told(decide, use) == [SOURCE, MODEL]


@pytest.mark.parametrize(("use", "function"), MOVED.values(), ids=MOVED.keys())
def test_functions_move_to_the_runtime(
    decide: Callable[[str], list[str]], use: str, function: str
) -> None:
    moved = f"function converted pandas.{function}"
    assert _told(decide, use) == [SOURCE, moved, MODEL]


def test_functions_of_public_tables_are_left_alone(decide: Callable[[str], list[str]]) -> None:
    use = "print(pd.get_dummies(public), pd.concat([public, public]))"
    assert _told(decide, use) == [SOURCE, MODEL]
