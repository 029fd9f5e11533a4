"""Products, truncation and comparison of shares: right for all integers that they are for, and what
is opened is uniformly distributed whatever the values are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sharing import play, shares_of

from fedruntime.errors import ProtocolError
from fedruntime.shares.comparison import is_negative, reorder, sign
from fedruntime.shares.correlation import dealt_to
from fedruntime.shares.opening import Masked, join
from fedruntime.shares.product import multiply, product, square, squares
from fedruntime.shares.truncation import truncate, truncation

EXTREME = [0, 1, -1, 2**62 - 1, -(2**62) + 1, 2**32, -(2**32), 2**61, -(2**61)]
any_integer = st.one_of(
    st.sampled_from([-(2**63), 2**63 - 1, *EXTREME]), st.integers(-(2**63), 2**63 - 1)
)
truncatable = st.one_of(st.sampled_from(EXTREME), st.integers(-(2**62) + 1, 2**62 - 1))
parties = st.integers(2, 4)
seeds = st.integers(0, 2**32)


def truncated(values: Any, bits: int, n: int, seed: int = 0) -> Any:
    shares = shares_of(values, n, seed)
    return play(
        truncation(values.shape, bits),
        lambda dealt, i: truncate(dealt, shares[i], bits, first=i == 0),
        n,
        seed,
    )


def signs(values: Any, n: int, seed: int = 0) -> Any:
    shares = shares_of(values, n, seed)
    return play(
        sign(values.shape), lambda dealt, i: is_negative(dealt, shares[i], first=i == 0), n, seed
    )


def products(x: Any, y: Any, bits: int, n: int, seed: int = 0, matrix: bool = False) -> Any:
    left, right = shares_of(x, n, seed), shares_of(y, n, seed + 1)
    return play(
        product(x.shape, y.shape, bits, matrix=matrix),
        lambda dealt, i: multiply(dealt, left[i], right[i], bits, first=i == 0, matrix=matrix),
        n,
        seed,
    )


@given(st.lists(truncatable, min_size=1, max_size=8), st.integers(1, 32), parties, seeds)
@settings(deadline=None)
def test_truncation_gives_one_of_the_two_nearest(
    drawn: list[int], bits: int, n: int, seed: int
) -> None:
    values = np.array(drawn, dtype=np.int64)
    found = truncated(values, bits, n, seed).result
    assert np.isin(found - (values >> bits), [0, 1]).all()


@given(st.lists(any_integer, min_size=1, max_size=8), parties, seeds)
@settings(deadline=None)
def test_comparison_is_right_for_every_integer(drawn: list[int], n: int, seed: int) -> None:
    values = np.array(drawn, dtype=np.int64)
    assert (signs(values, n, seed).result == (values < 0)).all()


@pytest.mark.parametrize("value", [0, -1, 2**62, -(2**63), 5])
def test_comparison_is_right_under_many_masks(value: int) -> None:
    values = np.full(20000, value, dtype=np.int64)
    assert (signs(values, 2).result == (value < 0)).all()


def test_no_truncation_of_many_random_products_fails() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(-(2**30), 2**30, (2, 100_000))
    found = products(x, y, 26, 2).result
    assert np.isin(found - ((x * y) >> 26), [0, 1]).all()


@pytest.mark.parametrize("n", [2, 3, 5])
def test_products_without_truncation_are_exact(n: int) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.integers(-(2**63), 2**63 - 1, (2, 40))
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(products(x, y, 0, n).result, x * y)
    shares = shares_of(x, n)
    found = play(squares(x.shape, 0), lambda d, i: square(d, shares[i], 0, first=i == 0), n)
    np.testing.assert_array_equal(found.result, x * x)


@pytest.mark.parametrize("n", [2, 3])
def test_products_of_matrices(n: int) -> None:
    rng = np.random.default_rng(2)
    x, y = rng.integers(-(2**28), 2**28, (7, 30)), rng.integers(-(2**28), 2**28, (30, 4))
    np.testing.assert_array_equal(products(x, y, 0, n, matrix=True).result, x @ y)
    found = products(x, y, 20, n, matrix=True).result
    assert np.isin(found - ((x @ y) >> 20), [0, 1]).all()


def test_products_broadcast() -> None:
    x, y = np.arange(12).reshape(4, 3), np.array([[2], [0], [-5], [7]])
    np.testing.assert_array_equal(products(x, y, 0, 2).result, x * y)


def assert_uniform(opened: Any) -> None:
    """All values of every byte are about equally common."""
    counts = np.bincount(np.ascontiguousarray(opened).reshape(-1).view(np.uint8), minlength=256)
    expected = counts.sum() / 256
    assert np.abs(counts - expected).max() < 6 * np.sqrt(expected)
    whole = np.ascontiguousarray(opened).reshape(-1)
    for byte in range(whole.itemsize):
        one = whole.view(np.uint8).reshape(-1, whole.itemsize)[:, byte]
        assert np.abs(one.mean() - 127.5) < 6 * 74 / np.sqrt(len(one))


@pytest.mark.parametrize("value", [0, 1, -1, 2**61])
def test_what_is_opened_tells_nothing_of_the_values(value: int) -> None:
    values = np.full(20000, value, dtype=np.int64)
    for opened in truncated(values, 20, 3).opened:
        assert_uniform(opened)
    for opened in products(values, np.ones_like(values), 20, 2).opened:
        assert_uniform(opened)
    *openings, bit = signs(values, 2).opened
    for opened in openings:
        assert_uniform(opened)
    assert abs(bit.mean() - 0.5) < 0.03  # a bit in a byte of its own
    assert set(np.unique(bit)) == {0, 1}


def test_openings_of_two_runs_with_the_same_values_differ() -> None:
    values = np.arange(100)
    one, other = signs(values, 2, seed=1), signs(values, 2, seed=2)
    assert all((a != b).any() for a, b in zip(one.opened, other.opened, strict=True))


def test_comparison_takes_seven_openings_and_few_bytes() -> None:
    found = signs(np.arange(1000), 2)
    assert found.bytes_sent == 26 * 1000


def test_a_bit_is_placed_at_the_reverse_of_its_number() -> None:
    for bit in range(64):
        reverse = int(f"{bit:06b}"[::-1], 2)
        assert reorder(np.array([1 << bit], dtype=np.uint64)).tolist() == [1 << reverse]


def test_other_numbers_of_bytes_are_refused() -> None:
    wanted = [Masked(np.zeros(3, dtype=np.uint64))]
    with pytest.raises(ProtocolError, match="opened less"):
        join(wanted, [np.zeros(23, dtype=np.uint8)])
    with pytest.raises(ProtocolError, match="opened more"):
        join(wanted, [np.zeros(25, dtype=np.uint8)])
    with pytest.raises(ProtocolError, match="other randomness"):
        dealt_to(truncation((3,), 4), bytes(32), np.zeros(7, dtype=np.uint8))
