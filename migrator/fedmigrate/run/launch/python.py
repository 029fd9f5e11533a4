"""The script as the only process that is started: it opens its engine itself."""

from __future__ import annotations

import subprocess
import sys

from fedmigrate.run.launch.launching import Launch

ENGINES = ("local", "processes", "secretflow")
TRUSTS_EXIT_CODE = True


def start(launch: Launch) -> subprocess.Popen[bytes]:
    """See ``Launcher.start``."""
    return subprocess.Popen(
        [sys.executable, str(launch.script), *launch.arguments],
        env=dict(launch.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # an interrupt by keyboard comes to us alone, and we hand it on
    )
