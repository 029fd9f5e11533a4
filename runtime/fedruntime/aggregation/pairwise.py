"""A party's masks where everyone answers: one secret a pair, agreed once a session, from which
each round draws its own mask. Over all parties the masks cancel; if one vector is missing, the
sum of the others is noise.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from fedruntime.crypto import keys, masks
from fedruntime.errors import ProtocolError


class PairwiseMasks:
    """One party's masks in one session.

    Parameters
    ----------
    party : str
    secrets : mapping of str to bytes
        What it shares with each other party of the session; 32 bytes.
    """

    def __init__(self, party: str, secrets: Mapping[str, bytes]) -> None:
        self._added = [secret for peer, secret in secrets.items() if party < peer]
        self._subtracted = [secret for peer, secret in secrets.items() if party > peer]
        self._last_round = -1
        self.fewest = len(secrets) + 1

    def mask(self, vector: npt.NDArray[np.uint64], round_number: int) -> None:
        """Add this party's masks of a round, in place.

        Raises
        ------
        ProtocolError
            For a round that is not later than the last one: a mask used twice would give away
            the difference of two statistics.
        """
        if round_number <= self._last_round:
            raise ProtocolError(f"round {round_number} of this session has been masked already")
        self._last_round = round_number
        masks.apply_masks(
            vector,
            add=[keys.round_key(secret, round_number) for secret in self._added],
            subtract=[keys.round_key(secret, round_number) for secret in self._subtracted],
        )
