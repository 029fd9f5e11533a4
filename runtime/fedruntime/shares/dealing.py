"""Who deals correlated randomness for a program: the coordinator, or a party without data, in which
case the coordinator passes on what it cannot read.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fedruntime.crypto.keys import KEY_BYTES
from fedruntime.operations import sealed_for
from fedruntime.shares.party import deal_program
from fedruntime.shares.program import Need, deal
from fedruntime.vertical.sessions import ask

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange


def dealt_for(
    federation: Exchange,
    session: str,
    parties: tuple[str, ...],
    dealer: str,
    name: str,
    needs: Sequence[Need],
    *,
    purpose: str,
) -> dict[str, dict[str, Any]]:
    """What each party is told by, or of, the dealer."""
    first = parties[0]
    if dealer:
        asked = {
            "run_name": name,
            "parties": list(parties),
            "needs": [[need.step, need.kind, need.shapes, need.options] for need in needs],
        }
        told = ask(
            federation,
            deal_program,
            {dealer: asked},
            session=session,
            purpose=purpose,
        )[dealer]
        known: dict[str, dict[str, Any]] = {party: {"dealer": dealer} for party in parties}
        known[first].update(steps=told["steps"], sizes=told["sizes"], given=told[sealed_for(first)])
        return known
    keys = {party: os.urandom(KEY_BYTES) for party in parties}
    given = deal(needs, list(keys.values()))
    known = {party: {"key": np.frombuffer(keys[party], dtype=np.uint8)} for party in keys}
    known[first].update(
        steps=np.array(list(given), dtype=np.int64),
        sizes=np.array([len(one) for one in given.values()], dtype=np.int64),
        given=np.concatenate([*given.values(), np.zeros(0, dtype=np.uint8)]),
    )
    return known
