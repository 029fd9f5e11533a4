"""A budget over the runs of scripts: it outlives them, their interruptions, and their number."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """\
import numpy as np
from fedruntime import PrivacyBudget, init

fed = init(["alice", "bob"], budget=PrivacyBudget(3.0, parts=2, bounds={"*": (0, 1)}))
X = fed.load(lambda: np.linspace(0, 1, 4000).reshape(2000, 2))
print(X.mean(axis=0).tolist())
"""


def _run(script: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, sys.path))} | more
    return subprocess.run(
        [sys.executable, script.name],
        cwd=script.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "train_fed.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


def test_every_run_of_every_script_of_a_folder_pays(script: Path) -> None:
    other = script.with_name("other_fed.py")
    other.write_text(SCRIPT)
    elsewhere = script.with_name("claims_fed.py")
    elsewhere.write_text(SCRIPT.replace("parts=2", "parts=2, account='claims'"))
    first, second, third, apart = (_run(one) for one in (script, other, script, elsewhere))
    assert first.returncode == second.returncode == 0, first.stderr
    assert first.stdout != second.stdout, "the noise of two runs is the same"
    assert third.returncode == 1
    assert third.stdout == ""
    assert "BudgetError: mean asks for 1 of the budget's 2 parts, and 0 are left" in third.stderr
    account = script.parent / ".fedmigrate" / "data.budget.jsonl"
    assert str(account) in third.stderr
    assert len(account.read_text().splitlines()) == 2
    assert apart.returncode == 0, "another account is another budget"


def test_a_file_beside_the_script_may_tighten_the_budget(script: Path) -> None:
    (script.parent / "federation.toml").write_text(
        '[budget]\nepsilon = 0.01\n[budget.bounds]\n"*" = [0, 1]\n'
    )
    refused = _run(script)
    assert refused.returncode == 1
    assert "is expected to be off by" in refused.stderr
    assert not (script.parent / ".fedmigrate" / "data.budget.jsonl").exists()


INTERRUPTED = """\
import os, sys
import numpy as np
from fedruntime import PrivacyBudget, init

fed = init(
    ["alice", "bob"],
    budget=PrivacyBudget(3.0, parts=3, bounds={"*": (0, 1)}),
    checkpoint="run.checkpoint",
)
X = fed.load(lambda: np.linspace(0, 1, 4000).reshape(2000, 2))
print(X.mean(axis=0).tolist(), flush=True)
print(X.std(axis=0).tolist(), flush=True)
if os.environ.get("INTERRUPT"):
    os._exit(9)
print(X.var(axis=0).tolist(), flush=True)
"""


def test_what_was_paid_before_an_interruption_is_not_paid_again(script: Path) -> None:
    script.write_text(INTERRUPTED)
    account = script.parent / ".fedmigrate" / "data.budget.jsonl"
    interrupted = _run(script, INTERRUPT="1")
    assert interrupted.returncode == 9
    assert len(account.read_text().splitlines()) == 2
    resumed = _run(script)
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stdout.splitlines()[:2] == interrupted.stdout.splitlines()
    purposes = [json.loads(line)["purpose"] for line in account.read_text().splitlines()]
    assert purposes == ["mean", "var", "var"]


def test_an_interruption_with_nothing_left_can_still_be_resumed(script: Path) -> None:
    script.write_text(INTERRUPTED.replace("parts=3", "parts=2"))
    assert _run(script, INTERRUPT="1").returncode == 9
    resumed = _run(script)
    assert len(resumed.stdout.splitlines()) == 2
    assert "BudgetError" in resumed.stderr
