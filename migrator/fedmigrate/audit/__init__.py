"""``fedmigrate audit``: what left each party in a run, from the ledger that the run has written.

A record flows left to right: ``find`` the files, ``read`` and check them, ``summarise`` a run, and
print it (``text``, ``document``, ``page``). No runtime is needed for any of this.
"""

from __future__ import annotations

from fedmigrate.audit.command import audit_command

__all__ = ["audit_command"]
