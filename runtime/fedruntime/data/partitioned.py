"""SecretFlow's own federated data, whose parts lie on its devices: what of it can become handles.
Recognised by name, so that SecretFlow need not be installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from fedruntime.caller import where
from fedruntime.errors import DataError, UnsupportedError

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange

_KINDS = ("HDataFrame", "VDataFrame", "MixDataFrame", "FedNdarray")


@runtime_checkable
class Adopting(Protocol):
    """An engine that lets its parties keep what lies on their devices."""

    def adopt(self, name: str, parts: Mapping[str, Any]) -> None:
        """Keep each party's object under a name; nothing of it is told."""


@dataclass(frozen=True)
class Held:
    """Rows on an engine's devices.

    Parameters
    ----------
    engine : Adopting
    parts : mapping of party to PYUObject
        In the federation's order.
    """

    engine: Adopting
    parts: Mapping[str, Any]


def is_partitioned(value: Any) -> bool:
    """Whether this is federated data of SecretFlow's."""
    kind = type(value)
    return kind.__module__.partition(".")[0] == "secretflow" and kind.__name__ in _KINDS


def partitions_of(value: Any, federation: Exchange) -> Held:
    """The parts of an ``HDataFrame``.

    Raises
    ------
    UnsupportedError
        If it is another kind, or the federation does not run on SecretFlow.
    DataError
        If its parties are not the federation's.
    """
    kind = type(value).__name__
    if kind != "HDataFrame":
        raise UnsupportedError(
            f"{where()}fed.load takes an HDataFrame of SecretFlow's, whose parties have the same "
            f"columns and other rows, not a {kind}: models over columns at different parties are "
            "not supported; see docs/secretflow.md"
        )
    engine = federation.engine
    if not isinstance(engine, Adopting):
        raise UnsupportedError(
            f"{where()}an HDataFrame lies on SecretFlow's devices, and this federation runs on "
            'another engine: set engine = "secretflow"'
        )
    parts = {device.party: part.data for device, part in value.to_pandas().partitions.items()}
    if set(parts) != set(federation.all_parties):
        raise DataError(
            f"{where()}the HDataFrame has parts at {', '.join(sorted(parts))}, and the parties of "
            f"the federation are {', '.join(federation.all_parties)}"
        )
    return Held(engine, {party: parts[party] for party in federation.all_parties})
