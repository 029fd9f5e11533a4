"""Public tables with the columns of a handle, and a party's rows in the pooled dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from fedruntime.data.facts import facts_of, merge_facts
from fedruntime.errors import DataError
from fedruntime.estimators.tables import as_numbers, as_pooled, example, table

_FRAME = pd.DataFrame(
    {
        "i": np.array([1], dtype=np.int8),
        "f": np.array([1.5], dtype=np.float32),
        "b": [True],
        "o": np.array(["x"], dtype=object),
        "s": pd.Series(["x"], dtype="string"),
        "c": pd.Series(["x"], dtype="category"),
        "n": pd.Series([None], dtype="Int64"),
        "t": pd.to_datetime(["2020-01-01"]),
    }
)


def _facts(*parts: Any) -> Any:
    return merge_facts({f"party{number}": facts_of(part) for number, part in enumerate(parts)})


def test_examples_have_the_columns_and_dtypes_and_none_of_the_values() -> None:
    shown = example(_facts(_FRAME), 2)
    assert shown.columns.tolist() == _FRAME.columns.tolist()
    assert [str(dtype) for dtype in shown.dtypes] == [str(dtype) for dtype in _FRAME.dtypes]
    assert len(shown) == 2
    assert "x" not in shown.to_numpy().ravel().tolist()


@pytest.mark.parametrize("rows", [np.ones((3, 2), np.int16), np.array([["a", "bc"]])], ids=str)
def test_examples_of_arrays(rows: Any) -> None:
    shown = example(_facts(rows))
    assert (shown.shape, shown.dtype) == ((1, 2), rows.dtype)


def test_tables_of_given_columns() -> None:
    shown = table(_facts(_FRAME[["i", "o"]]), [[1, 2], ["y", "z"]])
    assert shown.to_dict("list") == {"i": [1, 2], "o": ["y", "z"]}
    assert sparse.issparse(example(_facts(sparse.csr_matrix(np.eye(2)))))


def test_rows_come_in_the_pooled_dtypes() -> None:
    here, there = pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [0.5]})
    pooled = as_pooled(here, _facts(here, there).dtypes)
    assert pooled["a"].dtype == np.float64
    assert as_pooled(here, _facts(here, here).dtypes) is here
    assert as_pooled(np.ones(2, np.float32), ("float64",)).dtype == np.float64


@pytest.mark.parametrize("own", [[1, 2], [0.5, 1.5]], ids=str)
def test_numbers_and_text_do_not_go_together(own: Any) -> None:
    with pytest.raises(
        DataError, match=r"column 'a' has dtype .* here, which does not go together"
    ):
        as_pooled(pd.DataFrame({"a": own}), ("object",))
    empty = pd.DataFrame({"a": own}).iloc[:0]
    assert as_pooled(empty, ("object",))["a"].dtype == object


def test_numbers_keep_their_precision_and_nan() -> None:
    rows = np.array([[1.0, np.nan]], dtype=np.float32)
    assert as_numbers(rows, ("float32",)).dtype == np.float32
    assert as_numbers(np.ones((0, 2)), ("float64",)).shape == (0, 2)
    assert as_numbers(_FRAME[["n"]], ("Int64",)).dtype == np.float64


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (pd.DataFrame({"a": [1.0], "b": ["secret"]}), "column 'b': text"),
        (pd.DataFrame({0: ["secret"], 1: ["x"]}), "columns 0, 1: text"),
        (np.array([[1, "secret"]], dtype=object), "column 1: text"),
        (np.array([[1.0, np.inf]]), "column 1: Input X contains infinity"),
        (sparse.csr_matrix([[0.0, -np.inf]]), "column 1: Input X contains infinity"),
    ],
    ids=str,
)
def test_what_is_no_number_is_named_and_not_quoted(rows: Any, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        as_numbers(rows, facts_of(rows)["dtypes"])
    assert "secret" not in str(caught.value)
