"""What signatures and seals are bound to: one unambiguous string of bytes for each thing that a
party says. Who signs what, and when, is the business of the protocol's two halves.
"""

from __future__ import annotations

_LENGTH_BYTES = 8


def statement(kind: str, *parts: bytes | str | int) -> bytes:
    """A kind of statement and its parts, each behind its length, so that no two are alike.

    Parameters
    ----------
    kind : str
        What is stated, such as ``"channel key"``; separates statements of one key from another.
    *parts : bytes, str or int
        Numbers are 0 or more, below 2**64.
    """
    encoded = [b"fedmigrate aggregation v2", kind.encode(), *map(_encoded, parts)]
    return b"".join(len(part).to_bytes(_LENGTH_BYTES, "little") + part for part in encoded)


def _encoded(part: bytes | str | int) -> bytes:
    if isinstance(part, int):
        return part.to_bytes(_LENGTH_BYTES, "little")
    return part.encode() if isinstance(part, str) else part
