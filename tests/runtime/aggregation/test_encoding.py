"""Whole messages: named statistics come back summed, in name, order, shape and kind; what cannot be
summed is refused by its name.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from fedruntime.aggregation import encoding, limbs
from fedruntime.errors import DataError, FedError, ProtocolError

LARGEST = math.nextafter(2.0**80, 0.0)

STATISTICS: Mapping[str, Any] = {
    "gram": np.arange(12.0).reshape(3, 4) / 7,
    "rows": 17,
    "mean": np.float64(2.5),
    "counts": np.array([[3, 0], [2, 5]], dtype=np.int32),
    "seen": np.array([True, False]),
    "loss": 0.125,
    "nothing": np.empty((0, 3)),
    "narrow": np.array([1.5, 2.5], dtype=np.float32),
    "flag": True,
    "transposed": np.arange(6.0).reshape(2, 3).T,
}


@pytest.mark.parametrize("parties", [1, 2, 10])
def test_packed_statistics_come_back_summed_in_name_order_shape_and_kind(parties: int) -> None:
    vector, layout = encoding.pack(STATISTICS)
    sums = encoding.unpack(vector * np.uint64(parties), layout, parties)
    assert list(sums) == list(STATISTICS)
    for name, statistic in STATISTICS.items():
        expected = parties * np.asarray(statistic, dtype=sums[name].dtype)
        assert isinstance(sums[name], np.ndarray)
        assert sums[name].shape == np.shape(statistic)
        assert sums[name].dtype == (np.float64 if expected.dtype.kind == "f" else np.int64)
        np.testing.assert_allclose(sums[name], expected, rtol=1e-15)
        if parties == 1:
            np.testing.assert_array_equal(sums[name], expected)


def test_a_message_takes_four_words_a_float_and_one_an_integer() -> None:
    vector, layout = encoding.pack({"x": np.zeros((2, 3)), "n": np.zeros(5, dtype=int), "s": 1.0})
    assert vector.shape == (4 * 7 + 5,)
    assert vector.dtype == np.uint64
    assert vector.flags.c_contiguous
    assert layout == [["x", "float", [2, 3]], ["n", "integer", [5]], ["s", "float", []]]


def test_the_layout_survives_json() -> None:
    vector, layout = encoding.pack(STATISTICS)
    assert json.loads(json.dumps(layout)) == layout
    sums = encoding.unpack(vector, json.loads(json.dumps(layout)), parties=1)
    np.testing.assert_array_equal(sums["gram"], STATISTICS["gram"])


def test_the_layout_holds_no_values() -> None:
    other = {name: np.asarray(value) * 0 for name, value in STATISTICS.items()}
    other["seen"], other["flag"] = np.array([False, False]), np.array(False)
    assert encoding.pack(other)[1] == encoding.pack(STATISTICS)[1]


def test_packed_words_are_those_of_encode() -> None:
    values = np.array([math.e, -1e20])
    vector, _ = encoding.pack({"x": values, "n": np.array([-1])})
    words = np.empty((4, 2), dtype=np.uint64)
    limbs.encode(values, words)
    np.testing.assert_array_equal(vector[:8].reshape(4, 2), words)
    assert vector[8] == 2**64 - 1


@pytest.mark.parametrize("statistics", [{}, {"x": np.empty(0)}, {"n": np.empty(0, dtype=int)}])
def test_nothing_is_a_message_of_no_words(statistics: Mapping[str, Any]) -> None:
    vector, layout = encoding.pack(statistics)
    assert vector.shape == (0,)
    assert list(encoding.unpack(vector, layout, parties=2)) == list(statistics)


def test_the_sums_can_be_written_to_without_touching_each_other() -> None:
    vector, layout = encoding.pack({"a": np.ones(3), "b": np.ones(3), "m": 1, "n": 2})
    kept = vector.copy()
    sums = encoding.unpack(vector, layout, parties=1)
    sums["a"][:], sums["m"][...] = 9.0, 9
    np.testing.assert_array_equal(sums["b"], np.ones(3))
    assert sums["n"] == 2
    np.testing.assert_array_equal(vector, kept)


@pytest.mark.parametrize(
    "statistic",
    [
        pytest.param("text", id="text"),
        pytest.param(np.array(["a", "b"]), id="strings"),
        pytest.param(np.array([1, None]), id="objects"),
        pytest.param(2**70, id="integer-beyond-any-word"),
        pytest.param(1j, id="complex"),
        pytest.param(np.array(["2024-01-01"], dtype="datetime64[D]"), id="dates"),
    ],
)
def test_statistics_that_are_no_numbers_are_refused_by_name(statistic: Any) -> None:
    with pytest.raises(DataError, match="statistic 'odd' cannot be summed: its entries are"):
        encoding.pack({"fine": 1.0, "odd": statistic})


@pytest.mark.parametrize("size", [0, 3, 5])
def test_a_vector_that_does_not_fit_its_layout_is_refused(size: int) -> None:
    with pytest.raises(ProtocolError, match="does not fit its layout of 1 float, 0 integer, 0"):
        encoding.unpack(np.zeros(size, dtype=np.uint64), [["x", "float", []]], parties=1)


def test_a_layout_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ProtocolError, match="'x' is laid out as unknown kind 'text'"):
        encoding.unpack(np.zeros(1, dtype=np.uint64), [["x", "text", []]], parties=1)


# What is refused


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        pytest.param(math.nan, "entry 2 is NaN; look for missing values", id="nan"),
        pytest.param(math.inf, "entry 2 is infinite", id="infinity"),
        pytest.param(-math.inf, "entry 2 is infinite", id="negative-infinity"),
        pytest.param(2.0**80, "entry 2 has a magnitude", id="limit"),
        pytest.param(-(2.0**80), "entry 2 has a magnitude", id="negative-limit"),
        pytest.param(1.7e308, "entry 2 has a magnitude", id="largest-float"),
    ],
)
def test_floats_that_cannot_be_summed_are_refused_by_name(value: float, fault: str) -> None:
    values = np.array([0.0, LARGEST, value, value])
    with pytest.raises(DataError, match=f"statistic 'gram' cannot be summed: {fault}"):
        encoding.pack({"rows": 3, "gram": values.reshape(2, 2)})


@pytest.mark.parametrize("statistic", [1.2345678e25, 123456789012345678])
def test_the_message_of_a_refusal_does_not_quote_the_value(statistic: float) -> None:
    with pytest.raises(DataError) as caught:
        encoding.pack({"income": np.array([statistic])})
    assert "2345678" not in str(caught.value)
    assert isinstance(caught.value, FedError)


@pytest.mark.parametrize("parties", [-1, 0, 2**15 + 1])
def test_a_number_of_parties_without_room_is_refused(parties: int) -> None:
    with pytest.raises(DataError, match="room for 1 to 32768"):
        encoding.unpack(np.empty(0, dtype=np.uint64), [], parties)
