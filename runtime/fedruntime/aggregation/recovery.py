"""Putting secrets together again from the shares that parties have sent, for as many owners at once
as have their shares with the same holders.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fedruntime.crypto import shamir
from fedruntime.errors import DropoutError, ProtocolError


class Share(NamedTuple):
    """One holder's share of a secret: the holder's point, and the words of the share."""

    point: int
    words: npt.NDArray[np.uint32]


def put_together(shares: Mapping[str, Sequence[Share]], threshold: int) -> dict[str, bytes]:
    """The secrets by owner.

    Parameters
    ----------
    shares : mapping of str to sequence of Share
        By owner. The first ``threshold`` of them are used.
    threshold : int

    Raises
    ------
    DropoutError
        If there are fewer for an owner.
    ProtocolError
        If they do not fit together.
    """
    by_points: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for owner, held in shares.items():
        require_shares(owner, len(held), threshold)
        by_points[tuple(share.point for share in held[:threshold])].append(owner)
    opened: dict[str, bytes] = {}
    for points, owners in by_points.items():
        words = [[share.words for share in shares[owner][:threshold]] for owner in owners]
        try:
            secrets = shamir.reconstruct(np.array(words).swapaxes(0, 1), points)
        except ProtocolError as error:
            raise ProtocolError(
                f"the shares of what masks {', '.join(owners)} do not fit together: a party has "
                "sent a wrong one"
            ) from error
        opened.update(zip(owners, map(bytes, secrets), strict=True))
    return opened


def require_shares(owner: str, answered: int, threshold: int) -> None:
    """Check that so many of an owner's holders are enough.

    Raises
    ------
    DropoutError
        If they are not.
    """
    if answered < threshold:
        raise DropoutError(
            f"too many parties are missing: {answered} of those who hold shares for {owner!r} "
            f"have answered, and {threshold} are needed to take the masks off the sum"
        )
