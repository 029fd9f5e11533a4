"""Adding what parties have sent: their encoded vectors modulo 2**64, once it is clear that these
hold the same statistics.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fedruntime.errors import DataError
from fedruntime.messages import Public, Reply

Words = npt.NDArray[np.uint64]


class Total(NamedTuple):
    """Encoded statistics, added.

    Parameters
    ----------
    vector : ndarray of uint64, shape (n,)
        Without masks.
    layout : Layout
        What the vector holds; see ``encoding``.
    parties : tuple of str
        Whose statistics it is the sum of.
    """

    vector: Words
    layout: Public
    parties: tuple[str, ...]


def total_of(replies: Mapping[str, Reply]) -> Total:
    """The sum of the replies of at least one party.

    Raises
    ------
    DataError
        If they hold statistics of different names or shapes.
    """
    layout = common_layout(replies)
    return Total(added(vectors_of(replies)), layout, tuple(replies))


def common_layout(replies: Mapping[str, Reply]) -> Public:
    """The layout of what parties have sent; ``None`` if there is none.

    Raises
    ------
    DataError
        If they differ; names two parties.
    """
    layout: Public = None
    first = ""
    for party, reply in replies.items():
        if not first:
            first, layout = party, reply.facts
        elif reply.facts != layout:
            raise DataError(
                f"parties {first!r} and {party!r} gave statistics of different names or shapes "
                f"({layout} and {reply.facts})"
            )
    return layout


def vectors_of(replies: Mapping[str, Reply]) -> dict[str, Words]:
    """The vectors in masked or plain replies."""
    return {party: reply.arrays["vector"] for party, reply in replies.items()}


def added(vectors: Mapping[str, Words]) -> Words:
    """Their sum modulo 2**64; at least one."""
    first, *others = vectors.values()
    total: Words = first.copy()
    for vector in others:
        total += vector
    return total
