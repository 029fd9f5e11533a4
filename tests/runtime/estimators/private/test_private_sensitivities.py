"""No row moves a private statistic by more than its registered sensitivity, whatever is in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedruntime.errors import BudgetError, ProtocolError
from fedruntime.estimators.private.families import private_families
from fedruntime.operations import operation, registered
from fedruntime.privacy.mechanisms import deviation

COLUMNS = 3
PREFIX = "private_fit."

_cells = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(-3, 3),
    st.sampled_from([0.0, -0.0, 1e300, -1e300, 5e-324, 1e6]),
)
_rows = st.lists(_cells, min_size=COLUMNS, max_size=COLUMNS)
_coefficients = st.floats(-1e3, 1e3)
_positive = st.floats(1e-3, 1e3)
_centres = st.lists(st.floats(-1e3, 1e3), min_size=COLUMNS, max_size=COLUMNS)
_scales = st.lists(_positive, min_size=COLUMNS, max_size=COLUMNS)
_labels = st.sampled_from([0.0, 1.0, 2.0, 7.0, math.nan])


def _loss(draw: Any, kind: str) -> dict[str, Any]:
    outputs = 3 if kind == "multinomial" else 1
    classes = np.arange(3.0) if outputs == 3 else np.arange(2.0)
    return {
        "kind": kind,
        "outputs": outputs,
        "centre": np.array([draw(st.floats(-10, 10))]) if kind == "squared" else 0.0,
        "scale": np.array([draw(_positive)]) if kind == "squared" else draw(_positive),
        "power": draw(st.sampled_from([1.0, 1.5, 2.0, 3.0])),
        "classes": classes,
    }


@st.composite
def _ball(draw: Any) -> dict[str, Any]:
    return {
        "centre": np.array(draw(_centres)),
        "scale": np.array(draw(_scales)),
        "radius": draw(_positive),
    }


@st.composite
def _gradient(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    constant = draw(st.booleans())
    loss = _loss(draw, draw(st.sampled_from(["squared", "binomial", "multinomial", "tweedie"])))
    size = (COLUMNS + constant) * loss["outputs"]
    flat = draw(st.lists(_coefficients, min_size=size, max_size=size))
    public = {
        **draw(_ball()),
        "constant": constant,
        "loss": loss,
        "limit": draw(_positive),
        "power": draw(st.sampled_from([0.0, 1.0, 2.0])),
        "coefficients": np.array(flat).reshape(-1, loss["outputs"]),
    }
    y = draw(_cells) if loss["kind"] in ("squared", "tweedie") else draw(_labels)
    return public, {"X": draw(_rows), "y": y}


@st.composite
def _gram(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return {**draw(_ball()), "constant": draw(st.booleans())}, {"X": draw(_rows)}


@st.composite
def _moments(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return {**draw(_ball()), "farthest": draw(_positive)}, {"X": draw(_rows)}


@st.composite
def _class_moments(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    public = {**draw(_ball()), "farthest": draw(_positive), "classes": np.arange(3.0)}
    return public, {"X": draw(_rows), "y": draw(_labels)}


@st.composite
def _class_sums(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    public = {
        "classes": np.arange(3.0),
        "threshold": draw(st.none() | st.floats(-2, 2)),
        "highest": np.array(draw(_scales)),
    }
    return public, {"X": draw(_rows), "y": draw(_labels)}


@st.composite
def _magnitudes(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    which = draw(st.lists(st.integers(0, COLUMNS - 1), min_size=1, max_size=COLUMNS))
    public = {"which": which, "columns": COLUMNS, "centre": np.array(draw(_centres))}
    return {**public, "scale": np.array(draw(_scales))}, {"X": draw(_rows)}


@st.composite
def _rows_of_length(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    public = {"columns": COLUMNS, "low": draw(st.floats(0, 1)), "high": draw(st.floats(1, 10))}
    return public, {"X": draw(_rows)}


@st.composite
def _label_counts(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"labels": np.arange(-1, 5)}, {"y": draw(_labels)}


@st.composite
def _clipped_sum(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    public = {
        "centre": np.array([draw(st.floats(-1e3, 1e3))]),
        "scale": np.array([draw(_positive)]),
        "farthest": draw(_positive),
    }
    return public, {"y": draw(_cells)}


CASES = {
    "class_moments": _class_moments(),
    "class_sums": _class_sums(),
    "clipped_sum": _clipped_sum(),
    "gradient": _gradient(),
    "gram": _gram(),
    "label_counts": _label_counts(),
    "magnitudes": _magnitudes(),
    "moments": _moments(),
    "rows_of_length": _rows_of_length(),
}


def _names() -> set[str]:
    private_families()
    return {each.name for each in registered() if each.name.startswith(PREFIX)}


def test_every_statistic_of_a_private_fit_is_proven_here() -> None:
    assert _names() == {PREFIX + name for name in CASES}


def _moved(statistics: Mapping[str, Any], scale: Any) -> float:
    """How far one row moves the statistics, in units of what noise is sized by."""
    total = 0.0
    for name, value in statistics.items():
        own = scale[name] if isinstance(scale, Mapping) else scale
        total += float(np.sum((np.asarray(value, dtype=float) / own) ** 2))
    return math.sqrt(total)


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
def test_a_row_moves_no_statistic_by_more_than_its_sensitivity(name: str, data: Any) -> None:
    known = operation(PREFIX + name)
    public, row = data.draw(CASES[name])
    alone = known(**public, **{key: np.array([value]) for key, value in row.items()})
    assert _moved(alone, known.sensitivity(public)) <= 1.0 + 1e-9  # type: ignore[misc]


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
def test_statistics_add_up_what_each_row_contributes(name: str, data: Any) -> None:
    known = operation(PREFIX + name)
    public, row = data.draw(CASES[name])
    rng = np.random.default_rng(0)
    others = {"X": rng.normal(size=(5, COLUMNS)), "y": np.array([0.0, 1.0, 2.0, 1.0, 0.0])}
    others = {key: others[key] for key in row}
    both = {key: np.concatenate([others[key], [value]]) for key, value in row.items()}
    alone = known(**public, **{key: np.array([value]) for key, value in row.items()})
    rest, together = known(**public, **others), known(**public, **both)
    for key, value in together.items():
        expected = np.asarray(rest[key], dtype=float) + alone[key]
        slack = 1e-9 * (1.0 + np.abs(rest[key]).max() + np.abs(alone[key]).max())
        np.testing.assert_allclose(np.asarray(value, dtype=float), expected, atol=slack, rtol=1e-9)


@pytest.mark.parametrize("name", ["gradient", "gram", "moments", "class_moments"])
@pytest.mark.parametrize("bound", ["radius", "limit", "farthest"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.inf, math.nan])
def test_a_bound_that_bounds_nothing_is_refused(name: str, bound: str, value: float) -> None:
    known = operation(PREFIX + name)
    if bound not in known.parameters:
        return
    public = {"radius": 1.0, "limit": 1.0, "farthest": 1.0, bound: value}
    with pytest.raises(ProtocolError, match=bound):
        known.sensitivity(public)  # type: ignore[misc]


def test_highest_values_that_are_no_numbers_are_refused() -> None:
    scale = operation(PREFIX + "class_sums").sensitivity({"highest": np.array([1.0, np.nan])})  # type: ignore[misc]
    with pytest.raises(ProtocolError):
        deviation(scale["feature"], 1.0, 1)  # type: ignore[index]


@pytest.mark.parametrize("name", ["magnitudes", "rows_of_length"])
def test_more_columns_than_noise_was_sized_for_are_refused(name: str) -> None:
    public = {"columns": 2, "which": [0], "centre": np.zeros(2), "scale": np.ones(2)}
    public |= {"low": 0.0, "high": 1.0}
    known = operation(PREFIX + name)
    taken = {key: value for key, value in public.items() if key in known.parameters}
    with pytest.raises(ProtocolError, match="2 columns"):
        known(X=np.zeros((4, 3)), **taken)


def test_missing_values_of_pandas_are_missing_cells() -> None:
    frame = pd.DataFrame({"a": pd.array([1, None, 3], dtype="Int64"), "b": [1.0, 2.0, np.inf]})
    known = operation(PREFIX + "gram")
    found = known(X=frame, centre=np.zeros(2), scale=np.ones(2), radius=1e9, constant=False)[
        "triangle"
    ]
    assert np.isfinite(found).all()
    assert found[0] == pytest.approx(10.0)


def test_a_statistic_without_a_sensitivity_has_no_private_form() -> None:
    from fedruntime.messages import Noise
    from fedruntime.privacy.mechanisms import scales

    unbounded = next(each for each in registered() if each.sensitivity is None)
    with pytest.raises(BudgetError, match="no private form"):
        scales(unbounded, {}, Noise(1.0))
