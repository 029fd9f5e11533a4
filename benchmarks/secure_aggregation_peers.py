"""Our sums that survive dropouts against the primitives of flwr's SecAgg+, and against SecretFlow's
mask loop, in one run on one machine, without network.

    OPENBLAS_NUM_THREADS=1 python benchmarks/secure_aggregation_peers.py
    OPENBLAS_NUM_THREADS=1 python benchmarks/secure_aggregation_peers.py --quick

flwr is installed, at a pinned version, into an environment of its own in the user's cache, and is
only imported there (``flower_secagg.py``). Times are CPU time. Both protocols have all pairs as
neighbours, the same threshold, the same values and the same parties missing after the shares were
handed round. Ours is the real thing: every party's half and the coordinator's, the sum checked.
Of flwr one client is measured, and the server is made up from a number of each of its steps where
there are many alike: the output says how many of how many.

SecretFlow's aggregator is not installed: its wheels want Python 3.10 and bring along what comes
to some gigabytes. It is compared by a description of its mask loop, a numpy PCG64 stream a pair,
and by what its fixed-point encoding gives.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from secure_sum import MASKS, mask_tasks, median_seconds

from fedruntime.aggregation import graph
from fedruntime.aggregation.adding import Words
from fedruntime.aggregation.coordinator import ROUNDS, SurvivingSession
from fedruntime.aggregation.encoding import Layout, pack, unpack
from fedruntime.aggregation.roster import Survival
from fedruntime.aggregation.session import PartySession
from fedruntime.aggregation.words import Scaled
from fedruntime.crypto.identity import Identity
from fedruntime.operations import Operation

FLWR = "flwr==1.41.0"
CORRUPT, DROPOUT = 1 / 3, 0.1  # two thirds of the shares open a secret, as is usual with flwr
FRACTIONAL_BITS = 18  # SecretFlow's default
EXAMPLE = {"a third": 1 / 3, "1e-7": 1e-7, "12.5": 12.5, "1e14": 1e14}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure secure sums against those of peers.")
    parser.add_argument("--parties", type=int, default=100)
    parser.add_argument("--values", type=int, default=1_000_000)
    parser.add_argument("--quick", action="store_true", help="10 parties, 100,000 values")
    options = parser.parse_args()
    parties, values = (10, 100_000) if options.quick else (options.parties, options.values)
    graph.COMPLETE = max(graph.COMPLETE, parties)  # all pairs, as flwr is measured
    gone = round(DROPOUT * parties)

    ours = OurRound(parties, values, gone)
    threshold = ours.session.roster.neighbourhood.threshold
    peer = flower(parties, gone, threshold, values)
    say("masks against a PCG64 loop ...")
    took = median_seconds(
        {name: task for name, task in mask_tasks(values).items() if name in ("masks", "pcg64")}, 9
    )

    print(f"{parties} parties, {values} values, {gone} missing, all pairs, {threshold} shares open")
    print(f"{'CPU time':36}{'ours':>12}{'flwr ' + peer['version']:>14}{'ratio':>9}  bar")
    for who, bar in (("client", "<= 1/10"), ("server", "<= 1/50")):
        own, other = getattr(ours, f"{who}_seconds"), peer[who]
        times = f"{1e3 * own:9.1f} ms{1e3 * other:11.1f} ms   1/{other / own:.1f}"
        print(f"{who + ', one round':36}{times}  {'' if options.quick else bar}")
    print(f"{MASKS} masks: rate / PCG64 loop{took['pcg64'] * MASKS / took['masks']:51.2f}  >= 2.5")
    print("the server of flwr is made up of")
    for step, (measured, times) in peer["measured"].items():
        print(f"  {step:34}{measured:5} measured, {times:5} counted")
    print(f"ours includes 1/{ROUNDS} of opening a session with the shares of {ROUNDS} rounds,")
    print("and is one word a value (a model's vector); flwr draws masks from 32-bit seeds")
    print_example(parties, peer["example"])


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class OurRound:
    """One round of ours, measured at every party and at the coordinator; the sum is checked.

    Attributes
    ----------
    client_seconds : float
        Of one party, on average over those who answer.
    server_seconds : float
    """

    def __init__(self, parties: int, values: int, gone: int) -> None:
        names = [f"p{number:03d}" for number in range(parties)]
        identities = {name: Identity.generate() for name in names}
        self._known = {name: identity.public for name, identity in identities.items()}
        self._identities = identities
        self._sessions: dict[tuple[str, str], PartySession] = {}
        self._at_parties = 0.0
        self._missing, self._fewest = frozenset(names[:gone]), parties - gone
        self._vector = np.random.default_rng(7).uniform(-1.0, 1.0, size=values)
        self._layout: Layout = []

        say(f"ours: {parties} parties agree and share ...")
        begun = time.process_time()
        self.session = SurvivingSession(self._send, names, Survival(CORRUPT, DROPOUT))
        opening, opening_parties = time.process_time() - begun, self._at_parties

        say("ours: one round ...")
        self._at_parties, begun = 0.0, time.process_time()
        result = self.session.sum(self._send, self._ask)
        total = unpack(result.total, self._layout, parties=len(result.parties))["weights"]
        whole = time.process_time() - begun
        answered = parties - gone
        off = np.max(np.abs(total - answered * self._vector))
        if len(result.parties) != answered or off > answered * 2.0**-46:
            raise SystemExit(f"the sum over {len(result.parties)} parties is off by {off:g}")
        self.client_seconds = self._at_parties / answered + opening_parties / parties / ROUNDS
        self.server_seconds = whole - self._at_parties + (opening - opening_parties) / ROUNDS

    def _timed(self, task: Callable[[], Any]) -> Any:
        begun = time.process_time()
        try:
            return task()
        finally:
            self._at_parties += time.process_time() - begun

    def _party(self, party: str, session: str) -> PartySession:
        if (party, session) not in self._sessions:
            identity = self._identities[party]
            self._sessions[party, session] = PartySession(
                session, party, identity, self._known, min_parties=self._fewest
            )
        return self._sessions[party, session]

    def _send(
        self, operation: Operation, each: Mapping[str, Mapping[str, Any]], *, session: str
    ) -> dict[str, Any]:
        return {
            party: self._timed(partial(self._told, operation, party, session, told))
            for party, told in each.items()
        }

    def _told(self, operation: Operation, party: str, session: str, told: Mapping[str, Any]) -> Any:
        return operation(self._party(party, session), **told)

    def _ask(self, session: str, number: int, parties: Sequence[str]) -> dict[str, Words]:
        return {
            party: self._timed(partial(self._masked, session, number, party))
            for party in parties
            if party not in self._missing
        }

    def _masked(self, session: str, number: int, party: str) -> Words:
        vector, self._layout = pack({"weights": Scaled(self._vector, 0)})
        self._party(party, session).mask(vector, number)
        return vector


def flower(parties: int, gone: int, threshold: int, values: int) -> dict[str, Any]:
    """What ``flower_secagg.py`` measures, in an environment with flwr."""
    python = installed(FLWR)
    say("flwr: one client, and the server's steps ...")
    arguments = {
        "parties": parties,
        "dropped": gone,
        "threshold": threshold,
        "values": values,
        "example": json.dumps(list(EXAMPLE.values())),
    }
    command = [str(python), str(Path(__file__).with_name("flower_secagg.py"))]
    command += [text for name, given in arguments.items() for text in (f"--{name}", str(given))]
    quiet = {**os.environ, "FLWR_TELEMETRY_ENABLED": "0"}
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=quiet)
    measured: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return measured


def installed(requirement: str) -> Path:
    """The Python of an environment in the user's cache that has this requirement alone."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    running = f"py{sys.version_info.major}.{sys.version_info.minor}"
    folder = cache / "fedmigrate-benchmarks" / f"{requirement.replace('==', '-')}-{running}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / "complete").exists():
        say(f"installing {requirement} into {folder} ...")
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-qq", requirement], check=True)
        (folder / "complete").touch()
    return python


def print_example(parties: int, by_flower: Sequence[float]) -> None:
    """What the three make of one sum over parties with equal values."""
    print(f"the sum of {parties} equal values{'true':>16}{'ours, exact':>16}{'flwr':>16}", end="")
    print(f"{'SecretFlow':>16}")
    vector, layout = pack({"value": np.array(list(EXAMPLE.values()))})
    exact = unpack(vector * np.uint64(parties), layout, parties=parties)["value"]
    for (name, value), ours, theirs in zip(EXAMPLE.items(), exact, by_flower, strict=True):
        true = math.fsum([value] * parties)
        print(f"  {name:22}{true:20.9g}{ours:16.9g}{theirs:16.9g}", end="")
        print(f"{fixed_point_sum(value, parties):16.9g}{'' if ours == true else '  ours differs'}")


def fixed_point_sum(value: float, parties: int) -> float:
    """A sum in signed 64-bit integers of 18 fractional bits, which wrap around."""
    total = parties * round(value * 2**FRACTIONAL_BITS)
    wrapped: int = (total + 2**63) % 2**64 - 2**63
    return wrapped / 2**FRACTIONAL_BITS


if __name__ == "__main__":
    main()
