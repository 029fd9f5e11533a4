"""What the suites are run over: engines, opened over parties, and folders of real parties."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd

from fedruntime.crypto.identity import Identity
from fedruntime.engines.engine import Engine

PARTIES = ("alice", "bob", "carol")
FUNCTIONS = Path(__file__).with_name("party_functions.py")
SCRIPT_NAME = "train_fed.py"
POLICY = "min_rows = 1\nmin_cell = 1\nmin_parties = 2\nmax_ratio = 1e9\nneeds_consent = []\n"

ROWS = 30  # of each party

OpenEngine = Callable[[Sequence[str]], Engine]


def table_of(party: str) -> pd.DataFrame:
    """The rows of a party."""
    rng = np.random.default_rng(PARTIES.index(party))
    a, b, noise = rng.normal(size=(3, ROWS))
    return pd.DataFrame({"a": a, "b": b + 3.0, "c": a - 2 * b + noise, "ill": (a + noise > 0) * 1})


def pooled(parties: Sequence[str]) -> pd.DataFrame:
    return pd.concat([table_of(party) for party in parties], ignore_index=True)


def write_folders(
    root: Path,
    script: str = "",
    parties: Sequence[str] = PARTIES,
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> Mapping[str, Path]:
    """A folder of each party, with all that a real one needs."""
    tables = {party: table_of(party) for party in parties} if tables is None else tables
    identities = {party: Identity.generate() for party in tables}
    public = "".join(
        f'{party} = "{base64.b64encode(identity.public).decode()}"\n'
        for party, identity in identities.items()
    )
    folders = {}
    for party, table in tables.items():
        folder = folders[party] = root / party
        folder.mkdir(parents=True)
        shutil.copy(FUNCTIONS, folder)
        table.to_csv(folder / "table.csv", index=False)
        identities[party].save(folder / "own.key")
        (folder / SCRIPT_NAME).write_text(script, encoding="utf-8")
        (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
        (folder / "party.toml").write_text(
            f'name = "{party}"\nscript = "{SCRIPT_NAME}"\nidentity = "own.key"\n'
            f'script_sha256 = "{sha256(script.encode()).hexdigest()}"\n'
            f'policy = "policy.toml"\nledger = "own.jsonl"\n[identities]\n{public}',
            encoding="utf-8",
        )
    return folders
