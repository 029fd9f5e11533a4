"""Packed messages as bytes, for whatever carries bytes: JSON text and arrays in numpy's own file
format. Nothing is pickled, and what would have to be unpickled is refused.
"""

from __future__ import annotations

import io
import json
from typing import IO

import numpy as np
from numpy.lib.format import read_array

from fedruntime.errors import ProtocolError
from fedruntime.messages import Array, Wire

_LENGTH = 8  # bytes of a length, big-endian


def dumps(wire: Wire) -> bytes:
    """A packed message as bytes: the length of its head, the head (the text, and the length of
    each array), the arrays."""
    text, arrays = wire
    parts = [_npy(array) for array in arrays]
    head = json.dumps([text, [len(part) for part in parts]]).encode()
    return b"".join([len(head).to_bytes(_LENGTH, "big"), head, *parts])


def loads(frame: bytes) -> Wire:
    """The packed message that ``dumps`` wrote.

    Raises
    ------
    ProtocolError
        If the bytes are no whole message.
    """
    start = _LENGTH + int.from_bytes(frame[:_LENGTH], "big")
    try:
        text, lengths = json.loads(frame[_LENGTH:start])
        arrays = []
        for length in lengths:
            part = io.BytesIO(frame[start : start + length])
            arrays.append(read_array(part, allow_pickle=False))
            start += length
    except (ValueError, TypeError, EOFError, MemoryError, RecursionError) as error:
        raise ProtocolError(f"{len(frame)} bytes are no message: {error}") from error
    if start != len(frame):
        raise ProtocolError(f"a message of {start} bytes came as {len(frame)} bytes")
    return text, arrays


def write_frame(stream: IO[bytes], frame: bytes) -> None:
    """Send a frame, its length first."""
    stream.write(len(frame).to_bytes(_LENGTH, "big"))
    stream.write(frame)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next frame; None where the stream has ended.

    Raises
    ------
    ProtocolError
        If it ends in the middle of a frame.
    """
    head = stream.read(_LENGTH)
    if not head:
        return None
    length = int.from_bytes(head, "big")
    frame = stream.read(length)
    if len(head) < _LENGTH or len(frame) < length:
        raise ProtocolError("a stream of messages has ended in the middle of one")
    return frame


def _npy(array: Array) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()
