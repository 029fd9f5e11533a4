"""Comparing numbers, as arrays and in printed text: what differs is never called equal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from fedmigrate.verify.compare import compare_runs, difference, line_difference
from fedmigrate.verify.run import Event, Run

_FLOATS = arrays(np.float64, array_shapes(max_dims=2, max_side=4), elements=st.floats(-1e9, 1e9))
_ANY = arrays(np.float64, array_shapes(max_dims=2, max_side=4), elements=st.floats(width=64))


@given(_ANY)
def test_anything_is_identical_to_itself(values: Any) -> None:
    assert difference(values.copy(), values).identical


@given(_FLOATS, st.floats(1e-8, 1e3))
def test_a_change_of_the_largest_entry_is_never_missed(values: Any, change: float) -> None:
    other = values.copy()
    place = np.unravel_index(np.abs(values).argmax(), values.shape)
    scale = abs(values[place]) or 1.0
    other[place] += change * scale
    assert difference(other, values).relative == pytest.approx(change, rel=1e-6)


@given(_FLOATS)
def test_a_value_that_is_not_finite_in_one_only_is_not_comparable(values: Any) -> None:
    for strange in (np.nan, np.inf, -np.inf):
        other = values.copy()
        other.flat[0] = strange
        assert difference(other, values).relative == np.inf
        assert difference(values, other).relative == np.inf


@given(st.integers(-(2**53), 2**53), st.integers(-(2**53), 2**53))
def test_integers_are_equal_or_not(one: int, other: int) -> None:
    assert (difference(np.array(one), np.array(other)).relative == 0) is (one == other)


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=5))
def test_padding_between_numbers_is_no_difference(numbers: list[float]) -> None:
    texts = [repr(number) for number in numbers]
    found = line_difference(f"[ {'   '.join(texts)}]", f"[{' '.join(texts)} ]")
    assert found.relative == 0


@pytest.mark.parametrize(
    ("ours", "pooled", "expected"),
    [
        ("a=1", "a=2", 0.5),
        ("a=-1e-3,", "a=1e-3,", 2.0),
        ("1.5E+10", "1.0e10", 0.5),
        ("99%", "100%", 0.01),
        ("(1, -2)", "(1, 2)", 2.0),
        ("[-0.  1.]", "[0. 1.]", 0.0),
        ("[ 0. -1.]", "[-0. -1.]", 0.0),
        (".5", "0.5", 0.0),
        ("1e-17", "-3e-16", 3.1e-16),
        ("1e400", "1e500", 0.0),
        ("nan 1.0", "nan 2.0", 0.5),
        ("loss 1", "loss 0", np.inf),
        ("1e400 1.0", "1.0 1.0", np.inf),
    ],
)
def test_numbers_in_text(ours: str, pooled: str, expected: float) -> None:
    assert line_difference(ours, pooled).relative == pytest.approx(expected, rel=1e-9, abs=1e-18)


@pytest.mark.parametrize(
    ("ours", "pooled"),
    [
        ("# 5", "5 5"),
        ("a 1", "b 1"),
        ("a1", "a2"),
        ("v1.2", "v1.3"),
        ("nan", "0.5"),
        ("inf", "nan"),
        ("1", ""),
        ("1 1", "1"),
        ("True", "False"),
        ("0x1f", "0x2f"),
    ],
)
def test_other_text_is_not_comparable(ours: str, pooled: str) -> None:
    for one, other in ((ours, pooled), (pooled, ours)):
        found = line_difference(one, other).relative
        assert not found <= 1e-2
        assert not line_difference(one, other).identical


def _run(*events: tuple[str, str]) -> Run:
    made = tuple(Event(kind, name, 1, "exact", {"coef_": np.ones(2)}) for kind, name in events)
    return Run("t.py", made, (), None)


def test_one_fit_missing_among_others_is_found() -> None:
    three = _run(("fit", "A.fit"), ("fit", "B.fit"), ("fit", "C.fit"))
    two = _run(("fit", "A.fit"), ("fit", "C.fit"))
    comparison = compare_runs(three, two, 1e-9)
    assert [fit.as_expected for fit in comparison.fits] == [True, False, False]
    assert [fit.expected for fit in comparison.fits[1:]] == [
        "C.fit in the conversion",
        "only in the original",
    ]
    assert not compare_runs(two, three, 1e-9).as_expected


def test_scores_are_compared_apart_from_fits() -> None:
    one = _run(("fit", "A.fit"), ("score", "r2_score"))
    other = _run(("score", "r2_score"), ("fit", "A.fit"))
    assert compare_runs(one, other, 1e-9).as_expected


def test_an_attribute_in_one_only_is_worse_than_expected_of_any_but_unpromised_fits() -> None:
    more = Event("fit", "A.fit", 1, "exact", {"coef_": np.ones(2), "n_iter_": np.array(3)})
    comparison = compare_runs(_run(("fit", "A.fit")), Run("t.py", (more,), (), None), 1e-9)
    assert not comparison.as_expected
    assert comparison.fits[0].worst[0] == "n_iter_"
