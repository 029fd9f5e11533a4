"""The federation that a script works with: its devices, and loading at its parties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fedruntime.data.load import load
from fedruntime.devices import PYU, SPU
from fedruntime.exchange import Exchange


class Federation(Exchange):
    """The parties of one script; ``init`` opens it. Parameters are those of ``Exchange``."""

    def __repr__(self) -> str:
        return f"<Federation of {', '.join(self.parties)}>"

    @property
    def devices(self) -> list[PYU]:
        """One device a party, in pooling order."""
        return [PYU(party) for party in self.parties]

    @property
    def spu(self) -> SPU:
        """All parties together."""
        return SPU({"nodes": [{"party": party} for party in self.parties]})

    def load(self, loader: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Load rows at the parties and give handles to them; see ``fedruntime.data.load``."""
        return load(self, loader, args, kwargs)
