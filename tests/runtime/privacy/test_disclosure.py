"""Distinct values are told where they repeat, and refused where they are the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import LabelEncoder, OneHotEncoder

from fedruntime import FLModel, RevealError, init
from fedruntime.privacy.disclosure import require_repeats


@pytest.mark.parametrize(("distinct", "rows"), [(20, 20), (80, 100), (0, 0), (21, 1000)])
def test_values_that_repeat_are_told(distinct: int, rows: int) -> None:
    require_repeats(distinct, rows, "column 'ward'")


@pytest.mark.parametrize(("distinct", "rows"), [(21, 21), (81, 100)])
def test_values_that_are_the_rows_are_not(distinct: int, rows: int) -> None:
    message = f"column 'name' has {distinct} distinct values in {rows} rows"
    with pytest.raises(RevealError, match=message):
        require_repeats(distinct, rows, "column 'name'")


def test_a_column_of_names_is_told_by_nothing_that_asks_for_distinct_values() -> None:
    fed = init(["a", "b"])
    names = [f"patient {number}" for number in range(100)]
    table = fed.load(lambda: pd.DataFrame({"name": names, "age": np.arange(100) % 7}))
    for ask in (
        lambda: table["name"].unique(),
        lambda: table["name"].value_counts(),
        lambda: table["name"].nunique(),
        lambda: np.unique(table["name"]),
        lambda: FLModel(model=LabelEncoder()).fit(table["name"]),
        lambda: FLModel(model=OneHotEncoder()).fit(table[["name"]]),
    ):
        with pytest.raises(RevealError, match="distinct values"):
            ask()
    assert table["age"].nunique() == 7
