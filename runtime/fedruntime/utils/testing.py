"""SecretFlow's ``sf.utils.testing``: cluster definitions for devices of a simulation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def cluster_def(parties: Sequence[str]) -> dict[str, Any]:
    """A definition of an SPU over the named parties, as SecretFlow's function of that name gives.

    Masked sums need neither addresses nor a protocol, so it holds the parties alone.
    """
    return {"nodes": [{"party": party} for party in parties]}
