"""What is known of the arguments of a function on the SPU before anything is shared: where they
lie, their shapes and their orders of magnitude.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fedruntime.attempts import AtParties
from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError
from fedruntime.messages import Ref
from fedruntime.shares.objects import SPUObject
from fedruntime.shares.party import magnitude
from fedruntime.shares.rows import NO_ROWS, Rows
from fedruntime.vertical.aligned import owner_of
from fedruntime.vertical.sessions import ask

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange


@dataclass(frozen=True)
class Input:
    """A shared argument.

    Parameters
    ----------
    owner : str
        Whose it is; empty for what is on the SPU already.
    held : value
        Its name there.
    bits : int, optional
        Its fraction bits, if it is on the SPU already.
    """

    label: str
    owner: str
    held: Any
    shape: tuple[int, ...]
    low: float
    high: float
    bits: int | None
    rows: Rows


def _place(given: Any, label: str) -> tuple[str, Ref]:
    """At which party a value lies, and its name there."""
    if isinstance(given, Handle):
        return owner_of(given), given.ref
    device, ref = getattr(given, "device", None), getattr(given, "ref", None)
    if device is None or not isinstance(ref, Ref):
        raise DataError(
            f"{where()}{label} does not lie at one party: give its columns to the SPU one party "
            "at a time"
        )
    return device.name, ref


def shared_input(
    federation: Exchange,
    session: str,
    parties: tuple[str, ...],
    given: Any,
    label: str,
    *,
    purpose: str,
) -> Input | None:
    """What is known of an argument before anything is shared; None if it is public."""
    if isinstance(given, SPUObject):
        if given.federation is not federation or given.session != session:
            raise DataError(f"{where()}{label} was shared before a party began again")
        if given.parties != parties:
            raise DataError(f"{where()}{label} is shared among {', '.join(given.parties)}")
        value = given.value
        return Input(
            label, "", given.name, value.shape, value.low, value.high, value.bits, value.rows
        )
    if not isinstance(given, AtParties):
        return None
    owner, held = _place(given, label)
    if owner not in parties:
        raise DataError(
            f"{where()}{label} lies at {owner!r}, which deals for the SPU and so must hold no "
            "data of it"
        )
    told = ask(
        federation,
        magnitude,
        {owner: {"rows": held}},
        session=session,
        purpose=purpose,
    )[owner]
    largest = float(np.ldexp(1.0, int(told["exponent"])))
    shape = tuple(int(size) for size in told["shape"])
    if 0 in shape:
        raise DataError(f"{where()}{label} at {owner!r} is empty: its shape is {shape}")
    rows = Rows(1, -len(shape)) if shape and shape[0] > 1 else NO_ROWS
    return Input(label, owner, held, shape, -largest, largest, None, rows)
