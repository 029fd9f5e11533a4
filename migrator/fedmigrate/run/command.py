"""``fedmigrate run``: arguments as typed in, the run watched to its end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from fedmigrate.federated import engine_of, read_federated
from fedmigrate.run.child import Child
from fedmigrate.run.folder import RunFolder, can_resume
from fedmigrate.run.follow import Follower
from fedmigrate.run.launch import launcher_of
from fedmigrate.run.launch.launching import Launch
from fedmigrate.run.metrics import MetricsServer, exposition
from fedmigrate.run.state import FAILED, FINISHED, INTERRUPTED, RunState
from fedmigrate.run.status import About, as_status
from fedmigrate.run.text import in_time, total
from fedmigrate.run.views import View, view_for
from fedmigrate.source import write

_POLL = 0.1  # seconds
_KEEP = 1.0  # seconds between two writings of the files that tell of a run


def run_command(
    script: str,
    arguments: Sequence[str],
    *,
    engine: str | None,
    as_json: bool,
    metrics: str | None,
    metrics_port: int | None,
    resume: bool,
    run_dir: str | None,
) -> int:
    """``fedmigrate run``; returns the exit code.

    Parameters
    ----------
    script : str
        A federated script.
    arguments : sequence of str
        For the script.
    engine : str, optional
        Instead of the one that its settings name.
    as_json : bool
        Whether events go to standard output, as JSON lines.
    metrics : str, optional
        A file for Prometheus.
    metrics_port : int, optional
        Where it can ask on this machine.
    resume : bool
        Whether to go on with the run that was interrupted.
    run_dir : str, optional
        The folder for what the run tells.

    Raises
    ------
    UsageError
        If the script is not federated, or there is nothing to resume.
    SourceError
        If a file cannot be read or written.
    """
    path = Path(script)
    source = read_federated(path)
    digest = sha256(path.read_bytes()).hexdigest()
    folder = RunFolder.of(path, run_dir)
    with folder.taken():
        environment, state = dict(os.environ), RunState()
        if resume:
            status = folder.to_resume(path, digest)
            engine = engine or status["engine_asked_for"]
            state.checkpoint = status["checkpoint"]  # it stays if this run does not come to it
            environment["FEDMIGRATE_RESUME"] = "1"
        launcher = launcher_of(engine or engine_of(path, source.tree))
        environment |= {
            "FEDMIGRATE_EVENTS": str(folder.events),
            "FEDMIGRATE_CHECKPOINT": str(folder.checkpoint),
            "PYTHONUNBUFFERED": "1",  # what it prints is seen when it prints it
        }
        if engine:
            environment["FEDMIGRATE_ENGINE"] = engine
        launch = Launch(path, arguments, environment, folder.events)
        about = About(script, digest, engine, resume, os.getpid())
        with _served(metrics_port, state) as address, _terminations_interrupt():
            set_aside = folder.begin(resume)
            process = launcher.start(launch)
            view = view_for(as_json)
            if address:
                view.say(f"metrics are at {address}")
            if set_aside:
                view.say(f"the checkpoint of an interrupted run is in {folder.aside} now")
            watched = _Run(launch, folder, about, state, view, metrics)
            return watched.to_its_end(process, launcher.TRUSTS_EXIT_CODE)


class _Run:
    """A run that has begun."""

    def __init__(
        self,
        launch: Launch,
        folder: RunFolder,
        about: About,
        state: RunState,
        view: View,
        metrics: str | None,
    ) -> None:
        self._launch = launch
        self._folder = folder
        self._about = about
        self._state = state
        self._view = view
        self._metrics = None if metrics is None else Path(metrics)
        self._follower = Follower(folder.events)
        self._kept = 0.0

    def to_its_end(self, process: subprocess.Popen[bytes], trusts_exit_code: bool) -> int:
        """Follow the script, and tell how it has ended; the exit code.

        Parameters
        ----------
        process : Popen
        trusts_exit_code : bool
            Whether exit code 0 alone says that it has succeeded.
        """
        state, view, began = self._state, self._view, time.monotonic()
        child = Child(process, view.out, view.error)
        interrupted = False
        try:
            self._keep()
            while (code := child.wait(_POLL)) is None:
                self._look()
        except KeyboardInterrupt:
            interrupted = True
            view.say("interrupted: waiting for the script to end (once more ends it at once)")
            code = _ended(child)
        except BaseException:
            child.kill()  # nobody would watch it
            view.close(self._status())
            raise
        child.drain()
        self._look()
        told_to_have_ended = state.ended == FINISHED or (trusts_exit_code and state.ended is None)
        state.state = FAILED
        if interrupted:
            state.state = INTERRUPTED
        elif code == 0 and told_to_have_ended:
            state.state = FINISHED
        state.exit_code = 0 if state.state == FINISHED else 1
        self._keep()
        view.close(self._status())
        for line in self._conclusion(code, time.monotonic() - began):
            view.say(line)
        return state.exit_code

    def _look(self) -> None:
        fresh = list(self._follower.new())
        for event in fresh:
            self._state.take(event)
            self._view.event(event, self._state)
        self._view.tick(self._state)
        if fresh and time.monotonic() - self._kept >= _KEEP:
            self._keep()

    def _keep(self) -> None:
        self._kept = time.monotonic()
        self._folder.write_status(self._status())
        if self._metrics is not None:
            write(self._metrics, exposition(self._state).encode())

    def _status(self) -> dict[str, object]:
        return as_status(self._about, self._state)

    def _conclusion(self, code: int, seconds: float) -> Iterator[str]:
        state, script = self._state, self._launch.script
        told = f"{total(state)}, {in_time(seconds)}"
        if state.state == FINISHED:
            yield f"finished: {told}"
            return
        why = f": {state.error['type']}: {state.error['text']}" if state.error else ""
        if state.state == INTERRUPTED:
            yield f"interrupted after {told}"
        else:
            yield f"failed after {told}; {_exit(code)}{why}"
        if can_resume(self._status()):
            yield f"go on from where it stopped: fedmigrate run {script} --resume"


def _ended(child: Child) -> int:
    try:
        return child.interrupt()
    except KeyboardInterrupt:
        return child.kill()


def _exit(code: int) -> str:
    if code == 0:
        return "its end was not told"
    if code < 0:
        return f"ended by signal {-code} ({signal.Signals(-code).name})"
    return f"exit code {code}"


@contextmanager
def _served(port: int | None, state: RunState) -> Iterator[str]:
    if port is None:
        yield ""
        return
    server = MetricsServer(port, lambda: exposition(state))
    try:
        yield server.address
    finally:
        server.close()


@contextmanager
def _terminations_interrupt() -> Iterator[None]:
    """A request to terminate ends the script as Ctrl-C does, and does not leave it running."""

    def interrupt(signal_number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
