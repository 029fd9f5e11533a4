"""How the folders of a deployment differ by engine, as a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fedmigrate.deploy.certificates import Authority
from fedmigrate.deploy.deployment import Deployment
from fedmigrate.deploy.files import File

COORDINATOR = "coordinator"


@dataclass(frozen=True)
class Layout:
    """What is written for an engine.

    Parameters
    ----------
    party : mapping of str to str
        Files in the folder of each party, and the templates that they are made from.
    keys : callable
        Makes all keys and certificates but the parties' identities, for trying it out; takes the
        authority, the deployment, the days of validity, and the present.
    coordinator : mapping of str to str
        As ``party``, for the folder of the coordinator, which is what others come to. By default
        there is none, and parties come to each other.
    values : mapping
        Further values for the templates.
    """

    party: Mapping[str, str]
    keys: Callable[[Authority, Deployment, int, datetime], list[File]]
    coordinator: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)

    def reached(self, parties: tuple[str, ...]) -> tuple[str, ...]:
        """Whose addresses have to be known."""
        return (COORDINATOR,) if self.coordinator else parties
