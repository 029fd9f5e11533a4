"""Which files hold the ledgers that someone asks for by a script, a file or a folder."""

from __future__ import annotations

import re
from pathlib import Path

from fedmigrate.errors import UsageError

FOLDER = ".fedmigrate"
_LEDGER = re.compile(r"(?P<stem>.+)\.ledger(\.(?P<number>[0-9]+))?\.jsonl")


def find_ledgers(run: Path) -> list[list[Path]]:
    """The ledger files by script, each in the order in which they were begun.

    Parameters
    ----------
    run : Path
        A federated script or notebook, a folder of such, or a ledger file.

    Raises
    ------
    UsageError
        If the script has not been run, or keeps its ledger elsewhere.
    """
    if run.is_dir():
        inside = run / FOLDER
        found = _by_script(inside if inside.is_dir() else run)
        if not found:
            raise UsageError(f"{run} holds no ledger: run a federated script there first")
        return list(found.values())
    if run.suffix not in (".py", ".ipynb"):
        return [[run]]
    found = _by_script(run.parent / FOLDER)
    if run.stem not in found:
        raise UsageError(
            f"{run} has left no ledger at {run.parent / FOLDER / run.stem}.ledger.jsonl: run it "
            f"first{_how(run)}, or name the ledger that its settings name"
        )
    return [found[run.stem]]


def _by_script(folder: Path) -> dict[str, list[Path]]:
    numbered: dict[str, list[tuple[int, Path]]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        if (match := _LEDGER.fullmatch(path.name)) is not None:
            number = int(match["number"] or 1)
            numbered.setdefault(match["stem"], []).append((number, path))
    return {stem: [path for _, path in sorted(paths)] for stem, paths in numbered.items()}


def _how(run: Path) -> str:
    if run.suffix == ".py":
        return f" (python {run})"
    return " (where nothing tells its name, a notebook leaves notebook.ledger.jsonl)"


def name_of(path: Path) -> str:
    """What a ledger file is called where its runs do not name a script."""
    match = _LEDGER.fullmatch(path.name)
    return match["stem"] if match else path.name
