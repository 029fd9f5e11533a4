"""The command line beside a script, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from vertical_scripts import SCRIPT, Command

from fedmigrate.cli import main
from fedmigrate.configuration import _settings_above


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script in the folder that commands run in."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "train.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


@pytest.fixture
def command(script: Path) -> Iterator[Command]:
    """Run ``fedmigrate`` beside the script; what it reads of settings is forgotten each time."""

    def run(*arguments: str) -> Result:
        _settings_above.cache_clear()
        return CliRunner().invoke(main, list(arguments))

    yield run
    _settings_above.cache_clear()
