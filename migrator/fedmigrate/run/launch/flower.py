"""The script as a Flower app: the SuperLink starts its process, in the script's own folder."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from fedmigrate.errors import UsageError
from fedmigrate.run import flower_stream
from fedmigrate.run.launch.launching import Launch
from fedmigrate.source import write

ENGINES = ("flower",)
TRUSTS_EXIT_CODE = False

_TOLD = "FEDMIGRATE_"  # variables that the script's process is given


def start(launch: Launch) -> subprocess.Popen[bytes]:
    """See ``Launcher.start``."""
    script = launch.script.resolve()
    home = script.parent / "flower"
    for needed in (script.parent / "app", home / "config.toml"):
        if not needed.exists():
            raise UsageError(
                f"{script}: there is no {needed.relative_to(script.parent)} beside it: "
                "`fedmigrate deploy --engine flower` writes the coordinator's folder, with what "
                "Flower needs to run the script"
            )
    flwr = shutil.which("flwr", path=str(Path(sys.executable).parent)) or shutil.which("flwr")
    if flwr is None:
        raise UsageError("Flower is not installed here: pip install 'fedmigrate[flower]'")
    config = launch.events.with_name("flower.toml")
    write(config, _configuration(launch, script).encode())
    return subprocess.Popen(
        [sys.executable, "-m", flower_stream.__name__, flwr, str(script.parent / "app"), config],
        env={**launch.environment, "FLWR_HOME": str(home), "FLWR_TELEMETRY_ENABLED": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _configuration(launch: Launch, script: Path) -> str:
    """In TOML, in which a JSON string is a string."""
    told = {name: text for name, text in launch.environment.items() if name.startswith(_TOLD)}
    values = {
        "script": str(script),
        "arguments": json.dumps(list(launch.arguments)),
        "environment": json.dumps(told),
    }
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
