"""What parties open to each other: shares hidden by randomness of the dealer, and how those of all
parties are joined. A protocol is a generator that yields what it wants opened and is sent what
came of it, so that it knows neither messages nor engines, and independent ones share a message.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from fedruntime.errors import ProtocolError
from fedruntime.shares.correlation import Unsigned, Words


@dataclass(frozen=True)
class Masked:
    """A party's share of what is to be opened.

    Parameters
    ----------
    share : ndarray of unsigned integers
        Nothing else refers to it: what is opened is written over it.
    bitwise : bool
        Whether shares are joined by exclusive or; otherwise they are added.
    """

    share: Unsigned
    bitwise: bool = False


Protocol = Generator[Sequence[Masked], Sequence[Unsigned], Words]


def to_bytes(masked: Sequence[Masked]) -> Unsigned:
    """What one party tells the others."""
    flat = [np.ascontiguousarray(one.share).reshape(-1).view(np.uint8) for one in masked]
    return np.concatenate(flat)


def join(masked: Sequence[Masked], told: Sequence[Unsigned]) -> list[Unsigned]:
    """What is opened, from one's own shares, which are overwritten, and what the others told.

    Raises
    ------
    ProtocolError
        If another party tells more or less than was asked.
    """
    opened = [one.share for one in masked]
    for bytes_of_peer in told:
        start = 0
        for one, total in zip(masked, opened, strict=True):
            piece = bytes_of_peer[start : start + total.nbytes]
            start += total.nbytes
            if len(piece) != total.nbytes:
                raise ProtocolError("a party opened less than this step of the program needs")
            combine = np.bitwise_xor if one.bitwise else np.add
            combine(total, piece.view(total.dtype).reshape(total.shape), out=total)
        if start != len(bytes_of_peer):
            raise ProtocolError("a party opened more than this step of the program needs")
    return opened
