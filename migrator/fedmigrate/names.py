"""The names that generated code binds, kept clear of the names the user's script already uses."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    """What each generated name is called in one script; the usual name where it is free."""

    fed: str
    devices: str
    aggregator: str
    init: str
    FLModel: str
    SecureAggregator: str
    PrivacyBudget: str


def fresh_names(taken: Set[str]) -> Names:
    """Names for a script that uses ``taken``.

    Parameters
    ----------
    taken : set of str
        Every identifier of the script, in whatever scope: a local name could hide a global one.
    """
    return Names(
        fed=_fresh("fed", "federation", taken),
        devices=_fresh("devices", "fed_devices", taken),
        aggregator=_fresh("aggregator", "fed_aggregator", taken),
        init=_fresh("init", "fed_init", taken),
        FLModel=_fresh("FLModel", "FedFLModel", taken),
        SecureAggregator=_fresh("SecureAggregator", "FedSecureAggregator", taken),
        PrivacyBudget=_fresh("PrivacyBudget", "FedPrivacyBudget", taken),
    )


def _fresh(usual: str, second: str, taken: Set[str]) -> str:
    if usual not in taken:
        return usual
    if second not in taken:
        return second
    number = 2
    while f"{second}_{number}" in taken:
        number += 1
    return f"{second}_{number}"
