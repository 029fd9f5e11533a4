"""The runtime's errors: a shallow tree, raised where the fact is known.

Errors that pooled scikit-learn code would meet as ``ValueError`` or ``TypeError`` are those, too,
so that a script's own ``except`` clauses keep working after the conversion.
"""

from __future__ import annotations


class FedError(Exception):
    """Anything the federation refuses or cannot do."""


class SettingsError(FedError, ValueError):
    """``init`` or ``federation.toml`` holds something unknown or contradictory."""


class RevealError(FedError, TypeError):
    """Rows of a party would have become visible outside it."""


class DataError(FedError, ValueError):
    """Data at a party does not fit what was asked: names the party and the column."""


class UnsupportedError(FedError, NotImplementedError):
    """An estimator, parameter or operation has no federated counterpart."""


class ProtocolError(FedError):
    """A message does not belong to the closed schema, or came out of turn."""


class PolicyError(FedError):
    """A party's own policy does not let a statistic out: names rule, statistic and party."""


class BudgetError(FedError):
    """A release would exceed the privacy budget, or has no private form: nothing was sent."""


class DropoutError(FedError):
    """Too few parties answered, or one left in the middle of what cannot be begun again."""


class PartyError(FedError):
    """An operation failed at a party.

    Only the type and the origin of the failure cross to the coordinator: the text of a foreign
    exception may quote a cell, so it stays at the party.
    """

    def __init__(self, party: str, operation: str, kind: str, message: str) -> None:
        self.party = party
        self.operation = operation
        self.kind = kind
        super().__init__(f"party {party!r}, operation {operation!r}: {kind}: {message}")


class PartyGone(Exception):
    """A party's process or link has ended. Engines make no answer of it; no script sees it."""
