"""Messages as bytes: what goes in comes out, and nothing else comes in."""

from __future__ import annotations

import io
import json
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedruntime.errors import ProtocolError
from fedruntime.hosting.frames import dumps, loads
from fedruntime.messages import pack, unpack


@pytest.mark.parametrize(
    "value",
    [
        None,
        {"text": "ü", "number": 0.1, "nested": (1, [True, None])},
        np.arange(6.0).reshape(2, 3),
        [np.zeros(0), np.array(["a", "bc"]), np.array(7, np.uint64)],
        np.asfortranarray(np.arange(6).reshape(2, 3)),
    ],
    ids=["nothing", "scalars", "array", "arrays", "column order"],
)
def test_a_message_comes_back(value: Any) -> None:
    text, arrays = pack(value)
    back_text, back = loads(dumps((text, arrays)))
    assert back_text == text
    for one, other in zip(back, arrays, strict=True):
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)
    unpack((back_text, back))


@pytest.mark.parametrize("cut", [0, 4, 8, 20, -1])
def test_a_torn_message_is_refused(cut: int) -> None:
    with pytest.raises(ProtocolError):
        loads(dumps(pack([np.arange(5.0), np.arange(3)]))[:cut])


def test_what_follows_a_message_is_refused() -> None:
    with pytest.raises(ProtocolError, match="came as"):
        loads(dumps(pack([1, 2])) + b"more")


def test_nothing_is_unpickled() -> None:
    frame = dumps(pack([np.arange(3)]))
    start = frame.index(b"\x93NUMPY")
    bait = pickle.dumps(print)
    head = frame[8:start].replace(str(len(frame) - start).encode(), str(len(bait)).encode())
    with pytest.raises(ProtocolError):
        loads(len(head).to_bytes(8, "big") + head + bait)
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        dumps(("", [np.array([print], dtype=object)]))


def test_what_numpy_opens_is_not_all_an_array() -> None:
    """``numpy.load`` takes archives and pickles, too."""
    stream = io.BytesIO()
    np.savez(stream, a=np.arange(3))
    archive = stream.getvalue()
    head = json.dumps(["", [len(archive)]]).encode()
    with pytest.raises(ProtocolError):
        loads(len(head).to_bytes(8, "big") + head + archive)


@given(st.binary())
def test_nothing_but_a_refusal_comes_of_noise(noise: bytes) -> None:
    with pytest.raises(ProtocolError):
        loads(noise)
