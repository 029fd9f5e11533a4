"""Parties that are examined in tests, and what `fedmigrate doctor` says of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from fedmigrate.cli import main
from fedmigrate.doctor.checks import checks
from fedmigrate.doctor.finding import Severity
from fedmigrate.doctor.subject import subject_at

PARTIES = ("alice", "bob", "carol")
SCRIPT = """\
import pandas as pd
from fedruntime import FLModel, init
from reading import SEPARATOR
from sklearn.linear_model import LinearRegression

fed = init(parties=["alice", "bob", "carol"])
TABLE = "patients.csv"


def read(name):
    return pd.read_csv(name, sep=SEPARATOR)


df = fed.load(read, TABLE)
model = FLModel(model=LinearRegression()).fit(df[["age"]], df["weight"])
"""


@dataclass(frozen=True)
class Parties:
    """Folders of a deployment, and of a coordinator that runs processes in them."""

    root: Path

    def folder(self, party: str) -> Path:
        return self.root / "out" / party

    @property
    def coordinator(self) -> Path:
        return self.root / "coordinator"

    def table(self, party: str) -> Path:
        return self.folder(party) / "patients.csv"

    def replace(self, party: str, file: str, old: str, new: str) -> None:
        path = self.folder(party) / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


def examined(path: Path, *options: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit code, and the findings as JSON has them."""
    result = CliRunner().invoke(main, ["doctor", str(path), "--json", *options])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    found = json.loads(result.stdout)
    assert found["exit_code"] == result.exit_code
    return result.exit_code, found["findings"]


def found_by(check: str, path: Path) -> list[str]:
    """Where and what, of the problems that one check finds."""
    found = checks()[check](subject_at(path, timeout=3.0))
    return [f"{one.where}: {one.what}" for one in found if one.severity is Severity.PROBLEM]


def problems(findings: list[dict[str, Any]]) -> list[str]:
    """Where and what, of the problems that were found."""
    return [
        f"{found['where']}: {found['what']}" for found in findings if found["severity"] == "problem"
    ]
