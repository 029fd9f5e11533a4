"""The same script in simulation and over parties in processes of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from same_script import SCRIPT, SameScriptSuite, Trained, run_in
from subjects import write_folders


@pytest.fixture(scope="class")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    root = tmp_path_factory.mktemp("organisations")
    folders = write_folders(root, SCRIPT)
    coordinator = _coordinator(root, folders)
    return run_in(coordinator, folders)


def _coordinator(root: Path, folders: Mapping[str, Path]) -> Path:
    lines = "".join(f"{party} = {json.dumps(str(folder))}\n" for party, folder in folders.items())
    coordinator = root / "coordinator"
    coordinator.mkdir()
    settings = f'engine = "processes"\n[folders]\n{lines}'
    (coordinator / "federation.toml").write_text(settings, encoding="utf-8")
    return coordinator


class TestSameScriptOnProcesses(SameScriptSuite):
    pass
