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


_REQUEST = {**vars(Request("op", {}, Release.KEEP)), "release": "keep", "noise": None}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="no-text"),
        pytest.param("[" * 100_000, id="deep"),
        pytest.param("null", id="nothing"),
        pytest.param("{}", id="a-map-of-json"),
        pytest.param('{"$": "array", "of": 3}', id="an-array-that-did-not-come"),
        pytest.param('{"$": "dtype", "of": "no dtype"}', id="no-dtype"),
        pytest.param('{"$": "objects", "shape": [7], "of": [1]}', id="another-shape"),
        pytest.param('{"$": "map", "of": [[[], 1]]}', id="a-list-as-key"),
        pytest.param('{"$": "python", "of": "print()"}', id="an-unknown-kind"),
        pytest.param(pack({"operation": "op"})[0], id="half-of-it"),
        pytest.param(pack({**_REQUEST, "more": 1})[0], id="more-than-it"),
        pytest.param(pack({**_REQUEST, "release": "all"})[0], id="an-unknown-release"),
        pytest.param(pack({**_REQUEST, "operation": ["op"]})[0], id="a-list-of-operations"),
        pytest.param(pack({**_REQUEST, "arguments": [1]})[0], id="arguments-without-names"),
        pytest.param(pack({**_REQUEST, "forget": "r1"})[0], id="a-text-to-forget"),
        pytest.param(pack({**_REQUEST, "round": True})[0], id="a-truth-as-round"),
        pytest.param(pack({**_REQUEST, "noise": {"mu": 1.0, "sigma": 2.0}})[0], id="other-noise"),
    ],
)
def test_what_is_no_request_is_refused_and_nothing_else(text: str) -> None:
    with pytest.raises(ProtocolError):
        unpack_request((text, []))
    with pytest.raises(ProtocolError):
        unpack_reply((text, []))


@pytest.mark.parametrize("wrong", [{"party": 1}, {"arrays": [1]}, {"remarks": "none"}, {"more": 1}])
def test_what_is_no_reply_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ProtocolError, match="this is no reply"):
        unpack_reply(pack({**vars(Reply("alice")), **wrong}))


@given(st.text() | _values.map(lambda value: pack(value)[0]))
def test_nothing_but_a_refusal_comes_of_what_is_no_request(text: str) -> None:
    for unpacked in (unpack_request, unpack_reply):
        with pytest.raises(ProtocolError):
            unpacked((text, []))


@pytest.mark.parametrize("layout", ["C", "F"])
def test_arrays_keep_how_they_lie_in_memory(layout: str) -> None:
    array = np.array(np.arange(12.0).reshape(3, 4), order=layout)  # type: ignore[call-overload]
    text, (written,) = pack(array)
    assert written is array
    text, (written,) = pack(array[::2])
    assert written.flags.c_contiguous
    assert np.array_equal(unpack((text, [written])), array[::2])
