"""Devices under SecretFlow's names: PYU (one party, in the clear), SPU (all parties together), the
objects that lie on them, and ``reveal``.

A function called on a device runs there, and its result stays there until it is aggregated.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fedruntime.attempts import AtParties
from fedruntime.caller import where
from fedruntime.current import current, join
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError, RevealError, SettingsError
from fedruntime.messages import Ref, Release
from fedruntime.operations import Statistics, party_op, row_op
from fedruntime.shares.device import run_on_spu
from fedruntime.shares.objects import SPUObject, reveal_shared

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange


@dataclass(frozen=True)
class PYU:
    """One party's own machine, where its rows are in the clear.

    Parameters
    ----------
    name : str
        The party's name. Outside any federation, the first device of a script opens a simulated
        one, and each further name joins it.
    """

    name: str

    def __post_init__(self) -> None:
        join(self.name)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., PYUObject]:
        """The function as it runs at this party; arguments may be public or lie there."""

        def run(*args: Any, **kwargs: Any) -> PYUObject:
            for argument in (*args, *kwargs.values()):
                if isinstance(argument, PYUObject) and argument.device != self:
                    raise DataError(
                        f"an argument lies at {argument.device.name!r} and cannot be used at "
                        f"{self.name!r}: aggregate it first"
                    )
            return _run_at(current(), self, function, args, kwargs)

        return run


@dataclass(frozen=True)
class SPU:
    """All parties together: where masked values are added, and functions computed on shares.

    ``spu(fn)(x, y)`` runs a function of values that lie at one party each, or on the SPU; it may
    use the subset of numpy that docs/spu.md lists. All other arguments are public.

    Parameters
    ----------
    cluster_def : mapping, optional
        As SecretFlow has it: ``{"nodes": [{"party": name, ...}, ...], ...}``.
    dealer : str, optional
        The party that deals correlated randomness, and then must hold no data of what is computed.
        By default the coordinator does. Whoever deals must not collude with a party: it could
        read what that party's peers have shared.
    """

    cluster_def: Mapping[str, Any] | None = None
    dealer: str = ""

    def __post_init__(self) -> None:
        for node in (self.cluster_def or {}).get("nodes", ()):
            if "party" not in node:
                raise SettingsError(f"a node of the SPU's cluster_def names no party: {node}")
            join(node["party"])

    def __hash__(self) -> int:
        return id(self)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it runs on shares; it gives an ``SPUObject``, or a tuple of them."""

        def run(*args: Any) -> Any:
            return run_on_spu(current(), function, args, self.dealer)

        return run


class PYUObject(AtParties):
    """A value that lies at one party.

    Parameters
    ----------
    federation : Exchange
    device : PYU
    ref : Ref
        Its name there.
    shape : tuple of int
        Public; ``()`` for what is neither array nor table.
    part_of : Handle, optional
        Whose part it is; the value then lives as long as that handle does.
    """

    def __init__(
        self,
        federation: Exchange,
        device: PYU,
        ref: Ref,
        shape: tuple[int, ...],
        part_of: Handle | None = None,
    ) -> None:
        self.federation = federation
        self.device = device
        self.ref = ref
        self.shape = shape
        self.part_of = part_of
        if part_of is None:
            weakref.finalize(self, federation.forget, ref).atexit = False

    def __repr__(self) -> str:
        return f"<PYUObject at {self.device.name}, shape {self.shape}>"


def parts_of(handle: Handle) -> list[PYUObject]:
    """A handle's rows as one object a device, in the order of the parties."""
    federation = handle.federation
    return [
        PYUObject(federation, PYU(party), handle.ref, (rows, *handle.facts.tail), part_of=handle)
        for party, rows in zip(handle.layout.parties, handle.facts.rows, strict=True)
    ]


def _run_at(
    federation: Exchange,
    device: PYU,
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> PYUObject:
    ref = federation.new_ref()
    replies = federation.ask(
        run_function,
        {"function": function, "args": list(args), "kwargs": dict(kwargs)},
        release=Release.KEEP,
        keep_as=ref.name,
        parties=[device.name],
        purpose=f"{device.name}({getattr(function, '__name__', function)})",
    )
    facts = replies[device.name].facts
    is_rows = facts["kind"] != "object"
    shape = (facts["rows"], *facts["tail"]) if is_rows else ()
    return PYUObject(federation, device, ref, shape)


@row_op("device.run", loads=True)
def run_function(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Run a function of the script or of a library at a party."""
    return function(*args, **kwargs)


@party_op("device.value")
def held_statistic(value: Any, weight: float | None = None) -> Statistics:
    """A value that a function left at a party, for aggregation."""
    array = value.to_numpy() if isinstance(value, pd.DataFrame | pd.Series) else np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise DataError(f"only numbers can be aggregated, not values of dtype {array.dtype}")
    return {"value": array if weight is None else array * weight}


def reveal(value: Any) -> Any:
    """Give a public value as it is: an aggregate, a score, a fitted model, or containers of these;
    and what lies on the SPU, which the parties open for it.

    Raises
    ------
    RevealError
        For anything that lies at a party, and for what the SPU has made of single rows. Aggregate
        it first, for example with ``SecureAggregator.sum``.
    """
    if isinstance(value, SPUObject):
        return reveal_shared(value)
    if isinstance(value, PYUObject | Handle):
        raise RevealError(
            f"{where()}{value!r} lies at a party and is not revealed; aggregate it first, for "
            "example with SecureAggregator(spu).sum([...], axis=0)"
        )
    if isinstance(value, Mapping):
        return {key: reveal(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(reveal(entry) for entry in value)
    return value
