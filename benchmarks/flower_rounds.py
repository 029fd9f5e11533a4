"""A round of ours on Flower against a round of Flower's that does nothing, in one deployment on one
machine: SuperLink and two nodes with TLS and authentication on loopback.

    python benchmarks/flower_rounds.py            # in the environment of `make test`, or with
    python benchmarks/flower_rounds.py --rounds 5 # pip install -e '.[flower]'

Flower's own round is a query without content to SuperNodes as they are started by default, which
begin a process for each message, gathered by ``send_and_receive``. Ours are the second and later
rounds of a script that fits a model, as the run's events tell them. Times are of the clock on the
wall, since both wait most of the time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "flower"))

from flower_folders import FlowerFolders, program, wait_until

PARTIES = ("alice", "bob")
POLICY = "min_rows = 1\nmax_ratio = 1e9\nneeds_consent = []\n"
SCRIPT = """\
import pandas as pd
from sklearn.linear_model import LogisticRegression

from fedruntime import FLModel, init

fed = init(parties=["alice", "bob"])
df = fed.load(pd.read_csv, "patients.csv")
FLModel(model=LogisticRegression()).fit(df.drop(columns=["ill"]), df["ill"])
"""
SERVER = """\
import json, time
from pathlib import Path
from flwr.app import Message, RecordDict
from flwr.serverapp import ServerApp

app = ServerApp()

@app.main()
def main(grid, context):
    while len(nodes := list(grid.get_node_ids())) < {parties}:
        time.sleep(0.5)
    seconds = []
    for _ in range({rounds}):
        begin = time.monotonic()
        asked = [Message(RecordDict(), node, "query") for node in nodes]
        answers = list(grid.send_and_receive(asked))
        assert len(answers) == len(nodes) and not any(one.has_error() for one in answers)
        seconds.append(time.monotonic() - begin)
    Path({told!r}).write_text(json.dumps(seconds))
"""
CLIENT = """\
from flwr.app import Message, RecordDict
from flwr.clientapp import ClientApp

app = ClientApp()

@app.query()
def answer(message, context):
    return Message(RecordDict(), reply_to=message)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure rounds on Flower.")
    parser.add_argument("--rounds", type=int, default=15, help="of Flower's own")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as scratch:
        folders = deployed(Path(scratch))
        try:
            folders.start()
            ours = our_rounds(folders)
            for party in PARTIES:
                folders.stop_node(party)
            floor = empty_rounds(folders, rounds)
        finally:
            folders.stop()
    for name, seconds in (("ours", ours[1:]), ("Flower's, which do nothing", floor[1:])):
        low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
        print(
            f"{name}: {len(seconds)} rounds after the first; seconds a round: "
            f"{low:.2f} least, {middle:.2f} median, {high:.2f} most"
        )
    ratio = statistics.median(ours[1:]) / statistics.median(floor[1:])
    print(f"ours / Flower's, medians: {ratio:.2f}")


def deployed(root: Path) -> FlowerFolders:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2_000, 20))
    table = pd.DataFrame(X).add_prefix("x").assign(ill=(X[:, 0] + rng.normal(size=2_000) > 0) * 1)
    parts = dict(zip(PARTIES, (table[:1_000], table[1_000:]), strict=True))
    return FlowerFolders(root, SCRIPT, parts, POLICY)


def our_rounds(folders: FlowerFolders) -> list[float]:
    """Seconds of each round of the script."""
    done = folders.run()
    assert done.returncode == 0, done.stdout + done.stderr
    events = folders.coordinator / ".fedmigrate" / "train_fed.run" / "events.jsonl"
    told = map(json.loads, events.read_text(encoding="utf-8").splitlines())
    return [event["seconds"] for event in told if event["event"] == "round"]


def empty_rounds(folders: FlowerFolders, rounds: int) -> list[float]:
    """Seconds of rounds as Flower's users have them, with nothing to do."""
    told = folders.coordinator / "seconds.json"
    app = folders.coordinator / "app"
    server = SERVER.format(parties=len(PARTIES), rounds=rounds, told=str(told))
    (app / "server.py").write_text(server, encoding="utf-8")
    (app / "client.py").write_text(CLIENT, encoding="utf-8")
    for party in PARTIES:
        folders.start_stock_node(party)
    time.sleep(10)  # until Flower has noticed that the nodes of before have gone
    done = program(folders.coordinator, "flwr", "run", "app", "coordinator")
    assert done.returncode == 0, done.stdout + done.stderr
    wait_until(told.is_file, "Flower has done its rounds")
    seconds: list[float] = json.loads(told.read_text(encoding="utf-8"))
    return seconds


if __name__ == "__main__":
    if subprocess.run([sys.executable, "-c", "import flwr"], check=False).returncode:
        sys.exit("Flower is not installed here: pip install -e '.[flower]'")
    main()
