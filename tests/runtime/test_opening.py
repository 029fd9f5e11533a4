"""Modules of a script open the federation as the script itself does, and share it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

OPENS = "from fedruntime import init\n\nfed = init(parties=['alice', 'bob'])\n"


def _run(folder: Path, files: dict[str, str], *options: str) -> str:
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, sys.path))}
    done = subprocess.run(
        [sys.executable, *(options or ("script.py",))],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_module_with_the_same_settings_joins(tmp_path: Path) -> None:
    script = f"import module\n{OPENS}print(fed is module.fed)\n"
    assert _run(tmp_path, {"script.py": script, "module.py": OPENS}) == "True\n"


def test_a_module_with_other_settings_opens_its_own(tmp_path: Path) -> None:
    script = f"import module\n{OPENS}print(fed is module.fed, fed.parties)\n"
    module = OPENS.replace("'bob'", "'carol'")
    said = _run(tmp_path, {"script.py": script, "module.py": module})
    assert said == "False ('alice', 'bob')\n"


def test_a_script_that_opens_twice_begins_anew(tmp_path: Path) -> None:
    script = f"{OPENS}before = fed\n{OPENS}print(fed is before)\n"
    assert _run(tmp_path, {"script.py": script}) == "False\n"


@pytest.mark.parametrize("module", ["module.py", "package/module.py"])
def test_the_settings_of_a_module_are_those_beside_its_script(tmp_path: Path, module: str) -> None:
    name = module.removesuffix(".py").replace("/", ".")
    said = _run(
        tmp_path,
        {
            "script.py": f"from {name} import fed\nprint(fed.parties)\n",
            module: OPENS,
            "federation.toml": 'parties = ["x", "y", "z"]\n',
        },
    )
    assert said == "('x', 'y', 'z')\n"
    assert (tmp_path / ".fedmigrate" / "script.ledger.jsonl").is_file()


def test_a_module_without_a_script_keeps_its_ledger_in_memory(tmp_path: Path) -> None:
    said = _run(tmp_path, {"module.py": f"{OPENS}print(fed.parties)\n"}, "-c", "import module")
    assert said == "('alice', 'bob')\n"
    assert [entry.name for entry in tmp_path.iterdir() if entry.name[0] != "_"] == ["module.py"]
