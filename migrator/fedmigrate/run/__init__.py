"""``fedmigrate run``: a federated script in a process of its own, watched while it runs.

The script tells events (``fedruntime.events``). They flow left to right: ``follow`` the file, sum
up the ``state`` of the run, and show it (``text``, ``live``), keep it (``folder``) or hand it to
Prometheus (``metrics``). How a script is started for an engine stands in ``launch``.
"""

from __future__ import annotations

from fedmigrate.run.command import run_command

__all__ = ["run_command"]
