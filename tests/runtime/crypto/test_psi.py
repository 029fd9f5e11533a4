"""Blinded identifiers: equal where the identifiers are, and telling nothing before they are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fedruntime.crypto import psi
from fedruntime.crypto.psi import blind, normalised, points_of
from fedruntime.errors import DataError, ProtocolError

FIRST, SECOND = bytes(range(32)), bytes(range(32, 64))


def test_the_order_of_blinding_does_not_count() -> None:
    points = points_of([f"id {number}" for number in range(300)], b"salt")
    one, other = blind(blind(points, FIRST), SECOND), blind(blind(points, SECOND), FIRST)
    np.testing.assert_array_equal(one, other)
    assert len({bytes(point) for point in one}) == 300
    assert not {bytes(point) for point in one} & {bytes(point) for point in blind(points, FIRST)}


def test_processes_give_what_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psi, "_SHARE", 10)
    points = points_of(map(str, range(25)), b"salt")
    np.testing.assert_array_equal(
        blind(points, FIRST, processes=2), blind(points, FIRST, processes=1)
    )


def test_the_salt_makes_other_points() -> None:
    assert (points_of(["a"], b"one") != points_of(["a"], b"other")).any()


def test_points_that_any_secret_makes_zero_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shared|exchange|zero|[Cc]omputing"):
        blind(np.zeros((1, 32), dtype=np.uint8), FIRST)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ProtocolError, match="a private key has 32 bytes, not 3"):
        blind(points_of(["a"], b"s"), b"abc")


def test_no_identifiers_are_no_points() -> None:
    assert blind(points_of([], b"s"), FIRST).shape == (0, 32)


@pytest.mark.parametrize(
    "same",
    [
        [7, 7.0, "7", np.int64(7), np.float64(7), " 7 "],
        ["\u00e9", "e\u0301"],
        [pd.Timestamp("2026-01-02"), "2026-01-02T00:00:00"],
        [2**60, str(2**60)],
    ],
    ids=["whole numbers", "accents", "dates", "long numbers"],
)
def test_identifiers_that_are_the_same(same: list[Any]) -> None:
    texts = {normalised([value]) for value in same}
    assert len(texts) == 1
    assert None not in texts


@pytest.mark.parametrize(
    "missing",
    [None, float("nan"), np.float32("nan"), Decimal("nan"), np.datetime64("NaT"), pd.NA, "", "  "],
)
def test_missing_values_are_no_identifiers(missing: Any) -> None:
    assert normalised([missing]) is None
    assert normalised(["a", missing]) is None


def test_numbers_that_floats_cannot_tell_apart_are_refused() -> None:
    assert float(2**53 + 1) == float(2**53)
    with pytest.raises(DataError, match=r"more than 15 digits .* read the column as text"):
        normalised([float(2**53 + 1)])
    assert normalised([float(2**53 - 1)]) == normalised([2**53 - 1])
    assert normalised([2**53 + 1]) == normalised([str(2**53 + 1)])


def test_values_do_not_run_into_each_other() -> None:
    assert normalised(["ab", "c"]) != normalised(["a", "bc"])
    assert normalised(["007"]) != normalised([7])
    assert normalised([7.5]) == normalised(["7.5"])
    assert normalised(["A"]) != normalised(["a"])
    assert normalised([date(2026, 1, 2)]) == normalised(["2026-01-02"])
