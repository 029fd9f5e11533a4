"""What lies on the SPU, as a script holds it: its name there, what is public of it, and its value
once the script asks for that.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from fedruntime.attempts import AtParties
from fedruntime.caller import where
from fedruntime.errors import RevealError
from fedruntime.messages import Array
from fedruntime.shares.graph import Value
from fedruntime.shares.party import reveal_shares
from fedruntime.vertical.sessions import ask

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange


@dataclass
class _Known:
    """What the coordinator counts and keeps of a federation's SPU."""

    numbers: Iterator[int] = field(default_factory=itertools.count)
    dropped: list[str] = field(default_factory=list)  # shares that nothing refers to any more


_KNOWN: WeakKeyDictionary[Exchange, _Known] = WeakKeyDictionary()


class SPUObject(AtParties):
    """A value that is shared among parties, none of which knows it.

    Parameters
    ----------
    federation : Exchange
    session, name : str
        Where its shares are, and under which name.
    value : Value
        What is public of it: shape, fraction bits and bounds.
    parties : tuple of str
        Who holds shares.
    """

    def __init__(
        self,
        federation: Exchange,
        session: str,
        name: str,
        value: Value,
        parties: tuple[str, ...],
    ) -> None:
        self.federation = federation
        self.session = session
        self.name = name
        self.value = value
        self.parties = parties
        weakref.finalize(self, _known(federation).dropped.append, name).atexit = False

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def __repr__(self) -> str:
        return f"<SPUObject {self.value.name}, shape {self.shape}>"


def reveal_shared(shared: SPUObject) -> Array | float:
    """The value of an object on the SPU, which the coordinator then knows.

    Raises
    ------
    RevealError
        If entries are made of single rows.
    """
    if shared.value.rows.mixed == 1:
        raise RevealError(
            f"{where()}{shared!r}: each of its entries is made of one row, and would tell of it; "
            "sum over the rows on the SPU first"
        )
    federation = shared.federation
    with federation.turn:
        asked = {"name": shared.name, "parties": list(shared.parties)}
        told = ask(
            federation,
            reveal_shares,
            dict.fromkeys(shared.parties, asked),
            session=shared.session,
            purpose=f"reveal({shared.value.name})",
        )
    total = sum((told[party]["words"] for party in shared.parties), np.uint64(0))
    signed = np.asarray(total).view(np.int64).reshape(shared.shape)
    if shared.value.bits:
        return np.asarray(np.ldexp(signed.astype(np.float64), -shared.value.bits))[()]
    truth = shared.value.low >= 0 and shared.value.high <= 1
    return np.asarray(signed.astype(np.bool_) if truth else signed)[()]


def new_run_name(federation: Exchange) -> str:
    """A name that no program of this federation has had."""
    return f"p{next(_known(federation).numbers)}"


def taken_dropped(federation: Exchange) -> list[str]:
    """The names of shares that nothing refers to any more, told once."""
    names = _known(federation).dropped
    taken, names[:] = list(names), []
    return taken


def _known(federation: Exchange) -> _Known:
    return _KNOWN.setdefault(federation, _Known())
