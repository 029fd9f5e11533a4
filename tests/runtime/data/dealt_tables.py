"""Random tables and the ways to deal them, for hypothesis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import Phase, settings
from hypothesis import strategies as st

import fedruntime
from fedruntime.data.layout import RowLayout

# Few examples a case: there are many cases, and every example deals to other parties.
FEW = settings(
    max_examples=6, deadline=None, derandomize=True, database=None, phases=[Phase.generate]
)
_MOMENTS = ["2020-02-29 00:00", "2021-07-04 12:30"]
_values = st.sampled_from([-3.5, -1.0, 0.0, 0.25, 1.0, 2.0, 7.75, 1e6])


@st.composite
def owners(draw: Any, least: int = 1, most: int = 12) -> tuple[int, np.ndarray]:
    """Parties and each row's party: interleaved or in blocks, some parties without rows."""
    parties = draw(st.integers(2, 4))
    owner = draw(st.lists(st.integers(0, parties - 1), min_size=least, max_size=most))
    return parties, np.asarray(sorted(owner) if draw(st.booleans()) else owner, dtype=np.intp)


@st.composite
def frames(draw: Any) -> tuple[pd.DataFrame, tuple[int, np.ndarray]]:
    """A table with whole numbers, floats with and without holes, booleans, text and times."""
    dealt = draw(owners())
    rows = len(dealt[1])

    def column(values: Any) -> list[Any]:
        return draw(st.lists(values, min_size=rows, max_size=rows))

    frame = pd.DataFrame(
        {
            "n": np.array(column(st.integers(-4, 4)), dtype=np.int64),
            "x": np.array(column(_values)),
            "holes": np.array(column(st.one_of(_values, st.just(float("nan"))))),
            "flag": np.array(column(st.booleans())),
            "text": column(st.sampled_from(["Red", "green ", "b-1", ""])),
            "when": pd.to_datetime(
                column(st.sampled_from(["2020-02-29 00:00", "2021-07-04 12:30"]))
            ),
        }
    )
    return frame, dealt


@st.composite
def arrays(draw: Any) -> tuple[np.ndarray, tuple[int, np.ndarray]]:
    """A matrix of three columns in one of numpy's number types."""
    parties, owner = draw(owners())
    dtype = draw(st.sampled_from(["float64", "float32", "int64", "int8", "uint8"]))
    entries = st.integers(0, 5) if dtype[0] == "u" else st.integers(-5, 5)
    size = len(owner) * 3
    array = np.array(draw(st.lists(entries, min_size=size, max_size=size))).reshape(-1, 3)
    if dtype.startswith("float"):
        array = array / 4
    return array.astype(dtype), (parties, owner)


def place(rows: Any, dealt: tuple[int, np.ndarray]) -> Any:
    """Deal rows as drawn to the parties of a new federation."""
    parties, owner = dealt
    federation = fedruntime.init([f"p{number}" for number in range(parties)])
    layout = RowLayout(federation.parties, owner)
    take = rows.iloc.__getitem__ if hasattr(rows, "iloc") else rows.__getitem__
    return federation.place({p: take(where) for p, where in layout.positions.items()}, layout)
