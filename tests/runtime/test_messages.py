"""The closed schema: what it carries comes back equal, and nothing else can be written down."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fedruntime.errors import ProtocolError
from fedruntime.messages import (
    Named,
    Ref,
    Release,
    Reply,
    Request,
    pack,
    pack_reply,
    pack_request,
    unpack,
    unpack_reply,
    unpack_request,
)

_scalars = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
_keys = st.integers() | st.text() | st.booleans() | st.none()
_values = st.recursive(
    _scalars | st.builds(Ref, st.text()) | st.builds(Named, st.text()),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(_keys, inner)
        | st.builds(slice, st.integers() | st.none(), st.integers() | st.none())
    ),
)


@given(_values)
def test_every_value_of_the_schema_comes_back(value: object) -> None:
    back = unpack(pack(value))
    assert back == value
    assert type(back) is type(value)


@given(hnp.arrays(hnp.scalar_dtypes().filter(lambda d: d.kind in "biufUS"), hnp.array_shapes()))
def test_arrays_come_back_bit_for_bit(array: np.ndarray) -> None:
    back = unpack(pack({"a": [array]}))["a"][0]
    assert back.dtype == array.dtype
    assert back.tobytes() == array.tobytes()


def test_object_arrays_come_back_entry_by_entry() -> None:
    array = np.array([["a", 1], [None, 2.5]], dtype=object)
    back = unpack(pack(array))
    assert back.dtype == object
    assert back.tolist() == array.tolist()


def test_numpy_scalars_become_plain_ones() -> None:
    assert unpack(pack([np.float64(0.1), np.int32(3), np.bool_(True), np.str_("x")])) == [
        0.1,
        3,
        True,
        "x",
    ]


class _Pickleable:
    pass


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(_Pickleable(), id="object"),
        pytest.param(pd.DataFrame({"a": [1]}), id="a-table-is-rows"),
        pytest.param(pd.Series([1]), id="a-column-is-rows"),
        pytest.param(print, id="function"),
        pytest.param(lambda: None, id="code"),
        pytest.param({1, 2}, id="set"),
        pytest.param(b"bytes", id="bytes"),
        pytest.param(1j, id="complex"),
        pytest.param(np.array([_Pickleable()], dtype=object), id="object-in-an-array"),
        pytest.param({"deep": [({"er": _Pickleable()},)]}, id="object-deep-inside"),
        pytest.param(np.zeros(2, dtype=[("a", "f8")]), id="structured-array"),
    ],
)
def test_nothing_else_can_be_written_down(value: object) -> None:
    with pytest.raises(ProtocolError, match="cannot hold"):
        pack(value)


def test_requests_and_replies_come_back() -> None:
    request = Request("op", {"X": Ref("r1"), "k": (1, 2)}, Release.MASKED_SUM, round=3)
    assert unpack_request(pack_request(request)) == request
    reply = unpack_reply(pack_reply(Reply("alice", {"n": np.arange(3)}, [["n", "integer", [3]]])))
    assert reply.party == "alice"
    assert reply.arrays["n"].tolist() == [0, 1, 2]
    assert reply.facts == [["n", "integer", [3]]]
