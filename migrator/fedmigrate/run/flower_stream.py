"""``python -m fedmigrate.run.flower_stream``: has a SuperLink run an app, hands on what the script
prints there, and stops the run where it is interrupted, which ``flwr run`` would let go on.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

_STARTED = re.compile(rb"Successfully started run (\d+)")
_INSTALLED = b"Successfully installed "  # the last of what Flower prints before the script does
_OF_FLOWER = re.compile(rb"\x1b\[\d+m(DEBUG|INFO|WARNING|ERROR)")
_SUPERLINK = "coordinator"  # of config.toml


def follow(flwr: str, app: str, config: str, out: BinaryIO, error: BinaryIO) -> int:
    """Run an app to its end; the exit code of ``flwr run``, which is not the script's.

    Parameters
    ----------
    flwr : str
        The program.
    app : str
        The folder of the app.
    config : str
        A file of the run's configuration.
    out, error
        What the script prints goes to the first, and what Flower says to the second.
    """
    command = [flwr, "run", app, _SUPERLINK, "--stream", "--run-config", config]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # an interrupt is ours to hand on
    )
    assert process.stdout is not None
    number, of_the_script = b"", False
    try:
        for line in process.stdout:
            number = found[1] if (found := _STARTED.search(line)) else number
            sink = out if of_the_script and not _OF_FLOWER.match(line) else error
            sink.write(line)
            sink.flush()
            of_the_script = of_the_script or line.startswith(_INSTALLED)
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        if number:
            subprocess.run([flwr, "stop", number.decode(), _SUPERLINK], check=False, stdout=error)
        return 128 + signal.SIGINT
    return process.wait()


def main(arguments: Sequence[str]) -> int:
    """Takes the program, the app, and the file of the configuration."""
    flwr, app, config = arguments
    return follow(flwr, app, str(Path(config)), sys.stdout.buffer, sys.stderr.buffer)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
