"""What a coordinator can ask of a party's session: each operation hands the content of a message to
``PartySession`` or ``DoubleMasks`` and gives what these return as arrays.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fedruntime.aggregation.roster import Roster
from fedruntime.aggregation.session import PartySession
from fedruntime.messages import Array
from fedruntime.operations import session_op


@session_op("secure.advertise", protection="public keys")
def advertise(session: PartySession) -> Mapping[str, Array]:
    """A party's channel key and its signature."""
    return {
        name: np.frombuffer(entry, dtype=np.uint8)
        for name, entry in session.advertise()._asdict().items()
    }


@session_op("secure.agree")
def agree(
    session: PartySession,
    parties: Array,
    keys: Array,
    signatures: Array,
    survival: list[float] | None,
) -> Mapping[str, Array]:
    """Hand a party the roster."""
    session.agree(Roster.from_arguments(session.name, parties, keys, signatures, survival))
    return {}


@session_op("secure.share", protection="sealed")
def share(session: PartySession, first: int, rounds: int) -> Mapping[str, Array]:
    """A party's public mask keys and commitments for a batch of rounds, and its sealed shares."""
    sealed = session.surviving().share(first, rounds)
    boxes = [np.frombuffer(sealed.boxes[peer], dtype=np.uint8) for peer in sorted(sealed.boxes)]
    return {
        "keys": sealed.keys,
        "commitments": sealed.commitments,
        "boxes": np.stack(boxes),
    }


@session_op("secure.deliver")
def deliver(
    session: PartySession, senders: Array, mask_keys: Array, boxes: Array
) -> Mapping[str, Array]:
    """Hand a party what its neighbours have sealed for it."""
    names = [str(sender) for sender in senders]
    session.surviving().deliver(
        dict(zip(names, mask_keys, strict=True)),
        {name: box.tobytes() for name, box in zip(names, boxes, strict=True)},
    )
    return {}


@session_op("secure.unmask", protection="mask shares")
def unmask(session: PartySession, round_number: int, survivors: Array) -> Mapping[str, Array]:
    """A party's shares of the survivors' seeds and of the others' mask keys."""
    seeds, mask_keys = session.surviving().unmask(
        round_number, [str(survivor) for survivor in survivors]
    )
    return {"seeds": seeds, "keys": mask_keys}
