"""Real parties on one machine: each in a process of its own, in its own folder, with its own
settings. A rehearsal of a deployment, in which rows never are in the coordinator's process.
"""

from __future__ import annotations

import logging
import os
import weakref
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import fedruntime
from fedruntime.engines.lines import Lines
from fedruntime.errors import PartyGone, ProtocolError, RevealError, SettingsError
from fedruntime.hosting.child import LOG_FILE, PartyProcess, stop_together
from fedruntime.hosting.frames import dumps, loads
from fedruntime.hosting.greeting import greeting
from fedruntime.messages import Public, Reply, Request, pack_request, unpack_reply

_LOG = logging.getLogger(__name__)
_MOST_BEGINNINGS = 4  # of a party: what ends again and again is not started without end


class ProcessEngine:
    """A process a party. One that ends is started again when the party is next looked for.

    Parameters
    ----------
    folders : mapping of party to Path
        Where each party's ``party.toml`` lies.
    script_sha256 : str
        Of the running script, for the parties to compare with what they have reviewed.
    script_folder : Path, optional
        From which no party imports anything: it has its own copies.

    Raises
    ------
    SettingsError
        If a party refuses to begin; names it, and what it says.
    """

    simulated = False

    def __init__(
        self, folders: Mapping[str, Path], script_sha256: str, script_folder: Path | None = None
    ) -> None:
        said, environment = greeting(script_sha256), _environment(script_folder)
        self._hosts: dict[str, _Host] = {}
        self._lines = Lines(len(folders))
        self._end = weakref.finalize(self, _stop, self._hosts)  # also when the script ends
        try:
            for party, folder in folders.items():
                self._hosts[party] = _Host(party, folder, said, environment)
            for party, host in self._hosts.items():
                host.greet()
                self._lines.add(party, partial(_deliver, host))
        except BaseException:
            self.stop()
            raise

    def call(
        self, requests: Mapping[str, Request], *, timeout: float | None = None
    ) -> dict[str, Reply]:
        return self._lines.call(requests, timeout=timeout)

    @property
    def seconds(self) -> Mapping[str, float]:
        """See ``Timed``."""
        return self._lines.seconds

    def reachable(self, party: str) -> bool:
        return self._lines.idle(party) and self._hosts[party].is_ready()

    def begun(self, party: str) -> int:
        return self._hosts[party].begun

    def place(self, party: str, name: str, rows: Any) -> Public:
        raise RevealError(f"{party!r} is a real party: it loads its own rows, by fed.load")

    def public_random(self, count: int) -> bytes:
        return os.urandom(count)

    def stop(self) -> None:
        self._lines.close()
        self._end()


class _Host:
    """A party's process, and the next one where it ends."""

    def __init__(
        self, party: str, folder: Path, greeting: bytes, environment: Mapping[str, str]
    ) -> None:
        self.party, self.begun = party, 1
        self._folder, self._greeting, self._environment = folder, greeting, environment
        self._greeted = self._refuses = False
        self.process = PartyProcess(folder, environment)

    def greet(self) -> None:
        """Wait until the party is ready.

        Raises
        ------
        SettingsError
            If it refuses, or its process ends.
        """
        try:
            said = self.process.ask(self._greeting)
        except PartyGone:
            raise SettingsError(
                f"the process of party {self.party!r} has ended: see {LOG_FILE} there"
            ) from None
        if said:
            self._refuses = True
            raise SettingsError(f"party {self.party!r} takes no part: {said.decode()}")
        self._greeted = True

    def is_ready(self) -> bool:
        """Whether the party can be asked; lets it begin again if it cannot, and does not wait."""
        if self.process.alive or self._refuses or self.begun == _MOST_BEGINNINGS:
            return self._greeted and self.process.alive
        _LOG.warning("the process of party %r has ended and is started again", self.party)
        self.process.stop()
        self._greeted = False
        self.process = PartyProcess(self._folder, self._environment)
        self.begun += 1
        Thread(target=self._greet_again, daemon=True).start()
        return False

    def _greet_again(self) -> None:
        try:
            self.greet()
        except SettingsError as error:
            _LOG.warning("%s", error)


def _deliver(host: _Host, request: Request) -> Reply:
    reply = unpack_reply(loads(host.process.ask(dumps(pack_request(request)))))
    if reply.party != host.party:
        raise ProtocolError(
            f"the settings in the folder of party {host.party!r} are those of {reply.party!r}"
        )
    return reply


def _environment(script_folder: Path | None) -> Mapping[str, str]:
    """That of parties: this process's own, without what Python would import from the script's
    folder."""
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    hidden = None if script_folder is None else script_folder.resolve()
    ours = Path(fedruntime.__file__).resolve().parents[1]  # which may be there, too
    kept = [
        str(path)
        for path in (Path(path).resolve() for path in paths if path)
        if path != hidden or path == ours
    ]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(kept)}


def _stop(hosts: Mapping[str, _Host]) -> None:
    stop_together([host.process for host in hosts.values()])
