"""``fedmigrate doctor``: what a run needs, checked before it runs.

A ``subject`` (a script, a party's folder, or a deployment) goes through every check in ``checks``,
one file each, found by being there; each gives ``finding`` values, which ``text`` shows.
"""

from __future__ import annotations

from fedmigrate.doctor.command import doctor_command

__all__ = ["doctor_command"]
