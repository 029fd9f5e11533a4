"""The ServerApp's work: to run the unchanged script in the coordinator's folder, over the
connection that Flower gives.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fedruntime.current import use
from fedruntime.engines.flower.at_hand import at_hand
from fedruntime.errors import SettingsError
from fedruntime.events import tell_end

if TYPE_CHECKING:
    from flwr.app import Context
    from flwr.serverapp import Grid


def run_script(grid: Grid, context: Context) -> None:
    """Run the script that the run's configuration names.

    Parameters
    ----------
    grid : Grid
        Flower's connection to the SuperLink.
    context : Context
        Its ``run_config`` has ``script``, the path of the federated script on the machine of the
        SuperLink, beside which settings, ledger and results lie; and, in JSON, ``arguments`` for
        it and variables of its ``environment``.

    Raises
    ------
    SettingsError
        If it is not there.
    """
    told = context.run_config
    script = Path(str(told.get("script", "")))
    if not script.is_absolute() or not script.is_file():
        raise SettingsError(
            f"script = {str(script)!r} is no path of a script on the machine of the SuperLink: "
            "flwr run ... --run-config 'script=\"/PATH/TO/train_fed.py\"'"
        )
    os.environ.update(json.loads(str(told.get("environment", "{}"))))
    os.chdir(script.parent)
    sys.path.insert(0, str(script.parent))
    sys.argv = [str(script), *json.loads(str(told.get("arguments", "[]")))]
    try:
        with at_hand(grid):
            _run(script)
    except BaseException as error:
        tell_end(error)
        raise
    tell_end(None)


def _run(script: Path) -> None:
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise RuntimeError(f"{script.name} has ended with exit code {end.code}") from end
    finally:
        use(None)  # ends the federation, which tells the parties to forget
